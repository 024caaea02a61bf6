// SPDX-License-Identifier: MIT
#include "scanner/results/record_view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

#include "scanner/results/vocabulary.h"

/*
 * The schema as tables: a shape is an object, a row is a key of it and where its value goes. yajl calls back for each
 * token; `frames` says in which object of which shape we stand. Records come with their keys in one order, so the row
 * after the last one is tried first.
 */

enum value_kind {
    VALUE_WORD,   /* int: of `words`; null only with allows_null, and is then `null_value` */
    VALUE_TEXT,   /* span */
    VALUE_NUMBER, /* int64_t, not negative */
    VALUE_FLAG,   /* bool */
    VALUE_ANSWER, /* enum ternary: true, false or null */
    VALUE_FINDING_ID,
    VALUE_OBJECT, /* of `shape`, within the struct */
    VALUE_TEXTS,  /* list of spans */
    VALUE_OBJECTS /* list of structs of `shape` */
};

struct shape;

struct row {
    const char *key;
    enum value_kind kind;
    bool allows_null, is_optional;
    int null_value;
    size_t offset; /* in the struct of the shape */
    const struct vocabulary *words;
    const struct shape *shape;
    size_t item_size;
};

struct shape {
    const char *name; /* for errors: "spf", "dkim.selectors" */
    const struct row *rows;
    size_t row_count;
};

#define TEXT(type, key_, field)         { .key = key_, .kind = VALUE_TEXT, .offset = offsetof(struct type, field) }
#define TEXT_OR_NULL(type, key_, field) { .key = key_, .kind = VALUE_TEXT, .allows_null = true, .offset = offsetof(struct type, field) }
#define NUMBER(type, key_, field)       { .key = key_, .kind = VALUE_NUMBER, .offset = offsetof(struct type, field) }
#define NUMBER_OR_NULL(type, key_, field) \
    { .key = key_, .kind = VALUE_NUMBER, .allows_null = true, .offset = offsetof(struct type, field) }
#define FLAG(type, key_, field)   { .key = key_, .kind = VALUE_FLAG, .offset = offsetof(struct type, field) }
#define ANSWER(type, key_, field) { .key = key_, .kind = VALUE_ANSWER, .allows_null = true, .offset = offsetof(struct type, field) }
#define WORD(type, key_, field, vocabulary) \
    { .key = key_, .kind = VALUE_WORD, .offset = offsetof(struct type, field), .words = &vocabulary }
#define WORD_OR_NULL(type, key_, field, vocabulary, null_)                                                        \
    { .key = key_, .kind = VALUE_WORD, .allows_null = true, .null_value = (int)(null_), .offset = offsetof(struct type, field), \
      .words = &vocabulary }
#define TEXTS(type, key_, field) \
    { .key = key_, .kind = VALUE_TEXTS, .offset = offsetof(struct type, field), .item_size = sizeof(span) }
#define OBJECTS(type, key_, field, item, shape_)                                                                    \
    { .key = key_, .kind = VALUE_OBJECTS, .offset = offsetof(struct type, field), .item_size = sizeof(struct item), \
      .shape = &shape_ }
#define OBJECT(type, key_, field, shape_) \
    { .key = key_, .kind = VALUE_OBJECT, .offset = offsetof(struct type, field), .shape = &shape_ }
#define SHAPE(variable, name_, rows_) \
    static const struct shape variable = { .name = name_, .rows = rows_, .row_count = sizeof(rows_) / sizeof(rows_[0]) }

static const struct row finding_rows[] = {
    { .key = "id", .kind = VALUE_FINDING_ID, .offset = offsetof(struct record_finding, name) },
    WORD(record_finding, "severity", severity, severity_words),
    TEXT_OR_NULL(record_finding, "detail", detail),
};
SHAPE(finding_shape, "findings", finding_rows);

static const struct row host_rows[] = {
    NUMBER(record_host, "preference", preference),
    TEXT(record_host, "host", host),
};
SHAPE(host_shape, "mx.hosts", host_rows);

