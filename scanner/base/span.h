// SPDX-License-Identifier: MIT
#pragma once

/*
 * A slice of somebody else's bytes, and the small set of functions that read it from the front.
 *
 * Everything hostile (a DNS answer, a line, a record) travels as a span: no NUL is expected, none is written,
 * and no function here reads outside ptr[0 .. len). Case folding is ASCII only, as the DNS and the mail RFCs want.
 *
 * Threads: any; pure.  Memory: none, the results point into what was given.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, args) __attribute__((format(printf, text, args)))
#else
#define MUST_USE
#define PRINTF_LIKE(text, args)
#endif

typedef struct span {
    const char *ptr;
    size_t len;
} span;

#define SPAN(literal) ((span){ ("" literal), sizeof(literal) - 1 })

/* For printf's "%.*s". */
#define SPAN_ARG(s) (int)(s).len, ((s).ptr ? (s).ptr : "")

static inline span span_of(const char *ptr, size_t len)
{
    return (span){ ptr, len };
}

static inline span span_from_cstr(const char *text)
{
    return (span){ text, text ? strlen(text) : 0 };
}

static inline unsigned char ascii_lower(unsigned char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static inline bool ascii_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(unsigned char c)
{
    unsigned char l = ascii_lower(c);
    return l >= 'a' && l <= 'z';
}

static inline bool ascii_is_alnum(unsigned char c)
{
    return ascii_is_digit(c) || ascii_is_alpha(c);
}

/* Blank as in WSP of RFC 5234: space and tab. */
static inline bool ascii_is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

static inline bool span_equal(span a, span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool span_equal_nocase(span a, span b);

/* Order of raw bytes, the shorter first when one is the other's beginning: <0, 0, >0. */
int span_compare(span a, span b);

static inline span span_first(span s, size_t n)
{
    return (span){ s.ptr, n < s.len ? n : s.len };
}

static inline span span_after(span s, size_t n)
{
    return n < s.len ? (span){ s.ptr + n, s.len - n } : (span){ s.ptr ? s.ptr + s.len : NULL, 0 };
}

static inline span span_last(span s, size_t n)
{
    return n < s.len ? (span){ s.ptr + (s.len - n), n } : s;
}

static inline bool span_starts_with(span s, span prefix)
{
    return s.len >= prefix.len && span_equal(span_first(s, prefix.len), prefix);
}

static inline bool span_starts_with_nocase(span s, span prefix)
{
    return s.len >= prefix.len && span_equal_nocase(span_first(s, prefix.len), prefix);
}

static inline bool span_ends_with(span s, span suffix)
{
    return s.len >= suffix.len && span_equal(span_last(s, suffix.len), suffix);
}

static inline bool span_ends_with_nocase(span s, span suffix)
{
    return s.len >= suffix.len && span_equal_nocase(span_last(s, suffix.len), suffix);
}

/* Index of the first `c`, or s.len when there is none. */
size_t span_find(span s, char c);

/* Index of the first occurrence of `needle` (compared without case), or s.len. An empty needle is at 0. */
size_t span_search_nocase(span s, span needle);

/* Takes what stands before the first `separator` off *rest (or all of it); *rest keeps what follows the separator. */
span span_cut(span *rest, char separator);

/* Without the blanks (space, tab) at both ends. */
span span_trim(span s);

/* The same for white space of mail: space, tab, CR, LF. */
span span_trim_fws(span s);

/* Decimal digits only, no sign, at least one, value at most `max`. False leaves *out as it was. */
bool span_to_u64(span s, uint64_t max, uint64_t *out);

/* True when `name` is `parent` or below it, at a label boundary, without case; both without a final dot. */
bool name_is_within(span name, span parent);

/* Labels of a presentation name without final dot; 0 for the empty name. Backslash escapes are respected. */
size_t name_label_count(span name);

/* The name without its first label; empty when it had only one. */
span name_parent(span name);

/* A short hash that does not depend on case; not keyed, not portable: for tables whose chains are bounded otherwise. */
uint32_t span_hash_nocase(span s);
