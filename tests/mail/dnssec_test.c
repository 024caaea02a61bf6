// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/mail/dane.h"
#include "scanner/mail/dnssec.h"
#include "tests/mail/scripted.h"

static struct scripted test;

/* AD on every answer at the name that came. RFC 4035 3.2.3. */
static void signed_is_what_every_answer_says(void **state)
{
    (void)state;
    static const struct rrset ad = { .outcome = DNS_NODATA, .is_authenticated = true }, plain = { .outcome = DNS_NODATA },
                              gone = { .outcome = DNS_NXDOMAIN, .is_authenticated = true },
                              failed = { .outcome = DNS_SERVFAIL, .is_authenticated = true };
    const struct {
        const char *name;
        const struct rrset *txt, *mx;
        bool fires;
    } rows[] = {
        { "both", &ad, &ad, true },
        { "one of two", &ad, &plain, false },
        { "none", &plain, &plain, false },
        { "the other one failed", &ad, &failed, true },
        { "a failure says nothing", &failed, &failed, false },
        { "NXDOMAIN is the parent's word", &gone, &gone, false },
        { "never asked", &ad, NULL, true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scripted_open(&test, "example.com", CHECKS_DEFAULT, NULL, 0);
        subject_ask(&test.subject, test.subject.domain, DNS_TXT, ASK_DOMAIN);
        subject_ask(&test.subject, test.subject.domain, DNS_MX, ASK_DOMAIN);
        test.answers.items[0].rrset = rows[i].txt;
        test.answers.items[1].rrset = rows[i].mx;
        test.subject.findings = &test.findings;
        dnssec_assess(&test.subject);
        if (findings_has(&test.findings, FINDING_DNSSEC_SIGNED) != rows[i].fires) {
            fail_msg("%s", rows[i].name);
        }
        scripted_close(&test);
    }
}

/* The four kinds of evidence of the header, and none from a failure. */
static void zones_are_judged_by_ad_and_ds(void **state)
{
    (void)state;
    static const struct rrset answered = { .outcome = DNS_ANSWERED }, absent = { .outcome = DNS_NODATA },
                              validated = { .outcome = DNS_ANSWERED, .is_authenticated = true },
                              failed = { .outcome = DNS_TIMEOUT },
                              aliased = { .outcome = DNS_ANSWERED, .has_alias = true };
    const struct {
        const char *name;
        const struct rrset *answer, *ds;
        bool is_asked;
        enum zone_state state;
    } rows[] = {
        { "AD", &validated, NULL, false, ZONE_SIGNED_AD },
        { "no AD, no DS", &answered, &absent, true, ZONE_UNSIGNED },
        { "no AD anywhere, a DS", &answered, &answered, true, ZONE_SIGNED_DS },
        { "AD of the DS alone", &answered, &validated, true, ZONE_UNKNOWN },
        { "the DS could not be asked", &answered, &failed, true, ZONE_UNKNOWN },
        { "another zone's DS", &answered, &aliased, true, ZONE_UNKNOWN },
        { "a failure is no answer", &failed, &absent, false, ZONE_UNKNOWN },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scripted_open(&test, "example.com", CHECKS_DEFAULT, NULL, 0);
        bool is_asked = zone_state_ask(&test.subject, SPAN("mx.example.net"), rows[i].answer);
        if (is_asked) {
            assert_true(scripted_was_asked(&test, "example.net", DNS_DS));
            test.answers.items[0].rrset = rows[i].ds;
        }
        enum zone_state got = zone_state_of(&test.subject, SPAN("mx.example.net"), rows[i].answer);
        if (is_asked != rows[i].is_asked || got != rows[i].state) {
            fail_msg("%s: asked %d, state %d", rows[i].name, is_asked, got);
        }
        scripted_close(&test);
    }
}

/* RFC 7672 3.1.3, RFC 7671 4, RFC 6698 2.1.3. */
static void tlsa_records_of_use(void **state)
{
    (void)state;
    static const char digest[64] = { 0 };
    static const struct {
        uint8_t head[3];
        size_t len;
        const char *why;
    } rows[] = {
        { { 3, 1, 1 }, 32, NULL },     { { 2, 0, 1 }, 32, NULL },     { { 3, 1, 2 }, 64, NULL },
        { { 2, 1, 0 }, 40, NULL },     { { 0, 1, 1 }, 32, "usage" },  { { 1, 1, 1 }, 32, "usage" },
        { { 4, 1, 1 }, 32, "usage" },  { { 255, 1, 1 }, 32, "usage" }, { { 3, 2, 1 }, 32, "selector" },
        { { 3, 1, 3 }, 32, "matching type" }, { { 3, 1, 255 }, 64, "matching type" },
        { { 3, 1, 1 }, 31, "length" }, { { 3, 1, 1 }, 33, "length" }, { { 3, 1, 1 }, 0, "length" },
        { { 3, 1, 2 }, 63, "length" }, { { 3, 1, 0 }, 0, "length" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char data[3 + sizeof(digest)];
        const char *why = "";
        memcpy(data, rows[i].head, 3);
        memcpy(data + 3, digest, sizeof(digest));
        bool is_usable = tlsa_is_usable(span_of(data, 3 + rows[i].len), &why);
        if (is_usable != (rows[i].why == NULL) || (why && strcmp(why, rows[i].why) != 0)) {
            fail_msg("row %zu: %s", i, why ? why : "usable");
        }
    }
    const char *why;
    assert_false(tlsa_is_usable(SPAN("\3\1"), &why));
    assert_false(tlsa_is_usable(span_of("", 0), &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signed_is_what_every_answer_says),
        cmocka_unit_test(zones_are_judged_by_ad_and_ds),
        cmocka_unit_test(tlsa_records_of_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
