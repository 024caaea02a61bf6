// SPDX-License-Identifier: MIT
#include "scanner/dns/asker.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "scanner/base/clock.h"
#include "scanner/dns/answer.h"
#include "scanner/dns/gather.h"
#include "scanner/dns/query.h"
#include "scanner/dns/random_pool.h"
#include "scanner/dns/resolver_pool.h"
#include "scanner/dns/zone_pace.h"

enum {
    TICK_MS = 100,
    WHEEL_SLOTS = 64,               /* 6.4 s; what lies further off is looked at again */
    PARK_MS = 10,                   /* who waits for his zone's turn goes in time: a cap is a cap in any second */
    PARK_SLOTS = 1024,              /* 10 s */
    CONCURRENCY_DEFAULT = 20000,
    TIMEOUT_DEFAULT_MS = 2500,
    TRIES_MAX = 64,
    BLOCKED_RETRIES_MAX = 16,       /* retries looked at in a turn that find no resolver */
    UNTRIED_WAIT_MAX_MS = 2000,     /* until the last retry would have had its token of a resolver that it has not tried */
    FOLDING_PROVEN = 4,             /* replies in other case, in a row, before a server is taken to fold it */
    TOKENS_AT_ONCE = 32,            /* waited for together, so that a paced scan does not wake up for each packet */
    TOKEN_WAIT_MAX_MS = 12,         /* but no longer: well below what a bucket saves up */
    STANDSTILL_MS = 1000,           /* between two looks at the clock: the process was stopped */
    CANARY_ARENA = 1536, CANARY_TRIES = 2,
    RCODE_FORMERR = 1, RCODE_NOTIMP = 4
};

static const uint64_t ns_per_ms = 1000000;
static const uint64_t tick_ns = TICK_MS * 1000000ull;
static const uint64_t park_ns = PARK_MS * 1000000ull;

/* Where lookup.link stands. */
enum place { PLACE_NONE, PLACE_FRESH, PLACE_AGAIN, PLACE_CANARY, PLACE_PARKED, PLACE_FINISHED };

/* One try on its way. It belongs to c-ares until on_reply; its lookup may be over long before. The query's bytes follow. */
struct flight {
    struct lookup *lookup;          /* NULL: nobody waits for it any more */
    struct flight *next;            /* of the lookup, or of the pool */
    struct link link;               /* the wheel's while live; replied */
    struct resolver *resolver;
    const struct rrset *rrset;      /* read: in the lookup's arena or in static memory */
    uint64_t sent_ns, deadline_ns;
    uint32_t window_token;
    bool is_live : 1;               /* within its time: holds a place in the window */
    bool with_case : 1, over_tcp : 1;
    bool is_unreadable : 1;         /* malformed or lame */
    uint8_t status, result, rcode;  /* enum lane_status, enum answer_result */
    uint8_t class;                  /* enum flight_class */
    struct lane_query query;
    uint8_t bytes[];
};

/* Nearly every question fits the small ones; the large ones hold any. Memory that is never used is never touched. */
enum flight_class { FLIGHT_SMALL, FLIGHT_LARGE, FLIGHT_CLASSES };
static const size_t query_room[FLIGHT_CLASSES] = { [FLIGHT_SMALL] = 88, [FLIGHT_LARGE] = QUERY_SIZE_MAX };

struct flight_pool {
    char *memory;
    size_t stride, touched;
    struct flight *free;
};

/* Two questions of our own to one resolver: the root's name servers, to see whether it is there, and the address of a random
   name below .invalid, where nothing exists (RFC 6761 6.4), to see whether it makes answers up. */
struct canary {
    struct lookup root, lie;
    struct asker *asker;
    struct resolver *resolver;
    struct arena arena;
    unsigned open;                  /* of the two */
    bool is_probe;
    uint64_t asked_ns, rtt_ns;
    char lie_name[32];
    _Alignas(max_align_t) char memory[CANARY_ARENA];
};

struct probe {
    void (*on_probe)(const struct probe_result *results, size_t count, void *user);
    void *user;
    struct probe_result *results;
    size_t left, count;
};

struct asker {
    struct asker_options options;
    struct resolver_pool pool;
    struct token_bucket bucket;
    struct random_pool random;
    struct zone_pace *zones, *own_zones;    /* NULL: no cap for zones */

    struct flight_pool flights[FLIGHT_CLASSES];
    size_t flight_count;            /* of each class */
    struct link replied;
    struct link fresh, again, canaries, finished;
    struct link in_time[WHEEL_SLOTS], parked[PARK_SLOTS];
    uint64_t tick_done, park_done;  /* the last tick (time / 100 ms, / 10 ms) to which each was turned */
    unsigned lane_timeout_ms;

    size_t in_flight, waiting, open;
    size_t waiting_again;           /* of those that wait, canaries among them */
    size_t ceiling;                 /* of what is in flight, by the windows; renewed each turn */
    double pace;                    /* packets a second that all buckets give, learned rates too; 0: no limit; the same */
    bool lacks_tokens;
    bool is_turn_of_fresh;          /* send_waiting() */
    bool is_last;                   /* asker_expect_failures() */
    uint64_t token_wait_ns;
    uint64_t save_until_ns;         /* nothing is sent before: then several tokens will be there */
    uint64_t seen_ns;               /* when the clock was looked at last */
    uint64_t awake_since_ns;        /* the end of the last standstill; 0: there was none */
    struct asker_stats stats;
    struct probe probe;
    struct gather gather;

    uv_timer_t tick, wake;
    uv_prepare_t prepare;
    int handles;                    /* not yet closed */
};

/* What a lookup gets when there is no memory for more: the outcome and nothing else. */
static const struct rrset bare_failures[DNS_OUTCOME_COUNT] = {
    [DNS_SERVFAIL] = { .outcome = DNS_SERVFAIL, .rcode = 2 }, [DNS_REFUSED] = { .outcome = DNS_REFUSED, .rcode = 5 },
    [DNS_TIMEOUT] = { .outcome = DNS_TIMEOUT },               [DNS_BAD_RESPONSE] = { .outcome = DNS_BAD_RESPONSE },
    [DNS_CUT] = { .outcome = DNS_CUT },
};

/* ---- Finishing -------------------------------------------------------------------------------------------------- */

static void leave_place(struct asker *asker, struct lookup *lookup)
{
    if (lookup->place == PLACE_NONE) {
        return;
    }
    bool is_again = lookup->place == PLACE_AGAIN || lookup->place == PLACE_CANARY;
    asker->waiting -= is_again || lookup->place == PLACE_FRESH;
    asker->waiting_again -= is_again;
    link_leave(&lookup->link);
    lookup->place = PLACE_NONE;
}

static void forget_flights(struct lookup *lookup)
{
    struct flight *next;
    for (struct flight *f = lookup->flights; f; f = next) {
        next = f->next;
        f->lookup = NULL;
        f->next = NULL;
    }
    lookup->flights = NULL;
}

static void complete(struct asker *asker, struct lookup *lookup, const struct rrset *rrset)
{
    leave_place(asker, lookup);
    forget_flights(lookup);
    lookup->rrset = rrset;
    unsigned packets = (unsigned)lookup->tries + lookup->refusals;
    lookup->retries = packets > 0 ? (uint8_t)(packets - 1) : 0;
    lookup->place = PLACE_FINISHED;
    link_append(&asker->finished, &lookup->link);
}

