// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/base/histogram.h"

static struct histogram one, other;

static void setup(void)
{
    one = other = (struct histogram){ .total = 0 };
}

static void percentiles_are_right_within_a_sixteenth(void **state)
{
    (void)state;
    setup();
    for (uint64_t v = 1; v <= 100000; v++) {
        histogram_add(&one, v);
    }
    for (int p = 1; p <= 99; p++) {
        double exact = p * 1000.0, got = (double)histogram_percentile(&one, p);
        assert_true(got > exact * 0.93 && got < exact * 1.07);
    }
    assert_true(histogram_percentile(&one, 100) > 93000);
    assert_true(histogram_percentile(&one, 0) <= 2);
}

static void small_values_are_exact(void **state)
{
    (void)state;
    setup();
    for (uint64_t v = 0; v < 16; v++) {
        histogram_add(&one, v);
    }
    assert_int_equal(histogram_percentile(&one, 50), 8);
    assert_int_equal(histogram_percentile(&one, 0), 0);
}

static void any_value_has_a_bucket(void **state)
{
    (void)state;
    setup();
    for (int bit = 0; bit < 64; bit++) {
        histogram_add(&one, (uint64_t)1 << bit);
        histogram_add(&one, ((uint64_t)1 << bit) - 1);
    }
    histogram_add(&one, UINT64_MAX);
    assert_int_equal(one.total, 129);
    assert_true(histogram_percentile(&one, 100) > UINT64_MAX / 2);
}

static void empty_is_zero_and_merging_adds(void **state)
{
    (void)state;
    setup();
    assert_int_equal(histogram_percentile(&one, 50), 0);
    histogram_add(&one, 5);
    histogram_add(&other, 9);
    histogram_add(&other, 9);
    histogram_merge(&one, &other);
    assert_int_equal(one.total, 3);
    assert_int_equal(histogram_percentile(&one, 50), 9);
}

static void counts_and_sum_are_right_within_a_bucket(void **state)
{
    (void)state;
    struct histogram h = { 0 };
    double sum = 0;
    for (uint64_t i = 1; i <= 10000; i++) {
        histogram_add(&h, i);
        sum += (double)i;
    }
    assert_int_equal(histogram_count_below(&h, 0), 0);
    assert_int_equal(histogram_count_below(&h, 10), 10);
    assert_int_equal(histogram_count_below(&h, 1000000), 10000);
    uint64_t half = histogram_count_below(&h, 5000);
    assert_true(half > 4680 && half < 5320);
    assert_true(histogram_sum(&h) > sum * 0.97 && histogram_sum(&h) < sum * 1.03);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_sum_are_right_within_a_bucket),
        cmocka_unit_test(percentiles_are_right_within_a_sixteenth),
        cmocka_unit_test(small_values_are_exact),
        cmocka_unit_test(any_value_has_a_bucket),
        cmocka_unit_test(empty_is_zero_and_merging_adds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
