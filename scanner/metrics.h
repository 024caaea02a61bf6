// SPDX-License-Identifier: MIT
#pragma once

/*
 * --metrics FILE: the run for Prometheus, as node_exporter's textfile collector reads it. No timestamps, base units, one
 * HELP and TYPE each; no label takes more values than a fixed table has, but the resolvers, and of those no more than
 * METRICS_RESOLVERS_MAX.
 *
 * The file is replaced as a whole (written beside it, renamed), never synced: it is worth nothing after a crash, and a
 * slow disk must not stop the loop. When a run was successful last, and with which status the last one ended, is read
 * from the file that stands there, so it survives runs that fail.
 *
 * Threads: the loop's.
 */

#include "scanner/asking_totals.h"
#include "scanner/tally.h"

enum { METRICS_RESOLVERS_MAX = 100, METRICS_FILE_MAX = 1024 * 1024 };

/* What earlier runs have left in the file. */
struct metrics_history {
    bool has_success, has_exit_status;
    double last_success_s;          /* Unix time */
    double last_exit_status;
};

struct metrics {
    struct metrics_history history;
    int64_t started_ms, now_ms;     /* wall clock */
    uint64_t elapsed_ms;            /* of the run, earlier processes included */
    bool has_ended;
    int exit_status;                /* when it has */

    bool has_counts;                /* what follows holds; false: the run failed before it began */
    struct tally tally;             /* records written */
    struct effort spent;            /* by earlier processes of the run */
    uint64_t rejected, retries, tcp;
    uint64_t output_bytes;
    const struct asking_totals *asking;
};

/* Never fails: what cannot be read says nothing. */
void metrics_history_read(const char *path, struct metrics_history *out);
/* The same from bytes. */
void metrics_history_parse(span text, struct metrics_history *out);

/* 0 or a negative errno. */
MUST_USE int metrics_write(const struct metrics *metrics, const char *path);
