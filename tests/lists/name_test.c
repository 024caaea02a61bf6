// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lists/name.h"
#include "tests/support/cliff.h"

#include <string.h>

#define A10 "aaaaaaaaaa"
#define A63 A10 A10 A10 A10 A10 A10 "aaa"

struct row {
    const char *rule;
    const char *input;
    enum name_result result;
    const char *name;
};

static void check_row(const struct row *row, bool is_host)
{
    char name[NAME_SIZE];
    size_t len = 0;
    span input = cliff_new(row->input, strlen(row->input));
    enum name_result result =
        is_host ? name_from_host(input.ptr, input.len, name, &len) : name_from_text(input.ptr, input.len, name, &len);
    if (result != row->result) {
        print_error("%s: \"%s\": %s, expected %s\n", row->rule, row->input, name_result_text(result),
                    name_result_text(row->result));
    }
    assert_int_equal(result, row->result);
    if (result == NAME_OK) {
        assert_string_equal(name, row->name);
        assert_int_equal(len, strlen(row->name));
    }
    cliff_free(input);
}

#define CHECK_ROWS(rows, is_host)                                                                                      \
    for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++) {                                                    \
        check_row(&(rows)[i], is_host);                                                                                \
    }

static void plain_names(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "a name stays", "example.com", NAME_OK, "example.com" },
        { "lower case", "WWW.Example.COM", NAME_OK, "www.example.com" },
        { "final dot", "example.com.", NAME_OK, "example.com" },
        { "leading wildcard", "*.example.com", NAME_OK, "example.com" },
        { "blanks around", " \texample.com \t", NAME_OK, "example.com" },
        { "underscore makes labels", "_dmarc.example.com", NAME_OK, "_dmarc.example.com" },
        { "hyphens at the ends are the DNS's business", "-a-.example.com", NAME_OK, "-a-.example.com" },
        { "hyphens in third and fourth place", "r3---sn-abc.example.com", NAME_OK, "r3---sn-abc.example.com" },
        { "nothing", "", NAME_NOTHING, NULL },
        { "blanks alone", "  ", NAME_NOTHING, NULL },
        { "a dot alone", ".", NAME_NOTHING, NULL },
        { "a wildcard alone", "*.", NAME_NOTHING, NULL },
        { "a single label", "localhost", NAME_SINGLE_LABEL, NULL },
        { "a single label with dot", "com.", NAME_SINGLE_LABEL, NULL },
        { "empty label in front", ".example.com", NAME_EMPTY_LABEL, NULL },
        { "empty label inside", "a..com", NAME_EMPTY_LABEL, NULL },
        { "two final dots", "example.com..", NAME_EMPTY_LABEL, NULL },
        { "second wildcard", "*.*.example.com", NAME_BAD_CHARACTER, NULL },
        { "blank inside", "exa mple.com", NAME_BLANK_INSIDE, NULL },
        { "control byte inside", "exa\x01mple.com", NAME_BLANK_INSIDE, NULL },
        { "comma", "a.com,b.com", NAME_BAD_CHARACTER, NULL },
        { "backslash", "a\\.b.com", NAME_BAD_CHARACTER, NULL },
    };
    CHECK_ROWS(rows, true);
    CHECK_ROWS(rows, false);
}

static void lengths_rfc1035_2_3_4(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "label of 63", A63 ".com", NAME_OK, A63 ".com" },
        { "label of 64", A63 "a.com", NAME_LABEL_TOO_LONG, NULL },
        { "last label of 64", "com." A63 "a", NAME_LABEL_TOO_LONG, NULL },
        { "name of 253", A63 "." A63 "." A63 "." A10 A10 A10 A10 A10 A10 "a", NAME_OK,
          A63 "." A63 "." A63 "." A10 A10 A10 A10 A10 A10 "a" },
        { "name of 253 and a dot", A63 "." A63 "." A63 "." A10 A10 A10 A10 A10 A10 "a.", NAME_OK,
          A63 "." A63 "." A63 "." A10 A10 A10 A10 A10 A10 "a" },
        { "name of 254", A63 "." A63 "." A63 "." A10 A10 A10 A10 A10 A10 "aa", NAME_TOO_LONG, NULL },
        { "long name after wildcard", "*." A63 "." A63 "." A63 "." A10 A10 A10 A10 A10 A10 "a", NAME_OK,
          A63 "." A63 "." A63 "." A10 A10 A10 A10 A10 A10 "a" },
    };
    CHECK_ROWS(rows, true);
    CHECK_ROWS(rows, false);
}

