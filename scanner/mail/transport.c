// SPDX-License-Identifier: MIT
#include "scanner/mail/transport.h"

#include "scanner/mail/tag_list.h"

/*
 * Both records share a form (RFC 8461 3.1, RFC 8460 3): the version and its semicolon, then fields `name=value`,
 * between them *WSP ";" *WSP, and one semicolon may end it.
 */

struct record_kind {
    span version; /* with the semicolon: records that don't begin so are discarded */
    span mark;    /* without case: a record that has it means to be one */
    span field;   /* so does one with another version and this field */
};

static const struct record_kind sts_kind = { { "v=STSv1;", 8 }, { "stsv", 4 }, { "id", 2 } };
static const struct record_kind rpt_kind = { { "v=TLSRPTv1;", 11 }, { "tlsrpt", 6 }, { "rua", 3 } };

struct field {
    span name, value;
};

/* sts-ext-name: a letter or digit, then up to 31 of those, underscore, hyphen, dot. */
static bool is_field_name(span name)
{
    if (name.len == 0 || name.len > 32 || !ascii_is_alnum((unsigned char)name.ptr[0])) {
        return false;
    }
    for (size_t i = 1; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (!ascii_is_alnum(c) && c != '_' && c != '-' && c != '.') {
            return false;
        }
    }
    return true;
}

/* sts-ext-value: 1*(%x21-3A / %x3C / %x3E-7E): printable, no '=', no ';', no blank. */
static bool is_field_value(span value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c < 0x21 || c > 0x7e || c == ';' || c == '=') {
            return false;
        }
    }
    return value.len > 0;
}

/* Takes the next field off *rest; false at the end, which one semicolon may stand before. */
static bool next_field(span *rest, struct field *out, bool *is_empty)
{
    if (span_trim(*rest).len == 0) {
        return false;
    }
    out->value = span_trim(span_cut(rest, ';'));
    *is_empty = out->value.len == 0;
    out->name = span_cut(&out->value, '=');
    return true;
}

/* *The* record of an answer. RFC 8461 3.1, RFC 8460 3: others are discarded; more than one left: none applies. */
struct selection {
    size_t count;
    span record;
    bool has_lookalike; /* means to be one, with a version that is not right */
};

static bool has_field(span text, span name)
{
    while (text.len > 0) {
        span value = span_cut(&text, ';');
        if (span_equal_nocase(span_trim(span_cut(&value, '=')), name)) {
            return true;
        }
    }
    return false;
}

static bool is_lookalike(span text, const struct record_kind *kind)
{
    span begin = span_trim_fws(text);
    if (text_has_word(text, kind->mark)) {
        return true;
    }
    /* SPF and verification texts of a wildcard have no such field. */
    return span_starts_with_nocase(begin, SPAN("v=")) && has_field(begin, kind->field) &&
           !span_starts_with_nocase(begin, SPAN("v=spf1")) && !span_starts_with_nocase(begin, SPAN("v=dmarc1"));
}

static void select_record(const struct rrset *txt, const struct record_kind *kind, struct selection *out)
{
    *out = (struct selection){ 0 };
    for (size_t i = 0; txt->outcome == DNS_ANSWERED && i < txt->count; i++) {
        span text = txt->txt[i].text;
        if (span_starts_with(text, kind->version)) {
            out->record = text;
            out->count++;
        } else if (is_lookalike(text, kind)) {
            out->has_lookalike = true;
        }
    }
}

static const span sts_prefix = { "_mta-sts", 8 };
static const span host_prefix = { "mta-sts", 7 };
static const span rpt_prefix = { "_smtp._tls", 10 };

static const struct rrset *answer_below(const struct subject *s, span prefix, uint16_t qtype)
{
    return subject_answer(s, subject_name_below(s, prefix, s->domain), qtype);
}

static size_t ask_below(const struct subject *s, span prefix, uint16_t qtype, enum ask_purpose purpose)
{
    span name = subject_name_below(s, prefix, s->domain);
    return name.len > 0 && subject_ask(s, name, qtype, purpose) ? 1 : 0;
}

/* No such name can exist: known without asking. */
static bool is_surely_none(const struct subject *s, span prefix)
{
    return subject_is_nonexistent(s) || prefix.len + 1 + s->domain.len > 253;
}

/* MTA-STS. */

size_t mta_sts_ask(const struct subject *s, bool *has_asked)
{
    if (*has_asked || !subject_checks(s, CHECK_MTA_STS) || subject_is_nonexistent(s)) {
        return 0;
    }
    *has_asked = true;
    size_t added = ask_below(s, sts_prefix, DNS_TXT, ASK_MTA_STS);
    if (subject_checks(s, CHECK_HOSTS)) {
        added += ask_below(s, host_prefix, DNS_A, ASK_HOST);
        added += ask_below(s, host_prefix, DNS_AAAA, ASK_HOST);
    }
    return added;
}

struct sts_reading {
    span id;
    bool has_id;
    const char *fault;
};

