// SPDX-License-Identifier: MIT
#include "scanner/dns/resolver_pool.h"

#include <errno.h>
#include <stdlib.h>

#include "scanner/dns/batch_socket.h"

enum {
    WINDOW_START = 256, WINDOW_START_MIN = 16,
    UNHEALTHY_IN_FLIGHT = 8,
    STREAK_OF_DOUBT = 30,           /* bad outcomes in a row before a canary is sent */
    PAUSE_MS = 1000, PAUSE_MAX_MS = 30000,
    CHECK_MS = 30000,               /* a resolver that seems well is asked so often whether it lies */
    PER_LANE = 1280, ASKS_IN_A_ROW = 32,
    RESOLVERS_MAX = 65535
};

static const uint64_t ns_per_ms = 1000000;
static const uint64_t ns_per_s = 1000000000;

uint64_t resolver_pool_random(struct resolver_pool *pool, uint64_t below)
{
    uint64_t x = pool->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    pool->random = x;
    return (uint64_t)((unsigned __int128)(x * 0x2545f4914f6cdd1dull) * below >> 64);
}

/* ---- The list --------------------------------------------------------------------------------------------------- */

int resolver_pool_init(struct resolver_pool *pool, const struct resolver_pool_options *options)
{
    *pool = (struct resolver_pool){ .options = *options };
    link_init(&pool->dirty);
    pool->random = options->seed * 0x9e3779b97f4a7c15ull | 1;
    pool->receiver = batch_receiver_new();
    return pool->receiver ? 0 : -ENOMEM;
}

static void free_resolver(struct resolver *resolver)
{
    for (size_t i = 0; i < resolver->lane_count; i++) {
        lane_free(resolver->lanes[i]);
    }
    lane_free(resolver->tcp_lane);
    lane_free(resolver->tcp_stalled);
    for (size_t i = 0; i < TCP_ALONE_MAX; i++) {
        lane_free(resolver->tcp_alone[i]);
    }
    free(resolver->lanes);
    free((void *)(uintptr_t)resolver->spec.text);
    free(resolver);
}

void resolver_pool_deinit(struct resolver_pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        free_resolver(pool->resolvers[i]);
    }
    free(pool->resolvers);
    batch_receiver_free(pool->receiver);
    *pool = (struct resolver_pool){ .count = 0 };
}

static bool same_address(const struct resolver_spec *a, const struct resolver_spec *b)
{
    return a->len == b->len && memcmp(&a->address, &b->address, a->len) == 0;
}

static struct resolver *find_resolver(struct resolver_pool *pool, const struct resolver_spec *spec)
{
    for (size_t i = 0; i < pool->count; i++) {
        if (same_address(&pool->resolvers[i]->spec, spec)) {
            return pool->resolvers[i];
        }
    }
    return NULL;
}

size_t resolver_pool_part(size_t whole, unsigned sharers, unsigned sharer)
{
    return whole / sharers + (sharer < whole % sharers);
}

/* One at least: whoever makes the askers keeps them fewer than any max_inflight. */
static size_t ceiling_of(const struct resolver_pool *pool, const struct resolver_spec *spec)
{
    const struct resolver_pool_options *o = &pool->options;
    size_t own = spec->max_inflight > 0 ? resolver_pool_part(spec->max_inflight, o->sharers, o->sharer) : o->concurrency;
    own = own > 0 ? own : 1;
    return own < pool->options.concurrency ? own : pool->options.concurrency;
}

static double rate_of(const struct resolver_pool *pool, const struct resolver_spec *spec)
{
    return (spec->rate > 0 ? spec->rate : pool->options.resolver_rate) / pool->options.sharers;
}

static void set_bucket(struct resolver *r, uint64_t now_ns)
{
    double learned = r->learned.rate;
    token_bucket_set_rate(&r->bucket, learned > 0 && (r->cap <= 0 || learned < r->cap) ? learned : r->cap, now_ns);
}

