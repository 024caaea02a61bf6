// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/mail/mx.h"
#include "tests/mail/scripted.h"

static const char providers_text[] = "mx\tgoogle\taspmx.l.google.com\tmailbox\ta\n"
                                     "mx\tproofpoint\tpphosted.com\tgateway\ta\n"
                                     "mx\tnull\t=.\tparked\ta\n"
                                     "mx\tdomain-localhost\t=localhost\tinvalid\ta\n";

static struct scripted test;
static struct provider_table *providers;

static int tables_open(void **state)
{
    size_t bad_line;
    (void)state;
    providers = provider_table_new(span_from_cstr(providers_text), &bad_line);
    return providers ? 0 : -1;
}

static int tables_close(void **state)
{
    (void)state;
    provider_table_free(providers);
    return 0;
}

static struct mx_result run(const char *domain, unsigned checks, const struct scripted_row *rows, size_t count)
{
    struct mx_plan plan = { 0 };
    struct mx_result result;
    scripted_open(&test, domain, checks, rows, count);
    test.config.providers = providers;
    while (mx_ask(&test.subject, &plan) > 0) {
        scripted_reply(&test);
    }
    test.subject.findings = &test.findings;
    mx_assess(&test.subject, &result);
    return result;
}

#define RUN(checks, rows) run("example.com", (checks), (rows), sizeof(rows) / sizeof((rows)[0]))

#define MX_ROW(...) { "example.com", DNS_MX, DNS_ANSWERED, { __VA_ARGS__ } }
#define MX_OUTCOME(outcome) { "example.com", DNS_MX, outcome, { 0 } }

static void statuses(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct scripted_row row;
        enum mx_status status;
        bool cannot_receive;
        const char *findings;
    } rows[] = {
        { "one host", MX_ROW("10 mx.example.com"), MX_OK, false, "mx_single_host" },
        { "two hosts", MX_ROW("10 mx.example.com", "20 mx2.example.com"), MX_OK, false, "" },
        { "null MX: RFC 7505 3", MX_ROW("0 ."), MX_NULL, true, "mx_null" },
        { "null MX with preference 10", MX_ROW("10 ."), MX_NULL, true, "mx_null mx_null_preference" },
        { "the root beside others: RFC 7505 3", MX_ROW("0 .", "10 mx.example.com"), MX_INVALID, true, "mx_null_with_others" },
        { "the root twice", MX_ROW("0 .", "10 ."), MX_INVALID, true, "mx_null_with_others" },
        { "an IPv4 address: RFC 1035 3.3.9", MX_ROW("10 192.0.2.1"), MX_INVALID, true, "mx_target_ip mx_single_host" },
        { "an IPv6 address", MX_ROW("10 2001\\058db8\\058\\0581"), MX_INVALID, true, "mx_target_ip mx_single_host" },
        { "an address in brackets", MX_ROW("10 \\091192.0.2.1\\093"), MX_INVALID, true, "mx_target_ip mx_single_host" },
        { "no address: five numbers", MX_ROW("10 1.2.3.4.5"), MX_OK, false, "mx_single_host" },
        { "no address: an octet over 255", MX_ROW("10 1.2.3.256"), MX_OK, false, "mx_single_host" },
        { "localhost", MX_ROW("10 localhost"), MX_INVALID, true, "mx_target_localhost mx_single_host" },
        { "a single label: case 19", MX_ROW("10 mail"), MX_INVALID, true, "mx_target_localhost mx_single_host" },
        { "a good host beside a bad one: case 19", MX_ROW("10 mail", "20 mx.example.com"), MX_OK, false, "mx_target_localhost" },
        { "all bad", MX_ROW("10 mail", "20 192.0.2.1"), MX_INVALID, true, "mx_target_ip mx_target_localhost" },
        { "timeout", MX_OUTCOME(DNS_TIMEOUT), MX_TEMPERROR, false, "mx_unknown" },
        { "servfail", MX_OUTCOME(DNS_SERVFAIL), MX_TEMPERROR, false, "mx_unknown" },
        { "no such name: case 2", MX_OUTCOME(DNS_NXDOMAIN), MX_NONE, true, "" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mx_result r = run("example.com", CHECK_MX, &rows[i].row, 1);
        if (r.status != rows[i].status || r.cannot_receive != rows[i].cannot_receive ||
            strcmp(scripted_findings(&test), rows[i].findings) != 0) {
            print_error("%s: status %d, %s\n", rows[i].name, (int)r.status, scripted_findings(&test));
            fail();
        }
        assert_false(scripted_was_asked(&test, "mx.example.com", DNS_A));
        scripted_close(&test);
    }
}

