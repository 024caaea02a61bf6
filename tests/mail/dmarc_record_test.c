// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "scanner/mail/dmarc_record.h"
#include "scanner/mail/dmarc_uri.h"
#include "scanner/mail/freemail.h"
#include "tests/support/cliff.h"

static void only_exact_versions_are_records(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum dmarc_text expected;
    } cases[] = {
        { "v=DMARC1", DMARC_TEXT_RECORD },
        { "v=DMARC1;", DMARC_TEXT_RECORD },
        { "v=DMARC1; p=none", DMARC_TEXT_RECORD },
        { "V \t= \tDMARC1 ; p=none", DMARC_TEXT_RECORD },
        { "v=DMARC1  ", DMARC_TEXT_RECORD },
        { "v=DMARC1 p=none", DMARC_TEXT_LOOKALIKE },   /* the value is then "DMARC1 p=none" */
        { "v=dmarc1; p=none", DMARC_TEXT_LOOKALIKE },  /* RFC 9989 4.8: case-sensitive */
        { "v=DMARC10; p=none", DMARC_TEXT_LOOKALIKE },
        { "v=DMARC2; p=none", DMARC_TEXT_LOOKALIKE },
        { "v=DMARC; p=none", DMARC_TEXT_LOOKALIKE },
        { "v:DMARC1; p=none", DMARC_TEXT_LOOKALIKE },
        { "DMARC1; p=none", DMARC_TEXT_LOOKALIKE },
        { "v=DKIM1; p=MIIB", DMARC_TEXT_LOOKALIKE },
        { "p=none", DMARC_TEXT_LOOKALIKE },
        { "p=Reject; rua=mailto:a@b", DMARC_TEXT_LOOKALIKE },
        { " v=DMARC1; p=none", DMARC_TEXT_LEADING_WHITESPACE },
        { "\tv=DMARC1; p=none", DMARC_TEXT_LEADING_WHITESPACE },
        { "\nv=DMARC1; p=none", DMARC_TEXT_LEADING_WHITESPACE },
        { "\"v=DMARC1; p=none\"", DMARC_TEXT_QUOTED },
        { "\\\"v=DMARC1; p=none\\\"", DMARC_TEXT_QUOTED },
        { "p=none; v=DMARC1; rua=mailto:a@b", DMARC_TEXT_VERSION_NOT_FIRST },
        { "v=spf1 -all", DMARC_TEXT_SPF },
        { "V=SPF1 -all", DMARC_TEXT_SPF },
        { "", DMARC_TEXT_UNRELATED },
        { "v", DMARC_TEXT_UNRELATED },
        { "v=", DMARC_TEXT_UNRELATED },
        { "google-site-verification=x", DMARC_TEXT_UNRELATED },
        { "p=MIIB", DMARC_TEXT_UNRELATED },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        span text = cliff_new(cases[i].text, strlen(cases[i].text));
        if (dmarc_text_kind(text) != cases[i].expected) {
            fail_msg("%s: %d", cases[i].text, (int)dmarc_text_kind(text));
        }
        cliff_free(text);
    }
}

/* "id[severity letter](detail)" of all findings, in catalogue order within a severity. */
static void describe(const struct findings *findings, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < findings->count && len < size; i++) {
        const struct finding *f = &findings->items[i];
        len += (size_t)snprintf(out + len, size - len, "%s%s%c", i ? " " : "", finding_kind(f->id)->id + 6,
                                "EWI"[f->severity]);
        if (f->detail.len > 0 && len < size) {
            len += (size_t)snprintf(out + len, size - len, "(%.*s)", SPAN_ARG(f->detail));
        }
    }
}

