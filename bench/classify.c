// SPDX-License-Identifier: MIT

/*
 * What the classification of one domain costs a worker: one question, asked of two domains whose records are like the median
 * of real lists (a Microsoft 365 customer with DKIM and DMARC) and like many (nothing but an address). Prints "key TAB label TAB
 * unit TAB value", a line a round (BENCH_ROUNDS), and how often memory was asked of the system meanwhile (it must be never).
 */

#include <stdio.h>
#include <stdlib.h>

#include "lists/builtin.h"
#include "lists/suffixes.h"
#include "scanner/base/clock.h"
#include "scanner/mail/assessment.h"
#include "scanner/mail/providers.h"
#include "scanner/record.h"
#include "scanner/suffix_cache.h"

enum { DOMAINS_A_ROUND = 20000, QUESTIONS_MAX = 64, SCRATCH_SIZE = 1 << 20 };

/* ---- counting what is asked of the system: glibc's own functions under other names ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
static uint64_t allocations;

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

/* ---- the two domains ---- */

struct known {
    const char *name;
    uint16_t type;
    const char *text; /* TXT, or the exchange of an MX; NULL: an address */
};

#define KEY "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqp22SwYQMeGe84idfsnbp3BGT+Byp95hNvRUxavvmzduZ0EP6KJhkiCxD3czQorhg+xPu/yfav0swMyEKmUyBq+z8rzyav4jODaOZmkSzznhf+stSVccVl70t9f3c/i3lGJ6VQG5Vbl8UpjhkI/SBJp3FXkz+BFPn8QPNi/cWl39fCVuACdxKYy/5JzIoiot7//HnigTtSTBoSyv5d5ahCxDN8VZuiCuPCq3L+cnf1wS8Xmx4Mc31luDfZe122sKTe5wYR/90WqfS1E7BoePSFnrZZWz4+2vU2Q/BG4nltKEGHqNAI9ITEMiz+/7IyJtsBUK9pztPOySQHyEbZldPwIDAQAB"

static const struct known median[] = {
    { "example.org", DNS_TXT, "v=spf1 mx ip4:203.0.113.5 include:spf.protection.outlook.com -all" },
    { "example.org", DNS_MX, "example-org.mail.protection.outlook.com" },
    { "example-org.mail.protection.outlook.com", DNS_A, NULL },
    { "spf.protection.outlook.com", DNS_TXT,
      "v=spf1 ip4:40.92.0.0/15 ip4:40.107.0.0/16 ip4:52.100.0.0/15 ip4:52.102.0.0/16 ip4:52.103.0.0/17 ip4:104.47.0.0/17 "
      "ip6:2a01:111:f400::/48 ip6:2a01:111:f403::/49 ip6:2a01:111:f403:8000::/51 ip6:2a01:111:f403:c000::/51 "
      "ip6:2a01:111:f403:f000::/52 -all" },
    { "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=none; rua=mailto:dmarc@example.org; fo=1" },
    { "selector1._domainkey.example.org", DNS_TXT, KEY },
    { "selector2._domainkey.example.org", DNS_TXT, KEY },
};
static const struct known bare[] = { { "example.net", DNS_A, NULL } };

static struct rrset answer(const struct known *table, size_t count, const struct asked *asked, struct arena *arena)
{
    struct rrset absent = { .outcome = DNS_NXDOMAIN, .rcode = 3, .ttl_s = 300 };
    for (size_t i = 0; i < count; i++) {
        span name = span_from_cstr(table[i].name);
        if (name_is_within(name, asked->qname)) {
            absent.outcome = DNS_NODATA; /* it exists, or something below it does */
            absent.rcode = 0;
        }
        if (table[i].type != asked->qtype || !span_equal(name, asked->qname)) {
            continue;
        }
        struct rrset found = { .outcome = DNS_ANSWERED, .ttl_s = 300, .count = 1 };
        struct txt_record *txt = ARENA_TAKE(arena, struct txt_record);
        struct mx_record *mx = ARENA_TAKE(arena, struct mx_record);
        if (asked->qtype == DNS_TXT && txt) {
            txt->text = span_from_cstr(table[i].text);
            found.txt = txt;
        } else if (asked->qtype == DNS_MX && mx) {
            mx->exchange = span_from_cstr(table[i].text);
            found.mx = mx;
        } else {
            static const uint8_t address[1][4] = { { 203, 0, 113, 9 } };
            found.a = address;
        }
        return found;
    }
    return absent;
}

