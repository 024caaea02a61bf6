// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/mail/dkim.h"
#include "tests/mail/dkim_keys.h"
#include "tests/mail/scripted.h"

#define KEY2048 "v=DKIM1; k=rsa; p=" KEY_RSA_2048
#define KEY1024 "v=DKIM1; k=rsa; p=" KEY_RSA_1024
#define KEYED25519 "v=DKIM1; k=ed25519; p=" KEY_ED25519
#define BELOW "._domainkey.example.com"

static const char providers_text[] =
    "mx\tgoogle\taspmx.l.google.com\tmailbox\ta\n"
    "mx\tmicrosoft365\tmail.protection.outlook.com\tmailbox\ta\n"
    "mx\tmailgun\tmailgun.org\tesp\ta\n"
    "spf\tmicrosoft365\tspf.protection.outlook.com\tmailbox\ta\n"
    "spf\thubspot\thubspotemail.net\tcrm\ta\n"
    "spf\tfastmail\tspf.messagingengine.com\tmailbox\ta\n"
    "dkim-cname\tmicrosoft365\tonmicrosoft.com\tmailbox\ta\n"
    "dkim-cname\tsendgrid\tsendgrid.net\tesp\ta\n"
    "dkim-selector\tgoogle\t20161025\tmailbox\ta\n"
    "dkim-selector\tgoogle\tgoogle\tmailbox\ta\n"
    "dkim-selector\tgoogle\tgoogle2048\tmailbox\ta\n"
    "dkim-selector\tmicrosoft365\tselector1\tmailbox\ta\n"
    "dkim-selector\tmicrosoft365\tselector2\tmailbox\ta\n"
    "dkim-selector\thubspot\ths1\tcrm\ta\n"
    "dkim-selector\thubspot\ths1-*\tcrm\ta\n"
    "dkim-selector\tfastmail\tfm1\tmailbox\ta\n"
    "dkim-selector\tfastmail\tfm2\tmailbox\ta\n"
    "dkim-selector\tmailgun\tmx\tesp\tw\n"
    "dkim-selector\tmailgun\tmailo\tesp\ta\n"
    "dkim-selector\tsendgrid\ts1\tesp\tw\n"
    "dkim-selector\tsendgrid\ts2\tesp\tw\n";

static const char selectors_text[] =
    "1\tgoogle\t1\t-\n2\tselector1\t1\t-\n3\tselector2\t1\tselector1\n4\tdefault\t1\t-\n5\ts1\t1\t-\n6\ts2\t1\ts1\n"
    "7\tfm1\t1\t-\n8\tfm2\t2\tfm1\n9\thidden\t2\t-\n10\tgoogle2048\t2\t-\n11\tmailo\t2\t-\n";

enum { TIER1_WITHOUT_AFTER = 5 };

static struct provider_table *providers;
static struct selector_table *selectors;

static int tables_open(void **state)
{
    size_t bad_line;
    (void)state;
    providers = provider_table_new(span_from_cstr(providers_text), &bad_line);
    selectors = selector_table_new(span_from_cstr(selectors_text), &bad_line);
    return providers && selectors ? 0 : -1;
}

static int tables_close(void **state)
{
    (void)state;
    provider_table_free(providers);
    selector_table_free(selectors);
    return 0;
}

/* Asks to the end: TXT and MX at the name stand for the other mechanisms' first questions. */
static size_t ask_to_the_end(struct scripted *t)
{
    struct dkim_plan plan = { 0 };
    size_t rounds = 0;
    subject_ask(&t->subject, t->subject.domain, DNS_TXT, ASK_DOMAIN);
    subject_ask(&t->subject, t->subject.domain, DNS_MX, ASK_DOMAIN);
    while (dkim_ask(&t->subject, &plan) > 0) {
        scripted_reply(t);
        rounds++;
        assert_true(rounds < 10);
    }
    return rounds;
}

static struct scripted test;

static void begin(const struct scripted_row *rows, size_t count)
{
    scripted_open(&test, "example.com", CHECK_DKIM, rows, count);
    test.config.providers = providers;
    test.config.selectors = selectors;
}

