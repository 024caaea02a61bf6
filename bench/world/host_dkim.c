// SPDX-License-Identifier: MIT
#include "bench/world/host.h"
#include "bench/world/key_data.h"

/*
 * DKIM keys of hosts: which selectors, and what stands there. RFC 6376 3.6.1, RFC 8463.
 */

/* Selectors a scan can guess; `target` is the alias they are published as, '@' the host's name with dashes, '#' a
 * number. */
struct selector {
    const char *name;
    const char *target;
    const char *only_with; /* the first of a pair that must be there */
    uint32_t ppm;          /* of hosts with keys, whatever their MX */
};

static const struct selector selectors[] = {
    { "google", NULL, NULL, 15000 },
    { "selector1", "selector1-@._domainkey.t#.onmicrosoft.com", NULL, 20000 },
    { "selector2", "selector2-@._domainkey.t#.onmicrosoft.com", "selector1", 950000 },
    { "default", NULL, NULL, 190000 },
    { "dkim", NULL, NULL, 70000 },
    { "mail", NULL, NULL, 95000 },
    { "k1", NULL, NULL, 60000 },
    { "s1", "s1.domainkey.u#.wl.sendgrid.net", NULL, 90000 },
    { "s2", "s2.domainkey.u#.wl.sendgrid.net", "s1", 950000 },
    { "k2", "dkim2.mcsv.net", NULL, 90000 },
    { "k3", "dkim3.mcsv.net", "k2", 950000 },
    { "mandrill", NULL, NULL, 30000 },
    { "fm1", "fm1.@.dkim.fmhosted.com", NULL, 5000 },
    { "protonmail", "protonmail.domainkey.d#.domains.proton.ch", NULL, 5000 },
    { "zoho", NULL, NULL, 10000 },
    { "sig1", "sig1.dkim.@.at.icloudmailadmin.com", NULL, 4000 },
    { "smtp", NULL, NULL, 30000 },
    { "m1", NULL, NULL, 8000 },
    { "zendesk1", "zendesk1._domainkey.zendesk.com", NULL, 12000 },
    { "mx", NULL, NULL, 8000 },
    { "resend", NULL, NULL, 10000 },
    { "cf2024-1", NULL, NULL, 10000 },
};

enum {
    SELECTOR_COUNT = sizeof(selectors) / sizeof(selectors[0]),
    SELECTOR_NONE = SELECTOR_COUNT,
    SELECTOR_DEFAULT = 3
};

static size_t selector_find(span name)
{
    for (size_t i = 0; i < SELECTOR_COUNT; i++) {
        if (span_equal(name, span_from_cstr(selectors[i].name))) {
            return i;
        }
    }
    return SELECTOR_NONE;
}

enum dkim_kind host_dkim_kind(const struct host *h)
{
    static const uint32_t weights[] = { 0, 30, 760, 150, 15, 5 };
    enum rate rate = h->is_sub                              ? RATE_SUB_DKIM
                     : h->mx == MX_NONE || h->mx == MX_NULL ? RATE_DKIM_GIVEN_NO_MX
                                                            : RATE_DKIM_GIVEN_MX;
    if (h->is_parked) {
        return dice_chance(h->key, SALT_DKIM, 500000) ? DKIM_WILDCARD_REVOKED : DKIM_ABSENT;
    }
    if (h->is_alias || !host_chance(h, SALT_DKIM, rate)) {
        return DKIM_ABSENT;
    }
    return (enum dkim_kind)dice_pick(h->key, SALT_DKIM_KIND, weights, sizeof(weights) / sizeof(weights[0]));
}

/* A mailbox provider's own selector is there more often than not. */
static uint32_t selector_ppm(const struct host *h, size_t i)
{
    static const struct {
        enum mx_kind mx;
        const char *name;
        uint32_t ppm;
    } own[] = {
        { MX_GOOGLE, "google", 700000 },
        { MX_MICROSOFT, "selector1", 850000 },
        { MX_ZOHO, "zoho", 700000 },
        { MX_FASTMAIL, "fm1", 950000 },
        { MX_PROTON, "protonmail", 950000 },
        { MX_CLOUDFLARE, "cf2024-1", 800000 },
        { MX_PROOFPOINT, "selector1", 500000 },
    };
    for (size_t k = 0; k < sizeof(own) / sizeof(own[0]); k++) {
        if (h->mx == own[k].mx && strcmp(own[k].name, selectors[i].name) == 0) {
            return own[k].ppm;
        }
    }
    return selectors[i].ppm;
}

static bool drawn(const struct host *h, size_t i)
{
    return dice_chance(h->key, SALT_DKIM + SALT_RUN + (uint32_t)i, selector_ppm(h, i));
}

static bool any_drawn(const struct host *h)
{
    for (size_t i = 0; i < SELECTOR_COUNT; i++) {
        if (!selectors[i].only_with && drawn(h, i)) {
            return true;
        }
    }
    return false;
}

