// SPDX-License-Identifier: MIT
#include "scanner/results/survey.h"

#include <stdio.h>
#include <stdlib.h>

#include "scanner/results/vocabulary.h"

const int64_t survey_breadth_limits[BREADTH_BUCKETS] = {
    0, 1, 16, 256, 4096, 65536, 1048576, 16777216, INT64_C(4294967295), INT64_MAX,
};

/* A name may say the same thing often; looked at are that many. */
enum { DISTINCT_MAX = 256, FAILURE_KEY_MAX = 64, LAX_ADDRESSES = 100000 };

bool survey_init(struct survey *survey, size_t file_count, const struct suffixes *suffixes)
{
    const struct top_limits texts = { SURVEY_TEXTS, SURVEY_TEXT_BYTES, 1 };
    const struct top_limits few = { SURVEY_GROUPS, SURVEY_TEXT_BYTES, 1 };
    const struct top_limits groups = { SURVEY_GROUPS, SURVEY_TEXT_BYTES, sizeof(struct adoption_counts) / sizeof(uint64_t) };
    const struct top_limits selectors = { SURVEY_TEXTS, SURVEY_TEXT_BYTES, SELECTOR_COUNTERS };
    *survey = (struct survey){ .file_count = file_count };
    survey->by_suffix = top_map_new(groups);
    survey->by_tag = top_map_new(groups);
    survey->by_provider = top_map_new(groups);
    survey->dmarc.vendors = top_map_new(few);
    survey->dmarc.hosts = top_map_new(texts);
    survey->spf.includes = top_map_new(texts);
    survey->spf.providers = top_map_new(few);
    survey->dkim.selectors = top_map_new(selectors);
    survey->later_findings = top_map_new(few);
    survey->failures = top_map_new(few);
    survey->by_file = file_count > 0 ? calloc(file_count, sizeof(*survey->by_file)) : NULL;
    survey->dkim.sharing = suffixes ? key_sharing_new(suffixes) : NULL;
    return survey->by_suffix && survey->by_tag && survey->by_provider && survey->dmarc.vendors && survey->dmarc.hosts &&
           survey->spf.includes && survey->spf.providers && survey->dkim.selectors && survey->later_findings &&
           survey->failures && (file_count == 0 || survey->by_file) && (!suffixes || survey->dkim.sharing);
}

void survey_deinit(struct survey *survey)
{
    struct top_map *maps[] = {
        survey->by_suffix,    survey->by_tag,        survey->by_provider,    survey->dmarc.vendors,  survey->dmarc.hosts,
        survey->spf.includes, survey->spf.providers, survey->dkim.selectors, survey->later_findings, survey->failures,
    };
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        top_map_free(maps[i]);
    }
    free(survey->by_file);
    key_sharing_free(survey->dkim.sharing);
}

/* Groups ---------------------------------------------------------------------------------------------------------- */

static void count_in_group(struct top_map *groups, span name, const struct adoption *adoption)
{
    uint64_t *counters = top_map_get(groups, name);
    if (counters != NULL) {
        adoption_count((struct adoption_counts *)(void *)counters, adoption);
    }
}

static enum rank_bucket rank_bucket(int64_t rank)
{
    return rank == RECORD_NULL ? RANK_NONE
           : rank <= 1000      ? RANK_1K
           : rank <= 10000     ? RANK_10K
           : rank <= 100000    ? RANK_100K
           : rank <= 1000000   ? RANK_1M
                               : RANK_BEYOND;
}

static span top_level_domain(span domain)
{
    size_t at = domain.len;
    while (at > 0 && domain.ptr[at - 1] != '.') {
        at--;
    }
    return span_after(domain, at);
}

static void count_groups(struct survey *survey, const struct record_view *view, const struct adoption *adoption, size_t file)
{
    adoption_count(&survey->all, adoption);
    adoption_count(&survey->by_rank[rank_bucket(view->rank)], adoption);
    count_in_group(survey->by_suffix, top_level_domain(view->domain), adoption);
    if (file < survey->file_count) {
        adoption_count(&survey->by_file[file], adoption);
    }
    if (view->tag.ptr != NULL) {
        count_in_group(survey->by_tag, view->tag, adoption);
    } else {
        survey->untagged++;
    }
    if (adoption->is_in[POPULATION_MAIL]) {
        const struct record_texts *providers = &view->mx.providers;
        for (size_t i = 0; i < providers->count && i < DISTINCT_MAX; i++) {
            count_in_group(survey->by_provider, providers->items[i], adoption);
        }
        if (providers->count == 0) {
            count_in_group(survey->by_provider, SPAN(""), adoption);
        }
    }
}