void asker_finish(struct asker *asker, struct lookup *lookup)
{
    asker->open++;
    lookup->place = PLACE_FINISHED;
    link_append(&asker->finished, &lookup->link);
}

/* ---- Waiting ---------------------------------------------------------------------------------------------------- */

/* In this pass or in an earlier one. */
static bool has_failed_before(const struct lookup *lookup)
{
    return lookup->tries + lookup->refusals > 0 || lookup->unwanted;
}

static enum place line_of(const struct lookup *lookup)
{
    return lookup->only_resolver > 0 ? PLACE_CANARY : has_failed_before(lookup) ? PLACE_AGAIN : PLACE_FRESH;
}

/* Who was refused goes before the others: what comes of it tells whether that was the name or a limit (learned_rate.h), and
   is wanted soon. Behind all that wait for a rate, it would come when nobody remembers. */
static void wait_in_line(struct asker *asker, struct lookup *lookup)
{
    struct link *const lines[] = {
        [PLACE_FRESH] = &asker->fresh, [PLACE_AGAIN] = &asker->again, [PLACE_CANARY] = &asker->canaries,
    };
    lookup->place = (uint8_t)line_of(lookup);
    if (lookup->place == PLACE_AGAIN && lookup->failed_ns > 0 && lookup->was_refused) {
        link_prepend(&asker->again, &lookup->link);
    } else {
        link_append(lines[lookup->place], &lookup->link);
    }
    asker->waiting++;
    asker->waiting_again += lookup->place != PLACE_FRESH;
}

/* A tick after `done`, at most one turn of the wheel ahead: who must wait longer is looked at again then. */
static size_t slot_of(uint64_t tick, uint64_t done, size_t slots)
{
    if (tick <= done) {
        tick = done + 1;
    }
    if (tick > done + slots - 1) {
        tick = done + slots - 1;
    }
    return (size_t)(tick % slots);
}

static size_t wheel_slot(const struct asker *asker, uint64_t at_ns)
{
    return slot_of(at_ns / tick_ns + 1, asker->tick_done, WHEEL_SLOTS);
}

static void park(struct asker *asker, struct lookup *lookup)
{
    lookup->place = PLACE_PARKED;
    link_append(&asker->parked[slot_of(lookup->ready_ns / park_ns + 1, asker->park_done, PARK_SLOTS)], &lookup->link);
}

/* Into the line, at once or when the zone's turn has come and the pause is over. */
static void enqueue(struct asker *asker, struct lookup *lookup, uint64_t pause_ns, uint64_t now_ns)
{
    uint64_t ready_ns = now_ns + pause_ns;
    if (asker->zones && lookup->zone_key != 0) {
        ready_ns = zone_pace_book(asker->zones, lookup->zone_key, ready_ns);
    }
    if (ready_ns > now_ns) {
        lookup->ready_ns = ready_ns;
        park(asker, lookup);
    } else {
        wait_in_line(asker, lookup);
    }
}

void asker_ask(struct asker *asker, struct lookup *lookup)
{
    lookup->rrset = lookup->worst = NULL;
    lookup->retries = lookup->tries = lookup->refusals = lookup->case_mismatches = 0;
    lookup->was_shared = lookup->over_tcp = lookup->without_edns = lookup->without_case = false;
    lookup->by_tcp = lookup->tcp_alone = lookup->is_follow_up = false;
    lookup->tried = lookup->failed_ns = 0;
    lookup->flights = NULL;
    lookup->place = PLACE_NONE;
    link_init(&lookup->link);
    asker->open += lookup->only_resolver == 0; /* canaries are nobody's business */
    enqueue(asker, lookup, 0, asker->zones ? clock_now_ns() : 0);
}

/* ---- Failing and trying again ----------------------------------------------------------------------------------- */

/* `rrset` lasts as long as the lookup. */
static void note_failure(struct lookup *lookup, const struct rrset *rrset)
{
    lookup->worst = rrset_more_telling(lookup->worst, rrset);
}

/* A packet was refused, or its time is over: whose fault that is will be known when the lookup ends. */
static void note_failed(struct lookup *lookup, const struct flight *flight, bool was_refused)
{
    lookup->failed_ns = flight->sent_ns;
    lookup->failed_resolver = flight->resolver->index;
    lookup->was_refused = was_refused;
}

/* The name has an answer: a resolver that gave none had other reasons, unless this is it, late. */
static void blame(struct asker *asker, const struct lookup *lookup, const struct flight *answer, uint64_t now_ns)
{
    struct resolver *r = asker->pool.resolvers[lookup->failed_resolver];
    bool is_late = answer->resolver == r && answer->sent_ns == lookup->failed_ns;
    if (lookup->failed_ns > 0 && !is_late) {
        resolver_note_blame(r, lookup->was_refused ? BLAME_REFUSED : BLAME_LOST, lookup->failed_ns, now_ns);
    }
}

static unsigned tries_of(const struct asker *asker, const struct lookup *lookup)
{
    return lookup->tries_max > 0 ? lookup->tries_max : asker->options.retries + 1;
}

/* What failed at once would fail at once again: 50 to 150 ms for each try so far. The first time another resolver is asked
   without delay, where there is one. */
static uint64_t pause_before_retry(struct asker *asker, const struct lookup *lookup)
{
    if (asker->pool.count > 1 && lookup->only_resolver == 0 && lookup->tries == 1) {
        return 0;
    }
    return (50 + resolver_pool_random(&asker->pool, 100)) * lookup->tries * ns_per_ms;
}

/* Refused in a burst of refusals, which may have nothing to do with the name: no try. Asked elsewhere at once where there is
   another resolver; then waited out, twice as long each time, and anybody will do. */
static bool wait_out_burst(struct asker *asker, struct lookup *lookup, struct resolver *r, uint64_t now_ns)
{
    enum { REFUSALS_MAX = 8, PAUSE_MS = 100, DOUBLINGS_MAX = 4 };
    if (lookup->refusals >= REFUSALS_MAX || lookup->only_resolver > 0 || !learned_rate_is_in_burst(&r->learned, now_ns)) {
        return false;
    }
    uint64_t pause_ms = PAUSE_MS << (lookup->refusals < DOUBLINGS_MAX ? lookup->refusals : DOUBLINGS_MAX);
    bool is_elsewhere = lookup->refusals == 0 && asker->pool.count > 1;
    if (!is_elsewhere) {
        lookup->tried = 0;
    }
    lookup->refusals++;
    lookup->tries--;
    enqueue(asker, lookup, is_elsewhere ? 0 : (pause_ms / 2 + resolver_pool_random(&asker->pool, pause_ms)) * ns_per_ms, now_ns);
    return true;
}

/* A try has failed with `rrset`, at once or after its whole time: another one, or the end. */
static void fail_try(struct asker *asker, struct lookup *lookup, const struct rrset *rrset, bool at_once, uint64_t now_ns)
{
    note_failure(lookup, rrset);
    if (lookup->tries >= tries_of(asker, lookup)) {
        complete(asker, lookup, lookup->worst);
        return;
    }
    enqueue(asker, lookup, at_once ? pause_before_retry(asker, lookup) : 0, now_ns);
}

/* ---- Flights ---------------------------------------------------------------------------------------------------- */

