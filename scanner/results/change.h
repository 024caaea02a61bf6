// SPDX-License-Identifier: MIT
#pragma once

/*
 * One domain in two sweeps: what became of it.
 *
 * A domain has one class, the worst that holds: a verdict that got weaker outweighs one that got better. What is
 * unknown in one of the sweeps never makes a domain weaker, better or edited. A name that the DNS does not know any
 * more has vanished, as one that the list does not hold any more. DKIM keys count as edited only where every selector
 * asked for has answered in both: one that timed out is not one that was taken away.
 *
 * Threads: any; pure.  Memory: none; entries point into what was given.
 */

#include "scanner/results/aspect.h"

/* Texts that owners edit: compared by hash, and only where both sweeps know them. */
enum edited_text { TEXT_SPF, TEXT_DMARC, TEXT_DKIM, TEXT_MX, TEXT_MTA_STS, TEXT_TLS_RPT, TEXT_BIMI, TEXT_COUNT };

/* What is kept of a record. */
struct sweep_entry {
    uint64_t texts[TEXT_COUNT]; /* 0: unknown, or not asked */
    uint8_t values[ASPECT_COUNT];
    bool is_nonexistent, is_excluded;
    bool is_silent; /* the DNS said nothing of the name itself: it may exist or not */
    bool has_tag;
    span domain, tag;
};

void sweep_entry_fill(struct sweep_entry *out, const struct record_view *record);

enum change_class {
    CHANGE_WEAKENED,
    CHANGE_VANISHED,
    CHANGE_BECAME_UNKNOWN,
    CHANGE_EDITED, /* the text, or a verdict without an order; nothing weaker or better */
    CHANGE_APPEARED,
    CHANGE_RECOVERED,
    CHANGE_IMPROVED,
    CHANGE_NONE,
    CHANGE_NOT_COMPARED, /* excluded in one of them */
    CHANGE_CLASS_COUNT
};

struct change {
    enum change_class class;
    enum direction directions[ASPECT_COUNT]; /* of a name that exists, or does not, in both */
    bool edited[TEXT_COUNT];
};

/* Either may be NULL, not both. */
struct change change_between(const struct sweep_entry *before, const struct sweep_entry *now);

/* "weakened", "became_unknown" */
const char *change_class_key(enum change_class class);
/* "got weaker" */
const char *change_class_title(enum change_class class);
/* "spf" */
const char *edited_text_key(enum edited_text text);
