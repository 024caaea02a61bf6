// SPDX-License-Identifier: MIT
#pragma once

/*
 * The part of the world that is the same for every seed: mail providers' hosts and include targets, report vendors, the
 * policies of public suffixes. Names are explicit, or wildcards by RFC 4592.
 *
 * Threads: any, once made.  Memory: tables on the heap.
 */

#include "bench/world/name.h"
#include "bench/world/reply.h"

struct fixed_zones;
struct suffix_set;

enum fixed_match {
    FIXED_NOTHING, /* not our name: there is neither a record nor anything below */
    FIXED_EMPTY,   /* exists only because of what is below it (RFC 8020) */
    FIXED_RECORDS, /* has records, of this type or others */
};

struct fixed_zones *fixed_zones_new(const struct suffix_set *suffixes) MUST_USE;
void fixed_zones_free(struct fixed_zones *z);

/* True when the name is the top of a zone with fixed names. */
bool fixed_is_zone(const struct fixed_zones *z, uint64_t hash, span text);

/* The name itself, wildcards not looked at. Adds the records of the type (or the CNAME) to r. */
enum fixed_match fixed_answer(const struct fixed_zones *z, const struct name *n, uint16_t type, struct reply *r);

/* A name that does not exist: the wildcard beside it, if its closest encloser has one. *encloser_labels says where that
 * is (0: none of ours). True when the wildcard exists, whatever types it has. */
bool fixed_wildcard(const struct fixed_zones *z, const struct name *n, uint16_t type, struct reply *r,
                    size_t *encloser_labels);
