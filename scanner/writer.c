// SPDX-License-Identifier: MIT
#include "scanner/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "scanner/base/clock.h"
#include "scanner/doorbell.h"
#include "scanner/handover.h"

struct producer {
    struct handover full, empty;
    struct doorbell has_empty;
    struct chunk **chunks;
};

struct writer {
    struct writer_options options;
    struct producer *producers;
    struct doorbell bell;
    pthread_t thread;
    atomic_bool is_ending;
    atomic_int state;
    atomic_uint_fast64_t records, unknown, bytes;
    pthread_mutex_t tally_lock;
    struct tally tally;             /* changed by the thread alone, under tally_lock */
    pthread_mutex_t effort_lock;
    struct effort effort;           /* under effort_lock */
    uint64_t next_checkpoint_ns, interval_ns;
    bool is_dirty;                  /* appended since the last checkpoint */
    int failure;                    /* negative of an enum result_failure */
    char words[400];
};

static void fail(struct writer *w, int failure)
{
    if (w->failure != 0) {
        return;
    }
    w->failure = failure;
    bool is_gone = failure == -RESULT_READER_GONE;
    atomic_store_explicit(&w->state, is_gone ? WRITER_READER_GONE : WRITER_FAILED, memory_order_release);
    if (w->options.on_event) {
        w->options.on_event(w->options.owner);
    }
}

/* By fixed names, so that a later version can add some. */
static int note_tally(struct checkpoint *c, const struct tally *tally)
{
    char name[64];
    int err = checkpoint_set_counter(c, "records", tally->records);
    err = err ? err : checkpoint_set_counter(c, "unknown", tally->unknown);
    err = err ? err : checkpoint_set_counter(c, "queries", tally->queries);
    err = err ? err : checkpoint_set_counter(c, "shared", tally->shared);
    err = err ? err : checkpoint_set_counter(c, "retries", tally->retries);
    err = err ? err : checkpoint_set_counter(c, "tcp", tally->tcp);
    err = err ? err : checkpoint_set_counter(c, "pruned", tally->pruned);
    err = err ? err : checkpoint_set_counter(c, "excluded", tally->excluded);
    for (int i = 0; i < OUTCOME_COUNT && !err; i++) {
        snprintf(name, sizeof(name), "outcome.%s", domain_outcome_name((enum domain_outcome)i));
        err = checkpoint_set_counter(c, name, tally->outcomes[i]);
    }
    for (int i = 0; i < POSTURE_COUNT && !err; i++) {
        snprintf(name, sizeof(name), "posture.%s", posture_name((enum posture)i));
        err = checkpoint_set_counter(c, name, tally->postures[i]);
    }
    for (size_t i = 0; i < POSTURE_CLASS_COUNT && !err; i++) {
        snprintf(name, sizeof(name), "%s.%s", posture_protocol_name(posture_class(i)->protocol), posture_class(i)->name);
        err = checkpoint_set_counter(c, name, tally->classes[i]);
    }
    return err;
}

static int note_effort(struct checkpoint *c, struct writer *w)
{
    char name[64];
    pthread_mutex_lock(&w->effort_lock);
    const struct effort effort = w->effort;
    pthread_mutex_unlock(&w->effort_lock);
    int err = checkpoint_set_counter(c, "elapsed_ms", effort.elapsed_ms);
    err = err ? err : checkpoint_set_counter(c, "timeouts", effort.timeouts);
    for (int i = 0; i < 16 && !err; i++) {
        snprintf(name, sizeof(name), "rcode.%d", i);
        err = checkpoint_set_counter(c, name, effort.rcodes[i]);
    }
    return err;
}

static void make_durable(struct writer *w)
{
    struct checkpoint *c = w->options.checkpoint;
    w->is_dirty = false;
    if (!c) {
        int err = result_file_flush(w->options.file);
        if (err < 0) {
            fail(w, err);
        }
        return;
    }
    int err = result_file_sync(w->options.file, &c->position);
    if (err < 0) {
        fail(w, err);
        return;
    }
    err = checkpoint_set_watermark(c, w->options.watermark);
    uint64_t part_count;
    const struct result_part *parts = result_file_parts(w->options.file, &part_count);
    err = err ? err : checkpoint_set_parts(c, parts, part_count);
    err = err ? err : note_tally(c, &w->tally);
    err = err ? err : note_effort(c, w);
    err = err ? err : checkpoint_write(c, w->options.checkpoint_path);
    if (err < 0) {
        snprintf(w->words, sizeof(w->words), "cannot write checkpoint %s: %s", w->options.checkpoint_path, strerror(-err));
        fail(w, -RESULT_WRITE_FAILED);
    }
}