/* NULL when all are in use. */
static struct flight *take_flight(struct asker *asker, size_t query_size)
{
    enum flight_class class = query_size <= query_room[FLIGHT_SMALL] ? FLIGHT_SMALL : FLIGHT_LARGE;
    struct flight_pool *pool = &asker->flights[class];
    struct flight *flight = pool->free;
    if (flight) {
        pool->free = flight->next;
    } else if (pool->touched < asker->flight_count) {
        flight = (struct flight *)(void *)(pool->memory + pool->stride * pool->touched++);
        flight->class = class;
        flight->query.bytes = flight->bytes;
    } else {
        return NULL;
    }
    flight->next = NULL;
    link_init(&flight->link);
    return flight;
}

/* The one used last is taken next: memory that was never needed is never touched. */
static void give_flight(struct asker *asker, struct flight *flight)
{
    struct flight_pool *pool = &asker->flights[flight->class];
    flight->next = pool->free;
    pool->free = flight;
}

static void detach(struct flight *flight)
{
    if (!flight->lookup) {
        return;
    }
    struct flight **at = &flight->lookup->flights;
    while (*at != flight) {
        at = &(*at)->next;
    }
    *at = flight->next;
    flight->next = NULL;
    flight->lookup = NULL;
}

/* The first try exactly; later ones half as long again each, with 10 % of jitter either way. Never beyond what c-ares
   waits, or its timeout would come first. */
static uint64_t time_for_try(struct asker *asker, const struct lookup *lookup)
{
    double ms = asker->options.timeout_ms;
    for (unsigned i = 1; i < lookup->tries && ms < asker->lane_timeout_ms; i++) {
        ms *= 1.5;
    }
    if (lookup->tries > 1) {
        ms *= 0.9 + (double)resolver_pool_random(&asker->pool, 1000) / 5000;
    }
    double longest = asker->lane_timeout_ms - 2 * TICK_MS;
    return (uint64_t)((ms < longest ? ms : longest) * (double)ns_per_ms);
}

/* A question as it goes on the wire. */
struct wire_query {
    size_t size;
    bool with_case;
    uint8_t bytes[QUERY_SIZE_MAX];
};

static enum query_result encode(struct asker *asker, const struct lookup *lookup, struct wire_query *out)
{
    uint8_t case_bits[QUERY_CASE_SIZE_MAX];
    struct query_form form = { .qtype = lookup->qtype, .with_edns = !lookup->without_edns,
                               .checking_disabled = lookup->checking_disabled };
    if (out->with_case) {
        random_pool_take(&asker->random, case_bits, query_case_size(lookup->qname));
        form.case_bits = case_bits;
    }
    return query_encode(lookup->qname, &form, out->bytes, &out->size);
}

enum sending {
    SENT,
    BLOCKED,        /* not this one now; others perhaps */
    NO_ROOM,        /* nobody now, */
    NO_TOKEN,       /* before there is a token */
    NOBODY_WAITS
};

static struct resolver *choose_resolver(struct asker *asker, struct lookup *lookup, uint64_t now_ns)
{
    struct resolver_pool *pool = &asker->pool;
    pool->is_full = false;
    if (lookup->is_follow_up && resolver_is_out(pool->resolvers[lookup->last_resolver]) && lookup->only_resolver == 0) {
        lookup->is_follow_up = false; /* its truncated answer is worth nothing: from the start, elsewhere */
    }
    if (lookup->only_resolver > 0 || lookup->is_follow_up) {
        size_t index = lookup->is_follow_up ? lookup->last_resolver : lookup->only_resolver - 1;
        struct resolver *r = pool->resolvers[index];
        pool->token_wait_ns = token_bucket_wait_ns(&r->bucket, now_ns);
        return pool->token_wait_ns == 0 ? r : NULL;
    }
    /* When too many wait for a resolver they have not tried, or too long for one that is asked slowly, another try with one
       they have is better than none. */
    bool is_crowded = asker->waiting_again > asker->options.concurrency / 8 + BLOCKED_RETRIES_MAX;
    struct resolver *r = resolver_pool_choose(pool, is_crowded ? 0 : lookup->tried, now_ns);
    double wait_ns = r || pool->is_full ? 0 : (double)pool->token_wait_ns * (double)asker->waiting_again;
    return wait_ns > UNTRIED_WAIT_MAX_MS * 1e6 ? resolver_pool_choose(pool, 0, now_ns) : r;
}

/* When all have been tried a new round begins, and the last one is not the first of it. */
static void note_tried(const struct asker *asker, struct lookup *lookup, const struct resolver *r)
{
    size_t count = asker->pool.count;
    uint64_t all = count < 64 ? ((uint64_t)1 << count) - 1 : UINT64_MAX, bit = (uint64_t)1 << (r->index % 64);
    lookup->tried |= bit;
    if (lookup->tried == all) {
        lookup->tried = bit;
    }
}

static void count_try(struct asker *asker, struct lookup *lookup, const struct resolver *r)
{
    asker->stats.queries++;
    asker->stats.tcp += lookup->by_tcp;
    lookup->last_resolver = r->index;
    if (!lookup->is_follow_up) {
        lookup->tries++;
        asker->stats.retries += lookup->tries + lookup->refusals > 1;
        note_tried(asker, lookup, r);
    }
    lookup->is_follow_up = false;
}

static void launch(struct asker *asker, struct lookup *lookup, struct flight *flight, struct lane *lane, uint64_t now_ns)
{
    struct resolver *r = flight->resolver;
    leave_place(asker, lookup);
    token_bucket_take(&asker->bucket);
    flight->window_token = resolver_note_sent(&asker->pool, r, !has_failed_before(lookup) && !asker->is_last, now_ns);
    count_try(asker, lookup, r);
    flight->lookup = lookup;
    flight->next = lookup->flights;
    lookup->flights = flight;
    flight->is_live = true;
    flight->sent_ns = now_ns;
    flight->deadline_ns = now_ns + time_for_try(asker, lookup);
    link_append(&asker->in_time[wheel_slot(asker, flight->deadline_ns)], &flight->link);
    asker->in_flight++;
    lane_ask(lane, &flight->query);
}

static enum sending send_one(struct asker *asker, struct lookup *lookup, uint64_t now_ns)
{
    if (asker->in_flight >= asker->options.concurrency) {
        return NO_ROOM;
    }
    uint64_t wait = token_bucket_wait_ns(&asker->bucket, now_ns);
    if (wait > 0) {
        asker->token_wait_ns = wait;
        return NO_TOKEN;
    }
    struct resolver *r = choose_resolver(asker, lookup, now_ns);
    if (!r) {
        if (asker->pool.token_wait_ns > 0) {
            asker->lacks_tokens = true;
            asker->token_wait_ns = asker->pool.token_wait_ns;
        }
        return asker->pool.is_full ? NO_ROOM : BLOCKED;
    }
    struct lane *lane = lookup->by_tcp ? resolver_pool_tcp_lane(&asker->pool, r, lookup->tcp_alone)
                                       : resolver_pool_lane(&asker->pool, r);
    if (!lane) {
        return BLOCKED;
    }
    struct wire_query wire = { .with_case = !lookup->by_tcp && !lookup->without_case && !r->folds_case };
    if (encode(asker, lookup, &wire) != QUERY_OK) {
        complete(asker, lookup, &bare_failures[DNS_CUT]);
        return SENT;
    }
    struct flight *flight = take_flight(asker, wire.size);
    if (!flight) {
        return BLOCKED;
    }
    memcpy(flight->bytes, wire.bytes, wire.size);
    flight->query.size = (uint16_t)wire.size;
    flight->query.question_end = (uint16_t)(wire.size - (lookup->without_edns ? 0 : QUERY_EDNS_SIZE));
    flight->with_case = wire.with_case;
    flight->resolver = r;
    flight->over_tcp = lookup->by_tcp;
    launch(asker, lookup, flight, lane, now_ns);
    return SENT;
}

