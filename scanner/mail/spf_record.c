// SPDX-License-Identifier: MIT
#include "scanner/mail/spf_record.h"

#include "scanner/mail/spf_macro.h"

#include <arpa/inet.h>

#define WELL_FORMED FINDING_COUNT

bool spf_record_next(span *rest, span *term)
{
    while (rest->len > 0 && rest->ptr[0] == ' ') {
        *rest = span_after(*rest, 1);
    }
    *term = span_cut(rest, ' ');
    return term->len > 0;
}

span spf_record_terms(span record)
{
    return span_after(record, sizeof("v=spf1") - 1);
}

/* ---- addresses and prefix lengths ---- */

bool spf_ip4_parse(span text, uint8_t out[4])
{
    uint8_t octets[4];
    for (int i = 0; i < 4; i++) {
        size_t digits = 0;
        unsigned value = 0;
        while (digits < text.len && digits < 4 && ascii_is_digit((unsigned char)text.ptr[digits])) {
            value = value * 10 + (unsigned)(text.ptr[digits++] - '0');
        }
        if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && text.ptr[0] == '0')) {
            return false;
        }
        octets[i] = (uint8_t)value;
        text = span_after(text, digits);
        if (i < 3) {
            if (text.len == 0 || text.ptr[0] != '.') {
                return false;
            }
            text = span_after(text, 1);
        }
    }
    if (text.len > 0) {
        return false;
    }
    memcpy(out, octets, sizeof(octets));
    return true;
}

bool spf_ip6_parse(span text, uint8_t out[16])
{
    char copy[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof(copy) || span_find(text, '\0') < text.len) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return inet_pton(AF_INET6, copy, out) == 1;
}

/* Digits without a leading zero. */
static bool take_prefix(span *rest, uint64_t max, uint8_t *out)
{
    size_t digits = 0;
    while (digits < rest->len && ascii_is_digit((unsigned char)rest->ptr[digits])) {
        digits++;
    }
    uint64_t value = 0;
    if (!span_to_u64(span_first(*rest, digits), max, &value) || (digits > 1 && rest->ptr[0] == '0')) {
        return false;
    }
    *out = (uint8_t)value;
    *rest = span_after(*rest, digits);
    return true;
}

/* dual-cidr-length = [ "/" n ] [ "//" m ], the whole of `text`. */
static bool parse_dual_cidr(span text, struct spf_term *out)
{
    if (text.len > 0 && !span_starts_with(text, SPAN("//"))) {
        text = span_after(text, 1);
        if (!take_prefix(&text, 32, &out->prefix4)) {
            return false;
        }
    }
    if (text.len == 0) {
        return true;
    }
    if (!span_starts_with(text, SPAN("//"))) {
        return false;
    }
    text = span_after(text, 2);
    return take_prefix(&text, 128, &out->prefix6) && text.len == 0;
}

/* Where the slashes and digits at the end of `text` begin, from the first slash on; text.len without any. */
static size_t cidr_begin(span text)
{
    size_t run = text.len;
    while (run > 0 && (ascii_is_digit((unsigned char)text.ptr[run - 1]) || text.ptr[run - 1] == '/')) {
        run--;
    }
    return run + span_find(span_after(text, run), '/');
}

/* ---- domain-spec (7.1) ---- */

/* toplabel: letters, digits and hyphens, no hyphen at an end, not digits alone. */
static bool is_toplabel(span label)
{
    bool has_other_than_digit = false;
    for (size_t i = 0; i < label.len; i++) {
        unsigned char c = (unsigned char)label.ptr[i];
        if (!ascii_is_alnum(c) && c != '-') {
            return false;
        }
        has_other_than_digit |= !ascii_is_digit(c);
    }
    return has_other_than_digit && label.ptr[0] != '-' && label.ptr[label.len - 1] != '-';
}

