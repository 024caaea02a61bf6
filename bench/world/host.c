// SPDX-License-Identifier: MIT
#include "bench/world/host.h"

enum { LONG_NAME = 160 };

/* ---- what becomes of a zone ---- */

enum host_outcome host_outcome(const struct world *w, uint64_t key, span zone)
{
    /* Names that ask for it, for include targets and tests by hand: their fate does not hang on the seed. */
    static const struct {
        const char *prefix;
        enum host_outcome outcome;
    } named[] = {
        { "gone-", HOST_NXDOMAIN }, { "servfail-", HOST_SERVFAIL }, { "refused-", HOST_REFUSED },
        { "dead-", HOST_DEAD },     { "lives-", HOST_LIVES },
    };
    static const enum host_outcome outcomes[] = { HOST_NXDOMAIN, HOST_SERVFAIL, HOST_REFUSED, HOST_DEAD, HOST_BAD };
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (zone.ptr[0] == named[i].prefix[0] && span_starts_with(zone, span_from_cstr(named[i].prefix))) {
            return named[i].outcome;
        }
    }
    uint32_t at = dice_below(key, SALT_OUTCOME, 1000000);
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        uint32_t share = w->rates->ppm[RATE_OUT_NXDOMAIN + i];
        if (at < share) {
            return outcomes[i];
        }
        at -= share;
    }
    return HOST_LIVES;
}

/* ---- a host ---- */

/* Shares of provider_given_mx_tranco_1M (ldm26), self-hosted and unknown together; then oddities (mxmap26,
 * netmeister23). */
static const uint32_t mx_usual[MX_USUAL_COUNT] = {
    [MX_SELF_ONE] = 260, [MX_SELF_TWO] = 95,  [MX_GOOGLE] = 216,    [MX_MICROSOFT] = 220, [MX_PROOFPOINT] = 24,
    [MX_MIMECAST] = 16,  [MX_ZOHO] = 10,      [MX_FASTMAIL] = 5,    [MX_IONOS] = 15,      [MX_OVH] = 12,
    [MX_PROTON] = 5,     [MX_BARRACUDA] = 10, [MX_CLOUDFLARE] = 15, [MX_HORNET] = 10,     [MX_KASSERVER] = 12,
};

static enum mx_kind pick_mx(const struct host *h)
{
    static const struct {
        enum mx_kind kind;
        uint32_t ppm;
    } odd[] = {
        { MX_NULL, 13700 },     { MX_NULL_WITH_OTHERS, 200 }, { MX_LOCALHOST, 1200 },
        { MX_IP_LITERAL, 400 }, { MX_ALIAS, 6700 },           { MX_GONE, 3000 },
    };
    if (h->is_parked) {
        return dice_chance(h->key, SALT_MX, 600000) ? MX_NULL : MX_NONE;
    }
    if (!host_chance(h, SALT_MX, h->is_sub ? RATE_SUB_MX : RATE_MX)) {
        return MX_NONE;
    }
    uint32_t at = dice_below(h->key, SALT_MX_KIND, 1000000);
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        if (at < odd[i].ppm) {
            return odd[i].kind;
        }
        at -= odd[i].ppm;
    }
    return (enum mx_kind)dice_pick(h->key, SALT_MX_KIND + SALT_RUN, mx_usual, MX_USUAL_COUNT);
}

void host_init(struct host *h, const struct world *w, span name, span zone, uint64_t key, uint64_t zone_key)
{
    *h = (struct host){ .world = w, .name = name, .zone = zone, .key = key };
    h->is_sub = name.len > zone.len;
    h->is_long = name.len > LONG_NAME;
    h->part = dice_chance(zone_key, SALT_PARTIAL, w->rates->ppm[RATE_PARTIAL])
                  ? (enum host_part)(1 + dice_below(zone_key, SALT_PARTIAL + SALT_RUN, PART_COUNT - 1))
                  : PART_NONE;
    h->is_parked = !h->is_sub && host_chance(h, SALT_PARKED, RATE_PARKED);
    h->is_alias = h->is_sub && dice_chance(h->key, SALT_SUB_CNAME, 30000);
    h->mx = h->is_alias ? MX_NONE : pick_mx(h);
    h->has_a = dice_chance(h->key, SALT_ADDRESS, h->mx == MX_NONE ? 700000 : 930000);
    h->has_aaaa = h->has_a && dice_chance(h->key, SALT_AAAA, 300000);
}

