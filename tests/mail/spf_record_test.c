// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "scanner/mail/spf_macro.h"
#include "scanner/mail/spf_record.h"
#include "scanner/mail/spf_select.h"
#include "tests/support/cliff.h"

static void selection_wants_the_exact_version(void **state)
{
    (void)state;
    /* RFC 7208 4.5; posture.md 2.3 spf_lookalike, spf_leading_whitespace, spf_quoted, spf_sender_id */
    static const struct {
        const char *text;
        enum spf_text_kind kind;
    } rows[] = {
        { "v=spf1", SPF_TEXT_RECORD },
        { "v=spf1 -all", SPF_TEXT_RECORD },
        { "V=SPF1 -ALL", SPF_TEXT_RECORD },
        { "v=spf1  ", SPF_TEXT_RECORD },
        { "v=spf10", SPF_TEXT_LOOKALIKE },
        { "v=spf2 -all", SPF_TEXT_LOOKALIKE },
        { "v=spf1; -all", SPF_TEXT_LOOKALIKE },
        { "v=spf1, -all", SPF_TEXT_LOOKALIKE },
        { "v=spf1: -all", SPF_TEXT_LOOKALIKE },
        { "v=spf1\t-all", SPF_TEXT_LOOKALIKE },
        { "v=spf 1 -all", SPF_TEXT_LOOKALIKE },
        { "spf1 -all", SPF_TEXT_LOOKALIKE },
        { "vspf1 -all", SPF_TEXT_LOOKALIKE },
        { "v-spf1 -all", SPF_TEXT_LOOKALIKE },
        { "v=spf1-all", SPF_TEXT_LOOKALIKE },
        { "v = spf1 -all", SPF_TEXT_LOOKALIKE },
        { "\xef\xbb\xbfv=spf1 -all", SPF_TEXT_LOOKALIKE },
        { "v=spf1\xc2\xa0-all", SPF_TEXT_LOOKALIKE },
        { " v=spf1 -all", SPF_TEXT_LEADING_WHITESPACE },
        { "\tv=spf1 -all", SPF_TEXT_LEADING_WHITESPACE },
        { "\"v=spf1 -all\"", SPF_TEXT_QUOTED },
        { "\\\"v=spf1 -all\\\"", SPF_TEXT_QUOTED },
        { "\"hello\"", SPF_TEXT_OTHER },
        { "spf2.0/pra include:x.example", SPF_TEXT_SENDER_ID },
        { "spf2.0/mfrom,pra -all", SPF_TEXT_SENDER_ID },
        { "spf-verification=1", SPF_TEXT_OTHER },
        { "spf1234abcd", SPF_TEXT_OTHER },
        { "google-site-verification=x", SPF_TEXT_OTHER },
        { "", SPF_TEXT_OTHER },
        { " ", SPF_TEXT_OTHER },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        span text = cliff_new(rows[i].text, strlen(rows[i].text));
        if (spf_text_classify(text) != rows[i].kind) {
            fail_msg("%s is %d", rows[i].text, (int)spf_text_classify(text));
        }
        cliff_free(text);
    }
}

static void of_several_records_the_first_by_bytes_is_kept(void **state)
{
    (void)state;
    /* RFC 7208 4.5; record.md decided case 28 */
    const struct txt_record txt[] = { { .text = SPAN("v=spf1 mx -all") },
                                      { .text = SPAN("other") },
                                      { .text = SPAN("v=spf1 -all") },
                                      { .text = SPAN("v=spf1 a -all") } };
    struct rrset rrset = { .outcome = DNS_ANSWERED, .count = 4, .txt = txt };
    struct spf_selection selection;
    spf_select(&rrset, &selection);
    assert_int_equal(selection.count, 3);
    assert_ptr_equal(selection.record, &txt[2]);
    rrset.outcome = DNS_TIMEOUT;
    spf_select(&rrset, &selection);
    assert_int_equal(selection.count, 0);
}

#define GOOD FINDING_COUNT

