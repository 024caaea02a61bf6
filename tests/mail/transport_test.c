// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/mail/bimi.h"
#include "scanner/mail/transport.h"
#include "tests/mail/scripted.h"

static struct scripted test;

#define STS "_mta-sts.example.com"
#define RPT "_smtp._tls.example.com"
#define BIMI "default._bimi.example.com"

static void open_and_ask(unsigned checks, const struct scripted_row *rows, size_t count)
{
    bool asked[3] = { false, false, false };
    scripted_open(&test, "example.com", checks, rows, count);
    mta_sts_ask(&test.subject, &asked[0]);
    tls_rpt_ask(&test.subject, &asked[1]);
    bimi_ask(&test.subject, &asked[2]);
    scripted_reply(&test);
    assert_int_equal(mta_sts_ask(&test.subject, &asked[0]) + tls_rpt_ask(&test.subject, &asked[1]) +
                     bimi_ask(&test.subject, &asked[2]), 0);
    test.subject.findings = &test.findings;
}

struct expected {
    const char *name;
    const char *texts[3];
    enum record_status status;
    const char *value;     /* the id; the URIs joined by a blank; location and authority joined by a bar */
    const char *findings;
};

static const char id33[] = "v=STSv1; id=123456789012345678901234567890123;";

static void mta_sts_records(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        { "RFC 8461 3.1's example", { "v=STSv1; id=20160831085700Z;" }, RECORD_VALID, "20160831085700Z", "mta_sts_policy_unchecked" },
        { "no final semicolon", { "v=STSv1; id=1" }, RECORD_VALID, "1", "mta_sts_policy_unchecked" },
        { "blanks around semicolons", { "v=STSv1;\tid=a1 \t; x=y ;" }, RECORD_VALID, "a1", "mta_sts_policy_unchecked" },
        { "32 letters", { "v=STSv1; id=12345678901234567890123456789012" }, RECORD_VALID, "12345678901234567890123456789012",
          "mta_sts_policy_unchecked" },
        { "33", { id33 }, RECORD_INVALID, "", "mta_sts_id_invalid" },
        { "empty id", { "v=STSv1; id=;" }, RECORD_INVALID, "", "mta_sts_id_invalid" },
        { "hyphen", { "v=STSv1; id=2020-01-01" }, RECORD_INVALID, "", "mta_sts_id_invalid" },
        { "id twice", { "v=STSv1; id=1; id=1" }, RECORD_INVALID, "", "mta_sts_id_invalid" },
        { "no id", { "v=STSv1; x=1" }, RECORD_INVALID, "", "mta_sts_id_missing" },
        { "nothing", { "v=STSv1;" }, RECORD_INVALID, "", "mta_sts_id_missing" },
        { "ID is an extension: %s\"id=\"", { "v=STSv1; ID=1" }, RECORD_INVALID, "", "mta_sts_id_missing" },
        { "extension fields", { "v=STSv1; id=1; a.b-c_9=<!x>; 9=z" }, RECORD_VALID, "1", "mta_sts_policy_unchecked" },
        { "an extension with '=' in its value", { "v=STSv1; id=1; a=b=c" }, RECORD_INVALID, "", "mta_sts_id_invalid" },
        { "an extension without value", { "v=STSv1; id=1; a=" }, RECORD_INVALID, "", "mta_sts_id_invalid" },
        { "a field without '='", { "v=STSv1; id=1; a" }, RECORD_INVALID, "", "mta_sts_id_invalid" },
        { "an empty field", { "v=STSv1;; id=1" }, RECORD_INVALID, "", "mta_sts_id_invalid" },
        { "two semicolons at the end", { "v=STSv1; id=1;;" }, RECORD_INVALID, "", "mta_sts_id_invalid" },
        { "two records: none applies", { "v=STSv1; id=1", "v=STSv1; id=1" }, RECORD_INVALID, "", "mta_sts_multiple" },
        { "a stranger beside it is discarded", { "hello", "v=STSv1; id=1" }, RECORD_VALID, "1", "mta_sts_policy_unchecked" },
        { "version in lower case: case 18", { "v=stsv1; id=1" }, RECORD_INVALID, "", "mta_sts_bad_version" },
        { "version 2", { "v=STSv2; id=1" }, RECORD_INVALID, "", "mta_sts_bad_version" },
        { "version without semicolon", { "v=STSv1 id=1" }, RECORD_INVALID, "", "mta_sts_bad_version" },
        { "leading blank", { " v=STSv1; id=1" }, RECORD_INVALID, "", "mta_sts_bad_version" },
        { "version not first", { "id=1; v=STSv1;" }, RECORD_INVALID, "", "mta_sts_bad_version" },
        { "another version with an id", { "v=TLSv1; id=1" }, RECORD_INVALID, "", "mta_sts_bad_version" },
        { "SPF of a wildcard", { "v=spf1 -all" }, RECORD_NONE, "", "mta_sts_missing" },
        { "verification text", { "google-site-verification=abc" }, RECORD_NONE, "", "mta_sts_missing" },
        { "a token that has the letters by chance", { "token=aStSv1" }, RECORD_NONE, "", "mta_sts_missing" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scripted_row row = { STS, DNS_TXT, DNS_ANSWERED, { rows[i].texts[0], rows[i].texts[1], rows[i].texts[2] } };
        struct mta_sts_result r;
        open_and_ask(CHECK_MTA_STS, &row, 1);
        mta_sts_assess(&test.subject, &r);
        if (r.status != rows[i].status || !span_equal(r.id, span_from_cstr(rows[i].value)) ||
            strcmp(scripted_findings(&test), rows[i].findings) != 0) {
            print_error("%s: status %d, %s\n", rows[i].name, (int)r.status, scripted_findings(&test));
            fail();
        }
        scripted_close(&test);
    }
}

