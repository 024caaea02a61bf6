// SPDX-License-Identifier: MIT
#pragma once

/*
 * The world behind sockets: any number of listeners, each with a behaviour and counters of its own, over UDP and TCP.
 *
 * Threads: server_start makes `threads` UDP threads for each listener and one for TCP; the rest is for the thread that
 * started it.  Memory: fixed for each thread; with delays, what is under way.
 */

#include "bench/world/listener.h"

enum { SERVER_LISTEN_MAX = 64 };

struct server_options {
    const char *listen[SERVER_LISTEN_MAX]; /* ADDRESS:PORT or [ADDRESS]:PORT, port 0: any; then ,KEY=VALUE ... */
    size_t listen_count;
    struct behaviour behaviour; /* where a listener says nothing else */
    unsigned threads;
    const char *questions; /* file that takes each question as "name TYPE", or NULL */
    uint64_t seed;
    bool by_arrival; /* queries are counted by the kernel's time stamps */
};

struct server;

/* NULL with errno set, and a line said to stderr. */
struct server *server_start(const struct world *w, const struct server_options *options) MUST_USE;
/* Joins the threads. Then server_write_stats may still be called. False: the file of questions is not whole. */
bool server_stop(struct server *s);
void server_free(struct server *s);

/* The i-th listener, as bound. */
const struct listener *server_listener(const struct server *s, size_t i);

/* A line of counters for each listener, to stderr. */
void server_say_stats(const struct server *s);
/* All counters as one JSON object: totals, then each listener's with its queries of each second. False with errno set.
 */
bool server_write_stats(const struct server *s, const char *path) MUST_USE;
