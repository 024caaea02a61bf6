// SPDX-License-Identifier: MIT
#include "scanner/mail/dkim.h"

#include "scanner/mail/dkim_key.h"
#include "scanner/mail/providers.h"
#include "scanner/mail/registrable.h"
#include "scanner/mail/tag_list.h"

/*
 * Asking goes in stages, each when nothing is pending:
 *
 *   namespace   _domainkey.DOMAIN, with the first questions of all
 *
 *   first       absent (RFC 8020): only what a recognised provider would have published;
 *               else hinted selectors, a random one, and all of tier 1
 *
 *   further     absent, yet a hinted one answered: NXDOMAIN proves nothing here, the server
 *               is broken, so ask as if the namespace existed
 *
 *   pairs       what comes after a selector that answered, again until none is new;
 *               and who may take a dangling target over
 */

enum { STAGE_NAMESPACE, STAGE_FIRST, STAGE_FURTHER, STAGE_PAIRS, STAGE_DONE };

enum {
    NAME_MAX_LEN = 253,
    HINTED_PROVIDERS_MAX = 12,
    HINTS_PER_PROVIDER = 3, /* the best ranked; the rest of a provider's is rotation and history */
    HINTS_WHEN_ABSENT = 3,  /* the guard of RFC 8020 against broken servers stays cheap */
    PORTALS_MAX = 2,
};

static const char hubspot_suffix[] = ".hubspotemail.net";

/* A name built on the stack: answer_set keeps its own copy. */
struct name_text {
    char bytes[NAME_MAX_LEN];
};

static span join_name(struct name_text *out, span left, span right)
{
    if (left.len > NAME_MAX_LEN || right.len > NAME_MAX_LEN || left.len + 1 + right.len > NAME_MAX_LEN) {
        return span_of("", 0);
    }
    for (size_t i = 0; i < left.len; i++) {
        out->bytes[i] = (char)ascii_lower((unsigned char)left.ptr[i]);
    }
    out->bytes[left.len] = '.';
    memcpy(out->bytes + left.len + 1, right.ptr, right.len);
    return span_of(out->bytes, left.len + 1 + right.len);
}

static span namespace_name(struct name_text *out, span domain)
{
    return join_name(out, SPAN("_domainkey"), domain);
}

static span selector_name(struct name_text *out, const struct subject *s, span selector)
{
    struct name_text space;
    span name = namespace_name(&space, s->domain);
    return name.len > 0 ? join_name(out, selector, name) : name;
}

static size_t ask_as(const struct subject *s, span selector, enum ask_purpose purpose)
{
    struct name_text text;
    span name = selector_name(&text, s, selector);
    return name.len > 0 && subject_ask(s, name, DNS_TXT, purpose) ? 1 : 0;
}

static size_t ask_selector(const struct subject *s, span selector)
{
    return selector_is_name(selector) ? ask_as(s, selector, ASK_DKIM_SELECTOR) : 0;
}

static const struct rrset *selector_answer(const struct subject *s, span selector)
{
    struct name_text text;
    span name = selector_name(&text, s, selector);
    return subject_answer(s, name, DNS_TXT);
}

static const struct rrset *random_answer(const struct subject *s)
{
    char label[16];
    subject_random_label(s, s->domain, label);
    return selector_answer(s, span_of(label, sizeof(label)));
}

/* Asked, and without an answer. */
static bool random_failed(const struct subject *s)
{
    char label[16];
    struct name_text text;
    subject_random_label(s, s->domain, label);
    span name = selector_name(&text, s, span_of(label, sizeof(label)));
    return answer_set_find(s->answers, name, DNS_TXT) != NULL && rrset_is_failure(subject_answer(s, name, DNS_TXT));
}

/* TXT, or an alias to whatever. */
static bool has_answered(const struct rrset *rrset)
{
    return rrset->outcome == DNS_ANSWERED || (rrset_is_absent(rrset) && rrset->has_alias);
}

