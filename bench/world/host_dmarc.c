// SPDX-License-Identifier: MIT
#include "bench/world/host.h"

/*
 * What stands at `_dmarc` of a host. RFC 9989 4.7, RFC 7489 6.3. Shares: README.md.
 */

bool host_takes_reports(const struct host *h)
{
    return !h->is_sub && !h->is_parked && host_chance(h, SALT_REPORTS, RATE_REPORTS_WELCOME);
}

bool host_dmarc_exists(const struct host *h)
{
    if (h->is_parked) {
        return true;
    }
    if (h->is_sub) {
        return !h->is_alias && host_chance(h, SALT_DMARC, RATE_SUB_DMARC);
    }
    return host_chance(h, SALT_DMARC,
                       h->mx == MX_NONE || h->mx == MX_NULL ? RATE_DMARC_GIVEN_NO_MX : RATE_DMARC_GIVEN_MX);
}

static const char *const policies[] = { "none", "quarantine", "reject" };

static const char *pick_policy(const struct host *h, uint32_t salt)
{
    static const uint32_t weights[] = { 380, 278, 341 }; /* wiredepth26 */
    return policies[dice_pick(h->key, salt, weights, 3)];
}

static bool chance(const struct host *h, uint32_t item, uint32_t ppm)
{
    return dice_chance(h->key, SALT_DMARC_TAGS + SALT_RUN + item, ppm);
}

static void put_mailbox(struct text *t, const char *scheme, const char *local, const char *host)
{
    text_add_cstr(t, scheme);
    text_add_cstr(t, local);
    text_add_cstr(t, "@");
    text_add_cstr(t, host);
}

/* Who gets the reports: seven receivers take 43 % (ashiq23), 26 % of external ones lack the authorisation. */
static void put_destination(const struct host *h, struct text *t, bool is_failure)
{
    static const struct {
        const char *aggregate, *failure;
        uint32_t weight;
    } vendors[] = {
        { "rua.agari.com", "ruf.agari.com", 60 },
        { "vali.email", "vali.email", 80 },
        { "emaildefense.proofpoint.com", "emaildefense.proofpoint.com", 70 },
        { "ag.dmarcian.com", "fr.dmarcian.com", 60 },
        { "dmarc.postmarkapp.com", "dmarc.postmarkapp.com", 40 },
        { "rua.easydmarc.us", "ruf.easydmarc.us", 50 },
        { "rua.powerdmarc.com", "ruf.powerdmarc.com", 50 },
        { "rep.dmarcanalyzer.com", "for.dmarcanalyzer.com", 30 },
        { "dmarc-reports.cloudflare.net", "dmarc-reports.cloudflare.net", 80 },
        { "inbox.ondmarc.com", "inbox.ondmarc.com", 40 },
        { "mxtoolbox.dmarc-report.com", "forensics.dmarc-report.com", 40 },
        { "dmarc.cyber.dhs.gov", "dmarc.cyber.dhs.gov", 90 },
        { "mailcheck.service.ncsc.gov.uk", "mailcheck.service.ncsc.gov.uk", 20 },
        { "mail.reportsink.net", "mail.reportsink.net", 60 },
        { "gmail.com", "gmail.com", 30 },
    };
    enum { VENDORS = sizeof(vendors) / sizeof(vendors[0]) };
    uint32_t weights[VENDORS];
    for (size_t i = 0; i < VENDORS; i++) {
        weights[i] = vendors[i].weight;
    }
    uint32_t at = dice_below(h->key, SALT_DMARC_RUA + SALT_RUN, 100);
    text_add(t, SPAN("mailto:"));
    if (at < 35) {
        text_add(t, is_failure ? SPAN("dmarc-ruf@") : SPAN("dmarc@"));
        text_add(t, h->zone);
    } else if (at < 92) {
        size_t v = dice_pick(h->key, SALT_DMARC_RUA + 2 * SALT_RUN, weights, VENDORS);
        text_add_hex(t, h->key, 10);
        put_mailbox(t, "", "", is_failure ? vendors[v].failure : vendors[v].aggregate);
    } else { /* a sister domain, which may or may not have said yes */
        text_add(t, SPAN("postmaster@lives-group"));
        text_add_hex(t, h->key, 6);
        text_add(t, SPAN(".com"));
    }
}

