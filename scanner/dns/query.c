// SPDX-License-Identifier: MIT
#include "scanner/dns/query.h"

/* Recursion desired; and AD, so that a resolver says whether it has validated the answer (RFC 6840 5.7). */
enum { CLASS_IN = 1, TYPE_OPT = 41, FLAGS_RD = 0x0100, FLAGS_AD = 0x0020 };

/* One byte of a label off the front of *text, escapes undone (RFC 1035 5.1). */
static bool take_byte(span *text, uint8_t *out)
{
    unsigned char first = (unsigned char)text->ptr[0];
    *text = span_after(*text, 1);
    if (first != '\\') {
        *out = first;
        return true;
    }
    if (text->len == 0) {
        return false;
    }
    if (!ascii_is_digit((unsigned char)text->ptr[0])) {
        *out = (uint8_t)text->ptr[0];
        *text = span_after(*text, 1);
        return true;
    }
    uint64_t value;
    if (text->len < 3 || !span_to_u64(span_first(*text, 3), UINT8_MAX, &value)) {
        return false;
    }
    *out = (uint8_t)value;
    *text = span_after(*text, 3);
    return true;
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
    while (qname.len > 0) {
        if (qname.ptr[0] == '.') {
            if (at == label_at + 1) {
                return QUERY_EMPTY_LABEL;
            }
            out[label_at] = (uint8_t)(at - label_at - 1);
            label_at = at++;
            qname = span_after(qname, 1);
            continue;
        }
        uint8_t byte;
        if (!take_byte(&qname, &byte)) {
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

/* Length bytes are at most 63 and so never letters: the whole name can be walked byte by byte. */
static void turn_case(uint8_t *name, size_t size, const uint8_t *case_bits)
{
    for (size_t i = 0; i < size; i++) {
        if (ascii_is_alpha(name[i]) && (case_bits[i >> 3] >> (i & 7) & 1)) {
            name[i] ^= 0x20;
        }
    }
}

enum query_result query_encode(span qname, const struct query_form *form, uint8_t out[static QUERY_SIZE_MAX],
                               size_t *size_out)
{
    size_t name_size;
    enum query_result result = query_encode_name(qname, out + DNS_HEADER_SIZE, &name_size);
    if (result != QUERY_OK) {
        return result;
    }
    memset(out, 0, DNS_HEADER_SIZE);
    put16(out, form->id);
    put16(out + 2, FLAGS_RD | FLAGS_AD);
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
