// SPDX-License-Identifier: MIT
#pragma once

/*
 * Is a zone signed, and do its signatures hold? RFC 4033 4.3, RFC 4035 3.2.2 and 3.2.3. Nothing is validated here: the
 * evidence is what a resolver says (AD), and what stands at the parent (DS).
 *
 *   AD on an answer                                        the zone is signed, and the resolver has validated it
 *   no AD, no DS at the organizational domain              it is not signed
 *   no AD, a DS there that itself comes without AD         it is signed; the resolver does not validate
 *   no AD, a DS there with AD                              not told: part of the domain may be insecure, or of several
 *                                                          resolvers only some may validate
 *
 * A failed question proves none of it. The domain's own DS and the question with checking disabled (CD) belong to
 * `+dnssec`; what they bring counts for these findings alone, never for the outcome of the domain.
 *
 * Threads: any; pure.  Memory: the subject's arena.
 */

#include "scanner/mail/subject.h"

enum zone_state { ZONE_UNKNOWN, ZONE_SIGNED_AD, ZONE_SIGNED_DS, ZONE_UNSIGNED };

/* The DS question that zone_state_of() wants beside an answer at `name`. True when it is new. */
bool zone_state_ask(const struct subject *s, span name, const struct rrset *answer);

/* Of the zone that gave `answer` (not a failure) at `name`. */
enum zone_state zone_state_of(const struct subject *s, span name, const struct rrset *answer);

/* To be called when all else about the domain is answered; 0: nothing more. */
size_t dnssec_ask(const struct subject *s);
void dnssec_assess(const struct subject *s);
