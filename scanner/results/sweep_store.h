// SPDX-License-Identifier: MIT
#pragma once

/*
 * Two sweeps side by side, however long they are: entries are dealt by the hash of their domain into files without a
 * name (in TMPDIR, else /tmp), about 100 bytes each, and then one pair of files after the other is sorted and joined in
 * memory.
 *
 * Threads: one at a time.  Memory: heap; the largest pair of files (a 64th of both sweeps).
 */

#include <stdio.h>

#include "scanner/results/change.h"

enum sweep { SWEEP_BEFORE, SWEEP_NOW, SWEEP_COUNT };

struct sweep_store;

/* A file without a name, in TMPDIR, else /tmp, to write and then read. NULL: errno says why. */
FILE *sweep_store_file(void);

/* 0 or a negative errno. */
MUST_USE int sweep_store_open(struct sweep_store **out);
void sweep_store_close(struct sweep_store *store);

MUST_USE int sweep_store_add(struct sweep_store *store, enum sweep sweep, const struct sweep_entry *entry);

/*
 * Every domain once: `visit` gets its entry of each sweep, or NULL. Of a domain that one sweep holds several times the
 * first is taken, the others are counted. The order follows from the hash and the name: the same for the same sweeps.
 */
MUST_USE int sweep_store_join(struct sweep_store *store,
                              void (*visit)(void *arg, const struct sweep_entry *before, const struct sweep_entry *now),
                              void *arg);

/* Entries left out because their domain stood there before. After the join. */
uint64_t sweep_store_doubles(const struct sweep_store *store, enum sweep sweep);
