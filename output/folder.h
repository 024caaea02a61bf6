// SPDX-License-Identifier: MIT
#pragma once

/*
 * A name that was made, renamed or removed survives a crash only when its folder was synced.
 *
 * Threads: any.
 */

#include "output/must_use.h"

/* Syncs the folder in which the file `path` stands; 0 or a negative errno. File systems that cannot: 0. */
MUST_USE int folder_sync_of(const char *path);