span host_below(const struct host *h, const char *label, struct text *out)
{
    text_clear(out);
    text_add_cstr(out, label);
    text_add(out, SPAN("."));
    text_add(out, h->name);
    return text_span(out);
}

uint32_t host_address(const struct host *h, uint32_t salt)
{
    static const uint8_t first[] = { 5,  31, 37, 46,  62,  77,  78,  80,  81,  82,  83,  84,  85,  87,  89,  91, 92,
                                     93, 94, 95, 109, 141, 151, 176, 178, 185, 188, 193, 194, 195, 212, 213, 217 };
    uint64_t roll = dice_roll(h->key, salt);
    uint32_t high = first[roll % sizeof(first)];
    return high << 24 | (uint32_t)((roll >> 20) & 0xffff00) | (1 + (uint32_t)((roll >> 8) % 250));
}

static void add_address(const struct host *h, uint32_t salt, uint16_t type, bool has_aaaa, struct reply *r)
{
    if (type == DNS_A) {
        reply_add_a(r, host_address(h, salt));
    } else if (type == DNS_AAAA && has_aaaa) {
        uint8_t bytes[16] = { 0x2a, 0x02 };
        uint64_t roll = dice_roll(h->key, salt);
        memcpy(bytes + 2, &roll, 5);
        bytes[15] = 1;
        reply_add_aaaa(r, bytes);
    }
}

/* ---- mail exchangers ---- */

struct exchange {
    uint16_t preference;
    const char *host; /* ends in '.': the host's name follows */
};

static const struct exchange exchanges_google[] = {
    { 1, "aspmx.l.google.com" },       { 5, "alt1.aspmx.l.google.com" },  { 5, "alt2.aspmx.l.google.com" },
    { 10, "alt3.aspmx.l.google.com" }, { 10, "alt4.aspmx.l.google.com" },
};
static const struct exchange exchanges_one_google[] = { { 1, "smtp.google.com" } };
static const struct exchange exchanges_self_one[] = { { 10, "mail." } };
static const struct exchange exchanges_self_two[] = { { 20, "mx2." }, { 10, "mx1." } };
static const struct exchange exchanges_mimecast[] = { { 10, "us-smtp-inbound-1.mimecast.com" },
                                                      { 10, "us-smtp-inbound-2.mimecast.com" } };
static const struct exchange exchanges_zoho[] = { { 10, "mx.zoho.com" },
                                                  { 20, "mx2.zoho.com" },
                                                  { 50, "mx3.zoho.com" } };
static const struct exchange exchanges_fastmail[] = { { 10, "in1-smtp.messagingengine.com" },
                                                      { 20, "in2-smtp.messagingengine.com" } };
static const struct exchange exchanges_ionos[] = { { 10, "mx00.ionos.de" }, { 10, "mx01.ionos.de" } };
static const struct exchange exchanges_ovh[] = { { 1, "mx1.mail.ovh.net" }, { 5, "mx2.mail.ovh.net" } };
static const struct exchange exchanges_proton[] = { { 10, "mail.protonmail.ch" }, { 20, "mailsec.protonmail.ch" } };
static const struct exchange exchanges_cloudflare[] = {
    { 13, "route1.mx.cloudflare.net" },
    { 37, "route2.mx.cloudflare.net" },
    { 86, "route3.mx.cloudflare.net" },
};
static const struct exchange exchanges_hornet[] = { { 10, "mx01.hornetsecurity.com" },
                                                    { 20, "mx02.hornetsecurity.com" } };
static const struct exchange exchanges_null[] = { { 0, "" } };
static const struct exchange exchanges_null_others[] = { { 0, "" }, { 10, "mail." } };
static const struct exchange exchanges_localhost[] = { { 0, "localhost" } };
static const struct exchange exchanges_alias[] = { { 10, "webmail." } };
static const struct exchange exchanges_gone[] = { { 10, "gone1." } };

#define EXCHANGES(list)                                                                                                \
    {                                                                                                                  \
        list, sizeof(list) / sizeof((list)[0])                                                                         \
    }