/* They need nobody's window, and what they find out may be what all others wait for. */
static enum sending send_waiting_canaries(struct asker *asker, uint64_t now_ns)
{
    for (struct link *at = asker->canaries.next, *next; at != &asker->canaries; at = next) {
        next = at->next;
        enum sending sending = send_one(asker, LINK_OWNER(at, struct lookup, link), now_ns);
        if (sending == NO_ROOM || sending == NO_TOKEN) {
            return sending;
        }
    }
    return NOBODY_WAITS;
}

/* The first retry that a resolver will take, past those that wait for one they have not tried: the next turn begins with others. */
static enum sending send_retry(struct asker *asker, int *blocked, uint64_t now_ns)
{
    while (!link_is_alone(&asker->again) && *blocked < BLOCKED_RETRIES_MAX) {
        struct link *first = asker->again.next;
        enum sending sending = send_one(asker, LINK_OWNER(first, struct lookup, link), now_ns);
        if (sending != BLOCKED) {
            return sending;
        }
        (*blocked)++;
        link_leave(first);
        link_append(&asker->again, first);
    }
    return NOBODY_WAITS;
}

static enum sending send_fresh(struct asker *asker, uint64_t now_ns)
{
    return link_is_alone(&asker->fresh) ? NOBODY_WAITS
                                        : send_one(asker, LINK_OWNER(asker->fresh.next, struct lookup, link), now_ns);
}

/* Retries and fresh ones by turns, also from one call to the next: there may be room for one packet at a time. With retries
   first, a row of dead names would fill the windows until the last of them is given up; and a resolver of which nothing else
   is asked looks as if it were dead itself. For fresh ones any resolver will do: where one of them is blocked, all are. */
static void send_waiting(struct asker *asker, uint64_t now_ns)
{
    if (asker->waiting == 0 || now_ns < asker->save_until_ns) {
        return;
    }
    asker->lacks_tokens = false;
    int blocked = 0;
    enum sending sending = send_waiting_canaries(asker, now_ns);
    for (int idle = 0; idle < 2 && sending != NO_ROOM && sending != NO_TOKEN;) {
        sending = asker->is_turn_of_fresh ? send_fresh(asker, now_ns) : send_retry(asker, &blocked, now_ns);
        idle = sending == SENT ? 0 : idle + 1;
        if (sending != NO_ROOM && sending != NO_TOKEN) {
            asker->is_turn_of_fresh = !asker->is_turn_of_fresh;
        }
    }
    asker->lacks_tokens = asker->lacks_tokens || sending == NO_TOKEN;
}

/* ---- Replies ---------------------------------------------------------------------------------------------------- */

/* What was read goes to the lookup's arena, where it is since `mark`; a failure does without when there is no room. */
static void keep_rrset(struct flight *flight, const struct rrset *read, struct arena_mark mark)
{
    if (flight->result != ANSWER_READ) {
        return;
    }
    struct lookup *lookup = flight->lookup;
    bool is_absence = lookup->absence && rrset_is_absent(read) && !read->has_alias;
    if (is_absence && *lookup->absence && rrset_is_same_absence(read, *lookup->absence)) {
        arena_take_back(lookup->arena, mark);
        flight->rrset = *lookup->absence;
        return;
    }
    struct rrset *kept = ARENA_TAKE(lookup->arena, struct rrset);
    if (kept) {
        *kept = *read;
        flight->rrset = kept;
        if (is_absence) {
            *lookup->absence = kept;
        }
    } else if (rrset_is_failure(read)) {
        flight->rrset = &bare_failures[read->outcome];
    } else {
        flight->result = ANSWER_NO_MEMORY;
    }
}

/* From c-ares: reads the reply while its bytes last, and notes. The rest is for the turn. */
static void on_reply(struct lane_query *query, enum lane_status status, span message, void *user)
{
    struct asker *asker = user;
    struct flight *flight = LINK_OWNER(query, struct flight, query);
    flight->status = (uint8_t)status;
    flight->is_unreadable = false;
    link_leave(&flight->link);
    link_append(&asker->replied, &flight->link);
    if (status != LANE_REPLY) {
        return;
    }
    flight->rcode = answer_rcode(message);
    flight->result = ANSWER_READ;
    flight->rrset = &bare_failures[DNS_BAD_RESPONSE];
    if (flight->lookup && flight->lookup->arena) {
        struct rrset read;
        struct arena_mark mark = arena_mark(flight->lookup->arena);
        struct answer_form form = {
            .query = span_of((const char *)query->bytes, query->size),
            .question_end = query->question_end,
            .ignore_id = lane_ids_are_foreign(),
            .ignore_case = !flight->with_case,
            .over_tcp = flight->over_tcp,
        };
        flight->result = (uint8_t)answer_read(message, &form, flight->lookup->arena, &read);
        flight->is_unreadable = flight->result == ANSWER_READ && read.outcome == DNS_BAD_RESPONSE;
        keep_rrset(flight, &read, mark);
    }
}

static enum resolver_news news_of(const struct flight *flight)
{
    static const enum resolver_news by_rcode[16] = {
        [0] = RESOLVER_HELPED,  [1] = RESOLVER_USELESS,  [2] = RESOLVER_SERVFAIL, [3] = RESOLVER_HELPED,
        [4] = RESOLVER_USELESS, [5] = RESOLVER_REFUSED,  [6] = RESOLVER_USELESS,  [7] = RESOLVER_USELESS,
        [8] = RESOLVER_USELESS, [9] = RESOLVER_USELESS,  [10] = RESOLVER_USELESS, [11] = RESOLVER_USELESS,
        [12] = RESOLVER_USELESS, [13] = RESOLVER_USELESS, [14] = RESOLVER_USELESS, [15] = RESOLVER_USELESS,
    };
    if (flight->status != LANE_REPLY) {
        return RESOLVER_SILENT;
    }
    return flight->is_unreadable ? RESOLVER_USELESS : by_rcode[flight->rcode & 15];
}

static void count_reply(struct asker *asker, const struct flight *flight, uint64_t now_ns)
{
    static const uint64_t ns_per_us = 1000;
    struct asker_stats *stats = &asker->stats;
    stats->answers++;
    stats->rcodes[flight->rcode & 15]++;
    stats->servfail += flight->rcode == 2;
    stats->refused += flight->rcode == 5;
    stats->case_mismatches += flight->result == ANSWER_OTHER_CASE;
    if (flight->sent_ns >= asker->awake_since_ns) {
        histogram_add(&flight->resolver->rtt_us, (now_ns - flight->sent_ns) / ns_per_us);
    }
}

