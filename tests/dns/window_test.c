// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/dns/window.h"

static const uint64_t round_trip_ns = 100000000;
static uint64_t now_ns = 1000000000;

/* One round trip with a full window: `permille` of the packets fail; the answers come evenly over it. */
static void round_trip(struct window *w, enum window_outcome failure, unsigned permille)
{
    size_t packets = window_size(w);
    uint32_t generation = w->generation;
    window_note_sent(w, packets);
    for (size_t i = 0; i < packets; i++) {
        enum window_outcome outcome = i * 7919 % 1000 < permille ? failure : WINDOW_ANSWER;
        now_ns += round_trip_ns / packets;
        window_note(w, outcome, generation, now_ns);
    }
}

/* The same with a resolver that answers `per_second` at most: what is more in flight only queues. */
static void saturated_round_trip(struct window *w, uint64_t per_second)
{
    size_t packets = window_size(w);
    uint32_t generation = w->generation;
    window_note_sent(w, packets);
    for (size_t i = 0; i < packets; i++) {
        now_ns += 1000000000 / per_second;
        window_note(w, WINDOW_ANSWER, generation, now_ns);
    }
}

static void a_saturated_resolver_is_not_given_more(void **state)
{
    struct window w;
    size_t largest = 0;
    (void)state;
    window_init(&w, 256, 20000);
    uint64_t end_ns = now_ns + UINT64_C(60) * 1000000000;
    while (now_ns < end_ns) {
        saturated_round_trip(&w, 50000);
        largest = window_size(&w) > largest ? window_size(&w) : largest;
    }
    assert_true(largest <= 2048); /* two doublings that did not pay */
    assert_true(window_size(&w) <= 512);
}

static void growth_goes_on_where_it_pays(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 256, 20000);
    w.is_slow_start = false;
    for (int i = 0; i < 300; i++) {
        round_trip(&w, WINDOW_TIMEOUT, 20);
    }
    assert_int_equal(window_size(&w), 20000);
}

static void it_grows_again_when_the_resolver_can_do_more(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 256, 20000);
    for (int i = 0; i < 200; i++) {
        saturated_round_trip(&w, 5000);
    }
    size_t before = window_size(&w);
    for (int i = 0; i < 400; i++) {
        round_trip(&w, WINDOW_TIMEOUT, 0);
    }
    assert_true(window_size(&w) > before * 4);
}

static void slow_start_doubles_a_round_trip(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 256, 20000);
    for (int i = 0; i < 6; i++) {
        round_trip(&w, WINDOW_TIMEOUT, 0);
    }
    assert_true(window_size(&w) >= 16000);
    round_trip(&w, WINDOW_TIMEOUT, 0);
    assert_int_equal(window_size(&w), 20000); /* the ceiling */
}

static void an_idle_window_stays(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 256, 20000);
    for (int i = 0; i < 10000; i++) {
        window_note_sent(&w, 10);
        window_note(&w, WINDOW_ANSWER, 0, now_ns += 1000000);
    }
    assert_int_equal(window_size(&w), 256);
}

static void losses_beyond_the_usual_cut_it(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 4000, 20000);
    w.is_slow_start = false;
    round_trip(&w, WINDOW_TIMEOUT, 300);
    round_trip(&w, WINDOW_TIMEOUT, 300);
    assert_true(window_size(&w) < 4000);
    assert_true(w.generation > 0);
}

/* A tenth of dead zones is how lists are. */
static void a_tenth_of_dead_zones_is_no_load(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 256, 20000);
    for (int i = 0; i < 40; i++) {
        round_trip(&w, WINDOW_TIMEOUT, 100);
    }
    assert_int_equal(window_size(&w), 20000);
}

static void a_third_of_dead_zones_is_learned(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 256, 20000);
    for (int i = 0; i < 400; i++) {
        round_trip(&w, WINDOW_TIMEOUT, 330);
    }
    assert_true(window_size(&w) > 5000);
}

static void refusals_bring_it_to_a_trickle(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 4000, 20000);
    for (int i = 0; i < 200; i++) {
        round_trip(&w, WINDOW_REFUSED, 1000);
    }
    assert_int_equal(window_size(&w), WINDOW_FLOOR_REFUSAL);
}

