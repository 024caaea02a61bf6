// SPDX-License-Identifier: MIT
#include "scanner/mail/subject.h"

bool subject_ask(const struct subject *s, span qname, uint16_t qtype, enum ask_purpose purpose)
{
    return answer_set_add(s->answers, qname, qtype, (uint8_t)purpose, !name_is_within(qname, s->domain));
}

enum { NAME_MAX_LEN = 253 };

span subject_name_below(const struct subject *s, span prefix, span name)
{
    span none = { "", 0 };
    if (prefix.len > NAME_MAX_LEN || name.len > NAME_MAX_LEN || prefix.len + 1 + name.len > NAME_MAX_LEN) {
        return none;
    }
    size_t len = prefix.len + 1 + name.len;
    char *out = arena_take_bytes(s->arena, len);
    if (!out) {
        return none;
    }
    for (size_t i = 0; i < prefix.len; i++) {
        out[i] = (char)ascii_lower((unsigned char)prefix.ptr[i]);
    }
    out[prefix.len] = '.';
    for (size_t i = 0; i < name.len; i++) {
        out[prefix.len + 1 + i] = (char)ascii_lower((unsigned char)name.ptr[i]);
    }
    return span_of(out, len);
}

const struct rrset *subject_answer(const struct subject *s, span qname, uint16_t qtype)
{
    static const struct rrset not_asked = { .outcome = DNS_CUT };
    const struct rrset *rrset = answer_set_get(s->answers, qname, qtype);
    return rrset ? rrset : &not_asked;
}

/* An NXDOMAIN among the answers at the name itself, whatever the type; NULL: none. One pass: this is asked often. */
static const struct rrset *nxdomain_at_the_name(const struct subject *s)
{
    const struct answer_set *set = s->answers;
    for (size_t i = 0; i < set->count; i++) {
        const struct asked *item = &set->items[i];
        if (item->rrset && item->rrset->outcome == DNS_NXDOMAIN && item->purpose != ASK_DNSSEC &&
            span_equal_nocase(item->qname, s->domain)) {
            return item->rrset;
        }
    }
    return NULL;
}

bool subject_is_nonexistent(const struct subject *s)
{
    return nxdomain_at_the_name(s) != NULL;
}

bool subject_is_alias_to_nowhere(const struct subject *s)
{
    const struct rrset *rrset = nxdomain_at_the_name(s);
    return rrset && rrset->has_alias;
}

bool subject_is_wildcard_alias(const struct subject *s, const struct rrset *rrset, enum ask_purpose purpose)
{
    /* One fixed name each. Selectors may well share a target. */
    const unsigned mechanisms = 1u << ASK_DMARC | 1u << ASK_DKIM_NAMESPACE | 1u << ASK_DKIM_WILDCARD | 1u << ASK_MTA_STS |
                                1u << ASK_TLS_RPT | 1u << ASK_BIMI;
    for (size_t i = 0; rrset->has_alias && i < s->answers->count; i++) {
        const struct asked *item = &s->answers->items[i];
        if (item->rrset && item->rrset->has_alias && item->purpose != purpose && (mechanisms & 1u << item->purpose) &&
            name_is_within(item->qname, s->domain) &&
            span_equal_nocase(item->rrset->alias_target, rrset->alias_target)) {
            return true;
        }
    }
    return false;
}

static uint64_t mix(uint64_t x)
{
    /* The finaliser of splitmix64. */
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

void subject_random_label(const struct subject *s, span name, char out[16])
{
    uint64_t state = s->config->salt;
    for (size_t i = 0; i < name.len; i++) {
        state = mix(state ^ ascii_lower((unsigned char)name.ptr[i]));
    }
    for (int i = 0; i < 16; i++) {
        state = mix(state + 0x9e3779b97f4a7c15u);
        out[i] = (char)('a' + (state >> 32) % 26);
    }
}
