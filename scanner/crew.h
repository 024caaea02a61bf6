// SPDX-License-Identifier: MIT
#pragma once

/*
 * One event loop and its classifiers: takes its share of the list's names, asks about them, has them classified, and takes
 * the slots back. A run has one crew or several; the first runs in the thread that opened it, where signals, timers and the
 * probe are, each other one in a thread of its own.
 *
 * Crews share what is read only (tables, options, what a resumed run has written), the list thread's blocks, the
 * writer, and the pace of zones. All else is a crew's own, so their hot paths never meet: an order to a crew is a flag it
 * looks at each turn, its figures are copied out twice a second.
 *
 * Order: crew_open, crew_hire, then crew_run in this thread or crew_start and crew_join, crew_dismiss, crew_close.
 *
 * Threads: as said at each function; without a word: the main one, and not while the crew runs in another.
 */

#include <stdatomic.h>
#include <uv.h>

#include "output/watermark.h"
#include "scanner/asking_totals.h"
#include "scanner/list_thread.h"
#include "scanner/scan_loop.h"
#include "scanner/writer.h"

struct crew;

enum { CREW_DARK_MAX_MS = 60000 };  /* without any resolver that answers: then it is to be given up */

/* What crews count together. */
struct crew_limit {
    uint64_t domains_max;           /* 0: no limit */
    atomic_uint_fast64_t admitted;
};

struct crew_work {
    struct list_thread *list;
    const struct watermark *skip;   /* written by an earlier process; NULL: nothing */
    struct crew_limit *limit;
    struct writer *writer;
    size_t first_producer;          /* at the writer */
    size_t worker_count;
    uint64_t chunk_age_ms;
    bool is_full_record;
};

struct crew_options {
    size_t number;                             /* as taker of the list, from 0 */
    const struct scan_loop_options *asking;    /* the loop, the owner and the callbacks are filled in here */
    bool keeps_totals;                         /* crew_add_totals is asked while it runs in another thread */
    /* From any of the crew's threads, NULL: nobody cares. The run must look after all crews: the limit is reached, one has
       failed or has come to its end. */
    void (*on_news)(void *owner);
    void *owner;
};

/* 0 or a negative errno. */
MUST_USE int crew_open(struct crew **out, const struct crew_options *options);

/* For handles and a probe of the owner's, before the crew runs. */
uv_loop_t *crew_uv(struct crew *crew);
struct scan_loop *crew_loop(const struct crew *crew);

/* Starts the classifiers. 0 or a negative errno, and then crew_dismiss is still to be called. */
MUST_USE int crew_hire(struct crew *crew, const struct crew_work *work);

/* Until all is done, or it was told to stop. */
void crew_run(struct crew *crew);
/* The same in a thread of its own, which tries all resolvers first, as the probe has done for the first crew. */
MUST_USE int crew_start(struct crew *crew);
void crew_join(struct crew *crew);

enum crew_order { CREW_STOP = 1, CREW_ABORT = 2 }; /* as scan_loop_stop, scan_loop_abort */

/* Any thread. */
void crew_give_order(struct crew *crew, enum crew_order order);
void crew_wake(struct crew *crew);
bool crew_has_ended(const struct crew *crew);
/* Asks other resolvers from its next turn on; copies them. 0 or -ENOMEM. */
MUST_USE int crew_give_resolvers(struct crew *crew, const struct resolver_spec *specs, size_t count);

/* How it stands, as of half a second ago when it runs in another thread. The main thread, at any time. */
struct crew_figures {
    struct asker_stats asked;
    size_t parked;
    bool is_in_the_dark;            /* for CREW_DARK_MAX_MS */
};
void crew_get_figures(struct crew *crew, struct crew_figures *out);

/* All it has done so far, per resolver too; as of a few seconds ago when it runs in another thread. The main thread, at any
   time. 0 or -ENOMEM. */
MUST_USE int crew_add_totals(struct crew *crew, struct asking_totals *out);

/* Stops the classifiers and takes the last slots back. Records that were lost: none, or it is our fault. */
uint64_t crew_dismiss(struct crew *crew);

/* After crew_dismiss: every name that was the crew's has its record, up to the end of the list. */
bool crew_is_complete(const struct crew *crew);

/* It came to the place where the list could not be read on. */
bool crew_saw_list_fail(const struct crew *crew);

/* NULL is fine. */
void crew_close(struct crew *crew);
