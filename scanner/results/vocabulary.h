// SPDX-License-Identifier: MIT
#pragma once

/*
 * The words that a record uses for the values of our enums, in one place for those who print records and those who read
 * them. A value without a word is null in the record.
 *
 * Threads: any; constant.
 */

#include "scanner/mail/verdict.h"

struct vocabulary {
    const char *(*word_of)(int value); /* for words that stand elsewhere; else: */
    const char *const *words;          /* by value */
    int count;
};

extern const struct vocabulary outcome_words, posture_words, severity_words, ternary_words;
extern const struct vocabulary mx_status_words, spf_status_words, spf_qualifier_words;
extern const struct vocabulary dkim_status_words, dkim_namespace_words, dkim_selector_status_words, dkim_key_type_words;
extern const struct vocabulary dmarc_status_words, dmarc_policy_words, dmarc_alignment_words, dmarc_psd_words;
extern const struct vocabulary record_status_words; /* of MTA-STS, TLS-RPT, BIMI */

/* NULL: null. */
static inline const char *vocabulary_word(const struct vocabulary *vocabulary, int value)
{
    return vocabulary->word_of ? vocabulary->word_of(value) : vocabulary->words[value];
}

/* -1 when no value has that word. */
int vocabulary_find(const struct vocabulary *vocabulary, span word);
