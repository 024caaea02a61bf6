// SPDX-License-Identifier: MIT
#include "lists/layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PROBE_LINES = 32,
    PROBE_COLUMNS = 256, /* in which names are looked for */
    ZONE_WORDS = 6,      /* owner, TTL, class, type, rdata, one more */
    ZONE_NAME_MAX = 320, /* owner and origin together; what is longer is no name anyhow */
};

#define NO_COLUMN SIZE_MAX

struct zone {
    char origin[ZONE_NAME_MAX], owner[ZONE_NAME_MAX], apex[ZONE_NAME_MAX], last[ZONE_NAME_MAX];
    size_t origin_len, owner_len, apex_len, last_len;
    bool has_origin, has_owner, has_apex, has_last;
    bool is_owner_too_long;
    unsigned depth; /* of parentheses */
};

struct layout {
    enum layout_kind kind;
    char delimiter;
    bool is_header_next;
    size_t name_column, rank_column, tag_column, selector_column;
    struct zone zone;
    size_t scratch_used;
    char scratch[LAYOUT_LINE_MAX];
};

/* --- names of layouts --- */

static const char *const kind_names[LAYOUT_KIND_COUNT] = {
    [LAYOUT_AUTO] = "auto",         [LAYOUT_PLAIN] = "plain",       [LAYOUT_CSV] = "csv",   [LAYOUT_TRANCO] = "tranco",
    [LAYOUT_UMBRELLA] = "umbrella", [LAYOUT_MAJESTIC] = "majestic", [LAYOUT_CRUX] = "crux", [LAYOUT_ZONE] = "zone",
};

const char *layout_kind_name(enum layout_kind kind)
{
    return (unsigned)kind < LAYOUT_KIND_COUNT ? kind_names[kind] : "unknown";
}

bool layout_kind_from_name(const char *name, size_t len, enum layout_kind *out)
{
    for (size_t i = 0; i < LAYOUT_KIND_COUNT; i++) {
        if (text_equal_nocase(text_of(name, len), text_from_cstr(kind_names[i]))) {
            *out = (enum layout_kind)i;
            return true;
        }
    }
    return false;
}

enum layout_kind layout_get_kind(const struct layout *layout)
{
    return layout->kind;
}

/* --- CSV fields, RFC 4180 --- */

struct field {
    struct text text; /* of a quoted field what is between the quotes */
    bool has_doubled_quotes;
    bool is_open; /* its closing quote is missing */
    bool is_last; /* no delimiter behind it */
};

/* The text between the quote at rest[0] and its partner; *end is the index behind the partner. */
static bool quoted_part(struct text rest, struct field *out, size_t *end)
{
    for (size_t i = 1; i < rest.len; i++) {
        const char *quote = memchr(rest.ptr + i, '"', rest.len - i);
        if (quote == NULL) {
            break;
        }
        i = (size_t)(quote - rest.ptr);
        if (i + 1 < rest.len && rest.ptr[i + 1] == '"') {
            out->has_doubled_quotes = true;
            i++;
            continue;
        }
        out->text = text_of(rest.ptr + 1, i - 1);
        *end = i + 1;
        return true;
    }
    out->is_open = true;
    *end = rest.len;
    return false;
}

/* Takes one field and its delimiter off *rest. Blanks around quotes are forgiven; a quote inside a field is a quote. */
static struct field field_take(struct text *rest, char delimiter)
{
    struct field field = { .text = { rest->ptr, 0 } };
    struct text from = *rest;
    while (from.len > 0 && from.ptr[0] == ' ') {
        from = text_after(from, 1);
    }
    size_t end = 0;
    if (from.len > 0 && from.ptr[0] == '"') {
        if (!quoted_part(from, &field, &end)) {
            field.text = from;
            field.is_last = true;
            *rest = text_after(*rest, rest->len);
            return field;
        }
        struct text behind = text_after(from, end);
        size_t next = text_find(behind, delimiter);
        if (text_trim(text_first(behind, next)).len > 0) {
            /* `"Doe, Joe" <joe@example.com>`: no CSV quoting, the field is taken as it is. */
            field.has_doubled_quotes = false;
            field.text = text_first(from, end + next);
        }
        field.is_last = next == behind.len;
        *rest = text_after(behind, next + 1);
        return field;
    }
    end = text_find(*rest, delimiter);
    field.text = text_first(*rest, end);
    field.is_last = end == rest->len;
    *rest = text_after(*rest, end + 1);
    return field;
}

