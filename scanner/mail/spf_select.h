// SPDX-License-Identifier: MIT
#pragma once

/*
 * Which of the TXT records at a name is the SPF record. RFC 7208 sections 3.2 and 4.5: exactly "v=spf1" in any case, then
 * a space or the end. Near misses are told apart, because each has its own remedy.
 *
 * Threads: any; pure.  Memory: none; results point into the answer.
 */

#include "scanner/base/rrset.h"

enum spf_text_kind {
    SPF_TEXT_OTHER,
    SPF_TEXT_RECORD,
    SPF_TEXT_LEADING_WHITESPACE, /* a record once white space is trimmed */
    SPF_TEXT_QUOTED,             /* begins with a literal quote, then like SPF */
    SPF_TEXT_SENDER_ID,          /* spf2.0/pra, spf2.0/mfrom (RFC 4406, historic) */
    SPF_TEXT_LOOKALIKE,          /* means to be SPF and is not */
};

enum spf_text_kind spf_text_classify(span text);

struct spf_selection {
    size_t count;                    /* records selected */
    const struct txt_record *record; /* the first by raw bytes; NULL when count is 0 */
};

/* Reads an answer to a TXT question; anything but DNS_ANSWERED selects nothing. */
void spf_select(const struct rrset *txt, struct spf_selection *out);
