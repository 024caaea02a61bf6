// SPDX-License-Identifier: MIT
#include "bench/world/truth_dkim.h"
#include "bench/world/key_data.h"

#include <stdlib.h>

/* Tier 1 of the selectors, in order; `after`: only asked when that one answered. */
static const struct {
    const char *name;
    const char *after;
} tier_one[] = {
    { "google", NULL },  { "selector1", NULL }, { "selector2", "selector1" },
    { "default", NULL }, { "dkim", NULL },      { "mail", NULL },
    { "k1", NULL },      { "s1", NULL },        { "s2", "s1" },
    { "k2", NULL },      { "k3", "k2" },        { "mandrill", NULL },
    { "fm1", NULL },     { "hs1", NULL },       { "protonmail", NULL },
    { "zoho", NULL },    { "sig1", NULL },      { "smtp", NULL },
    { "m1", NULL },      { "zendesk1", NULL },  { "mx", NULL },
    { "resend", NULL },  { "cf2024-1", NULL },
};

/* ---- one record: RFC 6376 3.2, 3.6.1; RFC 8301; RFC 8463 ---- */

struct key_tags {
    bool is_list; /* the text is a tag list at all */
    bool has_v, has_p, has_h, has_s;
    span v, p, k, h, s, t;
};

static void set_tag(struct key_tags *tags, span name, span value)
{
    const struct {
        const char *name;
        span *value;
        bool *has;
    } known[] = {
        { "v", &tags->v, &tags->has_v }, { "p", &tags->p, &tags->has_p }, { "h", &tags->h, &tags->has_h },
        { "s", &tags->s, &tags->has_s }, { "k", &tags->k, NULL },         { "t", &tags->t, NULL },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (span_equal(name, span_from_cstr(known[i].name))) {
            *known[i].value = value;
            if (known[i].has) {
                *known[i].has = true;
            }
        }
    }
}

static struct key_tags read_tags(span text)
{
    struct key_tags tags = { .is_list = true, .k = SPAN("rsa") };
    while (text.len > 0) {
        span value = span_trim_fws(span_cut(&text, ';'));
        if (value.len == 0) {
            continue;
        }
        if (span_find(value, '=') == value.len) {
            tags.is_list = false;
        }
        span name = span_trim_fws(span_cut(&value, '='));
        set_tag(&tags, name, span_trim_fws(value));
    }
    return tags;
}

/* The embedded key with these base64 letters, blanks left out. */
static const struct key_sample *sample_of(span p)
{
    char letters[2048];
    size_t n = 0;
    for (size_t i = 0; i < p.len && n < sizeof(letters); i++) {
        if (!ascii_is_blank((unsigned char)p.ptr[i])) {
            letters[n++] = p.ptr[i];
        }
    }
    for (size_t i = 0; i < key_sample_count; i++) {
        if (span_equal(span_of(letters, n), span_from_cstr(key_samples[i].base64))) {
            return &key_samples[i];
        }
    }
    return NULL;
}

static bool list_has(span list, const char *item)
{
    while (list.len > 0) {
        if (span_equal_nocase(span_trim(span_cut(&list, ':')), span_from_cstr(item))) {
            return true;
        }
    }
    return false;
}

static void judge(span text, struct key_found *out)
{
    struct key_tags tags = read_tags(text);
    bool known_type = span_equal_nocase(tags.k, SPAN("rsa")) || span_equal_nocase(tags.k, SPAN("ed25519"));
    const struct key_sample *sample = sample_of(tags.p);
    out->type = !known_type ? NULL : span_equal_nocase(tags.k, SPAN("rsa")) ? "rsa" : "ed25519";
    out->testing = list_has(tags.t, "y");
    bool good = tags.is_list && known_type && tags.has_p && (!tags.has_v || span_equal(tags.v, SPAN("DKIM1"))) &&
                (!tags.has_h || list_has(tags.h, "sha256")) &&
                (!tags.has_s || list_has(tags.s, "*") || list_has(tags.s, "email"));
    if (good && tags.p.len == 0) {
        out->state = KEY_IS_REVOKED;
        return;
    }
    bool matches = sample && out->type && strcmp(sample->type, out->type) == 0;
    out->bits = matches ? sample->bits : 0;
    out->state = good && matches && (out->bits >= 1024 || sample->bits == 256) ? KEY_IS_VALID : KEY_IS_INVALID;
}

