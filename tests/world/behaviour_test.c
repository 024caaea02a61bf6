// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bench/world/behaviour.h"

static void every_key_is_read(void **state)
{
    struct behaviour b = { 0 };
    span wrong;
    (void)state;
    assert_true(behaviour_parse(&b,
                                SPAN("delay=uniform:5-9,loss=5%,duplicate=1,reorder=2,truncate=3,servfail=4,"
                                     "servfail-burst=1s/10s,stall=2s/5s,lie=0.5%,rewrite=any,limit=2000:refused,plateau=1000,"
                                     "discard=1900ms,die-after=5s,back-after=2s,tcp=no"),
                                &wrong));
    assert_int_equal(b.delay.kind, DELAY_UNIFORM);
    assert_int_equal(b.loss_ppm, 50000);
    assert_int_equal(b.duplicate_ppm, 10000);
    assert_int_equal(b.reorder_ppm, 20000);
    assert_int_equal(b.truncate_ppm, 30000);
    assert_int_equal(b.servfail_ppm, 40000);
    assert_int_equal(b.lie_ppm, 5000);
    assert_int_equal(b.servfail_burst.for_ms, 1000);
    assert_int_equal(b.servfail_burst.every_ms, 10000);
    assert_int_equal(b.stall.for_ms, 2000);
    assert_int_equal(b.stall.every_ms, 5000);
    assert_int_equal(b.rewrite, REWRITE_ANY);
    assert_int_equal(b.limit, 2000);
    assert_int_equal(b.over_limit, OVER_LIMIT_REFUSED);
    assert_int_equal(b.plateau, 1000);
    assert_int_equal(b.discard_ms, 1900);
    assert_int_equal(b.die_after_ms, 5000);
    assert_int_equal(b.back_after_ms, 2000);
    assert_true(b.has_no_tcp);
    /* A later word goes before an earlier one; what is not named stays. */
    assert_true(behaviour_parse(&b, SPAN("limit=10:drop,die-after=300q,tcp=yes"), &wrong));
    assert_int_equal(b.limit, 10);
    assert_int_equal(b.over_limit, OVER_LIMIT_DROP);
    assert_int_equal(b.die_after_queries, 300);
    assert_false(b.has_no_tcp);
    assert_int_equal(b.plateau, 1000);
    assert_true(behaviour_parse(&b, SPAN(""), &wrong));
}

static void what_cannot_be_read_is_named(void **state)
{
    static const char *const rows[] = { "loss",
                                        "loss=",
                                        "loss=101",
                                        "loss=x",
                                        "Loss=5",
                                        "speed=5",
                                        "limit=1:x",
                                        "limit=-1",
                                        "limit=",
                                        "tcp=maybe",
                                        "rewrite=txt",
                                        "die-after=q",
                                        "servfail-burst=2s/1s",
                                        "servfail-burst=1s",
                                        "delay=soon",
                                        "=5" };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct behaviour b = { .loss_ppm = 7, .limit = 7 };
        span wrong = { 0 };
        assert_false(behaviour_parse(&b, span_from_cstr(rows[i]), &wrong));
        assert_true(span_equal(wrong, span_from_cstr(rows[i])));
        assert_int_equal(b.loss_ppm, 7);
        assert_int_equal(b.limit, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(what_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