/* domain-end = ( "." toplabel [ "." ] ) / macro-expand */
static bool has_domain_end(span text, const struct spf_macro_facts *facts)
{
    if (facts->ends_in_expand) {
        return true;
    }
    span tail = span_after(text, facts->last_expand_end);
    if (tail.len > 0 && tail.ptr[tail.len - 1] == '.') {
        tail.len--;
    }
    size_t dot = tail.len;
    while (dot > 0 && tail.ptr[dot - 1] != '.') {
        dot--;
    }
    return dot > 0 && is_toplabel(span_after(tail, dot));
}

/* A number behind the last slash: somebody wrote a prefix length where none may stand. */
static bool ends_like_a_prefix(span text)
{
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != '/') {
        at--;
    }
    return at > 0 && at < text.len && ascii_is_digit((unsigned char)text.ptr[at]);
}

static enum finding_id parse_domain(span text, struct spf_term *out)
{
    struct spf_macro_facts facts;
    if (text.len == 0) {
        return FINDING_SPF_MISSING_VALUE;
    }
    if (!spf_macro_check(text, SPF_MACRO_IN_DOMAIN, &facts)) {
        return FINDING_SPF_BAD_MACRO;
    }
    if (!has_domain_end(text, &facts)) {
        return ends_like_a_prefix(text) ? FINDING_SPF_BAD_CIDR : FINDING_SPF_BAD_DOMAIN;
    }
    out->domain = text;
    out->letters = facts.letters;
    out->has_percent = facts.has_percent;
    return WELL_FORMED;
}

/* ---- mechanisms: `args` is what follows the name, and begins with ':' or '/' ---- */

static enum finding_id parse_nothing(span args, struct spf_term *out)
{
    (void)out;
    if (args.len == 0) {
        return WELL_FORMED;
    }
    return args.ptr[0] == '/' ? FINDING_SPF_BAD_CIDR : FINDING_SPF_UNKNOWN_MECHANISM;
}

static enum finding_id parse_required_domain(span args, struct spf_term *out)
{
    if (args.len > 0 && args.ptr[0] == '/') {
        return FINDING_SPF_BAD_CIDR;
    }
    return parse_domain(span_after(args, 1), out);
}

static enum finding_id parse_optional_domain(span args, struct spf_term *out)
{
    return args.len == 0 ? WELL_FORMED : parse_required_domain(args, out);
}

static enum finding_id parse_domain_and_cidr(span args, struct spf_term *out)
{
    if (args.len == 0) {
        return WELL_FORMED;
    }
    if (args.ptr[0] == '/') {
        return parse_dual_cidr(args, out) ? WELL_FORMED : FINDING_SPF_BAD_CIDR;
    }
    span value = span_after(args, 1);
    size_t at = cidr_begin(value);
    enum finding_id fault = parse_domain(span_first(value, at), out);
    if (fault != WELL_FORMED) {
        return fault;
    }
    return parse_dual_cidr(span_after(value, at), out) ? WELL_FORMED : FINDING_SPF_BAD_CIDR;
}

/* ip4 and ip6: an address and at most one prefix length (5.6). */
static enum finding_id parse_network(span args, bool is_ip6, struct spf_term *out)
{
    span prefix = args.len > 0 && args.ptr[0] == ':' ? span_after(args, 1) : (span){ 0 };
    size_t slash = span_find(prefix, '/');
    bool has_prefix = slash < prefix.len;
    span address = span_cut(&prefix, '/');
    if (address.len == 0) {
        return FINDING_SPF_MISSING_VALUE;
    }
    if (is_ip6 ? !spf_ip6_parse(address, out->address) : !spf_ip4_parse(address, out->address)) {
        return is_ip6 ? FINDING_SPF_BAD_IP6 : FINDING_SPF_BAD_IP4;
    }
    if (!has_prefix) {
        return WELL_FORMED;
    }
    bool is_good = is_ip6 ? take_prefix(&prefix, 128, &out->prefix6) : take_prefix(&prefix, 32, &out->prefix4);
    return is_good && prefix.len == 0 ? WELL_FORMED : FINDING_SPF_BAD_CIDR;
}

static enum finding_id parse_ip4(span args, struct spf_term *out)
{
    return parse_network(args, false, out);
}