/* The field's value: the text itself, or without the doubled quotes in the scratch buffer. */
static struct text field_value(struct layout *layout, struct field field)
{
    if (!field.has_doubled_quotes || field.text.len > sizeof(layout->scratch) - layout->scratch_used) {
        return field.text;
    }
    char *to = layout->scratch + layout->scratch_used;
    size_t len = 0;
    for (size_t i = 0; i < field.text.len; i++) {
        to[len++] = field.text.ptr[i];
        if (field.text.ptr[i] == '"') {
            i++; /* the second of the two */
        }
    }
    layout->scratch_used += len;
    return text_of(to, len);
}

/* --- what the first lines look like --- */

struct probe {
    struct text lines[PROBE_LINES];
    size_t count;
};

static struct text without_line_end(struct text line)
{
    while (line.len > 0 && line.ptr[line.len - 1] == '\r') {
        line.len--;
    }
    return line;
}

static bool is_comment(struct text line, char extra)
{
    struct text t = text_trim(line);
    return t.len == 0 || t.ptr[0] == '#' || (extra != '\0' && t.ptr[0] == extra);
}

/* The first lines that say something; a last line that was cut off says nothing unless it is alone. */
static void probe_fill(struct probe *probe, const char *bytes, size_t len, bool is_whole)
{
    struct text rest = text_of(bytes, len);
    probe->count = 0;
    if (text_equal(text_first(rest, 3), TEXT("\xef\xbb\xbf"))) {
        rest = text_after(rest, 3);
    }
    while (rest.len > 0 && probe->count < PROBE_LINES) {
        bool is_cut = text_find(rest, '\n') == rest.len && !is_whole;
        struct text line = without_line_end(text_cut(&rest, '\n'));
        if (!is_comment(line, '\0') && !(is_cut && probe->count > 0)) {
            probe->lines[probe->count++] = line;
        }
    }
}

static bool is_name(struct text t)
{
    t = text_trim(t);
    char name[NAME_SIZE];
    size_t len;
    if (t.len > 2 * NAME_SIZE) {
        return false;
    }
    enum name_result result = name_from_text(t.ptr, t.len, name, &len);
    return result == NAME_OK || result == NAME_NO_MEMORY; /* it looks like one: reading it will tell */
}

static bool is_number(struct text t)
{
    uint64_t number;
    return text_to_u64(text_trim(t), UINT64_MAX, &number);
}

/* The field of that column, or false. Doubled quotes stay: nothing that is looked for here holds any. */
static bool field_at(struct text line, char delimiter, size_t column, struct text *out)
{
    struct field field;
    size_t i = 0;
    do {
        field = field_take(&line, delimiter);
        if (i++ == column) {
            *out = text_trim(field.text);
            return !field.is_open;
        }
    } while (!field.is_last);
    return false;
}

static size_t field_count(struct text line, char delimiter)
{
    size_t count = 1;
    while (!field_take(&line, delimiter).is_last) {
        count++;
    }
    return count;
}

/* In how many lines from `first` on the column holds a name. */
static size_t names_in_column(const struct probe *probe, size_t first, char delimiter, size_t column)
{
    size_t votes = 0;
    struct text field;
    for (size_t i = first; i < probe->count; i++) {
        votes += field_at(probe->lines[i], delimiter, column, &field) && is_name(field);
    }
    return votes;
}

/* The column with most names, the leftmost of equals; NO_COLUMN when no line has one. */
static size_t column_by_vote(const struct probe *probe, size_t first, char delimiter)
{
    size_t best = NO_COLUMN;
    size_t best_votes = 0;
    size_t votes[PROBE_COLUMNS] = { 0 };
    for (size_t i = first; i < probe->count; i++) {
        struct text rest = probe->lines[i];
        bool is_last = false;
        for (size_t column = 0; column < PROBE_COLUMNS && !is_last; column++) {
            struct field field = field_take(&rest, delimiter);
            votes[column] += is_name(field.text);
            is_last = field.is_last;
        }
    }
    for (size_t column = 0; column < PROBE_COLUMNS; column++) {
        if (votes[column] > best_votes) {
            best = column;
            best_votes = votes[column];
        }
    }
    return best;
}

