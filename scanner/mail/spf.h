// SPDX-License-Identifier: MIT
#pragma once

/*
 * SPF of one domain: the own record, the whole tree of includes and redirects, what a sender meets that no address term
 * matches, and who may send. RFC 7208; numbers as record.md defines them (decided cases 4 to 10, 23, 24, 27, 28, 32, 38).
 *
 * Threads: any; pure.  Memory: the subject's arena.
 */

#include "scanner/mail/subject.h"

enum spf_status { SPF_NOT_CHECKED, SPF_VALID, SPF_NONE, SPF_PERMERROR, SPF_TEMPERROR };

enum spf_qualifier { SPF_FAIL, SPF_SOFTFAIL, SPF_NEUTRAL, SPF_PASS };

/* A record of the tree as `--records full` prints it. */
struct spf_tree_node {
    span name;                          /* where the record was looked for */
    span record;                        /* empty: none could be used */
    uint32_t lookups;                   /* of this record and all below it */
    const struct spf_tree_term *terms;  /* own terms in order */
    size_t term_count;
};
struct spf_tree_term {
    span text;                          /* as written */
    const struct spf_tree_node *target; /* of include and redirect that were entered, else NULL */
};

struct spf_result {
    enum spf_status status;
    bool has_record;
    span record;                  /* the one selected; of several the first by raw bytes */
    bool has_all;                 /* `all` below holds: only when VALID */
    enum spf_qualifier all;       /* what an address that nothing matches gets, through redirect= */
    bool has_numbers;             /* there is a single well-formed own record: the numbers below hold, else null */
    uint32_t lookups, void_lookups, void_lookups_ipv6, depth;
    bool was_capped;              /* the tree was not followed to its end (SPF_TERMS_MAX) */
    span limit_hit;               /* path of terms to the 11th lookup or 3rd void one, "a > b > mx"; empty: none */
    const span *includes;         /* own record's, as written, lower case, in order, doubles kept, without final dot */
    size_t include_count;
    bool has_redirect;
    span redirect;
    uint64_t ipv4_addresses;      /* 0 .. 2^32 */
    uint64_t ipv6_slash64s;       /* at most 2^63 - 1 */
    bool is_exact, has_macros, has_ptr;
    bool passes_everybody;        /* a '+' all, nested or own, or 2^24 IPv4 / 2^48 /64s and more, or a constant exists (case 10, 32) */
    bool target_is_open;          /* a reachable '+' target that anyone can register */
    bool authorises_nobody;       /* VALID, exact, empty pass-set */
    const span *targets;          /* include: and redirect= targets of the whole tree that are reachable (for providers) */
    size_t target_count;
    const char *const *providers; /* by providers.tsv, in order of first appearance, no doubles */
    size_t provider_count;
    const struct spf_tree_node *tree;
};

enum { SPF_LOOKUP_LIMIT = 10, SPF_VOID_LIMIT = 2, SPF_MX_HOST_LIMIT = 10, SPF_TERMS_MAX = 1000 };

struct spf_plan {
    size_t expanded;              /* answers of the set whose records were read for further questions */
    size_t terms;                 /* counted terms followed so far, at most SPF_TERMS_MAX */
    size_t pause;                 /* the caller's: beyond so many terms a call ends with the record it is in, the next one goes on; 0: never */
    bool has_begun;
};

size_t spf_ask(const struct subject *s, struct spf_plan *plan);
void spf_assess(const struct subject *s, struct spf_result *out);
