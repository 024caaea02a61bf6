// SPDX-License-Identifier: MIT
#include "tests/support/record_schema.h"

#include <stdarg.h>
#include <stdio.h>

#include "scanner/mail/finding.h"

/*
 * Types: i integer from 0, b boolean, s text, S array of texts, O object, A array of objects, =a|b one of these words;
 * '?' behind one: or null; '-' behind all: the key may be missing. An object's members follow under its path; "x[]" are
 * the elements of x.
 */
struct key_row {
    const char *path, *key, *type;
    bool only_full;
};

#define MECHANISM "valid|none|invalid|temperror|not_checked"
#define POLICY    "=none|quarantine|reject?"

static const struct key_row keys[] = {
    { "", "schema", "i", false },
    { "", "domain", "s", false },
    { "", "seq", "i", false },
    { "", "rank", "i?", false },
    { "", "tag", "s?", false },
    { "", "scanned_at", "s", false },
    { "", "outcome", "=ok|nxdomain|servfail|refused|timeout|bad_response|excluded", false },
    { "", "posture",
      "=nonexistent|unknown|dmarc_broken|enforcing_bypassed|enforcing_broken|parked_protected|protected|partial|"
      "parked_unprotected|monitoring|record_only|spf_only|unprotected",
      false },
    { "", "spoofable", "b?", false },
    { "", "spoofable_subdomains", "b?", false },
    { "", "sends", "=yes|no|unknown", false },
    { "", "findings", "A", false },
    { "", "mx", "O", false },
    { "", "spf", "O", false },
    { "", "dkim", "O", false },
    { "", "dmarc", "O", false },
    { "", "mta_sts", "O", false },
    { "", "tls_rpt", "O", false },
    { "", "bimi", "O", false },
    { "", "dns", "O", false },
    { "findings[]", "id", "s", false },
    { "findings[]", "severity", "=error|warning|info", false },
    { "findings[]", "detail", "s?", false },
    { "mx", "status", "=ok|none|null_mx|invalid|temperror|not_checked", false },
    { "mx", "hosts", "A", false },
    { "mx", "providers", "S", false },
    { "mx.hosts[]", "preference", "i", false },
    { "mx.hosts[]", "host", "s", false },
    { "spf", "status", "=valid|none|permerror|temperror|not_checked", false },
    { "spf", "record", "s?", false },
    { "spf", "all", "=fail|softfail|neutral|pass?", false },
    { "spf", "lookups", "i?", false },
    { "spf", "void_lookups", "i?", false },
    { "spf", "depth", "i?", false },
    { "spf", "limit_hit", "s?", false },
    { "spf", "includes", "S", false },
    { "spf", "redirect", "s?", false },
    { "spf", "ipv4_addresses", "i?", false },
    { "spf", "ipv6_slash64s", "i?", false },
    { "spf", "exact", "b", false },
    { "spf", "macros", "b", false },
    { "spf", "ptr", "b", false },
    { "spf", "providers", "S", false },
    { "spf", "tree", "O?", true },
    { "spf", "evaluations", "A-", false },
    { "spf.evaluations[]", "ip", "s", false },
    { "spf.evaluations[]", "result", "=none|neutral|pass|fail|softfail|temperror|permerror", false },
    { "dkim", "status", "=found|revoked|invalid|wildcard|none_found|temperror|not_checked", false },
    { "dkim", "namespace", "=exists|absent|unknown", false },
    { "dkim", "probed", "i", false },
    { "dkim", "selectors", "A", false },
    { "dkim.selectors[]", "selector", "s", false },
    { "dkim.selectors[]", "status", "=valid|revoked|invalid|dangling_cname", false },
    { "dkim.selectors[]", "key_type", "=rsa|ed25519?", false },
    { "dkim.selectors[]", "key_bits", "i?", false },
    { "dkim.selectors[]", "testing", "b", false },
    { "dkim.selectors[]", "cname", "s?", false },
    { "dkim.selectors[]", "provider", "s?", false },
    { "dkim.selectors[]", "record", "s?", true },
    { "dmarc", "status", "=" MECHANISM, false },
    { "dmarc", "record", "s?", false },
    { "dmarc", "found_at", "s?", false },
    { "dmarc", "inherited", "b", false },
    { "dmarc", "organizational_domain", "s?", false },
    { "dmarc", "policy", POLICY, false },
    { "dmarc", "subdomain_policy", POLICY, false },
    { "dmarc", "nonexistent_policy", POLICY, false },
    { "dmarc", "policy_9989", POLICY, false },
    { "dmarc", "policy_7489", POLICY, false },
    { "dmarc", "effective_policy", POLICY, false },
    { "dmarc", "testing", "b", false },
    { "dmarc", "pct", "i?", false },
    { "dmarc", "adkim", "=r|s?", false },
    { "dmarc", "aspf", "=r|s?", false },
    { "dmarc", "fo", "S", false },
    { "dmarc", "psd", "=y|n|u?", false },
    { "dmarc", "rua", "S", false },
    { "dmarc", "ruf", "S", false },
    { "dmarc", "report_vendors", "S", false },
    { "dmarc", "unauthorized_report_domains", "S", false },
    { "mta_sts", "status", "=" MECHANISM, false },
    { "mta_sts", "id", "s?", false },
    { "tls_rpt", "status", "=" MECHANISM, false },
    { "tls_rpt", "rua", "S", false },
    { "bimi", "status", "=" MECHANISM, false },
    { "bimi", "location", "s?", false },
    { "bimi", "authority", "s?", false },
    { "dns", "queries", "i", false },
    { "dns", "shared", "i", false },
    { "dns", "retries", "i", false },
    { "dns", "tcp", "i", false },
    { "dns", "elapsed_ms", "i", false },
    { "dns", "failed", "A", false },
    { "dns.failed[]", "name", "s", false },
    { "dns.failed[]", "type", "s", false },
    { "dns.failed[]", "error", "s", false },
};

enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

static bool complain(char *complaint, const char *format, ...) PRINTF_LIKE(2, 3);
static bool complain(char *complaint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(complaint, RECORD_COMPLAINT_SIZE, format, args);
    va_end(args);
    return false;
}

static bool is_one_of(span value, span words)
{
    while (words.len > 0) {
        if (span_equal(span_cut(&words, '|'), value)) {
            return true;
        }
    }
    return false;
}

static bool are_all(const struct json_value *array, enum json_kind kind)
{
    for (const struct json_value *e = array->first; e; e = e->next) {
        if (e->kind != kind) {
            return false;
        }
    }
    return array->kind == JSON_KIND_ARRAY;
}

static bool has_type(const struct json_value *value, span type)
{
    int64_t number;
    if (type.ptr[type.len - 1] == '?') {
        if (value->kind == JSON_KIND_NULL) {
            return true;
        }
        type = span_first(type, type.len - 1);
    }
    switch (type.ptr[0]) {
    case 'i':
        return json_to_i64(value, &number) && number >= 0;
    case 'b':
        return value->kind == JSON_KIND_BOOL;
    case 's':
        return value->kind == JSON_KIND_STRING;
    case 'S':
        return are_all(value, JSON_KIND_STRING);
    case 'A':
        return are_all(value, JSON_KIND_OBJECT);
    case 'O':
        return value->kind == JSON_KIND_OBJECT;
    default:
        return value->kind == JSON_KIND_STRING && is_one_of(value->text, span_after(type, 1));
    }
}

/* The members of one object, in order, no more and no less. */
static bool check_object(const struct json_value *object, const char *path, bool is_full, char *complaint)
{
    const struct json_value *member = object->first;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(keys[i].path, path) != 0 || (keys[i].only_full && !is_full)) {
            continue;
        }
        span type = span_from_cstr(keys[i].type);
        bool is_optional = span_ends_with(type, SPAN("-"));
        if (!member || !span_equal(member->key, span_from_cstr(keys[i].key))) {
            if (is_optional) {
                continue;
            }
            return complain(complaint, "%s: key \"%s\" expected, \"%.*s\" found", path, keys[i].key,
                            member ? (int)member->key.len : 0, member ? member->key.ptr : "");
        }
        if (!has_type(member, span_first(type, type.len - is_optional))) {
            return complain(complaint, "%s.%s: type %s expected, %s found: %.*s", path, keys[i].key, keys[i].type,
                            json_kind_name(member->kind), SPAN_ARG(member->text));
        }
        member = member->next;
    }
    return !member || complain(complaint, "%s: unknown key \"%.*s\"", path, SPAN_ARG(member->key));
}

