// SPDX-License-Identifier: MIT
#include "scanner/mail/mx.h"

#include <arpa/inet.h>

#include "scanner/mail/providers.h"
#include "scanner/mail/registrable.h"

enum { STAGE_MX, STAGE_ADDRESSES, STAGE_REGISTRABLE, STAGE_DONE };

/* Kinds of exchange that can be no mail host. */
enum exchange_kind { EXCHANGE_HOST, EXCHANGE_ROOT, EXCHANGE_ADDRESS, EXCHANGE_LOCAL };

/* The bytes behind a presentation name (RFC 1035 5.1 escapes); false when they don't fit. */
static bool unescape(span name, char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        uint64_t code;
        if (c == '\\' && i + 1 < name.len) {
            if (span_to_u64(span_first(span_after(name, i + 1), 3), 255, &code) && name.len - i > 3) {
                c = (unsigned char)code;
                i += 3;
            } else {
                c = (unsigned char)name.ptr[++i];
            }
        }
        if (len + 1 >= size || c == '\0') {
            return false;
        }
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return true;
}

static bool is_address(span exchange)
{
    char text[64];
    unsigned char bytes[16];
    if (!unescape(exchange, text, sizeof(text))) {
        return false;
    }
    char *at = text;
    size_t len = strlen(text);
    if (len > 2 && text[0] == '[' && text[len - 1] == ']') { /* an address literal of RFC 5321 4.1.3 */
        text[len - 1] = '\0';
        at = text + 1;
    }
    return inet_pton(AF_INET, at, bytes) == 1 || inet_pton(AF_INET6, at, bytes) == 1;
}

static enum exchange_kind exchange_kind(span exchange)
{
    if (span_equal(exchange, SPAN(".")) || exchange.len == 0) {
        return EXCHANGE_ROOT;
    }
    if (is_address(exchange)) {
        return EXCHANGE_ADDRESS;
    }
    return name_label_count(exchange) == 1 || name_is_within(exchange, SPAN("localhost")) ? EXCHANGE_LOCAL
                                                                                          : EXCHANGE_HOST;
}

bool mx_is_host(span exchange)
{
    return exchange_kind(exchange) == EXCHANGE_HOST;
}

/* Asking. */

static const struct rrset *mx_answer(const struct subject *s)
{
    return subject_answer(s, s->domain, DNS_MX);
}

static size_t ask_addresses_of(const struct subject *s, span name, enum ask_purpose purpose)
{
    size_t added = subject_ask(s, name, DNS_A, purpose) ? 1 : 0;
    return added + (subject_ask(s, name, DNS_AAAA, purpose) ? 1 : 0);
}

static size_t ask_addresses(const struct subject *s)
{
    const struct rrset *mx = mx_answer(s);
    size_t added = 0, hosts = 0;
    if (mx->outcome == DNS_NODATA && !subject_is_nonexistent(s)) {
        return ask_addresses_of(s, s->domain, ASK_DOMAIN);
    }
    for (size_t i = 0; subject_checks(s, CHECK_HOSTS) && i < mx->count && hosts < MX_HOSTS_ASKED_MAX; i++) {
        if (mx_is_host(mx->mx[i].exchange)) {
            added += ask_addresses_of(s, mx->mx[i].exchange, ASK_HOST);
            hosts++;
        }
    }
    return added;
}

/* The answer that says an exchange does not exist, or NULL. */
static const struct rrset *host_nxdomain(const struct subject *s, span host)
{
    const struct rrset *a = subject_answer(s, host, DNS_A);
    const struct rrset *aaaa = subject_answer(s, host, DNS_AAAA);
    return a->outcome == DNS_NXDOMAIN ? a : aaaa->outcome == DNS_NXDOMAIN ? aaaa : NULL;
}

