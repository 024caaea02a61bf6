// SPDX-License-Identifier: MIT
#pragma once

/*
 * Replaces a file as a whole, so that at any moment, and after a crash, the old or the new content stands: a temporary
 * name beside it (PATH.new), fsync, rename, fsync of the folder. For checkpoints, manifests, summaries, metrics.
 *
 * Threads: any; one writer for a path at a time.
 */

#include <stddef.h>
#include "output/must_use.h"

/* 0 or a negative errno. */
MUST_USE int replace_file(const char *path, const void *bytes, size_t len);