static enum finding_id parse_ip6(span args, struct spf_term *out)
{
    return parse_network(args, true, out);
}

/* RFC 7208 sections 5.1 to 5.7. */
static const struct mechanism {
    span name;
    enum spf_term_kind kind;
    enum finding_id (*parse)(span args, struct spf_term *out);
} mechanisms[] = {
    { { "all", 3 }, SPF_TERM_ALL, parse_nothing },
    { { "include", 7 }, SPF_TERM_INCLUDE, parse_required_domain },
    { { "a", 1 }, SPF_TERM_A, parse_domain_and_cidr },
    { { "mx", 2 }, SPF_TERM_MX, parse_domain_and_cidr },
    { { "ptr", 3 }, SPF_TERM_PTR, parse_optional_domain },
    { { "ip4", 3 }, SPF_TERM_IP4, parse_ip4 },
    { { "ip6", 3 }, SPF_TERM_IP6, parse_ip6 },
    { { "exists", 6 }, SPF_TERM_EXISTS, parse_required_domain },
};

static const struct mechanism *find_mechanism(span name)
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
        if (span_equal_nocase(mechanisms[i].name, name)) {
            return &mechanisms[i];
        }
    }
    return NULL;
}

/* ---- terms ---- */

static bool is_qualifier(char c)
{
    return c == '+' || c == '-' || c == '?' || c == '~';
}

static enum spf_qualifier qualifier_of(char c)
{
    switch (c) {
    case '-':
        return SPF_FAIL;
    case '~':
        return SPF_SOFTFAIL;
    case '?':
        return SPF_NEUTRAL;
    default:
        return SPF_PASS;
    }
}

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ); here digits may come first, so that a fault has a name too. */
static span take_name(span *rest)
{
    size_t len = 0;
    while (len < rest->len) {
        unsigned char c = (unsigned char)rest->ptr[len];
        if (!ascii_is_alnum(c) && c != '-' && c != '_' && c != '.') {
            break;
        }
        len++;
    }
    span name = span_first(*rest, len);
    *rest = span_after(*rest, len);
    return name;
}

span spf_term_name(span text)
{
    while (text.len > 0 && is_qualifier(text.ptr[0])) {
        text = span_after(text, 1);
    }
    return take_name(&text);
}

static bool is_bare_address(span text)
{
    uint8_t ignored[16];
    span address = span_cut(&text, '/');
    return spf_ip4_parse(address, ignored) || spf_ip6_parse(address, ignored);
}

static enum finding_id parse_modifier(span name, span value, struct spf_term *out)
{
    bool is_redirect = span_equal_nocase(name, SPAN("redirect"));
    out->qualifier = SPF_PASS;
    out->domain = value;
    if (is_redirect || span_equal_nocase(name, SPAN("exp"))) {
        out->kind = is_redirect ? SPF_TERM_REDIRECT : SPF_TERM_EXP;
        return parse_domain(value, out);
    }
    struct spf_macro_facts facts;
    out->kind = SPF_TERM_UNKNOWN_MODIFIER;
    /* Its value is a macro-string too, so a stray '%' is a syntax error (6, 12). */
    return spf_macro_check(value, SPF_MACRO_IN_DOMAIN, &facts) ? WELL_FORMED : FINDING_SPF_BAD_MACRO;
}

/* A name that is no mechanism's, or one followed by what cannot follow it. */
static enum finding_id name_the_stranger(span name, span args, span unqualified)
{
    if (is_bare_address(unqualified)) {
        return FINDING_SPF_BARE_ADDRESS;
    }
    bool is_modifier = span_equal_nocase(name, SPAN("redirect")) || span_equal_nocase(name, SPAN("exp"));
    if (is_modifier && args.len > 0 && args.ptr[0] == ':') {
        return FINDING_SPF_MODIFIER_COLON;
    }
    return FINDING_SPF_UNKNOWN_MECHANISM;
}

static enum finding_id parse_mechanism(span name, span args, span unqualified, struct spf_term *out)
{
    const struct mechanism *mechanism = find_mechanism(name);
    if (!mechanism || (args.len > 0 && args.ptr[0] != ':' && args.ptr[0] != '/')) {
        return name_the_stranger(name, args, unqualified);
    }
    out->kind = (uint8_t)mechanism->kind;
    return mechanism->parse(args, out);
}

