// SPDX-License-Identifier: MIT
#include "scanner/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct arena_block {
    struct arena_block *older;
    size_t size;
    _Alignas(max_align_t) char bytes[];
};

/* Small ones first: of many arenas at a time most need a little more than they have, and what is left of the last block is
   waste. */
enum { SMALL_BLOCK = 512, LARGE_BLOCK = 4096, SMALL_BLOCKS_MAX = 8 * SMALL_BLOCK };

static size_t block_size(const struct arena *arena)
{
    return (arena->overflow_bytes < SMALL_BLOCKS_MAX ? SMALL_BLOCK : LARGE_BLOCK) - sizeof(struct arena_block);
}

void arena_init(struct arena *arena, void *memory, size_t size, size_t overflow_limit)
{
    static _Alignas(max_align_t) char no_room[1]; /* nothing is written there: pointers are counted from it */
    char *first = memory ? memory : no_room;
    *arena = (struct arena){ .first = first, .first_size = size, .at = first, .size = size, .limit = overflow_limit };
}

void arena_reset(struct arena *arena)
{
    if (arena->pool) {
        arena->pool->bytes -= arena->overflow_bytes;
    }
    while (arena->overflow) {
        struct arena_block *older = arena->overflow->older;
        free(arena->overflow);
        arena->overflow = older;
    }
    arena->at = arena->first;
    arena->size = arena->first_size;
    arena->used = 0;
    arena->overflow_bytes = 0;
    arena->was_exhausted = arena->has_no_memory = false;
}

static bool fits(size_t used, size_t limit, size_t more)
{
    return used <= limit && more <= limit - used;
}

static struct arena_block *new_block(struct arena *arena, size_t size)
{
    if (!fits(arena->overflow_bytes, arena->limit, size) ||
        (arena->pool && !fits(arena->pool->bytes, arena->pool->limit, size))) {
        arena->was_exhausted = true;
        return NULL;
    }
    struct arena_block *block = malloc(sizeof(*block) + size);
    if (!block) {
        arena->was_exhausted = arena->has_no_memory = true;
        return NULL;
    }
    block->older = arena->overflow;
    block->size = size;
    arena->overflow = block;
    arena->overflow_bytes += size;
    if (arena->pool) {
        arena->pool->bytes += size;
    }
    return block;
}

static char *take(struct arena *arena, size_t size, size_t align)
{
    uintptr_t at = (uintptr_t)(arena->at + arena->used);
    size_t padding = (size_t)(-at & (align - 1));
    size_t room = arena->size - arena->used;
    if (padding <= room && size <= room - padding) {
        char *out = arena->at + arena->used + padding;
        arena->used += padding + size;
        return out;
    }
    /* Blocks are aligned for any type. What is large gets one of its own, and what is left of the present one stays in use. */
    bool is_large = size > block_size(arena) / 2;
    struct arena_block *block = new_block(arena, is_large ? size : block_size(arena));
    if (!block) {
        return NULL;
    }
    if (!is_large || room == 0) {
        arena->at = block->bytes;
        arena->size = block->size;
        arena->used = size;
    }
    return block->bytes;
}

void *arena_take(struct arena *arena, size_t size)
{
    char *out = take(arena, size, _Alignof(max_align_t));
    if (out) {
        memset(out, 0, size);
    }
    return out;
}

void *arena_take_n(struct arena *arena, size_t size, size_t count)
{
    size_t bytes;
    if (__builtin_mul_overflow(size, count, &bytes)) {
        arena->was_exhausted = true;
        return NULL;
    }
    return arena_take(arena, bytes);
}

char *arena_take_bytes(struct arena *arena, size_t size)
{
    return take(arena, size, 1);
}

bool arena_copy(struct arena *arena, span s, span *out)
{
    char *copy = arena_take_bytes(arena, s.len);
    if (!copy) {
        return false;
    }
    if (s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    *out = span_of(copy, s.len);
    return true;
}

span arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    span out = { "", 0 };
    if (len > 0) {
        char *text = arena_take_bytes(arena, (size_t)len + 1);
        if (text) {
            vsnprintf(text, (size_t)len + 1, format, again);
            /* The terminator is not ours to keep; but a block of its own is not what the next byte is taken from. */
            arena->used -= text + len + 1 == arena->at + arena->used;
            out = span_of(text, (size_t)len);
        }
    }
    va_end(again);
    return out;
}
