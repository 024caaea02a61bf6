// SPDX-License-Identifier: MIT
#include "scanner/mail/dmarc_findings.h"

#include "scanner/mail/freemail.h"

static const span no_detail = { "", 0 };

enum { TEXT_SHOWN = 80 }; /* bytes of a stray text that a detail repeats */

/* --- What stands at _dmarc of the domain --- */

/* Which finding a text that is no record gives. */
static const struct {
    enum dmarc_text kind;
    enum finding_id id;
} text_findings[] = {
    { DMARC_TEXT_LEADING_WHITESPACE, FINDING_DMARC_LEADING_WHITESPACE },
    { DMARC_TEXT_QUOTED, FINDING_DMARC_QUOTED },
    { DMARC_TEXT_VERSION_NOT_FIRST, FINDING_DMARC_VERSION_NOT_FIRST },
    { DMARC_TEXT_LOOKALIKE, FINDING_DMARC_LOOKALIKE },
    { DMARC_TEXT_SPF, FINDING_DMARC_SPF_AT_DMARC },
    { DMARC_TEXT_UNRELATED, FINDING_DMARC_UNRELATED_TXT },
};

static void note_texts(const struct subject *s, const struct dmarc_node *own)
{
    for (size_t i = 0; own->rrset->outcome == DNS_ANSWERED && i < own->rrset->count; i++) {
        span text = own->rrset->txt[i].text;
        enum dmarc_text kind = dmarc_text_kind(text);
        for (size_t k = 0; k < sizeof(text_findings) / sizeof(text_findings[0]); k++) {
            if (text_findings[k].kind == kind) {
                findings_add(s->findings, text_findings[k].id, span_first(text, TEXT_SHOWN));
            }
        }
    }
}

/* A record, or what means to be one: other texts are not what an alias of _dmarc was made for. */
static bool has_dmarc_text(const struct rrset *rrset)
{
    for (size_t i = 0; rrset->outcome == DNS_ANSWERED && i < rrset->count; i++) {
        enum dmarc_text kind = dmarc_text_kind(rrset->txt[i].text);
        if (kind != DMARC_TEXT_SPF && kind != DMARC_TEXT_UNRELATED) {
            return true;
        }
    }
    return false;
}

static void note_alias(const struct subject *s, const struct dmarc_node *own)
{
    if (!own->rrset->has_alias) {
        return;
    }
    bool is_dangling = !own->is_unknown && !has_dmarc_text(own->rrset);
    if (is_dangling && subject_is_wildcard_alias(s, own->rrset, ASK_DMARC)) {
        return; /* nothing was set up, so nothing of it is missing */
    }
    findings_add(s->findings, is_dangling ? FINDING_DMARC_CNAME_DANGLING : FINDING_DMARC_CNAME, own->rrset->alias_target);
}

/* RFC 9989 section 4.10: a record is looked for below _dmarc, nowhere else. */
static void note_apex(const struct subject *s, const struct dmarc_node *own)
{
    const struct rrset *apex = subject_answer(s, s->domain, DNS_TXT);
    for (size_t i = 0; apex->outcome == DNS_ANSWERED && i < apex->count; i++) {
        if (dmarc_text_is_record(apex->txt[i].text)) {
            bool is_alone = !own->is_unknown && own->record_count == 0;
            findings_add_as(s->findings, FINDING_DMARC_AT_APEX, is_alone ? SEVERITY_ERROR : SEVERITY_WARNING,
                            span_first(apex->txt[i].text, TEXT_SHOWN));
        }
    }
}

/* --- The walk --- */

static void note_walk(const struct subject *s, const struct dmarc_discovery *d)
{
    /* With a record of its own the domain does not care what its parents have too much of. */
    size_t count = d->nodes[0].record_count == 1 ? 1 : d->count;
    for (size_t i = 0; i < count; i++) {
        if (d->nodes[i].record_count > 1) {
            findings_add(s->findings, FINDING_DMARC_MULTIPLE_RECORDS, d->nodes[i].name);
        }
    }
    for (size_t i = 0; i < d->count; i++) {
        if (d->nodes[i].is_unknown && (d->walk_failed || i >= d->walk_count)) {
            findings_add(s->findings, FINDING_DMARC_UNKNOWN, d->nodes[i].name);
        }
    }
}

static bool is_suffix(const struct subject *s, span name)
{
    return s->config->suffixes.is_public_suffix(s->config->suffixes.list, name);
}

static void note_suffixes(const struct subject *s, const struct dmarc_discovery *d)
{
    for (size_t i = 0; i < d->walk_count; i++) {
        const struct dmarc_node *node = &d->nodes[i];
        bool says_psd = node->record_count == 1 && node->record.psd == DMARC_PSD_YES;
        if (says_psd && !is_suffix(s, node->name)) {
            findings_add(s->findings, FINDING_DMARC_PSD_MISUSED, node->name);
        }
    }
    const struct dmarc_node *own = &d->nodes[0];
    if (own->record_count == 1 && d->is_suffix && own->record.psd != DMARC_PSD_YES) {
        findings_add(s->findings, FINDING_DMARC_SUFFIX_WITHOUT_PSD, no_detail);
    }
    span organization = d->organizational_domain;
    if (organization.len > 0 && !span_equal_nocase(organization, s->domain) && is_suffix(s, organization)) {
        findings_add(s->findings, FINDING_DMARC_ORG_DOMAIN_HIJACKED, organization);
    }
}