static const struct row mx_rows[] = {
    WORD(record_mx, "status", status, mx_status_words),
    OBJECTS(record_mx, "hosts", hosts, record_host, host_shape),
    TEXTS(record_mx, "providers", providers),
};
SHAPE(mx_shape, "mx", mx_rows);

static const struct row spf_rows[] = {
    WORD(record_spf, "status", status, spf_status_words),
    TEXT_OR_NULL(record_spf, "record", record),
    WORD_OR_NULL(record_spf, "all", all, spf_qualifier_words, RECORD_NULL),
    NUMBER_OR_NULL(record_spf, "lookups", lookups),
    NUMBER_OR_NULL(record_spf, "void_lookups", void_lookups),
    NUMBER_OR_NULL(record_spf, "depth", depth),
    TEXT_OR_NULL(record_spf, "limit_hit", limit_hit),
    TEXTS(record_spf, "includes", includes),
    TEXT_OR_NULL(record_spf, "redirect", redirect),
    NUMBER_OR_NULL(record_spf, "ipv4_addresses", ipv4_addresses),
    NUMBER_OR_NULL(record_spf, "ipv6_slash64s", ipv6_slash64s),
    FLAG(record_spf, "exact", exact),
    FLAG(record_spf, "macros", macros),
    FLAG(record_spf, "ptr", ptr),
    TEXTS(record_spf, "providers", providers),
};
SHAPE(spf_shape, "spf", spf_rows);

static const struct row selector_rows[] = {
    TEXT(record_selector, "selector", selector),
    WORD(record_selector, "status", status, dkim_selector_status_words),
    WORD_OR_NULL(record_selector, "key_type", key_type, dkim_key_type_words, DKIM_KEY_UNKNOWN),
    NUMBER_OR_NULL(record_selector, "key_bits", key_bits),
    FLAG(record_selector, "testing", testing),
    TEXT_OR_NULL(record_selector, "cname", cname),
    TEXT_OR_NULL(record_selector, "provider", provider),
    { .key = "record", .kind = VALUE_TEXT, .allows_null = true, .is_optional = true, .offset = offsetof(struct record_selector, record) },
};
SHAPE(selector_shape, "dkim.selectors", selector_rows);

static const struct row dkim_rows[] = {
    WORD(record_dkim, "status", status, dkim_status_words),
    WORD(record_dkim, "namespace", namespace_state, dkim_namespace_words),
    NUMBER(record_dkim, "probed", probed),
    OBJECTS(record_dkim, "selectors", selectors, record_selector, selector_shape),
};
SHAPE(dkim_shape, "dkim", dkim_rows);

#define POLICY(key_, field) WORD_OR_NULL(record_dmarc, key_, field, dmarc_policy_words, DMARC_POLICY_NULL)
static const struct row dmarc_rows[] = {
    WORD(record_dmarc, "status", status, dmarc_status_words),
    TEXT_OR_NULL(record_dmarc, "record", record),
    TEXT_OR_NULL(record_dmarc, "found_at", found_at),
    FLAG(record_dmarc, "inherited", inherited),
    TEXT_OR_NULL(record_dmarc, "organizational_domain", organizational_domain),
    POLICY("policy", policy),
    POLICY("subdomain_policy", subdomain_policy),
    POLICY("nonexistent_policy", nonexistent_policy),
    POLICY("policy_9989", policy_9989),
    POLICY("policy_7489", policy_7489),
    POLICY("effective_policy", effective_policy),
    FLAG(record_dmarc, "testing", testing),
    NUMBER_OR_NULL(record_dmarc, "pct", pct),
    WORD_OR_NULL(record_dmarc, "adkim", adkim, dmarc_alignment_words, DMARC_ALIGNMENT_NULL),
    WORD_OR_NULL(record_dmarc, "aspf", aspf, dmarc_alignment_words, DMARC_ALIGNMENT_NULL),
    TEXTS(record_dmarc, "fo", fo),
    WORD_OR_NULL(record_dmarc, "psd", psd, dmarc_psd_words, DMARC_PSD_NULL),
    TEXTS(record_dmarc, "rua", rua),
    TEXTS(record_dmarc, "ruf", ruf),
    TEXTS(record_dmarc, "report_vendors", report_vendors),
    TEXTS(record_dmarc, "unauthorized_report_domains", unauthorized_report_domains),
};
SHAPE(dmarc_shape, "dmarc", dmarc_rows);

