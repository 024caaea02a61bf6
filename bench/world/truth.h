// SPDX-License-Identifier: MIT
#pragma once

/*
 * What a perfect scan would find: the world asked from inside, without sockets, limits or loss, and judged by an
 * evaluator that shares no line with the scanner's. It reads the specification anew, favours plainness over speed, and
 * leaves out those keys whose value the specification does not settle for the case at hand.
 *
 * Threads: one at a time.  Memory: one block on the heap, used again for each name; the stack for the depth of SPF
 * includes.
 */

#include "bench/world/world.h"

#include <stdio.h>

struct truth;

struct truth *truth_new(const struct world *w) MUST_USE;
void truth_free(struct truth *t);

/* One line of JSON. */
void truth_print(struct truth *t, const struct name *name, FILE *out);
