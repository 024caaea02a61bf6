// SPDX-License-Identifier: MIT
#include "scanner/mail/assessment.h"

#include "scanner/mail/dns_findings.h"
#include "scanner/mail/dnssec.h"

void plan_begin(struct plan *plan)
{
    *plan = (struct plan){ 0 };
}

/* Something was asked at or below the name, and not one answer came: more questions there would only wait as long. */
static bool is_dead(const struct answer_set *answers)
{
    size_t asked = 0;
    for (size_t i = 0; i < answers->count; i++) {
        const struct asked *item = &answers->items[i];
        if (item->is_shared || item->purpose == ASK_DNSSEC) {
            continue;
        }
        asked++;
        if (item->rrset && !rrset_is_failure(item->rrset)) {
            return false;
        }
    }
    return asked > 0;
}

/* Each sender's next questions. A set that is full here is full for the senders, not for the domain. */
static size_t ask_for_senders(struct plan *plan, const struct subject *s)
{
    bool was_cut = s->answers->was_cut;
    size_t added = 0;
    for (size_t i = 0; i < s->config->spf_sender_count; i++) {
        struct spf_check_plan check = { .rounds = plan->sender_rounds };
        added += spf_check_ask(s, &s->config->spf_senders[i], &check);
    }
    plan->sender_rounds++;
    s->answers->was_cut = was_cut;
    return added;
}

static size_t ask_for_domain(struct plan *plan, const struct subject *s)
{
    /* DMARC first: with SPF it decides the posture. */
    size_t added = dmarc_ask(s, &plan->dmarc);
    added += spf_ask(s, &plan->spf);
    added += mx_ask(s, &plan->mx);
    added += dkim_ask(s, &plan->dkim);
    added += mta_sts_ask(s, &plan->asked_mta_sts);
    added += tls_rpt_ask(s, &plan->asked_tls_rpt);
    added += bimi_ask(s, &plan->asked_bimi);
    added += parking_ask(s);
    added += dns_findings_ask(s);
    return added;
}

size_t plan_next(struct plan *plan, const struct subject *s)
{
    bool is_dead_domain = is_dead(s->answers);
    size_t added = plan->is_at_senders || is_dead_domain ? 0 : ask_for_domain(plan, s);
    if (added == 0 && !plan->is_at_senders) {
        /* Of a dead domain too: a SERVFAIL is what broken signatures look like, and its DS stands with the parent. */
        added = dnssec_ask(s) + (is_dead_domain ? 0 : dane_ask(s));
    }
    /* Of a dead domain too, where its TXT records were not asked for yet; a failed answer ends the check at once. */
    if (added == 0 && s->config->spf_sender_count > 0) {
        plan->is_at_senders = true;
        added = ask_for_senders(plan, s);
    }
    return added;
}

static void assess_senders(const struct subject *s, struct assessment *out)
{
    size_t count = s->config->spf_sender_count;
    struct spf_check_result *results = count > 0 ? ARENA_TAKE_N(s->arena, struct spf_check_result, count) : NULL;
    for (size_t i = 0; results && i < count; i++) {
        spf_check_assess(s, &s->config->spf_senders[i], &results[i]);
    }
    out->spf_checks = results;
}

/* Without what was asked for senders: that stands at the end. */
static struct answer_set answers_of_domain(const struct answer_set *all)
{
    struct answer_set own = *all;
    while (own.count > 0 && own.items[own.count - 1].purpose == ASK_SPF_SENDER) {
        own.count--;
    }
    return own;
}

void assess(struct subject *s, struct assessment *out)
{
    *out = (struct assessment){ .domain = s->domain };
    struct answer_set *all = s->answers;
    struct answer_set own = answers_of_domain(all);
    assess_senders(s, out);
    s->answers = &own;
    findings_init(&out->findings, s->arena);
    s->findings = &out->findings;
    mx_assess(s, &out->mx);
    dane_assess(s, &out->mx, &out->dane);
    parking_assess(s, &out->parking);
    spf_assess(s, &out->spf);
    dkim_assess(s, &out->dkim);
    dmarc_assess(s, &out->dmarc);
    mta_sts_assess(s, &out->mta_sts);
    tls_rpt_assess(s, &out->tls_rpt);
    bimi_assess(s, &out->bimi);
    verdict_assess(s, out);
    findings_sort(&out->findings);
    s->answers = all;
}

void assess_excluded(span domain, struct arena *arena, struct assessment *out)
{
    *out = (struct assessment){
        .domain = domain,
        .outcome = OUTCOME_EXCLUDED,
        .posture = POSTURE_UNKNOWN,
        .spoofable = TERNARY_UNKNOWN,
        .spoofable_subdomains = TERNARY_UNKNOWN,
        .sends = TERNARY_UNKNOWN,
    };
    findings_init(&out->findings, arena);
}
