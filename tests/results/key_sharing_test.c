// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>

#include "scanner/results/key_sharing.h"

static struct suffixes *suffixes;

static int open_suffixes(void **state)
{
    (void)state;
    char error[256];
    return suffixes_open(&suffixes, NULL, error, sizeof(error));
}

static int close_suffixes(void **state)
{
    (void)state;
    suffixes_close(suffixes);
    return 0;
}

static void add(struct key_sharing *sharing, const char *domain, struct record_selector selector)
{
    struct record_view view = { .domain = span_from_cstr(domain), .dkim = { .selectors = { &selector, 1 } } };
    key_sharing_add(sharing, &view);
}

static struct record_selector key(const char *record)
{
    return (struct record_selector){ .selector = SPAN("s1"), .status = DKIM_KEY_VALID, .key_type = DKIM_KEY_RSA, .key_bits = 2048,
                                     .record = span_from_cstr(record) };
}

static uint64_t shared(const struct key_sharing *sharing)
{
    return key_sharing_totals_get(sharing).shared;
}

/* "The same key at unrelated domains": those of different organizational domains. */
static void unrelated_domains_share(void **state)
{
    (void)state;
    struct key_sharing *sharing = key_sharing_new(suffixes);
    add(sharing, "a.example", key("v=DKIM1; p=KEY1"));
    add(sharing, "mail.a.example", key("v=DKIM1; p=KEY1"));
    add(sharing, "other.mail.a.example", key("p=KEY1"));
    assert_int_equal(shared(sharing), 0);
    add(sharing, "b.example", key("v=DKIM1; p=KEY2"));
    assert_int_equal(shared(sharing), 0);
    add(sharing, "c.example", key("k=rsa; p = KEY1 ;t=s")); /* other tags do not make another key */
    assert_int_equal(shared(sharing), 1);
    add(sharing, "d.example", key("v=DKIM1; p=KE Y1"));     /* nor does white space, RFC 6376 3.2 */
    add(sharing, "e.example", key("v=DKIM1; p=K\\009EY1"));
    struct shared_key first[2];
    assert_int_equal(key_sharing_first(sharing, first, 2), 1);
    assert_int_equal(first[0].domains, 4);
    assert_int_equal(first[0].example_count, 3);
    assert_true(span_equal(first[0].examples[0], SPAN("c.example")));
    struct key_sharing_totals totals = key_sharing_totals_get(sharing);
    assert_true(totals.keys == 2 && totals.selectors == 7 && totals.without == 0 && totals.not_looked_at == 0);
    key_sharing_free(sharing);
}

/* Neighbours below a public suffix are unrelated. */
static void a_public_suffix_does_not_relate(void **state)
{
    (void)state;
    struct key_sharing *sharing = key_sharing_new(suffixes);
    add(sharing, "a.co.uk", key("p=KEY"));
    add(sharing, "b.co.uk", key("p=KEY"));
    assert_int_equal(shared(sharing), 1);
    key_sharing_free(sharing);
}

static void what_is_no_key_of_the_domain_is_not_counted(void **state)
{
    (void)state;
    struct key_sharing *sharing = key_sharing_new(suffixes);
    static const char *const domains[] = { "a.example", "b.example" };
    for (size_t i = 0; i < 2; i++) {
        struct record_selector selector = key("p=KEY");
        selector.cname = SPAN("dkim.provider.example");
        add(sharing, domains[i], selector);
        selector = key("p=KEY");
        selector.status = DKIM_KEY_INVALID;
        add(sharing, domains[i], selector);
        selector = key("v=DKIM1; p=");
        add(sharing, domains[i], selector);
        selector = key("v=DKIM1; np=KEY; P=KEY");
        add(sharing, domains[i], selector);
        selector.record = (span){ NULL, 0 };
        add(sharing, domains[i], selector);
    }
    struct key_sharing_totals totals = key_sharing_totals_get(sharing);
    assert_true(totals.keys == 0 && totals.shared == 0 && totals.selectors == 0 && totals.without == 6);
    key_sharing_free(sharing);
}

/* Against counting by hand, over tables that have grown several times. */
static void many_keys(void **state)
{
    (void)state;
    enum { KEYS = 20000 };
    struct key_sharing *sharing = key_sharing_new(suffixes);
    for (unsigned i = 0; i < KEYS; i++) {
        for (unsigned d = 0; d < 1 + i % 3; d++) {
            char record[64], domain[64];
            snprintf(record, sizeof(record), "v=DKIM1; p=%u", i);
            snprintf(domain, sizeof(domain), "n%u-%u.example", i, d);
            add(sharing, domain, key(record));
        }
    }
    struct key_sharing_totals totals = key_sharing_totals_get(sharing);
    assert_int_equal(totals.keys, KEYS);
    assert_int_equal(totals.shared, KEYS - (KEYS + 2) / 3);
    struct shared_key first[10];
    assert_int_equal(key_sharing_first(sharing, first, 10), 10);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(first[i].domains, 3);
    }
    key_sharing_free(sharing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unrelated_domains_share),
        cmocka_unit_test(a_public_suffix_does_not_relate),
        cmocka_unit_test(what_is_no_key_of_the_domain_is_not_counted),
        cmocka_unit_test(many_keys),
    };
    return cmocka_run_group_tests(tests, open_suffixes, close_suffixes);
}
