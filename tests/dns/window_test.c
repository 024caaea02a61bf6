// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/dns/window.h"

static const uint64_t round_trip_ns = 100000000;
static uint64_t now_ns = 1000000000;

/* All at once: they are of one cohort. */
static uint32_t send_all(struct window *w, size_t packets)
{
    uint32_t token = 0;
    for (size_t i = 0; i < packets; i++) {
        token = window_note_sent(w, i + 1, true, now_ns);
    }
    return token;
}

/* As many as the window takes, which the first of them may have cut: it ends the cohort before. */
static size_t send_window(struct window *w, uint32_t *token)
{
    *token = window_note_sent(w, 1, true, now_ns);
    size_t packets = window_size(w);
    for (size_t i = 1; i < packets; i++) {
        *token = window_note_sent(w, i + 1, true, now_ns);
    }
    return packets;
}

/* One round trip with a full window: `permille` of the packets fail; the answers come evenly over it. */
static void round_trip(struct window *w, enum window_outcome failure, unsigned permille)
{
    uint32_t cohort;
    size_t packets = send_window(w, &cohort);
    for (size_t i = 0; i < packets; i++) {
        enum window_outcome outcome = i * 7919 % 1000 < permille ? failure : WINDOW_ANSWER;
        now_ns += round_trip_ns / packets;
        window_note(w, outcome, cohort, now_ns);
    }
}

/* The same with a resolver that answers `per_second` at most: what is more in flight only queues. */
static void saturated_round_trip(struct window *w, uint64_t per_second)
{
    uint32_t cohort;
    size_t packets = send_window(w, &cohort);
    for (size_t i = 0; i < packets; i++) {
        now_ns += 1000000000 / per_second;
        window_note(w, WINDOW_ANSWER, cohort, now_ns);
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
        uint32_t cohort = window_note_sent(&w, 10, true, now_ns);
        window_note(&w, WINDOW_ANSWER, cohort, now_ns += 1000000);
    }
    assert_int_equal(window_size(&w), 256);
}

static void losses_beyond_the_usual_cut_it(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 4000, 20000);
    w.is_slow_start = false;
    for (int i = 0; i < 6; i++) {
        round_trip(&w, WINDOW_TIMEOUT, 300);
    }
    assert_true(window_size(&w) < 4000);
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
    uint32_t cohort = send_all(&w, 4000);
    window_cut(&w);
    assert_int_equal(window_size(&w), 2000);
    for (int i = 0; i < 4000; i++) {
        window_note(&w, WINDOW_TIMEOUT, cohort, now_ns);
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
        assert_true(i < 40 || window_size(&w) >= 500);
        assert_true(i < 40 || window_size(&w) < 1500);
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

/* A tenth of the list is dead: what lives is answered at once, what is dead ends later, in a lump
   that is nothing but silence. */
static void a_lump_of_silence_is_no_load(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 256, 20000);
    for (int i = 0; i < 40; i++) {
        uint32_t cohorts[2560];
        for (size_t n = 0; n < 2560; n++) {
            cohorts[n] = window_note_sent(&w, n / 10 + 1, true, now_ns += 100000);
            if (n % 10 > 0) {
                window_note(&w, WINDOW_ANSWER, cohorts[n], now_ns);
            }
        }
        now_ns += 1000000000;
        for (size_t n = 0; n < 2560; n += 10) {
            window_note(&w, WINDOW_TIMEOUT, cohorts[n], now_ns);
        }
        assert_true(window_size(&w) >= 256);
    }
}

static void another_try_is_no_news_unless_it_is_refused(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 1000, 20000);
    for (int i = 0; i < 10000; i++) {
        uint32_t token = window_note_sent(&w, 1000, false, now_ns += 1000000);
        window_note(&w, i % 2 ? WINDOW_TIMEOUT : WINDOW_SERVFAIL, token, now_ns);
    }
    assert_int_equal(window_size(&w), 1000);
    for (int i = 0; i < 2000; i++) {
        uint32_t token = window_note_sent(&w, 1000, false, now_ns += 1000000);
        window_note(&w, WINDOW_REFUSED, token, now_ns);
    }
    assert_true(window_size(&w) < 1000);
}

/* `answered` of a hundred in a window that is full, and more of the next cohort. */
static void fill(struct window *w, unsigned answered, uint32_t tokens[1000])
{
    window_init(w, 1000, 5000);
    w->is_slow_start = false;
    for (size_t i = 0; i < 1000; i++) {
        tokens[i] = window_note_sent(w, i + 1, true, now_ns);
    }
    for (size_t i = 0; i < 1000; i++) {
        if (i % 100 < answered) {
            window_note(w, WINDOW_ANSWER, tokens[i], now_ns);
        }
    }
    now_ns += 1000000000;
}

