// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/dns/token_bucket.h"

static const uint64_t second = 1000000000;

/* Packets that go in `span_ns` when somebody tries each `step_ns`. */
static unsigned sent_within(struct token_bucket *bucket, uint64_t from_ns, uint64_t span_ns, uint64_t step_ns)
{
    unsigned sent = 0;
    for (uint64_t now = from_ns; now < from_ns + span_ns; now += step_ns) {
        while (token_bucket_has(bucket, now)) {
            token_bucket_take(bucket);
            sent++;
        }
    }
    return sent;
}

static void the_rate_holds_over_time(void **state)
{
    static const double rates[] = { 1, 7, 100, 1000, 150000 };
    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct token_bucket bucket;
        token_bucket_init(&bucket, rates[i], 5 * second);
        unsigned sent = sent_within(&bucket, 5 * second, 4 * second, second / 1000);
        double burst = rates[i] / 50 + 1;
        assert_true(sent <= rates[i] * 4 + burst + 1);
        assert_true(sent >= rates[i] * 3.98 - 1);
    }
}

static void idleness_saves_up_twenty_milliseconds_only(void **state)
{
    struct token_bucket bucket;
    (void)state;
    token_bucket_init(&bucket, 1000, 0);
    assert_int_equal(sent_within(&bucket, 3600 * second, 1, 1), 21);
    token_bucket_init(&bucket, 10, 0);
    assert_int_equal(sent_within(&bucket, 3600 * second, 1, 1), 1);
}

static void the_wait_is_as_long_as_said(void **state)
{
    struct token_bucket bucket;
    (void)state;
    token_bucket_init(&bucket, 3, 0);
    token_bucket_take(&bucket);
    uint64_t wait = token_bucket_wait_ns(&bucket, 0);
    assert_true(wait > second * 3 / 11 && wait <= second / 3 + 1); /* 6 in a hundred were saved up */
    assert_false(token_bucket_has(&bucket, wait / 2));
    assert_true(token_bucket_has(&bucket, wait));
    assert_int_equal(token_bucket_wait_ns(&bucket, wait), 0);
}

static void no_rate_is_no_limit(void **state)
{
    struct token_bucket bucket;
    (void)state;
    token_bucket_init(&bucket, 0, 0);
    for (int i = 0; i < 100000; i++) {
        assert_true(token_bucket_has(&bucket, 0));
        token_bucket_take(&bucket);
    }
}

static void a_key_is_booked_one_after_the_other(void **state)
{
    uint64_t next = 0;
    (void)state;
    assert_int_equal(token_book(&next, 10, 7 * second), 7 * second);
    assert_int_equal(token_book(&next, 10, 7 * second), 7 * second + second / 10);
    assert_int_equal(token_book(&next, 10, 7 * second), 7 * second + second / 5);
    assert_int_equal(token_book(&next, 10, 9 * second), 9 * second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_holds_over_time),
        cmocka_unit_test(idleness_saves_up_twenty_milliseconds_only),
        cmocka_unit_test(the_wait_is_as_long_as_said),
        cmocka_unit_test(no_rate_is_no_limit),
        cmocka_unit_test(a_key_is_booked_one_after_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
