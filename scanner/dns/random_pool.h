// SPDX-License-Identifier: MIT
#pragma once

/*
 * Random bytes nobody can foresee (ids, letter case), taken from the system 4 KB at a time.
 *
 * Threads: one at a time.  Memory: the caller's; starts zeroed.
 */

#include <stddef.h>
#include <stdint.h>

struct random_pool {
    uint8_t bytes[4096];
    size_t left;
};

void random_pool_take(struct random_pool *pool, void *out, size_t size);

static inline uint16_t random_pool_u16(struct random_pool *pool)
{
    uint16_t value;
    random_pool_take(pool, &value, sizeof(value));
    return value;
}
