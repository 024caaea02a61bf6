// SPDX-License-Identifier: MIT
#pragma once

/*
 * XXH3-64 of a whole file, as `xxhsum -H3` prints it: what a manifest says of a part.
 *
 * Threads: any.
 */

#include <stdint.h>
#include "output/must_use.h"

/* 0 or a negative errno; out parameters change only on success. */
MUST_USE int file_hash(const char *path, uint64_t *bytes, uint64_t *xxh3);
