// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "bench/world/wheel.h"

static void put(struct wheel *w, uint64_t due_ms, char mark)
{
    union address peer = { .v4 = { .sin_family = AF_INET } };
    assert_true(wheel_put(w, due_ms, &peer, 0, (const uint8_t *)&mark, 1));
}

static void expect(struct wheel *w, uint64_t now_ms, const char *marks)
{
    for (; *marks; marks++) {
        struct held *h = wheel_take(w, now_ms);
        assert_non_null(h);
        assert_int_equal(h->len, 1);
        assert_int_equal(h->bytes[0], *marks);
        free(h);
    }
    assert_null(wheel_take(w, now_ms));
}

static void answers_leave_when_due_and_in_order(void **state)
{
    struct wheel *w = wheel_new(1000);
    (void)state;
    put(w, 1050, 'c');
    put(w, 1010, 'a');
    put(w, 1050, 'd');
    put(w, 1020, 'b');
    assert_int_equal(wheel_count(w), 4);
    expect(w, 1009, "");
    assert_int_equal(wheel_wait_ms(w, 1009, 100), 1);
    expect(w, 1010, "a");
    put(w, 1000, 'x'); /* overdue: now */
    expect(w, 1049, "xb");
    expect(w, 2000, "cd");
    assert_int_equal(wheel_count(w), 0);
    assert_int_equal(wheel_wait_ms(w, 2000, 100), 100);
    wheel_free(w);
}

static void the_longest_delay_fits_at_any_time(void **state)
{
    struct wheel *w = wheel_new(5);
    (void)state;
    for (uint64_t now = 5; now < 400000; now += 33333) {
        expect(w, now, "");
        put(w, now + DELAY_MAX_MS, 'z');
        put(w, now + 1, 'y');
        expect(w, now + 1, "y");
        expect(w, now + DELAY_MAX_MS - 1, "");
        expect(w, now + DELAY_MAX_MS, "z");
        now += DELAY_MAX_MS;
    }
    put(w, 500000, 'q');
    wheel_free(w); /* with what it still holds */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_leave_when_due_and_in_order),
        cmocka_unit_test(the_longest_delay_fits_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