/* The funnel and the domains that do not send --------------------------------------------------------------------- */

static void count_funnel(struct survey *survey, const struct adoption *adoption)
{
    static const enum measure measures[FUNNEL_STAGES] = {
        [FUNNEL_MX] = MEASURE_MX,           [FUNNEL_SPF] = MEASURE_SPF,       [FUNNEL_DMARC] = MEASURE_DMARC,
        [FUNNEL_ENFORCED] = MEASURE_ENFORCED, [FUNNEL_REJECT] = MEASURE_REJECT,
    };
    survey->funnel[FUNNEL_EXISTS]++;
    for (int stage = FUNNEL_MX; stage < FUNNEL_STAGES; stage++) {
        enum answer answer = adoption->answers[measures[stage]];
        if (answer != ANSWER_YES) {
            survey->funnel_unknown[stage] += answer != ANSWER_NO;
            return;
        }
        survey->funnel[stage]++;
    }
}

static bool has_finding(const struct record_view *view, enum finding_id id)
{
    for (size_t i = 0; i < view->findings.count; i++) {
        if (view->findings.items[i].id == id) {
            return true;
        }
    }
    return false;
}

static bool spf_authorises_nobody(const struct record_spf *spf)
{
    return spf->status == SPF_VALID && spf->all == SPF_FAIL && spf->exact && spf->ipv4_addresses == 0 && spf->ipv6_slash64s == 0;
}

/* No wins over unknown: one step that is missing settles it. */
static enum answer all_of(const enum answer *answers, size_t count)
{
    enum answer result = ANSWER_YES;
    for (size_t i = 0; i < count; i++) {
        if (answers[i] == ANSWER_NO) {
            return ANSWER_NO;
        }
        result = answers[i] > result ? answers[i] : result;
    }
    return result;
}

static void count_parked(struct survey *survey, const struct record_view *view, const struct adoption *adoption)
{
    enum answer steps[PARKED_STEPS];
    enum answer mx = adoption->answers[MEASURE_MX], spf = adoption->answers[MEASURE_SPF_VALID],
                dkim = adoption->answers[MEASURE_DKIM];
    steps[PARKED_NULL_MX] = mx >= ANSWER_UNKNOWN ? mx : view->mx.status == MX_NULL ? ANSWER_YES : ANSWER_NO;
    steps[PARKED_SPF] = spf >= ANSWER_UNKNOWN ? spf : spf_authorises_nobody(&view->spf) ? ANSWER_YES : ANSWER_NO;
    steps[PARKED_REJECT] = adoption->answers[MEASURE_REJECT];
    steps[PARKED_REVOKED] = dkim >= ANSWER_UNKNOWN                                   ? dkim
                            : has_finding(view, FINDING_DKIM_WILDCARD_REVOKED) ? ANSWER_YES
                                                                               : ANSWER_NO;
    steps[PARKED_ALL_THREE] = all_of(steps, PARKED_REVOKED);
    for (int i = 0; i < PARKED_STEPS; i++) {
        survey->parked[i][steps[i]]++;
    }
}

/* Mechanisms ------------------------------------------------------------------------------------------------------ */

/* One more for each distinct text of the list. */
static void count_texts(struct top_map *map, const struct record_texts *texts)
{
    for (size_t i = 0; i < texts->count && i < DISTINCT_MAX; i++) {
        size_t before = 0;
        while (before < i && !span_equal(texts->items[before], texts->items[i])) {
            before++;
        }
        uint64_t *counter = before == i ? top_map_get(map, texts->items[i]) : NULL;
        if (counter != NULL) {
            ++*counter;
        }
    }
}

/* Who receives: the host behind the last '@' of a mailto URI, the authority of another. */
static span report_host(span uri)
{
    span rest = uri;
    span scheme = span_cut(&rest, ':');
    if (span_equal_nocase(scheme, SPAN("mailto"))) {
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != '!' && rest.ptr[end] != '?') {
            end++;
        }
        rest = span_first(rest, end);
        size_t at = rest.len;
        while (at > 0 && rest.ptr[at - 1] != '@') {
            at--;
        }
        return span_after(rest, at);
    }
    while (rest.len > 0 && rest.ptr[0] == '/') {
        rest = span_after(rest, 1);
    }
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != ':' && rest.ptr[end] != '?' && rest.ptr[end] != '!') {
        end++;
    }
    return span_first(rest, end);
}