static size_t ask_registrable(const struct subject *s)
{
    const struct rrset *mx = mx_answer(s);
    size_t added = 0;
    for (size_t i = 0; subject_checks(s, CHECK_HOSTS) && i < mx->count; i++) {
        const struct rrset *nxdomain = host_nxdomain(s, mx->mx[i].exchange);
        span domain = nxdomain ? registrable_question(s, mx->mx[i].exchange, nxdomain) : span_of("", 0);
        if (domain.len > 0) {
            added += subject_ask(s, domain, DNS_NS, ASK_REGISTRABLE) ? 1 : 0;
        }
    }
    return added;
}

size_t mx_ask(const struct subject *s, struct mx_plan *plan)
{
    static size_t (*const stages[STAGE_DONE])(const struct subject *) = {
        [STAGE_ADDRESSES] = ask_addresses,
        [STAGE_REGISTRABLE] = ask_registrable,
    };
    if (!subject_checks(s, CHECK_MX)) {
        return 0;
    }
    if (plan->stage == STAGE_MX) {
        plan->stage = STAGE_ADDRESSES;
        return subject_ask(s, s->domain, DNS_MX, ASK_DOMAIN) ? 1 : 0;
    }
    while (plan->stage < STAGE_DONE) {
        size_t added = stages[plan->stage++](s);
        if (added > 0) {
            return added;
        }
    }
    return 0;
}

/* Assessing. */

static bool stands_before(const struct mx_record *a, const struct mx_record *b)
{
    if (a->preference != b->preference) {
        return a->preference < b->preference;
    }
    return span_compare(a->exchange, b->exchange) < 0;
}

/* By preference, then name: the order of arrival says nothing. Insertion sort: a handful, and nearly sorted. */
static void sort_hosts(const struct subject *s, const struct rrset *mx, struct mx_result *out)
{
    struct mx_record *hosts = ARENA_TAKE_N(s->arena, struct mx_record, mx->count);
    out->hosts = mx->mx;
    out->host_count = mx->count;
    if (!hosts) {
        return;
    }
    for (size_t i = 0; i < mx->count; i++) {
        size_t at = i;
        while (at > 0 && stands_before(&mx->mx[i], &hosts[at - 1])) {
            hosts[at] = hosts[at - 1];
            at--;
        }
        hosts[at] = mx->mx[i];
    }
    out->hosts = hosts;
}

static bool name_stands(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i] == name) {
            return true;
        }
    }
    return false;
}

/* Roles of table rows that name no operator: the null MX, localhost. */
static bool is_operator(const struct provider *provider)
{
    return !provider->is_weak && strcmp(provider->role, "invalid") != 0 && strcmp(provider->name, "null") != 0;
}

static void find_providers(const struct subject *s, struct mx_result *out)
{
    const char **names = ARENA_TAKE_N(s->arena, const char *, out->host_count);
    for (size_t i = 0; names && s->config->providers && i < out->host_count; i++) {
        const struct provider *provider = provider_find(s->config->providers, PROVIDER_MX, out->hosts[i].exchange);
        if (!provider || !is_operator(provider)) {
            continue;
        }
        out->is_mailbox_provider |= strcmp(provider->role, "mailbox") == 0;
        if (!name_stands(names, out->provider_count, provider->name)) {
            names[out->provider_count++] = provider->name;
        }
    }
    out->providers = names;
}

/* Ranges that no mail from the Internet reaches: RFC 6890, 6598, 5771, 9637, 4291. */
static const struct {
    uint8_t family_bits; /* 32 or 128 */
    uint8_t bits;
    uint8_t prefix[16];
} unusable[] = {
    { 32, 8, { 0 } },
    { 32, 8, { 10 } },
    { 32, 10, { 100, 64 } },
    { 32, 8, { 127 } },
    { 32, 16, { 169, 254 } },
    { 32, 12, { 172, 16 } },
    { 32, 24, { 192, 0, 2 } },
    { 32, 16, { 192, 168 } },
    { 32, 24, { 198, 51, 100 } },
    { 32, 24, { 203, 0, 113 } },
    { 32, 3, { 224 } }, /* multicast, reserved, broadcast */
    { 128, 128, { 0 } },
    { 128, 128, { [15] = 1 } },
    { 128, 96, { [10] = 0xff, [11] = 0xff } }, /* IPv4-mapped */
    { 128, 32, { 0x20, 0x01, 0x0d, 0xb8 } },
    { 128, 20, { 0x3f, 0xff } },
    { 128, 7, { 0xfc } },
    { 128, 10, { 0xfe, 0x80 } },
    { 128, 8, { 0xff } },
};

