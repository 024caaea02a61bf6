// SPDX-License-Identifier: MIT
#include "tests/support/scenario.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { TXT_STRING_MAX = 255, ALIAS_CHAIN_MAX = 16, TOKENS_MAX = 64, LINE_MAX_BYTES = 256 * 1024 };

/* ---- reading ---- */

struct variable {
    struct variable *next;
    span name, value;
};

struct file_reader {
    const char *path;
    int line;
    struct arena *arena;
    struct scenario *first, *current, **tail;
    struct variable *variables;
    bool failed;
};

static bool complain(struct file_reader *r, const char *format, ...) PRINTF_LIKE(2, 3);
static bool complain(struct file_reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: ", r->path, r->line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    r->failed = true;
    return false;
}

static void *must(void *piece)
{
    if (!piece) {
        fputs("scenario: no memory\n", stderr);
        abort();
    }
    return piece;
}

static span copy(struct arena *arena, span s)
{
    char *bytes = must(arena_take_bytes(arena, s.len + 1));
    if (s.len > 0) {
        memcpy(bytes, s.ptr, s.len);
    }
    bytes[s.len] = '\0';
    return span_of(bytes, s.len);
}

/* Text that grows while a line is expanded. */
struct text {
    char *bytes;
    size_t len;
};

static void text_add(struct text *t, span s)
{
    if (t->len + s.len > LINE_MAX_BYTES) {
        fputs("scenario: line too long\n", stderr);
        abort();
    }
    memcpy(t->bytes + t->len, s.ptr, s.len);
    t->len += s.len;
}

static size_t find_text(span s, const char *needle)
{
    return span_search_nocase(s, span_from_cstr(needle));
}

/* `{}` and `{+N}` become numbers. */
static void add_numbered(struct text *out, span s, uint64_t number)
{
    while (s.len > 0) {
        size_t at = span_find(s, '{');
        text_add(out, span_first(s, at));
        s = span_after(s, at);
        if (s.len == 0) {
            return;
        }
        size_t close = span_find(s, '}');
        span inside = close < s.len ? span_of(s.ptr + 1, close - 1) : span_of(s.ptr, 1);
        uint64_t plus = 0;
        bool is_number =
            inside.len == 0 || (inside.ptr[0] == '+' && span_to_u64(span_after(inside, 1), 1000000, &plus));
        if (is_number) {
            char digits[24];
            int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)(number + plus));
            text_add(out, span_of(digits, (size_t)len));
            s = span_after(s, close + 1);
        } else {
            text_add(out, span_first(s, 1));
            s = span_after(s, 1);
        }
    }
}

static bool read_range(span *s, char end, uint64_t *from, uint64_t *to)
{
    span range = span_cut(s, end);
    size_t dots = find_text(range, "..");
    return span_to_u64(span_first(range, dots), 1000000, from) && span_to_u64(span_after(range, dots + 2), 1000000, to);
}

static bool expand_variables(struct file_reader *r, span line, struct text *out)
{
    for (;;) {
        size_t at = find_text(line, "${");
        text_add(out, span_first(line, at));
        line = span_after(line, at);
        if (line.len == 0) {
            return true;
        }
        line = span_after(line, 2);
        span name = span_cut(&line, '}');
        const struct variable *v = r->variables;
        while (v && !span_equal(v->name, name)) {
            v = v->next;
        }
        if (!v) {
            return complain(r, "no variable %.*s", SPAN_ARG(name));
        }
        text_add(out, v->value);
    }
}

static bool expand_parts(struct file_reader *r, span line, struct text *out)
{
    for (;;) {
        size_t at = find_text(line, "$(");
        text_add(out, span_first(line, at));
        line = span_after(line, at);
        if (line.len == 0) {
            return true;
        }
        line = span_after(line, 2);
        uint64_t from, to;
        if (!read_range(&line, ':', &from, &to)) {
            return complain(r, "$( needs A..B:");
        }
        span part = span_cut(&line, ')');
        for (uint64_t i = from; i <= to; i++) {
            add_numbered(out, part, i);
        }
    }
}

