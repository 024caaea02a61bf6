// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>

#include "scanner/results/record_view.h"
#include "tests/support/cliff.h"

/* A record as docs/record.schema.json wants it, with something in most places. */
static const char sound[] =
    "{\"schema\":1,\"domain\":\"example.com\",\"seq\":17,\"rank\":3,\"tag\":\"t\",\"scanned_at\":\"2026-11-21T20:20:13.123Z\","
    "\"outcome\":\"ok\",\"posture\":\"partial\",\"spoofable\":true,\"spoofable_subdomains\":null,\"sends\":\"yes\","
    "\"findings\":[{\"id\":\"spf_missing\",\"severity\":\"warning\",\"detail\":null}],"
    "\"mx\":{\"status\":\"ok\",\"hosts\":[{\"preference\":10,\"host\":\"mx.example.com\"}],\"providers\":[\"google\"]},"
    "\"spf\":{\"status\":\"valid\",\"record\":\"v=spf1 -all\",\"all\":\"fail\",\"lookups\":4,\"void_lookups\":0,\"depth\":2,"
    "\"limit_hit\":null,\"includes\":[\"a.example\",\"b.example\"],\"redirect\":null,\"ipv4_addresses\":491520,"
    "\"ipv6_slash64s\":12,\"exact\":true,\"macros\":false,\"ptr\":false,\"providers\":[]},"
    "\"dkim\":{\"status\":\"found\",\"namespace\":\"exists\",\"probed\":14,\"selectors\":[{\"selector\":\"s1\",\"status\":\"valid\","
    "\"key_type\":\"rsa\",\"key_bits\":2048,\"testing\":false,\"cname\":null,\"provider\":null}]},"
    "\"dmarc\":{\"status\":\"valid\",\"record\":\"v=DMARC1; p=none\",\"found_at\":\"example.com\",\"inherited\":false,"
    "\"organizational_domain\":\"example.com\",\"policy\":\"none\",\"subdomain_policy\":\"none\",\"nonexistent_policy\":\"none\","
    "\"policy_9989\":\"none\",\"policy_7489\":\"none\",\"effective_policy\":\"none\",\"testing\":false,\"pct\":100,\"adkim\":\"r\","
    "\"aspf\":\"r\",\"fo\":[\"0\"],\"psd\":\"u\",\"rua\":[],\"ruf\":[],\"report_vendors\":[],\"unauthorized_report_domains\":[]},"
    "\"mta_sts\":{\"status\":\"none\",\"id\":null},\"tls_rpt\":{\"status\":\"none\",\"rua\":[]},"
    "\"bimi\":{\"status\":\"not_checked\",\"location\":null,\"authority\":null},"
    "\"dns\":{\"queries\":14,\"shared\":5,\"retries\":0,\"tcp\":0,\"elapsed_ms\":84,\"failed\":[]}}";

static struct record_reader *reader;
static char changed[1 << 20];

static int open_reader(void **state)
{
    (void)state;
    reader = record_reader_new();
    return reader == NULL;
}

static int close_reader(void **state)
{
    (void)state;
    record_reader_free(reader);
    return 0;
}

/* The sound record with `from`, which must stand in it, replaced by `to`. */
static span with(const char *from, const char *to)
{
    const char *at = strstr(sound, from);
    assert_non_null(at);
    int len = snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - sound), sound, to, at + strlen(from));
    assert_true(len > 0 && (size_t)len < sizeof(changed));
    return span_of(changed, (size_t)len);
}

/* Reads a copy that ends at an unmapped page. */
static const struct record_view *read_on_cliff(span line, span *copy)
{
    *copy = cliff_new(line.ptr, line.len);
    return record_reader_read(reader, *copy);
}

static void a_sound_record(void **state)
{
    (void)state;
    span copy;
    const struct record_view *view = read_on_cliff(span_of(sound, sizeof(sound) - 1), &copy);
    assert_non_null(view);
    assert_true(span_equal(view->domain, SPAN("example.com")));
    assert_int_equal(view->spf.includes.count, 2);
    assert_true(span_equal(view->spf.includes.items[1], SPAN("b.example")));
    assert_int_equal(view->findings.items[0].id, FINDING_SPF_MISSING);
    assert_int_equal(view->spoofable_subdomains, TERNARY_UNKNOWN);
    assert_int_equal(view->dkim.selectors.items[0].key_bits, 2048);
    assert_null(view->dkim.selectors.items[0].record.ptr);
    cliff_free(copy);
}

/* RFC 8259 section 4: the order of the names means nothing; section 2: white space between tokens. */
static void order_and_blanks_mean_nothing(void **state)
{
    (void)state;
    span copy;
    const struct record_view *view =
        read_on_cliff(with("{\"schema\":1,\"domain\":\"example.com\",", "\t { \"domain\" : \"example.com\" ,\r \"schema\":1 , "), &copy);
    assert_non_null(view);
    assert_true(span_equal(view->domain, SPAN("example.com")));
    cliff_free(copy);
}

