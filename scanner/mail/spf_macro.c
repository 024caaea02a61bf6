// SPDX-License-Identifier: MIT
#include "scanner/mail/spf_macro.h"

#define EXPLANATION_LETTERS (SPF_LETTER('c') | SPF_LETTER('r') | SPF_LETTER('t'))
#define DOMAIN_LETTERS                                                                                                 \
    (SPF_LETTER('s') | SPF_LETTER('l') | SPF_LETTER('o') | SPF_LETTER('d') | SPF_LETTER('i') | SPF_LETTER('p') |       \
     SPF_LETTER('h') | SPF_LETTER('v'))

/* One token of a macro-string: a run of literals, an escape, or a letter with its transformers. */
struct token {
    span literal;   /* when `letter` is 0; of %% %_ %- what it stands for */
    bool is_expand; /* not a run of literals */
    char letter;    /* lower case */
    bool is_upper;  /* URL-escape the value */
    size_t keep;    /* right-hand parts to keep, 0: all */
    bool is_reversed;
    span delimiters;
};

static bool is_delimiter(char c)
{
    /* 7.1: delimiter = "." / "-" / "+" / "," / "/" / "_" / "=" */
    return span_find(SPAN(".-+,/_="), c) < sizeof(".-+,/_=") - 1;
}

static bool is_literal(unsigned char c, enum spf_macro_scope scope)
{
    return (c >= 0x21 && c <= 0x7e && c != '%') || (c == ' ' && scope == SPF_MACRO_IN_EXPLANATION);
}

/* transformers = *DIGIT [ "r" ]; a number, where there is one, must not be 0 (7.1). Larger ones are all alike. */
static bool take_transformers(span *rest, struct token *out)
{
    enum { MANY = 1000 };
    bool has_digits = false;
    while (rest->len > 0 && ascii_is_digit((unsigned char)rest->ptr[0])) {
        out->keep = out->keep * 10 + (size_t)(rest->ptr[0] - '0');
        out->keep = out->keep < MANY ? out->keep : MANY;
        has_digits = true;
        *rest = span_after(*rest, 1);
    }
    if (has_digits && out->keep == 0) {
        return false;
    }
    if (rest->len > 0 && ascii_lower((unsigned char)rest->ptr[0]) == 'r') {
        out->is_reversed = true;
        *rest = span_after(*rest, 1);
    }
    return true;
}

/* What stands behind "%{". */
static bool take_expand(span *rest, enum spf_macro_scope scope, struct token *out)
{
    uint32_t allowed = DOMAIN_LETTERS | (scope == SPF_MACRO_IN_EXPLANATION ? EXPLANATION_LETTERS : 0);
    if (rest->len == 0 || !ascii_is_alpha((unsigned char)rest->ptr[0])) {
        return false;
    }
    out->letter = (char)ascii_lower((unsigned char)rest->ptr[0]);
    out->is_upper = out->letter != rest->ptr[0];
    *rest = span_after(*rest, 1);
    if (!(allowed & SPF_LETTER(out->letter)) || !take_transformers(rest, out)) {
        return false;
    }
    size_t count = 0;
    while (count < rest->len && is_delimiter(rest->ptr[count])) {
        count++;
    }
    out->delimiters = span_first(*rest, count);
    *rest = span_after(*rest, count);
    if (rest->len == 0 || rest->ptr[0] != '}') {
        return false;
    }
    *rest = span_after(*rest, 1);
    return true;
}

static bool take_percent(span *rest, enum spf_macro_scope scope, struct token *out)
{
    static const struct {
        char second;
        span means;
    } escapes[] = { { '%', { "%", 1 } }, { '_', { " ", 1 } }, { '-', { "%20", 3 } } };

    out->is_expand = true;
    if (rest->len < 2) {
        return false;
    }
    char second = rest->ptr[1];
    *rest = span_after(*rest, 2);
    if (second == '{') {
        return take_expand(rest, scope, out);
    }
    for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
        if (escapes[i].second == second) {
            out->literal = escapes[i].means;
            return true;
        }
    }
    return false;
}

static bool take_token(span *rest, enum spf_macro_scope scope, struct token *out)
{
    *out = (struct token){ .letter = 0 };
    if (rest->ptr[0] == '%') {
        return take_percent(rest, scope, out);
    }
    size_t count = 0;
    while (count < rest->len && is_literal((unsigned char)rest->ptr[count], scope)) {
        count++;
    }
    out->literal = span_first(*rest, count);
    *rest = span_after(*rest, count);
    return count > 0;
}

bool spf_macro_check(span text, enum spf_macro_scope scope, struct spf_macro_facts *facts)
{
    struct spf_macro_facts found = { 0 };
    span rest = text;
    while (rest.len > 0) {
        struct token token;
        if (!take_token(&rest, scope, &token)) {
            return false;
        }
        found.ends_in_expand = token.is_expand;
        if (token.is_expand) {
            found.has_percent = true;
            found.last_expand_end = text.len - rest.len;
        }
        found.letters |= token.letter ? SPF_LETTER(token.letter) : 0;
    }
    *facts = found;
    return true;
}

