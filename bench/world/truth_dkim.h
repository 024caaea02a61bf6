// SPDX-License-Identifier: MIT
#pragma once

/*
 * The keys that a default scan finds: the namespace, one name nobody has, then the first tier of selectors.
 * Threads: one at a time.  Memory: the truth's block.
 */

#include "bench/world/truth_ask.h"

enum dkim_state { DKIM_FOUND, DKIM_REVOKED, DKIM_INVALID, DKIM_WILDCARD, DKIM_NONE_FOUND, DKIM_TEMPERROR };
enum key_state { KEY_IS_VALID, KEY_IS_REVOKED, KEY_IS_INVALID, KEY_IS_DANGLING };

enum { DKIM_FOUND_MAX = 32 };

struct key_found {
    const char *selector;
    enum key_state state;
    bool details_unsure; /* several records: which one counts is nobody's rule */
    const char *type;    /* NULL: unknown */
    unsigned bits;       /* 0: not decoded */
    bool testing;
};

struct dkim_truth {
    enum dkim_state status;
    enum found namespace_found;
    bool has_key;      /* a usable key, a wildcard's too */
    bool can_be_taken; /* an alias to a domain that is free */
    size_t count;
    struct key_found keys[DKIM_FOUND_MAX];
};

void dkim_truth_find(struct truth *t, span domain, struct dkim_truth *out);