static struct dkim_result finish(void)
{
    struct dkim_result result;
    test.subject.findings = &test.findings;
    dkim_assess(&test.subject, &result);
    return result;
}

static struct dkim_result run(const struct scripted_row *rows, size_t count)
{
    begin(rows, count);
    ask_to_the_end(&test);
    return finish();
}

#define RUN(rows) run((rows), sizeof(rows) / sizeof((rows)[0]))
#define BEGIN(rows) begin((rows), sizeof(rows) / sizeof((rows)[0]))

static const char *random_name(void)
{
    static char name[64];
    struct scripted t;
    char label[16];
    scripted_open(&t, "example.com", 0, NULL, 0);
    subject_random_label(&t.subject, t.subject.domain, label);
    snprintf(name, sizeof(name), "%.16s" BELOW, label);
    return name;
}

static bool asked(const char *selector)
{
    char name[300];
    snprintf(name, sizeof(name), "%s" BELOW, selector);
    return scripted_was_asked(&test, name, DNS_TXT);
}

static void absent_namespace_ends_it(void **state)
{
    (void)state;
    static const struct scripted_row rows[] = { { "example.com", DNS_MX, DNS_ANSWERED, { "10 mx.example.com" } } };
    struct dkim_result r = RUN(rows);
    assert_int_equal(r.status, DKIM_NONE_FOUND);
    assert_int_equal(r.namespace_state, DKIM_NAMESPACE_ABSENT);
    assert_int_equal(r.probed, 0);
    assert_int_equal(r.pruned, TIER1_WITHOUT_AFTER + 1); /* the random one */
    assert_string_equal(scripted_findings(&test), "dkim_namespace_absent");
    assert_int_equal(test.answers.count, 3);
    scripted_close(&test);
}

/* posture.md 2.4: a recognised provider's own selector is asked although RFC 8020 says there is none. */
static void absent_namespace_is_checked_against_the_provider(void **state)
{
    (void)state;
    static const struct scripted_row rows[] = {
        { "example.com", DNS_MX, DNS_ANSWERED, { "10 aspmx.l.google.com", "20 mxa.mailgun.org" } },
        { "example.com", DNS_TXT, DNS_ANSWERED, { "include:spf.messagingengine.com", "V=SPF1 ~include:spf.protection.outlook.com ?all" } },
    };
    struct dkim_result r = RUN(rows);
    assert_true(asked("google"));
    assert_false(asked("google2048"));
    assert_false(asked("20161025"));
    assert_true(asked("mailo"));      /* mx is weak */
    assert_false(asked("mx"));
    assert_true(asked("selector1"));
    assert_false(asked("selector2"));
    assert_false(asked("fm1"));       /* no SPF record */
    assert_int_equal(r.probed, 3);
    assert_int_equal(r.pruned, TIER1_WITHOUT_AFTER + 1 - 2); /* google and selector1; mailo was never planned */
    assert_int_equal(r.namespace_state, DKIM_NAMESPACE_ABSENT);
    assert_string_equal(scripted_findings(&test), "dkim_namespace_absent dkim_microsoft_selectors_missing");
    scripted_close(&test);
}

static void a_broken_server_is_believed_no_more(void **state)
{
    (void)state;
    static const struct scripted_row rows[] = {
        { "example.com", DNS_MX, DNS_ANSWERED, { "10 aspmx.l.google.com" } },
        { "_domainkey.example.com", DNS_TXT, DNS_NXDOMAIN, { 0 } },
        { "google" BELOW, DNS_TXT, DNS_ANSWERED, { KEY2048 } },
        { "default" BELOW, DNS_TXT, DNS_ANSWERED, { KEY1024 } },
    };
    struct dkim_result r = RUN(rows);
    assert_int_equal(r.status, DKIM_FOUND);
    assert_int_equal(r.namespace_state, DKIM_NAMESPACE_EXISTS);
    assert_int_equal(r.selector_count, 2);
    assert_false(findings_has(&test.findings, FINDING_DKIM_NAMESPACE_ABSENT));
    scripted_close(&test);
}

