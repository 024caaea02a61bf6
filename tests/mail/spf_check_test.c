// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "scanner/mail/spf_check.h"
#include "tests/support/zone.h"

static char memory[4 << 20];

#define TXT(name, text)  { name, DNS_TXT, text }
#define A(name, text)    { name, DNS_A, text }
#define AAAA(name, text) { name, DNS_AAAA, text }
#define MX(name, text)   { name, DNS_MX, text }
#define PTR(name, text)  { name, DNS_PTR, text }

struct fixture {
    struct arena arena;
    struct mail_config config;
    struct answer_set answers;
    struct subject subject;
};

static struct spf_check_result check_host(const struct zone_row *rows, size_t count, const char *domain, const char *ip,
                                          const char *mail_from, const char *helo)
{
    static struct fixture f;
    struct zone zone = { rows, count };
    struct spf_sender sender = { .mail_from = span_from_cstr(mail_from),
                                 .helo = span_from_cstr(helo),
                                 .receiver = SPAN("mx.receiver.example"),
                                 .timestamp_s = 1234567890 };
    struct spf_check_plan plan = { 0 };
    struct spf_check_result result;
    f.config = (struct mail_config){ .checks = CHECKS_DEFAULT };
    arena_init(&f.arena, memory, sizeof(memory), 0);
    answer_set_init(&f.answers, &f.arena, ANSWER_SET_LIMIT);
    f.subject = (struct subject){
        .config = &f.config, .domain = span_from_cstr(domain), .answers = &f.answers, .arena = &f.arena
    };
    assert_true(spf_sender_set_ip(&sender, span_from_cstr(ip)));
    while (spf_check_ask(&f.subject, &sender, &plan) > 0) {
        zone_answer(&zone, &f.answers, &f.arena);
    }
    spf_check_assess(&f.subject, &sender, &result);
    return result;
}

/* ---- RFC 7208 appendix A: the zone, with the record under test put in at example.com ---- */

#define APPENDIX_A                                                                                            \
    MX("example.com", "10 mail-a.example.com"), MX("example.com", "20 mail-b.example.com"),                   \
        A("example.com", "192.0.2.10"), A("example.com", "192.0.2.11"), A("amy.example.com", "192.0.2.65"),   \
        A("bob.example.com", "192.0.2.66"), A("mail-a.example.com", "192.0.2.129"),                           \
        A("mail-b.example.com", "192.0.2.130"), A("www.example.com", "192.0.2.10"),                           \
        MX("example.org", "10 mail-c.example.org"), A("mail-c.example.org", "192.0.2.140"),                   \
        PTR("10.2.0.192.in-addr.arpa", "example.com"), PTR("11.2.0.192.in-addr.arpa", "example.com"),         \
        PTR("65.2.0.192.in-addr.arpa", "amy.example.com"), PTR("66.2.0.192.in-addr.arpa", "bob.example.com"), \
        PTR("129.2.0.192.in-addr.arpa", "mail-a.example.com"),                                                \
        PTR("130.2.0.192.in-addr.arpa", "mail-b.example.com"),                                                \
        PTR("140.2.0.192.in-addr.arpa", "mail-c.example.org"),                                                \
        PTR("4.0.0.10.in-addr.arpa", "bob.example.com")

static void appendix_a_1_simple_examples(void **state)
{
    (void)state;
    /* One letter for each address: p pass, f fail. */
    static const char *const addresses[] = { "192.0.2.10", "192.0.2.11", "192.0.2.65", "192.0.2.66", "192.0.2.129",
                                             "192.0.2.130", "192.0.2.140", "192.0.2.131", "10.0.0.4" };
    static const struct {
        const char *record;
        const char *outcomes;
    } rows[] = {
        { "v=spf1 +all", "ppppppppp" },
        { "v=spf1 a -all", "ppfffffff" },
        { "v=spf1 a:example.org -all", "fffffffff" },
        { "v=spf1 mx -all", "ffffppfff" },
        { "v=spf1 mx:example.org -all", "ffffffpff" },
        { "v=spf1 mx mx:example.org -all", "ffffpppff" },
        { "v=spf1 mx/30 mx:example.org/30 -all", "ffffppppf" },
        { "v=spf1 ptr -all", "ppppppfff" },
        { "v=spf1 ip4:192.0.2.128/28 -all", "ffffppppf" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct zone_row zone[] = { APPENDIX_A, TXT("example.com", rows[i].record) };
        for (size_t k = 0; k < sizeof(addresses) / sizeof(addresses[0]); k++) {
            struct spf_check_result r =
                check_host(zone, sizeof(zone) / sizeof(zone[0]), "example.com", addresses[k], "", "");
            if (r.outcome != (rows[i].outcomes[k] == 'p' ? SPF_CHECK_PASS : SPF_CHECK_FAIL)) {
                fail_msg("%s from %s: %s", rows[i].record, addresses[k], spf_check_outcome_name(r.outcome));
            }
        }
    }
}

struct row {
    const char *name, *domain, *ip, *mail_from;
    enum spf_check_outcome outcome;
    const char *mechanism;
};

static void check_rows(const struct zone_row *zone, size_t zone_count, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct spf_check_result r =
            check_host(zone, zone_count, rows[i].domain, rows[i].ip, rows[i].mail_from, "helo.example");
        if (r.outcome != rows[i].outcome ||
            (rows[i].mechanism && !span_equal(r.mechanism, span_from_cstr(rows[i].mechanism)))) {
            fail_msg("%s: %s by %.*s (%.*s)", rows[i].name, spf_check_outcome_name(r.outcome), SPAN_ARG(r.mechanism),
                     SPAN_ARG(r.error));
        }
    }
}

