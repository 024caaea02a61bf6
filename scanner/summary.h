// SPDX-License-Identifier: MIT
#pragma once

/*
 * The one JSON object about a whole run (record.md, "The summary"): --summary FILE at the end, --dry-run on stdout.
 *
 * Threads: the main one, when the others are done.
 */

#include "lists/list.h"
#include "scanner/asking_totals.h"
#include "scanner/tally.h"

struct summary {
    int argc;
    char *const *argv;
    int64_t started_ms, finished_ms;     /* wall clock */
    uint64_t elapsed_ms;                 /* monotonic */
    const struct list *list;
    struct tally tally;
    const char *started_at;              /* of the first process, when this one took the run up again; else NULL */
    struct effort spent;                 /* by the processes before this one */
    struct tally already;                /* of it, what was written before this process took the run up again */
    const struct asking_totals *asking;  /* NULL: nothing was asked (--dry-run) */
    uint64_t seed, shards, shard;
    const char *output;                  /* NULL: none */
    uint64_t output_bytes, output_uncompressed_bytes, output_frames;
    uint64_t queries_at_most;            /* --dry-run */
    uint64_t resumed;
    int exit_status;
};

/* "NXDOMAIN"; rcode < 16. */
const char *summary_rcode_name(size_t rcode);

/* 0 or a negative errno; path NULL: stdout. */
MUST_USE int summary_write(const struct summary *summary, const char *path);