/* A host with keys has at least one: `default` where the dice gave none. */
static bool has_selector(const struct host *h, size_t i)
{
    if (selectors[i].only_with) {
        return drawn(h, i) && has_selector(h, selector_find(span_from_cstr(selectors[i].only_with)));
    }
    return drawn(h, i) || (i == SELECTOR_DEFAULT && !any_drawn(h));
}

/* The unguessable one: Amazon SES's tokens, dates. */
static void hidden_selector(const struct host *h, struct text *out)
{
    text_clear(out);
    if (h->key % 2 == 0) {
        text_add_hex(out, dice_roll(h->key, SALT_DKIM_KIND), 16);
        text_add_hex(out, dice_roll(h->key, SALT_DKIM_KIND + SALT_RUN), 16);
    } else {
        text_add_number(out, 20180101 + h->key % 70000);
        text_add(out, SPAN("pm"));
    }
}

/* ---- key records ---- */

static void put_key(struct text *t, size_t sample)
{
    text_add_cstr(t, key_samples[sample].base64);
}

/* A key broken into lines with blanks, as people paste it (white space inside p= is allowed: RFC 6376 3.6.1). */
static void put_key_spaced(struct text *t, size_t sample)
{
    span key = span_from_cstr(key_samples[sample].base64);
    while (key.len > 0) {
        text_add(t, span_first(key, 64));
        text_add(t, SPAN(" "));
        key = span_after(key, 64);
    }
}

enum key_fault {
    KEY_REVOKED,
    KEY_BAD_BASE64,
    KEY_TWO,
    KEY_NO_P,
    KEY_SHA1,
    KEY_TYPE_UNKNOWN,
    KEY_BAD_VERSION,
    KEY_RSA_512,
    KEY_RSA_768,
    KEY_NOT_MAIL,
    KEY_CUT_SHORT,
    KEY_FAULT_COUNT
};

static void add_faulty_key(uint64_t roll, size_t sample, struct reply *r)
{
    static const uint32_t weights[KEY_FAULT_COUNT] = { 300, 80, 130, 60, 50, 30, 80, 60, 30, 30, 60 };
    struct text t;
    text_clear(&t);
    enum key_fault fault = (enum key_fault)dice_pick(roll, 1, weights, KEY_FAULT_COUNT);
    switch (fault) {
    case KEY_REVOKED:
        text_add(&t, SPAN("v=DKIM1; k=rsa; p="));
        break;
    case KEY_BAD_BASE64:
        text_add(&t, SPAN("v=DKIM1; k=rsa; p=MIGfMA0GCSqG*not-base64*"));
        break;
    case KEY_TWO: /* alike but for the key, so that it does not matter which of them is looked at */
        for (size_t i = 0; i < 2; i++) {
            text_clear(&t);
            text_add(&t, SPAN("v=DKIM1; k=rsa; p="));
            put_key(&t, KEYS_RSA_1024 + (roll + i) % (KEYS_RSA_2048 - KEYS_RSA_1024));
            reply_add_txt(r, text_span(&t));
        }
        return;
    case KEY_NO_P:
        text_add(&t, SPAN("v=DKIM1; k=rsa; t=s"));
        break;
    case KEY_SHA1:
        text_add(&t, SPAN("v=DKIM1; k=rsa; h=sha1; p="));
        put_key(&t, sample);
        break;
    case KEY_TYPE_UNKNOWN:
        text_add(&t, SPAN("v=DKIM1; k=rsa2048; p="));
        put_key(&t, sample);
        break;
    case KEY_BAD_VERSION:
        text_add(&t, SPAN("v=DKIM2; k=rsa; p="));
        put_key(&t, sample);
        break;
    case KEY_RSA_512:
    case KEY_RSA_768:
        text_add(&t, SPAN("k=rsa; p="));
        put_key(&t, fault == KEY_RSA_512 ? KEYS_RSA_512 : KEYS_RSA_768);
        break;
    case KEY_NOT_MAIL:
        text_add(&t, SPAN("v=DKIM1; k=rsa; s=tlsrpt; p="));
        put_key(&t, sample);
        break;
    default:
        text_add(&t, SPAN("v=DKIM1; k=rsa; p="));
        text_add(&t, span_first(span_from_cstr(key_samples[KEYS_RSA_1024].base64), 120));
    }
    reply_add_txt(r, text_span(&t));
}

/* key_bits (dmarcorg22): twice as many of 2048 as of 1024 bits. */
static size_t pick_sample(uint64_t roll)
{
    static const uint32_t weights[] = { 640, 330, 20, 6 };
    switch (dice_pick(roll, 2, weights, 4)) {
    case 0:
        return KEYS_RSA_2048 + roll % (KEYS_RSA_4096 - KEYS_RSA_2048);
    case 1:
        return KEYS_RSA_1024 + roll % (KEYS_RSA_2048 - KEYS_RSA_1024);
    case 2:
        return KEYS_RSA_4096 + roll % (KEYS_ED25519 - KEYS_RSA_4096);
    default:
        return KEYS_ED25519 + roll % (KEYS_COUNT - KEYS_ED25519);
    }
}

