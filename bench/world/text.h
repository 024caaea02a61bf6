// SPDX-License-Identifier: MIT
#pragma once

/*
 * A record's text while it is put together: what does not fit is left out and `was_cut` says so.
 * Threads: one at a time.  Memory: inside the struct.
 */

#include "scanner/base/span.h"

enum { TEXT_MAX = 4000 };

struct text {
    size_t len;
    bool was_cut;
    char bytes[TEXT_MAX];
};

static inline span text_span(const struct text *t)
{
    return span_of(t->bytes, t->len);
}

static inline void text_clear(struct text *t)
{
    t->len = 0;
    t->was_cut = false;
}

static inline void text_add(struct text *t, span s)
{
    if (s.len > TEXT_MAX - t->len) {
        t->was_cut = true;
        return;
    }
    if (s.len > 0) {
        memcpy(t->bytes + t->len, s.ptr, s.len);
    }
    t->len += s.len;
}

static inline void text_add_cstr(struct text *t, const char *s)
{
    text_add(t, span_from_cstr(s));
}

void text_add_number(struct text *t, uint64_t value);
void text_add_hex(struct text *t, uint64_t value, int digits);
/* A dotted quad. */
void text_add_address(struct text *t, uint32_t address);
/* With every dot made a dash, as providers make host labels of customers' names. */
void text_add_dashed(struct text *t, span name);
