// SPDX-License-Identifier: MIT
#pragma once

/*
 * A rate over time with a small burst, and its cheap form for many keys.
 *
 * A bucket holds one token and 20 ms worth of them: a scan that was idle does not come back as a wave, and a loop that
 * waits for several tokens at once and then comes by 10 ms late loses nothing.
 *
 * Threads: one at a time; pure, the time is passed in (monotonic, ns) and must not go backwards.  Memory: the caller's.
 */

#include <stdbool.h>
#include <stdint.h>

struct token_bucket {
    double rate;            /* tokens per second; 0: no limit */
    double tokens, burst;
    uint64_t filled_ns;
};

/* Starts full. */
void token_bucket_init(struct token_bucket *bucket, double rate, uint64_t now_ns);

/* Changes the rate; tokens beyond the new burst are lost. */
void token_bucket_set_rate(struct token_bucket *bucket, double rate, uint64_t now_ns);

bool token_bucket_has(struct token_bucket *bucket, uint64_t now_ns);

/* Takes one; to be called after token_bucket_has() said yes. */
void token_bucket_take(struct token_bucket *bucket);

/* Nanoseconds until there is one; 0 when there is. */
uint64_t token_bucket_wait_ns(struct token_bucket *bucket, uint64_t now_ns);

/* One key's next free moment (GCRA with a burst of one): returns when the packet may go, now or later, and books it.
   *next_ns is 0 at first. */
uint64_t token_book(uint64_t *next_ns, double rate, uint64_t now_ns);
