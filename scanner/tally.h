// SPDX-License-Identifier: MIT
#pragma once

/*
 * Counts over records: travel with the records they count (a chunk), are added up by the writer once those are written,
 * and kept in the checkpoint, so that after a resume they speak of the whole output.
 */

#include "scanner/posture_class.h"

struct tally {
    uint64_t records;
    uint64_t unknown;   /* records with anything not determined */
    uint64_t queries, shared, retries, tcp; /* as the records say */
    uint64_t pruned;    /* questions of the plan that an absent name made needless */
    uint64_t excluded;
    uint64_t outcomes[OUTCOME_COUNT];
    uint64_t postures[POSTURE_COUNT];
    uint64_t classes[POSTURE_CLASS_COUNT];
};

/* What a process has spent on asking. Not of records: kept in the checkpoint as it stood then, and added to by the next. */
struct effort {
    uint64_t elapsed_ms, timeouts;
    uint64_t rcodes[16];
};

static inline void effort_add(struct effort *sum, const struct effort *more)
{
    sum->elapsed_ms += more->elapsed_ms;
    sum->timeouts += more->timeouts;
    for (int i = 0; i < 16; i++) {
        sum->rcodes[i] += more->rcodes[i];
    }
}

/* Asked of resolvers for a domain, retries not counted; excluded names ask nothing. */
static inline double tally_questions_per_domain(const struct tally *tally)
{
    uint64_t domains = tally->records - tally->excluded;
    return domains > 0 ? (double)tally->queries / (double)domains : 0;
}

static inline void tally_add(struct tally *sum, const struct tally *more)
{
    sum->records += more->records;
    sum->unknown += more->unknown;
    sum->queries += more->queries;
    sum->shared += more->shared;
    sum->retries += more->retries;
    sum->tcp += more->tcp;
    sum->pruned += more->pruned;
    sum->excluded += more->excluded;
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        sum->outcomes[i] += more->outcomes[i];
    }
    for (int i = 0; i < POSTURE_COUNT; i++) {
        sum->postures[i] += more->postures[i];
    }
    for (int i = 0; i < POSTURE_CLASS_COUNT; i++) {
        sum->classes[i] += more->classes[i];
    }
}