/* ---- the search ---- */

static bool same_answer(const struct asked *a, const struct asked *b)
{
    if (a->count != b->count || a->count == 0) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!span_equal(a->txt[i], b->txt[i])) {
            return false;
        }
    }
    return true;
}

static span selector_name(struct truth *t, const char *selector, span domain)
{
    return truth_below(t, selector, truth_below(t, "_domainkey", domain));
}

static bool is_wanted(const bool *answered, size_t i)
{
    for (size_t k = 0; tier_one[i].after && k < i; k++) {
        if (strcmp(tier_one[k].name, tier_one[i].after) == 0) {
            return answered[k];
        }
    }
    return true;
}

static enum dkim_state status_of(const struct dkim_truth *d, bool is_wildcard, bool failed)
{
    bool has[4] = { false };
    for (size_t i = 0; i < d->count; i++) {
        has[d->keys[i].state] = true;
    }
    if (has[KEY_IS_VALID]) {
        return DKIM_FOUND;
    }
    if (failed) {
        return DKIM_TEMPERROR;
    }
    if (has[KEY_IS_REVOKED]) {
        return DKIM_REVOKED;
    }
    if (d->count > 0) {
        return DKIM_INVALID;
    }
    return is_wildcard ? DKIM_WILDCARD : DKIM_NONE_FOUND;
}

static void look_for(struct truth *t, span domain, size_t i, const struct asked *wildcard, struct dkim_truth *out,
                     bool *answered, bool *failed)
{
    struct asked *asked = malloc(sizeof(*asked));
    if (!asked) {
        abort();
    }
    truth_ask(t, selector_name(t, tier_one[i].name, domain), DNS_TXT, asked);
    *failed |= found_is_failure(asked->found);
    *answered = asked->count > 0 || (asked->has_alias && found_is_absent(asked->found));
    if (*answered && !same_answer(asked, wildcard)) {
        struct key_found *key = &out->keys[out->count++];
        *key = (struct key_found){ .selector = tier_one[i].name, .state = KEY_IS_DANGLING };
        if (asked->count > 0) {
            judge(asked->txt[0], key);
            key->state = asked->count > 1 ? KEY_IS_INVALID : key->state; /* undefined: RFC 6376 3.6.2.2 */
        } else {
            out->can_be_taken |= asked->at_registry;
        }
        out->has_key |= key->state == KEY_IS_VALID;
    }
    free(asked);
}

void dkim_truth_find(struct truth *t, span domain, struct dkim_truth *out)
{
    struct asked wildcard;
    bool answered[sizeof(tier_one) / sizeof(tier_one[0])] = { false };
    bool failed = false;
    bool wildcard_revoked = false;
    *out = (struct dkim_truth){ .status = DKIM_NONE_FOUND };
    truth_ask(t, truth_below(t, "_domainkey", domain), DNS_TXT, &wildcard);
    out->namespace_found = wildcard.found;
    if (wildcard.found == FOUND_NXDOMAIN || found_is_failure(wildcard.found)) {
        out->status = wildcard.found == FOUND_NXDOMAIN ? DKIM_NONE_FOUND : DKIM_TEMPERROR;
        return;
    }
    truth_ask(t, selector_name(t, "qzxkvwpjyhbtgmfd", domain), DNS_TXT, &wildcard);
    if (wildcard.count == 1) {
        struct key_found key = { .selector = "" };
        judge(wildcard.txt[0], &key);
        wildcard_revoked = key.state == KEY_IS_REVOKED;
        out->has_key = key.state == KEY_IS_VALID;
    }
    for (size_t i = 0; i < sizeof(tier_one) / sizeof(tier_one[0]); i++) {
        if (is_wanted(answered, i)) {
            look_for(t, domain, i, &wildcard, out, &answered[i], &failed);
        }
    }
    out->status = status_of(out, wildcard_revoked || out->has_key, failed);
}
