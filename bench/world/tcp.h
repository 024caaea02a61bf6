// SPDX-License-Identifier: MIT
#pragma once

/*
 * The TCP side of all listeners (RFC 7766): two bytes of length before each message, any number of queries on a
 * connection. Answers come at once or never.
 *
 * Threads: tcp_start makes its one; it writes the last of each listener's counters.
 * Memory: a fixed table of connections, buffers on the heap while they live.
 */

#include "bench/world/listener.h"

#include <sys/socket.h>

struct tcp;

struct tcp *tcp_new(void) MUST_USE;
/* Before tcp_start. False with errno set. */
bool tcp_listen(struct tcp *t, struct listener *l, const struct sockaddr *address, socklen_t len) MUST_USE;
bool tcp_start(struct tcp *t) MUST_USE;
/* Also what was never started. Frees. */
void tcp_stop(struct tcp *t);
