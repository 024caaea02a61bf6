// SPDX-License-Identifier: MIT
#pragma once

/*
 * DANE of the mail hosts: TLSA at _25._tcp.HOST. RFC 7672 2 and 3.1, RFC 7671 4 (which records can be used at all). Asked
 * only with `+hosts`; which zones are signed by dnssec.h.
 *
 * Threads: any; pure.  Memory: the subject's arena.
 */

#include "scanner/mail/mx.h"

struct dane_result {
    bool has_signed_host;   /* TLSA in a signed zone: DANE is there */
};

/* Can mail servers use this record? RFC 7672 3.1.3 and RFC 7671 4: usage 2 or 3, a selector and a matching type that are
   defined, and data as long as the digest. `why` says what is wrong, in a word or two. */
bool tlsa_is_usable(span data, const char **why);

/* To be called when the hosts' addresses are answered; 0: nothing more. */
size_t dane_ask(const struct subject *s);
void dane_assess(const struct subject *s, const struct mx_result *mx, struct dane_result *out);