/* Counts what came of a flight, for itself and for its resolver. A flight out of time was counted as a timeout already. */
static void account(struct asker *asker, struct flight *flight, uint64_t now_ns)
{
    enum resolver_news news = news_of(flight);
    if (flight->status == LANE_REPLY) {
        count_reply(asker, flight, now_ns);
    } else if (!flight->is_live) {
        return;
    } else {
        asker->stats.timeouts++;
    }
    resolver_note_news(flight->resolver, news, flight->window_token, !flight->is_live, flight->sent_ns, now_ns);
    asker->in_flight -= flight->is_live;
}

static void note_case(struct lookup *lookup, struct resolver *r, bool is_other)
{
    if (!is_other) {
        r->case_mismatches = 0;
        return;
    }
    r->case_mismatches++;
    r->folds_case = r->case_mismatches >= FOLDING_PROVEN;
    lookup->case_mismatches++;
    /* Twice, from two resolvers where there are two: something on the way folds it. */
    lookup->without_case = lookup->case_mismatches >= 2;
}

/* What a liar had still on its way when it was caught counts for nothing. */
static bool is_of_a_liar(const struct lookup *lookup, const struct flight *flight)
{
    return flight->resolver->fault == FAULT_LYING && lookup->only_resolver == 0;
}

/* What a reply means for the lookup that waits for it. */
static void decide(struct asker *asker, struct lookup *lookup, struct flight *flight, bool was_live, uint64_t now_ns)
{
    const struct rrset *rrset = flight->rrset;
    if (is_of_a_liar(lookup, flight)) {
        if (was_live) {
            fail_try(asker, lookup, &bare_failures[DNS_BAD_RESPONSE], true, now_ns);
        }
        return;
    }
    if (flight->with_case && (flight->result == ANSWER_READ || flight->result == ANSWER_OTHER_CASE)) {
        note_case(lookup, flight->resolver, flight->result == ANSWER_OTHER_CASE);
    }
    switch ((enum answer_result)flight->result) {
    case ANSWER_TRUNCATED:
        lookup->by_tcp = true;
        if (was_live) {
            lookup->is_follow_up = true;
            enqueue(asker, lookup, 0, now_ns); /* a packet more for the zone, too */
        }
        return;
    case ANSWER_NO_MEMORY:
        complete(asker, lookup, &bare_failures[DNS_CUT]);
        return;
    case ANSWER_OTHER_CASE:
    case ANSWER_NOT_OURS:
        rrset = &bare_failures[DNS_BAD_RESPONSE];
        break;
    case ANSWER_READ:
        break;
    }
    if (!rrset_is_failure(rrset)) {
        lookup->over_tcp = flight->over_tcp;
        blame(asker, lookup, flight, now_ns);
        complete(asker, lookup, rrset);
        return;
    }
    asker->stats.malformed += rrset->outcome == DNS_BAD_RESPONSE;
    lookup->without_edns = lookup->without_edns || rrset->rcode == RCODE_FORMERR || rrset->rcode == RCODE_NOTIMP;
    if (rrset->outcome == DNS_REFUSED) {
        note_failed(lookup, flight, true);
        if (was_live && wait_out_burst(asker, lookup, flight->resolver, now_ns)) {
            note_failure(lookup, rrset);
            return;
        }
    }
    if (was_live) {
        fail_try(asker, lookup, rrset, true, now_ns);
    } else {
        note_failure(lookup, rrset);    /* its successor is on its way already */
    }
}

/* c-ares has forgotten a packet because we stood still, not because its time was over. */
static bool was_slept_through(const struct asker *asker, const struct flight *flight, uint64_t now_ns)
{
    return flight->status != LANE_REPLY && flight->is_live && flight->sent_ns < asker->awake_since_ns &&
           flight->deadline_ns > now_ns;
}

/* It never was a try. */
static void take_back(struct asker *asker, struct flight *flight)
{
    struct lookup *lookup = flight->lookup;
    flight->resolver->in_flight--;
    window_take_back(&flight->resolver->window, flight->window_token);
    asker->in_flight--;
    detach(flight);
    flight->is_live = false;
    if (lookup) {
        lookup->tries = lookup->tries > 0 ? (uint8_t)(lookup->tries - 1) : 0;
        wait_in_line(asker, lookup);
    }
    give_flight(asker, flight);
}

static void settle(struct asker *asker, struct flight *flight, uint64_t now_ns)
{
    struct lookup *lookup = flight->lookup;
    bool was_live = flight->is_live;
    if (was_slept_through(asker, flight, now_ns)) {
        take_back(asker, flight);
        return;
    }
    account(asker, flight, now_ns);
    detach(flight);
    flight->is_live = false;
    if (lookup) {
        if (flight->status == LANE_REPLY) {
            decide(asker, lookup, flight, was_live, now_ns);
        } else if (was_live) {
            lookup->tcp_alone = flight->over_tcp;
            fail_try(asker, lookup, &bare_failures[DNS_TIMEOUT], flight->status == LANE_FAILED, now_ns);
        }
    }
    give_flight(asker, flight);
}

static void settle_replies(struct asker *asker, uint64_t now_ns)
{
    struct link *first;
    while ((first = link_take_first(&asker->replied)) != NULL) {
        settle(asker, LINK_OWNER(first, struct flight, link), now_ns);
    }
}

/* ---- Time ------------------------------------------------------------------------------------------------------- */

static void give_more_time(struct link *flights, uint64_t more_ns)
{
    for (struct link *at = flights->next; at != flights; at = at->next) {
        LINK_OWNER(at, struct flight, link)->deadline_ns += more_ns;
    }
}

/* While the process was stopped (SIGSTOP, a frozen container) nobody could answer it: that time does not count. */
static void look_at_clock(struct asker *asker, uint64_t now_ns)
{
    uint64_t gap_ns = now_ns - asker->seen_ns;
    asker->seen_ns = now_ns;
    if (gap_ns < STANDSTILL_MS * ns_per_ms) {
        return;
    }
    asker->awake_since_ns = now_ns;
    give_more_time(&asker->replied, gap_ns);
    for (size_t i = 0; i < WHEEL_SLOTS; i++) {
        give_more_time(&asker->in_time[i], gap_ns); /* from its slot it goes on to a later one */
    }
}

/* Its time is over. c-ares still knows it, and a late reply still counts while the lookup is open. */
static void expire(struct asker *asker, struct flight *flight, uint64_t now_ns)
{
    flight->is_live = false;
    asker->in_flight--;
    asker->stats.timeouts++;
    resolver_note_news(flight->resolver, RESOLVER_SILENT, flight->window_token, false, flight->sent_ns, now_ns);
    if (flight->over_tcp) {
        resolver_note_stall(flight->resolver, flight->query.lane);
    }
    if (flight->lookup) {
        flight->lookup->tcp_alone = flight->over_tcp;
        note_failed(flight->lookup, flight, false);
        fail_try(asker, flight->lookup, &bare_failures[DNS_TIMEOUT], false, now_ns);
    }
}

static void turn_in_time(struct asker *asker, struct link *due, uint64_t now_ns)
{
    struct link *first;
    while ((first = link_take_first(due)) != NULL) {
        struct flight *flight = LINK_OWNER(first, struct flight, link);
        if (flight->deadline_ns > now_ns) {
            link_append(&asker->in_time[wheel_slot(asker, flight->deadline_ns)], &flight->link);
        } else {
            expire(asker, flight, now_ns);
        }
    }
}