static void smart_asks_tier_1_and_what_follows(void **state)
{
    (void)state;
    static const struct scripted_row rows[] = {
        { "example.com", DNS_MX, DNS_ANSWERED, { "10 aspmx.l.google.com" } },
        { "google" BELOW, DNS_TXT, DNS_ANSWERED, { KEY2048 } },
        { "s1" BELOW, DNS_TXT, DNS_ANSWERED, { KEY2048 }, "s1.u1.wl.sendgrid.net" },
        { "fm1" BELOW, DNS_TXT, DNS_NXDOMAIN, { 0 }, "gone.nowhere.example", "example" },
    };
    struct dkim_result r = RUN(rows);
    assert_true(asked("s2"));
    assert_true(asked("fm2"));
    assert_false(asked("selector2"));
    assert_false(asked("hidden"));
    assert_true(asked("google2048"));
    assert_true(scripted_was_asked(&test, random_name(), DNS_TXT));
    assert_int_equal(r.probed, TIER1_WITHOUT_AFTER + 2 + 2); /* + google2048, 20161025 + s2, fm2 */
    assert_int_equal(r.pruned, 0);
    assert_int_equal(r.status, DKIM_FOUND);
    assert_int_equal(r.selector_count, 3);
    assert_true(span_equal(r.selectors[0].selector, SPAN("google")));
    assert_string_equal(r.selectors[0].provider, "google");
    assert_int_equal(r.selectors[0].key_bits, 2048);
    assert_string_equal(r.selectors[1].provider, "sendgrid");
    assert_true(span_equal(r.selectors[1].cname, SPAN("s1.u1.wl.sendgrid.net")));
    assert_int_equal(r.selectors[2].status, DKIM_KEY_DANGLING);
    assert_null(r.selectors[2].provider);
    assert_string_equal(scripted_finding(&test, FINDING_DKIM_KEY_FOUND), "google: rsa 2048; s1: rsa 2048");
    assert_string_equal(scripted_finding(&test, FINDING_DKIM_CNAME_DANGLING),
                        "fm1: gone.nowhere.example, registrable: true");
    assert_string_equal(scripted_finding(&test, FINDING_DKIM_PAIR_HALF_MISSING), "s1 without s2");
    scripted_close(&test);
}

static void registrable_is_asked_where_no_soa_tells(void **state)
{
    (void)state;
    static const struct scripted_row rows[] = {
        { "google" BELOW, DNS_TXT, DNS_NXDOMAIN, { 0 }, "a.b.gone.co.uk" },
        { "s1" BELOW, DNS_TXT, DNS_NXDOMAIN, { 0 }, "x.there.net", "there.net" },
        { "default" BELOW, DNS_TXT, DNS_NODATA, { 0 }, "x.still.net" },
    };
    struct dkim_result r = RUN(rows);
    assert_true(scripted_was_asked(&test, "gone.co.uk", DNS_NS));
    assert_false(scripted_was_asked(&test, "there.net", DNS_NS));
    assert_false(scripted_was_asked(&test, "still.net", DNS_NS));
    assert_int_equal(r.status, DKIM_INVALID); /* only dangling aliases: case 25 */
    assert_string_equal(scripted_finding(&test, FINDING_DKIM_CNAME_DANGLING),
                        "google: a.b.gone.co.uk, registrable: true; default: x.still.net; s1: x.there.net");
    scripted_close(&test);
}

static void full_asks_everything(void **state)
{
    (void)state;
    static const struct scripted_row rows[] = { { "example.com", DNS_MX, DNS_ANSWERED, { "10 mx.example.com" } } };
    BEGIN(rows);
    test.config.dkim_mode = DKIM_FULL;
    ask_to_the_end(&test);
    struct dkim_result r = finish();
    assert_true(asked("hidden"));
    assert_true(asked("selector2"));
    assert_int_equal(r.probed, 11);
    assert_int_equal(r.namespace_state, DKIM_NAMESPACE_ABSENT);
    scripted_close(&test);
}

