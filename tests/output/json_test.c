// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "output/json.h"
#include "tests/support/cliff.h"
#include "tests/support/json_reader.h"

static char memory[64 * 1024];

/* One value, printed by `print` into a fixed buffer; without the line's end. */
#define PRINTED(json, print)                                                                                           \
    struct json_buffer buffer;                                                                                         \
    struct json json;                                                                                                  \
    json_buffer_init_fixed(&buffer, memory, sizeof(memory));                                                           \
    json_start(&json, &buffer);                                                                                        \
    print;                                                                                                             \
    assert_true(json_end_line(&json));                                                                                 \
    assert_int_equal(buffer.bytes[buffer.len - 1], '\n');                                                              \
    span printed = { buffer.bytes, buffer.len - 1 }

static void assert_text(const char *name, span got, const char *expected)
{
    if (!span_equal(got, span_from_cstr(expected))) {
        fail_msg("%s: got %.*s, expected %s", name, SPAN_ARG(got), expected);
    }
}

static void print_one_of_each(struct json *json)
{
    json_begin_object(json);
    json_key(json, "null");
    json_null(json);
    json_key(json, "list");
    json_begin_array(json);
    json_u64(json, 1);
    json_begin_array(json);
    json_end_array(json);
    json_begin_object(json);
    json_end_object(json);
    json_begin_object(json);
    json_key(json, "a");
    json_bool(json, true);
    json_key(json, "b");
    json_bool(json, false);
    json_end_object(json);
    json_cstr(json, "x");
    json_end_array(json);
    json_key_text(json, "odd \"key\"\n", 10);
    json_i64(json, -1);
    json_key(json, "none");
    json_cstr(json, NULL);
    json_end_object(json);
}

static void commas_and_colons_follow_from_the_calls(void **state)
{
    (void)state;
    PRINTED(json, print_one_of_each(&json));
    assert_text("all kinds", printed,
                "{\"null\":null,\"list\":[1,[],{},{\"a\":true,\"b\":false},\"x\"],\"odd \\\"key\\\"\\n\":-1,\"none\":null}");
}

static void numbers_are_whole_to_their_ends(void **state)
{
    (void)state;
    PRINTED(json, {
        json_begin_array(&json);
        json_u64(&json, 0);
        json_u64(&json, UINT64_MAX);
        json_i64(&json, INT64_MIN);
        json_i64(&json, INT64_MAX);
        json_end_array(&json);
    });
    assert_text("numbers", printed, "[0,18446744073709551615,-9223372036854775808,9223372036854775807]");
}

static void doubles_have_fixed_digits(void **state)
{
    (void)state;
    static const struct {
        double value;
        unsigned digits;
        const char *expected;
    } rows[] = {
        { 0, 0, "0" },          { 0, 3, "0.000" },         { 1.5, 1, "1.5" },        { 99.996, 2, "100.00" },
        { 0.005, 3, "0.005" },  { -0.0004, 3, "0.000" },   { -2.5, 0, "-3" },        { 1e18, 0, "1000000000000000000" },
        { 1e19, 0, "null" },    { -1e300, 2, "null" },     { INFINITY, 2, "null" },  { NAN, 2, "null" },
        { 0.1, 9, "0.100000000" }, { 12345.678, 1, "12345.7" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        PRINTED(json, json_double(&json, rows[i].value, rows[i].digits));
        assert_text("double", printed, rows[i].expected);
    }
}

#define BYTES(literal) literal, sizeof(literal) - 1

static void text_is_escaped_and_always_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t len;
        const char *expected;
    } rows[] = {
        { "empty", BYTES(""), "\"\"" },
        { "quote and backslash, RFC 8259 7", BYTES("a\"b\\c"), "\"a\\\"b\\\\c\"" },
        { "controls, RFC 8259 7", BYTES("\b\f\n\r\t\0\x1f"), "\"\\b\\f\\n\\r\\t\\u0000\\u001f\"" },
        { "DEL and slash as they are", BYTES("\x7f/"), "\"\x7f/\"" },
        { "well-formed UTF-8 stays", BYTES("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"),
          "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\"" },
        { "lone continuation", BYTES("a\x80z"), "\"a\xef\xbf\xbdz\"" },
        { "Latin-1", BYTES("caf\xe9"), "\"caf\xef\xbf\xbd\"" },
        { "overlong slash", BYTES("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "overlong of three", BYTES("\xe0\x80\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "surrogate", BYTES("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "beyond U+10FFFF", BYTES("\xf4\x90\x80\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "cut character: one replacement (maximal subpart)", BYTES("\xe2\x82"), "\"\xef\xbf\xbd\"" },
        { "cut by another", BYTES("\xf0\x9f\x98z"), "\"\xef\xbf\xbdz\"" },
        { "FF", BYTES("\xff"), "\"\xef\xbf\xbd\"" },
        { "odd byte behind eight clean ones", BYTES("abcdefgh\""), "\"abcdefgh\\\"\"" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        span input = cliff_new(rows[i].bytes, rows[i].len);
        PRINTED(json, json_string(&json, input.ptr, input.len));
        assert_text(rows[i].name, printed, rows[i].expected);
        cliff_free(input);
    }
}

static void dns_text_loses_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t len;
        const char *expected;
    } rows[] = {
        { "empty", BYTES(""), "\"\"" },
        { "printable as is, record.md", BYTES("v=spf1 -all ~!"), "\"v=spf1 -all ~!\"" },
        { "quote only for JSON", BYTES("\""), "\"\\\"\"" },
        { "backslash, RFC 1035 5.1", BYTES("\\"), "\"\\\\\\\\\"" },
        { "three digits, RFC 1035 5.1", BYTES("\0\t\n\x7f\x80\xff"), "\"\\\\000\\\\009\\\\010\\\\127\\\\128\\\\255\"" },
        { "UTF-8 is bytes, too", BYTES("\xe2\x80\x93" "all"), "\"\\\\226\\\\128\\\\147all\"" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        span input = cliff_new(rows[i].bytes, rows[i].len);
        PRINTED(json, json_dns_text(&json, input.ptr, input.len));
        assert_text(rows[i].name, printed, rows[i].expected);
        cliff_free(input);
    }
}

/* The reverse of the rule, written from RFC 1035 5.1. */
static size_t unescape_dns(span text, unsigned char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\\') {
            out[len++] = (unsigned char)text.ptr[i];
        } else if (text.ptr[i + 1] == '\\') {
            out[len++] = '\\';
            i++;
        } else {
            out[len++] = (unsigned char)((text.ptr[i + 1] - '0') * 100 + (text.ptr[i + 2] - '0') * 10 + (text.ptr[i + 3] - '0'));
            i += 3;
        }
    }
    return len;
}