/* sts-id: %s"id=" 1*32(ALPHA / DIGIT), once. */
static bool is_sts_id(span value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!ascii_is_alnum((unsigned char)value.ptr[i])) {
            return false;
        }
    }
    return value.len > 0 && value.len <= 32;
}

static void read_sts(span record, struct sts_reading *out)
{
    struct field field;
    bool is_empty;
    span rest = span_after(record, sts_kind.version.len);
    *out = (struct sts_reading){ 0 };
    while (next_field(&rest, &field, &is_empty)) {
        bool is_id = span_equal(field.name, SPAN("id"));
        const char *fault = NULL;
        if (is_id && out->has_id) {
            fault = "repeated";
        } else if (is_id && !is_sts_id(field.value)) {
            fault = "not 1 to 32 letters and digits";
        } else if (!is_id && (!is_field_name(field.name) || !is_field_value(field.value))) {
            fault = is_empty ? "an empty field" : "a field that is not name=value";
        }
        out->id = is_id && !out->has_id ? field.value : out->id;
        out->has_id |= is_id;
        out->fault = out->fault ? out->fault : fault;
    }
}

static void assess_sts_record(const struct subject *s, span record, struct mta_sts_result *out)
{
    struct sts_reading reading;
    read_sts(record, &reading);
    out->status = RECORD_VALID;
    if (!reading.has_id) {
        out->status = RECORD_INVALID;
        findings_add(s->findings, FINDING_MTA_STS_ID_MISSING, span_of("", 0));
    }
    if (reading.fault) {
        out->status = RECORD_INVALID;
        findings_add(s->findings, FINDING_MTA_STS_ID_INVALID, span_from_cstr(reading.fault));
    }
    if (out->status == RECORD_VALID) {
        out->id = reading.id;
        findings_add(s->findings, FINDING_MTA_STS_POLICY_UNCHECKED, span_of("", 0));
    }
}

static void assess_sts_host(const struct subject *s, const struct mta_sts_result *out)
{
    const struct rrset *a = answer_below(s, host_prefix, DNS_A);
    const struct rrset *aaaa = answer_below(s, host_prefix, DNS_AAAA);
    bool has_address = a->outcome == DNS_ANSWERED || aaaa->outcome == DNS_ANSWERED;
    if (a->has_alias || aaaa->has_alias) {
        span target = a->has_alias ? a->alias_target : aaaa->alias_target;
        findings_addf(s->findings, FINDING_MTA_STS_CNAME, "mta-sts: %.*s", SPAN_ARG(target));
    }
    if (out->status == RECORD_NONE && has_address) {
        findings_add(s->findings, FINDING_MTA_STS_HOST_WITHOUT_RECORD, span_of("", 0));
    } else if (out->status == RECORD_VALID && rrset_is_absent(a) && rrset_is_absent(aaaa)) {
        findings_add(s->findings, FINDING_MTA_STS_POLICY_HOST_MISSING, span_of("", 0));
    }
}

/* The status of a record that must be the only one of its kind; true when it remains to be read. */
static bool select_one(const struct subject *s, const struct rrset *txt, const struct record_kind *kind,
                       enum finding_id multiple, enum finding_id bad_version, struct selection *selection,
                       enum record_status *status)
{
    select_record(txt, kind, selection);
    *status = RECORD_INVALID;
    if (selection->has_lookalike) {
        findings_add(s->findings, bad_version, span_of("", 0));
    }
    if (selection->count > 1) {
        findings_addf(s->findings, multiple, "%u records", (unsigned)selection->count);
    } else if (selection->count == 0 && !selection->has_lookalike) {
        *status = RECORD_NONE;
    }
    return selection->count == 1;
}

void mta_sts_assess(const struct subject *s, struct mta_sts_result *out)
{
    struct selection selection;
    *out = (struct mta_sts_result){ .status = RECORD_NOT_CHECKED };
    if (!subject_checks(s, CHECK_MTA_STS)) {
        return;
    }
    if (is_surely_none(s, sts_prefix)) {
        out->status = RECORD_NONE;
        return;
    }
    const struct rrset *txt = answer_below(s, sts_prefix, DNS_TXT);
    if (rrset_is_failure(txt)) {
        out->status = RECORD_TEMPERROR;
        return;
    }
    if (select_one(s, txt, &sts_kind, FINDING_MTA_STS_MULTIPLE, FINDING_MTA_STS_BAD_VERSION, &selection,
                   &out->status)) {
        assess_sts_record(s, selection.record, out);
    }
    bool is_nobodys = out->status == RECORD_NONE && subject_is_wildcard_alias(s, txt, ASK_MTA_STS);
    if (txt->has_alias && !is_nobodys) {
        findings_addf(s->findings, FINDING_MTA_STS_CNAME, "_mta-sts: %.*s", SPAN_ARG(txt->alias_target));
    }
    if (out->status == RECORD_NONE) {
        findings_add(s->findings, FINDING_MTA_STS_MISSING, span_of("", 0));
    }
    if (subject_checks(s, CHECK_HOSTS)) {
        assess_sts_host(s, out);
    }
}

/* TLS-RPT. */