static bool txt_stands_in(const struct rrset *rrset, span text)
{
    for (size_t i = 0; i < rrset->count; i++) {
        if (span_equal(rrset->txt[i].text, text)) {
            return true;
        }
    }
    return false;
}

/* The answer that every selector gets (RFC 4592): no evidence of this one. */
static bool is_wildcards(const struct rrset *rrset, const struct rrset *wildcard)
{
    if (rrset_is_absent(rrset) && rrset_is_absent(wildcard)) {
        return rrset->has_alias && wildcard->has_alias &&
               span_equal_nocase(rrset->alias_target, wildcard->alias_target);
    }
    if (rrset->outcome != DNS_ANSWERED || wildcard->outcome != DNS_ANSWERED || rrset->count != wildcard->count) {
        return false;
    }
    for (size_t i = 0; i < rrset->count; i++) {
        if (!txt_stands_in(wildcard, rrset->txt[i].text)) {
            return false;
        }
    }
    return true;
}

/* Who the domain's MX and its own SPF record point at. */

struct hints {
    const char *providers[HINTED_PROVIDERS_MAX];
    size_t provider_count;
    span portals[PORTALS_MAX]; /* HubSpot's customer numbers */
    size_t portal_count;
};

static void hint_provider(struct hints *hints, const struct provider *provider)
{
    if (!provider || provider->is_weak || hints->provider_count == HINTED_PROVIDERS_MAX) {
        return;
    }
    for (size_t i = 0; i < hints->provider_count; i++) {
        if (hints->providers[i] == provider->name) {
            return;
        }
    }
    hints->providers[hints->provider_count++] = provider->name;
}

/* include:PORTAL.spfNN.hubspotemail.net */
static void hint_portal(struct hints *hints, span host)
{
    uint64_t number;
    span portal = span_first(host, span_find(host, '.'));
    if (hints->portal_count < PORTALS_MAX && span_ends_with_nocase(host, span_from_cstr(hubspot_suffix)) &&
        span_starts_with_nocase(span_after(host, portal.len), SPAN(".spf")) &&
        span_to_u64(portal, UINT64_MAX, &number)) {
        hints->portals[hints->portal_count++] = portal;
    }
}

static void hint_from_spf_term(const struct subject *s, struct hints *hints, span term)
{
    static const char *const words[] = { "include:", "redirect=" };
    if (term.len > 0 && span_find(SPAN("+-~?"), term.ptr[0]) < 4) {
        term = span_after(term, 1);
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        span word = span_from_cstr(words[i]);
        if (span_starts_with_nocase(term, word)) {
            span host = span_after(term, word.len);
            hint_provider(hints, provider_find(s->config->providers, PROVIDER_SPF, host));
            hint_portal(hints, host);
        }
    }
}

static void hint_from_spf(const struct subject *s, struct hints *hints)
{
    const struct rrset *txt = subject_answer(s, s->domain, DNS_TXT);
    for (size_t i = 0; txt->outcome == DNS_ANSWERED && i < txt->count; i++) {
        span rest = txt->txt[i].text;
        if (!span_equal_nocase(span_cut(&rest, ' '), SPAN("v=spf1"))) {
            continue;
        }
        while (rest.len > 0) {
            hint_from_spf_term(s, hints, span_cut(&rest, ' '));
        }
    }
}

static void hints_collect(const struct subject *s, struct hints *hints)
{
    *hints = (struct hints){ 0 };
    if (!s->config->providers) {
        return;
    }
    const struct rrset *mx = subject_answer(s, s->domain, DNS_MX);
    for (size_t i = 0; mx->outcome == DNS_ANSWERED && i < mx->count; i++) {
        hint_provider(hints, provider_find(s->config->providers, PROVIDER_MX, mx->mx[i].exchange));
    }
    hint_from_spf(s, hints);
}

/* Rank of a selector worth asking because of its provider; SIZE_MAX: weak, or only after another one. */
static size_t hint_rank(const struct subject *s, span selector)
{
    const struct provider *provider = provider_find(s->config->providers, PROVIDER_DKIM_SELECTOR, selector);
    if (provider && provider->is_weak) {
        return SIZE_MAX;
    }
    if (!s->config->selectors) {
        return 0;
    }
    size_t rank = selector_table_find(s->config->selectors, selector);
    const struct selector_row *row = selector_table_row(s->config->selectors, rank);
    return row && row->after.len > 0 ? SIZE_MAX : rank;
}