/* A token: a word, or a quoted string already decoded. */
struct token {
    span text;
    bool is_quoted;
    span rest; /* the raw line from here on */
};

static bool read_quoted(struct file_reader *r, span *rest, span *out)
{
    char *bytes = must(arena_take_bytes(r->arena, rest->len + 1));
    size_t len = 0;
    *rest = span_after(*rest, 1);
    while (rest->len > 0 && rest->ptr[0] != '"') {
        unsigned char c = (unsigned char)rest->ptr[0];
        uint64_t value;
        if (c == '\\' && rest->len > 3 && span_to_u64(span_of(rest->ptr + 1, 3), 255, &value)) {
            bytes[len++] = (char)value;
            *rest = span_after(*rest, 4);
        } else {
            size_t skip = c == '\\' && rest->len > 1 ? 1 : 0;
            bytes[len++] = rest->ptr[skip];
            *rest = span_after(*rest, skip + 1);
        }
    }
    if (rest->len == 0) {
        return complain(r, "string without end");
    }
    *rest = span_after(*rest, 1);
    *out = span_of(bytes, len);
    return true;
}

static bool repeat_string(struct file_reader *r, span *rest, span *text)
{
    if (rest->len == 0 || rest->ptr[0] != '*') {
        return true;
    }
    size_t end = span_find(*rest, ' ');
    uint64_t times;
    if (!span_to_u64(span_of(rest->ptr + 1, end - 1), 100000, &times)) {
        return complain(r, "*N expected behind a string");
    }
    *rest = span_after(*rest, end);
    char *bytes = must(arena_take_bytes(r->arena, text->len * times + 1));
    for (size_t i = 0; i < times; i++) {
        memcpy(bytes + i * text->len, text->ptr, text->len);
    }
    *text = span_of(bytes, text->len * times);
    return true;
}

static bool read_tokens(struct file_reader *r, span line, struct token *tokens, size_t *count)
{
    *count = 0;
    for (;;) {
        while (line.len > 0 && ascii_is_blank((unsigned char)line.ptr[0])) {
            line = span_after(line, 1);
        }
        if (line.len == 0) {
            return true;
        }
        if (*count == TOKENS_MAX) {
            return complain(r, "too many words");
        }
        struct token *t = &tokens[(*count)++];
        *t = (struct token){ .rest = line };
        if (line.ptr[0] == '"') {
            t->is_quoted = true;
            if (!read_quoted(r, &line, &t->text) || !repeat_string(r, &line, &t->text)) {
                return false;
            }
        } else {
            size_t blank = span_find(line, ' ');
            t->text = copy(r->arena, span_first(line, blank));
            line = span_after(line, blank);
        }
    }
}

/* Lower case, no final dot; the root stays ".". */
static span read_name(struct file_reader *r, span s)
{
    span name = copy(r->arena, s);
    char *bytes = (char *)(uintptr_t)name.ptr;
    for (size_t i = 0; i < name.len; i++) {
        bytes[i] = (char)ascii_lower((unsigned char)bytes[i]);
    }
    return name.len > 1 && name.ptr[name.len - 1] == '.' ? span_first(name, name.len - 1) : name;
}

