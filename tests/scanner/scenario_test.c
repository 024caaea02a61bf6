// SPDX-License-Identifier: MIT
/*
 * Runs every situation of tests/scenarios/ *.scn: the planner asks the scenario's DNS, the assessment is printed as a
 * record, and the record is read back and compared. Each scenario is one test. Beside what a scenario expects, every
 * record must be well formed, also when any one of its questions is not answered or memory runs out.
 *
 * SCENARIO=part-of-a-name runs some of them and prints their records.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>

#include "lists/builtin.h"
#include "lists/suffixes.h"
#include "scanner/mail/assessment.h"
#include "scanner/mail/providers.h"
#include "scanner/record.h"
#include "tests/support/json_reader.h"
#include "tests/support/record_schema.h"
#include "tests/support/scenario.h"
#include "tests/support/schema_check.h"

enum {
    ROUNDS_MAX = 4096,       /* more rounds of questions: the planner does not end */
    FAILURES_TRIED_MAX = 60, /* scenarios with more questions are not run once for each of them */
    RECORD_SIZE_MAX = 8 << 20,
    PLENTY = 64 << 20, /* bytes of an arena */
};

static struct {
    struct suffixes *suffixes;
    struct provider_table *providers;
    struct selector_table *selectors;
    struct arena files; /* the scenarios */
    bool is_verbose;
    struct json_document schema;
    bool was_seen[FINDING_COUNT]; /* in a record of one of the scenarios, all questions answered */
} world;

static span organizational_domain(const void *list, span name)
{
    size_t at = suffixes_organizational(list, name.ptr, name.len);
    return span_after(name, at);
}

static bool is_public_suffix(const void *list, span name)
{
    return suffixes_is_public_suffix(list, name.ptr, name.len);
}

/* ---- one run ---- */

struct run {
    const struct scenario *scenario;
    size_t failing; /* index of the question that times out; SIZE_MAX: none */
    struct mail_config config;
    struct arena arena, class_arena;
    _Alignas(max_align_t) char first[512], class_first[512];
    struct answer_set answers;
    struct subject subject;
    struct assessment assessment;
    char complaint[RECORD_COMPLAINT_SIZE];
};

static bool complain(struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);
static bool complain(struct run *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(run->complaint, sizeof(run->complaint), format, args);
    va_end(args);
    return false;
}

static bool checks_read(span words, unsigned *checks)
{
    static const struct {
        const char *word;
        unsigned check;
    } rows[] = {
        { "spf", CHECK_SPF },   { "dkim", CHECK_DKIM },       { "dmarc", CHECK_DMARC },
        { "mx", CHECK_MX },     { "mta-sts", CHECK_MTA_STS }, { "tls-rpt", CHECK_TLS_RPT },
        { "bimi", CHECK_BIMI }, { "hosts", CHECK_HOSTS },     { "addresses", CHECK_ADDRESSES },
        { "dnssec", CHECK_DNSSEC }, { "spf99", CHECK_SPF99 },
    };
    bool is_change = words.len == 0 || words.ptr[0] == '+' || words.ptr[0] == '-';
    *checks = is_change ? CHECKS_DEFAULT : CHECK_ADDRESSES;
    while (words.len > 0) {
        span word = span_trim(span_cut(&words, ','));
        bool is_removed = word.len > 0 && word.ptr[0] == '-';
        if (word.len > 0 && (word.ptr[0] == '+' || word.ptr[0] == '-')) {
            word = span_after(word, 1);
        }
        size_t i = 0;
        while (i < sizeof(rows) / sizeof(rows[0]) && !span_equal(word, span_from_cstr(rows[i].word))) {
            i++;
        }
        if (i == sizeof(rows) / sizeof(rows[0])) {
            return false;
        }
        *checks = is_removed ? *checks & ~rows[i].check : *checks | rows[i].check;
    }
    return true;
}