static const struct {
    const struct exchange *list;
    size_t count;
} exchanges[] = {
    [MX_SELF_ONE] = EXCHANGES(exchanges_self_one),
    [MX_SELF_TWO] = EXCHANGES(exchanges_self_two),
    [MX_GOOGLE] = EXCHANGES(exchanges_google),
    [MX_MIMECAST] = EXCHANGES(exchanges_mimecast),
    [MX_ZOHO] = EXCHANGES(exchanges_zoho),
    [MX_FASTMAIL] = EXCHANGES(exchanges_fastmail),
    [MX_IONOS] = EXCHANGES(exchanges_ionos),
    [MX_OVH] = EXCHANGES(exchanges_ovh),
    [MX_PROTON] = EXCHANGES(exchanges_proton),
    [MX_CLOUDFLARE] = EXCHANGES(exchanges_cloudflare),
    [MX_HORNET] = EXCHANGES(exchanges_hornet),
    [MX_NULL] = EXCHANGES(exchanges_null),
    [MX_NULL_WITH_OTHERS] = EXCHANGES(exchanges_null_others),
    [MX_LOCALHOST] = EXCHANGES(exchanges_localhost),
    [MX_ALIAS] = EXCHANGES(exchanges_alias),
    [MX_GONE] = EXCHANGES(exchanges_gone),
};

static void add_exchange(const struct host *h, const struct exchange *e, struct reply *r)
{
    span host = span_from_cstr(e->host);
    struct text below;
    if (host.len > 1 && host.ptr[host.len - 1] == '.') {
        text_clear(&below);
        text_add(&below, host);
        text_add(&below, h->name);
        host = text_span(&below);
    }
    reply_add_mx(r, e->preference, host);
}

/* Providers that give each customer a host name of its own. */
static bool add_customer_exchange(const struct host *h, struct reply *r)
{
    struct text t;
    text_clear(&t);
    switch (h->mx) {
    case MX_MICROSOFT:
        if (h->name.len > 60) { /* it must fit one label */
            text_add_hex(&t, h->key, 16);
        } else {
            text_add_dashed(&t, h->name);
        }
        text_add(&t, SPAN(".mail.protection.outlook.com"));
        reply_add_mx(r, 0, text_span(&t));
        return true;
    case MX_PROOFPOINT:
        for (size_t i = 0; i < 2; i++) {
            text_clear(&t);
            text_add(&t, i == 0 ? SPAN("mx0a-00") : SPAN("mx0b-00"));
            text_add_hex(&t, h->key, 6);
            text_add(&t, SPAN(".pphosted.com"));
            reply_add_mx(r, 10, text_span(&t));
        }
        return true;
    case MX_BARRACUDA:
        text_add(&t, SPAN("d"));
        text_add_number(&t, h->key % 300000);
        text_add(&t, SPAN("a.ess.barracudanetworks.com"));
        reply_add_mx(r, 10, text_span(&t));
        return true;
    case MX_KASSERVER:
        text_add(&t, SPAN("w0"));
        text_add_hex(&t, h->key, 6);
        text_add(&t, SPAN(".kasserver.com"));
        reply_add_mx(r, 10, text_span(&t));
        return true;
    case MX_IP_LITERAL:
        text_add_address(&t, host_address(h, SALT_MX_KIND));
        reply_add_mx(r, 10, text_span(&t));
        return true;
    default:
        return false;
    }
}

static void add_mx(const struct host *h, struct reply *r)
{
    if (h->mx == MX_NONE || add_customer_exchange(h, r)) {
        return;
    }
    const struct exchange *list = exchanges[h->mx].list;
    size_t count = exchanges[h->mx].count;
    if (h->mx == MX_GOOGLE && dice_chance(h->key, SALT_MX_KIND + 2 * SALT_RUN, 250000)) {
        list = exchanges_one_google;
        count = 1;
    }
    for (size_t i = 0; i < count; i++) {
        add_exchange(h, &list[i], r);
    }
}

/* ---- TXT at the host itself ---- */

/* known_verification_tokens_per_apex (mxmap26), and the tokens it counts. */
static const uint32_t token_counts[] = { 595, 292, 84, 24, 4, 1 };
static const struct {
    const char *head;
    int hex;
    const char *tail;
} tokens[] = {
    { "google-site-verification=", 16, "QkT4xWzP_rV2" },
    { "MS=ms", 8, "" },
    { "facebook-domain-verification=", 16, "9f2k8x" },
    { "apple-domain-verification=", 16, "" },
    { "atlassian-domain-verification=", 16, "HbXn0Yy2pLm7Qe5Rt8Uw1Zs3Vc6Bd9Fg" },
    { "docusign=", 8, "-1c2d-4e5f-8a9b-0c1d2e3f4a5b" },
    { "ZOOM_verify_", 16, "" },
    { "adobe-idp-site-verification=", 16, "00112233445566778899aabbccddeeff" },
};

