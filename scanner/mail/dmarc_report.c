// SPDX-License-Identifier: MIT
#include "scanner/mail/dmarc_report.h"

#include "scanner/mail/dmarc_uri.h"
#include "scanner/mail/freemail.h"
#include "scanner/mail/providers.h"
#include "scanner/mail/registrable.h"

enum authorisation {
    AUTHORISATION_NOT_NEEDED, /* the domain's own organization */
    AUTHORISATION_GIVEN,
    AUTHORISATION_ABSENT,     /* the DNS says so */
    AUTHORISATION_UNKNOWN,    /* the query failed, or was never asked */
    AUTHORISATION_IMPOSSIBLE, /* the name to ask at would be too long */
};

struct destination {
    span host;               /* lower case */
    span authorisation_name; /* empty: not needed, or too long */
    bool is_external;
};

struct destinations {
    struct destination items[DMARC_DESTINATIONS_MAX];
    size_t count;
};

static const span report_label = { "_report._dmarc", 14 };

static bool is_external(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node,
                        span host)
{
    const struct suffix_list *list = &s->config->suffixes;
    span theirs = list->organizational_domain(list->list, host);
    if (span_equal_nocase(theirs, list->organizational_domain(list->list, node->name))) {
        return false;
    }
    /* By the letter the tree walk decides; what lies below a psd=y name belongs to others. RFC 9989 section 4.10.2. */
    span own = node == &d->nodes[0] ? d->organizational_domain : node->name;
    bool is_psd = node->record.psd == DMARC_PSD_YES;
    return is_psd || own.len == 0 || !name_is_within(host, own);
}

static span lower_copy(const struct subject *s, span host)
{
    char *out = arena_take_bytes(s->arena, host.len);
    for (size_t i = 0; out && i < host.len; i++) {
        out[i] = (char)ascii_lower((unsigned char)host.ptr[i]);
    }
    return out ? span_of(out, host.len) : span_of("", 0);
}

static span authorisation_name(const struct subject *s, span policy_domain, span host)
{
    span prefix = subject_name_below(s, policy_domain, report_label);
    return prefix.len > 0 ? subject_name_below(s, prefix, host) : prefix;
}

static const struct destination *destination_find(const struct destinations *all, span host)
{
    for (size_t i = 0; i < all->count; i++) {
        if (span_equal_nocase(all->items[i].host, host)) {
            return &all->items[i];
        }
    }
    return NULL;
}

static void add_destination(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node,
                            span host, struct destinations *out)
{
    if (host.len == 0 || out->count == DMARC_DESTINATIONS_MAX || destination_find(out, host)) {
        return;
    }
    struct destination destination = { .host = lower_copy(s, host) };
    if (destination.host.len == 0) {
        return;
    }
    destination.is_external = is_external(s, d, node, destination.host);
    if (destination.is_external) {
        destination.authorisation_name = authorisation_name(s, node->name, destination.host);
    }
    out->items[out->count++] = destination;
}

static void collect(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node,
                    struct destinations *out)
{
    span lists[] = { node->record.rua, node->record.ruf };
    out->count = 0;
    for (size_t i = 0; i < 2; i++) {
        struct dmarc_uri uri;
        for (size_t n = 0; n < DMARC_URIS_MAX && dmarc_uri_next(&lists[i], &uri); n++) {
            add_destination(s, d, node, uri.host, out);
        }
    }
}

size_t dmarc_report_ask(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node)
{
    struct destinations all;
    size_t added = 0;
    collect(s, d, node, &all);
    for (size_t i = 0; i < all.count; i++) {
        const struct destination *to = &all.items[i];
        added += to->authorisation_name.len > 0 && subject_ask(s, to->authorisation_name, DNS_TXT, ASK_DMARC_REPORT);
        added += subject_checks(s, CHECK_HOSTS) && subject_ask(s, to->host, DNS_MX, ASK_HOST);
    }
    return added;
}

/* Below _report._dmarc of the host, a name that nobody publishes: the same for all domains, so it is asked once. */
static span wildcard_name(const struct subject *s, span host)
{
    char label[16];
    subject_random_label(s, host, label);
    return authorisation_name(s, span_of(label, sizeof(label)), host);
}

