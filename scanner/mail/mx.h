// SPDX-License-Identifier: MIT
#pragma once

/*
 * Where the domain receives mail. RFC 5321 5.1, RFC 7505; statuses by record.md (decided cases 19 to 21, 29).
 *
 * Threads: any; pure.  Memory: the subject's arena.
 */

#include "scanner/mail/subject.h"

enum mx_status { MX_NOT_CHECKED, MX_OK, MX_NONE, MX_NULL, MX_INVALID, MX_TEMPERROR };

struct mx_result {
    enum mx_status status;
    const struct mx_record *hosts;   /* the answer's, by preference then name; NULL MX prints as host "." */
    size_t host_count;
    const char *const *providers;    /* in order of the hosts, no doubles */
    size_t provider_count;
    bool is_mailbox_provider;        /* one of them has role mailbox (case 21) */
    bool address_known, has_address; /* MX NODATA: A or AAAA at the name (implicit MX); known false: not asked or failed */
    bool cannot_receive;             /* null MX, invalid, or no MX and no address: for certain */
};

enum { MX_HOSTS_ASKED_MAX = 20 }; /* hosts that +hosts asks about; no sane domain has more */

/* Can this exchange be a host: not the root, an address, localhost or a single label? */
bool mx_is_host(span exchange);

struct mx_plan {
    uint8_t stage;
};

size_t mx_ask(const struct subject *s, struct mx_plan *plan);
void mx_assess(const struct subject *s, struct mx_result *out);
