// SPDX-License-Identifier: MIT

/*
 * The JSON appender: the first byte picks the room, the others say what is called, and are its text. Whatever is called, a line
 * that fits is taken by a strict reader; DNS text is decoded back to the very bytes, and well-formed text to itself.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "output/json.h"
#include "tests/support/json_reader.h"

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* RFC 1035 5.1, the other way round. */
static void check_dns_text(span text, const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    for (size_t i = 0; i < text.len; i++, at++) {
        must(at < len);
        unsigned byte = (unsigned char)text.ptr[i];
        if (byte == '\\') {
            must(i + 1 < text.len);
            if (text.ptr[i + 1] == '\\') {
                i++;
            } else {
                must(i + 3 < text.len);
                byte = (unsigned)(text.ptr[i + 1] - '0') * 100 + (unsigned)(text.ptr[i + 2] - '0') * 10 + (unsigned)(text.ptr[i + 3] - '0');
                i += 3;
            }
        }
        must(byte == bytes[at]);
    }
    must(at == len);
}

/* One call for each byte of the input; levels are closed at the end. */
static void print_calls(struct json *json, const uint8_t *data, size_t size)
{
    bool is_object[JSON_DEPTH_MAX + 8];
    size_t depth = 0;
    json_begin_array(json);
    is_object[depth++] = false;
    for (size_t i = 0; i < size; i++) {
        unsigned call = data[i] % 12;
        size_t len = size - i < 20 ? size - i : 20;
        char key[2] = { (char)('a' + i % 26), (char)('0' + i / 26 % 10) };
        if (call == 0 && depth > 1) {
            depth--;
            is_object[depth] ? json_end_object(json) : json_end_array(json);
            continue;
        }
        if (is_object[depth - 1]) {
            i < 260 ? json_key_bytes(json, key, 2) : json_key_text(json, (const char *)&i, sizeof(i));
        }
        if ((call == 1 || call == 2) && depth < JSON_DEPTH_MAX + 8) {
            is_object[depth++] = call == 1;
            call == 1 ? json_begin_object(json) : json_begin_array(json);
        } else if (call < 5) {
            json_string(json, (const char *)data + i, len);
        } else if (call < 7) {
            json_dns_text(json, (const char *)data + i, len);
        } else if (call == 7) {
            json_i64(json, (int64_t)((uint64_t)data[i] << (data[i] % 57)) - 5);
        } else if (call == 8) {
            double value = 0;
            memcpy(&value, data + i, len < sizeof(value) ? len : sizeof(value));
            json_double(json, value, data[i] % 10);
        } else if (call == 9) {
            json_bool(json, data[i] & 1);
        } else {
            json_null(json);
        }
    }
    while (depth > 0) {
        depth--;
        is_object[depth] ? json_end_object(json) : json_end_array(json);
    }
}

static void check_line(const struct json_buffer *buffer)
{
    struct json_document read = json_read(span_of(buffer->bytes, buffer->len));
    must(memchr(buffer->bytes, '\n', buffer->len) == buffer->bytes + buffer->len - 1);
    must(read.root != NULL);
    json_document_free(&read);
}

static void check_texts(const uint8_t *data, size_t size)
{
    struct json_buffer buffer;
    struct json json;
    must(json_buffer_init_heap(&buffer, 1, 1 << 24));
    json_start(&json, &buffer);
    json_begin_array(&json);
    json_dns_text(&json, (const char *)data, size);
    json_string(&json, (const char *)data, size);
    json_end_array(&json);
    must(json_end_line(&json));
    struct json_document read = json_read(span_of(buffer.bytes, buffer.len));
    must(read.root != NULL);
    check_dns_text(read.root->first->text, data, size);

    /* What came out is well-formed; so it comes out again as it is. */
    span text = read.root->first->next->text;
    struct json_buffer again_buffer;
    must(json_buffer_init_heap(&again_buffer, 1, 1 << 24));
    json_start(&json, &again_buffer);
    json_string(&json, text.ptr, text.len);
    must(json_end_line(&json));
    struct json_document again = json_read(span_of(again_buffer.bytes, again_buffer.len));
    must(again.root != NULL && span_equal(again.root->text, text));
    json_document_free(&again);
    json_document_free(&read);
    json_buffer_deinit(&again_buffer);
    json_buffer_deinit(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 4096) {
        return 0;
    }
    struct json_buffer buffer;
    struct json json;
    must(json_buffer_init_heap(&buffer, 1, data[0] >= 128 ? 1 << 20 : 1 + 8 * (size_t)data[0]));
    json_start(&json, &buffer);
    print_calls(&json, data + 1, size - 1);
    if (json_end_line(&json)) {
        check_line(&buffer);
    } else {
        must(buffer.len == 0);
    }
    json_buffer_deinit(&buffer);
    check_texts(data + 1, size - 1);
    return 0;
}
