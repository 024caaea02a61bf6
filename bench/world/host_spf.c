// SPDX-License-Identifier: MIT
#include "bench/world/host.h"
#include "bench/world/include_data.h"

/*
 * The SPF records of hosts: the shapes and shares of world-wide measurements (README.md), and behind them a table of
 * everything that goes wrong in the field. RFC 7208.
 */

/* ---- pieces ---- */

static void put(struct spf_plan *p, const char *words)
{
    text_add_cstr(&p->record, words);
}

static void put_name(struct spf_plan *p, const char *head, const struct host *h)
{
    put(p, head);
    text_add(&p->record, h->name);
}

static void put_address(struct spf_plan *p, const struct host *h, uint32_t salt, const char *tail)
{
    put(p, " ip4:");
    text_add_address(&p->record, host_address(h, salt));
    put(p, tail);
}

static unsigned lookups_below(const char *target)
{
    for (size_t i = 0; i < include_target_count; i++) {
        if (strcmp(include_targets[i].name, target) == 0) {
            return include_targets[i].lookups;
        }
    }
    return 0;
}

static void put_include(struct spf_plan *p, const char *target, unsigned lookups)
{
    put(p, " include:");
    put(p, target);
    p->lookups += 1 + (int)lookups;
}

static void put_known_include(struct spf_plan *p, const char *target)
{
    put_include(p, target, lookups_below(target));
}

static void put_popular_include(const struct host *h, struct spf_plan *p, uint32_t salt)
{
    uint32_t at = dice_below(h->key, salt, h->world->include_weight);
    for (size_t i = 0; i < include_target_count; i++) {
        if (at < include_targets[i].weight) {
            put_include(p, include_targets[i].name, include_targets[i].lookups);
            return;
        }
        at -= include_targets[i].weight;
    }
}

static void put_mx(const struct host *h, struct spf_plan *p)
{
    put(p, " mx");
    p->lookups++;
    p->voids += h->mx == MX_NONE;
}

static void put_a(const struct host *h, struct spf_plan *p)
{
    put(p, " a");
    p->lookups++;
    p->voids += !h->has_a;
}

/* all_qualifier of municipal records (mxmap26): ~ - ? + none. */
static void put_all(const struct host *h, struct spf_plan *p)
{
    static const uint32_t weights[] = { 49040, 45900, 2790, 35, 610 };
    static const char *const texts[] = { " ~all", " -all", " ?all", " +all", "" };
    put(p, texts[dice_pick(h->key, SALT_SPF_ALL, weights, 5)]);
}

static bool chance(const struct host *h, uint32_t item, uint32_t ppm)
{
    return dice_chance(h->key, SALT_SPF_TERMS + SALT_RUN + item, ppm);
}

/* What the provider behind the MX tells its customers to include (mx_to_spf_include, ashiq24). */
static const char *include_for_mx(const struct host *h)
{
    static const char *const includes[MX_USUAL_COUNT] = {
        [MX_GOOGLE] = "_spf.google.com",
        [MX_MICROSOFT] = "spf.protection.outlook.com",
        [MX_PROOFPOINT] = "spf-00221601.pphosted.com",
        [MX_MIMECAST] = "us._netblocks.mimecast.com",
        [MX_ZOHO] = "zoho.com",
        [MX_IONOS] = "_spf-eu.ionos.com",
        [MX_OVH] = "mx.ovh.com",
        [MX_BARRACUDA] = "spf.ess.barracudanetworks.com",
        [MX_CLOUDFLARE] = "_spf.mx.cloudflare.net",
        [MX_HORNET] = "spf.hornetsecurity.com",
        [MX_KASSERVER] = "spf.kasserver.com",
    };
    return h->mx < MX_USUAL_COUNT && chance(h, 1, 950000) ? includes[h->mx] : NULL;
}

/* ---- the usual record ---- */

