// SPDX-License-Identifier: MIT
#include "scanner/mail/dmarc_record.h"

#include "scanner/mail/dmarc_uri.h"

/* --- Which text is a record: RFC 9989 sections 4.8 and 4.10 --- */

/* Takes "v *WSP = *WSP" off the front. */
static bool cut_version_tag(span *text)
{
    if (text->len == 0 || ascii_lower((unsigned char)text->ptr[0]) != 'v') {
        return false;
    }
    span rest = span_trim(span_after(*text, 1));
    if (rest.len == 0 || rest.ptr[0] != '=') {
        return false;
    }
    *text = span_after(rest, 1);
    return true;
}

bool dmarc_text_is_record(span text)
{
    if (!cut_version_tag(&text)) {
        return false;
    }
    return span_equal(span_trim(span_cut(&text, ';')), SPAN("DMARC1"));
}

static bool has_version(span text, span version)
{
    return cut_version_tag(&text) && span_starts_with_nocase(span_trim(text), version);
}

/* "policy" in any spelling of the three values. RFC 9989 section 4.8: dmarc-request. */
static bool read_policy(span value, enum dmarc_policy *out)
{
    static const struct {
        span name;
        enum dmarc_policy policy;
    } policies[] = {
        { { "none", 4 }, DMARC_POLICY_NONE },
        { { "quarantine", 10 }, DMARC_POLICY_QUARANTINE },
        { { "reject", 6 }, DMARC_POLICY_REJECT },
    };
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        if (span_equal_nocase(value, policies[i].name)) {
            *out = policies[i].policy;
            return true;
        }
    }
    return false;
}

/* A tag `name` anywhere in the list, with a value that `is_meant` finds telling. */
static bool has_tag(span text, span name, bool (*is_meant)(span value))
{
    while (text.len > 0) {
        span value = span_cut(&text, ';');
        span tag = span_trim_fws(span_cut(&value, '='));
        if (span_equal_nocase(tag, name) && is_meant(span_trim_fws(value))) {
            return true;
        }
    }
    return false;
}

static bool is_version(span value)
{
    return span_equal(value, SPAN("DMARC1"));
}

static bool is_policy(span value)
{
    enum dmarc_policy ignored;
    return read_policy(value, &ignored);
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '\\';
}