static void put_reports(const struct host *h, struct text *t)
{
    if (!host_chance(h, SALT_DMARC_RUA, RATE_DMARC_RUA)) {
        return;
    }
    text_add(t, SPAN("; rua="));
    put_destination(h, t, false);
    if (chance(h, 1, 150000)) {
        text_add(t, SPAN(",mailto:postmaster@"));
        text_add(t, h->zone);
    }
    if (chance(h, 2, 400000)) {
        text_add(t, SPAN("; ruf="));
        put_destination(h, t, true);
    }
}

static void put_tags(const struct host *h, struct text *t)
{
    static const char *const fo[] = { "1", "1", "0", "1:d:s", "d", "s" };
    if (chance(h, 3, 300000)) {
        text_add(t, SPAN("; pct=100"));
    } else if (chance(h, 4, 30000)) {
        text_add(t, SPAN("; pct="));
        text_add_number(t, dice_below(h->key, SALT_DMARC_TAGS, 21) * 5);
    }
    if (chance(h, 5, 320000)) {
        text_add(t, SPAN("; fo="));
        text_add_cstr(t, fo[dice_below(h->key, SALT_DMARC_TAGS + 1, 6)]);
    }
    if (chance(h, 6, 100000)) {
        text_add(t, chance(h, 7, 300000) ? SPAN("; adkim=s") : SPAN("; adkim=r"));
    }
    if (chance(h, 8, 140000)) {
        text_add(t, chance(h, 9, 300000) ? SPAN("; aspf=s") : SPAN("; aspf=r"));
    }
    if (chance(h, 10, 80000)) {
        text_add(t, SPAN("; rf=afrf"));
    }
    if (chance(h, 11, 100000)) {
        text_add(t, SPAN("; ri=86400"));
    }
    if (chance(h, 12, 300000)) {
        text_add(t, SPAN(";"));
    }
}

static void make_usual(const struct host *h, struct text *t)
{
    text_add(t, chance(h, 13, 900000) ? SPAN("v=DMARC1; p=") : SPAN("v=DMARC1;p="));
    text_add_cstr(t, pick_policy(h, SALT_DMARC_POLICY));
    if (host_chance(h, SALT_DMARC_POLICY + SALT_RUN, RATE_DMARC_SP)) {
        text_add(t, SPAN("; sp="));
        text_add_cstr(t, pick_policy(h, SALT_DMARC_POLICY + 2 * SALT_RUN));
    }
    if (chance(h, 14, 10000)) {
        text_add(t, SPAN("; np="));
        text_add_cstr(t, pick_policy(h, SALT_DMARC_POLICY + 3 * SALT_RUN));
    }
    if (chance(h, 15, 5000)) {
        text_add(t, SPAN("; t=y"));
    }
    put_reports(h, t);
    put_tags(h, t);
}

/* '@' stands for the zone's name. Weights: error_mix_given_invalid (dmarcchecker24) for the broken, guesses for the
 * rest. */
