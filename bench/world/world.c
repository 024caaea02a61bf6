// SPDX-License-Identifier: MIT
#include "bench/world/world.h"
#include "bench/world/host.h"
#include "bench/world/include_data.h"

enum { CHAIN_MAX = 8, HOSTS_DEEP_MAX = 4, SUB_LABEL_MAX = 15 };

bool world_init(struct world *w, uint64_t seed, const struct rates *rates, const char *psl_path)
{
    *w = (struct world){ .seed = dice_mix(seed), .rates = rates };
    w->suffixes = suffix_set_new(psl_path);
    if (!w->suffixes) {
        return false;
    }
    w->fixed = fixed_zones_new(w->suffixes);
    if (!w->fixed) {
        suffix_set_free(w->suffixes);
        w->suffixes = NULL;
        return false;
    }
    for (size_t i = 0; i < include_target_count; i++) {
        w->include_weight += include_targets[i].weight;
    }
    return true;
}

void world_deinit(struct world *w)
{
    fixed_zones_free(w->fixed);
    suffix_set_free(w->suffixes);
}

static uint64_t key_of(const struct world *w, const struct name *n, size_t labels)
{
    return dice_mix(n->tail_hash[labels] ^ w->seed);
}

/* A suffix and what its registry holds: nothing but the fixed names. */
static void answer_suffix(const struct world *w, const struct name *n, size_t suffix, uint16_t type, struct reply *r)
{
    r->zone = name_tail(n, suffix);
    if (n->label_count == suffix) {
        return;
    }
    if (fixed_answer(w->fixed, n, type, r) == FIXED_NOTHING) {
        r->rcode = RCODE_NXDOMAIN;
    }
}

static bool outcome_ends_it(enum host_outcome outcome, const struct name *n, size_t suffix, struct reply *r)
{
    static const uint8_t rcodes[] = {
        [HOST_NXDOMAIN] = RCODE_NXDOMAIN, [HOST_SERVFAIL] = RCODE_SERVFAIL, [HOST_REFUSED] = RCODE_REFUSED,
        [HOST_BAD] = RCODE_NOTIMP,        [HOST_DEAD] = RCODE_SERVFAIL,
    };
    if (outcome == HOST_LIVES) {
        return false;
    }
    r->is_silent = outcome == HOST_DEAD;
    r->rcode = rcodes[outcome];
    r->zone = outcome == HOST_NXDOMAIN ? name_tail(n, suffix) : span_of("", 0);
    return true;
}

/* Goes down from the zone over those labels that are hosts of their own. *labels becomes the labels of the host found;
 * true when the next label stands for a name that does not exist. */
static bool find_host(const struct world *w, const struct name *n, size_t *labels)
{
    size_t deepest = *labels + HOSTS_DEEP_MAX;
    while (*labels < n->label_count) {
        span label = name_label(n, n->label_count - *labels - 1);
        if (host_label_is_service(label)) {
            return false;
        }
        if (n->is_odd || *labels >= deepest || label.len > SUB_LABEL_MAX ||
            !dice_chance(key_of(w, n, *labels + 1), SALT_SUB, w->rates->ppm[RATE_SUB_EXISTS])) {
            return true;
        }
        (*labels)++;
    }
    return false;
}

static void answer_generated(const struct world *w, const struct name *n, size_t zone_labels, bool hosts_below,
                             uint16_t type, struct reply *r)
{
    size_t host_labels = zone_labels;
    bool is_gone = hosts_below && find_host(w, n, &host_labels);
    struct host h;
    host_init(&h, w, name_tail(n, host_labels), name_tail(n, zone_labels), key_of(w, n, host_labels),
              key_of(w, n, zone_labels));
    r->ttl_s = 300u << dice_below(h.key, SALT_TTL, 8);
    size_t rel_count = n->label_count - host_labels;
    span rel[NAME_LABELS_MAX];
    for (size_t i = 0; i < rel_count; i++) {
        rel[i] = name_label(n, i);
    }
    size_t found = is_gone ? 0 : host_answer(&h, rel, rel_count, type, r);
    if (found == rel_count) {
        return;
    }
    struct text wildcard;
    if (found == 0 && hosts_below && host_wildcard(&h, &wildcard)) {
        r->is_wildcard = true;
        if (type == DNS_TXT) {
            reply_add_txt(r, text_span(&wildcard));
        }
        return;
    }
    r->rcode = RCODE_NXDOMAIN;
}

