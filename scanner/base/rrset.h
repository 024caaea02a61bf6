// SPDX-License-Identifier: MIT
#pragma once

/*
 * What the DNS said to one question: the form in which scanner/dns/ hands answers over and scanner/mail/ reads them.
 *
 * Absent (NODATA, NXDOMAIN) and unknown (SERVFAIL, REFUSED, TIMEOUT, BAD_RESPONSE) stay apart to the end: use
 * rrset_is_absent() and rrset_is_failure(), and never "not answered".
 *
 * Names are presentation form: A-labels, lower case, without the final dot; any byte that is no letter, digit, hyphen or
 * underscore is escaped as in RFC 1035 5.1 (`\.`, `\DDD`). The root is ".".
 *
 * Threads: immutable once filled.  Memory: the arena or cache entry of whoever asked.
 */

#include "scanner/base/span.h"

enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_PTR = 12,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_DS = 43,        /* RFC 4034 5 */
    DNS_TLSA = 52,      /* RFC 6698 2 */
    DNS_SPF = 99,       /* RFC 4408 3.1.1; read as TXT */
};

enum dns_outcome {
    DNS_ANSWERED,     /* NOERROR with at least one record of the type asked for */
    DNS_NODATA,       /* NOERROR without one: the name exists (RFC 2308 2.2) */
    DNS_NXDOMAIN,     /* RCODE 3: of the last name of an alias chain (RFC 2308 2.1, RFC 6604) */
    DNS_SERVFAIL,
    DNS_REFUSED,
    DNS_TIMEOUT,      /* no usable reply to any try */
    DNS_BAD_RESPONSE, /* FORMERR, NOTIMP and other rcodes, malformed or lame replies */
    DNS_CUT,          /* not asked: a limit per domain was reached; counts as a failure */
    DNS_OUTCOME_COUNT
};

struct txt_record {
    span text;             /* the strings joined, nothing between (RFC 7208 3.3) */
    const uint16_t *cuts;  /* offsets in text where the second, third ... string begins, ascending */
    uint16_t cut_count;
};

struct mx_record {
    uint16_t preference;
    span exchange;         /* "." for the root (null MX, RFC 7505) */
};

struct rrset {
    enum dns_outcome outcome;
    uint8_t rcode;              /* as on the wire, 0 when no reply came; extended bits are not kept */
    bool is_authenticated;      /* AD */
    bool over_tcp;              /* the UDP reply was truncated */
    bool has_alias;             /* at least one CNAME was followed */
    bool alias_loops;           /* chain repeats or is longer than 16 (outcome is then BAD_RESPONSE) */
    uint32_t ttl_s;             /* lowest of the chain and records; for absent ones by RFC 2308 5; 0 for failures */
    uint32_t wire_size;         /* bytes of the reply as this resolver sent it */
    span alias_target;          /* last name of the alias chain, empty without one */
    span soa_owner;             /* absent: owner of the SOA in the authority section, empty when none came */
    uint16_t count;             /* records of the type asked for; 0 unless ANSWERED */
    union {
        const struct txt_record *txt;   /* DNS_TXT, DNS_SPF */
        const struct mx_record *mx;     /* DNS_MX, by preference, then as received */
        const uint8_t (*a)[4];          /* DNS_A, network order */
        const uint8_t (*aaaa)[16];      /* DNS_AAAA */
        const span *names;              /* DNS_PTR, DNS_NS */
        const span *data;               /* DNS_DS, DNS_TLSA: as on the wire, at least one byte */
    };
};

enum { RRSET_RECORDS_MAX = 512 }; /* a reply with more is a BAD_RESPONSE; of PTR the first are kept */

static inline bool rrset_is_absent(const struct rrset *r)
{
    return r->outcome == DNS_NODATA || r->outcome == DNS_NXDOMAIN;
}

static inline bool rrset_is_failure(const struct rrset *r)
{
    return r->outcome >= DNS_SERVFAIL;
}

/* Of two failures of one question the one that tells more about the name: that a server refused, or could not do it, is
   more than that nothing came. The first when they tell the same; either may be NULL. */
const struct rrset *rrset_more_telling(const struct rrset *a, const struct rrset *b);

/* Two absent answers without an alias that say the same of two names, but for TTL and size. */
bool rrset_is_same_absence(const struct rrset *a, const struct rrset *b);

/*
 * Bytes of a reply that holds the question, the TXT records of `r` and an OPT record, names compressed: what the zone's
 * owner is answerable for, whatever a resolver adds to it. 0 unless r is an answer to a TXT question.
 */
size_t rrset_txt_answer_size(const struct rrset *r, span qname);

/* "TXT" and so on; "TYPE99" style is not needed: we ask only for the types above. */
const char *dns_type_name(uint16_t type);

/* "servfail", "refused", "timeout", "bad_response", "nxdomain", "nodata", "answered", "cut": as record.md spells them. */
const char *dns_outcome_name(enum dns_outcome outcome);
