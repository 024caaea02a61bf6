// SPDX-License-Identifier: MIT
#pragma once

/*
 * MTA-STS (RFC 8461 section 3.1) and TLS-RPT (RFC 8460 section 3): the two TXT records beside SMTP over TLS. The policy
 * file of MTA-STS is not fetched: "valid" speaks of the record.
 *
 * Threads: any; pure.  Memory: the subject's arena.
 */

#include "scanner/mail/subject.h"

enum record_status { RECORD_NOT_CHECKED, RECORD_VALID, RECORD_NONE, RECORD_INVALID, RECORD_TEMPERROR };

struct mta_sts_result {
    enum record_status status;
    span id;               /* empty: null */
};

struct tls_rpt_result {
    enum record_status status;
    const span *rua;       /* URIs as written */
    size_t rua_count;
};

size_t mta_sts_ask(const struct subject *s, bool *has_asked);
void mta_sts_assess(const struct subject *s, struct mta_sts_result *out);
size_t tls_rpt_ask(const struct subject *s, bool *has_asked);
void tls_rpt_assess(const struct subject *s, struct tls_rpt_result *out);
