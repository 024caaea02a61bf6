// SPDX-License-Identifier: MIT
#include "scanner/list_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "scanner/doorbell.h"
#include "scanner/handover.h"

/* Names on their way. The reading thread's, then all takers' to read, then the reading thread's again. */
struct dealt_block {
    struct list_block *names;
    uint64_t first_index;
    atomic_uint readers;                  /* takers not yet done with it */
    uint8_t taker[LIST_BLOCK_ENTRIES];    /* whose each name is; with several takers */
};

struct taker {
    struct handover full, empty;
    struct dealt_block *current;          /* the taker's own */
    size_t next_entry;
};

struct list_thread {
    struct list_thread_options options;
    struct doorbell has_empty;
    struct dealt_block blocks[LIST_BLOCKS];
    struct taker *takers;
    uint64_t next_index;                  /* the reading thread's */
    size_t fresh_blocks;                  /* the reading thread's: never used so far */
    atomic_bool is_stopping, has_ended;
    atomic_uint_fast64_t names, expected, rejected;
    _Atomic(struct exclude_list *) next_exclude; /* given, not yet taken by the thread */
    struct exclude_list *exclude;                /* the one taken last */
    bool is_joined;
    int failure;                          /* written before has_ended is set, as is is_cut */
    bool is_cut;                          /* stopped before the list's end */
    pthread_t thread;
};

static struct dealt_block *look_for_empty(struct list_thread *t)
{
    if (t->fresh_blocks > 0) {
        return &t->blocks[--t->fresh_blocks];
    }
    for (size_t i = 0; i < t->options.takers; i++) {
        struct dealt_block *block = handover_take(&t->takers[i].empty);
        if (block) {
            return block;
        }
    }
    return NULL;
}

static struct dealt_block *take_empty(struct list_thread *t)
{
    struct dealt_block *block;
    while (!(block = look_for_empty(t))) {
        doorbell_listen(&t->has_empty);
        if (atomic_load_explicit(&t->is_stopping, memory_order_acquire)) {
            doorbell_ignore(&t->has_empty);
            return NULL;
        }
        block = look_for_empty(t);
        if (block) {
            doorbell_ignore(&t->has_empty);
            return block;
        }
        doorbell_sleep(&t->has_empty, -1);
    }
    return block;
}

/* Before the names count: who sees a count finds them in his ring. */
static void deal(struct list_thread *t, struct dealt_block *block)
{
    const struct list_thread_options *o = &t->options;
    const struct list_block *names = block->names;
    for (size_t i = 0; i < names->count && o->takers > 1; i++) {
        block->taker[i] = (uint8_t)o->taker_of(o->owner, span_of(names->entries[i].name, names->entries[i].name_len));
    }
    block->first_index = t->next_index;
    t->next_index += names->count;
    /* Relaxed: each ring orders it, with all else that stands in the block. */
    atomic_store_explicit(&block->readers, (unsigned)o->takers, memory_order_relaxed);
    for (size_t i = 0; i < o->takers; i++) {
        while (!handover_give(&t->takers[i].full, block)) { /* never: room for all blocks */
        }
    }
}

/* Between two blocks, as list_set_exclude wants it. */
static void take_exclude(struct list_thread *t)
{
    /* Acquire: pairs with list_thread_set_exclude. */
    struct exclude_list *next = atomic_exchange_explicit(&t->next_exclude, NULL, memory_order_acquire);
    if (next) {
        list_set_exclude(t->options.list, next);
        exclude_list_close(t->exclude);
        t->exclude = next;
    }
}

static void *run(void *arg)
{
    struct list_thread *t = arg;
    struct dealt_block *block;
    t->is_cut = true;
    while ((block = take_empty(t))) {
        take_exclude(t);
        int count = list_read_block(t->options.list, block->names);
        if (count <= 0) {
            atomic_store_explicit(&t->rejected, list_totals(t->options.list).rejected, memory_order_relaxed);
            t->failure = count;
            t->is_cut = count < 0 || list_thread_is_stopping(&t);
            break;
        }
        deal(t, block);
        atomic_fetch_add_explicit(&t->names, (uint64_t)count, memory_order_relaxed);
        atomic_store_explicit(&t->rejected, list_totals(t->options.list).rejected, memory_order_relaxed);
        atomic_store_explicit(&t->expected, list_estimate_names(t->options.list), memory_order_relaxed);
        t->options.on_block(t->options.owner);
    }
    /* Release: who sees the flag (the acquire in list_thread_take) sees the failure and every block. */
    atomic_store_explicit(&t->has_ended, true, memory_order_release);
    t->options.on_block(t->options.owner);
    return NULL;
}

