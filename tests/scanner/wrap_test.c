// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/wrap.h"

static void lines_go_on_where_their_text_begins(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        size_t columns;
        const char *expected;
    } rows[] = {
        { "fits", "one two\n", 7, "one two\n" },
        { "plain", "one two three\n", 8, "one two\n  three\n" },
        { "indented", "  one two three\n", 9, "  one two\n  three\n" },
        { "labelled", "  DMARC    one two three\n", 19, "  DMARC    one two\n           three\n" },
        { "coloured label", "  \033[1mDMARC    \033[0mone two three\n", 19,
          "  \033[1mDMARC    \033[0mone two\n           three\n" },
        { "tree", "           |- one two\n", 20, "           |- one\n              two\n" },
        { "UTF-8 tree", "           \xe2\x94\x94\xe2\x94\x80 one two\n", 20,
          "           \xe2\x94\x94\xe2\x94\x80 one\n              two\n" },
        { "long word", "aaa bbbbbbbbbbbb c\n", 5, "aaa\n  bbbbbbbbbbbb\n  c\n" },
        { "two blanks stay", "a  b\n", 80, "a  b\n" },
        { "empty lines stay", "a\n\nb\n", 80, "a\n\nb\n" },
        { "torn escape", "a \033[1\n", 2, "a \033[1\n" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = NULL;
        size_t len;
        FILE *out = open_memstream(&text, &len);
        wrap_print(out, span_from_cstr(rows[i].text), rows[i].columns);
        fclose(out);
        if (strcmp(text, rows[i].expected) != 0) {
            fail_msg("%s: got \"%s\", not \"%s\"", rows[i].name, text, rows[i].expected);
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(lines_go_on_where_their_text_begins) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
