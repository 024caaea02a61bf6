// SPDX-License-Identifier: MIT
#pragma once

/*
 * What several askers have done, as one: sums, and of each resolver the sum of what all have seen of it.
 *
 * Threads: asking_totals_add from the asker's; the rest any, one at a time.
 */

#include "scanner/base/histogram.h"
#include "scanner/dns/shared_targets.h"

/* All but resolver_count. Any thread. */
void asker_stats_add(struct asker_stats *sum, const struct asker_stats *more);

struct resolver_total {
    struct resolver_stats stats;      /* window and in flight are sums, rtt is of all round trips, healthy: to one at least */
    struct histogram rtt_us;
};

struct asking_totals {
    struct asker_stats asked;
    struct shared_stats shared;
    uint64_t asked_again;             /* domains of the second pass */
    struct resolver_total *resolvers; /* heap */
    size_t resolver_count;
};

/* `totals` is zero at first. 0 or -ENOMEM. Addresses are the askers'. */
MUST_USE int asking_totals_add(struct asking_totals *totals, const struct asker *asker, const struct shared_targets *shared,
                               uint64_t asked_again);
MUST_USE int asking_totals_merge(struct asking_totals *totals, const struct asking_totals *more);
void asking_totals_deinit(struct asking_totals *totals);
