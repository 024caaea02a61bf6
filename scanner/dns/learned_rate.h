// SPDX-License-Identifier: MIT
#pragma once

/*
 * How many packets a second a resolver bears that limits its clients by rate: found from what it answers, and held to.
 *
 * A window cannot find that. With a round trip of 0.1 ms one packet in flight is 10,000 a second; and who refuses what is too
 * much does so at once, so a name's tries are used up while the window shrinks.
 *
 * Evidence is blame: a packet that was refused, or lost, for a name that was answered later (by whomever). A lame zone's
 * REFUSED and a dead zone's silence are never blamed on anybody, however many there are: nobody ever answers those names.
 * Blame counts for the time at which its packet was sent, in slices of a quarter of a second. A slice is too much for the
 * resolver when what it is blamed for is a twentieth of what it has answered. For losses a fifth, in three slices: every
 * path loses packets, and a server that stands still for a moment loses all of them. Who answers nothing at all is no
 * limiter but dead or unhelpful, which is told elsewhere. And whose answers mean more in flight than a window's floor for
 * losses is left to his window: that finds a limit of packets in flight (Unbound's), which is no rate.
 *
 * Then the rate is cut to nine tenths of the answers that the resolver gave in the second up to then, but to no less than a
 * quarter: one that counts by the second gives nothing for the rest of it. Each time a round goes by without a slice that
 * was too much and the rate was used, it grows: by one per cent, doubled each time, though no more than 4 % near what
 * was last too much. A round is a second, or as long as it took to know, if that is more: losses are known late. After
 * two of them a cut is held to have helped.
 *
 * Who answers no larger part of what it is sent after three cuts does not limit (it blocks names that others answer, its path
 * is bad): the rate is forgotten, and nothing is learned for a minute, then two, and so on.
 *
 * Threads: one at a time; pure, the time is passed in (monotonic, ns).  Memory: the caller's.
 */

#include <stdbool.h>
#include <stdint.h>

enum blame { BLAME_REFUSED, BLAME_LOST, BLAME_KINDS };

enum { LEARNED_SLICES = 64, LEARNED_RATE_MIN = 5 };

/* Packets sent together. */
struct learned_slice {
    uint64_t start_ns, last_ns; /* the first packet, the last one */
    uint32_t sent, answered, refused;
    uint64_t waited_ns;         /* all that were answered, together */
    uint32_t blamed[BLAME_KINDS];
    bool is_too_much;
};

struct learned_rate {
    double rate;                /* packets a second; 0: no limit was found */
    double borne;               /* answers a second when it was cut last */
    bool is_proven;             /* a cut has helped */
    struct learned_slice slices[LEARNED_SLICES]; /* number n in place n modulo their count */
    uint32_t slice;             /* the number of the one being sent */
    uint32_t first;             /* the first since the last cut: older ones are not judged */
    uint64_t lag_ns;            /* from the sending of a packet to its blame, at the last cut */
    uint64_t cut_ns;            /* when it was cut last */
    uint64_t round_ns;          /* when this round began */
    double step;                /* by which the rate grows next */
    double answered_part;       /* of what was sent, at the last cut, until it is known whether that helped; 0 */
    uint8_t unhelped;           /* cuts in a row */
    uint64_t deaf_ns, deaf_until_ns;
};

void learned_rate_init(struct learned_rate *learned, uint64_t now_ns);

/* A packet is sent. True: the rate has changed. */
bool learned_rate_note_sent(struct learned_rate *learned, uint64_t now_ns);

/* The packet sent at sent_ns was answered in time. */
void learned_rate_note_answer(struct learned_rate *learned, uint64_t sent_ns, uint64_t now_ns);

/* The packet sent at sent_ns was refused. */
void learned_rate_note_refusal(struct learned_rate *learned, uint64_t sent_ns);

/* It refuses more than it answers, but does answer (of one known to limit: more than an eighth): a name that is refused now
   had better wait than be tried out. */
bool learned_rate_is_in_burst(struct learned_rate *learned, uint64_t now_ns);

/* The packet sent at sent_ns had failed, and its name has an answer now. True: the rate has changed. */
bool learned_rate_note_blame(struct learned_rate *learned, enum blame blame, uint64_t sent_ns, uint64_t now_ns);