static void count_report_hosts(struct top_map *map, const struct record_texts *rua)
{
    enum { HOST_MAX = 253 };
    static _Thread_local char lower[DISTINCT_MAX][HOST_MAX];
    span hosts[DISTINCT_MAX];
    struct record_texts all = { hosts, 0 };
    for (size_t i = 0; i < rua->count && all.count < DISTINCT_MAX; i++) {
        span host = span_first(report_host(rua->items[i]), HOST_MAX);
        for (size_t c = 0; c < host.len; c++) {
            lower[all.count][c] = (char)ascii_lower((unsigned char)host.ptr[c]);
        }
        hosts[all.count] = span_of(lower[all.count], host.len);
        all.count += host.len > 0;
    }
    count_texts(map, &all);
}

static void count_own_dmarc(struct survey *survey, const struct record_dmarc *dmarc)
{
    enum dmarc_policy p = dmarc->policy;
    uint64_t *tags = survey->dmarc.tags[p];
    survey->dmarc.own[p]++;
    survey->dmarc.subdomain[p][dmarc->subdomain_policy]++;
    survey->dmarc.nonexistent[p][dmarc->nonexistent_policy]++;
    tags[DMARC_TAG_RUA] += dmarc->rua.count > 0;
    tags[DMARC_TAG_RUF] += dmarc->ruf.count > 0;
    tags[DMARC_TAG_TESTING] += dmarc->testing;
    tags[DMARC_TAG_PCT] += dmarc->pct != RECORD_NULL && dmarc->pct < 100;
    tags[DMARC_TAG_ADKIM_STRICT] += dmarc->adkim == DMARC_STRICT;
    tags[DMARC_TAG_ASPF_STRICT] += dmarc->aspf == DMARC_STRICT;
    tags[DMARC_TAG_UNAUTHORIZED] += dmarc->unauthorized_report_domains.count > 0;
}

static void count_dmarc(struct survey *survey, const struct record_dmarc *dmarc)
{
    survey->dmarc.status[dmarc->status]++;
    if (dmarc->status == DMARC_TEMPERROR || dmarc->status == DMARC_NOT_CHECKED) {
        return;
    }
    survey->dmarc.views[dmarc->policy_9989][dmarc->policy_7489]++;
    survey->dmarc.effective[dmarc->effective_policy]++;
    if (dmarc->status != DMARC_VALID) {
        return;
    }
    if (dmarc->inherited) {
        survey->dmarc.inherited++;
        survey->dmarc.inherited_policy[dmarc->policy_9989]++;
    } else {
        count_own_dmarc(survey, dmarc);
    }
    survey->dmarc.with_rua += dmarc->rua.count > 0;
    count_texts(survey->dmarc.vendors, &dmarc->report_vendors);
    count_report_hosts(survey->dmarc.hosts, &dmarc->rua);
}

static void count_spf(struct survey *survey, const struct record_spf *spf)
{
    survey->spf.status[spf->status]++;
    if (spf->all != RECORD_NULL) {
        survey->spf.qualifiers[spf->all]++;
    }
    if (spf->status == SPF_VALID || spf->status == SPF_PERMERROR) {
        count_texts(survey->spf.includes, &spf->includes);
        count_texts(survey->spf.providers, &spf->providers);
    }
    if (spf->lookups == RECORD_NULL || spf->void_lookups == RECORD_NULL || spf->ipv4_addresses == RECORD_NULL ||
        spf->status == SPF_TEMPERROR) {
        return;
    }
    survey->spf.measured++;
    survey->spf.lookups[spf->lookups <= 10 ? (size_t)spf->lookups : spf->lookups <= 20 ? 11 : 12]++;
    survey->spf.voids[spf->void_lookups < VOID_BUCKETS ? (size_t)spf->void_lookups : VOID_BUCKETS - 1]++;
    size_t bucket = 0;
    while (spf->ipv4_addresses > survey_breadth_limits[bucket]) {
        bucket++;
    }
    survey->spf.breadth[bucket]++;
    survey->spf.lax += spf->ipv4_addresses > LAX_ADDRESSES;
    survey->spf.inexact += !spf->exact;
}

static enum key_bucket key_bucket(const struct record_selector *selector)
{
    int64_t bits = selector->key_bits;
    if (bits == RECORD_NULL || selector->key_type == DKIM_KEY_UNKNOWN) {
        return KEY_NOT_DECODED;
    }
    if (selector->key_type == DKIM_KEY_ED25519) {
        return KEY_ED25519;
    }
    return bits < 1024    ? KEY_RSA_UNDER_1024
           : bits == 1024 ? KEY_RSA_1024
           : bits < 2048  ? KEY_RSA_UNDER_2048
           : bits == 2048 ? KEY_RSA_2048
           : bits < 4096  ? KEY_RSA_UNDER_4096
           : bits == 4096 ? KEY_RSA_4096
                          : KEY_RSA_OVER_4096;
}

