// SPDX-License-Identifier: MIT
#pragma once

/*
 * Counters for each of many texts (includes, selectors, suffixes), in bounded memory.
 *
 * As long as there is room every new text gets counters; afterwards those that have some go on exactly, and a new text is
 * only counted among the rest. So every number shown is exact, and when the rest is smaller than the last number shown,
 * nothing is missing from the top either.
 *
 * Threads: one at a time.  Memory: heap, bounded by the limits given.
 */

#include "scanner/base/span.h"

struct top_map;

struct top_limits {
    size_t keys;  /* distinct texts */
    size_t bytes; /* of all texts together */
    size_t counters; /* of each text */
};

MUST_USE struct top_map *top_map_new(struct top_limits limits);
void top_map_free(struct top_map *map);

/* The counters of `key`, all zero the first time; valid until the next call. NULL: there is no room, and the rest is one
 * larger. */
uint64_t *top_map_get(struct top_map *map, span key);

struct top_item {
    span key;
    const uint64_t *counters;
};

/* The `limit` items with the largest first counter that is not zero, equal ones by their text; how many there are. */
size_t top_map_first(const struct top_map *map, struct top_item *items, size_t limit);

size_t top_map_size(const struct top_map *map); /* distinct texts with counters */
uint64_t top_map_rest(const struct top_map *map);
