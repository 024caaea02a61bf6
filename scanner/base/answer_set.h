// SPDX-License-Identifier: MIT
#pragma once

/*
 * Everything asked about one domain, and what came back: the table between the planner (which adds questions), the
 * asking side (which fills in answers) and the classifier (which reads them).
 *
 * An entry is named by its index: the array moves when it grows. A question stands in it once; qname is lower-case
 * presentation form without final dot. A question with checking disabled (CD, RFC 4035 3.2.2) is another one than
 * without: what it brings is evidence about the signatures, and never an answer that answer_set_find would give.
 *
 * Threads: whoever holds the domain's slot.  Memory: the domain's arena.
 */

#include "scanner/base/arena.h"
#include "scanner/base/rrset.h"

struct asked {
    span qname;
    uint16_t qtype;
    uint8_t purpose;            /* enum plan_purpose: why it was asked first */
    uint8_t spf_marks;          /* what the SPF planner wants of it, whoever asked first; 0 to begin with */
    bool is_shared : 1;         /* may be answered by what another domain has asked (the name lies outside this domain) */
    bool was_shared : 1;        /* and was */
    bool checking_disabled : 1; /* CD */
    uint16_t hash;              /* of qname: tells most of those apart that differ */
    const struct rrset *rrset;  /* NULL while pending */
};

struct answer_set {
    struct arena *arena;
    struct asked *items;
    size_t count, size;
    size_t limit;               /* questions one domain may ask */
    bool was_cut;               /* the limit, or the arena's, was reached */
};

enum { ANSWER_SET_LIMIT = 2048 };

void answer_set_init(struct answer_set *set, struct arena *arena, size_t limit);

/* Before the first question: room for `size` of them, which stays the caller's and lasts as long as the set. What does not fit
   is moved to the arena, all of it. */
void answer_set_lend(struct answer_set *set, struct asked *items, size_t size);

/* True when the question is new and was added (as the last item); false when it stands there, or nothing fits. The first
   one beyond the limit is added as a DNS_CUT, not to be asked: so that the record says that there were more. */
bool answer_set_add(struct answer_set *set, span qname, uint16_t qtype, uint8_t purpose, bool is_shared);

/* The same with checking disabled; such a question is never shared. */
bool answer_set_add_unchecked(struct answer_set *set, span qname, uint16_t qtype, uint8_t purpose);

/* The entry, or NULL when the question was never asked. */
const struct asked *answer_set_find(const struct answer_set *set, span qname, uint16_t qtype);

/* The answer; NULL when never asked or still pending. */
const struct rrset *answer_set_get(const struct answer_set *set, span qname, uint16_t qtype);
const struct rrset *answer_set_get_unchecked(const struct answer_set *set, span qname, uint16_t qtype);
