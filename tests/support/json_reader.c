// SPDX-License-Identifier: MIT
#include "tests/support/json_reader.h"

#include <stdlib.h>

enum { DEPTH_MAX = 256, CHUNK_SIZE = 64 * 1024 };

struct json_chunk {
    struct json_chunk *next;
    size_t size, used;
    max_align_t bytes[];
};

struct reader {
    span text;
    size_t at;
    unsigned depth;
    struct json_document *document;
};

static void *take(struct json_document *document, size_t size)
{
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    struct json_chunk *chunk = document->chunks;
    if (!chunk || chunk->size - chunk->used < size) {
        size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
        chunk = calloc(1, sizeof(*chunk) + room);
        if (!chunk) {
            abort();
        }
        chunk->size = room;
        chunk->next = document->chunks;
        document->chunks = chunk;
    }
    void *piece = (char *)chunk->bytes + chunk->used;
    chunk->used += size;
    return piece;
}

static bool refuse(struct reader *r, const char *why)
{
    if (!r->document->error) {
        r->document->error = why;
        r->document->error_at = r->at;
    }
    return false;
}

static int peek(const struct reader *r)
{
    return r->at < r->text.len ? (unsigned char)r->text.ptr[r->at] : -1;
}

static void skip_blanks(struct reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n' || peek(r) == '\r') {
        r->at++;
    }
}

static bool read_hex4(struct reader *r, uint32_t *out)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int c = peek(r);
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return refuse(r, "\\u without four hexadecimal digits");
        }
        value = value * 16 + (uint32_t)digit;
        r->at++;
    }
    *out = value;
    return true;
}

