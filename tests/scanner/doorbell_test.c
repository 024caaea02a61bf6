// SPDX-License-Identifier: MIT
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <cmocka.h>

#include "scanner/doorbell.h"
#include "scanner/handover.h"

static bool would_wake(const struct doorbell *bell)
{
    struct pollfd door = { .fd = bell->fd, .events = POLLIN };
    return poll(&door, 1, 0) == 1;
}

static void nobody_listens_nothing_is_rung(void **state)
{
    (void)state;
    struct doorbell bell;
    assert_int_equal(doorbell_open(&bell), 0);
    doorbell_ring(&bell);
    assert_false(would_wake(&bell));
    doorbell_close(&bell);
}

static void a_ring_before_the_sleep_ends_it(void **state)
{
    (void)state;
    struct doorbell bell;
    assert_int_equal(doorbell_open(&bell), 0);
    doorbell_listen(&bell);
    doorbell_ring(&bell);
    doorbell_sleep(&bell, -1); /* would hang */
    assert_false(would_wake(&bell));
    doorbell_close(&bell);
}

static void an_ignored_ring_is_forgotten(void **state)
{
    (void)state;
    struct doorbell bell;
    assert_int_equal(doorbell_open(&bell), 0);
    doorbell_listen(&bell);
    doorbell_ring(&bell);
    doorbell_ignore(&bell);
    assert_false(would_wake(&bell));
    doorbell_close(&bell);
}

/* The ringer has lowered the flag, the sleeper found the item and ignores the bell, and only then the ringer writes. */
static void a_ring_written_late_ends_one_sleep_not_all(void **state)
{
    (void)state;
    struct doorbell bell;
    assert_int_equal(doorbell_open(&bell), 0);
    doorbell_listen(&bell);
    assert_true(atomic_exchange(&bell.is_listening, false));
    doorbell_ignore(&bell);
    assert_int_equal(eventfd_write(bell.fd, 1), 0);

    doorbell_listen(&bell);
    doorbell_sleep(&bell, -1);
    assert_false(would_wake(&bell));
    doorbell_close(&bell);
}

enum { ITEMS = 100000, IN_FLIGHT = 7 };

struct pair {
    struct handover there, back;
    struct doorbell bell_there, bell_back;
};

static void *take(struct handover *handover, struct doorbell *bell)
{
    void *item;
    while (!(item = handover_take(handover))) {
        doorbell_listen(bell);
        if ((item = handover_take(handover))) {
            doorbell_ignore(bell);
            break;
        }
        doorbell_sleep(bell, -1);
    }
    return item;
}

static void *send_back(void *arg)
{
    struct pair *pair = arg;
    for (int i = 0; i < ITEMS; i++) {
        int *item = take(&pair->there, &pair->bell_there);
        ++*item;
        assert_true(handover_give(&pair->back, item));
        doorbell_ring(&pair->bell_back);
    }
    return NULL;
}

/* A lost wake-up would hang this; a pointer seen before what it points to would miscount (and ThreadSanitizer says so). */
static void nothing_is_lost_between_two_threads(void **state)
{
    (void)state;
    struct pair pair;
    pthread_t thread;
    static int items[IN_FLIGHT];
    assert_true(handover_init(&pair.there, IN_FLIGHT) && handover_init(&pair.back, IN_FLIGHT));
    assert_int_equal(doorbell_open(&pair.bell_there), 0);
    assert_int_equal(doorbell_open(&pair.bell_back), 0);
    assert_int_equal(pthread_create(&thread, NULL, send_back, &pair), 0);
    int given = 0, sum = 0;
    for (; given < IN_FLIGHT; given++) {
        assert_true(handover_give(&pair.there, &items[given]));
        doorbell_ring(&pair.bell_there);
    }
    for (int taken = 0; taken < ITEMS; taken++) {
        int *item = take(&pair.back, &pair.bell_back);
        if (given < ITEMS) {
            assert_true(handover_give(&pair.there, item));
            doorbell_ring(&pair.bell_there);
            given++;
        }
    }
    pthread_join(thread, NULL);
    for (int i = 0; i < IN_FLIGHT; i++) {
        sum += items[i];
    }
    assert_int_equal(sum, ITEMS);
    doorbell_close(&pair.bell_there);
    doorbell_close(&pair.bell_back);
    handover_deinit(&pair.there);
    handover_deinit(&pair.back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_listens_nothing_is_rung),
        cmocka_unit_test(a_ring_before_the_sleep_ends_it),
        cmocka_unit_test(an_ignored_ring_is_forgotten),
        cmocka_unit_test(a_ring_written_late_ends_one_sleep_not_all),
        cmocka_unit_test(nothing_is_lost_between_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