#define CHECK(zone, rows) check_rows(zone, sizeof(zone) / sizeof((zone)[0]), rows, sizeof(rows) / sizeof((rows)[0]))

static void appendix_a_2_multiple_domains(void **state)
{
    (void)state;
    static const struct zone_row zone[] = {
        APPENDIX_A,
        TXT("example.org", "v=spf1 include:example.com include:example.net -all"),
        TXT("example.com", "v=spf1 ip4:192.0.2.128/28 -all"),
        TXT("example.net", "v=spf1 ip4:198.51.100.0/24 -all"),
        TXT("la.example.org", "v=spf1 redirect=example.org"),
    };
    static const struct row rows[] = {
        { "by the first include", "example.org", "192.0.2.129", "", SPF_CHECK_PASS, "include:example.com > ip4:192.0.2.128/28" },
        { "by the second", "example.org", "198.51.100.7", "", SPF_CHECK_PASS, "include:example.net > ip4:198.51.100.0/24" },
        { "by none", "example.org", "203.0.113.1", "", SPF_CHECK_FAIL, "-all" },
        { "by redirect", "la.example.org", "198.51.100.7", "", SPF_CHECK_PASS,
          "redirect=example.org > include:example.net > ip4:198.51.100.0/24" },
        { "redirect takes fail over", "la.example.org", "203.0.113.1", "", SPF_CHECK_FAIL, "redirect=example.org > -all" },
    };
    CHECK(zone, rows);
}

static void appendix_a_3_dnsbl_style(void **state)
{
    (void)state;
    static const struct zone_row zone[] = {
        APPENDIX_A,
        TXT("example.com", "v=spf1 mx include:_spf.%{d} -all"),
        TXT("_spf.example.com", "v=spf1 a:mary.mobile-users._spf.%{d2} a:fred.mobile-users._spf.%{d2} -all"),
        A("mary.mobile-users._spf.example.com", "127.0.0.2"),
        A("fred.mobile-users._spf.example.com", "127.0.0.2"),
        TXT("mobile.example", "v=spf1 exists:%{l1r+}.mobile-users._spf.example.com exists:%{ir}.remote._spf.%{d} -all"),
        A("15.15.168.192.remote._spf.mobile.example", "127.0.0.2"),
    };
    static const struct row rows[] = {
        { "a user by name", "mobile.example", "203.0.113.1", "mary+x@mobile.example", SPF_CHECK_PASS, NULL },
        { "an address by name", "mobile.example", "192.168.15.15", "joe@mobile.example", SPF_CHECK_PASS, NULL },
        { "neither", "mobile.example", "192.168.15.16", "joe@mobile.example", SPF_CHECK_FAIL, NULL },
        { "an include with %{d}", "example.com", "203.0.113.1", "", SPF_CHECK_FAIL, "-all" },
    };
    CHECK(zone, rows);
}

