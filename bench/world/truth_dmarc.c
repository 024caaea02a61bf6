// SPDX-License-Identifier: MIT
#include "bench/world/truth_dmarc.h"

enum { WALK_MAX = 8, DIRECT_LABELS_MAX = 7 };

/* ---- one record: RFC 9989 4.7, 4.8 ---- */

/* Length of the version tag at the front, or 0: `v`, blanks, `=`, blanks, "DMARC1", then the end or `;`. */
static size_t version_len(span s)
{
    span version = SPAN("DMARC1");
    size_t at = 0;
    if (s.len == 0 || ascii_lower((unsigned char)s.ptr[at++]) != 'v') {
        return 0;
    }
    while (at < s.len && ascii_is_blank((unsigned char)s.ptr[at])) {
        at++;
    }
    if (at >= s.len || s.ptr[at++] != '=') {
        return 0;
    }
    while (at < s.len && ascii_is_blank((unsigned char)s.ptr[at])) {
        at++;
    }
    if (!span_starts_with(span_after(s, at), version)) {
        return 0;
    }
    at += version.len;
    while (at < s.len && ascii_is_blank((unsigned char)s.ptr[at])) {
        at++;
    }
    return at == s.len || s.ptr[at] == ';' ? at : 0;
}

/* Means to be DMARC and is not selected (posture.md, dmarc_lookalike): the kinds this world serves. */
static bool is_lookalike(span s)
{
    return version_len(s) == 0 && span_search_nocase(span_first(s, 12), SPAN("dmarc")) < (s.len < 12 ? s.len : 12);
}

static bool read_policy(span value, enum policy *out)
{
    static const char *const names[] = { "none", "quarantine", "reject" };
    for (size_t i = 0; i < 3; i++) {
        if (span_equal_nocase(value, span_from_cstr(names[i]))) {
            *out = (enum policy)(POLICY_NONE + (int)i);
            return true;
        }
    }
    return false;
}

static void set_policy(struct dmarc_tags *tags, span value, bool *has, bool *bad, enum policy *out)
{
    enum policy p = POLICY_NONE;
    bool good = read_policy(value, &p);
    if (*has) {
        tags->p_differs |= *bad == good || (good && p != *out);
        return;
    }
    *has = true;
    *bad = !good;
    *out = p;
}

static span host_of(span uri)
{
    if (span_starts_with_nocase(uri, SPAN("mailto:"))) {
        size_t at = span_find(uri, '@');
        return span_after(uri, at + 1);
    }
    return span_of("", 0);
}

static void set_uris(span value, span *uris, size_t *count)
{
    while (value.len > 0 && *count < DMARC_URIS_MAX) {
        span uri = span_trim(span_cut(&value, ','));
        if (uri.len > 0) {
            uris[(*count)++] = uri;
        }
    }
}

static void set_fo(struct dmarc_tags *tags, span value)
{
    tags->fo_count = 0;
    while (value.len > 0 && tags->fo_count < 8) {
        span one = span_trim(span_cut(&value, ':'));
        if (one.len != 1 || !memchr("01ds", ascii_lower((unsigned char)one.ptr[0]), 4)) {
            tags->fo[0] = SPAN("0");
            tags->fo_count = 1;
            return;
        }
        tags->fo[tags->fo_count++] = one;
    }
}

static void set_letter(span value, const char *letters, char *out)
{
    if (value.len == 1 && strchr(letters, ascii_lower((unsigned char)value.ptr[0]))) {
        *out = (char)ascii_lower((unsigned char)value.ptr[0]);
    }
}

static bool is_seen(span *names, size_t *count, span name)
{
    for (size_t i = 0; i < *count; i++) {
        if (span_equal_nocase(names[i], name)) {
            return true;
        }
    }
    if (*count < 32) {
        names[(*count)++] = name;
    }
    return false;
}

