// SPDX-License-Identifier: MIT
#include "scanner/crews.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "scanner/dns/zone_pace.h"
#include "scanner/suffix_cache.h"

static size_t count_loops(const struct setup *setup, const struct options *options)
{
    size_t count = options->loops < options->concurrency ? (size_t)options->loops : (size_t)options->concurrency;
    for (size_t i = 0; i < setup->resolver_list.count; i++) {
        unsigned most = setup->resolvers[i].max_inflight;
        count = most > 0 && most < count ? most : count;
    }
    return count;
}

int crews_open(struct crews *crews, const struct setup *setup, const struct options *options)
{
    *crews = (struct crews){ .suffixes = setup->suffixes, .limit.domains_max = options->max_domains };
    size_t count = count_loops(setup, options);
    crews->items = calloc(count, sizeof(struct crew *));
    if (options->zone_rate > 0) {
        crews->zones = zone_pace_new(options->zone_rate, options->seed);
    }
    if (!crews->items || (options->zone_rate > 0 && !crews->zones)) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        struct scan_loop_options asking;
        setup_loop_options(setup, options, (struct share){ (unsigned)count, (unsigned)i }, &asking);
        asking.asker.zone_pace = crews->zones;
        int err = crew_open(&crews->items[i], &(struct crew_options){
            .number = i,
            .asking = &asking,
            .keeps_totals = options->metrics != NULL,
            .on_news = crews_wake,
            .owner = crews,
        });
        if (err < 0) {
            return err;
        }
        crews->count++;
    }
    return 0;
}

void crews_close(struct crews *crews)
{
    for (size_t i = 0; i < crews->count; i++) {
        crew_close(crews->items[i]);
    }
    zone_pace_free(crews->zones);
    free(crews->items);
    crews->items = NULL;
    crews->count = 0;
}

size_t crews_count_workers(const struct crews *crews, const struct options *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = options->workers > 0 ? (size_t)options->workers : cores > 2 ? (size_t)cores - 1 : 1;
    return count > crews->count ? count : crews->count;
}

int crews_hire(struct crews *crews, const struct crew_work *work)
{
    struct crew_work part = *work;
    part.limit = &crews->limit;
    part.first_producer = 0;
    for (size_t i = 0; i < crews->count; i++) {
        part.worker_count = work->worker_count / crews->count + (i < work->worker_count % crews->count);
        int err = crew_hire(crews->items[i], &part);
        if (err < 0) {
            return err;
        }
        part.first_producer += part.worker_count;
    }
    return 0;
}

static bool have_ended(const struct crews *crews, size_t started)
{
    for (size_t i = 0; i < started; i++) {
        if (!crew_has_ended(crews->items[i])) {
            return false;
        }
    }
    return true;
}

int crews_run(struct crews *crews)
{
    int err = 0;
    size_t started = 1;
    while (started < crews->count && (err = crew_start(crews->items[started])) == 0) {
        started++;
    }
    if (err < 0) {
        crews_give_order(crews, CREW_ABORT);
    }
    crew_run(crews->items[0]);
    while (!have_ended(crews, started)) {
        uv_run(crew_uv(crews->items[0]), UV_RUN_ONCE);
    }
    for (size_t i = 1; i < started; i++) {
        crew_join(crews->items[i]);
    }
    return err;
}

void crews_give_order(struct crews *crews, enum crew_order order)
{
    for (size_t i = 0; i < crews->count; i++) {
        crew_give_order(crews->items[i], order);
    }
}

int crews_give_resolvers(struct crews *crews, const struct resolver_spec *specs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (specs[i].max_inflight > 0 && specs[i].max_inflight < crews->count) {
            return -ERANGE;
        }
    }
    int err = 0;
    for (size_t i = 0; i < crews->count && err == 0; i++) {
        err = crew_give_resolvers(crews->items[i], specs, count);
    }
    return err;
}

void crews_wake(void *owner)
{
    struct crews *crews = owner;
    for (size_t i = 0; i < crews->count; i++) {
        crew_wake(crews->items[i]);
    }
}

/* Mixed anew: within a shard the low bits of a hash of the same domain would all be alike. */
size_t crews_taker_of(void *owner, span name)
{
    const struct crews *crews = owner;
    uint64_t hash = suffix_cache_zone_hash(crews->suffixes, name) * 0x9e3779b97f4a7c15u;
    return (size_t)((hash >> 32) * crews->count >> 32);
}

void crews_get_figures(const struct crews *crews, struct crew_figures *out)
{
    *out = (struct crew_figures){ .parked = 0 };
    size_t running = 0, dark = 0;
    for (size_t i = 0; i < crews->count; i++) {
        struct crew_figures one;
        crew_get_figures(crews->items[i], &one);
        asker_stats_add(&out->asked, &one.asked);
        out->parked += one.parked;
        bool runs = !crew_has_ended(crews->items[i]);
        running += runs;
        dark += runs && one.is_in_the_dark;
    }
    out->is_in_the_dark = running > 0 && dark == running;
}

bool crews_are_out_of_memory(const struct crews *crews)
{
    bool any = false;
    for (size_t i = 0; i < crews->count; i++) {
        any |= crew_has_ended(crews->items[i]) && scan_loop_get_progress(crew_loop(crews->items[i])).is_out_of_memory;
    }
    return any;
}

bool crews_saw_list_fail(const struct crews *crews)
{
    bool any = false;
    for (size_t i = 0; i < crews->count; i++) {
        any |= crew_saw_list_fail(crews->items[i]);
    }
    return any;
}

uint64_t crews_dismiss(struct crews *crews)
{
    uint64_t lost = 0;
    for (size_t i = 0; i < crews->count; i++) {
        lost += crew_dismiss(crews->items[i]);
    }
    return lost;
}

bool crews_are_complete(const struct crews *crews)
{
    for (size_t i = 0; i < crews->count; i++) {
        if (!crew_is_complete(crews->items[i])) {
            return false;
        }
    }
    return true;
}

int crews_get_totals(const struct crews *crews, struct asking_totals *out)
{
    *out = (struct asking_totals){ .resolver_count = 0 };
    for (size_t i = 0; i < crews->count; i++) {
        int err = crew_add_totals(crews->items[i], out);
        if (err < 0) {
            asking_totals_deinit(out);
            return err;
        }
    }
    return 0;
}