/* "New keys may be added." */
static void unknown_keys_are_skipped(void **state)
{
    (void)state;
    static const char *const news[] = {
        "\"new\":null,\"tag\":\"t\"", "\"new\":{\"a\":[{\"domain\":1},[],{}],\"b\":{}},\"tag\":\"t\"", "\"new\":[[[\"x\"]]],\"tag\":\"t\"",
        "\"new\":-1.5e+10,\"tag\":\"t\"", "\"tag\":\"t\",\"\":true",
    };
    for (size_t i = 0; i < sizeof(news) / sizeof(news[0]); i++) {
        span copy;
        const struct record_view *view = read_on_cliff(with("\"tag\":\"t\"", news[i]), &copy);
        if (view == NULL) {
            fail_msg("%s: %s", news[i], record_reader_error(reader));
        }
        assert_true(span_equal(view->tag, SPAN("t")) && view->dns.elapsed_ms == 84);
        cliff_free(copy);
    }
}

static void finding_of_a_later_version_keeps_its_name(void **state)
{
    (void)state;
    span copy;
    const struct record_view *view = read_on_cliff(with("spf_missing", "spf_tomorrow"), &copy);
    assert_non_null(view);
    assert_int_equal(view->findings.items[0].id, FINDING_COUNT);
    assert_true(span_equal(view->findings.items[0].name, SPAN("spf_tomorrow")));
    cliff_free(copy);
}

static void every_finding_is_found(void **state)
{
    (void)state;
    for (int i = 0; i < FINDING_COUNT; i++) {
        const struct record_view *view = record_reader_read(reader, with("spf_missing", finding_kind((enum finding_id)i)->id));
        assert_non_null(view);
        assert_int_equal(view->findings.items[0].id, i);
    }
}

static void texts_are_decoded(void **state)
{
    (void)state;
    span copy;
    const struct record_view *view = read_on_cliff(
        with("\"tag\":\"t\"", "\"tag\":\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u00e9\\ud83d\\ude00\xc3\xa9\""), &copy);
    assert_non_null(view);
    assert_true(span_equal(view->tag, SPAN("a\"\\/\b\f\n\r\t\0\xc3\xa9\xf0\x9f\x98\x80\xc3\xa9")));
    view = record_reader_read(reader, with("\"tag\":\"t\"", "\"tag\":\"\""));
    assert_true(view != NULL && view->tag.ptr != NULL && view->tag.len == 0);
    cliff_free(copy);
}

static void long_lists_are_whole(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static char list[COUNT * 16];
    size_t len = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        len += (size_t)snprintf(list + len, sizeof(list) - len, "%s\"n%u\\/\"", i ? "," : "", i);
    }
    const struct record_view *view = record_reader_read(reader, with("\"a.example\",\"b.example\"", list));
    assert_non_null(view);
    assert_int_equal(view->spf.includes.count, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        char expected[16];
        snprintf(expected, sizeof(expected), "n%u/", i);
        assert_true(span_equal(view->spf.includes.items[i], span_from_cstr(expected)));
    }
}