static void set_tag(struct dmarc_tags *tags, span name, span value, bool seen)
{
    uint64_t n;
    char letter = 'n';
    if (span_equal_nocase(name, SPAN("p"))) {
        set_policy(tags, value, &tags->has_p, &tags->p_bad, &tags->p);
    } else if (span_equal_nocase(name, SPAN("sp"))) {
        set_policy(tags, value, &tags->has_sp, &tags->sp_bad, &tags->sp);
    } else if (span_equal_nocase(name, SPAN("np"))) {
        set_policy(tags, value, &tags->has_np, &tags->np_bad, &tags->np);
    } else if (seen) {
        return; /* the first counts */
    } else if (span_equal_nocase(name, SPAN("rua"))) {
        set_uris(value, tags->rua, &tags->rua_count);
    } else if (span_equal_nocase(name, SPAN("ruf"))) {
        set_uris(value, tags->ruf, &tags->ruf_count);
    } else if (span_equal_nocase(name, SPAN("pct"))) {
        tags->pct = span_to_u64(value, 100, &n) ? (unsigned)n : 100;
    } else if (span_equal_nocase(name, SPAN("t"))) {
        set_letter(value, "yn", &letter);
        tags->testing = letter == 'y';
    } else if (span_equal_nocase(name, SPAN("psd"))) {
        set_letter(value, "ynu", &tags->psd);
    } else if (span_equal_nocase(name, SPAN("adkim"))) {
        set_letter(value, "rs", &tags->adkim);
    } else if (span_equal_nocase(name, SPAN("aspf"))) {
        set_letter(value, "rs", &tags->aspf);
    } else if (span_equal_nocase(name, SPAN("fo"))) {
        set_fo(tags, value);
    }
}

static void read_tags(span text, struct dmarc_tags *tags)
{
    span names[32];
    size_t name_count = 0;
    *tags = (struct dmarc_tags){ .text = text, .p = POLICY_NONE, .pct = 100, .adkim = 'r', .aspf = 'r', .psd = 'u' };
    tags->fo[0] = SPAN("0");
    tags->fo_count = 1;
    size_t version = version_len(text);
    tags->is_bare = version == text.len;
    span rest = span_after(text, version + 1);
    while (rest.len > 0) {
        span value = span_cut(&rest, ';');
        if (span_find(value, '=') == value.len) {
            continue;
        }
        span name = span_trim(span_cut(&value, '='));
        set_tag(tags, name, span_trim(value), is_seen(names, &name_count, name));
    }
    for (size_t i = 0; i < tags->rua_count; i++) {
        tags->has_usable_rua |=
            host_of(tags->rua[i]).len > 0 || span_starts_with_nocase(tags->rua[i], SPAN("https://"));
    }
    if (!tags->has_sp) {
        tags->sp = tags->p;
    }
    if (!tags->has_np) {
        tags->np = tags->sp;
    }
}

/* ---- what stands at one name ---- */

enum at_name { AT_NOTHING, AT_ONE, AT_SEVERAL, AT_LOOKALIKE, AT_FAILURE };

struct place {
    enum at_name what;
    span domain;
    span text; /* AT_ONE: the record; AT_SEVERAL, AT_LOOKALIKE: the first by raw bytes */
};

static void look(struct truth *t, span domain, struct place *out)
{
    struct asked asked;
    size_t selected = 0;
    *out = (struct place){ .what = AT_NOTHING, .domain = domain };
    truth_ask(t, truth_below(t, "_dmarc", domain), DNS_TXT, &asked);
    if (found_is_failure(asked.found)) {
        out->what = AT_FAILURE;
        return;
    }
    for (int lookalikes = 0; lookalikes < 2 && selected == 0; lookalikes++) {
        for (size_t i = 0; i < asked.count; i++) {
            if (lookalikes ? !is_lookalike(asked.txt[i]) : version_len(asked.txt[i]) == 0) {
                continue;
            }
            if (selected == 0 || span_compare(asked.txt[i], out->text) < 0) {
                out->text = asked.txt[i];
            }
            selected++;
            out->what = lookalikes ? AT_LOOKALIKE : selected == 1 ? AT_ONE : AT_SEVERAL;
        }
    }
}

/* ---- policies ---- */

static enum policy lower(enum policy p)
{
    return p > POLICY_NONE ? (enum policy)(p - 1) : p;
}

enum whose { WHOSE_OWN, WHOSE_SUB, WHOSE_NONEXISTENT };

static bool is_void_record(const struct dmarc_tags *tags)
{
    return tags->p_differs;
}

/* View A: RFC 9989 4.7, 4.10.1. */
static enum policy policy_a(const struct dmarc_tags *tags, enum whose whose)
{
    if (is_void_record(tags)) {
        return POLICY_NULL;
    }
    if ((tags->has_p && tags->p_bad) || (tags->has_sp && tags->sp_bad) || (tags->has_np && tags->np_bad)) {
        return tags->has_usable_rua ? POLICY_NONE : POLICY_NULL;
    }
    enum policy p = whose == WHOSE_OWN ? tags->p : whose == WHOSE_SUB ? tags->sp : tags->np;
    return tags->testing ? lower(p) : p;
}