void spf_macro_set(struct spf_macro_values *values, char letter, span value)
{
    values->value[letter - 'a'] = value;
    values->known |= SPF_LETTER(letter);
}

struct output {
    char *at;
    size_t size, len;
    bool overflowed;
};

static void put(struct output *out, span bytes)
{
    if (bytes.len > out->size - out->len) {
        out->overflowed = true;
        return;
    }
    if (bytes.len > 0) {
        memcpy(out->at + out->len, bytes.ptr, bytes.len);
        out->len += bytes.len;
    }
}

/* Everything but the unreserved characters of RFC 3986 section 2.3 becomes %XX. */
static void put_escaped(struct output *out, span bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        bool is_unreserved = ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
        char escape[3] = { '%', digits[c >> 4], digits[c & 15] };
        put(out, is_unreserved ? span_of(bytes.ptr + i, 1) : span_of(escape, 3));
    }
}

static void put_value(struct output *out, const struct token *token, span bytes)
{
    if (token->is_upper) {
        put_escaped(out, bytes);
    } else {
        put(out, bytes);
    }
}

static bool splits(span delimiters, char c)
{
    return delimiters.len == 0 ? c == '.' : span_find(delimiters, c) < delimiters.len;
}

/* The part of `value` that begins at `from`. */
static span part_at(span value, size_t from, span delimiters)
{
    size_t end = from;
    while (end < value.len && !splits(delimiters, value.ptr[end])) {
        end++;
    }
    return span_of(value.ptr + from, end - from);
}

static size_t count_parts(span value, span delimiters)
{
    size_t count = 1;
    for (size_t i = 0; i < value.len; i++) {
        count += splits(delimiters, value.ptr[i]);
    }
    return count;
}

/* The last `keep` parts in their order. */
static void put_right_parts(struct output *out, const struct token *token, span value, size_t skip)
{
    size_t from = 0;
    for (bool is_first = true; from <= value.len;) {
        span part = part_at(value, from, token->delimiters);
        from += part.len + 1;
        if (skip > 0) {
            skip--;
            continue;
        }
        if (!is_first) {
            put(out, SPAN("."));
        }
        is_first = false;
        put_value(out, token, part);
    }
}

/* The first `keep` parts backwards: reversal comes before the choice of the right-hand parts (7.3). */
static void put_reversed_parts(struct output *out, const struct token *token, span value, size_t keep)
{
    size_t end = 0;
    for (size_t left = keep; left > 0; left--) {
        end += part_at(value, end, token->delimiters).len + (left > 1 ? 1 : 0);
    }
    for (size_t left = keep; left > 0; left--) {
        size_t begin = end;
        while (begin > 0 && !splits(token->delimiters, value.ptr[begin - 1])) {
            begin--;
        }
        put_value(out, token, span_of(value.ptr + begin, end - begin));
        if (left > 1) {
            put(out, SPAN("."));
            end = begin - 1;
        }
    }
}

static void put_expanded(struct output *out, const struct token *token, span value)
{
    if (value.len == 0 || (token->keep == 0 && !token->is_reversed && token->delimiters.len == 0)) {
        put_value(out, token, value);
        return;
    }
    size_t count = count_parts(value, token->delimiters);
    size_t keep = token->keep > 0 && token->keep < count ? token->keep : count;
    if (token->is_reversed) {
        put_reversed_parts(out, token, value, keep);
    } else {
        put_right_parts(out, token, value, count - keep);
    }
}

enum spf_macro_result spf_macro_expand(span text, enum spf_macro_scope scope, const struct spf_macro_values *values,
                                       char *out, size_t size, size_t *len)
{
    struct output output = { .at = out, .size = size };
    bool is_known = true;
    while (text.len > 0) {
        struct token token;
        if (!take_token(&text, scope, &token)) {
            return SPF_MACRO_BAD;
        }
        if (!token.letter) {
            put(&output, token.literal);
        } else if (values->known & SPF_LETTER(token.letter)) {
            put_expanded(&output, &token, values->value[token.letter - 'a']);
        } else {
            is_known = false;
        }
    }
    if (!is_known) {
        return SPF_MACRO_UNKNOWN;
    }
    *len = output.len;
    return output.overflowed ? SPF_MACRO_TOO_LONG : SPF_MACRO_DONE;
}

span spf_macro_truncate(span name)
{
    if (name.len > 0 && name.ptr[name.len - 1] == '.') {
        name.len--;
    }
    while (name.len > SPF_NAME_MAX) {
        size_t dot = span_find(name, '.');
        name = span_after(name, dot + 1);
    }
    return name;
}
