// SPDX-License-Identifier: MIT
#include "scanner/results/top_map.h"

#include <stdlib.h>
#include <xxhash.h>

enum { SLOTS_FIRST = 256 };

struct key {
    uint64_t hash;
    uint32_t at, len; /* in the texts */
};

struct top_map {
    struct top_limits limits;
    uint32_t *slots; /* index of a key + 1; 0: free */
    size_t slot_count; /* a power of two */
    struct key *keys;
    uint64_t *counters;
    size_t key_count, key_room;
    char *texts;
    size_t text_len, text_room;
    uint64_t rest;
};

struct top_map *top_map_new(struct top_limits limits)
{
    struct top_map *map = calloc(1, sizeof(*map));
    if (map == NULL) {
        return NULL;
    }
    map->limits = limits;
    map->slot_count = SLOTS_FIRST;
    map->slots = calloc(map->slot_count, sizeof(*map->slots));
    if (map->slots == NULL) {
        free(map);
        return NULL;
    }
    return map;
}

void top_map_free(struct top_map *map)
{
    if (map == NULL) {
        return;
    }
    free(map->slots);
    free(map->keys);
    free(map->counters);
    free(map->texts);
    free(map);
}

static void place(struct top_map *map, uint64_t hash, uint32_t index)
{
    size_t at = (size_t)hash;
    while (map->slots[at & (map->slot_count - 1)] != 0) {
        at++;
    }
    map->slots[at & (map->slot_count - 1)] = index + 1;
}

static bool grow_slots(struct top_map *map)
{
    uint32_t *slots = calloc(map->slot_count * 2, sizeof(*slots));
    if (slots == NULL) {
        return false;
    }
    free(map->slots);
    map->slots = slots;
    map->slot_count *= 2;
    for (size_t i = 0; i < map->key_count; i++) {
        place(map, map->keys[i].hash, (uint32_t)i);
    }
    return true;
}

static bool grow_keys(struct top_map *map)
{
    size_t room = map->key_room ? map->key_room * 2 : SLOTS_FIRST / 2;
    struct key *keys = reallocarray(map->keys, room, sizeof(*keys));
    if (keys == NULL) {
        return false;
    }
    map->keys = keys;
    uint64_t *counters = reallocarray(map->counters, room, map->limits.counters * sizeof(*counters));
    if (counters == NULL) {
        return false;
    }
    map->counters = counters;
    map->key_room = room;
    return true;
}

static bool grow_texts(struct top_map *map, size_t len)
{
    size_t room = map->text_room ? map->text_room : 4096;
    while (room - map->text_len < len) {
        room *= 2;
    }
    char *texts = realloc(map->texts, room);
    if (texts == NULL) {
        return false;
    }
    map->texts = texts;
    map->text_room = room;
    return true;
}

static bool has_room(struct top_map *map, size_t len)
{
    return map->key_count < map->limits.keys && len <= map->limits.bytes - map->text_len &&
           (map->key_count < map->key_room || grow_keys(map)) &&
           (len <= map->text_room - map->text_len || grow_texts(map, len)) &&
           (map->key_count < map->slot_count / 2 || grow_slots(map));
}

uint64_t *top_map_get(struct top_map *map, span key)
{
    uint64_t hash = XXH3_64bits(key.ptr, key.len);
    size_t width = map->limits.counters;
    for (size_t at = (size_t)hash;; at++) {
        uint32_t slot = map->slots[at & (map->slot_count - 1)];
        if (slot == 0) {
            break;
        }
        const struct key *k = &map->keys[slot - 1];
        if (k->hash == hash && span_equal(span_of(map->texts + k->at, k->len), key)) {
            return map->counters + (slot - 1) * width;
        }
    }
    if (!has_room(map, key.len)) {
        map->rest++;
        return NULL;
    }
    if (key.len > 0) {
        memcpy(map->texts + map->text_len, key.ptr, key.len);
    }
    map->keys[map->key_count] = (struct key){ hash, (uint32_t)map->text_len, (uint32_t)key.len };
    map->text_len += key.len;
    memset(map->counters + map->key_count * width, 0, width * sizeof(*map->counters));
    place(map, hash, (uint32_t)map->key_count);
    return map->counters + map->key_count++ * width;
}

/* Whether a comes before b. */
static bool comes_first(const struct top_item *a, const struct top_item *b)
{
    return a->counters[0] != b->counters[0] ? a->counters[0] > b->counters[0] : span_compare(a->key, b->key) < 0;
}

/* Insertion into the sorted few: the limit is small against the size of the map. */
size_t top_map_first(const struct top_map *map, struct top_item *items, size_t limit)
{
    size_t count = 0;
    for (size_t i = 0; i < map->key_count && limit > 0; i++) {
        struct top_item item = { span_of(map->texts + map->keys[i].at, map->keys[i].len), map->counters + i * map->limits.counters };
        if (item.counters[0] == 0 || (count == limit && !comes_first(&item, &items[count - 1]))) {
            continue;
        }
        size_t at = count < limit ? count++ : count - 1;
        while (at > 0 && comes_first(&item, &items[at - 1])) {
            items[at] = items[at - 1];
            at--;
        }
        items[at] = item;
    }
    return count;
}

size_t top_map_size(const struct top_map *map)
{
    return map->key_count;
}

uint64_t top_map_rest(const struct top_map *map)
{
    return map->rest;
}
