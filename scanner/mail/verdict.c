// SPDX-License-Identifier: MIT
#include "scanner/mail/verdict.h"

#include "scanner/mail/dns_findings.h"
#include "scanner/mail/dnssec.h"

/* --- Names --- */

static const struct posture_kind postures[POSTURE_COUNT] = {
    [POSTURE_NONEXISTENT] = {
        "nonexistent",
        "The DNS says that the name does not exist.",
        "Nothing, or register the name; a parent's np policy guards it meanwhile.",
        "RFC 8020, RFC 9989 4.7",
    },
    [POSTURE_UNKNOWN] = {
        "unknown",
        "The DNS did not answer well enough to judge.",
        "Ask again later or through another resolver.",
        "RFC 7208 2.6.6, RFC 9989 4.10.1",
    },
    [POSTURE_DMARC_BROKEN] = {
        "dmarc_broken",
        "A DMARC record was published for this name, but no receiver can use it.",
        "Repair the record: one TXT at _dmarc that begins with v=DMARC1; and has a valid p.",
        "RFC 9989 4.8, 4.10",
    },
    [POSTURE_ENFORCING_BYPASSED] = {
        "enforcing_bypassed",
        "DMARC enforces, but anybody can pass SPF or take a target or key the domain trusts.",
        "Narrow the SPF record to the senders in use; remove open targets and published keys.",
        "RFC 7208 5.1, 10.1",
    },
    [POSTURE_ENFORCING_BROKEN] = {
        "enforcing_broken",
        "DMARC enforces and the domain is expected to send, but SPF is missing, empty or in error, and no DKIM key was found.",
        "Publish a working SPF record and a DKIM key for the services that send.",
        "RFC 9989 7.4, 8",
    },
    [POSTURE_PARKED_PROTECTED] = {
        "parked_protected",
        "The domain sends no mail, and says so: SPF authorises nobody, DMARC rejects.",
        "Nothing.",
        "RFC 7208 10.1.2, RFC 9989 3.2.9",
    },
    [POSTURE_PROTECTED] = {
        "protected",
        "Forged mail of the domain and its subdomains is quarantined or rejected.",
        "Nothing; go on reading the reports.",
        "RFC 9989 3.2.9",
    },
    [POSTURE_PARTIAL] = {
        "partial",
        "DMARC enforces, but not for all mail, all subdomains or all receivers.",
        "Remove pct and t=y, and give sp and np at least quarantine.",
        "RFC 9989 3.2.9, 4.7",
    },
    [POSTURE_PARKED_UNPROTECTED] = {
        "parked_unprotected",
        "The domain seems to send no mail, but anybody may forge it.",
        "Publish v=spf1 -all and a DMARC record with p=reject.",
        "RFC 7208 10.1.2",
    },
    [POSTURE_MONITORING] = {
        "monitoring",
        "DMARC asks for reports and nothing else: forged mail is delivered.",
        "Read the reports, then go to p=quarantine and p=reject.",
        "RFC 9989 3.2.12",
    },
    [POSTURE_RECORD_ONLY] = {
        "record_only",
        "There is a DMARC record without effect: no policy, and nobody reads reports.",
        "Add a rua address and read the reports, then enforce.",
        "RFC 9989 3.2.12, 8",
    },
    [POSTURE_SPF_ONLY] = {
        "spf_only",
        "SPF names the senders, but without DMARC the visible From can be forged.",
        "Publish a DMARC record.",
        "RFC 9989 4.10.1",
    },
    [POSTURE_UNPROTECTED] = {
        "unprotected",
        "Nothing published keeps others from forging the domain.",
        "Publish SPF, DKIM and DMARC.",
        "RFC 7208, RFC 6376, RFC 9989",
    },
};

const struct posture_kind *posture_kind(enum posture posture)
{
    return &postures[posture];
}

const char *posture_name(enum posture posture)
{
    return postures[posture].id;
}

