// SPDX-License-Identifier: MIT
#pragma once

/*
 * A manifest.json read back (output/manifest.h says what is in it): for `merge`, which believes it only as far as the
 * parts themselves agree.
 *
 * Hostile: bounded in size and depth, every type checked, names of parts that would lead out of the folder refused.
 *
 * Threads: any.  Memory: heap, owned by the view.
 */

#include "scanner/base/span.h"

enum {
    MANIFEST_SIZE_MAX = 256 << 20, /* bytes of the file: about two million parts */
    MANIFEST_ERROR_SIZE = 320,
};

struct manifest_view_list {
    const char *path;
    uint64_t lines, names, rejected, duplicates;
    const char *xxh3; /* 16 hex digits */
};

struct manifest_view_option {
    const char *name, *value;
};

struct manifest_view_part {
    const char *name;
    uint64_t records, bytes, uncompressed_bytes;
    const char *xxh3; /* of the file's bytes */
};

struct manifest_view {
    const char *version, *order, *list_identity, *started_at, *finished_at;
    bool complete;
    uint64_t shards, shard, seed, listed, names, duplicates, records, unknown, resumed;
    struct manifest_view_list *lists;
    struct manifest_view_option *options;
    struct manifest_view_part *parts;
    size_t list_count, option_count, part_count;
    void *tree; /* what the texts stand in */
};

/* False: *error says what is wrong with the text, without the file's name. */
MUST_USE bool manifest_view_parse(struct manifest_view *out, span text, char error[MANIFEST_ERROR_SIZE]);

/* The same from the file; 0 or a negative errno (-EBADMSG: what it holds is wrong), with *error filled. */
MUST_USE int manifest_view_read(struct manifest_view *out, const char *path, char error[MANIFEST_ERROR_SIZE]);

/* Allowed on one that is all zero. */
void manifest_view_deinit(struct manifest_view *view);