static void tls_rpt_records(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        { "RFC 8460 3.1.1", { "v=TLSRPTv1;rua=mailto:reports@example.com" }, RECORD_VALID, "mailto:reports@example.com", "" },
        { "RFC 8460 3.1.2", { "v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt" }, RECORD_VALID,
          "https://reporting.example.com/v1/tlsrpt", "" },
        { "two URIs, blanks round the comma", { "v=TLSRPTv1; rua=mailto:a@b.c , https://d.e;" }, RECORD_VALID,
          "mailto:a@b.c https://d.e", "" },
        { "unknown fields are ignored", { "v=TLSRPTv1; x=y; rua=mailto:a@b.c" }, RECORD_VALID, "mailto:a@b.c", "" },
        { "no rua", { "v=TLSRPTv1; x=y" }, RECORD_INVALID, "", "tls_rpt_rua_missing" },
        { "nothing", { "v=TLSRPTv1;" }, RECORD_INVALID, "", "tls_rpt_rua_missing" },
        { "http", { "v=TLSRPTv1; rua=http://a.b" }, RECORD_INVALID, "http://a.b", "tls_rpt_rua_invalid" },
        { "mailto forgotten", { "v=TLSRPTv1; rua=a@b.c" }, RECORD_INVALID, "a@b.c", "tls_rpt_rua_invalid" },
        { "mailto without address", { "v=TLSRPTv1; rua=mailto:abc" }, RECORD_INVALID, "mailto:abc", "tls_rpt_rua_invalid" },
        { "https without host", { "v=TLSRPTv1; rua=https:///x" }, RECORD_INVALID, "https:///x", "tls_rpt_rua_invalid" },
        { "an unencoded '!'", { "v=TLSRPTv1; rua=mailto:a@b.c!10m" }, RECORD_INVALID, "mailto:a@b.c!10m", "tls_rpt_rua_invalid" },
        { "one of two is good", { "v=TLSRPTv1; rua=mailto:a@b.c,ftp://x" }, RECORD_VALID, "mailto:a@b.c ftp://x",
          "tls_rpt_rua_invalid" },
        { "a comma too many", { "v=TLSRPTv1; rua=mailto:a@b.c," }, RECORD_VALID, "mailto:a@b.c", "tls_rpt_rua_invalid" },
        { "semicolon between URIs", { "v=TLSRPTv1; rua=mailto:a@b.c;mailto:d@e.f" }, RECORD_INVALID, "mailto:a@b.c",
          "tls_rpt_rua_invalid" },
        { "two records", { "v=TLSRPTv1; rua=mailto:a@b.c", "v=TLSRPTv1; rua=mailto:d@e.f" }, RECORD_INVALID, "", "tls_rpt_multiple" },
        { "version in another case", { "v=tlsrptv1; rua=mailto:a@b.c" }, RECORD_INVALID, "", "tls_rpt_bad_version" },
        { "version 2", { "v=TLSRPTv2; rua=mailto:a@b.c" }, RECORD_INVALID, "", "tls_rpt_bad_version" },
        { "v=TLSRPT1", { "v=TLSRPT1; rua=mailto:a@b.c" }, RECORD_INVALID, "", "tls_rpt_bad_version" },
        { "SPF of a wildcard", { "v=spf1 -all" }, RECORD_NONE, "", "tls_rpt_missing" },
        { "DMARC of a wildcard", { "v=DMARC1; p=none; rua=mailto:a@b.c" }, RECORD_NONE, "", "tls_rpt_missing" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scripted_row row = { RPT, DNS_TXT, DNS_ANSWERED, { rows[i].texts[0], rows[i].texts[1], rows[i].texts[2] } };
        struct tls_rpt_result r;
        char uris[256] = "";
        open_and_ask(CHECK_TLS_RPT, &row, 1);
        tls_rpt_assess(&test.subject, &r);
        for (size_t n = 0; n < r.rua_count; n++) {
            snprintf(uris + strlen(uris), sizeof(uris) - strlen(uris), "%s%.*s", n ? " " : "", SPAN_ARG(r.rua[n]));
        }
        if (r.status != rows[i].status || strcmp(uris, rows[i].value) != 0 ||
            strcmp(scripted_findings(&test), rows[i].findings) != 0) {
            print_error("%s: status %d, %s, %s\n", rows[i].name, (int)r.status, uris, scripted_findings(&test));
            fail();
        }
        scripted_close(&test);
    }
}