static void selectors_of_the_list_are_asked_always(void **state)
{
    (void)state;
    static const struct scripted_row rows[] = { { "example.com", DNS_MX, DNS_ANSWERED, { "10 mx.example.com" } } };
    BEGIN(rows);
    test.subject.list_selectors = SPAN("Mine, other;a.b  \tbad!name,");
    ask_to_the_end(&test);
    struct dkim_result r = finish();
    assert_true(asked("mine"));
    assert_true(asked("other"));
    assert_true(asked("a.b"));
    assert_int_equal(r.probed, 3);
    scripted_close(&test);
}

static void hubspot_portal_makes_selectors(void **state)
{
    (void)state;
    static const struct scripted_row rows[] = {
        { "example.com", DNS_TXT, DNS_ANSWERED, { "v=spf1 include:123456.spf04.hubspotemail.net -all" } },
        { "hs1-123456" BELOW, DNS_TXT, DNS_ANSWERED, { KEY2048 }, "example-com.hs01a.dkim.hubspotemail.net" },
    };
    struct dkim_result r = RUN(rows);
    assert_true(asked("hs1-123456"));
    assert_true(asked("hs2-123456"));
    assert_int_equal(r.status, DKIM_FOUND);
    scripted_close(&test);
}

static void nothing_below_a_name_that_does_not_exist(void **state)
{
    (void)state;
    static const struct scripted_row gone[] = { { "example.com", DNS_TXT, DNS_NXDOMAIN, { 0 } } };
    static const struct scripted_row alias[] = { { "example.com", DNS_MX, DNS_NXDOMAIN, { 0 }, "gone.net" } };
    for (int i = 0; i < 2; i++) {
        struct dkim_result r = i == 0 ? RUN(gone) : RUN(alias);
        assert_int_equal(test.answers.count, 3);
        assert_int_equal(r.status, DKIM_NONE_FOUND);
        assert_int_equal(r.pruned, TIER1_WITHOUT_AFTER + 1);
        assert_int_equal(r.namespace_state, DKIM_NAMESPACE_ABSENT);
        assert_string_equal(scripted_findings(&test), "");
        scripted_close(&test);
    }
}

/* Row 0's name is the random selector's, known only at run time. */
static struct dkim_result run_wildcard(struct scripted_row *rows, size_t count)
{
    rows[0].name = random_name();
    return run(rows, count);
}

static void wildcards(void **state)
{
    (void)state;
    struct scripted_row plain[] = {
        { NULL, DNS_TXT, DNS_ANSWERED, { "v=spf1 -all", "x" } },
        { "google" BELOW, DNS_TXT, DNS_ANSWERED, { "x", "v=spf1 -all" } },
    };
    struct dkim_result r = run_wildcard(plain, 2);
    assert_int_equal(r.status, DKIM_NONE_FOUND);
    assert_int_equal(r.selector_count, 0);
    assert_string_equal(scripted_findings(&test), "dkim_none_found dkim_wildcard_txt");
    assert_string_equal(scripted_finding(&test, FINDING_DKIM_NONE_FOUND), "5 selectors asked");
    scripted_close(&test);

    struct scripted_row revoked[] = {
        { NULL, DNS_TXT, DNS_ANSWERED, { "v=DKIM1; p=" } },
        { "google" BELOW, DNS_TXT, DNS_ANSWERED, { "v=DKIM1; p=" } },
    };
    r = run_wildcard(revoked, 2);
    assert_int_equal(r.status, DKIM_WILDCARD); /* case 25 */
    assert_true(r.wildcard_is_revoked);
    assert_false(r.has_key);
    assert_string_equal(scripted_findings(&test), "dkim_wildcard_revoked");
    scripted_close(&test);

    struct scripted_row usable[] = {
        { NULL, DNS_TXT, DNS_ANSWERED, { KEY2048 } },
        { "google" BELOW, DNS_TXT, DNS_ANSWERED, { KEY2048 } },
    };
    r = run_wildcard(usable, 2);
    assert_int_equal(r.status, DKIM_WILDCARD);
    assert_true(r.has_key);
    assert_string_equal(scripted_findings(&test), "dkim_wildcard");
    scripted_close(&test);

    struct scripted_row different[] = {
        { NULL, DNS_TXT, DNS_ANSWERED, { "v=DKIM1; p=" } },
        { "google" BELOW, DNS_TXT, DNS_ANSWERED, { KEY2048 } },
        { "default" BELOW, DNS_TXT, DNS_ANSWERED, { "v=DKIM1; p=" } },
    };
    r = run_wildcard(different, 3);
    assert_int_equal(r.status, DKIM_FOUND); /* case 13 */
    assert_int_equal(r.selector_count, 1);
    scripted_close(&test);

    struct scripted_row alias[] = {
        { NULL, DNS_TXT, DNS_NODATA, { 0 }, "web.host.net" },
        { "google" BELOW, DNS_TXT, DNS_NODATA, { 0 }, "web.host.net" },
        { "s1" BELOW, DNS_TXT, DNS_NODATA, { 0 }, "web.host.net" },
    };
    r = run_wildcard(alias, 3);
    assert_int_equal(r.status, DKIM_NONE_FOUND);
    assert_int_equal(r.selector_count, 0);
    assert_false(asked("s2"));
    scripted_close(&test);
}

