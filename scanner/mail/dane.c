// SPDX-License-Identifier: MIT
#include "scanner/mail/dane.h"

#include "scanner/mail/dnssec.h"

enum { TLSA_HEAD = 3, USAGE_TA = 2, USAGE_EE = 3, SELECTOR_MAX = 1, CERTIFICATE_MIN = 2 };

bool tlsa_is_usable(span data, const char **why)
{
    static const struct {
        size_t min, max;
    } lengths[] = { { CERTIFICATE_MIN, SIZE_MAX }, { 32, 32 }, { 64, 64 } }; /* in full, SHA-256, SHA-512 */
    if (data.len < TLSA_HEAD) {
        *why = "cut short";
        return false;
    }
    uint8_t usage = (uint8_t)data.ptr[0], selector = (uint8_t)data.ptr[1], matching = (uint8_t)data.ptr[2];
    size_t len = data.len - TLSA_HEAD;
    *why = usage != USAGE_TA && usage != USAGE_EE                       ? "usage"
           : selector > SELECTOR_MAX                                    ? "selector"
           : matching >= sizeof(lengths) / sizeof(lengths[0])           ? "matching type"
           : len < lengths[matching].min || len > lengths[matching].max ? "length"
                                                                        : NULL;
    return *why == NULL;
}

/* Empty: no host to ask about, or too long a name. */
static span tlsa_name(const struct subject *s, span host)
{
    return mx_is_host(host) ? subject_name_below(s, SPAN("_25._tcp"), host) : span_of("", 0);
}

static const struct rrset *tlsa_of(const struct subject *s, span host)
{
    span name = tlsa_name(s, host);
    return subject_answer(s, name, DNS_TLSA);
}

/* Below a name that does not exist nothing does (RFC 8020). */
static bool is_missing(const struct subject *s, span host)
{
    return subject_answer(s, host, DNS_A)->outcome == DNS_NXDOMAIN ||
           subject_answer(s, host, DNS_AAAA)->outcome == DNS_NXDOMAIN;
}

static size_t ask_host(const struct subject *s, span host)
{
    span name = tlsa_name(s, host);
    return name.len > 0 && !is_missing(s, host) && subject_ask(s, name, DNS_TLSA, ASK_HOST) ? 1 : 0;
}

size_t dane_ask(const struct subject *s)
{
    const struct rrset *mx = subject_answer(s, s->domain, DNS_MX);
    size_t added = 0;
    bool has_any = false;
    if (!subject_checks(s, CHECK_HOSTS) || !subject_checks(s, CHECK_MX) || mx->outcome != DNS_ANSWERED) {
        return 0;
    }
    for (size_t i = 0; i < mx->count && i < MX_HOSTS_ASKED_MAX; i++) {
        span host = mx->mx[i].exchange;
        const struct rrset *tlsa = tlsa_of(s, host);
        added += ask_host(s, host);
        if (tlsa->outcome == DNS_ANSWERED) {
            has_any = true;
            added += zone_state_ask(s, host, tlsa) ? 1 : 0;
        }
    }
    return added + (has_any && zone_state_ask(s, s->domain, mx) ? 1 : 0);
}

static void note_unusable(const struct subject *s, span host, const struct rrset *tlsa)
{
    const char *first = NULL, *why;
    for (size_t i = 0; i < tlsa->count; i++) {
        if (tlsa_is_usable(tlsa->data[i], &why)) {
            return;
        }
        first = first ? first : why;
    }
    findings_addf(s->findings, FINDING_DANE_UNUSABLE, "%.*s: %s", SPAN_ARG(host), first ? first : "");
}

struct dane_tally {
    size_t hosts, with_tlsa, is_signed, by_ds;
};

static void assess_host(const struct subject *s, span host, struct dane_tally *tally)
{
    const struct rrset *tlsa = tlsa_of(s, host);
    if (tlsa->outcome != DNS_ANSWERED) {
        return;
    }
    tally->with_tlsa++;
    note_unusable(s, host, tlsa);
    switch (zone_state_of(s, host, tlsa)) {
    case ZONE_SIGNED_DS:
        tally->by_ds++;
        tally->is_signed++;
        break;
    case ZONE_SIGNED_AD:
        tally->is_signed++;
        break;
    case ZONE_UNSIGNED:
        findings_add(s->findings, FINDING_DANE_WITHOUT_DNSSEC, host);
        break;
    case ZONE_UNKNOWN:
        break;
    }
}

void dane_assess(const struct subject *s, const struct mx_result *mx, struct dane_result *out)
{
    struct dane_tally tally = { 0 };
    *out = (struct dane_result){ 0 };
    if (!subject_checks(s, CHECK_HOSTS) || mx->status == MX_NOT_CHECKED) {
        return;
    }
    for (size_t i = 0; i < mx->host_count; i++) {
        if (mx_is_host(mx->hosts[i].exchange)) {
            tally.hosts++;
            assess_host(s, mx->hosts[i].exchange, &tally);
        }
    }
    out->has_signed_host = tally.is_signed > 0;
    if (tally.is_signed > 0) {
        findings_addf(s->findings, FINDING_DANE_PRESENT, "%zu of %zu host%s, by %s", tally.is_signed, tally.hosts,
                      tally.hosts == 1 ? "" : "s",
                      tally.by_ds == tally.is_signed ? "DS"
                      : tally.by_ds > 0              ? "AD and DS"
                                                     : "AD");
    }
    if (tally.with_tlsa > 0 && zone_state_of(s, s->domain, subject_answer(s, s->domain, DNS_MX)) == ZONE_UNSIGNED) {
        findings_add(s->findings, FINDING_DANE_MX_UNSIGNED, span_of("", 0));
    }
}