static void hosts_by_preference_then_name(void **state)
{
    (void)state;
    static const struct scripted_row rows[] = { MX_ROW("20 b.x", "10 z.x", "20 a.x", "5 alt1.aspmx.l.google.com") };
    struct mx_result r = RUN(CHECK_MX, rows);
    static const char *const expected[] = { "alt1.aspmx.l.google.com", "z.x", "a.x", "b.x" };
    assert_int_equal(r.host_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(span_equal(r.hosts[i].exchange, span_from_cstr(expected[i])));
    }
    assert_int_equal(r.hosts[1].preference, 10);
    scripted_close(&test);
}

static void providers_in_order_of_hosts(void **state)
{
    (void)state;
    static const struct scripted_row rows[] = {
        MX_ROW("30 aspmx.l.google.com", "10 mx1.pphosted.com", "20 mx2.pphosted.com", "40 localhost"),
    };
    struct mx_result r = RUN(CHECK_MX, rows);
    assert_int_equal(r.provider_count, 2);
    assert_string_equal(r.providers[0], "proofpoint");
    assert_string_equal(r.providers[1], "google");
    assert_true(r.is_mailbox_provider);
    scripted_close(&test);
    static const struct scripted_row gateway[] = { MX_ROW("10 mx1.pphosted.com") };
    assert_false(RUN(CHECK_MX, gateway).is_mailbox_provider);
    scripted_close(&test);
    static const struct scripted_row null[] = { MX_ROW("0 .") };
    r = RUN(CHECK_MX, null);
    assert_int_equal(r.provider_count, 0);
    assert_true(span_equal(r.hosts[0].exchange, SPAN(".")));
    scripted_close(&test);
}

static void implicit_mx(void **state)
{
    (void)state;
    static const struct scripted_row address[] = { { "example.com", DNS_A, DNS_ANSWERED, { "x" }, .address = { 192, 0, 2, 1 } } };
    struct mx_result r = RUN(CHECK_MX, address);
    assert_int_equal(r.status, MX_NONE);
    assert_true(r.address_known && r.has_address && !r.cannot_receive);
    assert_string_equal(scripted_findings(&test), "mx_implicit");
    scripted_close(&test);

    static const struct scripted_row none[] = { { "www.example.com", DNS_A, DNS_ANSWERED, { "x" } } };
    r = RUN(CHECK_MX, none);
    assert_true(r.address_known && !r.has_address && r.cannot_receive);
    assert_string_equal(scripted_findings(&test), "mx_none");
    scripted_close(&test);

    static const struct scripted_row unknown[] = {
        { "www.example.com", DNS_A, DNS_ANSWERED, { "x" } },
        { "example.com", DNS_AAAA, DNS_TIMEOUT, { 0 } },
    };
    r = RUN(CHECK_MX, unknown);
    assert_true(!r.address_known && !r.cannot_receive);
    assert_string_equal(scripted_findings(&test), "");
    scripted_close(&test);
}

