// SPDX-License-Identifier: MIT
#pragma once

/*
 * Reads one reply from the wire into an rrset. RFC 1035 4.1, RFC 2308 (absent answers), RFC 6604 (rcode of a chain).
 *
 * Our own cursor: every read is checked against the message's end; compression pointers go backwards only and a name is
 * 255 bytes at most, so every name ends. The alias chain is followed through the answer section in whatever order the
 * records came, 16 steps at most. Records of other owners or classes are ignored. Whatever is malformed in the answer
 * section, or in the later sections of an absent answer, makes the reply a DNS_BAD_RESPONSE, and so do a referral that
 * comes from no resolver, NXDOMAIN beside records, and an extended rcode (RFC 6891 6.1.3) of an absent answer. What
 * follows the records of the answer section, where there are some, is not read.
 *
 * Threads: any; pure.  Memory: only the arena given; the result points into it, never into the message.
 */

#include "scanner/base/arena.h"
#include "scanner/base/rrset.h"

enum answer_result {
    ANSWER_READ,            /* *out is filled, be it with a failure */
    ANSWER_TRUNCATED,       /* TC: ask again over TCP */
    ANSWER_OTHER_CASE,      /* the question came back in other case: forged, or the server folds case */
    ANSWER_NOT_OURS,        /* other id, other question, or no response at all */
    ANSWER_NO_MEMORY        /* the arena is exhausted; *out is a DNS_CUT */
};

struct answer_form {
    span query;             /* the datagram sent, as query_encode() wrote it */
    size_t question_end;    /* of the query; 0: not known */
    bool ignore_id;         /* the library has put its own id on the wire and has checked it */
    bool ignore_case;       /* the question was not sent in mixed case, or the server is known to fold it */
    bool over_tcp;
};

/* *out is filled on ANSWER_READ and ANSWER_NO_MEMORY, untouched otherwise. */
enum answer_result answer_read(span message, const struct answer_form *form, struct arena *arena, struct rrset *out);

/* Could `message` be a reply to `query`? The id must be the query's, and the question, in whatever case; of a bare header
   that tells a failure (RFC 6891 7) the id alone. What is not is best ignored: the true reply may still come. */
bool answer_may_be_to(span message, span query, size_t question_end);

/* The rcode of something long enough to have one, else 0 (statistics of replies nobody waits for any more). */
uint8_t answer_rcode(span message);

/* Bytes of header and first question of a message; 0 when they don't stand there whole. */
size_t answer_question_end(span message);
