// SPDX-License-Identifier: MIT
#pragma once

/*
 * Who has adopted what, in three populations: published figures differ most by whom they are a part of, so every share is
 * given of all three.
 *
 * Of each name each question has an answer: yes, no, unknown (the DNS did not say), or not asked. A share is yes of
 * (yes + no); unknown is counted beside it; what was not asked is in neither.
 *
 * Threads: any; pure.
 */

#include "scanner/results/record_view.h"

enum population {
    POPULATION_NAMES,    /* every name asked about: all but the excluded */
    POPULATION_EXISTING, /* outcome ok */
    POPULATION_MAIL,     /* with an MX that can be a mail host: mx.status ok */
    POPULATION_COUNT
};

enum measure {
    MEASURE_MX,
    MEASURE_SPF,       /* a record, valid or not */
    MEASURE_SPF_VALID,
    MEASURE_DKIM,      /* a valid key was seen: a lower bound */
    MEASURE_DMARC,     /* a valid record, own or inherited */
    MEASURE_ENFORCED,  /* effective policy quarantine or reject */
    MEASURE_REJECT,
    MEASURE_MTA_STS,
    MEASURE_TLS_RPT,
    MEASURE_BIMI,
    MEASURE_SPOOFABLE,
    MEASURE_COUNT
};

/* What a finding of this mechanism (the catalogue's word) depends on; MEASURE_COUNT: on no single one, but on all of the
 * posture. */
enum measure measure_of_mechanism(const char *mechanism);

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN, ANSWER_NOT_ASKED };

struct adoption {
    bool is_in[POPULATION_COUNT];
    enum answer answers[MEASURE_COUNT];
};

void adoption_judge(struct adoption *adoption, const struct record_view *view);

/* Counters only, so that they can stand in a top_map. The names in the largest population come first. */
struct adoption_counts {
    uint64_t names[POPULATION_COUNT];
    uint64_t answers[POPULATION_COUNT][MEASURE_COUNT][ANSWER_NOT_ASKED + 1];
};

void adoption_count(struct adoption_counts *counts, const struct adoption *adoption);

extern const char *const population_titles[POPULATION_COUNT];
