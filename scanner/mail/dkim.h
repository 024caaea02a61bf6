// SPDX-License-Identifier: MIT
#pragma once

/*
 * DKIM keys of one domain, as far as the DNS shows them without knowing the selectors: namespace, wildcard, selectors.
 * RFC 6376, 8301, 8463, 8020; statuses as record.md defines them (decided cases 11 to 13, 25, 35, 41).
 *
 * Threads: any; pure (libcrypto decodes keys).  Memory: the subject's arena.
 */

#include "scanner/mail/subject.h"

enum dkim_status {
    DKIM_NOT_CHECKED,
    DKIM_FOUND,      /* at least one valid key */
    DKIM_REVOKED,    /* else: a revoked one */
    DKIM_INVALID,    /* else: something answered, nothing of use */
    DKIM_WILDCARD,   /* all answers are a wildcard's */
    DKIM_NONE_FOUND,
    DKIM_TEMPERROR,  /* nothing valid found and a probe failed */
};

enum dkim_namespace { DKIM_NAMESPACE_UNKNOWN, DKIM_NAMESPACE_EXISTS, DKIM_NAMESPACE_ABSENT };

enum dkim_selector_status { DKIM_KEY_VALID, DKIM_KEY_REVOKED, DKIM_KEY_INVALID, DKIM_KEY_DANGLING };

enum dkim_key_type { DKIM_KEY_UNKNOWN, DKIM_KEY_RSA, DKIM_KEY_ED25519 };

struct dkim_selector {
    span selector;
    enum dkim_selector_status status;
    enum dkim_key_type key_type;  /* UNKNOWN: null */
    uint32_t key_bits;            /* 0: null (not decoded) */
    bool is_testing;
    span cname;                   /* empty: no alias */
    const char *provider;         /* NULL: none known */
    span record;                  /* text of the TXT, for --records full; empty when there is none */
};

struct dkim_result {
    enum dkim_status status;
    enum dkim_namespace namespace_state;
    uint32_t probed;              /* selectors asked for, the random one not counted */
    uint32_t pruned;              /* questions of the plan that an absent namespace or name made needless */
    const struct dkim_selector *selectors; /* those that answered, in the order asked */
    size_t selector_count;
    bool has_key;                 /* a key that some signer may use: a valid selector, or a wildcard's usable key (case 25) */
    bool has_public_test_key;     /* its private half is published (case 32) */
    bool target_is_open;          /* a selector's alias points at a domain that anyone can register (case 10) */
    bool wildcard_is_revoked;     /* `p=` empty at a random selector */
};

struct dkim_plan {
    uint8_t stage;
};

size_t dkim_ask(const struct subject *s, struct dkim_plan *plan);
void dkim_assess(const struct subject *s, struct dkim_result *out);