static bool has_prefix(const uint8_t *address, const uint8_t *prefix, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(address, prefix, whole) != 0) {
        return false;
    }
    return rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

static bool is_usable(const uint8_t *address, unsigned family_bits)
{
    for (size_t i = 0; i < sizeof(unusable) / sizeof(unusable[0]); i++) {
        if (unusable[i].family_bits == family_bits && has_prefix(address, unusable[i].prefix, unusable[i].bits)) {
            return false;
        }
    }
    return true;
}

static size_t count_usable(const struct rrset *a, const struct rrset *aaaa)
{
    size_t usable = 0;
    for (size_t i = 0; a->outcome == DNS_ANSWERED && i < a->count; i++) {
        usable += is_usable(a->a[i], 32);
    }
    for (size_t i = 0; aaaa->outcome == DNS_ANSWERED && i < aaaa->count; i++) {
        usable += is_usable(aaaa->aaaa[i], 128);
    }
    return usable;
}

/* What +hosts found out about all exchanges together. */
struct hosts_tally {
    size_t usable, dead, unknown; /* hosts */
    size_t with_ipv6, ipv6_unknown;
};

static void assess_dead_host(const struct subject *s, span host, const struct rrset *a, const struct rrset *aaaa)
{
    const struct rrset *nxdomain = host_nxdomain(s, host);
    if (nxdomain) {
        findings_addf(s->findings, FINDING_MX_TARGET_NXDOMAIN, "%.*s%s", SPAN_ARG(host),
                      registrable_is_open(s, host, nxdomain) ? ", registrable: true" : "");
    } else if (rrset_is_absent(a) && rrset_is_absent(aaaa)) {
        findings_add(s->findings, FINDING_MX_TARGET_NO_ADDRESS, host);
    } else {
        findings_add(s->findings, FINDING_MX_TARGET_UNUSABLE_ADDRESS, host);
    }
}

static void assess_host_addresses(const struct subject *s, span host, struct hosts_tally *tally)
{
    const struct rrset *a = subject_answer(s, host, DNS_A);
    const struct rrset *aaaa = subject_answer(s, host, DNS_AAAA);
    bool is_unknown = !host_nxdomain(s, host) && (rrset_is_failure(a) || rrset_is_failure(aaaa));
    if (a->has_alias || aaaa->has_alias) {
        span target = a->has_alias ? a->alias_target : aaaa->alias_target;
        findings_addf(s->findings, FINDING_MX_TARGET_CNAME, "%.*s: %.*s", SPAN_ARG(host), SPAN_ARG(target));
    }
    tally->with_ipv6 += aaaa->outcome == DNS_ANSWERED;
    tally->ipv6_unknown += rrset_is_failure(aaaa) && !host_nxdomain(s, host);
    if (count_usable(a, aaaa) > 0) {
        tally->usable++;
    } else if (is_unknown) {
        tally->unknown++;
    } else {
        tally->dead++;
        assess_dead_host(s, host, a, aaaa);
    }
}

static void assess_hosts(const struct subject *s, struct mx_result *out)
{
    struct hosts_tally tally = { 0 };
    for (size_t i = 0; i < out->host_count; i++) {
        if (mx_is_host(out->hosts[i].exchange)) {
            assess_host_addresses(s, out->hosts[i].exchange, &tally);
        }
    }
    if (tally.usable == 0 && tally.unknown == 0) {
        findings_add(s->findings, FINDING_MX_ALL_UNRESOLVABLE, span_of("", 0));
        out->cannot_receive = true;
    }
    if (tally.with_ipv6 == 0 && tally.ipv6_unknown == 0) {
        findings_add(s->findings, FINDING_MX_IPV6_NONE, span_of("", 0));
    }
}