const char *domain_outcome_name(enum domain_outcome outcome)
{
    static const char *const names[OUTCOME_COUNT] = {
        [OUTCOME_OK] = "ok",           [OUTCOME_NXDOMAIN] = "nxdomain", [OUTCOME_SERVFAIL] = "servfail",
        [OUTCOME_REFUSED] = "refused", [OUTCOME_TIMEOUT] = "timeout",   [OUTCOME_BAD_RESPONSE] = "bad_response",
        [OUTCOME_EXCLUDED] = "excluded",
    };
    return names[outcome];
}

/* --- The domain's own outcome: decided case 1 --- */

static enum domain_outcome outcome_of(const struct rrset *rrset)
{
    switch (rrset->outcome) {
    case DNS_SERVFAIL:
        return OUTCOME_SERVFAIL;
    case DNS_REFUSED:
        return OUTCOME_REFUSED;
    case DNS_BAD_RESPONSE:
        return OUTCOME_BAD_RESPONSE;
    case DNS_TIMEOUT:
    case DNS_CUT: /* a limit stopped us before there was an answer */
        return OUTCOME_TIMEOUT;
    case DNS_NXDOMAIN:
        return OUTCOME_NXDOMAIN;
    default:
        return OUTCOME_OK;
    }
}

/* A failure only when all queries at the name failed; the first of these types that was asked says which. */
static enum domain_outcome outcome_at_the_name(const struct subject *s)
{
    static const uint16_t types[] = { DNS_TXT, DNS_MX, DNS_A, DNS_AAAA, DNS_NS };
    enum domain_outcome failure = OUTCOME_OK;
    bool has_answer = false;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!answer_set_find(s->answers, s->domain, types[i])) {
            continue;
        }
        const struct rrset *rrset = subject_answer(s, s->domain, types[i]);
        if (rrset->outcome == DNS_NXDOMAIN) {
            return OUTCOME_NXDOMAIN;
        }
        has_answer |= !rrset_is_failure(rrset);
        failure = failure == OUTCOME_OK ? outcome_of(rrset) : failure;
    }
    return has_answer ? OUTCOME_OK : failure;
}

/* --- What the mechanisms amount to --- */

static bool enforces_policy(enum dmarc_policy policy)
{
    return policy >= DMARC_POLICY_QUARANTINE;
}

/* Enforces: at least one view gives quarantine or reject for this name, sampled or not. posture.md 3.2. */
static bool some_view_enforces(const struct dmarc_result *dmarc)
{
    return enforces_policy(dmarc->view_9989.policy) || enforces_policy(dmarc->view_7489.policy) ||
           dmarc->view_7489.is_softened;
}

static enum dmarc_policy weaker(enum dmarc_policy a, enum dmarc_policy b)
{
    return a < b ? a : b;
}

/* What the verdict is made of, each said once. */
struct facts {
    bool has_dmarc;             /* a policy was found */
    bool enforces;
    bool spf_is_unknown;        /* temperror */
    bool spf_sends;             /* a non-empty pass-set; one that is not exact counts (case 39) */
    bool spf_passes_nothing;    /* none, permerror, or authorises nobody */
    bool key_is_unknown;        /* DKIM failed or was not checked, and no key was found */
    bool has_key;
    bool is_evident;            /* sending evidence: a key, or the pass-set. MX is none */
    bool evidence_is_unknown;   /* no evidence so far, and some of it could not be had */
    bool is_expected;           /* to send: evidence, or the MX of a mailbox provider (case 21) */
    bool looks_parked;          /* nothing to receive with, or parking name servers */
    bool is_parked;             /* candidate: looks so, and no evidence */
    bool is_bypassed;           /* anybody can pass SPF, or take a target or key (cases 10 and 32) */
    enum dmarc_policy weakest_below;   /* of both views, for existing and non-existent subdomains */
};

static void gather_spf(const struct assessment *a, struct facts *f)
{
    const struct spf_result *spf = &a->spf;
    bool has_addresses = spf->ipv4_addresses > 0 || spf->ipv6_slash64s > 0 || !spf->is_exact;
    f->spf_is_unknown = spf->status == SPF_TEMPERROR;
    f->spf_sends = spf->passes_everybody || (spf->has_numbers && has_addresses);
    f->spf_passes_nothing = spf->status == SPF_NONE || spf->status == SPF_PERMERROR || spf->authorises_nobody;
}

