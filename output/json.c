// SPDX-License-Identifier: MIT
#include "output/json.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void json_buffer_init_fixed(struct json_buffer *buffer, void *memory, size_t size)
{
    *buffer = (struct json_buffer){ .bytes = memory, .size = size, .limit = size };
}

bool json_buffer_init_heap(struct json_buffer *buffer, size_t size, size_t limit)
{
    assert(size > 0 && size <= limit);
    *buffer = (struct json_buffer){ .bytes = malloc(size), .size = size, .limit = limit };
    return buffer->bytes != NULL;
}

void json_buffer_deinit(struct json_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct json_buffer){ 0 };
}

/* Room ------------------------------------------------------------------------------------------------------------ */

static bool buffer_grow(struct json_buffer *buffer, size_t more)
{
    if (more > buffer->limit - buffer->len) {
        return false;
    }
    size_t size = buffer->size > buffer->limit / 2 ? buffer->limit : buffer->size * 2;
    if (size < buffer->len + more) {
        size = buffer->len + more;
    }
    char *bytes = realloc(buffer->bytes, size);
    if (bytes == NULL) {
        buffer->has_no_memory = true;
        return false;
    }
    buffer->bytes = bytes;
    buffer->size = size;
    return true;
}

/* Where `len` bytes may be put; NULL when they don't fit, and then nothing of this line will any more. */
static inline char *reserve(struct json *json, size_t len)
{
    struct json_buffer *buffer = json->buffer;
    if (json->did_not_fit) {
        return NULL;
    }
    if (len > buffer->size - buffer->len && !buffer_grow(buffer, len)) {
        json->did_not_fit = true;
        return NULL;
    }
    return buffer->bytes + buffer->len;
}

static inline void put(struct json *json, const void *bytes, size_t len)
{
    char *to = reserve(json, len);
    if (to != NULL && len > 0) {
        memcpy(to, bytes, len);
        json->buffer->len += len;
    }
}

static inline void put_char(struct json *json, char c)
{
    char *to = reserve(json, 1);
    if (to != NULL) {
        *to = c;
        json->buffer->len++;
    }
}

/* Structure ------------------------------------------------------------------------------------------------------- */

void json_start(struct json *json, struct json_buffer *buffer)
{
    *json = (struct json){ .buffer = buffer, .line_start = buffer->len };
    buffer->has_no_memory = false;
}

bool json_end_line(struct json *json)
{
    assert(json->depth == 0 && !json->has_key);
    assert(json->wants_comma && "a line holds one value");
    put_char(json, '\n');
    if (json->did_not_fit) {
        json->buffer->len = json->line_start;
        return false;
    }
    return true;
}

static bool in_object(const struct json *json)
{
    if (json->depth == 0 || json->depth > JSON_DEPTH_MAX) {
        return false;
    }
    uint32_t level = json->depth - 1;
    return json->is_object[level / 64] >> (level % 64) & 1;
}

/* Before each value: the comma, or after a key nothing. */
static inline void begin_value(struct json *json)
{
    if (json->has_key) {
        json->has_key = false;
    } else {
        assert(!in_object(json) && "a value in an object needs a key");
        assert((json->depth > 0 || !json->wants_comma) && "a line holds one value");
        if (json->wants_comma) {
            put_char(json, ',');
        }
    }
    json->wants_comma = true;
}

static void begin_level(struct json *json, bool is_object)
{
    begin_value(json);
    if (json->depth >= JSON_DEPTH_MAX) {
        json->did_not_fit = true; /* the levels are still counted, so that the calls stay paired */
    } else {
        uint64_t bit = UINT64_C(1) << (json->depth % 64);
        uint64_t *word = &json->is_object[json->depth / 64];
        *word = is_object ? *word | bit : *word & ~bit;
    }
    json->depth++;
    json->wants_comma = false;
    put_char(json, is_object ? '{' : '[');
}

