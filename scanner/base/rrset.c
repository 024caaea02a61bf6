// SPDX-License-Identifier: MIT
#include "scanner/base/rrset.h"

const char *dns_type_name(uint16_t type)
{
    switch (type) {
    case DNS_A: return "A";
    case DNS_NS: return "NS";
    case DNS_CNAME: return "CNAME";
    case DNS_SOA: return "SOA";
    case DNS_PTR: return "PTR";
    case DNS_MX: return "MX";
    case DNS_TXT: return "TXT";
    case DNS_AAAA: return "AAAA";
    default: return "?";
    }
}

const char *dns_outcome_name(enum dns_outcome outcome)
{
    static const char *const names[DNS_OUTCOME_COUNT] = {
        [DNS_ANSWERED] = "answered", [DNS_NODATA] = "nodata",   [DNS_NXDOMAIN] = "nxdomain",
        [DNS_SERVFAIL] = "servfail", [DNS_REFUSED] = "refused", [DNS_TIMEOUT] = "timeout",
        [DNS_BAD_RESPONSE] = "bad_response", [DNS_CUT] = "cut",
    };
    return names[outcome];
}
