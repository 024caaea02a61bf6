// SPDX-License-Identifier: MIT
#include "scanner/dns/shared_targets.h"

#include <assert.h>
#include <stdlib.h>

#include "scanner/base/clock.h"

enum {
    MEMORY_DEFAULT = 64 << 20,
    TTL_MIN_S = 60, TTL_MAX_S = 3600, FAILURE_TTL_S = 10,
    SCRATCH_SIZE = 768, SCRATCH_OVERFLOW = 256 * 1024,
    BUCKETS_MIN = 1024, BYTES_PER_BUCKET = 512,
    CLOCK_STEPS_MAX = 256
};

/* Where the answer is read into while it is not yet known how large it will be. */
struct scratch {
    struct lookup lookup;
    struct arena arena;
    _Alignas(max_align_t) char memory[SCRATCH_SIZE];
};

struct shared_entry {
    struct shared_entry *next;      /* in its bucket */
    struct link clock;              /* all entries, in the order of the clock's hand */
    struct shared_targets *shared;
    struct link waiters;            /* lookups, while it is being asked */
    struct scratch *scratch;        /* while it is being asked */
    struct rrset *rrset;            /* one block with all it points to, or NULL */
    const struct rrset *known;      /* .rrset, or a bare outcome when there was no memory for it */
    uint64_t expires_ms;
    size_t bytes;
    uint32_t hash, pins;
    uint16_t qtype, name_len;
    bool was_used;                  /* since the hand came by */
    bool is_linked;                 /* can be found; false: lives on for its pins only */
    bool over_tcp;
    uint8_t retries;
    char name[];
};

struct shared_targets {
    struct shared_options options;
    struct shared_entry **buckets;
    size_t bucket_count;            /* a power of two */
    struct link clock;
    struct shared_stats stats;
};

static const struct rrset no_memory = { .outcome = DNS_CUT };

/* ---- One block an answer ---------------------------------------------------------------------------------------- */

