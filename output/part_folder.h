// SPDX-License-Identifier: MIT
#pragma once

/*
 * An output that is a folder of parts, for engines that read many files at once: part-00000.ndjson.zst and so on, each
 * one zstd frame, never empty. A part has a hidden temporary name (.part-00000.ndjson.zst.tmp) until it is whole and
 * durable; so what carries a final name can be read at any time.
 *
 * The folder itself is locked. It is unfinished while its checkpoint stands in it (DIR/.checkpoint), complete when it
 * holds parts or a manifest.json without that. A resume cuts the part it stopped in, makes it a whole one, removes
 * those behind it, and goes on with the next number.
 *
 * Behind result_file, whose contract holds.
 *
 * Threads: one at a time, none of its own.  Memory: heap.
 */

#include "output/result.h"

struct part_folder;

/* `path` ends in a slash; the folder is made when it is not there (its parents are not). */
MUST_USE int part_folder_open(struct part_folder **out, const char *path, const struct result_options *options,
                              struct result_trouble *trouble);
enum result_standing part_folder_standing(const struct part_folder *folder);
MUST_USE int part_folder_start(struct part_folder *folder);
MUST_USE int part_folder_resume(struct part_folder *folder, const struct result_position *from);
MUST_USE int part_folder_append(struct part_folder *folder, const void *bytes, size_t len);
MUST_USE int part_folder_flush(struct part_folder *folder);
MUST_USE int part_folder_sync(struct part_folder *folder, struct result_position *durable);
MUST_USE int part_folder_finish(struct part_folder *folder);
const struct result_trouble *part_folder_trouble(const struct part_folder *folder);
struct result_position part_folder_position(const struct part_folder *folder);
void part_folder_close(struct part_folder *folder);

MUST_USE int part_folder_give_parts(struct part_folder *folder, const struct result_part *parts, uint64_t count);

/* Parts that are whole, and their number; borrowed until the next append. */
const struct result_part *part_folder_parts(const struct part_folder *folder, uint64_t *count);

enum { PART_NAME_SIZE = 48 };

/* The name of a whole part, without the folder. */
void part_folder_name(uint64_t number, char out[PART_NAME_SIZE]);