static struct resolver *new_resolver(struct resolver_pool *pool, const struct resolver_spec *spec, size_t start,
                                     uint64_t now_ns)
{
    struct resolver *r = calloc(1, sizeof(*r));
    if (!r) {
        return NULL;
    }
    size_t ceiling = ceiling_of(pool, spec);
    r->spec = *spec;
    r->spec.text = strdup(spec->text ? spec->text : "");
    /* Packets whose time is over still have their place in a lane for a while: room for as many again, and more. */
    r->lane_limit = ceiling / PER_LANE * 3 + 3;
    r->lanes = calloc(r->lane_limit, sizeof(struct lane *));
    if (!r->spec.text || !r->lanes) {
        free_resolver(r);
        return NULL;
    }
    r->index = (uint16_t)pool->count;
    r->is_healthy = true;
    r->helped_ns = r->reply_ns = r->checked_ns = now_ns;
    r->pause_ms = PAUSE_MS;
    link_init(&r->dirty);
    window_init(&r->window, start, ceiling);
    learned_rate_init(&r->learned, now_ns);
    r->cap = rate_of(pool, spec);
    token_bucket_init(&r->bucket, r->cap, now_ns);
    return r;
}

/* Takes over what a new list says about a resolver we know. */
static void renew(struct resolver_pool *pool, struct resolver *r, const struct resolver_spec *spec, uint64_t now_ns)
{
    r->is_retired = false;
    r->spec.rate = spec->rate;
    r->spec.max_inflight = spec->max_inflight;
    r->cap = rate_of(pool, spec);
    set_bucket(r, now_ns);
    window_set_ceiling(&r->window, ceiling_of(pool, spec));
}

int resolver_pool_set(struct resolver_pool *pool, const struct resolver_spec *specs, size_t count, uint64_t now_ns)
{
    if (count == 0 || count + pool->count > RESOLVERS_MAX) {
        return -EINVAL;
    }
    struct resolver **grown = realloc(pool->resolvers, (pool->count + count) * sizeof(struct resolver *));
    if (!grown) {
        return -ENOMEM;
    }
    pool->resolvers = grown;
    size_t known = pool->count;
    size_t start = pool->options.concurrency / count;
    start = start > WINDOW_START ? WINDOW_START : start < WINDOW_START_MIN ? WINDOW_START_MIN : start;
    for (size_t i = 0; i < count; i++) {
        if (find_resolver(pool, &specs[i])) {
            continue;
        }
        struct resolver *r = new_resolver(pool, &specs[i], start, now_ns);
        if (!r) {
            goto free_new;
        }
        r->is_on_probation = known > 0; /* the first list is probed as its owner likes */
        pool->resolvers[pool->count++] = r;
    }
    for (size_t i = 0; i < pool->count; i++) {
        pool->resolvers[i]->is_retired = true;
    }
    for (size_t i = 0; i < count; i++) {
        renew(pool, find_resolver(pool, &specs[i]), &specs[i], now_ns);
    }
    return 0;

free_new:
    while (pool->count > known) {
        free_resolver(pool->resolvers[--pool->count]);
    }
    return -ENOMEM;
}

/* ---- Choice ----------------------------------------------------------------------------------------------------- */

static size_t free_window(const struct resolver *r)
{
    if (r->is_healthy) {
        return window_room(&r->window, r->in_flight);
    }
    return UNHEALTHY_IN_FLIGHT > r->in_flight ? UNHEALTHY_IN_FLIGHT - r->in_flight : 0;
}

static bool is_tried(const struct resolver *r, uint64_t tried)
{
    return tried >> (r->index % 64) & 1;
}

static bool has_token(struct resolver_pool *pool, struct resolver *r, uint64_t now_ns)
{
    uint64_t wait = token_bucket_wait_ns(&r->bucket, now_ns);
    if (wait > 0 && (pool->token_wait_ns == 0 || wait < pool->token_wait_ns)) {
        pool->token_wait_ns = wait;
    }
    return wait == 0;
}

static struct resolver *choose_of_two(struct resolver_pool *pool, uint64_t tried, uint64_t now_ns)
{
    struct resolver *best = NULL;
    for (int i = 0; i < 2; i++) {
        struct resolver *r = pool->resolvers[resolver_pool_random(pool, pool->count)];
        if (!resolver_is_out(r) && r->is_healthy && !is_tried(r, tried) && free_window(r) > 0 &&
            (!best || free_window(r) > free_window(best)) && has_token(pool, r, now_ns)) {
            best = r;
        }
    }
    return best;
}