static void free_all(struct list_thread *t)
{
    for (size_t i = 0; i < LIST_BLOCKS; i++) {
        list_block_free(t->blocks[i].names);
    }
    for (size_t i = 0; t->takers && i < t->options.takers; i++) {
        handover_deinit(&t->takers[i].full);
        handover_deinit(&t->takers[i].empty);
    }
    if (t->has_empty.fd > 0) {
        doorbell_close(&t->has_empty);
    }
    exclude_list_close(atomic_load_explicit(&t->next_exclude, memory_order_acquire));
    exclude_list_close(t->exclude);
    free(t->takers);
    free(t);
}

static bool take_memory(struct list_thread *t)
{
    t->takers = calloc(t->options.takers, sizeof(*t->takers));
    for (size_t i = 0; t->takers && i < t->options.takers; i++) {
        if (!handover_init(&t->takers[i].full, LIST_BLOCKS) || !handover_init(&t->takers[i].empty, LIST_BLOCKS)) {
            return false;
        }
    }
    for (size_t i = 0; i < LIST_BLOCKS; i++) {
        t->blocks[i].names = list_block_new(LIST_BLOCK_ENTRIES);
        if (!t->blocks[i].names) {
            return false;
        }
    }
    t->fresh_blocks = LIST_BLOCKS;
    return t->takers != NULL;
}

int list_thread_start(struct list_thread **out, const struct list_thread_options *options)
{
    struct list_thread *t = calloc(1, sizeof(*t));
    if (!t) {
        return -ENOMEM;
    }
    t->options = *options;
    int err = take_memory(t) ? doorbell_open(&t->has_empty) : -ENOMEM;
    if (err == 0) {
        *out = t; /* before the thread begins: list_thread_is_stopping looks there */
        err = -pthread_create(&t->thread, NULL, run, t);
    }
    if (err < 0) {
        *out = NULL;
        free_all(t);
    }
    return err;
}

static void put_back(struct list_thread *t, struct taker *taker)
{
    struct dealt_block *block = taker->current;
    taker->current = NULL;
    /* Release: what this taker has read of the block is behind it; acquire: who is last speaks for all of them. */
    if (atomic_fetch_sub_explicit(&block->readers, 1, memory_order_acq_rel) == 1) {
        while (!handover_give(&taker->empty, block)) { /* never: room for all blocks */
        }
        doorbell_ring(&t->has_empty);
    }
}

static bool is_mine(const struct list_thread *t, size_t taker, const struct dealt_block *block, size_t entry)
{
    return t->options.takers == 1 || block->taker[entry] == taker;
}

enum list_take list_thread_take(struct list_thread *t, size_t number, const struct list_entry **out, uint64_t *index)
{
    struct taker *taker = &t->takers[number];
    for (;;) {
        if (!taker->current) {
            /* Acquire, and before the look into the ring: pairs with the release in run(). */
            bool has_ended = atomic_load_explicit(&t->has_ended, memory_order_acquire);
            taker->current = handover_take(&taker->full);
            taker->next_entry = 0;
            if (!taker->current) {
                return !has_ended ? LIST_NOT_YET : t->failure < 0 ? LIST_FAILED : LIST_ENDED;
            }
        }
        struct dealt_block *block = taker->current;
        while (taker->next_entry < block->names->count) {
            size_t entry = taker->next_entry++;
            if (is_mine(t, number, block, entry)) {
                *out = &block->names->entries[entry];
                *index = block->first_index + entry;
                return LIST_TAKEN;
            }
        }
        put_back(t, taker);
    }
}

enum list_take list_thread_look(const struct list_thread *t)
{
    bool has_ended = atomic_load_explicit(&t->has_ended, memory_order_acquire);
    if (atomic_load_explicit(&t->names, memory_order_relaxed) > 0) {
        return LIST_TAKEN;
    }
    return !has_ended ? LIST_NOT_YET : t->failure < 0 ? LIST_FAILED : LIST_ENDED;
}

int list_thread_failure(const struct list_thread *t)
{
    return atomic_load_explicit(&t->has_ended, memory_order_acquire) ? t->failure : 0;
}

struct list_progress list_thread_get_progress(const struct list_thread *t)
{
    bool has_ended = atomic_load_explicit(&t->has_ended, memory_order_acquire);
    bool is_whole = has_ended && !t->is_cut;
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
