// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>

#include "scanner/record.h"
#include "scanner/results/record_view.h"
#include "tests/support/schema_check.h"

enum { SCHEMA_SIZE = 1 << 20, LINE_SIZE = 1 << 20 };

static char schema_text[SCHEMA_SIZE], line[LINE_SIZE];
static struct json_document schema;

static int read_schema(void **state)
{
    (void)state;
    FILE *f = fopen("docs/record.schema.json", "rb"); /* tests run at the top of the tree */
    if (!f) {
        return -1;
    }
    size_t len = fread(schema_text, 1, sizeof(schema_text), f);
    fclose(f);
    schema = json_read(span_of(schema_text, len));
    return schema.root ? 0 : -1;
}

static int free_schema(void **state)
{
    (void)state;
    json_document_free(&schema);
    return 0;
}

/* The record, read back and held against the schema. */
static struct json_document printed(const struct assessment *a, const struct record_facts *facts)
{
    struct json_buffer buffer;
    char complaint[SCHEMA_COMPLAINT_SIZE];
    json_buffer_init_fixed(&buffer, line, sizeof(line));
    assert_true(record_print_line(a, facts, &buffer));
    assert_ptr_equal(memchr(line, '\n', buffer.len), line + buffer.len - 1);
    struct json_document read = json_read(span_of(line, buffer.len));
    if (!read.root) {
        fail_msg("%s at %zu: %.*s", read.error, read.error_at, (int)buffer.len, line);
    }
    if (!schema_holds(schema.root, read.root, complaint) || !schema_orders(schema.root, read.root, complaint)) {
        fail_msg("%s in %.*s", complaint, (int)buffer.len, line);
    }
    line[buffer.len - 1] = '\0';
    return read;
}

static const struct record_facts plain_facts = { .seq = 17, .scanned_at_ms = 1795292413123 };

static void an_excluded_name_has_every_key(void **state)
{
    (void)state;
    static char memory[1024];
    struct arena arena;
    struct assessment a;
    arena_init(&arena, memory, sizeof(memory), 0);
    assess_excluded(SPAN("example.com"), &arena, &a);
    struct json_document read = printed(&a, &plain_facts);
    assert_string_equal(line,
        "{\"schema\":1,\"domain\":\"example.com\",\"seq\":17,\"rank\":null,\"tag\":null,\"scanned_at\":\"2026-11-21T20:20:13.123Z\","
        "\"outcome\":\"excluded\",\"posture\":\"unknown\",\"spoofable\":null,\"spoofable_subdomains\":null,\"sends\":\"unknown\","
        "\"findings\":[],\"mx\":{\"status\":\"not_checked\",\"hosts\":[],\"providers\":[]},"
        "\"spf\":{\"status\":\"not_checked\",\"record\":null,\"all\":null,\"lookups\":null,\"void_lookups\":null,\"depth\":null,"
        "\"limit_hit\":null,\"includes\":[],\"redirect\":null,\"ipv4_addresses\":null,\"ipv6_slash64s\":null,\"exact\":false,"
        "\"macros\":false,\"ptr\":false,\"providers\":[]},"
        "\"dkim\":{\"status\":\"not_checked\",\"namespace\":\"unknown\",\"probed\":0,\"selectors\":[]},"
        "\"dmarc\":{\"status\":\"not_checked\",\"record\":null,\"found_at\":null,\"inherited\":false,\"organizational_domain\":null,"
        "\"policy\":null,\"subdomain_policy\":null,\"nonexistent_policy\":null,\"policy_9989\":null,\"policy_7489\":null,"
        "\"effective_policy\":null,\"testing\":false,\"pct\":null,\"adkim\":null,\"aspf\":null,\"fo\":[],\"psd\":null,\"rua\":[],"
        "\"ruf\":[],\"report_vendors\":[],\"unauthorized_report_domains\":[]},"
        "\"mta_sts\":{\"status\":\"not_checked\",\"id\":null},\"tls_rpt\":{\"status\":\"not_checked\",\"rua\":[]},"
        "\"bimi\":{\"status\":\"not_checked\",\"location\":null,\"authority\":null},"
        "\"dns\":{\"queries\":0,\"shared\":0,\"retries\":0,\"tcp\":0,\"elapsed_ms\":0,\"failed\":[]}}");
    json_document_free(&read);
}