static void addresses_are_no_names(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "IPv4", "192.0.2.1", NAME_IS_ADDRESS, NULL },
        { "IPv4 with final dot", "192.0.2.1.", NAME_IS_ADDRESS, NULL },
        { "IPv4 with port", "192.0.2.1:53", NAME_IS_ADDRESS, NULL },
        { "IPv4 prefix", "192.0.2.0/24", NAME_IS_ADDRESS, NULL },
        { "URL of an IPv4", "http://192.0.2.1/x", NAME_IS_ADDRESS, NULL },
        { "IPv6", "2001:db8::1", NAME_IS_ADDRESS, NULL },
        { "IPv6 with scope", "fe80::1%eth0", NAME_IS_ADDRESS, NULL },
        { "IPv6 in brackets", "[2001:db8::1]", NAME_IS_ADDRESS, NULL },
        { "IPv6 in brackets with port", "https://[2001:db8::1]:443/", NAME_IS_ADDRESS, NULL },
        { "mail to an address literal", "user@[192.0.2.1]", NAME_IS_ADDRESS, NULL },
        { "five numbers are a name", "1.192.0.2.1", NAME_OK, "1.192.0.2.1" },
        { "reverse name", "1.2.0.192.in-addr.arpa", NAME_OK, "1.2.0.192.in-addr.arpa" },
        { "numbers and a word", "1.2.3.com", NAME_OK, "1.2.3.com" },
    };
    CHECK_ROWS(rows, false);
}

static void hosts_of_urls_and_mail(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "URL", "https://www.Example.com/path?q=a@b#c", NAME_OK, "www.example.com" },
        { "scheme of any kind", "svn+ssh://example.com", NAME_OK, "example.com" },
        { "upper-case scheme", "HTTPS://EXAMPLE.COM", NAME_OK, "example.com" },
        { "user and port, RFC 3986 3.2", "ftp://user:pass@example.com:2121/x", NAME_OK, "example.com" },
        { "network-path reference", "//example.com/x", NAME_OK, "example.com" },
        { "host and path", "example.com/a b", NAME_OK, "example.com" },
        { "host and query", "example.com?x=1", NAME_OK, "example.com" },
        { "host and fragment", "example.com#x", NAME_OK, "example.com" },
        { "an @ in the path", "social.example/@user", NAME_OK, "social.example" },
        { "host:port", "example.com:8443", NAME_OK, "example.com" },
        { "empty port", "example.com:", NAME_OK, "example.com" },
        { "port with path", "example.com:443/x", NAME_OK, "example.com" },
        { "port too big", "example.com:65536", NAME_BAD_PORT, NULL },
        { "port of letters", "example.com:http", NAME_BAD_PORT, NULL },
        { "dot before port", "example.com.:80", NAME_OK, "example.com" },
        { "mail address", "Joe.User+tag@Example.COM", NAME_OK, "example.com" },
        { "host of mail address alone", "@example.com", NAME_OK, "example.com" },
        { "quoted local part, RFC 5321 4.1.2", "\"a b/@\\\"\"@example.com", NAME_OK, "example.com" },
        { "name and address", "\"Doe, Joe\" <joe@example.com>", NAME_OK, "example.com" },
        { "unquoted name and address", "Joe Doe <joe@example.com>", NAME_OK, "example.com" },
        { "angle brackets alone", "<joe@example.com>", NAME_OK, "example.com" },
        { "mailto", "mailto:joe@example.com?subject=x", NAME_OK, "example.com" },
        { "blank before the @", "joe doe@example.com", NAME_BLANK_INSIDE, NULL },
        { "two names", "a.com b.com", NAME_BLANK_INSIDE, NULL },
        { "no host", "https://", NAME_NOTHING, NULL },
        { "no host behind the @", "user@", NAME_NOTHING, NULL },
        { "no host in brackets", "Joe <>", NAME_NOTHING, NULL },
        { "single label in URL", "http://localhost:80/", NAME_SINGLE_LABEL, NULL },
        { "bracket that is not closed", "<joe@example.com", NAME_OK, "example.com" },
        { "bracket that is not opened", "example.com>", NAME_BAD_CHARACTER, NULL },
    };
    CHECK_ROWS(rows, false);
}

static void host_field_is_no_url(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "RFC 2317 owner", "0/25.2.0.192.in-addr.arpa", NAME_BAD_CHARACTER, NULL },
        { "mail address", "a@example.com", NAME_BAD_CHARACTER, NULL },
    };
    CHECK_ROWS(rows, true);
}

