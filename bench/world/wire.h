// SPDX-License-Identifier: MIT
#pragma once

/*
 * DNS packets: a query read, an answer written. RFC 1035 4, RFC 6891.
 *
 * Whatever is not a well-formed query gets no reply at all, so the world can be neither crashed nor used to reflect
 * traffic.
 *
 * Threads: any; pure.  Memory: the buffers given.
 */

#include "bench/world/name.h"
#include "bench/world/reply.h"

enum { WIRE_UDP_MAX = 4096, WIRE_TCP_MAX = 65535, WIRE_QUERY_MAX = 1024, WIRE_HEADER = 12 };

struct query {
    const uint8_t *packet;
    size_t question_end; /* offset behind the question */
    uint8_t opcode;
    uint16_t type, class;
    bool has_edns;
    uint8_t edns_version;
    bool wants_dnssec;
    uint16_t udp_size; /* what the asker can take: 512 without EDNS, at most WIRE_UDP_MAX */
    struct name name;
};

/* False: not a well-formed query with one question; say nothing. */
bool wire_read_query(const uint8_t *packet, size_t len, struct query *out) MUST_USE;

/* Writes the answer into out; longer than `limit` it becomes an empty one with TC (RFC 2181 9). Returns its bytes.
 * `out` has room for `limit` bytes, at least 512. */
size_t wire_write_reply(const struct query *q, const struct reply *r, uint8_t *out, size_t limit);

/* The empty answer with TC. */
size_t wire_write_truncated(const struct query *q, uint8_t rcode, uint8_t *out);

/* The answer that only says an rcode. */
size_t wire_write_rcode(const struct query *q, uint8_t rcode, uint8_t *out);
