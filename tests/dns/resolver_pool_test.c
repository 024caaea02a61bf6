// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/dns/resolver_pool.h"

/* No packet is sent: time and what becomes of packets are the test's. */
static const uint64_t ms_ns = 1000000;
static uv_loop_t loop;

static struct resolver_spec spec_of(const char *address, double rate)
{
    struct resolver_spec spec = { .len = sizeof(struct sockaddr_in), .text = address, .rate = rate };
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)&spec.address;
    four->sin_family = AF_INET;
    four->sin_port = htons(53);
    inet_pton(AF_INET, address, &four->sin_addr);
    return spec;
}

static void pool_open(struct resolver_pool *pool, const struct resolver_spec *specs, size_t count)
{
    uv_loop_init(&loop);
    struct resolver_pool_options options = { .loop = &loop, .concurrency = 1000, .sharers = 1, .seed = 1 };
    assert_int_equal(resolver_pool_init(pool, &options), 0);
    assert_int_equal(resolver_pool_set(pool, specs, count, ms_ns), 0);
}

static void pool_close(struct resolver_pool *pool)
{
    resolver_pool_deinit(pool);
    uv_loop_close(&loop);
}

/* Ten packets a millisecond, of which two are answered; the others are refused, and their names answered a tenth of a second
   later: until that has been understood. Returns when. */
static uint64_t overload(struct resolver_pool *pool, struct resolver *r)
{
    uint64_t ms = 1;
    for (; r->learned.rate == 0; ms++) {
        assert_true(ms < 1000);
        for (int i = 0; i < 10; i++) {
            uint32_t token = resolver_note_sent(pool, r, true, ms * ms_ns);
            resolver_note_news(r, i < 2 ? RESOLVER_HELPED : RESOLVER_REFUSED, token, false, ms * ms_ns, ms * ms_ns);
        }
        if (ms > 100) {
            resolver_note_blame(r, BLAME_REFUSED, (ms - 100) * ms_ns, ms * ms_ns);
        }
    }
    return ms;
}

static void what_was_learned_holds_and_so_does_the_cap(void **state)
{
    struct resolver_pool pool;
    struct resolver_spec spec = spec_of("127.0.0.1", 0);
    (void)state;
    pool_open(&pool, &spec, 1);
    struct resolver *r = pool.resolvers[0];
    assert_true(r->bucket.rate == 0);
    uint64_t ms = overload(&pool, r);
    double learned = r->learned.rate;
    assert_true(learned > 0 && learned < 10000);
    assert_true(r->bucket.rate == learned && resolver_pool_rate(&pool) == learned);
    assert_true(r->cap == 0);

    spec.rate = learned / 2; /* a new list with a cap below it, one above it, none */
    assert_int_equal(resolver_pool_set(&pool, &spec, 1, ms * ms_ns), 0);
    assert_true(r->bucket.rate == learned / 2 && r->cap == learned / 2);
    spec.rate = learned * 2;
    assert_int_equal(resolver_pool_set(&pool, &spec, 1, ms * ms_ns), 0);
    assert_true(r->bucket.rate == learned && r->cap == learned * 2);
    spec.rate = 0;
    assert_int_equal(resolver_pool_set(&pool, &spec, 1, ms * ms_ns), 0);
    assert_true(r->bucket.rate == learned && r->cap == 0);
    pool_close(&pool);
}

static void a_learned_rate_gives_the_window_back(void **state)
{
    struct resolver_pool pool;
    struct resolver_spec spec = spec_of("127.0.0.1", 0);
    (void)state;
    pool_open(&pool, &spec, 1);
    struct resolver *r = pool.resolvers[0];
    overload(&pool, r);
    assert_true(window_size(&r->window) >= WINDOW_ABSOLVED);
    pool_close(&pool);
}

static void when_nobody_has_room_that_is_told(void **state)
{
    struct resolver_pool pool;
    struct resolver_spec specs[2] = { spec_of("127.0.0.1", 10), spec_of("127.0.0.2", 10) };
    (void)state;
    pool_open(&pool, specs, 2);
    uint64_t now_ns = 1000 * ms_ns;
    struct resolver *first = resolver_pool_choose(&pool, 0, now_ns);
    assert_non_null(first);
    resolver_note_sent(&pool, first, true, now_ns);
    uint64_t other_only = (uint64_t)1 << (1 - first->index); /* has tried the one that has a token left */
    assert_null(resolver_pool_choose(&pool, other_only, now_ns));
    assert_false(pool.is_full);
    struct resolver *second = resolver_pool_choose(&pool, 0, now_ns);
    assert_true(second && second != first);
    resolver_note_sent(&pool, second, true, now_ns);
    assert_null(resolver_pool_choose(&pool, 0, now_ns));
    assert_true(pool.is_full);
    assert_true(pool.token_wait_ns > 0 && pool.token_wait_ns <= 100 * ms_ns);
    pool_close(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_learned_holds_and_so_does_the_cap),
        cmocka_unit_test(a_learned_rate_gives_the_window_back),
        cmocka_unit_test(when_nobody_has_room_that_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
