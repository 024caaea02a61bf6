// SPDX-License-Identifier: MIT
#pragma once

/*
 * A host: a registrable domain, or a name below one that lists may hold, with everything it publishes. All of it
 * follows from its key. The records are made by host_spf.c, host_dkim.c and host_dmarc.c; host.c says which names
 * exist.
 *
 * What a plan says beside the text (status, counts) is known from how the record was put together, not from reading it:
 * the self-check holds the reading of truth_*.c against it.
 *
 * Threads: any; pure.  Memory: the structs given.
 */

#include "bench/world/dice.h"
#include "bench/world/text.h"
#include "bench/world/world.h"

/* One for each choice, never reused. */
enum salt {
    SALT_OUTCOME = 1 << 20,
    SALT_PARTIAL = 2 << 20,
    SALT_PARKED = 3 << 20,
    SALT_MX = 4 << 20,
    SALT_MX_KIND = 5 << 20,
    SALT_ADDRESS = 6 << 20,
    SALT_AAAA = 7 << 20,
    SALT_SPF = 8 << 20,
    SALT_SPF_KIND = 9 << 20,
    SALT_SPF_ALL = 10 << 20,
    SALT_SPF_INCLUDES = 11 << 20,
    SALT_SPF_TERMS = 12 << 20,
    SALT_SPF_ADDRESSES = 13 << 20,
    SALT_SPF_FAULT = 14 << 20,
    SALT_TXT_TOKENS = 15 << 20,
    SALT_TXT_BIG = 16 << 20,
    SALT_TXT_ORDER = 17 << 20,
    SALT_TTL = 18 << 20,
    SALT_WILDCARD = 19 << 20,
    SALT_WILDCARD_KIND = 20 << 20,
    SALT_SUB = 21 << 20,
    SALT_DKIM = 22 << 20,
    SALT_DKIM_KIND = 23 << 20,
    SALT_DMARC = 24 << 20,
    SALT_DMARC_KIND = 25 << 20,
    SALT_DMARC_POLICY = 26 << 20,
    SALT_DMARC_TAGS = 27 << 20,
    SALT_DMARC_RUA = 28 << 20,
    SALT_MTA_STS = 29 << 20,
    SALT_TLS_RPT = 30 << 20,
    SALT_BIMI = 31 << 20,
    SALT_REPORTS = 32 << 20,
    SALT_SUB_CNAME = 33 << 20,
    SALT_PREFIX = 34 << 20,
    SALT_RUN = 0x1000, /* added, with a number: one choice for each item of a run */
};

enum host_part { PART_NONE, PART_APEX_TXT, PART_MX, PART_DMARC, PART_DKIM, PART_MTA_STS, PART_TLS_RPT, PART_COUNT };

enum host_outcome { HOST_LIVES, HOST_NXDOMAIN, HOST_SERVFAIL, HOST_REFUSED, HOST_DEAD, HOST_BAD };

enum mx_kind {
    MX_SELF_ONE,
    MX_SELF_TWO,
    MX_GOOGLE,
    MX_MICROSOFT,
    MX_PROOFPOINT,
    MX_MIMECAST,
    MX_ZOHO,
    MX_FASTMAIL,
    MX_IONOS,
    MX_OVH,
    MX_PROTON,
    MX_BARRACUDA,
    MX_CLOUDFLARE,
    MX_HORNET,
    MX_KASSERVER,
    MX_USUAL_COUNT,
    MX_NONE = MX_USUAL_COUNT,
    MX_NULL,
    MX_NULL_WITH_OTHERS,
    MX_LOCALHOST,
    MX_IP_LITERAL,
    MX_ALIAS,
    MX_GONE,
};

struct host {
    const struct world *world;
    span name;
    span zone; /* the registrable domain it belongs to */
    uint64_t key;
    bool is_sub;         /* below the registrable domain */
    bool is_alias;       /* a sub-domain that is a CNAME, and publishes nothing of its own */
    bool is_long;        /* too long to have names of its own below it */
    enum host_part part; /* of the zone: what fails for ever */
    bool is_parked;
    enum mx_kind mx;
    bool has_a, has_aaaa;
};

enum host_outcome host_outcome(const struct world *w, uint64_t key, span zone);
void host_init(struct host *h, const struct world *w, span name, span zone, uint64_t key, uint64_t zone_key);

/*
 * The records of type at the labels rel[0 .. count) below the host, rel[count - 1] being next to it; count 0 is the
 * host itself. Returns how many of those labels exist: count when the name does; fewer: the closest encloser (RFC
 * 4592 2.2.1).
 */
size_t host_answer(const struct host *h, const span *rel, size_t count, uint16_t type, struct reply *r);

/* The TXT that `*.HOST` holds; false when there is no wildcard. */
bool host_wildcard(const struct host *h, struct text *out);

/* True when the label below a host is one of its own service names, not another host. */
bool host_label_is_service(span label);

/* ---- what a host publishes ---- */

enum spf_expected { SPF_IS_NONE, SPF_IS_VALID, SPF_IS_PERMERROR, SPF_IS_TEMPERROR };

struct spf_plan {
    enum spf_expected status;
    int lookups; /* -1: no number is defined */
    int voids;
    size_t cut;         /* where a string boundary is put by hand, 0 for none */
    struct text record; /* empty: none */
    struct text second; /* a second record, or empty */
};

void host_spf(const struct host *h, struct spf_plan *out);
/* SPF records of the host's helper names (`_spf`, `_loop` ...). False when the label has none. */
bool host_spf_helper(const struct host *h, span label, struct text *out);

enum dkim_kind { DKIM_ABSENT, DKIM_EMPTY, DKIM_KEYS, DKIM_HIDDEN, DKIM_WILDCARD_REVOKED, DKIM_WILDCARD_KEY };

enum dkim_kind host_dkim_kind(const struct host *h);
/* Answer below `_domainkey.HOST`: labels as in host_answer, count 0 is `_domainkey` itself. Same result. */
size_t host_dkim_answer(const struct host *h, const span *rel, size_t count, uint16_t type, struct reply *r);

bool host_dmarc_exists(const struct host *h);
/* Records at `_dmarc.HOST`. */
void host_dmarc_answer(const struct host *h, uint16_t type, struct reply *r);
bool host_takes_reports(const struct host *h);

/* "LABEL.HOST" in out. */
span host_below(const struct host *h, const char *label, struct text *out);
/* An address of the public Internet, from the host's key. */
uint32_t host_address(const struct host *h, uint32_t salt);

static inline bool host_chance(const struct host *h, uint32_t salt, enum rate rate)
{
    return dice_chance(h->key, salt, h->world->rates->ppm[rate]);
}
