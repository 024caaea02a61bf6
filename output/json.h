// SPDX-License-Identifier: MIT
#pragma once

/*
 * Appends JSON (RFC 8259) to a buffer, one value a line.
 *
 * The appender puts the commas and colons, so only the order of calls is the caller's; a wrong order is an assert. What
 * does not fit is remembered and asked once, at the end of the line: json_end_line() then takes the whole line back, so
 * the buffer never holds a part of one.
 *
 * Whatever bytes come in, valid UTF-8 goes out. Two kinds of strings: json_string() for text (ill-formed UTF-8 becomes
 * U+FFFD) and json_dns_text() for bytes of the DNS, which loses nothing (RFC 1035 5.1 escapes).
 *
 * Threads: one at a time.  Memory: the buffer's, which is the caller's; the appender itself holds none.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "output/must_use.h"

/* Lines stand in bytes[0 .. len). Grows by doubling up to `limit` when it is of the heap; else limit is size. */
struct json_buffer {
    char *bytes;
    size_t len, size, limit;
    bool has_no_memory; /* why the line begun last does not fit: the system's doing, not the limit's */
};

/* Over memory of the caller's, which never grows. */
void json_buffer_init_fixed(struct json_buffer *buffer, void *memory, size_t size);

/* Of the heap; size at least 1, at most limit. False when there is no memory. */
MUST_USE bool json_buffer_init_heap(struct json_buffer *buffer, size_t size, size_t limit);

/* Only for one of the heap. */
void json_buffer_deinit(struct json_buffer *buffer);

/* Nested deeper, a line does not fit (readers have such limits too). */
enum { JSON_DEPTH_MAX = 128 };

struct json {
    struct json_buffer *buffer;
    size_t line_start;                       /* in the buffer */
    uint32_t depth;                          /* open objects and arrays */
    bool did_not_fit;                        /* sticky until the next json_start */
    bool wants_comma;                        /* a value stands before, in the same object or array */
    bool has_key;                            /* a key waits for its value */
    uint64_t is_object[JSON_DEPTH_MAX / 64]; /* one bit a level */
};

/* Begins a line at the end of what the buffer holds. */
void json_start(struct json *json, struct json_buffer *buffer);

/* Ends it with '\n'. False: it did not fit, and the buffer is as json_start found it. */
MUST_USE bool json_end_line(struct json *json);

void json_begin_object(struct json *json);
void json_end_object(struct json *json);
void json_begin_array(struct json *json);
void json_end_array(struct json *json);

/* The key of the next value: a literal of printable ASCII without quote and backslash. */
#define json_key(json, literal) json_key_bytes((json), "" literal, sizeof(literal) - 1)
void json_key_bytes(struct json *json, const char *key, size_t len);

/* A key made at run time, of any bytes; escaped as json_string does. */
void json_key_text(struct json *json, const char *key, size_t len);

/* Text; each ill-formed part of UTF-8 becomes U+FFFD (Unicode 3.9, "maximal subpart"). text may be NULL when len is 0.
 */
void json_string(struct json *json, const char *text, size_t len);

/* The same up to the NUL; NULL gives null. */
void json_cstr(struct json *json, const char *text);

/* A key, as for json_key but up to its NUL, and its value. */
void json_put_text(struct json *json, const char *key, const char *text);
void json_put_u64(struct json *json, const char *key, uint64_t value);

/* Bytes of the DNS: printable ASCII as is, a backslash as `\\`, any other byte as `\DDD`; then escaped for JSON. */
void json_dns_text(struct json *json, const char *bytes, size_t len);

void json_bool(struct json *json, bool value);
void json_null(struct json *json);
void json_u64(struct json *json, uint64_t value);
void json_i64(struct json *json, int64_t value);

/* With `digits` (0 to 9) after the point, rounded half away from zero; null when not finite or beyond 2^63 / 10^digits.
 */
void json_double(struct json *json, double value, unsigned digits);
