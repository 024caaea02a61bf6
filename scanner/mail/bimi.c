// SPDX-License-Identifier: MIT
#include "scanner/mail/bimi.h"

#include "scanner/mail/tag_list.h"

static const span prefix = { "default._bimi", 13 };

size_t bimi_ask(const struct subject *s, bool *has_asked)
{
    if (*has_asked || !subject_checks(s, CHECK_BIMI) || subject_is_nonexistent(s)) {
        return 0;
    }
    *has_asked = true;
    span name = subject_name_below(s, prefix, s->domain);
    return name.len > 0 && subject_ask(s, name, DNS_TXT, ASK_BIMI) ? 1 : 0;
}

/* bimi-version = %x76 *WSP "=" *WSP %x42.49.4d.49.31 ("BIMI1"), the first tag; else the record is discarded. */
static bool is_bimi(span text)
{
    span value = span_cut(&text, ';');
    return span_equal(span_trim(span_cut(&value, '=')), SPAN("v")) && span_equal(span_trim(value), SPAN("BIMI1"));
}

static bool is_lookalike(span text)
{
    return text_has_word(span_first(text, 40), SPAN("bimi"));
}

/* Of an URI: what stands before the query, for the file's extension. */
static bool is_svg(span uri)
{
    uri = span_first(uri, span_find(uri, '?'));
    uri = span_first(uri, span_find(uri, '#'));
    return span_ends_with_nocase(uri, SPAN(".svg")) || span_ends_with_nocase(uri, SPAN(".svgz"));
}

static bool is_https(span uri)
{
    for (size_t i = 0; i < uri.len; i++) {
        if ((unsigned char)uri.ptr[i] <= 0x20 || (unsigned char)uri.ptr[i] > 0x7e) {
            return false;
        }
    }
    return span_starts_with_nocase(uri, SPAN("https://")) && uri.len > 8 && uri.ptr[8] != '/';
}

/* Name and value as in RFC 6376 3.2; of a repeated tag the first counts, for want of a rule. */
static void read_record(span text, struct bimi_result *out)
{
    struct tag tag;
    while (tag_list_next(&text, &tag)) {
        if (span_equal(tag.name, SPAN("l")) && tag.has_equals && !out->has_location) {
            out->has_location = true;
            out->location = tag.value;
        } else if (span_equal(tag.name, SPAN("a")) && tag.has_equals && !out->has_authority) {
            out->has_authority = true;
            out->authority = tag.value;
        }
    }
}

static void assess_record(const struct subject *s, span record, struct bimi_result *out)
{
    read_record(record, out);
    out->status = RECORD_VALID;
    findings_add(s->findings, FINDING_BIMI_PRESENT, span_of("", 0));
    if (out->has_location && out->location.len == 0 && out->authority.len == 0) {
        findings_add(s->findings, FINDING_BIMI_DECLINED, span_of("", 0));
        return;
    }
    if (!is_https(out->location) || !is_svg(out->location)) {
        out->status = RECORD_INVALID;
        findings_add(s->findings, FINDING_BIMI_LOCATION_INVALID, out->location);
    }
    if (out->authority.len == 0) {
        findings_add(s->findings, FINDING_BIMI_AUTHORITY_MISSING, span_of("", 0));
    } else if (!is_https(out->authority)) {
        out->status = RECORD_INVALID;
        findings_add(s->findings, FINDING_BIMI_AUTHORITY_INVALID, out->authority);
    }
}

static void assess_answer(const struct subject *s, const struct rrset *txt, struct bimi_result *out)
{
    span record = { "", 0 };
    size_t count = 0;
    bool has_lookalike = false;
    for (size_t i = 0; txt->outcome == DNS_ANSWERED && i < txt->count; i++) {
        span text = txt->txt[i].text;
        if (is_bimi(text)) {
            record = text;
            count++;
        } else {
            has_lookalike |= is_lookalike(text);
        }
    }
    out->status = count > 1 || has_lookalike ? RECORD_INVALID : RECORD_NONE;
    if (has_lookalike) {
        findings_add(s->findings, FINDING_BIMI_BAD_VERSION, span_of("", 0));
    }
    if (count > 1) {
        findings_addf(s->findings, FINDING_BIMI_MULTIPLE, "%u records", (unsigned)count);
    } else if (count == 1) {
        assess_record(s, record, out);
    }
}

void bimi_assess(const struct subject *s, struct bimi_result *out)
{
    *out = (struct bimi_result){ .status = RECORD_NOT_CHECKED };
    if (!subject_checks(s, CHECK_BIMI)) {
        return;
    }
    if (subject_is_nonexistent(s) || prefix.len + 1 + s->domain.len > 253) {
        out->status = RECORD_NONE;
        return;
    }
    const struct rrset *txt = subject_answer(s, subject_name_below(s, prefix, s->domain), DNS_TXT);
    if (rrset_is_failure(txt)) {
        out->status = RECORD_TEMPERROR;
        return;
    }
    assess_answer(s, txt, out);
}