static void turn_wheel(struct asker *asker, uint64_t now_ns)
{
    uint64_t now_tick = now_ns / tick_ns;
    /* After a long sleep of the process one round of the wheel is enough. */
    if (now_tick > asker->tick_done + WHEEL_SLOTS) {
        asker->tick_done = now_tick - WHEEL_SLOTS;
    }
    while (asker->tick_done < now_tick) {
        struct link flights;
        link_init(&flights);
        link_append_all(&flights, &asker->in_time[++asker->tick_done % WHEEL_SLOTS]);
        turn_in_time(asker, &flights, now_ns);
    }
}

static void unpark(struct asker *asker, struct link *due, uint64_t now_ns)
{
    struct link *first;
    while ((first = link_take_first(due)) != NULL) {
        struct lookup *lookup = LINK_OWNER(first, struct lookup, link);
        lookup->place = PLACE_NONE;
        if (lookup->ready_ns > now_ns) {
            park(asker, lookup);
        } else {
            wait_in_line(asker, lookup);
        }
    }
}

static void turn_parked(struct asker *asker, uint64_t now_ns)
{
    uint64_t now_tick = now_ns / park_ns;
    if (now_tick > asker->park_done + PARK_SLOTS) {
        asker->park_done = now_tick - PARK_SLOTS;
    }
    while (asker->park_done < now_tick) {
        struct link lookups;
        link_init(&lookups);
        link_append_all(&lookups, &asker->parked[++asker->park_done % PARK_SLOTS]);
        unpark(asker, &lookups, now_ns);
    }
}

/* Until somebody parked is due, looked for up to the next tick; 0: nobody is, so soon. */
static uint64_t parked_wait_ns(const struct asker *asker, uint64_t now_ns)
{
    for (uint64_t tick = asker->park_done + 1; tick <= asker->park_done + TICK_MS / PARK_MS; tick++) {
        if (!link_is_alone(&asker->parked[tick % PARK_SLOTS])) {
            return tick * park_ns > now_ns ? tick * park_ns - now_ns : 1;
        }
    }
    return 0;
}

/* Canaries go on: they are about resolvers, not about somebody's time. */
static void give_up(struct asker *asker, struct lookup *lookup)
{
    if (lookup->only_resolver == 0) {
        complete(asker, lookup, lookup->worst ? lookup->worst : &bare_failures[DNS_TIMEOUT]);
    }
}

static void give_up_all(struct asker *asker, struct link *list)
{
    for (struct link *at = list->next, *next; at != list; at = next) {
        next = at->next;
        give_up(asker, LINK_OWNER(at, struct lookup, link));
    }
}

void asker_expire_open(struct asker *asker)
{
    settle_replies(asker, clock_now_ns()); /* what has come counts */
    give_up_all(asker, &asker->fresh);
    give_up_all(asker, &asker->again);
    for (size_t i = 0; i < PARK_SLOTS; i++) {
        give_up_all(asker, &asker->parked[i]);
    }
    for (size_t i = 0; i < WHEEL_SLOTS; i++) {
        for (struct link *at = asker->in_time[i].next; at != &asker->in_time[i]; at = at->next) {
            struct flight *flight = LINK_OWNER(at, struct flight, link);
            if (flight->lookup) {
                give_up(asker, flight->lookup);
            }
        }
    }
}

/* ---- Canaries and the probe ------------------------------------------------------------------------------------- */

static void end_probe(struct asker *asker)
{
    struct probe probe = asker->probe;
    asker->probe = (struct probe){ .on_probe = NULL };
    probe.on_probe(probe.results, probe.count, probe.user);
    free(probe.results);
}

static void note_probe(struct canary *canary, enum dns_outcome outcome, bool is_reply, bool has_lied)
{
    struct asker *asker = canary->asker;
    struct resolver *r = canary->resolver;
    if (!canary->is_probe || !asker->probe.on_probe) {
        return;
    }
    canary->is_probe = false;
    asker->probe.results[r->index] = (struct probe_result){
        .address = r->spec.text,
        .is_alive = is_reply && !has_lied,
        .has_lied = has_lied,
        .port_is_closed = !is_reply && r->port_is_closed,
        .outcome = outcome,
        .rtt_ms = is_reply ? (double)canary->rtt_ns / (double)ns_per_ms : 0,
    };
    if (--asker->probe.left == 0) {
        end_probe(asker);
    }
}

static void on_canary(struct lookup *lookup, void *user)
{
    struct canary *canary = user;
    struct asker *asker = canary->asker;
    uint64_t now_ns = clock_now_ns();
    if (lookup == &canary->root) {
        canary->rtt_ns = now_ns - canary->asked_ns;
    }
    if (--canary->open > 0) {
        return;
    }
    enum dns_outcome outcome = canary->root.rrset->outcome;
    bool is_reply = outcome != DNS_TIMEOUT;
    /* Data alone is a lie: a server that refuses, or knows the name without an address, misleads nobody. */
    bool has_lied = canary->lie.rrset->outcome == DNS_ANSWERED;
    struct canary_news news = {
        .is_reply = is_reply,
        .has_helped = !rrset_is_failure(canary->root.rrset) || outcome == DNS_CUT,
        .has_lied = has_lied,
        .has_evaded = canary->lie.rrset->outcome == DNS_TIMEOUT,
        .is_last = asker->is_last || link_is_alone(&asker->fresh),
    };
    resolver_note_canary(canary->resolver, news, now_ns);
    note_probe(canary, outcome, is_reply, has_lied);
}

static void ask_one(struct canary *canary, struct lookup *lookup, span qname, uint16_t qtype)
{
    *lookup = (struct lookup){
        .qname = qname, .qtype = qtype, .arena = &canary->arena, .on_done = on_canary, .owner = canary,
        .only_resolver = (uint32_t)canary->resolver->index + 1, .tries_max = CANARY_TRIES,
    };
    asker_ask(canary->asker, lookup);
}

/* Nobody can have prepared an answer for it: sixteen letters from the system's randomness. */
static span name_that_cannot_exist(struct canary *canary)
{
    enum { LETTERS = 16 };
    uint8_t random[LETTERS];
    random_pool_take(&canary->asker->random, random, sizeof(random));
    for (size_t i = 0; i < LETTERS; i++) {
        canary->lie_name[i] = (char)('a' + random[i] % 26);
    }
    memcpy(canary->lie_name + LETTERS, ".invalid", sizeof(".invalid"));
    return span_from_cstr(canary->lie_name);
}

static bool ask_canary(struct asker *asker, struct resolver *r, bool is_probe, uint64_t now_ns)
{
    if (!r->canary) {
        r->canary = calloc(1, sizeof(*r->canary));
    }
    struct canary *canary = r->canary;
    if (!canary) {
        return false;
    }
    canary->is_probe = canary->is_probe || is_probe;
    if (canary->open > 0) {
        return true;
    }
    canary->asker = asker;
    canary->resolver = r;
    canary->open = 2;
    canary->asked_ns = r->checked_ns = now_ns;
    arena_init(&canary->arena, canary->memory, sizeof(canary->memory), 0);
    ask_one(canary, &canary->root, SPAN("."), DNS_NS);
    ask_one(canary, &canary->lie, name_that_cannot_exist(canary), DNS_A);
    return true;
}

static void send_canaries(struct asker *asker, uint64_t now_ns)
{
    for (size_t i = 0; i < asker->pool.count; i++) {
        if (resolver_wants_canary(asker->pool.resolvers[i], now_ns)) {
            ask_canary(asker, asker->pool.resolvers[i], false, now_ns);
        }
    }
}

