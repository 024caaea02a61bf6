// SPDX-License-Identifier: MIT
#pragma once

/*
 * Where zones are cut: the public suffix of a name. By default a small table of the suffixes that lists of real domains
 * use most; any other name falls under the list's own default rule, its last label. A full Public Suffix List may be
 * loaded instead, so that the world and a scanner with the same list cut every name alike.
 *
 * Threads: any, once made.  Memory: one hash table on the heap.
 */

#include "bench/world/name.h"

struct suffix_set;

/* path NULL: the small table. NULL with errno set when the file cannot be read or memory is short. */
struct suffix_set *suffix_set_new(const char *path) MUST_USE;
void suffix_set_free(struct suffix_set *s);

/* How many labels of the name are its public suffix, at least 1 and at most all of them; 0 for the root. */
size_t suffix_labels(const struct suffix_set *s, const struct name *n);
