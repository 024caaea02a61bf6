// SPDX-License-Identifier: MIT
#include "scanner/results/change.h"

#include <xxhash.h>

static const struct {
    const char *key, *title;
} class_names[CHANGE_CLASS_COUNT] = {
    [CHANGE_WEAKENED] = { "weakened", "Got weaker" },
    [CHANGE_VANISHED] = { "vanished", "Gone: no longer listed, or NXDOMAIN" },
    [CHANGE_BECAME_UNKNOWN] = { "became_unknown", "Known before, not now" },
    [CHANGE_EDITED] = { "edited", "Edited, neither weaker nor stronger" },
    [CHANGE_APPEARED] = { "appeared", "New: not listed, or NXDOMAIN, before" },
    [CHANGE_RECOVERED] = { "recovered", "Not known before, known now" },
    [CHANGE_IMPROVED] = { "improved", "Got stronger" },
    [CHANGE_NONE] = { "same", "The same" },
    [CHANGE_NOT_COMPARED] = { "not_compared", "Excluded in one of the two" },
};

static const char *const text_keys[TEXT_COUNT] = {
    [TEXT_SPF] = "spf",         [TEXT_DMARC] = "dmarc",     [TEXT_DKIM] = "dkim", [TEXT_MX] = "mx",
    [TEXT_MTA_STS] = "mta_sts", [TEXT_TLS_RPT] = "tls_rpt", [TEXT_BIMI] = "bimi",
};

const char *change_class_key(enum change_class class)
{
    return class_names[class].key;
}

const char *change_class_title(enum change_class class)
{
    return class_names[class].title;
}

const char *edited_text_key(enum edited_text text)
{
    return text_keys[text];
}

/* ---- what is kept of a record ---- */

/* Never 0, which stands for unknown. */
static uint64_t hash_of(span text, uint64_t seed)
{
    return XXH3_64bits_withSeed(text.ptr ? text.ptr : "", text.len, seed) | 1;
}

/* Of a set: the order in which the DNS gave it does not count. */
static uint64_t hash_of_texts(const struct record_texts *texts)
{
    uint64_t sum = 1;
    for (size_t i = 0; i < texts->count; i++) {
        sum += hash_of(texts->items[i], 1) << 1;
    }
    return sum | 1;
}

static uint64_t hash_of_keys(const struct record_selectors *selectors)
{
    uint64_t sum = 1;
    for (size_t i = 0; i < selectors->count; i++) {
        const struct record_selector *s = &selectors->items[i];
        uint64_t facts = (uint64_t)s->status | (uint64_t)s->key_type << 8 | (uint64_t)s->testing << 16 |
                         (uint64_t)(s->key_bits + 1) << 24;
        sum += hash_of(s->selector, hash_of(s->cname, facts)) << 1;
    }
    return sum | 1;
}

static uint64_t hash_of_hosts(const struct record_hosts *hosts)
{
    uint64_t sum = 1;
    for (size_t i = 0; i < hosts->count; i++) {
        sum += hash_of(hosts->items[i].host, (uint64_t)hosts->items[i].preference) << 1;
    }
    return sum | 1;
}

static bool is_known(const struct sweep_entry *entry, enum aspect aspect)
{
    return entry->values[aspect] < ASPECT_UNKNOWN;
}

/* A selector that got no answer is not in the record: what is there cannot be compared. */
static bool are_all_keys_known(const struct record_view *r)
{
    for (size_t i = 0; i < r->dns.failed.count; i++) {
        span rest = r->dns.failed.items[i].name;
        while (rest.len > 0) {
            if (span_equal_nocase(span_cut(&rest, '.'), SPAN("_domainkey"))) {
                return false;
            }
        }
    }
    return true;
}

static bool is_silent(enum domain_outcome outcome)
{
    return outcome == OUTCOME_SERVFAIL || outcome == OUTCOME_REFUSED || outcome == OUTCOME_TIMEOUT ||
           outcome == OUTCOME_BAD_RESPONSE;
}

