// SPDX-License-Identifier: MIT
#include "bench/world/selfcheck.h"
#include "bench/world/host.h"
#include "bench/world/include_data.h"
#include "bench/world/truth_spf.h"
#include "bench/world/wire.h"

#include <stdio.h>
#include <stdlib.h>

enum { FAULTS_MAX = 20, HOSTILE_EACH = 8 };

void list_name(uint64_t i, char out[64])
{
    static const struct {
        const char *suffix;
        uint32_t weight;
    } suffixes[] = { { "com", 40 }, { "org", 15 },  { "net", 10 },  { "de", 15 },
                     { "gov", 10 }, { "co.uk", 7 }, { "gov.au", 3 } };
    uint32_t weights[sizeof(suffixes) / sizeof(suffixes[0])];
    for (size_t k = 0; k < sizeof(suffixes) / sizeof(suffixes[0]); k++) {
        weights[k] = suffixes[k].weight;
    }
    size_t at = dice_pick(dice_mix(i), 1, weights, sizeof(suffixes) / sizeof(suffixes[0]));
    (void)snprintf(out, 64, "d%07llu.%s", (unsigned long long)i, suffixes[at].suffix);
}

struct check {
    const struct world *world;
    struct truth *truth;
    struct reply reply;
    struct query query;
    uint8_t question[WIRE_QUERY_MAX];
    uint8_t udp[WIRE_UDP_MAX];
    uint8_t tcp[WIRE_TCP_MAX];
    uint64_t answers, faults, statuses[4];
};

static void fault(struct check *c, span name, const char *what)
{
    if (c->faults++ < FAULTS_MAX) {
        fprintf(stderr, "world: self-check: %.*s: %s\n", SPAN_ARG(name), what);
    }
}

/* ---- a reader of answers that shares nothing with their writer ---- */

static unsigned get16(const uint8_t *p)
{
    return (unsigned)(p[0] << 8 | p[1]);
}

/* Where the name at `at` ends, 0 when it runs out or its pointers do not go back. */
static size_t skip_name(const uint8_t *p, size_t len, size_t at)
{
    size_t end = 0;
    size_t limit = len;
    while (at < limit) {
        if (p[at] == 0) {
            return end > 0 ? end : at + 1;
        }
        if (p[at] >= 0xc0 && at + 1 < len) {
            end = end > 0 ? end : at + 2;
            limit = at;
            at = get16(p + at) & 0x3fff;
        } else if (p[at] < 64) {
            at += 1u + p[at];
        } else {
            return 0;
        }
    }
    return 0;
}

static bool rdata_is_whole(const uint8_t *p, size_t len, size_t at, size_t n, unsigned type)
{
    size_t end = at + n;
    switch (type) {
    case DNS_A:
        return n == 4;
    case DNS_AAAA:
        return n == 16;
    case DNS_TXT:
        while (at < end) {
            at += 1u + p[at];
        }
        return n > 0 && at == end;
    case DNS_MX:
        return n > 2 && skip_name(p, len, at + 2) == end;
    case DNS_CNAME:
        return skip_name(p, len, at) == end;
    case DNS_SOA:
        at = skip_name(p, len, at);
        at = at > 0 ? skip_name(p, len, at) : 0;
        return at > 0 && at + 20 == end;
    default:
        return type == 41 && n == 0;
    }
}

/* The whole message, to its last byte. */
static bool is_whole(const uint8_t *p, size_t len, size_t question_end)
{
    size_t count = get16(p + 6) + get16(p + 8) + get16(p + 10);
    size_t at = question_end;
    for (size_t i = 0; i < count; i++) {
        at = skip_name(p, len, at);
        if (at == 0 || len - at < 10) {
            return false;
        }
        unsigned type = get16(p + at);
        size_t n = get16(p + at + 8);
        at += 10;
        if (len - at < n || !rdata_is_whole(p, len, at, n, type)) {
            return false;
        }
        at += n;
    }
    return at == len;
}

/* ---- one question ---- */