static bool check_elements(const struct json_value *record, const char *path, bool is_full, char *complaint)
{
    size_t len = strlen(path) - 2;
    const struct json_value *array = json_at(record, span_of(path, len));
    for (const struct json_value *e = array ? array->first : NULL; e; e = e->next) {
        if (!check_object(e, path, is_full, complaint)) {
            return false;
        }
    }
    return true;
}

static bool check_keys(const struct json_value *record, bool is_full, char *complaint)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const char *path = keys[i].path;
        if (i > 0 && strcmp(path, keys[i - 1].path) == 0) {
            continue;
        }
        bool is_element = strlen(path) > 2 && strcmp(path + strlen(path) - 2, "[]") == 0;
        if (is_element ? !check_elements(record, path, is_full, complaint)
                       : !check_object(json_at(record, span_from_cstr(path)), path, is_full, complaint)) {
            return false;
        }
    }
    return true;
}

static const struct json_value *at(const struct json_value *record, const char *path)
{
    return json_at(record, span_from_cstr(path));
}

static bool is(const struct json_value *record, const char *path, const char *word)
{
    return span_equal(at(record, path)->text, span_from_cstr(word)) && at(record, path)->kind == JSON_KIND_STRING;
}

static bool is_null(const struct json_value *record, const char *path)
{
    return at(record, path)->kind == JSON_KIND_NULL;
}

/* Known, each once, the graver first, then catalogue order. */
static bool check_findings(const struct json_value *record, char *complaint)
{
    int last_severity = -1, last_id = -1;
    for (const struct json_value *f = at(record, "findings")->first; f; f = f->next) {
        span id = at(f, "id")->text, severity = at(f, "severity")->text;
        int number = (int)finding_id_find(id);
        int rank = span_equal(severity, SPAN("error")) ? 0 : span_equal(severity, SPAN("warning")) ? 1 : 2;
        if (number == FINDING_COUNT) {
            return complain(complaint, "finding %.*s is not in the catalogue", SPAN_ARG(id));
        }
        if (rank < last_severity || (rank == last_severity && number <= last_id)) {
            return complain(complaint, "finding %.*s stands out of order", SPAN_ARG(id));
        }
        last_severity = rank;
        last_id = number;
    }
    return true;
}

/* Decided cases 4, 8, 27; the status line of spf. */
static bool check_spf(const struct json_value *r, char *complaint)
{
    static const char *const numbers[] = { "spf.lookups", "spf.void_lookups", "spf.depth", "spf.ipv4_addresses",
                                           "spf.ipv6_slash64s" };
    for (size_t i = 1; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (is_null(r, numbers[i]) != is_null(r, numbers[0])) {
            return complain(complaint, "%s and spf.lookups: both or none are null", numbers[i]);
        }
    }
    bool is_valid = is(r, "spf.status", "valid");
    if (is_valid == is_null(r, "spf.all")) {
        return complain(complaint, "spf.all is null unless valid, and not null then");
    }
    if (is_valid && (is_null(r, "spf.record") || is_null(r, "spf.lookups"))) {
        return complain(complaint, "spf valid without record or numbers");
    }
    bool is_without = is(r, "spf.status", "none") || is(r, "spf.status", "not_checked");
    if (is_without && !(is_null(r, "spf.record") && is_null(r, "spf.lookups"))) {
        return complain(complaint, "spf absent with record or numbers");
    }
    bool any_flag = at(r, "spf.exact")->boolean || at(r, "spf.macros")->boolean || at(r, "spf.ptr")->boolean;
    if (is_null(r, "spf.lookups") && any_flag) {
        return complain(complaint, "spf flags without a well-formed own record");
    }
    int64_t slash64s = 0, addresses = 0;
    if (json_to_i64(at(r, "spf.ipv4_addresses"), &addresses) && addresses > (int64_t)1 << 32) {
        return complain(complaint, "more than 2^32 IPv4 addresses");
    }
    return is_null(r, "spf.ipv6_slash64s") || json_to_i64(at(r, "spf.ipv6_slash64s"), &slash64s) ||
           complain(complaint, "ipv6_slash64s over 2^63 - 1");
}

static int strength(const struct json_value *r, const char *path)
{
    return is_null(r, path) ? 0 : is(r, path, "none") ? 1 : is(r, path, "quarantine") ? 2 : 3;
}