static const struct row mta_sts_rows[] = {
    WORD(record_mta_sts, "status", status, record_status_words),
    TEXT_OR_NULL(record_mta_sts, "id", id),
};
SHAPE(mta_sts_shape, "mta_sts", mta_sts_rows);

static const struct row tls_rpt_rows[] = {
    WORD(record_tls_rpt, "status", status, record_status_words),
    TEXTS(record_tls_rpt, "rua", rua),
};
SHAPE(tls_rpt_shape, "tls_rpt", tls_rpt_rows);

static const struct row bimi_rows[] = {
    WORD(record_bimi, "status", status, record_status_words),
    TEXT_OR_NULL(record_bimi, "location", location),
    TEXT_OR_NULL(record_bimi, "authority", authority),
};
SHAPE(bimi_shape, "bimi", bimi_rows);

static const struct row failure_rows[] = {
    TEXT(record_failure, "name", name),
    TEXT(record_failure, "type", type),
    TEXT(record_failure, "error", error),
};
SHAPE(failure_shape, "dns.failed", failure_rows);

static const struct row dns_rows[] = {
    NUMBER(record_dns, "queries", queries),
    NUMBER(record_dns, "shared", shared),
    NUMBER(record_dns, "retries", retries),
    NUMBER(record_dns, "tcp", tcp),
    NUMBER(record_dns, "elapsed_ms", elapsed_ms),
    OBJECTS(record_dns, "failed", failed, record_failure, failure_shape),
};
SHAPE(dns_shape, "dns", dns_rows);

static const struct row record_rows[] = {
    NUMBER(record_view, "schema", schema),
    TEXT(record_view, "domain", domain),
    NUMBER(record_view, "seq", seq),
    NUMBER_OR_NULL(record_view, "rank", rank),
    TEXT_OR_NULL(record_view, "tag", tag),
    TEXT(record_view, "scanned_at", scanned_at),
    WORD(record_view, "outcome", outcome, outcome_words),
    WORD(record_view, "posture", posture, posture_words),
    ANSWER(record_view, "spoofable", spoofable),
    ANSWER(record_view, "spoofable_subdomains", spoofable_subdomains),
    WORD(record_view, "sends", sends, ternary_words),
    OBJECTS(record_view, "findings", findings, record_finding, finding_shape),
    OBJECT(record_view, "mx", mx, mx_shape),
    OBJECT(record_view, "spf", spf, spf_shape),
    OBJECT(record_view, "dkim", dkim, dkim_shape),
    OBJECT(record_view, "dmarc", dmarc, dmarc_shape),
    OBJECT(record_view, "mta_sts", mta_sts, mta_sts_shape),
    OBJECT(record_view, "tls_rpt", tls_rpt, tls_rpt_shape),
    OBJECT(record_view, "bimi", bimi, bimi_shape),
    OBJECT(record_view, "dns", dns, dns_shape),
};
SHAPE(record_shape, "", record_rows);

/* The reader ------------------------------------------------------------------------------------------------------ */

enum {
    SCHEMA = 1,
    FRAMES_MAX = 4,      /* record, object, list, object of the list */
    FINDING_SLOTS = 1024, /* a power of two, far more than there are findings */
    LIST_FIRST = 8,
    ARENA_SIZE = 64 * 1024,
};

