// SPDX-License-Identifier: MIT
#pragma once

/*
 * Entries of domains that something stayed unknown of, waiting to be asked once more: a bounded queue, oldest first.
 *
 * Threads: the loop's.  Memory: SET_ASIDE_BYTES at most, taken as needed: when it is full a domain is not put aside but
 * gets its record as it is; set_aside_is_crowded asks for some to be taken out well before.
 */

#include "scanner/domain_scan.h"

enum { SET_ASIDE_ENTRIES = 65536, SET_ASIDE_BYTES = 8 * 1024 * 1024, SET_ASIDE_SPAN = 16 * 1024 * 1024 };

struct set_aside_entry;

struct set_aside {
    struct set_aside_entry *first, *last;
    size_t count, bytes;
};

void set_aside_init(struct set_aside *aside);
void set_aside_deinit(struct set_aside *aside);

/* Remembers the scan's entry; false when there is no room. */
MUST_USE bool set_aside_add(struct set_aside *aside, const struct domain_scan *d);

/*
 * More than half full, or the oldest lies far behind `newest`, the index admitted last: the watermark spans all that was
 * written since, and its room is bounded too.
 */
bool set_aside_is_crowded(const struct set_aside *aside, uint64_t newest);

/* The oldest; its spans are valid until set_aside_drop. False when there is none. */
MUST_USE bool set_aside_take(struct set_aside *aside, struct domain_entry *out);
/* Forgets the oldest, which is `entry`. */
void set_aside_drop(struct set_aside *aside, const struct domain_entry *entry);