int asker_probe(struct asker *asker, void (*on_probe)(const struct probe_result *results, size_t count, void *user),
                void *user)
{
    size_t count = asker->pool.count;
    uint64_t now_ns = clock_now_ns();
    if (asker->probe.on_probe) {
        return -EALREADY;
    }
    struct probe_result *results = calloc(count, sizeof(*results));
    if (!results) {
        return -ENOMEM;
    }
    asker->probe = (struct probe){ .on_probe = on_probe, .user = user, .results = results, .count = count, .left = count };
    for (size_t i = 0; i < count; i++) {
        struct resolver *r = asker->pool.resolvers[i];
        results[i] = (struct probe_result){ .address = r->spec.text, .outcome = DNS_TIMEOUT };
        if (r->is_retired || !ask_canary(asker, r, true, now_ns)) {
            asker->probe.left--;
        } else {
            r->is_on_probation = true;
        }
    }
    if (asker->probe.left == 0) {
        asker->probe = (struct probe){ .on_probe = NULL };
        free(results);
        return -ENOMEM;
    }
    return 0;
}

/* ---- The loop's turns ------------------------------------------------------------------------------------------- */

static void on_tick(uv_timer_t *timer)
{
    struct asker *asker = timer->data;
    uint64_t now_ns = clock_now_ns();
    look_at_clock(asker, now_ns);
    resolver_pool_tick(&asker->pool, now_ns);
    turn_wheel(asker, now_ns);
    send_canaries(asker, now_ns);
}

static void on_wake(uv_timer_t *timer)
{
    (void)timer; /* the loop turns; that is all that was wanted */
}

/* The next poll comes: with replies in plenty, a moment later finds more of them. Not while there is other work. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct asker *asker = prepare->data;
    if (uv_backend_timeout(prepare->loop) == 0) {
        return;
    }
    uint64_t pause_ns = gather_pause_ns(&asker->gather, asker->stats.answers, asker->in_flight, clock_now_ns());
    if (pause_ns > 0) {
        nanosleep(&(struct timespec){ .tv_nsec = (long)pause_ns }, NULL); /* a signal may end it: then it is shorter */
    }
}

static void hand_back(struct asker *asker)
{
    struct link *first;
    while ((first = link_take_first(&asker->finished)) != NULL) {
        struct lookup *lookup = LINK_OWNER(first, struct lookup, link);
        lookup->place = PLACE_NONE;
        asker->open -= lookup->only_resolver == 0;
        if (lookup->on_done) {
            lookup->on_done(lookup, lookup->owner);
        } else {
            asker->options.on_done(lookup, asker->options.user);
        }
    }
}

static void renew_ceiling(struct asker *asker)
{
    size_t windows = resolver_pool_window(&asker->pool);
    asker->ceiling = windows < asker->options.concurrency ? windows : asker->options.concurrency;
    double rate = asker->options.rate, rates = resolver_pool_rate(&asker->pool);
    asker->pace = rate > 0 && (rates <= 0 || rate < rates) ? rate : rates;
}

void asker_turn(struct asker *asker)
{
    uint64_t now_ns = clock_now_ns();
    look_at_clock(asker, now_ns);
    settle_replies(asker, now_ns);
    turn_parked(asker, now_ns);
    hand_back(asker);
    renew_ceiling(asker);
    send_waiting(asker, now_ns);
}

/*
 * Where every packet waits for a token, several are waited for together: a scan at 1,000 a second would else wake up for each
 * of them, and answers in between would make it send one each.
 */
static uint64_t save_up_ns(const struct asker *asker)
{
    double ns = asker->pace > 0 ? TOKENS_AT_ONCE / asker->pace * 1e9 : 0;
    return ns < TOKEN_WAIT_MAX_MS * 1e6 ? (uint64_t)ns : TOKEN_WAIT_MAX_MS * ns_per_ms;
}

static void set_alarm(struct asker *asker, uint64_t now_ns)
{
    if (!link_is_alone(&asker->finished) || !link_is_alone(&asker->replied)) {
        uv_timer_start(&asker->wake, on_wake, 0, 0);
        return;
    }
    uint64_t wait_ns = parked_wait_ns(asker, now_ns);
    if (asker->waiting > 0 && asker->lacks_tokens) {
        if (now_ns >= asker->save_until_ns) {
            asker->save_until_ns = now_ns + save_up_ns(asker);
        }
        uint64_t saved_ns = asker->save_until_ns - now_ns;
        uint64_t tokens_ns = asker->token_wait_ns > saved_ns ? asker->token_wait_ns : saved_ns;
        wait_ns = wait_ns == 0 || tokens_ns < wait_ns ? tokens_ns : wait_ns;
    }
    if (wait_ns > 0) {
        uv_timer_start(&asker->wake, on_wake, wait_ns / ns_per_ms + 1, 0);
    }
}

void asker_flush(struct asker *asker)
{
    uint64_t now_ns = clock_now_ns();
    send_waiting(asker, now_ns);
    resolver_pool_flush(&asker->pool);
    set_alarm(asker, now_ns);
}

/* A few wait behind a full window, so that it can grow; with a large one there are enough of them soon. */
enum { SLACK = 64, SLACK_MAX = 1024, RATED_MIN = 16 };

static size_t slack(size_t part)
{
    return (part < SLACK_MAX ? part : SLACK_MAX) + SLACK;
}

/* Retries are not in it: they get every second place, whatever waits beside them. Where all has failed before there is no
   such place: each counts. */
static size_t waiting_fresh(const struct asker *asker)
{
    return asker->is_last ? asker->waiting : asker->waiting - asker->waiting_again;
}

bool asker_is_behind(const struct asker *asker)
{
    return waiting_fresh(asker) >= 2 * slack(asker->ceiling / 8);
}

bool asker_has_room(const struct asker *asker)
{
    if (asker->pace > 0) {
        size_t half_a_second = (size_t)(asker->pace / 2);
        if (waiting_fresh(asker) >= (half_a_second > RATED_MIN ? half_a_second : RATED_MIN)) {
            return false;
        }
    }
    return asker->in_flight + waiting_fresh(asker) < asker->ceiling + slack(asker->ceiling / 8);
}

void asker_expect_failures(struct asker *asker)
{
    asker->is_last = true;
}

size_t asker_open_count(const struct asker *asker)
{
    return asker->open;
}

/* ---- Life ------------------------------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct asker *asker = handle->data;
    if (--asker->handles == 0) {
        free(asker);
    }
}

static void free_memory(struct asker *asker)
{
    for (size_t i = 0; i < asker->pool.count; i++) {
        free(asker->pool.resolvers[i]->canary);
    }
    resolver_pool_deinit(&asker->pool);
    for (size_t i = 0; i < FLIGHT_CLASSES; i++) {
        free(asker->flights[i].memory);
    }
    zone_pace_free(asker->own_zones);
    free(asker->probe.results);
}

void asker_free(struct asker *asker)
{
    if (!asker) {
        return;
    }
    free_memory(asker);
    uv_close((uv_handle_t *)&asker->tick, on_closed);
    uv_close((uv_handle_t *)&asker->wake, on_closed);
    uv_close((uv_handle_t *)&asker->prepare, on_closed);
}

static void set_options(struct asker *asker, const struct asker_options *options)
{
    struct asker_options *o = &asker->options;
    *o = *options;
    o->sharers = o->sharers > 0 ? o->sharers : 1;
    size_t concurrency = o->concurrency > 0 ? o->concurrency : CONCURRENCY_DEFAULT;
    o->concurrency = resolver_pool_part(concurrency, o->sharers, o->sharer);
    o->rate /= o->sharers;
    o->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_DEFAULT_MS;
    o->retries = o->retries < TRIES_MAX ? o->retries : TRIES_MAX - 1;
    o->resolvers = NULL; /* borrowed for asker_new() only */
    /* Long enough for a reply to the first try to count during the second. */
    asker->lane_timeout_ms = o->timeout_ms / 2 * 5 + 3 * TICK_MS;
}

