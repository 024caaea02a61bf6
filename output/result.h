// SPDX-License-Identifier: MIT
#pragma once

/*
 * What the kinds of output have in common: how they fail, what stands where they want to write, and where they can be
 * cut.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "output/must_use.h"
#include "output/zstd_stream.h"

enum result_failure {
    RESULT_OK = 0,
    RESULT_LOCKED,        /* another run holds the output: exit status 77 */
    RESULT_FINISHED,      /* a finished output stands there and force was not given: 73 */
    RESULT_CANNOT_MAKE,   /* no folder, no right, read-only, a directory: 73 */
    RESULT_CANNOT_RESUME, /* the file is not what the checkpoint speaks of: 73 */
    RESULT_WRITE_FAILED,  /* disk full, I/O error: 74; what was durable is so still */
    RESULT_READER_GONE,   /* EPIPE on a stream: a normal end */
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
    bool force;         /* a finished output may be overwritten */
    int level;          /* zstd's, for NAME.zst and the parts of a folder */
    uint64_t part_size; /* compressed bytes at which a part of a folder ends; 0: RESULT_PART_SIZE */
    uint64_t part_records; /* records at which it ends, if that comes first; 0: no such end */
    bool hashes;           /* single_file_xxh3() is wanted */
    bool no_follow;        /* a symbolic link in its place is refused: a name that is ours, not the user's */
};

#define RESULT_PART_SIZE (UINT64_C(128) << 20)

/* A place in the output at which it can be cut and gone on with. All zero: the beginning. */
struct result_position {
    uint64_t offset;               /* bytes of the file; of a folder: of all parts */
    uint64_t uncompressed_bytes;   /* content up to there */
    uint64_t frames;               /* begun up to there; 0 for a plain file */
    struct zstd_frame_state frame; /* the torn frame, if any */
    uint64_t tail_xxh64;           /* of the last RESULT_TAIL_SIZE bytes before offset, to know the file again */
    uint64_t part, part_begin; /* of a folder: the part that offset is in (from 0), and the offset where that begins */
    uint64_t part_records;     /* in that part, up to offset */
};

/* A part that is whole. */
struct result_part {
    uint64_t records, bytes, uncompressed_bytes;
    uint64_t xxh3; /* XXH3-64 of the file, `xxhsum -H3` */
};

enum { RESULT_TAIL_SIZE = 4096 };
