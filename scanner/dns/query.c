// SPDX-License-Identifier: MIT
#include "scanner/dns/query.h"

#include <endian.h>

/* Recursion desired; and AD, so that a resolver says whether it has validated the answer (RFC 6840 5.7). */
enum { CLASS_IN = 1, TYPE_OPT = 41, FLAGS_RD = 0x0100, FLAGS_AD = 0x0020, FLAGS_CD = 0x0010 };

/* One escaped byte: what follows the backslash at text[*at], which is moved past it (RFC 1035 5.1). */
static bool take_escaped(span text, size_t *at, uint8_t *out)
{
    span rest = span_after(text, *at + 1);
    if (rest.len == 0) {
        return false;
    }
    if (!ascii_is_digit((unsigned char)rest.ptr[0])) {
        *out = (uint8_t)rest.ptr[0];
        *at += 2;
        return true;
    }
    uint64_t value;
    if (rest.len < 3 || !span_to_u64(span_first(rest, 3), UINT8_MAX, &value)) {
        return false;
    }
    *out = (uint8_t)value;
    *at += 4;
    return true;
}

/* Bytes that stand for themselves, as many as fit the label and the name: nearly all. */
static void take_plain(span text, size_t *from, uint8_t *out, size_t *to, size_t label_at)
{
    size_t i = *from, at = *to, end = label_at + 1 + DNS_LABEL_LEN_MAX;
    end = end < DNS_NAME_SIZE_MAX - 1 ? end : DNS_NAME_SIZE_MAX - 1;
    while (i < text.len && at < end && text.ptr[i] != '.' && text.ptr[i] != '\\') {
        out[at++] = (uint8_t)text.ptr[i++];
    }
    *from = i;
    *to = at;
}

enum query_result query_encode_name(span qname, uint8_t out[static DNS_NAME_SIZE_MAX], size_t *size_out)
{
    size_t at = 1, label_at = 0;
    if (qname.len == 1 && qname.ptr[0] == '.') {
        out[0] = 0;
        *size_out = 1;
        return QUERY_OK;
    }
    if (qname.len == 0) {
        return QUERY_EMPTY_LABEL;
    }
    /* out[label_at] is the length byte of the label being written; `at` is where its next byte goes. */
    for (size_t i = 0; i < qname.len;) {
        take_plain(qname, &i, out, &at, label_at);
        if (i == qname.len) {
            break;
        }
        uint8_t byte = (uint8_t)qname.ptr[i];
        if (byte == '.') {
            if (at == label_at + 1) {
                return QUERY_EMPTY_LABEL;
            }
            out[label_at] = (uint8_t)(at - label_at - 1);
            label_at = at++;
            i++;
            continue;
        }
        if (byte != '\\') {
            i++;
        } else if (!take_escaped(qname, &i, &byte)) {
            return QUERY_BAD_ESCAPE;
        }
        if (at - label_at > DNS_LABEL_LEN_MAX) {
            return QUERY_LABEL_TOO_LONG;
        }
        /* One byte must stay for the root's length. */
        if (at >= DNS_NAME_SIZE_MAX - 1) {
            return QUERY_NAME_TOO_LONG;
        }
        out[at++] = byte;
    }
    if (at > label_at + 1) {
        out[label_at] = (uint8_t)(at - label_at - 1);
        label_at = at;
    }
    out[label_at] = 0;
    *size_out = label_at + 1;
    return QUERY_OK;
}

static void put16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

/* The highest bit of each byte that is a letter. */
static uint64_t letters_of(uint64_t bytes)
{
    static const uint64_t each = 0x0101010101010101ull, high = 0x8080808080808080ull;
    uint64_t folded = (bytes | each * 0x20) & ~high;
    return (folded + each * (0x80 - 'a')) & ~(folded + each * (0x7f - 'z')) & ~bytes & high;
}

/* The highest bit of each byte whose bit is set: of the first byte the lowest. */
static uint64_t spread_bits(uint8_t bits)
{
    uint64_t own = bits * 0x0101010101010101ull & 0x8040201008040201ull;
    return (own + 0x7f7f7f7f7f7f7f7full) & 0x8080808080808080ull;
}

/* Length bytes are at most 63 and so never letters: the whole name can be walked, eight bytes at a time. What lies behind
   it in the buffer is written later. */
static void turn_case(uint8_t *name, size_t size, const uint8_t *case_bits)
{
    for (size_t i = 0; i < size; i += 8) {
        uint64_t bytes;
        memcpy(&bytes, name + i, sizeof(bytes));
        bytes = le64toh(bytes);
        bytes ^= (letters_of(bytes) & spread_bits(case_bits[i / 8])) >> 2;
        bytes = htole64(bytes);
        memcpy(name + i, &bytes, sizeof(bytes));
    }
}

enum query_result query_encode(span qname, const struct query_form *form, uint8_t out[static QUERY_SIZE_MAX],
                               size_t *size_out)
{
    size_t name_size;
    _Static_assert(QUERY_SIZE_MAX >= DNS_HEADER_SIZE + DNS_NAME_SIZE_MAX + 8, "turn_case() writes eight bytes at a time");
    enum query_result result = query_encode_name(qname, out + DNS_HEADER_SIZE, &name_size);
    if (result != QUERY_OK) {
        return result;
    }
    memset(out, 0, DNS_HEADER_SIZE);
    put16(out, form->id);
    put16(out + 2, (uint16_t)(FLAGS_RD | FLAGS_AD | (form->checking_disabled ? FLAGS_CD : 0)));
    put16(out + 4, 1);
    if (form->case_bits) {
        turn_case(out + DNS_HEADER_SIZE, name_size, form->case_bits);
    }
    uint8_t *at = out + DNS_HEADER_SIZE + name_size;
    put16(at, form->qtype);
    put16(at + 2, CLASS_IN);
    at += 4;
    if (form->with_edns) {
        /* RFC 6891 6.1.2: root owner, OPT, size as class, no extended flags, no options. */
        put16(out + 10, 1);
        memset(at, 0, QUERY_EDNS_SIZE);
        put16(at + 1, TYPE_OPT);
        put16(at + 3, DNS_UDP_SIZE);
        at += QUERY_EDNS_SIZE;
    }
    *size_out = (size_t)(at - out);
    return QUERY_OK;
}
