// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "scanner/base/rrset.h"
#include "scanner/dns/query.h"
#include "tests/support/cliff.h"

#define L10 "aaaaaaaaaa"
#define L60 L10 L10 L10 L10 L10 L10
#define L63 L60 "aaa"

static void names_are_encoded(void **state)
{
    static const struct {
        const char *name, *text;
        enum query_result result;
        const char *wire;
        size_t size;
    } rows[] = {
        { "two labels, RFC 1035 3.1", "example.com", QUERY_OK, "\7example\3com", 13 },
        { "a final dot changes nothing", "example.com.", QUERY_OK, "\7example\3com", 13 },
        { "the root", ".", QUERY_OK, "", 1 },
        { "an escaped dot is part of the label, RFC 1035 5.1", "a\\.b.c", QUERY_OK, "\3a.b\1c", 7 },
        { "a decimal escape", "\\000\\255x", QUERY_OK, "\3\0\377x", 5 },
        { "an escaped backslash", "\\\\", QUERY_OK, "\1\\", 3 },
        { "63 bytes are a label, RFC 1035 2.3.4", L63, QUERY_OK, "\77" L63, 65 },
        { "64 are none", L63 "a", QUERY_LABEL_TOO_LONG, NULL, 0 },
        { "255 bytes are a name, RFC 1035 2.3.4", L63 "." L63 "." L63 "." L60 "a", QUERY_OK, NULL, 255 },
        { "256 are none", L63 "." L63 "." L63 "." L60 "aa", QUERY_NAME_TOO_LONG, NULL, 0 },
        { "256 with a final dot are none", L63 "." L63 "." L63 "." L60 "aa.", QUERY_NAME_TOO_LONG, NULL, 0 },
        { "nothing", "", QUERY_EMPTY_LABEL, NULL, 0 },
        { "an empty label inside", "a..b", QUERY_EMPTY_LABEL, NULL, 0 },
        { "an empty label in front", ".a", QUERY_EMPTY_LABEL, NULL, 0 },
        { "two final dots", "a..", QUERY_EMPTY_LABEL, NULL, 0 },
        { "two dots", "..", QUERY_EMPTY_LABEL, NULL, 0 },
        { "an escape of nothing", "a\\", QUERY_BAD_ESCAPE, NULL, 0 },
        { "an escape beyond a byte", "\\256", QUERY_BAD_ESCAPE, NULL, 0 },
        { "an escape with two digits", "\\25", QUERY_BAD_ESCAPE, NULL, 0 },
        { "an escape with two digits and a letter", "\\25x", QUERY_BAD_ESCAPE, NULL, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t wire[DNS_NAME_SIZE_MAX];
        size_t size = 0;
        span text = cliff_new(rows[i].text, strlen(rows[i].text));
        enum query_result result = query_encode_name(text, wire, &size);
        if (result != rows[i].result || size != rows[i].size ||
            (rows[i].wire && memcmp(wire, rows[i].wire, size) != 0)) {
            fail_msg("%s: result %d, size %zu", rows[i].name, result, size);
        }
        cliff_free(text);
    }
}

static void a_question_is_laid_out_as_rfc_1035_4_1_and_6840_5_7_say(void **state)
{
    static const uint8_t expected[] = { 0xab, 0xcd, 1, 0x20, 0, 1, 0, 0, 0, 0, 0, 1,       /* RD, AD, one question, OPT */
                                        1, 'a', 0, 0, 16, 0, 1,                            /* a. TXT IN */
                                        0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0 };          /* RFC 6891, 1,232 */
    struct query_form form = { .id = 0xabcd, .qtype = DNS_TXT, .with_edns = true };
    uint8_t out[QUERY_SIZE_MAX];
    size_t size;
    (void)state;
    assert_int_equal(query_encode(SPAN("a"), &form, out, &size), QUERY_OK);
    assert_int_equal(size, sizeof(expected));
    assert_memory_equal(out, expected, size);
    form.with_edns = false;
    assert_int_equal(query_encode(SPAN("a"), &form, out, &size), QUERY_OK);
    assert_int_equal(size, sizeof(expected) - 11);
    assert_int_equal(out[11], 0);
    form.checking_disabled = true;
    assert_int_equal(query_encode(SPAN("a"), &form, out, &size), QUERY_OK);
    assert_int_equal(size, sizeof(expected) - 11);
    assert_int_equal(out[2] << 8 | out[3], 0x0130); /* RD, AD, CD: RFC 4035 3.2.2 */
}

static void case_bits_turn_letters_only(void **state)
{
    uint8_t bits[32], out[QUERY_SIZE_MAX];
    struct query_form form = { .qtype = DNS_A, .case_bits = bits };
    size_t size;
    (void)state;
    memset(bits, 0xff, sizeof(bits));
    assert_int_equal(query_encode(SPAN("a1_-z.B\\200"), &form, out, &size), QUERY_OK);
    assert_memory_equal(out + 12, "\5A1_-Z\2b\310", 10);
    /* The longest name has a bit for each of its bytes. */
    assert_int_equal(query_encode(SPAN(L63 "." L63 "." L63 "." L60 "a"), &form, out, &size), QUERY_OK);
    assert_int_equal(out[12 + 253], 'A');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_encoded),
        cmocka_unit_test(a_question_is_laid_out_as_rfc_1035_4_1_and_6840_5_7_say),
        cmocka_unit_test(case_bits_turn_letters_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
