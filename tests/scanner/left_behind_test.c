// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/left_behind.h"

static void what_is_kept_comes_back_in_order_and_whole(void **state)
{
    struct left_behind left = { .first = NULL };
    struct domain_entry out;
    (void)state;
    for (uint64_t i = 0; i < 3; i++) {
        char name[16], tag[16];
        snprintf(name, sizeof(name), "d%d.example", (int)i);
        snprintf(tag, sizeof(tag), "tag %d", (int)i);
        struct domain_entry entry = { .index = 10 + i, .seq = 20 + i, .rank = i, .domain = span_from_cstr(name),
                                      .tag = span_from_cstr(tag), .list_selectors = SPAN("a b"), .has_tag = i > 0,
                                      .is_excluded = i == 2 };
        assert_true(left_behind_keep(&left, &entry));
    }
    for (uint64_t i = 0; i < 3; i++) {
        char name[16], tag[16];
        snprintf(name, sizeof(name), "d%d.example", (int)i);
        snprintf(tag, sizeof(tag), "tag %d", (int)i);
        assert_true(left_behind_take(&left, &out));
        assert_int_equal(out.index, 10 + i);
        assert_int_equal(out.seq, 20 + i);
        assert_int_equal(out.rank, i);
        assert_true(span_equal(out.domain, span_from_cstr(name)));
        assert_true(span_equal(out.tag, span_from_cstr(tag)));
        assert_true(span_equal(out.list_selectors, SPAN("a b")));
        assert_int_equal(out.has_tag, i > 0);
        assert_int_equal(out.is_excluded, i == 2);
    }
    assert_false(left_behind_take(&left, &out));
    assert_int_equal(left.bytes, 0);
    /* Empty and filled again. */
    assert_true(left_behind_keep(&left, &(struct domain_entry){ .index = 99, .domain = SPAN("x.example") }));
    assert_true(left_behind_take(&left, &out));
    assert_int_equal(out.index, 99);
    left_behind_deinit(&left);
}

static void one_is_due_among_eight(void **state)
{
    struct left_behind left = { .first = NULL };
    struct domain_entry out;
    size_t taken = 0;
    (void)state;
    assert_false(left_behind_is_due(&left)); /* there is none */
    for (int i = 0; i < 4; i++) {
        assert_true(left_behind_keep(&left, &(struct domain_entry){ .domain = SPAN("x.example") }));
    }
    for (int i = 1; i <= 40; i++) {
        if (left_behind_is_due(&left)) {
            assert_int_equal(i % LEFT_BEHIND_EACH, 0);
            assert_true(left_behind_take(&left, &out));
            taken++;
        }
    }
    assert_int_equal(taken, 4);
    left_behind_deinit(&left);
}

static void it_is_bounded_in_names_and_in_bytes(void **state)
{
    struct left_behind left = { .first = NULL };
    size_t kept = 0;
    (void)state;
    while (kept <= LEFT_BEHIND_MAX && left_behind_keep(&left, &(struct domain_entry){ .domain = SPAN("x.example") })) {
        kept++;
    }
    assert_int_equal(kept, LEFT_BEHIND_MAX);
    left_behind_deinit(&left);

    char *tag = calloc(1, 100000);
    assert_non_null(tag);
    memset(tag, 't', 100000);
    struct domain_entry large = { .domain = SPAN("x.example"), .tag = span_of(tag, 100000), .has_tag = true };
    for (kept = 0; kept <= LEFT_BEHIND_MAX && left_behind_keep(&left, &large); kept++) {
    }
    assert_in_range(kept, 40, LEFT_BEHIND_BYTES / 100000);
    assert_true(left.bytes <= LEFT_BEHIND_BYTES);
    left_behind_deinit(&left); /* with names in it */
    free(tag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_comes_back_in_order_and_whole),
        cmocka_unit_test(one_is_due_among_eight),
        cmocka_unit_test(it_is_bounded_in_names_and_in_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