static const struct {
    const char *from, *to, *error;
} wrong[] = {
    { "\"schema\":1", "\"schema\":2", "schema is 2, this version reads 1" },
    { "\"schema\":1,", "", "schema is missing" },
    { "\"domain\":\"example.com\"", "\"domain\":\"\"", "domain is empty" },
    { "\"domain\":\"example.com\"", "\"domain\":null", "domain is null, not a string" },
    { "\"seq\":17", "\"seq\":\"17\"", "seq is a string, not a whole number" },
    { "\"seq\":17", "\"seq\":-17", "seq is another number, not a whole number" },
    { "\"seq\":17", "\"seq\":1.5", "seq is another number, not a whole number" },
    { "\"seq\":17", "\"seq\":9223372036854776001", "seq is another number, not a whole number" },
    { "\"rank\":3", "\"rank\":{}", "rank is an object, not a whole number or null" },
    { "\"rank\":3", "\"rank\":[]", "rank is an array, not a whole number or null" },
    { "2026-11-21T", "2026-11-21 ", "scanned_at is not a time of the form 2026-11-21T20:20:13.123Z" },
    { "\"posture\":\"partial\"", "\"posture\":\"part\"", "posture is 'part', a word this version does not know" },
    { "\"posture\":\"partial\"", "\"posture\":\"partial2\"", "posture is 'partial2', a word this version does not know" },
    { "\"posture\":\"partial\"", "\"posture\":\"\"", "posture is '', a word this version does not know" },
    { "\"spoofable\":true", "\"spoofable\":\"true\"", "spoofable is a string, not true, false or null" },
    { "\"seq\":17", "\"seq\":17,\"seq\":17", "seq stands twice" },
    { "\"detail\":null", "\"detail\":7", "findings[].detail is a number, not a string or null" },
    { "\"severity\":\"warning\",", "", "findings[].severity is missing" },
    { "{\"id\":\"spf_missing\",\"severity\":\"warning\",\"detail\":null}", "\"spf_missing\"",
      "findings[] is a string, not an object" },
    { "\"exact\":true", "\"exact\":null", "spf.exact is null, not true or false" },
    { "\"lookups\":4", "\"lookups\":true", "spf.lookups is true, not a whole number or null" },
    { "\"all\":\"fail\",", "", "spf.all is missing" },
    { "[\"a.example\",\"b.example\"]", "[\"a.example\",null]", "spf.includes[] is null, not a string" },
    { "[\"a.example\",\"b.example\"]", "[[]]", "spf.includes[] is an array, not a string" },
    { "[\"a.example\",\"b.example\"]", "\"a.example\"", "spf.includes is a string, not an array of strings" },
    { "\"mta_sts\":{\"status\":\"none\",\"id\":null}", "\"mta_sts\":null", "mta_sts is null, not an object" },
    { "\"failed\":[]}}", "\"failed\":[]}", "the line ends inside the object" },
    { "\"failed\":[]}}", "\"failed\":[]}}{}", "something follows the object" },
    { "\"failed\":[]}}", "\"failed\":[]}} 1", "something follows the object" },
    { "\"failed\":[]}}", "\"failed\":[]}}nul", "not JSON: lexical error: invalid string in json text" },
    { "\"failed\":[]}}", "\"failed\":[]}}]", "not JSON: parse error: unallowed token at this point in JSON text" },
    { "\"seq\":17", "\"seq\":017", "not JSON: parse error: after key and value, inside map, I expect ',' or '}'" },
    { "\"tag\":\"t\"", "\"tag\":\"\xff\"", "not JSON: lexical error: invalid bytes in UTF8 string" },
    { "\"tag\":\"t\"", "\"tag\":\"\x01\"", "not JSON: lexical error: invalid character inside string" },
    { "\"tag\":\"t\"", "\"tag\":\v\"t\"", "not JSON: a control character" },
    { "\"tag\":\"t\"", "\"tag\":\"t\"\f", "not JSON: a control character" },
    { "\"tag\":\"t\"", "\"tag\":\"t\",\"x\":[1,]", "not JSON: parse error: unallowed token at this point in JSON text" },
    { "\"tag\":\"t\"", "\"tag\":\"t\" /* c */", "not JSON: lexical error: probable comment found in input text, comments are not enabled" },
};

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        span copy;
        if (read_on_cliff(with(wrong[i].from, wrong[i].to), &copy) != NULL) {
            fail_msg("taken: %s", wrong[i].to);
        }
        assert_string_equal(record_reader_error(reader), wrong[i].error);
        cliff_free(copy);
        /* The next line is read as if nothing had been. */
        assert_non_null(record_reader_read(reader, span_of(sound, sizeof(sound) - 1)));
    }
}

/* All of IPv6, as it is written, and as jq 1.6 and JavaScript write it again. */
static void the_largest_number(void **state)
{
    (void)state;
    static const char *const numbers[] = { "\"ipv6_slash64s\":9223372036854775807", "\"ipv6_slash64s\":9223372036854775808",
                                           "\"ipv6_slash64s\":9223372036854776000" };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const struct record_view *view = record_reader_read(reader, with("\"ipv6_slash64s\":12", numbers[i]));
        assert_non_null(view);
        assert_int_equal(view->spf.ipv6_slash64s, INT64_MAX);
    }
}

static void no_object_at_all(void **state)
{
    (void)state;
    static const char *const lines[] = { "12", "\"text\"", "null", "true", "[]", "[{}]" };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_null(record_reader_read(reader, span_from_cstr(lines[i])));
        assert_string_equal(record_reader_error(reader), "not a JSON object");
    }
    assert_null(record_reader_read(reader, SPAN("")));
    assert_string_equal(record_reader_error(reader), "not a JSON object");
    assert_null(record_reader_read(reader, SPAN("{}")));
    assert_string_equal(record_reader_error(reader), "schema is missing");
}

/* Cut at every byte: never a record. */
static void a_prefix_is_no_record(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof(sound) - 1; len++) {
        span copy;
        assert_null(read_on_cliff(span_of(sound, len), &copy));
        cliff_free(copy);
    }
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    static char nested[RECORD_NESTING_MAX * 2 + 64];
    for (int deep = 0; deep < 2; deep++) {
        size_t levels = RECORD_NESTING_MAX - 1 + (size_t)deep;
        memset(nested, 0, sizeof(nested));
        memcpy(nested, "\"tag\":\"t\",\"x\":", 14);
        memset(nested + 14, '[', levels);
        memset(nested + 14 + levels, ']', levels);
        assert_int_equal(record_reader_read(reader, with("\"tag\":\"t\"", nested)) == NULL, deep);
    }
    assert_string_equal(record_reader_error(reader), "nested deeper than 256");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_record),
        cmocka_unit_test(order_and_blanks_mean_nothing),
        cmocka_unit_test(unknown_keys_are_skipped),
        cmocka_unit_test(finding_of_a_later_version_keeps_its_name),
        cmocka_unit_test(every_finding_is_found),
        cmocka_unit_test(texts_are_decoded),
        cmocka_unit_test(long_lists_are_whole),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(the_largest_number),
        cmocka_unit_test(no_object_at_all),
        cmocka_unit_test(a_prefix_is_no_record),
        cmocka_unit_test(nesting_is_bounded),
    };
    return cmocka_run_group_tests(tests, open_reader, close_reader);
}