static void gather_below(const struct subject *s, const struct assessment *a, struct facts *f)
{
    const struct dmarc_view *x = &a->dmarc.view_9989, *y = &a->dmarc.view_7489;
    f->weakest_below = weaker(x->nonexistent_policy, y->nonexistent_policy);
    /* Below a name that does not exist nothing exists (RFC 8020): only np speaks there. */
    if (!subject_is_nonexistent(s)) {
        f->weakest_below = weaker(f->weakest_below, weaker(x->subdomain_policy, y->subdomain_policy));
    }
}

static struct facts gather(const struct subject *s, const struct assessment *a)
{
    struct facts f = { 0 };
    gather_spf(a, &f);
    gather_below(s, a, &f);
    f.has_dmarc = a->dmarc.status == DMARC_VALID;
    f.enforces = f.has_dmarc && some_view_enforces(&a->dmarc);
    f.has_key = a->dkim.has_key;
    f.key_is_unknown = !f.has_key && (a->dkim.status == DKIM_NOT_CHECKED || a->dkim.status == DKIM_TEMPERROR);
    f.is_evident = f.has_key || f.spf_sends;
    f.evidence_is_unknown = !f.is_evident && (f.key_is_unknown || f.spf_is_unknown || a->spf.status == SPF_NOT_CHECKED);
    f.is_expected = f.is_evident || a->mx.is_mailbox_provider;
    f.looks_parked = a->mx.cannot_receive || a->parking.has_name_server;
    f.is_parked = f.looks_parked && !f.is_evident && !f.evidence_is_unknown;
    f.is_bypassed = a->spf.passes_everybody || a->spf.target_is_open || a->dkim.has_public_test_key ||
                    a->dkim.target_is_open;
    return f;
}

static enum ternary sends(const struct subject *s, const struct assessment *a, const struct facts *f)
{
    if (a->outcome == OUTCOME_NXDOMAIN) {
        return TERNARY_NO;
    }
    if (!subject_checks(s, CHECK_SPF) || !subject_checks(s, CHECK_DMARC)) {
        return TERNARY_UNKNOWN;
    }
    if (f->is_evident) {
        return TERNARY_YES;
    }
    bool says_no = a->spf.authorises_nobody || (a->mx.status == MX_NULL && a->spf.status == SPF_NONE);
    return says_no && !f->evidence_is_unknown ? TERNARY_NO : TERNARY_UNKNOWN;
}

/* --- Posture: the rows of posture.md 3.2 in their order --- */

static bool is_failure(enum domain_outcome outcome)
{
    return outcome != OUTCOME_OK && outcome != OUTCOME_NXDOMAIN;
}

/* Row 2, with decided case 22: enforcing, or no DMARC, with an SPF that the DNS did not tell. */
static bool is_unknown(const struct assessment *a, const struct facts *f)
{
    bool spf_decides = f->enforces || a->dmarc.status == DMARC_NONE;
    return is_failure(a->outcome) || a->dmarc.status == DMARC_TEMPERROR || (f->spf_is_unknown && spf_decides);
}

/* As far as is known: evidence that could not be had may still speak against it. */
static bool is_locked_down(const struct assessment *a, const struct facts *f)
{
    return (f->looks_parked || a->spf.authorises_nobody) && !f->is_evident &&
           a->dmarc.effective_policy == DMARC_POLICY_REJECT && f->weakest_below == DMARC_POLICY_REJECT;
}

static bool covers_itself(const struct assessment *a)
{
    return enforces_policy(a->dmarc.effective_policy) && !a->dmarc.view_7489.is_softened && !a->dmarc.is_testing;
}

static bool covers_below(const struct assessment *a, const struct facts *f)
{
    return enforces_policy(f->weakest_below) && !a->dmarc.view_9989.is_softened_below &&
           !a->dmarc.view_7489.is_softened_below;
}

