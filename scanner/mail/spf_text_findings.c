// SPDX-License-Identifier: MIT
#include "scanner/mail/spf_findings.h"

#include "scanner/mail/spf_macro.h"
#include "scanner/mail/spf_select.h"

static const span no_detail = { "", 0 };

enum { TEXT_SHOWN = 80, RECORD_LONG = 450, ANSWER_LONG = 512 };

/* ---- what stands at the name ---- */

static void note_texts(const struct subject *s, const struct spf_node *root)
{
    bool has_valid = root->state == SPF_NODE_USABLE;
    for (size_t i = 0; root->txt->outcome == DNS_ANSWERED && i < root->txt->count; i++) {
        span text = root->txt->txt[i].text;
        span shown = span_first(text, TEXT_SHOWN);
        switch (spf_text_classify(text)) {
        case SPF_TEXT_LEADING_WHITESPACE:
            findings_add(s->findings, FINDING_SPF_LEADING_WHITESPACE, shown);
            break;
        case SPF_TEXT_QUOTED:
            findings_add(s->findings, FINDING_SPF_QUOTED, shown);
            break;
        case SPF_TEXT_SENDER_ID:
            findings_add(s->findings, FINDING_SPF_SENDER_ID, shown);
            break;
        case SPF_TEXT_LOOKALIKE:
            findings_add_as(s->findings, FINDING_SPF_LOOKALIKE, has_valid ? SEVERITY_WARNING : SEVERITY_ERROR, shown);
            break;
        default:
            break;
        }
    }
}

static size_t count_records(const struct rrset *txt)
{
    struct spf_selection selection;
    spf_select(txt, &selection);
    return selection.count;
}

void spf_findings_of_answer(const struct subject *s, const struct spf_node *root)
{
    note_texts(s, root);
    switch (root->state) {
    case SPF_NODE_NO_RECORD:
        findings_add(s->findings, FINDING_SPF_MISSING, no_detail);
        return;
    case SPF_NODE_FAILED:
        findings_add(s->findings, FINDING_SPF_TEMPERROR, s->domain);
        return;
    case SPF_NODE_SEVERAL:
        findings_addf(s->findings, FINDING_SPF_MULTIPLE_RECORDS, "%zu records", count_records(root->txt));
        break;
    default:
        spf_findings_of_text(s, root->selected, &root->record);
        break;
    }
    size_t answer_size = rrset_txt_answer_size(root->txt, s->domain);
    if (answer_size > ANSWER_LONG) {
        findings_addf(s->findings, FINDING_SPF_ANSWER_OVER_512, "%zu bytes", answer_size);
    }
    const struct suffix_list *suffixes = &s->config->suffixes;
    if (suffixes->is_public_suffix && suffixes->is_public_suffix(suffixes->list, s->domain)) {
        findings_add(s->findings, FINDING_SPF_AT_PUBLIC_SUFFIX, no_detail);
    }
}

/* ---- characters ---- */

struct code_point_range {
    uint32_t first, last;
    enum finding_id id;
};

/* posture.md 2.3. */
static const struct code_point_range characters[] = {
    { 0x2010, 0x2015, FINDING_SPF_UNICODE_DASH },        { 0x2212, 0x2212, FINDING_SPF_UNICODE_DASH },
    { 0xfe58, 0xfe58, FINDING_SPF_UNICODE_DASH },        { 0xfe63, 0xfe63, FINDING_SPF_UNICODE_DASH },
    { 0xff0d, 0xff0d, FINDING_SPF_UNICODE_DASH },        { 0x2018, 0x201f, FINDING_SPF_UNICODE_QUOTE },
    { 0x00ab, 0x00ab, FINDING_SPF_UNICODE_QUOTE },       { 0x00bb, 0x00bb, FINDING_SPF_UNICODE_QUOTE },
    { 0x00a0, 0x00a0, FINDING_SPF_INVISIBLE_CHARACTER }, { 0x200b, 0x200f, FINDING_SPF_INVISIBLE_CHARACTER },
    { 0x2060, 0x2060, FINDING_SPF_INVISIBLE_CHARACTER }, { 0xfeff, 0xfeff, FINDING_SPF_INVISIBLE_CHARACTER },
    { 0x00ad, 0x00ad, FINDING_SPF_INVISIBLE_CHARACTER },
};