static void add_tokens(const struct host *h, struct reply *r)
{
    size_t count = dice_pick(h->key, SALT_TXT_TOKENS, token_counts, sizeof(token_counts) / sizeof(token_counts[0]));
    if (h->is_sub || h->is_parked) {
        count = 0;
    } else if (host_chance(h, SALT_TXT_BIG, RATE_TXT_BIG)) {
        count = 20 + dice_below(h->key, SALT_TXT_BIG + SALT_RUN, 25);
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t roll = dice_roll(h->key, SALT_TXT_TOKENS + SALT_RUN + (uint32_t)i);
        size_t at = (size_t)(roll >> 32) % (sizeof(tokens) / sizeof(tokens[0]));
        struct text t;
        text_clear(&t);
        text_add_cstr(&t, tokens[at].head);
        text_add_hex(&t, roll, tokens[at].hex);
        text_add_cstr(&t, tokens[at].tail);
        reply_add_txt(r, text_span(&t));
    }
}

static void add_spf(const struct host *h, struct reply *r)
{
    struct spf_plan plan;
    host_spf(h, &plan);
    if (plan.record.len > 0) {
        reply_add_txt_cut(r, text_span(&plan.record), plan.cut > 0 ? plan.cut : plan.record.len);
    }
    if (plan.second.len > 0) {
        reply_add_txt(r, text_span(&plan.second));
    }
}

static void answer_apex(const struct host *h, uint16_t type, struct reply *r)
{
    if (h->is_alias) {
        struct text t;
        text_clear(&t);
        if (dice_chance(h->key, SALT_SUB_CNAME + SALT_RUN, 800000)) {
            text_add(&t, SPAN("www."));
            text_add(&t, h->zone);
        } else { /* to nowhere */
            text_add_hex(&t, h->key, 8);
            text_add(&t, SPAN(".mailsign.net"));
        }
        reply_add_cname(r, text_span(&t));
        return;
    }
    if ((type == DNS_TXT && h->part == PART_APEX_TXT) || (type == DNS_MX && h->part == PART_MX)) {
        r->rcode = RCODE_SERVFAIL;
        return;
    }
    if (type == DNS_MX) {
        add_mx(h, r);
    } else if (type == DNS_TXT) {
        bool tokens_first = dice_chance(h->key, SALT_TXT_ORDER, 500000);
        if (tokens_first) {
            add_tokens(h, r);
        }
        add_spf(h, r);
        if (!tokens_first) {
            add_tokens(h, r);
        }
    } else if (h->has_a) {
        add_address(h, SALT_ADDRESS, type, h->has_aaaa, r);
    }
}

/* ---- names below a host ---- */

static void add_policy_id(const struct host *h, const char *head, struct reply *r)
{
    struct text t;
    text_clear(&t);
    text_add_cstr(&t, head);
    text_add_number(&t, 20230101000000u + dice_roll(h->key, SALT_MTA_STS) % 30000000000u);
    text_add(&t, SPAN(";"));
    reply_add_txt(r, text_span(&t));
}

static size_t answer_mta_sts(const struct host *h, size_t count, uint16_t type, struct reply *r)
{
    if (!host_chance(h, SALT_MTA_STS, RATE_MTA_STS) && h->part != PART_MTA_STS) {
        return 0;
    }
    if (count > 1) {
        return 1;
    }
    if (h->part == PART_MTA_STS) {
        r->rcode = RCODE_SERVFAIL;
    } else if (type == DNS_TXT) {
        switch (dice_below(h->key, SALT_MTA_STS + SALT_RUN, 30)) {
        case 0:
            reply_add_txt(r, SPAN("v=STSv2; id=20240101000000;"));
            break;
        case 1:
            reply_add_txt(r, SPAN("v=STSv1; id=2024-01-01;"));
            break;
        case 2:
            reply_add_txt(r, SPAN("v=STSv1;"));
            break;
        default:
            add_policy_id(h, "v=STSv1; id=", r);
        }
    }
    return 1;
}

