// SPDX-License-Identifier: MIT
#pragma once

/*
 * How many packets may be in flight to one resolver: grows while answers come, shrinks when it loses or refuses.
 *
 * Slow start (one more for each answer, so it doubles a round trip) until the first cut, then about 3 % a round trip.
 * Growth needs use: as many answers count as were in flight when the window was full. Failures are judged an epoch at a
 * time (as many outcomes as the window is large, 32 at least), and against the share that fails at whatever size: when a
 * cut has not helped, the list of names is to blame, and a list with a third of dead zones is no reason to crawl. After a
 * cut the packets sent before it no longer count: the old size has lost them.
 *
 * A resolver (or we) may be at its limit without losing anything: more in flight then only queues, until a buffer
 * overflows. So growth must pay: whenever the window has grown by a stage (doubled in slow start, a quarter later), the
 * answers a second are held against those of the stage before. Twice too little more, and it goes back to where the last
 * gain was and rests a second. Latency is not asked: cached and recursed answers differ a hundredfold, rates do not lie.
 *
 * There are two floors. Losses hold their place in the window until they time out, so 64 in flight are gentle by
 * themselves, and less would let a list of dead zones stall the scan. A refusal comes back at once: down to 4.
 *
 * Threads: one at a time; pure.  Memory: the caller's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum window_outcome {
    WINDOW_ANSWER,          /* any reply that is none of the others */
    WINDOW_TIMEOUT,
    WINDOW_SERVFAIL,
    WINDOW_REFUSED
};

struct window {
    double size, ceiling;
    double usual;           /* failures a packet when all is well, learned */
    double cut_share;       /* what failed when it was cut, until the next epoch has told whether that helped; 0 */
    double failed;          /* this epoch, weighted */
    uint32_t refused;       /* this epoch */
    uint32_t seen;          /* outcomes in this epoch */
    uint32_t generation;    /* raised by each cut */
    uint32_t growing;       /* answers still to come from when it was full */
    double stage_size;      /* where this stage of growth began */
    double gain_size;       /* the last size that brought more answers a second */
    double stage_rate;      /* answers a nanosecond of the stage before; 0: not known */
    uint64_t stage_ns;      /* since when; 0: not begun */
    uint64_t stage_answers;
    uint64_t rest_until_ns; /* no growth before; 0: not resting */
    uint8_t flat_stages;    /* in a row that did not pay */
    bool is_slow_start;
    uint8_t cuts_near_1000;
    uint8_t cuts_that_helped;
};

enum { WINDOW_FLOOR_LOSS = 64, WINDOW_FLOOR_REFUSAL = 4, WINDOW_ABSOLVED = 256, WINDOW_REST_MS = 1000 };

void window_init(struct window *window, size_t start, size_t ceiling);

void window_set_ceiling(struct window *window, size_t ceiling);

static inline size_t window_size(const struct window *window)
{
    return (size_t)window->size;
}

/* A packet was sent; in_flight counts it. */
void window_note_sent(struct window *window, size_t in_flight);

/* What came of a packet; `generation` is window->generation when it was sent, now_ns the monotonic time. */
void window_note(struct window *window, enum window_outcome outcome, uint32_t generation, uint64_t now_ns);

/*
 * The resolver answers what it should know: what fails is the list's doing (dead and refusing zones in a row, as at the end of
 * a list), and a window cut for it would make them wait for each other.
 */
void window_absolve(struct window *window);

/* Cut at least three times for losses or refusals that became fewer with less in flight: it is the load, not the list. */
bool window_is_limited(const struct window *window);

/* Half at once, for news that needs no statistics (ICMP port unreachable). */
void window_cut(struct window *window);

/* Cut at least three times between 900 and 1,400: the resolver drops what exceeds a thousand a client. */
bool window_stalls_near_1000(const struct window *window);