/* What we stand in: an object of `shape`, or, with is_list, the list that `row` is. */
struct frame {
    const struct shape *shape;
    char *base;            /* the struct */
    size_t next;           /* the row that is expected */
    uint64_t seen;         /* rows, one bit each */
    const struct row *row; /* the key that waits for its value; NULL in an object: one to be skipped */
    bool is_list;
};

struct record_reader {
    yajl_handle json; /* NULL: to be made */
    struct record_view view;
    struct frame frames[FRAMES_MAX];
    size_t frame_count;
    size_t skip_depth; /* containers below the value that is skipped */
    size_t depth;      /* all containers */
    bool is_done;      /* the object has ended */
    span line;
    struct arena arena;
    char *memory;
    uint16_t finding_slots[FINDING_SLOTS]; /* enum finding_id + 1; 0: free */
    char error[RECORD_ERROR_SIZE];
};

_Static_assert(sizeof(enum finding_id) == sizeof(int) && sizeof(enum ternary) == sizeof(int), "words are written as int");
_Static_assert(FINDING_COUNT < FINDING_SLOTS / 2, "the table of findings has room");
_Static_assert(sizeof(dmarc_rows) / sizeof(dmarc_rows[0]) <= 64, "one bit a row");
_Static_assert(offsetof(struct record_texts, count) == offsetof(struct record_findings, count) &&
                   sizeof(void *) == sizeof(span *),
               "lists look alike");

enum { CANCEL = 0, GO_ON = 1 };

PRINTF_LIKE(2, 3) static int refuse(struct record_reader *reader, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reader->error, sizeof(reader->error), format, args);
    va_end(args);
    return CANCEL;
}

/* "spf.lookups", "findings[].id". */
static const char *path_of(const struct frame *frame, char out[64])
{
    const char *key = frame->row ? frame->row->key : "";
    bool is_item = frame->shape == &finding_shape || frame->shape == &host_shape || frame->shape == &selector_shape ||
                   frame->shape == &failure_shape;
    snprintf(out, 64, "%s%s%s%s%s", frame->shape->name, is_item ? "[]" : "", frame->shape->name[0] ? "." : "", key,
             frame->is_list ? "[]" : "");
    return out;
}

static const char *wanted(const struct row *row)
{
    static const char *const names[] = {
        [VALUE_WORD] = "a string",       [VALUE_TEXT] = "a string",       [VALUE_NUMBER] = "a whole number",
        [VALUE_FLAG] = "true or false",  [VALUE_ANSWER] = "true, false or null", [VALUE_FINDING_ID] = "a string",
        [VALUE_OBJECT] = "an object",    [VALUE_TEXTS] = "an array of strings",  [VALUE_OBJECTS] = "an array of objects",
    };
    return names[row->kind];
}

static int refuse_kind(struct record_reader *reader, const struct frame *frame, const char *got)
{
    char path[64];
    return refuse(reader, "%s is %s, not %s%s", path_of(frame, path), got,
                  frame->is_list ? (frame->row->kind == VALUE_TEXTS ? "a string" : "an object") : wanted(frame->row),
                  frame->row->allows_null && frame->row->kind != VALUE_ANSWER ? " or null" : "");
}

static struct frame *top(struct record_reader *reader)
{
    return &reader->frames[reader->frame_count - 1];
}

/* What a value that begins now is for. SLOT_SKIP: for nobody. */
enum slot { SLOT_REFUSED, SLOT_SKIP, SLOT_TAKE };

static enum slot slot_of(struct record_reader *reader)
{
    if (reader->skip_depth > 0) {
        return SLOT_SKIP;
    }
    if (reader->frame_count == 0) {
        refuse(reader, reader->is_done ? "something follows the object" : "not a JSON object");
        return SLOT_REFUSED;
    }
    return top(reader)->row == NULL ? SLOT_SKIP : SLOT_TAKE;
}

