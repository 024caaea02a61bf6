// SPDX-License-Identifier: MIT
/*
 * Senders judged beside a whole domain: each gets what check_host() alone gives it, and nothing else changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "scanner/mail/assessment.h"
#include "tests/support/mail_world.h"
#include "tests/support/zone.h"

#define TXT(name, text)                                                                                                \
    {                                                                                                                  \
        name, DNS_TXT, text                                                                                            \
    }
#define A(name, text)                                                                                                  \
    {                                                                                                                  \
        name, DNS_A, text                                                                                              \
    }
#define AAAA(name, text)                                                                                               \
    {                                                                                                                  \
        name, DNS_AAAA, text                                                                                           \
    }
#define MX(name, text)                                                                                                 \
    {                                                                                                                  \
        name, DNS_MX, text                                                                                             \
    }
#define PTR(name, text)                                                                                                \
    {                                                                                                                  \
        name, DNS_PTR, text                                                                                            \
    }

static const struct zone_row zone_rows[] = {
    TXT("plain.example", "v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/32 ~all"),
    TXT("_dmarc.plain.example", "v=DMARC1; p=reject"),
    MX("mx.example", "10 a.mx.example"),
    A("a.mx.example", "192.0.2.7"),
    AAAA("a.mx.example", "2001:db8::7"),
    TXT("mx.example", "v=spf1 mx a -all"),
    TXT("macro.example", "v=spf1 exists:%{ir}.%{v}._spf.%{d} include:%{l}.%{o} -all"),
    A("7.2.0.192.in-addr._spf.macro.example", "127.0.0.2"),
    TXT("postmaster.macro.example", "v=spf1 ip4:192.0.2.8 ?all"),
    TXT("ptr.example", "v=spf1 ptr -all"),
    PTR("7.2.0.192.in-addr.arpa", "a.ptr.example"),
    A("a.ptr.example", "192.0.2.7"),
    TXT("p.example", "v=spf1 exists:%{p}.x.p.example -all"),
    A("a.ptr.example.x.p.example", "127.0.0.2"),
    TXT("helo.example", "v=spf1 exists:%{h}._h.helo.example -all"),
    A("helo.example._h.helo.example", "127.0.0.2"),
    TXT("exp.example", "v=spf1 -all exp=why.exp.example"),
    TXT("why.exp.example", "no"),
    TXT("dead.example", "[TIMEOUT]"),
    TXT("late.example", "v=spf1 include:dead.example +all"),
    TXT("twice.example", "v=spf1"),
    TXT("twice.example", "v=spf1 -all"),
    TXT("syntax.example", "v=spf1 -all ipv4:192.0.2.7"),
    TXT("loop.example", "v=spf1 include:loop.example -all"),
    TXT("below.example", "v=spf1 exists:%{i}.gone.below.example -all"),
    A("gone.below.example", "[NXDOMAIN]"),
    A("192.0.2.8.gone.below.example", "127.0.0.2"),
    A("address.example", "192.0.2.7"),
    TXT("lost.example", "v=spf1 a:%{d} include:%{ir}.%{d}"),
    TXT("away.example", "v=spf1 redirect=%{d}._x.%{o}"),
    TXT("deep.example", "v=spf1 include:lost.example"),
    TXT("half.example", "v=spf1 ip4:192.0.2.7 -all"),
    TXT("_dmarc.half.example", "[TIMEOUT]"),
    TXT("_domainkey.half.example", "[TIMEOUT]"),
};
static const struct zone zone = { zone_rows, sizeof(zone_rows) / sizeof(zone_rows[0]) };

static const char *const domains[] = {
    "plain.example", "mx.example",      "macro.example",   "ptr.example",   "p.example",      "helo.example",
    "exp.example",   "dead.example",    "late.example",    "twice.example", "syntax.example", "loop.example",
    "below.example", "address.example", "nothing.example", "half.example",
};
static const char *const addresses[] = { "192.0.2.7",   "192.0.2.8",   "198.51.100.1",
                                         "2001:db8::7", "2001:db9::1", "::ffff:192.0.2.7" };

enum { DOMAIN_COUNT = sizeof(domains) / sizeof(domains[0]), SENDER_COUNT = sizeof(addresses) / sizeof(addresses[0]) };

struct run {
    struct mail_config config;
    struct arena arena;
    struct answer_set answers;
    struct subject subject;
    struct assessment assessment;
    char memory[1 << 20];
};

static void run_domain(struct run *run, const char *domain, unsigned checks, const struct spf_sender *senders,
                       size_t count)
{
    struct plan plan;
    run->config = (struct mail_config){
        .checks = checks, .suffixes = mail_world_suffixes, .spf_senders = senders, .spf_sender_count = count
    };
    arena_init(&run->arena, run->memory, sizeof(run->memory), 0);
    answer_set_init(&run->answers, &run->arena, ANSWER_SET_LIMIT);
    run->subject = (struct subject){
        .config = &run->config, .domain = span_from_cstr(domain), .answers = &run->answers, .arena = &run->arena
    };
    plan_begin(&plan);
    while (plan_next(&plan, &run->subject) > 0) {
        zone_answer(&zone, &run->answers, &run->arena);
    }
    assess(&run->subject, &run->assessment);
}

static void senders_make(struct spf_sender senders[SENDER_COUNT])
{
    for (size_t i = 0; i < SENDER_COUNT; i++) {
        senders[i] = (struct spf_sender){ .is_ip6 = false };
        assert_true(spf_sender_set_ip(&senders[i], span_from_cstr(addresses[i])));
    }
}

static void results_are_those_of_check_host_alone(void **state)
{
    (void)state;
    static struct run whole, alone;
    static const unsigned checks[] = { CHECKS_DEFAULT, CHECKS_DEFAULT & ~(unsigned)CHECK_ADDRESSES,
                                       CHECK_DMARC | CHECK_DKIM };
    struct spf_sender senders[SENDER_COUNT];
    senders_make(senders);
    for (size_t i = 0; i < DOMAIN_COUNT * sizeof(checks) / sizeof(checks[0]); i++) {
        const char *domain = domains[i % DOMAIN_COUNT];
        run_domain(&whole, domain, checks[i / DOMAIN_COUNT], senders, SENDER_COUNT);
        for (size_t k = 0; k < SENDER_COUNT; k++) {
            run_domain(&alone, domain, 0, &senders[k], 1);
            const struct spf_check_result *a = &alone.assessment.spf_checks[0], *w = &whole.assessment.spf_checks[k];
            if (a->outcome != w->outcome || a->lookups != w->lookups || a->void_lookups != w->void_lookups ||
                !span_equal(a->mechanism, w->mechanism) || !span_equal(a->explanation, w->explanation) ||
                !span_equal(a->error, w->error)) {
                fail_msg("%s from %s: %s alone, %s with the rest", domain, addresses[k],
                         spf_check_outcome_name(a->outcome), spf_check_outcome_name(w->outcome));
            }
        }
    }
}

static void outcomes(void **state)
{
    (void)state;
    static struct run run;
    /* The addresses in order: Pass Fail Softfail neUtral None Temperror permError. */
    static const char *const expected[DOMAIN_COUNT] = {
        "PPSPSP", "PFFPFP", "PPFFFP", "PFFFFP", "PFFFFP", "PPPPPP", "FFFFFF", "TTTTTT",
        "TTTTTT", "EEEEEE", "EEEEEE", "EEEEEE", "FPFFFF", "NNNNNN", "NNNNNN", "PFFFFP",
    };
    static const char letters[] = { 'N', 'U', 'P', 'F', 'S', 'T', 'E' };
    struct spf_sender senders[SENDER_COUNT];
    senders_make(senders);
    for (size_t i = 0; i < DOMAIN_COUNT; i++) {
        run_domain(&run, domains[i], CHECKS_DEFAULT, senders, SENDER_COUNT);
        for (size_t k = 0; k < SENDER_COUNT; k++) {
            if (letters[run.assessment.spf_checks[k].outcome] != expected[i][k]) {
                fail_msg("%s from %s: %s", domains[i], addresses[k],
                         spf_check_outcome_name(run.assessment.spf_checks[k].outcome));
            }
        }
    }
}