static void failures_are_unknown(void **state)
{
    (void)state;
    static const struct scripted_row space[] = { { "_domainkey.example.com", DNS_TXT, DNS_TIMEOUT, { 0 } } };
    struct dkim_result r = RUN(space);
    assert_true(asked("default")); /* tier 1 all the same */
    assert_int_equal(r.status, DKIM_TEMPERROR);
    assert_int_equal(r.namespace_state, DKIM_NAMESPACE_UNKNOWN);
    assert_string_equal(scripted_findings(&test), "dkim_unknown");
    scripted_close(&test);

    static const struct scripted_row probe[] = { { "default" BELOW, DNS_TXT, DNS_SERVFAIL, { 0 } } };
    r = RUN(probe);
    assert_int_equal(r.status, DKIM_TEMPERROR);
    assert_int_equal(r.namespace_state, DKIM_NAMESPACE_EXISTS);
    assert_int_equal(r.selector_count, 0);
    scripted_close(&test);

    static const struct scripted_row found[] = {
        { "default" BELOW, DNS_TXT, DNS_SERVFAIL, { 0 } },
        { "google" BELOW, DNS_TXT, DNS_ANSWERED, { KEY2048 } },
    };
    r = RUN(found);
    assert_int_equal(r.status, DKIM_FOUND);
    scripted_close(&test);

    static const struct scripted_row revoked[] = {
        { "default" BELOW, DNS_TXT, DNS_SERVFAIL, { 0 } },
        { "google" BELOW, DNS_TXT, DNS_ANSWERED, { "v=DKIM1; p=" } },
    };
    r = RUN(revoked);
    assert_int_equal(r.status, DKIM_TEMPERROR); /* case 13: nothing valid, a probe failed */
    assert_int_equal(r.selector_count, 1);
    scripted_close(&test);

    begin(NULL, 0); /* never asked at all */
    r = finish();
    assert_int_equal(r.status, DKIM_TEMPERROR);
    scripted_close(&test);
}

static void statuses_and_records(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct scripted_row row;
        enum dkim_status status;
        enum dkim_selector_status selector;
        const char *findings;
    } rows[] = {
        { "revoked", { "google" BELOW, DNS_TXT, DNS_ANSWERED, { "v=DKIM1; p=" } }, DKIM_REVOKED, DKIM_KEY_REVOKED,
          "dkim_revoked" },
        { "two keys: RFC 6376 3.6.2.2", { "google" BELOW, DNS_TXT, DNS_ANSWERED, { KEY2048, KEY1024 } }, DKIM_INVALID,
          DKIM_KEY_INVALID, "dkim_multiple_records dkim_rsa_under_2048" },
        { "a key and a stranger", { "google" BELOW, DNS_TXT, DNS_ANSWERED, { "hello", KEY2048 } }, DKIM_FOUND, DKIM_KEY_VALID,
          "dkim_key_found" },
        { "a stranger alone", { "google" BELOW, DNS_TXT, DNS_ANSWERED, { "hello" } }, DKIM_INVALID, DKIM_KEY_INVALID,
          "dkim_missing_p dkim_version_missing" },
        { "only Ed25519", { "google" BELOW, DNS_TXT, DNS_ANSWERED, { KEYED25519 } }, DKIM_FOUND, DKIM_KEY_VALID,
          "dkim_key_found dkim_ed25519_only" },
        { "a published key", { "google" BELOW, DNS_TXT, DNS_ANSWERED, { "v=DKIM1; p=" KEY_RFC6376 } }, DKIM_FOUND,
          DKIM_KEY_VALID, "dkim_public_test_key dkim_rsa_under_2048 dkim_key_found" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dkim_result r = run(&rows[i].row, 1);
        if (r.status != rows[i].status || r.selector_count != 1 || r.selectors[0].status != rows[i].selector ||
            strcmp(scripted_findings(&test), rows[i].findings) != 0) {
            print_error("%s: status %d, %s\n", rows[i].name, (int)r.status, scripted_findings(&test));
            fail();
        }
        scripted_close(&test);
    }
}

