// SPDX-License-Identifier: MIT
#include "scanner/mail/registrable.h"

/* The registrable domain of `name`; empty where there is none that somebody else could take. */
static span takeable_domain(const struct subject *s, span name, const struct rrset *nxdomain)
{
    const struct suffix_list *suffixes = &s->config->suffixes;
    span none = { "", 0 };
    if (nxdomain->outcome != DNS_NXDOMAIN || name.len == 0 || !suffixes->organizational_domain) {
        return none;
    }
    span domain = suffixes->organizational_domain(suffixes->list, name);
    if (domain.len == 0 || suffixes->is_public_suffix(suffixes->list, domain) || name_is_within(s->domain, domain)) {
        return none;
    }
    return domain;
}

span registrable_question(const struct subject *s, span name, const struct rrset *nxdomain)
{
    span domain = takeable_domain(s, name, nxdomain);
    return nxdomain->soa_owner.len > 0 ? span_of("", 0) : domain;
}

bool registrable_is_open(const struct subject *s, span name, const struct rrset *nxdomain)
{
    span domain = takeable_domain(s, name, nxdomain);
    if (domain.len == 0) {
        return false;
    }
    if (nxdomain->soa_owner.len > 0) {
        span owner = nxdomain->soa_owner;
        bool is_above = span_equal(owner, SPAN(".")) || (owner.len < domain.len && name_is_within(domain, owner));
        return is_above;
    }
    return subject_answer(s, domain, DNS_NS)->outcome == DNS_NXDOMAIN;
}
