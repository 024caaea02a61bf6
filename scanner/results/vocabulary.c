// SPDX-License-Identifier: MIT
#include "scanner/results/vocabulary.h"

#define WORDS(name)                                                      \
    const struct vocabulary name##_words = {                             \
        .words = name##_table, .count = sizeof(name##_table) / sizeof(*name##_table), \
    }

static const char *outcome_word(int value)
{
    return domain_outcome_name((enum domain_outcome)value);
}
const struct vocabulary outcome_words = { .word_of = outcome_word, .count = OUTCOME_COUNT };

static const char *posture_word(int value)
{
    return posture_name((enum posture)value);
}
const struct vocabulary posture_words = { .word_of = posture_word, .count = POSTURE_COUNT };

static const char *severity_word(int value)
{
    return severity_name((enum severity)value);
}
const struct vocabulary severity_words = { .word_of = severity_word, .count = SEVERITY_INFO + 1 };

static const char *const ternary_table[] = {
    [TERNARY_NO] = "no",
    [TERNARY_YES] = "yes",
    [TERNARY_UNKNOWN] = "unknown",
};
WORDS(ternary);

static const char *const mx_status_table[] = {
    [MX_NOT_CHECKED] = "not_checked", [MX_OK] = "ok",           [MX_NONE] = "none",
    [MX_NULL] = "null_mx",            [MX_INVALID] = "invalid", [MX_TEMPERROR] = "temperror",
};
WORDS(mx_status);

static const char *const spf_status_table[] = {
    [SPF_NOT_CHECKED] = "not_checked", [SPF_VALID] = "valid",         [SPF_NONE] = "none",
    [SPF_PERMERROR] = "permerror",     [SPF_TEMPERROR] = "temperror",
};
WORDS(spf_status);

static const char *const spf_qualifier_table[] = {
    [SPF_FAIL] = "fail",
    [SPF_SOFTFAIL] = "softfail",
    [SPF_NEUTRAL] = "neutral",
    [SPF_PASS] = "pass",
};
WORDS(spf_qualifier);

static const char *const dkim_status_table[] = {
    [DKIM_NOT_CHECKED] = "not_checked", [DKIM_FOUND] = "found",       [DKIM_REVOKED] = "revoked",
    [DKIM_INVALID] = "invalid",         [DKIM_WILDCARD] = "wildcard", [DKIM_NONE_FOUND] = "none_found",
    [DKIM_TEMPERROR] = "temperror",
};
WORDS(dkim_status);

static const char *const dkim_namespace_table[] = {
    [DKIM_NAMESPACE_UNKNOWN] = "unknown",
    [DKIM_NAMESPACE_EXISTS] = "exists",
    [DKIM_NAMESPACE_ABSENT] = "absent",
};
WORDS(dkim_namespace);

static const char *const dkim_selector_status_table[] = {
    [DKIM_KEY_VALID] = "valid",
    [DKIM_KEY_REVOKED] = "revoked",
    [DKIM_KEY_INVALID] = "invalid",
    [DKIM_KEY_DANGLING] = "dangling_cname",
};
WORDS(dkim_selector_status);

static const char *const dkim_key_type_table[] = {
    [DKIM_KEY_UNKNOWN] = NULL,
    [DKIM_KEY_RSA] = "rsa",
    [DKIM_KEY_ED25519] = "ed25519",
};
WORDS(dkim_key_type);

static const char *const dmarc_status_table[] = {
    [DMARC_NOT_CHECKED] = "not_checked", [DMARC_VALID] = "valid",         [DMARC_NONE] = "none",
    [DMARC_INVALID] = "invalid",         [DMARC_TEMPERROR] = "temperror",
};
WORDS(dmarc_status);

static const char *const dmarc_policy_table[] = {
    [DMARC_POLICY_NULL] = NULL,
    [DMARC_POLICY_NONE] = "none",
    [DMARC_POLICY_QUARANTINE] = "quarantine",
    [DMARC_POLICY_REJECT] = "reject",
};
WORDS(dmarc_policy);

static const char *const dmarc_alignment_table[] = {
    [DMARC_ALIGNMENT_NULL] = NULL,
    [DMARC_RELAXED] = "r",
    [DMARC_STRICT] = "s",
};
WORDS(dmarc_alignment);

static const char *const dmarc_psd_table[] = {
    [DMARC_PSD_NULL] = NULL,
    [DMARC_PSD_YES] = "y",
    [DMARC_PSD_NO] = "n",
    [DMARC_PSD_UNDEFINED] = "u",
};
WORDS(dmarc_psd);

static const char *const record_status_table[] = {
    [RECORD_NOT_CHECKED] = "not_checked", [RECORD_VALID] = "valid",         [RECORD_NONE] = "none",
    [RECORD_INVALID] = "invalid",         [RECORD_TEMPERROR] = "temperror",
};
WORDS(record_status);

int vocabulary_find(const struct vocabulary *vocabulary, span word)
{
    for (int i = 0; i < vocabulary->count; i++) {
        const char *ours = vocabulary_word(vocabulary, i);
        if (ours != NULL && strncmp(ours, word.ptr, word.len) == 0 && ours[word.len] == '\0') {
            return i;
        }
    }
    return -1;
}