static void put_usual_terms(const struct host *h, struct spf_plan *p)
{
    static const uint32_t include_counts[] = { 25, 49, 14, 6, 3, 2, 1 };
    if (chance(h, 2, 440000)) {
        put_a(h, p);
    }
    if (chance(h, 3, h->mx == MX_NONE ? 50000 : 490000)) {
        put_mx(h, p);
    }
    if (chance(h, 4, 449000)) {
        size_t count = 1 + dice_below(h->key, SALT_SPF_ADDRESSES, 3);
        for (size_t i = 0; i < count; i++) {
            static const char *const tails[] = { "", "", "", "/32", "/29", "/24", "/20" };
            uint32_t salt = SALT_SPF_ADDRESSES + SALT_RUN + (uint32_t)i;
            put_address(p, h, salt, tails[dice_below(h->key, salt + 100, 7)]);
        }
    }
    if (chance(h, 5, 20800)) {
        put(p, " ip6:2a02:");
        text_add_hex(&p->record, h->key | 0x1000, 4);
        put(p, "::/48");
    }
    if (chance(h, 6, 11600)) {
        put(p, " ptr");
        p->lookups++;
    }
    const char *provider = include_for_mx(h);
    size_t count = dice_pick(h->key, SALT_SPF_INCLUDES, include_counts, 7);
    if (provider) {
        put_known_include(p, provider);
        count = count > 0 ? count - 1 : 0;
    }
    for (size_t i = 0; i < count; i++) {
        put_popular_include(h, p, SALT_SPF_INCLUDES + SALT_RUN + (uint32_t)i);
    }
}

static void make_usual(const struct host *h, struct spf_plan *p)
{
    put(p, "v=spf1");
    put_usual_terms(h, p);
    put_all(h, p);
}

/* ---- what goes wrong ---- */

/* Ends in a permerror that the counts do not show. */
static void end_permerror(struct spf_plan *p)
{
    p->status = SPF_IS_PERMERROR;
}

static void end_syntax_error(struct spf_plan *p)
{
    p->status = SPF_IS_PERMERROR;
    p->lookups = -1;
    p->voids = -1;
}

/* Kinds of real faults, commonest first (world-wide corpora, README.md). */
static void make_syntax_error(const struct host *h, struct spf_plan *p)
{
    static const char *const records[] = {
        "v=spf1 ipv4:193.0.14.129 -all",
        "v=spf1 mx ip:193.0.14.129 ~all",
        "v=spf1 mx 193.0.14.129 ~all",
        "v=spf1 ip4: 193.0.14.129 ~all",
        "v=spf1 mx ip4:193.0.14.129~all",
        "v=spf1 include:_spf.google.com~all",
        "v=spf1 ip4:193.0.14.129 ~allgoogle-site-verification=Zm9vYmFy",
        ("v=spf1 include:spf.protection.outlook.com \xe2\x80\x93" /* an en dash; apart from the letter a, a hex digit too */
         "all"),
        "v=spf1 include:_spf.google.com\xc2\xa0~all",
        "v=spf1 \xe2\x80\x8binclude:_spf.google.com ~all",
        "v=spf1 mx\t-all",
        "v=spf1 include:193.0.14.129 -all",
        "v=spf1 redirect:_spf.google.com",
        "v=spf1 mx - all",
        "v=spf1 mx i~all",
        "v=spf1 mx -al",
        "v=spf1 inlcude:_spf.google.com ~all",
        "v=spf1 mx -all;",
        "v=spf1 mx \"-all\"",
        "v=spf1 ip4:193.0.14.129/33 -all",
        "v=spf1 ip4:193.0.14.0/024 -all",
        "v=spf1 ip4:193.0.14 -all",
        "v=spf1 ip6:193.0.14.129 -all",
        "v=spf1 include: -all",
        "v=spf1 a: mx -all",
        "v=spf1 include:spf -all",
        "v=spf1 redirect=_spf.google.com redirect=spf.protection.outlook.com",
        "v=spf1 -redirect=_spf.google.com",
        "v=spf1 mx --all",
        "v=spf1 include:_spf.google.com/24 ~all",
        "v=spf1 exists:%{x}._spf.example.com -all",
        "v=spf1 a mx all/24",
        "v=spf1 mx -all ipv4:193.0.14.129",
        "v=spf1 include:_spf.google.com, include:spf.protection.outlook.com ~all",
    };
    put(p, records[dice_below(h->key, SALT_SPF_FAULT, sizeof(records) / sizeof(records[0]))]);
    end_syntax_error(p);
}