/* The delimiter that makes columns in most lines; '\0' when none does in half of them. */
static char delimiter_by_vote(const struct probe *probe)
{
    static const char candidates[] = { ',', ';', '\t' };
    char best = '\0';
    size_t best_votes = probe->count / 2;
    for (size_t c = 0; c < sizeof(candidates); c++) {
        size_t votes = 0;
        for (size_t i = 0; i < probe->count; i++) {
            votes += field_count(probe->lines[i], candidates[c]) > 1;
        }
        if (votes > best_votes) {
            best = candidates[c];
            best_votes = votes;
        }
    }
    return best;
}

/* --- headers --- */

/* A header's word without case, blanks, hyphens, underscores. */
static bool header_is(struct text field, const char *word)
{
    for (size_t i = 0; i < field.len; i++) {
        unsigned char c = (unsigned char)field.ptr[i];
        if (c == ' ' || c == '-' || c == '_') {
            continue;
        }
        if (*word == '\0' || text_lower(c) != (unsigned char)*word) {
            return false;
        }
        word++;
    }
    return *word == '\0' && field.len > 0;
}

/* The column whose header is the first of `words` that occurs at all. */
static size_t header_find(struct text header, char delimiter, const char *const *words)
{
    for (; *words != NULL; words++) {
        struct text rest = header;
        bool is_last = false;
        for (size_t column = 0; !is_last; column++) {
            struct field field = field_take(&rest, delimiter);
            if (header_is(field.text, *words)) {
                return column;
            }
            is_last = field.is_last;
        }
    }
    return NO_COLUMN;
}

/* Best first. The weak ones are believed only when names stand below them. */
static const char *const domain_words[] = {
    "domain",           "domainname",        "fqdn",   "hostname", "host", "apexdomain", "rootdomain",
    "registereddomain", "registrabledomain", "origin", "dnsname",  NULL
};
static const char *const weak_domain_words[] = { "name", "site",  "website", "websiteurl",   "url", "uri",
                                                 "web",  "email", "mail",    "emailaddress", NULL };
static const char *const rank_words[] = { "rank", "globalrank", "position", "popularityrank", "ranking", NULL };

static size_t header_domain_column(const struct probe *probe, char delimiter)
{
    size_t column = header_find(probe->lines[0], delimiter, domain_words);
    if (column != NO_COLUMN) {
        return column;
    }
    column = header_find(probe->lines[0], delimiter, weak_domain_words);
    return column != NO_COLUMN && names_in_column(probe, 1, delimiter, column) > 0 ? column : NO_COLUMN;
}

/* No field of the first line is a name, yet fields of later lines are. */
static bool looks_like_header(const struct probe *probe, char delimiter)
{
    struct text rest = probe->lines[0];
    bool is_last = false;
    while (!is_last) {
        struct field field = field_take(&rest, delimiter);
        if (is_name(field.text)) {
            return false;
        }
        is_last = field.is_last;
    }
    return column_by_vote(probe, 1, delimiter) != NO_COLUMN;
}

/* --- zones, RFC 1035 section 5.1 --- */

struct zone_words {
    struct text word[ZONE_WORDS];
    size_t count;
    bool starts_blank;
};

/* Splits a line into its first words; quoted strings are one word, `;` ends it. Follows the parentheses in *depth. */
static void zone_split(struct text line, struct zone_words *out, unsigned *depth)
{
    size_t i = 0;
    out->count = 0;
    out->starts_blank = line.len > 0 && text_is_blank((unsigned char)line.ptr[0]);
    while (i < line.len && line.ptr[i] != ';') {
        char c = line.ptr[i];
        if (text_is_blank((unsigned char)c) || c == '\r' || c == '(' || c == ')') {
            *depth += c == '(';
            *depth -= c == ')' && *depth > 0;
            i++;
            continue;
        }
        size_t begin = i;
        bool is_quoted = false;
        while (i < line.len) {
            c = line.ptr[i];
            if (c == '\\' && i + 1 < line.len) {
                i += 2;
                continue;
            }
            if (c == '"') {
                is_quoted = !is_quoted;
            } else if (!is_quoted && (text_is_blank((unsigned char)c) || c == ';' || c == '(' || c == ')')) {
                break;
            }
            i++;
        }
        if (out->count < ZONE_WORDS) {
            out->word[out->count++] = text_of(line.ptr + begin, i - begin);
        }
    }
}

