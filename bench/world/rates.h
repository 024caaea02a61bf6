// SPDX-License-Identifier: MIT
#pragma once

/*
 * How often things happen in the world, in parts per million, for each profile; README.md names the sources.
 * Threads: constant data.
 */

#include "scanner/base/span.h"

enum rate {
    RATE_OUT_NXDOMAIN, /* of registrable names; these are exclusive and come first */
    RATE_OUT_SERVFAIL,
    RATE_OUT_REFUSED,
    RATE_OUT_DEAD, /* never answers */
    RATE_OUT_BAD,  /* FORMERR or NOTIMP */
    RATE_PARTIAL,  /* of living zones: one mechanism's names fail for ever */
    RATE_PARKED,   /* of living zones: locked down, half of them completely */
    RATE_MX,
    RATE_SPF_GIVEN_MX,
    RATE_SPF_GIVEN_NO_MX,
    RATE_SPF_FAULTY, /* of SPF records: takes a kind of the table of oddities instead of the usual record */
    RATE_DMARC_GIVEN_MX,
    RATE_DMARC_GIVEN_NO_MX,
    RATE_DMARC_ODD, /* of DMARC records: a kind of the table of oddities */
    RATE_DMARC_RUA,
    RATE_DMARC_SP,
    RATE_DKIM_GIVEN_MX, /* namespace exists */
    RATE_DKIM_GIVEN_NO_MX,
    RATE_DKIM_KEY_BAD, /* of keys that are no alias */
    RATE_MTA_STS,
    RATE_TLS_RPT,
    RATE_BIMI,
    RATE_WILDCARD_TXT,
    RATE_TXT_BIG,    /* apex TXT answers over 1232 bytes */
    RATE_SUB_EXISTS, /* of the names that could be below a host */
    RATE_SUB_MX,
    RATE_SUB_SPF,
    RATE_SUB_DMARC,
    RATE_SUB_DKIM,
    RATE_REPORTS_WELCOME, /* a host that authorises anybody to send reports to it */
    RATE_COUNT
};

struct rates {
    const char *profile;
    uint32_t ppm[RATE_COUNT];
};

/* NULL when there is no profile of that name. */
const struct rates *rates_find(span profile);

/* The i-th profile, NULL behind the last. */
const struct rates *rates_at(size_t i);
