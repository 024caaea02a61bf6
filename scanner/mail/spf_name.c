// SPDX-License-Identifier: MIT
#include "scanner/mail/spf_name.h"

enum { LABEL_MAX = 63, NAME_MAX_LEN = 253 };

static bool is_plain_byte(unsigned char c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_';
}

static span without_final_dot(span text)
{
    return text.len > 0 && text.ptr[text.len - 1] == '.' ? span_first(text, text.len - 1) : text;
}

static bool labels_fit(span text)
{
    if (text.len == 0 || text.len > NAME_MAX_LEN) {
        return false;
    }
    size_t label = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '.') {
            label++;
        } else if (label == 0 || label > LABEL_MAX) {
            return false;
        } else {
            label = 0;
        }
    }
    return label > 0 && label <= LABEL_MAX;
}

bool spf_name_from_text(span text, char out[SPF_QNAME_SIZE], span *name)
{
    text = without_final_dot(text);
    if (!labels_fit(text)) {
        return false;
    }
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (is_plain_byte(c) || c == '.') {
            out[len++] = (char)ascii_lower(c);
        } else {
            out[len++] = '\\';
            out[len++] = (char)('0' + c / 100);
            out[len++] = (char)('0' + c / 10 % 10);
            out[len++] = (char)('0' + c % 10);
        }
    }
    *name = span_of(out, len);
    return true;
}

bool spf_name_is_plain(span text)
{
    text = without_final_dot(text);
    for (size_t i = 0; i < text.len; i++) {
        if (!is_plain_byte((unsigned char)text.ptr[i]) && text.ptr[i] != '.') {
            return false;
        }
    }
    return labels_fit(text);
}
