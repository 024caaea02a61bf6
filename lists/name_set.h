// SPDX-License-Identifier: MIT
#pragma once

/*
 * A set of names, kept as 128-bit XXH3 hashes: two different names of a billion fall together with probability 10^-21.
 *
 * Open addressing in 1,024 small tables chosen by the hash. Each grows by a quarter when it is 4/5 full, on its own, so
 * a name costs 16 bytes / 0.64 .. 0.8 = 20 to 25 bytes, and growing never needs two copies of the whole.
 *
 * Threads: one at a time; many readers while nobody adds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_set;

/* NULL: no memory. */
struct name_set *name_set_new(void);
void name_set_free(struct name_set *set);

/* 1: added, 0: it was there, -ENOMEM. */
int name_set_add(struct name_set *set, const char *name, size_t len);
bool name_set_has(const struct name_set *set, const char *name, size_t len);
size_t name_set_count(const struct name_set *set);
/* Bytes of the tables. */
size_t name_set_bytes(const struct name_set *set);
