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

/* Not in the DNS, so not for sale; resolvers answer for them. RFC 6761, 6762, 7686, 9476, and what ICANN reserved in 2024. */
static bool is_reserved(span domain)
{
    static const span names[] = { { "alt", 3 },   { "internal", 8 },  { "invalid", 7 }, { "local", 5 },
                                  { "onion", 5 }, { "localhost", 9 }, { "test", 4 } };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (name_is_within(domain, names[i])) {
            return true;
        }
    }
    return false;
}

/* A zone between the root and the domain says that it is not there: a registry's. The root says so of mail.company.lan. */
static bool has_registry(const struct rrset *nxdomain, span domain)
{
    span zone = nxdomain->soa_owner;
    return zone.len > 0 && !span_equal(zone, SPAN(".")) && zone.len < domain.len && name_is_within(domain, zone) &&
           !is_reserved(domain);
}

span registrable_question(const struct subject *s, span name, const struct rrset *nxdomain)
{
    span domain = takeable_domain(s, name, nxdomain);
    bool is_known = is_delegated(nxdomain, domain) || span_equal(nxdomain->soa_owner, SPAN(".")) || is_reserved(domain);
    return is_known ? span_of("", 0) : domain;
}

bool registrable_is_open(const struct subject *s, span name, const struct rrset *nxdomain)
{
    span domain = takeable_domain(s, name, nxdomain);
    if (domain.len == 0 || is_delegated(nxdomain, domain)) {
        return false;
    }
    const struct rrset *at_domain = subject_answer(s, domain, DNS_NS);
    return at_domain->outcome == DNS_NXDOMAIN && !at_domain->has_alias && has_registry(at_domain, domain);
}