static span without_quotes(span text)
{
    while (text.len > 0 && (is_quote(text.ptr[0]) || ascii_is_blank((unsigned char)text.ptr[0]))) {
        text = span_after(text, 1);
    }
    while (text.len > 0 && is_quote(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

/* "v:DMARC1", "v=dmarc2", "v DMARC": the letter, then anything but a letter or digit, then the word. */
static bool begins_like_a_record(span text)
{
    if (text.len == 0 || ascii_lower((unsigned char)text.ptr[0]) != 'v') {
        return false;
    }
    do {
        text = span_after(text, 1);
    } while (text.len > 0 && !ascii_is_alnum((unsigned char)text.ptr[0]));
    return span_starts_with_nocase(text, SPAN("DMARC"));
}

static bool looks_alike(span text)
{
    return begins_like_a_record(text) || span_search_nocase(text, SPAN("dmarc1")) < text.len ||
           has_version(text, SPAN("DKIM1")) || has_tag(text, SPAN("p"), is_policy);
}

enum dmarc_text dmarc_text_kind(span text)
{
    if (dmarc_text_is_record(text)) {
        return DMARC_TEXT_RECORD;
    }
    if (dmarc_text_is_record(span_trim_fws(text))) {
        return DMARC_TEXT_LEADING_WHITESPACE;
    }
    if (text.len > 0 && is_quote(text.ptr[0]) && dmarc_text_is_record(without_quotes(text))) {
        return DMARC_TEXT_QUOTED;
    }
    if (has_version(span_trim_fws(text), SPAN("spf1"))) {
        return DMARC_TEXT_SPF;
    }
    if (has_tag(text, SPAN("v"), is_version)) {
        return DMARC_TEXT_VERSION_NOT_FIRST;
    }
    return looks_alike(text) ? DMARC_TEXT_LOOKALIKE : DMARC_TEXT_UNRELATED;
}

/* --- Its tags: RFC 9989 section 4.7, RFC 7489 section 6.3 --- */

enum tag { TAG_V, TAG_P, TAG_SP, TAG_NP, TAG_T, TAG_PSD, TAG_ADKIM, TAG_ASPF, TAG_FO, TAG_RUA, TAG_RUF, TAG_PCT, TAG_RF,
           TAG_RI, TAG_COUNT };

struct reading {
    struct dmarc_record *record;
    struct findings *findings; /* NULL: nobody wants to know */
    span first[TAG_COUNT];     /* first value of each tag */
    bool is_given[TAG_COUNT];
    size_t index;              /* of the element, v is 0 */
    size_t p_index;
    int last_tag;              /* of the element before, or -1 */
};

static void note(const struct reading *r, enum finding_id id, span detail)
{
    if (r->findings) {
        findings_add(r->findings, id, span_first(detail, 80));
    }
}

static void note_as(const struct reading *r, enum finding_id id, enum severity severity, span detail)
{
    if (r->findings) {
        findings_add_as(r->findings, id, severity, span_first(detail, 80));
    }
}

/* Both cut to 40 bytes: names and values are the owner's and may be long. */
static void note_pair(const struct reading *r, enum finding_id id, enum severity severity, span name,
                      const char *between, span value)
{
    if (r->findings) {
        char text[128];
        size_t len = 0;
        span parts[] = { span_first(name, 40), span_from_cstr(between), span_first(value, 40) };
        for (size_t i = 0; i < 3; i++) {
            if (parts[i].len > 0) {
                memcpy(text + len, parts[i].ptr, parts[i].len);
                len += parts[i].len;
            }
        }
        findings_add_as(r->findings, id, severity, span_of(text, len));
    }
}

static void read_request(const struct reading *r, struct dmarc_request *out, enum finding_id if_bad, span value)
{
    out->is_given = true;
    out->is_valid = read_policy(value, &out->policy);
    if (!out->is_valid) {
        note(r, if_bad, value);
    }
}

static bool read_p(struct reading *r, span value)
{
    r->p_index = r->index;
    read_request(r, &r->record->p, FINDING_DMARC_P_INVALID, value);
    return true;
}

static bool read_sp(struct reading *r, span value)
{
    read_request(r, &r->record->sp, FINDING_DMARC_SP_INVALID, value);
    return true;
}

static bool read_np(struct reading *r, span value)
{
    read_request(r, &r->record->np, FINDING_DMARC_NP_INVALID, value);
    return true;
}

/* A value of one letter out of `letters`: its index, or -1. */
static int read_letter(span value, span letters)
{
    if (value.len != 1) {
        return -1;
    }
    size_t at = span_find(letters, (char)ascii_lower((unsigned char)value.ptr[0]));
    return at < letters.len ? (int)at : -1;
}

static bool read_t(struct reading *r, span value)
{
    int letter = read_letter(value, SPAN("ny"));
    r->record->is_testing = letter == 1;
    return letter >= 0;
}

static bool read_psd(struct reading *r, span value)
{
    static const enum dmarc_psd values[] = { DMARC_PSD_YES, DMARC_PSD_NO, DMARC_PSD_UNDEFINED };
    int letter = read_letter(value, SPAN("ynu"));
    r->record->psd = letter >= 0 ? values[letter] : DMARC_PSD_UNDEFINED;
    return letter >= 0;
}

static bool read_alignment(enum dmarc_alignment *out, span value)
{
    int letter = read_letter(value, SPAN("rs"));
    *out = letter == 1 ? DMARC_STRICT : DMARC_RELAXED;
    return letter >= 0;
}

static bool read_adkim(struct reading *r, span value)
{
    return read_alignment(&r->record->adkim, value);
}

static bool read_aspf(struct reading *r, span value)
{
    return read_alignment(&r->record->aspf, value);
}

static const span fo_default = { "0", 1 };

static void set_fo_default(struct dmarc_record *record)
{
    record->fo[0] = fo_default;
    record->fo_count = 1;
}

static bool read_fo(struct reading *r, span value)
{
    static const span letters = { "01ds", 4 };
    bool is_seen[4] = { false }, has_conflict = false;
    size_t separators = 0;
    for (size_t i = 0; i < value.len; i++) {
        separators += value.ptr[i] == ':';
    }
    r->record->fo_count = 0;
    for (size_t i = 0; i <= separators; i++) {
        int letter = read_letter(span_trim(span_cut(&value, ':')), letters);
        if (letter < 0) {
            set_fo_default(r->record);
            return false;
        }
        has_conflict |= is_seen[letter];
        if (!is_seen[letter]) {
            r->record->fo[r->record->fo_count++] = span_of(letters.ptr + letter, 1);
        }
        is_seen[letter] = true;
    }
    if (has_conflict || (is_seen[0] && is_seen[1])) {
        note(r, FINDING_DMARC_FO_CONFLICT, r->first[TAG_FO]);
    }
    return true;
}

static bool has_report_uri(span list)
{
    struct dmarc_uri uri;
    while (dmarc_uri_next(&list, &uri)) {
        if (uri.is_wellformed && (uri.is_mailto || uri.is_https)) {
            return true;
        }
    }
    return false;
}

static bool read_rua(struct reading *r, span value)
{
    r->record->has_rua = true;
    r->record->rua = value;
    r->record->has_report_uri = has_report_uri(value);
    return true;
}

static bool read_ruf(struct reading *r, span value)
{
    r->record->has_ruf = true;
    r->record->ruf = value;
    return true;
}

static bool read_pct(struct reading *r, span value)
{
    uint64_t pct = 100;
    r->record->has_pct = span_to_u64(value, 100, &pct);
    r->record->pct = (uint8_t)pct;
    return r->record->has_pct;
}

static bool read_ri(struct reading *r, span value)
{
    (void)r;
    uint64_t seconds;
    return span_to_u64(value, UINT32_MAX, &seconds);
}

static bool read_rf(struct reading *r, span value)
{
    if (span_search_nocase(value, SPAN("iodef")) < value.len) {
        note(r, FINDING_DMARC_RF_IODEF, value);
    }
    while (value.len > 0) {
        span format = span_trim(span_cut(&value, ':'));
        if (!span_equal_nocase(format, SPAN("afrf")) && !span_equal_nocase(format, SPAN("iodef"))) {
            return false;
        }
    }
    return true;
}

static bool read_v(struct reading *r, span value)
{
    (void)r;
    (void)value;
    return true;
}

/* `read` says whether the value is one the tag may have. RFC 9989 section 4.7; pct, rf, ri: RFC 7489 section 6.3. */
static const struct {
    span name;
    bool (*read)(struct reading *r, span value);
    bool is_removed;
} tags[TAG_COUNT] = {
    [TAG_V] = { { "v", 1 }, read_v, false },
    [TAG_P] = { { "p", 1 }, read_p, false },
    [TAG_SP] = { { "sp", 2 }, read_sp, false },
    [TAG_NP] = { { "np", 2 }, read_np, false },
    [TAG_T] = { { "t", 1 }, read_t, false },
    [TAG_PSD] = { { "psd", 3 }, read_psd, false },
    [TAG_ADKIM] = { { "adkim", 5 }, read_adkim, false },
    [TAG_ASPF] = { { "aspf", 4 }, read_aspf, false },
    [TAG_FO] = { { "fo", 2 }, read_fo, false },
    [TAG_RUA] = { { "rua", 3 }, read_rua, false },
    [TAG_RUF] = { { "ruf", 3 }, read_ruf, false },
    [TAG_PCT] = { { "pct", 3 }, read_pct, true },
    [TAG_RF] = { { "rf", 2 }, read_rf, true },
    [TAG_RI] = { { "ri", 2 }, read_ri, true },
};

static int tag_find(span name)
{
    for (int i = 0; i < TAG_COUNT; i++) {
        if (span_equal_nocase(name, tags[i].name)) {
            return i;
        }
    }
    return -1;
}

static unsigned char lower_at(span s, size_t index)
{
    return ascii_lower((unsigned char)s.ptr[index]);
}

/* One letter added, left out, changed or swapped with its neighbour. */
static bool is_one_slip_apart(span shorter, span longer)
{
    if (shorter.len > longer.len) {
        return is_one_slip_apart(longer, shorter);
    }
    size_t same = 0;
    while (same < shorter.len && lower_at(shorter, same) == lower_at(longer, same)) {
        same++;
    }
    span a = span_after(shorter, same), b = span_after(longer, same);
    if (a.len < b.len) {
        return span_equal_nocase(a, span_after(b, 1));
    }
    bool is_swapped = a.len >= 2 && lower_at(a, 0) == lower_at(b, 1) && lower_at(a, 1) == lower_at(b, 0) &&
                      span_equal_nocase(span_after(a, 2), span_after(b, 2));
    return is_swapped || span_equal_nocase(span_after(a, 1), span_after(b, 1));
}

/* The tag that was meant, or an empty span. Tags of one or two letters are near to everything: only by the list. */
static span nearest_tag(span name)
{
    static const struct {
        span wrong, right;
    } known[] = {
        { { "policy", 6 }, { "p", 1 } },         { { "subpolicy", 9 }, { "sp", 2 } },
        { { "subdomain", 9 }, { "sp", 2 } },     { { "subdomainpolicy", 15 }, { "sp", 2 } },
        { { "percent", 7 }, { "pct", 3 } },      { { "percentage", 10 }, { "pct", 3 } },
        { { "testing", 7 }, { "t", 1 } },        { { "test", 4 }, { "t", 1 } },
        { { "pp", 2 }, { "p", 1 } },             { { "ps", 2 }, { "sp", 2 } },
        { { "pn", 2 }, { "np", 2 } },            { { "of", 2 }, { "fo", 2 } },
        { { "spf", 3 }, { "aspf", 4 } },         { { "dkim", 4 }, { "adkim", 5 } },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (span_equal_nocase(name, known[i].wrong)) {
            return known[i].right;
        }
    }
    for (int i = 0; i < TAG_COUNT; i++) {
        if (tags[i].name.len >= 3 && name.len >= 2 && is_one_slip_apart(name, tags[i].name)) {
            return tags[i].name;
        }
    }
    return span_of("", 0);
}

static bool is_ascii_text(span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] > 0x7e || (unsigned char)text.ptr[i] < 0x20) {
            return false;
        }
    }
    return true;
}

