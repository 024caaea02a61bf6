// SPDX-License-Identifier: MIT
#pragma once

/*
 * Encodes one question: presentation form in, a datagram out. RFC 1035 4.1, EDNS0 by RFC 6891, 1,232 bytes by the
 * practice of DNS flag day 2020, mixed case against forged replies by draft-vixie-dnsext-dns0x20.
 *
 * Threads: any; pure.  Memory: the caller's buffer.
 */

#include "scanner/base/span.h"

enum {
    DNS_HEADER_SIZE = 12,
    DNS_NAME_SIZE_MAX = 255,    /* RFC 1035 2.3.4, with all length bytes and the root's */
    DNS_LABEL_LEN_MAX = 63,
    DNS_NAME_TEXT_MAX = 1016,   /* presentation form: 254 - 1 bytes, each at worst \DDD, and their dots */
    DNS_UDP_SIZE = 1232,
    QUERY_EDNS_SIZE = 11,
    QUERY_SIZE_MAX = DNS_HEADER_SIZE + DNS_NAME_SIZE_MAX + 4 + QUERY_EDNS_SIZE
};

enum query_result {
    QUERY_OK,
    QUERY_EMPTY_LABEL,      /* "a..b", ".a", or no name at all */
    QUERY_LABEL_TOO_LONG,
    QUERY_NAME_TOO_LONG,
    QUERY_BAD_ESCAPE        /* a lone backslash at the end, \DDD above 255 or with less than three digits */
};

/* qname (with or without final dot; "." is the root) as labels with length bytes; *size_out is set on QUERY_OK only. */
enum query_result query_encode_name(span qname, uint8_t out[static DNS_NAME_SIZE_MAX], size_t *size_out);

struct query_form {
    uint16_t id;
    uint16_t qtype;
    bool with_edns;
    bool checking_disabled;     /* CD: the resolver answers what it cannot validate, too (RFC 4035 3.2.2) */
    const uint8_t *case_bits;   /* random: query_case_size() of them; NULL leaves letters as given */
};

enum { QUERY_CASE_SIZE_MAX = 32 };

/* How many random bytes turn the letters of a name: one bit for each byte of its wire form, which is at most two bytes
   longer than its text. */
static inline size_t query_case_size(span qname)
{
    size_t size = (qname.len + 2 + 7) / 8;
    return size < QUERY_CASE_SIZE_MAX ? size : QUERY_CASE_SIZE_MAX;
}

/* One question in class IN with RD and AD set, and CD where the form says so. *size_out is set on QUERY_OK only. */
enum query_result query_encode(span qname, const struct query_form *form, uint8_t out[static QUERY_SIZE_MAX],
                               size_t *size_out);