/* Windows-1252, for bytes that are no UTF-8. */
static const struct code_point_range lone_bytes[] = {
    { 0x96, 0x97, FINDING_SPF_UNICODE_DASH },
    { 0x91, 0x94, FINDING_SPF_UNICODE_QUOTE },
    { 0xa0, 0xa0, FINDING_SPF_INVISIBLE_CHARACTER },
    { 0xad, 0xad, FINDING_SPF_INVISIBLE_CHARACTER },
};

/* Length of the UTF-8 sequence of two or three bytes at the front, or 0; *code_point is set with it. */
static size_t read_utf8(span text, uint32_t *code_point)
{
    unsigned char lead = (unsigned char)text.ptr[0];
    size_t len = lead >= 0xc2 && lead <= 0xdf   ? 2
                 : lead >= 0xe0 && lead <= 0xef ? 3
                 : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                : 0;
    if (len == 0 || text.len < len) {
        return 0;
    }
    uint32_t value = lead & (len == 2 ? 0x1fu : len == 3 ? 0x0fu : 0x07u);
    for (size_t i = 1; i < len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (c & 0x3fu);
    }
    *code_point = value;
    return len;
}

static enum finding_id character_finding(const struct code_point_range *ranges, size_t count, uint32_t code_point)
{
    for (size_t i = 0; i < count; i++) {
        if (code_point >= ranges[i].first && code_point <= ranges[i].last) {
            return ranges[i].id;
        }
    }
    return FINDING_COUNT;
}

/* Takes one character off; the particular finding of it, FINDING_COUNT when it has none. */
static enum finding_id read_character(span *rest)
{
    uint32_t code_point = (unsigned char)rest->ptr[0];
    size_t len = read_utf8(*rest, &code_point);
    *rest = span_after(*rest, len > 0 ? len : 1);
    return len > 0 ? character_finding(characters, sizeof(characters) / sizeof(characters[0]), code_point)
                   : character_finding(lone_bytes, sizeof(lone_bytes) / sizeof(lone_bytes[0]), code_point);
}

static void note_characters(const struct subject *s, span term)
{
    span rest = term;
    while (rest.len > 0) {
        unsigned char c = (unsigned char)rest.ptr[0];
        if (c > 0x7f) {
            enum finding_id particular = read_character(&rest);
            findings_add(s->findings, FINDING_SPF_NON_ASCII, term);
            if (particular != FINDING_COUNT) {
                findings_add(s->findings, particular, term);
            }
            continue;
        }
        if (c < 0x20 || c == 0x7f) {
            findings_add(s->findings, FINDING_SPF_CONTROL_CHARACTER, term);
        }
        rest = span_after(rest, 1);
    }
}

/* ---- the nearest right spelling ---- */

static const struct {
    span written, meant;
} habits[] = {
    { { "ipv4", 4 }, { "ip4", 3 } },       { { "ipv6", 4 }, { "ip6", 3 } },         { { "mail", 4 }, { "mx", 2 } },
    { { "host", 4 }, { "a", 1 } },         { { "txt", 3 }, { "include", 7 } },      { { "spf", 3 }, { "include", 7 } },
    { { "aaaa", 4 }, { "a", 1 } },         { { "includes", 8 }, { "include", 7 } }, { { "exist", 5 }, { "exists", 6 } },
    { { "domain", 6 }, { "include", 7 } },
};

static const span right_names[] = { { "include", 7 }, { "redirect", 8 }, { "exists", 6 }, { "all", 3 }, { "ip4", 3 },
                                    { "ip6", 3 },     { "ptr", 3 },      { "exp", 3 },    { "mx", 2 },  { "a", 1 } };

enum { NAME_LONG = 12 };