static void microsoft_pair(void **state)
{
    (void)state;
    static const struct scripted_row none[] = {
        { "example.com", DNS_MX, DNS_ANSWERED, { "0 example-com.mail.protection.outlook.com" } },
        { "other" BELOW, DNS_TXT, DNS_ANSWERED, { KEY2048 } },
    };
    RUN(none);
    assert_true(findings_has(&test.findings, FINDING_DKIM_MICROSOFT_SELECTORS_MISSING));
    scripted_close(&test);
    static const struct scripted_row half[] = {
        { "example.com", DNS_MX, DNS_ANSWERED, { "0 example-com.mail.protection.outlook.com" } },
        { "selector1" BELOW, DNS_TXT, DNS_ANSWERED, { KEY2048 }, "selector1-example-com._domainkey.x.onmicrosoft.com" },
        { "selector2" BELOW, DNS_TXT, DNS_NXDOMAIN, { 0 }, "selector2-example-com._domainkey.x.onmicrosoft.com", "onmicrosoft.com" },
    };
    struct dkim_result r = RUN(half);
    assert_int_equal(r.selector_count, 2);
    assert_string_equal(r.selectors[1].provider, "microsoft365");
    assert_string_equal(scripted_finding(&test, FINDING_DKIM_PAIR_HALF_MISSING), "selector1 without selector2");
    assert_false(findings_has(&test.findings, FINDING_DKIM_MICROSOFT_SELECTORS_MISSING));
    scripted_close(&test);
}

static void historic(void **state)
{
    (void)state;
    static const struct scripted_row rows[] = { { "_domainkey.example.com", DNS_TXT, DNS_ANSWERED, { "t=y; o=~" } } };
    struct dkim_result r = RUN(rows);
    assert_true(findings_has(&test.findings, FINDING_DKIM_DOMAINKEYS_POLICY));
    assert_int_equal(r.namespace_state, DKIM_NAMESPACE_EXISTS);
    scripted_close(&test);
}

static void not_checked(void **state)
{
    (void)state;
    begin(NULL, 0);
    test.config.dkim_mode = DKIM_OFF;
    ask_to_the_end(&test);
    assert_int_equal(test.answers.count, 2);
    assert_int_equal(finish().status, DKIM_NOT_CHECKED);
    scripted_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_namespace_ends_it),
        cmocka_unit_test(absent_namespace_is_checked_against_the_provider),
        cmocka_unit_test(a_broken_server_is_believed_no_more),
        cmocka_unit_test(smart_asks_tier_1_and_what_follows),
        cmocka_unit_test(registrable_is_asked_where_no_soa_tells),
        cmocka_unit_test(full_asks_everything),
        cmocka_unit_test(selectors_of_the_list_are_asked_always),
        cmocka_unit_test(hubspot_portal_makes_selectors),
        cmocka_unit_test(nothing_below_a_name_that_does_not_exist),
        cmocka_unit_test(wildcards),
        cmocka_unit_test(failures_are_unknown),
        cmocka_unit_test(statuses_and_records),
        cmocka_unit_test(microsoft_pair),
        cmocka_unit_test(historic),
        cmocka_unit_test(not_checked),
    };
    return cmocka_run_group_tests(tests, tables_open, tables_close);
}
