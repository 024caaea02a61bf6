// SPDX-License-Identifier: MIT
#include "scanner/suffix_cache.h"

enum { ENTRIES = 2048, NAME_KEPT_MAX = 72 };

struct entry {
    const struct suffixes *suffixes; /* NULL: empty */
    uint8_t len;
    uint8_t organizational_at;       /* where in the name its registrable domain begins */
    bool is_public_suffix;
    char name[NAME_KEPT_MAX];
};

static struct entry *find(const struct suffixes *suffixes, span name)
{
    static _Thread_local struct entry entries[ENTRIES];
    struct entry *e = &entries[span_hash_nocase(name) % ENTRIES];
    if (e->suffixes != suffixes || e->len != name.len || memcmp(e->name, name.ptr, name.len) != 0) {
        size_t at;
        bool is_public_suffix = suffixes_split(suffixes, name.ptr, name.len, &at);
        *e = (struct entry){
            .suffixes = suffixes,
            .len = (uint8_t)name.len,
            .organizational_at = (uint8_t)at,
            .is_public_suffix = is_public_suffix,
        };
        memcpy(e->name, name.ptr, name.len);
    }
    return e;
}

span suffix_cache_organizational(const struct suffixes *suffixes, span name)
{
    if (name.len == 0 || name.len > NAME_KEPT_MAX) {
        return span_after(name, suffixes_organizational(suffixes, name.ptr, name.len));
    }
    return span_after(name, find(suffixes, name)->organizational_at);
}

bool suffix_cache_is_public_suffix(const struct suffixes *suffixes, span name)
{
    if (name.len == 0 || name.len > NAME_KEPT_MAX) {
        return suffixes_is_public_suffix(suffixes, name.ptr, name.len);
    }
    return find(suffixes, name)->is_public_suffix;
}

/* FNV-1a. */
uint64_t suffix_cache_zone_hash(const struct suffixes *suffixes, span name)
{
    span zone = suffix_cache_organizational(suffixes, name);
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < zone.len; i++) {
        hash = (hash ^ (unsigned char)zone.ptr[i]) * 0x100000001b3u;
    }
    return hash ? hash : 1;
}
