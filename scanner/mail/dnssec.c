// SPDX-License-Identifier: MIT
#include "scanner/mail/dnssec.h"

static span organizational_domain(const struct subject *s, span name)
{
    const struct suffix_list *suffixes = &s->config->suffixes;
    return suffixes->organizational_domain ? suffixes->organizational_domain(suffixes->list, name) : name;
}

bool zone_state_ask(const struct subject *s, span name, const struct rrset *answer)
{
    return !rrset_is_failure(answer) && !answer->is_authenticated &&
           subject_ask(s, organizational_domain(s, name), DNS_DS, ASK_DNSSEC);
}

enum zone_state zone_state_of(const struct subject *s, span name, const struct rrset *answer)
{
    if (rrset_is_failure(answer)) {
        return ZONE_UNKNOWN;
    }
    if (answer->is_authenticated) {
        return ZONE_SIGNED_AD;
    }
    const struct rrset *ds = subject_answer(s, organizational_domain(s, name), DNS_DS);
    if (rrset_is_failure(ds) || ds->has_alias) { /* behind an alias stands another zone's DS */
        return ZONE_UNKNOWN;
    }
    if (ds->outcome != DNS_ANSWERED) {
        return ZONE_UNSIGNED;
    }
    return ds->is_authenticated ? ZONE_UNKNOWN : ZONE_SIGNED_DS;
}

/* A question at the name itself, as everybody asks it. */
static bool is_own(const struct subject *s, const struct asked *item)
{
    return item->rrset && item->purpose != ASK_DNSSEC && span_equal_nocase(item->qname, s->domain);
}

static size_t ask_unchecked(const struct subject *s)
{
    for (size_t i = 0; i < s->answers->count; i++) {
        const struct asked *item = &s->answers->items[i];
        if (is_own(s, item) && item->rrset->outcome == DNS_SERVFAIL) {
            return answer_set_add_unchecked(s->answers, s->domain, item->qtype, ASK_DNSSEC) ? 1 : 0;
        }
    }
    return 0;
}

size_t dnssec_ask(const struct subject *s)
{
    if (!subject_checks(s, CHECK_DNSSEC) || subject_is_nonexistent(s)) {
        return 0;
    }
    size_t added = ask_unchecked(s);
    added += subject_ask(s, s->domain, DNS_DS, ASK_DNSSEC) ? 1 : 0;
    return added + (subject_ask(s, organizational_domain(s, s->domain), DNS_DS, ASK_DNSSEC) ? 1 : 0);
}

/* SERVFAIL, and NOERROR with checking disabled: the type, or NULL. RFC 4035 3.2.2. */
static const char *bogus_type(const struct subject *s)
{
    for (size_t i = 0; i < s->answers->count; i++) {
        const struct asked *item = &s->answers->items[i];
        if (!is_own(s, item) || item->rrset->outcome != DNS_SERVFAIL) {
            continue;
        }
        const struct rrset *unchecked = answer_set_get_unchecked(s->answers, item->qname, item->qtype);
        if (unchecked && (unchecked->outcome == DNS_ANSWERED || unchecked->outcome == DNS_NODATA)) {
            return dns_type_name(item->qtype);
        }
    }
    return NULL;
}

/* The resolver has validated every answer at the name. */
static bool is_validated(const struct subject *s)
{
    size_t answered = 0, authenticated = 0;
    for (size_t i = 0; i < s->answers->count; i++) {
        const struct asked *item = &s->answers->items[i];
        if (is_own(s, item) && !rrset_is_failure(item->rrset)) {
            answered++;
            authenticated += item->rrset->is_authenticated;
        }
    }
    return answered > 0 && answered == authenticated;
}

static bool has_no_ds(const struct rrset *ds)
{
    return rrset_is_absent(ds) && !ds->has_alias;
}

void dnssec_assess(const struct subject *s)
{
    if (subject_is_nonexistent(s)) {
        return; /* an NXDOMAIN is signed by the zone above, if at all */
    }
    const struct rrset *ds = subject_answer(s, s->domain, DNS_DS);
    span apex = organizational_domain(s, s->domain);
    bool asked = subject_checks(s, CHECK_DNSSEC);
    bool has_ds = asked && ds->outcome == DNS_ANSWERED && !ds->has_alias, is_good = is_validated(s);
    const char *bogus = asked ? bogus_type(s) : NULL;
    if (is_good || has_ds) {
        findings_addf(s->findings, FINDING_DNSSEC_SIGNED, "%s", is_good && has_ds ? "AD, DS" : is_good ? "AD" : "DS");
    }
    if (bogus) {
        findings_addf(s->findings, FINDING_DNSSEC_BOGUS, "%s", bogus);
    } else if (asked && !is_good && has_no_ds(ds) && has_no_ds(subject_answer(s, apex, DNS_DS))) {
        findings_addf(s->findings, FINDING_DNSSEC_UNSIGNED, "%.*s", SPAN_ARG(apex));
    }
}
