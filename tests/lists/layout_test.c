// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lists/layout.h"
#include "tests/support/cliff.h"

#include <errno.h>
#include <stdlib.h>

/* Each line of `list` through the layout: "kind|name,rank|..." with "-" for nothing, "!" for a bad line. */
static void layout_run(const char *list, const struct layout_wish *wish, char *out, size_t size)
{
    struct layout *layout;
    char error[LAYOUT_ERROR_SIZE];
    span bytes = cliff_new(list, strlen(list));
    int err = layout_new(&layout, wish, bytes.ptr, bytes.len, true, error, sizeof(error));
    if (err < 0) {
        snprintf(out, size, "error: %s", error);
        cliff_free(bytes);
        return;
    }
    size_t used = (size_t)snprintf(out, size, "%s", layout_kind_name(layout_get_kind(layout)));
    struct text rest = text_of(bytes.ptr, bytes.len);
    if (text_equal(text_first(rest, 3), TEXT("\xef\xbb\xbf"))) {
        rest = text_after(rest, 3);
    }
    while (rest.len > 0) {
        struct layout_fields fields;
        struct text line = text_cut(&rest, '\n');
        switch (layout_take_line(layout, line, false, &fields)) {
        case LAYOUT_LINE_NAME:
            used += (size_t)snprintf(out + used, size - used, "|%.*s", TEXT_ARG(fields.name));
            if (fields.rank > 0) {
                used += (size_t)snprintf(out + used, size - used, ",%llu", (unsigned long long)fields.rank);
            }
            if (fields.has_tag) {
                used += (size_t)snprintf(out + used, size - used, ",tag=%.*s", TEXT_ARG(fields.tag));
            }
            if (fields.selectors.len > 0) {
                used += (size_t)snprintf(out + used, size - used, ",sel=%.*s", TEXT_ARG(fields.selectors));
            }
            break;
        case LAYOUT_LINE_NOTHING:
            used += (size_t)snprintf(out + used, size - used, "|-");
            break;
        case LAYOUT_LINE_OPEN:
            used += (size_t)snprintf(out + used, size - used, "|...");
            break;
        case LAYOUT_LINE_BAD:
            assert_non_null(fields.reason);
            used += (size_t)snprintf(out + used, size - used, "|!");
            break;
        }
    }
    layout_free(layout);
    cliff_free(bytes);
}

struct row {
    const char *rule;
    const char *list;
    const char *expected;
    struct layout_wish wish;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char out[4096];
        layout_run(rows[i].list, &rows[i].wish, out, sizeof(out));
        if (strcmp(out, rows[i].expected) != 0) {
            print_error("%s:\n  got      %s\n  expected %s\n", rows[i].rule, out, rows[i].expected);
        }
        assert_string_equal(out, rows[i].expected);
    }
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void plain_lists(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "empty", "", "plain", { 0 } },
        { "names", "a.com\nb.com\n", "plain|a.com|b.com", { 0 } },
        { "no line feed at the end", "a.com\nb.com", "plain|a.com|b.com", { 0 } },
        { "CR LF", "a.com\r\nb.com\r\n", "plain|a.com|b.com", { 0 } },
        { "byte order mark",
          "\xef\xbb\xbf"
          "a.com\n",
          "plain|a.com",
          { 0 } },
        { "blank lines and comments", "# list\n\n  # more\na.com\n \t\n", "plain|-|-|-|a.com|-", { 0 } },
        { "comment behind a blank", "a.com # ours\nb.com\t#x\nc.com#d\n", "plain|a.com|b.com|c.com#d", { 0 } },
        { "URLs and mail", "https://a.com/x,y\njoe@b.com\n", "plain|https://a.com/x,y|joe@b.com", { 0 } },
        { "address with name, comma inside quotes",
          "\"Doe, J\" <j@a.com>\n\"X\" <x@b.com>\n",
          "csv|\"Doe, J\" <j@a.com>|\"X\" <x@b.com>",
          { 0 } },
        { "one odd line makes no CSV", "a.com\nb,c\nd.com\n", "plain|a.com|b,c|d.com", { 0 } },
        { "commas in a plain list when told so", "a.com,b\n", "plain|a.com,b", { .kind = LAYOUT_PLAIN } },
    };
    CHECK(rows);
}

