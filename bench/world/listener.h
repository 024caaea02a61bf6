// SPDX-License-Identifier: MIT
#pragma once

/*
 * One address that answers: its behaviour, what it counts, and what it says to a query. UDP and TCP ask it alike.
 *
 * Threads: listener_ask from any, each with counters of its own.  Memory: fixed.
 */

#include "bench/world/gate.h"
#include "bench/world/stats.h"
#include "bench/world/wire.h"
#include "bench/world/world.h"

enum { LISTENER_THREADS_MAX = 64 };

struct listener {
    const struct world *world;
    char address[64]; /* as bound, "127.0.0.1:5300" */
    unsigned port;
    struct behaviour behaviour;
    struct gate gate;
    struct bins *bins;
    struct counters *counters; /* one for each UDP thread, the last is TCP's */
    size_t counter_count;
    FILE *questions; /* where each question is written, or NULL */
};

enum listener_says {
    LISTENER_SILENT,  /* nobody answers */
    LISTENER_RCODE,   /* *rcode and no more */
    LISTENER_REFUSED, /* at once, the question never waited */
    LISTENER_REPLY    /* the reply */
};

/* The verdict over one query from `client`, counted. */
enum listener_says listener_ask(struct listener *l, const struct query *q, uint64_t client, uint64_t now_ms,
                                struct counters *c, struct reply *reply, uint8_t *rcode);