static void count_dkim(struct survey *survey, const struct record_view *view)
{
    static const enum selector_counter counters[] = {
        [DKIM_KEY_VALID] = SELECTOR_VALID,
        [DKIM_KEY_REVOKED] = SELECTOR_REVOKED,
        [DKIM_KEY_INVALID] = SELECTOR_INVALID,
        [DKIM_KEY_DANGLING] = SELECTOR_DANGLING,
    };
    survey->dkim.status[view->dkim.status]++;
    survey->dkim.namespaces[view->dkim.namespace_state]++;
    for (size_t i = 0; i < view->dkim.selectors.count; i++) {
        const struct record_selector *selector = &view->dkim.selectors.items[i];
        uint64_t *counts = top_map_get(survey->dkim.selectors, selector->selector);
        if (counts != NULL) {
            counts[SELECTOR_ANSWERS]++;
            counts[counters[selector->status]]++;
        }
        if (selector->status == DKIM_KEY_VALID || selector->status == DKIM_KEY_INVALID) {
            survey->dkim.keys[key_bucket(selector)]++;
            survey->dkim.testing[key_bucket(selector)] += selector->testing;
        }
    }
    if (survey->dkim.sharing != NULL) {
        key_sharing_add(survey->dkim.sharing, view);
    }
}

/* Findings, failures ---------------------------------------------------------------------------------------------- */

/* Whether the DNS said enough about the mechanism of a finding for its absence to mean something. */
static bool is_known(const char *mechanism, const struct record_view *view, const struct adoption *adoption)
{
    enum measure measure = measure_of_mechanism(mechanism);
    return measure < MEASURE_COUNT ? adoption->answers[measure] < ANSWER_UNKNOWN : view->posture != POSTURE_UNKNOWN;
}

static void count_findings(struct survey *survey, const struct record_view *view, const struct adoption *adoption)
{
    bool publishes_spf = adoption->answers[MEASURE_SPF] == ANSWER_YES;
    for (size_t i = 0; i < view->findings.count; i++) {
        const struct record_finding *finding = &view->findings.items[i];
        if (finding->id == FINDING_COUNT) {
            uint64_t *counter = top_map_get(survey->later_findings, finding->name);
            if (counter != NULL) {
                ++*counter;
            }
            continue;
        }
        survey->findings[finding->id].names[finding->severity]++;
        survey->findings[finding->id].known[finding->severity] +=
            is_known(finding_kind(finding->id)->mechanism, view, adoption);
        survey->spf.errors[finding->id] += finding->severity == SEVERITY_ERROR && publishes_spf;
    }
}

static void count_failures(struct survey *survey, const struct record_failures *failures)
{
    survey->with_failures += failures->count > 0;
    for (size_t i = 0; i < failures->count; i++) {
        char key[FAILURE_KEY_MAX];
        const struct record_failure *failure = &failures->items[i];
        int len = snprintf(key, sizeof(key), "%.*s %.*s", SPAN_ARG(span_first(failure->type, 16)),
                           SPAN_ARG(span_first(failure->error, 32)));
        uint64_t *counter = top_map_get(survey->failures, span_of(key, (size_t)len));
        if (counter != NULL) {
            ++*counter;
        }
    }
}

/* All ------------------------------------------------------------------------------------------------------------- */

static void count_time(struct survey *survey, span at)
{
    if (survey->first_at[0] == '\0' || strncmp(at.ptr, survey->first_at, at.len) < 0) {
        snprintf(survey->first_at, sizeof(survey->first_at), "%.*s", SPAN_ARG(at));
    }
    if (strncmp(at.ptr, survey->last_at, at.len) > 0) {
        snprintf(survey->last_at, sizeof(survey->last_at), "%.*s", SPAN_ARG(at));
    }
}

void survey_add(struct survey *survey, const struct record_view *view, size_t file)
{
    struct adoption adoption;
    survey->records++;
    count_time(survey, view->scanned_at);
    survey->outcomes[view->outcome]++;
    if (view->outcome == OUTCOME_EXCLUDED) {
        survey->excluded++;
        return;
    }
    survey->asked++;
    survey->postures[view->posture]++;
    adoption_judge(&adoption, view);
    count_groups(survey, view, &adoption, file);
    if (view->outcome == OUTCOME_OK) {
        count_funnel(survey, &adoption);
        survey->sends[view->sends]++;
        if (view->sends == TERNARY_NO) {
            count_parked(survey, view, &adoption);
        }
    }
    count_dmarc(survey, &view->dmarc);
    count_spf(survey, &view->spf);
    count_dkim(survey, view);
    count_findings(survey, view, &adoption);
    count_failures(survey, &view->dns.failed);
}
