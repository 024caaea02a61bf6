// SPDX-License-Identifier: MIT
#pragma once

/*
 * All that a report counts, over any number of records, in memory that does not grow with them: sums, and maps with a
 * fixed number of texts (top_map.h says what is exact about them).
 *
 * Threads: one at a time.  Memory: heap, bounded by SURVEY_* and by key_sharing.
 */

#include "scanner/results/adoption.h"
#include "scanner/results/key_sharing.h"
#include "scanner/results/top_map.h"

enum {
    SURVEY_TEXTS = 65536,         /* distinct includes, selectors, report hosts */
    SURVEY_TEXT_BYTES = 8 << 20,  /* of each of them together */
    SURVEY_GROUPS = 4096,         /* distinct suffixes, tags, mail providers */
    SURVEY_FILES = 256,           /* told apart */
    LOOKUP_BUCKETS = 13,          /* 0 to 10, 11 to 20, above */
    VOID_BUCKETS = 4,             /* 0 to 2, above */
    BREADTH_BUCKETS = 10,         /* see survey_breadth_limits */
    POLICY_COUNT = DMARC_POLICY_REJECT + 1,
    SEVERITY_COUNT = SEVERITY_INFO + 1,
};

enum rank_bucket { RANK_1K, RANK_10K, RANK_100K, RANK_1M, RANK_BEYOND, RANK_NONE, RANK_BUCKETS };

enum funnel_stage { FUNNEL_EXISTS, FUNNEL_MX, FUNNEL_SPF, FUNNEL_DMARC, FUNNEL_ENFORCED, FUNNEL_REJECT, FUNNEL_STAGES };

enum parked_step { PARKED_NULL_MX, PARKED_SPF, PARKED_REJECT, PARKED_REVOKED, PARKED_ALL_THREE, PARKED_STEPS };

enum dmarc_tag {
    DMARC_TAG_RUA, DMARC_TAG_RUF, DMARC_TAG_TESTING, DMARC_TAG_PCT, DMARC_TAG_ADKIM_STRICT, DMARC_TAG_ASPF_STRICT,
    DMARC_TAG_UNAUTHORIZED, DMARC_TAGS
};

enum key_bucket {
    KEY_RSA_UNDER_1024, KEY_RSA_1024, KEY_RSA_UNDER_2048, KEY_RSA_2048, KEY_RSA_UNDER_4096, KEY_RSA_4096, KEY_RSA_OVER_4096,
    KEY_ED25519, KEY_NOT_DECODED, KEY_BUCKETS
};

/* Counters of a selector in its map. */
enum selector_counter { SELECTOR_ANSWERS, SELECTOR_VALID, SELECTOR_REVOKED, SELECTOR_INVALID, SELECTOR_DANGLING, SELECTOR_COUNTERS };

/* The largest number of IPv4 addresses in each bucket. */
extern const int64_t survey_breadth_limits[BREADTH_BUCKETS];

struct survey {
    uint64_t records, excluded, asked;
    char first_at[32], last_at[32]; /* scanned_at; empty without a record */
    uint64_t outcomes[OUTCOME_COUNT];
    uint64_t postures[POSTURE_COUNT]; /* of those asked about */
    struct adoption_counts all, by_rank[RANK_BUCKETS];
    struct adoption_counts *by_file; /* file_count, NULL: not wanted */
    size_t file_count;
    struct top_map *by_suffix, *by_tag, *by_provider; /* struct adoption_counts each */
    uint64_t untagged;

    uint64_t funnel[FUNNEL_STAGES], funnel_unknown[FUNNEL_STAGES];
    uint64_t sends[TERNARY_UNKNOWN + 1]; /* of existing names */
    uint64_t parked[PARKED_STEPS][ANSWER_NOT_ASKED + 1]; /* of existing names that do not send */

    struct {
        uint64_t status[DMARC_TEMPERROR + 1], inherited;
        uint64_t own[POLICY_COUNT], inherited_policy[POLICY_COUNT];
        uint64_t views[POLICY_COUNT][POLICY_COUNT]; /* by RFC 9989, by RFC 7489 */
        uint64_t effective[POLICY_COUNT];
        uint64_t subdomain[POLICY_COUNT][POLICY_COUNT], nonexistent[POLICY_COUNT][POLICY_COUNT]; /* of own, by p */
        uint64_t tags[POLICY_COUNT][DMARC_TAGS];                                                /* of own, by p */
        uint64_t with_rua;                                                                       /* own or inherited */
        struct top_map *vendors, *hosts;
    } dmarc;

    struct {
        uint64_t status[SPF_TEMPERROR + 1], qualifiers[SPF_PASS + 1];
        uint64_t errors[FINDING_COUNT]; /* findings of severity error of names that publish SPF */
        uint64_t measured;              /* with numbers */
        uint64_t lookups[LOOKUP_BUCKETS], voids[VOID_BUCKETS], breadth[BREADTH_BUCKETS], lax, inexact;
        struct top_map *includes, *providers;
    } spf;

    struct {
        uint64_t status[DKIM_TEMPERROR + 1], namespaces[DKIM_NAMESPACE_ABSENT + 1];
        uint64_t keys[KEY_BUCKETS], testing[KEY_BUCKETS];
        struct top_map *selectors;
        struct key_sharing *sharing; /* NULL: not possible */
    } dkim;

    struct {
        uint64_t names[SEVERITY_COUNT]; /* that have it with this severity */
        uint64_t known[SEVERITY_COUNT]; /* of them, those whose mechanism is known */
    } findings[FINDING_COUNT];
    struct top_map *later_findings; /* ids of later versions */
    struct top_map *failures;       /* "TXT timeout" */
    uint64_t with_failures;
};

/* `file_count`: of files told apart, 0 for none. `suffixes` (borrowed, may be NULL): for shared keys. False: no memory;
 * survey_deinit() in either case. */
MUST_USE bool survey_init(struct survey *survey, size_t file_count, const struct suffixes *suffixes);
void survey_deinit(struct survey *survey);

void survey_add(struct survey *survey, const struct record_view *view, size_t file);