/* Up to `most` selectors of one provider, by rank. */
static size_t ask_hinted_of(const struct subject *s, const char *provider, size_t most)
{
    const struct provider_table *table = s->config->providers;
    size_t count = provider_selector_count(table, provider), added = 0, from = 0;
    for (size_t n = 0; n < most; n++) {
        size_t best = SIZE_MAX, best_rank = SIZE_MAX;
        for (size_t i = 0; i < count; i++) {
            /* Equal ranks (no row of the table): in the provider's order. */
            size_t rank = hint_rank(s, span_from_cstr(provider_selector(table, provider, i)));
            size_t place = rank == SIZE_MAX ? SIZE_MAX : rank * count + i;
            if (place >= from && place < best_rank) {
                best = i;
                best_rank = place;
            }
        }
        if (best == SIZE_MAX) {
            break;
        }
        added += ask_selector(s, span_from_cstr(provider_selector(table, provider, best)));
        from = best_rank + 1;
    }
    return added;
}

static size_t ask_portal(const struct subject *s, const char *prefix, span portal)
{
    char text[32];
    size_t len = strlen(prefix);
    if (len + portal.len > sizeof(text)) {
        return 0;
    }
    memcpy(text, prefix, len);
    memcpy(text + len, portal.ptr, portal.len);
    return ask_selector(s, span_of(text, len + portal.len));
}

static size_t ask_hinted(const struct subject *s, size_t providers_max, size_t per_provider)
{
    struct hints hints;
    size_t added = 0, asked = 0;
    hints_collect(s, &hints);
    for (size_t i = 0; i < hints.portal_count; i++) {
        added += ask_portal(s, "hs1-", hints.portals[i]);
    }
    for (size_t i = 0; i < hints.provider_count && asked < providers_max; i++) {
        size_t of_this = ask_hinted_of(s, hints.providers[i], per_provider);
        asked += of_this > 0;
        added += of_this;
    }
    return added;
}

/* Selectors that the list itself gives for this domain. */
static size_t ask_listed(const struct subject *s)
{
    size_t added = 0, from = 0;
    span list = s->list_selectors;
    for (size_t i = 0; i <= list.len; i++) {
        if (i == list.len || span_find(SPAN(",; \t"), list.ptr[i]) < 4) {
            added += ask_selector(s, span_first(span_after(list, from), i - from));
            from = i + 1;
        }
    }
    return added;
}

/* Asked wherever there may be keys, whatever else is known. */
static bool is_planned(const struct subject *s, const struct selector_row *row)
{
    return row && (s->config->dkim_mode == DKIM_FULL || (row->tier == 1 && row->after.len == 0));
}

static size_t ask_table(const struct subject *s)
{
    const struct selector_table *table = s->config->selectors;
    size_t added = 0;
    for (size_t i = 0; table && i < selector_table_count(table); i++) {
        const struct selector_row *row = selector_table_row(table, i);
        if (is_planned(s, row)) {
            added += ask_selector(s, row->selector);
        }
    }
    return added;
}

static size_t ask_all(const struct subject *s)
{
    char label[16];
    size_t added = ask_listed(s) + ask_hinted(s, HINTED_PROVIDERS_MAX, HINTS_PER_PROVIDER);
    subject_random_label(s, s->domain, label);
    added += ask_as(s, span_of(label, sizeof(label)), ASK_DKIM_WILDCARD);
    added += ask_table(s);
    if (s->config->dkim_mode == DKIM_FULL) {
        added += ask_as(s, SPAN("_adsp"), ASK_DKIM_SELECTOR);
    }
    return added;
}