static bool run_begin(struct run *run, const struct scenario *scenario, size_t asking_limit, size_t class_limit)
{
    run->scenario = scenario;
    run->failing = SIZE_MAX;
    run->complaint[0] = '\0';
    arena_init(&run->arena, run->first, sizeof(run->first), asking_limit);
    arena_init(&run->class_arena, run->class_first, sizeof(run->class_first), class_limit);
    answer_set_init(&run->answers, &run->arena, ANSWER_SET_LIMIT);
    run->config = (struct mail_config){
        .dkim_mode = span_equal(scenario->dkim_mode, SPAN("full"))  ? DKIM_FULL
                     : span_equal(scenario->dkim_mode, SPAN("off")) ? DKIM_OFF
                                                                    : DKIM_SMART,
        .providers = world.providers,
        .selectors = world.selectors,
        .suffixes = { organizational_domain, is_public_suffix, world.suffixes },
        .salt = 0x7472696665637461,
    };
    run->subject = (struct subject){
        .config = &run->config,
        .domain = scenario->domain,
        .list_selectors = scenario->selectors,
        .answers = &run->answers,
        .arena = &run->arena,
    };
    return checks_read(scenario->checks, &run->config.checks) || complain(run, "checks not understood");
}

static void run_end(struct run *run)
{
    arena_reset(&run->arena);
    arena_reset(&run->class_arena);
}

/* Lower case, at most 253 bytes, labels of 1 to 63; escapes are left to the DNS layer. */
static bool is_legal_question(const struct run *run, const struct asked *asked)
{
    span name = asked->qname;
    if (name.len == 0 || name.len > 253 || name.ptr[name.len - 1] == '.') {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (ascii_lower((unsigned char)name.ptr[i]) != (unsigned char)name.ptr[i]) {
            return false;
        }
    }
    for (span rest = name; rest.len > 0 && span_find(name, '\\') == name.len;) {
        span label = span_cut(&rest, '.');
        if (label.len == 0 || label.len > 63) {
            return false;
        }
    }
    return asked->is_shared == !name_is_within(name, run->subject.domain);
}

static const struct rrset *answer(struct run *run, size_t index)
{
    static const struct rrset timeout = { .outcome = DNS_TIMEOUT };
    const struct asked *asked = &run->answers.items[index];
    if (index == run->failing) {
        return &timeout;
    }
    return scenario_answer(run->scenario, &world.files, asked, organizational_domain, world.suffixes);
}

static bool run_ask(struct run *run)
{
    struct plan plan;
    size_t answered = 0;
    plan_begin(&plan);
    for (int round = 0; plan_next(&plan, &run->subject) > 0; round++) {
        if (round == ROUNDS_MAX || answered == run->answers.count) {
            return complain(run, "the planner asks nothing new, or does not end");
        }
        for (; answered < run->answers.count; answered++) {
            if (!is_legal_question(run, &run->answers.items[answered])) {
                return complain(run, "question %.*s: no legal name, or is_shared wrong",
                                SPAN_ARG(run->answers.items[answered].qname));
            }
            run->answers.items[answered].rrset = answer(run, answered);
        }
    }
    return answered == run->answers.count || complain(run, "questions left unanswered by a planner that says 0");
}

static void run_assess(struct run *run)
{
    if (run->scenario->is_excluded) {
        assess_excluded(run->subject.domain, &run->class_arena, &run->assessment);
        return;
    }
    run->subject.arena = &run->class_arena;
    assess(&run->subject, &run->assessment);
}

static bool record_text(const struct run *run, bool is_full, char *bytes, size_t size, span *out)
{
    struct json_buffer buffer;
    const struct record_facts facts = {
        .seq = 17,
        .rank = 3,
        .has_tag = true,
        .tag = SPAN("a \"tag\""),
        .scanned_at_ms = 1795292413123,
        .queries = (uint32_t)run->answers.count,
        .answers = run->scenario->is_excluded ? NULL : &run->answers,
        .is_full = is_full,
    };
    json_buffer_init_fixed(&buffer, bytes, size);
    bool did_fit = record_print_line(&run->assessment, &facts, &buffer);
    *out = span_of(buffer.bytes, buffer.len);
    return did_fit;
}

/* ---- comparing ---- */

static const struct json_value *find_finding(const struct json_value *record, span id)
{
    const struct json_value *findings = json_at(record, SPAN("findings"));
    for (const struct json_value *f = findings ? findings->first : NULL; f; f = f->next) {
        if (span_equal(json_at(f, SPAN("id"))->text, id)) {
            return f;
        }
    }
    return NULL;
}

static bool has_part(span text, span part)
{
    return part.len == 0 || span_search_nocase(text, part) < text.len;
}