static void known_lists(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "Tranco", "1,google.com\n2,b.com\n", "tranco|google.com,1|b.com,2", { 0 } },
        { "Tranco with CR LF", "1,google.com\r\n2,b.com\r\n", "tranco|google.com,1|b.com,2", { 0 } },
        { "Umbrella told", "1,netflix.com\n2,com\n", "umbrella|netflix.com,1|com,2", { .kind = LAYOUT_UMBRELLA } },
        { "quoted rank list", "\"1\",\"a.com\",\"9.9\"\n\"2\",\"b.com\",\"9\"\n", "tranco|a.com,1|b.com,2", { 0 } },
        { "rank list told, with header", "rank,domain\n1,a.com\n", "tranco|-|a.com,1", { .kind = LAYOUT_TRANCO } },
        { "line without name", "1,a.com\n2\n3,c.com\n", "tranco|a.com,1|!|c.com,3", { 0 } },
        { "Majestic",
          "GlobalRank,TldRank,Domain,TLD,RefSubNets\n1,1,google.com,com,5\n2,2,b.com,com,4\n",
          "majestic|-|google.com,1|b.com,2",
          { 0 } },
        { "Majestic cut from the middle", "7,1,a.com,com,5\n", "majestic|a.com,7", { .kind = LAYOUT_MAJESTIC } },
        { "CrUX",
          "origin,rank\nhttps://www.a.com,1000\nhttp://b.com:8080,1000\n",
          "crux|-|https://www.a.com,1000|http://b.com:8080,1000",
          { 0 } },
        { "a rank that is none",
          "1,a.com\nx,b.com\n99999999999999999999,c.com\n",
          "tranco|a.com,1|b.com|c.com",
          { .kind = LAYOUT_TRANCO } },
    };
    CHECK(rows);
}

static void csv_with_headers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "Domain name", "Domain name,Type,City\na.gov,\"City, the\",\"St. \"\"X\"\"\"\n", "csv|-|a.gov", { 0 } },
        { "one column", "domain\na.com\nb.com\n", "csv|-|a.com|b.com", { 0 } },
        { "header has rank", "rank,domain,categories\n1,a.com,\"x,y\"\n", "csv|-|a.com,1", { 0 } },
        { "quoted header", "\"Rank\",\"Domain\",\"Open Page Rank\"\n\"1\",\"a.com\",\"10\"\n", "csv|-|a.com,1", { 0 } },
        { "hostname among others", "id;owner;host_name\n1;x;a.com\n", "csv|-|a.com", { 0 } },
        { "tab separated", "id\tfqdn\n1\ta.com\n", "csv|-|a.com", { 0 } },
        { "domain wins over website", "website,domain\nhttps://w.com,a.com\n", "csv|-|a.com", { 0 } },
        { "a weak word with names below", "name,website\nAcme,https://a.com\n", "csv|-|https://a.com", { 0 } },
        { "unknown header, column found by its names", "id,thing\n1,a.com\n2,b.com\n", "csv|-|a.com|b.com", { 0 } },
        { "no header, column found by its names", "Acme Inc,a.com,x\nFoo,b.com,y\n", "csv|a.com|b.com", { 0 } },
        { "comment above the header", "# export\nid,domain\n1,a.com\n", "csv|-|-|a.com", { 0 } },
        { "header with BOM",
          "\xef\xbb\xbf"
          "domain,x\na.com,1\n",
          "csv|-|a.com",
          { 0 } },
        { "quoted name, single column", "\"a.com\"\n\"b.com\"\n", "csv|a.com|b.com", { 0 } },
    };
    CHECK(rows);
}

