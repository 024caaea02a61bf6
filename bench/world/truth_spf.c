// SPDX-License-Identifier: MIT
#include "bench/world/truth_spf.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum { TERMS_MAX = 512, DEPTH_MAX = 40, RANGES_MAX = 8192, LOOKUP_LIMIT = 10, VOID_LIMIT = 2, MX_LIMIT = 10 };

enum term_kind { TERM_ALL, TERM_INCLUDE, TERM_A, TERM_MX, TERM_PTR, TERM_EXISTS, TERM_IP4, TERM_IP6 };

struct term {
    enum term_kind kind;
    char qualifier;
    span text;  /* the whole term */
    span value; /* the domain-spec as written, may be empty */
    unsigned prefix4, prefix6;
    uint32_t address;
    uint8_t address6[16];
};

struct record {
    size_t count;
    struct term terms[TERMS_MAX];
    bool has_redirect, has_all;
    span redirect;
};

/* ---- grammar: RFC 7208 4.6.1, 5, 6, 7.1, 12 ---- */

static bool is_visible(span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] < 0x21 || (unsigned char)s.ptr[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/* Length of the macro-expand at the front, 0 when it is malformed. */
static size_t macro_len(span s)
{
    if (s.len >= 2 && (s.ptr[1] == '%' || s.ptr[1] == '_' || s.ptr[1] == '-')) {
        return 2;
    }
    if (s.len < 4 || s.ptr[1] != '{' || !memchr("slodiphv", ascii_lower((unsigned char)s.ptr[2]), 8)) {
        return 0;
    }
    size_t at = 3;
    uint64_t digits = 0;
    size_t digits_at = at;
    while (at < s.len && ascii_is_digit((unsigned char)s.ptr[at])) {
        digits = digits * 10 + (uint64_t)(s.ptr[at++] - '0');
    }
    if (at > digits_at && digits == 0) {
        return 0;
    }
    at += at < s.len && (s.ptr[at] == 'r' || s.ptr[at] == 'R');
    while (at < s.len && memchr(".-+,/_=", s.ptr[at], 7)) {
        at++;
    }
    return at < s.len && s.ptr[at] == '}' ? at + 1 : 0;
}

/* *ends_in_macro: the last thing is a macro-expand. */
static bool is_macro_string(span s, bool *ends_in_macro)
{
    *ends_in_macro = false;
    while (s.len > 0) {
        size_t n = 1;
        *ends_in_macro = s.ptr[0] == '%';
        if (s.ptr[0] == '%' && (n = macro_len(s)) == 0) {
            return false;
        }
        s = span_after(s, n);
    }
    return true;
}

static bool is_toplabel(span s)
{
    bool has_other = false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (!ascii_is_alnum(c) && c != '-') {
            return false;
        }
        has_other |= !ascii_is_digit(c);
    }
    return s.len > 0 && has_other && s.ptr[0] != '-' && s.ptr[s.len - 1] != '-';
}

static bool is_domain_spec(span s)
{
    bool ends_in_macro;
    if (s.len == 0 || !is_visible(s) || !is_macro_string(s, &ends_in_macro)) {
        return false;
    }
    if (ends_in_macro) {
        return true;
    }
    if (s.ptr[s.len - 1] == '.') {
        s.len--;
    }
    size_t dot = s.len;
    while (dot > 0 && s.ptr[dot - 1] != '.') {
        dot--;
    }
    return dot > 0 && is_toplabel(span_after(s, dot));
}

static bool read_prefix(span s, unsigned max, unsigned *out)
{
    uint64_t v;
    if (s.len == 0 || s.len > 3 || (s.len > 1 && s.ptr[0] == '0') || !span_to_u64(s, max, &v)) {
        return false;
    }
    *out = (unsigned)v;
    return true;
}

/* [ip4-cidr-length] [ "/" ip6-cidr-length ] of a and mx. */
static bool read_dual_prefix(span s, unsigned *prefix4, unsigned *prefix6)
{
    *prefix4 = 32;
    *prefix6 = 128;
    if (s.len == 0) {
        return true;
    }
    s = span_after(s, 1);
    if (s.len > 0 && s.ptr[0] == '/') {
        return read_prefix(span_after(s, 1), 128, prefix6);
    }
    size_t slash = span_find(s, '/');
    if (!read_prefix(span_first(s, slash), 32, prefix4)) {
        return false;
    }
    s = span_after(s, slash);
    return s.len == 0 || (s.len > 2 && s.ptr[1] == '/' && read_prefix(span_after(s, 2), 128, prefix6));
}

