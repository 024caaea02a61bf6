// SPDX-License-Identifier: MIT
#pragma once

/*
 * The TCP side (RFC 7766): two bytes of length before each message, any number of queries on a connection. One thread,
 * epoll. And the counters both sides share.
 *
 * Threads: tcp_start makes its one; the counters are written by their own thread and read by any.
 * Memory: a fixed table of connections, buffers on the heap while they live.
 */

#include "bench/world/wire.h"
#include "bench/world/world.h"

#include <stdatomic.h>
#include <sys/socket.h>

enum { SECONDS_MAX = 200000 };

enum count_kind {
    COUNT_RECEIVED,
    COUNT_ANSWERED,
    COUNT_MALFORMED,
    COUNT_SILENT,
    COUNT_LOST,
    COUNT_TCP,
    COUNT_TRUNCATED,
    COUNT_TXT,
    COUNT_MX,
    COUNT_A,
    COUNT_AAAA,
    COUNT_OTHER_TYPE,
    COUNT_KINDS
};

struct counters {
    _Alignas(64) atomic_uint_least64_t of[COUNT_KINDS];
};

struct seconds {
    uint64_t start_ms;
    atomic_uint_least32_t received[SECONDS_MAX];
};

/* Its own thread is the only writer: a plain add, made visible to who reads. */
static inline void counters_add(struct counters *c, enum count_kind kind, uint64_t n)
{
    uint64_t now = atomic_load_explicit(&c->of[kind], memory_order_relaxed);
    atomic_store_explicit(&c->of[kind], now + n, memory_order_relaxed);
}

void counters_add_query(struct counters *c, uint16_t type);
void seconds_add(struct seconds *s, uint64_t count);
bool server_decide(const struct world *w, const struct query *q, struct reply *r, struct counters *c);

struct tcp;

struct tcp *tcp_new(const struct world *w, struct counters *counters, struct seconds *seconds) MUST_USE;
bool tcp_listen(struct tcp *t, const struct sockaddr_storage *address, socklen_t len) MUST_USE;
bool tcp_start(struct tcp *t) MUST_USE;
void tcp_stop(struct tcp *t);