static void csv_columns_chosen(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "by name", "id,site_a,domain\n1,a.com,b.com\n", "csv|-|a.com", { .column = "site_a" } },
        { "by name in another case", "id,Site_A,domain\n1,a.com,b.com\n", "csv|-|a.com", { .column = "site_a" } },
        { "by number", "1,a.com,b.com\n", "tranco|b.com,1", { .column = "3" } },
        { "by number with header", "id,x,domain\n1,a.com,b.com\n", "csv|-|a.com", { .column = "2" } },
        { "tag and selectors",
          "id,domain,sel\nc-1,a.com,\"s1, S2\"\n",
          "csv|-|a.com,tag=c-1,sel=s1, S2",
          { .tag_column = "id", .selector_column = "sel" } },
        { "tag with quotes",
          "domain,note\na.com,\"say \"\"hi\"\", all\"\n",
          "csv|-|a.com,tag=say \"hi\", all",
          { .tag_column = "note" } },
        { "a missing tag is an empty one",
          "domain,id\na.com\nb.com,7\n",
          "csv|-|a.com,tag=|b.com,tag=7",
          { .tag_column = "id" } },
        { "name column missing in a line", "id,domain\n1,a.com\n2\n", "csv|-|a.com|!", { 0 } },
        { "no such column",
          "id,domain\n1,a.com\n",
          "error: --column: no column \"host\" in its first line (id,domain): give one of these, or a number from 1",
          { .column = "host" } },
        { "columns count from 1", "a,b\n", "error: --column 0: columns are counted from 1", { .column = "0" } },
        { "plain has none",
          "a.com\n",
          "error: a plain list has no columns: leave out --tag-column \"id\", or say --input-format csv",
          { .kind = LAYOUT_PLAIN, .tag_column = "id" } },
        { "delimiter when told csv", "a;b.com\nc;d.com\n", "csv|b.com|d.com", { .kind = LAYOUT_CSV } },
    };
    CHECK(rows);
}

static void csv_quotes_rfc4180(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "commas and doubled quotes in front of the name",
          "x,domain\n\"a \"\"q\"\", b\",a.com\n",
          "csv|-|a.com",
          { 0 } },
        { "empty quoted field", "x,domain\n\"\",a.com\n", "csv|-|a.com", { 0 } },
        { "doubled quotes only", "x,domain\n\"\"\"\",a.com\n", "csv|-|a.com", { 0 } },
        { "blank before the quote", "x,domain\n \"1, 2\", \"a.com\"\n", "csv|-|a.com", { 0 } },
        { "a quote inside is a quote", "x,domain\n5\" disk,a.com\n", "csv|-|a.com", { 0 } },
    };
    CHECK(rows);
    struct layout *layout;
    struct layout_fields fields;
    char error[LAYOUT_ERROR_SIZE];
    const struct layout_wish wish = { .tag_column = "x" };
    assert_int_equal(layout_new(&layout, &wish, "x,domain\n", 9, true, error, sizeof(error)), 0);
    assert_int_equal(layout_take_line(layout, TEXT("x,domain"), false, &fields), LAYOUT_LINE_NOTHING);
    assert_int_equal(layout_take_line(layout, TEXT("\"two\nlines\",a.com"), false, &fields), LAYOUT_LINE_NAME);
    assert_true(text_equal(fields.tag, TEXT("two\nlines")));
    assert_int_equal(layout_take_line(layout, TEXT("\"two"), true, &fields), LAYOUT_LINE_BAD);
    layout_free(layout);
}

static void zones_rfc1035_5_1(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "CZDS: fully qualified, tabs, lower case; SOA again at the end",
          "com.\t900\tin\tsoa\ta.gtld. b.gtld. 1 2 3 4 5\n"
          "com.\t172800\tin\tns\ta.gtld.\n"
          "a.com.\t172800\tin\tns\tns1.a.com.\n"
          "a.com.\t172800\tin\tns\tns2.a.com.\n"
          "a.com.\t86400\tin\tds\t1 8 2 ab\n"
          "a.com.\t86400\tin\trrsig\tns 8 2 86400 20260101000000 20260101000000 1 com. aaaa\n"
          "b.com.\t172800\tin\tns\tns1.x.net.\n"
          "ns1.a.com.\t172800\tin\ta\t192.0.2.1\n"
          "com.\t900\tin\tsoa\ta.gtld. b.gtld. 1 2 3 4 5\n",
          "zone|-|-|a.com|-|-|-|b.com|-|-",
          { 0 } },
        { "relative owners, $ORIGIN, blank owner, parentheses",
          "$ORIGIN example.\n$TTL 1d\n@ IN SOA ns host (\n  1 ; serial\n  2 3 4 5 )\n  IN NS ns\n"
          "Sub IN NS ns\n\tNS ns2\n  3600 IN NS ns3\nns A 192.0.2.1\nother 1h NS ns.sub\n$ORIGIN deep\nx NS ns\n",
          "zone|-|-|-|-|-|-|sub.example|-|-|-|other.example|-|x.deep.example",
          { 0 } },
        { "class and TTL in either order, or neither",
          "$ORIGIN e.\na IN 60 NS n\nb 60 IN NS n\nc NS n\n",
          "zone|-|a.e|b.e|c.e",
          { 0 } },
        { "the SOA's owner is the origin", "e. SOA n h 1 2 3 4 5\na NS n\n", "zone|-|a.e", { 0 } },
        { "the same owner later again", "e. SOA n h 1 2 3 4 5\na NS n\nb NS n\na NS m\n", "zone|-|a.e|b.e|a.e", { 0 } },
        { "outside the zone", "e. SOA n h 1 2 3 4 5\na.f. NS n.\n", "zone|-|-", { 0 } },
        { "comments",
          "; a zone\n# no\ne. SOA n h 1 2 3 4 5 ; NS\na NS n ; b NS\n",
          "zone|-|!|-|a.e",
          { .kind = LAYOUT_ZONE } },
        { "quoted data", "e. SOA n h 1 2 3 4 5\nt TXT \"( ; NS\"\na NS n\n", "zone|-|-|a.e", { 0 } },
        { "what is no record", "e. SOA n h 1 2 3 4 5\nrubbish\n$INCLUDE x\na NS n\n", "zone|-|!|!|a.e", { 0 } },
        { "no owner yet", " NS n\n", "zone|!", { .kind = LAYOUT_ZONE } },
        { "an open parenthesis does not swallow the zone",
          "e. SOA n h (1 2 3 4 5\na.e. IN NS n.e.\nb.e. IN NS n.e.\n",
          "zone|-|a.e|b.e",
          { 0 } },
        { "types by number, RFC 3597", "e. SOA n h 1 2 3 4 5\nx TYPE65534 \\# 1 00\n", "zone|-|-", { 0 } },
        { "the root's own", ". 1 IN SOA a. b. 1 2 3 4 5\n. 1 IN NS a.\ncom. 1 IN NS b.\n", "zone|-|-|com", { 0 } },
    };
    CHECK(rows);
}

