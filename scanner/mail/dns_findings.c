// SPDX-License-Identifier: MIT
#include "scanner/mail/dns_findings.h"

#include "scanner/mail/registrable.h"

enum {
    UDP_ANSWER_MAX = 1232,  /* DNS flag day 2020 */
    FAILURES_NAMED_MAX = 6, /* in a detail; `dns.failed` of the record has all */
};

/* What the questions at the name itself came to. */
struct own_answers {
    size_t asked, failed;
    const struct rrset *nxdomain, *alias;
};

/* A DS stands at the parent and type 99 is what nobody reads: neither tells how the name answers. */
static bool is_own(const struct subject *s, const struct asked *item)
{
    if (item->purpose == ASK_DNSSEC || item->qtype == DNS_SPF) {
        return false;
    }
    return item->purpose == ASK_DOMAIN || (item->qname.len == s->domain.len && name_is_within(item->qname, s->domain));
}

static void own_answers_collect(const struct subject *s, struct own_answers *out)
{
    *out = (struct own_answers){ 0 };
    for (size_t i = 0; i < s->answers->count; i++) {
        const struct asked *item = &s->answers->items[i];
        if (!is_own(s, item)) {
            continue;
        }
        out->asked++;
        if (!item->rrset || rrset_is_failure(item->rrset)) {
            out->failed++;
        } else if (item->rrset->outcome == DNS_NXDOMAIN && (!out->nxdomain || out->nxdomain->soa_owner.len == 0)) {
            out->nxdomain = item->rrset; /* one with a SOA says more */
        }
        if (item->rrset && item->rrset->has_alias && !out->alias) {
            out->alias = item->rrset;
        }
    }
}

static const enum finding_id failure_findings[DNS_OUTCOME_COUNT] = {
    [DNS_SERVFAIL] = FINDING_DNS_SERVFAIL,  [DNS_REFUSED] = FINDING_DNS_REFUSED, [DNS_TIMEOUT] = FINDING_DNS_TIMEOUT,
    [DNS_BAD_RESPONSE] = FINDING_DNS_ERROR, [DNS_CUT] = FINDING_DNS_ERROR,
};

static enum dns_outcome item_outcome(const struct asked *item)
{
    return item->rrset ? item->rrset->outcome : DNS_CUT;
}

/* Every question at the name failed: the domain is unknown. */
static void add_total_failure(const struct subject *s)
{
    for (size_t i = 0; i < s->answers->count; i++) {
        const struct asked *item = &s->answers->items[i];
        if (is_own(s, item)) {
            findings_add(s->findings, failure_findings[item_outcome(item)], span_from_cstr(dns_type_name(item->qtype)));
        }
    }
}

/* The label that a wildcard is tested with is another one in every run: findings do not name it. */
static bool is_random_question(const struct subject *s, span qname, span *rest)
{
    static const span report = SPAN("_report._dmarc.");
    char label[16];
    *rest = qname;
    span first = span_cut(rest, '.');
    subject_random_label(s, span_starts_with_nocase(*rest, report) ? span_after(*rest, report.len) : s->domain, label);
    return span_equal_nocase(first, span_of(label, sizeof(label)));
}

/* Some failed, others did not. What failed at a name that is NXDOMAIN anyway decides nothing. */
static void add_partial_failure(const struct subject *s, const struct own_answers *own)
{
    size_t failed = 0;
    for (size_t i = 0; i < s->answers->count; i++) {
        const struct asked *item = &s->answers->items[i];
        enum dns_outcome outcome = item_outcome(item);
        if (outcome < DNS_SERVFAIL || item->checking_disabled || (own->nxdomain && is_own(s, item)) ||
            ++failed > FAILURES_NAMED_MAX) {
            continue;
        }
        span rest;
        bool is_random = is_random_question(s, item->qname, &rest);
        findings_addf(s->findings, FINDING_DNS_PARTIAL, "%s%.*s %s: %s", is_random ? "(random)." : "",
                      SPAN_ARG(is_random ? rest : item->qname), dns_type_name(item->qtype), dns_outcome_name(outcome));
    }
    if (failed > FAILURES_NAMED_MAX) {
        findings_addf(s->findings, FINDING_DNS_PARTIAL, "%zu more", failed - FAILURES_NAMED_MAX);
    }
}

/* The SOA of the NXDOMAIN is a registry's: the name is not delegated (RFC 2308 2.1). */
static bool is_undelegated(const struct subject *s, const struct rrset *nxdomain)
{
    const struct suffix_list *suffixes = &s->config->suffixes;
    span owner = nxdomain->soa_owner;
    if (nxdomain->has_alias || owner.len == 0 || !suffixes->organizational_domain) {
        return false;
    }
    span domain = suffixes->organizational_domain(suffixes->list, s->domain);
    return span_equal(owner, SPAN(".")) || (owner.len < domain.len && name_is_within(domain, owner));
}

static void assess_nxdomain(const struct subject *s, const struct rrset *nxdomain)
{
    findings_add(s->findings, FINDING_DNS_NXDOMAIN, nxdomain->has_alias ? nxdomain->alias_target : span_of("", 0));
    if (is_undelegated(s, nxdomain)) {
        findings_add(s->findings, FINDING_DNS_UNDELEGATED, span_of("", 0));
    }
}

