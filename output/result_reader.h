// SPDX-License-Identifier: MIT
#pragma once

/*
 * The lines of result files, one after the other: what a scan wrote, read back as a stream. Paths are files, plain or of
 * zstd frames (told by their first bytes; any number of frames, RFC 8878), "-" for stdin, or folders, whose parts
 * (part-00000.ndjson.zst and so on, else every visible *.ndjson and *.ndjson.zst) are read in the order of their names.
 *
 * What cannot be read is told, never passed over: a file that ends inside a frame, as that of a scan that still runs or
 * was cut off, gives its whole lines and then RESULT_READ_TORN. After each trouble the next call goes on, with the next
 * line or the next file, so the caller decides what a trouble means.
 *
 * Empty lines are skipped. The last line of a file needs no newline; of a torn frame an unfinished line is left out.
 *
 * Threads: one at a time, none of its own.  Memory: heap; two buffers, one as large as the longest line, at most
 * RESULT_LINE_MAX, and zstd's window (at most 128 MiB, 2 MiB or less for what a scan writes at its default level).
 */

#include <stddef.h>
#include <stdint.h>
#include "output/must_use.h"

struct result_reader;

enum result_read {
    RESULT_READ_LINE,
    RESULT_READ_END,       /* of all paths; for good */
    RESULT_READ_LONG_LINE, /* one line was longer than RESULT_LINE_MAX and is left out */
    RESULT_READ_TORN,      /* the path ends too early; what stands before was given */
    RESULT_READ_DAMAGED,   /* the rest of the path cannot be decompressed */
    RESULT_READ_FAILED,    /* the path, or the rest of it, cannot be read: result_reader_error() */
};

#define RESULT_LINE_MAX ((size_t)64 << 20)

/* The paths are borrowed for the reader's life. NULL: no memory. */
MUST_USE struct result_reader *result_reader_new(const char *const *paths, size_t count);
void result_reader_free(struct result_reader *reader);

/* With RESULT_READ_LINE *line (len bytes, no newline) is valid until the next call. */
MUST_USE enum result_read result_reader_next(struct result_reader *reader, const char **line, size_t *len);

/* Of the last trouble: one line without final dot, "cannot read a.ndjson: No such file or directory". */
const char *result_reader_words(const struct result_reader *reader);
int result_reader_error(const struct result_reader *reader); /* negative errno, 0 where none fits */

/* Where the last line stood: the file (of a folder: the part), its line from 1, and which of the paths given. */
const char *result_reader_file(const struct result_reader *reader);
uint64_t result_reader_line(const struct result_reader *reader);
size_t result_reader_path_index(const struct result_reader *reader);
