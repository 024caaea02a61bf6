// SPDX-License-Identifier: MIT
#pragma once

/*
 * Answers held back until they are due: one list for each millisecond of the next minute. What is due in the same
 * millisecond leaves in the order it came.
 *
 * Threads: one at a time.  Memory: each answer on the heap, until it is taken; a megabyte for the wheel.
 */

#include "bench/world/delay.h"

#include <netinet/in.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct held {
    struct held *next;
    uint64_t client;
    union address peer;
    uint32_t len; /* 0: nobody will hear it, but it was waited for */
    uint8_t bytes[];
};

struct wheel;

struct wheel *wheel_new(uint64_t now_ms) MUST_USE;
void wheel_free(struct wheel *w);

/* Due at due_ms, at most DELAY_MAX_MS from now. False without memory. */
bool wheel_put(struct wheel *w, uint64_t due_ms, const union address *peer, uint64_t client, const uint8_t *bytes,
               size_t len);

/* The next one due, the caller's to free; NULL when none is. */
struct held *wheel_take(struct wheel *w, uint64_t now_ms);

size_t wheel_count(const struct wheel *w);

/* Milliseconds until the next one is due, at most `most`. */
unsigned wheel_wait_ms(const struct wheel *w, uint64_t now_ms, unsigned most);
