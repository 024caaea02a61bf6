// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lists/suffixes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void organizational_domains(void **state)
{
    (void)state;
    struct suffixes *s;
    char error[512];
    static const struct {
        const char *name, *organizational;
        bool is_public_suffix;
    } rows[] = {
        { "example.com", "example.com", false },
        { "a.b.example.com", "example.com", false },
        { "com", "com", true },
        { "example.co.uk", "example.co.uk", false },
        { "www.example.co.uk", "example.co.uk", false },
        { "co.uk", "co.uk", true },
        { "www.ck", "www.ck", false }, /* exception to *.ck */
        { "a.b.ck", "a.b.ck", false },
        { "x.a.b.ck", "a.b.ck", false },
        { "someone.github.io", "someone.github.io", false }, /* private section */
        { "x.someone.github.io", "someone.github.io", false },
        { "github.io", "github.io", true },
        { "a.b.no-such-tld", "b.no-such-tld", false }, /* the rule * */
        { "x.example.xn--55qx5d.cn", "example.xn--55qx5d.cn", false },
        { "_dmarc.example.org", "example.org", false },
    };
    assert_int_equal(suffixes_open(&s, NULL, error, sizeof(error)), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *name = rows[i].name;
        assert_string_equal(name + suffixes_organizational(s, name, strlen(name)), rows[i].organizational);
        assert_int_equal(suffixes_is_public_suffix(s, name, strlen(name)), rows[i].is_public_suffix);
        size_t at;
        assert_int_equal(suffixes_split(s, name, strlen(name), &at), rows[i].is_public_suffix);
        assert_string_equal(name + at, rows[i].organizational);
    }
    /* Only the length given counts. */
    assert_int_equal(suffixes_organizational(s, "a.example.comXYZ", 13), 2);
    char long_name[400];
    memset(long_name, 'a', sizeof(long_name));
    assert_int_equal(suffixes_organizational(s, long_name, sizeof(long_name)), 0);
    assert_true(suffixes_fingerprint(s) != 0);
    suffixes_close(s);
}

static void a_list_of_ones_own(void **state)
{
    (void)state;
    struct suffixes *s;
    char error[512];
    char path[] = "/tmp/trifecta-suffixes-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static const char text[] = "// ===BEGIN ICANN DOMAINS===\ncom\nspecial.com\n// ===END ICANN DOMAINS===\n";
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    assert_int_equal(suffixes_open(&s, path, error, sizeof(error)), 0);
    assert_int_equal(suffixes_organizational(s, "a.b.special.com", 15), 2);
    suffixes_close(s);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(suffixes_open(&s, path, error, sizeof(error)), -EINVAL);
    assert_non_null(strstr(error, "no public suffix list"));
    unlink(path);
    assert_int_equal(suffixes_open(&s, "/nowhere/psl", error, sizeof(error)), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(organizational_domains),
        cmocka_unit_test(a_list_of_ones_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