/* Selectors asked: everything below _domainkey but the random one and _adsp. False when the item is none. */
static bool item_selector(span space, const struct asked *item, span *selector)
{
    if (item->qtype != DNS_TXT || item->purpose == ASK_DKIM_WILDCARD || item->qname.len <= space.len ||
        !name_is_within(item->qname, space)) {
        return false;
    }
    *selector = span_first(item->qname, item->qname.len - space.len - 1);
    return !span_equal(*selector, SPAN("_adsp"));
}

/* Those of the table that come after `first`, and HubSpot's second. */
static size_t ask_after(const struct subject *s, span first)
{
    const struct selector_table *table = s->config->selectors;
    size_t added = 0;
    uint64_t number;
    for (size_t i = 0; table && i < selector_table_count(table); i++) {
        const struct selector_row *row = selector_table_row(table, i);
        if (row->after.len == first.len && span_equal_nocase(row->after, first)) {
            added += ask_selector(s, row->selector);
        }
    }
    if (span_starts_with(first, SPAN("hs1-")) && span_to_u64(span_after(first, 4), UINT64_MAX, &number)) {
        added += ask_portal(s, "hs2-", span_after(first, 4));
    }
    return added;
}

/* After each selector that gave an answer of its own, not a wildcard's. */
static size_t ask_pairs(const struct subject *s, span space)
{
    const struct rrset *wildcard = random_answer(s);
    size_t added = 0, count = s->answers->count;
    for (size_t i = 0; i < count; i++) {
        span selector;
        const struct rrset *rrset = s->answers->items[i].rrset;
        if (rrset && has_answered(rrset) && item_selector(space, &s->answers->items[i], &selector) &&
            !is_wildcards(rrset, wildcard)) {
            added += ask_after(s, selector);
        }
    }
    return added;
}

/* Only where the NXDOMAIN did not tell by itself. */
static size_t ask_registrable(const struct subject *s, span space)
{
    size_t added = 0, count = s->answers->count;
    for (size_t i = 0; i < count; i++) {
        span selector;
        const struct rrset *rrset = s->answers->items[i].rrset;
        if (!rrset || !rrset->has_alias || !item_selector(space, &s->answers->items[i], &selector)) {
            continue;
        }
        span domain = registrable_question(s, rrset->alias_target, rrset);
        if (domain.len > 0) {
            added += subject_ask(s, domain, DNS_NS, ASK_REGISTRABLE) ? 1 : 0;
        }
    }
    return added;
}

static size_t count_answered(const struct subject *s, span space)
{
    size_t count = 0;
    span name;
    for (size_t i = 0; i < s->answers->count; i++) {
        const struct asked *item = &s->answers->items[i];
        count += item->rrset && has_answered(item->rrset) && item_selector(space, item, &name);
    }
    return count;
}

static const struct rrset *namespace_answer(const struct subject *s)
{
    struct name_text text;
    return subject_answer(s, namespace_name(&text, s->domain), DNS_TXT);
}

static size_t ask_first(const struct subject *s)
{
    if (s->config->dkim_mode != DKIM_FULL && namespace_answer(s)->outcome == DNS_NXDOMAIN) {
        return ask_listed(s) + ask_hinted(s, HINTS_WHEN_ABSENT, 1);
    }
    return ask_all(s);
}

size_t dkim_ask(const struct subject *s, struct dkim_plan *plan)
{
    struct name_text text;
    span space = namespace_name(&text, s->domain);
    if (plan->stage == STAGE_DONE || !subject_checks(s, CHECK_DKIM) || s->config->dkim_mode == DKIM_OFF ||
        space.len == 0) {
        return 0;
    }
    if (plan->stage == STAGE_NAMESPACE) {
        plan->stage = STAGE_FIRST;
        return subject_ask(s, space, DNS_TXT, ASK_DKIM_NAMESPACE) ? 1 : 0;
    }
    if (subject_is_nonexistent(s)) {
        plan->stage = STAGE_DONE;
        return 0;
    }
    if (plan->stage == STAGE_FIRST) {
        plan->stage = STAGE_FURTHER;
        size_t added = ask_first(s);
        if (added > 0) {
            return added;
        }
    }
    if (plan->stage == STAGE_FURTHER) {
        plan->stage = STAGE_PAIRS;
        if (namespace_answer(s)->outcome == DNS_NXDOMAIN && count_answered(s, space) > 0) {
            size_t added = ask_all(s);
            if (added > 0) {
                return added;
            }
        }
    }
    size_t added = count_answered(s, space) > 0 ? ask_pairs(s, space) + ask_registrable(s, space) : 0;
    plan->stage = added > 0 ? STAGE_PAIRS : STAGE_DONE;
    return added;
}

