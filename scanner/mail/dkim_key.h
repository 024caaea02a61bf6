// SPDX-License-Identifier: MIT
#pragma once

/*
 * One DKIM key record: text in, meaning out. RFC 6376 3.2 and 3.6.1, RFC 8301 3, RFC 8463; record.md cases 12, 35.
 *
 * Bits are those of the decoded modulus (a SubjectPublicKeyInfo or a bare RSAPublicKey), not a guess from the length.
 * DER is read by a bounds-checked cursor of our own: a scan decodes millions of keys, and needs of each only the modulus'
 * length and the exponent; the test compares it with libcrypto.
 *
 * Threads: any; pure.  Memory: some 50 kB of stack; the result points into nothing.
 */

#include "scanner/mail/dkim.h"

enum { DKIM_KEY_NOTES_MAX = 16 };

/* What is worth saying about the record: the caller adds the selector. */
struct dkim_note {
    enum finding_id id;
    enum severity severity;
    const char *detail;                /* static text; NULL: none */
};

struct dkim_key {
    enum dkim_selector_status status;  /* VALID, REVOKED or INVALID */
    enum dkim_key_type type;           /* by k=; UNKNOWN when it is neither rsa nor ed25519 */
    uint32_t bits;                     /* 0: not decoded */
    bool is_testing;                   /* flag y */
    bool is_key_record;                /* it means to be one: v=DKIM1, a p tag, or nearly so */
    bool is_public_test_key;           /* the private half is published */
    struct dkim_note notes[DKIM_KEY_NOTES_MAX];
    size_t note_count;
};

/* Always fills *out: a bad record is a result, not a failure. */
void dkim_key_parse(span text, struct dkim_key *out);