static bool read_outcome(span word, enum dns_outcome *out)
{
    static const struct {
        const char *word;
        enum dns_outcome outcome;
    } rows[] = {
        { "NODATA", DNS_NODATA },   { "NXDOMAIN", DNS_NXDOMAIN }, { "SERVFAIL", DNS_SERVFAIL },
        { "REFUSED", DNS_REFUSED }, { "TIMEOUT", DNS_TIMEOUT },   { "BAD", DNS_BAD_RESPONSE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (span_equal(word, span_from_cstr(rows[i].word))) {
            *out = rows[i].outcome;
            return true;
        }
    }
    return false;
}

static uint16_t read_type(span word)
{
    static const struct {
        const char *word;
        uint16_t type;
    } rows[] = {
        { "A", DNS_A },     { "AAAA", DNS_AAAA },   { "TXT", DNS_TXT },
        { "MX", DNS_MX },   { "CNAME", DNS_CNAME }, { "NS", DNS_NS },
        { "PTR", DNS_PTR }, { "SOA", DNS_SOA },     { "ANY", SCENARIO_ANY_TYPE },
        { "DS", DNS_DS },   { "TLSA", DNS_TLSA },   { "SPF", DNS_SPF },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (span_equal(word, span_from_cstr(rows[i].word))) {
            return rows[i].type;
        }
    }
    return 0;
}

/* Each string given, cut into strings of at most 255 bytes as the wire wants them. */
static bool read_txt(struct file_reader *r, const struct token *tokens, size_t count, struct txt_record *out)
{
    size_t len = 0, strings = 0;
    for (size_t i = 0; i < count; i++) {
        if (!tokens[i].is_quoted) {
            return complain(r, "TXT needs strings in quotes");
        }
        len += tokens[i].text.len;
        strings += tokens[i].text.len / TXT_STRING_MAX + 1;
    }
    char *bytes = must(arena_take_bytes(r->arena, len + 1));
    uint16_t *cuts = must(ARENA_TAKE_N(r->arena, uint16_t, strings));
    size_t at = 0, cut_count = 0;
    for (size_t i = 0; i < count; i++) {
        span s = tokens[i].text;
        do {
            span piece = span_first(s, TXT_STRING_MAX);
            if (at > 0 || i > 0) {
                cuts[cut_count++] = (uint16_t)at;
            }
            memcpy(bytes + at, piece.ptr, piece.len);
            at += piece.len;
            s = span_after(s, piece.len);
        } while (s.len > 0);
    }
    *out = (struct txt_record){ .text = span_of(bytes, at), .cuts = cuts, .cut_count = (uint16_t)cut_count };
    return at <= UINT16_MAX || complain(r, "TXT over 64 KiB");
}

static bool read_address(struct file_reader *r, int family, span text, uint8_t *out)
{
    return inet_pton(family, copy(r->arena, text).ptr, out) == 1 || complain(r, "%.*s is no address", SPAN_ARG(text));
}

static int hex_digit(char c)
{
    unsigned char low = ascii_lower((unsigned char)c);
    return ascii_is_digit(low) ? low - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* So many numbers of one byte, or the first of two, as the presentation form has them; then digits. RFC 4034 5.3, 6698 2.2. */
static bool read_bytes(struct file_reader *r, const struct token *tokens, size_t count, size_t first_size, span *out)
{
    enum { NUMBERS = 3 };
    size_t room = NUMBERS + 1, len = 0;
    for (size_t i = NUMBERS; i < count; i++) {
        room += tokens[i].text.len / 2;
    }
    char *bytes = must(arena_take_bytes(r->arena, room));
    for (size_t i = 0; i < NUMBERS && i < count; i++) {
        uint64_t number;
        if (!span_to_u64(tokens[i].text, i == 0 && first_size == 2 ? UINT16_MAX : UINT8_MAX, &number)) {
            return complain(r, "%.*s is no number for here", SPAN_ARG(tokens[i].text));
        }
        if (i == 0 && first_size == 2) {
            bytes[len++] = (char)(number >> 8);
        }
        bytes[len++] = (char)(number & 0xff);
    }
    for (size_t i = NUMBERS; i < count; i++) {
        for (size_t at = 0; at + 1 < tokens[i].text.len; at += 2) {
            int high = hex_digit(tokens[i].text.ptr[at]), low = hex_digit(tokens[i].text.ptr[at + 1]);
            if (high < 0 || low < 0) {
                return complain(r, "hexadecimal digits expected");
            }
            bytes[len++] = (char)(high << 4 | low);
        }
    }
    *out = span_of(bytes, len);
    return true;
}

static bool read_data(struct file_reader *r, struct scenario_record *record, const struct token *tokens, size_t count)
{
    uint64_t preference;
    switch (record->qtype) {
    case DNS_TXT:
    case DNS_SPF:
        return read_txt(r, tokens, count, &record->txt);
    case DNS_TLSA:
        return read_bytes(r, tokens, count, 1, &record->name);
    case DNS_DS:
        return read_bytes(r, tokens, count, 2, &record->name);
    case DNS_A:
        return read_address(r, AF_INET, tokens[0].text, record->address);
    case DNS_AAAA:
        return read_address(r, AF_INET6, tokens[0].text, record->address);
    case DNS_MX:
        if (count != 2 || !span_to_u64(tokens[0].text, UINT16_MAX, &preference)) {
            return complain(r, "MX needs a preference and a name");
        }
        record->mx = (struct mx_record){ .preference = (uint16_t)preference, .exchange = read_name(r, tokens[1].text) };
        return true;
    case DNS_CNAME:
    case DNS_NS:
    case DNS_PTR:
        record->name = read_name(r, tokens[0].text);
        return true;
    default:
        return complain(r, "this type takes only an outcome");
    }
}

static bool read_record(struct file_reader *r, const struct token *tokens, size_t count)
{
    struct scenario_record *record = must(ARENA_TAKE(r->arena, struct scenario_record));
    record->owner = read_name(r, tokens[0].text);
    if (count == 2 && span_equal(tokens[1].text, SPAN("exists"))) {
        record->qtype = DNS_SOA;
        record->outcome = DNS_NODATA;
    } else {
        record->qtype = read_type(tokens[1].text);
        if (record->qtype == 0 || count < 3) {
            return complain(r, "not understood: %.*s", SPAN_ARG(tokens[0].rest));
        }
        if (tokens[2].is_quoted || !read_outcome(tokens[2].text, &record->outcome)) {
            record->outcome = DNS_ANSWERED;
            if (!read_data(r, record, tokens + 2, count - 2)) {
                return false;
            }
        }
    }
    *r->current->records_tail = record;
    r->current->records_tail = &record->next;
    return true;
}

/* The value as JSON: a bare word becomes a string. */
static span value_as_json(struct file_reader *r, span raw)
{
    raw = span_trim(raw);
    static const char *const words[] = { "null", "true", "false" };
    for (size_t i = 0; i < 3; i++) {
        if (span_equal(raw, span_from_cstr(words[i]))) {
            return copy(r->arena, raw);
        }
    }
    bool is_json = raw.len > 0 && (strchr("\"[{-", raw.ptr[0]) || ascii_is_digit((unsigned char)raw.ptr[0]));
    return is_json ? copy(r->arena, raw) : arena_printf(r->arena, "\"%.*s\"", SPAN_ARG(raw));
}

static bool read_finding(struct file_reader *r, struct scenario_expect *e, const struct token *tokens, size_t count)
{
    if (count < 1) {
        return complain(r, "which finding?");
    }
    e->path = tokens[0].text;
    for (size_t i = 1; i < count; i++) {
        if (tokens[i].is_quoted) {
            e->value = tokens[i].text;
        } else if (span_equal(tokens[i].text, SPAN("~"))) {
            e->is_part = true;
        } else {
            e->severity = tokens[i].text;
        }
    }
    bool is_known = e->severity.len == 0 || span_equal(e->severity, SPAN("error")) ||
                    span_equal(e->severity, SPAN("warning")) || span_equal(e->severity, SPAN("info"));
    return is_known || complain(r, "no such severity");
}

static bool read_asked(struct file_reader *r, struct scenario_expect *e, const struct token *tokens, size_t count)
{
    if (count != 2 || (e->qtype = read_type(tokens[1].text)) == 0) {
        return complain(r, "asked NAME TYPE");
    }
    e->path = read_name(r, tokens[0].text);
    return true;
}

static bool read_expect(struct file_reader *r, const struct token *tokens, size_t count)
{
    struct scenario_expect *e = must(ARENA_TAKE(r->arena, struct scenario_expect));
    e->line = r->line;
    *r->current->expects_tail = e;
    r->current->expects_tail = &e->next;
    if (count < 2) {
        return complain(r, "expect what?");
    }
    span word = tokens[0].text;
    if (span_equal(word, SPAN("finding"))) {
        e->kind = EXPECT_FINDING;
        return read_finding(r, e, tokens + 1, count - 1);
    }
    if (span_equal(word, SPAN("no")) && span_equal(tokens[1].text, SPAN("finding"))) {
        e->kind = EXPECT_NO_FINDING;
        return read_finding(r, e, tokens + 2, count - 2);
    }
    if (span_equal(word, SPAN("asked"))) {
        e->kind = EXPECT_ASKED;
        return read_asked(r, e, tokens + 1, count - 1);
    }
    if (span_equal(word, SPAN("not")) && span_equal(tokens[1].text, SPAN("asked"))) {
        e->kind = EXPECT_NOT_ASKED;
        return read_asked(r, e, tokens + 2, count - 2);
    }
    bool has_verb = span_equal(word, SPAN("contains")) || span_equal(word, SPAN("count"));
    if (has_verb && count < 3) {
        return complain(r, "path and value expected");
    }
    e->kind = !has_verb ? EXPECT_VALUE : span_equal(word, SPAN("count")) ? EXPECT_COUNT : EXPECT_CONTAINS;
    e->path = tokens[has_verb ? 1 : 0].text;
    e->value = value_as_json(r, tokens[has_verb ? 2 : 1].rest);
    return true;
}

static bool read_directive(struct file_reader *r, const struct token *tokens, size_t count, bool *was_one)
{
    struct scenario *s = r->current;
    span word = tokens[0].text, value = count > 1 ? span_trim(tokens[1].rest) : (span){ 0 };
    *was_one = true;
    if (span_equal(word, SPAN("expect"))) {
        return read_expect(r, tokens + 1, count - 1);
    }
    if (span_equal(word, SPAN("excluded"))) {
        s->is_excluded = true;
        return true;
    }
    if (span_equal(word, SPAN("full"))) {
        s->is_full = true;
        return true;
    }
    if (span_equal(word, SPAN("errors"))) {
        s->any_errors = true;
        return true;
    }
    const struct {
        span word;
        span *field;
    } fields[] = {
        { SPAN("domain"), &s->domain },       { SPAN("checks"), &s->checks },      { SPAN("dkim"), &s->dkim_mode },
        { SPAN("selectors"), &s->selectors }, { SPAN("signed"), &s->signed_zones },
        { SPAN("bogus"), &s->bogus_zone },
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (span_equal(word, fields[i].word)) {
            *fields[i].field = copy(r->arena, value);
            return value.len > 0 || complain(r, "a value expected");
        }
    }
    *was_one = false;
    return true;
}

static bool read_line(struct file_reader *r, span line)
{
    struct token tokens[TOKENS_MAX];
    size_t count;
    bool was_directive;
    if (!read_tokens(r, line, tokens, &count) || count == 0) {
        return !r->failed;
    }
    if (!r->current) {
        return complain(r, "a scenario begins with ##");
    }
    if (!read_directive(r, tokens, count, &was_directive)) {
        return false;
    }
    return was_directive || (count >= 2 ? read_record(r, tokens, count) : complain(r, "not understood"));
}

static void scenario_begin(struct file_reader *r, span name)
{
    struct scenario *s = must(ARENA_TAKE(r->arena, struct scenario));
    s->name = copy(r->arena, name).ptr;
    s->file = r->path;
    s->line = r->line;
    s->domain = SPAN("example.com");
    s->records_tail = &s->records;
    s->expects_tail = &s->expects;
    *r->tail = s;
    r->tail = &s->next;
    r->current = s;
}

static void set_variable(struct file_reader *r, span rest)
{
    struct variable *v = must(ARENA_TAKE(r->arena, struct variable));
    rest = span_trim(rest);
    v->name = copy(r->arena, span_cut(&rest, ' '));
    v->value = copy(r->arena, span_trim(rest));
    v->next = r->variables;
    r->variables = v;
}

/* A comment begins at two blanks and '#', outside of quotes. */
static span without_comment(span line)
{
    bool is_quoted = false;
    for (size_t i = 0; i < line.len; i++) {
        if (is_quoted && line.ptr[i] == '\\') {
            i++;
        } else if (line.ptr[i] == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted && line.ptr[i] == '#' && i >= 2 && line.ptr[i - 1] == ' ' && line.ptr[i - 2] == ' ') {
            return span_first(line, i);
        }
    }
    return line;
}

static bool read_expanded(struct file_reader *r, span line)
{
    static char numbered_bytes[LINE_MAX_BYTES], part_bytes[LINE_MAX_BYTES];
    uint64_t from = 0, to = 0;
    if (line.ptr[0] == '@') {
        line = span_after(line, 1);
        if (!read_range(&line, ' ', &from, &to)) {
            return complain(r, "@A..B expected");
        }
    }
    bool is_loop = to > 0;
    for (uint64_t i = from; i <= to; i++) {
        struct text numbered = { numbered_bytes, 0 }, parts = { part_bytes, 0 };
        if (is_loop) {
            add_numbered(&numbered, line, i);
        } else {
            text_add(&numbered, line);
        }
        if (!expand_parts(r, span_of(numbered.bytes, numbered.len), &parts) ||
            !read_line(r, span_of(parts.bytes, parts.len))) {
            return false;
        }
    }
    return true;
}

static bool read_any_line(struct file_reader *r, span line)
{
    static char variable_bytes[LINE_MAX_BYTES];
    if (span_starts_with(line, SPAN("## "))) {
        scenario_begin(r, span_trim(span_after(line, 3)));
        return true;
    }
    if (line.len > 0 && line.ptr[0] == '#') {
        return true;
    }
    struct text expanded = { variable_bytes, 0 };
    if (!expand_variables(r, span_trim(without_comment(line)), &expanded)) {
        return false;
    }
    span text = span_of(expanded.bytes, expanded.len);
    if (text.len == 0) {
        return true;
    }
    if (span_starts_with(text, SPAN("let "))) {
        set_variable(r, span_after(text, 4));
        return true;
    }
    return read_expanded(r, text);
}

static bool read_whole_file(const char *path, struct arena *arena, span *out)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return false;
    }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = must(arena_take_bytes(arena, (size_t)size + 1));
    size_t got = fread(bytes, 1, (size_t)size, file);
    fclose(file);
    *out = span_of(bytes, got);
    return got == (size_t)size;
}

