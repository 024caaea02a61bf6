// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/base/rrset.h"

/* A name that was asked twice in vain is known by what told most of it, in whatever order it came. */
static void more_telling_failure(void **state)
{
    static const enum dns_outcome order[] = { DNS_TIMEOUT, DNS_REFUSED, DNS_BAD_RESPONSE, DNS_SERVFAIL };
    (void)state;
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        struct rrset less = { .outcome = order[i] }, same = { .outcome = order[i] };
        assert_ptr_equal(rrset_more_telling(&less, NULL), &less);
        assert_ptr_equal(rrset_more_telling(NULL, &less), &less);
        assert_ptr_equal(rrset_more_telling(&less, &same), &less);
        for (size_t j = i + 1; j < sizeof(order) / sizeof(order[0]); j++) {
            struct rrset more = { .outcome = order[j] };
            assert_ptr_equal(rrset_more_telling(&less, &more), &more);
            assert_ptr_equal(rrset_more_telling(&more, &less), &more);
        }
    }
    assert_null(rrset_more_telling(NULL, NULL));
}

/* Whatever a reader may ask of an absent answer must be alike before one stands for both. */
static void the_same_absence(void **state)
{
    const struct rrset no = { .outcome = DNS_NXDOMAIN, .rcode = 3, .ttl_s = 300, .wire_size = 90, .soa_owner = SPAN("example") };
    struct rrset others[] = { no, no, no, no, no, no };
    struct rrset twin = no, failure = { .outcome = DNS_SERVFAIL, .rcode = 2 }, answer = { .outcome = DNS_ANSWERED, .count = 1 };
    (void)state;
    twin.ttl_s = 60;
    twin.wire_size = 120;
    twin.soa_owner = span_of((char[]){ 'e', 'x', 'a', 'm', 'p', 'l', 'e' }, 7);
    assert_true(rrset_is_same_absence(&no, &twin));
    others[0].outcome = DNS_NODATA;
    others[1].rcode = 0;
    others[2].is_authenticated = true;
    others[3].over_tcp = true;
    others[4].has_alias = true;
    others[5].soa_owner = SPAN("example.com");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(rrset_is_same_absence(&no, &others[i]));
        assert_false(rrset_is_same_absence(&others[i], &no));
    }
    assert_false(rrset_is_same_absence(&others[4], &others[4])); /* two aliases may have two targets */
    assert_false(rrset_is_same_absence(&failure, &failure));
    assert_false(rrset_is_same_absence(&answer, &answer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_telling_failure),
        cmocka_unit_test(the_same_absence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