static void hosts_are_looked_at_on_demand(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct scripted_row rows[4];
        bool cannot_receive;
        const char *findings;
    } rows[] = {
        { "fine", { MX_ROW("10 mx.a.net"), { "mx.a.net", DNS_A, DNS_ANSWERED, { "x" }, .address = { 8, 8, 8, 8 } },
                    { "mx.a.net", DNS_AAAA, DNS_ANSWERED, { "x" }, .address = { 0x26, 0x07 } } }, false, "mx_single_host" },
        { "no AAAA", { MX_ROW("10 mx.a.net"), { "mx.a.net", DNS_A, DNS_ANSWERED, { "x" }, .address = { 8, 8, 8, 8 } } }, false,
          "mx_single_host mx_ipv6_none" },
        { "alias: RFC 2181 10.3", { MX_ROW("10 mx.a.net"),
          { "mx.a.net", DNS_A, DNS_ANSWERED, { "x" }, "mail.b.net", .address = { 8, 8, 8, 8 } } }, false,
          "mx_target_cname mx_single_host mx_ipv6_none" },
        { "gone", { MX_ROW("10 mx.a.net"), { "mx.a.net", DNS_A, DNS_NXDOMAIN, { 0 }, .soa = "a.net" } }, true,
          "mx_target_nxdomain mx_all_unresolvable mx_single_host mx_ipv6_none" },
        { "no address", { MX_ROW("10 mx.a.net"), { "mx.a.net", DNS_A, DNS_NODATA, { 0 } } }, true,
          "mx_target_no_address mx_all_unresolvable mx_single_host mx_ipv6_none" },
        { "private: RFC 6890", { MX_ROW("10 mx.a.net"), { "mx.a.net", DNS_A, DNS_ANSWERED, { "x" }, .address = { 172, 31, 0, 1 } } },
          true, "mx_target_unusable_address mx_all_unresolvable mx_single_host mx_ipv6_none" },
        { "just beside the private range", { MX_ROW("10 mx.a.net"),
          { "mx.a.net", DNS_A, DNS_ANSWERED, { "x" }, .address = { 172, 32, 0, 1 } } }, false, "mx_single_host mx_ipv6_none" },
        { "loopback, IPv6", { MX_ROW("10 mx.a.net"), { "mx.a.net", DNS_AAAA, DNS_ANSWERED, { "x" }, .address = { [15] = 1 } } },
          true, "mx_target_unusable_address mx_all_unresolvable mx_single_host" },
        { "unknown", { MX_ROW("10 mx.a.net"), { "mx.a.net", DNS_A, DNS_TIMEOUT, { 0 } }, { "mx.a.net", DNS_AAAA, DNS_TIMEOUT, { 0 } } },
          false, "mx_single_host" },
        { "one dead, one alive", { MX_ROW("10 mx.a.net", "20 mx.b.net"), { "mx.a.net", DNS_A, DNS_NODATA, { 0 } },
          { "mx.b.net", DNS_A, DNS_ANSWERED, { "x" }, .address = { 8, 8, 8, 8 } } }, false,
          "mx_target_no_address mx_ipv6_none" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t count = 0;
        while (count < 4 && rows[i].rows[count].name) {
            count++;
        }
        struct mx_result r = run("example.com", CHECK_MX | CHECK_HOSTS, rows[i].rows, count);
        if (r.cannot_receive != rows[i].cannot_receive || strcmp(scripted_findings(&test), rows[i].findings) != 0) {
            print_error("%s: %s\n", rows[i].name, scripted_findings(&test));
            fail();
        }
        scripted_close(&test);
    }
    static const struct scripted_row open[] = { MX_ROW("10 mx.gone.net"), { "mx.gone.net", DNS_A, DNS_NXDOMAIN, { 0 } } };
    RUN(CHECK_MX | CHECK_HOSTS, open);
    assert_true(scripted_was_asked(&test, "gone.net", DNS_NS));
    assert_string_equal(scripted_finding(&test, FINDING_MX_TARGET_NXDOMAIN), "mx.gone.net, registrable: true");
    scripted_close(&test);
}

static void at_a_public_suffix(void **state)
{
    (void)state;
    static const struct scripted_row rows[] = { { "co.uk", DNS_MX, DNS_ANSWERED, { "10 mx.co.uk" } } };
    run("co.uk", CHECK_MX, rows, 1);
    assert_true(findings_has(&test.findings, FINDING_MX_AT_PUBLIC_SUFFIX));
    scripted_close(&test);
    assert_int_equal(run("co.uk", 0, rows, 1).status, MX_NOT_CHECKED);
    assert_int_equal(test.answers.count, 0);
    scripted_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses),
        cmocka_unit_test(hosts_by_preference_then_name),
        cmocka_unit_test(providers_in_order_of_hosts),
        cmocka_unit_test(implicit_mx),
        cmocka_unit_test(hosts_are_looked_at_on_demand),
        cmocka_unit_test(at_a_public_suffix),
    };
    return cmocka_run_group_tests(tests, tables_open, tables_close);
}
