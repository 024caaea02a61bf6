// SPDX-License-Identifier: MIT
#pragma once

/*
 * What two sweeps differ in: counts by class, matrices old x new of each aspect, counts by tag, the first names of each
 * class; and, if wanted, every change as a line of JSON, class by class, the worst first.
 *
 * Threads: one at a time.  Memory: heap; bounded by the limits below, whatever the sweeps hold. The lines wait in files
 * without a name until their class is written.
 */

#include <stdio.h>

#include "output/json.h"
#include "scanner/results/sweep_store.h"
#include "scanner/results/top_map.h"

/* Columns and rows of a matrix: the aspect's values, then these two. */
enum { MATRIX_UNKNOWN = ASPECT_VALUES_MAX, MATRIX_NOT_COMPARED, MATRIX_SIZE };

enum { CHANGE_WORDS_SIZE = 512 };

/* One of the names that are shown. */
struct listed_change {
    char *domain, *tag; /* tag NULL: none */
    char words[CHANGE_WORDS_SIZE];
};

struct change_list {
    struct listed_change *items; /* by tag, then domain */
    size_t count;
};

struct difference {
    uint64_t records[SWEEP_COUNT];
    uint64_t classes[CHANGE_CLASS_COUNT];
    uint64_t directions[ASPECT_COUNT][DIRECTION_CHANGED + 1];  /* of names in both */
    uint64_t matrices[ASPECT_COUNT][MATRIX_SIZE][MATRIX_SIZE]; /* [before][now], of names in both */
    uint64_t edited[TEXT_COUNT];
    struct top_map *tags; /* counters: changed, then one a class; NULL without a tag */
    struct change_list lists[CHANGE_CLASS_COUNT];
    size_t list_limit;
    FILE *lines[CHANGE_CLASS_COUNT]; /* NULL: not wanted */
    struct json_buffer buffer;
    int error; /* the first failure, negative errno */
};

/* 0 or a negative errno. */
MUST_USE int difference_init(struct difference *difference, size_t list_limit, bool wants_lines);
void difference_deinit(struct difference *difference);

/* For sweep_store_join; `arg` is the difference. Failures wait in ->error. */
void difference_visit(void *arg, const struct sweep_entry *before, const struct sweep_entry *now);

/* Whether a sweep of the two checked it: of what neither did there is nothing to show, zeros would look like an answer. */
bool difference_has_compared(const struct difference *difference, enum aspect aspect);

/* "became_unknown" */
const char *direction_word(enum direction direction);

/* Writes the lines, the worst class first, by the name within a bucket of names. 0 or a negative errno. */
MUST_USE int difference_write_lines(struct difference *difference, FILE *out);

/* "dmarc: reject => none; spf edited": the changes, the worst first. */
void change_print(const struct change *change, const struct sweep_entry *before, const struct sweep_entry *now,
                  char words[CHANGE_WORDS_SIZE]);
