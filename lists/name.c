// SPDX-License-Identifier: MIT
#include "lists/name.h"
#include "lists/text.h"

#include <idn2.h>

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

enum {
    HOST_LEN_MAX = 2048,     /* of what may still shrink to a name: UTF-8 and what UTS 46 drops */
    IDN_LABEL_LEN_MAX = 512, /* 63 code points of four bytes, twice */
    IDN_FLAGS = IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT,
};

const char *name_result_text(enum name_result result)
{
    static const char *const texts[NAME_RESULT_COUNT] = {
        [NAME_OK] = "a name",
        [NAME_NOTHING] = "no host name",
        [NAME_BLANK_INSIDE] = "a blank or control character inside the name",
        [NAME_EMPTY_LABEL] = "an empty label",
        [NAME_LABEL_TOO_LONG] = "a label of more than 63 octets",
        [NAME_TOO_LONG] = "a name of more than 253 octets",
        [NAME_IS_ADDRESS] = "an IP address",
        [NAME_SINGLE_LABEL] = "a single label",
        [NAME_BAD_CHARACTER] = "a character other than letters, digits, hyphen and underscore",
        [NAME_BAD_PORT] = "a bad port",
        [NAME_BAD_UTF8] = "not UTF-8",
        [NAME_BAD_IDN] = "characters that IDNA 2008 does not allow",
        [NAME_BAD_ALABEL] = "a label in xn-- that is no A-label",
        [NAME_NO_MEMORY] = "no memory left to read it",
    };
    return (unsigned)result < NAME_RESULT_COUNT ? texts[result] : "unknown";
}

/* What each octet becomes in a name; 0: it cannot stand in one. */
#define ROW_OF_16 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
/* clang-format off */
static const unsigned char octet_in_name[256] = {
    ROW_OF_16, ROW_OF_16,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '-', '.', 0,
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 0, 0, 0, 0, 0, 0,
    0, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0, 0, 0, 0, '_',
    0, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0, 0, 0, 0, 0,
};
/* clang-format on */
#undef ROW_OF_16

/* RFC 5891 section 5.4, both ways: an A-label is what its own U-label gives again. */
static enum name_result alabel_check(const char *label, size_t len)
{
    char copy[NAME_LABEL_LEN_MAX + 1];
    uint8_t *again = NULL;
    memcpy(copy, label, len);
    copy[len] = '\0';
    int err = idn2_lookup_u8((const uint8_t *)copy, &again, IDN_FLAGS);
    bool is_same = err == IDN2_OK && text_equal(text_from_cstr((const char *)again), text_of(label, len));
    idn2_free(again);
    return is_same ? NAME_OK : err == IDN2_MALLOC ? NAME_NO_MEMORY : NAME_BAD_ALABEL;
}

static bool is_ipv4(struct text name)
{
    for (int i = 0; i < 4; i++) {
        uint64_t octet;
        struct text part = text_cut(&name, '.');
        if (part.len > 3 || !text_to_u64(part, 255, &octet)) {
            return false;
        }
    }
    return name.len == 0;
}

/* Why an octet cannot stand in a name. */
static enum name_result octet_refused(unsigned char c)
{
    return c <= ' ' || c == 0x7f ? NAME_BLANK_INSIDE : NAME_BAD_CHARACTER;
}

static enum name_result label_check(const char *label, size_t len)
{
    if (len == 0) {
        return NAME_EMPTY_LABEL;
    }
    if (len > NAME_LABEL_LEN_MAX) {
        return NAME_LABEL_TOO_LONG;
    }
    return len >= 4 && memcmp(label, "xn--", 4) == 0 ? alabel_check(label, len) : NAME_OK;
}

/* The fast path: one pass over ASCII. `host` is without blanks, "*." and final dot. */
static enum name_result ascii_host(struct text host, char out[NAME_SIZE], size_t *out_len)
{
    size_t label = 0; /* where the label begins */
    size_t dots = 0;
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = octet_in_name[(unsigned char)host.ptr[i]];
        if (c == 0) {
            return octet_refused((unsigned char)host.ptr[i]);
        }
        if (i >= NAME_LEN_MAX) {
            return NAME_TOO_LONG;
        }
        out[i] = (char)c;
        if (c == '.') {
            enum name_result result = label_check(out + label, i - label);
            if (result != NAME_OK) {
                return result;
            }
            label = i + 1;
            dots++;
        }
    }
    enum name_result result = label_check(out + label, host.len - label);
    if (result != NAME_OK) {
        return result;
    }
    if (dots == 0) {
        return NAME_SINGLE_LABEL;
    }
    if (dots == 3 && text_is_digit((unsigned char)out[host.len - 1]) && is_ipv4(text_of(out, host.len))) {
        return NAME_IS_ADDRESS;
    }
    out[host.len] = '\0';
    *out_len = host.len;
    return NAME_OK;
}