static enum finding_id parse_directive_or_modifier(span text, struct spf_term *out)
{
    span rest = text;
    bool is_qualified = is_qualifier(text.ptr[0]);
    if (is_qualified) {
        out->qualifier = (uint8_t)qualifier_of(text.ptr[0]);
        rest = span_after(rest, 1);
        if (rest.len == 0 || is_qualifier(rest.ptr[0])) {
            return FINDING_SPF_QUALIFIER_DOUBLE;
        }
    }
    span unqualified = rest;
    span name = take_name(&rest);
    if (name.len > 0 && ascii_is_alpha((unsigned char)name.ptr[0]) && rest.len > 0 && rest.ptr[0] == '=') {
        return is_qualified ? FINDING_SPF_QUALIFIER_ON_MODIFIER : parse_modifier(name, span_after(rest, 1), out);
    }
    return parse_mechanism(name, rest, unqualified, out);
}

/* FINDING_COUNT when all bytes are visible ASCII. */
static enum finding_id bytes_fault(span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c > 0x7f) {
            return FINDING_SPF_NON_ASCII;
        }
        if (c < 0x21 || c == 0x7f) {
            return FINDING_SPF_CONTROL_CHARACTER;
        }
    }
    return WELL_FORMED;
}

/* "all" with its qualifier at the end, where no domain can have it: 0/24-all, example.com~all, example.com-all. */
bool spf_term_ends_in_glued_all(span text)
{
    if (text.len < 5 || !span_equal_nocase(span_last(text, 3), SPAN("all"))) {
        return false;
    }
    span front = span_first(text, text.len - 4);
    if (!is_qualifier(text.ptr[front.len])) {
        return false;
    }
    if (is_qualifier(front.ptr[front.len - 1]) && front.len == 1) {
        return false; /* "--all" */
    }
    /* An A-label may end so ("a:host.xn--all"), no other label behind the last dot does. */
    size_t label = front.len;
    while (label > 0 && (ascii_is_alnum((unsigned char)front.ptr[label - 1]) || front.ptr[label - 1] == '-')) {
        label--;
    }
    return text.ptr[front.len] != '-' || !span_starts_with_nocase(span_after(front, label), SPAN("xn--"));
}

/* Mechanisms that stand without a value, so that the next one may be glued to them: "mxinclude:", "~allv=DMARC1". */
static bool is_bare_mechanism(span name)
{
    return span_equal_nocase(name, SPAN("a")) || span_equal_nocase(name, SPAN("mx")) ||
           span_equal_nocase(name, SPAN("ptr")) || span_equal_nocase(name, SPAN("all"));
}

static bool begins_with_glued_all(span text, span name)
{
    size_t behind = (size_t)(name.ptr - text.ptr) + name.len;
    return is_qualifier(text.ptr[0]) && name.len > 3 && span_starts_with_nocase(name, SPAN("all")) &&
           behind < text.len && text.ptr[behind] == '=';
}

bool spf_term_hides_another(span text)
{
    static const struct {
        span opening;
        bool stands_anywhere; /* begins with a separator of its own */
    } others[] = {
        { { "include:", 8 }, false },  { { "ip4:", 4 }, false }, { { "ip6:", 4 }, false }, { { "exists:", 7 }, false },
        { { "redirect=", 9 }, false }, { { ",a:", 3 }, true },   { { ",mx", 3 }, true },   { { ";a:", 3 }, true },
        { { ";mx", 3 }, true },        { { ",all", 4 }, true },  { { ",-all", 5 }, true }, { { ",~all", 5 }, true },
    };
    span name = spf_term_name(text);
    size_t name_begin = (size_t)(name.ptr - text.ptr), name_end = name_begin + name.len;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        span rest = span_after(text, name_begin + 1);
        size_t found = span_search_nocase(rest, others[i].opening);
        size_t at = name_begin + 1 + found;
        /* Inside the name it is a misspelling ("iip4:", "xinclude:"), unless a whole mechanism stands before it. */
        if (found < rest.len &&
            (others[i].stands_anywhere || at >= name_end || is_bare_mechanism(span_of(name.ptr, at - name_begin)))) {
            return true;
        }
    }
    return spf_term_ends_in_glued_all(text) || begins_with_glued_all(text, name);
}

