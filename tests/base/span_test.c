// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "scanner/base/arena.h"
#include "scanner/base/answer_set.h"
#include "scanner/base/span.h"
#include "tests/support/cliff.h"

static void cut_takes_fields_and_leaves_the_rest(void **state)
{
    (void)state;
    span text = cliff_new("a;bc;;d", 7);
    span rest = text;
    assert_true(span_equal(span_cut(&rest, ';'), SPAN("a")));
    assert_true(span_equal(span_cut(&rest, ';'), SPAN("bc")));
    assert_int_equal(span_cut(&rest, ';').len, 0);
    assert_true(span_equal(span_cut(&rest, ';'), SPAN("d")));
    assert_int_equal(rest.len, 0);
    cliff_free(text);
}

static void numbers_are_digits_within_the_bound(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
        bool ok;
        uint64_t value;
    } rows[] = {
        { "0", 32, true, 0 },        { "32", 32, true, 32 },       { "33", 32, false, 0 },
        { "", 32, false, 0 },        { "+1", 32, false, 0 },       { "1 ", 32, false, 0 },
        { "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
        { "18446744073709551616", UINT64_MAX, false, 0 },          { "99999999999999999999999", UINT64_MAX, false, 0 },
        { "5", 4, false, 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t value = 0;
        assert_int_equal(span_to_u64(span_from_cstr(rows[i].text), rows[i].max, &value), rows[i].ok);
        assert_true(value == rows[i].value);
    }
}

static void names_are_compared_at_label_boundaries(void **state)
{
    (void)state;
    assert_true(name_is_within(SPAN("mx.Outlook.com"), SPAN("outlook.com")));
    assert_true(name_is_within(SPAN("outlook.com"), SPAN("outlook.com")));
    assert_false(name_is_within(SPAN("notoutlook.com"), SPAN("outlook.com")));
    assert_false(name_is_within(SPAN("com"), SPAN("outlook.com")));
    assert_int_equal(name_label_count(SPAN("a.b.c")), 3);
    assert_int_equal(name_label_count(SPAN("a\\.b.c")), 2);
    assert_int_equal(name_label_count(SPAN("")), 0);
    assert_true(span_equal(name_parent(SPAN("a\\.b.c")), SPAN("c")));
    assert_int_equal(name_parent(SPAN("c")).len, 0);
}

static void search_and_trim(void **state)
{
    (void)state;
    assert_int_equal(span_search_nocase(SPAN("xxV=Spf1"), SPAN("v=spf1")), 2);
    assert_int_equal(span_search_nocase(SPAN("v=spf"), SPAN("v=spf1")), 5);
    assert_true(span_equal(span_trim(SPAN(" \ta b\t ")), SPAN("a b")));
    assert_int_equal(span_trim(SPAN("  ")).len, 0);
    assert_true(span_compare(SPAN("a"), SPAN("ab")) < 0);
    assert_true(span_compare(SPAN("\xff"), SPAN("a")) > 0);
}

static void arena_refuses_beyond_its_limit_and_recovers(void **state)
{
    (void)state;
    static char block[256];
    struct arena arena;
    arena_init(&arena, block, sizeof(block), 64 * 1024);
    assert_non_null(arena_take(&arena, 200));
    assert_non_null(arena_take(&arena, 200)); /* the first overflow block */
    assert_null(arena_take(&arena, 1 << 20));
    assert_true(arena.was_exhausted);
    assert_null(ARENA_TAKE_N(&arena, uint64_t, SIZE_MAX / 4));
    assert_true(span_equal(arena_printf(&arena, "%d-%s", 7, "x"), SPAN("7-x")));
    arena_reset(&arena);
    assert_int_equal(arena.overflow_bytes, 0);
    assert_ptr_equal(arena_take_bytes(&arena, 1), block);
}

static void a_question_stands_in_the_set_once(void **state)
{
    (void)state;
    static char block[1024];
    struct arena arena;
    struct answer_set set;
    arena_init(&arena, block, sizeof(block), 64 * 1024);
    answer_set_init(&set, &arena, 40);
    assert_true(answer_set_add(&set, SPAN("Example.com"), DNS_TXT, 0, false));
    assert_false(answer_set_add(&set, SPAN("example.COM"), DNS_TXT, 0, false));
    assert_true(answer_set_add(&set, SPAN("example.com"), DNS_MX, 0, false));
    assert_int_equal(set.count, 2);
    assert_true(span_equal(set.items[0].qname, SPAN("example.com")));
    for (int i = 0; i < 50; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d.example", i);
        answer_set_add(&set, span_from_cstr(name), DNS_A, 0, true);
    }
    /* The one beyond the limit stands there as not asked; no other does. */
    assert_int_equal(set.count, 41);
    assert_true(set.was_cut);
    assert_int_equal(set.items[40].rrset->outcome, DNS_CUT);
    assert_null(answer_set_find(&set, SPAN("n39.example"), DNS_A));
    assert_null(answer_set_get(&set, SPAN("n3.example"), DNS_A));
    assert_non_null(answer_set_find(&set, SPAN("n3.example"), DNS_A));
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_takes_fields_and_leaves_the_rest),
        cmocka_unit_test(numbers_are_digits_within_the_bound),
        cmocka_unit_test(names_are_compared_at_label_boundaries),
        cmocka_unit_test(search_and_trim),
        cmocka_unit_test(arena_refuses_beyond_its_limit_and_recovers),
        cmocka_unit_test(a_question_stands_in_the_set_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