/* A domain with something in every place. */
static const struct mx_record hosts[] = { { 10, { "mx.example.com", 14 } }, { 20, { "a\\.b.example", 12 } } };
static const char *const words[] = { "google", "microsoft" };
static const span uris[] = { { "mailto:a@example.com!10m", 24 }, { "https://x.example/\xff", 19 } };
static const span domains[] = { { "x.example", 9 } };
static const struct dkim_selector selectors[] = {
    { .selector = { "s1", 2 }, .status = DKIM_KEY_VALID, .key_type = DKIM_KEY_RSA, .key_bits = 2048, .is_testing = true,
      .cname = { "s1.esp.example", 14 }, .provider = "esp", .record = { "v=DKIM1; p=\"", 12 } },
    { .selector = { "s2", 2 }, .status = DKIM_KEY_DANGLING },
};
static const struct spf_tree_node child = { .name = { "a.example", 9 }, .lookups = 0 };
static const struct spf_tree_term terms[] = { { { "include:a.example", 17 }, &child }, { { "-all", 4 }, NULL } };
static const struct spf_tree_node tree = { { "example.com", 11 }, { "v=spf1 include:a.example -all", 29 }, 1, terms, 2 };

static struct assessment rich(struct finding *findings)
{
    findings[0] = (struct finding){ FINDING_SPF_TOO_MANY_LOOKUPS, SEVERITY_ERROR, SPAN("12 lookups") };
    findings[1] = (struct finding){ FINDING_SPF_MISSING, SEVERITY_WARNING, { NULL, 0 } };
    struct assessment a = {
        .domain = SPAN("example.com"), .outcome = OUTCOME_OK, .posture = POSTURE_PARTIAL,
        .spoofable = TERNARY_YES, .spoofable_subdomains = TERNARY_NO, .sends = TERNARY_YES,
        .mx = { .status = MX_OK, .hosts = hosts, .host_count = 2, .providers = words, .provider_count = 2 },
        .spf = { .status = SPF_VALID, .has_record = true, .record = SPAN("v=spf1 \"\\\n\0\xff"), .has_all = true,
                 .all = SPF_SOFTFAIL, .has_numbers = true, .lookups = 1000, .void_lookups = 2, .depth = 3,
                 .limit_hit = SPAN("include:a.example > mx"), .includes = domains, .include_count = 1,
                 .has_redirect = true, .redirect = SPAN("r.example"), .ipv4_addresses = UINT64_C(1) << 32,
                 .ipv6_slash64s = INT64_MAX, .is_exact = true, .has_macros = true, .has_ptr = true, .providers = words,
                 .provider_count = 1, .tree = &tree },
        .dkim = { .status = DKIM_FOUND, .namespace_state = DKIM_NAMESPACE_EXISTS, .probed = 14, .selectors = selectors,
                  .selector_count = 2 },
        .dmarc = { .status = DMARC_VALID, .has_record = true, .record = SPAN("v=DMARC1;\tp=reject"),
                   .found_at = SPAN("example.com"), .is_inherited = false, .organizational_domain = SPAN("example.com"),
                   .policy = DMARC_POLICY_REJECT, .subdomain_policy = DMARC_POLICY_QUARANTINE,
                   .nonexistent_policy = DMARC_POLICY_NONE, .policy_9989 = DMARC_POLICY_REJECT,
                   .policy_7489 = DMARC_POLICY_QUARANTINE, .effective_policy = DMARC_POLICY_QUARANTINE, .is_testing = true,
                   .has_pct = true, .pct = 0, .adkim = DMARC_RELAXED, .aspf = DMARC_STRICT, .fo = domains, .fo_count = 1,
                   .psd = DMARC_PSD_UNDEFINED, .rua = uris, .rua_count = 2, .ruf = uris, .ruf_count = 1,
                   .report_vendors = words, .report_vendor_count = 1, .unauthorized_report_domains = domains,
                   .unauthorized_report_domain_count = 1 },
        .mta_sts = { .status = RECORD_VALID, .id = SPAN("2026") },
        .tls_rpt = { .status = RECORD_VALID, .rua = uris, .rua_count = 1 },
        .bimi = { .status = RECORD_VALID, .location = SPAN("https://l.example/"), .has_location = true, .has_authority = true },
        .findings = { .items = findings, .count = 2 },
    };
    return a;
}