/* Assessing. */

struct tally {
    size_t valid, revoked, invalid; /* dangling ones count as invalid */
    size_t ed25519;                 /* of the valid ones */
    bool a_probe_failed;
};

/* The records of an answer that mean to be keys; of several, and of none, the first by raw bytes is kept. */
static size_t choose_record(const struct rrset *rrset, span *record, struct dkim_key *key)
{
    size_t keys = 0;
    bool has = false;
    for (size_t i = 0; i < rrset->count; i++) {
        struct dkim_key candidate;
        span text = rrset->txt[i].text;
        dkim_key_parse(text, &candidate);
        bool is_better = !has || (candidate.is_key_record && keys == 0) ||
                         (candidate.is_key_record == key->is_key_record && span_compare(text, *record) < 0);
        keys += candidate.is_key_record ? 1 : 0;
        if (is_better) {
            *record = text;
            *key = candidate;
            has = true;
        }
    }
    return keys;
}

static void add_note(const struct subject *s, const struct dkim_note *note, span selector)
{
    span detail = note->detail ? arena_printf(s->arena, "%.*s: %s", SPAN_ARG(selector), note->detail) : selector;
    findings_add_as(s->findings, note->id, note->severity, detail);
}

static void assess_key(const struct subject *s, const struct rrset *rrset, struct dkim_selector *out,
                       struct dkim_result *result)
{
    struct dkim_key key = { .status = DKIM_KEY_INVALID };
    size_t keys = choose_record(rrset, &out->record, &key);
    out->status = keys > 1 ? DKIM_KEY_INVALID : key.status;
    out->key_type = key.type;
    out->key_bits = key.bits;
    out->is_testing = key.is_testing;
    result->has_public_test_key |= key.is_public_test_key && out->status == DKIM_KEY_VALID;
    for (size_t i = 0; i < key.note_count; i++) {
        add_note(s, &key.notes[i], out->selector);
    }
    if (keys > 1) {
        findings_add(s->findings, FINDING_DKIM_MULTIPLE_RECORDS, out->selector);
    }
    if (out->status == DKIM_KEY_VALID) {
        findings_addf(s->findings, FINDING_DKIM_KEY_FOUND, "%.*s: %s %u", SPAN_ARG(out->selector),
                      key.type == DKIM_KEY_ED25519 ? "ed25519" : "rsa", (unsigned)key.bits);
    }
}

/* By the alias, which only a customer has; else by the selector's name, where that says enough. */
static const char *selector_provider(const struct subject *s, const struct dkim_selector *selector)
{
    const struct provider_table *table = s->config->providers;
    const struct provider *provider = NULL;
    if (!table) {
        return NULL;
    }
    if (selector->cname.len > 0) {
        provider = provider_find(table, PROVIDER_DKIM_CNAME, selector->cname);
    }
    if (!provider && selector->status != DKIM_KEY_DANGLING) {
        provider = provider_find(table, PROVIDER_DKIM_SELECTOR, selector->selector);
    }
    return provider && !provider->is_weak ? provider->name : NULL;
}

/* True when the alias points at a domain that anyone can register, and then publish a key there. */
static bool assess_alias(const struct subject *s, const struct rrset *rrset, const struct dkim_selector *selector)
{
    bool is_open = false;
    findings_addf(s->findings, FINDING_DKIM_CNAME, "%.*s: %.*s%s%s%s", SPAN_ARG(selector->selector),
                  SPAN_ARG(selector->cname), selector->provider ? " (" : "",
                  selector->provider ? selector->provider : "", selector->provider ? ")" : "");
    if (selector->status == DKIM_KEY_DANGLING) {
        is_open = registrable_is_open(s, selector->cname, rrset);
        findings_addf(s->findings, FINDING_DKIM_CNAME_DANGLING, "%.*s: %.*s%s", SPAN_ARG(selector->selector),
                      SPAN_ARG(selector->cname), is_open ? ", registrable: true" : "");
    }
    return is_open;
}