struct resolver *resolver_pool_choose(struct resolver_pool *pool, uint64_t tried, uint64_t now_ns)
{
    enum { UNTRIED, TRIED, UNHEALTHY, CLASSES };
    struct resolver *found[CLASSES] = { NULL };
    bool exists[CLASSES] = { false };
    pool->token_wait_ns = 0;
    pool->is_full = false;
    struct resolver *best = choose_of_two(pool, tried, now_ns);
    if (best) {
        return best;
    }
    size_t from = (size_t)resolver_pool_random(pool, pool->count);
    for (size_t i = 0; i < pool->count && !found[UNTRIED]; i++) {
        struct resolver *r = pool->resolvers[(from + i) % pool->count];
        if (resolver_is_out(r)) {
            continue;
        }
        int class = !r->is_healthy ? UNHEALTHY : is_tried(r, tried) ? TRIED : UNTRIED;
        exists[class] = true;
        if (!found[class] && free_window(r) > 0 && has_token(pool, r, now_ns)) {
            found[class] = r;
        }
    }
    pool->is_full = !found[UNTRIED] && !found[TRIED] && !found[UNHEALTHY];
    /* A better class that is merely full is waited for. */
    for (int class = 0; class < CLASSES; class++) {
        if (exists[class]) {
            return found[class];
        }
    }
    return NULL;
}

/* ---- Lanes ------------------------------------------------------------------------------------------------------ */

static struct lane *open_lane(struct resolver_pool *pool, struct resolver *r, bool over_tcp)
{
    struct lane_options options = {
        .loop = pool->options.loop,
        .receiver = pool->receiver,
        .address = &r->spec.address,
        .address_len = r->spec.len,
        .over_tcp = over_tcp,
        .timeout_ms = pool->options.lane_timeout_ms,
        .on_reply = pool->options.on_reply,
        .user = pool->options.user,
    };
    struct lane *lane;
    return lane_new(&options, &lane) == 0 ? lane : NULL;
}

static size_t queries_in_lanes(const struct resolver *r)
{
    size_t sum = 0;
    for (size_t i = 0; i < r->lane_count; i++) {
        sum += lane_query_count(r->lanes[i]);
    }
    return sum;
}

struct lane *resolver_pool_lane(struct resolver_pool *pool, struct resolver *r)
{
    /* Some packets in a row to one lane, so that they leave together; then its neighbour, so that all stay small. */
    size_t at = r->lane_turn++ / ASKS_IN_A_ROW;
    bool is_turning = r->lane_turn % ASKS_IN_A_ROW == 0;
    if (r->lane_count == 0 ||
        (is_turning && r->lane_count < r->lane_limit && queries_in_lanes(r) >= r->lane_count * PER_LANE)) {
        struct lane *lane = open_lane(pool, r, false);
        if (lane) {
            r->lanes[r->lane_count++] = lane;
        }
    }
    for (size_t i = 0; i < r->lane_count; i++) {
        struct lane *lane = r->lanes[(at + i) % r->lane_count];
        if (lane_has_room(lane)) {
            return lane;
        }
    }
    return NULL;
}

/* A lane nobody waits on has no connection either, and begins a new one. */
static struct lane *tcp_lane_alone(struct resolver_pool *pool, struct resolver *r)
{
    for (size_t i = 0; i < TCP_ALONE_MAX; i++) {
        if (!r->tcp_alone[i]) {
            r->tcp_alone[i] = open_lane(pool, r, true);
            return r->tcp_alone[i];
        }
        if (lane_query_count(r->tcp_alone[i]) == 0) {
            return r->tcp_alone[i];
        }
    }
    return NULL;
}

struct lane *resolver_pool_tcp_lane(struct resolver_pool *pool, struct resolver *r, bool is_alone)
{
    if (is_alone) {
        return tcp_lane_alone(pool, r);
    }
    if (!r->tcp_lane) {
        r->tcp_lane = open_lane(pool, r, true);
    }
    return r->tcp_lane && lane_has_room(r->tcp_lane) ? r->tcp_lane : NULL;
}

