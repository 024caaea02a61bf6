// SPDX-License-Identifier: MIT
#include "scanner/dns/gather.h"

static const uint64_t ns_per_us = 1000;
static const uint64_t count_ns = 10000000;  /* replies are counted over that long */
static const uint64_t stale_ns = 100000000; /* a count over longer says nothing of now */

static void count_replies(struct gather *gather, uint64_t replies, uint64_t now_ns)
{
    uint64_t elapsed_ns = now_ns - gather->counted_ns;
    if (gather->counted_ns == 0 || elapsed_ns > stale_ns) {
        gather->replies_per_ns = 0;
    } else if (elapsed_ns < count_ns) {
        return;
    } else {
        double news = (double)(replies - gather->counted) / (double)elapsed_ns;
        gather->replies_per_ns = gather->replies_per_ns > 0 ? (gather->replies_per_ns + news) / 2 : news;
    }
    gather->counted = replies;
    gather->counted_ns = now_ns;
}

/* Between two polls. */
static uint64_t interval_ns(const struct gather *gather, size_t in_flight)
{
    double longest = (double)(GATHER_MAX_US * ns_per_us), rate = gather->replies_per_ns;
    if (rate * longest < GATHER_REPLIES_MIN) {
        return 0;
    }
    double part = (double)in_flight / rate / GATHER_PARTS;
    double interval = part < longest ? part : longest;
    return interval * rate < GATHER_REPLIES_MIN ? 0 : (uint64_t)interval;
}

uint64_t gather_pause_ns(struct gather *gather, uint64_t replies, size_t in_flight, uint64_t now_ns)
{
    count_replies(gather, replies, now_ns);
    uint64_t due_ns = gather->polled_ns + interval_ns(gather, in_flight);
    uint64_t pause_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    if (pause_ns < GATHER_MIN_US * ns_per_us) {
        pause_ns = 0;
    }
    gather->polled_ns = now_ns + pause_ns;
    return pause_ns;
}