static void count_selector(struct tally *tally, const struct dkim_selector *selector)
{
    tally->valid += selector->status == DKIM_KEY_VALID;
    tally->revoked += selector->status == DKIM_KEY_REVOKED;
    tally->invalid += selector->status == DKIM_KEY_INVALID || selector->status == DKIM_KEY_DANGLING;
    tally->ed25519 += selector->status == DKIM_KEY_VALID && selector->key_type == DKIM_KEY_ED25519;
}

/* Lists one selector that answered. */
static void assess_selector(const struct subject *s, span name, const struct rrset *rrset, struct dkim_selector *out,
                            struct dkim_result *result)
{
    *out = (struct dkim_selector){ .selector = name, .status = DKIM_KEY_DANGLING };
    out->cname = rrset->has_alias ? rrset->alias_target : span_of("", 0);
    if (rrset->outcome == DNS_ANSWERED) {
        assess_key(s, rrset, out, result);
    }
    out->provider = selector_provider(s, out);
    if (rrset->has_alias) {
        result->target_is_open |= assess_alias(s, rrset, out);
    }
}

/* An alias to nowhere may be a wildcard's, of names nobody set up: when the probe failed it says nothing. */
static bool is_believed(const struct rrset *rrset, const struct rrset *wildcard, bool wildcard_failed)
{
    bool is_dangling = rrset->outcome != DNS_ANSWERED;
    return !is_wildcards(rrset, wildcard) && !(is_dangling && wildcard_failed);
}

static void assess_selectors(const struct subject *s, span space, struct dkim_result *out, struct tally *tally)
{
    const struct rrset *wildcard = random_answer(s);
    bool wildcard_failed = random_failed(s);
    struct dkim_selector *selectors = ARENA_TAKE_N(s->arena, struct dkim_selector, count_answered(s, space));
    size_t count = 0;
    for (size_t i = 0; i < s->answers->count; i++) {
        const struct asked *item = &s->answers->items[i];
        span name;
        if (!item_selector(space, item, &name)) {
            continue;
        }
        out->probed++;
        if (!item->rrset || rrset_is_failure(item->rrset)) {
            tally->a_probe_failed = true;
        } else if (has_answered(item->rrset) && is_believed(item->rrset, wildcard, wildcard_failed)) {
            struct dkim_selector local;
            struct dkim_selector *selector = selectors ? &selectors[count] : &local;
            assess_selector(s, name, item->rrset, selector, out);
            count_selector(tally, selector);
            count++;
        }
    }
    out->selectors = selectors;
    out->selector_count = selectors ? count : 0;
    s->findings->was_cut |= selectors == NULL;
}

/* A random selector's answer. True when it means to be a key record. */
static bool assess_wildcard(const struct subject *s, struct dkim_result *out, struct tally *tally)
{
    const struct rrset *wildcard = random_answer(s);
    struct dkim_key key = { .status = DKIM_KEY_INVALID };
    span record = { "", 0 };
    if (wildcard->outcome != DNS_ANSWERED) {
        tally->a_probe_failed |= random_failed(s);
        return false;
    }
    size_t keys = choose_record(wildcard, &record, &key);
    if (keys == 0) {
        findings_add(s->findings, FINDING_DKIM_WILDCARD_TXT, span_of("", 0));
        return false;
    }
    if (keys == 1 && key.status == DKIM_KEY_VALID) {
        out->has_key = true;
        out->has_public_test_key |= key.is_public_test_key;
        findings_add(s->findings, FINDING_DKIM_WILDCARD, span_of("", 0));
    } else if (keys == 1 && key.status == DKIM_KEY_REVOKED) {
        out->wildcard_is_revoked = true;
        findings_add(s->findings, FINDING_DKIM_WILDCARD_REVOKED, span_of("", 0));
    } else {
        findings_add(s->findings, FINDING_DKIM_WILDCARD_TXT, SPAN("a key record that cannot be used"));
    }
    return true;
}

