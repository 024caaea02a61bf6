// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/mail/providers.h"
#include "tests/support/cliff.h"

static const char sample[] =
    "# comment\n"
    "\n"
    "mx\tgoogle\taspmx.l.google.com\tmailbox\ta\n"
    "mx\tgoogle\t=smtp.google.com\tmailbox\ta\n"
    "mx\tgoogle-any\tgoogle.com\tmailbox\tw\n"
    "mx\tamazon-ses\tinbound-smtp.*.amazonaws.com\tesp\ta\n"
    "mx\taws\tamazonaws.com\thosting\tb\r\n"
    "mx\tnull\t=.\tparked\ta\n"
    "spf\tgoogle\t_spf.google.com\n"
    "spf-mgmt\tproofpoint-has\tspf.has.pphosted.com\tspf-management\ta\n"
    "spf\tproofpoint\tpphosted.com\tgateway\ta\n"
    "dkim-cname\tmicrosoft365\tonmicrosoft.com\tmailbox\ta\n"
    "dkim-selector\tgoogle\tgoogle\tmailbox\ta\n"
    "dkim-selector\tgoogle\tgoogle2048\tmailbox\ta\n"
    "dkim-selector\tgoogle\tweak\tmailbox\tw\n"
    "dkim-selector\tsparkpost\tscph*\tesp\ta\n"
    "dkim-selector\tpostmark\t*pm\tesp\tw\n"
    "dkim-selector\tovh\tscph-*-x\tesp\ta\n"
    "dmarc-cname\tvalimail\tvali.email\treporting\ta\n"
    "rua\tagari\tagari.com\treporting\ta\n"
    "tls-rpt\turiports\turiports.com\treporting\tb\n"
    "mta-sts-cname\ttutanota\ttutanota.de\tmailbox\tb\n"
    "ns-parking\tsedo\tsedoparking.com\tparked\tb\n"
    "txt-verification\tgoogle\tgoogle-site-verification=\tmailbox\ta\n"
    "txt-verification\tmailchannels\t_mailchannels\trelay\tb";

static struct provider_table *table_from(const char *text, size_t *bad_line)
{
    span copy = cliff_new(text, strlen(text));
    struct provider_table *table = provider_table_new(copy, bad_line);
    cliff_free(copy); /* the table keeps nothing of the text */
    return table;
}

