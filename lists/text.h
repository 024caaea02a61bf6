// SPDX-License-Identifier: MIT
#pragma once

/*
 * A slice of a line, and the few functions the readers of lists need on it.
 *
 * Everything in a list is hostile: no NUL is expected or written, nothing is read outside ptr[0 .. len), and case
 * folding is ASCII only.
 *
 * Threads: any; pure.  Memory: none, the results point into what was given.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *ptr;
    size_t len;
};

#define TEXT(literal) ((struct text){ ("" literal), sizeof(literal) - 1 })

/* For printf's "%.*s". */
#define TEXT_ARG(t) (int)(t).len, ((t).ptr ? (t).ptr : "")

static inline struct text text_of(const char *ptr, size_t len)
{
    return (struct text){ ptr, len };
}

static inline struct text text_from_cstr(const char *cstr)
{
    return (struct text){ cstr, cstr ? strlen(cstr) : 0 };
}

static inline unsigned char text_lower(unsigned char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static inline bool text_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static inline bool text_is_alpha(unsigned char c)
{
    unsigned char l = text_lower(c);
    return l >= 'a' && l <= 'z';
}

static inline bool text_is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool text_equal_nocase(struct text a, struct text b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (text_lower((unsigned char)a.ptr[i]) != text_lower((unsigned char)b.ptr[i])) {
            return false;
        }
    }
    return true;
}

static inline struct text text_first(struct text t, size_t n)
{
    return (struct text){ t.ptr, n < t.len ? n : t.len };
}

static inline struct text text_after(struct text t, size_t n)
{
    return n < t.len ? (struct text){ t.ptr + n, t.len - n } : (struct text){ t.ptr ? t.ptr + t.len : NULL, 0 };
}

/* Index of the first `c`, or t.len. */
static inline size_t text_find(struct text t, char c)
{
    const char *hit = t.len > 0 ? memchr(t.ptr, c, t.len) : NULL;
    return hit ? (size_t)(hit - t.ptr) : t.len;
}

/* Index of the last `c`, or t.len. */
static inline size_t text_find_last(struct text t, char c)
{
    for (size_t i = t.len; i > 0; i--) {
        if (t.ptr[i - 1] == c) {
            return i - 1;
        }
    }
    return t.len;
}

/* Takes what stands before the first `separator` off *rest (or all of it); *rest keeps what follows it. */
static inline struct text text_cut(struct text *rest, char separator)
{
    size_t end = text_find(*rest, separator);
    struct text head = text_first(*rest, end);
    *rest = text_after(*rest, end + 1);
    return head;
}

/* Without the spaces and tabs at both ends. */
static inline struct text text_trim(struct text t)
{
    while (t.len > 0 && text_is_blank((unsigned char)t.ptr[0])) {
        t = text_after(t, 1);
    }
    while (t.len > 0 && text_is_blank((unsigned char)t.ptr[t.len - 1])) {
        t.len--;
    }
    return t;
}

/* Takes the next run of non-blanks off *rest; empty when there is none. */
static inline struct text text_cut_word(struct text *rest)
{
    struct text from = text_trim(*rest);
    size_t n = 0;
    while (n < from.len && !text_is_blank((unsigned char)from.ptr[n])) {
        n++;
    }
    *rest = text_after(from, n);
    return text_first(from, n);
}

/* Decimal digits only, at least one, at most `max`. False leaves *out as it was. */
static inline bool text_to_u64(struct text t, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (t.len == 0) {
        return false;
    }
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.ptr[i];
        if (!text_is_digit(c) || value > (max - (uint64_t)(c - '0')) / 10 || (uint64_t)(c - '0') > max) {
            return false;
        }
        value = value * 10 + (uint64_t)(c - '0');
    }
    *out = value;
    return true;
}
