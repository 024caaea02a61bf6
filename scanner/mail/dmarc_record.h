// SPDX-License-Identifier: MIT
#pragma once

/*
 * The text of one DMARC policy record: text in, tags out. RFC 9989 sections 4.7, 4.8 and 4.10 (which text counts as a
 * record at all), with the tags of RFC 7489 section 6.3 that RFC 9989 removed (pct, rf, ri).
 *
 * A tag list is read from the front; unknown tags are skipped, a bad value of any tag but p, sp and np gives way to the
 * default. Of a repeated tag the first counts, but p, sp or np said twice with different values make the record
 * unusable.
 *
 * Threads: any; pure.  Memory: none; the result points into the text given.
 */

#include "scanner/mail/dmarc.h"

/* What a TXT record below _dmarc is. */
enum dmarc_text {
    DMARC_TEXT_RECORD,             /* begins with the v tag, exactly DMARC1, then ';' or the end */
    DMARC_TEXT_LEADING_WHITESPACE, /* would be a record without the blank in front */
    DMARC_TEXT_QUOTED,             /* would be one without the quotes */
    DMARC_TEXT_VERSION_NOT_FIRST,  /* has v=DMARC1 behind another tag */
    DMARC_TEXT_LOOKALIKE,          /* means to be one */
    DMARC_TEXT_SPF,
    DMARC_TEXT_UNRELATED,
};

/* Is it a record? Cheap: to be asked of every TXT there is. */
bool dmarc_text_is_record(span text);

enum dmarc_text dmarc_text_kind(span text);

/* p, sp or np. */
struct dmarc_request {
    bool is_given, is_valid;
    enum dmarc_policy policy; /* NULL unless valid */
};

enum { DMARC_FO_MAX = 4 };

struct dmarc_record {
    span text;
    struct dmarc_request p, sp, np;
    bool has_conflict;          /* p, sp or np repeated with another value */
    bool is_testing;            /* t=y */
    enum dmarc_psd psd;         /* UNDEFINED by default */
    enum dmarc_alignment adkim, aspf;
    bool has_pct;               /* the tag stands there and is a number of 0 to 100 */
    uint8_t pct;                /* 100 by default */
    span fo[DMARC_FO_MAX];      /* "0" by default */
    size_t fo_count;
    bool has_rua, has_ruf;
    span rua, ruf;              /* the lists as written; empty when the tag's text is unusable (not ASCII) */
    bool has_report_uri;        /* rua has one URI that can be used: mailto with an address, or https */
};

/*
 * Reads a text of the kind RECORD (any other text gives a record without tags) into *out, which is always filled.
 * `findings` gets what is wrong with it; NULL: nobody wants to know.
 */
void dmarc_record_parse(span text, struct dmarc_record *out, struct findings *findings);