struct scenario *scenario_file_read(const char *path, struct arena *arena)
{
    struct file_reader r = { .path = path, .arena = arena };
    span text;
    r.tail = &r.first;
    if (!read_whole_file(path, arena, &text)) {
        return NULL;
    }
    while (text.len > 0) {
        r.line++;
        (void)read_any_line(&r, span_cut(&text, '\n'));
    }
    return r.failed ? NULL : r.first;
}

/* ---- answering ---- */

static bool is_there(const struct scenario_record *record)
{
    return record->outcome != DNS_NXDOMAIN;
}

static bool has_records(const struct scenario *s, span name)
{
    for (const struct scenario_record *r = s->records; r; r = r->next) {
        if (is_there(r) && span_equal(r->owner, name)) {
            return true;
        }
    }
    return false;
}

/* It or a name below it has a record (RFC 8020 3); single labels are there. */
static bool name_exists(const struct scenario *s, span name)
{
    if (name_label_count(name) <= 1) {
        return true;
    }
    for (const struct scenario_record *r = s->records; r; r = r->next) {
        if (is_there(r) && name_is_within(r->owner, name)) {
            return true;
        }
    }
    return false;
}

/* The owner whose records answer for `name`; empty when the name does not exist (RFC 4592 3.3.1). */
static span find_owner(const struct scenario *s, struct arena *arena, span name)
{
    if (name_exists(s, name)) {
        return name;
    }
    span encloser = name_parent(name);
    while (!name_exists(s, encloser)) {
        encloser = name_parent(encloser);
    }
    span wildcard = arena_printf(arena, "*.%.*s", SPAN_ARG(encloser));
    return has_records(s, wildcard) ? wildcard : (span){ 0 };
}