/* TXT that means to be SPF and is not selected (RFC 7208 4.5). */
static void make_lookalike(const struct host *h, struct spf_plan *p)
{
    static const char *const records[] = {
        "v=spf10 mx -all",    "v=spf2 mx -all", "v=spf1; mx -all", "v=spf1include:_spf.google.com ~all",
        "v=spf1\tmx -all",    "spf1 mx -all",   " v=spf1 mx -all", "\"v=spf1 mx -all\"",
        "spf2.0/pra mx -all",
    };
    put(p, records[dice_below(h->key, SALT_SPF_FAULT, sizeof(records) / sizeof(records[0]))]);
    p->status = SPF_IS_NONE;
    p->lookups = -1;
    p->voids = -1;
}

static void make_two(const struct host *h, struct spf_plan *p)
{
    make_usual(h, p);
    text_add(&p->second,
             chance(h, 20, 100000) ? SPAN("v=spf1") : SPAN("v=spf1 include:spf.protection.outlook.com -all"));
    if (span_equal(text_span(&p->record), text_span(&p->second))) { /* would be one record: RFC 2181 section 5 */
        text_clear(&p->second);
        text_add(&p->second, SPAN("v=spf1 -all"));
    }
    end_syntax_error(p);
}

static void make_over_limit(const struct host *h, struct spf_plan *p)
{
    put(p, "v=spf1");
    switch (dice_below(h->key, SALT_SPF_FAULT, 3)) {
    case 0: /* a chain of the owner's own records: 1 + 3 + 3 + 3 + 3 */
        put_name(p, " ip4:193.0.14.129 include:_spf1.", h);
        p->lookups += 13;
        break;
    case 1:
        put_mx(h, p);
        put_a(h, p);
        put_known_include(p, "websitewelcome.com");
        put_known_include(p, "mailgun.org");
        put_known_include(p, "zoho.com");
        break;
    default:
        put_known_include(p, "spf.protection.outlook.com");
        put_known_include(p, "mailgun.org");
        put_known_include(p, "spf.server-he.de");
        put_known_include(p, "spf.tmes.trendmicro.com");
        for (uint32_t i = 0; i < 4; i++) {
            put_popular_include(h, p, SALT_SPF_FAULT + SALT_RUN + i);
        }
    }
    put_all(h, p);
}

static void make_voids(const struct host *h, struct spf_plan *p)
{
    static const char *const terms[] = { " a:gone1.", " mx:bare.", " a:gone2.", " mx:gone3." };
    uint32_t count = 1 + dice_below(h->key, SALT_SPF_FAULT, 4);
    put(p, "v=spf1");
    put_mx(h, p);
    for (uint32_t i = 0; i < count; i++) {
        put_name(p, terms[i], h);
        p->lookups++;
        p->voids++;
    }
    put(p, " ip4:193.0.14.129 ~all");
}