static void names_of_layouts(void **state)
{
    (void)state;
    for (int i = 0; i < LAYOUT_KIND_COUNT; i++) {
        enum layout_kind kind = LAYOUT_AUTO;
        const char *name = layout_kind_name((enum layout_kind)i);
        assert_true(layout_kind_from_name(name, strlen(name), &kind));
        assert_int_equal(kind, i);
    }
    enum layout_kind kind = LAYOUT_CSV;
    assert_false(layout_kind_from_name("xml", 3, &kind));
    assert_int_equal(kind, LAYOUT_CSV);
}

static void selectors_are_cleaned(void **state)
{
    (void)state;
    static const struct {
        const char *field, *expected;
    } rows[] = {
        { "", "" },
        { "S1", "s1" },
        { " s1, s2;s3|k_4  a.b ", "s1 s2 s3 k_4 a.b" },
        { "s1,,bad*one,..,a..b,.a,a.,s2", "s1 s2" },
        { "m\xc3\xbc,x", "x" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[64];
        size_t len = layout_selectors(text_from_cstr(rows[i].field), out, sizeof(out));
        assert_true(text_equal(text_of(out, len), text_from_cstr(rows[i].expected)));
    }
    char small[4];
    assert_int_equal(layout_selectors(TEXT("abc de"), small, sizeof(small)), 3);
}

/* A first line of very many columns must not cost the square of its length. */
static void wide_lines_are_told_quickly(void **state)
{
    (void)state;
    char *bytes = malloc(LAYOUT_PROBE_SIZE);
    char error[LAYOUT_ERROR_SIZE];
    struct layout *layout;
    const struct layout_wish wish = { .tag_column = "zz" };
    assert_non_null(bytes);
    memset(bytes, ',', LAYOUT_PROBE_SIZE);
    assert_int_equal(layout_new(&layout, &wish, bytes, LAYOUT_PROBE_SIZE, false, error, sizeof(error)), -EINVAL);
    memset(bytes, '\n', LAYOUT_PROBE_SIZE);
    assert_int_equal(
        layout_new(&layout, &(struct layout_wish){ 0 }, bytes, LAYOUT_PROBE_SIZE, false, error, sizeof(error)), 0);
    layout_free(layout);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_lists),
        cmocka_unit_test(known_lists),
        cmocka_unit_test(csv_with_headers),
        cmocka_unit_test(csv_columns_chosen),
        cmocka_unit_test(csv_quotes_rfc4180),
        cmocka_unit_test(zones_rfc1035_5_1),
        cmocka_unit_test(names_of_layouts),
        cmocka_unit_test(selectors_are_cleaned),
        cmocka_unit_test(wide_lines_are_told_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