/* An outcome written down for this name and type. */
static const struct scenario_record *find_forced(const struct scenario *s, span owner, uint16_t qtype)
{
    for (const struct scenario_record *r = s->records; r; r = r->next) {
        if (r->outcome != DNS_ANSWERED && (r->qtype == qtype || r->qtype == SCENARIO_ANY_TYPE) &&
            span_equal(r->owner, owner)) {
            return r;
        }
    }
    return NULL;
}

static const struct scenario_record *find_record(const struct scenario *s, span owner, uint16_t qtype)
{
    for (const struct scenario_record *r = s->records; r; r = r->next) {
        if (r->outcome == DNS_ANSWERED && r->qtype == qtype && span_equal(r->owner, owner)) {
            return r;
        }
    }
    return NULL;
}

/* Where a name has records beside its alias, which RFC 1034 3.6.2 forbids, those asked for are answered. */
static const struct scenario_record *find_alias(const struct scenario *s, span owner, uint16_t qtype)
{
    return qtype == DNS_CNAME || find_record(s, owner, qtype) ? NULL : find_record(s, owner, DNS_CNAME);
}

static size_t rdata_size(const struct scenario_record *r)
{
    switch (r->qtype) {
    case DNS_TXT:
    case DNS_SPF:
        return r->txt.text.len + r->txt.cut_count + 1u;
    case DNS_MX:
        return 4 + r->mx.exchange.len;
    case DNS_A:
        return 4;
    case DNS_AAAA:
        return 16;
    default:
        return r->name.len + 2;
    }
}