/* Aliases of the names that no mechanism's own finding speaks of: the domain and the transport records. */
static bool is_alias_ours(const struct subject *s, const struct asked *item)
{
    return is_own(s, item) || item->purpose == ASK_MTA_STS || item->purpose == ASK_TLS_RPT || item->purpose == ASK_BIMI;
}

static bool is_dangling(const struct subject *s, const struct asked *item)
{
    return item->rrset && item->rrset->has_alias && item->rrset->outcome == DNS_NXDOMAIN && is_alias_ours(s, item);
}

size_t dns_findings_ask(const struct subject *s)
{
    size_t added = 0, count = s->answers->count;
    for (size_t i = 0; i < count; i++) {
        const struct asked *item = &s->answers->items[i];
        if (is_dangling(s, item)) {
            span domain = registrable_question(s, item->rrset->alias_target, item->rrset);
            added += domain.len > 0 && subject_ask(s, domain, DNS_NS, ASK_REGISTRABLE) ? 1 : 0;
        }
    }
    return added;
}

static void assess_alias(const struct subject *s, const struct asked *item)
{
    const struct rrset *rrset = item->rrset;
    if (rrset->alias_loops && name_is_within(item->qname, s->domain)) {
        findings_add(s->findings, FINDING_DNS_CNAME_LOOP, item->qname);
    }
    if (is_dangling(s, item)) {
        findings_addf(s->findings, FINDING_DNS_CNAME_DANGLING, "%.*s: %.*s%s", SPAN_ARG(item->qname),
                      SPAN_ARG(rrset->alias_target),
                      registrable_is_open(s, rrset->alias_target, rrset) ? ", registrable: true" : "");
    }
}

/* Is there an NXDOMAIN, not of an alias, at a name above one that has records? RFC 8020 2. */
static bool is_below_nxdomain(const struct subject *s, span name)
{
    for (size_t i = 0; i < s->answers->count; i++) {
        const struct asked *item = &s->answers->items[i];
        if (item->rrset && item->rrset->outcome == DNS_NXDOMAIN && !item->rrset->has_alias &&
            item->qname.len < name.len && name_is_within(item->qname, s->domain) && name_is_within(name, item->qname)) {
            return true;
        }
    }
    return false;
}

static bool was_any_nxdomain(const struct subject *s)
{
    for (size_t i = 0; i < s->answers->count; i++) {
        const struct rrset *rrset = s->answers->items[i].rrset;
        if (rrset && rrset->outcome == DNS_NXDOMAIN) {
            return true;
        }
    }
    return false;
}

static void assess_ent(const struct subject *s)
{
    if (!was_any_nxdomain(s)) {
        return;
    }
    for (size_t i = 0; i < s->answers->count; i++) {
        const struct asked *item = &s->answers->items[i];
        if (item->rrset && item->rrset->outcome == DNS_ANSWERED && name_is_within(item->qname, s->domain) &&
            is_below_nxdomain(s, item->qname)) {
            findings_add(s->findings, FINDING_DNS_ENT_BROKEN, item->qname);
            return;
        }
    }
}

static void assess_size(const struct subject *s)
{
    const struct rrset *txt = subject_answer(s, s->domain, DNS_TXT);
    if (rrset_txt_answer_size(txt, s->domain) > UDP_ANSWER_MAX) {
        findings_add(s->findings, FINDING_DNS_TXT_OVER_TCP, span_of("", 0));
    }
}

/*
 * One of the answers at the name followed an alias, while TXT stands at the name itself. RFC 1034 3.6.2. Seen in what
 * is asked anyway: a CNAME question would tell the same of _dmarc and others, and cost one for every record there is.
 */
static void assess_both(const struct subject *s, const struct own_answers *own)
{
    const struct rrset *txt = subject_answer(s, s->domain, DNS_TXT);
    if (own->alias && txt->outcome == DNS_ANSWERED && !txt->has_alias) {
        findings_addf(s->findings, FINDING_DNS_TXT_AND_CNAME, "%.*s: %.*s", SPAN_ARG(s->domain),
                      SPAN_ARG(own->alias->alias_target));
    }
}

static void assess_items(const struct subject *s)
{
    for (size_t i = 0; i < s->answers->count; i++) {
        const struct asked *item = &s->answers->items[i];
        if (!item->rrset) {
            continue;
        }
        assess_alias(s, item);
        if (item->purpose == ASK_DKIM_WILDCARD && item->rrset->outcome == DNS_ANSWERED) {
            findings_addf(s->findings, FINDING_DNS_WILDCARD_TXT, "*._domainkey");
        }
    }
}

void dns_findings_assess(const struct subject *s)
{
    struct own_answers own;
    own_answers_collect(s, &own);
    if (own.nxdomain) {
        assess_nxdomain(s, own.nxdomain);
    }
    if (own.asked > 0 && own.failed == own.asked) {
        add_total_failure(s);
    } else {
        add_partial_failure(s, &own);
    }
    if (own.alias) {
        findings_add(s->findings, FINDING_DNS_APEX_CNAME, own.alias->alias_target);
    }
    assess_both(s, &own);
    assess_items(s);
    assess_ent(s);
    assess_size(s);
}