static size_t answer_tls_rpt(const struct host *h, const span *rel, size_t count, uint16_t type, struct reply *r)
{
    bool exists = h->part == PART_TLS_RPT || host_chance(h, SALT_TLS_RPT, RATE_TLS_RPT) ||
                  (host_chance(h, SALT_MTA_STS, RATE_MTA_STS) && dice_chance(h->key, SALT_TLS_RPT + SALT_RUN, 600000));
    if (!exists || count < 2 || !span_equal(rel[count - 2], SPAN("_smtp"))) {
        return exists ? 1 : 0;
    }
    if (count > 2) {
        return 2;
    }
    if (h->part == PART_TLS_RPT) {
        r->rcode = RCODE_SERVFAIL;
    } else if (type == DNS_TXT) {
        struct text t;
        text_clear(&t);
        switch (dice_below(h->key, SALT_TLS_RPT + 2 * SALT_RUN, 20)) {
        case 0:
            text_add(&t, SPAN("v=TLSRPTv2; rua=mailto:tls@"));
            break;
        case 1:
            text_add(&t, SPAN("v=TLSRPTv1; rua=https://reports.mail-tls.com/v1,mailto:tls@"));
            break;
        default:
            text_add(&t, SPAN("v=TLSRPTv1; rua=mailto:tls-reports@"));
        }
        text_add(&t, h->name);
        reply_add_txt(r, text_span(&t));
    }
    return 2;
}

static size_t answer_bimi(const struct host *h, const span *rel, size_t count, uint16_t type, struct reply *r)
{
    if (!host_chance(h, SALT_BIMI, RATE_BIMI)) {
        return 0;
    }
    if (count < 2 || !span_equal(rel[count - 2], SPAN("default"))) {
        return 1;
    }
    if (count == 2 && type == DNS_TXT) {
        struct text t;
        text_clear(&t);
        text_add(&t, SPAN("v=BIMI1; l=https://www."));
        text_add(&t, h->name);
        text_add(&t, SPAN("/bimi/logo.svg; a="));
        reply_add_txt(r, text_span(&t));
    }
    return 2;
}

static size_t answer_dmarc(const struct host *h, const span *rel, size_t count, uint16_t type, struct reply *r)
{
    if (h->part == PART_DMARC) {
        r->rcode = RCODE_SERVFAIL;
        return count;
    }
    bool takes = host_takes_reports(h);
    if (!takes && !host_dmarc_exists(h)) {
        return 0;
    }
    if (count == 1) {
        host_dmarc_answer(h, type, r);
        return 1;
    }
    if (!takes || !span_equal(rel[count - 2], SPAN("_report"))) {
        return 1;
    }
    if (count > 2 && type == DNS_TXT) {
        r->is_wildcard = true;
        reply_add_txt(r, SPAN("v=DMARC1;"));
    }
    return count;
}

/* Where the bad neighbours of an include live. */
static bool answer_failing_helper(span label, struct reply *r)
{
    if (span_equal(label, SPAN("_servfail"))) {
        r->rcode = RCODE_SERVFAIL;
        return true;
    }
    if (span_equal(label, SPAN("_timeout"))) {
        r->is_silent = true;
        return true;
    }
    return false;
}

enum helper_kind {
    HELPER_ADDRESS = 1,
    HELPER_ADDRESS6,
    HELPER_ALIAS,
    HELPER_BARE,
    HELPER_MANY_MX,
    HELPER_SPF,
    HELPER_PLAIN_TXT,
    HELPER_FAILS,
    HELPER_GONE
};

static const struct {
    const char *label;
    enum helper_kind kind;
} helpers[] = {
    { "mail", HELPER_ADDRESS },    { "mx1", HELPER_ADDRESS6 },   { "mx2", HELPER_ADDRESS },
    { "www", HELPER_ADDRESS6 },    { "relay", HELPER_ADDRESS },  { "smtp", HELPER_ADDRESS },
    { "mta-sts", HELPER_ADDRESS }, { "webmail", HELPER_ALIAS },  { "bare", HELPER_BARE },
    { "many", HELPER_MANY_MX },    { "gone1", HELPER_GONE },     { "gone2", HELPER_GONE },
    { "gone3", HELPER_GONE },      { "gone4", HELPER_GONE },     { "_nospf", HELPER_PLAIN_TXT },
    { "_servfail", HELPER_FAILS }, { "_timeout", HELPER_FAILS }, { "_spf", HELPER_SPF },
    { "_spf1", HELPER_SPF },       { "_spf2", HELPER_SPF },      { "_spf3", HELPER_SPF },
    { "_spf4", HELPER_SPF },       { "_loop", HELPER_SPF },      { "_rloop", HELPER_SPF },
    { "_open", HELPER_SPF },       { "_bad", HELPER_SPF },       { "_two", HELPER_SPF },
    { "_wide", HELPER_SPF },       { "_nobody", HELPER_SPF },
};

