// SPDX-License-Identifier: MIT
#include "bench/world/name.h"

enum { LABEL_MAX = 63 };

static const uint64_t hash_start = 0xcbf29ce484222325u;

static inline uint64_t hash_step(uint64_t h, char c)
{
    return (h ^ (uint8_t)c) * 0x100000001b3u;
}

static bool is_plain(unsigned char c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_' || c == '*';
}

/* Labels are in place: hashes every tail, from the last byte to the first. */
static void hash_tails(struct name *n)
{
    uint64_t h = hash_start;
    size_t k = 0;
    size_t at = n->len;
    while (at > 0) {
        at--;
        if (n->text[at] == '.') {
            n->tail_hash[++k] = h;
        }
        h = hash_step(h, n->text[at]);
    }
    if (n->len > 0) {
        n->tail_hash[++k] = h;
    }
}

static bool add_label(struct name *n, span label)
{
    if (label.len == 0 || label.len > LABEL_MAX || n->label_count >= NAME_LABELS_MAX - 1 ||
        n->len + (n->label_count > 0 ? 1u : 0u) + label.len > NAME_WIRE_MAX - 2) {
        return false;
    }
    if (n->label_count > 0) {
        n->text[n->len++] = '.';
    }
    n->start[n->label_count++] = n->len;
    for (size_t i = 0; i < label.len; i++) {
        unsigned char c = ascii_lower((unsigned char)label.ptr[i]);
        bool plain = is_plain(c);
        n->is_odd |= !plain;
        n->text[n->len++] = (char)(plain ? c : '?');
    }
    return true;
}

static void name_clear(struct name *n)
{
    n->len = 0;
    n->label_count = 0;
    n->is_odd = false;
}

bool name_from_text(span text, struct name *out)
{
    name_clear(out);
    if (text.len > 0 && text.ptr[text.len - 1] == '.') {
        text.len--;
    }
    while (text.len > 0) {
        size_t dot = span_find(text, '.');
        if (!add_label(out, span_first(text, dot)) || dot + 1 == text.len) {
            return false;
        }
        text = span_after(text, dot + 1);
    }
    hash_tails(out);
    return true;
}

size_t name_from_wire(const uint8_t *bytes, size_t len, struct name *out)
{
    name_clear(out);
    size_t at = 0;
    while (at < len) {
        size_t n = bytes[at++];
        if (n == 0) {
            hash_tails(out);
            return at;
        }
        if (n > LABEL_MAX || len - at < n || !add_label(out, span_of((const char *)bytes + at, n))) {
            return 0;
        }
        at += n;
    }
    return 0;
}

span name_tail(const struct name *n, size_t labels)
{
    if (labels == 0 || labels > n->label_count) {
        return span_of(n->text + n->len, 0);
    }
    size_t at = n->start[n->label_count - labels];
    return span_of(n->text + at, n->len - at);
}

span name_label(const struct name *n, size_t i)
{
    size_t end = i + 1 < n->label_count ? n->start[i + 1] - 1u : n->len;
    return span_of(n->text + n->start[i], end - n->start[i]);
}

size_t name_to_wire(span text, uint8_t *out, size_t room)
{
    if (text.len == 1 && text.ptr[0] == '.') {
        text.len = 0;
    }
    if (room < text.len + 2 || text.len + 2 > NAME_WIRE_MAX) {
        return 0;
    }
    size_t at = 0;
    while (text.len > 0) {
        span label = span_cut(&text, '.');
        if (label.len == 0 || label.len > LABEL_MAX) {
            return 0;
        }
        out[at++] = (uint8_t)label.len;
        memcpy(out + at, label.ptr, label.len);
        at += label.len;
    }
    out[at++] = 0;
    return at;
}

uint64_t name_hash(span text)
{
    uint64_t h = hash_start;
    for (size_t i = text.len; i > 0; i--) {
        h = hash_step(h, text.ptr[i - 1]);
    }
    return h;
}
