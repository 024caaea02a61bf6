// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>

#include "scanner/results/top_map.h"

static span name(unsigned number)
{
    static char text[32];
    return span_of(text, (size_t)snprintf(text, sizeof(text), "name-%u", number));
}

/* name-0 once, name-1 twice, ... over so many texts that every table has grown. */
static void counts_are_exact_and_sorted(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    struct top_map *map = top_map_new((struct top_limits){ COUNT, 1 << 20, 2 });
    assert_non_null(map);
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            uint64_t *counters = top_map_get(map, name(i));
            assert_non_null(counters);
            counters[0] += i;
            counters[1]++;
        }
    }
    assert_int_equal(top_map_size(map), COUNT);
    assert_int_equal(top_map_rest(map), 0);
    struct top_item items[20];
    assert_int_equal(top_map_first(map, items, 20), 20);
    for (unsigned i = 0; i < 20; i++) {
        assert_true(span_equal(items[i].key, name(COUNT - 1 - i)));
        assert_int_equal(items[i].counters[0], 10 * (COUNT - 1 - i));
        assert_int_equal(items[i].counters[1], 10);
    }
    top_map_free(map);
}

static void equal_ones_stand_by_their_text(void **state)
{
    (void)state;
    struct top_map *map = top_map_new((struct top_limits){ 10, 100, 1 });
    static const char *const names[] = { "b", "", "a", "ab", "B" };
    struct top_item items[10];
    for (size_t i = 0; i < 5; i++) {
        *top_map_get(map, span_from_cstr(names[i])) += 3;
    }
    assert_non_null(top_map_get(map, SPAN("zero")));
    assert_int_equal(top_map_first(map, items, 10), 5); /* what counts nothing is not shown */
    static const char *const sorted[] = { "", "B", "a", "ab", "b" };
    for (size_t i = 0; i < 5; i++) {
        assert_true(span_equal(items[i].key, span_from_cstr(sorted[i])));
    }
    assert_int_equal(top_map_first(map, items, 2), 2);
    assert_true(span_equal(items[1].key, SPAN("B")));
    assert_int_equal(top_map_first(map, items, 0), 0);
    top_map_free(map);
}

static void beyond_the_limits_only_the_rest_grows(void **state)
{
    (void)state;
    struct top_map *map = top_map_new((struct top_limits){ 3, 12, 1 });
    assert_non_null(top_map_get(map, SPAN("aaaa")));
    assert_non_null(top_map_get(map, SPAN("bbbb")));
    assert_null(top_map_get(map, SPAN("ccccc"))); /* more bytes than are left */
    assert_non_null(top_map_get(map, SPAN("cccc")));
    assert_null(top_map_get(map, SPAN("")));      /* more texts */
    ++*top_map_get(map, SPAN("aaaa"));            /* those that are there go on */
    assert_int_equal(top_map_rest(map), 2);
    assert_int_equal(top_map_size(map), 3);
    top_map_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_exact_and_sorted),
        cmocka_unit_test(equal_ones_stand_by_their_text),
        cmocka_unit_test(beyond_the_limits_only_the_rest_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
