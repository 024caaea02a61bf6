// SPDX-License-Identifier: MIT
#include "scanner/domain_scan.h"

#include <stdlib.h>

#include "scanner/base/clock.h"
#include "scanner/mail/providers.h"
#include "scanner/record.h"

struct domain_lookup {
    struct lookup lookup;           /* .unwanted: the failure that it is asked again for; NULL the first time */
    union {
        struct domain_lookup *next; /* free */
        struct {                    /* in use */
            uint32_t item;          /* of the answer set */
            bool is_shared;
        };
    };
};

/* What a domain reads in the shared targets. */
struct domain_pin {
    struct shared_entry *entry;
    struct domain_pin *next;
};

/* ---- Lookups of one loop ---------------------------------------------------------------------------------------- */

/* As many as fill a size class of the allocator, 40 KiB: with 256 a sixth of each block would be air. */
enum { LOOKUPS_A_BLOCK = (40960 - 16) / sizeof(struct domain_lookup) };

struct lookup_block {
    struct lookup_block *next;
    struct domain_lookup lookups[LOOKUPS_A_BLOCK];
};

struct domain_lookups {
    struct domain_lookup *free;
    struct lookup_block *blocks;
};

struct domain_lookups *domain_lookups_new(void)
{
    return calloc(1, sizeof(struct domain_lookups));
}

void domain_lookups_free(struct domain_lookups *lookups)
{
    while (lookups && lookups->blocks) {
        struct lookup_block *next = lookups->blocks->next;
        free(lookups->blocks);
        lookups->blocks = next;
    }
    free(lookups);
}

static void give_lookup(struct domain_lookups *lookups, struct domain_lookup *lookup)
{
    lookup->next = lookups->free;
    lookups->free = lookup;
}

static struct domain_lookup *take_lookup(struct domain_lookups *lookups)
{
    if (!lookups->free) {
        struct lookup_block *block = malloc(sizeof(*block));
        if (!block) {
            return NULL;
        }
        block->next = lookups->blocks;
        lookups->blocks = block;
        for (size_t i = LOOKUPS_A_BLOCK; i-- > 0;) {
            give_lookup(lookups, &block->lookups[i]);
        }
    }
    struct domain_lookup *lookup = lookups->free;
    lookups->free = lookup->next;
    return lookup;
}

/* ---- A domain --------------------------------------------------------------------------------------------------- */

bool domain_scan_begin(struct domain_scan *d, const struct domain_entry *entry, const struct domain_asking *by)
{
    arena_init(&d->arena, d->memory, sizeof(d->memory), DOMAIN_ARENA_LIMIT);
    d->arena.pool = by->pool;
    d->index = entry->index;
    d->seq = entry->seq;
    d->rank = entry->rank;
    d->has_tag = entry->has_tag;
    d->is_excluded = entry->is_excluded;
    d->is_second_pass = d->is_heavy = d->lacks_memory = false;
    d->asked = d->rounds = 0;
    d->pending = d->queries = d->shared = d->retries = d->tcp = 0;
    d->pins = NULL;
    d->absence = NULL;
    answer_set_init(&d->answers, &d->arena, ANSWER_SET_LIMIT + by->mail->spf_sender_count * SPF_CHECK_QUESTIONS_MAX);
    answer_set_lend(&d->answers, d->asked_first, DOMAIN_ASKED_FIRST);
    plan_begin(&d->plan);
    d->scanned_at_ms = clock_wall_ms();
    d->began_ns = d->ended_ns = clock_now_ns();
    d->tag = d->list_selectors = SPAN("");
    if (!arena_copy(&d->arena, entry->domain, &d->domain) ||
        (entry->tag.len > 0 && !arena_copy(&d->arena, entry->tag, &d->tag)) ||
        (entry->list_selectors.len > 0 && !arena_copy(&d->arena, entry->list_selectors, &d->list_selectors))) {
        return false;
    }
    d->subject = (struct subject){
        .config = by->mail,
        .domain = d->domain,
        .list_selectors = d->list_selectors,
        .answers = &d->answers,
        .arena = &d->arena,
    };
    return true;
}

static const struct rrset cut_answer = { .outcome = DNS_CUT };
static const struct rrset over_answer = { .outcome = DNS_TIMEOUT };