/* Room for one more item of the list in `frame`; NULL with the error set. Capacities are LIST_FIRST and its doubles. */
static void *list_add(struct record_reader *reader, const struct frame *frame)
{
    char *at = frame->base + frame->row->offset;
    size_t size = frame->row->item_size;
    void *items;
    size_t count;
    memcpy(&items, at, sizeof(items));
    memcpy(&count, at + offsetof(struct record_texts, count), sizeof(count));
    if (count == 0 || (count >= LIST_FIRST && (count & (count - 1)) == 0)) {
        void *more = arena_take_n(&reader->arena, size, count == 0 ? LIST_FIRST : count * 2);
        if (more == NULL) {
            refuse(reader, "the lists of the record are too long");
            return NULL;
        }
        if (count > 0) {
            memcpy(more, items, count * size);
        }
        items = more;
        memcpy(at, &items, sizeof(items));
    }
    count++;
    memcpy(at + offsetof(struct record_texts, count), &count, sizeof(count));
    void *item = (char *)items + (count - 1) * size;
    memset(item, 0, size);
    return item;
}

/* Scalars --------------------------------------------------------------------------------------------------------- */

/* yajl hands out the line itself, or a buffer of its own when it had to decode. */
static bool keep_text(struct record_reader *reader, const char *ptr, size_t len, span *out)
{
    const char *line_end = reader->line.ptr + reader->line.len;
    if (len == 0) {
        *out = SPAN("");
        return true;
    }
    if (ptr >= reader->line.ptr && ptr < line_end) {
        *out = span_of(ptr, len);
        return true;
    }
    return arena_copy(&reader->arena, span_of(ptr, len), out);
}

static uint32_t finding_hash(span name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ (unsigned char)name.ptr[i]) * 16777619u;
    }
    return hash ^ hash >> 15;
}

static enum finding_id find_finding(const struct record_reader *reader, span name)
{
    for (uint32_t at = finding_hash(name);; at++) {
        uint16_t slot = reader->finding_slots[at % FINDING_SLOTS];
        if (slot == 0) {
            return FINDING_COUNT;
        }
        if (span_equal(name, span_from_cstr(finding_kind((enum finding_id)(slot - 1))->id))) {
            return (enum finding_id)(slot - 1);
        }
    }
}

static void index_findings(struct record_reader *reader)
{
    for (int i = 0; i < FINDING_COUNT; i++) {
        uint32_t at = finding_hash(span_from_cstr(finding_kind((enum finding_id)i)->id));
        while (reader->finding_slots[at % FINDING_SLOTS] != 0) {
            at++;
        }
        reader->finding_slots[at % FINDING_SLOTS] = (uint16_t)(i + 1);
    }
}

static int take_word(struct record_reader *reader, struct frame *frame, span word)
{
    int value = vocabulary_find(frame->row->words, word);
    if (value < 0) {
        char path[64];
        return refuse(reader, "%s is '%.*s', a word this version does not know", path_of(frame, path),
                      (int)(word.len < 40 ? word.len : 40), word.ptr);
    }
    memcpy(frame->base + frame->row->offset, &value, sizeof(value));
    return GO_ON;
}

static int on_string(void *owner, const unsigned char *bytes, size_t len)
{
    struct record_reader *reader = owner;
    enum slot slot = slot_of(reader);
    if (slot != SLOT_TAKE) {
        return slot == SLOT_SKIP ? GO_ON : CANCEL;
    }
    struct frame *frame = top(reader);
    const struct row *row = frame->row;
    span text;
    if (row->kind == VALUE_WORD) {
        return take_word(reader, frame, span_of((const char *)bytes, len));
    }
    if (row->kind != VALUE_TEXT && row->kind != VALUE_FINDING_ID && !(row->kind == VALUE_TEXTS && frame->is_list)) {
        return refuse_kind(reader, frame, "a string");
    }
    if (!keep_text(reader, (const char *)bytes, len, &text)) {
        return refuse(reader, "the texts of the record are too long");
    }
    char *at = frame->is_list ? list_add(reader, frame) : frame->base + row->offset;
    if (at == NULL) {
        return CANCEL;
    }
    memcpy(at, &text, sizeof(text));
    if (row->kind == VALUE_FINDING_ID) {
        ((struct record_finding *)(void *)frame->base)->id = find_finding(reader, text);
    }
    return GO_ON;
}

