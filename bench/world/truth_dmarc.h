// SPDX-License-Identifier: MIT
#pragma once

/*
 * DMARC by RFC 9989 (view A) and RFC 7489 (view B), for a name that exists or not.
 * Threads: one at a time.  Memory: the truth's block.
 */

#include "bench/world/truth_ask.h"

enum dmarc_state { DMARC_NONE, DMARC_VALID, DMARC_INVALID, DMARC_TEMPERROR };

/* Ordered by strength; null is weaker than none. */
enum policy { POLICY_NULL, POLICY_NONE, POLICY_QUARANTINE, POLICY_REJECT };

enum { DMARC_URIS_MAX = 16 };

struct dmarc_tags {
    span text;
    bool has_p, has_sp, has_np;
    bool p_bad, sp_bad, np_bad, p_differs;
    enum policy p, sp, np; /* defaults resolved: p to none, sp to p, np to sp */
    bool testing;
    unsigned pct;
    char adkim, aspf, psd;
    size_t fo_count;
    span fo[8];
    size_t rua_count, ruf_count;
    span rua[DMARC_URIS_MAX], ruf[DMARC_URIS_MAX];
    bool has_usable_rua; /* mailto with an address, or https */
    bool is_bare;        /* no `;` behind the version: RFC 7489 does not know it */
};

struct dmarc_truth {
    enum dmarc_state status;
    bool inherited;
    span found_at; /* empty: nothing found */
    span organizational_domain;
    bool organizational_is_unsure; /* a question of the walk failed */
    bool has_tags;
    struct dmarc_tags tags; /* of the applied record, or of the invalid one */
    enum policy view_a, view_b, view_b_unsampled, effective;
    /* The same for a sub-domain without a record of its own that exists, and for one that does not. */
    enum policy sub_a, sub_b, np_a, np_b;
    enum {
        RUA_NONE,
        RUA_USABLE,
        RUA_UNSURE
    } usable_rua; /* a mailbox that may be sent to; unsure when the DNS did not say */
    size_t unauthorised_count;
    span unauthorised[2 * DMARC_URIS_MAX];
};

void dmarc_truth_find(struct truth *t, span domain, bool exists, struct dmarc_truth *out);