static void appendix_a_4_multiple_requirements(void **state)
{
    (void)state;
    static const struct zone_row zone[] = {
        TXT("example.com", "v=spf1 -include:ip4._spf.%{d} -include:ptr._spf.%{d} +all"),
        TXT("ip4._spf.example.com", "v=spf1 -ip4:192.0.2.0/24 +all"),
        TXT("ptr._spf.example.com", "v=spf1 -ptr:example.com +all"),
        PTR("1.2.0.192.in-addr.arpa", "host.example.com"), A("host.example.com", "192.0.2.1"),
        PTR("2.2.0.192.in-addr.arpa", "host.example.com"),
        PTR("1.113.0.203.in-addr.arpa", "far.example.com"), A("far.example.com", "203.0.113.1"),
    };
    static const struct row rows[] = {
        { "both", "example.com", "192.0.2.1", "", SPF_CHECK_PASS, "+all" },
        { "in the range, name not validated", "example.com", "192.0.2.2", "", SPF_CHECK_FAIL, NULL },
        { "validated, out of the range", "example.com", "203.0.113.1", "", SPF_CHECK_FAIL, NULL },
        { "neither", "example.com", "198.51.100.1", "", SPF_CHECK_FAIL, NULL },
    };
    CHECK(zone, rows);
}

static void results_of_sections_4_to_6(void **state)
{
    (void)state;
    static const struct zone_row zone[] = {
        TXT("none.example", "hello"), TXT("two.example", "v=spf1"), TXT("two.example", "v=spf1 -all"),
        TXT("dead.example", "[SERVFAIL]"), TXT("neutral.example", "v=spf1 ip4:192.0.2.9"), TXT("soft.example", "v=spf1 ~all"),
        TXT("syntax.example", "v=spf1 ip4:192.0.2.1 all:x"), TXT("inc-none.example", "v=spf1 include:none.example +all"),
        TXT("inc-dead.example", "v=spf1 include:dead.example +all"), TXT("inc-soft.example", "v=spf1 include:soft.example +all"),
        TXT("red-none.example", "v=spf1 redirect=none.example"), TXT("six.example", "v=spf1 ip6:2001:db8::/32 a//64 -all"),
        A("six.example", "192.0.2.1"), AAAA("six.example", "2001:db9::1"), TXT("deada.example", "v=spf1 a:dead2.example -all"),
        A("dead2.example", "[TIMEOUT]"), TXT("loop.example", "v=spf1 include:loop.example -all"),
        TXT("void.example", "v=spf1 a:x.void.example a:y.void.example a:z.void.example +all"),
        TXT("ptr.example", "v=spf1 ptr a:x.void.example a:y.void.example +all"),
        PTR("9.2.0.192.in-addr.arpa", "host.elsewhere.example"),
        TXT("many.example", "v=spf1 a:six.example a:six.example a:six.example a:six.example a:six.example a:six.example "
                            "a:six.example a:six.example a:six.example a:six.example ip4:192.0.2.7 a:six.example -all"),
        TXT("p.example", "v=spf1 exists:%{p}.x.example -all"), A("unknown.x.example", "127.0.0.2"),
    };
    static const struct row rows[] = {
        { "4.3: a single label", "example", "192.0.2.1", "", SPF_CHECK_NONE, "" },
        { "4.3: an empty label", "a..example", "192.0.2.1", "", SPF_CHECK_NONE, "" },
        { "4.4: NXDOMAIN", "absent.example", "192.0.2.1", "", SPF_CHECK_NONE, "" },
        { "4.4: SERVFAIL", "dead.example", "192.0.2.1", "", SPF_CHECK_TEMPERROR, "" },
        { "4.5: no record", "none.example", "192.0.2.1", "", SPF_CHECK_NONE, "" },
        { "4.5: two records", "two.example", "192.0.2.1", "", SPF_CHECK_PERMERROR, "" },
        { "4.6: a fault behind the match", "syntax.example", "192.0.2.1", "", SPF_CHECK_PERMERROR, "" },
        { "4.7: default", "neutral.example", "192.0.2.1", "", SPF_CHECK_NEUTRAL, "" },
        { "5.1: softfail", "soft.example", "192.0.2.1", "", SPF_CHECK_SOFTFAIL, "~all" },
        { "5.2: include of none", "inc-none.example", "192.0.2.1", "", SPF_CHECK_PERMERROR, "" },
        { "5.2: include of temperror", "inc-dead.example", "192.0.2.1", "", SPF_CHECK_TEMPERROR, "" },
        { "5.2: include of softfail does not match", "inc-soft.example", "192.0.2.1", "", SPF_CHECK_PASS, "+all" },
        { "5.3: a that fails", "deada.example", "192.0.2.1", "", SPF_CHECK_TEMPERROR, "" },
        { "5.6: ip6", "six.example", "2001:db8::77", "", SPF_CHECK_PASS, "ip6:2001:db8::/32" },
        { "5.3: a of IPv6 by /64", "six.example", "2001:db9::ffff", "", SPF_CHECK_PASS, "a//64" },
        { "5: IPv4 mapped into IPv6 is IPv4", "six.example", "::ffff:192.0.2.1", "", SPF_CHECK_PASS, "a//64" },
        { "6.1: redirect to none", "red-none.example", "192.0.2.1", "", SPF_CHECK_PERMERROR, "" },
        { "4.6.4: a loop", "loop.example", "192.0.2.1", "", SPF_CHECK_PERMERROR, "" },
        { "4.6.4: the third void", "void.example", "192.0.2.1", "", SPF_CHECK_PERMERROR, "" },
        { "4.6.4: a ptr for an address without a name is void", "ptr.example", "192.0.2.1", "", SPF_CHECK_PERMERROR, "" },
        { "4.6.4: for one with a name it is not", "ptr.example", "192.0.2.9", "", SPF_CHECK_PASS, "+all" },
        { "4.6.4: matched before the eleventh", "many.example", "192.0.2.7", "", SPF_CHECK_PASS, "ip4:192.0.2.7" },
        { "4.6.4: the eleventh", "many.example", "192.0.2.8", "", SPF_CHECK_PERMERROR, "" },
        { "7.3: p without a validated name is unknown", "p.example", "192.0.2.8", "", SPF_CHECK_PASS, NULL },
    };
    CHECK(zone, rows);
}

