// SPDX-License-Identifier: MIT
#pragma once

/*
 * Counts values in buckets that widen with the value: 16 to each power of two, so a percentile is right within 6.25 %, and
 * 4 KB hold any 64-bit value.
 *
 * Threads: one at a time.  Memory: the caller's.
 */

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 61 * 16 };

struct histogram {
    uint64_t total;
    uint32_t counts[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t value);
void histogram_merge(struct histogram *into, const struct histogram *from);

/* How many are at most `value`, as far as buckets tell, and the sum of all (of the middles of their buckets). */
uint64_t histogram_count_below(const struct histogram *histogram, uint64_t value);
double histogram_sum(const struct histogram *histogram);

/* The value below which `percent` of all values lie (the middle of its bucket); 0 when there are none. */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);
