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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_telling_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