static void explanations(void **state)
{
    (void)state;
    static const struct zone_row zone[] = {
        TXT("d.example", "v=spf1 exp=why.%{d} -all"),
        TXT("why.d.example", "%{i} is not one of %{d}'s| designated mail servers (%{s}, %{h}, %{c}, %{r}, %{t})."),
        TXT("bad.example", "v=spf1 -all exp=why.bad.example"), TXT("why.bad.example", "100% wrong"),
        TXT("two.example", "v=spf1 -all exp=why.two.example"), TXT("why.two.example", "a"), TXT("why.two.example", "b"),
        TXT("high.example", "v=spf1 -all exp=why.high.example"), TXT("why.high.example", "caf\xc3\xa9"),
        TXT("soft.example", "v=spf1 ~all exp=why.d.example"),
        TXT("inc.example", "v=spf1 include:d.example -all"),
        TXT("red.example", "v=spf1 redirect=d.example exp=why.two.example"),
    };
    static const struct {
        const char *name, *domain, *explanation;
    } rows[] = {
        { "6.2", "d.example",
          "192.0.2.3 is not one of d.example's designated mail servers (joe@d.example, helo.example, 192.0.2.3, "
          "mx.receiver.example, 1234567890)." },
        { "6.2: syntax errors leave it out", "bad.example", "" },
        { "6.2: several records leave it out", "two.example", "" },
        { "6.2: ASCII only", "high.example", "" },
        { "6.2: for fail only", "soft.example", "" },
        { "6.2: not of an include", "inc.example", "" },
        { "6.2: of the redirect's target", "red.example",
          "192.0.2.3 is not one of d.example's designated mail servers (joe@d.example, helo.example, 192.0.2.3, "
          "mx.receiver.example, 1234567890)." },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct spf_check_result r = check_host(zone, sizeof(zone) / sizeof(zone[0]), rows[i].domain, "192.0.2.3",
                                               "joe@d.example", "helo.example");
        if (!span_equal(r.explanation, span_from_cstr(rows[i].explanation))) {
            fail_msg("%s: %.*s", rows[i].name, SPAN_ARG(r.explanation));
        }
    }
}

static void only_what_the_sender_meets_is_counted(void **state)
{
    (void)state;
    static const struct zone_row zone[] = {
        TXT("d.example", "v=spf1 a ip4:192.0.2.7 include:x.example -all"),
        A("d.example", "192.0.2.1"),
        TXT("x.example", "v=spf1 a:y.example ~all"),
    };
    struct spf_check_result r = check_host(zone, 3, "d.example", "192.0.2.7", "", "");
    assert_int_equal(r.lookups, 1);
    r = check_host(zone, 3, "d.example", "192.0.2.8", "", "");
    assert_int_equal(r.lookups, 3);
    assert_int_equal(r.void_lookups, 1);
    assert_int_equal(r.outcome, SPF_CHECK_FAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appendix_a_1_simple_examples),
        cmocka_unit_test(appendix_a_2_multiple_domains),
        cmocka_unit_test(appendix_a_3_dnsbl_style),
        cmocka_unit_test(appendix_a_4_multiple_requirements),
        cmocka_unit_test(results_of_sections_4_to_6),
        cmocka_unit_test(explanations),
        cmocka_unit_test(only_what_the_sender_meets_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
