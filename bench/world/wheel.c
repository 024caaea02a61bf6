// SPDX-License-Identifier: MIT
#include "bench/world/wheel.h"

#include <stdlib.h>

/* More than the longest delay: a slot never holds two different milliseconds. */
enum { SLOTS = 65536 };
_Static_assert(SLOTS > DELAY_MAX_MS + 1000, "the wheel is longer than any delay");

struct wheel {
    uint64_t at_ms; /* all before it is taken */
    size_t count;
    struct {
        struct held *first, *last;
    } slots[SLOTS];
};

struct wheel *wheel_new(uint64_t now_ms)
{
    struct wheel *w = calloc(1, sizeof(*w));
    if (w) {
        w->at_ms = now_ms;
    }
    return w;
}

void wheel_free(struct wheel *w)
{
    for (size_t i = 0; w && i < SLOTS; i++) {
        while (w->slots[i].first) {
            struct held *next = w->slots[i].first->next;
            free(w->slots[i].first);
            w->slots[i].first = next;
        }
    }
    free(w);
}

bool wheel_put(struct wheel *w, uint64_t due_ms, const union address *peer, uint64_t client, const uint8_t *bytes,
               size_t len)
{
    struct held *h = malloc(sizeof(*h) + len);
    if (!h) {
        return false;
    }
    h->next = NULL;
    h->client = client;
    h->peer = *peer;
    h->len = (uint32_t)len;
    if (len > 0) {
        memcpy(h->bytes, bytes, len);
    }
    size_t slot = (due_ms > w->at_ms ? due_ms : w->at_ms) % SLOTS;
    *(w->slots[slot].first ? &w->slots[slot].last->next : &w->slots[slot].first) = h;
    w->slots[slot].last = h;
    w->count++;
    return true;
}

struct held *wheel_take(struct wheel *w, uint64_t now_ms)
{
    if (w->count == 0) {
        w->at_ms = now_ms > w->at_ms ? now_ms : w->at_ms;
        return NULL;
    }
    while (w->at_ms <= now_ms) {
        struct held *h = w->slots[w->at_ms % SLOTS].first;
        if (h) {
            w->slots[w->at_ms % SLOTS].first = h->next;
            w->count--;
            return h;
        }
        if (w->at_ms == now_ms) {
            break;
        }
        w->at_ms++;
    }
    return NULL;
}

size_t wheel_count(const struct wheel *w)
{
    return w->count;
}

unsigned wheel_wait_ms(const struct wheel *w, uint64_t now_ms, unsigned most)
{
    for (uint64_t ms = w->at_ms; w->count > 0 && ms < now_ms + most; ms++) {
        if (w->slots[ms % SLOTS].first) {
            return ms > now_ms ? (unsigned)(ms - now_ms) : 0;
        }
    }
    return most;
}
