// SPDX-License-Identifier: MIT
#pragma once

/*
 * Which DMARC record applies to a name, by both standards.
 *
 * View A, RFC 9989 section 4.10: the tree walk, at most eight queries. View B, RFC 7489 section 6.6.3: the name, else
 * its organizational domain by the Public Suffix List.
 *
 * Threads: any; pure.  Memory: names of questions from the subject's arena; all else points into the subject and its
 * answers.
 */

#include "scanner/mail/dmarc_record.h"

enum { DMARC_WALK_QUERIES = 8, DMARC_WALK_LABELS = 7 };

/* The names of the walk, the domain first, the top-level domain last: suffixes of `domain`. */
size_t dmarc_walk_names(span domain, span names[DMARC_WALK_QUERIES]);

/* What stands at _dmarc of one name. */
struct dmarc_node {
    span name;                   /* without _dmarc */
    const struct rrset *rrset;   /* TXT at _dmarc.NAME */
    bool is_unknown;             /* the query failed, or was never asked */
    size_t record_count;         /* texts that are records; two and more: all are discarded (RFC 9989 4.10) */
    struct dmarc_record record;  /* when there is exactly one */
    span first_text;             /* of several the first by raw bytes */
};

/* What one view applies to a name. */
struct dmarc_choice {
    bool is_unknown;                /* a query it needs failed */
    const struct dmarc_node *node;  /* whose record applies; NULL: none */
    bool is_own;                    /* it is the name's own: p, not sp or np */
};

struct dmarc_discovery {
    /* Of the walk; behind them the PSL's domain when it is not among them. */
    struct dmarc_node nodes[DMARC_WALK_QUERIES + 1];
    size_t walk_count, count;
    bool is_suffix;                 /* the domain is a public suffix by the list */
    span psl_domain;                /* its organizational domain by the list */
    bool walk_failed;               /* a query of the walk, before its end, failed */
    span organizational_domain;     /* by RFC 9989; empty: no record at all, or the walk failed */
    struct dmarc_choice rfc9989, rfc7489;              /* for the domain */
    struct dmarc_choice rfc9989_below, rfc7489_below;  /* for a name below it without a record of its own */
};

/* Adds the questions; how many are new. */
size_t dmarc_walk_ask(const struct subject *s);

void dmarc_walk_read(const struct subject *s, struct dmarc_discovery *out);
