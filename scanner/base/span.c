// SPDX-License-Identifier: MIT
#include "scanner/base/span.h"

bool span_equal_nocase(span a, span b)
{
    if (a.len != b.len) {
        return false;
    }
    if (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0) {
        return true;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower((unsigned char)a.ptr[i]) != ascii_lower((unsigned char)b.ptr[i])) {
            return false;
        }
    }
    return true;
}

int span_compare(span a, span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.ptr, b.ptr, shorter) : 0;
    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

size_t span_find(span s, char c)
{
    const char *at = s.len > 0 ? memchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

size_t span_search_nocase(span s, span needle)
{
    if (needle.len > s.len) {
        return s.len;
    }
    for (size_t i = 0; i <= s.len - needle.len; i++) {
        if (span_equal_nocase(span_first(span_after(s, i), needle.len), needle)) {
            return i;
        }
    }
    return s.len;
}

span span_cut(span *rest, char separator)
{
    size_t at = span_find(*rest, separator);
    span front = span_first(*rest, at);
    *rest = span_after(*rest, at + 1);
    return front;
}

static bool is_fws(unsigned char c)
{
    return ascii_is_blank(c) || c == '\r' || c == '\n';
}

static span trim_while(span s, bool (*is_space)(unsigned char))
{
    while (s.len > 0 && is_space((unsigned char)s.ptr[0])) {
        s = span_after(s, 1);
    }
    while (s.len > 0 && is_space((unsigned char)s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

span span_trim(span s)
{
    return trim_while(s, ascii_is_blank);
}

span span_trim_fws(span s)
{
    return trim_while(s, is_fws);
}

bool span_to_u64(span s, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (s.len == 0) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (!ascii_is_digit(c)) {
            return false;
        }
        uint64_t digit = (uint64_t)(c - '0');
        if (digit > max || value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool name_is_within(span name, span parent)
{
    if (parent.len == 0) {
        return true;
    }
    if (!span_ends_with_nocase(name, parent)) {
        return false;
    }
    return name.len == parent.len || name.ptr[name.len - parent.len - 1] == '.';
}

/* Index of the first dot that separates labels: one behind a backslash is part of a label (RFC 1035 5.1). */
static size_t label_end(span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '\\') {
            i++;
        } else if (name.ptr[i] == '.') {
            return i;
        }
    }
    return name.len;
}

size_t name_label_count(span name)
{
    size_t count = 0;
    while (name.len > 0) {
        name = span_after(name, label_end(name) + 1);
        count++;
    }
    return count;
}

span name_parent(span name)
{
    return span_after(name, label_end(name) + 1);
}

uint32_t span_hash_nocase(span s)
{
    /* Eight bytes at a time; setting bit 5 of every byte folds the case (and little else: equality is checked apart). */
    const uint64_t fold = UINT64_C(0x2020202020202020), multiplier = UINT64_C(0x9fb21c651e98df25);
    uint64_t hash = s.len * multiplier;
    while (s.len >= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, s.ptr, sizeof(word));
        hash = ((hash << 23 | hash >> 41) ^ (word | fold)) * multiplier;
        s = span_after(s, sizeof(word));
    }
    if (s.len > 0) {
        uint64_t word = 0;
        memcpy(&word, s.ptr, s.len);
        hash = ((hash << 23 | hash >> 41) ^ (word | fold)) * multiplier;
    }
    return (uint32_t)(hash >> 32);
}
