// SPDX-License-Identifier: MIT
#pragma once

/*
 * All crews of a run (crew.h) as one: how many there are, whose a name is, their orders, their sums.
 *
 * Names are dealt by a hash of the organizational domain, as shards are, so that what domains of one owner share is asked
 * for and remembered in one loop.
 *
 * Threads: the main one, but for crews_wake.
 */

#include "scanner/asking_totals.h"
#include "scanner/crew.h"
#include "scanner/setup.h"

struct zone_pace;

struct crews {
    struct crew **items;
    size_t count;
    size_t worker_count;            /* of all */
    struct crew_limit limit;
    struct zone_pace *zones;        /* with --zone-rate */
    const struct suffixes *suffixes;
};

/*
 * As many as --loops says, but no more than there are questions in flight to be had, in all or of one resolver, so that caps
 * can be divided. 0 or a negative errno, and then crews_close is still to be called.
 */
MUST_USE int crews_open(struct crews *crews, const struct setup *setup, const struct options *options);
void crews_close(struct crews *crews);

/* --workers, one a crew at least. */
size_t crews_count_workers(const struct crews *crews, const struct options *options);

/* `work` as for all; producers and workers are dealt out here. 0 or a negative errno. */
MUST_USE int crews_hire(struct crews *crews, const struct crew_work *work);

/* Until all have come to their end; the first one's loop turns meanwhile, and with it what else the owner has put there. When a
   thread cannot be made all are aborted, and a negative errno comes back. */
MUST_USE int crews_run(struct crews *crews);
void crews_give_order(struct crews *crews, enum crew_order order);
/* 0, -ENOMEM, or -ERANGE: a resolver's max-inflight is below the number of crews. */
MUST_USE int crews_give_resolvers(struct crews *crews, const struct resolver_spec *specs, size_t count);

/* Any thread; `crews` is a void pointer so that it fits callbacks. */
void crews_wake(void *crews);

/* For list_thread_options.taker_of; any thread. */
size_t crews_taker_of(void *crews, span name);

/* Sums; is_in_the_dark: all that have not ended are. */
void crews_get_figures(const struct crews *crews, struct crew_figures *out);

/* One has ended for want of memory. */
bool crews_are_out_of_memory(const struct crews *crews);
bool crews_saw_list_fail(const struct crews *crews);

/* 0 or -ENOMEM; *out is to be deinitialised by the caller. */
MUST_USE int crews_get_totals(const struct crews *crews, struct asking_totals *out);

/* After crews_run. */
uint64_t crews_dismiss(struct crews *crews);
bool crews_are_complete(const struct crews *crews);
