// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/handover.h"
#include "scanner/progress.h"

static const struct progress_now now = {
    .elapsed_ms = 60000, .done = 50000, .done_here = 50000, .total = 200000, .total_is_exact = true, .queries = 600000,
    .answers = 594000, .in_flight = 18234, .unknown = 12, .bytes_out = 3500000,
};

static void the_line_says_everything(void **state)
{
    (void)state;
    char line[512];
    progress_print(line, sizeof(line), &now, 833.3, 10000, 0);
    assert_string_equal(line, "50000/200000 25.0%, 833 domains/s, 10.0k queries/s, 18.2k in flight, answered 99.00%, 12 unknown, "
                              "ETA 3:00, 3.5 MB out");
}

static void the_last_line_tells_the_cost_of_a_domain(void **state)
{
    (void)state;
    char line[512];
    struct progress_now last = now;
    last.questions_per_domain = 11.96;
    progress_print(line, sizeof(line), &last, 833.3, 10000, 0);
    assert_non_null(strstr(line, ", 12.0 questions a domain, "));
}

static void a_narrow_terminal_loses_whole_fields(void **state)
{
    (void)state;
    char line[512];
    for (size_t columns = 1; columns < 130; columns++) {
        size_t len = progress_print(line, sizeof(line), &now, 833.3, 10000, columns);
        assert_true(len <= columns);
        assert_int_equal(len, strlen(line));
        assert_false(len > 0 && (line[len - 1] == ',' || line[len - 1] == ' '));
    }
}

static void eighty_columns_keep_what_matters(void **state)
{
    (void)state;
    char line[512];
    progress_print(line, sizeof(line), &now, 833.3, 10000, 79);
    assert_string_equal(line, "50000/200000 25.0%, 833 domains/s, 10.0k queries/s, 12 unknown, ETA 3:00");
    progress_print(line, sizeof(line), &now, 833.3, 10000, 39);
    assert_string_equal(line, "50000/200000 25.0%, ETA 3:00");
}

static void an_unknown_total_is_not_invented(void **state)
{
    (void)state;
    char line[512];
    struct progress_now early = now;
    early.total = 0;
    progress_print(line, sizeof(line), &early, 833.3, 10000, 0);
    assert_true(strncmp(line, "50000 done, ", 12) == 0);
    assert_null(strstr(line, "ETA"));
}

static void a_handover_keeps_the_order_and_says_when_full(void **state)
{
    (void)state;
    struct handover h;
    int items[64];
    assert_true(handover_init(&h, 5));
    int given = 0;
    while (given < 64 && handover_give(&h, &items[given])) {
        given++;
    }
    assert_true(given >= 5);
    for (int i = 0; i < given; i++) {
        assert_ptr_equal(handover_take(&h), &items[i]);
    }
    assert_null(handover_take(&h));
    handover_deinit(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_says_everything),
        cmocka_unit_test(the_last_line_tells_the_cost_of_a_domain),
        cmocka_unit_test(a_narrow_terminal_loses_whole_fields),
        cmocka_unit_test(eighty_columns_keep_what_matters),
        cmocka_unit_test(an_unknown_total_is_not_invented),
        cmocka_unit_test(a_handover_keeps_the_order_and_says_when_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