static int on_number(void *owner, const char *digits, size_t len)
{
    struct record_reader *reader = owner;
    enum slot slot = slot_of(reader);
    if (slot != SLOT_TAKE) {
        return slot == SLOT_SKIP ? GO_ON : CANCEL;
    }
    struct frame *frame = top(reader);
    uint64_t number;
    if (frame->row->kind != VALUE_NUMBER) {
        return refuse_kind(reader, frame, "a number");
    }
    /* 2^63 - 1 as programs write it whose numbers are doubles (JavaScript, jq 1.6): a record that went through one is a record. */
    static const uint64_t most_as_double = 9223372036854776000U;
    if (!span_to_u64(span_of(digits, len), most_as_double, &number)) {
        return refuse_kind(reader, frame, "another number");
    }
    int64_t value = number > INT64_MAX ? INT64_MAX : (int64_t)number;
    if (frame->row == &record_rows[0] && value != SCHEMA) {
        return refuse(reader, "schema is %lld, this version reads %d", (long long)value, SCHEMA);
    }
    memcpy(frame->base + frame->row->offset, &value, sizeof(value));
    return GO_ON;
}

static int on_boolean(void *owner, int value)
{
    struct record_reader *reader = owner;
    enum slot slot = slot_of(reader);
    if (slot != SLOT_TAKE) {
        return slot == SLOT_SKIP ? GO_ON : CANCEL;
    }
    struct frame *frame = top(reader);
    char *at = frame->base + frame->row->offset;
    if (frame->row->kind == VALUE_FLAG) {
        bool flag = value != 0;
        memcpy(at, &flag, sizeof(flag));
        return GO_ON;
    }
    if (frame->row->kind == VALUE_ANSWER) {
        int answer = value ? TERNARY_YES : TERNARY_NO;
        memcpy(at, &answer, sizeof(answer));
        return GO_ON;
    }
    return refuse_kind(reader, frame, value ? "true" : "false");
}

static int on_null(void *owner)
{
    struct record_reader *reader = owner;
    enum slot slot = slot_of(reader);
    if (slot != SLOT_TAKE) {
        return slot == SLOT_SKIP ? GO_ON : CANCEL;
    }
    struct frame *frame = top(reader);
    const struct row *row = frame->row;
    char *at = frame->base + row->offset;
    if (!row->allows_null || frame->is_list) {
        return refuse_kind(reader, frame, "null");
    }
    if (row->kind == VALUE_NUMBER) {
        int64_t number = RECORD_NULL;
        memcpy(at, &number, sizeof(number));
    } else if (row->kind == VALUE_WORD || row->kind == VALUE_ANSWER) {
        int value = row->kind == VALUE_WORD ? row->null_value : (int)TERNARY_UNKNOWN;
        memcpy(at, &value, sizeof(value));
    } else {
        span none = { NULL, 0 };
        memcpy(at, &none, sizeof(none));
    }
    return GO_ON;
}

/* Containers ------------------------------------------------------------------------------------------------------ */

static bool push(struct record_reader *reader, struct frame frame)
{
    if (reader->frame_count == FRAMES_MAX) {
        return false; /* not with these tables */
    }
    reader->frames[reader->frame_count++] = frame;
    return true;
}

static bool goes_deeper(struct record_reader *reader)
{
    if (++reader->depth > RECORD_NESTING_MAX) {
        refuse(reader, "nested deeper than %d", RECORD_NESTING_MAX);
        return false;
    }
    return true;
}