static const struct rrset answered = { .outcome = DNS_ANSWERED }, timeout = { .outcome = DNS_TIMEOUT },
                          not_asked = { .outcome = DNS_CUT };
static struct asked asked[] = {
    { .qname = { "example.com", 11 }, .qtype = DNS_TXT, .rrset = &answered },
    { .qname = { "a\\.b.example", 12 }, .qtype = DNS_MX, .rrset = &timeout },
    { .qname = { "pending.example", 15 }, .qtype = DNS_A, .rrset = NULL },
    { .qname = { "late.example", 12 }, .qtype = DNS_AAAA, .rrset = &not_asked },
};
static const struct answer_set answers = { .items = asked, .count = 4 };
static const struct record_facts rich_facts = {
    .seq = UINT64_C(9007199254740993), .rank = 3, .has_tag = true, .tag = { "c\"\n\0\xc3\xa9\xff", 7 }, .scanned_at_ms = 0,
    .elapsed_ms = 84, .queries = 14, .shared = 5, .retries = 1, .tcp = 2, .answers = &answers,
};

static void every_key_in_order_with_odd_bytes(void **state)
{
    (void)state;
    struct finding findings[2];
    struct assessment a = rich(findings);
    struct json_document read = printed(&a, &rich_facts);
    assert_string_equal(line,
        "{\"schema\":1,\"domain\":\"example.com\",\"seq\":9007199254740993,\"rank\":3,\"tag\":\"c\\\"\\n\\u0000\xc3\xa9\xef\xbf\xbd\","
        "\"scanned_at\":\"1970-01-01T00:00:00.000Z\",\"outcome\":\"ok\",\"posture\":\"partial\",\"spoofable\":true,"
        "\"spoofable_subdomains\":false,\"sends\":\"yes\","
        "\"findings\":[{\"id\":\"spf_too_many_lookups\",\"severity\":\"error\",\"detail\":\"12 lookups\"},"
        "{\"id\":\"spf_missing\",\"severity\":\"warning\",\"detail\":null}],"
        "\"mx\":{\"status\":\"ok\",\"hosts\":[{\"preference\":10,\"host\":\"mx.example.com\"},"
        "{\"preference\":20,\"host\":\"a\\\\.b.example\"}],\"providers\":[\"google\",\"microsoft\"]},"
        "\"spf\":{\"status\":\"valid\",\"record\":\"v=spf1 \\\"\\\\\\\\\\\\010\\\\000\\\\255\",\"all\":\"softfail\",\"lookups\":1000,"
        "\"void_lookups\":2,\"depth\":3,\"limit_hit\":\"include:a.example > mx\",\"includes\":[\"x.example\"],"
        "\"redirect\":\"r.example\",\"ipv4_addresses\":4294967296,\"ipv6_slash64s\":9223372036854775807,\"exact\":true,"
        "\"macros\":true,\"ptr\":true,\"providers\":[\"google\"]},"
        "\"dkim\":{\"status\":\"found\",\"namespace\":\"exists\",\"probed\":14,\"selectors\":["
        "{\"selector\":\"s1\",\"status\":\"valid\",\"key_type\":\"rsa\",\"key_bits\":2048,\"testing\":true,\"cname\":\"s1.esp.example\","
        "\"provider\":\"esp\"},{\"selector\":\"s2\",\"status\":\"dangling_cname\",\"key_type\":null,\"key_bits\":null,\"testing\":false,"
        "\"cname\":null,\"provider\":null}]},"
        "\"dmarc\":{\"status\":\"valid\",\"record\":\"v=DMARC1;\\\\009p=reject\",\"found_at\":\"example.com\",\"inherited\":false,"
        "\"organizational_domain\":\"example.com\",\"policy\":\"reject\",\"subdomain_policy\":\"quarantine\","
        "\"nonexistent_policy\":\"none\",\"policy_9989\":\"reject\",\"policy_7489\":\"quarantine\","
        "\"effective_policy\":\"quarantine\",\"testing\":true,\"pct\":0,\"adkim\":\"r\",\"aspf\":\"s\",\"fo\":[\"x.example\"],"
        "\"psd\":\"u\",\"rua\":[\"mailto:a@example.com!10m\",\"https://x.example/\\\\255\"],\"ruf\":[\"mailto:a@example.com!10m\"],"
        "\"report_vendors\":[\"google\"],\"unauthorized_report_domains\":[\"x.example\"]},"
        "\"mta_sts\":{\"status\":\"valid\",\"id\":\"2026\"},\"tls_rpt\":{\"status\":\"valid\",\"rua\":[\"mailto:a@example.com!10m\"]},"
        "\"bimi\":{\"status\":\"valid\",\"location\":\"https://l.example/\",\"authority\":\"\"},"
        "\"dns\":{\"queries\":14,\"shared\":5,\"retries\":1,\"tcp\":2,\"elapsed_ms\":84,\"failed\":["
        "{\"name\":\"a\\\\.b.example\",\"type\":\"MX\",\"error\":\"timeout\"},"
        "{\"name\":\"late.example\",\"type\":\"AAAA\",\"error\":\"cut\"}]}}");
    json_document_free(&read);
}