static void make_include_none(const struct host *h, struct spf_plan *p)
{
    struct text wildcard;
    put(p, "v=spf1");
    put_address(p, h, SALT_SPF_ADDRESSES, "/28");
    switch (dice_below(h->key, SALT_SPF_FAULT, 4)) {
    case 0: /* TXT, but no SPF */
        put_name(p, " include:_nospf.", h);
        break;
    case 1: /* the name exists without TXT */
        put_name(p, " include:bare.", h);
        p->voids++;
        break;
    case 2: /* anyone can register it */
        put(p, " include:spf.gone-");
        text_add_hex(&p->record, h->key, 6);
        put(p, ".com");
        p->voids++;
        break;
    default: /* NXDOMAIN in the owner's own zone */
        if (host_wildcard(h, &wildcard)) {
            put_name(p, " include:_nospf.", h);
            break;
        }
        put_name(p, " include:gone1.", h);
        p->voids++;
    }
    p->lookups++;
    put(p, " -all");
    end_permerror(p);
}

static void make_loop(const struct host *h, struct spf_plan *p)
{
    put(p, "v=spf1 ip4:193.0.14.129");
    switch (dice_below(h->key, SALT_SPF_FAULT, 3)) {
    case 0:
        put_name(p, " include:", h);
        put(p, " -all");
        p->lookups = 1;
        break;
    case 1:
        put_name(p, " include:_loop.", h);
        put(p, " -all");
        p->lookups = 2;
        break;
    default:
        put_name(p, " redirect=_rloop.", h);
        p->lookups = 2;
    }
    end_permerror(p);
}

static void make_include_failing(const struct host *h, struct spf_plan *p)
{
    static const char *const own[] = { " include:_servfail.", " include:_servfail.", " include:_timeout." };
    put(p, "v=spf1");
    put_mx(h, p);
    put_address(p, h, SALT_SPF_ADDRESSES, "");
    uint32_t at = dice_below(h->key, SALT_SPF_FAULT, 5);
    if (at < 3) {
        put_name(p, own[at], h);
    } else {
        put(p, " include:spf.servfail-mail.net");
    }
    put(p, " -all");
    p->lookups++;
    p->status = SPF_IS_TEMPERROR;
}

static void make_open(const struct host *h, struct spf_plan *p)
{
    put(p, "v=spf1");
    put_mx(h, p);
    switch (dice_below(h->key, SALT_SPF_FAULT, 5)) {
    case 0:
        put(p, " +all");
        break;
    case 1:
        put(p, " all");
        break;
    case 2:
        put_name(p, " include:_open.", h);
        put(p, " -all");
        p->lookups++;
        break;
    case 3:
        put_name(p, " include:_wide.", h);
        put(p, " -all");
        p->lookups++;
        break;
    default:
        put(p, " ip4:0.0.0.0/0 -all");
    }
}

static void make_redirect(const struct host *h, struct spf_plan *p)
{
    put(p, "v=spf1");
    switch (dice_below(h->key, SALT_SPF_FAULT, 8)) {
    case 0:
    case 1:
    case 2:
        put_name(p, " redirect=_spf.", h);
        p->lookups = 2;
        break;
    case 3:
    case 4:
        put(p, " redirect=_spf.google.com");
        p->lookups = 1;
        break;
    case 5:
        put_mx(h, p);
        put(p, " redirect=mailgun.org");
        p->lookups += 1 + (int)lookups_below("mailgun.org");
        break;
    case 6: /* beside an all: ignored (RFC 7208 6.1) */
        put_mx(h, p);
        put(p, " redirect=_spf.google.com ~all");
        break;
    default:
        put_name(p, " redirect=_nospf.", h);
        p->lookups = 1;
        end_permerror(p);
    }
}

static void make_unseen(const struct host *h, struct spf_plan *p)
{
    put(p, "v=spf1");
    switch (dice_below(h->key, SALT_SPF_FAULT, 5)) {
    case 0:
        put_name(p, " exists:%{i}._spf.", h);
        p->lookups = 1;
        break;
    case 1:
        put(p, " include:%{ir}.%{v}.%{d}.spf.has.pphosted.com");
        p->lookups = 1;
        break;
    case 2:
        put(p, " ip4:193.0.14.129 include:_spf.%{d}");
        p->lookups = 2;
        break;
    case 3:
        put(p, " mx ptr");
        p->lookups = 2;
        p->voids += h->mx == MX_NONE;
        break;
    default:
        put_name(p, " ptr:", h);
        p->lookups = 1;
    }
    put(p, " ~all");
}