/* Rows 4 to 8. */
static enum posture enforcing_posture(const struct assessment *a, const struct facts *f)
{
    if (f->is_bypassed) {
        return POSTURE_ENFORCING_BYPASSED;
    }
    if (f->is_expected && f->spf_passes_nothing && !f->has_key) {
        return f->key_is_unknown ? POSTURE_UNKNOWN : POSTURE_ENFORCING_BROKEN;
    }
    if (is_locked_down(a, f)) {
        /* A key that we could not see would make it a domain that sends. */
        return f->evidence_is_unknown ? POSTURE_UNKNOWN : POSTURE_PARKED_PROTECTED;
    }
    if (covers_itself(a) && covers_below(a, f)) {
        return POSTURE_PROTECTED;
    }
    /* The policy of subdomains is what a failed query of the walk hides. */
    return covers_itself(a) && a->dmarc.walk_failed ? POSTURE_UNKNOWN : POSTURE_PARTIAL;
}

/* Rows 9 to 13. */
static enum posture open_posture(const struct assessment *a, const struct facts *f)
{
    if (f->is_parked) {
        return POSTURE_PARKED_UNPROTECTED;
    }
    if (f->evidence_is_unknown && f->looks_parked) {
        return POSTURE_UNKNOWN; /* parked or not hangs on what the DNS did not tell */
    }
    if (f->has_dmarc) {
        return a->dmarc.has_usable_rua ? POSTURE_MONITORING : POSTURE_RECORD_ONLY;
    }
    bool is_closed = a->spf.status == SPF_VALID && a->spf.has_all &&
                     (a->spf.all == SPF_FAIL || a->spf.all == SPF_SOFTFAIL);
    return is_closed ? POSTURE_SPF_ONLY : POSTURE_UNPROTECTED;
}

static enum posture posture_of(const struct subject *s, const struct assessment *a, const struct facts *f)
{
    if (a->outcome == OUTCOME_NXDOMAIN) {
        return POSTURE_NONEXISTENT;
    }
    if (!subject_checks(s, CHECK_SPF) || !subject_checks(s, CHECK_DMARC) || is_unknown(a, f)) {
        return POSTURE_UNKNOWN;
    }
    if (a->dmarc.is_broken) {
        return POSTURE_DMARC_BROKEN;
    }
    return f->enforces ? enforcing_posture(a, f) : open_posture(a, f);
}

/* --- Spoofable: posture.md 3.3, decided cases 30, 36 and 41 --- */

static enum ternary spoofable(const struct subject *s, const struct assessment *a, const struct facts *f)
{
    if (!subject_checks(s, CHECK_DMARC) || a->dmarc.status == DMARC_TEMPERROR) {
        return TERNARY_UNKNOWN;
    }
    if (!f->has_dmarc || !enforces_policy(a->dmarc.effective_policy) || f->is_bypassed) {
        return TERNARY_YES;
    }
    return f->spf_is_unknown ? TERNARY_UNKNOWN : TERNARY_NO;
}

static enum ternary spoofable_subdomains(const struct subject *s, const struct assessment *a, const struct facts *f)
{
    if (!subject_checks(s, CHECK_DMARC) || !subject_checks(s, CHECK_SPF)) {
        return TERNARY_UNKNOWN;
    }
    bool lets_everybody_pass = a->spf.has_numbers && a->spf.ipv4_addresses == UINT64_C(1) << 32;
    if (lets_everybody_pass || (f->enforces && f->is_bypassed)) {
        return TERNARY_YES;
    }
    if (a->dmarc.status == DMARC_TEMPERROR || a->dmarc.walk_failed) {
        return TERNARY_UNKNOWN;
    }
    /* A record here that is of no use does not keep the walk of the names below from what stands above (case 31). */
    if (!enforces_policy(f->weakest_below)) {
        return TERNARY_YES;
    }
    return f->spf_is_unknown ? TERNARY_UNKNOWN : TERNARY_NO;
}

/* --- Findings that need more than one mechanism --- */

static const span no_detail = { "", 0 };

static void note_if(const struct subject *s, bool is_so, enum finding_id id)
{
    if (is_so) {
        findings_add(s->findings, id, no_detail);
    }
}

/* Another severity than the catalogue's, weaker ones too. */
static void set_severity(const struct subject *s, enum finding_id id, enum severity severity)
{
    for (size_t i = 0; i < s->findings->count; i++) {
        if (s->findings->items[i].id == id) {
            s->findings->items[i].severity = severity;
        }
    }
}

