// SPDX-License-Identifier: MIT
#pragma once

/*
 * The questions of the truth, and what it keeps of the answers. Records live until the next name is begun.
 * Threads: one at a time.  Memory: the truth's own block.
 */

#include "bench/world/truth.h"

enum { ASK_RECORDS_MAX = 128, KEEP_SIZE = 16 * 1024 * 1024 };

enum found { FOUND_RECORDS, FOUND_NODATA, FOUND_NXDOMAIN, FOUND_SERVFAIL, FOUND_REFUSED, FOUND_TIMEOUT, FOUND_BAD };

struct truth {
    const struct world *world;
    struct reply reply;
    size_t kept;
    char keep[KEEP_SIZE];
};

struct exchange_found {
    unsigned preference;
    span host;
};

struct asked {
    enum found found;
    bool has_alias;
    bool at_registry; /* NXDOMAIN, and from above the registrable domain: it is free to take */
    size_t count;
    union {
        span txt[ASK_RECORDS_MAX];
        struct exchange_found mx[ASK_RECORDS_MAX];
        uint32_t a[ASK_RECORDS_MAX];
        uint8_t aaaa[ASK_RECORDS_MAX][16];
    };
};

void truth_begin(struct truth *t);
span truth_keep(struct truth *t, span s);
/* The name may be anything; one that is no DNS name is NXDOMAIN. */
void truth_ask(struct truth *t, span name, uint16_t type, struct asked *out);

static inline bool found_is_failure(enum found f)
{
    return f >= FOUND_SERVFAIL;
}

static inline bool found_is_absent(enum found f)
{
    return f == FOUND_NODATA || f == FOUND_NXDOMAIN;
}

/* "LABEL.NAME", kept. */
span truth_below(struct truth *t, const char *label, span name);
/* Registrable domain of the name; empty for a public suffix. */
span truth_registrable(const struct truth *t, span name);
