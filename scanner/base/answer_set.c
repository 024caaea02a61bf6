// SPDX-License-Identifier: MIT
#include "scanner/base/answer_set.h"

enum { FIRST_SIZE = 36 };

static const struct rrset not_asked = { .outcome = DNS_CUT };

void answer_set_init(struct answer_set *set, struct arena *arena, size_t limit)
{
    *set = (struct answer_set){ .arena = arena, .limit = limit };
}

void answer_set_lend(struct answer_set *set, struct asked *items, size_t size)
{
    set->items = items;
    set->size = size;
}

static uint16_t short_hash(span qname)
{
    uint32_t hash = span_hash_nocase(qname);
    return (uint16_t)(hash ^ hash >> 16);
}

static const struct asked *find_hashed(const struct answer_set *set, span qname, uint16_t qtype, bool checking_disabled,
                                       uint16_t hash)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct asked *item = &set->items[i];
        if (item->hash == hash && item->qtype == qtype && item->checking_disabled == checking_disabled &&
            span_equal_nocase(item->qname, qname)) {
            return item;
        }
    }
    return NULL;
}

static bool grow(struct answer_set *set)
{
    size_t size = set->size == 0 ? FIRST_SIZE : set->size * 2;
    struct asked *items = ARENA_TAKE_N(set->arena, struct asked, size);
    if (!items) {
        return false;
    }
    if (set->count > 0) {
        memcpy(items, set->items, set->count * sizeof(*items));
    }
    set->items = items;
    set->size = size;
    return true;
}

/* `question` but for name, hash and answer. */
static bool add(struct answer_set *set, span qname, struct asked question)
{
    uint16_t hash = short_hash(qname);
    if (find_hashed(set, qname, question.qtype, question.checking_disabled, hash)) {
        return false;
    }
    bool is_beyond = set->count >= set->limit;
    if (set->count > set->limit || (set->count == set->size && !grow(set))) {
        set->was_cut = true;
        return false;
    }
    char *bytes = arena_take_bytes(set->arena, qname.len);
    if (!bytes) {
        set->was_cut = true;
        return false;
    }
    for (size_t i = 0; i < qname.len; i++) {
        bytes[i] = (char)ascii_lower((unsigned char)qname.ptr[i]);
    }
    question.qname = span_of(bytes, qname.len);
    question.hash = hash;
    question.rrset = is_beyond ? &not_asked : NULL;
    set->items[set->count++] = question;
    set->was_cut = set->was_cut || is_beyond;
    return true;
}

bool answer_set_add(struct answer_set *set, span qname, uint16_t qtype, uint8_t purpose, bool is_shared)
{
    return add(set, qname, (struct asked){ .qtype = qtype, .purpose = purpose, .is_shared = is_shared });
}

bool answer_set_add_unchecked(struct answer_set *set, span qname, uint16_t qtype, uint8_t purpose)
{
    return add(set, qname, (struct asked){ .qtype = qtype, .purpose = purpose, .checking_disabled = true });
}

const struct asked *answer_set_find(const struct answer_set *set, span qname, uint16_t qtype)
{
    return find_hashed(set, qname, qtype, false, short_hash(qname));
}

const struct rrset *answer_set_get(const struct answer_set *set, span qname, uint16_t qtype)
{
    const struct asked *item = answer_set_find(set, qname, qtype);
    return item ? item->rrset : NULL;
}

const struct rrset *answer_set_get_unchecked(const struct answer_set *set, span qname, uint16_t qtype)
{
    const struct asked *item = find_hashed(set, qname, qtype, true, short_hash(qname));
    return item ? item->rrset : NULL;
}
