// SPDX-License-Identifier: MIT
#include "scanner/results/aspect.h"

/* Postures as far as they bear on forging: what blocks it, what blocks some of it, what only watches, what does
 * nothing. */
enum { NOTHING, WATCHES, BLOCKS_SOME, BLOCKS };

const struct aspect_form aspect_forms[ASPECT_COUNT] = {
    [ASPECT_POSTURE] = { "posture",
                         "Posture",
                         { { "protected", BLOCKS },
                           { "parked_protected", BLOCKS },
                           { "enforcing_broken", ASPECT_UNORDERED },
                           { "partial", BLOCKS_SOME },
                           { "enforcing_bypassed", WATCHES },
                           { "monitoring", WATCHES },
                           { "record_only", WATCHES },
                           { "spf_only", NOTHING },
                           { "unprotected", NOTHING },
                           { "parked_unprotected", NOTHING },
                           { "dmarc_broken", NOTHING },
                           { "nonexistent", ASPECT_UNORDERED } },
                         12 },
    [ASPECT_SPOOFABLE] = { "spoofable", "Spoofable", { { "no", 1 }, { "yes", 0 } }, 2 },
    [ASPECT_SPOOFABLE_SUBDOMAINS] = { "spoofable_subdomains",
                                      "Subdomains spoofable",
                                      { { "no", 1 }, { "yes", 0 } },
                                      2 },
    [ASPECT_DMARC] = { "dmarc",
                       "DMARC, effective policy",
                       { { "reject", 4 },
                         { "quarantine", 3 },
                         { "none", 2 },
                         { "one standard only", 1 },
                         { "invalid", 1 },
                         { "absent", 0 } },
                       6 },
    [ASPECT_SPF] = { "spf",
                     "SPF, what nothing matches",
                     { { "fail", 4 },
                       { "softfail", 3 },
                       { "neutral", 2 },
                       { "pass", 1 },
                       { "permerror", 1 },
                       { "absent", 0 } },
                     6 },
    [ASPECT_DKIM] = { "dkim",
                      "DKIM keys",
                      { { "found", 1 },
                        { "none found", ASPECT_UNORDERED },
                        { "wildcard", ASPECT_UNORDERED },
                        { "revoked", 0 },
                        { "invalid", 0 },
                        { "absent", 0 } },
                      6 },
    [ASPECT_MX] = { "mx",
                    "MX",
                    { { "ok", ASPECT_UNORDERED },
                      { "null_mx", ASPECT_UNORDERED },
                      { "none", ASPECT_UNORDERED },
                      { "invalid", ASPECT_UNORDERED } },
                    4 },
    [ASPECT_MTA_STS] = { "mta_sts", "MTA-STS", { { "valid", 2 }, { "invalid", 1 }, { "absent", 0 } }, 3 },
    [ASPECT_TLS_RPT] = { "tls_rpt", "TLS-RPT", { { "valid", 2 }, { "invalid", 1 }, { "absent", 0 } }, 3 },
    [ASPECT_BIMI] = { "bimi", "BIMI", { { "valid", 2 }, { "invalid", 1 }, { "absent", 0 } }, 3 },
};

/* Indices in the rows above. */
enum { NO, YES };
enum { DMARC_AT_REJECT, DMARC_AT_QUARANTINE, DMARC_AT_NONE, DMARC_AT_ONE_STANDARD, DMARC_AT_INVALID, DMARC_AT_ABSENT };
enum { SPF_AT_FAIL, SPF_AT_SOFTFAIL, SPF_AT_NEUTRAL, SPF_AT_PASS, SPF_AT_PERMERROR, SPF_AT_ABSENT };
enum { DKIM_AT_FOUND, DKIM_AT_NONE_FOUND, DKIM_AT_WILDCARD, DKIM_AT_REVOKED, DKIM_AT_INVALID, DKIM_AT_ABSENT };
enum { MX_AT_OK, MX_AT_NULL, MX_AT_NONE, MX_AT_INVALID };
enum { RECORD_AT_VALID, RECORD_AT_INVALID, RECORD_AT_ABSENT };

static uint8_t posture_value(const struct record_view *r)
{
    static const uint8_t values[POSTURE_COUNT] = {
        [POSTURE_PROTECTED] = 0,
        [POSTURE_PARKED_PROTECTED] = 1,
        [POSTURE_ENFORCING_BROKEN] = 2,
        [POSTURE_PARTIAL] = 3,
        [POSTURE_ENFORCING_BYPASSED] = 4,
        [POSTURE_MONITORING] = 5,
        [POSTURE_RECORD_ONLY] = 6,
        [POSTURE_SPF_ONLY] = 7,
        [POSTURE_UNPROTECTED] = 8,
        [POSTURE_PARKED_UNPROTECTED] = 9,
        [POSTURE_DMARC_BROKEN] = 10,
        [POSTURE_NONEXISTENT] = 11,
        [POSTURE_UNKNOWN] = ASPECT_UNKNOWN,
    };
    return values[r->posture];
}

static uint8_t ternary_value(enum ternary answer)
{
    return answer == TERNARY_YES ? YES : answer == TERNARY_NO ? NO : ASPECT_UNKNOWN;
}

