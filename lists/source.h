// SPDX-License-Identifier: MIT
#pragma once

/*
 * One list's bytes, decompressed: gzip, zstd, xz, bzip2 and zip are told by the first bytes, never by the file's name.
 *
 * Only those five go through libarchive, so no text is ever mistaken for an archive. Of a zip all regular members are
 * read, one after the other. The bytes as they lie on disk are hashed on the way.
 *
 * Threads: one at a time; blocks.  Errors: negative errno, with source_error() for what libarchive said.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct source;

/* Asked while waiting for a pipe and before each read of the file; true ends the wait with -ECANCELED. NULL: never. */
typedef bool source_stop_fn(void *arg);

/* `path` "-": stdin. A folder is -EISDIR. Reads nothing yet. */
int source_open(struct source **out, const char *path, source_stop_fn *is_stopping, void *arg);
void source_close(struct source *source);

/* Bytes read (> 0), 0 at the end of the member, or a negative errno. -EAGAIN (`may_wait` false): a pipe is silent. */
ssize_t source_read(struct source *source, char *to, size_t size, bool may_wait);
/* 1: there is another member and source_read goes on with it; 0: that was all; or a negative errno. */
int source_next_member(struct source *source);

/* After the end (or before it, when done early): reads what is left of the file and gives XXH3-64 of all its bytes. */
int source_finish(struct source *source, uint64_t *xxh3);

const char *source_compression(const struct source *source); /* "none", "gzip", ...; "none" before the first read */
bool source_is_regular(const struct source *source);
/* Of a regular file: its size, and how far it was read, both in bytes as they lie on disk. Else 0. */
uint64_t source_size(const struct source *source);
uint64_t source_position(const struct source *source);
const char *source_error(const struct source *source); /* one line, for the last negative result */
/* Of a regular file: size, beginning and end, without touching the reading position. 0 or a negative errno. */
int source_identity(struct source *source, uint64_t *identity);