static bool read_ip4(span s, uint32_t *out)
{
    char text[16];
    struct in_addr a;
    if (s.len >= sizeof(text)) {
        return false;
    }
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    if (inet_pton(AF_INET, text, &a) != 1) {
        return false;
    }
    *out = ntohl(a.s_addr);
    return true;
}

static bool read_ip6(span s, uint8_t out[16])
{
    char text[64];
    if (s.len >= sizeof(text)) {
        return false;
    }
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    return inet_pton(AF_INET6, text, out) == 1;
}

static size_t slash_outside_macros(span s)
{
    size_t depth = 0;
    for (size_t i = 0; i < s.len; i++) {
        depth += s.ptr[i] == '{';
        depth -= s.ptr[i] == '}' && depth > 0;
        if (s.ptr[i] == '/' && depth == 0) {
            return i;
        }
    }
    return s.len;
}

/* What stands behind the mechanism's name: "" or ":value" or "/cidr" or ":value/cidr". */
static bool read_arguments(span rest, struct term *t)
{
    bool has_value = rest.len > 0 && rest.ptr[0] == ':';
    span value = has_value ? span_after(rest, 1) : span_of("", 0);
    size_t slash;
    switch (t->kind) {
    case TERM_ALL:
        return rest.len == 0;
    case TERM_INCLUDE:
    case TERM_EXISTS:
        t->value = value;
        return has_value && is_domain_spec(value);
    case TERM_PTR:
        t->value = value;
        return rest.len == 0 || (has_value && is_domain_spec(value));
    case TERM_A:
    case TERM_MX:
        slash = slash_outside_macros(has_value ? value : rest);
        t->value = span_first(value, slash);
        if (has_value && !is_domain_spec(t->value)) {
            return false;
        }
        return read_dual_prefix(span_after(has_value ? value : rest, slash), &t->prefix4, &t->prefix6);
    case TERM_IP4:
        slash = span_find(value, '/');
        t->prefix4 = 32;
        return has_value && read_ip4(span_first(value, slash), &t->address) &&
               (slash == value.len || read_prefix(span_after(value, slash + 1), 32, &t->prefix4));
    case TERM_IP6:
        slash = span_find(value, '/');
        t->prefix6 = 128;
        return has_value && read_ip6(span_first(value, slash), t->address6) &&
               (slash == value.len || read_prefix(span_after(value, slash + 1), 128, &t->prefix6));
    }
    return false;
}

static bool read_modifier(span name, span value, bool *seen_exp, struct record *out)
{
    bool ends_in_macro;
    if (span_equal_nocase(name, SPAN("redirect"))) {
        bool good = !out->has_redirect && is_domain_spec(value);
        out->has_redirect = true;
        out->redirect = value;
        return good;
    }
    if (span_equal_nocase(name, SPAN("exp"))) {
        bool good = !*seen_exp && is_domain_spec(value);
        *seen_exp = true;
        return good;
    }
    return is_macro_string(value, &ends_in_macro);
}

static bool read_term(span word, bool *seen_exp, struct record *out)
{
    static const struct {
        const char *name;
        enum term_kind kind;
    } names[] = {
        { "all", TERM_ALL }, { "include", TERM_INCLUDE }, { "a", TERM_A },     { "mx", TERM_MX },
        { "ptr", TERM_PTR }, { "exists", TERM_EXISTS },   { "ip4", TERM_IP4 }, { "ip6", TERM_IP6 },
    };
    struct term t = { .qualifier = '+', .text = word };
    if (!is_visible(word)) {
        return false;
    }
    bool has_qualifier = memchr("+-~?", word.ptr[0], 4) != NULL;
    if (has_qualifier) {
        t.qualifier = word.ptr[0];
        word = span_after(word, 1);
    }
    size_t n = 0;
    while (n < word.len && (ascii_is_alnum((unsigned char)word.ptr[n]) || memchr("-_.", word.ptr[n], 3))) {
        n++;
    }
    if (n == 0 || !ascii_is_alpha((unsigned char)word.ptr[0])) {
        return false;
    }
    span name = span_first(word, n);
    span rest = span_after(word, n);
    if (rest.len > 0 && rest.ptr[0] == '=') {
        return !has_qualifier && read_modifier(name, span_after(rest, 1), seen_exp, out);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (span_equal_nocase(name, span_from_cstr(names[i].name))) {
            t.kind = names[i].kind;
            out->has_all |= t.kind == TERM_ALL;
            if (!read_arguments(rest, &t) || out->count == TERMS_MAX) {
                return false;
            }
            out->terms[out->count++] = t;
            return true;
        }
    }
    return false;
}