static void all_else_is_as_without_senders(void **state)
{
    (void)state;
    static struct run with, without;
    struct spf_sender senders[SENDER_COUNT];
    senders_make(senders);
    for (size_t i = 0; i < DOMAIN_COUNT; i++) {
        run_domain(&with, domains[i], CHECKS_DEFAULT, senders, SENDER_COUNT);
        run_domain(&without, domains[i], CHECKS_DEFAULT, NULL, 0);
        const struct assessment *a = &with.assessment, *b = &without.assessment;
        assert_null(b->spf_checks);
        assert_true(with.answers.count >= without.answers.count);
        assert_int_equal(a->outcome, b->outcome);
        assert_int_equal(a->posture, b->posture);
        assert_int_equal(a->spf.status, b->spf.status);
        assert_int_equal(a->spf.lookups, b->spf.lookups);
        assert_int_equal(a->findings.count, b->findings.count);
        for (size_t k = 0; k < a->findings.count; k++) {
            assert_int_equal(a->findings.items[k].id, b->findings.items[k].id);
            assert_true(span_equal(a->findings.items[k].detail, b->findings.items[k].detail));
        }
        for (size_t k = 0; k < with.answers.count; k++) {
            assert_int_equal(with.answers.items[k].purpose == ASK_SPF_SENDER, k >= without.answers.count);
        }
    }
}

