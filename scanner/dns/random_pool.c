// SPDX-License-Identifier: MIT
#include "scanner/dns/random_pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void refill(struct random_pool *pool)
{
    size_t have = 0;
    while (have < sizeof(pool->bytes)) {
        ssize_t got = getrandom(pool->bytes + have, sizeof(pool->bytes) - have, 0);
        if (got < 0 && errno != EINTR) {
            abort(); /* a kernel without getrandom(): guessable ids would be worse than no scan */
        }
        have += got > 0 ? (size_t)got : 0;
    }
    pool->left = sizeof(pool->bytes);
}

void random_pool_take(struct random_pool *pool, void *out, size_t size)
{
    assert(size <= sizeof(pool->bytes));
    if (pool->left < size) {
        refill(pool);
    }
    pool->left -= size;
    memcpy(out, pool->bytes + pool->left, size);
}
