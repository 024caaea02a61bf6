// SPDX-License-Identifier: MIT
#include "scanner/posture_class.h"

#include <assert.h>

enum class_index {
    SPF_IS_FAIL, SPF_IS_SOFTFAIL, SPF_IS_NEUTRAL, SPF_IS_PASS, SPF_IS_PERMERROR, SPF_IS_ABSENT, SPF_IS_UNKNOWN, SPF_IS_NOT_CHECKED,
    DKIM_IS_FOUND, DKIM_IS_REVOKED, DKIM_IS_INVALID, DKIM_IS_WILDCARD, DKIM_IS_NONE_FOUND, DKIM_IS_UNKNOWN, DKIM_IS_NOT_CHECKED,
    DMARC_IS_REJECT, DMARC_IS_QUARANTINE, DMARC_IS_NONE, DMARC_IS_ONE_STANDARD, DMARC_IS_INVALID, DMARC_IS_ABSENT,
    DMARC_IS_UNKNOWN, DMARC_IS_NOT_CHECKED,
    MX_IS_OK, MX_IS_NULL, MX_IS_INVALID, MX_IS_ABSENT, MX_IS_UNKNOWN, MX_IS_NOT_CHECKED,
    MTA_STS_IS_VALID, MTA_STS_IS_INVALID, MTA_STS_IS_ABSENT, MTA_STS_IS_UNKNOWN, MTA_STS_IS_NOT_CHECKED,
    TLS_RPT_IS_VALID, TLS_RPT_IS_INVALID, TLS_RPT_IS_ABSENT, TLS_RPT_IS_UNKNOWN, TLS_RPT_IS_NOT_CHECKED,
    CLASS_INDEX_COUNT
};
static_assert((int)CLASS_INDEX_COUNT == (int)POSTURE_CLASS_COUNT, "POSTURE_CLASS_COUNT");

static const struct posture_class classes[POSTURE_CLASS_COUNT] = {
    /* What an address that nothing matches gets. */
    [SPF_IS_FAIL] = { PROTOCOL_SPF, "fail" },
    [SPF_IS_SOFTFAIL] = { PROTOCOL_SPF, "softfail" },
    [SPF_IS_NEUTRAL] = { PROTOCOL_SPF, "neutral" },
    [SPF_IS_PASS] = { PROTOCOL_SPF, "pass" },
    [SPF_IS_PERMERROR] = { PROTOCOL_SPF, "permerror" },
    [SPF_IS_ABSENT] = { PROTOCOL_SPF, "absent" },
    [SPF_IS_UNKNOWN] = { PROTOCOL_SPF, "unknown" },
    [SPF_IS_NOT_CHECKED] = { PROTOCOL_SPF, "not_checked" },
    [DKIM_IS_FOUND] = { PROTOCOL_DKIM, "found" },
    [DKIM_IS_REVOKED] = { PROTOCOL_DKIM, "revoked" },
    [DKIM_IS_INVALID] = { PROTOCOL_DKIM, "invalid" },
    [DKIM_IS_WILDCARD] = { PROTOCOL_DKIM, "wildcard" },
    [DKIM_IS_NONE_FOUND] = { PROTOCOL_DKIM, "none_found" }, /* at the selectors asked: no proof of absence */
    [DKIM_IS_UNKNOWN] = { PROTOCOL_DKIM, "unknown" },
    [DKIM_IS_NOT_CHECKED] = { PROTOCOL_DKIM, "not_checked" },
    /* The effective policy: what receivers of either standard apply. */
    [DMARC_IS_REJECT] = { PROTOCOL_DMARC, "reject" },
    [DMARC_IS_QUARANTINE] = { PROTOCOL_DMARC, "quarantine" },
    [DMARC_IS_NONE] = { PROTOCOL_DMARC, "none" },
    [DMARC_IS_ONE_STANDARD] = { PROTOCOL_DMARC, "one_standard" }, /* a record, but no policy by RFC 9989 or by RFC 7489 */
    [DMARC_IS_INVALID] = { PROTOCOL_DMARC, "invalid" },
    [DMARC_IS_ABSENT] = { PROTOCOL_DMARC, "absent" },
    [DMARC_IS_UNKNOWN] = { PROTOCOL_DMARC, "unknown" },
    [DMARC_IS_NOT_CHECKED] = { PROTOCOL_DMARC, "not_checked" },
    [MX_IS_OK] = { PROTOCOL_MX, "ok" },
    [MX_IS_NULL] = { PROTOCOL_MX, "null_mx" },
    [MX_IS_INVALID] = { PROTOCOL_MX, "invalid" },
    [MX_IS_ABSENT] = { PROTOCOL_MX, "absent" },
    [MX_IS_UNKNOWN] = { PROTOCOL_MX, "unknown" },
    [MX_IS_NOT_CHECKED] = { PROTOCOL_MX, "not_checked" },
    [MTA_STS_IS_VALID] = { PROTOCOL_MTA_STS, "valid" },
    [MTA_STS_IS_INVALID] = { PROTOCOL_MTA_STS, "invalid" },
    [MTA_STS_IS_ABSENT] = { PROTOCOL_MTA_STS, "absent" },
    [MTA_STS_IS_UNKNOWN] = { PROTOCOL_MTA_STS, "unknown" },
    [MTA_STS_IS_NOT_CHECKED] = { PROTOCOL_MTA_STS, "not_checked" },
    [TLS_RPT_IS_VALID] = { PROTOCOL_TLS_RPT, "valid" },
    [TLS_RPT_IS_INVALID] = { PROTOCOL_TLS_RPT, "invalid" },
    [TLS_RPT_IS_ABSENT] = { PROTOCOL_TLS_RPT, "absent" },
    [TLS_RPT_IS_UNKNOWN] = { PROTOCOL_TLS_RPT, "unknown" },
    [TLS_RPT_IS_NOT_CHECKED] = { PROTOCOL_TLS_RPT, "not_checked" },
};

