// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lists/name_set.h"

#include <string.h>

static void each_name_once_in_the_promised_room(void **state)
{
    (void)state;
    enum { COUNT = 300000 };
    char name[32];
    struct name_set *set = name_set_new();
    assert_non_null(set);
    assert_false(name_set_has(set, "n0.example", 10));
    for (unsigned i = 0; i < COUNT; i++) {
        size_t len = (size_t)sprintf(name, "n%u.example", i);
        assert_int_equal(name_set_add(set, name, len), 1);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        size_t len = (size_t)sprintf(name, "n%u.example", i);
        assert_true(name_set_has(set, name, len));
        assert_int_equal(name_set_add(set, name, len), 0);
        len = (size_t)sprintf(name, "m%u.example", i);
        assert_false(name_set_has(set, name, len));
    }
    assert_int_equal(name_set_count(set), COUNT);
    assert_in_range(name_set_bytes(set) / COUNT, 16, 26);
    assert_int_equal(name_set_add(set, "", 0), 1);
    assert_int_equal(name_set_add(set, "", 0), 0);
    name_set_free(set);
    name_set_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_name_once_in_the_promised_room) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