/* posture.md 2.8. */
static void note_parked(const struct subject *s, const struct assessment *a, const struct facts *f)
{
    const struct spf_result *spf = &a->spf;
    bool is_lockdown = spf->authorises_nobody && is_locked_down(a, f) && !f->key_is_unknown;
    bool is_fail = spf->has_all && spf->all == SPF_FAIL;
    bool no_dmarc = a->dmarc.status == DMARC_NONE || a->dmarc.status == DMARC_INVALID;
    bool is_reject = a->dmarc.effective_policy == DMARC_POLICY_REJECT && f->weakest_below == DMARC_POLICY_REJECT;
    note_if(s, is_lockdown, FINDING_PARKED_LOCKDOWN);
    note_if(s, is_lockdown && a->mx.status == MX_NULL && a->dkim.wildcard_is_revoked, FINDING_PARKED_LOCKDOWN_FULL);
    bool sends_nothing = f->is_parked || (!f->is_evident && !f->evidence_is_unknown && spf->authorises_nobody);
    bool is_implicit = a->mx.status == MX_NONE && a->mx.address_known && a->mx.has_address;
    note_if(s, sends_nothing && is_implicit, FINDING_PARKED_NO_NULL_MX);
    if (f->is_parked) {
        findings_add(s->findings, FINDING_PARKED_CANDIDATE, no_detail);
        note_if(s, spf->status == SPF_NONE, FINDING_PARKED_NO_SPF);
        note_if(s, spf->authorises_nobody && !is_fail, FINDING_PARKED_SPF_NOT_FAIL);
        note_if(s, no_dmarc, FINDING_PARKED_NO_DMARC);
        note_if(s, f->has_dmarc && !is_reject, FINDING_PARKED_DMARC_NOT_REJECT);
    }
    if (f->is_parked || is_lockdown) {
        set_severity(s, FINDING_DMARC_NO_RUA, SEVERITY_INFO);
    }
}

/* posture.md 2.9: what enforcement meets. */
static void note_enforcing(const struct subject *s, const struct assessment *a, const struct facts *f)
{
    bool is_ruled_out = a->dkim.namespace_state == DKIM_NAMESPACE_ABSENT && !f->key_is_unknown;
    bool has_no_spf = f->is_expected && f->spf_passes_nothing;
    bool has_nothing = has_no_spf && !f->has_key && !f->key_is_unknown;
    bool spf_works = a->spf.status == SPF_VALID && !a->spf.authorises_nobody;
    /* A permerror is one for the senders that no earlier term matched (RFC 7208 4.6.4): the others pass. */
    bool is_certain = is_ruled_out && !f->spf_sends;
    note_if(s, has_nothing && is_certain, FINDING_ENFORCING_WITHOUT_AUTH);
    note_if(s, has_nothing && !is_certain, FINDING_ENFORCING_WITHOUT_SPF);
    note_if(s, has_nothing && a->spf.status == SPF_PERMERROR, FINDING_ENFORCING_SPF_BROKEN);
    note_if(s, has_no_spf && f->has_key, FINDING_ENFORCING_DKIM_ONLY);
    note_if(s, spf_works && is_ruled_out && !f->has_key, FINDING_ENFORCING_SPF_ONLY);
    note_if(s, f->is_bypassed, FINDING_ENFORCING_BYPASSED);
    note_if(s, !a->dmarc.has_usable_rua && a->sends == TERNARY_YES, FINDING_ENFORCING_BLIND);
    if (has_nothing) {
        set_severity(s, FINDING_SPF_MISSING, SEVERITY_ERROR);
    }
}

static bool has_strong_key(const struct dkim_result *dkim)
{
    for (size_t i = 0; i < dkim->selector_count; i++) {
        const struct dkim_selector *selector = &dkim->selectors[i];
        if (selector->status == DKIM_KEY_VALID && selector->key_type == DKIM_KEY_RSA && selector->key_bits >= 1024) {
            return true;
        }
    }
    return false;
}