/* Edits and swaps of neighbours that lead from one to the other (optimal string alignment). */
static size_t distance(span a, span b)
{
    size_t rows[3][NAME_LONG + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.len; j++) {
        above[j] = before[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned char x = ascii_lower((unsigned char)a.ptr[i - 1]), y = (unsigned char)b.ptr[j - 1];
            size_t best = above[j - 1] + (x != y);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            bool is_swap =
                i > 1 && j > 1 && x == (unsigned char)b.ptr[j - 2] && ascii_lower((unsigned char)a.ptr[i - 2]) == y;
            best = is_swap && before[j - 2] + 1 < best ? before[j - 2] + 1 : best;
            row[j] = best;
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b.len];
}

/* Empty when nothing is near. */
static span nearest_name(span name, span term)
{
    while (name.len > 0 && (name.ptr[name.len - 1] == '.' || name.ptr[name.len - 1] == '-')) {
        name.len--;
    }
    if (span_equal_nocase(name, SPAN("ip"))) {
        span value = span_after(term, span_find(term, ':') + 1);
        return span_find(value, ':') < value.len ? SPAN("ip6") : SPAN("ip4");
    }
    for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++) {
        if (span_equal_nocase(name, habits[i].written)) {
            return habits[i].meant;
        }
    }
    span first_label = span_first(name, span_find(name, '.')); /* "ip4.192.0.2.1" */
    for (size_t i = 0; i < sizeof(right_names) / sizeof(right_names[0]); i++) {
        if (span_equal_nocase(first_label, right_names[i])) {
            return right_names[i];
        }
    }
    span nearest = no_detail;
    if (name.len == 0) {
        return nearest;
    }
    size_t least = name.len <= 3 ? 2 : 3; /* below this many edits */
    for (size_t i = 0; name.len <= NAME_LONG && i < sizeof(right_names) / sizeof(right_names[0]); i++) {
        size_t edits = distance(name, right_names[i]);
        if (edits < least) {
            least = edits;
            nearest = right_names[i];
        }
    }
    return nearest;
}

/* ---- faults ---- */

static void note_fault(const struct subject *s, enum finding_id id, span term)
{
    span nearest = id == FINDING_SPF_UNKNOWN_MECHANISM ? nearest_name(spf_term_name(term), term) : no_detail;
    if (nearest.len > 0) {
        span shown = span_first(term, FINDING_DETAIL_MAX / 2);
        findings_add(s->findings, id,
                     arena_printf(s->arena, "%.*s (nearest: %.*s)", SPAN_ARG(shown), SPAN_ARG(nearest)));
    } else {
        findings_add(s->findings, id, term);
    }
}

/* Every piece between the string boundaries inside `term` is a good term: a space was lost where they were joined. */
static bool is_glued_at_a_cut(const struct txt_record *text, span term)
{
    size_t begin = (size_t)(term.ptr - text->text.ptr), end = begin + term.len, from = begin;
    bool has_cut = false;
    struct spf_term piece;
    for (size_t i = 0; i < text->cut_count; i++) {
        size_t cut = text->cuts[i];
        if (cut <= begin || cut >= end) {
            continue;
        }
        if (spf_term_parse(span_of(text->text.ptr + from, cut - from), &piece) != FINDING_COUNT ||
            spf_term_hides_another(piece.text)) {
            return false;
        }
        has_cut = true;
        from = cut;
    }
    return has_cut && spf_term_parse(span_of(text->text.ptr + from, end - from), &piece) == FINDING_COUNT;
}

/* Legal as an unknown modifier, and never what was meant. */
static bool is_mechanism_name(span name)
{
    static const span names[] = { { "include", 7 }, { "ip4", 3 }, { "ip6", 3 },    { "a", 1 },
                                  { "mx", 2 },      { "ptr", 3 }, { "exists", 6 }, { "all", 3 } };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (span_equal_nocase(names[i], name)) {
            return true;
        }
    }
    return false;
}

static void note_good_term(const struct subject *s, const struct txt_record *text, const struct spf_term *term)
{
    if (term->kind == SPF_TERM_UNKNOWN_MODIFIER) {
        bool lost = is_mechanism_name(spf_term_name(term->text));
        findings_add(s->findings, lost ? FINDING_SPF_MECHANISM_EQUALS : FINDING_SPF_UNKNOWN_MODIFIER, term->text);
        return;
    }
    if (term->domain.len == 0 || term->has_percent || spf_name_is_plain(term->domain)) {
        if (term->domain.len > 0 && !term->has_percent && spf_term_ends_in_glued_all(term->text)) {
            findings_add(s->findings, FINDING_SPF_MISSING_SPACE, term->text);
        }
        return;
    }
    if (is_glued_at_a_cut(text, term->text)) {
        findings_add(s->findings, FINDING_SPF_SPLIT_GLUE, term->text);
    } else if (spf_term_hides_another(term->text)) {
        findings_add(s->findings, FINDING_SPF_MISSING_SPACE, term->text);
    }
    findings_add(s->findings, FINDING_SPF_ODD_DOMAIN, term->text);
}

struct modifiers_seen {
    bool redirect, exp;
};

