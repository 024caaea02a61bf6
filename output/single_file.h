// SPDX-License-Identifier: MIT
#pragma once

/*
 * One output that is one file or stream: what result_file.h says of those. Behind result_file, and each part of a
 * folder.
 *
 * Threads: one at a time, none of its own.  Memory: heap.
 */

#include "output/result.h"

struct single_file;

/* Of zstd frames or plain; `path` "-" is stdout. */
MUST_USE int single_file_open(struct single_file **out, const char *path, bool is_zstd,
                              const struct result_options *options, struct result_trouble *trouble);
enum result_standing single_file_standing(const struct single_file *file);
bool single_file_is_durable(const struct single_file *file);
MUST_USE int single_file_start(struct single_file *file);
MUST_USE int single_file_resume(struct single_file *file, const struct result_position *from);
MUST_USE int single_file_append(struct single_file *file, const void *bytes, size_t len);
MUST_USE int single_file_flush(struct single_file *file);
MUST_USE int single_file_sync(struct single_file *file, struct result_position *durable);
MUST_USE int single_file_finish(struct single_file *file);
const struct result_trouble *single_file_trouble(const struct single_file *file);
struct result_position single_file_position(const struct single_file *file);

/* XXH3-64 of the file's bytes so far, computed while they are written; only with options.hashes. */
uint64_t single_file_xxh3(const struct single_file *file);
void single_file_close(struct single_file *file);

/* Fills *trouble: `format` says what cannot be done, the system's word for `error` (0: none) follows. Gives -failure.
 */
int result_trouble_set(struct result_trouble *trouble, enum result_failure failure, int error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