static void make_target_broken(const struct host *h, struct spf_plan *p)
{
    static const char *const targets[] = { " include:_bad.", " include:_two.", " include:_bad." };
    put(p, "v=spf1 ip4:193.0.14.129");
    put_name(p, targets[dice_below(h->key, SALT_SPF_FAULT, 3)], h);
    put(p, " -all");
    p->lookups = 1;
    end_permerror(p);
}

/* Legal, odd to read. */
static void make_odd(const struct host *h, struct spf_plan *p)
{
    switch (dice_below(h->key, SALT_SPF_FAULT, 12)) {
    case 0:
        put(p, "V=SPF1 MX Include:_SPF.Google.com ~ALL");
        p->lookups = 2;
        p->voids += h->mx == MX_NONE;
        break;
    case 1:
        put(p, "v=spf1  ip4:193.0.14.129   -all ");
        break;
    case 2:
        put(p, "v=spf1 include=_spf.google.com ip4=193.0.14.129 -all");
        break;
    case 3:
        put(p, "v=spf1 ip4:193.0.14.129 -all include:_spf.google.com a");
        break;
    case 4:
        put(p, "v=spf1 -ip4:193.0.14.0/25 ip4:193.0.14.0/24 ?ip4:193.0.15.0/24 ip4:193.0.15.128/25 ~all");
        break;
    case 5:
        put(p, "v=spf1 ip4:193.0.14.77/24 ip4:193.0.14.0/25 ~all");
        break;
    case 6:
        put(p, "v=spf1 op=auth x-note=hello ip4:193.0.14.129 -all");
        break;
    case 7:
        put(p, "v=spf1 ip4:193.0.14.129 v=spf1 include:_spf.google.com ~all");
        p->lookups = 1;
        break;
    case 8:
        put_name(p, "v=spf1 include:_nobody.", h);
        put(p, " -all");
        p->lookups = 1;
        break;
    case 9:
        put(p, "v=spf1");
        break;
    case 10:
        put_name(p, "v=spf1 a:mail.", h);
        put_name(p, "/28 mx:", h);
        put_name(p, "/29//64 a:www.", h);
        put(p, " ?all");
        p->lookups = 3;
        p->voids += h->mx == MX_NONE;
        break;
    default:
        put(p, "v=spf1 include:_spf.google.com. include:_spf.google.com exp=explain.%{d} ~all");
        p->lookups = 2;
    }
}

/* A string boundary in the wrong place joins two terms (RFC 7208 3.3). */
static void make_glue(const struct host *h, struct spf_plan *p)
{
    (void)h;
    put(p, "v=spf1 ip4:193.0.14.129");
    p->cut = p->record.len;
    put(p, "include:_spf.google.com -all");
    end_syntax_error(p);
}

static void make_long(const struct host *h, struct spf_plan *p)
{
    uint32_t count = 15 + dice_below(h->key, SALT_SPF_FAULT, 50);
    put(p, "v=spf1");
    for (uint32_t i = 0; i < count; i++) {
        put_address(p, h, SALT_SPF_FAULT + SALT_RUN + i, "");
    }
    put_all(h, p);
}

static void make_many_mx(const struct host *h, struct spf_plan *p)
{
    put_name(p, "v=spf1 ip4:193.0.14.129 mx:many.", h);
    put(p, " -all");
    p->lookups = 1;
    end_permerror(p);
}

static const struct {
    void (*make)(const struct host *h, struct spf_plan *p);
    uint32_t weight;
} oddities[] = {
    { make_syntax_error, 110 }, { make_lookalike, 30 },    { make_two, 100 },    { make_over_limit, 180 },
    { make_voids, 60 },         { make_include_none, 90 }, { make_loop, 40 },    { make_include_failing, 25 },
    { make_open, 30 },          { make_redirect, 220 },    { make_unseen, 100 }, { make_target_broken, 20 },
    { make_odd, 150 },          { make_glue, 10 },         { make_long, 40 },    { make_many_mx, 5 },
};

