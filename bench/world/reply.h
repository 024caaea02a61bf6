// SPDX-License-Identifier: MIT
#pragma once

/*
 * One answer under construction: what the world says to (name, type), before it is put on the wire or read by the
 * truth.
 *
 * Records keep their rdata in wire form, names inside it uncompressed. The answer of an alias chain holds the CNAMEs in
 * order, then the records of the last name; rcode and soa speak of that last name (RFC 6604, RFC 2308).
 *
 * Threads: one at a time; it is large: one a thread, used again and again.  Memory: inside the struct.
 */

#include "scanner/base/rrset.h"

enum {
    REPLY_RECORDS_MAX = 128,
    REPLY_POOL_SIZE = 24 * 1024,
    REPLY_OWNER_QUESTION = 0xffff, /* `owner` of records at the name asked for */
};

enum {
    RCODE_NOERROR = 0,
    RCODE_FORMERR = 1,
    RCODE_SERVFAIL = 2,
    RCODE_NXDOMAIN = 3,
    RCODE_NOTIMP = 4,
    RCODE_REFUSED = 5
};

struct reply_record {
    uint16_t type;
    uint16_t owner; /* index of the CNAME record whose target owns this one, or REPLY_OWNER_QUESTION */
    uint32_t ttl_s;
    uint16_t rdata_len;
    uint16_t rdata_at; /* in pool */
};

struct reply {
    bool is_silent; /* nobody answers: a dead zone */
    uint8_t rcode;
    bool is_wildcard; /* synthesised (RFC 4592) */
    uint16_t owner;   /* what reply_add gives to new records */
    uint16_t count;
    uint16_t pool_len;
    uint32_t ttl_s; /* what reply_add gives to new records */
    span zone;      /* owner of the SOA of a negative answer; points into the name asked for, or constant data */
    struct reply_record records[REPLY_RECORDS_MAX];
    uint8_t pool[REPLY_POOL_SIZE];
};

void reply_init(struct reply *r);

/* These drop the record when the reply is full: the generator's own limits keep below that, and the self-check looks.
 */
void reply_add_txt(struct reply *r, span text);
/* As several strings, cut at the offsets given (ascending) as well as every 255 bytes. */
void reply_add_txt_cut(struct reply *r, span text, size_t cut);
void reply_add_mx(struct reply *r, uint16_t preference, span host);
void reply_add_cname(struct reply *r, span target);
void reply_add_a(struct reply *r, uint32_t address);
void reply_add_aaaa(struct reply *r, const uint8_t address[16]);

static inline const uint8_t *reply_rdata(const struct reply *r, size_t i)
{
    return r->pool + r->records[i].rdata_at;
}

/* The joined strings of TXT record i, at most `room` bytes. */
size_t reply_txt(const struct reply *r, size_t i, char *out, size_t room);

/* The name in the rdata of a CNAME (skip 0) or an MX (skip 2); "." for the root. The text is put into out[256]. */
span reply_rdata_name(const struct reply *r, size_t i, size_t skip, char out[256]);