/* View B: RFC 7489 6.3, 6.6.3, 6.6.4. With pct=0 there is no sample that would get the policy as published. */
static enum policy policy_b(const struct dmarc_tags *tags, enum whose whose, bool sampled)
{
    if (tags->is_bare || is_void_record(tags)) {
        return POLICY_NULL;
    }
    if (!tags->has_p || tags->p_bad || (tags->has_sp && tags->sp_bad)) {
        return tags->has_usable_rua ? POLICY_NONE : POLICY_NULL;
    }
    enum policy p = whose == WHOSE_OWN ? tags->p : tags->sp;
    return tags->pct == 0 || (sampled && tags->pct < 100) ? lower(p) : p;
}

/* ---- the tree walk: RFC 9989 4.10 ---- */

struct walk {
    size_t count;
    struct place places[WALK_MAX];
    bool has_failure;
};

static span without_first_label(span s)
{
    size_t dot = span_find(s, '.');
    return span_after(s, dot + 1);
}

static char psd_of(const struct place *p)
{
    struct dmarc_tags tags;
    read_tags(p->text, &tags);
    return tags.psd;
}

static bool ends_walk(const struct place *p)
{
    return p->what == AT_ONE && psd_of(p) != 'u';
}

/* The first place is the domain itself. */
static void walk_up(struct truth *t, span domain, struct walk *w)
{
    w->count = 0;
    w->has_failure = false;
    span at = domain;
    while (at.len > 0 && w->count < WALK_MAX) {
        struct place *p = &w->places[w->count++];
        look(t, at, p);
        w->has_failure |= p->what == AT_FAILURE;
        if (ends_walk(p)) {
            return;
        }
        bool is_first = w->count == 1;
        at = without_first_label(at);
        while (is_first && name_label_count(at) > DIRECT_LABELS_MAX) {
            at = without_first_label(at);
        }
    }
}

/* The domain one label below `above`, of which `name` is part. */
static span one_below(span name, span above)
{
    size_t start = name.len - above.len - 1;
    while (start > 0 && name.ptr[start - 1] != '.') {
        start--;
    }
    return span_after(name, start);
}

struct found_policy {
    const struct place *record; /* NULL: none */
    span organizational_domain; /* empty: no record at all */
};

static const struct place *place_of(const struct walk *w, span domain)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->places[i].what == AT_ONE && span_equal(w->places[i].domain, domain)) {
            return &w->places[i];
        }
    }
    return NULL;
}

/* 4.10.2 for `name`, whose own record (if it is one of the places) counts like the others. */
static struct found_policy organize(const struct walk *w, span name)
{
    const struct place *top = NULL;
    struct found_policy f = { .organizational_domain = span_of("", 0) };
    for (size_t i = 0; i < w->count; i++) {
        if (w->places[i].what == AT_ONE) {
            top = &w->places[i];
        }
    }
    if (!top) {
        return f;
    }
    char psd = psd_of(top);
    if (psd == 'y' && !span_equal(top->domain, name)) {
        f.organizational_domain = one_below(name, top->domain);
        f.record = place_of(w, f.organizational_domain);
        if (!f.record) {
            f.record = top;
        }
    } else {
        f.organizational_domain = top->domain;
        f.record = top;
    }
    return f;
}

/* ---- report destinations: RFC 9990 4 ---- */

enum welcome { WELCOME_YES, WELCOME_NO, WELCOME_UNKNOWN };

static enum welcome ask_destination(struct truth *t, span policy_domain, span host)
{
    struct asked asked;
    char label[512];
    span own = truth_registrable(t, policy_domain);
    span theirs = truth_registrable(t, host);
    if (theirs.len == 0 || span_equal_nocase(own, theirs)) {
        return WELCOME_YES;
    }
    int n = snprintf(label, sizeof(label), "%.*s._report._dmarc", SPAN_ARG(policy_domain));
    truth_ask(t, n > 0 ? truth_below(t, label, host) : host, DNS_TXT, &asked);
    if (found_is_failure(asked.found)) {
        return WELCOME_UNKNOWN;
    }
    for (size_t k = 0; k < asked.count; k++) {
        if (version_len(asked.txt[k]) > 0) {
            return WELCOME_YES;
        }
    }
    return WELCOME_NO;
}

static void note_unauthorised(struct dmarc_truth *out, span host)
{
    for (size_t k = 0; k < out->unauthorised_count; k++) {
        if (span_equal_nocase(out->unauthorised[k], host)) {
            return;
        }
    }
    out->unauthorised[out->unauthorised_count++] = host;
}