/* Memory or room for questions that ends: unknown, never an answer. */
static void what_does_not_fit_is_temperror(void **state)
{
    (void)state;
    static struct run run;
    struct spf_sender senders[SENDER_COUNT];
    senders_make(senders);
    for (size_t limit = 0; limit < 40; limit++) {
        struct plan plan;
        struct spf_check_result result;
        struct spf_check_plan check = { 0 };
        run_domain(&run, "macro.example", 0, &senders[0], 1);
        struct answer_set answers;
        answer_set_init(&answers, &run.arena, limit);
        run.subject.answers = &answers;
        plan_begin(&plan);
        while (spf_check_ask(&run.subject, &senders[0], &check) > 0) {
            zone_answer(&zone, &answers, &run.arena);
        }
        spf_check_assess(&run.subject, &senders[0], &result);
        assert_int_equal(result.outcome, limit < 2 ? SPF_CHECK_TEMPERROR : SPF_CHECK_PASS);
    }
}

static void errors_name_the_term_and_its_path(void **state)
{
    (void)state;
    static struct run run;
    static const struct {
        const char *domain, *error;
    } rows[] = {
        { "late.example", "include:dead.example: the DNS gave no answer for the SPF record" },
        { "dead.example", "the DNS gave no answer for the SPF record" },
        { "twice.example", "there are several SPF records" },
        { "syntax.example",
          "ipv4:192.0.2.7: A term has a name that SPF does not know, which makes the record an error." },
        { "plain.example", "" },
        { "lost.example", "include:%{ir}.%{d}: there is no SPF record, at 7.2.0.192.lost.example" },
        { "deep.example",
          "include:lost.example > include:%{ir}.%{d}: there is no SPF record, at 7.2.0.192.lost.example" },
        { "away.example", "redirect=%{d}._x.%{o}: there is no SPF record, at away.example._x.away.example" },
    };
    struct spf_sender senders[SENDER_COUNT];
    senders_make(senders);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        run_domain(&run, rows[i].domain, 0, senders, 1);
        if (!span_equal(run.assessment.spf_checks[0].error, span_from_cstr(rows[i].error))) {
            fail_msg("%s: %.*s", rows[i].domain, SPAN_ARG(run.assessment.spf_checks[0].error));
        }
    }
    run_domain(&run, "loop.example", 0, senders, 1);
    span error = run.assessment.spf_checks[0].error;
    assert_true(span_starts_with(error, SPAN("include:loop.example > include:loop.example > ")));
    assert_true(
        span_ends_with(error, SPAN("include:loop.example: the eleventh term that needs a lookup; 10 are allowed")));
}

static void addresses_are_printed_as_judged(void **state)
{
    (void)state;
    static const struct {
        const char *given, *printed;
    } rows[] = {
        { "192.0.2.1", "192.0.2.1" },
        { "2001:DB8:0:0::1", "2001:db8::1" },
        { "::ffff:192.0.2.1", "192.0.2.1" },
        { "::FFFF:c000:201", "192.0.2.1" },
        { "::1", "::1" },
    };
    static const char *const refused[] = {
        "",         "192.0.2", "192.0.2.256",  "192.0.2.01",  "192.0.2.1/32",  " 192.0.2.1",
        "2001:db8", "[::1]",   "fe80::1%eth0", "example.com", "2001:db8::/32", "1:2:3:4:5:6:7:8:9"
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct spf_sender sender = { .is_ip6 = false };
        char text[SPF_SENDER_IP_SIZE];
        assert_true(spf_sender_set_ip(&sender, span_from_cstr(rows[i].given)));
        spf_sender_print_ip(&sender, text);
        assert_string_equal(text, rows[i].printed);
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct spf_sender sender = { .is_ip6 = false };
        assert_false(spf_sender_set_ip(&sender, span_from_cstr(refused[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_those_of_check_host_alone), cmocka_unit_test(outcomes),
        cmocka_unit_test(all_else_is_as_without_senders),        cmocka_unit_test(what_does_not_fit_is_temperror),
        cmocka_unit_test(errors_name_the_term_and_its_path),     cmocka_unit_test(addresses_are_printed_as_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
