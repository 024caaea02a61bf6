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
#include "scanner/set_aside.h"

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
                              "ETA 3:00, 3500kB out");
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

static void what_is_set_aside_comes_back_whole_and_in_order(void **state)
{
    (void)state;
    struct set_aside aside;
    set_aside_init(&aside);
    struct domain_scan *d = calloc(1, sizeof(*d));
    for (uint64_t i = 0; i < 100; i++) {
        char name[32], tag[32];
        snprintf(name, sizeof(name), "n%llu.example", (unsigned long long)i);
        snprintf(tag, sizeof(tag), "tag %llu", (unsigned long long)i);
        *d = (struct domain_scan){ .index = i, .seq = i + 1, .rank = i + 7, .domain = span_from_cstr(name), .tag = span_from_cstr(tag),
                                   .has_tag = true, .list_selectors = SPAN("s1 s2") };
        assert_true(set_aside_add(&aside, d));
    }
    for (uint64_t i = 0; i < 100; i++) {
        struct domain_entry e;
        char name[32];
        snprintf(name, sizeof(name), "n%llu.example", (unsigned long long)i);
        assert_true(set_aside_take(&aside, &e));
        assert_int_equal(e.index, i);
        assert_int_equal(e.rank, i + 7);
        assert_true(e.has_tag);
        assert_true(span_equal(e.domain, span_from_cstr(name)));
        assert_true(span_equal(e.list_selectors, SPAN("s1 s2")));
        set_aside_drop(&aside, &e);
    }
    assert_int_equal(aside.count, 0);
    assert_int_equal(aside.bytes, 0);
    size_t fits = 0;
    d->domain = SPAN("example.com");
    d->tag = SPAN("tag");
    while (set_aside_add(&aside, d)) {
        fits++;
    }
    assert_true(fits > 1000 && fits <= SET_ASIDE_ENTRIES);
    assert_true(set_aside_is_crowded(&aside, 0));
    set_aside_deinit(&aside);
    free(d);
}

/* Else a domain put aside early would hold the watermark down until its room is used up. */
static void one_far_behind_is_due(void **state)
{
    (void)state;
    struct set_aside aside;
    set_aside_init(&aside);
    assert_false(set_aside_is_crowded(&aside, UINT64_C(1) << 40));
    struct domain_scan *d = calloc(1, sizeof(*d));
    d->index = 5;
    d->domain = SPAN("example.com");
    assert_true(set_aside_add(&aside, d));
    assert_false(set_aside_is_crowded(&aside, 0));
    assert_false(set_aside_is_crowded(&aside, 5 + SET_ASIDE_SPAN));
    assert_true(set_aside_is_crowded(&aside, 6 + SET_ASIDE_SPAN));
    set_aside_deinit(&aside);
    free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_says_everything),
        cmocka_unit_test(a_narrow_terminal_loses_whole_fields),
        cmocka_unit_test(an_unknown_total_is_not_invented),
        cmocka_unit_test(a_handover_keeps_the_order_and_says_when_full),
        cmocka_unit_test(what_is_set_aside_comes_back_whole_and_in_order),
        cmocka_unit_test(one_far_behind_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