enum finding_id spf_term_parse(span text, struct spf_term *out)
{
    *out = (struct spf_term){ .qualifier = SPF_PASS, .prefix4 = 32, .prefix6 = 128, .text = text };
    enum finding_id fault = bytes_fault(text);
    if (fault != WELL_FORMED) {
        return fault;
    }
    fault = parse_directive_or_modifier(text, out);
    /* The two characters \n or \t of a zone file's escape begin no term, whatever follows them. */
    bool may_be_glued = fault != WELL_FORMED && fault != FINDING_SPF_QUALIFIER_DOUBLE && text.ptr[0] != '\\';
    return may_be_glued && spf_term_hides_another(text) ? FINDING_SPF_MISSING_SPACE : fault;
}

/* ---- records ---- */

struct checker {
    struct spf_outline outline;
    bool has_redirect, has_exp;
};

/* redirect and exp may stand once each (6). */
static bool is_repeated(struct checker *checker, const struct spf_term *term)
{
    bool *seen = term->kind == SPF_TERM_REDIRECT ? &checker->has_redirect : &checker->has_exp;
    if (term->kind != SPF_TERM_REDIRECT && term->kind != SPF_TERM_EXP) {
        return false;
    }
    bool was_seen = *seen;
    *seen = true;
    return was_seen;
}

static void check_term(struct checker *checker, span text, struct spf_term *term)
{
    struct spf_outline *outline = &checker->outline;
    enum finding_id fault = spf_term_parse(text, term);
    if (fault == WELL_FORMED && is_repeated(checker, term)) {
        fault = FINDING_SPF_MODIFIER_REPEATED;
    }
    if (fault != WELL_FORMED && outline->is_valid) {
        outline->is_valid = false;
        outline->fault = fault;
        outline->faulty_term = text;
    }
    if (fault == WELL_FORMED && term->kind == SPF_TERM_ALL) {
        outline->has_all = true;
    }
    outline->term_count++;
}

void spf_record_check(span record, struct spf_outline *out)
{
    struct checker checker = { .outline = { .is_valid = true, .fault = WELL_FORMED } };
    span rest = spf_record_terms(record), text;
    struct spf_term term;
    while (spf_record_next(&rest, &text)) {
        check_term(&checker, text, &term);
    }
    *out = checker.outline;
}

static size_t count_terms(span record)
{
    size_t count = 0;
    span rest = spf_record_terms(record), text;
    while (spf_record_next(&rest, &text)) {
        count++;
    }
    return count;
}

void spf_record_parse(span record, struct arena *arena, struct spf_record *out)
{
    struct checker checker = { .outline = { .is_valid = true, .fault = WELL_FORMED } };
    size_t size = count_terms(record);
    size = size < SPF_RECORD_TERMS_MAX ? size : SPF_RECORD_TERMS_MAX;
    struct spf_term *terms = ARENA_TAKE_N(arena, struct spf_term, size);
    size = terms ? size : 0;

    *out = (struct spf_record){ .terms = terms };
    span rest = spf_record_terms(record), text;
    struct spf_term spare;
    while (spf_record_next(&rest, &text)) {
        bool has_room = out->term_count < size;
        check_term(&checker, text, has_room ? &terms[out->term_count] : &spare);
        out->term_count += has_room;
    }
    out->outline = checker.outline;
    out->was_cut = out->term_count < out->outline.term_count;
    if (!out->outline.is_valid) {
        out->term_count = 0;
    }
    out->all_index = out->term_count;
    for (size_t i = out->term_count; i > 0; i--) {
        if (terms[i - 1].kind == SPF_TERM_ALL) {
            out->all_index = i - 1;
        }
    }
}
