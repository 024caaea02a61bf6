// SPDX-License-Identifier: MIT
#pragma once

/*
 * Who passes: the evaluation of RFC 7208 section 4.6 for all senders of one address family at once.
 *
 * Senders that have met the same number of counted and of void terms travel together, as a set of addresses; a term takes
 * what it covers, and a set that meets the 11th counted or the 3rd void term is dropped. A sender that leaves an include
 * early has met fewer terms than one that went through it, so there may be several sets; the two limits bound them, and the
 * recursion too. With them travels one sender that no address term covers: its end is the record's status.
 *
 * Evaluate before the walk: a tree that had no room for a record (was_capped) gives TEMPERROR where it would be VALID.
 *
 * A term that could not be asked, or cannot be known, is taken as covering nobody: the result is then a lower bound.
 *
 * Threads: one at a time; pure.  Memory: the subject's arena.
 */

#include "scanner/mail/pass_set.h"
#include "scanner/mail/spf_tree.h"

struct spf_pass {
    struct pass_set set;      /* sorted */
    enum spf_status status;   /* of the sender that no address term covers: VALID, PERMERROR, TEMPERROR */
    span limit_hit;           /* its path to the limit it met, or empty */
    const struct spf_step *passed_all_at; /* an include that lets every address pass that reaches it, or NULL */
};

void spf_pass_evaluate(struct spf_tree *tree, bool is_ip6, struct spf_pass *out);