static size_t utf8_put(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

static bool read_unicode_escape(struct reader *r, char *out, size_t *len)
{
    uint32_t c;
    if (!read_hex4(r, &c)) {
        return false;
    }
    if (c >= 0xDC00 && c <= 0xDFFF) {
        return refuse(r, "a low surrogate alone");
    }
    if (c >= 0xD800 && c <= 0xDBFF) {
        uint32_t low;
        if (peek(r) != '\\' || r->at + 1 >= r->text.len || r->text.ptr[r->at + 1] != 'u') {
            return refuse(r, "a high surrogate alone");
        }
        r->at += 2;
        if (!read_hex4(r, &low)) {
            return false;
        }
        if (low < 0xDC00 || low > 0xDFFF) {
            return refuse(r, "a high surrogate alone");
        }
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    *len += utf8_put(out + *len, c);
    return true;
}

/* One well-formed sequence of bytes at the reader (Unicode 3.9, table 3-7); its length, 0 when ill-formed. */
static size_t utf8_length(const struct reader *r)
{
    static const struct {
        unsigned char from, to, second_from, second_to;
        size_t len;
    } rows[] = {
        { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 }, { 0xE1, 0xEC, 0x80, 0xBF, 3 },
        { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 }, { 0xF0, 0xF0, 0x90, 0xBF, 4 },
        { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };
    const unsigned char *bytes = (const unsigned char *)r->text.ptr + r->at;
    size_t left = r->text.len - r->at;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (bytes[0] < rows[i].from || bytes[0] > rows[i].to) {
            continue;
        }
        if (left < rows[i].len || bytes[1] < rows[i].second_from || bytes[1] > rows[i].second_to) {
            return 0;
        }
        for (size_t k = 2; k < rows[i].len; k++) {
            if (bytes[k] < 0x80 || bytes[k] > 0xBF) {
                return 0;
            }
        }
        return rows[i].len;
    }
    return 0;
}

static bool read_escape(struct reader *r, char *out, size_t *len)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int c = peek(r);
    if (c == 'u') {
        r->at++;
        return read_unicode_escape(r, out, len);
    }
    const char *found = c > 0 ? strchr(from, c) : NULL;
    if (!found) {
        return refuse(r, "unknown escape");
    }
    out[(*len)++] = to[found - from];
    r->at++;
    return true;
}

static bool read_string(struct reader *r, span *out)
{
    if (peek(r) != '"') {
        return refuse(r, "a string expected");
    }
    r->at++;
    size_t end = r->at;
    while (end < r->text.len && r->text.ptr[end] != '"') {
        end += r->text.ptr[end] == '\\' ? 2 : 1;
    }
    char *bytes = take(r->document, end - r->at + 4);
    size_t len = 0;
    for (;;) {
        int c = peek(r);
        if (c < 0) {
            return refuse(r, "string without end");
        }
        if (c == '"') {
            r->at++;
            *out = span_of(bytes, len);
            return true;
        }
        if (c < 0x20) {
            return refuse(r, "control character in a string");
        }
        if (c == '\\') {
            r->at++;
            if (!read_escape(r, bytes, &len)) {
                return false;
            }
            continue;
        }
        size_t step = c < 0x80 ? 1 : utf8_length(r);
        if (step == 0) {
            return refuse(r, "ill-formed UTF-8");
        }
        memcpy(bytes + len, r->text.ptr + r->at, step);
        len += step;
        r->at += step;
    }
}

static bool skip_digits(struct reader *r)
{
    size_t from = r->at;
    while (peek(r) >= '0' && peek(r) <= '9') {
        r->at++;
    }
    return r->at > from;
}

static bool read_number(struct reader *r, struct json_value *value)
{
    size_t from = r->at;
    if (peek(r) == '-') {
        r->at++;
    }
    bool is_zero = peek(r) == '0';
    size_t digits_from = r->at;
    if (!skip_digits(r)) {
        return refuse(r, "a value expected");
    }
    if (is_zero && r->at - digits_from > 1) {
        return refuse(r, "leading zero");
    }
    if (peek(r) == '.') {
        r->at++;
        if (!skip_digits(r)) {
            return refuse(r, "no digit after the point");
        }
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        r->at++;
        if (peek(r) == '+' || peek(r) == '-') {
            r->at++;
        }
        if (!skip_digits(r)) {
            return refuse(r, "no digit in the exponent");
        }
    }
    value->kind = JSON_KIND_NUMBER;
    value->text = span_of(r->text.ptr + from, r->at - from);
    return true;
}

static bool read_word(struct reader *r, struct json_value *value)
{
    static const struct {
        span word;
        enum json_kind kind;
        bool boolean;
    } words[] = {
        { { "null", 4 }, JSON_KIND_NULL, false },
        { { "true", 4 }, JSON_KIND_BOOL, true },
        { { "false", 5 }, JSON_KIND_BOOL, false },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (span_starts_with(span_after(r->text, r->at), words[i].word)) {
            r->at += words[i].word.len;
            value->kind = words[i].kind;
            value->boolean = words[i].boolean;
            return true;
        }
    }
    return read_number(r, value);
}

static bool read_value(struct reader *r, struct json_value *value);

static bool read_member_key(struct reader *r, const struct json_value *object, struct json_value *child)
{
    if (!read_string(r, &child->key)) {
        return false;
    }
    if (json_member(object, child->key)) {
        return refuse(r, "a name twice in one object");
    }
    skip_blanks(r);
    if (peek(r) != ':') {
        return refuse(r, "a colon expected");
    }
    r->at++;
    return true;
}

/* Behind the opening bracket. */
static bool read_children(struct reader *r, struct json_value *parent)
{
    int closing = parent->kind == JSON_KIND_OBJECT ? '}' : ']';
    struct json_value **tail = &parent->first;
    skip_blanks(r);
    if (peek(r) == closing) {
        r->at++;
        return true;
    }
    for (;;) {
        struct json_value *child = take(r->document, sizeof(*child));
        skip_blanks(r);
        if (parent->kind == JSON_KIND_OBJECT && !read_member_key(r, parent, child)) {
            return false;
        }
        if (!read_value(r, child)) {
            return false;
        }
        *tail = child;
        tail = &child->next;
        parent->count++;
        skip_blanks(r);
        int c = peek(r);
        if (c != closing && c != ',') {
            return refuse(r, "a comma or the end expected");
        }
        r->at++;
        if (c == closing) {
            return true;
        }
    }
}

static bool read_value(struct reader *r, struct json_value *value)
{
    skip_blanks(r);
    int c = peek(r);
    if (c == '"') {
        value->kind = JSON_KIND_STRING;
        return read_string(r, &value->text);
    }
    if (c != '{' && c != '[') {
        return read_word(r, value);
    }
    if (++r->depth > DEPTH_MAX) {
        return refuse(r, "nested too deep");
    }
    r->at++;
    value->kind = c == '{' ? JSON_KIND_OBJECT : JSON_KIND_ARRAY;
    bool is_good = read_children(r, value);
    r->depth--;
    return is_good;
}

struct json_document json_read(span text)
{
    struct json_document document = { 0 };
    struct reader r = { .text = text, .document = &document };
    struct json_value *root = take(&document, sizeof(*root));
    if (read_value(&r, root)) {
        skip_blanks(&r);
        if (r.at == text.len) {
            document.root = root;
        } else {
            refuse(&r, "something after the value");
        }
    }
    return document;
}

void json_document_free(struct json_document *document)
{
    while (document->chunks) {
        struct json_chunk *next = document->chunks->next;
        free(document->chunks);
        document->chunks = next;
    }
    document->root = NULL;
}

const struct json_value *json_member(const struct json_value *object, span key)
{
    if (!object || object->kind != JSON_KIND_OBJECT) {
        return NULL;
    }
    for (const struct json_value *child = object->first; child; child = child->next) {
        if (span_equal(child->key, key)) {
            return child;
        }
    }
    return NULL;
}

static const struct json_value *element(const struct json_value *array, span which)
{
    if (!array || array->kind != JSON_KIND_ARRAY) {
        return NULL;
    }
    uint64_t index = 0;
    bool by_index = span_to_u64(which, UINT32_MAX, &index);
    for (const struct json_value *child = array->first; child; child = child->next) {
        if (by_index
                ? index-- == 0
                : child->first && child->first->kind == JSON_KIND_STRING && span_equal(child->first->text, which)) {
            return child;
        }
    }
    return NULL;
}

const struct json_value *json_at(const struct json_value *value, span path)
{
    while (value && path.len > 0) {
        if (path.ptr[0] == '[') {
            path = span_after(path, 1);
            span which = span_cut(&path, ']');
            value = element(value, which);
        } else {
            size_t dot = span_find(path, '.'), bracket = span_find(path, '[');
            size_t len = dot < bracket ? dot : bracket;
            value = json_member(value, span_first(path, len));
            path = span_after(path, len);
        }
        if (path.len > 0 && path.ptr[0] == '.') {
            path = span_after(path, 1);
        }
    }
    return value;
}

bool json_to_i64(const struct json_value *value, int64_t *out)
{
    if (!value || value->kind != JSON_KIND_NUMBER) {
        return false;
    }
    bool is_negative = value->text.ptr[0] == '-';
    uint64_t magnitude;
    if (!span_to_u64(span_after(value->text, is_negative ? 1 : 0), INT64_MAX, &magnitude)) {
        return false;
    }
    *out = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

static bool same_number(const struct json_value *a, const struct json_value *b)
{
    int64_t left, right;
    if (json_to_i64(a, &left) && json_to_i64(b, &right)) {
        return left == right;
    }
    return span_equal(a->text, b->text);
}

bool json_same(const struct json_value *a, const struct json_value *b)
{
    if (a->kind != b->kind || a->count != b->count) {
        return false;
    }
    switch (a->kind) {
    case JSON_KIND_NULL:
        return true;
    case JSON_KIND_BOOL:
        return a->boolean == b->boolean;
    case JSON_KIND_NUMBER:
        return same_number(a, b);
    case JSON_KIND_STRING:
        return span_equal(a->text, b->text);
    case JSON_KIND_ARRAY:
    case JSON_KIND_OBJECT:
        break;
    }
    for (const struct json_value *x = a->first, *y = b->first; x; x = x->next, y = y->next) {
        if (!span_equal(x->key, y->key) || !json_same(x, y)) {
            return false;
        }
    }
    return true;
}

const char *json_kind_name(enum json_kind kind)
{
    static const char *const names[] = { "null", "boolean", "number", "string", "array", "object" };
    return names[kind];
}