static void bimi_records(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        { "location and authority", { "v=BIMI1; l=https://a.b/l.svg; a=https://a.b/v.pem" }, RECORD_VALID,
          "https://a.b/l.svg|https://a.b/v.pem", "bimi_present" },
        { "no authority", { "v = BIMI1 ;l=https://a.b/l.SVGZ?x" }, RECORD_VALID, "https://a.b/l.SVGZ?x|",
          "bimi_present bimi_authority_missing" },
        { "declined", { "v=BIMI1; l=; a=;" }, RECORD_VALID, "|", "bimi_present bimi_declined" },
        { "declined without a", { "v=BIMI1; l=" }, RECORD_VALID, "|", "bimi_present bimi_declined" },
        { "no l", { "v=BIMI1;" }, RECORD_INVALID, "|", "bimi_location_invalid bimi_present bimi_authority_missing" },
        { "http", { "v=BIMI1; l=http://a.b/l.svg" }, RECORD_INVALID, "http://a.b/l.svg|",
          "bimi_location_invalid bimi_present bimi_authority_missing" },
        { "png", { "v=BIMI1; l=https://a.b/l.png; a=https://a.b/v" }, RECORD_INVALID, "https://a.b/l.png|https://a.b/v",
          "bimi_location_invalid bimi_present" },
        { "authority by http", { "v=BIMI1; l=https://a.b/l.svg; a=http://a.b/v" }, RECORD_INVALID, "https://a.b/l.svg|http://a.b/v",
          "bimi_authority_invalid bimi_present" },
        { "two", { "v=BIMI1; l=;", "v=BIMI1; l=; a=" }, RECORD_INVALID, "|", "bimi_multiple" },
        { "version in lower case", { "v=bimi1; l=https://a.b/l.svg" }, RECORD_INVALID, "|", "bimi_bad_version" },
        { "version 2", { "v=BIMI2; l=https://a.b/l.svg" }, RECORD_INVALID, "|", "bimi_bad_version" },
        { "SPF of a wildcard", { "v=spf1 -all" }, RECORD_NONE, "|", "" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scripted_row row = { BIMI, DNS_TXT, DNS_ANSWERED, { rows[i].texts[0], rows[i].texts[1], rows[i].texts[2] } };
        struct bimi_result r;
        char value[256];
        open_and_ask(CHECK_BIMI, &row, 1);
        bimi_assess(&test.subject, &r);
        snprintf(value, sizeof(value), "%.*s|%.*s", SPAN_ARG(r.location), SPAN_ARG(r.authority));
        if (r.status != rows[i].status || strcmp(value, rows[i].value) != 0 ||
            strcmp(scripted_findings(&test), rows[i].findings) != 0) {
            print_error("%s: status %d, %s, %s\n", rows[i].name, (int)r.status, value, scripted_findings(&test));
            fail();
        }
        scripted_close(&test);
    }
}