static int on_start_object(void *owner)
{
    struct record_reader *reader = owner;
    if (!goes_deeper(reader)) {
        return CANCEL;
    }
    if (reader->frame_count == 0 && !reader->is_done) {
        return push(reader, (struct frame){ .shape = &record_shape, .base = (char *)&reader->view });
    }
    enum slot slot = slot_of(reader);
    if (slot != SLOT_TAKE) {
        reader->skip_depth += slot == SLOT_SKIP;
        return slot == SLOT_SKIP ? GO_ON : CANCEL;
    }
    struct frame *frame = top(reader);
    const struct row *row = frame->row;
    if (row->kind == VALUE_OBJECT) {
        return push(reader, (struct frame){ .shape = row->shape, .base = frame->base + row->offset });
    }
    if (row->kind == VALUE_OBJECTS && frame->is_list) {
        char *item = list_add(reader, frame);
        return item != NULL && push(reader, (struct frame){ .shape = row->shape, .base = item });
    }
    return refuse_kind(reader, frame, "an object");
}

static int on_end_object(void *owner)
{
    struct record_reader *reader = owner;
    reader->depth--;
    if (reader->skip_depth > 0) {
        reader->skip_depth--;
        return GO_ON;
    }
    struct frame *frame = top(reader);
    for (size_t i = 0; i < frame->shape->row_count; i++) {
        if (!(frame->seen & UINT64_C(1) << i) && !frame->shape->rows[i].is_optional) {
            char path[64];
            frame->row = &frame->shape->rows[i];
            return refuse(reader, "%s is missing", path_of(frame, path));
        }
    }
    reader->frame_count--;
    reader->is_done = reader->frame_count == 0;
    return GO_ON;
}

static int on_start_array(void *owner)
{
    struct record_reader *reader = owner;
    if (!goes_deeper(reader)) {
        return CANCEL;
    }
    enum slot slot = slot_of(reader);
    if (slot != SLOT_TAKE) {
        reader->skip_depth += slot == SLOT_SKIP;
        return slot == SLOT_SKIP ? GO_ON : CANCEL;
    }
    struct frame *frame = top(reader);
    if (frame->is_list || (frame->row->kind != VALUE_TEXTS && frame->row->kind != VALUE_OBJECTS)) {
        return refuse_kind(reader, frame, "an array");
    }
    return push(reader, (struct frame){ .shape = frame->shape, .base = frame->base, .row = frame->row, .is_list = true });
}

static int on_end_array(void *owner)
{
    struct record_reader *reader = owner;
    reader->depth--;
    if (reader->skip_depth > 0) {
        reader->skip_depth--;
    } else {
        reader->frame_count--;
    }
    return GO_ON;
}

static bool is_key(const struct row *row, const char *key, size_t len)
{
    return strncmp(row->key, key, len) == 0 && row->key[len] == '\0';
}

static int on_key(void *owner, const unsigned char *bytes, size_t len)
{
    struct record_reader *reader = owner;
    if (reader->skip_depth > 0) {
        return GO_ON;
    }
    struct frame *frame = top(reader);
    const struct shape *shape = frame->shape;
    const char *key = (const char *)bytes;
    size_t at = frame->next;
    if (at >= shape->row_count || !is_key(&shape->rows[at], key, len)) {
        for (at = 0; at < shape->row_count && !is_key(&shape->rows[at], key, len); at++) {
        }
    }
    if (at == shape->row_count) {
        frame->row = NULL;
        return GO_ON;
    }
    frame->row = &shape->rows[at];
    frame->next = at + 1;
    if (frame->seen & UINT64_C(1) << at) {
        char path[64];
        return refuse(reader, "%s stands twice", path_of(frame, path));
    }
    frame->seen |= UINT64_C(1) << at;
    return GO_ON;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end_object,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end_array,
};

/* Reading --------------------------------------------------------------------------------------------------------- */

