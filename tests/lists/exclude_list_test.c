// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lists/exclude_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/trifecta-exclude-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static int open_text(struct exclude_list **out, const char *text, char *error, size_t error_size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    return exclude_list_open(out, path, error, error_size);
}

static void names_and_suffixes(void **state)
{
    (void)state;
    struct exclude_list *list;
    char error[512];
    static const struct {
        const char *name;
        bool is_excluded;
    } rows[] = {
        { "a.com", true },
        { "x.a.com", false },
        { "xa.com", false },
        { "b.com", false },
        { "x.b.com", true },
        { "y.x.b.com", true },
        { "xb.com", false },
        { "any.example", true },
        { "deep.any.example", true },
        { "example", false },
        { "xn--mnchen-3ya.de", true },
        { "com", false },
        { "late.org", true },
        { "", false },
        { "c.net", true },
    };
    assert_int_equal(open_text(&list,
                               "\xef\xbb\xbf# opted out\r\n\r\nA.com.\r\n*.b.com # all\n*.Example\nmünchen.de\n"
                               "https://c.net/x\nlate.org",
                               error, sizeof(error)),
                     0);
    assert_int_equal(exclude_list_count(list), 6);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (exclude_list_has(list, rows[i].name, strlen(rows[i].name)) != rows[i].is_excluded) {
            print_error("%s\n", rows[i].name);
        }
        assert_int_equal(exclude_list_has(list, rows[i].name, strlen(rows[i].name)), rows[i].is_excluded);
    }
    exclude_list_close(list);
    assert_false(exclude_list_has(NULL, "a.com", 5));
}

static void a_typo_is_an_error_not_a_question(void **state)
{
    (void)state;
    struct exclude_list *list;
    char error[512];
    char expected[512];
    assert_int_equal(open_text(&list, "a.com\nb com\n", error, sizeof(error)), -EINVAL);
    snprintf(expected, sizeof(expected),
             "%s:2: a blank or control character inside the name: give a name, or *.name for all below it", path);
    assert_string_equal(error, expected);
    assert_int_equal(open_text(&list, "*.*.com\n", error, sizeof(error)), -EINVAL);
    assert_int_equal(open_text(&list, "com\n", error, sizeof(error)), -EINVAL);
    assert_int_equal(exclude_list_open(&list, "/nowhere/x", error, sizeof(error)), -ENOENT);
    static const char *const wrong[] = { "*.", "*", "*..com", "*.a b", "*.xn--zzzzzz---.de", "192.0.2.1", "*.192.0.2.1", "a.com b.com" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (open_text(&list, wrong[i], error, sizeof(error)) != -EINVAL || !strstr(error, ":1: ")) {
            fail_msg("%s is taken: %s", wrong[i], error);
        }
    }
    char label[80] = "*.";
    memset(label + 2, 'a', 64); /* one more than a label holds */
    assert_int_equal(open_text(&list, label, error, sizeof(error)), -EINVAL);
    assert_int_equal(exclude_list_open(&list, "/tmp", error, sizeof(error)), -EISDIR);
    assert_string_equal(error, "/tmp: Is a directory");
    assert_int_equal(open_text(&list, "", error, sizeof(error)), 0);
    assert_int_equal(exclude_list_count(list), 0);
    exclude_list_close(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_suffixes),
        cmocka_unit_test(a_typo_is_an_error_not_a_question),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
