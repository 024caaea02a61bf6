// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "bench/world/delay.h"
#include "bench/world/dice.h"

static void a_delay_is_read_whole_or_not_at_all(void **state)
{
    static const struct {
        const char *text;
        bool is_good;
        enum delay_kind kind;
        double low, high, sigma;
        unsigned tail_ppm;
        double tail_ms;
    } rows[] = {
        { "50", true, DELAY_FIXED, 50, 0, 0, 0, 0 },
        { "50ms", true, DELAY_FIXED, 50, 0, 0, 0, 0 },
        { "1.5s", true, DELAY_FIXED, 1500, 0, 0, 0, 0 },
        { "uniform:10-50", true, DELAY_UNIFORM, 10, 50, 0, 0, 0 },
        { "lognormal:42ms:0.9", true, DELAY_LOGNORMAL, 42, 0, 0.9, 0, 0 },
        { "lognormal:42:0.9+1%:3s", true, DELAY_LOGNORMAL, 42, 0, 0.9, 10000, 3000 },
        { "5+0.5:100", true, DELAY_FIXED, 5, 0, 0, 5000, 100 },
        { "", false, 0, 0, 0, 0, 0, 0 },
        { "ms", false, 0, 0, 0, 0, 0, 0 },
        { "-5", false, 0, 0, 0, 0, 0, 0 },
        { "1e3", false, 0, 0, 0, 0, 0, 0 },
        { "61s", false, 0, 0, 0, 0, 0, 0 },
        { "uniform:50-10", false, 0, 0, 0, 0, 0, 0 },
        { "uniform:50", false, 0, 0, 0, 0, 0, 0 },
        { "lognormal:42", false, 0, 0, 0, 0, 0, 0 },
        { "lognormal:42:9", false, 0, 0, 0, 0, 0, 0 },
        { "5+101%:1", false, 0, 0, 0, 0, 0, 0 },
        { "5+1%", false, 0, 0, 0, 0, 0, 0 },
        { "pareto:5:1", false, 0, 0, 0, 0, 0, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct delay d = { .low_ms = 777 };
        assert_int_equal(delay_parse(span_from_cstr(rows[i].text), &d), rows[i].is_good);
        if (!rows[i].is_good) {
            assert_true(d.low_ms == 777);
            continue;
        }
        assert_int_equal(d.kind, rows[i].kind);
        assert_true(fabs(d.low_ms - rows[i].low) < 1e-9 && fabs(d.high_ms - rows[i].high) < 1e-9);
        assert_true(fabs(d.sigma - rows[i].sigma) < 1e-9 && fabs(d.tail_ms - rows[i].tail_ms) < 1e-9);
        assert_int_equal(d.tail_ppm, rows[i].tail_ppm);
    }
}

enum { DRAWS = 200000 };

static int by_value(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

/* DRAWS of them, sorted. */
static unsigned *draw_all(const char *text)
{
    struct delay d;
    assert_true(delay_parse(span_from_cstr(text), &d));
    unsigned *all = calloc(DRAWS, sizeof(*all));
    assert_non_null(all);
    for (size_t i = 0; i < DRAWS; i++) {
        all[i] = delay_draw(&d, dice_mix(i));
    }
    qsort(all, DRAWS, sizeof(*all), by_value);
    return all;
}

static void assert_near(unsigned got, double want, double share)
{
    if (fabs(got - want) > want * share) {
        fail_msg("%u is not near %f", got, want);
    }
}

static void draws_have_the_distribution_asked_for(void **state)
{
    (void)state;
    unsigned *all = draw_all("30");
    assert_int_equal(all[0], 30);
    assert_int_equal(all[DRAWS - 1], 30);
    free(all);

    all = draw_all("uniform:100-300");
    assert_in_range(all[0], 100, 101);
    assert_in_range(all[DRAWS - 1], 299, 300);
    assert_near(all[DRAWS / 4], 150, 0.02);
    assert_near(all[DRAWS / 2], 200, 0.02);
    free(all);

    /* Quantiles of the normal: 0 at one half, 1.2816 at nine tenths, 2.3263 at 99 hundredths. */
    all = draw_all("lognormal:100:0.5");
    assert_near(all[DRAWS / 2], 100, 0.02);
    assert_near(all[DRAWS / 10 * 9], 100 * exp(0.5 * 1.2816), 0.02);
    assert_near(all[DRAWS / 100 * 99], 100 * exp(0.5 * 2.3263), 0.04);
    assert_near(all[DRAWS / 10], 100 * exp(-0.5 * 1.2816), 0.02);
    free(all);

    all = draw_all("10+2%:1s");
    assert_int_equal(all[DRAWS / 100 * 97], 10);
    assert_int_equal(all[DRAWS / 1000 * 985], 1010);
    free(all);

    all = draw_all("lognormal:50s:5");
    assert_int_equal(all[DRAWS - 1], DELAY_MAX_MS);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delay_is_read_whole_or_not_at_all),
        cmocka_unit_test(draws_have_the_distribution_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
