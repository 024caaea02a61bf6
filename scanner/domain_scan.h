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
    DOMAIN_ARENA_SIZE = 2048,                 /* most domains while they are asked about; the rest comes in small blocks */
    DOMAIN_ARENA_LIMIT = 4 * 1024 * 1024,     /* what a hostile one may take beyond that, for a while */
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
};

struct domain_pin;

struct domain_scan {
    struct domain_scan *next;       /* free list, runnable list: the loop's */
    uint64_t index;                 /* in the order of admission, from 0: what the watermark counts */
    uint64_t seq, rank;             /* of the list; rank 0: none */
    span domain, tag, list_selectors;
    bool has_tag, is_excluded, is_second_pass;

    int64_t scanned_at_ms;          /* wall clock when it began */
    uint64_t began_ns, ended_ns;
    uint32_t pending;
    uint32_t queries, shared, retries, tcp;

    struct plan plan;
    struct answer_set answers;
    struct subject subject;
    struct domain_pin *pins;        /* shared answers it reads */
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

/* Asks what is needed now. False: nothing more, the scan is done. Call when nothing is pending. */
MUST_USE bool domain_scan_run(struct domain_scan *d, const struct domain_asking *by);

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

struct record_facts;

/* For a classifier: runs mail/ over the answers; what *out points to lies in the scan's memory and in `scratch`. */
void domain_scan_assess(struct domain_scan *d, struct arena *scratch, struct assessment *out);

/* What the record says of the scan itself. */
void domain_scan_facts(const struct domain_scan *d, bool is_full, struct record_facts *out);
