// SPDX-License-Identifier: MIT
#include "scanner/mail/spf_select.h"

static bool is_record(span text)
{
    return span_starts_with_nocase(text, SPAN("v=spf1")) && (text.len == 6 || text.ptr[6] == ' ');
}

/* "\"" or "\\\"" in front: quotes typed into a web form. */
static bool strip_quote(span *text)
{
    if (span_starts_with(*text, SPAN("\\\""))) {
        *text = span_after(*text, 2);
        return true;
    }
    if (span_starts_with(*text, SPAN("\""))) {
        *text = span_after(*text, 1);
        return true;
    }
    return false;
}

/* UTF-8's no-break space, zero-width space and byte order mark lead some records. */
static span skip_invisible(span text)
{
    static const span leaders[] = { { "\xc2\xa0", 2 }, { "\xe2\x80\x8b", 3 }, { "\xef\xbb\xbf", 3 } };
    text = span_trim_fws(text);
    for (size_t i = 0; i < sizeof(leaders) / sizeof(leaders[0]); i++) {
        if (span_starts_with(text, leaders[i])) {
            return span_trim_fws(span_after(text, leaders[i].len));
        }
    }
    return text;
}

/* The version as people mistype it: v, an optional separator, spf, perhaps blanks, a digit. */
static bool is_lookalike(span text)
{
    static const span openings[] = {
        { "v=spf", 5 }, { "v-spf", 5 },  { "v:spf", 5 },  { "v spf", 5 },  { "vspf", 4 },
        { "=spf1", 5 }, { "v==spf", 6 }, { "v= spf", 6 }, { "v =spf", 6 }, { "v = spf", 7 },
    };
    for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
        if (span_starts_with_nocase(text, openings[i])) {
            return true;
        }
    }
    /* "spf1 ..." and "spf=v1"; a mere word that begins with spf (a verification token) is something else. */
    return span_starts_with_nocase(text, SPAN("spf1")) &&
           (text.len == 4 || !ascii_is_alnum((unsigned char)text.ptr[4]));
}

enum spf_text_kind spf_text_classify(span text)
{
    if (is_record(text)) {
        return SPF_TEXT_RECORD;
    }
    if (text.len == 0) {
        return SPF_TEXT_OTHER;
    }
    span trimmed = span_trim_fws(text);
    if (trimmed.len > 0 && trimmed.ptr != text.ptr && is_record(trimmed)) {
        return SPF_TEXT_LEADING_WHITESPACE;
    }
    if (strip_quote(&trimmed)) {
        trimmed = span_trim_fws(trimmed);
        return is_record(trimmed) || is_lookalike(trimmed) ? SPF_TEXT_QUOTED : SPF_TEXT_OTHER;
    }
    if (span_starts_with_nocase(trimmed, SPAN("spf2.0/"))) {
        return SPF_TEXT_SENDER_ID;
    }
    return is_lookalike(skip_invisible(text)) ? SPF_TEXT_LOOKALIKE : SPF_TEXT_OTHER;
}

void spf_select(const struct rrset *txt, struct spf_selection *out)
{
    *out = (struct spf_selection){ 0 };
    if (txt->outcome != DNS_ANSWERED) {
        return;
    }
    for (size_t i = 0; i < txt->count; i++) {
        if (!is_record(txt->txt[i].text)) {
            continue;
        }
        if (out->count++ == 0 || span_compare(txt->txt[i].text, out->record->text) < 0) {
            out->record = &txt->txt[i];
        }
    }
}