static void end_level(struct json *json, bool is_object)
{
    assert(json->depth > 0 && !json->has_key);
    assert(json->depth > JSON_DEPTH_MAX || in_object(json) == is_object);
    json->depth--;
    json->wants_comma = true;
    put_char(json, is_object ? '}' : ']');
}

void json_begin_object(struct json *json)
{
    begin_level(json, true);
}

void json_end_object(struct json *json)
{
    end_level(json, true);
}

void json_begin_array(struct json *json)
{
    begin_level(json, false);
}

void json_end_array(struct json *json)
{
    end_level(json, false);
}

static void begin_key(struct json *json)
{
    assert(!json->has_key && (in_object(json) || json->depth > JSON_DEPTH_MAX));
    if (json->wants_comma) {
        put_char(json, ',');
    }
    json->has_key = true;
}

/* Strings --------------------------------------------------------------------------------------------------------- */

/* Printable ASCII without quote and backslash: the same in both kinds of strings, and nearly all there is. */
static inline bool is_clean(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* True when one of the eight bytes is not clean; eight at a time, since most strings are clean to their end. */
static inline bool any_unclean(const unsigned char *bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;
    uint64_t w;
    memcpy(&w, bytes, sizeof(w));
    uint64_t quote = w ^ (ones * '"'), backslash = w ^ (ones * '\\'), del = w ^ (ones * 0x7f);
    uint64_t below_space = (w - ones * 0x20) & ~w;
    uint64_t equal = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((del - ones) & ~del);
    return ((w | below_space | equal) & tops) != 0;
}

static size_t clean_run(const unsigned char *bytes, size_t len)
{
    size_t n = 0;
    while (len - n >= 8 && !any_unclean(bytes + n)) {
        n += 8;
    }
    while (n < len && is_clean(bytes[n])) {
        n++;
    }
    return n;
}

static void put_control(struct json *json, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char short_form[0x20] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r' };
    if (short_form[c] != 0) {
        put(json, (const char[]){ '\\', short_form[c] }, 2);
    } else {
        put(json, (const char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
    }
}

struct utf8 {
    size_t len; /* of the character, or of the ill-formed part */
    bool is_valid;
};

/* Table 3-7 of Unicode: which second bytes a first byte may have; later bytes are 80 to BF. */
static struct utf8 utf8_at(const unsigned char *bytes, size_t len)
{
    static const struct {
        unsigned char first, last, second_from, second_to;
        size_t len;
    } rows[] = {
        { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
        { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        if (bytes[0] < rows[row].first || bytes[0] > rows[row].last) {
            continue;
        }
        size_t n = 1;
        while (n < rows[row].len && n < len) {
            unsigned char from = n == 1 ? rows[row].second_from : 0x80;
            unsigned char to = n == 1 ? rows[row].second_to : 0xbf;
            if (bytes[n] < from || bytes[n] > to) {
                break;
            }
            n++;
        }
        return (struct utf8){ n, n == rows[row].len };
    }
    return (struct utf8){ 1, false };
}

static void put_text(struct json *json, const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    put_char(json, '"');
    while (len > 0 && !json->did_not_fit) {
        size_t n = clean_run(at, len);
        put(json, at, n);
        if (n < len && at[n] < 0x20) {
            put_control(json, at[n++]);
        } else if (n < len && (at[n] == '"' || at[n] == '\\')) {
            put(json, (const char[]){ '\\', (char)at[n++] }, 2);
        } else if (n < len && at[n] == 0x7f) {
            put_char(json, (char)at[n++]);
        } else if (n < len) {
            struct utf8 character = utf8_at(at + n, len - n);
            put(json, character.is_valid ? (const void *)(at + n) : "\xef\xbf\xbd",
                character.is_valid ? character.len : 3);
            n += character.len;
        }
        at += n;
        len -= n;
    }
    put_char(json, '"');
}

void json_key_bytes(struct json *json, const char *key, size_t len)
{
    /* Not looked at byte by byte: keys are literals, and the tests read every record with a strict reader. */
    begin_key(json);
    char *to = reserve(json, len + 3);
    if (to != NULL) {
        to[0] = '"';
        memcpy(to + 1, key, len);
        to[len + 1] = '"';
        to[len + 2] = ':';
        json->buffer->len += len + 3;
    }
}

void json_key_text(struct json *json, const char *key, size_t len)
{
    begin_key(json);
    put_text(json, key, len);
    put_char(json, ':');
}

void json_string(struct json *json, const char *text, size_t len)
{
    begin_value(json);
    put_text(json, text, len);
}

void json_cstr(struct json *json, const char *text)
{
    if (text == NULL) {
        json_null(json);
    } else {
        json_string(json, text, strlen(text));
    }
}

/* Twice escaped: the DNS's backslash becomes two of JSON's. */
static void put_dns_byte(struct json *json, unsigned char c)
{
    if (c == '"') {
        put(json, "\\\"", 2);
    } else if (c == '\\') {
        put(json, "\\\\\\\\", 4);
    } else {
        put(json, (const char[]){ '\\', '\\', (char)('0' + c / 100), (char)('0' + c / 10 % 10), (char)('0' + c % 10) },
            5);
    }
}

void json_dns_text(struct json *json, const char *bytes, size_t len)
{
    const unsigned char *at = (const unsigned char *)bytes;
    begin_value(json);
    put_char(json, '"');
    while (len > 0 && !json->did_not_fit) {
        size_t n = clean_run(at, len);
        put(json, at, n);
        if (n < len) {
            put_dns_byte(json, at[n++]);
        }
        at += n;
        len -= n;
    }
    put_char(json, '"');
}

/* Scalars --------------------------------------------------------------------------------------------------------- */

void json_bool(struct json *json, bool value)
{
    begin_value(json);
    put(json, value ? "true" : "false", value ? 4 : 5);
}

void json_null(struct json *json)
{
    begin_value(json);
    put(json, "null", 4);
}

enum { U64_DIGITS = 20 };

/* Digits from the end of out[0 .. U64_DIGITS) on; gives the index of the first. */
static size_t print_u64(uint64_t value, char out[U64_DIGITS])
{
    size_t at = U64_DIGITS;
    do {
        out[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return at;
}

static void put_u64(struct json *json, uint64_t value)
{
    char digits[U64_DIGITS];
    size_t at = print_u64(value, digits);
    put(json, digits + at, U64_DIGITS - at);
}

void json_u64(struct json *json, uint64_t value)
{
    begin_value(json);
    put_u64(json, value);
}

void json_i64(struct json *json, int64_t value)
{
    begin_value(json);
    if (value < 0) {
        put_char(json, '-');
    }
    put_u64(json, value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value);
}

/* By hand, since printf's decimal point is the locale's. */
void json_double(struct json *json, double value, unsigned digits)
{
    assert(digits <= 9);
    uint64_t scale = 1;
    for (unsigned i = 0; i < digits; i++) {
        scale *= 10;
    }
    double scaled = fabs(value) * (double)scale + 0.5;
    if (!(scaled < 9223372036854775808.0)) { /* not a number and infinities, too */
        json_null(json);
        return;
    }
    uint64_t units = (uint64_t)scaled;
    begin_value(json);
    if (value < 0 && units > 0) {
        put_char(json, '-');
    }
    put_u64(json, units / scale);
    if (digits > 0) {
        char fraction[U64_DIGITS];
        size_t from = print_u64(scale + units % scale, fraction); /* 1 and the digits, zeros kept */
        fraction[from] = '.';
        put(json, fraction + from, U64_DIGITS - from);
    }
}

void json_put_text(struct json *json, const char *key, const char *text)
{
    json_key_bytes(json, key, strlen(key));
    json_cstr(json, text);
}

void json_put_u64(struct json *json, const char *key, uint64_t value)
{
    json_key_bytes(json, key, strlen(key));
    json_u64(json, value);
}
