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
    case DNS_DS: return "DS";
    case DNS_TLSA: return "TLSA";
    case DNS_SPF: return "SPF";
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

bool rrset_is_same_absence(const struct rrset *a, const struct rrset *b)
{
    return rrset_is_absent(a) && a->outcome == b->outcome && a->rcode == b->rcode &&
           a->is_authenticated == b->is_authenticated && a->over_tcp == b->over_tcp && !a->has_alias && !b->has_alias &&
           span_equal(a->soa_owner, b->soa_owner);
}

size_t rrset_txt_answer_size(const struct rrset *r, span qname)
{
    enum { HEADER = 12, QUESTION_TAIL = 4, OPT = 11, RECORD_HEAD = 12 };
    if (r->outcome != DNS_ANSWERED) {
        return 0;
    }
    size_t size = HEADER + qname.len + 2 + QUESTION_TAIL + OPT;
    if (r->has_alias) {
        size += RECORD_HEAD + r->alias_target.len + 2; /* of a longer chain the last link only */
    }
    for (size_t i = 0; i < r->count; i++) {
        size += RECORD_HEAD + 1 + r->txt[i].text.len + r->txt[i].cut_count;
    }
    return size;
}

const struct rrset *rrset_more_telling(const struct rrset *a, const struct rrset *b)
{
    static const int ranks[DNS_OUTCOME_COUNT] = {
        [DNS_TIMEOUT] = 1, [DNS_REFUSED] = 2, [DNS_BAD_RESPONSE] = 3, [DNS_SERVFAIL] = 4,
    };
    if (!a || !b) {
        return a ? a : b;
    }
    return ranks[b->outcome] > ranks[a->outcome] ? b : a;
}
