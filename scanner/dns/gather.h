// SPDX-License-Identifier: MIT
#pragma once

/*
 * How long to let replies gather before the sockets are read.
 *
 * A loop that polls again as soon as it has nothing to do wakes up for a handful of replies, reads them with a system call
 * for each lane and sends as few questions with another one. In dense traffic it pays to be late: what is in flight, divided by the
 * replies a second, is the mean round trip (Little's law), and an eighth of that is hardly felt. So that is the interval between two
 * polls, 2 ms at most; never where fewer than 16 replies would come in it, as in a paced scan, and never a pause when the
 * turn itself took that long.
 *
 * Threads: one at a time; pure.  Memory: the caller's.
 */

#include <stddef.h>
#include <stdint.h>

enum { GATHER_MAX_US = 2000, GATHER_MIN_US = 60, GATHER_REPLIES_MIN = 16, GATHER_PARTS = 8 };

struct gather {
    double replies_per_ns;      /* smoothed; 0: not yet known */
    uint64_t counted;           /* replies, when they were counted last */
    uint64_t counted_ns;
    uint64_t polled_ns;         /* when the sockets were read last */
};

/* To be asked once before each poll: nanoseconds to wait first, 0 for none. `replies` is the number of all so far. */
uint64_t gather_pause_ns(struct gather *gather, uint64_t replies, size_t in_flight, uint64_t now_ns);