static void tags_and_what_is_wrong_with_them(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *expected;
    } cases[] = {
        { "nothing wrong", "v=DMARC1; p=none; rua=mailto:a@b.example", "" },
        { "nothing wrong without blanks, with a final semicolon", "v=DMARC1;p=none;", "" },
        { "names and values in any case", "v=DMARC1; P=NONE; ADKIM=R; FO=D:S; ruf=mailto:a@b.c", "" },
        { "bare", "v=DMARC1", "p_missingE no_semicolonW" },
        { "no p, but a rua", "v=DMARC1; rua=mailto:a@b.example", "p_missingW" },
        { "p later", "v=DMARC1; sp=none; p=none", "p_not_secondI" },
        { "p empty", "v=DMARC1; p=", "p_invalidE" },
        { "p misspelt", "v=DMARC1; p=rejected", "p_invalidE(rejected)" },
        { "p by its first letters is no p", "v=DMARC1; p=r", "p_invalidE(r)" },
        { "p with a typographic quote", "v=DMARC1; p=none\xe2\x80\x9d", "p_invalidE(none\xe2\x80\x9d) non_asciiE(p=none\xe2\x80\x9d)" },
        { "sp, np bad", "v=DMARC1; p=none; sp=x; np=y", "sp_invalidE(x) np_invalidE(y)" },
        { "a blank for a semicolon", "v=DMARC1; p=none sp=none", "p_invalidE(none sp=none) stray_tokenW(p=none sp=none)" },
        { "a comma for a semicolon", "v=DMARC1; p=none, sp=none", "p_invalidE(none, sp=none) stray_tokenW(p=none, sp=none)" },
        { "a blank for a semicolon behind aspf", "v=DMARC1; p=none; aspf=s rua=x", "tag_invalidW(aspf=s rua=x) stray_tokenW(aspf=s rua=x)" },
        { "a colon for an equals sign", "v=DMARC1; p=none; fo:0", "stray_tokenW(fo:0)" },
        { "no p but a colon", "v=DMARC1; p:reject", "p_missingE stray_tokenW(p:reject)" },
        { "empty element", "v=DMARC1; p=none;; sp=none", "stray_tokenW(empty element)" },
        { "stray word", "v=DMARC1; p=none; reject", "stray_tokenW(reject)" },
        { "bad values fall to the default", "v=DMARC1; p=none; adkim=x; aspf=; psd=1; t=yes; pct=101; ri=1d; rf=pdf",
          "tag_invalidW(adkim=x; aspf=; psd=1; t=yes; pct=101; ri=1d; rf=pdf) removed_tagI(pct; ri; rf)" },
        { "fo with both", "v=DMARC1; p=none; fo=0:1; ruf=mailto:a@b.c", "fo_conflictW(0:1)" },
        { "fo twice the same", "v=DMARC1; p=none; fo=d:d; ruf=mailto:a@b.c", "fo_conflictW(d:d)" },
        { "fo unknown", "v=DMARC1; p=none; fo=x; ruf=mailto:a@b.c", "tag_invalidW(fo=x)" },
        { "fo without ruf", "v=DMARC1; p=none; fo=1", "fo_without_rufI" },
        { "removed tags", "v=DMARC1; p=none; pct=100; rf=afrf; ri=86400", "removed_tagI(pct; rf; ri)" },
        { "iodef", "v=DMARC1; p=none; rf=iodef", "removed_tagI(rf) rf_iodefI(iodef)" },
        { "repeated, the same", "v=DMARC1; p=none; adkim=r; adkim=R", "duplicate_tagW(adkim)" },
        { "repeated, different", "v=DMARC1; p=none; rua=mailto:a@b.c; rua=mailto:d@e.f", "duplicate_tagE(rua)" },
        { "p repeated, different", "v=DMARC1; p=none; p=reject", "duplicate_tagE(p)" },
        { "unknown", "v=DMARC1; p=none; x=y", "unknown_tagI(x)" },
        { "unknown, a slip", "v=DMARC1; p=none; rau=y; adkm=r; policy=none; rua_=x",
          "unknown_tagW(rau: meant rua; adkm: meant adkim; policy: meant p; rua_: meant rua)" },
        { "semicolon between URIs", "v=DMARC1; p=none; ruf=mailto:a@b.c; mailto:d@e.f; g@h.i",
          "ruf_invalidE(mailto:d@e.f; g@h.i) stray_tokenW(mailto:d@e.f; g@h.i)" },
        { "strict", "v=DMARC1; p=none; adkim=s; aspf=s", "strict_alignmentI(adkim, aspf)" },
        { "strict in one", "v=DMARC1; p=none; aspf=s", "strict_alignmentI(aspf)" },
        { "no record, no findings", "v=DMARC2; p=x", "" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static char memory[1 << 14];
        struct arena arena;
        struct findings findings;
        struct dmarc_record record;
        char text[1024];
        arena_init(&arena, memory, sizeof(memory), 0);
        findings_init(&findings, &arena);
        span input = cliff_new(cases[i].text, strlen(cases[i].text));
        dmarc_record_parse(input, &record, &findings);
        findings_sort(&findings);
        describe(&findings, text, sizeof(text));
        if (strcmp(text, cases[i].expected) != 0) {
            fail_msg("%s:\n  expected %s\n  got      %s", cases[i].name, cases[i].expected, text);
        }
        cliff_free(input);
    }
}

