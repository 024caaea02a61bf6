// SPDX-License-Identifier: MIT
#pragma once

/*
 * How one listener treats those who ask: everything that may go wrong between a question and its true answer. What the
 * answer is, and so the truth, does not depend on it.
 *
 * Every key is both an option of the program (--loss 5, for all listeners) and a key of one listener
 * (--listen 127.0.0.1:5301,loss=5%,limit=2000), which then goes before the option. behaviour_usage explains each.
 *
 * Threads: pure.  Memory: none; error texts point into what was given.
 */

#include "bench/world/delay.h"

enum over_limit { OVER_LIMIT_DROP, OVER_LIMIT_REFUSED };
enum rewrite { REWRITE_NONE, REWRITE_ADDRESS, REWRITE_ANY };

/* So long, at the end of each so long; for_ms 0: never. */
struct spell {
    uint64_t for_ms, every_ms;
};

struct behaviour {
    struct delay delay;
    unsigned loss_ppm, duplicate_ppm, reorder_ppm, truncate_ppm, servfail_ppm, lie_ppm;
    struct spell servfail_burst, stall;
    uint64_t limit; /* answers a second, 0: any number; the bucket holds a second's worth */
    enum over_limit over_limit;
    uint64_t plateau;    /* questions waiting for one client at once, 0: any number */
    uint64_t discard_ms; /* answers that would be later than that never come, 0: all come */
    enum rewrite rewrite;
    uint64_t die_after_ms, die_after_queries; /* since, and counted from, the first query; 0: never */
    uint64_t back_after_ms;                   /* dead for so long; 0: for ever */
    bool has_no_tcp;
};

/* Name of the i-th key, NULL behind the last. */
const char *behaviour_key(size_t i);

/* False: no such key, or not a value it can take; *b is as it was. */
bool behaviour_set(struct behaviour *b, span key, span value) MUST_USE;

/* "loss=5%,limit=2000:refused". False: *wrong is the part that could not be read. */
bool behaviour_parse(struct behaviour *b, span text, span *wrong) MUST_USE;

/* Lines for --help. */
extern const char behaviour_usage[];
