// SPDX-License-Identifier: MIT
#pragma once

/*
 * What a listener must remember to behave as it should: whether it is dead, its rate's bucket, who waits for how much.
 *
 * Threads: any, behind its own lock; a gate without such a behaviour takes no lock and always opens.
 * Time: monotonic milliseconds, passed in.  Memory: inside the struct, CLIENTS addresses; when more than that wait at
 * once, the rest share one count.
 */

#include "bench/world/behaviour.h"

#include <pthread.h>

enum gate_verdict { GATE_OPEN, GATE_DEAD, GATE_OVER_LIMIT, GATE_OVER_PLATEAU, GATE_SERVFAIL };

enum { GATE_CLIENTS = 64 };

struct gate {
    const struct behaviour *behaviour;
    bool is_plain;
    pthread_mutex_t lock;
    bool has_begun;
    uint64_t first_ms, died_ms; /* died_ms 0: not yet */
    uint64_t queries;
    double tokens;
    uint64_t filled_ms;
    struct {
        uint64_t address;
        uint64_t waiting;
    } clients[GATE_CLIENTS + 1];
};

void gate_init(struct gate *g, const struct behaviour *b);

/* One query of `client` (a hash of the address; 0: one that the plateau does not count) at now_ms. After GATE_OPEN and
 * GATE_SERVFAIL it waits for its answer until gate_leave. */
enum gate_verdict gate_pass(struct gate *g, uint64_t client, uint64_t now_ms);

/* How long an answer must wait for the end of a stall; 0: there is none now. */
uint64_t gate_stall_ms(struct gate *g, uint64_t now_ms);

/* Client 0 is nobody: nothing happens. */
void gate_leave(struct gate *g, uint64_t client);
