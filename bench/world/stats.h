// SPDX-License-Identifier: MIT
#pragma once

/*
 * What a listener counts, so that a scanner's promises can be held against what arrived: totals, and queries in bins of
 * a tenth of a second, of which "in any second" is the most in ten successive ones.
 *
 * Threads: a struct counters has one writer, bins any number; all may read.
 * Memory: bins are taken for BINS_MAX tenths; pages that were never written cost nothing.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { BINS_A_SECOND = 10, BINS_MAX = BINS_A_SECOND * 24 * 3600 };

enum count_kind {
    COUNT_RECEIVED,
    COUNT_ANSWERED,
    COUNT_DROPPED, /* all that got no answer by the listener's behaviour: the six that follow */
    COUNT_LOST,
    COUNT_DEAD,
    COUNT_OVER_LIMIT, /* refused ones are counted here, not in DROPPED */
    COUNT_OVER_PLATEAU,
    COUNT_DISCARDED,
    COUNT_MALFORMED,
    COUNT_SILENT,
    COUNT_DUPLICATED,
    COUNT_REWRITTEN,
    COUNT_TCP,
    COUNT_TRUNCATED,
    COUNT_TXT,
    COUNT_MX,
    COUNT_A,
    COUNT_AAAA,
    COUNT_OTHER_TYPE,
    COUNT_MOST_WAITING, /* answers under way at once, the most there were */
    COUNT_KINDS
};

struct counters {
    _Alignas(64) atomic_uint_least64_t of[COUNT_KINDS];
};

struct bins {
    uint64_t start_ms;
    atomic_uint_least32_t received[BINS_MAX];
};

/* Its own thread is the only writer: a plain add, made visible to who reads. */
static inline void counters_add(struct counters *c, enum count_kind kind, uint64_t n)
{
    uint64_t now = atomic_load_explicit(&c->of[kind], memory_order_relaxed);
    atomic_store_explicit(&c->of[kind], now + n, memory_order_relaxed);
}

/* Something dropped, and why. */
static inline void counters_add_drop(struct counters *c, enum count_kind why)
{
    counters_add(c, COUNT_DROPPED, 1);
    counters_add(c, why, 1);
}

static inline void counters_raise(struct counters *c, enum count_kind kind, uint64_t n)
{
    if (n > atomic_load_explicit(&c->of[kind], memory_order_relaxed)) {
        atomic_store_explicit(&c->of[kind], n, memory_order_relaxed);
    }
}

void counters_add_query(struct counters *c, uint16_t type);

void bins_add(struct bins *b, uint64_t now_ms, uint64_t count);

/* Sums of `count` counters. */
uint64_t counters_total(const struct counters *c, size_t count, enum count_kind kind);
const char *counters_name(enum count_kind kind);

/* "received":1,... without braces; then per second, the most in a second and in a tenth of one. */
void stats_print_counts(const struct counters *c, size_t count, FILE *out);
void stats_print_bins(const struct bins *b, uint64_t now_ms, FILE *out);