static bool read_record(span text, struct record *out)
{
    bool seen_exp = false;
    out->count = 0;
    out->has_redirect = out->has_all = false;
    out->redirect = span_of("", 0);
    text = span_after(text, 6); /* v=spf1 */
    while (text.len > 0) {
        span word = span_cut(&text, ' ');
        if (word.len > 0 && !read_term(word, &seen_exp, out)) {
            return false;
        }
    }
    return true;
}

/* ---- one record of a name: RFC 7208 4.4, 4.5 ---- */

enum usable { USABLE, USABLE_NOT_NONE, USABLE_NOT_BROKEN, USABLE_NOT_FAILED };

static bool is_spf(span text)
{
    return span_starts_with_nocase(text, SPAN("v=spf1")) && (text.len == 6 || text.ptr[6] == ' ');
}

/* *answer tells void targets from others. */
static enum usable fetch(struct truth *t, span domain, struct record *out, span *text, enum found *answer,
                         bool *is_free)
{
    struct asked asked;
    truth_ask(t, domain, DNS_TXT, &asked);
    *answer = asked.found;
    *is_free = asked.at_registry;
    *text = span_of(NULL, 0);
    if (found_is_failure(asked.found)) {
        return USABLE_NOT_FAILED;
    }
    size_t count = 0;
    for (size_t i = 0; i < asked.count; i++) {
        if (is_spf(asked.txt[i])) {
            if (count == 0 || span_compare(asked.txt[i], *text) < 0) {
                *text = asked.txt[i];
            }
            count++;
        }
    }
    if (count == 0) {
        return USABLE_NOT_NONE;
    }
    return count == 1 && read_record(*text, out) ? USABLE : USABLE_NOT_BROKEN;
}

/* ---- macros: only %{d} and %{o} are known beforehand ---- */

static span expand_one(span macro, span value, char *out, size_t room)
{
    /* %{d} with digits and r: RFC 7208 7.3. Delimiters other than '.' do not occur in a domain worth cutting. */
    span labels[128];
    size_t count = 0;
    while (value.len > 0 && count < 128) {
        labels[count++] = span_cut(&value, '.');
    }
    size_t keep = 0;
    size_t at = 3;
    while (at < macro.len && ascii_is_digit((unsigned char)macro.ptr[at])) {
        keep = keep * 10 + (size_t)(macro.ptr[at++] - '0');
    }
    bool reverse = at < macro.len && ascii_lower((unsigned char)macro.ptr[at]) == 'r';
    size_t first = keep > 0 && keep < count ? count - keep : 0;
    size_t len = 0;
    for (size_t i = first; i < count; i++) {
        span label = reverse ? labels[count - 1 - i] : labels[i];
        if (len + label.len + 1 > room) {
            break;
        }
        if (i > first) {
            out[len++] = '.';
        }
        memcpy(out + len, label.ptr, label.len);
        len += label.len;
    }
    return span_of(out, len);
}

/* The domain a term speaks of. False: it holds a macro whose value only a real sender has. */
static bool target_of(struct truth *t, span spec, span domain, span origin, span *out)
{
    char text[1024];
    size_t len = 0;
    if (spec.len == 0) {
        *out = domain;
        return true;
    }
    while (spec.len > 0 && len < 700) {
        if (spec.ptr[0] != '%') {
            text[len++] = (char)ascii_lower((unsigned char)spec.ptr[0]);
            spec = span_after(spec, 1);
            continue;
        }
        size_t n = macro_len(spec);
        unsigned char letter = ascii_lower((unsigned char)spec.ptr[2 < spec.len ? 2 : 0]);
        if (n == 2 || (letter != 'd' && letter != 'o')) {
            return false;
        }
        len += expand_one(span_first(spec, n), letter == 'd' ? domain : origin, text + len, 300).len;
        spec = span_after(spec, n);
    }
    if (len > 0 && text[len - 1] == '.') {
        len--;
    }
    *out = truth_keep(t, span_of(text, len));
    return true;
}