static const struct rrset *authorisation_answer(const struct subject *s, const struct destination *to)
{
    return subject_answer(s, to->authorisation_name, DNS_TXT); /* never asked for what needs none */
}

static bool is_authorisation(const struct rrset *rrset)
{
    for (size_t i = 0; rrset->outcome == DNS_ANSWERED && i < rrset->count; i++) {
        if (dmarc_text_is_record(rrset->txt[i].text)) {
            return true;
        }
    }
    return false;
}

size_t dmarc_report_ask_more(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node)
{
    struct destinations all;
    size_t added = 0;
    collect(s, d, node, &all);
    for (size_t i = 0; i < all.count; i++) {
        const struct destination *to = &all.items[i];
        span domain = registrable_question(s, to->host, authorisation_answer(s, to));
        added += domain.len > 0 && subject_ask(s, domain, DNS_NS, ASK_REGISTRABLE);
        span random = is_authorisation(authorisation_answer(s, to)) ? wildcard_name(s, to->host) : span_of("", 0);
        added += random.len > 0 && subject_ask(s, random, DNS_TXT, ASK_DMARC_REPORT);
        if (subject_checks(s, CHECK_HOSTS) && subject_answer(s, to->host, DNS_MX)->outcome == DNS_NODATA) {
            added += subject_ask(s, to->host, DNS_A, ASK_HOST);
            added += subject_ask(s, to->host, DNS_AAAA, ASK_HOST);
        }
    }
    return added;
}

/* One TXT that begins with the v tag is enough; what else stands there does not matter. RFC 9990 section 4. */
static enum authorisation authorisation_of(const struct subject *s, const struct destination *to)
{
    if (!to) {
        return AUTHORISATION_UNKNOWN;
    }
    if (!to->is_external) {
        return AUTHORISATION_NOT_NEEDED;
    }
    if (to->authorisation_name.len == 0) {
        return s->arena->was_exhausted ? AUTHORISATION_UNKNOWN : AUTHORISATION_IMPOSSIBLE;
    }
    const struct rrset *rrset = authorisation_answer(s, to);
    if (rrset_is_failure(rrset)) {
        return AUTHORISATION_UNKNOWN;
    }
    return is_authorisation(rrset) ? AUTHORISATION_GIVEN : AUTHORISATION_ABSENT;
}

/* --- Findings: each rule once for rua, once for ruf --- */

struct uri_rules {
    enum finding_id invalid, scheme, size_limit, many, duplicate, unauthorised, unverifiable, wildcard, no_mail,
        unregistered, personal;
};

static const struct uri_rules rules_of_rua = {
    FINDING_DMARC_RUA_INVALID,      FINDING_DMARC_RUA_SCHEME,    FINDING_DMARC_RUA_SIZE_LIMIT,
    FINDING_DMARC_RUA_MANY,         FINDING_DMARC_RUA_DUPLICATE, FINDING_DMARC_RUA_UNAUTHORISED,
    FINDING_DMARC_RUA_UNVERIFIABLE, FINDING_DMARC_RUA_WILDCARD,  FINDING_DMARC_RUA_NO_MAIL,
    FINDING_DMARC_RUA_UNREGISTERED, FINDING_DMARC_RUA_PERSONAL,
};

static const struct uri_rules rules_of_ruf = {
    FINDING_DMARC_RUF_INVALID,      FINDING_DMARC_RUF_SCHEME,    FINDING_DMARC_RUF_SIZE_LIMIT,
    FINDING_DMARC_RUF_MANY,         FINDING_DMARC_RUF_DUPLICATE, FINDING_DMARC_RUF_UNAUTHORISED,
    FINDING_DMARC_RUF_UNVERIFIABLE, FINDING_DMARC_RUF_WILDCARD,  FINDING_DMARC_RUF_NO_MAIL,
    FINDING_DMARC_RUF_UNREGISTERED, FINDING_DMARC_RUF_PERSONAL,
};

static void note_fault(const struct subject *s, enum finding_id id, const struct dmarc_uri *uri)
{
    char text[160];
    span parts[] = { span_first(uri->text, 80), uri->text.len > 0 ? SPAN(": ") : SPAN(""), span_from_cstr(uri->fault) };
    size_t len = 0;
    for (size_t i = 0; i < 3; i++) {
        span part = span_first(parts[i], sizeof(text) - len);
        if (part.len > 0) {
            memcpy(text + len, part.ptr, part.len);
            len += part.len;
        }
    }
    findings_add(s->findings, id, span_of(text, len));
}