/* RFC 7208 12 and the sections of the single terms. */
static const struct {
    const char *term;
    enum finding_id fault;
} terms[] = {
    /* 5.1 all */
    { "all", GOOD },
    { "-ALL", GOOD },
    { "all/24", FINDING_SPF_BAD_CIDR },
    { "-all.", FINDING_SPF_UNKNOWN_MECHANISM },
    { "-all;", FINDING_SPF_UNKNOWN_MECHANISM },
    { "all:example.com", FINDING_SPF_UNKNOWN_MECHANISM },
    /* 5.2 include, 7.1 domain-spec */
    { "include:example.com", GOOD },
    { "+InClUdE:_spf.Example.COM.", GOOD },
    { "include", FINDING_SPF_MISSING_VALUE },
    { "include:", FINDING_SPF_MISSING_VALUE },
    { "include:com", FINDING_SPF_BAD_DOMAIN },
    { "include:example.com.123", FINDING_SPF_BAD_DOMAIN },
    { "include:example.com..", FINDING_SPF_BAD_DOMAIN },
    { "include:example.com,", FINDING_SPF_BAD_DOMAIN },
    { "include:example.com;", FINDING_SPF_BAD_DOMAIN },
    { "include:<example.com>", FINDING_SPF_BAD_DOMAIN },
    { "include:192.0.2.1", FINDING_SPF_BAD_DOMAIN },
    { "include:example.c_m", FINDING_SPF_BAD_DOMAIN },
    { "include:example.-com", FINDING_SPF_BAD_DOMAIN },
    { "include:example.com-", FINDING_SPF_BAD_DOMAIN },
    { "include:example.1-2", GOOD },
    { "include:example.xn--p1ai", GOOD },
    { "include:example.com/24", FINDING_SPF_BAD_CIDR },
    { "include/24", FINDING_SPF_BAD_CIDR },
    { "include:https://example.com", GOOD },
    { "include:user@example.com", GOOD },
    { "include:%{d}", GOOD },
    { "include:%{i}._spf.%{d2}", GOOD },
    { "include:%{i}com", FINDING_SPF_BAD_DOMAIN },
    { "include:a.%{i}com", FINDING_SPF_BAD_DOMAIN },
    { "include:%{x}.com", FINDING_SPF_BAD_MACRO },
    { "include:%{c}.com", FINDING_SPF_BAD_MACRO },
    { "include:%{d0}.com", FINDING_SPF_BAD_MACRO },
    { "include:100%.com", FINDING_SPF_BAD_MACRO },
    { "include:a%%b.com", GOOD },
    { "include:foo%-", GOOD },
    /* 5.3, 5.4 a and mx */
    { "a", GOOD },
    { "a:", FINDING_SPF_MISSING_VALUE },
    { "a:/24", FINDING_SPF_MISSING_VALUE },
    { "a/24", GOOD },
    { "a/0", GOOD },
    { "a/00", FINDING_SPF_BAD_CIDR },
    { "a/024", FINDING_SPF_BAD_CIDR },
    { "a/33", FINDING_SPF_BAD_CIDR },
    { "a/", FINDING_SPF_BAD_CIDR },
    { "a/24/64", FINDING_SPF_BAD_CIDR },
    { "a//64", GOOD },
    { "a/24//64", GOOD },
    { "a/24//129", FINDING_SPF_BAD_CIDR },
    { "a/24//", FINDING_SPF_BAD_CIDR },
    { "a//128", GOOD },
    { "a///64", FINDING_SPF_BAD_CIDR },
    { "a:example.com/24//64", GOOD },
    { "a:example.com/33", FINDING_SPF_BAD_CIDR },
    { "a:example.com/x", FINDING_SPF_BAD_DOMAIN },
    { "a:example.com/2x", FINDING_SPF_BAD_CIDR },
    { "a:%{d}/24", GOOD },
    { "a:%{d/}", GOOD },
    { "a:1.2.3.4", FINDING_SPF_BAD_DOMAIN },
    { "a:1.2.3.4/24", FINDING_SPF_BAD_DOMAIN },
    { "a:mail", FINDING_SPF_BAD_DOMAIN },
    { "a:foo/bar.example.com", GOOD },
    { "mx", GOOD },
    { "?MX:example.com//0", GOOD },
    { "mx:", FINDING_SPF_MISSING_VALUE },
    /* 5.5 ptr */
    { "ptr", GOOD },
    { "ptr:example.com", GOOD },
    { "ptr/24", FINDING_SPF_BAD_CIDR },
    { "ptr:", FINDING_SPF_MISSING_VALUE },
    /* 5.6 ip4, ip6 */
    { "ip4:192.0.2.1", GOOD },
    { "ip4:0.0.0.0/0", GOOD },
    { "ip4:192.0.2.1/32", GOOD },
    { "ip4:192.0.2.1/33", FINDING_SPF_BAD_CIDR },
    { "ip4:192.0.2.1/08", FINDING_SPF_BAD_CIDR },
    { "ip4:192.0.2.1/", FINDING_SPF_BAD_CIDR },
    { "ip4:192.0.2.0/24/24", FINDING_SPF_BAD_CIDR },
    { "ip4:192.0.2.0/24//64", FINDING_SPF_BAD_CIDR },
    { "ip4:192.0.2.0/255.255.255.0", FINDING_SPF_BAD_CIDR },
    { "ip4:192.0.2", FINDING_SPF_BAD_IP4 },
    { "ip4:192.0.2.256", FINDING_SPF_BAD_IP4 },
    { "ip4:192.0.2.01", FINDING_SPF_BAD_IP4 },
    { "ip4:192.0.2.1.", FINDING_SPF_BAD_IP4 },
    { "ip4:192.0.2.1:25", FINDING_SPF_BAD_IP4 },
    { "ip4:192.0.2.1,192.0.2.2", FINDING_SPF_BAD_IP4 },
    { "ip4:2001:db8::1", FINDING_SPF_BAD_IP4 },
    { "ip4:example.com", FINDING_SPF_BAD_IP4 },
    { "ip4:", FINDING_SPF_MISSING_VALUE },
    { "ip4", FINDING_SPF_MISSING_VALUE },
    { "ip4:/24", FINDING_SPF_MISSING_VALUE },
    { "ip6:2001:db8::1", GOOD },
    { "ip6:::", GOOD },
    { "ip6:::1/128", GOOD },
    { "ip6:2001:DB8::/32", GOOD },
    { "ip6:::ffff:192.0.2.1", GOOD },
    { "ip6:2001:db8::/129", FINDING_SPF_BAD_CIDR },
    { "ip6:2001:db8::1::2", FINDING_SPF_BAD_IP6 },
    { "ip6:2001:db8:1:2:3:4:5", FINDING_SPF_BAD_IP6 },
    { "ip6:192.0.2.1", FINDING_SPF_BAD_IP6 },
    { "ip6:[2001:db8::1]", FINDING_SPF_BAD_IP6 },
    { "ip6:", FINDING_SPF_MISSING_VALUE },
    /* 5.7 exists */
    { "exists:%{i}.example.com", GOOD },
    { "exists", FINDING_SPF_MISSING_VALUE },
    { "exists:", FINDING_SPF_MISSING_VALUE },
    { "exists:example.com/24", FINDING_SPF_BAD_CIDR },
    /* 6 modifiers */
    { "redirect=_spf.example.com", GOOD },
    { "REDIRECT=%{d}.example.com", GOOD },
    { "redirect=", FINDING_SPF_MISSING_VALUE },
    { "redirect=com", FINDING_SPF_BAD_DOMAIN },
    { "redirect:example.com", FINDING_SPF_MODIFIER_COLON },
    { "exp:example.com", FINDING_SPF_MODIFIER_COLON },
    { "exp=explain._spf.%{d}", GOOD },
    { "-redirect=example.com", FINDING_SPF_QUALIFIER_ON_MODIFIER },
    { "~exp=example.com", FINDING_SPF_QUALIFIER_ON_MODIFIER },
    { "ra=postmaster", GOOD },
    { "op=pra", GOOD },
    { "x=", GOOD },
    { "moo.cow-far_out=man:dog/cat", GOOD },
    { "x=%", FINDING_SPF_BAD_MACRO },
    { "x=%{d}%%", GOOD },
    { "1x=y", FINDING_SPF_UNKNOWN_MECHANISM },
    { "=y", FINDING_SPF_UNKNOWN_MECHANISM },
    { "include=example.com", GOOD }, /* legal and useless: spf_mechanism_equals */
    { "default=unknown-all", GOOD }, /* posture.md 2.10 point 7: legal in an unknown modifier */
    /* 4.6.1 names */
    { "ipv4:192.0.2.1", FINDING_SPF_UNKNOWN_MECHANISM },
    { "inlcude:example.com", FINDING_SPF_UNKNOWN_MECHANISM },
    { "mail", FINDING_SPF_UNKNOWN_MECHANISM },
    { "\\n", FINDING_SPF_UNKNOWN_MECHANISM },
    { "a.example.com", FINDING_SPF_UNKNOWN_MECHANISM },
    { "\"", FINDING_SPF_UNKNOWN_MECHANISM },
    { "192.0.2.1", FINDING_SPF_BARE_ADDRESS },
    { "+192.0.2.0/24", FINDING_SPF_BARE_ADDRESS },
    { "2001:db8::1", FINDING_SPF_BARE_ADDRESS },
    { "fe80::1/64", FINDING_SPF_BARE_ADDRESS },
    { "--all", FINDING_SPF_QUALIFIER_DOUBLE },
    { "-~all", FINDING_SPF_QUALIFIER_DOUBLE },
    { "-", FINDING_SPF_QUALIFIER_DOUBLE },
    /* missing spaces */
    { "ip4:192.0.2.0/24~all", FINDING_SPF_MISSING_SPACE },
    { "ip4:192.0.2.1-all", FINDING_SPF_MISSING_SPACE },
    { "ip4:192.0.2.1include:example.com", FINDING_SPF_MISSING_SPACE },
    { "ip4:192.0.2.1,ip4:192.0.2.2", FINDING_SPF_MISSING_SPACE },
    { "include:example.com~all", FINDING_SPF_MISSING_SPACE },
    { "mxinclude:example.com", FINDING_SPF_MISSING_SPACE },
    { "mx-all", FINDING_SPF_MISSING_SPACE },
    { "~all-all", FINDING_SPF_MISSING_SPACE },
    { "iip4:192.0.2.1", FINDING_SPF_UNKNOWN_MECHANISM },
    /* bytes */
    { "\xe2\x80\x93" "all", FINDING_SPF_NON_ASCII },
    { "a\tmx", FINDING_SPF_CONTROL_CHARACTER },
    { "a\x7f", FINDING_SPF_CONTROL_CHARACTER },
};

