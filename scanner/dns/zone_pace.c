// SPDX-License-Identifier: MIT
#include "scanner/dns/zone_pace.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "scanner/dns/token_bucket.h"

enum { PLACE_BITS = 17 };

struct zone_pace {
    double rate;
    uint64_t salt;
    _Atomic uint64_t places[1 << PLACE_BITS];
};

struct zone_pace *zone_pace_new(double rate, uint64_t salt)
{
    struct zone_pace *pace = calloc(1, sizeof(*pace));
    if (pace) {
        pace->rate = rate;
        pace->salt = salt;
    }
    return pace;
}

void zone_pace_free(struct zone_pace *pace)
{
    free(pace);
}

uint64_t zone_pace_book(struct zone_pace *pace, uint64_t key, uint64_t now_ns)
{
    uint64_t hash = (key ^ pace->salt) * 0x9e3779b97f4a7c15ull;
    _Atomic uint64_t *place = &pace->places[hash >> (64 - PLACE_BITS)];
    /* Relaxed: the word is all there is, nothing is ordered by it. */
    uint64_t next_ns = atomic_load_explicit(place, memory_order_relaxed), after_ns, at_ns;
    do {
        after_ns = next_ns;
        at_ns = token_book(&after_ns, pace->rate, now_ns);
    } while (!atomic_compare_exchange_weak_explicit(place, &next_ns, after_ns, memory_order_relaxed, memory_order_relaxed));
    return at_ns;
}