static void write_chunk(struct writer *w, struct chunk *chunk)
{
    if (w->failure != 0) {
        return;
    }
    int err = result_file_append(w->options.file, chunk->text.bytes, chunk->text.len);
    if (err < 0) {
        fail(w, err);
        return;
    }
    for (size_t i = 0; i < chunk->count && w->options.watermark; i++) {
        err = watermark_add(w->options.watermark, chunk->indexes[i]);
        if (err < 0) {
            snprintf(w->words, sizeof(w->words), "record %llu cannot be accounted for: %s",
                     (unsigned long long)chunk->indexes[i], strerror(-err));
            fail(w, -RESULT_WRITE_FAILED);
            return;
        }
    }
    pthread_mutex_lock(&w->tally_lock);
    tally_add(&w->tally, &chunk->tally);
    pthread_mutex_unlock(&w->tally_lock);
    w->is_dirty = true;
    atomic_store_explicit(&w->records, w->tally.records, memory_order_relaxed);
    atomic_store_explicit(&w->unknown, w->tally.unknown, memory_order_relaxed);
    atomic_store_explicit(&w->bytes, result_file_position(w->options.file).offset, memory_order_relaxed);
}

static bool write_what_is_there(struct writer *w)
{
    bool any = false;
    for (size_t i = 0; i < w->options.producers; i++) {
        struct producer *p = &w->producers[i];
        /* One of each in turn: on a slow disk the first producer would else keep the others, and the checkpoint, waiting. */
        struct chunk *chunk = handover_take(&p->full);
        if (!chunk) {
            continue;
        }
        any = true;
        write_chunk(w, chunk);
        chunk_empty(chunk);
        if (handover_give(&p->empty, chunk)) { /* always: the ring has room for all chunks there are */
            doorbell_ring(&p->has_empty);
        }
    }
    uint64_t now = clock_now_ns();
    if (now >= w->next_checkpoint_ns) {
        w->next_checkpoint_ns = now + w->interval_ns; /* a slow fsync does not put off the next */
        if (w->is_dirty && w->failure == 0) {
            make_durable(w);
        }
    }
    return any;
}

static int ms_to_next_checkpoint(const struct writer *w)
{
    uint64_t now = clock_now_ns();
    uint64_t left_ms = w->next_checkpoint_ns > now ? (w->next_checkpoint_ns - now) / 1000000u + 1 : 1;
    return left_ms < 60000 ? (int)left_ms : 60000;
}

static void *run(void *arg)
{
    struct writer *w = arg;
    for (;;) {
        if (write_what_is_there(w)) {
            continue;
        }
        doorbell_listen(&w->bell);
        /* Acquire: pairs with writer_finish; what was given before it is seen by the take that follows. */
        bool is_ending = atomic_load_explicit(&w->is_ending, memory_order_acquire);
        if (write_what_is_there(w)) {
            doorbell_ignore(&w->bell);
            continue;
        }
        if (is_ending) {
            doorbell_ignore(&w->bell);
            return NULL;
        }
        doorbell_sleep(&w->bell, ms_to_next_checkpoint(w));
    }
}

static void producer_deinit(struct producer *p, size_t chunk_count)
{
    for (size_t i = 0; p->chunks && i < chunk_count; i++) {
        chunk_free(p->chunks[i]);
    }
    free(p->chunks);
    handover_deinit(&p->full);
    handover_deinit(&p->empty);
    if (p->has_empty.fd > 0) {
        doorbell_close(&p->has_empty);
    }
}

static int producer_init(struct producer *p, size_t chunk_count)
{
    p->chunks = calloc(chunk_count, sizeof(struct chunk *));
    if (!p->chunks || !handover_init(&p->full, chunk_count) || !handover_init(&p->empty, chunk_count)) {
        return -ENOMEM;
    }
    int err = doorbell_open(&p->has_empty);
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < chunk_count; i++) {
        p->chunks[i] = chunk_new();
        if (!p->chunks[i] || !handover_give(&p->empty, p->chunks[i])) {
            return -ENOMEM;
        }
    }
    return 0;
}

void writer_free(struct writer *w)
{
    if (!w) {
        return;
    }
    for (size_t i = 0; w->producers && i < w->options.producers; i++) {
        producer_deinit(&w->producers[i], w->options.chunks_per_producer);
    }
    if (w->bell.fd > 0) {
        doorbell_close(&w->bell);
    }
    pthread_mutex_destroy(&w->effort_lock);
    pthread_mutex_destroy(&w->tally_lock);
    free(w->producers);
    free(w);
}

