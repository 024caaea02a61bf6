// SPDX-License-Identifier: MIT
#pragma once

/*
 * Where the records go: a file of zstd frames (NAME.zst), a plain file, or a stream (stdout, a pipe, a device).
 *
 * A file carries an exclusive flock from open to close. It is finished when no checkpoint (NAME.checkpoint) stands
 * beside it. Therefore the order of a run is:
 *
 *     result_file_open      makes and locks the file; changes nothing in it
 *     checkpoint_read       when result_file_standing() is RESULT_UNFINISHED
 *     checkpoint_write      with an empty position; not when resuming
 *     result_file_start     empties the file        ... or result_file_resume: cuts it at the durable position
 *     result_file_append    ... any number of times
 *     result_file_sync      -> position; then checkpoint_write with it     ... every few seconds
 *     result_file_finish    ends the frame, makes all of it durable
 *     checkpoint_remove
 *     result_file_close
 *
 * A crash at any point leaves a file that is finished, or one that the checkpoint describes. A new run writes one frame;
 * each resume adds one. A stream is never resumed: it has no checkpoint, and sync only flushes.
 *
 * SIGPIPE and SIGXFSZ must be ignored by the process. After a failure of append, sync or finish every later call gives
 * the same failure; result_file_close() then cuts the file back to what is durable.
 *
 * Threads: one at a time, none of its own.  Memory: heap.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "output/must_use.h"
#include "output/zstd_stream.h"

struct result_file;

enum result_failure {
    RESULT_OK = 0,
    RESULT_LOCKED,       /* another run holds the output: exit status 77 */
    RESULT_FINISHED,     /* a finished output stands there and force was not given: 73 */
    RESULT_CANNOT_MAKE,  /* no folder, no right, read-only, a directory: 73 */
    RESULT_CANNOT_RESUME, /* the file is not what the checkpoint speaks of: 73 */
    RESULT_WRITE_FAILED, /* disk full, I/O error: 74; what was durable is so still */
    RESULT_READER_GONE,  /* EPIPE on a stream: a normal end */
};

/* What went wrong, for the exit status, for a decision and for a person. */
struct result_trouble {
    enum result_failure failure;
    int error;       /* negative errno, 0 where none fits */
    char words[320]; /* one line without final dot, "cannot make out/a.zst: Permission denied" */
};

enum result_standing {
    RESULT_NEW,        /* made just now, or empty, or a stream */
    RESULT_UNFINISHED, /* a checkpoint stands beside it */
    RESULT_COMPLETE,   /* it holds something and has no checkpoint; open gives this only with force */
};

struct result_options {
    bool force; /* a finished output may be overwritten */
    int level;  /* zstd's, for NAME.zst */
};

/* A place in the output at which it can be cut and gone on with. All zero: the beginning. */
struct result_position {
    uint64_t offset;               /* bytes of the file */
    uint64_t uncompressed_bytes;   /* content up to there */
    uint64_t frames;               /* begun up to there; 0 for a plain file */
    struct zstd_frame_state frame; /* the torn frame, if any */
    uint64_t tail_xxh64;           /* of the last RESULT_TAIL_SIZE bytes before offset, to know the file again */
};

enum { RESULT_TAIL_SIZE = 4096 };

/* `path` "-" is stdout, uncompressed. 0, or the negative of an enum result_failure with *trouble filled. */
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

/* Bytes written, content taken and frames begun so far, those before a resume included; tail_xxh64 is not filled. */
struct result_position result_file_position(const struct result_file *file);

/*
 * Gives everything back. An output that was started but not finished is cut to what is durable, and its torn frame is
 * closed behind that for whoever reads it meanwhile (a resume cuts that off again). One that open made and nobody
 * started is removed. NULL is allowed.
 */
void result_file_close(struct result_file *file);