static void add_good_key(uint64_t roll, size_t sample, struct reply *r)
{
    static const uint32_t weights[] = { 760, 60, 60, 40, 30, 20, 20 };
    static const char *const heads[] = {
        "v=DKIM1; k=@; p=",
        "p=",
        "v=DKIM1;k=@;t=s;p=",
        "k=@; p=",
        "v=DKIM1; h=sha256; k=@; s=email; p=",
        "v=DKIM1; k=@; t=y; p=",
        "k=@; v=DKIM1; p=",
    };
    struct text t;
    text_clear(&t);
    size_t at = dice_pick(roll, 3, weights, sizeof(weights) / sizeof(weights[0]));
    bool is_rsa = sample < KEYS_ED25519;
    span head = span_from_cstr(heads[is_rsa || at != 1 ? at : 0]);
    size_t type_at = span_find(head, '@');
    text_add(&t, span_first(head, type_at));
    if (type_at < head.len) {
        text_add_cstr(&t, key_samples[sample].type);
    }
    text_add(&t, span_after(head, type_at + 1));
    if (dice_chance(roll, 4, 40000)) {
        put_key_spaced(&t, sample);
    } else {
        put_key(&t, sample);
    }
    if (dice_chance(roll, 5, 200000)) {
        text_add(&t, SPAN(";"));
    }
    reply_add_txt(r, text_span(&t));
}

static void add_alias(const struct host *h, const char *target, uint64_t roll, struct reply *r)
{
    struct text t;
    text_clear(&t);
    if (dice_chance(roll, 6, 12000)) { /* set-up never finished */
        text_add(&t, SPAN("dkim."));
        text_add_hex(&t, roll, 8);
        text_add(&t, SPAN(".mailsign.net"));
    } else if (dice_chance(roll, 7, 2000)) { /* the service is gone, its domain free */
        text_add(&t, SPAN("dkim.gone-"));
        text_add_hex(&t, roll, 6);
        text_add(&t, SPAN(".net"));
    } else {
        for (const char *c = target; *c; c++) {
            if (*c == '@' && h->name.len <= 50) {
                text_add_dashed(&t, h->name);
            } else if (*c == '@' || *c == '#') {
                text_add_hex(&t, h->key, 8);
            } else {
                text_add(&t, span_of(c, 1));
            }
        }
    }
    reply_add_cname(r, text_span(&t));
}

static void answer_selector(const struct host *h, size_t i, span name, uint16_t type, struct reply *r)
{
    uint64_t roll = dice_roll(h->key, (uint32_t)name_hash(name));
    if (i < SELECTOR_COUNT && selectors[i].target) {
        add_alias(h, selectors[i].target, roll, r);
    } else if (type == DNS_TXT && host_chance(h, SALT_DKIM_KIND + 2 * SALT_RUN + (uint32_t)i, RATE_DKIM_KEY_BAD)) {
        add_faulty_key(roll, pick_sample(roll), r);
    } else if (type == DNS_TXT) {
        add_good_key(roll, pick_sample(roll), r);
    }
}

static bool selector_exists(const struct host *h, enum dkim_kind kind, span name, size_t *index)
{
    *index = selector_find(name);
    if (kind == DKIM_HIDDEN) {
        struct text hidden;
        hidden_selector(h, &hidden);
        return span_equal(name, text_span(&hidden));
    }
    /* A third of the locked-down wildcards stand beside a key that is in use. */
    bool may_have = kind == DKIM_KEYS || (kind == DKIM_WILDCARD_REVOKED && !h->is_parked && h->key % 3 == 0);
    return may_have && *index != SELECTOR_NONE && has_selector(h, *index);
}

size_t host_dkim_answer(const struct host *h, const span *rel, size_t count, uint16_t type, struct reply *r)
{
    enum dkim_kind kind = host_dkim_kind(h);
    if (kind == DKIM_ABSENT || h->is_long) {
        return 0;
    }
    if (count == 0) {
        if (kind == DKIM_EMPTY && type == DNS_TXT) {
            reply_add_txt(r, SPAN("o=~"));
        }
        return 1;
    }
    size_t index;
    if (selector_exists(h, kind, rel[count - 1], &index)) {
        if (count == 1) {
            answer_selector(h, index, rel[0], type, r);
        }
        return 2;
    }
    if (kind != DKIM_WILDCARD_REVOKED && kind != DKIM_WILDCARD_KEY) {
        return 1;
    }
    r->is_wildcard = true;
    if (type == DNS_TXT && kind == DKIM_WILDCARD_REVOKED) {
        reply_add_txt(r, SPAN("v=DKIM1; p="));
    } else if (type == DNS_TXT) {
        add_good_key(dice_roll(h->key, SALT_DKIM_KIND), KEYS_RSA_2048 + h->key % 8, r);
    }
    return count + 1;
}