/* RFC 5895 and UTS 46 section 2.3: these stand for the dot. Length of the separator at the front, 0: none. */
static size_t separator_len(struct text t)
{
    static const char ideographic[][4] = { "\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1" };
    if (t.len > 0 && t.ptr[0] == '.') {
        return 1;
    }
    for (size_t i = 0; t.len >= 3 && i < sizeof(ideographic) / sizeof(ideographic[0]); i++) {
        if (memcmp(t.ptr, ideographic[i], 3) == 0) {
            return 3;
        }
    }
    return 0;
}

static bool is_ascii(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if ((unsigned char)t.ptr[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static enum name_result idn_refused(int err)
{
    switch (err) {
    case IDN2_MALLOC:
        return NAME_NO_MEMORY;
    case IDN2_ENCODING_ERROR:
        return NAME_BAD_UTF8;
    case IDN2_TOO_BIG_LABEL:
    case IDN2_TOO_BIG_DOMAIN:
    case IDN2_PUNYCODE_BIG_OUTPUT:
        return NAME_LABEL_TOO_LONG;
    default:
        return NAME_BAD_IDN;
    }
}

/* One label through UTS 46 and IDNA 2008; it is appended to out[] of HOST_LEN_MAX + 1. */
static enum name_result idn_label(struct text label, char *out, size_t *out_len)
{
    char copy[IDN_LABEL_LEN_MAX + 1];
    uint8_t *ascii = NULL;
    if (label.len > IDN_LABEL_LEN_MAX) {
        return NAME_LABEL_TOO_LONG;
    }
    if (text_find(label, '\0') < label.len) {
        return NAME_BLANK_INSIDE;
    }
    memcpy(copy, label.ptr, label.len);
    copy[label.len] = '\0';
    int err = idn2_lookup_u8((const uint8_t *)copy, &ascii, IDN_FLAGS);
    if (err != IDN2_OK) {
        return idn_refused(err);
    }
    size_t len = strlen((const char *)ascii);
    enum name_result result = len > HOST_LEN_MAX - *out_len ? NAME_TOO_LONG : NAME_OK;
    if (result == NAME_OK) {
        memcpy(out + *out_len, ascii, len);
        *out_len += len;
    }
    idn2_free(ascii);
    return result;
}

/*
 * Label by label, since libidn2 holds pure ASCII labels of a mixed name to rules the DNS does not know. What comes out
 * is ASCII and passes all of ascii_host again: a mapping may yield dots, blanks or an "xn--".
 */
static enum name_result idn_host(struct text host, char out[NAME_SIZE], size_t *out_len)
{
    char ascii[HOST_LEN_MAX + 1];
    size_t len = 0;
    if (host.len > HOST_LEN_MAX) {
        return NAME_TOO_LONG;
    }
    while (host.len > 0) {
        size_t n = 0;
        size_t separator = 0;
        while (n < host.len && (separator = separator_len(text_after(host, n))) == 0) {
            n++;
        }
        struct text label = text_first(host, n);
        if (!is_ascii(label)) {
            enum name_result result = idn_label(label, ascii, &len);
            if (result != NAME_OK) {
                return result;
            }
        } else if (label.len > HOST_LEN_MAX - len) {
            return NAME_TOO_LONG;
        } else if (label.len > 0) {
            memcpy(ascii + len, label.ptr, label.len);
            len += label.len;
        }
        if (separator > 0) {
            if (len == HOST_LEN_MAX) {
                return NAME_TOO_LONG;
            }
            ascii[len++] = '.';
        }
        host = text_after(host, n + separator);
    }
    if (len > 0 && ascii[len - 1] == '.') {
        len--; /* an ideographic final dot */
    }
    return len == 0 ? NAME_NOTHING : ascii_host(text_of(ascii, len), out, out_len);
}

enum name_result name_from_host(const char *text, size_t len, char out[NAME_SIZE], size_t *out_len)
{
    struct text host = text_trim(text_of(text, len));
    if (host.len >= 2 && host.ptr[0] == '*' && host.ptr[1] == '.') {
        host = text_after(host, 2);
    }
    if (host.len > 0 && host.ptr[host.len - 1] == '.') {
        host.len--;
    }
    if (host.len == 0) {
        return NAME_NOTHING;
    }
    enum name_result result = ascii_host(host, out, out_len);
    if (result != NAME_OK && !is_ascii(host)) {
        return idn_host(host, out, out_len);
    }
    return result;
}

/* RFC 3986 section 3.1, with the "//" behind it. Its length, 0: none. */
static size_t scheme_len(struct text t)
{
    size_t n = 0;
    while (n < t.len && (text_is_alpha((unsigned char)t.ptr[n]) || text_is_digit((unsigned char)t.ptr[n]) ||
                         t.ptr[n] == '+' || t.ptr[n] == '-' || t.ptr[n] == '.')) {
        n++;
    }
    bool is_scheme =
        n > 0 && text_is_alpha((unsigned char)t.ptr[0]) && text_equal(text_first(text_after(t, n), 3), TEXT("://"));
    return is_scheme ? n + 3 : 0;
}

/* The beginning of what stands behind a quoted local part and its '@' (RFC 5321 section 4.1.2); 0: no such thing. */
static size_t quoted_local_len(struct text t)
{
    if (t.len == 0 || t.ptr[0] != '"') {
        return 0;
    }
    for (size_t i = 1; i < t.len; i++) {
        if (t.ptr[i] == '\\') {
            i++;
        } else if (t.ptr[i] == '"') {
            return i + 1 < t.len && t.ptr[i + 1] == '@' ? i + 2 : 0;
        }
    }
    return 0;
}

static bool has_blank(struct text t)
{
    return text_find(t, ' ') < t.len || text_find(t, '\t') < t.len;
}

static bool is_ipv6(struct text t)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address;
    t = text_first(t, text_find(t, '%'));
    if (t.len >= sizeof(copy) || text_find(t, '\0') < t.len) {
        return false;
    }
    memcpy(copy, t.ptr, t.len);
    copy[t.len] = '\0';
    return inet_pton(AF_INET6, copy, &address) == 1;
}

/* Takes scheme, user and everything from the path on off the text. */
static enum name_result find_authority(struct text *t)
{
    if (t->len > 0 && t->ptr[t->len - 1] == '>') {
        size_t open = text_find_last(*t, '<');
        if (open < t->len) {
            *t = text_trim(text_of(t->ptr + open + 1, t->len - open - 2));
        }
    }
    size_t scheme = scheme_len(*t);
    if (scheme == 0 && text_equal(text_first(*t, 2), TEXT("//"))) {
        scheme = 2;
    } else if (scheme == 0 && text_equal_nocase(text_first(*t, 7), TEXT("mailto:"))) {
        scheme = 7;
    }
    *t = text_after(*t, scheme);
    *t = text_after(*t, quoted_local_len(*t));
    for (size_t i = 0; i < t->len; i++) {
        if (t->ptr[i] == '/' || t->ptr[i] == '?' || t->ptr[i] == '#') {
            t->len = i;
        }
    }
    if (has_blank(*t)) {
        return NAME_BLANK_INSIDE;
    }
    size_t at = text_find_last(*t, '@');
    if (at < t->len) {
        *t = text_after(*t, at + 1);
    }
    return NAME_OK;
}

/* Takes the port off; finds out IPv6 addresses. */
static enum name_result cut_port(struct text *t)
{
    uint64_t port;
    if (t->len > 0 && t->ptr[0] == '[') {
        return NAME_IS_ADDRESS;
    }
    size_t colon = text_find(*t, ':');
    if (colon == t->len) {
        return NAME_OK;
    }
    if (is_ipv6(*t)) {
        return NAME_IS_ADDRESS;
    }
    struct text digits = text_after(*t, colon + 1);
    if (digits.len > 0 && !text_to_u64(digits, 65535, &port)) {
        return NAME_BAD_PORT;
    }
    t->len = colon;
    return NAME_OK;
}

enum name_result name_from_text(const char *text, size_t len, char out[NAME_SIZE], size_t *out_len)
{
    struct text t = text_trim(text_of(text, len));
    enum name_result result = name_from_host(t.ptr, t.len, out, out_len);
    /* A name holds none of the marks that make a URL or an address: most lines are done here. */
    if (result == NAME_OK || t.len == 0) {
        return result;
    }
    result = find_authority(&t);
    if (result == NAME_OK) {
        result = cut_port(&t);
    }
    return result == NAME_OK ? name_from_host(t.ptr, t.len, out, out_len) : result;
}
