// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/mail/dns_findings.h"
#include "tests/mail/scripted.h"

static struct scripted test;

/* Asks TXT and MX at the name, and TXT at the rows' other names with the purpose a row stands for. */
static const struct {
    const char *name;
    enum ask_purpose purpose;
} purposes[] = {
    { "_dmarc.example.com", ASK_DMARC },        { "_domainkey.example.com", ASK_DKIM_NAMESPACE },
    { "x._domainkey.example.com", ASK_DKIM_WILDCARD }, { "google._domainkey.example.com", ASK_DKIM_SELECTOR },
    { "_mta-sts.example.com", ASK_MTA_STS },    { "spf.example.net", ASK_SPF },
};

#define ROWS_MAX 4

struct expected {
    const char *name;
    struct scripted_row rows[ROWS_MAX];
    const char *findings;
};

static void run(const struct expected *expected)
{
    size_t count = 0;
    while (count < ROWS_MAX && expected->rows[count].name) {
        count++;
    }
    scripted_open(&test, "example.com", CHECKS_DEFAULT, expected->rows, count);
    subject_ask(&test.subject, test.subject.domain, DNS_TXT, ASK_DOMAIN);
    subject_ask(&test.subject, test.subject.domain, DNS_MX, ASK_DOMAIN);
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < sizeof(purposes) / sizeof(purposes[0]); n++) {
            if (strcmp(purposes[n].name, expected->rows[i].name) == 0) {
                subject_ask(&test.subject, span_from_cstr(purposes[n].name), DNS_TXT, purposes[n].purpose);
            }
        }
    }
    scripted_reply(&test);
    while (dns_findings_ask(&test.subject) > 0) {
        scripted_reply(&test);
    }
    test.subject.findings = &test.findings;
    dns_findings_assess(&test.subject);
}

#define D "example.com"

static void each_trigger(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        { "all is well", { { D, DNS_TXT, DNS_ANSWERED, { "x" } } }, "" },
        { "NXDOMAIN", { { D, DNS_TXT, DNS_NXDOMAIN, { 0 }, .soa = D } }, "dns_nxdomain" },
        { "NXDOMAIN of the registry: RFC 2308", { { D, DNS_TXT, DNS_NXDOMAIN, { 0 }, .soa = "com" } },
          "dns_nxdomain dns_undelegated" },
        { "NXDOMAIN of the root", { { D, DNS_TXT, DNS_NXDOMAIN, { 0 }, .soa = "." } }, "dns_nxdomain dns_undelegated" },
        { "one NXDOMAIN beats a timeout: case 1", { { D, DNS_TXT, DNS_NXDOMAIN, { 0 } }, { D, DNS_MX, DNS_TIMEOUT, { 0 } } },
          "dns_nxdomain" },
        { "all failed", { { D, DNS_TXT, DNS_TIMEOUT, { 0 } }, { D, DNS_MX, DNS_TIMEOUT, { 0 } } }, "dns_timeout" },
        { "all failed, each its way", { { D, DNS_TXT, DNS_SERVFAIL, { 0 } }, { D, DNS_MX, DNS_REFUSED, { 0 } } },
          "dns_servfail dns_refused" },
        { "bad response", { { D, DNS_TXT, DNS_BAD_RESPONSE, { 0 } }, { D, DNS_MX, DNS_BAD_RESPONSE, { 0 } } }, "dns_error" },
        { "some failed", { { D, DNS_TXT, DNS_ANSWERED, { "x" } }, { D, DNS_MX, DNS_TIMEOUT, { 0 } } }, "dns_partial" },
        { "a mechanism's failed", { { D, DNS_TXT, DNS_ANSWERED, { "x" } }, { "_dmarc.example.com", DNS_TXT, DNS_SERVFAIL, { 0 } } },
          "dns_partial" },
        { "alias at the name", { { D, DNS_TXT, DNS_ANSWERED, { "x" }, "web.host.net" } }, "dns_apex_cname" },
        { "alias to nowhere", { { D, DNS_TXT, DNS_NXDOMAIN, { 0 }, "gone.host.net", "host.net" } },
          "dns_cname_dangling dns_apex_cname dns_nxdomain" },
        { "transport alias to nowhere", { { D, DNS_TXT, DNS_ANSWERED, { "x" } },
          { "_mta-sts.example.com", DNS_TXT, DNS_NXDOMAIN, { 0 }, "a.gone.net", "net" } }, "dns_cname_dangling" },
        { "wildcard", { { D, DNS_TXT, DNS_ANSWERED, { "x" } }, { "x._domainkey.example.com", DNS_TXT, DNS_ANSWERED, { "x" } } },
          "dns_wildcard_txt" },
        { "empty non-terminal denied: RFC 8020 2", { { D, DNS_TXT, DNS_ANSWERED, { "x" } },
          { "_domainkey.example.com", DNS_TXT, DNS_NXDOMAIN, { 0 } },
          { "google._domainkey.example.com", DNS_TXT, DNS_ANSWERED, { "p=" } } }, "dns_ent_broken" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        run(&rows[i]);
        if (strcmp(scripted_findings(&test), rows[i].findings) != 0) {
            print_error("%s: %s\n", rows[i].name, scripted_findings(&test));
            fail();
        }
        scripted_close(&test);
    }
}

static void details(void **state)
{
    (void)state;
    static const struct expected dangling = {
        "", { { D, DNS_TXT, DNS_NXDOMAIN, { 0 }, "a.gone.net", "net" } }, "",
    };
    run(&dangling);
    assert_string_equal(scripted_finding(&test, FINDING_DNS_CNAME_DANGLING), "example.com: a.gone.net, registrable: true");
    scripted_close(&test);
    static const struct expected partial = {
        "", { { D, DNS_TXT, DNS_ANSWERED, { "x" } }, { D, DNS_MX, DNS_TIMEOUT, { 0 } } }, "",
    };
    run(&partial);
    assert_string_equal(scripted_finding(&test, FINDING_DNS_PARTIAL), "example.com MX: timeout");
    scripted_close(&test);
}

static void loops_and_sizes(void **state)
{
    (void)state;
    static char long_text[1300];
    memset(long_text, 'x', sizeof(long_text));
    const struct txt_record small_txt = { .text = { "x", 1 } }, big_txt = { .text = { long_text, sizeof(long_text) } };
    const struct rrset loop = { .outcome = DNS_BAD_RESPONSE, .alias_loops = true, .has_alias = true };
    const struct rrset big = { .outcome = DNS_ANSWERED, .count = 1, .txt = &big_txt };
    const struct rrset fits = { .outcome = DNS_ANSWERED, .count = 1, .txt = &small_txt };
    const struct {
        const struct rrset *txt;
        enum finding_id id;
        bool fires;
    } rows[] = {
        { &loop, FINDING_DNS_CNAME_LOOP, true },
        { &big, FINDING_DNS_TXT_OVER_TCP, true },
        { &fits, FINDING_DNS_TXT_OVER_TCP, false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scripted_open(&test, "example.com", CHECKS_DEFAULT, NULL, 0);
        subject_ask(&test.subject, test.subject.domain, DNS_TXT, ASK_DOMAIN);
        test.answers.items[0].rrset = rows[i].txt;
        test.subject.findings = &test.findings;
        dns_findings_assess(&test.subject);
        assert_int_equal(findings_has(&test.findings, rows[i].id), rows[i].fires);
        scripted_close(&test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_trigger),
        cmocka_unit_test(details),
        cmocka_unit_test(loops_and_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