/* ---- counting: every counted term of the tree, whoever sends (record.md, decided cases 5, 6, 8) ---- */

struct path {
    const struct path *up;
    span domain;
};

static bool is_on_path(const struct path *p, span domain)
{
    for (; p; p = p->up) {
        if (span_equal_nocase(p->domain, domain)) {
            return true;
        }
    }
    return false;
}

struct counting {
    struct truth *truth;
    span origin;
    unsigned lookups, voids, depth;
    bool is_inexact;
};

static void count_record(struct counting *c, const struct record *r, const struct path *here, unsigned depth);

static void count_target(struct counting *c, span spec, const struct path *here, unsigned depth)
{
    span target;
    c->lookups++;
    c->depth = depth > c->depth ? depth : c->depth;
    if (!target_of(c->truth, spec, here->domain, c->origin, &target)) {
        c->is_inexact = true;
        return;
    }
    if (is_on_path(here, target)) {
        return;
    }
    struct record *r = malloc(sizeof(*r));
    span text;
    enum found answer;
    bool is_free;
    if (!r) {
        abort();
    }
    enum usable usable = fetch(c->truth, target, r, &text, &answer, &is_free);
    c->voids += found_is_absent(answer);
    c->is_inexact |= usable == USABLE_NOT_FAILED;
    if (usable == USABLE) {
        struct path below = { .up = here, .domain = target };
        count_record(c, r, &below, depth);
    }
    free(r);
}

/* The addresses of exchanges are asked for too; they are no terms, but their failure is one (RFC 7208 5, 5.4). */
static bool a_host_fails(struct truth *t, const struct asked *mx)
{
    bool fails = false;
    for (size_t i = 0; i < mx->count && i < MX_LIMIT; i++) {
        struct asked a;
        truth_ask(t, mx->mx[i].host, DNS_A, &a);
        fails |= found_is_failure(a.found);
    }
    return fails;
}

static void count_addresses(struct counting *c, const struct term *t, const struct path *here)
{
    span target;
    struct asked asked;
    c->lookups++;
    if (!target_of(c->truth, t->value, here->domain, c->origin, &target)) {
        c->is_inexact = true;
        return;
    }
    truth_ask(c->truth, target, t->kind == TERM_MX ? DNS_MX : DNS_A, &asked);
    c->voids += found_is_absent(asked.found);
    c->is_inexact |= found_is_failure(asked.found) || (t->kind == TERM_MX && a_host_fails(c->truth, &asked));
}

static void count_record(struct counting *c, const struct record *r, const struct path *here, unsigned depth)
{
    for (size_t i = 0; i < r->count && r->terms[i].kind != TERM_ALL && c->lookups < SPF_LOOKUPS_CAP; i++) {
        const struct term *t = &r->terms[i];
        if (t->kind == TERM_INCLUDE) {
            count_target(c, t->value, here, depth + 1);
        } else if (t->kind == TERM_PTR) {
            c->lookups++;
            c->is_inexact = true;
        } else if (t->kind != TERM_IP4 && t->kind != TERM_IP6) {
            count_addresses(c, t, here);
        }
    }
    if (r->has_redirect && !r->has_all) {
        count_target(c, r->redirect, here, depth + 1);
    }
    c->is_inexact |= c->lookups >= SPF_LOOKUPS_CAP;
}

/* ---- check_host() for an IPv4 sender that no address term matches: RFC 7208 4.6, 5 ---- */

enum outcome { OUTCOME_NO_MATCH, OUTCOME_MATCH, OUTCOME_PERMERROR, OUTCOME_TEMPERROR };

struct trail {
    const struct trail *up;
    span text;
};

struct checking {
    struct truth *truth;
    span origin;
    unsigned lookups, voids;
    bool limit_hit;
    span limit_path;
};