static void ask_item(struct domain_scan *d, uint32_t item, const struct rrset *earlier, const struct domain_asking *by)
{
    struct asked *asked = &d->answers.items[item];
    if (by->is_over) {
        asked->rrset = rrset_more_telling(earlier, &over_answer);
        return;
    }
    struct domain_lookup *mine = take_lookup(by->lookups);
    if (!mine) {
        asked->rrset = &cut_answer;
        d->lacks_memory = true;
        return;
    }
    mine->item = item;
    mine->is_shared = asked->is_shared && !asked->checking_disabled;
    mine->lookup = (struct lookup){
        .qname = asked->qname,
        .qtype = asked->qtype,
        .checking_disabled = asked->checking_disabled,
        .unwanted = earlier,
        .arena = &d->arena,
        .absence = &d->absence,
        .owner = d,
    };
    if (by->zone_key) {
        mine->lookup.zone_key = by->zone_key(by->zone_owner, asked->qname);
    }
    d->pending++; /* before asking: the answer may be at hand */
    if (mine->is_shared) {
        shared_ask(by->shared, &mine->lookup);
    } else {
        asker_ask(by->asker, &mine->lookup);
    }
}

/* A plan begun anew passes through stages whose questions are there already: those add nothing. */
static bool plan_goes_on(struct domain_scan *d)
{
    int tries = d->is_second_pass ? PLAN_STAGES_MAX : 1;
    d->plan.spf.pause = d->is_heavy ? 0 : DOMAIN_LIGHT_TERMS; /* what waits for a seat does not hold the names of the next level */
    while (tries-- > 0) {
        if (plan_next(&d->plan, &d->subject) > 0) {
            return true;
        }
    }
    return false;
}

void domain_asking_set_limits(struct domain_asking *by, size_t slots, size_t *heavy_seats, struct arena_pool *pool)
{
    const struct mail_config *mail = by->mail;
    *heavy_seats = DOMAIN_HEAVY_SEATS;
    *pool = (struct arena_pool){ .limit = DOMAINS_ARENA_LIMIT + slots * DOMAINS_ARENA_SLOT };
    by->heavy_seats = heavy_seats;
    by->pool = pool;
    by->light_questions = DOMAIN_LIGHT_QUESTIONS + mail->spf_sender_count * SPF_CHECK_QUESTIONS_MAX +
                          (mail->selectors ? selector_table_count(mail->selectors) : 0);
}

static bool has_seat(struct domain_scan *d, const struct domain_asking *by)
{
    bool is_light = d->answers.count <= by->light_questions && d->plan.spf.terms <= DOMAIN_LIGHT_TERMS;
    if (d->is_heavy || is_light || by->is_over) {
        return true;
    }
    d->is_heavy = *by->heavy_seats > 0;
    *by->heavy_seats -= d->is_heavy;
    return d->is_heavy;
}

static bool is_out_of_time(const struct domain_scan *d)
{
    return d->rounds > DOMAIN_ROUNDS_SURE && clock_now_ns() - d->began_ns > DOMAIN_TIME_MAX_S * 1000000000ull;
}

static void ask_new(struct domain_scan *d, const struct domain_asking *by)
{
    bool is_cut = is_out_of_time(d);
    d->rounds++;
    while (d->asked < d->answers.count) {
        struct asked *asked = &d->answers.items[d->asked];
        if (!asked->rrset && is_cut) {
            asked->rrset = &cut_answer;
        } else if (!asked->rrset) {
            ask_item(d, d->asked, NULL, by);
        }
        d->asked++;
    }
}

enum domain_step domain_scan_run(struct domain_scan *d, const struct domain_asking *by)
{
    while (!d->is_excluded && (d->asked < d->answers.count || plan_goes_on(d))) {
        if (!has_seat(d, by)) {
            return DOMAIN_WAITS;
        }
        ask_new(d, by);
        if (d->pending > 0) {
            return DOMAIN_ASKED;
        }
    }
    d->ended_ns = clock_now_ns();
    d->lacks_memory |= d->arena.has_no_memory;
    return d->lacks_memory ? DOMAIN_LACKS_MEMORY : DOMAIN_DONE;
}

