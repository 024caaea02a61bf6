// SPDX-License-Identifier: MIT
#pragma once

/*
 * How many packets may be in flight to one resolver: grows while answers come, shrinks when it loses or refuses.
 *
 * Slow start (one more for each answer, so it doubles a round trip) until the first cut, then about 3 % a round trip.
 * Growth needs use: as many answers count as were in flight when the window was full. Failures are judged a cohort at a
 * time: the packets sent within a quarter of a second, as many as the window is large, 32 at least. By when they were sent
 * and not by when they end: answers come at once and timeouts seconds later, so in the order of their ends a list with a
 * tenth of dead names has spells of nothing but silence. And only first tries count: a name that has timed out before is no
 * news of the resolver, unless it is refused. The share that fails is held against the one that fails at whatever size: when
 * a cut has not helped, the list of names is to blame, and a list with a third of dead zones is no reason to crawl. After a
 * cut the packets sent before it no longer count: the old size has lost them.
 *
 * A resolver (or we) may be at its limit without losing anything: more in flight then only queues, until a buffer
 * overflows. So growth must pay: whenever the window has grown by a stage (doubled in slow start, a quarter later), the
 * answers a second are held against those of the stage before. Twice too little more, and it goes back to where the last
 * gain was and rests a second. Latency is not asked: cached and recursed answers differ a hundredfold, rates do not lie.
 *
 * What is still out of a cohort that is answered but for a share that would be no reason to cut holds no place: these are
 * names that nobody answers, not load, and a scan must not stand still because its window has filled with them. Of a
 * resolver that has fallen silent nothing is answered, so everything holds its place.
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

enum { WINDOW_COHORTS = 128 };

/* Packets sent together. */
struct window_cohort {
    uint32_t sent, seen, refused;   /* first tries */
    float failed;           /* of those seen, weighted */
    uint32_t all, out, bad; /* other tries too: sent, not yet ended, out of time or refused */
    uint32_t most;          /* places held while it was sent */
    bool is_well;           /* what is out holds no place */
};

struct window {
    double size, ceiling;
    double usual;           /* failures a packet when all is well, learned */
    double cut_share;       /* what failed when it was cut, until the next epoch has told whether that helped; 0 */
    struct window_cohort cohorts[WINDOW_COHORTS];  /* number n in place n modulo their count */
    uint32_t cohort;        /* the number of the one being sent; from 1 */
    uint32_t cohort_first;  /* the first after the last cut: older ones are not judged */
    uint64_t cohort_ns;     /* since when it is being sent */
    double cohort_size;     /* the window's size then */
    size_t placeless;       /* out of cohorts that are well */
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

/* How many more may be sent with in_flight on their way. */
static inline size_t window_room(const struct window *window, size_t in_flight)
{
    size_t held = in_flight > window->placeless ? in_flight - window->placeless : 0;
    size_t free = window_size(window) > held ? window_size(window) - held : 0;
    size_t left = (size_t)window->ceiling > in_flight ? (size_t)window->ceiling - in_flight : 0;
    return free < left ? free : left;
}

/* A packet was sent; in_flight counts it. Returns its token: to be given back once, when the packet has ended. */
uint32_t window_note_sent(struct window *window, size_t in_flight, bool is_first_try, uint64_t now_ns);

/* What came of a packet; now_ns is the monotonic time. */
void window_note(struct window *window, enum window_outcome outcome, uint32_t token, uint64_t now_ns);

/* It never was a packet. */
void window_take_back(struct window *window, uint32_t token);

/*
 * The resolver answers what it should know: what fails is the list's doing (dead and refusing zones in a row, as at the end of
 * a list), and a window cut for it would make them wait for each other. What was sent before no longer counts.
 */
void window_absolve(struct window *window);

/*
 * The same when nothing is left to ask but what has failed before: besides, a full window grows although no answers come,
 * doubled each time, unless it was found to be limited. A dead name holds its place for seconds, so even a large window of
 * them is few packets. Not while there are others to ask: a resolver that has lost the Internet answers its canary too, and
 * would go through the list in no time.
 */
void window_absolve_last(struct window *window);

/* Cut at least three times for losses or refusals that became fewer with less in flight: it is the load, not the list. */
bool window_is_limited(const struct window *window);

/* Half at once, for news that needs no statistics (ICMP port unreachable). */
void window_cut(struct window *window);

/* Cut at least three times between 900 and 1,600, never well beyond that and not for a ceiling of its own: the resolver drops
   what exceeds a thousand a client. */
bool window_stalls_near_1000(const struct window *window);