static uint8_t dmarc_value(const struct record_view *r)
{
    static const uint8_t policies[] = {
        [DMARC_POLICY_NULL] = DMARC_AT_ONE_STANDARD,
        [DMARC_POLICY_NONE] = DMARC_AT_NONE,
        [DMARC_POLICY_QUARANTINE] = DMARC_AT_QUARANTINE,
        [DMARC_POLICY_REJECT] = DMARC_AT_REJECT,
    };
    switch (r->dmarc.status) {
    case DMARC_VALID:
        return policies[r->dmarc.effective_policy];
    case DMARC_INVALID:
        return DMARC_AT_INVALID;
    case DMARC_NONE:
        return DMARC_AT_ABSENT;
    case DMARC_TEMPERROR:
        return ASPECT_UNKNOWN;
    default:
        return ASPECT_NOT_COMPARED;
    }
}

static uint8_t spf_value(const struct record_view *r)
{
    switch (r->spf.status) {
    case SPF_VALID:
        return r->spf.all == SPF_FAIL       ? SPF_AT_FAIL
               : r->spf.all == SPF_SOFTFAIL ? SPF_AT_SOFTFAIL
               : r->spf.all == SPF_PASS     ? SPF_AT_PASS
                                            : SPF_AT_NEUTRAL;
    case SPF_PERMERROR:
        return SPF_AT_PERMERROR;
    case SPF_NONE:
        return SPF_AT_ABSENT;
    case SPF_TEMPERROR:
        return ASPECT_UNKNOWN;
    default:
        return ASPECT_NOT_COMPARED;
    }
}

static uint8_t dkim_value(const struct record_view *r)
{
    switch (r->dkim.status) {
    case DKIM_FOUND:
        return DKIM_AT_FOUND;
    case DKIM_NONE_FOUND:
        return r->dkim.namespace_state == DKIM_NAMESPACE_ABSENT ? DKIM_AT_ABSENT : DKIM_AT_NONE_FOUND;
    case DKIM_WILDCARD:
        return DKIM_AT_WILDCARD;
    case DKIM_REVOKED:
        return DKIM_AT_REVOKED;
    case DKIM_INVALID:
        return DKIM_AT_INVALID;
    case DKIM_TEMPERROR:
        return ASPECT_UNKNOWN;
    default:
        return ASPECT_NOT_COMPARED;
    }
}

static uint8_t mx_value(const struct record_view *r)
{
    switch (r->mx.status) {
    case MX_OK:
        return MX_AT_OK;
    case MX_NULL:
        return MX_AT_NULL;
    case MX_NONE:
        return MX_AT_NONE;
    case MX_INVALID:
        return MX_AT_INVALID;
    case MX_TEMPERROR:
        return ASPECT_UNKNOWN;
    default:
        return ASPECT_NOT_COMPARED;
    }
}

static uint8_t record_value(enum record_status status)
{
    switch (status) {
    case RECORD_VALID:
        return RECORD_AT_VALID;
    case RECORD_INVALID:
        return RECORD_AT_INVALID;
    case RECORD_NONE:
        return RECORD_AT_ABSENT;
    case RECORD_TEMPERROR:
        return ASPECT_UNKNOWN;
    default:
        return ASPECT_NOT_COMPARED;
    }
}

uint8_t aspect_of(enum aspect aspect, const struct record_view *r)
{
    bool has_no_verdict = r->spf.status == SPF_NOT_CHECKED || r->dmarc.status == DMARC_NOT_CHECKED;
    if (r->outcome == OUTCOME_EXCLUDED) {
        return ASPECT_NOT_COMPARED;
    }
    switch (aspect) {
    case ASPECT_POSTURE:
        return has_no_verdict ? ASPECT_NOT_COMPARED : posture_value(r);
    case ASPECT_SPOOFABLE:
        return r->dmarc.status == DMARC_NOT_CHECKED ? ASPECT_NOT_COMPARED : ternary_value(r->spoofable);
    case ASPECT_SPOOFABLE_SUBDOMAINS:
        return has_no_verdict ? ASPECT_NOT_COMPARED : ternary_value(r->spoofable_subdomains);
    case ASPECT_DMARC:
        return dmarc_value(r);
    case ASPECT_SPF:
        return spf_value(r);
    case ASPECT_DKIM:
        return dkim_value(r);
    case ASPECT_MX:
        return mx_value(r);
    case ASPECT_MTA_STS:
        return record_value(r->mta_sts.status);
    case ASPECT_TLS_RPT:
        return record_value(r->tls_rpt.status);
    default:
        return record_value(r->bimi.status);
    }
}

const char *aspect_word(enum aspect aspect, uint8_t value)
{
    return value == ASPECT_UNKNOWN        ? "unknown"
           : value == ASPECT_NOT_COMPARED ? "not compared"
                                          : aspect_forms[aspect].values[value].word;
}

enum direction aspect_direction(enum aspect aspect, uint8_t before, uint8_t now)
{
    if (before == now || before == ASPECT_NOT_COMPARED || now == ASPECT_NOT_COMPARED) {
        return DIRECTION_SAME;
    }
    if (now == ASPECT_UNKNOWN) {
        return DIRECTION_BECAME_UNKNOWN;
    }
    if (before == ASPECT_UNKNOWN) {
        return DIRECTION_RECOVERED;
    }
    int a = aspect_forms[aspect].values[before].strength, b = aspect_forms[aspect].values[now].strength;
    if (a == ASPECT_UNORDERED || b == ASPECT_UNORDERED || a == b) {
        return DIRECTION_CHANGED;
    }
    return b < a ? DIRECTION_WEAKENED : DIRECTION_IMPROVED;
}
