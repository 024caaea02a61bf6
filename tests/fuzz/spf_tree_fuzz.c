// SPDX-License-Identifier: MIT
/*
 * A whole DNS from the input: the bytes are records of TXT, address counts and outcomes for whatever is asked. The tree, the
 * pass-set and check_host() must end, and keep what they promise.
 */
#include "scanner/mail/spf.h"
#include "scanner/mail/spf_check.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char slot_memory[1 << 20], work_memory[1 << 20];

enum { PIECES_MAX = 64 };

struct world {
    span pieces[PIECES_MAX];
    size_t count;
};

/* The input's lines are what can be published; a name gets one of them by its hash, or by its last digit. */
static void split(span input, struct world *world)
{
    while (input.len > 0 && world->count < PIECES_MAX) {
        world->pieces[world->count++] = span_cut(&input, '\n');
    }
}

static const struct rrset *answer(const struct world *world, const struct asked *item, struct arena *arena)
{
    static const uint8_t addresses[4][16] = { { 192, 0, 2, 1 }, { 8, 8, 8, 8 }, { 10, 1 }, { 0x20, 1, 0x0d, 0xb8 } };
    struct rrset *set = ARENA_TAKE(arena, struct rrset);
    struct txt_record *txt = ARENA_TAKE(arena, struct txt_record);
    struct mx_record *mx = ARENA_TAKE_N(arena, struct mx_record, 12);
    if (!set || !txt || !mx || world->count == 0) {
        return set;
    }
    unsigned char first = (unsigned char)item->qname.ptr[0];
    span piece = world->pieces[first % world->count];
    unsigned kind = item->hash % 16;
    set->outcome = kind == 0 ? DNS_SERVFAIL : kind == 1 ? DNS_NXDOMAIN : kind == 2 ? DNS_NODATA : DNS_ANSWERED;
    if (set->outcome != DNS_ANSWERED) {
        return set;
    }
    set->count = 1;
    switch (item->qtype) {
    case DNS_TXT:
        txt->text = piece;
        set->txt = txt;
        break;
    case DNS_MX:
        set->count = (uint16_t)(kind < 12 ? kind : 12);
        for (size_t i = 0; i < set->count; i++) {
            mx[i].exchange = i == 3 ? SPAN(".") : SPAN("m.example");
        }
        set->mx = mx;
        break;
    case DNS_A:
        set->a = (const uint8_t(*)[4])(const void *)addresses[kind % 4];
        break;
    case DNS_AAAA:
        set->aaaa = (const uint8_t(*)[16])(const void *)addresses[kind % 4];
        break;
    default:
        txt->text = SPAN("host.d.example");
        set->names = &txt->text;
        break;
    }
    return set;
}

static void fill(const struct world *world, struct subject *s)
{
    static const struct rrset nothing = { .outcome = DNS_TIMEOUT };
    for (size_t i = 0; i < s->answers->count; i++) {
        struct asked *item = &s->answers->items[i];
        if (!item->rrset) {
            item->rrset = answer(world, item, s->answers->arena);
            item->rrset = item->rrset ? item->rrset : &nothing;
        }
    }
}

static void assess(struct subject *s, const struct world *world)
{
    struct spf_plan plan = { 0 };
    struct spf_result result;
    while (spf_ask(s, &plan) > 0) {
        fill(world, s);
    }
    spf_assess(s, &result);
    if (result.ipv4_addresses > (uint64_t)1 << 32 || result.ipv6_slash64s > INT64_MAX ||
        result.lookups > SPF_TERMS_MAX || (result.authorises_nobody && !result.is_exact) ||
        (result.limit_hit.len > 0 && result.status != SPF_PERMERROR)) {
        abort();
    }
}

static void check(struct subject *s, const struct world *world, const char *ip)
{
    struct spf_sender sender = { .mail_from = SPAN("a-b@d.example"), .helo = SPAN("helo.example") };
    struct spf_check_plan plan = { 0 };
    struct spf_check_result result;
    if (!spf_sender_set_ip(&sender, span_from_cstr(ip))) {
        abort();
    }
    while (spf_check_ask(s, &sender, &plan) > 0) {
        fill(world, s);
    }
    spf_check_assess(s, &sender, &result);
    if (result.lookups > SPF_LOOKUP_LIMIT + 1 || result.void_lookups > SPF_VOID_LIMIT + 1) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena slot, work;
    struct answer_set answers;
    struct findings findings;
    struct world world = { .count = 0 };
    struct mail_config config = { .checks = CHECKS_DEFAULT };
    arena_init(&slot, slot_memory, sizeof(slot_memory), 0);
    arena_init(&work, work_memory, sizeof(work_memory), 0);
    answer_set_init(&answers, &slot, 256);
    findings_init(&findings, &work);
    split(span_of((const char *)data, size), &world);
    struct subject subject = {
        .config = &config, .domain = SPAN("d.example"), .answers = &answers, .arena = &work, .findings = &findings
    };
    assess(&subject, &world);
    check(&subject, &world, "192.0.2.1");
    check(&subject, &world, "2001:db8::1");
    return 0;
}