static bool word_is_in(struct text word, const char *const *table)
{
    for (; *table != NULL; table++) {
        if (text_equal_nocase(word, text_from_cstr(*table))) {
            return true;
        }
    }
    return false;
}

/* "TYPE65534", "CLASS1": RFC 3597 section 5. */
static bool word_is_generic(struct text word, struct text prefix)
{
    return word.len > prefix.len && text_equal_nocase(text_first(word, prefix.len), prefix) &&
           is_number(text_after(word, prefix.len));
}

static bool zone_is_type(struct text word)
{
    static const char *const types[] = {
        "NS",     "SOA",   "A",     "AAAA",    "DS",         "RRSIG",  "NSEC",  "NSEC3", "NSEC3PARAM", "DNSKEY",
        "CNAME",  "MX",    "TXT",   "SRV",     "PTR",        "CAA",    "TLSA",  "DNAME", "NAPTR",      "SSHFP",
        "SVCB",   "HTTPS", "CDS",   "CDNSKEY", "CSYNC",      "ZONEMD", "LOC",   "HINFO", "RP",         "SPF",
        "SMIMEA", "URI",   "KEY",   "SIG",     "OPENPGPKEY", "CERT",   "DHCID", "AFSDB", "DLV",        "IPSECKEY",
        "KX",     "APL",   "EUI48", "EUI64",   "MINFO",      "WKS",    "MB",    "MG",    "MR",         "NULL",
        "X25",    "ISDN",  "RT",    "PX",      "GPOS",       "NXT",    "HIP",   "NINFO", "TALINK",     NULL,
    };
    return word_is_in(word, types) || word_is_generic(word, TEXT("TYPE"));
}

static bool zone_is_class(struct text word)
{
    static const char *const classes[] = { "IN", "CH", "HS", "CS", "ANY", NULL };
    return word_is_in(word, classes) || word_is_generic(word, TEXT("CLASS"));
}

/* Digits, or BIND's "1d12h". */
static bool zone_is_ttl(struct text word)
{
    if (word.len == 0 || !text_is_digit((unsigned char)word.ptr[0])) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = text_lower((unsigned char)word.ptr[i]);
        if (!text_is_digit(c) && memchr("smhdw", c, 5) == NULL) {
            return false;
        }
    }
    return true;
}

/*
 * The type of a resource record, and its owner (empty: the one before). TTL and class may stand in either order.
 * `is_open`: a parenthesis is, so the data may stand in the next lines.
 */
static bool zone_record(const struct zone_words *words, bool is_open, struct text *owner, struct text *type)
{
    size_t i = words->starts_blank ? 0 : 1;
    *owner = words->starts_blank || words->count == 0 ? text_of(NULL, 0) : words->word[0];
    bool has_ttl = false;
    bool has_class = false;
    while (i < words->count) {
        struct text word = words->word[i++];
        if (!has_ttl && zone_is_ttl(word)) {
            has_ttl = true;
        } else if (!has_class && zone_is_class(word)) {
            has_class = true;
        } else {
            *type = word;
            return zone_is_type(word) && (i < words->count || is_open);
        }
    }
    return false;
}

static bool zone_is_directive(const struct zone_words *words)
{
    static const char *const directives[] = { "$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE", NULL };
    return words->count > 0 && word_is_in(words->word[0], directives);
}

static bool looks_like_zone(const struct probe *probe)
{
    size_t good = 0;
    size_t seen = 0;
    bool is_first = true;
    unsigned depth = 0;
    for (size_t i = 0; i < probe->count; i++) {
        struct zone_words words;
        struct text owner;
        struct text type;
        bool goes_on = depth > 0;
        zone_split(probe->lines[i], &words, &depth);
        if (goes_on || words.count == 0) {
            continue;
        }
        bool is_good = zone_is_directive(&words) ||
                       (zone_record(&words, depth > 0, &owner, &type) && text_find(owner, ',') == owner.len);
        if (is_first && !is_good) {
            return false;
        }
        is_first = false;
        good += is_good;
        seen++;
    }
    return seen > 0 && good * 2 > seen;
}

