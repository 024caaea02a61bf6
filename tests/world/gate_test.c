// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bench/world/gate.h"

static struct gate open_gate(struct behaviour *b, const char *keys)
{
    struct gate g;
    span wrong;
    *b = (struct behaviour){ 0 };
    assert_true(behaviour_parse(b, span_from_cstr(keys), &wrong));
    gate_init(&g, b);
    return g;
}

static unsigned count(struct gate *g, unsigned tries, uint64_t client, uint64_t now_ms, enum gate_verdict wanted)
{
    unsigned n = 0;
    for (unsigned i = 0; i < tries; i++) {
        n += gate_pass(g, client, now_ms) == wanted;
    }
    return n;
}

static void a_gate_without_a_behaviour_always_opens(void **state)
{
    struct behaviour b;
    struct gate g = open_gate(&b, "loss=50%,delay=1s");
    (void)state;
    assert_int_equal(count(&g, 100000, 0, 0, GATE_OPEN), 100000);
}

static void a_limit_holds_a_second_and_fills_evenly(void **state)
{
    struct behaviour b;
    struct gate g = open_gate(&b, "limit=2000");
    (void)state;
    assert_int_equal(count(&g, 5000, 0, 7000, GATE_OPEN), 2000);
    assert_int_equal(count(&g, 5000, 0, 7000, GATE_OVER_LIMIT), 5000);
    assert_int_equal(count(&g, 5000, 0, 7100, GATE_OPEN), 200);
    /* Ten seconds of rest are worth no more than one. */
    assert_int_equal(count(&g, 5000, 0, 17100, GATE_OPEN), 2000);
    /* One who keeps below it is never hurt: 1,900 a second, a minute long. */
    unsigned passed = 0;
    for (uint64_t i = 0; i < 1900 * 60; i++) {
        passed += gate_pass(&g, 0, 20000 + i * 1000 / 1900) == GATE_OPEN;
    }
    assert_int_equal(passed, 1900 * 60);
}

static void a_plateau_counts_each_client_apart(void **state)
{
    struct behaviour b;
    struct gate g = open_gate(&b, "plateau=1000,delay=1s");
    (void)state;
    assert_int_equal(count(&g, 1500, 11, 0, GATE_OPEN), 1000);
    assert_int_equal(count(&g, 1500, 22, 0, GATE_OPEN), 1000);
    assert_int_equal(count(&g, 10, 11, 999, GATE_OVER_PLATEAU), 10);
    for (int i = 0; i < 10; i++) {
        gate_leave(&g, 11);
    }
    assert_int_equal(count(&g, 20, 11, 1000, GATE_OPEN), 10);
    assert_int_equal(count(&g, 20, 22, 1000, GATE_OPEN), 0);
    gate_leave(&g, 0);
    assert_int_equal(count(&g, 20, 0, 1000, GATE_OPEN), 20);
}

static void the_dead_are_silent_and_may_come_back(void **state)
{
    struct behaviour b;
    struct gate g = open_gate(&b, "die-after=100q,back-after=2s");
    (void)state;
    assert_int_equal(count(&g, 150, 0, 5000, GATE_OPEN), 100);
    assert_int_equal(count(&g, 10, 0, 6999, GATE_DEAD), 10);
    assert_int_equal(count(&g, 1000, 0, 7000, GATE_OPEN), 1000);

    g = open_gate(&b, "die-after=3s");
    assert_int_equal(gate_pass(&g, 0, 50000), GATE_OPEN);
    assert_int_equal(gate_pass(&g, 0, 52999), GATE_OPEN);
    assert_int_equal(gate_pass(&g, 0, 53000), GATE_DEAD);
    assert_int_equal(gate_pass(&g, 0, 99999), GATE_DEAD);
}

static void bursts_of_servfail_come_at_the_end_of_each_period(void **state)
{
    struct behaviour b;
    struct gate g = open_gate(&b, "servfail-burst=1s/10s");
    (void)state;
    assert_int_equal(gate_pass(&g, 0, 3000), GATE_OPEN);
    assert_int_equal(gate_pass(&g, 0, 11999), GATE_OPEN);
    assert_int_equal(gate_pass(&g, 0, 12000), GATE_SERVFAIL);
    assert_int_equal(gate_pass(&g, 0, 12999), GATE_SERVFAIL);
    assert_int_equal(gate_pass(&g, 0, 13000), GATE_OPEN);
    assert_int_equal(gate_pass(&g, 0, 22000), GATE_SERVFAIL);
}

static void a_stall_holds_all_answers_until_it_is_over(void **state)
{
    (void)state;
    struct behaviour b;
    struct gate g = open_gate(&b, "stall=2s/10s");
    assert_int_equal(gate_pass(&g, 1, 5000), GATE_OPEN);
    assert_int_equal(gate_stall_ms(&g, 5000), 0);
    assert_int_equal(gate_stall_ms(&g, 12999), 0);
    assert_int_equal(gate_pass(&g, 1, 13000), GATE_OPEN);
    assert_int_equal(gate_stall_ms(&g, 13000), 2000);
    assert_int_equal(gate_stall_ms(&g, 14999), 1);
    assert_int_equal(gate_stall_ms(&g, 15000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gate_without_a_behaviour_always_opens),
        cmocka_unit_test(a_limit_holds_a_second_and_fills_evenly),
        cmocka_unit_test(a_plateau_counts_each_client_apart),
        cmocka_unit_test(the_dead_are_silent_and_may_come_back),
        cmocka_unit_test(a_stall_holds_all_answers_until_it_is_over),
        cmocka_unit_test(bursts_of_servfail_come_at_the_end_of_each_period),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
