// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lists/rejects.h"
#include "tests/support/cliff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void text_is_safe_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *text, *expected;
    } rows[] = {
        { "as it is", "a b.com", "a b.com" },
        { "controls", "\x1b[31m\t\r", "\\027[31m\\009\\013" },
        { "backslash", "a\\b", "a\\\\b" },
        { "DEL", "\x7f", "\\127" },
        { "UTF-8 stays", "münchen 例え 💩", "münchen 例え 💩" },
        { "C1 controls", "\xc2\x9b", "\\194\\155" },
        { "Latin-1", "m\xfcn", "m\\252n" },
        { "overlong", "\xc0\xaf", "\\192\\175" },
        { "surrogate", "\xed\xa0\x80", "\\237\\160\\128" },
        { "beyond Unicode", "\xf4\x90\x80\x80", "\\244\\144\\128\\128" },
        { "cut", "a\xe4\xbe", "a\\228\\190" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[64];
        span input = cliff_new(rows[i].text, strlen(rows[i].text));
        size_t len = reject_escape(input.ptr, input.len, out, sizeof(out));
        assert_string_equal(out, rows[i].expected);
        assert_int_equal(len, strlen(out));
        cliff_free(input);
    }
    char small[6];
    assert_int_equal(reject_escape("abcdef", 6, small, sizeof(small)), 2);
}

static void lines_of_the_file(void **state)
{
    (void)state;
    char path[] = "/tmp/trifecta-rejects-XXXXXX";
    char error[512];
    char read_back[8192];
    char long_text[REJECT_TEXT_MAX + 2];
    struct rejects *rejects;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    memset(long_text, '\x01', sizeof(long_text));
    assert_int_equal(rejects_open(&rejects, path, false, error, sizeof(error)), 0);
    rejects_write(rejects, &(struct list_reject){ "dir/li\nst", 7, 9, "a single label", "x\n", 2 });
    assert_int_equal(rejects_flush(rejects), 0);
    rejects_write(rejects, &(struct list_reject){ "-", 8, 10, "too long", long_text, sizeof(long_text) });
    assert_int_equal(rejects_close(rejects), 0);
    assert_int_equal(rejects_open(&rejects, path, true, error, sizeof(error)), 0);
    rejects_write(rejects, &(struct list_reject){ "-", 9, 11, "more", "z", 1 });
    assert_int_equal(rejects_close(rejects), 0);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(read_back, 1, sizeof(read_back) - 1, file);
    fclose(file);
    unlink(path);
    read_back[len] = '\0';
    const char *first = "dir/li\\010st:7: a single label: x\\010\n-:8: too long: \\001";
    assert_int_equal(strncmp(read_back, first, strlen(first)), 0);
    const char *last = "\\001...\n-:9: more: z\n";
    assert_string_equal(read_back + len - strlen(last), last);
    assert_int_equal(len, strlen(first) - 4 + REJECT_TEXT_MAX * 4 + strlen(last) - 4);
}

static void failures_are_told(void **state)
{
    (void)state;
    char error[512];
    struct rejects *rejects;
    assert_int_equal(rejects_open(&rejects, "/nowhere/x", false, error, sizeof(error)), -ENOENT);
    assert_string_equal(error, "/nowhere/x: No such file or directory");
    assert_int_equal(rejects_open(&rejects, "/dev/full", false, error, sizeof(error)), 0);
    rejects_write(rejects, &(struct list_reject){ "-", 1, 1, "x", "y", 1 });
    assert_int_equal(rejects_close(rejects), -ENOSPC);
    assert_int_equal(rejects_close(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_safe_utf8),
        cmocka_unit_test(lines_of_the_file),
        cmocka_unit_test(failures_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
