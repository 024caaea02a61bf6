// SPDX-License-Identifier: MIT
#include "scanner/mail/dmarc.h"

#include "scanner/mail/dmarc_findings.h"
#include "scanner/mail/dmarc_report.h"
#include "scanner/mail/dmarc_walk.h"

const char *dmarc_policy_name(enum dmarc_policy policy)
{
    static const char *const names[] = { NULL, "none", "quarantine", "reject" };
    return names[policy];
}

/* --- What a record says, standard by standard --- */

/* Whom the policy is for. */
enum role { ROLE_ITSELF, ROLE_SUBDOMAIN, ROLE_NONEXISTENT };

static bool is_bad(const struct dmarc_request *request)
{
    return request->is_given && !request->is_valid;
}

static enum dmarc_policy said(const struct dmarc_request *request, enum dmarc_policy otherwise)
{
    if (!request->is_given) {
        return otherwise;
    }
    return request->is_valid ? request->policy : DMARC_POLICY_NONE;
}

/* As published, defaults resolved: np to sp to p to none. RFC 9989 section 4.7. */
static enum dmarc_policy published(const struct dmarc_record *record, enum role role)
{
    enum dmarc_policy policy = said(&record->p, DMARC_POLICY_NONE);
    if (role == ROLE_ITSELF) {
        return policy;
    }
    policy = said(&record->sp, policy);
    return role == ROLE_SUBDOMAIN ? policy : said(&record->np, policy);
}

/* RFC 9989 section 4.10.1: a bad p, sp or np makes it p=none where reports can be sent, else no DMARC. */
static enum dmarc_policy published_9989(const struct dmarc_record *record, enum role role)
{
    if (record->has_conflict) {
        return DMARC_POLICY_NULL;
    }
    if (is_bad(&record->p) || is_bad(&record->sp) || is_bad(&record->np)) {
        return record->has_report_uri ? DMARC_POLICY_NONE : DMARC_POLICY_NULL;
    }
    return published(record, role);
}

/* RFC 7489 section 6.6.3: p is required; np is unknown. */
static enum dmarc_policy published_7489(const struct dmarc_record *record, enum role role)
{
    if (record->has_conflict) {
        return DMARC_POLICY_NULL;
    }
    if (!record->p.is_valid || is_bad(&record->sp)) {
        return record->has_report_uri ? DMARC_POLICY_NONE : DMARC_POLICY_NULL;
    }
    return published(record, role == ROLE_NONEXISTENT ? ROLE_SUBDOMAIN : role);
}

static bool enforces(enum dmarc_policy policy)
{
    return policy >= DMARC_POLICY_QUARANTINE;
}

static enum dmarc_policy next_weaker(enum dmarc_policy policy)
{
    return enforces(policy) ? (enum dmarc_policy)(policy - 1) : policy;
}

/* t=y: reject acts as quarantine, quarantine as none. RFC 9989 section 4.7. */
static enum dmarc_policy applied_9989(const struct dmarc_record *record, enum role role)
{
    enum dmarc_policy policy = published_9989(record, role);
    return record->is_testing ? next_weaker(policy) : policy;
}

/* What pct leaves out gets the next weaker policy, and the weakest counts. RFC 7489 section 6.6.4. */
static enum dmarc_policy applied_7489(const struct dmarc_record *record, enum role role)
{
    enum dmarc_policy policy = published_7489(record, role);
    return record->pct < 100 ? next_weaker(policy) : policy;
}

static bool is_testing(const struct dmarc_record *record)
{
    return record->is_testing;
}

/* With pct=0 nothing is sampled: the next weaker policy is all there is. */
static bool is_sampled(const struct dmarc_record *record)
{
    return record->pct > 0 && record->pct < 100;
}

struct standard {
    enum dmarc_policy (*published)(const struct dmarc_record *record, enum role role);
    enum dmarc_policy (*applied)(const struct dmarc_record *record, enum role role);
    bool (*softens)(const struct dmarc_record *record);
};

static const struct standard rfc9989 = { published_9989, applied_9989, is_testing };
static const struct standard rfc7489 = { published_7489, applied_7489, is_sampled };

