// SPDX-License-Identifier: MIT
#pragma once

/*
 * One c-ares channel to one resolver: over one connected UDP socket behind the batching layer, or over TCP.
 *
 * A lane carries packets and has no policy: one try, no search list, no check of the rcode, TC left to the caller. UDP and
 * TCP are lanes of their own because c-ares fails every query of a server, UDP ones too, when its TCP connection closes.
 * Ids are random and unique in flight (up to c-ares 1.27, whose own are not; later versions put their own on the wire).
 * What those cannot parse they drop: malformed UDP replies are timeouts there.
 *
 * Up to 1.20 c-ares compares the questions of query and reply by expanding both names in memory of their own, which costs
 * more than all else it does. The lane compares them itself, before c-ares sees a reply, and c-ares is given headers
 * without questions both ways: it matches ids and keeps the time. Each query in flight has an id with lower bits of its
 * own, so c-ares' buckets and the lane's table hold one at most.
 *
 * ares_timeout() is never asked, it walks all queries: lane_tick() is called every 100 ms instead.
 *
 * on_reply may come before lane_ask() returns. It may not ask, free or flush a lane: it notes, the loop acts.
 *
 * Threads: the loop's.
 */

#include <sys/socket.h>
#include <uv.h>

#include "scanner/base/span.h"
#include "scanner/dns/query.h"

struct lane;
struct batch_receiver;

enum {
    LANE_SLOTS = 2048,              /* buckets of c-ares' table of ids */
    LANE_QUERIES_MAX = 1536         /* so that a free slot is found by chance */
};

/* One question on its way; the caller's memory until on_reply. */
struct lane_query {
    struct lane *lane;
    uint16_t id;
    uint16_t size, question_end;
    uint8_t *bytes;                 /* of query_encode(), the caller's too; the lane fills in the id */
};

enum lane_status {
    LANE_REPLY,
    LANE_TIMEOUT,       /* the channel's own, longer than the caller's */
    LANE_FAILED         /* no socket, or the TCP connection went */
};

struct lane_options {
    uv_loop_t *loop;
    struct batch_receiver *receiver;    /* shared by the lanes of one loop */
    const struct sockaddr_storage *address;
    socklen_t address_len;
    bool over_tcp;
    unsigned timeout_ms;
    void (*on_reply)(struct lane_query *query, enum lane_status status, span message, void *user);
    void *user;
};

/* 0 or a negative errno. Takes part in ares_library_init() for as long as it lives. */
MUST_USE int lane_new(const struct lane_options *options, struct lane **out);

/* Open queries are forgotten without on_reply. Poll handles are closed asynchronously. */
void lane_free(struct lane *lane);

/* False when the lane is full or its socket takes nothing now. */
bool lane_has_room(const struct lane *lane);

/* Asked only when lane_has_room(). The packet leaves at the flush, or before when the ring is full. */
void lane_ask(struct lane *lane, struct lane_query *query);

void lane_flush(struct lane *lane);
void lane_tick(struct lane *lane);

size_t lane_query_count(const struct lane *lane);

/* ICMP errors, and datagrams the system would not take, since the last call. */
uint64_t lane_take_icmp_errors(struct lane *lane);
uint64_t lane_take_dropped(struct lane *lane);

/* Datagrams since the last call that answer no question in flight: other id, other question, no reply at all. Not counted
   where lane_ids_are_foreign(). */
uint64_t lane_take_unexpected(struct lane *lane);

/* Whether ids on the wire are c-ares' own, so that a reply bears another one than lane_query.bytes. */
bool lane_ids_are_foreign(void);
