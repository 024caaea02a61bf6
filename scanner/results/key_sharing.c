// SPDX-License-Identifier: MIT
#include "scanner/results/key_sharing.h"

#include <stdlib.h>
#include <xxhash.h>

/* Open addressing over 64-bit hashes; 0 is a free slot. */
struct key_slot {
    uint64_t hash;
    uint32_t domains;
    uint32_t shown; /* index + 1 in the list of shared keys; 0: none */
};

struct key_sharing {
    const struct suffixes *suffixes;
    struct key_slot *keys;
    uint64_t *pairs;
    size_t key_size, key_count, pair_size, pair_count; /* sizes are powers of two */
    struct shared_key *shown;
    size_t shown_count;
    struct arena arena;
    XXH3_state_t *hashing;
    struct key_sharing_totals totals;
};

enum { SIZE_FIRST = 1 << 12, ARENA_LIMIT = 8 << 20, NAME_MAX_LEN = 1024 };

struct key_sharing *key_sharing_new(const struct suffixes *suffixes)
{
    struct key_sharing *sharing = calloc(1, sizeof(*sharing));
    if (sharing == NULL) {
        return NULL;
    }
    sharing->suffixes = suffixes;
    sharing->key_size = sharing->pair_size = SIZE_FIRST;
    sharing->keys = calloc(SIZE_FIRST, sizeof(*sharing->keys));
    sharing->pairs = calloc(SIZE_FIRST, sizeof(*sharing->pairs));
    sharing->shown = calloc(KEY_SHARING_SHOWN, sizeof(*sharing->shown));
    sharing->hashing = XXH3_createState();
    arena_init(&sharing->arena, NULL, 0, ARENA_LIMIT);
    if (sharing->keys == NULL || sharing->pairs == NULL || sharing->shown == NULL || sharing->hashing == NULL) {
        key_sharing_free(sharing);
        return NULL;
    }
    return sharing;
}

void key_sharing_free(struct key_sharing *sharing)
{
    if (sharing == NULL) {
        return;
    }
    arena_reset(&sharing->arena);
    free(sharing->keys);
    free(sharing->pairs);
    free(sharing->shown);
    XXH3_freeState(sharing->hashing);
    free(sharing);
}

/* Tables ---------------------------------------------------------------------------------------------------------- */

static struct key_slot *find_key(struct key_slot *keys, size_t size, uint64_t hash)
{
    size_t at = (size_t)hash;
    while (keys[at & (size - 1)].hash != 0 && keys[at & (size - 1)].hash != hash) {
        at++;
    }
    return &keys[at & (size - 1)];
}

static uint64_t *find_pair(uint64_t *pairs, size_t size, uint64_t hash)
{
    size_t at = (size_t)hash;
    while (pairs[at & (size - 1)] != 0 && pairs[at & (size - 1)] != hash) {
        at++;
    }
    return &pairs[at & (size - 1)];
}

/* Two thirds full at most. */
static bool has_room_for_key(struct key_sharing *sharing)
{
    if (sharing->key_count >= KEY_SHARING_KEYS) {
        return false;
    }
    if (sharing->key_count < sharing->key_size / 3 * 2) {
        return true;
    }
    struct key_slot *keys = calloc(sharing->key_size * 2, sizeof(*keys));
    if (keys == NULL) {
        return false;
    }
    for (size_t i = 0; i < sharing->key_size; i++) {
        if (sharing->keys[i].hash != 0) {
            *find_key(keys, sharing->key_size * 2, sharing->keys[i].hash) = sharing->keys[i];
        }
    }
    free(sharing->keys);
    sharing->keys = keys;
    sharing->key_size *= 2;
    return true;
}

static bool has_room_for_pair(struct key_sharing *sharing)
{
    if (sharing->pair_count >= KEY_SHARING_KEYS) {
        return false;
    }
    if (sharing->pair_count < sharing->pair_size / 3 * 2) {
        return true;
    }
    uint64_t *pairs = calloc(sharing->pair_size * 2, sizeof(*pairs));
    if (pairs == NULL) {
        return false;
    }
    for (size_t i = 0; i < sharing->pair_size; i++) {
        if (sharing->pairs[i] != 0) {
            *find_pair(pairs, sharing->pair_size * 2, sharing->pairs[i]) = sharing->pairs[i];
        }
    }
    free(sharing->pairs);
    sharing->pairs = pairs;
    sharing->pair_size *= 2;
    return true;
}

/* Records --------------------------------------------------------------------------------------------------------- */

