// SPDX-License-Identifier: MIT
#pragma once

/*
 * How far a run has come, in a file that survives a crash at any moment: what is scanned and how (so that another list
 * or other options are refused in words), where the output can be cut, and which domains are in it.
 *
 * A text, so that a person can read it: a first line with the version, `kind name=value` lines, and a last line with
 * the XXH64 of everything before it. It is replaced as a whole. Every byte read back is taken for hostile: bounded,
 * whole words, each line known and each of the single ones exactly once.
 *
 * Threads: one at a time.  Memory: heap, owned by the struct.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "output/must_use.h"
#include "output/result.h"
#include "output/watermark.h"

enum checkpoint_kind {
    CHECKPOINT_IDENTITY, /* of the lists: must be the same to resume */
    CHECKPOINT_OPTION,   /* that changes the records or their order: must be the same to resume */
    CHECKPOINT_NOTE,     /* for people: compared with nothing */
    CHECKPOINT_KIND_COUNT
};

enum {
    CHECKPOINT_NAME_MAX = 128,    /* bytes of a name: letters, digits, and any of . _ - [ ] */
    CHECKPOINT_VALUE_MAX = 65536, /* bytes of a value, any byte but NUL */
    CHECKPOINT_PAIRS_MAX = 8192,  /* of all kinds */
    CHECKPOINT_COUNTERS_MAX = 1024,
    CHECKPOINT_PARTS_MAX = 1 << 20, /* whole parts of a folder */
    CHECKPOINT_FILE_MAX = 192 << 20,
};

struct checkpoint_pair {
    enum checkpoint_kind kind;
    char *name, *value;
};

struct checkpoint_counter {
    char *name;
    uint64_t value;
};

struct checkpoint {
    struct checkpoint_pair *pairs; /* in the order they were set; a name stands once in its kind */
    size_t pair_count, pair_size;
    struct checkpoint_counter *counters;
    size_t counter_count, counter_size;

    struct result_part *parts; /* the whole ones of a folder, by number */
    size_t part_count, part_size;

    uint64_t seed;
    uint64_t resumed;                /* how many times */
    struct result_position position; /* durable */
    uint64_t lowest;                 /* watermark */
    uint8_t *above;                  /* its bitmap, as watermark_print_bytes gives it */
    size_t above_len;
};

void checkpoint_init(struct checkpoint *checkpoint);
void checkpoint_deinit(struct checkpoint *checkpoint);

/* Adds the pair or replaces its value (copied). -EINVAL: a name or value that is not allowed; -E2BIG; -ENOMEM. */
MUST_USE int checkpoint_set(struct checkpoint *checkpoint, enum checkpoint_kind kind, const char *name,
                            const char *value);

/* NULL when there is none; borrowed until the next set or deinit. */
const char *checkpoint_get(const struct checkpoint *checkpoint, enum checkpoint_kind kind, const char *name);

/* The same for counters. A counter that was never set is not there: false, *out untouched. */
MUST_USE int checkpoint_set_counter(struct checkpoint *checkpoint, const char *name, uint64_t value);
bool checkpoint_get_counter(const struct checkpoint *checkpoint, const char *name, uint64_t *out);

/* Copies what stands in the whole parts of a folder; -E2BIG, -ENOMEM. */
MUST_USE int checkpoint_set_parts(struct checkpoint *checkpoint, const struct result_part *parts, uint64_t count);

/* Takes over where the watermark stands; -ENOMEM. watermark_restore(w, c->lowest, c->above, c->above_len) gives it
 * back. */
MUST_USE int checkpoint_set_watermark(struct checkpoint *checkpoint, const struct watermark *watermark);

/* The first difference between two checkpoints in one kind. */
struct checkpoint_difference {
    const char *name;
    const char *before, *now; /* NULL: not there; borrowed from the checkpoints */
};

/* True when every pair of that kind stands in both with the same value; else the first one (of `before`, then `now`).
 */
bool checkpoint_agrees(const struct checkpoint *before, const struct checkpoint *now, enum checkpoint_kind kind,
                       struct checkpoint_difference *out);

/* Replaces the file at `path` (replace_file.h); 0 or a negative errno. One writer at a time: the output's lock. */
MUST_USE int checkpoint_write(const struct checkpoint *checkpoint, const char *path);

/*
 * Reads it into a checkpoint just initialised. -ENOENT: none there; -EBADMSG: damaged or not ours; -EPROTO: of a
 * version we do not know; -EFBIG; else the system's. On failure the checkpoint is empty again.
 */
MUST_USE int checkpoint_read(struct checkpoint *checkpoint, const char *path);

/* The same from bytes. */
MUST_USE int checkpoint_parse(struct checkpoint *checkpoint, const char *bytes, size_t len);

/* Removes the file and makes that durable: the output is finished. No file is no error. */
MUST_USE int checkpoint_remove(const char *path);

/* OUTPUT.checkpoint; from malloc, NULL without memory. */
MUST_USE char *checkpoint_path(const char *output);