static void matches_at_label_boundaries(void **state)
{
    (void)state;
    static const struct {
        enum provider_kind kind;
        const char *name, *provider; /* NULL: none */
    } rows[] = {
        { PROVIDER_MX, "aspmx.l.google.com", "google" },
        { PROVIDER_MX, "ALT1.ASPMX.L.Google.com", "google" },
        { PROVIDER_MX, "alt1.aspmx.l.google.com.", "google" },
        { PROVIDER_MX, "xaspmx.l.google.com", "google-any" },
        { PROVIDER_MX, "smtp.google.com", "google" },
        { PROVIDER_MX, "a.smtp.google.com", "google-any" },
        { PROVIDER_MX, "notgoogle.com", NULL },
        { PROVIDER_MX, "com", NULL },
        { PROVIDER_MX, "", NULL },
        { PROVIDER_MX, ".", "null" },
        { PROVIDER_MX, "a\\.google.com", NULL },
        { PROVIDER_MX, "a\\\\.google.com", "google-any" },
        { PROVIDER_MX, "inbound-smtp.eu-west-1.amazonaws.com", "amazon-ses" },
        { PROVIDER_MX, "x.inbound-smtp.eu-west-1.amazonaws.com", "amazon-ses" },
        { PROVIDER_MX, "inbound-smtp.amazonaws.com", "aws" },
        { PROVIDER_MX, "inbound-smtp.a.b.amazonaws.com", "aws" },
        { PROVIDER_MX, "inbound-smtp..amazonaws.com", "aws" },
        { PROVIDER_SPF, "_spf.google.com", "google" },
        { PROVIDER_SPF, "%{i}._spf.%{d}", NULL },
        { PROVIDER_SPF, "%{ir}.%{v}.%{d}.spf.has.pphosted.com", "proofpoint" },
        { PROVIDER_SPF, "%{d}spf.pphosted.com", "proofpoint" },
        { PROVIDER_SPF, "%{d}pphosted.com", NULL },
        { PROVIDER_SPF, "%{d", NULL },
        { PROVIDER_SPF, "%%.pphosted.com", "proofpoint" },
        { PROVIDER_SPF_MGMT, "%{ir}.%{v}.%{d}.spf.has.pphosted.com", "proofpoint-has" },
        { PROVIDER_DKIM_CNAME, "selector1-example-com._domainkey.contoso.onmicrosoft.com", "microsoft365" },
        { PROVIDER_DKIM_SELECTOR, "google", "google" },
        { PROVIDER_DKIM_SELECTOR, "GOOGLE2048", "google" },
        { PROVIDER_DKIM_SELECTOR, "xgoogle", NULL },
        { PROVIDER_DKIM_SELECTOR, "a.google", NULL },
        { PROVIDER_DKIM_SELECTOR, "scph0123", "sparkpost" },
        { PROVIDER_DKIM_SELECTOR, "scph-1-x", "ovh" },
        { PROVIDER_DKIM_SELECTOR, "20200101000000pm", "postmark" },
        { PROVIDER_DKIM_SELECTOR, "pmx", NULL },
        { PROVIDER_DMARC_CNAME, "x._d.vali.email", "valimail" },
        { PROVIDER_RUA, "rua.agari.com", "agari" },
        { PROVIDER_TLS_RPT, "uriports.com", "uriports" },
        { PROVIDER_MTA_STS_CNAME, "mta-sts.tutanota.de", "tutanota" },
        { PROVIDER_NS_PARKING, "ns1.sedoparking.com", "sedo" },
        { PROVIDER_TXT_VERIFICATION, "Google-Site-Verification=abc", "google" },
        { PROVIDER_TXT_VERIFICATION, "x google-site-verification=abc", NULL },
        { PROVIDER_TXT_VERIFICATION, "_mailchannels.example.com", "mailchannels" },
    };
    size_t bad_line;
    struct provider_table *table = table_from(sample, &bad_line);
    assert_non_null(table);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        span name = cliff_new(rows[i].name, strlen(rows[i].name));
        const struct provider *found = provider_find(table, rows[i].kind, name);
        if ((found != NULL) != (rows[i].provider != NULL) || (found && strcmp(found->name, rows[i].provider) != 0)) {
            print_error("%s: %s\n", rows[i].name, found ? found->name : "none");
            fail();
        }
        cliff_free(name);
    }
    provider_table_free(table);
}

static void names_are_interned_and_fields_kept(void **state)
{
    (void)state;
    size_t bad_line;
    struct provider_table *table = table_from(sample, &bad_line);
    const struct provider *mx = provider_find(table, PROVIDER_MX, SPAN("aspmx.l.google.com"));
    const struct provider *spf = provider_find(table, PROVIDER_SPF, SPAN("_spf.google.com"));
    assert_ptr_equal(mx->name, spf->name);
    assert_string_equal(mx->role, "mailbox");
    assert_string_equal(spf->role, "");
    assert_string_equal(mx->pattern, "aspmx.l.google.com");
    assert_false(mx->is_weak);
    assert_true(provider_find(table, PROVIDER_DKIM_SELECTOR, SPAN("weak"))->is_weak);
    assert_int_equal(provider_selector_count(table, "google"), 3);
    assert_string_equal(provider_selector(table, mx->name, 1), "google2048");
    assert_null(provider_selector(table, mx->name, 3));
    assert_int_equal(provider_selector_count(table, "sparkpost"), 0);
    assert_int_equal(provider_selector_count(table, "nobody"), 0);
    assert_true(provider_has_kind(table, "google", PROVIDER_SPF));
    assert_false(provider_has_kind(table, "google", PROVIDER_RUA));
    assert_false(provider_has_kind(table, "google-any", PROVIDER_MX)); /* weak */
    assert_false(provider_has_kind(table, "nobody", PROVIDER_MX));
    provider_table_free(table);
}

