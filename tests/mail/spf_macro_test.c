// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "scanner/mail/spf_macro.h"
#include "scanner/mail/spf_name.h"
#include "tests/support/cliff.h"

/* RFC 7208 section 7.4: <sender> "strong-bad@email.example.com", <ip> 192.0.2.3. */
static struct spf_macro_values rfc_values(bool is_ip6)
{
    struct spf_macro_values values = { .known = 0 };
    spf_macro_set(&values, 's', SPAN("strong-bad@email.example.com"));
    spf_macro_set(&values, 'l', SPAN("strong-bad"));
    spf_macro_set(&values, 'o', SPAN("email.example.com"));
    spf_macro_set(&values, 'd', SPAN("email.example.com"));
    spf_macro_set(&values, 'p', SPAN("mx.example.org"));
    spf_macro_set(&values, 'i',
                  is_ip6 ? SPAN("2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1") : SPAN("192.0.2.3"));
    spf_macro_set(&values, 'v', is_ip6 ? SPAN("ip6") : SPAN("in-addr"));
    spf_macro_set(&values, 'h', SPAN("a b/c~d"));
    spf_macro_set(&values, 'c', SPAN("192.0.2.3"));
    return values;
}

struct row {
    const char *name, *text, *expected;
    bool is_ip6;
};

static void expand_rows(const struct row *rows, size_t count, enum spf_macro_scope scope)
{
    for (size_t i = 0; i < count; i++) {
        struct spf_macro_values values = rfc_values(rows[i].is_ip6);
        span text = cliff_new(rows[i].text, strlen(rows[i].text));
        char out[512];
        size_t len = 0;
        enum spf_macro_result result = spf_macro_expand(text, scope, &values, out, sizeof(out), &len);
        if (result != SPF_MACRO_DONE || !span_equal(span_of(out, len), span_from_cstr(rows[i].expected))) {
            fail_msg("%s: %s gives %.*s (%d)", rows[i].name, rows[i].text, (int)len, out, (int)result);
        }
        cliff_free(text);
    }
}

static void the_examples_of_rfc_7208_7_4(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "s", "%{s}", "strong-bad@email.example.com", false },
        { "o", "%{o}", "email.example.com", false },
        { "d", "%{d}", "email.example.com", false },
        { "d4", "%{d4}", "email.example.com", false },
        { "d3", "%{d3}", "email.example.com", false },
        { "d2", "%{d2}", "example.com", false },
        { "d1", "%{d1}", "com", false },
        { "dr", "%{dr}", "com.example.email", false },
        { "d2r", "%{d2r}", "example.email", false },
        { "l", "%{l}", "strong-bad", false },
        { "l-", "%{l-}", "strong.bad", false },
        { "lr", "%{lr}", "strong-bad", false },
        { "lr-", "%{lr-}", "bad.strong", false },
        { "l1r-", "%{l1r-}", "strong", false },
        { "reversed address", "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com", false },
        { "reversed local part", "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com", false },
        { "both", "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com", false },
        { "both, turned", "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com", false },
        { "d2 in the middle", "%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net", false },
        { "IPv6", "%{ir}.%{v}._spf.%{d2}",
          "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com", true },
    };
    expand_rows(rows, sizeof(rows) / sizeof(rows[0]), SPF_MACRO_IN_DOMAIN);
}

static void other_expansions(void **state)
{
    (void)state;
    static const struct row domain_rows[] = {
        { "7.1: %% %_ %-", "a%%b%_c%-d", "a%b c%20d", false },
        { "7.3: upper case escapes what RFC 3986 does not leave alone", "%{H}", "a%20b%2Fc~d", false },
        { "7.3: letters and r are case-insensitive", "%{L1R-}", "strong", false },
        { "7.3: a number above the count of parts", "%{d128}", "email.example.com", false },
        { "7.1: several delimiters", "%{s2r-.}", "bad@email.strong", false },
        { "7.3: delimiters replace the dot as separator", "%{d-}", "email.example.com", false },
        { "no macros", "example.com", "example.com", false },
    };
    static const struct row explanation_rows[] = {
        { "6.2: spaces and c", "%{c} is not one of %{d}'s", "192.0.2.3 is not one of email.example.com's", false },
    };
    expand_rows(domain_rows, sizeof(domain_rows) / sizeof(domain_rows[0]), SPF_MACRO_IN_DOMAIN);
    expand_rows(explanation_rows, 1, SPF_MACRO_IN_EXPLANATION);
}