static void each_fault_has_its_finding(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        span text = cliff_new(terms[i].term, strlen(terms[i].term));
        struct spf_term term;
        enum finding_id fault = spf_term_parse(text, &term);
        if (fault != terms[i].fault) {
            fail_msg("%s: %s", terms[i].term, fault == GOOD ? "good" : finding_kind(fault)->id);
        }
        cliff_free(text);
    }
}

static void a_fault_anywhere_breaks_the_record(void **state)
{
    (void)state;
    /* RFC 7208 4.6, 6, 12; posture.md 2.10 point 1 */
    static const struct {
        const char *record;
        bool is_valid;
        enum finding_id fault;
        const char *term;
    } rows[] = {
        { "v=spf1", true, GOOD, "" },
        { "v=spf1 ", true, GOOD, "" },
        { "v=spf1   a    mx   -all   ", true, GOOD, "" },
        { "v=spf1 -all ipv4:192.0.2.1", false, FINDING_SPF_UNKNOWN_MECHANISM, "ipv4:192.0.2.1" },
        { "v=spf1 redirect=a.example redirect=b.example", false, FINDING_SPF_MODIFIER_REPEATED, "redirect=b.example" },
        { "v=spf1 exp=a.example -all exp=a.example", false, FINDING_SPF_MODIFIER_REPEATED, "exp=a.example" },
        { "v=spf1 - all", false, FINDING_SPF_QUALIFIER_DOUBLE, "-" },
        { "v=spf1 ra=a ra=b -all", true, GOOD, "" },
        { "v=spf1 a v=spf1 mx", true, GOOD, "" },
    };
    static char memory[1 << 16];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena arena;
        struct spf_record record;
        arena_init(&arena, memory, sizeof(memory), 0);
        span text = cliff_new(rows[i].record, strlen(rows[i].record));
        spf_record_parse(text, &arena, &record);
        if (record.outline.is_valid != rows[i].is_valid || record.outline.fault != rows[i].fault ||
            !span_equal(record.outline.faulty_term, span_from_cstr(rows[i].term))) {
            fail_msg("%s", rows[i].record);
        }
        cliff_free(text);
    }
}

