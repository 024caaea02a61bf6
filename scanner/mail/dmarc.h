// SPDX-License-Identifier: MIT
#pragma once

/*
 * DMARC of one domain, by both standards: RFC 9989 (tree walk, np, t, psd: "view A") and RFC 7489 (public suffix list,
 * pct: "view B"), and the weaker of the two. Fields as record.md defines them (decided cases 14 to 17, 31, 40, 42).
 *
 * Threads: any; pure.  Memory: the subject's arena.
 */

#include "scanner/mail/subject.h"

enum dmarc_status { DMARC_NOT_CHECKED, DMARC_VALID, DMARC_NONE, DMARC_INVALID, DMARC_TEMPERROR };

/* In order of strength; NULL is "no DMARC" and weaker than none (case 16). */
enum dmarc_policy { DMARC_POLICY_NULL, DMARC_POLICY_NONE, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT };

enum dmarc_alignment { DMARC_ALIGNMENT_NULL, DMARC_RELAXED, DMARC_STRICT };
enum dmarc_psd { DMARC_PSD_NULL, DMARC_PSD_YES, DMARC_PSD_NO, DMARC_PSD_UNDEFINED };

/* What one standard makes of the domain. */
struct dmarc_view {
    bool applies;                       /* a policy was found */
    enum dmarc_policy policy;           /* for this very name, t and pct applied */
    enum dmarc_policy subdomain_policy;   /* for an existing subdomain without a record of its own */
    enum dmarc_policy nonexistent_policy; /* for a subdomain that does not exist */
    bool is_softened;                   /* quarantine or reject with t=y (view A), with pct 1 to 99 (view B) */
    bool is_softened_below;             /* the same of what a subdomain without a record of its own gets */
    enum dmarc_policy published;        /* before t and pct */
};

struct dmarc_result {
    enum dmarc_status status;
    bool has_record;
    span record;
    span found_at;                      /* empty: null */
    bool is_inherited;
    span organizational_domain;         /* by RFC 9989; empty: null (no record found at all) */
    enum dmarc_policy policy, subdomain_policy, nonexistent_policy; /* of the applied record, defaults resolved; NULL unless VALID */
    struct dmarc_view view_9989, view_7489;
    enum dmarc_policy policy_9989, policy_7489, effective_policy;
    bool is_testing;                    /* t=y stands in the applied record */
    bool has_pct;
    uint8_t pct;                        /* 100 by default; has_pct false: null */
    enum dmarc_alignment adkim, aspf;
    const span *fo;                     /* values in order, lower case */
    size_t fo_count;
    enum dmarc_psd psd;
    const span *rua, *ruf;              /* URIs as written */
    size_t rua_count, ruf_count;
    const char *const *report_vendors;
    size_t report_vendor_count;
    const span *unauthorized_report_domains; /* hosts of destinations, no doubles */
    size_t unauthorized_report_domain_count;
    bool has_usable_rua;                /* a mailto that may be used (case 42; one that is unauthorised is not) */
    bool is_broken;                     /* dmarc_broken of posture.md 3.2: published here, no view yields a policy, nothing inherited */
    bool walk_failed;                   /* a needed query failed */
};

struct dmarc_plan {
    uint8_t stage;
};

size_t dmarc_ask(const struct subject *s, struct dmarc_plan *plan);
void dmarc_assess(const struct subject *s, struct dmarc_result *out);

/* "none", "quarantine", "reject"; NULL for DMARC_POLICY_NULL. */
const char *dmarc_policy_name(enum dmarc_policy policy);