/* RFC 7505 3. */
static void assess_null(const struct subject *s, struct mx_result *out)
{
    out->status = MX_NULL;
    out->cannot_receive = true;
    findings_add(s->findings, FINDING_MX_NULL, span_of("", 0));
    if (out->hosts[0].preference != 0) {
        findings_addf(s->findings, FINDING_MX_NULL_PREFERENCE, "%u", (unsigned)out->hosts[0].preference);
    }
}

static void assess_exchanges(const struct subject *s, struct mx_result *out)
{
    size_t counts[EXCHANGE_LOCAL + 1] = { 0 };
    for (size_t i = 0; i < out->host_count; i++) {
        span exchange = out->hosts[i].exchange;
        enum exchange_kind kind = exchange_kind(exchange);
        counts[kind]++;
        if (kind == EXCHANGE_ADDRESS) {
            findings_add(s->findings, FINDING_MX_TARGET_IP, exchange);
        } else if (kind == EXCHANGE_LOCAL) {
            findings_add(s->findings, FINDING_MX_TARGET_LOCALHOST, exchange);
        }
    }
    if (counts[EXCHANGE_ROOT] > 0) {
        findings_add(s->findings, FINDING_MX_NULL_WITH_OTHERS, span_of("", 0));
    }
    bool is_invalid = counts[EXCHANGE_ROOT] > 0 || counts[EXCHANGE_HOST] == 0;
    out->status = is_invalid ? MX_INVALID : MX_OK;
    out->cannot_receive = is_invalid;
}

static void assess_records(const struct subject *s, const struct rrset *mx, struct mx_result *out)
{
    sort_hosts(s, mx, out);
    if (mx->count == 1 && exchange_kind(mx->mx[0].exchange) == EXCHANGE_ROOT) {
        assess_null(s, out);
        return;
    }
    assess_exchanges(s, out);
    find_providers(s, out);
    if (out->host_count == 1) {
        findings_add(s->findings, FINDING_MX_SINGLE_HOST, span_of("", 0));
    }
    const struct suffix_list *suffixes = &s->config->suffixes;
    if (suffixes->is_public_suffix && suffixes->is_public_suffix(suffixes->list, s->domain)) {
        findings_add(s->findings, FINDING_MX_AT_PUBLIC_SUFFIX, span_of("", 0));
    }
    if (subject_checks(s, CHECK_HOSTS) && out->status == MX_OK) {
        assess_hosts(s, out);
    }
}

/* RFC 5321 5.1: without MX, mail goes to the address of the name itself. */
static void assess_implicit(const struct subject *s, struct mx_result *out)
{
    const struct rrset *a = subject_answer(s, s->domain, DNS_A);
    const struct rrset *aaaa = subject_answer(s, s->domain, DNS_AAAA);
    out->status = MX_NONE;
    out->has_address = a->outcome == DNS_ANSWERED || aaaa->outcome == DNS_ANSWERED;
    out->address_known = out->has_address || (rrset_is_absent(a) && rrset_is_absent(aaaa));
    out->cannot_receive = out->address_known && !out->has_address;
    if (out->address_known) {
        findings_add(s->findings, out->has_address ? FINDING_MX_IMPLICIT : FINDING_MX_NONE, span_of("", 0));
    }
}

void mx_assess(const struct subject *s, struct mx_result *out)
{
    const struct rrset *mx = mx_answer(s);
    *out = (struct mx_result){ .status = MX_NOT_CHECKED };
    if (!subject_checks(s, CHECK_MX)) {
        return;
    }
    if (subject_is_nonexistent(s)) {
        *out = (struct mx_result){ .status = MX_NONE, .address_known = true, .cannot_receive = true };
    } else if (rrset_is_failure(mx)) {
        out->status = MX_TEMPERROR;
        findings_add(s->findings, FINDING_MX_UNKNOWN, span_from_cstr(dns_outcome_name(mx->outcome)));
    } else if (mx->outcome == DNS_ANSWERED && mx->count > 0) {
        assess_records(s, mx, out);
    } else {
        assess_implicit(s, out);
    }
}
