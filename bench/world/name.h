// SPDX-License-Identifier: MIT
#pragma once

/*
 * A domain name as the world sees it: lower case text without the final dot, cut into labels, with a hash for every
 * tail
 * ("c", "b.c", "a.b.c"), so that zones, suffixes and hosts are found without another pass over the bytes.
 *
 * A byte that no host name has (anything but letters, digits, '-', '_', '*') is kept as '?' and makes the name odd: no
 * odd name exists anywhere, but it can fall under a wildcard.
 *
 * Threads: any; pure.  Memory: inside the struct.
 */

#include "scanner/base/span.h"

enum { NAME_TEXT_MAX = 255, NAME_LABELS_MAX = 128, NAME_WIRE_MAX = 255 };

struct name {
    char text[NAME_TEXT_MAX + 1];
    uint8_t len;
    uint8_t label_count; /* 0: the root */
    bool is_odd;
    uint8_t start[NAME_LABELS_MAX];          /* where label i begins, 0 the leftmost */
    uint64_t tail_hash[NAME_LABELS_MAX + 1]; /* of the last k labels, 1 <= k <= label_count */
};

/* False: empty or over-long label, or a name over 253 characters. One final dot is allowed; "" and "." are the root. */
bool name_from_text(span text, struct name *out) MUST_USE;

/* Reads an uncompressed name (RFC 1035 3.1): the bytes it took, or 0 when it is cut short, too long or has a pointer.
 */
size_t name_from_wire(const uint8_t *bytes, size_t len, struct name *out) MUST_USE;

/* The last `labels` labels. */
span name_tail(const struct name *n, size_t labels);

/* Label i, 0 the leftmost. */
span name_label(const struct name *n, size_t i);

/* Wire form of a text made by us (no escapes); 0 when it does not fit or is no name. */
size_t name_to_wire(span text, uint8_t *out, size_t room);

/* The hash that tail_hash would hold for this text. */
uint64_t name_hash(span text);