static void a_record_is_read_in_full(void **state)
{
    (void)state;
    struct dmarc_record r;
    dmarc_record_parse(SPAN("v=DMARC1; p=quarantine; sp=reject; np=none; t=y; psd=n; adkim=s; fo=1:d:s; pct=7; "
                            "rua=mailto:a@b.example; ruf=mailto:c@d.example"), &r, NULL);
    assert_int_equal(r.p.policy, DMARC_POLICY_QUARANTINE);
    assert_int_equal(r.sp.policy, DMARC_POLICY_REJECT);
    assert_int_equal(r.np.policy, DMARC_POLICY_NONE);
    assert_true(r.is_testing && r.has_pct && r.has_rua && r.has_ruf && r.has_report_uri && !r.has_conflict);
    assert_int_equal(r.psd, DMARC_PSD_NO);
    assert_int_equal(r.adkim, DMARC_STRICT);
    assert_int_equal(r.aspf, DMARC_RELAXED);
    assert_int_equal(r.pct, 7);
    assert_int_equal(r.fo_count, 3);
    assert_true(span_equal(r.fo[2], SPAN("s")));
    assert_true(span_equal(r.ruf, SPAN("mailto:c@d.example")));
}

static void uris_are_read_as_written(void **state)
{
    (void)state;
    /* "host" of a good mailto or https, "-" for another good URI, "!" for a bad one; "+" when it has a size limit */
    static const struct {
        const char *list, *expected;
    } cases[] = {
        { "mailto:a@b.example", "b.example" },
        { "MAILTO:a@B.Example.", "B.Example" },
        { "mailto:a@b.example!10m , mailto:c@d.example", "b.example+ d.example" },
        { "mailto:a@b.example!10", "b.example+" },
        { "mailto:a@b.example!x", "!" },
        { "mailto:a!b@c.example", "!" },
        { "a@b.example", "!" },
        { "mailto:", "!" },
        { "mailto:a", "!" },
        { "mailto:@b.example", "!" },
        { "mailto:a@", "!" },
        { "mailto:a@b..c", "!" },
        { "mailto: a@b.example", "!" },
        { "mailto:a@b.example mailto:c@d.example", "!" },
        { "mailto://a@b.example", "!" },
        { "mailto:a@b.example?subject=x", "b.example" },
        { "mailto:a%2cb@c.example", "c.example" },
        { "mailto:a%2@c.example", "!" },
        { "mailto:<a@b.example>", "!" },
        { "mailto:a@[192.0.2.1]", "!" },
        { "mailto:a@b@c.example", "!" },
        { "https://b.example/x", "b.example" },
        { "https://u@b.example:8443?x", "b.example" },
        { "https:b.example", "!" },
        { "ftp://b.example/", "-" },
        { "mailto:a@b.example,,mailto:c@d.example", "b.example ! d.example" },
        { "", "" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        span list = cliff_new(cases[i].list, strlen(cases[i].list)), rest = list;
        struct dmarc_uri uri;
        char text[256] = "";
        size_t len = 0;
        while (dmarc_uri_next(&rest, &uri)) {
            span shown = !uri.is_wellformed ? SPAN("!") : uri.host.len > 0 ? uri.host : SPAN("-");
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s%s", len ? " " : "", SPAN_ARG(shown),
                                    uri.has_size_limit ? "+" : "");
        }
        if (strcmp(text, cases[i].expected) != 0) {
            fail_msg("%s: %s", cases[i].list, text);
        }
        cliff_free(list);
    }
}

static void mailbox_services_are_known(void **state)
{
    (void)state;
    assert_true(freemail_has(SPAN("gmail.com")));
    assert_true(freemail_has(SPAN("GMX.de")));
    assert_true(freemail_has(SPAN("126.com")));
    assert_true(freemail_has(SPAN("zohomail.com")));
    assert_false(freemail_has(SPAN("mail.gmail.com")));
    assert_false(freemail_has(SPAN("example.com")));
    assert_false(freemail_has(SPAN("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_exact_versions_are_records),
        cmocka_unit_test(tags_and_what_is_wrong_with_them),
        cmocka_unit_test(a_record_is_read_in_full),
        cmocka_unit_test(uris_are_read_as_written),
        cmocka_unit_test(mailbox_services_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