void domain_scan_ask_again(struct domain_scan *d, const struct domain_asking *by)
{
    size_t count = d->answers.count;
    for (size_t i = 0; i < count && !by->is_over; i++) {
        struct asked *asked = &d->answers.items[i];
        if (asked->rrset && rrset_is_failure(asked->rrset) && asked->rrset->outcome != DNS_CUT) {
            const struct rrset *earlier = asked->rrset;
            asked->rrset = NULL;
            ask_item(d, (uint32_t)i, earlier, by);
        }
    }
    plan_begin(&d->plan); /* from the start: what is there already is not asked again */
}

/* The shared answer stays until the domain is done with; without memory to remember that, it is not read. */
static void keep_shared(struct domain_scan *d, struct lookup *lookup, const struct domain_asking *by)
{
    struct domain_pin *pin = ARENA_TAKE(&d->arena, struct domain_pin);
    if (!pin) {
        shared_release(by->shared, lookup);
        lookup->rrset = &cut_answer;
        return;
    }
    pin->entry = shared_keep(lookup);
    pin->next = d->pins;
    d->pins = pin;
}

struct domain_scan *domain_scan_note(struct lookup *lookup, const struct domain_asking *by)
{
    struct domain_scan *d = lookup->owner;
    struct domain_lookup *mine = (struct domain_lookup *)(void *)lookup;
    struct asked *asked = &d->answers.items[mine->item];
    if (mine->is_shared) {
        keep_shared(d, lookup, by);
    }
    /* Asked again in vain, perhaps cut short by the second pass's budget: what the first pass learned stays. */
    bool is_vain = rrset_is_failure(lookup->rrset) && lookup->rrset->outcome != DNS_CUT;
    asked->rrset = is_vain ? rrset_more_telling(lookup->unwanted, lookup->rrset) : lookup->rrset;
    asked->was_shared = lookup->was_shared;
    d->lacks_memory |= lookup->lacks_memory;
    d->retries += lookup->retries;
    d->tcp += lookup->over_tcp;
    if (lookup->was_shared) {
        d->shared++;
    } else if (lookup->rrset->outcome != DNS_CUT) {
        d->queries++;
    }
    give_lookup(by->lookups, mine);
    return --d->pending == 0 ? d : NULL;
}

void domain_scan_end(struct domain_scan *d, const struct domain_asking *by)
{
    for (struct domain_pin *pin = d->pins; pin; pin = pin->next) {
        shared_let_go(by->shared, pin->entry);
    }
    d->pins = NULL;
    arena_reset(&d->arena);
    *by->heavy_seats += d->is_heavy;
    d->is_heavy = false;
}

bool domain_scan_may_gain(const struct domain_scan *d)
{
    for (size_t i = 0; i < d->answers.count; i++) {
        const struct rrset *rrset = d->answers.items[i].rrset;
        if (rrset && rrset_is_failure(rrset) && rrset->outcome != DNS_CUT) {
            return true;
        }
    }
    return false;
}

bool domain_scan_has_failures(const struct domain_scan *d)
{
    for (size_t i = 0; i < d->answers.count; i++) {
        const struct rrset *rrset = d->answers.items[i].rrset;
        if (!rrset || rrset_is_failure(rrset)) {
            return true;
        }
    }
    return false;
}

void domain_scan_assess(struct domain_scan *d, struct arena *scratch, struct assessment *out)
{
    if (d->is_excluded) {
        assess_excluded(d->domain, scratch, out);
        return;
    }
    struct subject subject = d->subject;
    subject.arena = scratch;
    assess(&subject, out);
}

void domain_scan_facts(const struct domain_scan *d, bool is_full, struct record_facts *out)
{
    *out = (struct record_facts){
        .seq = d->seq,
        .rank = d->rank,
        .has_tag = d->has_tag,
        .tag = d->tag,
        .scanned_at_ms = d->scanned_at_ms,
        .elapsed_ms = (d->ended_ns - d->began_ns) / 1000000u,
        .queries = d->queries,
        .shared = d->shared,
        .retries = d->retries,
        .tcp = d->tcp,
        .answers = &d->answers,
        .is_full = is_full,
        .spf_senders = d->subject.config->spf_senders,
        .spf_sender_count = d->subject.config->spf_sender_count,
    };
}