static void check_destinations(struct truth *t, const span *uris, size_t count, bool is_aggregate,
                               struct dmarc_truth *out)
{
    for (size_t i = 0; i < count; i++) {
        span host = host_of(uris[i]);
        host = span_first(host, span_find(host, '!'));
        if (host.len == 0) {
            continue;
        }
        enum welcome welcome = ask_destination(t, out->found_at, host);
        if (welcome == WELCOME_NO) {
            note_unauthorised(out, host);
        } else if (is_aggregate && out->usable_rua != RUA_USABLE) {
            out->usable_rua = welcome == WELCOME_YES ? RUA_USABLE : RUA_UNSURE;
        }
    }
}

/* ---- all together ---- */

static enum policy weaker(enum policy a, enum policy b)
{
    return a < b ? a : b;
}

/* What names below the domain get, those without records of their own. */
static void fill_below(struct truth *t, const struct walk *w, const struct place *own, span domain,
                       struct dmarc_truth *out)
{
    struct dmarc_tags tags;
    span child = truth_below(t, "child", domain);
    struct found_policy a = organize(w, child);
    if (a.record) {
        read_tags(a.record->text, &tags);
        out->sub_a = policy_a(&tags, WHOSE_SUB);
        out->np_a = policy_a(&tags, WHOSE_NONEXISTENT);
    }
    struct place org;
    span registrable = truth_registrable(t, child);
    const struct place *b = own;
    if (registrable.len > domain.len) {
        return; /* below a public suffix each name is its own organization */
    }
    if (!span_equal(registrable, domain)) {
        look(t, registrable, &org);
        b = &org;
    }
    if (b->what == AT_ONE) {
        read_tags(b->text, &tags);
        out->sub_b = out->np_b = policy_b(&tags, WHOSE_SUB, true);
    }
}

static void fill_view_b(struct truth *t, const struct place *own, span domain, struct dmarc_truth *out, bool *failed)
{
    struct dmarc_tags tags;
    struct place org = { .what = AT_NOTHING };
    const struct place *used = own;
    enum whose whose = WHOSE_OWN;
    span registrable = truth_registrable(t, domain);
    if ((own->what == AT_NOTHING || own->what == AT_LOOKALIKE) && registrable.len > 0 &&
        !span_equal(registrable, domain)) {
        look(t, registrable, &org);
        used = &org;
        whose = WHOSE_SUB;
    }
    *failed = used->what == AT_FAILURE;
    if (used->what == AT_ONE) {
        read_tags(used->text, &tags);
        out->view_b = policy_b(&tags, whose, true);
        out->view_b_unsampled = policy_b(&tags, whose, false);
    }
}

static void apply(const struct place *record, span domain, bool exists, struct dmarc_truth *out)
{
    out->found_at = record->domain;
    out->inherited = !span_equal(record->domain, domain);
    out->has_tags = true;
    read_tags(record->text, &out->tags);
    out->view_a = policy_a(&out->tags, !out->inherited ? WHOSE_OWN : exists ? WHOSE_SUB : WHOSE_NONEXISTENT);
}

void dmarc_truth_find(struct truth *t, span domain, bool exists, struct dmarc_truth *out)
{
    struct walk w;
    bool b_failed;
    *out = (struct dmarc_truth){ .status = DMARC_NONE, .found_at = span_of("", 0) };
    walk_up(t, domain, &w);
    const struct place *own = &w.places[0];
    if (own->what == AT_FAILURE || (own->what != AT_ONE && w.has_failure)) {
        out->status = DMARC_TEMPERROR;
        return;
    }
    fill_view_b(t, own, domain, out, &b_failed);
    if (b_failed) {
        out->status = DMARC_TEMPERROR;
        return;
    }
    struct found_policy f = organize(&w, domain);
    const struct place *record = own->what == AT_ONE ? own : f.record;
    out->organizational_domain = f.organizational_domain;
    out->organizational_is_unsure = w.has_failure;
    fill_below(t, &w, own, domain, out);
    if (record) {
        apply(record, domain, exists, out);
    }
    out->effective = weaker(out->view_a, out->view_b);
    if (out->view_a != POLICY_NULL || out->view_b != POLICY_NULL) {
        out->status = DMARC_VALID;
        check_destinations(t, out->tags.rua, out->tags.rua_count, true, out);
        check_destinations(t, out->tags.ruf, out->tags.ruf_count, false, out);
    } else if (own->what != AT_NOTHING) {
        out->status = DMARC_INVALID;
        out->found_at = own->domain;
        out->inherited = false;
        out->has_tags = true;
        out->tags.text = own->text;
    } else {
        out->found_at = span_of("", 0);
        out->inherited = out->has_tags = false;
    }
}
