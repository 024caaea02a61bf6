// SPDX-License-Identifier: MIT
#include "scanner/asking_totals.h"

#include <errno.h>
#include <stdlib.h>

void asker_stats_add(struct asker_stats *sum, const struct asker_stats *more)
{
    sum->queries += more->queries;
    sum->answers += more->answers;
    sum->timeouts += more->timeouts;
    sum->servfail += more->servfail;
    sum->refused += more->refused;
    sum->retries += more->retries;
    sum->tcp += more->tcp;
    sum->case_mismatches += more->case_mismatches;
    sum->malformed += more->malformed;
    sum->send_errors += more->send_errors;
    sum->unexpected += more->unexpected;
    sum->in_flight += more->in_flight;
    sum->waiting += more->waiting;
    for (size_t i = 0; i < sizeof(sum->rcodes) / sizeof(sum->rcodes[0]); i++) {
        sum->rcodes[i] += more->rcodes[i];
    }
}

static void add_shared(struct shared_stats *sum, const struct shared_stats *more)
{
    sum->hits += more->hits;
    sum->joins += more->joins;
    sum->misses += more->misses;
    sum->private_asks += more->private_asks;
    sum->evictions += more->evictions;
    sum->entries += more->entries;
    sum->bytes += more->bytes;
}

static struct resolver_total *find(struct asking_totals *t, const char *address)
{
    for (size_t i = 0; i < t->resolver_count; i++) {
        if (strcmp(t->resolvers[i].stats.address, address) == 0) {
            return &t->resolvers[i];
        }
    }
    return NULL;
}

static void add_resolver(struct asking_totals *t, const struct resolver_stats *more, const struct histogram *rtt_us)
{
    struct resolver_total *sum = find(t, more->address);
    if (!sum) {
        sum = &t->resolvers[t->resolver_count++];
        *sum = (struct resolver_total){ .stats = *more, .rtt_us = *rtt_us };
        return;
    }
    struct resolver_stats *stats = &sum->stats;
    stats->queries += more->queries;
    stats->answers += more->answers;
    stats->timeouts += more->timeouts;
    stats->servfail += more->servfail;
    stats->refused += more->refused;
    stats->window += more->window;
    stats->in_flight += more->in_flight;
    stats->rate += more->rate;
    stats->learned_rate += more->learned_rate;
    stats->state = more->state > stats->state ? more->state : stats->state; /* the worst a loop has found */
    stats->healthy = stats->healthy || more->healthy;
    stats->is_retired = stats->is_retired && more->is_retired;
    stats->stalls_near_1000 = stats->stalls_near_1000 || more->stalls_near_1000;
    histogram_merge(&sum->rtt_us, rtt_us);
    stats->rtt_ms_p50 = (double)histogram_percentile(&sum->rtt_us, 50) / 1000;
    stats->rtt_ms_p99 = (double)histogram_percentile(&sum->rtt_us, 99) / 1000;
}

static int reserve(struct asking_totals *t, size_t more)
{
    if (more == 0) {
        return 0;
    }
    struct resolver_total *grown = realloc(t->resolvers, (t->resolver_count + more) * sizeof(*grown));
    if (!grown) {
        return -ENOMEM;
    }
    t->resolvers = grown;
    return 0;
}

int asking_totals_add(struct asking_totals *t, const struct asker *asker, const struct shared_targets *shared, uint64_t asked_again)
{
    struct asker_stats asked;
    struct shared_stats hits;
    asker_stats_get(asker, &asked);
    shared_stats_get(shared, &hits);
    int err = reserve(t, asked.resolver_count);
    if (err < 0) {
        return err;
    }
    asker_stats_add(&t->asked, &asked);
    add_shared(&t->shared, &hits);
    t->asked_again += asked_again;
    for (size_t i = 0; i < asked.resolver_count; i++) {
        struct resolver_stats r;
        asker_resolver_stats_get(asker, i, &r);
        add_resolver(t, &r, asker_resolver_rtt_us(asker, i));
    }
    t->asked.resolver_count = t->resolver_count;
    return 0;
}

int asking_totals_merge(struct asking_totals *t, const struct asking_totals *more)
{
    int err = reserve(t, more->resolver_count);
    if (err < 0) {
        return err;
    }
    asker_stats_add(&t->asked, &more->asked);
    add_shared(&t->shared, &more->shared);
    t->asked_again += more->asked_again;
    for (size_t i = 0; i < more->resolver_count; i++) {
        add_resolver(t, &more->resolvers[i].stats, &more->resolvers[i].rtt_us);
    }
    t->asked.resolver_count = t->resolver_count;
    return 0;
}

void asking_totals_deinit(struct asking_totals *t)
{
    free(t->resolvers);
    *t = (struct asking_totals){ .resolver_count = 0 };
}
