// SPDX-License-Identifier: MIT
#pragma once

/*
 * What a report says of the run that made its records, from the object that `scan --summary` writes: one sentence each
 * about the list, the run and the resolvers.
 *
 * Hostile as any file: bounded in size and depth, wrong types are passed over.
 *
 * Threads: any.  Memory: the sheet's for what it says.
 */

#include "scanner/results/table.h"

enum { RUN_SUMMARY_MAX = 16 << 20, RUN_SUMMARY_DEPTH = 32 };

struct run_summary {
    span lists, run, resolvers;
};

/* False: `text` is no summary, *error (borrowed, constant) says why. */
MUST_USE bool run_summary_read(struct run_summary *out, span text, struct sheet *sheet, const char **error);
