// SPDX-License-Identifier: MIT
/*
 * A whole domain, from the questions to the line of JSON: whatever the DNS answers, the planner ends, the record is one
 * line of strict JSON, and all that holds for every record holds for it.
 *
 * The first two bytes choose checks and modes, the rest is a zone, one record a line: OWNER LETTER DATA. The owner is
 * "@" for the domain, a name with a final dot, or a prefix of the domain. Letters: T text ('|' begins another string),
 * M mail host, A and 6 addresses (raw bytes), C alias, F failure or absence (by the first letter of DATA).
 */
#include <stdio.h>
#include <stdlib.h>

#include "lists/builtin.h"
#include "scanner/mail/assessment.h"
#include "scanner/mail/providers.h"
#include "scanner/record.h"
#include "tests/support/json_reader.h"
#include "tests/support/record_schema.h"
#include "tests/support/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROUNDS_MAX = 4096, RECORD_SIZE_MAX = 4 << 20, LINES_MAX = 256, ARENA_LIMIT = 8 << 20, STRINGS_MAX = 16 };

static struct provider_table *providers;
static struct selector_table *selectors;

/* Every single label is a public suffix. */
static span organizational_domain(const void *list, span name)
{
    (void)list;
    span parent = name_parent(name);
    while (parent.len > 0 && name_parent(parent).len > 0) {
        name = parent;
        parent = name_parent(parent);
    }
    return name;
}

static bool is_public_suffix(const void *list, span name)
{
    (void)list;
    return name_parent(name).len == 0;
}

static void *must(void *piece)
{
    if (!piece) {
        abort();
    }
    return piece;
}

/* A name as the DNS layer hands it over: lower case, other bytes escaped. */
static span read_owner(struct arena *arena, span text, span domain)
{
    if (span_equal(text, SPAN("@"))) {
        return domain;
    }
    bool is_absolute = text.len > 1 && text.ptr[text.len - 1] == '.';
    span body = is_absolute ? span_first(text, text.len - 1) : text;
    char *bytes = must(arena_take_bytes(arena, body.len * 4 + domain.len + 2));
    size_t len = 0;
    for (size_t i = 0; i < body.len && len < 240; i++) {
        unsigned char c = (unsigned char)body.ptr[i];
        bool is_plain =
            ascii_is_alnum(c) || c == '-' || c == '_' || c == '*' || (c == '.' && len > 0 && bytes[len - 1] != '.');
        if (is_plain) {
            bytes[len++] = (char)ascii_lower(c);
        } else if (c != '.') {
            len += (size_t)snprintf(bytes + len, 5, "\\%03u", c);
        }
    }
    while (len > 0 && bytes[len - 1] == '.') {
        len--;
    }
    if (len == 0) {
        return is_absolute ? SPAN(".") : domain;
    }
    if (!is_absolute) {
        bytes[len++] = '.';
        memcpy(bytes + len, domain.ptr, domain.len);
        len += domain.len;
    }
    return span_of(bytes, len);
}

static void read_text(struct arena *arena, span data, struct txt_record *out)
{
    char *bytes = must(arena_take_bytes(arena, data.len + 1));
    uint16_t *cuts = must(ARENA_TAKE_N(arena, uint16_t, STRINGS_MAX));
    size_t len = 0;
    for (size_t i = 0; i < data.len; i++) {
        if (data.ptr[i] == '|' && out->cut_count < STRINGS_MAX) {
            cuts[out->cut_count++] = (uint16_t)len;
        } else {
            bytes[len++] = data.ptr[i];
        }
    }
    out->text = span_of(bytes, len);
    out->cuts = cuts;
}

static bool read_data(struct arena *arena, span data, char letter, span domain, struct scenario_record *r)
{
    static const enum dns_outcome outcomes[] = { DNS_NODATA,  DNS_NXDOMAIN, DNS_SERVFAIL,
                                                 DNS_REFUSED, DNS_TIMEOUT,  DNS_BAD_RESPONSE };
    unsigned char first = data.len > 0 ? (unsigned char)data.ptr[0] : 0;
    size_t address_len = data.len < sizeof(r->address) ? data.len : sizeof(r->address);
    switch (letter) {
    case 'T':
        r->qtype = DNS_TXT;
        read_text(arena, data, &r->txt);
        return true;
    case 'M':
        r->qtype = DNS_MX;
        r->mx = (struct mx_record){ first, read_owner(arena, span_after(data, 1), domain) };
        return true;
    case 'A':
    case '6':
        r->qtype = letter == 'A' ? DNS_A : DNS_AAAA;
        memcpy(r->address, address_len ? data.ptr : "", address_len);
        return true;
    case 'C':
        r->qtype = DNS_CNAME;
        r->name = read_owner(arena, data, domain);
        return true;
    case 'F':
        r->qtype = first & 32 ? SCENARIO_ANY_TYPE : DNS_TXT;
        r->outcome = outcomes[first % 6];
        return true;
    default:
        return false;
    }
}

static void read_zone(struct arena *arena, span zone, struct scenario *s)
{
    s->records_tail = &s->records;
    for (int lines = 0; zone.len > 0 && lines < LINES_MAX; lines++) {
        span line = span_cut(&zone, '\n');
        span owner = span_cut(&line, ' ');
        struct scenario_record *r = must(ARENA_TAKE(arena, struct scenario_record));
        char letter = line.len > 1 && line.ptr[1] == ' ' ? line.ptr[0] : '\0';
        if (owner.len == 0 || !read_data(arena, span_after(line, 2), letter, s->domain, r)) {
            continue;
        }
        r->owner = read_owner(arena, owner, s->domain);
        *s->records_tail = r;
        s->records_tail = &r->next;
    }
}