static bool has_high_byte(span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] > 0x7f) {
            return true;
        }
    }
    return false;
}

/* Could stand before '=' as a tag's name, although we don't know it: no blank, no punctuation of other syntaxes. */
static bool is_tag_like(span name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (!ascii_is_alnum(c) && c != '-' && c != '_') {
            return false;
        }
    }
    return name.len > 0;
}

static void read_repeated(struct reading *r, int tag, span value)
{
    bool is_same = span_equal_nocase(value, r->first[tag]);
    bool decides = tag == TAG_P || tag == TAG_SP || tag == TAG_NP;
    note_as(r, FINDING_DMARC_DUPLICATE_TAG, is_same ? SEVERITY_WARNING : SEVERITY_ERROR, tags[tag].name);
    if (decides && !is_same) {
        r->record->has_conflict = true;
    }
}

/* `p=none rua=mailto:...`, `p=none,sp=none`: what should have been a ';'. */
static bool has_wrong_separator(span value)
{
    return span_find(value, ' ') < value.len || span_find(value, ',') < value.len || span_find(value, '\t') < value.len;
}

static void note_wrong_separator(const struct reading *r, int tag, span value)
{
    if (has_wrong_separator(value)) {
        note_pair(r, FINDING_DMARC_STRAY_TOKEN, SEVERITY_WARNING, tags[tag].name, "=", value);
    }
}