/* Any byte at any place of the eight that are looked at together, among clean ones and among others. */
static void every_byte_at_every_place_is_read_back(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t place = 0; place < 24; place++) {
            unsigned char bytes[24], back[24];
            memset(bytes, place % 2 ? 'a' : 0x80, sizeof(bytes));
            bytes[place] = (unsigned char)byte;
            span input = cliff_new(bytes, sizeof(bytes));
            PRINTED(json, {
                json_begin_array(&json);
                json_dns_text(&json, input.ptr, input.len);
                json_string(&json, input.ptr, input.len);
                json_end_array(&json);
            });
            struct json_document read = json_read(printed);
            if (read.root == NULL) {
                fail_msg("byte %u at %zu: %s", byte, place, read.error);
            }
            assert_int_equal(unescape_dns(read.root->first->text, back), sizeof(bytes));
            assert_memory_equal(back, bytes, sizeof(bytes));
            if (place % 2 && byte < 0x80) {
                assert_true(span_equal(read.root->first->next->text, input));
            }
            json_document_free(&read);
            cliff_free(input);
        }
    }
}

static void a_line_stands_whole_or_not_at_all(void **state)
{
    (void)state;
    PRINTED(json, print_one_of_each(&json));
    size_t whole = printed.len + 1;
    for (size_t size = 0; size <= whole + 2; size++) {
        struct json_buffer small;
        struct json line;
        char *room = malloc(size + 2); /* exact, so that a sanitizer sees one byte too far */
        assert_non_null(room);
        memcpy(room, "[]", 2);
        json_buffer_init_fixed(&small, room, size + 2);
        small.len = 2; /* a line before it */
        json_start(&line, &small);
        print_one_of_each(&line);
        assert_int_equal(json_end_line(&line), size >= whole);
        assert_int_equal(small.len, size >= whole ? 2 + whole : 2);
        assert_memory_equal(small.bytes, "[]", 2);
        free(room);
    }
}

static void a_heap_buffer_grows_to_its_limit(void **state)
{
    (void)state;
    struct json_buffer buffer;
    struct json json;
    assert_true(json_buffer_init_heap(&buffer, 1, 1000));
    size_t lines = 0;
    for (;; lines++) {
        json_start(&json, &buffer);
        json_cstr(&json, "0123456");
        if (!json_end_line(&json)) {
            break;
        }
    }
    assert_int_equal(lines, 100);
    assert_int_equal(buffer.len, 1000);
    assert_memory_equal(buffer.bytes + 990, "\"0123456\"\n", 10);
    buffer.len = 0;
    json_start(&json, &buffer); /* and is of use again */
    json_null(&json);
    assert_true(json_end_line(&json));
    json_buffer_deinit(&buffer);
}

static void nesting_beyond_the_limit_does_not_fit(void **state)
{
    (void)state;
    for (uint32_t depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX + 70; depth++) {
        struct json_buffer buffer;
        struct json json;
        json_buffer_init_fixed(&buffer, memory, sizeof(memory));
        json_start(&json, &buffer);
        for (uint32_t i = 0; i < depth; i++) {
            json_begin_object(&json);
            json_key(&json, "a");
        }
        json_null(&json);
        for (uint32_t i = 0; i < depth; i++) {
            json_end_object(&json);
        }
        assert_int_equal(json_end_line(&json), depth <= JSON_DEPTH_MAX);
        assert_int_equal(buffer.len > 0, depth <= JSON_DEPTH_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_and_colons_follow_from_the_calls),
        cmocka_unit_test(numbers_are_whole_to_their_ends),
        cmocka_unit_test(doubles_have_fixed_digits),
        cmocka_unit_test(text_is_escaped_and_always_utf8),
        cmocka_unit_test(dns_text_loses_nothing),
        cmocka_unit_test(every_byte_at_every_place_is_read_back),
        cmocka_unit_test(a_line_stands_whole_or_not_at_all),
        cmocka_unit_test(a_heap_buffer_grows_to_its_limit),
        cmocka_unit_test(nesting_beyond_the_limit_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