/* Writes `name`, completed by the origin when it is relative, in lower case and without final dot. False: too long. */
static bool zone_complete(const struct zone *zone, struct text name, char *out, size_t *out_len)
{
    bool is_absolute = name.len > 0 && name.ptr[name.len - 1] == '.';
    struct text origin = text_of(zone->origin, zone->has_origin ? zone->origin_len : 0);
    if (text_equal(name, TEXT("@"))) {
        name.len = 0;
    }
    size_t len = is_absolute ? name.len - 1 : name.len;
    bool has_tail = !is_absolute && origin.len > 0;
    if (len + 1 + origin.len > ZONE_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        out[i] = (char)text_lower((unsigned char)name.ptr[i]);
    }
    if (has_tail && len > 0) {
        out[len++] = '.';
    }
    if (has_tail) {
        memcpy(out + len, origin.ptr, origin.len);
        len += origin.len;
    }
    *out_len = len;
    return true;
}

static bool zone_is_below(struct text name, struct text apex)
{
    if (apex.len == 0) {
        return name.len > 0;
    }
    return name.len > apex.len + 1 && name.ptr[name.len - apex.len - 1] == '.' &&
           memcmp(name.ptr + (name.len - apex.len), apex.ptr, apex.len) == 0;
}

static enum layout_line bad_line(struct layout_fields *out, const char *reason)
{
    out->reason = reason;
    return LAYOUT_LINE_BAD;
}

static enum layout_line zone_directive(struct zone *zone, const struct zone_words *words, struct layout_fields *out)
{
    if (text_equal_nocase(words->word[0], TEXT("$TTL"))) {
        return LAYOUT_LINE_NOTHING;
    }
    if (!text_equal_nocase(words->word[0], TEXT("$ORIGIN"))) {
        return bad_line(out, "a zone-file directive that is not followed");
    }
    size_t len;
    char origin[ZONE_NAME_MAX];
    if (words->count < 2 || !zone_complete(zone, words->word[1], origin, &len)) {
        return bad_line(out, "$ORIGIN without a name");
    }
    memcpy(zone->origin, origin, len);
    zone->origin_len = len;
    zone->has_origin = true;
    return LAYOUT_LINE_NOTHING;
}

/* The zone begins: its apex, and the origin where nobody said another one. */
static void zone_begin(struct zone *zone, struct text owner)
{
    /* "@" without any origin: the apex stays unknown. */
    zone->has_apex = zone->owner_len > 0 || text_equal(owner, TEXT(".")) || zone->has_origin;
    memcpy(zone->apex, zone->owner, zone->owner_len);
    zone->apex_len = zone->owner_len;
    if (!zone->has_origin && zone->has_apex) {
        memcpy(zone->origin, zone->owner, zone->owner_len);
        zone->origin_len = zone->owner_len;
        zone->has_origin = true;
    }
}

static enum layout_line zone_delegation(struct zone *zone, struct layout_fields *out)
{
    if (!zone->has_owner) {
        return bad_line(out, "a record without an owner");
    }
    if (zone->is_owner_too_long) {
        return bad_line(out, name_result_text(NAME_TOO_LONG));
    }
    struct text owner = text_of(zone->owner, zone->owner_len);
    if (zone->has_apex && !zone_is_below(owner, text_of(zone->apex, zone->apex_len))) {
        return LAYOUT_LINE_NOTHING;
    }
    if (zone->has_last && text_equal(owner, text_of(zone->last, zone->last_len))) {
        return LAYOUT_LINE_NOTHING;
    }
    memcpy(zone->last, owner.ptr, owner.len);
    zone->last_len = owner.len;
    zone->has_last = true;
    out->name = owner;
    out->name_is_host = true;
    return LAYOUT_LINE_NAME;
}

static enum layout_line zone_line(struct zone *zone, struct text line, struct layout_fields *out)
{
    struct zone_words words;
    struct text owner = { 0 };
    struct text type = { 0 };
    bool goes_on = zone->depth > 0;
    zone_split(line, &words, &zone->depth);
    bool is_record = zone_record(&words, zone->depth > 0, &owner, &type);
    if (goes_on) {
        /* A parenthesis that was never closed must not swallow the zone: a delegation ends it. */
        if (!is_record || owner.len == 0 || words.count < 4 || !text_equal_nocase(type, TEXT("NS"))) {
            return LAYOUT_LINE_NOTHING;
        }
        zone->depth = 0;
    }
    if (words.count == 0) {
        return LAYOUT_LINE_NOTHING;
    }
    if (!words.starts_blank && words.word[0].ptr[0] == '$') {
        return zone_directive(zone, &words, out);
    }
    if (!is_record) {
        return bad_line(out, "no zone-file record");
    }
    if (owner.len > 0) {
        zone->is_owner_too_long = !zone_complete(zone, owner, zone->owner, &zone->owner_len);
        zone->has_owner = true;
    }
    if (text_equal_nocase(type, TEXT("SOA"))) {
        if (zone->has_owner && !zone->is_owner_too_long) {
            zone_begin(zone, owner);
        }
        return LAYOUT_LINE_NOTHING;
    }
    return text_equal_nocase(type, TEXT("NS")) ? zone_delegation(zone, out) : LAYOUT_LINE_NOTHING;
}