static enum dmarc_policy apply(const struct standard *standard, const struct dmarc_choice *choice, enum role role)
{
    return choice->node ? standard->applied(&choice->node->record, role) : DMARC_POLICY_NULL;
}

/* What the standard knows to take from a record's policy, where there is something to take it from. */
static bool is_softened(const struct standard *standard, const struct dmarc_choice *choice, enum role role)
{
    return choice->node && enforces(standard->published(&choice->node->record, role)) &&
           standard->softens(&choice->node->record);
}

static struct dmarc_view view_of(const struct standard *standard, const struct dmarc_choice *choice,
                                 const struct dmarc_choice *below, enum role inherited_role)
{
    enum role role = choice->is_own ? ROLE_ITSELF : inherited_role;
    struct dmarc_view view = {
        .policy = apply(standard, choice, role),
        .subdomain_policy = apply(standard, below, ROLE_SUBDOMAIN),
        .nonexistent_policy = apply(standard, below, ROLE_NONEXISTENT),
        .published = choice->node ? standard->published(&choice->node->record, role) : DMARC_POLICY_NULL,
    };
    view.applies = view.policy != DMARC_POLICY_NULL;
    view.is_softened = is_softened(standard, choice, role);
    view.is_softened_below = is_softened(standard, below, ROLE_SUBDOMAIN);
    return view;
}

static void fill_views(const struct subject *s, const struct dmarc_discovery *d, struct dmarc_result *out)
{
    /* An alias to nowhere exists. RFC 9989 appendix A.4. */
    bool exists = !subject_is_nonexistent(s) || subject_is_alias_to_nowhere(s);
    enum role role = exists ? ROLE_SUBDOMAIN : ROLE_NONEXISTENT;
    struct dmarc_view *a = &out->view_9989, *b = &out->view_7489;
    *a = view_of(&rfc9989, &d->rfc9989, &d->rfc9989_below, role);
    *b = view_of(&rfc7489, &d->rfc7489, &d->rfc7489_below, role);
    out->policy_9989 = a->policy;
    out->policy_7489 = b->policy;
    out->effective_policy = a->policy < b->policy ? a->policy : b->policy;
}

/* --- Asking --- */

enum { STAGE_BEGIN, STAGE_REPORTS, STAGE_REPORTS_MORE, STAGE_END };

/* The record whose policy is shown: RFC 9989's, else RFC 7489's; NULL when no view yields a policy. */
static const struct dmarc_node *applied_node(const struct dmarc_discovery *d, const struct dmarc_result *r)
{
    if (d->rfc9989.is_unknown || d->rfc7489.is_unknown) {
        return NULL;
    }
    if (r->view_9989.applies) {
        return d->rfc9989.node;
    }
    return r->view_7489.applies ? d->rfc7489.node : NULL;
}

static size_t ask_about_reports(const struct subject *s,
                                size_t (*ask)(const struct subject *, const struct dmarc_discovery *,
                                              const struct dmarc_node *))
{
    struct dmarc_discovery d;
    struct dmarc_result r = { 0 };
    if (!subject_checks(s, CHECK_DMARC) || subject_is_nonexistent(s)) {
        return 0;
    }
    dmarc_walk_read(s, &d);
    fill_views(s, &d, &r);
    const struct dmarc_node *node = applied_node(&d, &r);
    return node ? ask(s, &d, node) : 0;
}

static size_t ask_stage(const struct subject *s, uint8_t stage)
{
    size_t added = 0;
    switch (stage) {
    case STAGE_BEGIN:
        added += subject_checks(s, CHECK_DMARC) ? dmarc_walk_ask(s) : 0;
        /* Whether the name exists decides everything, whatever is checked (and np, and a record at the wrong place). */
        added += subject_ask(s, s->domain, DNS_TXT, ASK_DOMAIN);
        return added;
    case STAGE_REPORTS:
        return ask_about_reports(s, dmarc_report_ask);
    default:
        return ask_about_reports(s, dmarc_report_ask_more);
    }
}

size_t dmarc_ask(const struct subject *s, struct dmarc_plan *plan)
{
    size_t added = 0;
    while (added == 0 && plan->stage < STAGE_END) {
        added = ask_stage(s, plan->stage++);
    }
    return added;
}