/* Decided cases 16, 40. */
static bool check_dmarc(const struct json_value *r, char *complaint)
{
    int a = strength(r, "dmarc.policy_9989"), b = strength(r, "dmarc.policy_7489");
    if (strength(r, "dmarc.effective_policy") != (a < b ? a : b)) {
        return complain(complaint, "dmarc.effective_policy is not the weaker view");
    }
    bool is_valid = is(r, "dmarc.status", "valid");
    if (!is_valid && (a || b || !is_null(r, "dmarc.policy") || !is_null(r, "dmarc.subdomain_policy") ||
                      !is_null(r, "dmarc.nonexistent_policy"))) {
        return complain(complaint, "a policy without a valid dmarc");
    }
    if (is_valid && (is_null(r, "dmarc.record") || is_null(r, "dmarc.found_at") || is_null(r, "dmarc.policy"))) {
        return complain(complaint, "dmarc valid without record, found_at or policy");
    }
    if (is(r, "dmarc.status", "temperror") &&
        !(is_null(r, "dmarc.record") && is_null(r, "dmarc.found_at") && !at(r, "dmarc.inherited")->boolean)) {
        return complain(complaint, "dmarc temperror that is not all null");
    }
    if (is_valid &&
        at(r, "dmarc.inherited")->boolean == span_equal(at(r, "dmarc.found_at")->text, at(r, "domain")->text)) {
        return complain(complaint, "dmarc.inherited against dmarc.found_at");
    }
    return true;
}

static bool has_selector(const struct json_value *r, const char *status)
{
    for (const struct json_value *s = at(r, "dkim.selectors")->first; s; s = s->next) {
        if (is(s, "status", status)) {
            return true;
        }
    }
    return false;
}

static bool check_dkim(const struct json_value *r, char *complaint)
{
    if (has_selector(r, "valid") && !is(r, "dkim.status", "found")) {
        return complain(complaint, "a valid selector, and dkim not found");
    }
    if (is(r, "dkim.namespace", "absent") && is(r, "outcome", "nxdomain") && at(r, "dkim.selectors")->count > 0) {
        return complain(complaint, "selectors below a name that does not exist");
    }
    return true;
}

/* posture.md 3.2 and 3.3 as far as they tie keys of the record together. */
static bool check_verdict(const struct json_value *r, char *complaint)
{
    if (is(r, "outcome", "nxdomain") != is(r, "posture", "nonexistent")) {
        return complain(complaint, "nxdomain and nonexistent go together");
    }
    if ((is(r, "outcome", "excluded") || is(r, "dmarc.status", "temperror")) && !is(r, "posture", "unknown") &&
        !is(r, "posture", "nonexistent")) {
        return complain(complaint, "posture without knowing DMARC");
    }
    bool is_enforcing = strength(r, "dmarc.policy_9989") > 1 || strength(r, "dmarc.policy_7489") > 1;
    /* A sampled quarantine counts as none in the column, as enforcing for the posture. */
    bool may_be_sampled = strength(r, "dmarc.policy_7489") == 1;
    static const char *const wants[] = { "enforcing_bypassed", "enforcing_broken", "parked_protected", "protected",
                                         "partial" };
    for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
        if (is(r, "posture", wants[i]) && !is_enforcing && !may_be_sampled) {
            return complain(complaint, "posture %s without an enforcing view", wants[i]);
        }
    }
    static const char *const forbids[] = { "monitoring",  "record_only",        "spf_only",
                                           "unprotected", "parked_unprotected", "dmarc_broken" };
    for (size_t i = 0; i < sizeof(forbids) / sizeof(forbids[0]); i++) {
        if (is(r, "posture", forbids[i]) && is_enforcing) {
            return complain(complaint, "posture %s with an enforcing view", forbids[i]);
        }
    }
    return true;
}

bool record_is_well_formed(const struct json_value *record, bool is_full, char complaint[RECORD_COMPLAINT_SIZE])
{
    if (record->kind != JSON_KIND_OBJECT) {
        return complain(complaint, "the record is no object");
    }
    return check_keys(record, is_full, complaint) && check_findings(record, complaint) &&
           check_spf(record, complaint) && check_dmarc(record, complaint) && check_dkim(record, complaint) &&
           check_verdict(record, complaint);
}
