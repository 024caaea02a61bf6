// SPDX-License-Identifier: MIT
#pragma once

/*
 * Reads the lists in a thread of its own, so that a slow pipe never stops the loop: blocks of entries through a ring.
 *
 * Threads: start, take, stop from the loop's. on_block is called from the reading thread.
 */

#include "lists/list.h"
#include "scanner/base/span.h"

struct list_thread;

enum { LIST_BLOCK_ENTRIES = 1024, LIST_BLOCKS = 4 };

/* The list is the thread's until list_thread_stop. 0 or a negative errno. */
MUST_USE int list_thread_start(struct list_thread **out, struct list *list, void (*on_block)(void *owner), void *owner);

enum list_take { LIST_TAKEN, LIST_NOT_YET, LIST_ENDED, LIST_FAILED };

/* The next entry; valid until the next call. After LIST_FAILED: list_thread_error(). */
enum list_take list_thread_take(struct list_thread *thread, const struct list_entry **out);

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