/* --- Assessing --- */

static void show_record(const struct dmarc_record *record, struct dmarc_result *out)
{
    out->policy = published(record, ROLE_ITSELF);
    out->subdomain_policy = published(record, ROLE_SUBDOMAIN);
    out->nonexistent_policy = published(record, ROLE_NONEXISTENT);
}

static void show_tags(const struct subject *s, const struct dmarc_record *record, struct dmarc_result *out)
{
    out->is_testing = record->is_testing;
    out->has_pct = true;
    out->pct = record->pct;
    out->adkim = record->adkim;
    out->aspf = record->aspf;
    out->psd = record->psd;
    span *fo = ARENA_TAKE_N(s->arena, span, DMARC_FO_MAX);
    if (fo) {
        memcpy(fo, record->fo, record->fo_count * sizeof(*fo));
        out->fo = fo;
        out->fo_count = record->fo_count;
    }
}

static void show_node(const struct subject *s, const struct dmarc_node *node, struct dmarc_result *out)
{
    out->has_record = true;
    out->record = node->first_text;
    out->found_at = node->name;
    out->is_inherited = !span_equal_nocase(node->name, s->domain);
}

/* A text that was meant to be this name's record, although no receiver takes it for one: the first by raw bytes. */
static bool find_meant(const struct dmarc_node *own, span *out)
{
    bool is_found = false;
    for (size_t i = 0; own->rrset->outcome == DNS_ANSWERED && i < own->rrset->count; i++) {
        span text = own->rrset->txt[i].text;
        enum dmarc_text kind = dmarc_text_kind(text);
        if (kind == DMARC_TEXT_SPF || kind == DMARC_TEXT_UNRELATED) {
            continue;
        }
        if (!is_found || span_compare(text, *out) < 0) {
            *out = text;
        }
        is_found = true;
    }
    return is_found;
}

/* No view yields a policy: something unusable was published here, or nothing. */
static void assess_without_policy(const struct subject *s, const struct dmarc_discovery *d, struct dmarc_result *out)
{
    const struct dmarc_node *own = &d->nodes[0];
    span text = own->first_text;
    out->status = DMARC_NONE;
    if (own->record_count == 0 && !find_meant(own, &text)) {
        return;
    }
    out->status = DMARC_INVALID;
    out->is_broken = true;
    out->has_record = true;
    out->record = text;
    out->found_at = s->domain;
    if (own->record_count == 1) {
        struct dmarc_record record;
        dmarc_record_parse(text, &record, s->findings);
        dmarc_report_note_faults(s, &record);
    }
}

static void assess_with_policy(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node,
                               struct dmarc_result *out)
{
    struct dmarc_record record;
    out->status = DMARC_VALID;
    show_node(s, node, out);
    dmarc_record_parse(node->first_text, &record, s->findings);
    show_record(&record, out);
    show_tags(s, &record, out);
    dmarc_report_assess(s, d, node, out);
    if (!out->has_usable_rua) {
        findings_add(s->findings, FINDING_DMARC_NO_RUA, span_of("", 0));
    }
}

/* Everything null (decided case 40). */
static void assess_unknown(struct dmarc_result *out)
{
    *out = (struct dmarc_result){ .status = DMARC_TEMPERROR, .walk_failed = true };
}

void dmarc_assess(const struct subject *s, struct dmarc_result *out)
{
    struct dmarc_discovery d;
    *out = (struct dmarc_result){ .status = DMARC_NOT_CHECKED };
    if (!subject_checks(s, CHECK_DMARC)) {
        return;
    }
    dmarc_walk_read(s, &d);
    fill_views(s, &d, out);
    const struct dmarc_node *node = applied_node(&d, out);
    out->organizational_domain = d.organizational_domain;
    out->walk_failed = d.walk_failed || d.rfc9989_below.is_unknown || d.rfc7489_below.is_unknown;
    if (d.rfc9989.is_unknown || d.rfc7489.is_unknown) {
        assess_unknown(out);
    } else if (node) {
        assess_with_policy(s, &d, node, out);
    } else {
        assess_without_policy(s, &d, out);
    }
    dmarc_findings_assess(s, &d, node, out);
}
