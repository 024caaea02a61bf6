// SPDX-License-Identifier: MIT
#pragma once

/*
 * The world behind sockets: UDP with recvmmsg, sendmmsg and segment offload, TCP with epoll, and the trouble one can
 * ask for.
 *
 * Threads: server_start makes `threads` UDP threads and one for TCP; the rest is for the thread that started it.
 * Memory: fixed buffers a thread; with a delay, what is under way.
 */

#include "bench/world/world.h"

enum { SERVER_LISTEN_MAX = 16 };

struct server_options {
    const char *listen[SERVER_LISTEN_MAX]; /* ADDRESS:PORT, [ADDRESS]:PORT; port 0: any */
    size_t listen_count;
    unsigned threads;
    unsigned loss_ppm;     /* UDP queries thrown away */
    unsigned servfail_ppm; /* answered SERVFAIL, another try may do better */
    unsigned lie_ppm;      /* a false answer with another id goes before the true one */
    unsigned delay_ms;     /* UDP answers are held back this long */
    uint64_t seed;
};

struct server;

/* NULL with errno set, and a line said to stderr. */
struct server *server_start(const struct world *w, const struct server_options *options) MUST_USE;
/* Joins the threads; frees. */
void server_stop(struct server *s);
/* The port of the i-th listen address, as bound. */
unsigned server_port(const struct server *s, size_t i);

/* One line of counters. */
void server_say_stats(const struct server *s);
/* All counters as one JSON object, queries of each second included. False with errno set. */
bool server_write_stats(const struct server *s, const char *path);
