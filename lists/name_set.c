// SPDX-License-Identifier: MIT
#include "lists/name_set.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <errno.h>
#include <stdlib.h>

enum {
    TABLE_BITS = 10,
    TABLE_COUNT = 1 << TABLE_BITS,
    TABLE_SLOTS_MIN = 16,
};

/* Both zero: an empty slot. */
struct slot {
    uint64_t low, high;
};

struct table {
    struct slot *slots;
    size_t size, count;
};

struct name_set {
    struct table tables[TABLE_COUNT];
    size_t count;
};

struct name_set *name_set_new(void)
{
    return calloc(1, sizeof(struct name_set));
}

void name_set_free(struct name_set *set)
{
    for (size_t i = 0; set != NULL && i < TABLE_COUNT; i++) {
        free(set->tables[i].slots);
    }
    free(set);
}

static struct slot slot_of(const char *name, size_t len)
{
    XXH128_hash_t hash = XXH3_128bits(name, len);
    if (hash.low64 == 0 && hash.high64 == 0) {
        hash.low64 = 1;
    }
    return (struct slot){ hash.low64, hash.high64 };
}

static size_t table_index(struct slot key)
{
    return (size_t)(key.high >> (64 - TABLE_BITS));
}

/* Where `key` is or would go. The table has a free slot. Multiply and shift, so that any size will do. */
static size_t table_find(const struct table *table, struct slot key)
{
    size_t at = (size_t)(((unsigned __int128)key.low * table->size) >> 64);
    for (;;) {
        const struct slot *slot = &table->slots[at];
        if ((slot->low == key.low && slot->high == key.high) || (slot->low == 0 && slot->high == 0)) {
            return at;
        }
        at = at + 1 < table->size ? at + 1 : 0;
    }
}

static int table_grow(struct table *table)
{
    size_t size = table->size < TABLE_SLOTS_MIN ? TABLE_SLOTS_MIN : table->size + table->size / 4;
    struct table grown = { .slots = calloc(size, sizeof(struct slot)), .size = size, .count = table->count };
    if (grown.slots == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < table->size; i++) {
        struct slot slot = table->slots[i];
        if (slot.low != 0 || slot.high != 0) {
            grown.slots[table_find(&grown, slot)] = slot;
        }
    }
    free(table->slots);
    *table = grown;
    return 0;
}

int name_set_add(struct name_set *set, const char *name, size_t len)
{
    struct slot key = slot_of(name, len);
    struct table *table = &set->tables[table_index(key)];
    if (table->count >= table->size / 5 * 4 && table_grow(table) < 0) {
        return -ENOMEM;
    }
    struct slot *slot = &table->slots[table_find(table, key)];
    if (slot->low != 0 || slot->high != 0) {
        return 0;
    }
    *slot = key;
    table->count++;
    set->count++;
    return 1;
}

bool name_set_has(const struct name_set *set, const char *name, size_t len)
{
    struct slot key = slot_of(name, len);
    const struct table *table = &set->tables[table_index(key)];
    if (table->size == 0) {
        return false;
    }
    const struct slot *slot = &table->slots[table_find(table, key)];
    return slot->low != 0 || slot->high != 0;
}

size_t name_set_count(const struct name_set *set)
{
    return set->count;
}

size_t name_set_bytes(const struct name_set *set)
{
    size_t bytes = sizeof(*set);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        bytes += set->tables[i].size * sizeof(struct slot);
    }
    return bytes;
}