/* Selectors that come in pairs or more: the first is there, a later one is not. */
static const struct dkim_selector *find_listed(const struct dkim_result *result, span name)
{
    for (size_t i = 0; i < result->selector_count; i++) {
        if (span_equal(result->selectors[i].selector, name)) {
            return &result->selectors[i];
        }
    }
    return NULL;
}

static void assess_pairs(const struct subject *s, const struct dkim_result *result)
{
    const struct selector_table *table = s->config->selectors;
    for (size_t i = 0; table && s->config->providers && i < selector_table_count(table); i++) {
        const struct selector_row *row = selector_table_row(table, i);
        const struct dkim_selector *first = row->after.len > 0 ? find_listed(result, row->after) : NULL;
        if (!first || !first->provider) {
            continue;
        }
        const struct provider *owner = provider_find(s->config->providers, PROVIDER_DKIM_SELECTOR, row->selector);
        const struct dkim_selector *second = find_listed(result, row->selector);
        bool is_missing =
            second ? second->status == DKIM_KEY_DANGLING : rrset_is_absent(selector_answer(s, row->selector));
        if (owner && owner->name == first->provider && is_missing) {
            findings_addf(s->findings, FINDING_DKIM_PAIR_HALF_MISSING, "%.*s without %.*s", SPAN_ARG(row->after),
                          SPAN_ARG(row->selector));
        }
    }
}

static bool is_surely_missing(const struct subject *s, const struct dkim_result *out, span selector)
{
    const struct rrset *rrset = selector_answer(s, selector);
    return out->namespace_state == DKIM_NAMESPACE_ABSENT || (rrset_is_absent(rrset) && !rrset->has_alias);
}

static void assess_microsoft(const struct subject *s, const struct dkim_result *out)
{
    struct hints hints;
    hints_collect(s, &hints);
    for (size_t i = 0; i < hints.provider_count; i++) {
        /* selector2 is asked for only when selector1 answers: Microsoft publishes both or none. */
        if (strcmp(hints.providers[i], "microsoft365") == 0 && is_surely_missing(s, out, SPAN("selector1")) &&
            !has_answered(selector_answer(s, SPAN("selector2")))) {
            findings_add(s->findings, FINDING_DKIM_MICROSOFT_SELECTORS_MISSING, span_of("", 0));
        }
    }
}

/* What stands in the namespace besides keys: RFC 4870's policy at its top, RFC 5617's ADSP. */
static bool is_domainkeys_policy(span text)
{
    struct tag tag;
    while (tag_list_next(&text, &tag)) {
        if (tag.has_equals && span_equal(tag.name, SPAN("o"))) {
            return true;
        }
    }
    return false;
}

static void assess_historic(const struct subject *s)
{
    const struct rrset *policy = namespace_answer(s);
    for (size_t i = 0; policy->outcome == DNS_ANSWERED && i < policy->count; i++) {
        if (is_domainkeys_policy(policy->txt[i].text)) {
            findings_add(s->findings, FINDING_DKIM_DOMAINKEYS_POLICY, span_of("", 0));
        }
    }
    const struct rrset *adsp = selector_answer(s, SPAN("_adsp"));
    for (size_t i = 0; adsp->outcome == DNS_ANSWERED && i < adsp->count; i++) {
        if (span_starts_with(span_trim_fws(adsp->txt[i].text), SPAN("dkim"))) {
            findings_add(s->findings, FINDING_DKIM_ADSP, span_of("", 0));
        }
    }
}

