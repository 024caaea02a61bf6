// SPDX-License-Identifier: MIT
#pragma once

/*
 * Reads the lists in a thread of its own, so that a slow pipe never stops a loop, and deals the names out: blocks of
 * entries through rings. All takers (the loops) are given every block and take of it what is theirs; who is done with it
 * last sends it back. So names need no copy, and an entry's index is its place in the list whoever takes it.
 *
 * A taker that falls behind holds the others up once they are all blocks ahead: what is out stays close together, as the
 * watermark wants it.
 *
 * Threads: start, look, halt, stop from the main one; take from the taker's own. on_block is called from the reading thread.
 */

#include "lists/list.h"
#include "scanner/base/span.h"

struct list_thread;

enum { LIST_BLOCK_ENTRIES = 1024, LIST_BLOCKS = 4, LIST_TAKERS_MAX = 64 };

struct list_thread_options {
    struct list *list;                  /* the thread's until list_thread_halt */
    size_t takers;                      /* 1 .. LIST_TAKERS_MAX */
    /* Whose a name is, below `takers`; from the reading thread. NULL with one taker. */
    size_t (*taker_of)(void *owner, span name);
    void (*on_block)(void *owner);      /* there are names, or the list has ended */
    void *owner;
};

/* 0 or a negative errno. */
MUST_USE int list_thread_start(struct list_thread **out, const struct list_thread_options *options);

enum list_take { LIST_TAKEN, LIST_NOT_YET, LIST_ENDED, LIST_FAILED };

/* The taker's next entry, valid until its next call, and the entry's place in the list, from 0. */
enum list_take list_thread_take(struct list_thread *thread, size_t taker, const struct list_entry **out, uint64_t *index);

/* Whether there is a first entry, of any taker. */
enum list_take list_thread_look(const struct list_thread *thread);

/* Negative errno of the list, 0 without failure. */
int list_thread_failure(const struct list_thread *thread);

struct list_progress {
    uint64_t names;      /* read so far */
    uint64_t expected;   /* in all: an estimate until has_ended; 0: nobody knows */
    uint64_t rejected;   /* lines that held no name */
    bool has_ended;      /* that is all there are */
};
struct list_progress list_thread_get_progress(const struct list_thread *thread);

/* Names read from now on are held against `exclude`, which is the thread's until list_thread_stop. */
void list_thread_set_exclude(struct list_thread *thread, struct exclude_list *exclude);

/* Stops reading and joins: the list is the caller's again. Entries taken stay valid. */
void list_thread_halt(struct list_thread *thread);

/* Halts, if that was not done, and frees. NULL is fine. */
void list_thread_stop(struct list_thread *thread);

/* For list_options.is_stopping; `arg` points to a struct list_thread * that may be NULL still. */
bool list_thread_is_stopping(void *arg);
