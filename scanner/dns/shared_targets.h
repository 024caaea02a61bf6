// SPDX-License-Identifier: MIT
#pragma once

/*
 * Answers that many domains need (`_spf.google.com`, tree-walk parents, MX hosts): asked once, kept for their TTL.
 *
 * The key is (name without case, type). A lookup of a name already being asked joins it; one of a name already known is
 * finished at the next asker_turn() without a packet. Each lookup holds a pin on its entry until shared_release(), so the
 * rrset stays whatever the clock does meanwhile. Positive answers live for their TTL between ttl_min_s and ttl_max_s,
 * absent ones by RFC 2308 5 within the same bounds, failures for failure_ttl_s at most and as failures: they are never
 * remembered as "no record". Who holds such a failure and asks again (lookup.unwanted) is not answered with it: the first
 * one asks anew, others who hold the same failure share what comes.
 *
 * Memory is bounded: each entry is one block (plus a scratch block while it is being asked); the least used unpinned one
 * goes first (clock). When only pinned ones are left, the lookup is asked privately into its own arena.
 *
 * Threads: the loop's of the asker.
 */

#include "scanner/dns/asker.h"

struct shared_targets;

struct shared_options {
    struct asker *asker;
    size_t memory_limit;            /* bytes; 0: 64 MB */
    uint32_t ttl_min_s, ttl_max_s;  /* 0: 60 and 3,600 */
    uint32_t failure_ttl_s;         /* 0: 10 */
    uint64_t (*now_ms)(void);       /* monotonic; NULL: clock_now_ms */
};

/* NULL when the system gives no memory. */
MUST_USE struct shared_targets *shared_targets_new(const struct shared_options *options);

/* After the asker was freed, or when no lookup is open. Every rrset handed out goes with it. */
void shared_targets_free(struct shared_targets *shared);

/* As asker_ask(): on_done of the asker is called for `lookup` at a later turn, never before this returns. */
void shared_ask(struct shared_targets *shared, struct lookup *lookup);

/* The caller no longer reads lookup->rrset. To be called once for each lookup given to shared_ask() that came back;
   harmless for one that was asked privately. */
void shared_release(struct shared_targets *shared, struct lookup *lookup);

/* The pin of a lookup that came back, so that the lookup's memory can go: the rrset stays until shared_let_go(). NULL for
   one that was asked privately. */
struct shared_entry *shared_keep(struct lookup *lookup);
void shared_let_go(struct shared_targets *shared, struct shared_entry *entry);  /* NULL is fine */

struct shared_stats {
    uint64_t hits, joins, misses;
    uint64_t private_asks;          /* no memory was left */
    uint64_t evictions;
    size_t entries, bytes;
};

void shared_stats_get(const struct shared_targets *shared, struct shared_stats *out);