static int take_memory(struct asker *asker)
{
    /* Half of them for those out of time, whom c-ares still knows. */
    asker->flight_count = asker->options.concurrency * 2 + 64;
    for (size_t i = 0; i < FLIGHT_CLASSES; i++) {
        struct flight_pool *pool = &asker->flights[i];
        pool->stride = (sizeof(struct flight) + query_room[i] + _Alignof(struct flight) - 1) & ~(_Alignof(struct flight) - 1);
        pool->memory = calloc(asker->flight_count, pool->stride);
        if (!pool->memory) {
            return -ENOMEM;
        }
    }
    asker->zones = asker->options.zone_pace;
    if (!asker->zones && asker->options.zone_rate > 0) {
        uint64_t salt;
        random_pool_take(&asker->random, &salt, sizeof(salt));
        asker->zones = asker->own_zones = zone_pace_new(asker->options.zone_rate, salt);
        return asker->zones ? 0 : -ENOMEM;
    }
    return 0;
}

static void init_lists(struct asker *asker)
{
    link_init(&asker->replied);
    link_init(&asker->fresh);
    link_init(&asker->again);
    link_init(&asker->canaries);
    link_init(&asker->finished);
    for (size_t i = 0; i < WHEEL_SLOTS; i++) {
        link_init(&asker->in_time[i]);
    }
    for (size_t i = 0; i < PARK_SLOTS; i++) {
        link_init(&asker->parked[i]);
    }
}

static int start_timers(struct asker *asker)
{
    uv_timer_init(asker->options.loop, &asker->tick);
    uv_timer_init(asker->options.loop, &asker->wake);
    uv_prepare_init(asker->options.loop, &asker->prepare);
    asker->tick.data = asker->wake.data = asker->prepare.data = asker;
    asker->handles = 3;
    uv_prepare_start(&asker->prepare, on_prepare);
    return uv_timer_start(&asker->tick, on_tick, TICK_MS, TICK_MS);
}

static int open_pool(struct asker *asker, const struct asker_options *options, uint64_t now_ns)
{
    struct resolver_pool_options pool_options = {
        .loop = options->loop,
        .concurrency = asker->options.concurrency,
        .resolver_rate = options->resolver_rate,
        .sharers = asker->options.sharers,
        .sharer = asker->options.sharer,
        .lane_timeout_ms = asker->lane_timeout_ms,
        .seed = options->seed,
        .on_reply = on_reply,
        .user = asker,
    };
    int err = resolver_pool_init(&asker->pool, &pool_options);
    return err < 0 ? err : resolver_pool_set(&asker->pool, options->resolvers, options->resolver_count, now_ns);
}

int asker_new(const struct asker_options *options, struct asker **out)
{
    uint64_t now_ns = clock_now_ns();
    struct asker *asker = calloc(1, sizeof(*asker));
    if (!asker) {
        return -ENOMEM;
    }
    set_options(asker, options);
    init_lists(asker);
    asker->tick_done = now_ns / tick_ns;
    asker->park_done = now_ns / park_ns;
    asker->seen_ns = now_ns;
    token_bucket_init(&asker->bucket, asker->options.rate, now_ns);
    int err = open_pool(asker, options, now_ns);
    if (err < 0) {
        goto free_asker;
    }
    err = take_memory(asker);
    if (err < 0) {
        goto free_asker;
    }
    err = start_timers(asker);
    if (err < 0) {
        asker_free(asker);
        return err;
    }
    renew_ceiling(asker);
    *out = asker;
    return 0;

free_asker:
    free_memory(asker);
    free(asker);
    return err;
}

int asker_set_resolvers(struct asker *asker, const struct resolver_spec *resolvers, size_t count)
{
    if (asker->probe.on_probe) {
        return -EBUSY; /* its results are laid out for the present list */
    }
    int err = resolver_pool_set(&asker->pool, resolvers, count, clock_now_ns());
    renew_ceiling(asker);
    return err;
}

/* ---- Statistics ------------------------------------------------------------------------------------------------- */

void asker_stats_get(const struct asker *asker, struct asker_stats *out)
{
    *out = asker->stats;
    out->send_errors = asker->pool.dropped;
    out->unexpected = asker->pool.unexpected;
    out->in_flight = asker->in_flight;
    out->waiting = asker->waiting;
    out->resolver_count = asker->pool.count;
}

static double percentile_ms(const struct resolver *r, double percent)
{
    return (double)histogram_percentile(&r->rtt_us, percent) / 1000;
}

const struct histogram *asker_resolver_rtt_us(const struct asker *asker, size_t index)
{
    return &asker->pool.resolvers[index]->rtt_us;
}

static enum resolver_state state_of(const struct resolver *r)
{
    static const enum resolver_state by_fault[] = {
        [FAULT_DEAD] = RESOLVER_DEAD, [FAULT_USELESS] = RESOLVER_UNHELPFUL, [FAULT_LYING] = RESOLVER_LYING,
    };
    enum { SLOW_MS = 1000 };
    if (!r->is_healthy) {
        return by_fault[r->fault];
    }
    if (window_is_limited(&r->window) || r->learned.is_proven) {
        return RESOLVER_LIMITING;
    }
    return percentile_ms(r, 50) > SLOW_MS ? RESOLVER_SLOW : RESOLVER_OK;
}

const char *resolver_state_name(enum resolver_state state)
{
    static const char *const names[] = {
        [RESOLVER_OK] = "ok",           [RESOLVER_DEAD] = "dead",       [RESOLVER_UNHELPFUL] = "unhelpful",
        [RESOLVER_SLOW] = "slow",       [RESOLVER_LIMITING] = "limiting", [RESOLVER_LYING] = "lying",
    };
    return names[state];
}

void asker_resolver_stats_get(const struct asker *asker, size_t index, struct resolver_stats *out)
{
    assert(index < asker->pool.count);
    const struct resolver *r = asker->pool.resolvers[index];
    *out = (struct resolver_stats){
        .address = r->spec.text,
        .queries = r->queries,
        .answers = r->answers,
        .timeouts = r->timeouts,
        .servfail = r->servfail,
        .refused = r->refused,
        .rtt_ms_p50 = percentile_ms(r, 50),
        .rtt_ms_p99 = percentile_ms(r, 99),
        .window = window_size(&r->window),
        .in_flight = r->in_flight,
        .healthy = r->is_healthy,
        .state = state_of(r),
        .rate = r->cap,
        .learned_rate = r->learned.is_proven ? r->learned.rate : 0,
        .is_retired = r->is_retired,
        .stalls_near_1000 = window_stalls_near_1000(&r->window),
    };
}
