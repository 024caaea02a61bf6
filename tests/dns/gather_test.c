// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/dns/gather.h"

static const uint64_t us = 1000, ms = 1000000, start = 5000000000;

/* Traffic of `rate` replies a second for a fifth of a second, polled each millisecond; the last pause. */
static uint64_t pause_after(double rate, size_t in_flight, uint64_t turn_ns)
{
    struct gather gather = { .polled_ns = 0 };
    uint64_t now_ns = start, pause_ns = 0;
    while (now_ns < start + 200 * ms) {
        pause_ns = gather_pause_ns(&gather, (uint64_t)((double)(now_ns - start) / 1e9 * rate), in_flight, now_ns);
        now_ns += pause_ns + turn_ns;
    }
    return pause_ns;
}

static void dense_traffic_waits_an_eighth_of_a_round_trip(void **state)
{
    (void)state;
    /* 800 in flight at 100,000 a second: 8 ms of round trip. */
    uint64_t pause_ns = pause_after(100000, 800, 100 * us);
    assert_in_range(pause_ns, 850 * us, 950 * us); /* 1 ms from poll to poll, less the turn */
}

static void never_longer_than_two_milliseconds(void **state)
{
    (void)state;
    uint64_t pause_ns = pause_after(100000, 50000, 100 * us);
    assert_in_range(pause_ns, 1850 * us, GATHER_MAX_US * us);
}

static void paced_traffic_is_never_held_up(void **state)
{
    (void)state;
    assert_int_equal(pause_after(1000, 20000, 100 * us), 0);
    assert_int_equal(pause_after(7000, 20000, 100 * us), 0); /* 14 replies in 2 ms */
}

static void a_small_window_is_never_held_up(void **state)
{
    (void)state;
    assert_int_equal(pause_after(100000, 64, 100 * us), 0);
}

static void a_loop_with_much_to_do_does_not_pause(void **state)
{
    (void)state;
    assert_int_equal(pause_after(100000, 800, 1000 * us), 0);
}

static void nothing_is_known_at_first_nor_after_a_standstill(void **state)
{
    (void)state;
    struct gather gather = { .polled_ns = 0 };
    assert_int_equal(gather_pause_ns(&gather, 0, 20000, start), 0);
    for (uint64_t t = 1; t <= 50; t++) {
        gather_pause_ns(&gather, t * 100, 20000, start + t * ms);
    }
    assert_true(gather_pause_ns(&gather, 5010, 20000, start + 50 * ms + 100 * us) > 0);
    /* Stopped for an hour (or the clock of the process stood still): the old rate is no news. */
    assert_int_equal(gather_pause_ns(&gather, 5020, 20000, start + 3600000 * ms), 0);
    assert_int_equal(gather_pause_ns(&gather, 5020, 20000, start + 3600001 * ms), 0);
}

static void the_rate_follows_what_comes(void **state)
{
    (void)state;
    struct gather gather = { .polled_ns = 0 };
    uint64_t replies = 0, now_ns = start;
    for (int i = 0; i < 100; i++, now_ns += ms, replies += 100) {
        gather_pause_ns(&gather, replies, 800, now_ns);
    }
    for (int i = 0; i < 200; i++, now_ns += ms) { /* silence: nothing to gather */
        gather_pause_ns(&gather, replies, 800, now_ns);
    }
    assert_int_equal(gather_pause_ns(&gather, replies, 800, now_ns), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_traffic_waits_an_eighth_of_a_round_trip),
        cmocka_unit_test(never_longer_than_two_milliseconds),
        cmocka_unit_test(paced_traffic_is_never_held_up),
        cmocka_unit_test(a_small_window_is_never_held_up),
        cmocka_unit_test(a_loop_with_much_to_do_does_not_pause),
        cmocka_unit_test(nothing_is_known_at_first_nor_after_a_standstill),
        cmocka_unit_test(the_rate_follows_what_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