static void note_limit(struct checking *c, const struct trail *trail)
{
    const struct trail *steps[DEPTH_MAX];
    size_t count = 0;
    for (; trail && count < DEPTH_MAX; trail = trail->up) {
        steps[count++] = trail;
    }
    c->limit_hit = true;
    char *at = c->truth->keep + c->truth->kept;
    size_t len = 0;
    for (size_t i = count; i > 0; i--) {
        if (i < count) {
            len += truth_keep(c->truth, SPAN(" > ")).len;
        }
        for (size_t k = 0; k < steps[i - 1]->text.len; k++) {
            char lower = (char)ascii_lower((unsigned char)steps[i - 1]->text.ptr[k]);
            len += truth_keep(c->truth, span_of(&lower, 1)).len;
        }
    }
    c->limit_path = span_of(at, len);
}

static bool is_over(struct checking *c, const struct trail *trail)
{
    if (c->lookups > LOOKUP_LIMIT || c->voids > VOID_LIMIT) {
        note_limit(c, trail);
        return true;
    }
    return false;
}

static enum outcome check_record(struct checking *c, const struct record *r, const struct path *here,
                                 const struct trail *up);

/* What the record at the target gives; none is permerror for include and redirect alike (5.2, 6.1). */
static enum outcome check_target(struct checking *c, span spec, const struct path *here, const struct trail *trail)
{
    span target;
    c->lookups++;
    if (is_over(c, trail)) {
        return OUTCOME_PERMERROR;
    }
    if (!target_of(c->truth, spec, here->domain, c->origin, &target)) {
        return OUTCOME_NO_MATCH;
    }
    struct record *r = malloc(sizeof(*r));
    span text;
    enum found answer;
    bool is_free;
    if (!r) {
        abort();
    }
    enum usable usable = fetch(c->truth, target, r, &text, &answer, &is_free);
    enum outcome outcome = usable == USABLE_NOT_FAILED ? OUTCOME_TEMPERROR : OUTCOME_PERMERROR;
    c->voids += found_is_absent(answer);
    if (!is_over(c, trail) && usable == USABLE) {
        struct path below = { .up = here, .domain = target };
        outcome = check_record(c, r, &below, trail);
    }
    free(r);
    return outcome;
}

static enum outcome check_addresses(struct checking *c, const struct term *t, const struct path *here,
                                    const struct trail *trail)
{
    span target;
    struct asked asked;
    c->lookups++;
    if (is_over(c, trail)) {
        return OUTCOME_PERMERROR;
    }
    if (!target_of(c->truth, t->value, here->domain, c->origin, &target)) {
        return OUTCOME_NO_MATCH;
    }
    truth_ask(c->truth, target, t->kind == TERM_MX ? DNS_MX : DNS_A, &asked);
    if (found_is_failure(asked.found)) {
        return OUTCOME_TEMPERROR;
    }
    c->voids += found_is_absent(asked.found);
    if (is_over(c, trail)) {
        return OUTCOME_PERMERROR;
    }
    if (t->kind == TERM_MX && a_host_fails(c->truth, &asked)) {
        return OUTCOME_TEMPERROR;
    }
    if (t->kind == TERM_MX && asked.count > MX_LIMIT) {
        return OUTCOME_PERMERROR;
    }
    /* A constant exists is no address term: it says the same to everyone. */
    return t->kind == TERM_EXISTS && asked.count > 0 ? OUTCOME_MATCH : OUTCOME_NO_MATCH;
}

static enum outcome check_record(struct checking *c, const struct record *r, const struct path *here,
                                 const struct trail *up)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct term *t = &r->terms[i];
        struct trail trail = { .up = up, .text = t->text };
        enum outcome outcome = OUTCOME_NO_MATCH;
        if (t->kind == TERM_ALL) {
            return t->qualifier == '+' ? OUTCOME_MATCH : OUTCOME_NO_MATCH;
        }
        if (t->kind == TERM_INCLUDE) {
            outcome = check_target(c, t->value, here, &trail);
        } else if (t->kind == TERM_PTR) {
            c->lookups++;
            outcome = is_over(c, &trail) ? OUTCOME_PERMERROR : OUTCOME_NO_MATCH;
        } else if (t->kind != TERM_IP4 && t->kind != TERM_IP6) {
            outcome = check_addresses(c, t, here, &trail);
        }
        if (outcome == OUTCOME_MATCH) {
            return t->qualifier == '+' ? OUTCOME_MATCH : OUTCOME_NO_MATCH;
        }
        if (outcome != OUTCOME_NO_MATCH) {
            return outcome;
        }
    }
    if (r->has_redirect && !r->has_all) {
        struct trail trail = { .up = up, .text = span_of(r->redirect.ptr - 9, r->redirect.len + 9) };
        return check_target(c, r->redirect, here, &trail);
    }
    return OUTCOME_NO_MATCH;
}