static void names_of_any_length(void **state)
{
    (void)state;
    size_t bad_line;
    struct provider_table *table = table_from(sample, &bad_line);
    static char name[1 << 20];
    memset(name, 'a', sizeof(name));
    assert_null(provider_find(table, PROVIDER_MX, span_of(name, sizeof(name))));
    for (size_t i = 1; i < sizeof(name); i += 2) {
        name[i] = '.';
    }
    memcpy(name + sizeof(name) - 11, ".google.com", 11);
    assert_string_equal(provider_find(table, PROVIDER_MX, span_of(name, sizeof(name)))->name, "google-any");
    memset(name, '\\', sizeof(name));
    assert_null(provider_find(table, PROVIDER_MX, span_of(name, sizeof(name))));
    assert_null(provider_find(table, PROVIDER_SPF, span_of(name, sizeof(name))));
    memset(name, '%', sizeof(name));
    assert_null(provider_find(table, PROVIDER_SPF, span_of(name, sizeof(name))));
    provider_table_free(table);
}

static void a_bad_line_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t line;
    } rows[] = {
        { "mx\tgoogle\tgoogle.com\nmxx\ta\tb.c\n", 2 }, { "mx\tgoogle\n", 1 },    { "mx\t\tgoogle.com", 1 },
        { "\n\nmx\tx\t=\n", 3 },                        { "mx\tx\ta*b.com\n", 1 }, { "mx\tx\tmail.*\n", 1 },
        { "mx google google.com\n", 1 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t bad_line = 0;
        assert_null(table_from(rows[i].text, &bad_line));
        assert_int_equal(bad_line, rows[i].line);
    }
    size_t bad_line = 0;
    assert_null(provider_table_new(span_of("mx\tx\ta\0b.c\n", 11), &bad_line));
    assert_int_equal(bad_line, 1);
    struct provider_table *table = table_from("", &bad_line);
    assert_non_null(table);
    assert_null(provider_find(table, PROVIDER_MX, SPAN("a.b")));
    provider_table_free(table);
}

static void selectors_in_rank_order(void **state)
{
    (void)state;
    size_t bad_line;
    static const char text[] = "# x\n1\tgoogle\t1\t-\tG\tGoogle\n2\tSelector1\t1\t-\n3\tselector2\t1\tselector1\tG\n4\tfm2\t2\tfm1";
    span copy = cliff_new(text, sizeof(text) - 1);
    struct selector_table *table = selector_table_new(copy, &bad_line);
    cliff_free(copy);
    assert_non_null(table);
    assert_int_equal(selector_table_count(table), 4);
    assert_true(span_equal(selector_table_row(table, 1)->selector, SPAN("selector1")));
    assert_int_equal(selector_table_row(table, 1)->after.len, 0);
    assert_true(span_equal(selector_table_row(table, 2)->after, SPAN("selector1")));
    assert_int_equal(selector_table_row(table, 3)->tier, 2);
    assert_null(selector_table_row(table, 4));
    assert_int_equal(selector_table_find(table, SPAN("FM2")), 3);
    assert_int_equal(selector_table_find(table, SPAN("nope")), 4);
    assert_true(selector_table_add(table, SPAN("Mine")));
    assert_true(selector_table_add(table, SPAN("selector2")));
    assert_int_equal(selector_table_count(table), 5);
    assert_true(span_equal(selector_table_row(table, 0)->selector, SPAN("selector2")));
    assert_int_equal(selector_table_row(table, 0)->after.len, 0);
    assert_true(span_equal(selector_table_row(table, 1)->selector, SPAN("mine")));
    assert_int_equal(selector_table_find(table, SPAN("google")), 2);
    assert_false(selector_table_add(table, SPAN("a..b")));
    assert_false(selector_table_add(table, SPAN("")));
    selector_table_free(table);
    assert_null(selector_table_new(SPAN("1\tgoogle\t1\t-\n2\tgo ogle\t1\t-\n"), &bad_line));
    assert_int_equal(bad_line, 2);
    assert_null(selector_table_new(SPAN("x\tgoogle\t1\t-\n"), &bad_line));
}

