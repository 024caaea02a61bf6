// SPDX-License-Identifier: MIT
#pragma once

/*
 * The resolvers of one asker: which one takes the next packet, how each is doing, and its lanes.
 *
 * Of two healthy ones picked at random the one with more free window is taken, so a fast resolver gets more. One that only
 * times out, only refuses, or whose port is closed (ICMP) is left out until a canary gets through: a question for the
 * root's name servers, sent with growing pauses, which tells a dead resolver from a list of dead zones. When none is
 * healthy, all are used a little, so that every lookup ends.
 *
 * UDP lanes are opened as the packets in flight grow, about 1,300 to each, and never closed before the end.
 *
 * Over TCP whoever stands first on a connection holds up all behind him: an answer that trickles, a connection that a
 * firewall has forgotten. So a question that once got no answer over TCP has a connection of its own from then on, and a
 * shared one that failed somebody in time takes no new questions.
 *
 * Threads: the loop's.
 */

#include <uv.h>

#include "scanner/base/histogram.h"
#include "scanner/dns/asker.h"
#include "scanner/dns/lane.h"
#include "scanner/dns/learned_rate.h"
#include "scanner/dns/token_bucket.h"
#include "scanner/dns/window.h"

/* Connections of one resolver on which one question stands alone. */
enum { TCP_ALONE_MAX = 16 };

struct canary;

/* Why a resolver gets no questions. A liar gets none even when nobody else is left: no answer is better than a forged one. */
enum resolver_fault { FAULT_NONE, FAULT_DEAD, FAULT_USELESS, FAULT_LYING };

struct resolver {
    struct resolver_spec spec;      /* .text is our copy */
    uint16_t index;
    struct window window;
    double cap;                     /* packets a second by options or list; 0: none */
    struct learned_rate learned;
    struct token_bucket bucket;     /* of the lower of the two */
    struct histogram rtt_us;
    uint64_t queries, answers, timeouts, servfail, refused;
    size_t in_flight;

    struct link dirty;              /* in the pool's list while a lane may hold packets not yet pushed out */
    struct lane **lanes;
    size_t lane_count, lane_limit, lane_turn;
    struct lane *tcp_lane;          /* shared by all whose first try it is */
    struct lane *tcp_stalled;       /* the one before: somebody got nothing there in time; goes when nobody waits there */
    struct lane *tcp_alone[TCP_ALONE_MAX];

    bool is_healthy, is_retired;
    bool is_on_probation;           /* nobody has asked yet whether it lies: until then no questions */
    enum resolver_fault fault;      /* why it is not healthy */
    bool port_is_closed;            /* ICMP has said so; until a reply comes */
    uint64_t checked_ns;            /* when it was last asked whether it lies */
    bool folds_case;
    uint8_t case_mismatches;        /* in a row */
    uint32_t silent, unhelpful;     /* in a row: timeouts; replies that helped nobody */
    uint64_t reply_ns, helped_ns;   /* when the last reply, the last good one came */
    uint64_t canary_ns;             /* not before */
    bool was_doubted, was_silent;   /* when the last canary was sent: had helped nobody lately; had said nothing at all */
    uint32_t pause_ms;              /* between canaries */
    struct canary *canary;          /* the asker's */
};

struct resolver_pool_options {
    uv_loop_t *loop;
    size_t concurrency;
    double resolver_rate;
    unsigned sharers, sharer;       /* of rates and max_inflight; at least 1, from 0 */
    unsigned lane_timeout_ms;
    uint64_t seed;
    void (*on_reply)(struct lane_query *query, enum lane_status status, span message, void *user);
    void *user;
};

struct resolver_pool {
    struct resolver_pool_options options;
    struct batch_receiver *receiver;
    struct resolver **resolvers;
    size_t count;
    struct link dirty;
    uint64_t random;
    uint64_t token_wait_ns;         /* after a choice of none: until a bucket that was in the way has a token; or 0 */
    bool is_full;                   /* after a choice of none: nobody had taken any other lookup either */
    uint64_t dropped, unexpected;
};

MUST_USE int resolver_pool_init(struct resolver_pool *pool, const struct resolver_pool_options *options);
void resolver_pool_deinit(struct resolver_pool *pool);

/* Makes `specs` the list; see asker_set_resolvers(). */
MUST_USE int resolver_pool_set(struct resolver_pool *pool, const struct resolver_spec *specs, size_t count, uint64_t now_ns);

/* Who takes a packet now: one not in `tried` where there is one; NULL when it must wait. */
struct resolver *resolver_pool_choose(struct resolver_pool *pool, uint64_t tried, uint64_t now_ns);

/* A lane with room, opened when needed; NULL when there is none. */
struct lane *resolver_pool_lane(struct resolver_pool *pool, struct resolver *resolver);
struct lane *resolver_pool_tcp_lane(struct resolver_pool *pool, struct resolver *resolver, bool is_alone);

/* A question over TCP got no answer in time on `lane`. */
void resolver_note_stall(struct resolver *resolver, const struct lane *lane);

/* A packet goes out. Returns what resolver_note_news() wants to know of it. */
uint32_t resolver_note_sent(struct resolver_pool *pool, struct resolver *resolver, bool is_first_try, uint64_t now_ns);

enum resolver_news { RESOLVER_HELPED, RESOLVER_SERVFAIL, RESOLVER_REFUSED, RESOLVER_USELESS, RESOLVER_SILENT };

/* What became of a packet; also of one whose time was over, but then without the window's say (is_late). */
void resolver_note_news(struct resolver *resolver, enum resolver_news news, uint32_t token, bool is_late,
                        uint64_t sent_ns, uint64_t now_ns);

/* The packet sent at sent_ns had failed, and its name has an answer now: it was not the name (learned_rate.h). */
void resolver_note_blame(struct resolver *resolver, enum blame blame, uint64_t sent_ns, uint64_t now_ns);

/* What a canary said: whether anything came, whether it was of use, whether it told of a name that cannot exist, or said
   nothing to that; and whether all that is left to ask has failed before. */
struct canary_news {
    bool is_reply, has_helped, has_lied, has_evaded, is_last;
};
void resolver_note_canary(struct resolver *resolver, struct canary_news news, uint64_t now_ns);

/* Takes no questions but canaries. */
static inline bool resolver_is_out(const struct resolver *resolver)
{
    return resolver->is_retired || resolver->is_on_probation || resolver->fault == FAULT_LYING;
}

/* Time for a canary? Books the next one. */
bool resolver_wants_canary(struct resolver *resolver, uint64_t now_ns);

void resolver_pool_flush(struct resolver_pool *pool);

/* Every 100 ms: c-ares' timeouts, ICMP news. */
void resolver_pool_tick(struct resolver_pool *pool, uint64_t now_ns);

/* What one of several gets of a whole that is divided among them: the sum over all is the whole. */
size_t resolver_pool_part(size_t whole, unsigned sharers, unsigned sharer);

/* Sum of the windows of healthy resolvers. */
size_t resolver_pool_window(const struct resolver_pool *pool);

/* Packets a second that the buckets of all resolvers give; 0: one has no limit. */
double resolver_pool_rate(const struct resolver_pool *pool);

/* Uniform in [0, below). xorshift64*: for jitter and choice, never for ids. */
uint64_t resolver_pool_random(struct resolver_pool *pool, uint64_t below);
