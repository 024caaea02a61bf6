// SPDX-License-Identifier: MIT
#pragma once

/*
 * Writes DNS messages for the hostile name server, true ones and others. Nothing is checked but room: the point is to
 * be able to write what must not be written.
 *
 * Threads: one at a time.  Memory: the caller's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MESSAGE_SIZE = 65535, HEADER_SIZE = 12, NAME_TEXT_SIZE = 256, UDP_REPLY_MAX = 1232 };

enum section { ANSWER = 6, AUTHORITY = 8, ADDITIONAL = 10 }; /* where its count stands in the header */

enum record_type {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_OPT = 41
};

struct message {
    size_t len;
    uint8_t bytes[MESSAGE_SIZE];
};

/* One question, as it came. */
struct question {
    const uint8_t *query;
    size_t query_len;
    size_t end; /* of the question, in the query */
    uint16_t type;
    bool has_edns, over_tcp;
    char name[NAME_TEXT_SIZE]; /* lower case, without final dot; the root is "" */
};

bool question_read(const uint8_t *query, size_t len, bool over_tcp, struct question *out);

/* Header and question of a reply with RA, AA and `rcode`, no records. */
void message_begin(struct message *m, const struct question *q, uint8_t rcode);

/* Raises a count of the header by one, nothing else. */
void message_count(struct message *m, enum section section);

/* Bytes as they are; what does not fit is left out. */
void message_bytes(struct message *m, const void *bytes, size_t len);
void message_u16(struct message *m, unsigned value);

/* A name in wire form, without compression; "" is the root. */
void message_name(struct message *m, const char *name);

/* What stands between an owner, already written, and the data. */
void message_fields(struct message *m, unsigned type, unsigned class, uint32_t ttl_s, unsigned data_len);

/* A record of the question's name. */
void message_record(struct message *m, enum section section, unsigned type, const void *data, size_t len);
void message_address(struct message *m);
void message_txt(struct message *m, const void *text, size_t len);
void message_txt_of(struct message *m, const char *text);
void message_mx(struct message *m, unsigned preference, const char *host);
void message_alias(struct message *m, const char *owner, const char *target); /* "" as owner: the question's name */
void message_soa(struct message *m, const char *zone);
void message_opt(struct message *m, unsigned extended_rcode, unsigned version);
