// SPDX-License-Identifier: MIT
#pragma once

/*
 * A simulated Internet: what the DNS says about any name. Every answer follows from the seed, the profile and the name,
 * so nothing is stored, no two askers are told different things, and the truth about a list can be printed beside it.
 *
 * Threads: any may ask; the world is constant once made.  Memory: tables of the fixed zones and suffixes, on the heap.
 */

#include "bench/world/fixed.h"
#include "bench/world/name.h"
#include "bench/world/rates.h"
#include "bench/world/reply.h"
#include "bench/world/suffix.h"

struct world {
    uint64_t seed;
    const struct rates *rates;
    struct suffix_set *suffixes;
    struct fixed_zones *fixed;
    uint32_t include_weight; /* of all include targets together */
};

/* False with errno set. psl_path may be NULL. */
bool world_init(struct world *w, uint64_t seed, const struct rates *rates, const char *psl_path) MUST_USE;
void world_deinit(struct world *w);

/* The answer of a resolver: aliases followed. Spans in r may point into qname. Types other than A, AAAA, MX, TXT, CNAME
 * are NODATA. */
void world_answer(const struct world *w, const struct name *qname, uint16_t type, struct reply *r);
