// SPDX-License-Identifier: MIT
#include "scanner/mail/tag_list.h"

bool tag_list_next(span *rest, struct tag *out)
{
    if (rest->len == 0) {
        return false;
    }
    out->element = span_trim_fws(span_cut(rest, ';'));
    out->is_empty = out->element.len == 0;
    out->has_equals = span_find(out->element, '=') < out->element.len;
    out->value = out->element;
    out->name = span_trim_fws(span_cut(&out->value, '='));
    out->value = span_trim_fws(out->value);
    return true;
}

bool tag_name_is_valid(span name)
{
    if (name.len == 0 || !ascii_is_alpha((unsigned char)name.ptr[0])) {
        return false;
    }
    for (size_t i = 1; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (!ascii_is_alnum(c) && c != '_') {
            return false;
        }
    }
    return true;
}

bool tag_value_is_valid(span value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        bool is_fws = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!is_fws && (c < 0x21 || c > 0x7e || c == ';')) {
            return false;
        }
    }
    return true;
}

bool text_has_word(span text, span word)
{
    for (size_t from = 0; from < text.len;) {
        size_t at = from + span_search_nocase(span_after(text, from), word);
        if (at >= text.len || word.len == 0) {
            return false;
        }
        if (at == 0 || !ascii_is_alnum((unsigned char)text.ptr[at - 1])) {
            return true;
        }
        from = at + 1;
    }
    return false;
}
