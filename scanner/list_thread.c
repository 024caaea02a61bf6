// SPDX-License-Identifier: MIT
#include "scanner/list_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "scanner/doorbell.h"
#include "scanner/handover.h"

struct list_thread {
    struct list *list;
    struct handover full, empty;
    struct doorbell has_empty;
    struct list_block *blocks[LIST_BLOCKS];
    struct list_block *current;   /* the loop's */
    size_t next_entry;
    atomic_bool is_stopping, has_ended;
    atomic_uint_fast64_t names, expected, rejected;
    _Atomic(struct exclude_list *) next_exclude; /* given, not yet taken by the thread */
    struct exclude_list *exclude;                /* the one taken last */
    bool is_joined;
    int failure;                  /* written before has_ended is set */
    void (*on_block)(void *owner);
    void *owner;
    pthread_t thread;
};

static struct list_block *take_empty(struct list_thread *t)
{
    struct list_block *block;
    while (!(block = handover_take(&t->empty))) {
        doorbell_listen(&t->has_empty);
        if (atomic_load_explicit(&t->is_stopping, memory_order_acquire)) {
            doorbell_ignore(&t->has_empty);
            return NULL;
        }
        block = handover_take(&t->empty);
        if (block) {
            doorbell_ignore(&t->has_empty);
            return block;
        }
        doorbell_sleep(&t->has_empty, -1);
    }
    return block;
}

/* Between two blocks, as list_set_exclude wants it. */
static void take_exclude(struct list_thread *t)
{
    /* Acquire: pairs with list_thread_set_exclude. */
    struct exclude_list *next = atomic_exchange_explicit(&t->next_exclude, NULL, memory_order_acquire);
    if (next) {
        list_set_exclude(t->list, next);
        exclude_list_close(t->exclude);
        t->exclude = next;
    }
}

static void *run(void *arg)
{
    struct list_thread *t = arg;
    struct list_block *block;
    while ((block = take_empty(t))) {
        take_exclude(t);
        int count = list_read_block(t->list, block);
        if (count <= 0) {
            atomic_store_explicit(&t->rejected, list_totals(t->list).rejected, memory_order_relaxed);
            t->failure = count;
            break;
        }
        atomic_fetch_add_explicit(&t->names, (uint64_t)count, memory_order_relaxed);
        atomic_store_explicit(&t->rejected, list_totals(t->list).rejected, memory_order_relaxed);
        atomic_store_explicit(&t->expected, list_estimate_names(t->list), memory_order_relaxed);
        while (!handover_give(&t->full, block)) { /* never: room for all blocks */
        }
        t->on_block(t->owner);
    }
    /* Release: who sees the flag (the acquire in list_thread_take) sees the failure and every block. */
    atomic_store_explicit(&t->has_ended, true, memory_order_release);
    t->on_block(t->owner);
    return NULL;
}

static void free_all(struct list_thread *t)
{
    for (size_t i = 0; i < LIST_BLOCKS; i++) {
        list_block_free(t->blocks[i]);
    }
    if (t->has_empty.fd > 0) {
        doorbell_close(&t->has_empty);
    }
    handover_deinit(&t->full);
    handover_deinit(&t->empty);
    exclude_list_close(atomic_load_explicit(&t->next_exclude, memory_order_acquire));
    exclude_list_close(t->exclude);
    free(t);
}

int list_thread_start(struct list_thread **out, struct list *list, void (*on_block)(void *owner), void *owner)
{
    struct list_thread *t = calloc(1, sizeof(*t));
    if (!t) {
        return -ENOMEM;
    }
    t->list = list;
    t->on_block = on_block;
    t->owner = owner;
    int err = -ENOMEM;
    if (!handover_init(&t->full, LIST_BLOCKS) || !handover_init(&t->empty, LIST_BLOCKS)) {
        goto fail;
    }
    for (size_t i = 0; i < LIST_BLOCKS; i++) {
        t->blocks[i] = list_block_new(LIST_BLOCK_ENTRIES);
        if (!t->blocks[i] || !handover_give(&t->empty, t->blocks[i])) {
            goto fail;
        }
    }
    err = doorbell_open(&t->has_empty);
    if (err < 0) {
        goto fail;
    }
    *out = t; /* before the thread begins: list_thread_is_stopping looks there */
    err = -pthread_create(&t->thread, NULL, run, t);
    if (err < 0) {
        *out = NULL;
        goto fail;
    }
    return 0;

fail:
    free_all(t);
    return err;
}

enum list_take list_thread_take(struct list_thread *t, const struct list_entry **out)
{
    if (t->current && t->next_entry == t->current->count) {
        while (!handover_give(&t->empty, t->current)) { /* never: room for all blocks */
        }
        t->current = NULL;
        doorbell_ring(&t->has_empty);
    }
    if (!t->current) {
        bool has_ended = atomic_load_explicit(&t->has_ended, memory_order_acquire);
        t->current = handover_take(&t->full);
        t->next_entry = 0;
        if (!t->current) {
            return !has_ended ? LIST_NOT_YET : t->failure < 0 ? LIST_FAILED : LIST_ENDED;
        }
    }
    *out = &t->current->entries[t->next_entry++];
    return LIST_TAKEN;
}

int list_thread_failure(const struct list_thread *t)
{
    return atomic_load_explicit(&t->has_ended, memory_order_acquire) ? t->failure : 0;
}

struct list_progress list_thread_get_progress(const struct list_thread *t)
{
    bool has_ended = atomic_load_explicit(&t->has_ended, memory_order_acquire);
    bool is_whole = has_ended && t->failure == 0;
    uint64_t names = atomic_load_explicit(&t->names, memory_order_relaxed);
    return (struct list_progress){
        .names = names,
        .expected = is_whole ? names : atomic_load_explicit(&t->expected, memory_order_relaxed),
        .rejected = atomic_load_explicit(&t->rejected, memory_order_relaxed),
        .has_ended = is_whole,
    };
}

void list_thread_set_exclude(struct list_thread *t, struct exclude_list *exclude)
{
    /* One that the thread has not taken is the caller's thread's alone again: acquire; the new one is handed over: release. */
    exclude_list_close(atomic_exchange_explicit(&t->next_exclude, exclude, memory_order_acq_rel));
}

void list_thread_halt(struct list_thread *t)
{
    if (t->is_joined) {
        return;
    }
    atomic_store_explicit(&t->is_stopping, true, memory_order_release);
    doorbell_ring(&t->has_empty);
    pthread_join(t->thread, NULL);
    t->is_joined = true;
}

void list_thread_stop(struct list_thread *t)
{
    if (t) {
        list_thread_halt(t);
        free_all(t);
    }
}

bool list_thread_is_stopping(void *arg)
{
    const struct list_thread *t = *(struct list_thread *const *)arg;
    return t && atomic_load_explicit(&t->is_stopping, memory_order_acquire);
}
