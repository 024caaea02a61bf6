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

/*
 * The SOA in an NXDOMAIN names the zone that says so (RFC 2308 2.1). One at or below the registrable domain proves that
 * the domain is delegated; one above it proves nothing yet: the domain may lie in its parent's zone (private suffixes,
 * hosters).
 */
static bool is_delegated(const struct rrset *nxdomain, span domain)
{
    return nxdomain->soa_owner.len > 0 && name_is_within(nxdomain->soa_owner, domain);
}

span registrable_question(const struct subject *s, span name, const struct rrset *nxdomain)
{
    span domain = takeable_domain(s, name, nxdomain);
    return is_delegated(nxdomain, domain) ? span_of("", 0) : domain;
}

bool registrable_is_open(const struct subject *s, span name, const struct rrset *nxdomain)
{
    span domain = takeable_domain(s, name, nxdomain);
    if (domain.len == 0 || is_delegated(nxdomain, domain)) {
        return false;
    }
    const struct rrset *at_domain = subject_answer(s, domain, DNS_NS);
    return at_domain->outcome == DNS_NXDOMAIN && !at_domain->has_alias;
}
