// SPDX-License-Identifier: MIT
#pragma once

/*
 * Finished lines on their way from a classifier to the writer, with what the writer needs to account for them.
 *
 * Threads: one owner at a time; rings move it.  Memory: heap, taken at start; the text grows for records that are larger
 * than what is left of it, never beyond CHUNK_TEXT_LIMIT.
 */

#include "output/json.h"
#include "scanner/tally.h"

enum {
    CHUNK_TEXT_SIZE = 128 * 1024,          /* a chunk this full is given away */
    CHUNK_TEXT_LIMIT = 64 * 1024 * 1024,   /* one record may be that large */
    CHUNK_INDEXES = 512,                   /* records in a chunk */
    CHUNK_AGE_MS = 1000,                   /* and one that has waited so long */
};

/*
 * With checkpoints every so often: how old a chunk may get. What it waits is taken off the interval of the checkpoints, so that a record
 * is safe --checkpoint-every after it was finished.
 */
static inline uint64_t chunk_age_ms(uint64_t checkpoint_every_ms)
{
    return checkpoint_every_ms / 4 < CHUNK_AGE_MS ? checkpoint_every_ms / 4 : CHUNK_AGE_MS;
}

struct chunk {
    struct json_buffer text;
    uint64_t indexes[CHUNK_INDEXES];
    size_t count;
    uint64_t born_ns;                      /* when its first record came */
    struct tally tally;
};

/* NULL: no memory. */
struct chunk *chunk_new(void);
void chunk_free(struct chunk *chunk);
void chunk_empty(struct chunk *chunk);
