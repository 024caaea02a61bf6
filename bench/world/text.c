// SPDX-License-Identifier: MIT
#include "bench/world/text.h"

void text_add_number(struct text *t, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    text_add(t, span_of(digits + at, sizeof(digits) - at));
}

void text_add_hex(struct text *t, uint64_t value, int digits)
{
    char out[16];
    for (int i = 0; i < digits; i++) {
        out[i] = "0123456789abcdef"[(value >> (4 * (digits - 1 - i))) & 15];
    }
    text_add(t, span_of(out, (size_t)digits));
}

void text_add_address(struct text *t, uint32_t address)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        text_add_number(t, (address >> shift) & 255);
        text_add(t, shift > 0 ? SPAN(".") : SPAN(""));
    }
}

void text_add_dashed(struct text *t, span name)
{
    for (size_t i = 0; i < name.len; i++) {
        text_add(t, name.ptr[i] == '.' ? SPAN("-") : span_of(name.ptr + i, 1));
    }
}