const char *posture_protocol_name(enum posture_protocol protocol)
{
    static const char *const names[PROTOCOL_COUNT] = { "spf", "dkim", "dmarc", "mx", "mta_sts", "tls_rpt" };
    return names[protocol];
}

const struct posture_class *posture_class(size_t index)
{
    assert(index < POSTURE_CLASS_COUNT);
    return &classes[index];
}

static enum class_index class_of_spf(const struct spf_result *spf)
{
    static const enum class_index of_status[] = {
        [SPF_NOT_CHECKED] = SPF_IS_NOT_CHECKED, [SPF_VALID] = SPF_IS_NEUTRAL,       [SPF_NONE] = SPF_IS_ABSENT,
        [SPF_PERMERROR] = SPF_IS_PERMERROR,     [SPF_TEMPERROR] = SPF_IS_UNKNOWN,
    };
    static const enum class_index of_all[] = {
        [SPF_FAIL] = SPF_IS_FAIL, [SPF_SOFTFAIL] = SPF_IS_SOFTFAIL, [SPF_NEUTRAL] = SPF_IS_NEUTRAL, [SPF_PASS] = SPF_IS_PASS,
    };
    return spf->status == SPF_VALID && spf->has_all ? of_all[spf->all] : of_status[spf->status];
}

static enum class_index class_of_dkim(const struct dkim_result *dkim)
{
    static const enum class_index of_status[] = {
        [DKIM_NOT_CHECKED] = DKIM_IS_NOT_CHECKED, [DKIM_FOUND] = DKIM_IS_FOUND,
        [DKIM_REVOKED] = DKIM_IS_REVOKED,         [DKIM_INVALID] = DKIM_IS_INVALID,
        [DKIM_WILDCARD] = DKIM_IS_WILDCARD,       [DKIM_NONE_FOUND] = DKIM_IS_NONE_FOUND,
        [DKIM_TEMPERROR] = DKIM_IS_UNKNOWN,
    };
    return of_status[dkim->status];
}

static enum class_index class_of_dmarc(const struct dmarc_result *dmarc)
{
    static const enum class_index of_status[] = {
        [DMARC_NOT_CHECKED] = DMARC_IS_NOT_CHECKED, [DMARC_NONE] = DMARC_IS_ABSENT,
        [DMARC_INVALID] = DMARC_IS_INVALID,         [DMARC_TEMPERROR] = DMARC_IS_UNKNOWN,
    };
    static const enum class_index of_policy[] = {
        [DMARC_POLICY_NULL] = DMARC_IS_ONE_STANDARD,       [DMARC_POLICY_NONE] = DMARC_IS_NONE,
        [DMARC_POLICY_QUARANTINE] = DMARC_IS_QUARANTINE,   [DMARC_POLICY_REJECT] = DMARC_IS_REJECT,
    };
    return dmarc->status == DMARC_VALID ? of_policy[dmarc->effective_policy] : of_status[dmarc->status];
}

static enum class_index class_of_mx(const struct mx_result *mx)
{
    static const enum class_index of_status[] = {
        [MX_NOT_CHECKED] = MX_IS_NOT_CHECKED, [MX_OK] = MX_IS_OK,           [MX_NONE] = MX_IS_ABSENT,
        [MX_NULL] = MX_IS_NULL,               [MX_INVALID] = MX_IS_INVALID, [MX_TEMPERROR] = MX_IS_UNKNOWN,
    };
    return of_status[mx->status];
}

/* Those whose five classes stand in this order. */
static int step_of_record(enum record_status status)
{
    static const int steps[] = {
        [RECORD_VALID] = 0, [RECORD_INVALID] = 1, [RECORD_NONE] = 2, [RECORD_TEMPERROR] = 3, [RECORD_NOT_CHECKED] = 4,
    };
    return steps[status];
}

void posture_classes_find(const struct assessment *a, uint8_t out[PROTOCOL_COUNT])
{
    out[PROTOCOL_SPF] = (uint8_t)class_of_spf(&a->spf);
    out[PROTOCOL_DKIM] = (uint8_t)class_of_dkim(&a->dkim);
    out[PROTOCOL_DMARC] = (uint8_t)class_of_dmarc(&a->dmarc);
    out[PROTOCOL_MX] = (uint8_t)class_of_mx(&a->mx);
    out[PROTOCOL_MTA_STS] = (uint8_t)(MTA_STS_IS_VALID + step_of_record(a->mta_sts.status));
    out[PROTOCOL_TLS_RPT] = (uint8_t)(TLS_RPT_IS_VALID + step_of_record(a->tls_rpt.status));
}
