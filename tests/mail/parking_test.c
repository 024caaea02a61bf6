// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/mail/parking.h"
#include "scanner/mail/providers.h"
#include "tests/mail/scripted.h"

static struct scripted test;

static const struct rrset exists = { .outcome = DNS_NODATA }, gone = { .outcome = DNS_NXDOMAIN },
                          failed = { .outcome = DNS_SERVFAIL };

static void name_servers_are_asked_of_names_that_exist(void **state)
{
    (void)state;
    const struct {
        const char *name;
        unsigned checks;
        const struct rrset *txt;
        size_t expected;
    } rows[] = {
        { "with +hosts", CHECKS_DEFAULT | CHECK_HOSTS, &exists, 1 },
        { "without", CHECKS_DEFAULT, &exists, 0 },
        { "NXDOMAIN", CHECKS_DEFAULT | CHECK_HOSTS, &gone, 0 },
        { "existence is not known", CHECKS_DEFAULT | CHECK_HOSTS, &failed, 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scripted_open(&test, "example.com", rows[i].checks, NULL, 0);
        subject_ask(&test.subject, test.subject.domain, DNS_TXT, ASK_DOMAIN);
        test.answers.items[0].rrset = rows[i].txt;
        if (parking_ask(&test.subject) != rows[i].expected || parking_ask(&test.subject) != 0) {
            fail_msg("%s", rows[i].name);
        }
        scripted_close(&test);
    }
}

static void name_servers_are_matched_at_label_boundaries(void **state)
{
    (void)state;
    size_t bad_line;
    struct provider_table *table =
        provider_table_new(SPAN("ns-parking\tsedo\tsedoparking.com\tparked\tb\n"), &bad_line);
    static const span parked[] = { { "ns1.example.net", 15 }, { "ns1.sedoparking.com", 19 } };
    static const span alike[] = { { "ns1.notsedoparking.com", 22 } };
    const struct rrset two = { .outcome = DNS_ANSWERED, .count = 2, .names = parked };
    const struct rrset one = { .outcome = DNS_ANSWERED, .count = 1, .names = alike };
    const struct {
        const struct rrset *ns;
        bool expected;
    } rows[] = { { &two, true }, { &one, false }, { &exists, false }, { &failed, false }, { NULL, false } };
    assert_non_null(table);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct parking_result result;
        scripted_open(&test, "example.com", CHECKS_DEFAULT | CHECK_HOSTS, NULL, 0);
        test.config.providers = table;
        subject_ask(&test.subject, test.subject.domain, DNS_NS, ASK_DOMAIN);
        test.answers.items[0].rrset = rows[i].ns;
        parking_assess(&test.subject, &result);
        assert_int_equal(result.has_name_server, rows[i].expected);
        scripted_close(&test);
    }
    provider_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_servers_are_asked_of_names_that_exist),
        cmocka_unit_test(name_servers_are_matched_at_label_boundaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
