// SPDX-License-Identifier: MIT
#pragma once

/*
 * DIR/manifest.json: what a finished folder of parts holds, so that shards can be joined and checked without reading
 * them. One JSON object:
 *
 *   schema          1
 *   version         of the program
 *   complete        true; a folder without a manifest, or with a .checkpoint beside it, is not complete
 *   shards, shard   --shards, --shard
 *   seed            of the order
 *   order           "shuffled" | "list"
 *   list_identity   16 hex digits, the checkpoint's. Pipes count as nothing in it: compare lists[].xxh3 too
 *   lists           [{"path","names","lines","rejected","duplicates","xxh3"}]; lines, rejected and xxh3 are the same for
 *                   every shard, names and duplicates are this shard's
 *   options         {name: text}, what the checkpoint wants to be the same but for the four above
 *   listed          lines of all lists that hold a name, doubles counted: the same for every shard
 *   names           distinct names of this shard
 *   duplicates      doubles that this shard has left out (0 with --dedup no)
 *   records         = names
 *   unknown         records with anything not determined
 *   started_at, finished_at, resumed
 *   parts           [{"name","records","bytes","uncompressed_bytes","xxh3"}], xxh3 of the file's bytes: `xxhsum -H3`
 *
 * Shards 0 .. shards-1 with the same lists (xxh3), seed and options are one complete set when
 *
 *     the sum over the shards of (names + duplicates) = listed
 *
 * That needs no shard to remember the names of the others, as a count of the distinct names of the whole list would.
 *
 * Threads: any.
 */

#include "output/checkpoint.h"

struct manifest_list {
    const char *path;
    uint64_t names, lines, rejected, duplicates, xxh3;
};

struct manifest {
    const char *version, *order, *list_identity, *started_at, *finished_at;
    uint64_t shards, shard, seed;
    const struct manifest_list *lists;
    size_t list_count;
    const struct checkpoint *checkpoint; /* its options are printed, without seed, order, shards, shard */
    uint64_t listed, names, duplicates, records, unknown, resumed;
    const struct result_part *parts;
    uint64_t part_count;
};

/* Puts `path` there as a whole (replace_file.h); 0 or a negative errno. */
MUST_USE int manifest_write(const struct manifest *manifest, const char *path);
