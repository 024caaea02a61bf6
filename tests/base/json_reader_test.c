// SPDX-License-Identifier: MIT
/* The reader that other tests judge output with must itself refuse what RFC 8259 refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/support/cliff.h"
#include "tests/support/json_reader.h"

#define ROW(text, good)                                                                                                \
    {                                                                                                                  \
        text, sizeof(text) - 1, good                                                                                   \
    }

static void json_is_taken_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        bool is_good;
    } rows[] = {
        ROW("{}", true),
        ROW(" [1, -0, 2.5e+3, true, false, null, \"\"] \n", true),
        ROW("\"\\u00e9\\ud83d\\ude00\\\\\\\"\\/\"", true),
        ROW("\"\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbf\"", true),
        ROW("{\"a\":{\"b\":[{\"c\":1}]}}", true),
        ROW("0", true),
        ROW("", false),
        ROW(" ", false),
        ROW("{", false),
        ROW("[1", false),
        ROW("[1,]", false),
        ROW("[,1]", false),
        ROW("{\"a\":1,}", false),
        ROW("{\"a\"}", false),
        ROW("{a:1}", false),
        ROW("{\"a\":1 \"b\":2}", false),
        ROW("{\"a\":1,\"a\":2}", false),
        ROW("{\"a\":1,\"\\u0061\":2}", false),
        ROW("01", false),
        ROW("-", false),
        ROW("1.", false),
        ROW(".5", false),
        ROW("+1", false),
        ROW("1e", false),
        ROW("NaN", false),
        ROW("Infinity", false),
        ROW("tru", false),
        ROW("nulll", false),
        ROW("1 2", false),
        ROW("{}x", false),
        ROW("'a'", false),
        ROW("\"a", false),
        ROW("\"\\x\"", false),
        ROW("\"\\u12g4\"", false),
        ROW("\"\\ud800\"", false),
        ROW("\"\\udc00\"", false),
        ROW("\"\\ud800\\u0041\"", false),
        ROW("\"a\nb\"", false),
        ROW("\"a\tb\"", false),
        ROW("\"a\0b\"", false),
        ROW("\"\x80\"", false),
        ROW("\"\xc0\xaf\"", false),
        ROW("\"\xc3\"", false),
        ROW("\"\xc3", false),
        ROW("\"\xed\xa0\x80\"", false),
        ROW("\"\xf4\x90\x80\x80\"", false),
        ROW("\"\xe0\x80\x80\"", false),
        ROW("\"\xff\"", false),
        ROW("\xef\xbb\xbf{}", false),
        ROW("// c\n1", false),
        ROW("\"\\", false),
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        span text = cliff_new(rows[i].text, rows[i].len);
        struct json_document document = json_read(text);
        if ((document.root != NULL) != rows[i].is_good) {
            fail_msg("row %zu: %s: %s", i, rows[i].text, document.error ? document.error : "taken");
        }
        json_document_free(&document);
        cliff_free(text);
    }
}

static void values_are_found_by_path(void **state)
{
    (void)state;
    struct json_document d =
        json_read(SPAN("{\"a\":{\"b\":[{\"s\":\"x\",\"v\":1},{\"s\":\"y\",\"v\":22}]},\"t\":\"q\\u0000\\n\"}"));
    int64_t number = 0;
    assert_non_null(d.root);
    assert_true(json_to_i64(json_at(d.root, SPAN("a.b[1].v")), &number) && number == 22);
    assert_true(json_to_i64(json_at(d.root, SPAN("a.b[x].v")), &number) && number == 1);
    assert_null(json_at(d.root, SPAN("a.b[2]")));
    assert_null(json_at(d.root, SPAN("a.c.d")));
    assert_true(span_equal(json_at(d.root, SPAN("t"))->text, SPAN("q\0\n")));
    json_document_free(&d);
}

static void values_are_compared(void **state)
{
    (void)state;
    struct json_document a = json_read(SPAN("[1,\"x\",{\"k\":null}]")),
                         b = json_read(SPAN(" [ 1 , \"\\u0078\", {\"k\":null} ]"));
    struct json_document c = json_read(SPAN("[1,\"x\",{\"j\":null}]"));
    assert_true(json_same(a.root, b.root));
    assert_false(json_same(a.root, c.root));
    json_document_free(&a);
    json_document_free(&b);
    json_document_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_taken_or_refused),
        cmocka_unit_test(values_are_found_by_path),
        cmocka_unit_test(values_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