static void names_that_nobody_answers_hold_no_place(void **state)
{
    struct window w;
    uint32_t tokens[1000], next;
    (void)state;
    fill(&w, 90, tokens);
    size_t size = window_size(&w);
    assert_int_equal(window_room(&w, 100), size - 100);
    next = window_note_sent(&w, 101, true, now_ns); /* a new cohort: the one before is known to be well */
    assert_int_equal(window_room(&w, 101), size - 1);
    window_note(&w, WINDOW_TIMEOUT, tokens[90], now_ns);
    assert_int_equal(window_room(&w, 100), size - 1);
    window_take_back(&w, tokens[91]);
    assert_int_equal(window_room(&w, 99), size - 1);
    window_take_back(&w, next);
    assert_int_equal(window_room(&w, 98), size);
    window_set_ceiling(&w, size);
    assert_int_equal(window_room(&w, size - 10), 10); /* never beyond the ceiling */

    fill(&w, 50, tokens);                           /* that many are lost: they hold their places */
    size = window_size(&w);
    window_note_sent(&w, 501, true, now_ns);
    assert_int_equal(window_room(&w, 501), size - 501);
    fill(&w, 0, tokens);                            /* silence */
    window_note_sent(&w, 1000, true, now_ns);
    assert_int_equal(window_room(&w, 1000), 0);
}

/* The end of a list: nothing but dead names, and the resolver answers its canary in between. */
static void the_dead_at_the_end_do_not_wait_for_each_other(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 300, 10000);
    window_absolve_last(&w);
    assert_int_equal(window_size(&w), 300);     /* nobody needs more */
    window_note_sent(&w, 300, false, now_ns);
    window_absolve_last(&w);
    assert_int_equal(window_size(&w), 600);
    for (size_t size = 600; size < 10000; size *= 2) {
        window_note_sent(&w, size, false, now_ns);
        window_absolve_last(&w);
    }
    assert_int_equal(window_size(&w), 10000);   /* the ceiling */
}

static void what_was_sent_before_an_absolution_is_not_judged(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 1000, 10000);
    uint32_t cohort = send_all(&w, 1000);
    window_absolve(&w);
    for (int i = 0; i < 1000; i++) {
        window_note(&w, WINDOW_TIMEOUT, cohort, now_ns);
    }
    assert_int_equal(window_size(&w), 1000);
}

/* As if it dropped what exceeds `limit` in flight. */
static void run_against_plateau(struct window *w, size_t limit)
{
    for (int i = 0; i < 300; i++) {
        size_t size = window_size(w);
        round_trip(w, WINDOW_TIMEOUT, size > limit ? (unsigned)((size - limit) * 1000 / size) : 0);
    }
}

static void who_answers_better_when_asked_less_is_limiting(void **state)
{
    struct window limiting, lossy;
    (void)state;
    window_init(&limiting, 1000, 10000);
    run_against_plateau(&limiting, 400);
    assert_true(window_is_limited(&limiting));
    window_init(&lossy, 1000, 10000);
    for (int i = 0; i < 300; i++) {
        round_trip(&lossy, WINDOW_TIMEOUT, 300);
    }
    assert_false(window_is_limited(&lossy)); /* the same share at any size: it is the list */

    size_t size = window_size(&limiting);
    window_note_sent(&limiting, size, false, now_ns);
    window_absolve_last(&limiting);
    assert_true(window_size(&limiting) <= size); /* and gets no more than it bears */
}

static void other_limits_are_no_plateau_near_1000(void **state)
{
    struct window low, high, capped, none;
    (void)state;
    window_init(&low, 256, 20000);
    run_against_plateau(&low, 400);
    assert_false(window_stalls_near_1000(&low));
    window_init(&high, 256, 20000);
    run_against_plateau(&high, 4000);
    assert_false(window_stalls_near_1000(&high));
    window_init(&capped, 256, 1000);    /* max-inflight=1000, and a third of the list is dead: */
    for (int i = 0; i < 300; i++) {
        round_trip(&capped, WINDOW_TIMEOUT, i % 3 == 0 ? 330 : 0);
    }
    assert_false(window_stalls_near_1000(&capped));
    window_init(&none, 256, 20000);
    for (int i = 0; i < 5; i++) {       /* something went wrong near 1,000 a few times, and then the window grew past it */
        none.size = 1000;
        window_cut(&none);
    }
    assert_true(window_stalls_near_1000(&none));
    run_against_plateau(&none, SIZE_MAX);
    assert_true(window_size(&none) > 1600);
    assert_false(window_stalls_near_1000(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_answers_better_when_asked_less_is_limiting),
        cmocka_unit_test(slow_start_doubles_a_round_trip),
        cmocka_unit_test(a_saturated_resolver_is_not_given_more),
        cmocka_unit_test(growth_goes_on_where_it_pays),
        cmocka_unit_test(a_resolver_that_answers_its_canary_is_absolved),
        cmocka_unit_test(a_lump_of_silence_is_no_load),
        cmocka_unit_test(names_that_nobody_answers_hold_no_place),
        cmocka_unit_test(another_try_is_no_news_unless_it_is_refused),
        cmocka_unit_test(the_dead_at_the_end_do_not_wait_for_each_other),
        cmocka_unit_test(what_was_sent_before_an_absolution_is_not_judged),
        cmocka_unit_test(other_limits_are_no_plateau_near_1000),
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