void sweep_entry_fill(struct sweep_entry *out, const struct record_view *r)
{
    *out = (struct sweep_entry){
        .is_nonexistent = r->outcome == OUTCOME_NXDOMAIN,
        .is_excluded = r->outcome == OUTCOME_EXCLUDED,
        .is_silent = is_silent(r->outcome),
        .has_tag = r->tag.ptr != NULL,
        .domain = r->domain,
        .tag = r->tag.ptr ? r->tag : SPAN(""),
    };
    for (int a = 0; a < ASPECT_COUNT; a++) {
        out->values[a] = aspect_of((enum aspect)a, r);
    }
    out->texts[TEXT_SPF] = is_known(out, ASPECT_SPF) ? hash_of(r->spf.record, 0) : 0;
    out->texts[TEXT_DMARC] = is_known(out, ASPECT_DMARC) ? hash_of(r->dmarc.record, hash_of(r->dmarc.found_at, 0)) : 0;
    bool are_keys_known = is_known(out, ASPECT_DKIM) && are_all_keys_known(r);
    out->texts[TEXT_DKIM] = are_keys_known ? hash_of_keys(&r->dkim.selectors) : 0;
    out->texts[TEXT_MX] = is_known(out, ASPECT_MX) ? hash_of_hosts(&r->mx.hosts) : 0;
    out->texts[TEXT_MTA_STS] = is_known(out, ASPECT_MTA_STS) ? hash_of(r->mta_sts.id, 0) : 0;
    out->texts[TEXT_TLS_RPT] = is_known(out, ASPECT_TLS_RPT) ? hash_of_texts(&r->tls_rpt.rua) : 0;
    out->texts[TEXT_BIMI] = is_known(out, ASPECT_BIMI) ? hash_of(r->bimi.location, hash_of(r->bimi.authority, 0)) : 0;
}

/* ---- two of them ---- */

/* Of a name that both sweeps list. */
static enum change_class class_of(const struct change *change)
{
    static const struct {
        enum direction direction;
        enum change_class class;
    } worst_first[] = {
        { DIRECTION_WEAKENED, CHANGE_WEAKENED }, { DIRECTION_BECAME_UNKNOWN, CHANGE_BECAME_UNKNOWN },
        { DIRECTION_IMPROVED, CHANGE_IMPROVED }, { DIRECTION_RECOVERED, CHANGE_RECOVERED },
        { DIRECTION_CHANGED, CHANGE_EDITED },
    };
    for (size_t i = 0; i < sizeof(worst_first) / sizeof(worst_first[0]); i++) {
        for (int a = 0; a < ASPECT_COUNT; a++) {
            if (change->directions[a] == worst_first[i].direction) {
                return worst_first[i].class;
            }
        }
    }
    for (int t = 0; t < TEXT_COUNT; t++) {
        if (change->edited[t]) {
            return CHANGE_EDITED;
        }
    }
    return CHANGE_NONE;
}

struct change change_between(const struct sweep_entry *before, const struct sweep_entry *now)
{
    struct change change = { .class = CHANGE_NONE };
    if (!before || !now) {
        change.class = before ? CHANGE_VANISHED : CHANGE_APPEARED;
        return change;
    }
    if (before->is_excluded || now->is_excluded) {
        change.class = CHANGE_NOT_COMPARED;
        return change;
    }
    if (before->is_nonexistent != now->is_nonexistent) {
        const struct sweep_entry *existing = now->is_nonexistent ? before : now;
        change.class = now->is_nonexistent ? (existing->is_silent ? CHANGE_RECOVERED : CHANGE_VANISHED)
                                           : (existing->is_silent ? CHANGE_BECAME_UNKNOWN : CHANGE_APPEARED);
        return change; /* its verdicts came or went with it: none of them got weaker */
    }
    for (int a = 0; a < ASPECT_COUNT; a++) {
        change.directions[a] = aspect_direction((enum aspect)a, before->values[a], now->values[a]);
    }
    for (int t = 0; t < TEXT_COUNT; t++) {
        change.edited[t] = before->texts[t] != 0 && now->texts[t] != 0 && before->texts[t] != now->texts[t];
    }
    change.class = class_of(&change);
    return change;
}