static void note_uri(const struct subject *s, const struct uri_rules *rules, const struct dmarc_uri *uri)
{
    if (!uri->is_wellformed) {
        note_fault(s, rules->invalid, uri);
    } else if (!uri->is_mailto) {
        findings_add(s->findings, rules->scheme, uri->text);
    }
    if (uri->has_size_limit) {
        findings_add(s->findings, rules->size_limit, uri->text);
    }
}

/* What the list as a whole has wrong: nothing in it, or a comma at its end, behind which a URI would stand. */
static void note_list_form(const struct subject *s, const struct uri_rules *rules, bool is_given, span list)
{
    list = span_trim(list);
    if (is_given && list.len == 0) {
        findings_add(s->findings, rules->invalid, SPAN("no URI"));
    } else if (list.len > 0 && list.ptr[list.len - 1] == ',') {
        findings_add(s->findings, rules->invalid, SPAN("a comma at the end"));
    }
}

static bool is_null_mx(const struct rrset *mx)
{
    return mx->outcome == DNS_ANSWERED && mx->count == 1 && span_equal(mx->mx[0].exchange, SPAN("."));
}

/* RFC 5321 section 5.1: without MX the address of the host itself takes mail. */
static bool takes_no_mail(const struct subject *s, span host)
{
    const struct rrset *mx = subject_answer(s, host, DNS_MX);
    if (is_null_mx(mx) || mx->outcome == DNS_NXDOMAIN) {
        return true;
    }
    return mx->outcome == DNS_NODATA && rrset_is_absent(subject_answer(s, host, DNS_A)) &&
           rrset_is_absent(subject_answer(s, host, DNS_AAAA));
}

static bool has_text(const struct rrset *rrset, span text)
{
    for (size_t i = 0; rrset->outcome == DNS_ANSWERED && i < rrset->count; i++) {
        if (span_equal(rrset->txt[i].text, text)) {
            return true;
        }
    }
    return false;
}

/* The name that nobody publishes is authorised too, in the same words. */
static bool is_wildcard(const struct subject *s, const struct destination *to)
{
    const struct rrset *own = authorisation_answer(s, to);
    const struct rrset *random = subject_answer(s, wildcard_name(s, to->host), DNS_TXT);
    for (size_t i = 0; i < own->count; i++) {
        if (dmarc_text_is_record(own->txt[i].text) && has_text(random, own->txt[i].text)) {
            return true;
        }
    }
    return false;
}

static void note_destination(const struct subject *s, const struct uri_rules *rules, const struct destination *to,
                             enum authorisation authorisation)
{
    if (authorisation == AUTHORISATION_ABSENT) {
        findings_add(s->findings, rules->unauthorised, to->host);
        if (registrable_is_open(s, to->host, authorisation_answer(s, to))) {
            findings_add(s->findings, rules->unregistered, to->host);
        }
    }
    if (authorisation == AUTHORISATION_UNKNOWN || authorisation == AUTHORISATION_IMPOSSIBLE) {
        findings_add(s->findings, rules->unverifiable, to->host);
    }
    if (authorisation == AUTHORISATION_GIVEN && is_wildcard(s, to)) {
        findings_add(s->findings, rules->wildcard, to->host);
    }
    if (to->is_external && freemail_has(to->host)) {
        findings_add(s->findings, rules->personal, to->host);
    }
    if (subject_checks(s, CHECK_HOSTS) && takes_no_mail(s, to->host)) {
        findings_add(s->findings, rules->no_mail, to->host);
    }
}

/* --- The lists of the record --- */

static size_t count_uris(span list)
{
    struct dmarc_uri uri;
    size_t count = 0;
    while (count < DMARC_URIS_MAX && dmarc_uri_next(&list, &uri)) {
        count++;
    }
    return count;
}

static bool stands_among(const span *items, size_t count, span item)
{
    for (size_t i = 0; i < count; i++) {
        if (span_equal_nocase(items[i], item)) {
            return true;
        }
    }
    return false;
}