static size_t put_question(struct check *c, span name, uint16_t type)
{
    static const uint8_t head[WIRE_HEADER] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1 };
    static const uint8_t opt[11] = { 0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0 };
    memcpy(c->question, head, sizeof(head));
    size_t at = sizeof(head);
    size_t n = name_to_wire(name, c->question + at, NAME_WIRE_MAX);
    if (n == 0) {
        return 0;
    }
    c->question[at + 1] =
        (uint8_t)(c->question[at + 1] ^ (c->question[at + 1] >= 'a' && c->question[at + 1] <= 'z' ? 0x20 : 0));
    at += n;
    c->question[at++] = (uint8_t)(type >> 8);
    c->question[at++] = (uint8_t)type;
    c->question[at++] = 0;
    c->question[at++] = 1;
    memcpy(c->question + at, opt, sizeof(opt));
    return at + sizeof(opt);
}

static void check_question(struct check *c, span name, uint16_t type)
{
    size_t len = put_question(c, name, type);
    if (len == 0) {
        return; /* too long for the wire: nobody can ask it */
    }
    if (!wire_read_query(c->question, len, &c->query)) {
        fault(c, name, "its question is not understood");
        return;
    }
    world_answer(c->world, &c->query.name, type, &c->reply);
    c->answers++;
    if (c->reply.count == REPLY_RECORDS_MAX || c->reply.pool_len > REPLY_POOL_SIZE - 4096) {
        fault(c, name, "the answer is near its limits");
    }
    size_t udp = wire_write_reply(&c->query, &c->reply, c->udp, 1232);
    size_t tcp = wire_write_reply(&c->query, &c->reply, c->tcp, WIRE_TCP_MAX);
    if (udp > 1232 || !is_whole(c->udp, udp, c->query.question_end) || !is_whole(c->tcp, tcp, c->query.question_end)) {
        fault(c, name, "the answer is no well-formed message");
    }
    if ((c->tcp[2] & 2) || ((c->udp[2] & 2) != 0) != (tcp > 1232)) {
        fault(c, name, "truncated where it need not be, or not where it must");
    }
    if (memcmp(c->udp + WIRE_HEADER, c->question + WIRE_HEADER, c->query.question_end - WIRE_HEADER) != 0) {
        fault(c, name, "the question does not come back as it was asked");
    }
    bool negative = c->reply.rcode == RCODE_NXDOMAIN || (c->reply.rcode == RCODE_NOERROR && get16(c->tcp + 6) == 0);
    if (negative && get16(c->tcp + 8) != 1) {
        fault(c, name, "a negative answer without SOA");
    }
}

/* Bytes changed, cut and added at random: no reply, or one that is whole and no longer than the asker allows. */
static void check_hostile(struct check *c, span name, uint64_t key)
{
    uint8_t original[WIRE_QUERY_MAX];
    size_t len = put_question(c, name, DNS_TXT);
    memcpy(original, c->question, len);
    for (uint32_t i = 0; len > 0 && i < HOSTILE_EACH; i++) {
        uint64_t roll = dice_roll(key, i);
        memcpy(c->question, original, len);
        size_t n = len;
        for (uint32_t k = 0; k < 1 + i % 3; k++) {
            uint64_t again = dice_roll(roll, k);
            c->question[again % len] = (uint8_t)(again >> 32);
        }
        if (roll % 4 == 0) {
            n = (roll >> 8) % (len + 1);
        }
        uint8_t *exact = malloc(n > 0 ? n : 1); /* so that a sanitizer sees a byte too far */
        if (!exact) {
            return;
        }
        memcpy(exact, c->question, n);
        if (wire_read_query(exact, n, &c->query)) {
            world_answer(c->world, &c->query.name, c->query.type, &c->reply);
            size_t size = wire_write_reply(&c->query, &c->reply, c->udp, c->query.udp_size);
            if (size > c->query.udp_size || !is_whole(c->udp, size, c->query.question_end)) {
                fault(c, name, "a hostile question gets a malformed answer");
            }
        }
        free(exact);
    }
}

/* ---- plan against truth ---- */