static void losses_leave_enough_for_a_list_of_the_dead(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 4000, 20000);
    for (int i = 0; i < 200; i++) {
        round_trip(&w, WINDOW_TIMEOUT, 1000);
    }
    assert_int_equal(window_size(&w), WINDOW_FLOOR_LOSS);
}

static void packets_sent_before_a_cut_do_not_cut_again(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 4000, 20000);
    window_cut(&w);
    assert_int_equal(window_size(&w), 2000);
    for (int i = 0; i < 4000; i++) {
        window_note(&w, WINDOW_TIMEOUT, 0, now_ns);
    }
    assert_int_equal(window_size(&w), 2000);
}

/* Whatever exceeds a thousand gets no reply at all: Unbound's wait-limit as Debian 12 has it. */
static void a_plateau_near_1000_is_told(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 256, 20000);
    for (int i = 0; i < 300; i++) {
        size_t size = window_size(&w);
        round_trip(&w, WINDOW_TIMEOUT, size > 1000 ? (unsigned)((size - 1000) * 1000 / size) : 0);
        assert_true(window_size(&w) >= 256);
        assert_true(i < 20 || window_size(&w) >= 500);
        assert_true(i < 20 || window_size(&w) < 1500);
    }
    assert_true(window_stalls_near_1000(&w));
}

static void a_ceiling_below_the_floor_wins(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 256, 10);
    assert_int_equal(window_size(&w), 10);
    round_trip(&w, WINDOW_TIMEOUT, 1000);
    window_cut(&w);
    assert_int_equal(window_size(&w), 10);
}

static void a_resolver_that_answers_its_canary_is_absolved(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 256, 20000);
    w.is_slow_start = false;
    for (int i = 0; i < 20; i++) {
        round_trip(&w, WINDOW_REFUSED, 1000);
    }
    assert_int_equal(window_size(&w), WINDOW_FLOOR_REFUSAL);
    window_absolve(&w);
    assert_int_equal(window_size(&w), WINDOW_ABSOLVED);
    window_set_ceiling(&w, 8);
    window_absolve(&w);
    assert_int_equal(window_size(&w), 8);
}

/* A whole epoch, `failed` of a hundred packets lost. */
static void epoch_with(struct window *window, size_t failed)
{
    uint32_t generation = window->generation;
    for (size_t i = 0; i < 100000 && window->generation == generation; i++) {
        size_t epoch = window_size(window) > 32 ? window_size(window) : 32;
        if (i == epoch) {
            return;
        }
        window_note(window, i % 100 < failed ? WINDOW_TIMEOUT : WINDOW_ANSWER, window->generation, 1 + i);
    }
}

static void who_answers_better_when_asked_less_is_limiting(void **state)
{
    struct window limiting, lossy;
    (void)state;
    window_init(&limiting, 1000, 10000);
    window_init(&lossy, 1000, 10000);
    for (int i = 0; i < 6; i++) {
        epoch_with(&limiting, i % 2 == 0 ? 50 : 0);
        epoch_with(&lossy, 30);
    }
    assert_true(window_is_limited(&limiting));
    assert_false(window_is_limited(&lossy)); /* the same share at any size: it is the list */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_answers_better_when_asked_less_is_limiting),
        cmocka_unit_test(slow_start_doubles_a_round_trip),
        cmocka_unit_test(a_saturated_resolver_is_not_given_more),
        cmocka_unit_test(growth_goes_on_where_it_pays),
        cmocka_unit_test(a_resolver_that_answers_its_canary_is_absolved),
        cmocka_unit_test(it_grows_again_when_the_resolver_can_do_more),
        cmocka_unit_test(an_idle_window_stays),
        cmocka_unit_test(losses_beyond_the_usual_cut_it),
        cmocka_unit_test(a_tenth_of_dead_zones_is_no_load),
        cmocka_unit_test(a_third_of_dead_zones_is_learned),
        cmocka_unit_test(refusals_bring_it_to_a_trickle),
        cmocka_unit_test(losses_leave_enough_for_a_list_of_the_dead),
        cmocka_unit_test(packets_sent_before_a_cut_do_not_cut_again),
        cmocka_unit_test(a_plateau_near_1000_is_told),
        cmocka_unit_test(a_ceiling_below_the_floor_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
