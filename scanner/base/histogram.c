// SPDX-License-Identifier: MIT
#include "scanner/base/histogram.h"

/* Values below 16 have a bucket each; above, the four bits after the highest one choose among 16. */
static size_t bucket_of(uint64_t value)
{
    if (value < 16) {
        return (size_t)value;
    }
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - 4u;
    return ((size_t)shift + 1) * 16 + (size_t)(value >> shift & 15);
}

static uint64_t middle_of(size_t bucket)
{
    if (bucket < 16) {
        return bucket;
    }
    unsigned shift = (unsigned)(bucket / 16 - 1);
    return ((uint64_t)(16 + bucket % 16) << shift) + ((uint64_t)1 << shift) / 2;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram->counts[bucket_of(value)]++;
    histogram->total++;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        into->counts[i] += from->counts[i];
    }
    into->total += from->total;
}

uint64_t histogram_count_below(const struct histogram *histogram, uint64_t value)
{
    uint64_t count = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS && middle_of(i) <= value; i++) {
        count += histogram->counts[i];
    }
    return count;
}

double histogram_sum(const struct histogram *histogram)
{
    double sum = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        sum += (double)histogram->counts[i] * (double)middle_of(i);
    }
    return sum;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    uint64_t wanted = (uint64_t)((double)histogram->total * percent / 100), seen = 0;
    if (histogram->total == 0) {
        return 0;
    }
    wanted = wanted < histogram->total ? wanted : histogram->total - 1;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen > wanted) {
            return middle_of(i);
        }
    }
    return 0;
}