static void plain_selectors(void **state)
{
    (void)state;
    struct selector_table *table = selector_table_new_plain(SPAN("a, B ,c.d\r\n# no\ne #comment\n\na"));
    assert_non_null(table);
    assert_int_equal(selector_table_count(table), 4);
    assert_true(span_equal(selector_table_row(table, 1)->selector, SPAN("b")));
    assert_true(span_equal(selector_table_row(table, 3)->selector, SPAN("e")));
    assert_int_equal(selector_table_row(table, 3)->tier, 1);
    selector_table_free(table);
    assert_null(selector_table_new_plain(SPAN("a b")));
}

static span file_text(const char *path)
{
    static char bytes[1 << 17];
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    return span_of(bytes, len);
}

/* One of each kind in what we ship (tests run in the project's top folder). */
static void the_tables_we_ship(void **state)
{
    (void)state;
    static const struct {
        enum provider_kind kind;
        const char *name, *provider;
    } rows[] = {
        { PROVIDER_MX, "example-com.mail.protection.outlook.com", "microsoft365" },
        { PROVIDER_MX, "alt2.aspmx.l.google.com", "google" },
        { PROVIDER_SPF, "spf.protection.outlook.com", "microsoft365" },
        { PROVIDER_SPF_MGMT, "%{i}._ip.%{h}._ehlo.%{d}._spf.vali.email", "valimail" },
        { PROVIDER_DKIM_CNAME, "s1.domainkey.u1.wl1.sendgrid.net", "sendgrid" },
        { PROVIDER_DKIM_SELECTOR, "hs1-12345", "hubspot" },
        { PROVIDER_DMARC_CNAME, "example.com.hosteddmarc.dmarc-dns.com", "powerdmarc" },
        { PROVIDER_RUA, "rua.agari.com", "agari" },
        { PROVIDER_MTA_STS_CNAME, "x.uriports.com", "uriports" },
        { PROVIDER_NS_PARKING, "ns2.bodis.com", "bodis" },
        { PROVIDER_TXT_VERIFICATION, "MS=ms12345", "microsoft365" },
    };
    size_t bad_line = 0;
    struct provider_table *table = provider_table_new(file_text("lists/providers.tsv"), &bad_line);
    assert_int_equal(bad_line, 0);
    assert_non_null(table);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct provider *found = provider_find(table, rows[i].kind, span_from_cstr(rows[i].name));
        if (!found || strcmp(found->name, rows[i].provider) != 0) {
            print_error("%s: %s\n", rows[i].name, found ? found->name : "none");
            fail();
        }
    }
    provider_table_free(table);
    struct selector_table *selectors = selector_table_new(file_text("lists/selectors.txt"), &bad_line);
    assert_int_equal(bad_line, 0);
    assert_non_null(selectors);
    assert_int_equal(selector_table_find(selectors, SPAN("google")), 0);
    assert_true(selector_table_count(selectors) > 200);
    selector_table_free(selectors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_at_label_boundaries),
        cmocka_unit_test(names_are_interned_and_fields_kept),
        cmocka_unit_test(names_of_any_length),
        cmocka_unit_test(a_bad_line_is_named),
        cmocka_unit_test(selectors_in_rank_order),
        cmocka_unit_test(plain_selectors),
        cmocka_unit_test(the_tables_we_ship),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