/* ---- the set of addresses that pass ---- */

typedef unsigned __int128 address;

struct range {
    address first, last; /* both in it */
};

struct set {
    size_t count;
    struct range ranges[RANGES_MAX];
};

static struct set *set_new(void)
{
    struct set *s = malloc(sizeof(*s));
    if (!s) {
        abort();
    }
    s->count = 0;
    return s;
}

static void set_push(struct set *s, address first, address last)
{
    if (s->count < RANGES_MAX) {
        s->ranges[s->count++] = (struct range){ first, last };
    }
}

static int by_first(const void *a, const void *b)
{
    const struct range *x = a;
    const struct range *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

/* Blocks of 2^shift addresses of which at least one is in the set, at most 2^63 - 1. */
static uint64_t set_blocks(struct set *s, unsigned shift)
{
    address blocks = 0;
    bool has_previous = false;
    address previous = 0;
    qsort(s->ranges, s->count, sizeof(s->ranges[0]), by_first);
    for (size_t i = 0; i < s->count; i++) {
        address first = s->ranges[i].first >> shift;
        address last = s->ranges[i].last >> shift;
        blocks += last - first + 1 - (has_previous && first == previous);
        previous = last;
        has_previous = true;
    }
    return blocks > INT64_MAX ? INT64_MAX : (uint64_t)blocks;
}

/* Moves what lies in [first, last] from one set to the other. Ranges of a set never overlap. */
static void set_move(struct set *from, address first, address last, struct set *to)
{
    struct set *rest = set_new();
    for (size_t i = 0; i < from->count; i++) {
        struct range r = from->ranges[i];
        if (r.last < first || r.first > last) {
            set_push(rest, r.first, r.last);
            continue;
        }
        set_push(to, r.first > first ? r.first : first, r.last < last ? r.last : last);
        if (r.first < first) {
            set_push(rest, r.first, first - 1);
        }
        if (r.last > last) {
            set_push(rest, last + 1, r.last);
        }
    }
    memcpy(from->ranges, rest->ranges, rest->count * sizeof(rest->ranges[0]));
    from->count = rest->count;
    free(rest);
}

static void set_move_all(struct set *from, struct set *to)
{
    for (size_t i = 0; i < from->count; i++) {
        set_push(to, from->ranges[i].first, from->ranges[i].last);
    }
    from->count = 0;
}

struct passing {
    struct truth *truth;
    span origin;
    bool is_ipv6; /* which senders */
    unsigned lookups, voids;
    bool can_be_taken;
};

/* Decides the addresses of *undecided: pass into *pass; those that end in an error vanish; what is left in *undecided
 * was not matched. `live`: a pass here is a pass of the whole. */
static void pass_record(struct passing *p, const struct record *r, const struct path *here, struct set *undecided,
                        struct set *pass, bool live);

static bool pass_is_over(const struct passing *p)
{
    return p->lookups > LOOKUP_LIMIT || p->voids > VOID_LIMIT;
}

static void pass_block(address in, unsigned bits, unsigned prefix, struct set *undecided, struct set *matched)
{
    address rest = prefix == 0 && bits == 128 ? ~(address)0 : (((address)1 << (bits - prefix)) - 1);
    set_move(undecided, in & ~rest, in | rest, matched);
}

static address address_of6(const uint8_t bytes[16])
{
    address a = 0;
    for (size_t i = 0; i < 16; i++) {
        a = a << 8 | bytes[i];
    }
    return a;
}

/* The addresses of a host, under the term's prefix. */
static void pass_host(struct passing *p, const struct term *t, span host, struct set *undecided, struct set *matched)
{
    struct asked asked;
    truth_ask(p->truth, host, p->is_ipv6 ? DNS_AAAA : DNS_A, &asked);
    for (size_t i = 0; i < asked.count; i++) {
        if (p->is_ipv6) {
            pass_block(address_of6(asked.aaaa[i]), 128, t->prefix6, undecided, matched);
        } else {
            pass_block(asked.a[i], 32, t->prefix4, undecided, matched);
        }
    }
}

/* Like check_target: matched addresses go to *matched. A target that cannot be asked ends nothing: it makes the set a
 * lower bound (posture.md 2.3, decided case 9). */
static void pass_target(struct passing *p, span spec, const struct path *here, struct set *undecided,
                        struct set *matched, bool live)
{
    span target;
    p->lookups++;
    if (pass_is_over(p)) {
        undecided->count = 0;
        return;
    }
    if (!target_of(p->truth, spec, here->domain, p->origin, &target)) {
        return;
    }
    if (is_on_path(here, target)) {
        undecided->count = 0;
        return;
    }
    struct record *r = malloc(sizeof(*r));
    span text;
    enum found answer;
    bool is_free;
    if (!r) {
        abort();
    }
    enum usable usable = fetch(p->truth, target, r, &text, &answer, &is_free);
    p->can_be_taken |= is_free && live;
    p->voids += found_is_absent(answer);
    if (pass_is_over(p) || usable == USABLE_NOT_NONE || usable == USABLE_NOT_BROKEN) {
        undecided->count = 0;
    } else if (usable == USABLE) {
        struct path below = { .up = here, .domain = target };
        pass_record(p, r, &below, undecided, matched, live);
    }
    free(r);
}

static void pass_exchanges(struct passing *p, const struct term *t, const struct asked *mx, struct set *undecided,
                           struct set *matched)
{
    for (size_t i = 0; i < mx->count && i < MX_LIMIT; i++) {
        pass_host(p, t, mx->mx[i].host, undecided, matched);
    }
    if (mx->count > MX_LIMIT) {
        undecided->count = 0;
    }
}

static void pass_addresses(struct passing *p, const struct term *t, const struct path *here, struct set *undecided,
                           struct set *matched, bool live)
{
    span target;
    struct asked asked;
    p->lookups++;
    if (pass_is_over(p)) {
        undecided->count = 0;
        return;
    }
    if (!target_of(p->truth, t->value, here->domain, p->origin, &target)) {
        return;
    }
    bool wants_ipv6 = t->kind == TERM_A && p->is_ipv6; /* exists asks for A always (5.7) */
    truth_ask(p->truth, target, t->kind == TERM_MX ? DNS_MX : wants_ipv6 ? DNS_AAAA : DNS_A, &asked);
    p->can_be_taken |= asked.at_registry && live;
    p->voids += found_is_absent(asked.found);
    if (pass_is_over(p)) {
        undecided->count = 0;
    } else if (t->kind == TERM_EXISTS) {
        if (asked.count > 0) {
            set_move_all(undecided, matched);
        }
    } else if (t->kind == TERM_MX) {
        pass_exchanges(p, t, &asked, undecided, matched);
    } else {
        pass_host(p, t, target, undecided, matched);
    }
}

static void pass_record(struct passing *p, const struct record *r, const struct path *here, struct set *undecided,
                        struct set *pass, bool live)
{
    struct set *not_passed = set_new();
    for (size_t i = 0; i < r->count && undecided->count > 0; i++) {
        const struct term *t = &r->terms[i];
        struct set *matched = t->qualifier == '+' ? pass : not_passed;
        bool counts = live && t->qualifier == '+';
        if (t->kind == TERM_ALL) {
            set_move_all(undecided, matched);
        } else if (t->kind == TERM_IP4 && !p->is_ipv6) {
            pass_block(t->address, 32, t->prefix4, undecided, matched);
        } else if (t->kind == TERM_IP6 && p->is_ipv6) {
            pass_block(address_of6(t->address6), 128, t->prefix6, undecided, matched);
        } else if (t->kind == TERM_INCLUDE) {
            /* It matches what its own record passes; what that fails goes on to the next term (5.2). */
            pass_target(p, t->value, here, undecided, matched, counts);
        } else if (t->kind == TERM_PTR) {
            p->lookups++;
            undecided->count = pass_is_over(p) ? 0 : undecided->count;
        } else if (t->kind != TERM_IP4 && t->kind != TERM_IP6) {
            pass_addresses(p, t, here, undecided, matched, counts);
        }
    }
    if (r->has_redirect && !r->has_all && undecided->count > 0) {
        pass_target(p, r->redirect, here, undecided, pass, live);
    }
    set_move_all(not_passed, undecided);
    free(not_passed);
}

/* ---- all together ---- */

static char final_all(struct truth *t, const struct record *r, span domain, span origin, unsigned depth)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->terms[i].kind == TERM_ALL) {
            return r->terms[i].qualifier;
        }
    }
    span target;
    if (!r->has_redirect || depth > DEPTH_MAX || !target_of(t, r->redirect, domain, origin, &target)) {
        return '?';
    }
    struct record *below = malloc(sizeof(*below));
    span text;
    enum found answer;
    bool is_free;
    if (!below) {
        abort();
    }
    char all = fetch(t, target, below, &text, &answer, &is_free) == USABLE
                   ? final_all(t, below, target, origin, depth + 1)
                   : '?';
    free(below);
    return all;
}