size_t tls_rpt_ask(const struct subject *s, bool *has_asked)
{
    if (*has_asked || !subject_checks(s, CHECK_TLS_RPT) || subject_is_nonexistent(s)) {
        return 0;
    }
    *has_asked = true;
    return ask_below(s, rpt_prefix, DNS_TXT, ASK_TLS_RPT);
}

static bool is_host_text(span host)
{
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.ptr[i];
        if (!ascii_is_alnum(c) && c != '-' && c != '.' && c != '_' && c != '[' && c != ']' && c != ':') {
            return false;
        }
    }
    return host.len > 0 && host.ptr[0] != '.';
}

/* tlsrpt-uri: an URI of RFC 3986 whose ',', '!' and ';' are encoded; mailto or https. NULL: fine. */
static const char *uri_fault(span uri)
{
    if (uri.len == 0) {
        return "an empty element";
    }
    for (size_t i = 0; i < uri.len; i++) {
        unsigned char c = (unsigned char)uri.ptr[i];
        if (c <= 0x20 || c > 0x7e || span_find(SPAN("\"<>\\^`{|}"), (char)c) < 9) {
            return "a character no URI has";
        }
        if (c == '!' || c == ';') {
            return "an unencoded '!' or ';'";
        }
    }
    if (span_starts_with_nocase(uri, SPAN("mailto:"))) {
        span host = span_after(uri, 7);
        host = span_first(host, span_find(host, '?'));
        size_t at = host.len;
        while (at > 0 && host.ptr[at - 1] != '@') {
            at--;
        }
        return at > 1 && is_host_text(span_after(host, at)) ? NULL : "mailto without an address";
    }
    if (span_starts_with_nocase(uri, SPAN("https://"))) {
        span host = span_after(uri, 8);
        host = span_first(host, span_find(host, '/'));
        host = span_first(host, span_find(host, '?'));
        return is_host_text(host) ? NULL : "https without a host";
    }
    return "neither mailto: nor https:";
}

static size_t count_elements(span list)
{
    size_t count = 1;
    for (size_t i = 0; i < list.len; i++) {
        count += list.ptr[i] == ',';
    }
    return count;
}

struct rpt_reading {
    span *uris;
    size_t count, size, usable;
    bool has_rua;
};

static void read_rua(const struct subject *s, span list, struct rpt_reading *out)
{
    out->has_rua = true;
    for (size_t n = count_elements(list); n > 0; n--) {
        span uri = span_trim(span_cut(&list, ','));
        const char *fault = uri_fault(uri);
        if (fault) {
            findings_addf(s->findings, FINDING_TLS_RPT_RUA_INVALID, "%.*s%s%s", SPAN_ARG(span_first(uri, 200)),
                          uri.len > 0 ? ": " : "", fault);
        } else {
            out->usable++;
        }
        if (uri.len > 0 && out->count < out->size) {
            out->uris[out->count++] = uri;
        }
    }
}

static void assess_rpt_record(const struct subject *s, span record, struct tls_rpt_result *out)
{
    struct rpt_reading reading = { .size = count_elements(record) + 8 };
    struct field field;
    bool is_empty;
    span rest = span_after(record, rpt_kind.version.len);
    reading.uris = ARENA_TAKE_N(s->arena, span, reading.size);
    reading.size = reading.uris ? reading.size : 0;
    s->findings->was_cut |= reading.uris == NULL;
    bool is_malformed = false;
    while (next_field(&rest, &field, &is_empty)) {
        if (span_equal(field.name, SPAN("rua"))) {
            read_rua(s, field.value, &reading);
        } else if (!is_field_name(field.name) || !is_field_value(field.value)) {
            is_malformed = true;
        }
    }
    if (!reading.has_rua) {
        findings_add(s->findings, FINDING_TLS_RPT_RUA_MISSING, span_of("", 0));
    } else if (is_malformed) {
        findings_add(s->findings, FINDING_TLS_RPT_RUA_INVALID, SPAN("a field that is not name=value"));
    }
    out->status = reading.usable > 0 && !is_malformed ? RECORD_VALID : RECORD_INVALID;
    out->rua = reading.uris;
    out->rua_count = reading.count;
}

void tls_rpt_assess(const struct subject *s, struct tls_rpt_result *out)
{
    struct selection selection;
    *out = (struct tls_rpt_result){ .status = RECORD_NOT_CHECKED };
    if (!subject_checks(s, CHECK_TLS_RPT)) {
        return;
    }
    if (is_surely_none(s, rpt_prefix)) {
        out->status = RECORD_NONE;
        return;
    }
    const struct rrset *txt = answer_below(s, rpt_prefix, DNS_TXT);
    if (rrset_is_failure(txt)) {
        out->status = RECORD_TEMPERROR;
        return;
    }
    if (select_one(s, txt, &rpt_kind, FINDING_TLS_RPT_MULTIPLE, FINDING_TLS_RPT_BAD_VERSION, &selection,
                   &out->status)) {
        assess_rpt_record(s, selection.record, out);
    }
    if (out->status == RECORD_NONE) {
        findings_add(s->findings, FINDING_TLS_RPT_MISSING, span_of("", 0));
    }
}
