// SPDX-License-Identifier: MIT
#pragma once

/*
 * The lists of a run, as one stream of distinct domain names in blocks.
 *
 * Lists are read one after the other, as a stream: through decompression (gzip, zstd, xz, bzip2, zip members, told by
 * the first bytes), lines, layout, name, shard, de-duplication, exclude list, window of shuffle. Memory: the window
 * (about 100 bytes x window), and 20 to 25 bytes a distinct name for the de-duplication (name_set.h); else constant.
 *
 * The same lists, seed, window, shards and shard give the same entries in the same order, on any machine with the same
 * public suffix list. Windows follow each other: an entry of window k comes before all of window k+1, so what is out
 * never runs ahead of the lowest seq not yet out by more than two windows of names.
 *
 * A line that is no name is counted and told to on_reject; it ends the reading only when is_strict (-EINVAL). A line longer than LAYOUT_LINE_MAX is
 * a reject, its rest is skipped. A list that cannot be read to its end (damaged gzip, disk error), or whose size, beginning
 * or end is another than at list_open, ends the run with an error after the entries read before it have been handed out;
 * shuffled, only those of whole windows: the order of the others would be another one when the list can be read again.
 *
 * Threads: one at a time for a struct list; a block belongs to whoever holds it and refers to nothing of the list.
 * Errors: negative errno and one line of text. -EINVAL: a wish that the list cannot meet, such as a column it lacks
 * (exit 65; for a regular file already from list_open). -ECANCELED: is_stopping said so. Any other: unreadable (66) or
 * -ENOMEM (71).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lists/exclude_list.h"
#include "lists/layout.h"
#include "lists/rejects.h"
#include "lists/suffixes.h"

enum {
    LIST_ERROR_SIZE = 1024,
    LIST_WINDOW_DEFAULT = 100000,
    LIST_SELECTORS_MAX = 1024, /* bytes; more is cut at a blank */
};

struct list_entry {
    uint64_t seq;          /* line number from 1, counted on over all lists, header lines counted */
    uint64_t rank;         /* 0: none */
    const char *name;      /* A-labels, lower case, no final dot; a NUL follows */
    const char *tag;       /* any bytes, from --tag-column; a NUL follows */
    const char *selectors; /* layout_selectors(): one blank between them; a NUL follows */
    uint16_t name_len, tag_len, selectors_len;
    bool has_tag;
    bool is_excluded;
};

struct list_block {
    struct list_entry *entries;
    size_t count;
    /* private */
    size_t entry_size;
    char *bytes;
    size_t byte_size;
};

/* Room for `entries` entries, at least 1. NULL: no memory. */
struct list_block *list_block_new(size_t entries);
void list_block_free(struct list_block *block);

struct list_options {
    const char *const *paths; /* none, or "-": stdin, once. Kept by reference until list_close */
    size_t path_count;
    struct layout_wish wish; /* strings kept by reference */

    bool is_shuffled;
    size_t window; /* names; 0: LIST_WINDOW_DEFAULT. Not shuffled: ignored */
    uint64_t seed; /* of the shuffle; the caller makes one when none was given */

    uint32_t shards, shard; /* 0 or 1 shards: all names. shard < shards */
    bool dedup;
    const struct suffixes *suffixes;    /* needed for shards > 1 only; borrowed */
    const struct exclude_list *exclude; /* or NULL; borrowed */

    void (*on_reject)(void *arg, const struct list_reject *reject); /* or NULL; rejects_write() fits */
    void *on_reject_arg;
    bool is_strict;
    bool (*is_stopping)(
        void *arg); /* or NULL; asked at every buffer read, and 5 times a second while a pipe is silent */
    void *is_stopping_arg;
};

/* Of one path. Counts grow while it is read; xxh3 is right once is_finished. */
struct list_facts {
    const char *path;        /* "-" for stdin */
    const char *format;      /* layout_kind_name(); "auto" before the first byte; of a zip its first member's */
    const char *compression; /* "none", "gzip", "zstd", "xz", "bzip2", "zip" */
    uint64_t lines;          /* physical lines, headers, comments and blank ones counted */
    uint64_t names;          /* entries read: distinct with dedup, of this shard, excluded ones too */
    uint64_t rejected;       /* lines with something on them that is no name; same for every shard */
    uint64_t duplicates;     /* of this shard */
    uint64_t other_shards;   /* names skipped because they are another shard's (doubles counted each time) */
    uint64_t excluded;       /* of `names` */
    uint64_t xxh3;           /* XXH3-64 of the file as it lies on disk, still compressed: `xxhsum -H3 FILE` */
    bool is_finished;
};

struct list;

/*
 * Checks every path (readable, no folder), and of regular files the layout and the columns; reads no name yet. Does not
 * wait for a pipe. 0, or a negative errno with one line in error[]: what, where, what to do.
 */
int list_open(struct list **out, const struct list_options *options, char *error, size_t error_size);
void list_close(struct list *list);

/* Fills the block: its number of entries (> 0), 0 at the end of all lists, or a negative errno with list_error(). */
int list_read_block(struct list *list, struct list_block *block);
const char *list_error(const struct list *list);

size_t list_count(const struct list *list);
const struct list_facts *list_get_facts(const struct list *list, size_t index);
/* The sums over all lists; path, format, compression and xxh3 are not set. is_finished: all are. */
struct list_facts list_totals(const struct list *list);

/* How many names the lists will have given, judged from the share of their bytes that is read; exact at the end, 0 when
   nobody can know (a pipe). From the reading thread. */
uint64_t list_estimate_names(const struct list *list);

/*
 * Tells lists apart before they are read: XXH3-64 over size, first and last 64 KiB of each file, in order. *is_certain
 * is false when a pipe is among them (it then counts as nothing). For the checkpoint: same value, same lists.
 */
uint64_t list_identity(const struct list *list, bool *is_certain);

/* 0 .. shards-1: where a name belongs, by XXH3 of its organizational domain. The same on every machine. */
uint32_t list_shard_of(const struct suffixes *suffixes, const char *name, size_t len, uint32_t shards);

/* From the reading thread, between two blocks: names read from now on are held against `exclude` (NULL: none). */
void list_set_exclude(struct list *list, const struct exclude_list *exclude);