static void copy_record(struct rrset *out, size_t at, const struct scenario_record *r)
{
    switch (r->qtype) {
    case DNS_TXT:
    case DNS_SPF:
        ((struct txt_record *)(uintptr_t)out->txt)[at] = r->txt;
        return;
    case DNS_MX: {
        struct mx_record *mx = (struct mx_record *)(uintptr_t)out->mx;
        while (at > 0 && mx[at - 1].preference > r->mx.preference) {
            mx[at] = mx[at - 1];
            at--;
        }
        mx[at] = r->mx;
        return;
    }
    case DNS_A:
        memcpy((uint8_t *)(uintptr_t)out->a + at * 4, r->address, 4);
        return;
    case DNS_AAAA:
        memcpy((uint8_t *)(uintptr_t)out->aaaa + at * 16, r->address, 16);
        return;
    default:
        ((span *)(uintptr_t)out->names)[at] = r->name;
    }
}

static void fill_records(const struct scenario *s, struct arena *arena, span owner, uint16_t qtype, struct rrset *out)
{
    enum { HEADER = 12, OPT = 11, FIXED = 12 };
    size_t count = 0;
    out->wire_size += HEADER + OPT;
    for (const struct scenario_record *r = s->records; r; r = r->next) {
        if (r->outcome == DNS_ANSWERED && r->qtype == qtype && span_equal(r->owner, owner)) {
            count++;
            out->wire_size += (uint32_t)(FIXED + rdata_size(r));
        }
    }
    out->over_tcp = out->wire_size > 1232;
    out->txt = must(arena_take(arena, (count + 1) * sizeof(struct txt_record)));
    for (const struct scenario_record *r = s->records; r && out->count < RRSET_RECORDS_MAX; r = r->next) {
        if (r->outcome == DNS_ANSWERED && r->qtype == qtype && span_equal(r->owner, owner)) {
            copy_record(out, out->count++, r);
        }
    }
    out->outcome = count > 0 ? DNS_ANSWERED : DNS_NODATA;
    if (count > RRSET_RECORDS_MAX && qtype != DNS_PTR) {
        out->outcome = DNS_BAD_RESPONSE;
        out->count = 0;
    }
}

