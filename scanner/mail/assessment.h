// SPDX-License-Identifier: MIT
#pragma once

/*
 * The door to mail/: plan what to ask, then assess what came back. Sans I/O: the same code serves scan, check, the tests,
 * the fuzzers.
 *
 *   plan_begin(&plan, &subject);
 *   while (plan_next(&plan, &subject) > 0) { ...fill in the rrset of every item of subject.answers that has none... }
 *   assess(&subject, &assessment);
 *
 * Threads: plan on one thread, assess on one; the slot's hand-over orders them.
 */

#include "scanner/mail/verdict.h"

struct plan {
    struct spf_plan spf;
    struct dkim_plan dkim;
    struct dmarc_plan dmarc;
    struct mx_plan mx;
    bool asked_mta_sts, asked_tls_rpt, asked_bimi;
    bool is_at_senders;      /* the domain's own questions are answered */
    uint32_t sender_rounds;
};

void plan_begin(struct plan *plan);

/* More calls of plan_next than this in a row that add nothing: there is nothing more, also for a plan begun anew. */
enum { PLAN_STAGES_MAX = 8 };

/*
 * Adds the questions now needed to subject->answers and says how many; 0: the domain is complete. Call when none is pending.
 * A domain none of whose own questions was answered is asked nothing more, but for CHECK_DNSSEC. config->spf_senders come last, all at once.
 */
size_t plan_next(struct plan *plan, const struct subject *s);

/*
 * Reads all answers into *out (always filled). subject->arena holds everything *out points to, beside the answers.
 * subject->findings is set by assess itself (to out->findings). What was asked for config->spf_senders is read for
 * them alone: all else is the same with and without them.
 */
void assess(struct subject *s, struct assessment *out);

/* The result of a name that was excluded and never asked about. */
void assess_excluded(span domain, struct arena *arena, struct assessment *out);