static void what_is_printed_can_be_read_back(void **state)
{
    (void)state;
    struct finding findings[2];
    struct assessment a = rich(findings);
    struct record_facts facts = rich_facts;
    facts.is_full = true;
    struct record_reader *reader = record_reader_new();
    struct json_buffer buffer;
    json_buffer_init_fixed(&buffer, line, sizeof(line));
    assert_true(record_print_line(&a, &facts, &buffer));
    const struct record_view *view = record_reader_read(reader, span_of(line, buffer.len - 1));
    if (view == NULL) {
        fail_msg("%s", record_reader_error(reader));
    }
    assert_true(span_equal(view->domain, SPAN("example.com")) && view->seq == INT64_C(9007199254740993) && view->rank == 3);
    assert_true(span_equal(view->tag, SPAN("c\"\n\0\xc3\xa9\xef\xbf\xbd")));
    assert_true(span_equal(view->scanned_at, SPAN("1970-01-01T00:00:00.000Z")));
    assert_true(view->outcome == OUTCOME_OK && view->posture == POSTURE_PARTIAL && view->spoofable == TERNARY_YES &&
                view->spoofable_subdomains == TERNARY_NO && view->sends == TERNARY_YES);
    assert_true(view->findings.count == 2 && view->findings.items[0].id == FINDING_SPF_TOO_MANY_LOOKUPS &&
                view->findings.items[1].severity == SEVERITY_WARNING && view->findings.items[1].detail.ptr == NULL);
    assert_true(view->mx.status == MX_OK && view->mx.hosts.count == 2 && view->mx.hosts.items[1].preference == 20 &&
                span_equal(view->mx.hosts.items[1].host, SPAN("a\\.b.example")) && view->mx.providers.count == 2);
    assert_true(view->spf.status == SPF_VALID && view->spf.all == SPF_SOFTFAIL && view->spf.lookups == 1000 &&
                view->spf.void_lookups == 2 && view->spf.depth == 3 && view->spf.ipv4_addresses == INT64_C(1) << 32 &&
                view->spf.ipv6_slash64s == INT64_MAX && view->spf.exact && view->spf.macros && view->spf.ptr);
    assert_true(span_equal(view->spf.redirect, SPAN("r.example")) && span_equal(view->spf.includes.items[0], SPAN("x.example")));
    assert_true(view->dkim.selectors.count == 2 && view->dkim.selectors.items[0].key_bits == 2048 &&
                span_equal(view->dkim.selectors.items[0].record, SPAN("v=DKIM1; p=\"")) &&
                view->dkim.selectors.items[1].status == DKIM_KEY_DANGLING && view->dkim.selectors.items[1].cname.ptr == NULL);
    assert_true(view->dmarc.policy == DMARC_POLICY_REJECT && view->dmarc.nonexistent_policy == DMARC_POLICY_NONE &&
                view->dmarc.policy_7489 == DMARC_POLICY_QUARANTINE && view->dmarc.pct == 0 && view->dmarc.aspf == DMARC_STRICT &&
                view->dmarc.psd == DMARC_PSD_UNDEFINED && view->dmarc.rua.count == 2 && view->dmarc.testing);
    assert_true(view->dns.queries == 14 && view->dns.failed.count == 2 &&
                span_equal(view->dns.failed.items[0].error, SPAN("timeout")));
    /* And with everything absent. */
    static char memory[1024];
    struct arena arena;
    arena_init(&arena, memory, sizeof(memory), 0);
    assess_excluded(SPAN("example.com"), &arena, &a);
    json_buffer_init_fixed(&buffer, line, sizeof(line));
    assert_true(record_print_line(&a, &plain_facts, &buffer));
    view = record_reader_read(reader, span_of(line, buffer.len - 1));
    assert_non_null(view);
    assert_true(view->rank == RECORD_NULL && view->tag.ptr == NULL && view->spoofable == TERNARY_UNKNOWN &&
                view->spf.all == RECORD_NULL && view->spf.lookups == RECORD_NULL && view->dmarc.policy == DMARC_POLICY_NULL &&
                view->dmarc.pct == RECORD_NULL && view->findings.count == 0);
    record_reader_free(reader);
}

