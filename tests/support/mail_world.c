// SPDX-License-Identifier: MIT
#include "tests/support/mail_world.h"

#include <stdlib.h>

static const char *const suffixes[] = { "com", "org", "net", "gov", "mil", "uk", "co.uk", "gov.uk", "cc", "bank",
                                        "bank.example",
                                        "blog.example", "example" };

static bool is_public_suffix(const void *list, span name)
{
    (void)list;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (span_equal_nocase(name, span_from_cstr(suffixes[i]))) {
            return true;
        }
    }
    return name_label_count(name) <= 1;
}

static span organizational_domain(const void *list, span name)
{
    span at = name;
    while (!is_public_suffix(list, at) && name_parent(at).len > 0 && !is_public_suffix(list, name_parent(at))) {
        at = name_parent(at);
    }
    return at;
}

const struct suffix_list mail_world_suffixes = { organizational_domain, is_public_suffix, NULL };

static const struct {
    const char *word;
    enum dns_outcome outcome;
} outcomes[] = {
    { "!SERVFAIL", DNS_SERVFAIL }, { "!TIMEOUT", DNS_TIMEOUT },   { "!REFUSED", DNS_REFUSED },
    { "!NODATA", DNS_NODATA },     { "!NXDOMAIN", DNS_NXDOMAIN }, { "!ALIAS", DNS_NXDOMAIN },
    { "!GONE", DNS_NXDOMAIN },     { "!ANSWERED", DNS_ANSWERED },
};

static bool read_outcome(span text, struct rrset *out)
{
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        if (!span_equal(text, span_from_cstr(outcomes[i].word))) {
            continue;
        }
        out->outcome = outcomes[i].outcome;
        if (span_equal(text, SPAN("!ALIAS"))) {
            out->has_alias = true;
            out->alias_target = SPAN("nowhere.example");
        }
        out->soa_owner = span_equal(text, SPAN("!GONE")) ? SPAN("com") : span_of("", 0);
        return true;
    }
    return false;
}

static bool is_about(span owner, span qname, uint16_t qtype)
{
    span name = span_cut(&owner, '/');
    span type = owner.len > 0 ? owner : SPAN("TXT");
    return span_equal_nocase(name, qname) && span_equal(type, span_from_cstr(dns_type_name(qtype)));
}

enum { RECORDS_MAX = 8 };

const struct rrset *mail_world_answer(const char *const *world, struct arena *arena, span domain, span qname, uint16_t qtype)
{
    struct rrset *out = ARENA_TAKE(arena, struct rrset);
    struct txt_record *txt = ARENA_TAKE_N(arena, struct txt_record, RECORDS_MAX);
    if (!out || !txt) {
        abort();
    }
    out->outcome = span_equal_nocase(qname, domain) ? DNS_NODATA : DNS_NXDOMAIN;
    out->soa_owner = qtype == DNS_NS ? name_parent(qname) : out->soa_owner; /* asked at registrable domains */
    out->txt = txt;
    for (size_t i = 0; world[i]; i++) {
        span text = span_from_cstr(world[i]);
        span owner = span_cut(&text, ' ');
        if (is_about(owner, qname, qtype) && !read_outcome(text, out) && out->count < RECORDS_MAX) {
            out->outcome = DNS_ANSWERED;
            txt[out->count++].text = text;
        }
    }
    return out;
}

size_t mail_world_fill(const char *const *world, const struct subject *s)
{
    size_t filled = 0;
    for (size_t i = 0; i < s->answers->count; i++) {
        struct asked *item = &s->answers->items[i];
        if (!item->rrset) {
            item->rrset = mail_world_answer(world, s->arena, s->domain, item->qname, item->qtype);
            filled++;
        }
    }
    return filled;
}