static void read_known(struct reading *r, int tag, span value)
{
    if (r->is_given[tag]) {
        read_repeated(r, tag, value);
        return;
    }
    r->is_given[tag] = true;
    r->first[tag] = value;
    if (tags[tag].is_removed) {
        note(r, FINDING_DMARC_REMOVED_TAG, tags[tag].name);
    }
    bool is_list = tag == TAG_RUA || tag == TAG_RUF;
    if (is_list && !is_ascii_text(value)) {
        value = span_of("", 0); /* no dmarc-value by the grammar: the tag is unusable */
    }
    if (!tags[tag].read(r, value)) {
        note_pair(r, FINDING_DMARC_TAG_INVALID, SEVERITY_WARNING, tags[tag].name, "=", value);
        note_wrong_separator(r, tag, value);
    }
    enum dmarc_policy ignored;
    bool is_policy_tag = tag == TAG_P || tag == TAG_SP || tag == TAG_NP;
    if (is_policy_tag && !read_policy(value, &ignored)) {
        note_wrong_separator(r, tag, value);
    }
}

/* Behind rua or ruf an element that is an address: the ';' was meant as a comma. */
static bool is_cut_uri(const struct reading *r, span element)
{
    return (r->last_tag == TAG_RUA || r->last_tag == TAG_RUF) && span_find(element, '@') < element.len;
}