static void idna2008_and_uts46_nontransitional(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "UTF-8", "münchen.de", NAME_OK, "xn--mnchen-3ya.de" },
        { "upper case is mapped", "MÜNCHEN.DE", NAME_OK, "xn--mnchen-3ya.de" },
        { "sharp s stays: non-transitional", "faß.de", NAME_OK, "xn--fa-hia.de" },
        { "final sigma stays", "ς.gr", NAME_OK, "xn--3xa.gr" },
        { "decomposed is composed", "mu\u0308nchen.de", NAME_OK, "xn--mnchen-3ya.de" },
        { "IDN top level", "пример.рф", NAME_OK, "xn--e1afmkfd.xn--p1ai" },
        { "ideographic full stop", "例え。テスト", NAME_OK, "xn--r8jz45g.xn--zckzah" },
        { "ideographic final dot", "例え.テスト。", NAME_OK, "xn--r8jz45g.xn--zckzah" },
        { "full-width letters", "ｅｘａｍｐｌｅ.com", NAME_OK, "example.com" },
        { "full-width dot", "example．com", NAME_OK, "example.com" },
        { "in a URL", "https://müller.example:443/ä", NAME_OK, "xn--mller-kva.example" },
        { "in a mail address", "jürgen@müller.example", NAME_OK, "xn--mller-kva.example" },
        { "ASCII local part is no matter", "ünï cödé <x@example.com>", NAME_OK, "example.com" },
        { "beside an ASCII label no host may have", "_dmarc.münchen.de", NAME_OK, "_dmarc.xn--mnchen-3ya.de" },
        { "right to left", "עברית.example", NAME_OK, "xn--5dbqzzl.example" },
        { "an A-label", "XN--MNCHEN-3YA.de", NAME_OK, "xn--mnchen-3ya.de" },
        { "IDNA 2008 A-label of sharp s", "xn--fa-hia.de", NAME_OK, "xn--fa-hia.de" },
        { "wildcard before IDN", "*.münchen.de", NAME_OK, "xn--mnchen-3ya.de" },
        { "emoji, RFC 5892", "💩.la", NAME_BAD_IDN, NULL },
        { "emoji in a mixed name", "i♥ny.example.com", NAME_BAD_IDN, NULL },
        { "A-label of an emoji", "xn--ls8h.la", NAME_BAD_ALABEL, NULL },
        { "A-label of a heart", "xn--iny-zx5a.com", NAME_BAD_ALABEL, NULL },
        { "A-label without anything", "xn--.com", NAME_BAD_ALABEL, NULL },
        { "A-label of controls", "xn--a.com", NAME_BAD_ALABEL, NULL },
        { "bad punycode", "xn--zzzz99999.com", NAME_BAD_ALABEL, NULL },
        { "A-label of ASCII", "xn--abc-.com", NAME_BAD_ALABEL, NULL },
        { "mark in front, RFC 5891 4.2.3.2", "\u0308a.com", NAME_BAD_IDN, NULL },
        { "hyphen in front", "-ü.com", NAME_BAD_IDN, NULL },
        { "joiner without its rule, RFC 5892 A.2",
          "a\u200d"
          "b.com",
          NAME_BAD_IDN, NULL },
        { "bidi rule, RFC 5893", "3עב.com", NAME_BAD_IDN, NULL },
        { "no UTF-8", "m\xfcnchen.de", NAME_BAD_UTF8, NULL },
        { "cut UTF-8", "m\xc3.de", NAME_BAD_UTF8, NULL },
        { "U-label too long", "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü" A63 ".de",
          NAME_LABEL_TOO_LONG, NULL },
        { "single U-label", "münchen", NAME_SINGLE_LABEL, NULL },
        { "empty label beside IDN", "ü..de", NAME_EMPTY_LABEL, NULL },
        { "full-width digits of an address", "１９２.0.2.1", NAME_IS_ADDRESS, NULL },
    };
    CHECK_ROWS(rows, false);
}

static void a_nul_is_a_byte_like_others(void **state)
{
    (void)state;
    static const char *const inputs[] = { "a\0b.com", "\xc3\xbc\0b.com", "user@a\0b.com", "::\0" };
    static const size_t lens[] = { 7, 8, 12, 3 };
    for (size_t i = 0; i < 4; i++) {
        char name[NAME_SIZE];
        size_t len;
        span input = cliff_new(inputs[i], lens[i]);
        assert_int_not_equal(name_from_text(input.ptr, input.len, name, &len), NAME_OK);
        cliff_free(input);
    }
}

static void every_result_has_words(void **state)
{
    (void)state;
    for (int i = 0; i < NAME_RESULT_COUNT; i++) {
        assert_non_null(name_result_text((enum name_result)i));
    }
    assert_string_equal(name_result_text(NAME_RESULT_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_names),
        cmocka_unit_test(lengths_rfc1035_2_3_4),
        cmocka_unit_test(addresses_are_no_names),
        cmocka_unit_test(hosts_of_urls_and_mail),
        cmocka_unit_test(host_field_is_no_url),
        cmocka_unit_test(idna2008_and_uts46_nontransitional),
        cmocka_unit_test(a_nul_is_a_byte_like_others),
        cmocka_unit_test(every_result_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