/* --- The policy --- */

static bool enforces(enum dmarc_policy policy)
{
    return policy >= DMARC_POLICY_QUARANTINE;
}

static void note_inheritance(const struct subject *s, const struct dmarc_node *node)
{
    findings_add(s->findings, FINDING_DMARC_INHERITED, node->name);
    if (is_suffix(s, node->name) || node->record.psd == DMARC_PSD_YES) {
        findings_add(s->findings, FINDING_DMARC_INHERITED_FROM_SUFFIX, node->name);
    }
}

/* pct and t count where some policy of the record is more than none. */
static void note_softeners(const struct subject *s, const struct dmarc_record *record, const struct dmarc_result *r)
{
    bool has_policy = enforces(r->policy) || enforces(r->subdomain_policy);
    if (record->has_pct && !has_policy) {
        findings_addf(s->findings, FINDING_DMARC_PCT_WITHOUT_POLICY, "pct=%u", record->pct);
    } else if (record->has_pct && record->pct == 0) {
        findings_add(s->findings, FINDING_DMARC_PCT_ZERO, no_detail);
    } else if (record->has_pct && record->pct < 100) {
        findings_addf(s->findings, FINDING_DMARC_PCT_PARTIAL, "pct=%u", record->pct);
    }
    if (record->is_testing && (has_policy || enforces(r->nonexistent_policy))) {
        findings_add(s->findings, FINDING_DMARC_TESTING, no_detail);
    }
}

/* sp and np count only at an organizational domain. RFC 9989 section 4.10.1. */
static bool is_organizational(const struct subject *s, const struct dmarc_discovery *d)
{
    return span_equal_nocase(d->psl_domain, s->domain) || d->organizational_domain.len == 0 ||
           span_equal_nocase(d->organizational_domain, s->domain);
}

static void note_subdomains(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_record *record,
                            const struct dmarc_result *r)
{
    if ((record->sp.is_given || record->np.is_given) && !is_organizational(s, d)) {
        findings_add(s->findings, FINDING_DMARC_SP_IGNORED, no_detail);
        return;
    }
    if (record->sp.is_valid && r->subdomain_policy < r->policy) {
        bool is_none = r->subdomain_policy == DMARC_POLICY_NONE;
        findings_add(s->findings, is_none ? FINDING_DMARC_SP_NONE : FINDING_DMARC_SP_WEAKER, no_detail);
    }
    if (record->np.is_valid && r->nonexistent_policy < r->subdomain_policy) {
        findings_add(s->findings, FINDING_DMARC_NP_WEAKER, no_detail);
    }
    if (!record->np.is_given && enforces(r->policy) && r->subdomain_policy < r->policy) {
        findings_add(s->findings, FINDING_DMARC_NP_ABSENT, no_detail);
    }
}

static void note_views(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_result *r)
{
    const char *a = dmarc_policy_name(r->policy_9989), *b = dmarc_policy_name(r->policy_7489);
    if (r->policy_9989 != r->policy_7489) {
        findings_addf(s->findings, FINDING_DMARC_VIEWS_DIFFER, "policy: RFC 9989 %s, RFC 7489 %s",
                      a ? a : "no DMARC", b ? b : "no DMARC");
    }
    if (d->organizational_domain.len > 0 && !span_equal_nocase(d->organizational_domain, d->psl_domain)) {
        findings_addf(s->findings, FINDING_DMARC_VIEWS_DIFFER, "organizational domain: RFC 9989 %.*s, RFC 7489 %.*s",
                      SPAN_ARG(d->organizational_domain), SPAN_ARG(d->psl_domain));
    }
}

static void note_policy(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node,
                        const struct dmarc_result *r)
{
    if (r->effective_policy <= DMARC_POLICY_NONE) {
        findings_add(s->findings, FINDING_DMARC_POLICY_NONE, no_detail);
    } else if (r->effective_policy == DMARC_POLICY_QUARANTINE) {
        findings_add(s->findings, FINDING_DMARC_POLICY_QUARANTINE, no_detail);
    }
    if (r->effective_policy == DMARC_POLICY_REJECT && freemail_has(s->domain)) {
        findings_add(s->findings, FINDING_DMARC_REJECT_USERS, no_detail);
    }
    if (r->is_inherited) {
        note_inheritance(s, node);
    } else {
        note_subdomains(s, d, &node->record, r);
    }
    note_softeners(s, &node->record, r);
    note_views(s, d, r);
    if (node->record.has_ruf) {
        findings_add(s->findings, FINDING_DMARC_RUF_PRESENT, no_detail);
    }
}

void dmarc_findings_assess(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node,
                           const struct dmarc_result *result)
{
    const struct dmarc_node *own = &d->nodes[0];
    note_texts(s, own);
    note_alias(s, own);
    note_apex(s, own);
    note_walk(s, d);
    note_suffixes(s, d);
    if (result->status == DMARC_NONE) {
        findings_add(s->findings, FINDING_DMARC_MISSING, no_detail);
    }
    if (result->status == DMARC_VALID && node) {
        note_policy(s, d, node, result);
    }
}