static void full_adds_the_keys_records_and_the_tree(void **state)
{
    (void)state;
    struct finding findings[2];
    struct assessment a = rich(findings);
    struct record_facts facts = rich_facts;
    facts.is_full = true;
    struct json_document read = printed(&a, &facts);
    assert_non_null(strstr(line, "\"provider\":\"esp\",\"record\":\"v=DKIM1; p=\\\"\"}"));
    assert_non_null(strstr(line, "\"provider\":null,\"record\":null}"));
    assert_non_null(strstr(line, "\"providers\":[\"google\"],\"tree\":{\"name\":\"example.com\",\"record\":\"v=spf1 include:a.example -all\","
                                 "\"lookups\":1,\"terms\":[{\"term\":\"include:a.example\",\"target\":{\"name\":\"a.example\","
                                 "\"record\":null,\"lookups\":0,\"terms\":[]}},{\"term\":\"-all\",\"target\":null}]}}"));
    json_document_free(&read);
    a.spf.tree = NULL;
    read = printed(&a, &facts);
    assert_int_equal(json_at(read.root, SPAN("spf.tree"))->kind, JSON_KIND_NULL);
    json_document_free(&read);
}

static void evaluations_stand_at_the_end_of_spf(void **state)
{
    (void)state;
    enum { RESULTS = SPF_CHECK_PERMERROR + 1 };
    struct finding findings[2];
    struct assessment a = rich(findings);
    struct record_facts facts = rich_facts;
    struct spf_sender senders[RESULTS] = { { .is_ip6 = false } };
    struct spf_check_result results[RESULTS] = { { .outcome = SPF_CHECK_NONE } };
    for (size_t i = 0; i < RESULTS; i++) {
        assert_true(spf_sender_set_ip(&senders[i], i % 2 ? SPAN("2001:DB8::1") : SPAN("::ffff:192.0.2.1")));
        results[i].outcome = (enum spf_check_outcome)i;
    }
    facts.spf_senders = senders;
    facts.spf_sender_count = RESULTS;
    a.spf_checks = results;
    struct json_document read = printed(&a, &facts);
    assert_non_null(strstr(line, "\"providers\":[\"google\"],\"evaluations\":[{\"ip\":\"192.0.2.1\",\"result\":\"none\"},"
                                 "{\"ip\":\"2001:db8::1\",\"result\":\"neutral\"},{\"ip\":\"192.0.2.1\",\"result\":\"pass\"},"
                                 "{\"ip\":\"2001:db8::1\",\"result\":\"fail\"},{\"ip\":\"192.0.2.1\",\"result\":\"softfail\"},"
                                 "{\"ip\":\"2001:db8::1\",\"result\":\"temperror\"},"
                                 "{\"ip\":\"192.0.2.1\",\"result\":\"permerror\"}]},\"dkim\""));
    json_document_free(&read);
    /* There was no memory for the results: not known. */
    a.spf_checks = NULL;
    facts.spf_sender_count = 1;
    facts.is_full = true;
    read = printed(&a, &facts);
    assert_non_null(strstr(line, "\"target\":null}]},\"evaluations\":[{\"ip\":\"192.0.2.1\",\"result\":\"temperror\"}]}"));
    json_document_free(&read);
    /* Excluded: nothing was evaluated; the key is there all the same. */
    a.outcome = OUTCOME_EXCLUDED;
    read = printed(&a, &facts);
    assert_non_null(strstr(line, "\"evaluations\":[]}"));
    json_document_free(&read);
}