static void the_grammar_of_7_1(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool in_domain, in_explanation;
    } rows[] = {
        { "", true, true },
        { "%", false, false },
        { "%{", false, false },
        { "%{d", false, false },
        { "%{}", false, false },
        { "%{x}", false, false },
        { "%{d0}", false, false },
        { "%{d00}", false, false },
        { "%{d01}", true, true },
        { "%{d1r}", true, true },
        { "%{dr1}", false, false },
        { "%{d.-+,/_=}", true, true },
        { "%{d@}", false, false },
        { "%{c}", false, true },
        { "%{r}", false, true },
        { "%{t}", false, true },
        { "%{T}", false, true },
        { "%a", false, false },
        { "%%", true, true },
        { "a b", false, true },
        { "a\tb", false, false },
        { "a\x80", false, false },
        { "%{d}%", false, false },
        { "{d}", true, true },
        { "%{99999999999999999999d}", false, false },
        { "%{d99999999999999999999}", true, true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct spf_macro_facts facts;
        span text = cliff_new(rows[i].text, strlen(rows[i].text));
        if (spf_macro_check(text, SPF_MACRO_IN_DOMAIN, &facts) != rows[i].in_domain ||
            spf_macro_check(text, SPF_MACRO_IN_EXPLANATION, &facts) != rows[i].in_explanation) {
            fail_msg("%s", rows[i].text);
        }
        cliff_free(text);
    }
}

static void facts_name_letters_and_the_end(void **state)
{
    (void)state;
    struct spf_macro_facts facts;
    assert_true(spf_macro_check(SPAN("%{I}.x.%{d2}"), SPF_MACRO_IN_DOMAIN, &facts));
    assert_int_equal(facts.letters, SPF_LETTER('i') | SPF_LETTER('d'));
    assert_true(facts.ends_in_expand);
    assert_true(spf_macro_check(SPAN("%{i}.com"), SPF_MACRO_IN_DOMAIN, &facts));
    assert_false(facts.ends_in_expand);
    assert_int_equal(facts.last_expand_end, 4);
}

static void an_unknown_letter_is_unknown_not_empty(void **state)
{
    (void)state;
    struct spf_macro_values values = { .known = 0 };
    char out[64];
    size_t len = 0;
    spf_macro_set(&values, 'd', SPAN("example.com"));
    assert_int_equal(spf_macro_expand(SPAN("%{i}.%{d}"), SPF_MACRO_IN_DOMAIN, &values, out, sizeof(out), &len),
                     SPF_MACRO_UNKNOWN);
    assert_int_equal(spf_macro_expand(SPAN("%{d}%{d}"), SPF_MACRO_IN_DOMAIN, &values, out, 21, &len),
                     SPF_MACRO_TOO_LONG);
    assert_int_equal(spf_macro_expand(SPAN("%{d}%{d}"), SPF_MACRO_IN_DOMAIN, &values, out, 22, &len), SPF_MACRO_DONE);
    assert_int_equal(spf_macro_expand(SPAN("%"), SPF_MACRO_IN_DOMAIN, &values, out, 22, &len), SPF_MACRO_BAD);
}

static void long_names_lose_labels_from_the_left(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'a', sizeof(text));
    for (size_t i = 49; i < sizeof(text); i += 50) {
        text[i] = '.';
    }
    span name = spf_macro_truncate(span_of(text, 299)); /* 7.3: 299 bytes, six labels of 49 */
    assert_int_equal(name.len, 249);
    assert_int_equal(spf_macro_truncate(span_of(text, 253)).len, 253);
    assert_int_equal(spf_macro_truncate(SPAN("example.com.")).len, 11);
    memset(text, 'a', sizeof(text));
    assert_int_equal(spf_macro_truncate(span_of(text, 300)).len, 0);
}

static void names_are_escaped_or_refused(void **state)
{
    (void)state;
    char buffer[SPF_QNAME_SIZE];
    span name;
    assert_true(spf_name_from_text(SPAN("_SPF.Example.COM."), buffer, &name));
    assert_true(span_equal(name, SPAN("_spf.example.com")));
    assert_true(spf_name_from_text(SPAN("a:b.example"), buffer, &name));
    assert_true(span_equal(name, SPAN("a\\058b.example")));
    assert_false(spf_name_from_text(SPAN(""), buffer, &name));
    assert_false(spf_name_from_text(SPAN("."), buffer, &name));
    assert_false(spf_name_from_text(SPAN("a..b"), buffer, &name));
    assert_false(spf_name_from_text(SPAN(".a"), buffer, &name));
    char label[70];
    memset(label, 'a', sizeof(label));
    memcpy(label + 64, ".com", 4);
    assert_false(spf_name_from_text(span_of(label, 68), buffer, &name));
    assert_true(spf_name_from_text(span_of(label + 1, 67), buffer, &name));
    assert_true(spf_name_is_plain(SPAN("_a-b.example.")));
    assert_false(spf_name_is_plain(SPAN("https://example.com")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_rfc_7208_7_4),
        cmocka_unit_test(other_expansions),
        cmocka_unit_test(the_grammar_of_7_1),
        cmocka_unit_test(facts_name_letters_and_the_end),
        cmocka_unit_test(an_unknown_letter_is_unknown_not_empty),
        cmocka_unit_test(long_names_lose_labels_from_the_left),
        cmocka_unit_test(names_are_escaped_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
