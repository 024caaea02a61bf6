// SPDX-License-Identifier: MIT
#pragma once

/*
 * Which of the domains, numbered 0, 1, 2 ... in the order of admission, are written.
 *
 * All below `lowest` are; above it a bitmap tells, kept in a ring of words that doubles when somebody runs far ahead of
 * the slowest, up to a limit.
 *
 * Threads: one at a time.  Memory: heap, limit / 8 bytes at most.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "output/must_use.h"

struct watermark {
    uint64_t lowest;      /* the first index not written: the watermark */
    uint64_t end;         /* behind the highest index written; 0 when none is */
    uint64_t above_count; /* written indices above lowest */
    uint64_t *words;      /* the word of index i is words[(i / 64) % word_count] */
    size_t word_count;    /* power of two */
    uint64_t limit;       /* indices the ring may span, a power of two */
};

/* The most a ring may span: 64 Mi indices, 8 MiB. */
#define WATERMARK_LIMIT_MAX (UINT64_C(1) << 26)

/* `limit` is rounded up to a power of two of at least 64 and cut to WATERMARK_LIMIT_MAX. -ENOMEM, or 0. */
MUST_USE int watermark_init(struct watermark *watermark, uint64_t limit);
void watermark_deinit(struct watermark *watermark);

/* Notes that `index` is written. -EEXIST: it was already; -ERANGE: beyond the limit; -ENOMEM. Then nothing changed. */
MUST_USE int watermark_add(struct watermark *watermark, uint64_t index);

bool watermark_has(const struct watermark *watermark, uint64_t index);

/* How many are written in all. */
uint64_t watermark_count(const struct watermark *watermark);

/*
 * The bitmap above the watermark, for a checkpoint: bit b (from the lowest) of byte n stands for index
 * lowest + 8 * n + b. So bit 0 of byte 0 is never set, and the last byte is never 0.
 */
size_t watermark_bytes_len(const struct watermark *watermark);
void watermark_print_bytes(const struct watermark *watermark, uint8_t *out);

/*
 * The reverse, into a watermark just initialised. -EBADMSG when the bytes are not of the form above or lowest is past
 * 2^62; -ERANGE beyond the limit; -ENOMEM. Then it is still empty.
 */
MUST_USE int watermark_restore(struct watermark *watermark, uint64_t lowest, const uint8_t *bytes, size_t len);
