// SPDX-License-Identifier: MIT
#include "scanner/mail/dmarc_uri.h"

enum { LABEL_MAX_LEN = 63, HOST_MAX_LEN = 253 };

bool dmarc_host_is_name(span host)
{
    if (host.len == 0 || host.len > HOST_MAX_LEN) {
        return false;
    }
    span rest = host;
    size_t labels = 0, dots = 0;
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.ptr[i];
        if (!ascii_is_alnum(c) && c != '-' && c != '_' && c != '.') {
            return false;
        }
        dots += c == '.';
    }
    while (labels <= dots) {
        span label = span_cut(&rest, '.');
        if (label.len == 0 || label.len > LABEL_MAX_LEN) {
            return false;
        }
        labels++;
    }
    return true;
}

static bool is_hex(unsigned char c)
{
    return ascii_is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/* RFC 3986 section 2: visible ASCII, but these; a percent sign begins an octet in hex. */
static const char *find_bad_character(span uri)
{
    static const span excluded = { "\"<>\\^`{|}", 9 };
    for (size_t i = 0; i < uri.len; i++) {
        unsigned char c = (unsigned char)uri.ptr[i];
        if (c == ' ' || c == '\t') {
            return "a blank inside";
        }
        if (c > 0x7e) {
            return "a character that is not ASCII";
        }
        if (c < 0x20 || span_find(excluded, (char)c) < excluded.len) {
            return "a character that no URI may hold";
        }
        if (c == '!') {
            return "an unencoded '!'";
        }
        if (c == '%' && (uri.len - i < 3 || !is_hex((unsigned char)uri.ptr[i + 1]) ||
                         !is_hex((unsigned char)uri.ptr[i + 2]))) {
            return "a bad percent encoding";
        }
    }
    return NULL;
}

/* RFC 7489 section 6.4: "!" 1*DIGIT [ "k" / "m" / "g" / "t" ]. */
static bool is_size_limit(span text)
{
    size_t digits = 0;
    while (digits < text.len && ascii_is_digit((unsigned char)text.ptr[digits])) {
        digits++;
    }
    if (digits == 0 || text.len - digits > 1) {
        return false;
    }
    return digits == text.len || span_find(SPAN("kmgt"), (char)ascii_lower((unsigned char)text.ptr[digits])) < 4;
}

static span without_size_limit(span uri, bool *had_limit)
{
    size_t at = span_find(uri, '!');
    *had_limit = at < uri.len && is_size_limit(span_after(uri, at + 1));
    return *had_limit ? span_first(uri, at) : uri;
}

/* Length of the scheme in front of the first ':', 0 when there is none. RFC 3986 section 3.1. */
static size_t scheme_len(span uri)
{
    size_t at = span_find(uri, ':');
    if (at == uri.len || at == 0 || !ascii_is_alpha((unsigned char)uri.ptr[0])) {
        return 0;
    }
    for (size_t i = 0; i < at; i++) {
        unsigned char c = (unsigned char)uri.ptr[i];
        if (!ascii_is_alnum(c) && c != '+' && c != '-' && c != '.') {
            return 0;
        }
    }
    return at;
}

static span without_final_dot(span host)
{
    return host.len > 1 && host.ptr[host.len - 1] == '.' ? span_first(host, host.len - 1) : host;
}

/* RFC 6068 section 2: one address; '/' and its like would have to be encoded. */
static const char *read_mailto(span rest, struct dmarc_uri *out)
{
    static const span reserved = { "/?#[]&;:@", 9 };
    span address = span_cut(&rest, '?');
    size_t at = address.len;
    for (size_t i = 0; i < address.len; i++) {
        at = address.ptr[i] == '@' ? i : at;
    }
    if (at == address.len) {
        return "no address";
    }
    if (at == 0) {
        return "no local part";
    }
    for (size_t i = 0; i < at; i++) {
        if (span_find(reserved, address.ptr[i]) < reserved.len) {
            return "a bad local part";
        }
    }
    span host = without_final_dot(span_after(address, at + 1));
    if (!dmarc_host_is_name(host)) {
        return "a bad host";
    }
    out->host = host;
    return NULL;
}

static const char *read_https(span rest, struct dmarc_uri *out)
{
    if (!span_starts_with(rest, SPAN("//"))) {
        return "no host";
    }
    rest = span_after(rest, 2);
    size_t end = 0;
    while (end < rest.len && span_find(SPAN("/?#"), rest.ptr[end]) == 3) {
        end++;
    }
    span authority = span_first(rest, end);
    size_t user = span_find(authority, '@');
    authority = user < authority.len ? span_after(authority, user + 1) : authority;
    span host = without_final_dot(span_cut(&authority, ':'));
    if (!dmarc_host_is_name(host)) {
        return "a bad host";
    }
    out->host = host;
    return NULL;
}

static const char *read_uri(span uri, struct dmarc_uri *out)
{
    if (uri.len == 0) {
        return "an empty element";
    }
    size_t scheme = scheme_len(uri);
    if (scheme == 0) {
        return span_find(uri, '@') < uri.len ? "mailto: is missing" : "no URI";
    }
    out->is_mailto = span_equal_nocase(span_first(uri, scheme), SPAN("mailto"));
    out->is_https = span_equal_nocase(span_first(uri, scheme), SPAN("https"));
    const char *fault = find_bad_character(uri);
    if (fault) {
        return fault;
    }
    span rest = span_after(uri, scheme + 1);
    if (out->is_mailto) {
        return read_mailto(rest, out);
    }
    return out->is_https ? read_https(rest, out) : NULL;
}

bool dmarc_uri_next(span *list, struct dmarc_uri *out)
{
    if (list->len == 0) {
        return false;
    }
    *out = (struct dmarc_uri){ .text = span_trim(span_cut(list, ',')) };
    span uri = without_size_limit(out->text, &out->has_size_limit);
    out->fault = read_uri(uri, out);
    out->is_wellformed = out->fault == NULL;
    return true;
}