int writer_start(struct writer **out, const struct writer_options *options)
{
    struct writer *w = calloc(1, sizeof(*w));
    if (!w) {
        return -ENOMEM;
    }
    w->options = *options;
    pthread_mutex_init(&w->effort_lock, NULL);
    pthread_mutex_init(&w->tally_lock, NULL);
    w->tally = options->already;
    atomic_init(&w->records, options->already.records);
    atomic_init(&w->unknown, options->already.unknown);
    atomic_init(&w->bytes, result_file_position(options->file).offset);
    w->interval_ns = (options->checkpoint_every_ms - chunk_age_ms(options->checkpoint_every_ms)) * 1000000u;
    w->next_checkpoint_ns = clock_now_ns() + w->interval_ns;
    w->producers = calloc(options->producers, sizeof(*w->producers));
    int err = w->producers ? doorbell_open(&w->bell) : -ENOMEM;
    for (size_t i = 0; i < options->producers && err == 0; i++) {
        err = producer_init(&w->producers[i], options->chunks_per_producer);
    }
    if (err == 0) {
        err = -pthread_create(&w->thread, NULL, run, w);
    }
    if (err < 0) {
        writer_free(w);
        return err;
    }
    *out = w;
    return 0;
}

struct chunk *writer_take_empty(struct writer *w, size_t producer)
{
    struct producer *p = &w->producers[producer];
    struct chunk *chunk;
    while (!(chunk = handover_take(&p->empty))) {
        doorbell_listen(&p->has_empty);
        chunk = handover_take(&p->empty);
        if (chunk) {
            doorbell_ignore(&p->has_empty);
            break;
        }
        doorbell_sleep(&p->has_empty, -1);
    }
    return chunk;
}

void writer_give_chunk(struct writer *w, size_t producer, struct chunk *chunk)
{
    if (handover_give(&w->producers[producer].full, chunk)) { /* always: room for all chunks there are */
        doorbell_ring(&w->bell);
    }
}

void writer_note_effort(struct writer *w, const struct effort *effort)
{
    pthread_mutex_lock(&w->effort_lock);
    w->effort = *effort;
    pthread_mutex_unlock(&w->effort_lock);
}

void writer_get_tally(struct writer *w, struct tally *out)
{
    pthread_mutex_lock(&w->tally_lock);
    *out = w->tally;
    pthread_mutex_unlock(&w->tally_lock);
}

enum writer_state writer_get_state(const struct writer *w)
{
    /* Acquire: pairs with the release in fail(). */
    return (enum writer_state)atomic_load_explicit(&w->state, memory_order_acquire);
}

struct writer_progress writer_get_progress(const struct writer *w)
{
    return (struct writer_progress){
        .records = atomic_load_explicit(&w->records, memory_order_relaxed),
        .unknown = atomic_load_explicit(&w->unknown, memory_order_relaxed),
        .bytes = atomic_load_explicit(&w->bytes, memory_order_relaxed),
    };
}

int writer_finish(struct writer *w, bool is_complete)
{
    atomic_store_explicit(&w->is_ending, true, memory_order_release);
    doorbell_ring(&w->bell);
    pthread_join(w->thread, NULL);
    if (w->failure != 0) {
        return w->failure;
    }
    if (!is_complete) {
        make_durable(w);
        return w->failure;
    }
    int err = result_file_finish(w->options.file);
    atomic_store_explicit(&w->bytes, result_file_position(w->options.file).offset, memory_order_relaxed);
    if (err < 0) {
        return err;
    }
    if (w->options.before_done && (err = w->options.before_done(w->options.owner, &w->tally)) < 0) {
        snprintf(w->words, sizeof(w->words), "cannot write the manifest: %s", strerror(-err));
        return -RESULT_WRITE_FAILED;
    }
    if (w->options.checkpoint && (err = checkpoint_remove(w->options.checkpoint_path)) < 0) {
        snprintf(w->words, sizeof(w->words), "cannot remove checkpoint %s: %s", w->options.checkpoint_path, strerror(-err));
        return -RESULT_WRITE_FAILED;
    }
    return 0;
}

const struct tally *writer_tally(const struct writer *w)
{
    return &w->tally;
}

const char *writer_words(const struct writer *w)
{
    return w->words;
}
