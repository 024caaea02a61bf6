// SPDX-License-Identifier: MIT
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/dns/zone_pace.h"

static const uint64_t second = 1000000000;

static void a_zone_keeps_its_pace_and_others_theirs(void **state)
{
    (void)state;
    struct zone_pace *pace = zone_pace_new(10, 1);
    assert_non_null(pace);
    assert_int_equal(zone_pace_book(pace, 77, 5 * second), 5 * second);
    assert_int_equal(zone_pace_book(pace, 77, 5 * second), 5 * second + second / 10);
    assert_int_equal(zone_pace_book(pace, 77, 5 * second + 1), 5 * second + second / 5);
    assert_int_equal(zone_pace_book(pace, 78, 5 * second), 5 * second);
    assert_int_equal(zone_pace_book(pace, 77, 9 * second), 9 * second);
    zone_pace_free(pace);
}

enum { THREADS = 4, BOOKINGS = 20000 };

struct booker {
    struct zone_pace *pace;
    uint64_t *booked;
};

static void *book(void *arg)
{
    struct booker *b = arg;
    for (int i = 0; i < BOOKINGS; i++) {
        b->booked[i] = zone_pace_book(b->pace, 4711, second);
    }
    return NULL;
}

static int by_time(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* Whoever asks, no moment is given twice and none is left out: the cap is one over all loops. */
static void several_threads_share_one_pace(void **state)
{
    (void)state;
    struct zone_pace *pace = zone_pace_new(1000, 2);
    uint64_t *booked = calloc((size_t)THREADS * BOOKINGS, sizeof(*booked));
    assert_true(pace && booked);
    pthread_t threads[THREADS];
    struct booker bookers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        bookers[i] = (struct booker){ pace, booked + (size_t)i * BOOKINGS };
        assert_int_equal(pthread_create(&threads[i], NULL, book, &bookers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    qsort(booked, (size_t)THREADS * BOOKINGS, sizeof(*booked), by_time);
    for (uint64_t i = 0; i < (uint64_t)THREADS * BOOKINGS; i++) {
        assert_int_equal(booked[i], second + i * (second / 1000));
    }
    free(booked);
    zone_pace_free(pace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_keeps_its_pace_and_others_theirs),
        cmocka_unit_test(several_threads_share_one_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
