// SPDX-License-Identifier: MIT
#include "scanner/classifier.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "scanner/base/clock.h"
#include "scanner/doorbell.h"
#include "scanner/handover.h"
#include "scanner/record.h"

enum {
    SCRATCH_SIZE = 64 * 1024,
    SCRATCH_LIMIT = 64 * 1024 * 1024, /* one assessment may take that much beyond it */
};

struct classifier {
    struct classifier_options options;
    struct handover in, out;
    struct doorbell bell;
    pthread_t thread;
    atomic_bool is_ending;
    struct chunk *chunk;
    struct arena scratch;
    uint64_t lost;
    char *memory;
};

static void count(struct tally *tally, const struct domain_scan *d, const struct assessment *a)
{
    tally->records++;
    tally->unknown += domain_scan_has_failures(d);
    tally->excluded += d->is_excluded;
    tally->queries += d->queries;
    tally->shared += d->shared;
    tally->retries += d->retries;
    tally->tcp += d->tcp;
    tally->pruned += a->dkim.pruned;
    tally->outcomes[a->outcome]++;
    tally->postures[a->posture]++;
    uint8_t classes[PROTOCOL_COUNT];
    posture_classes_find(a, classes);
    for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
        tally->classes[classes[i]]++;
    }
}

static void give_chunk(struct classifier *c)
{
    writer_give_chunk(c->options.writer, c->options.number, c->chunk);
    c->chunk = NULL;
}

static void classify(struct classifier *c, struct domain_scan *d)
{
    struct assessment assessment;
    domain_scan_assess(d, &c->scratch, &assessment);
    struct record_facts facts;
    domain_scan_facts(d, c->options.is_full_record, &facts);

    if (!c->chunk) {
        c->chunk = writer_take_empty(c->options.writer, c->options.number);
        c->chunk->born_ns = clock_now_ns();
    }
    struct json_buffer *text = &c->chunk->text;
    bool is_printed = !c->scratch.has_no_memory && record_print_line(&assessment, &facts, text);
    if (is_printed) {
        c->chunk->indexes[c->chunk->count++] = d->index;
        count(&c->chunk->tally, d, &assessment);
    } else {
        d->lacks_memory = c->scratch.has_no_memory || text->has_no_memory;
        c->lost += !d->lacks_memory;
    }
    arena_reset(&c->scratch);
    if (c->chunk->count == CHUNK_INDEXES || c->chunk->text.len >= CHUNK_TEXT_SIZE) {
        give_chunk(c);
    }
}

static bool classify_what_is_there(struct classifier *c)
{
    struct domain_scan *d = handover_take(&c->in);
    if (!d) {
        return false;
    }
    for (; d; d = handover_take(&c->in)) {
        classify(c, d);
        while (!handover_give(&c->out, d)) { /* never: the ring has room for all slots */
        }
    }
    c->options.on_return(c->options.owner);
    return true;
}

/* How long to sleep: for ever without a chunk, else until it is old enough. Gives it away when it is. */
static int age_chunk(struct classifier *c)
{
    if (!c->chunk || c->chunk->count == 0) {
        return -1;
    }
    uint64_t age_ms = (clock_now_ns() - c->chunk->born_ns) / 1000000u;
    if (age_ms >= c->options.chunk_age_ms) {
        give_chunk(c);
        return -1;
    }
    return (int)(c->options.chunk_age_ms - age_ms) + 1;
}

static void *run(void *arg)
{
    struct classifier *c = arg;
    for (;;) {
        if (classify_what_is_there(c)) {
            (void)age_chunk(c);
            continue;
        }
        doorbell_listen(&c->bell);
        /* Acquire: pairs with classifier_stop; what was given before it is seen by the take that follows. */
        bool is_ending = atomic_load_explicit(&c->is_ending, memory_order_acquire);
        if (classify_what_is_there(c)) {
            doorbell_ignore(&c->bell);
            continue;
        }
        if (is_ending) {
            doorbell_ignore(&c->bell);
            break;
        }
        doorbell_sleep(&c->bell, age_chunk(c));
    }
    if (c->chunk) {
        give_chunk(c);
    }
    return NULL;
}

int classifier_start(struct classifier **out, const struct classifier_options *options)
{
    struct classifier *c = calloc(1, sizeof(*c));
    if (!c) {
        return -ENOMEM;
    }
    c->options = *options;
    c->memory = malloc(SCRATCH_SIZE);
    int err = -ENOMEM;
    if (!c->memory || !handover_init(&c->in, options->slots) || !handover_init(&c->out, options->slots)) {
        goto free_all;
    }
    arena_init(&c->scratch, c->memory, SCRATCH_SIZE, SCRATCH_LIMIT);
    err = doorbell_open(&c->bell);
    if (err < 0) {
        goto free_all;
    }
    err = -pthread_create(&c->thread, NULL, run, c);
    if (err < 0) {
        goto free_all;
    }
    *out = c;
    return 0;

free_all:
    classifier_free(c);
    return err;
}

void classifier_give(struct classifier *c, struct domain_scan *scan)
{
    while (!handover_give(&c->in, scan)) { /* never: the ring has room for all slots */
    }
}

void classifier_wake(struct classifier *c)
{
    doorbell_ring(&c->bell);
}

struct domain_scan *classifier_take_back(struct classifier *c)
{
    return handover_take(&c->out);
}

void classifier_stop(struct classifier *c)
{
    atomic_store_explicit(&c->is_ending, true, memory_order_release);
    doorbell_ring(&c->bell);
    pthread_join(c->thread, NULL);
}

void classifier_free(struct classifier *c)
{
    if (!c) {
        return;
    }
    if (c->bell.fd > 0) {
        doorbell_close(&c->bell);
    }
    if (c->scratch.first) {
        arena_reset(&c->scratch);
    }
    handover_deinit(&c->in);
    handover_deinit(&c->out);
    free(c->memory);
    free(c);
}

uint64_t classifier_lost(const struct classifier *c)
{
    return c->lost;
}
