// SPDX-License-Identifier: MIT
#pragma once

/*
 * Where reports go: the destinations of rua and ruf, and whether those outside the domain's organization agreed to get
 * them. RFC 9990 section 4, RFC 7489 section 7.1.
 *
 * External is decided by the Public Suffix List as a first pass; a destination below the organizational domain that the
 * tree walk gave is the domain's own, too. Where an authorisation was found, a random label beside it tells a wildcard: one
 * question for each host, whoever names it.
 *
 * Threads: any; pure.  Memory: the subject's arena.
 */

#include "scanner/mail/dmarc_walk.h"

/* Beyond these a record's destinations are not asked about, its URIs not listed. */
enum { DMARC_DESTINATIONS_MAX = 32, DMARC_URIS_MAX = 256 };

/* Authorisations, and what +hosts wants. How many questions are new. */
size_t dmarc_report_ask(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node);

/* What the answers to those make needed. */
size_t dmarc_report_ask_more(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node);

/* Fills URIs, vendors, unauthorised hosts and has_usable_rua of *out; adds the findings of rua and ruf. */
void dmarc_report_assess(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node,
                         struct dmarc_result *out);

/* Of a record that is invalid: what is wrong with its URIs themselves. */
void dmarc_report_note_faults(const struct subject *s, const struct dmarc_record *record);