/* The hash of what p= holds, without the white space in it (RFC 6376 section 3.2); 0: there is no such tag. */
static uint64_t hash_key(XXH3_state_t *state, span record)
{
    bool has_key = false;
    XXH3_64bits_reset(state);
    while (record.len > 0 && !has_key) {
        span value = span_cut(&record, ';');
        span name = span_trim_fws(span_cut(&value, '='));
        if (!span_equal(name, SPAN("p"))) {
            continue;
        }
        while (value.len > 0) {
            size_t blank = 0;
            while (blank < value.len && value.ptr[blank] != ' ' && value.ptr[blank] != '\\') {
                blank++;
            }
            XXH3_64bits_update(state, value.ptr, blank);
            has_key = has_key || blank > 0;
            /* A blank, or a byte that the record escaped: `\009`. */
            size_t skip = blank < value.len ? (value.ptr[blank] == '\\' ? 4 : 1) : 0;
            value = span_after(value, blank + skip < value.len ? blank + skip : value.len);
        }
    }
    uint64_t hash = XXH3_64bits_digest(state);
    return has_key ? hash | (hash == 0) : 0;
}

static span organizational_domain(const struct key_sharing *sharing, span domain)
{
    size_t at = suffixes_organizational(sharing->suffixes, domain.ptr, domain.len);
    return span_after(domain, at < domain.len ? at : 0);
}

static void show(struct key_sharing *sharing, struct key_slot *key, const struct record_selector *selector, span domain)
{
    if (key->shown == 0) {
        struct shared_key first = { .key_bits = selector->key_bits };
        if (sharing->shown_count == KEY_SHARING_SHOWN || !arena_copy(&sharing->arena, selector->selector, &first.selector)) {
            return;
        }
        sharing->shown[sharing->shown_count++] = first;
        key->shown = (uint32_t)sharing->shown_count;
    }
    struct shared_key *shown = &sharing->shown[key->shown - 1];
    shown->domains = key->domains;
    if (shown->example_count < KEY_SHARING_EXAMPLES &&
        arena_copy(&sharing->arena, domain, &shown->examples[shown->example_count])) {
        shown->example_count++;
    }
}

static void add_key(struct key_sharing *sharing, const struct record_selector *selector, uint64_t hash, span domain)
{
    uint64_t pair_hash = XXH3_64bits_withSeed(domain.ptr, domain.len, hash);
    pair_hash |= pair_hash == 0;
    uint64_t *pair = find_pair(sharing->pairs, sharing->pair_size, pair_hash);
    if (*pair != 0) {
        return; /* the same key at another selector or subdomain of the same domain */
    }
    struct key_slot *key = find_key(sharing->keys, sharing->key_size, hash);
    if (!has_room_for_pair(sharing) || (key->hash == 0 && !has_room_for_key(sharing))) {
        sharing->totals.not_looked_at++;
        return;
    }
    *find_pair(sharing->pairs, sharing->pair_size, pair_hash) = pair_hash;
    sharing->pair_count++;
    key = find_key(sharing->keys, sharing->key_size, hash);
    if (key->hash == 0) {
        key->hash = hash;
        sharing->key_count++;
    }
    key->domains++;
    sharing->totals.shared += key->domains == 2;
    if (key->domains >= 2) {
        show(sharing, key, selector, domain);
    }
}

void key_sharing_add(struct key_sharing *sharing, const struct record_view *view)
{
    for (size_t i = 0; i < view->dkim.selectors.count; i++) {
        const struct record_selector *selector = &view->dkim.selectors.items[i];
        if (selector->status != DKIM_KEY_VALID || selector->cname.ptr != NULL) {
            continue;
        }
        uint64_t hash = selector->record.ptr != NULL ? hash_key(sharing->hashing, selector->record) : 0;
        if (hash == 0) {
            sharing->totals.without++;
            continue;
        }
        sharing->totals.selectors++;
        add_key(sharing, selector, hash, organizational_domain(sharing, span_first(view->domain, NAME_MAX_LEN)));
    }
}

/* Results --------------------------------------------------------------------------------------------------------- */

struct key_sharing_totals key_sharing_totals_get(const struct key_sharing *sharing)
{
    struct key_sharing_totals totals = sharing->totals;
    totals.keys = sharing->key_count;
    return totals;
}

size_t key_sharing_first(const struct key_sharing *sharing, struct shared_key *out, size_t limit)
{
    size_t count = 0;
    for (size_t i = 0; i < sharing->shown_count && limit > 0; i++) {
        const struct shared_key *key = &sharing->shown[i];
        if (count == limit && key->domains <= out[count - 1].domains) {
            continue;
        }
        size_t at = count < limit ? count++ : count - 1;
        while (at > 0 && key->domains > out[at - 1].domains) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = *key;
    }
    return count;
}
