// SPDX-License-Identifier: MIT
#pragma once

/*
 * One UDP socket of a listener and the thread that serves it: recvmmsg, sendmmsg, segment offload both ways, answers
 * late, twice, out of order or not at all as the listener's behaviour wants.
 *
 * Threads: udp_start makes its one; udp_stop joins it.  Memory: fixed buffers, and what is under way.
 */

#include "bench/world/listener.h"
#include "bench/world/wheel.h"

struct udp;

/* Takes the socket over (bound). `index` names its counters, `seed` its dice. NULL without memory. */
struct udp *udp_new(struct listener *l, int fd, size_t index, uint64_t seed) MUST_USE;
/* 0 or an errno. */
int udp_start(struct udp *u) MUST_USE;
/* Also what was never started. Frees. */
void udp_stop(struct udp *u);

/* Milliseconds, monotonic and coarse. */
uint64_t udp_now_ms(void);