static void a_tree_of_any_depth_is_printed(void **state)
{
    (void)state;
    enum { DEPTH = 1000 };
    static struct spf_tree_node nodes[DEPTH];
    static struct spf_tree_term links[DEPTH];
    struct finding findings[2];
    struct assessment a = rich(findings);
    struct record_facts facts = plain_facts;
    facts.is_full = true;
    for (size_t i = 0; i < DEPTH; i++) {
        links[i] = (struct spf_tree_term){ SPAN("include:n.example"), i + 1 < DEPTH ? &nodes[i + 1] : NULL };
        nodes[i] = (struct spf_tree_node){ SPAN("n.example"), SPAN("v=spf1 include:n.example"), 1, &links[i], 1 };
    }
    a.spf.tree = &nodes[0];
    struct json_document read = printed(&a, &facts);
    const struct json_value *node = json_at(read.root, SPAN("spf.tree"));
    size_t depth = 0;
    for (; node->kind == JSON_KIND_OBJECT; node = json_at(node, SPAN("terms[0].target"))) {
        depth++;
    }
    assert_true(depth >= 20); /* twice what a sender may meet: RFC 7208 4.6.4 */
    json_document_free(&read);
}

/* The schema's words and ours: all of ours stand in it, and it has no more. */
static void assert_words(const char *path, size_t count)
{
    char full[128];
    snprintf(full, sizeof(full), "properties.%s.enum", path);
    assert_int_equal(json_at(schema.root, span_from_cstr(full))->count, count);
}

#define EACH(field, type, last)                                                                                        \
    for (unsigned i = 0; i <= (unsigned)(last); i++) {                                                                 \
        a.field = (type)i;                                                                                             \
        struct json_document read = printed(&a, &plain_facts);                                                         \
        json_document_free(&read);                                                                                     \
    }

