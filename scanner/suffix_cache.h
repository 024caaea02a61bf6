// SPDX-License-Identifier: MIT
#pragma once

/*
 * What the public suffix list says of the names seen last, so that a domain's name is looked up there once and not in every
 * round of questions (a look-up costs as much as reading a whole answer).
 *
 * Threads: any; each has a cache of its own.  Memory: about 160 kB a thread that asks; a name's place is overwritten by the
 * next one that falls there.
 */

#include "lists/suffixes.h"
#include "scanner/base/span.h"

/* The registrable domain as a part of `name`; `name` itself where it is a public suffix. One list a process. */
span suffix_cache_organizational(const struct suffixes *suffixes, span name);
bool suffix_cache_is_public_suffix(const struct suffixes *suffixes, span name);

/* A hash of the organizational domain of `name`, never 0: names that share one belong to one zone. */
uint64_t suffix_cache_zone_hash(const struct suffixes *suffixes, span name);
