// SPDX-License-Identifier: MIT
#include "scanner/results/adoption.h"

const char *const population_titles[POPULATION_COUNT] = {
    [POPULATION_NAMES] = "all names",
    [POPULATION_EXISTING] = "existing",
    [POPULATION_MAIL] = "with MX",
};

static enum answer answer_of(bool is_yes)
{
    return is_yes ? ANSWER_YES : ANSWER_NO;
}

static enum answer mx_answer(enum mx_status status)
{
    return status == MX_TEMPERROR ? ANSWER_UNKNOWN : status == MX_NOT_CHECKED ? ANSWER_NOT_ASKED : answer_of(status == MX_OK);
}

static enum answer spf_answer(enum spf_status status, bool counts_permerror)
{
    return status == SPF_TEMPERROR     ? ANSWER_UNKNOWN
           : status == SPF_NOT_CHECKED ? ANSWER_NOT_ASKED
                                       : answer_of(status == SPF_VALID || (counts_permerror && status == SPF_PERMERROR));
}

static enum answer dkim_answer(enum dkim_status status)
{
    return status == DKIM_TEMPERROR     ? ANSWER_UNKNOWN
           : status == DKIM_NOT_CHECKED ? ANSWER_NOT_ASKED
                                        : answer_of(status == DKIM_FOUND);
}

static enum answer dmarc_answer(const struct record_dmarc *dmarc, bool is_yes)
{
    return dmarc->status == DMARC_TEMPERROR     ? ANSWER_UNKNOWN
           : dmarc->status == DMARC_NOT_CHECKED ? ANSWER_NOT_ASKED
                                                : answer_of(is_yes);
}

static enum answer record_answer(enum record_status status)
{
    return status == RECORD_TEMPERROR     ? ANSWER_UNKNOWN
           : status == RECORD_NOT_CHECKED ? ANSWER_NOT_ASKED
                                          : answer_of(status == RECORD_VALID);
}

static enum answer spoofable_answer(const struct record_view *view)
{
    if (view->spoofable != TERNARY_UNKNOWN) {
        return answer_of(view->spoofable == TERNARY_YES);
    }
    return view->dmarc.status == DMARC_NOT_CHECKED ? ANSWER_NOT_ASKED : ANSWER_UNKNOWN;
}

void adoption_judge(struct adoption *adoption, const struct record_view *view)
{
    const struct record_dmarc *dmarc = &view->dmarc;
    bool is_reject = dmarc->effective_policy == DMARC_POLICY_REJECT;
    adoption->is_in[POPULATION_NAMES] = view->outcome != OUTCOME_EXCLUDED;
    adoption->is_in[POPULATION_EXISTING] = view->outcome == OUTCOME_OK;
    adoption->is_in[POPULATION_MAIL] = view->outcome != OUTCOME_EXCLUDED && view->mx.status == MX_OK;
    adoption->answers[MEASURE_MX] = mx_answer(view->mx.status);
    adoption->answers[MEASURE_SPF] = spf_answer(view->spf.status, true);
    adoption->answers[MEASURE_SPF_VALID] = spf_answer(view->spf.status, false);
    adoption->answers[MEASURE_DKIM] = dkim_answer(view->dkim.status);
    adoption->answers[MEASURE_DMARC] = dmarc_answer(dmarc, dmarc->status == DMARC_VALID);
    adoption->answers[MEASURE_ENFORCED] = dmarc_answer(dmarc, is_reject || dmarc->effective_policy == DMARC_POLICY_QUARANTINE);
    adoption->answers[MEASURE_REJECT] = dmarc_answer(dmarc, is_reject);
    adoption->answers[MEASURE_MTA_STS] = record_answer(view->mta_sts.status);
    adoption->answers[MEASURE_TLS_RPT] = record_answer(view->tls_rpt.status);
    adoption->answers[MEASURE_BIMI] = record_answer(view->bimi.status);
    adoption->answers[MEASURE_SPOOFABLE] = spoofable_answer(view);
}

void adoption_count(struct adoption_counts *counts, const struct adoption *adoption)
{
    for (int p = 0; p < POPULATION_COUNT; p++) {
        if (!adoption->is_in[p]) {
            continue;
        }
        counts->names[p]++;
        for (int m = 0; m < MEASURE_COUNT; m++) {
            counts->answers[p][m][adoption->answers[m]]++;
        }
    }
}

enum measure measure_of_mechanism(const char *mechanism)
{
    static const struct {
        const char *mechanism;
        enum measure measure;
    } rows[] = {
        { "MX", MEASURE_MX },           { "SPF", MEASURE_SPF },         { "DKIM", MEASURE_DKIM }, { "DMARC", MEASURE_DMARC },
        { "MTA_STS", MEASURE_MTA_STS }, { "TLS_RPT", MEASURE_TLS_RPT }, { "BIMI", MEASURE_BIMI },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].mechanism, mechanism) == 0) {
            return rows[i].measure;
        }
    }
    return MEASURE_COUNT;
}
