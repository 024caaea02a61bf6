// SPDX-License-Identifier: MIT
#pragma once

/*
 * The world held against itself: what it serves is what it planned, fits a packet, and is what the truth reads.
 * Threads: one.  Memory: its own.
 */

#include "bench/world/world.h"

/* Name number i of the lists that world makes: out[64]. */
void list_name(uint64_t i, char out[64]);

/* Says what is wrong to stderr; true when nothing is. */
bool self_check(const struct world *w, uint64_t names);
