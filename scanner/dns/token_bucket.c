// SPDX-License-Identifier: MIT
#include "scanner/dns/token_bucket.h"

static const double burst_s = 0.020;
static const double ns_per_s = 1e9;

static double burst_of(double rate)
{
    return 1 + rate * burst_s;
}

void token_bucket_init(struct token_bucket *bucket, double rate, uint64_t now_ns)
{
    double burst = burst_of(rate);
    *bucket = (struct token_bucket){ .rate = rate, .tokens = burst, .burst = burst, .filled_ns = now_ns };
}

static void fill(struct token_bucket *bucket, uint64_t now_ns)
{
    if (now_ns <= bucket->filled_ns) {
        return;
    }
    bucket->tokens += (double)(now_ns - bucket->filled_ns) / ns_per_s * bucket->rate;
    bucket->filled_ns = now_ns;
    if (bucket->tokens > bucket->burst) {
        bucket->tokens = bucket->burst;
    }
}

void token_bucket_set_rate(struct token_bucket *bucket, double rate, uint64_t now_ns)
{
    fill(bucket, now_ns);
    bucket->rate = rate;
    bucket->burst = burst_of(rate);
    if (bucket->tokens > bucket->burst) {
        bucket->tokens = bucket->burst;
    }
}

bool token_bucket_has(struct token_bucket *bucket, uint64_t now_ns)
{
    if (bucket->rate <= 0) {
        return true;
    }
    fill(bucket, now_ns);
    return bucket->tokens >= 1;
}

void token_bucket_take(struct token_bucket *bucket)
{
    if (bucket->rate > 0) {
        bucket->tokens -= 1;
    }
}

uint64_t token_bucket_wait_ns(struct token_bucket *bucket, uint64_t now_ns)
{
    if (token_bucket_has(bucket, now_ns)) {
        return 0;
    }
    /* One more, so that rounding never makes the waiter come a moment too early. */
    return (uint64_t)((1 - bucket->tokens) / bucket->rate * ns_per_s) + 1;
}

uint64_t token_book(uint64_t *next_ns, double rate, uint64_t now_ns)
{
    uint64_t at = *next_ns > now_ns ? *next_ns : now_ns;
    *next_ns = at + (uint64_t)(ns_per_s / rate);
    return at;
}
