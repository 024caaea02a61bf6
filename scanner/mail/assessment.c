// SPDX-License-Identifier: MIT
#include "scanner/mail/assessment.h"

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
        if (item->is_shared) {
            continue;
        }
        asked++;
        if (item->rrset && !rrset_is_failure(item->rrset)) {
            return false;
        }
    }
    return asked > 0;
}

size_t plan_next(struct plan *plan, const struct subject *s)
{
    if (is_dead(s->answers)) {
        return 0;
    }
    /* DMARC first: with SPF it decides the posture. */
    size_t added = dmarc_ask(s, &plan->dmarc);
    added += spf_ask(s, &plan->spf);
    added += mx_ask(s, &plan->mx);
    added += dkim_ask(s, &plan->dkim);
    added += mta_sts_ask(s, &plan->asked_mta_sts);
    added += tls_rpt_ask(s, &plan->asked_tls_rpt);
    added += bimi_ask(s, &plan->asked_bimi);
    return added;
}

void assess(struct subject *s, struct assessment *out)
{
    *out = (struct assessment){ .domain = s->domain };
    findings_init(&out->findings, s->arena);
    s->findings = &out->findings;
    mx_assess(s, &out->mx);
    spf_assess(s, &out->spf);
    dkim_assess(s, &out->dkim);
    dmarc_assess(s, &out->dmarc);
    mta_sts_assess(s, &out->mta_sts);
    tls_rpt_assess(s, &out->tls_rpt);
    bimi_assess(s, &out->bimi);
    verdict_assess(s, out);
    findings_sort(&out->findings);
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