static size_t rounded(size_t size)
{
    return (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
}

static size_t item_size(uint16_t qtype)
{
    switch (qtype) {
    case DNS_TXT:
    case DNS_SPF: return sizeof(struct txt_record);
    case DNS_MX: return sizeof(struct mx_record);
    case DNS_A: return 4;
    case DNS_AAAA: return 16;
    default: return sizeof(span);
    }
}

static size_t content_size(const struct rrset *r, uint16_t qtype)
{
    size_t sum = rounded(r->alias_target.len) + rounded(r->soa_owner.len) + rounded(r->count * item_size(qtype));
    for (size_t i = 0; i < r->count; i++) {
        switch (qtype) {
        case DNS_TXT:
        case DNS_SPF: sum += rounded(r->txt[i].text.len) + rounded(r->txt[i].cut_count * sizeof(uint16_t)); break;
        case DNS_MX: sum += rounded(r->mx[i].exchange.len); break;
        case DNS_A:
        case DNS_AAAA: break;
        default: sum += rounded(r->names[i].len); break;
        }
    }
    return sum;
}

static void *copy_bytes(char **at, const void *from, size_t size)
{
    char *copy = *at;
    if (size > 0) {
        memcpy(copy, from, size);
    }
    *at += rounded(size);
    return copy;
}

static span copy_span(char **at, span s)
{
    return span_of(copy_bytes(at, s.ptr, s.len), s.len);
}

static void copy_items(char **at, struct rrset *r, uint16_t qtype)
{
    char *items = copy_bytes(at, r->names, r->count * item_size(qtype));
    switch (qtype) {
    case DNS_TXT:
    case DNS_SPF: {
        struct txt_record *txt = (struct txt_record *)(void *)items;
        for (size_t i = 0; i < r->count; i++) {
            txt[i].text = copy_span(at, txt[i].text);
            txt[i].cuts = copy_bytes(at, txt[i].cuts, txt[i].cut_count * sizeof(uint16_t));
        }
        r->txt = txt;
        break;
    }
    case DNS_MX: {
        struct mx_record *mx = (struct mx_record *)(void *)items;
        for (size_t i = 0; i < r->count; i++) {
            mx[i].exchange = copy_span(at, mx[i].exchange);
        }
        r->mx = mx;
        break;
    }
    case DNS_A: r->a = (const uint8_t(*)[4])(void *)items; break;
    case DNS_AAAA: r->aaaa = (const uint8_t(*)[16])(void *)items; break;
    default: {
        span *names = (span *)(void *)items;
        for (size_t i = 0; i < r->count; i++) {
            names[i] = copy_span(at, names[i]);
        }
        r->names = names;
        break;
    }
    }
}

static struct rrset *clone_rrset(const struct rrset *from, uint16_t qtype, size_t *bytes)
{
    *bytes = rounded(sizeof(*from)) + content_size(from, qtype);
    char *block = malloc(*bytes);
    if (!block) {
        return NULL;
    }
    struct rrset *r = (struct rrset *)(void *)block;
    char *at = block + rounded(sizeof(*r));
    *r = *from;
    r->alias_target = copy_span(&at, from->alias_target);
    r->soa_owner = copy_span(&at, from->soa_owner);
    if (r->count > 0) {
        copy_items(&at, r, qtype);
    }
    return r;
}

/* ---- The table -------------------------------------------------------------------------------------------------- */

static struct shared_entry **bucket_of(struct shared_targets *shared, uint32_t hash)
{
    return &shared->buckets[hash & (shared->bucket_count - 1)];
}

static uint32_t key_hash(span qname, uint16_t qtype)
{
    uint32_t hash = (span_hash_nocase(qname) ^ qtype) * 0x9e3779b1u;
    return hash ^ hash >> 16;
}

static struct shared_entry *find(struct shared_targets *shared, span qname, uint16_t qtype, uint32_t hash)
{
    for (struct shared_entry *e = *bucket_of(shared, hash); e; e = e->next) {
        if (e->hash == hash && e->qtype == qtype && span_equal_nocase(span_of(e->name, e->name_len), qname)) {
            return e;
        }
    }
    return NULL;
}

static void unlink_entry(struct shared_targets *shared, struct shared_entry *entry)
{
    if (!entry->is_linked) {
        return;
    }
    struct shared_entry **at = bucket_of(shared, entry->hash);
    while (*at != entry) {
        at = &(*at)->next;
    }
    *at = entry->next;
    entry->is_linked = false;
}

static void free_entry(struct shared_targets *shared, struct shared_entry *entry)
{
    unlink_entry(shared, entry);
    link_leave(&entry->clock);
    shared->stats.bytes -= entry->bytes;
    shared->stats.entries--;
    if (entry->scratch) {
        arena_reset(&entry->scratch->arena);
    }
    free(entry->scratch);
    free(entry->rrset);
    free(entry);
}

/* The hand goes round: used ones get another round, pinned ones (those being asked among them) stay. */
static bool make_room(struct shared_targets *shared, size_t bytes)
{
    for (int steps = 0; shared->stats.bytes + bytes > shared->options.memory_limit; steps++) {
        struct link *at = shared->clock.next;
        if (at == &shared->clock || steps >= CLOCK_STEPS_MAX) {
            return false;
        }
        struct shared_entry *entry = LINK_OWNER(at, struct shared_entry, clock);
        if (entry->pins == 0 && !entry->was_used) {
            free_entry(shared, entry);
            shared->stats.evictions++;
            continue;
        }
        entry->was_used = false;
        link_leave(at);
        link_append(&shared->clock, at);
    }
    return true;
}

static struct shared_entry *new_entry(struct shared_targets *shared, const struct lookup *lookup, uint32_t hash)
{
    span qname = lookup->qname;
    size_t bytes = sizeof(struct shared_entry) + qname.len + sizeof(struct scratch);
    if (qname.len > UINT16_MAX || !make_room(shared, bytes)) {
        return NULL;
    }
    struct shared_entry *entry = calloc(1, sizeof(*entry) + qname.len);
    struct scratch *scratch = malloc(sizeof(*scratch));
    if (!entry || !scratch) {
        free(entry);
        free(scratch);
        return NULL;
    }
    entry->shared = shared;
    entry->scratch = scratch;
    entry->bytes = bytes;
    entry->hash = hash;
    entry->qtype = lookup->qtype;
    entry->name_len = (uint16_t)qname.len;
    memcpy(entry->name, qname.ptr, qname.len);
    link_init(&entry->waiters);
    link_append(&shared->clock, &entry->clock);
    entry->next = *bucket_of(shared, hash);
    *bucket_of(shared, hash) = entry;
    entry->is_linked = true;
    shared->stats.bytes += bytes;
    shared->stats.entries++;
    return entry;
}

/* ---- Asking and answering --------------------------------------------------------------------------------------- */

static uint64_t life_ms(const struct shared_options *o, const struct rrset *rrset)
{
    uint64_t ttl_s = rrset->ttl_s;
    if (rrset_is_failure(rrset)) {
        return o->failure_ttl_s * 1000ull;
    }
    ttl_s = ttl_s < o->ttl_min_s ? o->ttl_min_s : ttl_s;
    return (ttl_s > o->ttl_max_s ? o->ttl_max_s : ttl_s) * 1000;
}

static void hand_out(struct shared_entry *entry, struct lookup *lookup)
{
    lookup->rrset = entry->known;
    lookup->retries = lookup->was_shared ? 0 : entry->retries;
    lookup->over_tcp = entry->over_tcp;
    lookup->lacks_memory = entry->known == &no_memory;
    asker_finish(entry->shared->options.asker, lookup);
}

static void keep_answer(struct shared_targets *shared, struct shared_entry *entry, const struct rrset *rrset)
{
    size_t bytes = 0;
    entry->rrset = entry->scratch->arena.has_no_memory ? NULL : clone_rrset(rrset, entry->qtype, &bytes);
    entry->known = entry->rrset ? entry->rrset : &no_memory;
    entry->expires_ms = shared->options.now_ms() + life_ms(&shared->options, entry->known);
    if (entry->rrset) {
        entry->bytes += bytes;
        shared->stats.bytes += bytes;
    }
}

static void on_answer(struct lookup *asked, void *user)
{
    struct shared_entry *entry = user;
    struct shared_targets *shared = entry->shared;
    struct link *waiter;
    keep_answer(shared, entry, asked->rrset);
    entry->retries = asked->retries;
    entry->over_tcp = asked->over_tcp;
    while ((waiter = link_take_first(&entry->waiters)) != NULL) {
        hand_out(entry, LINK_OWNER(waiter, struct lookup, link));
    }
    arena_reset(&entry->scratch->arena);
    free(entry->scratch);
    entry->scratch = NULL;
    entry->bytes -= sizeof(struct scratch);
    shared->stats.bytes -= sizeof(struct scratch);
    make_room(shared, 0);
}

static void ask(struct shared_targets *shared, struct shared_entry *entry, uint64_t zone_key)
{
    struct scratch *scratch = entry->scratch;
    arena_init(&scratch->arena, scratch->memory, sizeof(scratch->memory), SCRATCH_OVERFLOW);
    scratch->lookup = (struct lookup){
        .qname = span_of(entry->name, entry->name_len), .qtype = entry->qtype, .arena = &scratch->arena,
        .zone_key = zone_key, .on_done = on_answer, .owner = entry,
    };
    asker_ask(shared->options.asker, &scratch->lookup);
}

static void pin(struct shared_entry *entry, struct lookup *lookup, bool was_shared)
{
    entry->pins++;
    entry->was_used = entry->was_used || was_shared;
    lookup->shared = entry;
    lookup->was_shared = was_shared;
    lookup->rrset = NULL;
    link_init(&lookup->link);
}

/* The entry for the key that is being asked or still good; one that has run out, or is not wanted, is let go. */
static struct shared_entry *find_good(struct shared_targets *shared, const struct lookup *lookup, uint32_t hash)
{
    struct shared_entry *entry = find(shared, lookup->qname, lookup->qtype, hash);
    if (!entry || entry->scratch) {
        return entry;
    }
    if (entry->known != lookup->unwanted && shared->options.now_ms() < entry->expires_ms) {
        return entry;
    }
    if (entry->pins == 0) {
        free_entry(shared, entry);
    } else {
        unlink_entry(shared, entry);
    }
    return NULL;
}

void shared_ask(struct shared_targets *shared, struct lookup *lookup)
{
    assert(!lookup->checking_disabled); /* unvalidated: for whoever asked, and for no cache */
    uint32_t hash = key_hash(lookup->qname, lookup->qtype);
    struct shared_entry *entry = find_good(shared, lookup, hash);
    if (entry) {
        pin(entry, lookup, true);
        if (entry->scratch) {
            shared->stats.joins++;
            link_append(&entry->waiters, &lookup->link);
        } else {
            shared->stats.hits++;
            hand_out(entry, lookup);
        }
        return;
    }
    shared->stats.misses++;
    entry = new_entry(shared, lookup, hash);
    if (!entry) {
        shared->stats.private_asks++;
        lookup->shared = NULL;
        asker_ask(shared->options.asker, lookup);
        return;
    }
    pin(entry, lookup, false);
    link_append(&entry->waiters, &lookup->link);
    ask(shared, entry, lookup->zone_key);
}

struct shared_entry *shared_keep(struct lookup *lookup)
{
    struct shared_entry *entry = lookup->shared;
    lookup->shared = NULL;
    return entry;
}

void shared_let_go(struct shared_targets *shared, struct shared_entry *entry)
{
    if (entry && --entry->pins == 0 && !entry->is_linked) {
        free_entry(shared, entry);
    }
}

void shared_release(struct shared_targets *shared, struct lookup *lookup)
{
    if (lookup->shared) {
        lookup->rrset = NULL;
        shared_let_go(shared, shared_keep(lookup));
    }
}

/* ---- Life ------------------------------------------------------------------------------------------------------- */

struct shared_targets *shared_targets_new(const struct shared_options *options)
{
    struct shared_targets *shared = calloc(1, sizeof(*shared));
    if (!shared) {
        return NULL;
    }
    struct shared_options *o = &shared->options;
    *o = *options;
    o->memory_limit = o->memory_limit > 0 ? o->memory_limit : MEMORY_DEFAULT;
    o->ttl_min_s = o->ttl_min_s > 0 ? o->ttl_min_s : TTL_MIN_S;
    o->ttl_max_s = o->ttl_max_s > 0 ? o->ttl_max_s : TTL_MAX_S;
    o->failure_ttl_s = o->failure_ttl_s > 0 ? o->failure_ttl_s : FAILURE_TTL_S;
    o->now_ms = o->now_ms ? o->now_ms : clock_now_ms;
    shared->bucket_count = BUCKETS_MIN;
    while (shared->bucket_count < o->memory_limit / BYTES_PER_BUCKET) {
        shared->bucket_count *= 2;
    }
    shared->buckets = calloc(shared->bucket_count, sizeof(struct shared_entry *));
    link_init(&shared->clock);
    if (!shared->buckets) {
        free(shared);
        return NULL;
    }
    return shared;
}

void shared_targets_free(struct shared_targets *shared)
{
    if (!shared) {
        return;
    }
    while (!link_is_alone(&shared->clock)) {
        free_entry(shared, LINK_OWNER(shared->clock.next, struct shared_entry, clock));
    }
    free(shared->buckets);
    free(shared);
}

void shared_stats_get(const struct shared_targets *shared, struct shared_stats *out)
{
    *out = shared->stats;
}