static span find_soa_owner(const struct scenario *s, span name, scenario_suffixes *organizational_domain,
                           const void *list)
{
    span org = organizational_domain(list, name), top = name;
    while (name_parent(top).len > 0) {
        top = name_parent(top);
    }
    const struct scenario_record *forced = find_forced(s, top, SCENARIO_ANY_TYPE);
    if (forced && forced->outcome == DNS_NXDOMAIN) {
        return SPAN(".");
    }
    return name_exists(s, org) ? org : name_parent(org);
}

static bool is_signed(const struct scenario *s, span name)
{
    for (span rest = s->signed_zones; rest.len > 0;) {
        if (name_is_within(name, span_cut(&rest, ' '))) {
            return true;
        }
    }
    return false;
}

/* The DS of a broken zone is its parent's, and good. */
static bool is_bogus(const struct scenario *s, const struct asked *asked)
{
    return s->bogus_zone.len > 0 && !asked->checking_disabled && name_is_within(asked->qname, s->bogus_zone) &&
           !(asked->qtype == DNS_DS && span_equal(asked->qname, s->bogus_zone));
}

const struct rrset *scenario_answer(const struct scenario *s, struct arena *arena, const struct asked *asked,
                                    scenario_suffixes *organizational_domain, const void *list)
{
    struct rrset *out = must(ARENA_TAKE(arena, struct rrset));
    span name = asked->qname, qname = name;
    uint16_t qtype = asked->qtype;
    if (is_bogus(s, asked)) {
        out->outcome = DNS_SERVFAIL;
        out->rcode = 2;
        return out;
    }
    out->ttl_s = 300;
    out->wire_size = (uint32_t)qname.len + 6;
    out->is_authenticated = true;
    for (size_t hops = 0;; hops++) {
        out->is_authenticated &= is_signed(s, name);
        span owner = find_owner(s, arena, name);
        const struct scenario_record *forced = find_forced(s, owner.len > 0 ? owner : name, qtype);
        const struct scenario_record *alias = forced ? NULL : find_alias(s, owner, qtype);
        if (alias && hops == ALIAS_CHAIN_MAX) {
            out->outcome = DNS_BAD_RESPONSE;
            out->alias_loops = true;
            break;
        }
        if (!alias) {
            if (forced) {
                out->outcome = forced->outcome;
            } else if (owner.len == 0) {
                out->outcome = DNS_NXDOMAIN;
            } else {
                fill_records(s, arena, owner, qtype, out);
            }
            break;
        }
        out->has_alias = true;
        out->alias_target = name = alias->name;
    }
    static const uint8_t rcodes[DNS_OUTCOME_COUNT] = {
        [DNS_NXDOMAIN] = 3, [DNS_SERVFAIL] = 2, [DNS_REFUSED] = 5, [DNS_BAD_RESPONSE] = 1
    };
    out->rcode = rcodes[out->outcome];
    if (rrset_is_failure(out)) {
        out->ttl_s = 0;
        out->is_authenticated = false;
    }
    if (rrset_is_absent(out)) {
        out->soa_owner = find_soa_owner(s, name, organizational_domain, list);
    }
    return out;
}
