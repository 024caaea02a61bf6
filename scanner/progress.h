// SPDX-License-Identifier: MIT
#pragma once

/*
 * The status line: on a terminal rewritten in place once a second, elsewhere a plain line every 30 s, and a last line
 * always. Goes to stderr. No clock of its own: the caller says when.
 *
 * Threads: the loop's.
 */

#include "scanner/base/span.h"

struct progress_now {
    uint64_t elapsed_ms;      /* of this run */
    uint64_t done, done_here; /* records written: in all, in this run */
    uint64_t total;           /* names to do, an estimate while the list is being read; 0: not known yet */
    bool total_is_exact;
    uint64_t queries, answers;
    double questions_per_domain; /* at the end; 0: not said */
    uint64_t in_flight;
    uint64_t unknown;
    uint64_t bytes_out;
    uint64_t parked;       /* to be asked once more */
    bool is_stopping;
    bool has_ended;           /* no ETA any more */
};

struct progress {
    bool is_in_place;         /* rewritten once a second; else a plain line */
    bool is_silent;           /* only the last line, and not even that when quiet */
    bool is_quiet;
    uint64_t last_ms, last_done, last_queries; /* of the last line, for the rates */
    double domains_per_s, queries_per_s;
    size_t drawn_len;         /* of the line that stands there; 0: none */
};

/* when: enum option_progress. always: in place also where stderr is no terminal. */
void progress_init(struct progress *progress, int when, bool quiet);

/* Milliseconds between two lines. */
uint64_t progress_interval_ms(const struct progress *progress);

void progress_draw(struct progress *progress, const struct progress_now *now);

/* Takes the line off a terminal, so that a message can be printed; it comes again with the next draw. */
void progress_clear(struct progress *progress);

/* Rates over the whole run. */
void progress_draw_last(struct progress *progress, const struct progress_now *now, const char *how_it_ended);

/* The text of a line, at most `columns` wide (0: any): a narrow one loses whole fields, what matters least first. Returns
   its length. */
size_t progress_print(char *out, size_t size, const struct progress_now *now, double domains_per_s, double queries_per_s,
                      size_t columns);