static void note_repeated_modifier(const struct subject *s, struct modifiers_seen *seen, const struct spf_term *term)
{
    bool *flag = term->kind == SPF_TERM_REDIRECT ? &seen->redirect : &seen->exp;
    if (term->kind != SPF_TERM_REDIRECT && term->kind != SPF_TERM_EXP) {
        return;
    }
    if (*flag) {
        findings_add(s->findings, FINDING_SPF_MODIFIER_REPEATED, term->text);
    }
    *flag = true;
}

static void note_term(const struct subject *s, const struct txt_record *text, struct modifiers_seen *seen, span written)
{
    struct spf_term term;
    enum finding_id fault = spf_term_parse(written, &term);
    if (fault == FINDING_COUNT) {
        note_good_term(s, text, &term);
        note_repeated_modifier(s, seen, &term);
    } else if (fault == FINDING_SPF_NON_ASCII || fault == FINDING_SPF_CONTROL_CHARACTER) {
        note_characters(s, written);
    } else {
        note_fault(s, is_glued_at_a_cut(text, written) ? FINDING_SPF_SPLIT_GLUE : fault, written);
    }
}

/* ---- terms of a valid record ---- */

/* RFC 6890 and its registry: not to be met on the public Internet. */
static const struct {
    uint8_t address[4];
    uint8_t prefix;
} reserved_ip4[] = {
    { { 0, 0, 0, 0 }, 8 },      { { 10, 0, 0, 0 }, 8 },      { { 100, 64, 0, 0 }, 10 },  { { 127, 0, 0, 0 }, 8 },
    { { 169, 254, 0, 0 }, 16 }, { { 172, 16, 0, 0 }, 12 },   { { 192, 0, 2, 0 }, 24 },   { { 192, 168, 0, 0 }, 16 },
    { { 198, 18, 0, 0 }, 15 },  { { 198, 51, 100, 0 }, 24 }, { { 203, 0, 113, 0 }, 24 }, { { 224, 0, 0, 0 }, 3 },
};