/* --- the layout of a list --- */

static enum layout_kind kind_by_header(struct text header, char delimiter)
{
    struct text first;
    struct text second;
    if (!field_at(header, delimiter, 0, &first)) {
        return LAYOUT_AUTO;
    }
    if (header_is(first, "globalrank")) {
        return LAYOUT_MAJESTIC;
    }
    if (header_is(first, "origin") && field_at(header, delimiter, 1, &second) && header_is(second, "rank")) {
        return LAYOUT_CRUX;
    }
    return LAYOUT_AUTO;
}

/* `rank,name` in most lines and in the first: below a header the number may be anything. */
static bool looks_ranked(const struct probe *probe, char delimiter)
{
    size_t votes = 0;
    struct text first;
    if (!field_at(probe->lines[0], delimiter, 0, &first) || !is_number(first)) {
        return false;
    }
    for (size_t i = 0; i < probe->count; i++) {
        struct text rank;
        struct text name;
        votes += field_at(probe->lines[i], delimiter, 0, &rank) && is_number(rank) &&
                 field_at(probe->lines[i], delimiter, 1, &name) && is_name(name);
    }
    return votes * 2 > probe->count;
}

static enum layout_kind kind_by_look(const struct probe *probe, char *delimiter, const struct layout_wish *wish)
{
    bool wants_columns = wish->column != NULL || wish->tag_column != NULL || wish->selector_column != NULL;
    if (probe->count == 0) {
        return wants_columns ? LAYOUT_CSV : LAYOUT_PLAIN;
    }
    if (!wants_columns && looks_like_zone(probe)) {
        return LAYOUT_ZONE;
    }
    char voted = delimiter_by_vote(probe);
    *delimiter = voted != '\0' ? voted : ',';
    enum layout_kind kind = kind_by_header(probe->lines[0], *delimiter);
    if (kind != LAYOUT_AUTO) {
        return kind;
    }
    size_t column = header_domain_column(probe, *delimiter);
    if (column != NO_COLUMN) {
        return LAYOUT_CSV;
    }
    if (voted != '\0' && looks_ranked(probe, voted)) {
        return LAYOUT_TRANCO;
    }
    bool is_quoted = text_trim(probe->lines[0]).ptr[0] == '"' && names_in_column(probe, 0, ',', 0) > 0;
    bool has_names = voted != '\0' && column_by_vote(probe, 0, voted) != NO_COLUMN;
    return wants_columns || has_names || is_quoted ? LAYOUT_CSV : LAYOUT_PLAIN;
}

/* The fixed columns of the known lists, and whether this file has their header. */
static void known_columns(struct layout *layout, const struct probe *probe)
{
    struct text field;
    struct text header = probe->count > 0 ? probe->lines[0] : text_of("", 0);
    bool is_crux = layout->kind == LAYOUT_CRUX;
    layout->name_column = is_crux ? 0 : layout->kind == LAYOUT_MAJESTIC ? 2 : 1;
    layout->rank_column = is_crux ? 1 : 0;
    layout->is_header_next = field_at(header, layout->delimiter, layout->rank_column, &field) && !is_number(field) &&
                             field_at(header, layout->delimiter, layout->name_column, &field) && !is_name(field);
}

static void csv_columns(struct layout *layout, const struct probe *probe)
{
    size_t column = probe->count > 0 ? header_domain_column(probe, layout->delimiter) : NO_COLUMN;
    layout->is_header_next = probe->count > 0 && (column != NO_COLUMN || looks_like_header(probe, layout->delimiter));
    if (column == NO_COLUMN) {
        column = column_by_vote(probe, layout->is_header_next ? 1 : 0, layout->delimiter);
    }
    layout->name_column = column != NO_COLUMN ? column : 0;
    if (layout->is_header_next) {
        layout->rank_column = header_find(probe->lines[0], layout->delimiter, rank_words);
    }
}