static void terms_keep_what_was_written(void **state)
{
    (void)state;
    static char memory[1 << 16];
    struct arena arena;
    struct spf_record record;
    arena_init(&arena, memory, sizeof(memory), 0);
    spf_record_parse(SPAN("v=spf1 ~ip4:192.0.2.0/24 A:x.example/28//60 exists:%{I}.y.example ?all mx redirect=z.example"),
                     &arena, &record);
    assert_int_equal(record.term_count, 6);
    assert_int_equal(record.all_index, 3);
    assert_true(record.outline.has_all);
    const struct spf_term *t = record.terms;
    assert_int_equal(t[0].kind, SPF_TERM_IP4);
    assert_int_equal(t[0].qualifier, SPF_SOFTFAIL);
    assert_int_equal(t[0].prefix4, 24);
    assert_int_equal(t[1].prefix4, 28);
    assert_int_equal(t[1].prefix6, 60);
    assert_true(span_equal(t[1].domain, SPAN("x.example")));
    assert_int_equal(t[2].letters, SPF_LETTER('i'));
    assert_int_equal(t[3].qualifier, SPF_NEUTRAL);
    assert_int_equal(t[4].domain.len, 0);
    assert_int_equal(t[5].kind, SPF_TERM_REDIRECT);
    assert_true(span_equal(t[2].text, SPAN("exists:%{I}.y.example")));
}

