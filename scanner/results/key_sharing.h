// SPDX-License-Identifier: MIT
#pragma once

/*
 * DKIM keys that unrelated domains share (finding dkim_shared_key): the same key at selectors below two or more
 * organizational domains, not through an alias to a provider. It can only be seen over many records, and only in those of
 * `--records full`, which hold the keys.
 *
 * Exact while at most KEY_SHARING_KEYS different keys and as many (key, domain) pairs have come; what comes later is
 * counted as not looked at. Keys are told apart by 64 bits of hash.
 *
 * Threads: one at a time.  Memory: heap, at most 140 MB.
 */

#include "lists/suffixes.h"
#include "scanner/results/record_view.h"

enum { KEY_SHARING_KEYS = 2000000, KEY_SHARING_SHOWN = 4096, KEY_SHARING_EXAMPLES = 3 };

struct key_sharing;

/* Of the suffixes, which are borrowed, come the organizational domains. */
MUST_USE struct key_sharing *key_sharing_new(const struct suffixes *suffixes);
void key_sharing_free(struct key_sharing *sharing);

void key_sharing_add(struct key_sharing *sharing, const struct record_view *view);

struct key_sharing_totals {
    uint64_t selectors; /* with a key record at hand, valid, not an alias */
    uint64_t without;   /* valid, not an alias, but the record does not hold the key */
    uint64_t keys;      /* different ones */
    uint64_t shared;    /* of them, at two or more organizational domains */
    uint64_t not_looked_at;
};
struct key_sharing_totals key_sharing_totals_get(const struct key_sharing *sharing);

struct shared_key {
    uint64_t domains; /* organizational domains that publish it */
    int64_t key_bits; /* or RECORD_NULL */
    span selector;    /* one of those it was seen at */
    span examples[KEY_SHARING_EXAMPLES]; /* of the domains, but for the first one seen */
    size_t example_count;
};

/* The `limit` keys that most domains share; how many there are. */
size_t key_sharing_first(const struct key_sharing *sharing, struct shared_key *out, size_t limit);