struct record_reader *record_reader_new(void)
{
    struct record_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return NULL;
    }
    reader->memory = malloc(ARENA_SIZE);
    if (reader->memory == NULL) {
        free(reader);
        return NULL;
    }
    arena_init(&reader->arena, reader->memory, ARENA_SIZE, READER_MEMORY_MAX);
    index_findings(reader);
    return reader;
}

static void end_json(struct record_reader *reader)
{
    if (reader->json != NULL) {
        yajl_free(reader->json);
        reader->json = NULL;
    }
}

void record_reader_free(struct record_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    end_json(reader);
    arena_reset(&reader->arena);
    free(reader->memory);
    free(reader);
}

const char *record_reader_error(const struct record_reader *reader)
{
    return reader->error;
}

/* One handle reads one line after another; only an error ends it. */
static bool begin_json(struct record_reader *reader)
{
    if (reader->json == NULL) {
        reader->json = yajl_alloc(&callbacks, NULL, reader);
        if (reader->json == NULL || !yajl_config(reader->json, yajl_allow_multiple_values, 1)) {
            refuse(reader, "no memory");
            return false;
        }
    }
    return true;
}

/* yajl's words, its first line only: "lexical error: invalid char in json text." */
static void note_json_error(struct record_reader *reader)
{
    unsigned char *words = yajl_get_error(reader->json, 0, NULL, 0);
    span first = words ? span_from_cstr((const char *)words) : SPAN("no memory");
    first = span_cut(&first, '\n');
    while (first.len > 0 && first.ptr[first.len - 1] == '.') {
        first.len--;
    }
    refuse(reader, "not JSON: %.*s", SPAN_ARG(first));
    if (words) {
        yajl_free_error(reader->json, words);
    }
}

static bool parse(struct record_reader *reader, const char *bytes, size_t len)
{
    yajl_status status = yajl_parse(reader->json, (const unsigned char *)bytes, len);
    if (status == yajl_status_error) {
        note_json_error(reader);
    }
    return status == yajl_status_ok;
}

/* "2026-11-21T20:20:13.123Z" */
static bool is_time(span text)
{
    static const char pattern[] = "0000-00-00T00:00:00.000Z";
    bool fits = text.len == sizeof(pattern) - 1;
    for (size_t i = 0; fits && i < text.len; i++) {
        fits = pattern[i] == '0' ? ascii_is_digit((unsigned char)text.ptr[i]) : text.ptr[i] == pattern[i];
    }
    return fits;
}

static bool is_sound(struct record_reader *reader)
{
    const struct record_view *view = &reader->view;
    if (!reader->is_done) {
        return refuse(reader, reader->depth > 0 ? "the line ends inside the object" : "not a JSON object");
    }
    if (view->domain.len == 0) {
        return refuse(reader, "domain is empty");
    }
    if (!is_time(view->scanned_at)) {
        return refuse(reader, "scanned_at is not a time of the form 2026-11-21T20:20:13.123Z");
    }
    return true;
}

/* yajl takes them for white space between tokens, RFC 8259 section 2 does not; in strings neither allows them. */
static bool has_odd_blank(span line)
{
    return memchr(line.ptr, '\v', line.len) != NULL || memchr(line.ptr, '\f', line.len) != NULL;
}

const struct record_view *record_reader_read(struct record_reader *reader, span line)
{
    arena_reset(&reader->arena);
    reader->view = (struct record_view){ 0 };
    reader->line = line;
    reader->frame_count = reader->skip_depth = reader->depth = 0;
    reader->is_done = false;
    reader->error[0] = '\0';
    if (line.len > 0 && has_odd_blank(line)) {
        refuse(reader, "not JSON: a control character");
        return NULL;
    }
    /* The newline ends a number or word that the line may stop in. */
    if (!begin_json(reader) || !parse(reader, line.ptr, line.len) || !parse(reader, "\n", 1) || !is_sound(reader)) {
        end_json(reader);
        return NULL;
    }
    return &reader->view;
}
