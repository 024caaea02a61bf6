// SPDX-License-Identifier: MIT
#include "scanner/mail/parking.h"

#include "scanner/mail/providers.h"

size_t parking_ask(const struct subject *s)
{
    const struct rrset *txt = subject_answer(s, s->domain, DNS_TXT);
    bool exists = !rrset_is_failure(txt) && !subject_is_nonexistent(s);
    return subject_checks(s, CHECK_HOSTS) && exists && subject_ask(s, s->domain, DNS_NS, ASK_DOMAIN) ? 1 : 0;
}

void parking_assess(const struct subject *s, struct parking_result *out)
{
    *out = (struct parking_result){ 0 };
    if (!subject_checks(s, CHECK_HOSTS) || !s->config->providers) {
        return;
    }
    const struct rrset *ns = subject_answer(s, s->domain, DNS_NS);
    for (size_t i = 0; ns->outcome == DNS_ANSWERED && i < ns->count; i++) {
        out->has_name_server |= provider_find(s->config->providers, PROVIDER_NS_PARKING, ns->names[i]) != NULL;
    }
}
