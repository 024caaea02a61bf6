// SPDX-License-Identifier: MIT
#pragma once

/*
 * Where the records go: a file of zstd frames (NAME.zst), a plain file, a folder of parts (DIR/, see part_folder.h), or
 * a stream (stdout, a pipe, a device).
 *
 * A file or folder carries an exclusive flock from open to close. It is finished when no checkpoint (NAME.checkpoint,
 * DIR/.checkpoint) stands with it. Therefore the order of a run is:
 *
 *     result_file_open      makes and locks the file; changes nothing in it
 *     checkpoint_read       when result_file_standing() is RESULT_UNFINISHED
 *     checkpoint_write      with an empty position; not when resuming
 *     result_file_start     empties the file        ... or result_file_resume: cuts it at the durable position
 *     result_file_append    ... any number of times
 *     result_file_sync      -> position; then checkpoint_write with it     ... every few seconds
 *     result_file_finish    ends the frame, makes all of it durable
 *     replace_file          DIR/manifest.json, for a folder
 *     checkpoint_remove
 *     result_file_close
 *
 * A crash at any point leaves a file that is finished, or one that the checkpoint describes. A new run writes one
 * frame; each resume adds one (of a folder: ends a part). A stream is never resumed: it has no checkpoint, and sync
 * only flushes.
 *
 * SIGPIPE and SIGXFSZ must be ignored by the process. After a failure of append, sync or finish every later call gives
 * the same failure; result_file_close() then cuts the file back to what is durable.
 *
 * Threads: one at a time, none of its own.  Memory: heap.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "output/result.h"

struct result_file;

/* `path` "-" is stdout, uncompressed; one that ends in a slash is a folder. 0, or the negative of an enum
 * result_failure with *trouble filled. */
MUST_USE int result_file_open(struct result_file **out, const char *path, const struct result_options *options,
                              struct result_trouble *trouble);

enum result_standing result_file_standing(const struct result_file *file);

/* False for a stream: no checkpoint, no resume. */
bool result_file_is_durable(const struct result_file *file);

/* All below: 0, or the negative of an enum result_failure; the words are in result_file_trouble(). */

/* Empties the file and begins. Allowed also after a resume that was refused. */
MUST_USE int result_file_start(struct result_file *file);

/* Cuts the file at `from`, closes the torn frame, goes on behind it. The file must be as long, its tail the same. */
MUST_USE int result_file_resume(struct result_file *file, const struct result_position *from);

/* Whole lines, uncompressed. */
MUST_USE int result_file_append(struct result_file *file, const void *bytes, size_t len);

/* Hands everything so far to the system: a reader sees it. */
MUST_USE int result_file_flush(struct result_file *file);

/* Flushes, makes it durable, and says where that is. */
MUST_USE int result_file_sync(struct result_file *file, struct result_position *durable);

/* Ends the output: the frame's end, fsync. Only close may follow. */
MUST_USE int result_file_finish(struct result_file *file);

/* The first failure, or one with RESULT_OK. */
const struct result_trouble *result_file_trouble(const struct result_file *file);

/*
 * Parts of a folder that are whole, by their number (names by part_folder_name); NULL and 0 for anything else. Borrowed
 * until the next append. After result_file_sync they are those before its position.
 */
const struct result_part *result_file_parts(const struct result_file *file, uint64_t *count);

/* Before result_file_resume of a folder: what result_file_parts() gave at the position. -ENOMEM. */
MUST_USE int result_file_give_parts(struct result_file *file, const struct result_part *parts, uint64_t count);

/* Bytes written, content taken and frames begun so far, those before a resume included; tail_xxh64 is not filled. */
struct result_position result_file_position(const struct result_file *file);

/*
 * Gives everything back. An output that was started but not finished is cut to what is durable, and its torn frame is
 * closed behind that for whoever reads it meanwhile (a resume cuts that off again). One that open made and nobody
 * started is removed. NULL is allowed.
 */
void result_file_close(struct result_file *file);