static const struct {
    const char *first;
    const char *second; /* another record at the same name, or NULL */
    uint32_t weight;
} odd[] = {
    { "v=DMARC1; p=none; rua=mailto:dmarc@@", "v=DMARC1; p=reject", 250 },
    { "v=DMARC1; p=none", "v=DMARC1; p=none;", 100 }, /* equal ones would be one: RFC 2181 section 5 */
    /* not selected: RFC 9989 4.10 */
    { "v=dmarc1; p=none; rua=mailto:dmarc@@", NULL, 30 },
    { "v=DMARC; p=none", NULL, 20 },
    { " v=DMARC1; p=reject", NULL, 20 },
    { "v=DMARC1 p=quarantine", NULL, 20 },
    { "\"v=DMARC1; p=none\"", NULL, 10 },
    { "v=DMARC2; p=reject", NULL, 5 },
    { "DMARC1; p=none", NULL, 10 },
    /* the policy tags: RFC 9989 4.10.1 */
    { "v=DMARC1; rua=mailto:dmarc@@", NULL, 20 },
    { "v=DMARC1; sp=reject", NULL, 5 },
    { "v=DMARC1; p=monitor; rua=mailto:dmarc@@", NULL, 20 },
    { "v=DMARC1; p=block", NULL, 20 },
    { "v=DMARC1; p=", NULL, 5 },
    { "v=DMARC1; p=reject; sp=nothing; rua=mailto:dmarc@@", NULL, 5 },
    { "v=DMARC1; p=reject; sp=nothing", NULL, 5 },
    { "v=DMARC1; p=reject; np=deny; rua=mailto:dmarc@@", NULL, 4 },
    { "v=DMARC1; p=reject; np=deny", NULL, 4 },
    { "v=DMARC1", NULL, 10 },
    { "v=DMARC1;", NULL, 10 },
    { "v=DMARC1; p=reject; p=none", NULL, 5 },
    { "v=DMARC1; p=reject; p=reject; rua=mailto:dmarc@@", NULL, 5 },
    /* good, though odd to read */
    { "V = DMARC1 ; P = Reject ; RUA = mailto:dmarc@@", NULL, 20 },
    { "v=DMARC1; p=reject; rua=mailto:dmarc@@", "google-site-verification=Zm9vYmFy", 40 },
    { "v=DMARC1; p=quarantine; pct=0; rua=mailto:dmarc@@", NULL, 30 },
    { "v=DMARC1; p=reject; pct=50", NULL, 30 },
    { "v=DMARC1; p=reject; pct=abc; adkim=x; fo=9; rua=mailto:dmarc@@", NULL, 5 },
    { "v=DMARC1; p=reject; t=y; rua=mailto:dmarc@@", NULL, 20 },
    { "v=DMARC1; p=quarantine; t=y", NULL, 10 },
    { "v=DMARC1; p=reject; sp=none; rua=mailto:dmarc@@", NULL, 40 },
    { "v=DMARC1; p=reject; sp=reject; np=none", NULL, 5 },
    { "v=DMARC1; p=none; sp=reject; rua=mailto:dmarc@@", NULL, 20 },
    { "v=DMARC1; p=reject; psd=n; rua=mailto:dmarc@@", NULL, 20 },
    { "v=DMARC1; p=reject; psd=y", NULL, 3 },
    { "v=DMARC1; rua=mailto:dmarc@@; p=quarantine", NULL, 20 },
    { "v=DMARC1; p=quarantine; rua=https://reports.@/dmarc", NULL, 5 },
    { "v=DMARC1; p=none; policy=reject; foo=bar; rua=mailto:dmarc@@", NULL, 5 },
    { "v=spf1 -all", NULL, 60 }, /* something else altogether */
};

static void expand(const struct host *h, const char *pattern, struct text *t)
{
    span rest = span_from_cstr(pattern);
    while (rest.len > 0) {
        size_t at = span_find(rest, '@');
        /* "@@" is an address: the sign, then the zone. */
        bool is_address = at + 1 < rest.len && rest.ptr[at + 1] == '@';
        text_add(t, span_first(rest, is_address ? at + 1 : at));
        if (at < rest.len) {
            text_add(t, h->zone);
        }
        rest = span_after(rest, at + (is_address ? 2 : 1));
    }
}

static void answer_odd(const struct host *h, uint16_t type, struct reply *r)
{
    enum { ODD = sizeof(odd) / sizeof(odd[0]), HOSTED = ODD, DANGLING, ALL };
    uint32_t weights[ALL];
    for (size_t i = 0; i < ODD; i++) {
        weights[i] = odd[i].weight;
    }
    weights[HOSTED] = 300;
    weights[DANGLING] = 10;
    size_t at = dice_pick(h->key, SALT_DMARC_KIND + SALT_RUN, weights, ALL);
    struct text t;
    text_clear(&t);
    if (at == HOSTED || at == DANGLING) {
        text_add_hex(&t, h->key, 10);
        text_add(&t, at == HOSTED ? SPAN(".hosted.dmarc-dns.com") : SPAN("._dmarc.mailsign.net"));
        reply_add_cname(r, text_span(&t));
        return;
    }
    if (type != DNS_TXT) {
        return;
    }
    expand(h, odd[at].first, &t);
    reply_add_txt(r, text_span(&t));
    if (odd[at].second) {
        text_clear(&t);
        expand(h, odd[at].second, &t);
        reply_add_txt(r, text_span(&t));
    }
}

void host_dmarc_answer(const struct host *h, uint16_t type, struct reply *r)
{
    if (!host_dmarc_exists(h)) {
        return;
    }
    if (!h->is_parked && host_chance(h, SALT_DMARC_KIND, RATE_DMARC_ODD)) {
        answer_odd(h, type, r);
        return;
    }
    if (type != DNS_TXT) {
        return;
    }
    struct text t;
    text_clear(&t);
    if (h->is_parked && dice_chance(h->key, SALT_DMARC_KIND, 900000)) {
        text_add(&t, SPAN("v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s"));
    } else {
        make_usual(h, &t);
    }
    reply_add_txt(r, text_span(&t));
}
