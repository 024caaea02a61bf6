// SPDX-License-Identifier: MIT
#pragma once

/*
 * The Public Suffix List, whole, its private section too: where one organisation's names begin.
 *
 * The newer of the system's file and libpsl's built-in copy is taken, unless a file is given. Names are A-labels in
 * lower case without a final dot. An unknown top-level domain counts as a public suffix (the list's rule `*`).
 *
 * Threads: any, once open.  Memory: libpsl's tables.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct suffixes;

/* `path` NULL: see above; else a list in its text or DAFSA form. 0, or a negative errno with one line in error[]. */
int suffixes_open(struct suffixes **out, const char *path, char *error, size_t error_size);
void suffixes_close(struct suffixes *suffixes);

/* Where in `name` its organizational domain begins: the public suffix and one label; 0 when there is nothing shorter.
 */
size_t suffixes_organizational(const struct suffixes *suffixes, const char *name, size_t len);
bool suffixes_is_public_suffix(const struct suffixes *suffixes, const char *name, size_t len);

/* Both at once, for the price of one: true when it is a public suffix, and where its organizational domain begins. */
bool suffixes_split(const struct suffixes *suffixes, const char *name, size_t len, size_t *organizational_at);

/* Tells two versions of the list apart: shards of one run must all have the same. */
uint64_t suffixes_fingerprint(const struct suffixes *suffixes);