static span organizational(const void *list, span name)
{
    return suffix_cache_organizational(list, name);
}

static bool is_suffix(const void *list, span name)
{
    return suffix_cache_is_public_suffix(list, name);
}

static void print_round(const char *key, const char *part, const char *what, const char *of, const char *unit, double sum)
{
    printf("%s_%s\t%s: %s\t%s\t%.3f\n", key, part, what, of, unit, sum / DOMAINS_A_ROUND);
}

/* Plans, answers, then assesses and prints again and again. */
static void measure(const char *key, const char *what, const char *domain, const struct known *table, size_t count,
                    const struct mail_config *config, int rounds)
{
    static char asking_memory[SCRATCH_SIZE], scratch_memory[SCRATCH_SIZE], line[1 << 20];
    struct arena asking, scratch;
    struct answer_set answers;
    struct plan plan;
    arena_init(&asking, asking_memory, sizeof(asking_memory), 0);
    arena_init(&scratch, scratch_memory, sizeof(scratch_memory), 0);
    answer_set_init(&answers, &asking, ANSWER_SET_LIMIT);
    struct subject subject = { .config = config, .domain = span_from_cstr(domain), .answers = &answers, .arena = &asking };
    plan_begin(&plan);
    for (size_t from = 0; plan_next(&plan, &subject) > 0; from = answers.count) {
        for (size_t i = from; i < answers.count; i++) {
            struct rrset *rrset = ARENA_TAKE(&asking, struct rrset);
            if (!rrset) {
                abort();
            }
            *rrset = answer(table, count, &answers.items[i], &asking);
            answers.items[i].rrset = rrset;
        }
    }
    for (int round = -1; round < rounds; round++) {
        uint64_t before = allocations, assessing = 0, judging = 0, printing = 0;
        for (int i = 0; i < DOMAINS_A_ROUND; i++) {
            struct assessment assessment;
            struct json_buffer buffer;
            struct record_facts facts = { .seq = 1, .answers = &answers };
            subject.arena = &scratch;
            uint64_t start = clock_now_ns();
            assess(&subject, &assessment);
            uint64_t assessed = clock_now_ns();
            json_buffer_init_fixed(&buffer, line, sizeof(line));
            if (!record_print_line(&assessment, &facts, &buffer)) {
                abort();
            }
            uint64_t printed = clock_now_ns();
            assessment.findings.count = 0; /* the verdict alone, once more */
            verdict_assess(&subject, &assessment);
            judging += clock_now_ns() - printed;
            printing += printed - assessed;
            assessing += assessed - start;
            arena_reset(&scratch);
        }
        if (round < 0) { /* this one warms up */
            continue;
        }
        print_round(key, "assess", what, "all mechanisms and the verdict", "ns/domain", (double)assessing);
        print_round(key, "verdict", what, "the verdict alone", "ns/domain", (double)judging);
        print_round(key, "json", what, "record as JSON", "ns/domain", (double)printing);
        print_round(key, "allocations", what, "allocations", "per domain", (double)(allocations - before));
    }
}

int main(void)
{
    size_t len, bad_line;
    char error[256];
    struct suffixes *suffixes;
    const char *text = builtin_providers(&len);
    struct provider_table *providers = provider_table_new(span_of(text, len), &bad_line);
    text = builtin_selectors(&len);
    struct selector_table *selectors = selector_table_new(span_of(text, len), &bad_line);
    if (!providers || !selectors || suffixes_open(&suffixes, NULL, error, sizeof(error)) < 0) {
        fputs("the built-in tables cannot be read\n", stderr);
        return 1;
    }
    struct mail_config config = {
        .checks = CHECKS_DEFAULT,
        .providers = providers,
        .selectors = selectors,
        .suffixes = { organizational, is_suffix, suffixes },
        .salt = 1,
    };
    const char *wanted = getenv("BENCH_ROUNDS");
    int rounds = wanted ? atoi(wanted) : 9;
    measure("median", "Microsoft 365 customer", "example.org", median, sizeof(median) / sizeof(median[0]), &config, rounds);
    measure("bare", "an address and nothing else", "example.net", bare, sizeof(bare) / sizeof(bare[0]), &config, rounds);
    selector_table_free(selectors);
    provider_table_free(providers);
    suffixes_close(suffixes);
    return 0;
}