static void every_word_stands_in_the_schema(void **state)
{
    (void)state;
    struct finding findings[2];
    struct assessment a = rich(findings);
    EACH(outcome, enum domain_outcome, OUTCOME_COUNT - 1)
    EACH(posture, enum posture, POSTURE_COUNT - 1)
    EACH(sends, enum ternary, TERNARY_UNKNOWN)
    EACH(spoofable, enum ternary, TERNARY_UNKNOWN)
    EACH(mx.status, enum mx_status, MX_TEMPERROR)
    EACH(spf.status, enum spf_status, SPF_TEMPERROR)
    EACH(spf.all, enum spf_qualifier, SPF_PASS)
    EACH(dkim.status, enum dkim_status, DKIM_TEMPERROR)
    EACH(dkim.namespace_state, enum dkim_namespace, DKIM_NAMESPACE_ABSENT)
    EACH(dmarc.status, enum dmarc_status, DMARC_TEMPERROR)
    EACH(dmarc.policy, enum dmarc_policy, DMARC_POLICY_REJECT)
    EACH(dmarc.adkim, enum dmarc_alignment, DMARC_STRICT)
    EACH(dmarc.psd, enum dmarc_psd, DMARC_PSD_UNDEFINED)
    EACH(mta_sts.status, enum record_status, RECORD_TEMPERROR)
    EACH(tls_rpt.status, enum record_status, RECORD_TEMPERROR)
    EACH(bimi.status, enum record_status, RECORD_TEMPERROR)
    EACH(findings.items[0].id, enum finding_id, FINDING_COUNT - 1)
    assert_words("outcome", OUTCOME_COUNT);
    assert_words("posture", POSTURE_COUNT);
    assert_words("mx.properties.status", MX_TEMPERROR + 1);
    assert_words("spf.properties.status", SPF_TEMPERROR + 1);
    assert_words("dkim.properties.status", DKIM_TEMPERROR + 1);
    assert_words("dmarc.properties.status", DMARC_TEMPERROR + 1);
    assert_words("mta_sts.properties.status", RECORD_TEMPERROR + 1);
    for (unsigned i = 0; i <= DKIM_KEY_DANGLING; i++) {
        struct dkim_selector selector = { .selector = SPAN("s"), .status = (enum dkim_selector_status)i,
                                          .key_type = (enum dkim_key_type)(i % (DKIM_KEY_ED25519 + 1)) };
        a.dkim.selectors = &selector;
        a.dkim.selector_count = 1;
        struct json_document read = printed(&a, &plain_facts);
        json_document_free(&read);
    }
}

static void a_record_without_room_is_not_there(void **state)
{
    (void)state;
    struct finding findings[2];
    struct assessment a = rich(findings);
    struct json_buffer buffer;
    json_buffer_init_fixed(&buffer, line, sizeof(line));
    assert_true(record_print_line(&a, &rich_facts, &buffer));
    size_t whole = buffer.len;
    for (size_t size = 0; size < whole; size += 7) {
        json_buffer_init_fixed(&buffer, line, size);
        assert_false(record_print_line(&a, &rich_facts, &buffer));
        assert_int_equal(buffer.len, 0);
    }
    json_buffer_init_fixed(&buffer, line, whole);
    assert_true(record_print_line(&a, &rich_facts, &buffer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_excluded_name_has_every_key),
        cmocka_unit_test(every_key_in_order_with_odd_bytes),
        cmocka_unit_test(what_is_printed_can_be_read_back),
        cmocka_unit_test(full_adds_the_keys_records_and_the_tree),
        cmocka_unit_test(evaluations_stand_at_the_end_of_spf),
        cmocka_unit_test(a_tree_of_any_depth_is_printed),
        cmocka_unit_test(every_word_stands_in_the_schema),
        cmocka_unit_test(a_record_without_room_is_not_there),
    };
    return cmocka_run_group_tests(tests, read_schema, free_schema);
}