static void make_oddity(const struct host *h, struct spf_plan *p)
{
    uint32_t weights[sizeof(oddities) / sizeof(oddities[0])];
    for (size_t i = 0; i < sizeof(oddities) / sizeof(oddities[0]); i++) {
        weights[i] = oddities[i].weight;
    }
    oddities[dice_pick(h->key, SALT_SPF_KIND + SALT_RUN, weights, sizeof(oddities) / sizeof(oddities[0]))].make(h, p);
}

static bool has_record(const struct host *h)
{
    if (h->is_parked) {
        return true;
    }
    if (h->is_sub) {
        return host_chance(h, SALT_SPF, RATE_SUB_SPF);
    }
    return host_chance(h, SALT_SPF, h->mx == MX_NONE || h->mx == MX_NULL ? RATE_SPF_GIVEN_NO_MX : RATE_SPF_GIVEN_MX);
}

static void settle(struct spf_plan *p)
{
    if (p->status == SPF_IS_VALID && (p->lookups > 10 || p->voids > 2)) {
        p->status = SPF_IS_PERMERROR;
    }
}

void host_spf(const struct host *h, struct spf_plan *out)
{
    text_clear(&out->record);
    text_clear(&out->second);
    out->cut = 0;
    out->lookups = 0;
    out->voids = 0;
    out->status = SPF_IS_VALID;
    if (!has_record(h)) {
        out->status = SPF_IS_NONE;
        out->lookups = -1;
        out->voids = -1;
    } else if (h->is_parked || (h->mx == MX_NULL && !dice_chance(h->key, SALT_SPF_KIND, 200000))) {
        put(out, dice_chance(h->key, SALT_SPF_KIND, 50000) ? "v=spf1 ~all" : "v=spf1 -all");
    } else if (!h->is_long && host_chance(h, SALT_SPF_KIND, RATE_SPF_FAULTY)) {
        make_oddity(h, out);
    } else {
        make_usual(h, out);
    }
    settle(out);
}

bool host_spf_helper(const struct host *h, span label, struct text *out)
{
    static const struct {
        const char *label;
        const char *text; /* a '@' stands for the host's name */
    } records[] = {
        { "_spf", "v=spf1 ip4:193.0.14.128/28 include:spf.protection.outlook.com -all" },
        { "_spf1", "v=spf1 include:_spf2.@ a:mail.@ a:www.@ ~all" },
        { "_spf2", "v=spf1 include:_spf3.@ a:mail.@ a:www.@ ~all" },
        { "_spf3", "v=spf1 include:_spf4.@ a:mail.@ a:www.@ ~all" },
        { "_spf4", "v=spf1 a:mail.@ a:www.@ a:smtp.@ ip4:193.0.15.0/24 ~all" },
        { "_loop", "v=spf1 include:@ -all" },
        { "_rloop", "v=spf1 redirect=@" },
        { "_open", "v=spf1 +all" },
        { "_bad", "v=spf1 ipv4:193.0.14.129 -all" },
        { "_two", "v=spf1 ip4:193.0.14.129 -all" },
        { "_wide", "v=spf1 ip4:1.0.0.0/2 ip4:128.0.0.0/2 -all" },
        { "_nobody", "v=spf1 -all" },
    };
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        if (!span_equal(label, span_from_cstr(records[i].label))) {
            continue;
        }
        text_clear(out);
        span rest = span_from_cstr(records[i].text);
        while (rest.len > 0) {
            size_t at = span_find(rest, '@');
            text_add(out, span_first(rest, at));
            if (at < rest.len) {
                text_add(out, h->name);
            }
            rest = span_after(rest, at + 1);
        }
        return true;
    }
    return false;
}
