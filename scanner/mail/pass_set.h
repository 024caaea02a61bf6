// SPDX-License-Identifier: MIT
#pragma once

/*
 * Sets of addresses as sorted, disjoint ranges: who is still undecided, who passes. IPv4 addresses are the numbers below
 * 2^32, IPv6 ones those below 2^128; a set belongs to one family.
 *
 * A set that could not be kept whole (no room) says was_cut and then holds less than it should: a lower bound.
 *
 * Threads: one at a time.  Memory: the arena given at _init.
 */

#include "scanner/base/arena.h"

typedef unsigned __int128 ip_number;

struct ip_range {
    ip_number first, last;  /* both inside */
};

struct pass_set {
    struct arena *arena;
    struct ip_range *ranges;
    size_t count, size;
    bool is_sorted;         /* sorted and disjoint; pass_set_append may end that, pass_set_sort restores it */
    bool was_cut;
};

void pass_set_init(struct pass_set *set, struct arena *arena);

/* Adds without sorting: cheap, many times. */
void pass_set_append(struct pass_set *set, struct ip_range range);
void pass_set_append_all(struct pass_set *set, const struct pass_set *other);

/* Sorts and merges what overlaps or touches. */
void pass_set_sort(struct pass_set *set);

/* Moves what `range` covers from the sorted set *from to *to. */
void pass_set_move(struct pass_set *from, struct ip_range range, struct pass_set *to);

/* Moves everything; *from is empty afterwards. */
void pass_set_move_all(struct pass_set *from, struct pass_set *to);

/* Forgets the ranges and keeps the room. */
void pass_set_clear(struct pass_set *set);

bool pass_set_is_empty(const struct pass_set *set);
bool pass_set_contains(const struct pass_set *set, ip_number address);  /* of a sorted set */

/* The whole `range` lies in the sorted set. */
bool pass_set_covers(const struct pass_set *set, struct ip_range range);

/* Of a sorted set. Addresses of an IPv4 one: 0 .. 2^32. */
uint64_t pass_set_count(const struct pass_set *set);

/* /64s of which at least one address is inside; stops at 2^63 - 1 (record.md case 24). */
uint64_t pass_set_count_slash64s(const struct pass_set *set);

struct ip_range ip4_range(const uint8_t address[4], unsigned prefix);
struct ip_range ip6_range(const uint8_t address[16], unsigned prefix);
extern const struct ip_range ip4_everything, ip6_everything;
