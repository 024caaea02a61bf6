// SPDX-License-Identifier: MIT
#pragma once

/*
 * A strict reader of JSON (RFC 8259) for tests: what it takes, every reader takes. Refused are ill-formed UTF-8, a name
 * twice in one object, control characters in strings, lone surrogates, leading zeros, anything after the value.
 *
 * Paths: "spf.includes[0]"; "dkim.selectors[google].status" picks the element whose first member is that string.
 *
 * Memory: one tree on the heap, freed as a whole; strings are decoded copies.
 */

#include "scanner/base/span.h"

enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_BOOL,
    JSON_KIND_NUMBER,
    JSON_KIND_STRING,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT
};

struct json_value {
    enum json_kind kind;
    span key; /* of a member of an object, decoded */
    bool boolean;
    span text;                       /* JSON_KIND_STRING: decoded; JSON_KIND_NUMBER: as written */
    struct json_value *first, *next; /* children in order; the next sibling */
    size_t count;                    /* of children */
};

struct json_document {
    struct json_value *root; /* NULL: refused */
    const char *error;       /* why */
    size_t error_at;         /* byte offset */
    struct json_chunk *chunks;
};

struct json_document json_read(span text);
void json_document_free(struct json_document *document);

/* The value at `path`, or NULL. The empty path is the value itself. */
const struct json_value *json_at(const struct json_value *value, span path);
const struct json_value *json_member(const struct json_value *object, span key);

/* Same kind and same value; numbers by their value where both are integers, else as written. Order of members counts.
 */
bool json_same(const struct json_value *a, const struct json_value *b);

/* False when it is no integer of 64 bits. */
bool json_to_i64(const struct json_value *value, int64_t *out);

const char *json_kind_name(enum json_kind kind);