static enum helper_kind helper_find(span label)
{
    for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
        if (label.ptr[0] == helpers[i].label[0] && span_equal(label, span_from_cstr(helpers[i].label))) {
            return helpers[i].kind;
        }
    }
    return 0;
}

bool host_label_is_service(span label)
{
    return label.ptr[0] == '_' || label.ptr[0] == '*' || helper_find(label) != 0;
}

static void answer_many_mx(const struct host *h, struct reply *r)
{
    for (uint16_t i = 0; i < 12; i++) {
        struct text t;
        text_clear(&t);
        text_add(&t, SPAN("alt"));
        text_add_number(&t, 1 + i % 4u);
        text_add(&t, i < 4 ? SPAN(".aspmx.l.google.com") : SPAN(".mail.protection.outlook.com"));
        if (i >= 4) {
            text_clear(&t);
            text_add(&t, SPAN("x"));
            text_add_hex(&t, h->key + i, 8);
            text_add(&t, SPAN(".mail.protection.outlook.com"));
        }
        reply_add_mx(r, (uint16_t)(10 * (i + 1)), text_span(&t));
    }
}

static size_t answer_helper(const struct host *h, span label, size_t count, uint16_t type, struct reply *r)
{
    struct text t;
    enum helper_kind kind = helper_find(label);
    bool has_spf = kind == HELPER_SPF && host_spf_helper(h, label, &t);
    if (kind == 0 || kind == HELPER_GONE || h->is_long || (kind == HELPER_SPF && !has_spf)) {
        return 0;
    }
    if (kind == HELPER_FAILS) {
        (void)answer_failing_helper(label, r);
        return count;
    }
    if (count > 1) {
        return 1;
    }
    if (kind == HELPER_ADDRESS || kind == HELPER_ADDRESS6) {
        add_address(h, (uint32_t)name_hash(label), type, kind == HELPER_ADDRESS6, r);
    } else if (kind == HELPER_ALIAS) {
        reply_add_cname(r, host_below(h, "www", &t));
    } else if (kind == HELPER_MANY_MX && type == DNS_MX) {
        answer_many_mx(h, r);
    } else if (kind == HELPER_PLAIN_TXT && type == DNS_TXT) {
        reply_add_txt(r, SPAN("nothing about senders here"));
    } else if (has_spf && type == DNS_TXT) {
        reply_add_txt(r, text_span(&t));
        if (span_equal(label, SPAN("_two"))) {
            reply_add_txt(r, SPAN("v=spf1 mx -all"));
        }
    }
    return 1;
}

size_t host_answer(const struct host *h, const span *rel, size_t count, uint16_t type, struct reply *r)
{
    if (count == 0) {
        answer_apex(h, type, r);
        return 0;
    }
    span label = rel[count - 1];
    if (span_equal(label, SPAN("_dmarc"))) {
        return answer_dmarc(h, rel, count, type, r);
    }
    if (span_equal(label, SPAN("_domainkey"))) {
        if (h->part == PART_DKIM) {
            r->rcode = RCODE_SERVFAIL;
            return count;
        }
        size_t found = host_dkim_answer(h, rel, count - 1, type, r);
        return found;
    }
    if (span_equal(label, SPAN("_mta-sts"))) {
        return answer_mta_sts(h, count, type, r);
    }
    if (span_equal(label, SPAN("_tls"))) {
        return answer_tls_rpt(h, rel, count, type, r);
    }
    if (span_equal(label, SPAN("_bimi"))) {
        return answer_bimi(h, rel, count, type, r);
    }
    return answer_helper(h, label, count, type, r);
}

bool host_wildcard(const struct host *h, struct text *out)
{
    if (h->is_sub || h->is_parked || !host_chance(h, SALT_WILDCARD, RATE_WILDCARD_TXT)) {
        return false;
    }
    text_clear(out);
    if (dice_chance(h->key, SALT_WILDCARD_KIND, 600000)) {
        text_add(out, SPAN("v=spf1 include:_spf.google.com ~all"));
    } else {
        text_add(out, SPAN("google-site-verification="));
        text_add_hex(out, h->key, 16);
    }
    return true;
}
