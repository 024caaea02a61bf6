// SPDX-License-Identifier: MIT
#pragma once

/*
 * Do these folders hold one complete scan? Their manifests decide: the same lists, seed, options and version, each
 * shard once, and every name of the list in one of them (output/manifest.h).
 *
 * Threads: the main one.  Memory: heap, owned by the set.
 */

#include "scanner/results/manifest_view.h"

struct merge_source {
    const char *folder; /* as given */
    struct manifest_view manifest;
};

struct merge_set {
    struct merge_source *sources; /* once checked: by shard */
    size_t count;
    uint64_t records, unknown, names, duplicates; /* of all of them */
};

/* The folders are borrowed. False: no memory. */
MUST_USE bool merge_set_init(struct merge_set *set, const char *const *folders, size_t count);
void merge_set_deinit(struct merge_set *set);

/* EXIT_DONE; else what is wrong was said: EXIT_STOPPED_EARLY when a shard is missing or unfinished (it may come still),
 * EXIT_INPUT_BAD when they do not belong together. */
MUST_USE int merge_set_check(struct merge_set *set);