static bool has_provider(const char *const *names, size_t count, span name)
{
    for (size_t i = 0; i < count; i++) {
        if (span_equal(span_from_cstr(names[i]), name)) {
            return true;
        }
    }
    return false;
}

static void note_cross(const struct subject *s, const struct assessment *a, const struct facts *f)
{
    static const span microsoft = { "microsoft365", 12 };
    bool has_auth = a->spf.status == SPF_VALID || f->has_key;
    bool is_open = a->dmarc.status == DMARC_NONE || a->dmarc.status == DMARC_INVALID || (f->has_dmarc && !f->enforces);
    note_if(s, has_auth && is_open, FINDING_AUTH_WITHOUT_POLICY);
    note_if(s, a->spf.status == SPF_VALID && !a->spf.authorises_nobody && has_strong_key(&a->dkim) && f->has_dmarc,
            FINDING_BULK_SENDER_DNS_READY);
    note_if(s, a->mx.status == MX_OK && has_provider(a->spf.providers, a->spf.provider_count, microsoft) &&
                   !has_provider(a->mx.providers, a->mx.provider_count, microsoft),
            FINDING_MICROSOFT_HYBRID_MX);
    if (a->sends == TERNARY_NO) {
        set_severity(s, FINDING_DKIM_NAMESPACE_ABSENT, SEVERITY_INFO);
    }
}

/* Of the record's p and sp, and what pct and t take away. BIMI draft section 4: quarantine or reject, in full. */
static bool is_enough_for_bimi(const struct dmarc_result *dmarc)
{
    bool is_weak_test = dmarc->is_testing && dmarc->policy == DMARC_POLICY_QUARANTINE;
    return enforces_policy(dmarc->effective_policy) && enforces_policy(dmarc->subdomain_policy) && dmarc->pct == 100 &&
           !is_weak_test;
}

/* posture.md 2.6: what needs MX or DMARC beside MTA-STS, TLS-RPT and BIMI. */
static void note_transport(const struct subject *s, const struct assessment *a)
{
    bool has_sts = a->mta_sts.status == RECORD_VALID;
    bool has_no_report = a->tls_rpt.status == RECORD_NONE || a->tls_rpt.status == RECORD_INVALID;
    bool dmarc_is_known = a->dmarc.status != DMARC_NOT_CHECKED && a->dmarc.status != DMARC_TEMPERROR;
    note_if(s, has_sts && has_no_report, FINDING_MTA_STS_WITHOUT_TLS_RPT);
    note_if(s, has_sts && a->mx.cannot_receive, FINDING_MTA_STS_NO_MAIL);
    if ((has_sts || a->dane.has_signed_host) && a->tls_rpt.status == RECORD_NONE) {
        findings_add_as(s->findings, FINDING_TLS_RPT_MISSING, SEVERITY_WARNING, no_detail);
    }
    note_if(s, a->bimi.status == RECORD_VALID && dmarc_is_known && !is_enough_for_bimi(&a->dmarc),
            FINDING_BIMI_DMARC_INSUFFICIENT);
}

static void note_findings(const struct subject *s, const struct assessment *a, const struct facts *f)
{
    if (a->outcome == OUTCOME_NXDOMAIN) {
        set_severity(s, FINDING_DKIM_NAMESPACE_ABSENT, SEVERITY_INFO);
        return; /* nothing to hurt, nothing to lock down */
    }
    note_transport(s, a);
    if (!subject_checks(s, CHECK_SPF) || !subject_checks(s, CHECK_DMARC)) {
        return;
    }
    note_parked(s, a, f);
    note_cross(s, a, f);
    if (f->enforces) {
        note_enforcing(s, a, f);
    }
}

void verdict_assess(const struct subject *s, struct assessment *a)
{
    dns_findings_assess(s);
    dnssec_assess(s);
    a->outcome = outcome_at_the_name(s);
    struct facts f = gather(s, a);
    a->sends = sends(s, a, &f);
    a->posture = posture_of(s, a, &f);
    a->spoofable = spoofable(s, a, &f);
    a->spoofable_subdomains = spoofable_subdomains(s, a, &f);
    note_findings(s, a, &f);
}
