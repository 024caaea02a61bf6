// SPDX-License-Identifier: MIT
#pragma once

/*
 * A small file as a whole, into memory: configuration, manifest, summary. What is longer than the caller allows is refused,
 * never cut.
 *
 * Threads: any.
 */

#include <stddef.h>
#include "output/must_use.h"

/* 0 with *bytes (from malloc, never NULL) and *len, or a negative errno (-EFBIG: more than `max` bytes) and nothing. */
MUST_USE int read_file(const char *path, size_t max, char **bytes, size_t *len);