static void add_unauthorised(span *hosts, size_t *count, const struct destination *to, enum authorisation authorisation)
{
    if (authorisation == AUTHORISATION_ABSENT && !stands_among(hosts, *count, to->host)) {
        hosts[(*count)++] = to->host;
    }
}

/* One list: fills items (room for count_uris of it), says whether one of them is a mailto that may be used. */
static bool read_list(const struct subject *s, const struct destinations *all, bool is_given, span list,
                      const struct uri_rules *rules, span *items, size_t count, span *unauthorised,
                      size_t *unauthorised_count)
{
    bool is_usable = false, may_ask = !subject_is_nonexistent(s);
    span list_text = list;
    struct dmarc_uri uri;
    for (size_t i = 0; i < count && dmarc_uri_next(&list, &uri); i++) {
        if (stands_among(items, i, uri.text)) {
            findings_add(s->findings, rules->duplicate, uri.text);
        }
        items[i] = uri.text;
        note_uri(s, rules, &uri);
        const struct destination *to = uri.host.len > 0 ? destination_find(all, uri.host) : NULL;
        enum authorisation authorisation = authorisation_of(s, to);
        if (to && may_ask) {
            note_destination(s, rules, to, authorisation);
            add_unauthorised(unauthorised, unauthorised_count, to, authorisation);
        }
        is_usable |= uri.is_wellformed && uri.is_mailto && authorisation != AUTHORISATION_ABSENT &&
                     authorisation != AUTHORISATION_IMPOSSIBLE;
    }
    note_list_form(s, rules, is_given, list_text);
    if (count > 2) {
        findings_addf(s->findings, rules->many, "%zu addresses", count);
    }
    return is_usable;
}

static void note_list(const struct subject *s, bool is_given, span list, const struct uri_rules *rules)
{
    struct dmarc_uri uri;
    span rest = list;
    for (size_t n = 0; n < DMARC_URIS_MAX && dmarc_uri_next(&rest, &uri); n++) {
        note_uri(s, rules, &uri);
    }
    note_list_form(s, rules, is_given, list);
}

void dmarc_report_note_faults(const struct subject *s, const struct dmarc_record *record)
{
    note_list(s, record->has_rua, record->rua, &rules_of_rua);
    note_list(s, record->has_ruf, record->ruf, &rules_of_ruf);
}

static bool has_vendor(const char *const *vendors, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (vendors[i] == name) {
            return true;
        }
    }
    return false;
}

static void find_vendors(const struct subject *s, const struct destinations *all, struct dmarc_result *out)
{
    const char **vendors = s->config->providers ? ARENA_TAKE_N(s->arena, const char *, all->count) : NULL;
    for (size_t i = 0; vendors && i < all->count; i++) {
        const struct provider *provider = provider_find(s->config->providers, PROVIDER_RUA, all->items[i].host);
        if (provider && !has_vendor(vendors, out->report_vendor_count, provider->name)) {
            vendors[out->report_vendor_count++] = provider->name;
        }
    }
    out->report_vendors = vendors;
}

void dmarc_report_assess(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node,
                         struct dmarc_result *out)
{
    const struct dmarc_record *record = &node->record;
    struct destinations all;
    collect(s, d, node, &all);
    size_t rua_count = count_uris(record->rua), ruf_count = count_uris(record->ruf), unauthorised_count = 0;
    span *rua = ARENA_TAKE_N(s->arena, span, rua_count);
    span *ruf = ARENA_TAKE_N(s->arena, span, ruf_count);
    span *unauthorised = ARENA_TAKE_N(s->arena, span, all.count);
    if (!rua || !ruf || !unauthorised) {
        return; /* the arena says that it was exhausted */
    }
    out->has_usable_rua = read_list(s, &all, record->has_rua, record->rua, &rules_of_rua, rua, rua_count, unauthorised,
                                    &unauthorised_count);
    (void)read_list(s, &all, record->has_ruf, record->ruf, &rules_of_ruf, ruf, ruf_count, unauthorised,
                    &unauthorised_count);
    out->rua = rua;
    out->rua_count = rua_count;
    out->ruf = ruf;
    out->ruf_count = ruf_count;
    out->unauthorized_report_domains = unauthorised;
    out->unauthorized_report_domain_count = unauthorised_count;
    find_vendors(s, &all, out);
}