static const char *show(const struct json_value *value, char *room, size_t size)
{
    if (!value) {
        return "nothing there";
    }
    switch (value->kind) {
    case JSON_KIND_NULL:
        return "null";
    case JSON_KIND_BOOL:
        return value->boolean ? "true" : "false";
    case JSON_KIND_NUMBER:
    case JSON_KIND_STRING:
        snprintf(room, size, "%.*s", SPAN_ARG(value->text));
        return room;
    default:
        break;
    }
    size_t len = (size_t)snprintf(room, size, "%zu of:", value->count);
    for (const struct json_value *e = value->first; e && len + 1 < size; e = e->next) {
        len += (size_t)snprintf(room + len, size - len, " %.*s", SPAN_ARG(e->text));
    }
    return room;
}

static void report(const struct scenario *s, int line, const char *format, ...) PRINTF_LIKE(3, 4);
static void report(const struct scenario *s, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: ", s->file, line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

static bool meets_value(const struct scenario *s, const struct scenario_expect *e, const struct json_value *record)
{
    char room[400];
    const struct json_value *got = json_at(record, e->path);
    struct json_document wanted = json_read(e->value);
    bool is_good = wanted.root != NULL && got != NULL;
    if (is_good) {
        int64_t count;
        switch (e->kind) {
        case EXPECT_COUNT:
            is_good = json_to_i64(wanted.root, &count) && got->kind == JSON_KIND_ARRAY && got->count == (size_t)count;
            break;
        case EXPECT_CONTAINS:
            is_good = got->kind == JSON_KIND_STRING && has_part(got->text, wanted.root->text);
            break;
        default:
            is_good = json_same(wanted.root, got);
        }
    }
    if (!is_good) {
        report(s, e->line, "%.*s: expected %.*s%s, got %s", SPAN_ARG(e->path), SPAN_ARG(e->value),
               wanted.root ? "" : " (no JSON)", show(got, room, sizeof(room)));
    }
    json_document_free(&wanted);
    return is_good;
}

static bool meets_finding(const struct scenario *s, const struct scenario_expect *e, const struct json_value *record)
{
    const struct json_value *got = find_finding(record, e->path);
    if (finding_id_find(e->path) == FINDING_COUNT) {
        report(s, e->line, "no finding is called %.*s", SPAN_ARG(e->path));
        return false;
    }
    if (e->kind == EXPECT_NO_FINDING) {
        if (got) {
            report(s, e->line, "finding %.*s: not expected", SPAN_ARG(e->path));
        }
        return !got;
    }
    if (!got) {
        report(s, e->line, "finding %.*s: expected, not there", SPAN_ARG(e->path));
        return false;
    }
    const struct json_value *severity = json_at(got, SPAN("severity")), *detail = json_at(got, SPAN("detail"));
    bool is_good = e->severity.len == 0 || span_equal(e->severity, severity->text);
    is_good = is_good && (e->value.len == 0 ||
                          (e->is_part ? has_part(detail->text, e->value) : span_equal(detail->text, e->value)));
    if (!is_good) {
        report(s, e->line, "finding %.*s: expected %.*s \"%.*s\", got %.*s \"%.*s\"", SPAN_ARG(e->path),
               SPAN_ARG(e->severity), SPAN_ARG(e->value), SPAN_ARG(severity->text), SPAN_ARG(detail->text));
    }
    return is_good;
}

static bool meets_asked(const struct scenario *s, const struct scenario_expect *e, const struct run *run)
{
    bool was_asked = false;
    for (size_t i = 0; i < run->answers.count; i++) {
        const struct asked *a = &run->answers.items[i];
        was_asked |= span_equal(a->qname, e->path) && (a->qtype == e->qtype || e->qtype == SCENARIO_ANY_TYPE);
    }
    if (was_asked != (e->kind == EXPECT_ASKED)) {
        report(s, e->line, "%.*s was %sasked", SPAN_ARG(e->path), was_asked ? "" : "not ");
        return false;
    }
    return true;
}

static bool is_expected_error(const struct scenario *s, span id)
{
    for (const struct scenario_expect *e = s->expects; e; e = e->next) {
        if (e->kind == EXPECT_FINDING && span_equal(e->path, id)) {
            return true;
        }
    }
    return s->any_errors;
}

static bool meets_expectations(const struct scenario *s, const struct run *run, const struct json_value *record)
{
    bool is_good = true;
    for (const struct scenario_expect *e = s->expects; e; e = e->next) {
        if (e->kind == EXPECT_ASKED || e->kind == EXPECT_NOT_ASKED) {
            is_good &= meets_asked(s, e, run);
        } else if (e->kind == EXPECT_FINDING || e->kind == EXPECT_NO_FINDING) {
            is_good &= meets_finding(s, e, record);
        } else {
            is_good &= meets_value(s, e, record);
        }
    }
    const struct json_value *findings = json_at(record, SPAN("findings"));
    for (const struct json_value *f = findings->first; f; f = f->next) {
        span id = json_at(f, SPAN("id"))->text;
        if (span_equal(json_at(f, SPAN("severity"))->text, SPAN("error")) && !is_expected_error(s, id)) {
            report(s, s->line, "error finding %.*s \"%.*s\": nobody expected it", SPAN_ARG(id),
                   SPAN_ARG(json_at(f, SPAN("detail"))->text));
            is_good = false;
        }
    }
    return is_good;
}

/* ---- the tests ---- */

/* Asks, assesses, prints, reads back, checks the form. The document is the caller's to free. */
static bool run_record(struct run *run, struct json_document *document, bool is_full)
{
    static char bytes[RECORD_SIZE_MAX];
    span text = { 0 };
    *document = (struct json_document){ 0 };
    if (!run->scenario->is_excluded && !run_ask(run)) {
        return false;
    }
    run_assess(run);
    if (!record_text(run, is_full, bytes, sizeof(bytes), &text)) {
        return complain(run, "record_print: it did not fit");
    }
    if (world.is_verbose && run->failing == SIZE_MAX) {
        fprintf(stderr, "%.*s", SPAN_ARG(text));
    }
    if (text.len == 0 || text.ptr[text.len - 1] != '\n' || span_find(text, '\n') != text.len - 1) {
        return complain(run, "the record is not one line");
    }
    *document = json_read(text);
    if (!document->root) {
        return complain(run, "no JSON: %s at byte %zu: %.60s", document->error, document->error_at,
                        text.ptr + document->error_at);
    }
    return schema_holds(world.schema.root, document->root, run->complaint) &&
           schema_orders(world.schema.root, document->root, run->complaint) &&
           record_is_well_formed(document->root, is_full, run->complaint);
}

static void note_findings(const struct json_value *record)
{
    const struct json_value *findings = json_at(record, SPAN("findings"));
    for (const struct json_value *f = findings->first; f; f = f->next) {
        enum finding_id id = finding_id_find(json_at(f, SPAN("id"))->text);
        world.was_seen[id < FINDING_COUNT ? id : 0] |= id < FINDING_COUNT;
    }
}

/* The document stays the caller's, for comparisons. */
static bool scenario_holds(const struct scenario *s, size_t *question_count, struct json_document *document)
{
    struct run run;
    bool is_good = run_begin(&run, s, PLENTY, PLENTY) && run_record(&run, document, s->is_full);
    if (!is_good) {
        report(s, s->line, "%s", run.complaint);
    } else {
        is_good = meets_expectations(s, &run, document->root);
        note_findings(document->root);
    }
    *question_count = run.answers.count;
    run_end(&run);
    return is_good;
}

/* Findings that say "there is none": an answer that did not come must not bring one that was not there before. */
static const char *const absences[] = {
    "dns_nxdomain",
    "dns_undelegated",
    "dns_cname_dangling",
    "mx_none",
    "mx_implicit",
    "mx_target_nxdomain",
    "mx_target_no_address",
    "mx_target_unusable_address",
    "mx_all_unresolvable",
    "mx_ipv6_none",
    "spf_missing",
    "spf_include_no_record",
    "spf_redirect_no_record",
    "spf_too_many_void_lookups",
    "spf_void_target",
    "spf_target_unregistered",
    "spf_authorises_nobody",
    "spf_provider_missing",
    "spf_shared_relay",
    "dkim_none_found",
    "dkim_cname_dangling",
    "dkim_microsoft_selectors_missing",
    "dkim_pair_half_missing",
    "dmarc_missing",
    "dmarc_cname_dangling",
    "dmarc_rua_unauthorised",
    "dmarc_ruf_unauthorised",
    "dmarc_rua_no_mail",
    "dmarc_rua_unregistered",
    "dmarc_ruf_unregistered",
    "mta_sts_missing",
    "mta_sts_policy_host_missing",
    "mta_sts_without_tls_rpt",
    "mta_sts_no_mail",
    "tls_rpt_missing",
    "parked_candidate",
    "parked_lockdown",
    "parked_lockdown_full",
    "parked_no_spf",
    "parked_no_dmarc",
    "parked_no_null_mx",
    "enforcing_without_auth",
    "enforcing_without_spf",
    "enforcing_dkim_only",
    "enforcing_spf_only",
    "microsoft_hybrid_mx",
};

/* The statuses that say "there is none", each with the question whose failure makes it unknown. */
static const struct {
    const char *prefix; /* of the question's name, before the domain */
    uint16_t qtype;
    const char *path, *status;
} unknowns[] = {
    { "", DNS_TXT, "spf.status", "temperror" },
    { "", DNS_MX, "mx.status", "temperror" },
    { "_dmarc.", DNS_TXT, "dmarc.status", "temperror" },
    { "_mta-sts.", DNS_TXT, "mta_sts.status", "temperror" },
    { "_smtp._tls.", DNS_TXT, "tls_rpt.status", "temperror" },
    { "default._bimi.", DNS_TXT, "bimi.status", "temperror" },
};

static bool is_word(const struct json_value *record, const char *path, const char *word)
{
    const struct json_value *value = json_at(record, span_from_cstr(path));
    return value && span_equal(value->text, span_from_cstr(word));
}

/* What a run with one failing question may not say when `whole`, the run without, did not. */
static bool is_honest(struct run *run, const struct json_value *whole, const struct json_value *record)
{
    /* Of a name that does not exist little is said; where that itself is not known, more is. */
    bool says_little = is_word(whole, "outcome", "nxdomain");
    for (size_t i = 0; !says_little && i < sizeof(absences) / sizeof(absences[0]); i++) {
        span id = span_from_cstr(absences[i]);
        if (find_finding(record, id) && !find_finding(whole, id)) {
            return complain(run, "finding %s because of a failing question", absences[i]);
        }
    }
    span asked_name = run->answers.items[run->failing].qname;
    if (find_finding(record, SPAN("dkim_namespace_absent")) && span_starts_with(asked_name, SPAN("_domainkey.")) &&
        !says_little) {
        return complain(run, "no namespace because its question failed");
    }
    if (is_word(record, "outcome", "nxdomain")) {
        return is_word(whole, "outcome", "nxdomain") || complain(run, "nxdomain because of a failing question");
    }
    const struct asked *asked = &run->answers.items[run->failing];
    for (size_t i = 0; i < sizeof(unknowns) / sizeof(unknowns[0]); i++) {
        span prefix = span_from_cstr(unknowns[i].prefix);
        bool is_it = asked->qtype == unknowns[i].qtype && span_starts_with(asked->qname, prefix) &&
                     span_equal(span_after(asked->qname, prefix.len), run->subject.domain);
        if (is_it && !is_word(record, unknowns[i].path, unknowns[i].status) &&
            !is_word(record, unknowns[i].path, "not_checked")) {
            return complain(run, "%s is known although its question failed", unknowns[i].path);
        }
    }
    return true;
}

/* The same situation with one answer missing, with little memory, in full: well formed still, and honest. */
static bool holds_with(const struct scenario *s, size_t failing, size_t asking_limit, size_t class_limit, bool is_full,
                       const struct json_value *whole)
{
    struct run run;
    struct json_document document = { 0 };
    bool is_good = run_begin(&run, s, asking_limit, class_limit);
    run.failing = failing;
    is_good = is_good && run_record(&run, &document, is_full) && (!whole || is_honest(&run, whole, document.root));
    if (!is_good) {
        const struct asked *asked = failing < run.answers.count ? &run.answers.items[failing] : NULL;
        report(s, s->line, "failing: %.*s %s, %zu and %zu bytes%s: %s", asked ? (int)asked->qname.len : 4,
               asked ? asked->qname.ptr : "none", asked ? dns_type_name(asked->qtype) : "", asking_limit, class_limit,
               is_full ? ", full" : "", run.complaint);
    }
    json_document_free(&document);
    run_end(&run);
    return is_good;
}

static void scenario_is_met(void **state)
{
    const struct scenario *s = *state;
    static const size_t limits[] = { 4 << 10, 16 << 10, 64 << 10 };
    size_t question_count;
    struct json_document whole = { 0 };
    world.is_verbose = getenv("SCENARIO") != NULL;
    bool is_good = scenario_holds(s, &question_count, &whole);
    world.is_verbose = false;
    is_good &= holds_with(s, SIZE_MAX, PLENTY, PLENTY, !s->is_full, NULL);
    for (size_t i = 0; whole.root && question_count <= FAILURES_TRIED_MAX && i < question_count; i++) {
        is_good &= holds_with(s, i, PLENTY, PLENTY, false, whole.root);
    }
    for (size_t i = 0; is_good && i < sizeof(limits) / sizeof(limits[0]); i++) {
        is_good &= holds_with(s, SIZE_MAX, PLENTY, limits[i], false, NULL);
        is_good &= holds_with(s, SIZE_MAX, limits[i], PLENTY, false, NULL);
    }
    json_document_free(&whole);
    if (!is_good) {
        fail_msg("%s:%d", s->file, s->line);
    }
}

/* The last test: all scenarios have run. */
static void every_finding_is_seen(void **state)
{
    bool is_good = true;
    (void)state;
    for (int i = 0; i < FINDING_COUNT; i++) {
        if (!world.was_seen[i]) {
            fprintf(stderr, "finding %s: no scenario brings it about\n", finding_kind((enum finding_id)i)->id);
            is_good = false;
        }
    }
    assert_true(is_good);
}

/* The schema lists the catalogue's ids: no other, and in its order. */
static void the_schema_lists_every_finding(void **state)
{
    (void)state;
    const struct json_value *ids = json_at(world.schema.root, SPAN("properties.findings.items.properties.id.enum"));
    assert_non_null(ids);
    const struct json_value *id = ids->first;
    for (int i = 0; i < FINDING_COUNT; i++, id = id->next) {
        const char *expected = finding_kind((enum finding_id)i)->id;
        if (!id || !span_equal(id->text, span_from_cstr(expected))) {
            fail_msg("docs/record.schema.json: %s expected, got %.*s", expected, id ? (int)id->text.len : 0,
                     id ? id->text.ptr : "");
        }
    }
    assert_null(id);
}

static void schema_open(void)
{
    static char text[1 << 20];
    FILE *f = fopen("docs/record.schema.json", "rb");
    size_t len = f ? fread(text, 1, sizeof(text), f) : 0;
    if (f) {
        fclose(f);
    }
    world.schema = json_read(span_of(text, len));
    if (!world.schema.root) {
        fprintf(stderr, "docs/record.schema.json: %s\n", world.schema.error);
        exit(1);
    }
}

static void tables_open(void)
{
    char error[256] = "";
    size_t len, bad_line = 0;
    const char *text = builtin_providers(&len);
    world.providers = provider_table_new(span_of(text, len), &bad_line);
    text = builtin_selectors(&len);
    world.selectors = selector_table_new(span_of(text, len), &bad_line);
    if (suffixes_open(&world.suffixes, NULL, error, sizeof(error)) < 0 || !world.providers || !world.selectors) {
        fprintf(stderr, "tables: %s, line %zu\n", error, bad_line);
        exit(1);
    }
}

static size_t add_tests(const struct scenario *s, const char *part, struct CMUnitTest *tests, size_t count,
                        size_t limit)
{
    for (; s; s = s->next) {
        if (part && !strstr(s->name, part) && !strstr(s->file, part)) {
            continue;
        }
        if (count == limit) {
            fputs("more scenarios than the table holds\n", stderr);
            exit(1);
        }
        tests[count++] =
            (struct CMUnitTest){ .name = s->name, .test_func = scenario_is_met, .initial_state = (void *)(uintptr_t)s };
    }
    return count;
}

int main(void)
{
    enum { TESTS_MAX = 8192 };
    static struct CMUnitTest tests[TESTS_MAX];
    size_t count = 0;
    glob_t files;
    static _Alignas(max_align_t) char first_block[512];
    arena_init(&world.files, first_block, sizeof(first_block), (size_t)4 << 30);
    tables_open();
    schema_open();
    if (glob("tests/scenarios/*.scn", 0, NULL, &files) != 0) {
        fputs("no tests/scenarios/*.scn: run from the top of the repository\n", stderr);
        return 1;
    }
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const struct scenario *first = scenario_file_read(files.gl_pathv[i], &world.files);
        if (!first) {
            return 1;
        }
        count = add_tests(first, getenv("SCENARIO"), tests, count, TESTS_MAX);
    }
    if (!getenv("SCENARIO") && count + 2 <= TESTS_MAX) {
        tests[count++] = (struct CMUnitTest)cmocka_unit_test(the_schema_lists_every_finding);
        tests[count++] = (struct CMUnitTest)cmocka_unit_test(every_finding_is_seen);
    }
    /* The macro wants an array: its function wants the count. */
    int failed = _cmocka_run_group_tests("scenarios", tests, count, NULL, NULL);
    json_document_free(&world.schema);
    globfree(&files);
    arena_reset(&world.files);
    suffixes_close(world.suffixes);
    provider_table_free(world.providers);
    selector_table_free(world.selectors);
    return failed;
}