static span as_written(struct truth *t, span s)
{
    char text[1024];
    size_t n = s.len < sizeof(text) ? s.len : sizeof(text);
    for (size_t i = 0; i < n; i++) {
        text[i] = (char)ascii_lower((unsigned char)s.ptr[i]);
    }
    n -= n > 0 && text[n - 1] == '.';
    return truth_keep(t, span_of(text, n));
}

static void fill_written(struct truth *t, const struct record *r, struct spf_truth *out)
{
    for (size_t i = 0; i < r->count && r->terms[i].kind != TERM_ALL; i++) {
        if (r->terms[i].kind == TERM_INCLUDE && out->include_count < SPF_INCLUDES_MAX) {
            out->includes[out->include_count++] = as_written(t, r->terms[i].value);
        }
    }
    out->has_redirect = r->has_redirect;
    out->redirect = as_written(t, r->redirect);
}

/* IPv4 addresses, or IPv6 /64s. */
static uint64_t passing_blocks(struct truth *t, const struct record *r, span domain, bool is_ipv6, bool *can_be_taken)
{
    struct path here = { .domain = domain };
    struct passing p = { .truth = t, .origin = domain, .is_ipv6 = is_ipv6 };
    struct set *undecided = set_new();
    struct set *pass = set_new();
    set_push(undecided, 0, is_ipv6 ? ~(address)0 : UINT32_MAX);
    pass_record(&p, r, &here, undecided, pass, true);
    uint64_t blocks = set_blocks(pass, is_ipv6 ? 64 : 0);
    *can_be_taken |= p.can_be_taken;
    free(undecided);
    free(pass);
    return blocks;
}

