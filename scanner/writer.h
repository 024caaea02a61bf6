// SPDX-License-Identifier: MIT
#pragma once

/*
 * The thread that owns the output: takes chunks, appends, and every few seconds makes what was appended durable and says
 * so in the checkpoint.
 *
 * A failure is kept; from then on chunks are taken, counted as lost and given back, so that nobody waits for ever; on_event
 * tells the loop, which stops the run. What was durable before stays valid.
 *
 * Threads: writer_start .. writer_finish from one thread; writer_give_chunk from the classifier of that number.
 */

#include "output/checkpoint.h"
#include "output/result_file.h"
#include "scanner/chunk.h"

struct writer;

struct writer_options {
    struct result_file *file;        /* started or resumed; the writer's until writer_finish returns */
    struct checkpoint *checkpoint;   /* identity and options filled in; NULL: none is kept (a stream) */
    const char *checkpoint_path;
    struct watermark *watermark;     /* restored when resuming; NULL with checkpoint NULL */
    struct tally already;            /* what a resumed run has written before */
    uint64_t checkpoint_every_ms;
    size_t producers;                /* classifiers */
    size_t chunks_per_producer;
    int (*before_done)(void *owner, const struct tally *tally); /* writer_finish: the output is complete, its checkpoint
                                        still there. 0 or a negative errno; NULL: nothing to do */
    void (*on_event)(void *owner);   /* from the writer's thread: a failure, or the reader of a stream is gone */
    void *owner;
};

/* Any one thread: what all processes of this run have spent so far, for the checkpoint. */
void writer_note_effort(struct writer *writer, const struct effort *effort);

enum writer_state { WRITER_RUNS, WRITER_FAILED, WRITER_READER_GONE };

/* 0 or a negative errno. */
MUST_USE int writer_start(struct writer **out, const struct writer_options *options);

/* A chunk to fill; waits while all are on their way (a slow disk stops the classifier, and so admission). */
struct chunk *writer_take_empty(struct writer *writer, size_t producer);
void writer_give_chunk(struct writer *writer, size_t producer, struct chunk *chunk);

/* Any thread. */
enum writer_state writer_get_state(const struct writer *writer);

struct writer_progress {
    uint64_t records, unknown;       /* appended, those before a resume included */
    uint64_t bytes;                  /* of the output */
};
struct writer_progress writer_get_progress(const struct writer *writer);

/*
 * After the last chunk was given: joins the thread. When `is_complete` the output is finished and the checkpoint removed;
 * else it is synced and the checkpoint written. 0 or the negative of an enum result_failure; words in
 * result_file_trouble(file), or in writer_words() when it is the checkpoint that failed.
 */
MUST_USE int writer_finish(struct writer *writer, bool is_complete);

/* Any thread: of the records appended so far. */
void writer_get_tally(struct writer *writer, struct tally *out);

/* After writer_finish. */
const struct tally *writer_tally(const struct writer *writer);
const char *writer_words(const struct writer *writer);
void writer_free(struct writer *writer);
