// SPDX-License-Identifier: MIT
#pragma once

/*
 * One event loop that keeps as many domains going as slots, windows and pace allow: admits, asks, runs, hands finished
 * scans out. Where entries come from and where finished scans go is the owner's: for `scan` a reading thread and
 * classifier threads, for `check` an array and a printer.
 *
 * A turn of the loop: answers have come in; finished scans come back (on_turn); domains whose last answer came are run;
 * new ones are admitted; what was asked is flushed. Callbacks of the asker only note.
 *
 * A domain with questions that stayed without an answer is parked in its slot, with all it has: those questions are asked
 * once more when the list is at its end, or earlier when a quarter of the slots are taken so (design: accuracy must not
 * fall as the list grows).
 *
 * Threads: all from the loop's, but for scan_loop_wake.
 */

#include <uv.h>

#include "scanner/domain_scan.h"

struct scan_loop;

enum entry_take { ENTRY_TAKEN, ENTRY_NOT_YET, ENTRY_END };

struct scan_loop_options {
    uv_loop_t *loop;
    const struct mail_config *mail;
    struct asker_options asker;       /* loop, on_done and user are filled in by scan_loop_open */
    uint64_t (*zone_key)(const void *owner, span qname);
    const void *zone_owner;
    size_t cache_size;                /* bytes for shared targets */
    size_t slots;
    bool second_pass;
    uint64_t second_pass_ms;          /* at most so long, counted from when all else is done */
    uint64_t drain_ms;                /* after scan_loop_stop: how long what is in flight may take */

    void *owner;
    /* The next domain; spans valid until the next call. */
    enum entry_take (*take_entry)(void *owner, struct domain_entry *out);
    /* A scan is done: the owner's until scan_loop_give_back. */
    void (*on_finished)(void *owner, struct domain_scan *scan);
    /* Each turn, first: the owner gives back what has come back. May be NULL. */
    void (*on_turn)(void *owner);
    /* Each turn, last: the owner wakes who has got work. May be NULL. */
    void (*after_turn)(void *owner);
};

/* 0 or a negative errno. */
MUST_USE int scan_loop_open(struct scan_loop **out, const struct scan_loop_options *options);

/* Asks every resolver once; false when none answers: *words then names them. Runs the loop meanwhile. */
MUST_USE bool scan_loop_probe(struct scan_loop *loop, char *words, size_t size);

/* Until every entry is finished and given back, or the drain after scan_loop_stop is over. */
void scan_loop_run(struct scan_loop *loop);

/* One that lacks_memory stays undone, and nothing more is begun. */
void scan_loop_give_back(struct scan_loop *loop, struct domain_scan *scan);

/* No more domains; what is in flight is finished if it can be in drain_ms. */
void scan_loop_stop(struct scan_loop *loop);
/* At once. */
void scan_loop_abort(struct scan_loop *loop);

/* No resolver answers: until it is light again nothing is begun, and what fails meanwhile is parked, not concluded. */
void scan_loop_set_dark(struct scan_loop *loop, bool is_dark);

/* From any thread: there is something to do. */
void scan_loop_wake(struct scan_loop *loop);

struct scan_loop_progress {
    uint64_t admitted;
    size_t busy, slots, parked;
    uint64_t asked_again;
    bool is_stopping;
    bool is_complete;                /* every entry was finished and given back */
    bool is_out_of_memory;           /* why it stopped */
};
struct scan_loop_progress scan_loop_get_progress(const struct scan_loop *loop);

struct asker *scan_loop_asker(const struct scan_loop *loop);
struct shared_targets *scan_loop_shared(const struct scan_loop *loop);

/* After the last scan was given back, or on the way out. Closes its handles: run the uv loop until it has none. */
void scan_loop_close(struct scan_loop *loop);