/* While one is being left the next one stays, whatever happens on it: two at most, and c-ares' own timeout ends each. */
void resolver_note_stall(struct resolver *r, const struct lane *lane)
{
    if (lane == r->tcp_lane && !r->tcp_stalled) {
        r->tcp_stalled = r->tcp_lane;
        r->tcp_lane = NULL;
    }
}

static void tick_tcp(struct resolver *r)
{
    for (size_t i = 0; i < TCP_ALONE_MAX && r->tcp_alone[i]; i++) {
        lane_tick(r->tcp_alone[i]);
    }
    if (r->tcp_lane) {
        lane_tick(r->tcp_lane);
    }
    if (r->tcp_stalled) {
        lane_tick(r->tcp_stalled);
        if (lane_query_count(r->tcp_stalled) == 0) {
            lane_free(r->tcp_stalled);
            r->tcp_stalled = NULL;
        }
    }
}

uint32_t resolver_note_sent(struct resolver_pool *pool, struct resolver *r, bool is_first_try, uint64_t now_ns)
{
    token_bucket_take(&r->bucket);
    r->queries++;
    r->in_flight++;
    if (learned_rate_note_sent(&r->learned, now_ns)) {
        set_bucket(r, now_ns);
    }
    if (link_is_alone(&r->dirty)) {
        link_append(&pool->dirty, &r->dirty);
    }
    return window_note_sent(&r->window, r->in_flight, is_first_try, now_ns);
}

void resolver_pool_flush(struct resolver_pool *pool)
{
    struct link *first;
    while ((first = link_take_first(&pool->dirty)) != NULL) {
        struct resolver *r = LINK_OWNER(first, struct resolver, dirty);
        for (size_t i = 0; i < r->lane_count; i++) {
            lane_flush(r->lanes[i]);
        }
    }
}

/* ---- Health ----------------------------------------------------------------------------------------------------- */

static void become_healthy(struct resolver *r)
{
    r->is_healthy = true;
    r->fault = FAULT_NONE;
    r->pause_ms = PAUSE_MS;
    r->silent = r->unhelpful = 0;
}

static void become_unhealthy(struct resolver *r, enum resolver_fault fault, uint64_t now_ns)
{
    r->fault = fault;
    if (r->is_healthy) {
        r->is_healthy = false;
        r->pause_ms = PAUSE_MS;
        r->canary_ns = now_ns + PAUSE_MS * ns_per_ms;
    }
}

static void note_health(struct resolver *r, enum resolver_news news, uint64_t now_ns)
{
    if (news == RESOLVER_SILENT) {
        r->silent++;
        return;
    }
    r->silent = 0;
    r->port_is_closed = false;
    r->reply_ns = now_ns;
    if (news == RESOLVER_HELPED) {
        r->helped_ns = now_ns;
        if (r->fault != FAULT_LYING) {
            become_healthy(r);
        }
    } else {
        r->unhelpful++;
    }
}

void resolver_note_news(struct resolver *r, enum resolver_news news, uint32_t token, bool is_late,
                        uint64_t sent_ns, uint64_t now_ns)
{
    static const enum window_outcome outcomes[] = {
        [RESOLVER_HELPED] = WINDOW_ANSWER,   [RESOLVER_SERVFAIL] = WINDOW_SERVFAIL, [RESOLVER_REFUSED] = WINDOW_REFUSED,
        [RESOLVER_USELESS] = WINDOW_REFUSED, [RESOLVER_SILENT] = WINDOW_TIMEOUT,
    };
    r->answers += news != RESOLVER_SILENT;
    r->timeouts += news == RESOLVER_SILENT;
    r->servfail += news == RESOLVER_SERVFAIL;
    r->refused += news == RESOLVER_REFUSED;
    note_health(r, news, now_ns);
    if (news == RESOLVER_HELPED && !is_late) {
        learned_rate_note_answer(&r->learned, sent_ns, now_ns);
    } else if (news == RESOLVER_REFUSED) {
        learned_rate_note_refusal(&r->learned, sent_ns);
    }
    if (!is_late) {
        window_note(&r->window, outcomes[news], token, now_ns);
        r->in_flight--;
    }
}