static void too_many_terms_are_cut_and_said_so(void **state)
{
    (void)state;
    static char memory[1 << 20];
    static char text[2 * SPF_RECORD_TERMS_MAX + 16] = "v=spf1";
    for (size_t i = 0; i <= SPF_RECORD_TERMS_MAX; i++) {
        memcpy(text + 6 + 2 * i, " a", 2);
    }
    struct arena arena;
    struct spf_record record;
    arena_init(&arena, memory, sizeof(memory), 0);
    spf_record_parse(span_of(text, 6 + 2 * (SPF_RECORD_TERMS_MAX + 1)), &arena, &record);
    assert_true(record.outline.is_valid);
    assert_true(record.was_cut);
    assert_int_equal(record.term_count, SPF_RECORD_TERMS_MAX);
    arena_init(&arena, memory, 64, 0);
    spf_record_parse(SPAN("v=spf1 a mx -all"), &arena, &record);
    assert_true(record.was_cut);
    assert_int_equal(record.term_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selection_wants_the_exact_version),
        cmocka_unit_test(of_several_records_the_first_by_bytes_is_kept),
        cmocka_unit_test(each_fault_has_its_finding),
        cmocka_unit_test(a_fault_anywhere_breaks_the_record),
        cmocka_unit_test(terms_keep_what_was_written),
        cmocka_unit_test(too_many_terms_are_cut_and_said_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
