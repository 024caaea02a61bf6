// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lists/builtin.h"
#include "lists/name.h"
#include "lists/text.h"

/* Each line that is no comment has `least` to `most` columns, none of them empty. Returns how many lines there are. */
static size_t rows_of(const char *bytes, size_t len, size_t least, size_t most)
{
    struct text rest = text_of(bytes, len);
    size_t rows = 0;
    assert_true(len > 0 && bytes[len - 1] == '\n');
    while (rest.len > 0) {
        struct text line = text_cut(&rest, '\n');
        size_t columns = 0;
        if (line.len == 0 || line.ptr[0] == '#') {
            continue;
        }
        while (line.len > 0) {
            assert_true(text_cut(&line, '\t').len > 0);
            columns++;
        }
        assert_in_range(columns, least, most);
        rows++;
    }
    return rows;
}

static void files_are_whole(void **state)
{
    (void)state;
    size_t len;
    const char *bytes = builtin_providers(&len);
    assert_true(rows_of(bytes, len, 3, 5) > 500);
    bytes = builtin_selectors(&len);
    assert_true(rows_of(bytes, len, 6, 6) > 50);
    assert_true(text_equal(text_first(text_of(bytes, len), 16), TEXT("# DKIM selectors")));
}

static struct text column_of(struct text line, size_t column)
{
    for (size_t i = 0; i < column; i++) {
        (void)text_cut(&line, '\t');
    }
    return text_cut(&line, '\t');
}

static void patterns_are_names_as_the_dns_has_them(void **state)
{
    (void)state;
    size_t len;
    const char *bytes = builtin_providers(&len);
    struct text rest = text_of(bytes, len);
    while (rest.len > 0) {
        struct text line = text_cut(&rest, '\n');
        struct text kind = column_of(line, 0);
        struct text pattern = column_of(line, 2);
        if (kind.len == 0 || kind.ptr[0] == '#' || text_find(pattern, '*') < pattern.len) {
            continue;
        }
        if (text_equal(kind, TEXT("mx")) || text_equal(kind, TEXT("spf")) || text_equal(kind, TEXT("rua"))) {
            char name[NAME_SIZE];
            size_t name_len;
            size_t skip = pattern.len > 0 && pattern.ptr[0] == '=' ? 1 : 0;
            struct text host = text_after(pattern, skip);
            enum name_result result = name_from_host(host.ptr, host.len, name, &name_len);
            if (result == NAME_SINGLE_LABEL || text_equal(host, TEXT("."))) {
                continue; /* "localhost", and the null MX */
            }
            assert_int_equal(result, NAME_OK);
            assert_true(text_equal(text_of(name, name_len), host));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_whole),
        cmocka_unit_test(patterns_are_names_as_the_dns_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