static void fill_numbers(struct truth *t, const struct record *r, span domain, struct spf_truth *out)
{
    struct path here = { .domain = domain };
    struct counting counting = { .truth = t, .origin = domain };
    struct checking checking = { .truth = t, .origin = domain };

    count_record(&counting, r, &here, 0);
    out->has_numbers = true;
    out->lookups = counting.lookups < SPF_LOOKUPS_CAP ? counting.lookups : SPF_LOOKUPS_CAP;
    out->voids = counting.voids;
    out->depth = counting.depth;
    out->exact = !counting.is_inexact;

    static const enum spf_state states[] = {
        [OUTCOME_NO_MATCH] = SPF_VALID,
        [OUTCOME_MATCH] = SPF_VALID,
        [OUTCOME_PERMERROR] = SPF_PERMERROR,
        [OUTCOME_TEMPERROR] = SPF_TEMPERROR,
    };
    out->status = states[check_record(&checking, r, &here, NULL)];
    out->limit_hit = checking.limit_hit;
    out->limit_path = checking.limit_path;

    out->ipv4_addresses = passing_blocks(t, r, domain, false, &out->can_be_taken);
    out->ipv6_slash64s = passing_blocks(t, r, domain, true, &out->can_be_taken);
}

void spf_truth_find(struct truth *t, span domain, struct spf_truth *out)
{
    struct record *r = malloc(sizeof(*r));
    enum found answer;
    bool is_free;
    if (!r) {
        abort();
    }
    *out = (struct spf_truth){ .status = SPF_NONE };
    switch (fetch(t, domain, r, &out->record, &answer, &is_free)) {
    case USABLE:
        out->has_record = true;
        fill_written(t, r, out);
        fill_numbers(t, r, domain, out);
        out->all = out->status == SPF_VALID ? final_all(t, r, domain, domain, 0) : 0;
        break;
    case USABLE_NOT_BROKEN:
        out->has_record = true;
        out->status = SPF_PERMERROR;
        break;
    case USABLE_NOT_FAILED:
        out->status = SPF_TEMPERROR;
        break;
    case USABLE_NOT_NONE:
        break;
    }
    free(r);
}