/* The bucket holds from now on what the window would be cut for. */
void resolver_note_blame(struct resolver *r, enum blame blame, uint64_t sent_ns, uint64_t now_ns)
{
    if (learned_rate_note_blame(&r->learned, blame, sent_ns, now_ns)) {
        set_bucket(r, now_ns);
        window_absolve(&r->window);
    }
}

bool resolver_wants_canary(struct resolver *r, uint64_t now_ns)
{
    bool is_doubted = (r->silent >= STREAK_OF_DOUBT || r->unhelpful >= STREAK_OF_DOUBT) && now_ns - r->helped_ns > ns_per_s;
    bool is_due = now_ns - r->checked_ns > CHECK_MS * ns_per_ms;
    if (r->is_retired || (r->is_healthy && !is_doubted && !is_due && !r->is_on_probation) || now_ns < r->canary_ns) {
        return false;
    }
    r->was_doubted = is_doubted || !r->is_healthy;
    r->was_silent = r->is_healthy && r->silent >= STREAK_OF_DOUBT;
    r->canary_ns = now_ns + r->pause_ms * ns_per_ms;
    if (!r->is_healthy) {
        r->pause_ms = r->pause_ms * 2 < PAUSE_MAX_MS ? r->pause_ms * 2 : PAUSE_MAX_MS;
    }
    return true;
}

void resolver_note_canary(struct resolver *r, struct canary_news news, uint64_t now_ns)
{
    bool was_silent = r->was_silent && r->is_healthy;
    r->is_on_probation = false;
    if (news.has_lied) {
        become_unhealthy(r, FAULT_LYING, now_ns);
        return;
    }
    /* Silence clears nobody of having lied. */
    if (r->fault == FAULT_LYING && (!news.has_helped || news.has_evaded)) {
        return;
    }
    /* A server that refuses the root may still be of use (an authoritative one under test): then it is enough that it
       speaks, unless refusing is all it does. */
    if (news.has_helped || (news.is_reply && r->unhelpful < STREAK_OF_DOUBT)) {
        become_healthy(r);
        if (news.has_helped && news.is_last && was_silent) {
            window_absolve_last(&r->window);
        } else if (news.has_helped && r->was_doubted) {
            window_absolve(&r->window);
        }
    } else {
        become_unhealthy(r, news.is_reply ? FAULT_USELESS : FAULT_DEAD, now_ns);
    }
}

static void take_lane_news(struct resolver_pool *pool, struct resolver *r, uint64_t now_ns)
{
    uint64_t icmp_errors = 0;
    for (size_t i = 0; i < r->lane_count; i++) {
        lane_tick(r->lanes[i]);
        icmp_errors += lane_take_icmp_errors(r->lanes[i]);
        pool->dropped += lane_take_dropped(r->lanes[i]);
        pool->unexpected += lane_take_unexpected(r->lanes[i]);
    }
    tick_tcp(r);
    /* A closed port says so at once: no need to wait for timeouts. */
    if (icmp_errors > 0 && (r->answers == 0 || now_ns - r->reply_ns > ns_per_s / 4)) {
        become_unhealthy(r, r->fault == FAULT_LYING ? FAULT_LYING : FAULT_DEAD, now_ns);
        r->port_is_closed = true;
    }
}

void resolver_pool_tick(struct resolver_pool *pool, uint64_t now_ns)
{
    for (size_t i = 0; i < pool->count; i++) {
        take_lane_news(pool, pool->resolvers[i], now_ns);
    }
}

size_t resolver_pool_window(const struct resolver_pool *pool)
{
    size_t sum = 0;
    for (size_t i = 0; i < pool->count; i++) {
        const struct resolver *r = pool->resolvers[i];
        sum += resolver_is_out(r) ? 0 : r->is_healthy ? r->in_flight + window_room(&r->window, r->in_flight) : UNHEALTHY_IN_FLIGHT;
    }
    return sum;
}

double resolver_pool_rate(const struct resolver_pool *pool)
{
    double sum = 0;
    for (size_t i = 0; i < pool->count; i++) {
        const struct resolver *r = pool->resolvers[i];
        if (resolver_is_out(r)) {
            continue;
        }
        if (r->bucket.rate <= 0) {
            return 0;
        }
        sum += r->bucket.rate;
    }
    return sum;
}
