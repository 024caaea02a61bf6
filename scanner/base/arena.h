// SPDX-License-Identifier: MIT
#pragma once

/*
 * Memory of one domain: taken piece by piece, emptied in one step.
 *
 * The first block is the caller's and lasts for the run; what does not fit comes in overflow blocks from malloc, up to
 * `limit` bytes in all, and goes back at the next reset. So an ordinary domain costs no malloc, an odd one a few, and a
 * hostile one gets NULL: every caller must be able to say "cut" instead of growing.
 *
 * Threads: one at a time; whoever holds the slot holds its arena.
 */

#include "scanner/base/span.h"

struct arena_block;

/* What several arenas of one thread may take together beyond their first blocks. */
struct arena_pool {
    size_t bytes, limit;
};

struct arena {
    char *first;                  /* the caller's block */
    size_t first_size;
    char *at;                     /* the block in use */
    size_t size, used;
    struct arena_block *overflow; /* newest first */
    size_t overflow_bytes, limit; /* limit on overflow_bytes */
    struct arena_pool *pool;      /* set after arena_init; NULL: none */
    bool was_exhausted;           /* a request was refused since the last reset, */
    bool has_no_memory;           /* by the system and not by a limit: what is missing now says nothing of the domain */
};

/* Without a first block: NULL and 0. */
void arena_init(struct arena *arena, void *memory, size_t size, size_t overflow_limit);

/* Gives overflow blocks back and forgets everything taken. */
void arena_reset(struct arena *arena);

/* How far an arena was filled. */
struct arena_mark {
    char *at;
    size_t used;
};

static inline struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){ arena->at, arena->used };
}

/* Takes back what was taken since the mark; when a new block has begun meanwhile it stays taken until the reset. */
static inline void arena_take_back(struct arena *arena, struct arena_mark mark)
{
    if (arena->at == mark.at) {
        arena->used = mark.used;
    }
}

/* Zeroed, aligned for any type; NULL when the limit is reached. size 0 gives a valid pointer. */
MUST_USE void *arena_take(struct arena *arena, size_t size);

/* Bytes without alignment, not zeroed; NULL when the limit is reached. */
MUST_USE char *arena_take_bytes(struct arena *arena, size_t size);

#define ARENA_TAKE(arena, type)          ((type *)arena_take((arena), sizeof(type)))
#define ARENA_TAKE_N(arena, type, count) ((type *)arena_take_n((arena), sizeof(type), (count)))
MUST_USE void *arena_take_n(struct arena *arena, size_t size, size_t count);

/* A copy of `s`; false when there is no room (*out untouched). */
MUST_USE bool arena_copy(struct arena *arena, span s, span *out);

/* printf into the arena; an empty span when there is no room. */
span arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