static void outcomes(void **state)
{
    (void)state;
    static const struct {
        enum dns_outcome outcome;
        enum record_status status;
    } rows[] = {
        { DNS_NODATA, RECORD_NONE },       { DNS_NXDOMAIN, RECORD_NONE },     { DNS_SERVFAIL, RECORD_TEMPERROR },
        { DNS_TIMEOUT, RECORD_TEMPERROR }, { DNS_REFUSED, RECORD_TEMPERROR }, { DNS_CUT, RECORD_TEMPERROR },
    };
    unsigned all = CHECK_MTA_STS | CHECK_TLS_RPT | CHECK_BIMI;
    struct mta_sts_result sts;
    struct tls_rpt_result rpt;
    struct bimi_result bimi;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scripted_row answers[] = { { STS, DNS_TXT, rows[i].outcome, { 0 } }, { RPT, DNS_TXT, rows[i].outcome, { 0 } },
                                          { BIMI, DNS_TXT, rows[i].outcome, { 0 } } };
        open_and_ask(all, answers, 3);
        mta_sts_assess(&test.subject, &sts);
        tls_rpt_assess(&test.subject, &rpt);
        bimi_assess(&test.subject, &bimi);
        assert_int_equal(sts.status, rows[i].status);
        assert_int_equal(rpt.status, rows[i].status);
        assert_int_equal(bimi.status, rows[i].status);
        scripted_close(&test);
    }
    open_and_ask(0, NULL, 0);
    mta_sts_assess(&test.subject, &sts);
    tls_rpt_assess(&test.subject, &rpt);
    bimi_assess(&test.subject, &bimi);
    assert_int_equal(sts.status + rpt.status + bimi.status, 3 * RECORD_NOT_CHECKED);
    assert_int_equal(test.answers.count, 0);
    scripted_close(&test);
}

static void a_name_that_does_not_exist_has_none(void **state)
{
    (void)state;
    struct mta_sts_result sts;
    struct scripted_row gone = { "example.com", DNS_TXT, DNS_NXDOMAIN, { 0 } };
    scripted_open(&test, "example.com", CHECKS_DEFAULT, &gone, 1);
    subject_ask(&test.subject, test.subject.domain, DNS_TXT, ASK_DOMAIN);
    scripted_reply(&test);
    test.subject.findings = &test.findings;
    mta_sts_assess(&test.subject, &sts);
    assert_int_equal(sts.status, RECORD_NONE);
    assert_string_equal(scripted_findings(&test), "");
    scripted_close(&test);
}

static void policy_host_and_aliases(void **state)
{
    (void)state;
    struct mta_sts_result sts;
    static const struct scripted_row missing[] = {
        { STS, DNS_TXT, DNS_ANSWERED, { "v=STSv1; id=1" }, "_mta-sts.example.com.uriports.com" },
    };
    open_and_ask(CHECK_MTA_STS | CHECK_HOSTS, missing, 1);
    mta_sts_assess(&test.subject, &sts);
    assert_string_equal(scripted_findings(&test), "mta_sts_policy_host_missing mta_sts_cname mta_sts_policy_unchecked");
    scripted_close(&test);
    static const struct scripted_row lonely[] = { { "mta-sts.example.com", DNS_A, DNS_ANSWERED, { "x" } } };
    open_and_ask(CHECK_MTA_STS | CHECK_HOSTS, lonely, 1);
    mta_sts_assess(&test.subject, &sts);
    assert_string_equal(scripted_findings(&test), "mta_sts_missing mta_sts_host_without_record");
    scripted_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mta_sts_records),
        cmocka_unit_test(tls_rpt_records),
        cmocka_unit_test(bimi_records),
        cmocka_unit_test(outcomes),
        cmocka_unit_test(a_name_that_does_not_exist_has_none),
        cmocka_unit_test(policy_host_and_aliases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