static enum dkim_namespace namespace_state(const struct subject *s, const struct tally *tally)
{
    const struct rrset *rrset = namespace_answer(s);
    if (tally->valid + tally->revoked + tally->invalid > 0 || !(rrset_is_absent(rrset) || rrset_is_failure(rrset)) ||
        rrset->outcome == DNS_NODATA) {
        return DKIM_NAMESPACE_EXISTS;
    }
    return rrset->outcome == DNS_NXDOMAIN ? DKIM_NAMESPACE_ABSENT : DKIM_NAMESPACE_UNKNOWN;
}

static enum dkim_status overall_status(const struct dkim_result *out, const struct tally *tally, bool is_wildcard)
{
    if (tally->valid > 0) {
        return DKIM_FOUND;
    }
    if (tally->a_probe_failed && !out->has_key) {
        return DKIM_TEMPERROR;
    }
    if (tally->revoked > 0) {
        return DKIM_REVOKED;
    }
    if (tally->invalid > 0) {
        return DKIM_INVALID;
    }
    return is_wildcard ? DKIM_WILDCARD : DKIM_NONE_FOUND;
}

static void add_summary_findings(const struct subject *s, const struct dkim_result *out, const struct tally *tally)
{
    if (out->status == DKIM_TEMPERROR) {
        findings_add(s->findings, FINDING_DKIM_UNKNOWN, span_of("", 0));
    }
    if (out->namespace_state == DKIM_NAMESPACE_ABSENT) {
        findings_add(s->findings, FINDING_DKIM_NAMESPACE_ABSENT, span_of("", 0));
    } else if (out->status == DKIM_NONE_FOUND) {
        findings_addf(s->findings, FINDING_DKIM_NONE_FOUND, "%u selector%s asked", (unsigned)out->probed,
                      out->probed == 1 ? "" : "s");
    }
    if (tally->valid > 0 && tally->valid == tally->ed25519) {
        findings_add(s->findings, FINDING_DKIM_ED25519_ONLY, span_of("", 0));
    }
}

/* The random selector and those of the table, less what was asked nevertheless; 0 when nothing was held back. */
static uint32_t count_pruned(const struct subject *s, span space)
{
    const struct selector_table *table = s->config->selectors;
    if (space.len == 0 || !(subject_is_nonexistent(s) || namespace_answer(s)->outcome == DNS_NXDOMAIN)) {
        return 0;
    }
    uint32_t count = 1;
    for (size_t i = 0; table && i < selector_table_count(table); i++) {
        count += is_planned(s, selector_table_row(table, i));
    }
    for (size_t i = 0; i < s->answers->count; i++) {
        span selector;
        if (s->answers->items[i].purpose == ASK_DKIM_WILDCARD) {
            return 0; /* all were asked: the server is broken, or that is what was wanted */
        }
        count -= table && item_selector(space, &s->answers->items[i], &selector) &&
                 is_planned(s, selector_table_row(table, selector_table_find(table, selector)));
    }
    return count;
}

void dkim_assess(const struct subject *s, struct dkim_result *out)
{
    struct tally tally = { 0 };
    struct name_text text;
    span space = namespace_name(&text, s->domain);
    *out = (struct dkim_result){ .status = DKIM_NOT_CHECKED };
    if (!subject_checks(s, CHECK_DKIM) || s->config->dkim_mode == DKIM_OFF) {
        return;
    }
    out->pruned = count_pruned(s, space);
    /* RFC 8020: known without asking. A name too long for "_domainkey" has no namespace either. */
    if (subject_is_nonexistent(s) || space.len == 0) {
        out->status = DKIM_NONE_FOUND;
        out->namespace_state = DKIM_NAMESPACE_ABSENT;
        return;
    }
    tally.a_probe_failed = rrset_is_failure(namespace_answer(s)) || s->answers->was_cut;
    assess_selectors(s, space, out, &tally);
    bool is_wildcard = assess_wildcard(s, out, &tally);
    out->namespace_state = namespace_state(s, &tally);
    out->has_key |= tally.valid > 0;
    out->status = overall_status(out, &tally, is_wildcard);
    assess_pairs(s, out);
    assess_microsoft(s, out);
    assess_historic(s);
    add_summary_findings(s, out, &tally);
}