static void check_spf(struct check *c, span name)
{
    static const enum spf_state states[] = {
        [SPF_IS_NONE] = SPF_NONE,
        [SPF_IS_VALID] = SPF_VALID,
        [SPF_IS_PERMERROR] = SPF_PERMERROR,
        [SPF_IS_TEMPERROR] = SPF_TEMPERROR,
    };
    const struct world *w = c->world;
    struct name n;
    struct host h;
    struct spf_plan plan;
    struct spf_truth truth;
    if (!name_from_text(name, &n)) {
        return;
    }
    size_t zone = suffix_labels(w->suffixes, &n) + 1;
    uint64_t key = dice_mix(n.tail_hash[zone] ^ w->seed);
    if (zone != n.label_count || host_outcome(w, key, name_tail(&n, zone)) != HOST_LIVES) {
        return;
    }
    host_init(&h, w, name_tail(&n, zone), name_tail(&n, zone), key, key);
    if (h.part == PART_APEX_TXT || h.part == PART_MX) {
        return; /* fails for ever: the plan is never seen */
    }
    host_spf(&h, &plan);
    truth_begin(c->truth);
    spf_truth_find(c->truth, name, &truth);
    c->statuses[truth.status]++;
    if (plan.record.was_cut || plan.second.was_cut) {
        fault(c, name, "its SPF record does not fit");
    }
    if (states[plan.status] != truth.status) {
        fault(c, name, "SPF: the status planned is not the one read");
    }
    if (truth.has_numbers != (plan.lookups >= 0)) {
        fault(c, name, "SPF: numbers planned, none read, or the other way round");
    } else if (truth.has_numbers && ((int)truth.lookups != plan.lookups || (int)truth.voids != plan.voids)) {
        fault(c, name, "SPF: look-ups planned are not those read");
    }
}

static void check_name(struct check *c, span name)
{
    static const char *const below[] = {
        "",
        "_dmarc.",
        "_domainkey.",
        "google._domainkey.",
        "selector1._domainkey.",
        "default._domainkey.",
        "s1._domainkey.",
        "_mta-sts.",
        "_smtp._tls.",
        "default._bimi.",
        "mail.",
        "www.",
        "_spf.",
        "many.",
        "webmail.",
        "nothing-here.",
        "zzqzzqzzqzzqzzqz.",
        "zzqzzq._domainkey.",
        "a.b.",
        "example.com._report._dmarc.",
    };
    static const uint16_t types[] = { DNS_TXT, DNS_MX, DNS_A, DNS_AAAA };
    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
        struct text t;
        text_clear(&t);
        text_add_cstr(&t, below[i]);
        text_add(&t, name);
        for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
            check_question(c, text_span(&t), types[k]);
        }
    }
    check_spf(c, name);
    check_hostile(c, name, name_hash(name));
}

static void check_fixed(struct check *c)
{
    for (size_t i = 0; i < include_record_count; i++) {
        check_question(c, span_from_cstr(include_records[i].name), DNS_TXT);
    }
    for (size_t i = 0; i < include_target_count; i++) {
        struct spf_truth truth;
        span name = span_from_cstr(include_targets[i].name);
        truth_begin(c->truth);
        spf_truth_find(c->truth, name, &truth);
        if (!truth.has_numbers || truth.lookups != include_targets[i].lookups || truth.voids != 0) {
            fault(c, name, "the include target's look-ups are not those of the table");
        }
    }
}

bool self_check(const struct world *w, uint64_t names)
{
    struct check *c = calloc(1, sizeof(*c));
    if (!c) {
        return false;
    }
    c->world = w;
    c->truth = truth_new(w);
    if (!c->truth) {
        free(c);
        return false;
    }
    check_fixed(c);
    for (uint64_t i = 1; i <= names; i++) {
        char name[64];
        list_name(i, name);
        check_name(c, span_from_cstr(name));
    }
    fprintf(stderr,
            "world: self-check: %llu names, %llu answers, %llu faults; spf none %llu valid %llu permerror %llu "
            "temperror %llu\n",
            (unsigned long long)names, (unsigned long long)c->answers, (unsigned long long)c->faults,
            (unsigned long long)c->statuses[SPF_NONE], (unsigned long long)c->statuses[SPF_VALID],
            (unsigned long long)c->statuses[SPF_PERMERROR], (unsigned long long)c->statuses[SPF_TEMPERROR]);
    bool good = c->faults == 0;
    truth_free(c->truth);
    free(c);
    return good;
}
