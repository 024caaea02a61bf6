// SPDX-License-Identifier: MIT
#pragma once

/*
 * SPF as RFC 7208 has it, for a sender that no address term matches, and the addresses that pass.
 * Threads: one at a time.  Memory: the truth's block; sets on the heap, freed within.
 */

#include "bench/world/truth_ask.h"

enum spf_state { SPF_NONE, SPF_VALID, SPF_PERMERROR, SPF_TEMPERROR };

enum { SPF_INCLUDES_MAX = 64, SPF_LOOKUPS_CAP = 1000 };

struct spf_truth {
    enum spf_state status;
    bool has_record;
    span record;
    bool has_numbers; /* one well-formed record of its own */
    char all;         /* '-' '~' '?' '+', 0 unless valid */
    unsigned lookups, voids, depth;
    bool limit_hit;
    span limit_path;
    size_t include_count;
    span includes[SPF_INCLUDES_MAX];
    bool has_redirect;
    span redirect;
    uint64_t ipv4_addresses;
    uint64_t ipv6_slash64s; /* at most 2^63 - 1 */
    bool exact;
    bool can_be_taken; /* a target that anyone can register, with '+', reached by some sender */
};

void spf_truth_find(struct truth *t, span domain, struct spf_truth *out);
