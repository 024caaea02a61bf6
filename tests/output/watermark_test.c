// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "output/watermark.h"

enum { MODEL_SIZE = 20000 };

/* What must hold at any time, against a plain array. */
static void assert_like(const struct watermark *watermark, const bool *model, uint64_t size)
{
    uint64_t lowest = 0, count = 0, end = 0;
    while (lowest < size && model[lowest]) {
        lowest++;
    }
    for (uint64_t i = 0; i < size; i++) {
        assert_int_equal(watermark_has(watermark, i), model[i]);
        count += model[i];
        end = model[i] ? i + 1 : end;
    }
    assert_int_equal(watermark->lowest, lowest);
    assert_int_equal(watermark_count(watermark), count);
    assert_int_equal(watermark->above_count, count - lowest);
    assert_true(watermark->end == end || (watermark->end == lowest && end <= lowest));
}

static void assert_survives_a_checkpoint(const struct watermark *watermark, const bool *model, uint64_t size)
{
    struct watermark back;
    size_t len = watermark_bytes_len(watermark);
    uint8_t *bytes = malloc(len + 1);
    assert_non_null(bytes);
    watermark_print_bytes(watermark, bytes);
    assert_int_equal(watermark_init(&back, watermark->limit), 0);
    assert_int_equal(watermark_restore(&back, watermark->lowest, bytes, len), 0);
    assert_like(&back, model, size);
    watermark_deinit(&back);
    free(bytes);
}

/* Cheap and repeatable: xorshift. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Indices come nearly in order: swapped within a window, as domains finish. */
static void any_order_within_a_window(void **state)
{
    (void)state;
    static const uint64_t windows[] = { 1, 7, 64, 500, 5000, MODEL_SIZE };
    for (size_t w = 0; w < sizeof(windows) / sizeof(windows[0]); w++) {
        static bool model[MODEL_SIZE];
        static uint64_t order[MODEL_SIZE];
        struct watermark watermark;
        uint64_t seed = 88172645463325252u + w;
        memset(model, 0, sizeof(model));
        for (uint64_t i = 0; i < MODEL_SIZE; i++) {
            order[i] = i;
        }
        for (uint64_t i = 0; i < MODEL_SIZE; i++) {
            uint64_t left = MODEL_SIZE - i, other = i + next_random(&seed) % (left < windows[w] ? left : windows[w]);
            uint64_t kept = order[i];
            order[i] = order[other];
            order[other] = kept;
        }
        assert_int_equal(watermark_init(&watermark, MODEL_SIZE * 2), 0);
        for (uint64_t i = 0; i < MODEL_SIZE; i++) {
            assert_int_equal(watermark_add(&watermark, order[i]), 0);
            model[order[i]] = true;
            assert_int_equal(watermark_add(&watermark, order[i]), -EEXIST);
            if (i % 997 == 0) {
                assert_like(&watermark, model, MODEL_SIZE);
                assert_survives_a_checkpoint(&watermark, model, MODEL_SIZE);
            }
        }
        assert_int_equal(watermark.lowest, MODEL_SIZE);
        assert_int_equal(watermark_bytes_len(&watermark), 0);
        watermark_deinit(&watermark);
    }
}

static void one_that_runs_far_ahead_meets_the_limit(void **state)
{
    (void)state;
    struct watermark watermark;
    assert_int_equal(watermark_init(&watermark, 1000), 0); /* 1024 */
    assert_int_equal(watermark.limit, 1024);
    assert_int_equal(watermark_add(&watermark, 1023), 0);
    assert_int_equal(watermark_add(&watermark, 1024), -ERANGE);
    assert_int_equal(watermark_add(&watermark, UINT64_MAX), -ERANGE);
    for (uint64_t i = 0; i < 64; i++) {
        assert_int_equal(watermark_add(&watermark, i), 0);
    }
    assert_int_equal(watermark_add(&watermark, 1024), 0); /* the ring's first word is free again */
    assert_int_equal(watermark.lowest, 64);
    assert_true(watermark_has(&watermark, 1024) && watermark_has(&watermark, 1023) && !watermark_has(&watermark, 1025));
    watermark_deinit(&watermark);
}

static void goes_on_behind_a_restored_place(void **state)
{
    (void)state;
    static const uint64_t places[] = { 0, 1, 63, 64, 65, 1000000007, UINT64_C(1) << 40 };
    for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
        struct watermark watermark;
        const uint8_t bytes[] = { 0x02, 0x00, 0x80 }; /* +1 and +23 */
        uint64_t at = places[p];
        assert_int_equal(watermark_init(&watermark, 4096), 0);
        assert_int_equal(watermark_restore(&watermark, at, bytes, sizeof(bytes)), 0);
        assert_int_equal(watermark_count(&watermark), at + 2);
        assert_int_equal(watermark_add(&watermark, at), 0);
        assert_int_equal(watermark.lowest, at + 2);
        for (uint64_t i = 2; i < 23; i++) {
            assert_int_equal(watermark_add(&watermark, at + i), 0);
        }
        assert_int_equal(watermark.lowest, at + 24);
        assert_int_equal(watermark.above_count, 0);
        watermark_deinit(&watermark);
    }
}

static void bytes_that_no_watermark_prints_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t lowest;
        uint8_t bytes[200];
        size_t len;
        int expected;
    } rows[] = {
        { "the watermark itself is set", 5, { 1 }, 1, -EBADMSG },
        { "zero at the end", 5, { 2, 0 }, 2, -EBADMSG },
        { "past 2^62", UINT64_MAX, { 0 }, 0, -EBADMSG },
        { "wider than the limit", 5, { [199] = 1 }, 200, -ERANGE },
        { "fits from a word's beginning, not from its end", 63, { [127] = 0x80 }, 128, -ERANGE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct watermark watermark;
        assert_int_equal(watermark_init(&watermark, 1024), 0);
        assert_int_equal(watermark_restore(&watermark, rows[i].lowest, rows[i].bytes, rows[i].len), rows[i].expected);
        assert_int_equal(watermark_count(&watermark), 0);
        assert_int_equal(watermark_add(&watermark, 0), 0);
        watermark_deinit(&watermark);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_within_a_window),
        cmocka_unit_test(one_that_runs_far_ahead_meets_the_limit),
        cmocka_unit_test(goes_on_behind_a_restored_place),
        cmocka_unit_test(bytes_that_no_watermark_prints_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