static const struct {
    uint8_t address[16];
    uint8_t prefix;
} reserved_ip6[] = {
    { { 0 }, 127 }, /* unspecified, loopback */
    { { 0xfc }, 7 },        { { 0xfe, 0x80 }, 10 }, { { 0xff }, 8 }, { { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
    { { 0x3f, 0xff }, 20 },
};

static bool is_inside(struct ip_range inner, struct ip_range outer)
{
    return inner.first >= outer.first && inner.last <= outer.last;
}

static struct ip_range range_of_term(const struct spf_term *term)
{
    return term->kind == SPF_TERM_IP6 ? ip6_range(term->address, term->prefix6)
                                      : ip4_range(term->address, term->prefix4);
}

static bool is_reserved(const struct spf_term *term)
{
    struct ip_range range = range_of_term(term);
    bool is_ip6 = term->kind == SPF_TERM_IP6;
    size_t count =
        is_ip6 ? sizeof(reserved_ip6) / sizeof(reserved_ip6[0]) : sizeof(reserved_ip4) / sizeof(reserved_ip4[0]);
    for (size_t i = 0; i < count; i++) {
        struct ip_range reserved = is_ip6 ? ip6_range(reserved_ip6[i].address, reserved_ip6[i].prefix)
                                          : ip4_range(reserved_ip4[i].address, reserved_ip4[i].prefix);
        if (is_inside(range, reserved)) {
            return true;
        }
    }
    return false;
}

static void note_width(const struct subject *s, const struct spf_term *term)
{
    bool is_ip6 = term->kind == SPF_TERM_IP6;
    unsigned prefix = is_ip6 ? term->prefix6 : term->prefix4;
    if (prefix < (is_ip6 ? 32u : 16u)) {
        bool is_grave = prefix <= (is_ip6 ? 16u : 8u);
        findings_add_as(s->findings, FINDING_SPF_WIDE_RANGE, is_grave ? SEVERITY_ERROR : SEVERITY_WARNING, term->text);
    }
}

static bool has_host_bits(const struct spf_term *term)
{
    struct ip_range written = term->kind == SPF_TERM_IP6 ? ip6_range(term->address, 128) : ip4_range(term->address, 32);
    return written.first != range_of_term(term).first;
}

struct ranges_seen {
    struct pass_set left4, left6; /* what no term has covered yet */
    struct pass_set taken;        /* by the term at hand */
};

static void note_range(const struct subject *s, struct ranges_seen *seen, const struct spf_term *term,
                       bool is_duplicate)
{
    struct pass_set *left = term->kind == SPF_TERM_IP6 ? &seen->left6 : &seen->left4;
    pass_set_clear(&seen->taken);
    pass_set_move(left, range_of_term(term), &seen->taken);
    if (pass_set_is_empty(&seen->taken) && !is_duplicate && !left->was_cut && !seen->taken.was_cut) {
        findings_add(s->findings, FINDING_SPF_REDUNDANT_RANGE, term->text);
    }
    if (has_host_bits(term)) {
        findings_add(s->findings, FINDING_SPF_HOST_BITS_SET, term->text);
    }
    if (term->qualifier == SPF_PASS) {
        note_width(s, term);
        if (is_reserved(term)) {
            findings_add(s->findings, FINDING_SPF_RESERVED_RANGE, term->text);
        }
    }
}

/* Open addressing over the terms seen; slots hold index + 1. */
struct term_table {
    uint16_t *slots;
    size_t mask;
};

static span without_plus(span text)
{
    return text.len > 0 && text.ptr[0] == '+' ? span_after(text, 1) : text;
}

/* True when an equal term was put in before. */
static bool put_term(struct term_table *table, const struct spf_record *record, size_t index)
{
    span text = without_plus(record->terms[index].text);
    size_t at = span_hash_nocase(text) & table->mask;
    while (table->slots[at] != 0) {
        if (span_equal_nocase(without_plus(record->terms[table->slots[at] - 1].text), text)) {
            return true;
        }
        at = (at + 1) & table->mask;
    }
    table->slots[at] = (uint16_t)(index + 1);
    return false;
}

static void note_ranges_and_duplicates(const struct subject *s, const struct spf_record *record)
{
    struct term_table table = { .mask = 15 };
    while (table.mask < 2 * record->term_count) {
        table.mask = table.mask * 2 + 1;
    }
    table.slots = ARENA_TAKE_N(s->arena, uint16_t, table.mask + 1);
    struct ranges_seen seen;
    pass_set_init(&seen.left4, s->arena);
    pass_set_init(&seen.left6, s->arena);
    pass_set_init(&seen.taken, s->arena);
    pass_set_append(&seen.left4, ip4_everything);
    pass_set_append(&seen.left6, ip6_everything);
    for (size_t i = 0; table.slots && i < record->all_index; i++) {
        const struct spf_term *term = &record->terms[i];
        bool is_duplicate = put_term(&table, record, i);
        if (is_duplicate) {
            findings_add(s->findings, FINDING_SPF_DUPLICATE_TERM, term->text);
        }
        if (term->kind == SPF_TERM_IP4 || term->kind == SPF_TERM_IP6) {
            note_range(s, &seen, term, is_duplicate);
        }
    }
}

static void note_what_stands_behind_all(const struct subject *s, const struct spf_record *record)
{
    for (size_t i = record->all_index + 1; i < record->term_count; i++) {
        const struct spf_term *term = &record->terms[i];
        if (term->kind == SPF_TERM_ALL) {
            findings_add(s->findings, FINDING_SPF_ALL_REPEATED, term->text);
        } else if (spf_term_is_mechanism(term)) {
            findings_add(s->findings, FINDING_SPF_TERMS_AFTER_ALL, term->text);
        }
    }
}

static void note_redirect(const struct subject *s, const struct spf_record *record)
{
    const struct spf_term *redirect = NULL;
    for (size_t i = 0; i < record->term_count; i++) {
        const struct spf_term *term = &record->terms[i];
        if (term->kind == SPF_TERM_REDIRECT) {
            redirect = term;
        } else if (redirect && spf_term_is_mechanism(term) && !record->outline.has_all) {
            findings_add(s->findings, FINDING_SPF_REDIRECT_NOT_LAST, redirect->text);
        }
    }
    if (redirect && record->outline.has_all) {
        findings_add(s->findings, FINDING_SPF_REDIRECT_IGNORED, redirect->text);
    }
}

void spf_findings_of_text(const struct subject *s, const struct txt_record *text, const struct spf_record *record)
{
    struct modifiers_seen seen = { 0 };
    span rest = spf_record_terms(text->text), written;
    while (spf_record_next(&rest, &written)) {
        note_term(s, text, &seen, written);
    }
    if (text->text.len > RECORD_LONG) {
        findings_addf(s->findings, FINDING_SPF_RECORD_LONG, "%zu bytes", text->text.len);
    }
    if (record->outline.is_valid) {
        note_ranges_and_duplicates(s, record);
        note_what_stands_behind_all(s, record);
        note_redirect(s, record);
    }
}