/* The column of that very name; where none is, of that name in another case. */
static bool header_find_word(struct text header, char delimiter, struct text word, size_t *out)
{
    bool was_found = false;
    bool is_last = false;
    for (size_t column = 0; !is_last; column++) {
        struct field field = field_take(&header, delimiter);
        struct text name = text_trim(field.text);
        if (text_equal(name, word)) {
            *out = column;
            return true;
        }
        if (!was_found && text_equal_nocase(name, word)) {
            *out = column;
            was_found = true;
        }
        is_last = field.is_last;
    }
    return was_found;
}

/* For the error text: the header as it is, without what a terminal would act on. */
static void header_print(struct text header, char *out, size_t size)
{
    size_t len = header.len < size - 1 ? header.len : size - 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)header.ptr[i];
        out[i] = (char)(c < ' ' || c == 0x7f ? ' ' : c);
    }
    out[len] = '\0';
}

static int column_resolve(struct layout *layout, const struct probe *probe, const char *option, const char *wish, size_t *out,
                          char *error, size_t error_size)
{
    uint64_t number;
    struct text word = text_trim(text_from_cstr(wish));
    char shown[200];
    if (text_to_u64(word, SIZE_MAX - 1, &number)) {
        if (number == 0) {
            snprintf(error, error_size, "%s 0: columns are counted from 1", option);
            return -EINVAL;
        }
        *out = (size_t)number - 1;
        return 0;
    }
    if (probe->count > 0 && header_find_word(probe->lines[0], layout->delimiter, word, out)) {
        layout->is_header_next = true;
        return 0;
    }
    header_print(probe->count > 0 ? probe->lines[0] : TEXT(""), shown, sizeof(shown));
    snprintf(error, error_size, "%s: no column \"%.*s\" in its first line (%s): give one of these, or a number from 1", option,
             (int)(word.len < 64 ? word.len : 64), word.ptr, shown);
    return -EINVAL;
}

/* --column, --tag-column, --selector-column. */
static int wished_columns(struct layout *layout, const struct probe *probe, const struct layout_wish *wish, char *error,
                          size_t error_size)
{
    const struct {
        const char *option, *wish;
        size_t *column;
    } rows[] = {
        { "--column", wish->column, &layout->name_column },
        { "--tag-column", wish->tag_column, &layout->tag_column },
        { "--selector-column", wish->selector_column, &layout->selector_column },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].wish == NULL) {
            continue;
        }
        if (layout->kind == LAYOUT_PLAIN || layout->kind == LAYOUT_ZONE) {
            snprintf(error, error_size, "a %s list has no columns: leave out %s \"%.64s\", or say --input-format csv",
                     layout_kind_name(layout->kind), rows[i].option, rows[i].wish);
            return -EINVAL;
        }
        int err = column_resolve(layout, probe, rows[i].option, rows[i].wish, rows[i].column, error, error_size);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

/* A number given for the names: the first line is the header when that column holds none there, but does below. */
static void header_by_wish(struct layout *layout, const struct probe *probe, const struct layout_wish *wish)
{
    struct text field;
    if (wish->column != NULL && layout->kind == LAYOUT_CSV && !layout->is_header_next && probe->count > 1) {
        layout->is_header_next = field_at(probe->lines[0], layout->delimiter, layout->name_column, &field) &&
                                 !is_name(field) &&
                                 names_in_column(probe, 1, layout->delimiter, layout->name_column) > 0;
    }
}

int layout_new(struct layout **out, const struct layout_wish *wish, const char *bytes, size_t len, bool is_whole,
               char *error, size_t error_size)
{
    struct probe probe;
    struct layout *layout = calloc(1, sizeof(*layout));
    if (layout == NULL) {
        snprintf(error, error_size, "no memory");
        return -ENOMEM;
    }
    probe_fill(&probe, bytes, len, is_whole);
    layout->delimiter = ',';
    layout->name_column = layout->rank_column = layout->tag_column = layout->selector_column = NO_COLUMN;
    layout->kind = wish->kind;
    if (wish->kind == LAYOUT_AUTO) {
        layout->kind = kind_by_look(&probe, &layout->delimiter, wish);
    } else {
        char voted = delimiter_by_vote(&probe);
        layout->delimiter = voted != '\0' ? voted : ',';
    }
    if (layout->kind == LAYOUT_CSV) {
        csv_columns(layout, &probe);
    } else if (layout->kind != LAYOUT_PLAIN && layout->kind != LAYOUT_ZONE) {
        known_columns(layout, &probe);
    }
    int err = wished_columns(layout, &probe, wish, error, error_size);
    if (err < 0) {
        layout_free(layout);
        return err;
    }
    header_by_wish(layout, &probe, wish);
    *out = layout;
    return 0;
}