static void read_stray(struct reading *r, span element)
{
    note(r, FINDING_DMARC_STRAY_TOKEN, element.len > 0 ? element : SPAN("empty element"));
    if (is_cut_uri(r, element)) {
        note(r, r->last_tag == TAG_RUA ? FINDING_DMARC_RUA_INVALID : FINDING_DMARC_RUF_INVALID, element);
    }
}

static void read_unknown(const struct reading *r, span name)
{
    span nearest = nearest_tag(name);
    if (nearest.len > 0) {
        note_pair(r, FINDING_DMARC_UNKNOWN_TAG, SEVERITY_WARNING, name, ": meant ", nearest);
    } else {
        note_as(r, FINDING_DMARC_UNKNOWN_TAG, SEVERITY_INFO, name);
    }
}

static void read_element(struct reading *r, span element)
{
    span value = element;
    bool has_equals = span_find(element, '=') < element.len;
    span name = span_trim(span_cut(&value, '='));
    int tag = has_equals ? tag_find(name) : -1;
    if (has_high_byte(element)) {
        note(r, FINDING_DMARC_NON_ASCII, element);
    }
    if (tag >= 0) {
        read_known(r, tag, span_trim(value));
    } else if (has_equals && is_tag_like(name)) {
        read_unknown(r, name);
    } else {
        read_stray(r, element);
        return; /* of "rua=mailto:a; mailto:b; mailto:c" each rest belongs to rua */
    }
    r->last_tag = tag;
}

static void set_defaults(struct dmarc_record *record, span text)
{
    *record = (struct dmarc_record){ .text = text, .psd = DMARC_PSD_UNDEFINED, .adkim = DMARC_RELAXED,
                                     .aspf = DMARC_RELAXED, .pct = 100 };
    set_fo_default(record);
}

/* What only the whole record shows. */
static void note_whole(const struct reading *r, span text)
{
    const struct dmarc_record *record = r->record;
    if (span_find(text, ';') == text.len) {
        note(r, FINDING_DMARC_NO_SEMICOLON, span_of("", 0));
    }
    if (!record->p.is_given) {
        /* RFC 7489 section 6.6.3: without p and without a reporting URI no DMARC at all. */
        note_as(r, FINDING_DMARC_P_MISSING, record->has_report_uri ? SEVERITY_WARNING : SEVERITY_ERROR, span_of("", 0));
    } else if (r->p_index != 1) {
        note(r, FINDING_DMARC_P_NOT_SECOND, span_of("", 0));
    }
    if (r->is_given[TAG_FO] && !record->has_ruf) {
        note(r, FINDING_DMARC_FO_WITHOUT_RUF, span_of("", 0));
    }
    if (record->adkim == DMARC_STRICT || record->aspf == DMARC_STRICT) {
        note(r, FINDING_DMARC_STRICT_ALIGNMENT,
             record->aspf == DMARC_RELAXED ? SPAN("adkim") : record->adkim == DMARC_RELAXED ? SPAN("aspf")
                                                                                           : SPAN("adkim, aspf"));
    }
}

void dmarc_record_parse(span text, struct dmarc_record *out, struct findings *findings)
{
    struct reading r = { .record = out, .findings = findings, .last_tag = -1 };
    set_defaults(out, text);
    if (!dmarc_text_is_record(text)) {
        return;
    }
    span rest = text;
    while (rest.len > 0) {
        span element = span_trim(span_cut(&rest, ';'));
        if (element.len == 0 && span_trim(rest).len == 0) {
            break; /* blanks behind the last ';' */
        }
        read_element(&r, element);
        r.index++;
    }
    note_whole(&r, text);
}
