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

enum { OVERFLOW_BLOCK_SIZE = 4096 - sizeof(struct arena_block) };

void arena_init(struct arena *arena, void *memory, size_t size, size_t overflow_limit)
{
    static _Alignas(max_align_t) char no_room[1]; /* nothing is written there: pointers are counted from it */
    char *first = memory ? memory : no_room;
    *arena = (struct arena){ .first = first, .first_size = size, .at = first, .size = size, .limit = overflow_limit };
}

void arena_reset(struct arena *arena)
{
    while (arena->overflow) {
        struct arena_block *older = arena->overflow->older;
        free(arena->overflow);
        arena->overflow = older;
    }
    arena->at = arena->first;
    arena->size = arena->first_size;
    arena->used = 0;
    arena->overflow_bytes = 0;
    arena->was_exhausted = false;
}

static bool add_overflow_block(struct arena *arena, size_t wanted)
{
    size_t size = wanted > OVERFLOW_BLOCK_SIZE ? wanted : OVERFLOW_BLOCK_SIZE;
    if (arena->overflow_bytes > arena->limit || size > arena->limit - arena->overflow_bytes) {
        arena->was_exhausted = true;
        return false;
    }
    struct arena_block *block = malloc(sizeof(*block) + size);
    if (!block) {
        arena->was_exhausted = true;
        return false;
    }
    block->older = arena->overflow;
    block->size = size;
    arena->overflow = block;
    arena->overflow_bytes += size;
    arena->at = block->bytes;
    arena->size = size;
    arena->used = 0;
    return true;
}

static char *take(struct arena *arena, size_t size, size_t align)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        uintptr_t at = (uintptr_t)(arena->at + arena->used);
        size_t padding = (size_t)(-at & (align - 1));
        size_t room = arena->size - arena->used;
        if (padding <= room && size <= room - padding) {
            char *out = arena->at + arena->used + padding;
            arena->used += padding + size;
            return out;
        }
        if (attempt > 0 || size > SIZE_MAX - align || !add_overflow_block(arena, size + align)) {
            return NULL;
        }
    }
    return NULL;
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
            arena->used--; /* the terminator is not ours to keep: it is the last byte taken */
            out = span_of(text, (size_t)len);
        }
    }
    va_end(again);
    return out;
}