static void ask_all(const struct scenario *s, struct arena *arena, struct subject *subject)
{
    struct plan plan;
    size_t answered = 0;
    plan_begin(&plan);
    for (int round = 0; plan_next(&plan, subject) > 0; round++) {
        if (round == ROUNDS_MAX || answered == subject->answers->count) {
            fputs("the planner asks nothing new, or does not end\n", stderr);
            abort();
        }
        for (; answered < subject->answers->count; answered++) {
            struct asked *asked = &subject->answers->items[answered];
            asked->rrset = scenario_answer(s, arena, asked, organizational_domain, NULL);
        }
    }
}

static void check_record(span line, bool is_full)
{
    char complaint[RECORD_COMPLAINT_SIZE] = "";
    struct json_document document = json_read(line);
    if (!document.root || !record_is_well_formed(document.root, is_full, complaint)) {
        fprintf(stderr, "%.*s\n%s %s\n", SPAN_ARG(line), document.error ? document.error : "", complaint);
        abort();
    }
    json_document_free(&document);
}

/* --spf-ip */
enum { SENDER_COUNT = 2 };
static const struct spf_sender senders[SENDER_COUNT] = {
    { .address = { 192, 0, 2, 1 } },
    { .is_ip6 = true, .address = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
};

/* A domain asked about for one sender alone gives that sender the same result. */
static void check_senders(const struct scenario *s, struct arena *zone, const struct mail_config *config,
                          const struct assessment *whole)
{
    for (size_t i = 0; i < config->spf_sender_count; i++) {
        static _Alignas(max_align_t) char first[512];
        struct mail_config alone = { .spf_senders = &config->spf_senders[i], .spf_sender_count = 1 };
        struct assessment assessment;
        struct answer_set answers;
        struct arena arena;
        arena_init(&arena, first, sizeof(first), ARENA_LIMIT);
        answer_set_init(&answers, &arena, ANSWER_SET_LIMIT);
        struct subject subject = { .config = &alone, .domain = s->domain, .answers = &answers, .arena = &arena };
        ask_all(s, zone, &subject);
        assess(&subject, &assessment);
        if (!arena.was_exhausted && assessment.spf_checks[0].outcome != whole->spf_checks[i].outcome) {
            fprintf(stderr, "sender %zu: %s alone, %s with the rest\n", i, spf_check_outcome_name(assessment.spf_checks[0].outcome),
                    spf_check_outcome_name(whole->spf_checks[i].outcome));
            abort();
        }
        arena_reset(&arena);
    }
}

static void print_and_check(const struct assessment *assessment, const struct mail_config *config,
                            const struct answer_set *answers, bool is_full)
{
    static char bytes[RECORD_SIZE_MAX];
    const struct record_facts facts = {
        .seq = 1,
        .answers = answers,
        .is_full = is_full,
        .spf_senders = config->spf_senders,
        .spf_sender_count = config->spf_sender_count,
    };
    struct json_buffer buffer;
    json_buffer_init_fixed(&buffer, bytes, sizeof(bytes));
    if (record_print_line(assessment, &facts, &buffer)) {
        check_record(span_of(buffer.bytes, buffer.len), is_full);
    }
}

static void tables_open(void)
{
    size_t len, bad_line;
    const char *text = builtin_providers(&len);
    providers = must(provider_table_new(span_of(text, len), &bad_line));
    text = builtin_selectors(&len);
    selectors = must(selector_table_new(span_of(text, len), &bad_line));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    if (!providers) {
        tables_open();
    }
    static _Alignas(max_align_t) char first[3][512];
    struct arena zone, asking, assessing;
    arena_init(&zone, first[0], sizeof(first[0]), (size_t)256 << 20);
    arena_init(&asking, first[1], sizeof(first[1]), data[1] & 4 ? 8 << 10 : ARENA_LIMIT);
    arena_init(&assessing, first[2], sizeof(first[2]), data[1] & 8 ? 8 << 10 : ARENA_LIMIT);
    struct scenario s = { .domain = data[1] & 1 ? SPAN("a.b.example.com") : SPAN("example.com") };
    read_zone(&zone, span_of((const char *)data + 2, size - 2), &s);
    const struct mail_config config = {
        .checks = CHECKS_DEFAULT ^ (unsigned)data[0],
        .dkim_mode = data[1] & 16 ? DKIM_FULL : DKIM_SMART,
        .providers = providers,
        .selectors = selectors,
        .suffixes = { organizational_domain, is_public_suffix, NULL },
        .salt = 1,
        .spf_senders = senders,
        .spf_sender_count = data[1] & 32 ? SENDER_COUNT : 0,
    };
    struct answer_set answers;
    answer_set_init(&answers, &asking, ANSWER_SET_LIMIT + config.spf_sender_count * SPF_CHECK_QUESTIONS_MAX);
    struct subject subject = { .config = &config, .domain = s.domain, .answers = &answers, .arena = &asking };
    struct assessment assessment;
    ask_all(&s, &zone, &subject);
    subject.arena = &assessing;
    assess(&subject, &assessment);
    print_and_check(&assessment, &config, &answers, (data[1] & 2) != 0);
    if (!asking.was_exhausted && !assessing.was_exhausted && !answers.was_cut) {
        check_senders(&s, &zone, &config, &assessment);
    }
    arena_reset(&assessing);
    arena_reset(&asking);
    arena_reset(&zone);
    return 0;
}