void layout_free(struct layout *layout)
{
    free(layout);
}

/* --- taking lines apart --- */

static enum layout_line plain_line(struct text line, struct layout_fields *out)
{
    struct text t = text_trim(line);
    for (size_t i = 1; i < t.len; i++) {
        if (t.ptr[i] == '#' && text_is_blank((unsigned char)t.ptr[i - 1])) {
            t = text_trim(text_first(t, i));
        }
    }
    out->name = t;
    return LAYOUT_LINE_NAME;
}

static enum layout_line delimited_line(struct layout *layout, struct text line, bool is_last_try,
                                       struct layout_fields *out)
{
    bool has_name = false;
    struct field field;
    size_t column = 0;
    do {
        field = field_take(&line, layout->delimiter);
        if (field.is_open) {
            return is_last_try ? bad_line(out, "a quoted field that is never closed") : LAYOUT_LINE_OPEN;
        }
        if (column == layout->name_column) {
            out->name = text_trim(field_value(layout, field));
            has_name = true;
        }
        if (column == layout->rank_column) {
            (void)text_to_u64(text_trim(field.text), UINT64_MAX, &out->rank);
        }
        if (column == layout->tag_column) {
            out->tag = field_value(layout, field);
        }
        if (column == layout->selector_column) {
            out->selectors = text_trim(field_value(layout, field));
        }
        column++;
    } while (!field.is_last);
    if (layout->is_header_next) {
        layout->is_header_next = false;
        return LAYOUT_LINE_NOTHING;
    }
    out->has_tag = layout->tag_column != NO_COLUMN;
    return has_name ? LAYOUT_LINE_NAME : bad_line(out, "fewer columns than needed");
}

enum layout_line layout_take_line(struct layout *layout, struct text line, bool is_last_try, struct layout_fields *out)
{
    *out = (struct layout_fields){ .tag = { "", 0 }, .selectors = { "", 0 }, .name = { "", 0 } };
    layout->scratch_used = 0;
    line = without_line_end(line);
    if (layout->kind == LAYOUT_ZONE) {
        return zone_line(&layout->zone, line, out);
    }
    if (is_comment(line, '\0')) {
        return LAYOUT_LINE_NOTHING;
    }
    return layout->kind == LAYOUT_PLAIN ? plain_line(line, out) : delimited_line(layout, line, is_last_try, out);
}

/* --- selectors --- */

static bool is_selector(struct text t)
{
    size_t label = 0;
    if (t.len == 0 || t.len > NAME_LEN_MAX) {
        return false;
    }
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.ptr[i];
        if (c == '.') {
            if (label == 0) {
                return false;
            }
            label = 0;
        } else if (!text_is_alpha(c) && !text_is_digit(c) && c != '-' && c != '_') {
            return false;
        } else if (++label > NAME_LABEL_LEN_MAX) {
            return false;
        }
    }
    return label > 0;
}

static bool is_selector_separator(char c)
{
    return c == ' ' || c == '\t' || c == ',' || c == ';' || c == '|' || c == '\r' || c == '\n';
}

size_t layout_selectors(struct text field, char *out, size_t size)
{
    size_t used = 0;
    size_t i = 0;
    while (i < field.len) {
        size_t begin = i;
        while (i < field.len && !is_selector_separator(field.ptr[i])) {
            i++;
        }
        struct text word = text_of(field.ptr + begin, i - begin);
        i++;
        size_t blank = used > 0 ? 1 : 0;
        if (!is_selector(word) || word.len + blank > size - used) {
            continue;
        }
        if (blank) {
            out[used++] = ' ';
        }
        for (size_t k = 0; k < word.len; k++) {
            out[used++] = (char)text_lower((unsigned char)word.ptr[k]);
        }
    }
    return used;
}