/* A zone that also has fixed names: they come first; generated is only the zone's own top and its service names. */
static void answer_fixed_zone(const struct world *w, const struct name *n, size_t zone_labels, uint16_t type,
                              struct reply *r)
{
    bool is_top = n->label_count == zone_labels;
    enum fixed_match match = fixed_answer(w->fixed, n, type, r);
    if (match == FIXED_RECORDS || (match == FIXED_EMPTY && !is_top)) {
        return;
    }
    size_t encloser = 0;
    if (!is_top && (fixed_wildcard(w->fixed, n, type, r, &encloser) || encloser > zone_labels)) {
        r->rcode = r->is_wildcard ? RCODE_NOERROR : RCODE_NXDOMAIN;
        return;
    }
    if (!is_top && !host_label_is_service(name_label(n, n->label_count - zone_labels - 1))) {
        r->rcode = RCODE_NXDOMAIN;
        return;
    }
    answer_generated(w, n, zone_labels, false, type, r);
}

/* Top labels that are never delegated: RFC 6761, RFC 6762. */
static bool is_special(span top)
{
    return span_equal(top, SPAN("invalid")) || span_equal(top, SPAN("localhost")) || span_equal(top, SPAN("local"));
}

static void answer_once(const struct world *w, const struct name *n, uint16_t type, struct reply *r)
{
    size_t suffix = suffix_labels(w->suffixes, n);
    if (is_special(name_tail(n, 1))) {
        r->rcode = RCODE_NXDOMAIN; /* the root's own answer */
        return;
    }
    if (n->label_count <= suffix || name_label(n, n->label_count - suffix - 1).ptr[0] == '_') {
        answer_suffix(w, n, suffix, type, r);
        return;
    }
    size_t zone_labels = suffix + 1;
    r->zone = name_tail(n, zone_labels);
    if (fixed_is_zone(w->fixed, n->tail_hash[zone_labels], r->zone)) {
        answer_fixed_zone(w, n, zone_labels, type, r);
        return;
    }
    size_t encloser = 0;
    if (suffix > 1 && fixed_wildcard(w->fixed, n, type, r, &encloser)) {
        return; /* a provider whose domain is a suffix gives its customers names there */
    }
    enum host_outcome outcome = host_outcome(w, key_of(w, n, zone_labels), r->zone);
    if (!outcome_ends_it(outcome, n, suffix, r)) {
        answer_generated(w, n, zone_labels, true, type, r);
    }
}

static bool last_is_alias(const struct reply *r, size_t before, uint16_t type)
{
    return type != DNS_CNAME && r->count == before + 1 && r->records[before].type == DNS_CNAME;
}

void world_answer(const struct world *w, const struct name *qname, uint16_t type, struct reply *r)
{
    reply_init(r);
    struct name target;
    const struct name *n = qname;
    for (int step = 0; step < CHAIN_MAX; step++) {
        size_t before = r->count;
        answer_once(w, n, type, r);
        if (!last_is_alias(r, before, type)) {
            break;
        }
        char text[256];
        if (!name_from_text(reply_rdata_name(r, before, 0, text), &target)) {
            break;
        }
        n = &target;
    }
    if (n != qname) {
        /* The zone's name points into a local: keep a copy beside the records. */
        size_t room = REPLY_POOL_SIZE - r->pool_len;
        if (r->zone.len <= room) {
            memcpy(r->pool + r->pool_len, r->zone.ptr ? r->zone.ptr : "", r->zone.len);
            r->zone.ptr = (const char *)r->pool + r->pool_len;
        }
    }
}
