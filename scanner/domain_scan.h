// SPDX-License-Identifier: MIT
#pragma once

/*
 * One domain on its way through the program: its slot, its memory, its questions.
 *
 * A scan belongs to one thread at a time. The loop begins it, asks, notes answers and runs it when none is pending; a
 * ring moves it to a classifier, another brings it back; then the loop ends it (gives shared answers back).
 *
 * Memory: a slot and its arena are taken at start and used again and again. What a question needs while it is on its way
 * comes from a pool of the loop's, so that it is taken for what is in flight and not for all a domain has ever asked.
 */

#include "scanner/dns/shared_targets.h"
#include "scanner/mail/assessment.h"

enum {
    DOMAIN_ASKED_FIRST = 36,                  /* questions of nearly every domain, one with DKIM included */
    DOMAIN_ARENA_SIZE = 1152,                 /* most domains while they are asked about; the rest comes in small blocks */
    DOMAIN_ARENA_LIMIT = 4 * 1024 * 1024,     /* what a hostile one may take beyond that, for a while */
    DOMAINS_ARENA_LIMIT = 128 * 1024 * 1024,  /* and all of them together, */
    DOMAINS_ARENA_SLOT = 128 * 1024,          /* and so much more for each slot (what waits for a seat): beyond it is cut */
};

/*
 * What a hostile domain may cost, whatever is answered. Its questions: ANSWER_SET_LIMIT; its memory: DOMAIN_ARENA_LIMIT; an
 * SPF tree: SPF_TERMS_MAX. Trees beyond all sense are large, and there may be as many as slots: only so many grow at the same
 * time, the others wait with what they have. Time: each question has its tries, a row of them may be long; a row of
 * questions longer than any sensible one goes on for DOMAIN_TIME_MAX_S only. What is cut stands in the record as "cut".
 */
enum {
    DOMAIN_LIGHT_TERMS = 64,       /* of an SPF tree: beyond them a domain is heavy, */
    DOMAIN_LIGHT_QUESTIONS = 256,  /* and beyond these, the selectors and given senders of the run not counted */
    DOMAIN_HEAVY_SEATS = 32,       /* heavy domains at the same time */
    DOMAIN_ROUNDS_SURE = 32,       /* questions that follow from each other's answers */
    DOMAIN_TIME_MAX_S = 120,       /* since the domain began, once there were more of them */
};

struct domain_lookups;

/* NULL when the system gives no memory. */
MUST_USE struct domain_lookups *domain_lookups_new(void);
/* When nobody will answer any more. NULL is fine. */
void domain_lookups_free(struct domain_lookups *lookups);

/* Who answers: the loop's asker and shared targets. */
struct domain_asking {
    const struct mail_config *mail;
    struct asker *asker;
    struct shared_targets *shared;
    struct domain_lookups *lookups;
    uint64_t (*zone_key)(const void *owner, span qname); /* for --zone-rate; NULL: none */
    const void *zone_owner;
    bool is_over;                   /* nothing is asked any more: further questions are timeouts at once */
    size_t light_questions;         /* these three: domain_asking_set_limits() */
    size_t *heavy_seats;            /* not taken */
    struct arena_pool *pool;
};

/* The limits of a loop; both pointers are borrowed for as long as there are domains. */
void domain_asking_set_limits(struct domain_asking *by, size_t slots, size_t *heavy_seats, struct arena_pool *pool);

struct domain_pin;

struct domain_scan {
    struct domain_scan *next;       /* free list, runnable list: the loop's */
    uint64_t index;                 /* in the order of admission, from 0: what the watermark counts */
    uint64_t seq, rank;             /* of the list; rank 0: none */
    span domain, tag, list_selectors;
    bool has_tag, is_excluded, is_second_pass;
    bool is_heavy;                  /* has taken a seat */
    bool lacks_memory;              /* the system had none for it: no record of it would be whole */

    int64_t scanned_at_ms;          /* wall clock when it began */
    uint64_t began_ns, ended_ns;
    uint32_t pending;
    uint32_t queries, shared, retries, tcp;
    uint32_t asked, rounds;         /* items of `answers` that were asked; how often some were */

    struct plan plan;
    struct answer_set answers;
    struct subject subject;
    struct domain_pin *pins;        /* shared answers it reads */
    const struct rrset *absence;    /* the last absent answer: most of a domain's say the same */
    struct asked asked_first[DOMAIN_ASKED_FIRST];
    struct arena arena;
    /* Its first block. */
    _Alignas(max_align_t) char memory[DOMAIN_ARENA_SIZE];
};

/* What the list says of a domain; copied into the slot. */
struct domain_entry {
    uint64_t index, seq, rank;
    span domain, tag, list_selectors;
    bool has_tag, is_excluded;
};

/* Empties the slot and takes the entry in. False: the system gives no memory (for a long tag). */
MUST_USE bool domain_scan_begin(struct domain_scan *d, const struct domain_entry *entry, const struct domain_asking *by);

enum domain_step {
    DOMAIN_ASKED,       /* answers are pending */
    DOMAIN_WAITS,       /* for a heavy seat: to be run again when there is one */
    DOMAIN_LACKS_MEMORY, /* it cannot be done; a later run may */
    DOMAIN_DONE
};

/* Asks what is needed now. Call when nothing is pending. */
MUST_USE enum domain_step domain_scan_run(struct domain_scan *d, const struct domain_asking *by);

/* Notes an answer. The scan it belongs to when that was the last one pending, else NULL. */
struct domain_scan *domain_scan_note(struct lookup *lookup, const struct domain_asking *by);

/*
 * Asks once more what got no answer; answers stay. Afterwards, when nothing is pending, domain_scan_run asks what the new
 * answers make needed.
 */
void domain_scan_ask_again(struct domain_scan *d, const struct domain_asking *by);

/* Gives shared answers and overflow memory back; nothing of the scan may be read afterwards. */
void domain_scan_end(struct domain_scan *d, const struct domain_asking *by);

/* At least one question has no answer: the record holds something unknown. */
bool domain_scan_has_failures(const struct domain_scan *d);

/* Asked once more it might be known. */
bool domain_scan_may_gain(const struct domain_scan *d);

struct record_facts;

/* For a classifier: runs mail/ over the answers; what *out points to lies in the scan's memory and in `scratch`. */
void domain_scan_assess(struct domain_scan *d, struct arena *scratch, struct assessment *out);

/* What the record says of the scan itself. */
void domain_scan_facts(const struct domain_scan *d, bool is_full, struct record_facts *out);
