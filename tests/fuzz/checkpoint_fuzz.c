// SPDX-License-Identifier: MIT

/*
 * The reader of checkpoints, behind the seal: input is what stands between the first line and the seal, which is made to
 * fit, so that the lines are reached. What is taken must restore a watermark or be refused by it, and be the same when it
 * is written and read again.
 */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "output/checkpoint.h"

/* In memory where there is such a place: a million fsyncs are too many for a disk. One for each process: several may run. */
static const char *scratch_path(void)
{
    static char path[64];
    if (path[0] == '\0') {
        snprintf(path, sizeof(path), "%s/trifecta-checkpoint-fuzz-%ld", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
    }
    return path;
}

static void assert_same(const struct checkpoint *a, const struct checkpoint *b)
{
    struct checkpoint_difference unused;
    for (enum checkpoint_kind kind = 0; kind < CHECKPOINT_KIND_COUNT; kind++) {
        assert(checkpoint_agrees(a, b, kind, &unused));
    }
    assert(a->pair_count == b->pair_count && a->counter_count == b->counter_count && a->part_count == b->part_count);
    for (size_t i = 0; i < a->counter_count; i++) {
        uint64_t value;
        assert(checkpoint_get_counter(b, a->counters[i].name, &value) && value == a->counters[i].value);
    }
    assert(a->part_count == 0 || memcmp(a->parts, b->parts, a->part_count * sizeof(*a->parts)) == 0);
    const struct result_position *p = &a->position, *q = &b->position;
    assert(a->seed == b->seed && a->resumed == b->resumed && a->lowest == b->lowest);
    assert(p->offset == q->offset && p->uncompressed_bytes == q->uncompressed_bytes && p->frames == q->frames);
    assert(p->frame.is_open == q->frame.is_open && p->frame.checksum == q->frame.checksum && p->tail_xxh64 == q->tail_xxh64);
    assert(p->part == q->part && p->part_begin == q->part_begin && p->part_records == q->part_records);
    assert(a->above_len == b->above_len && (a->above_len == 0 || memcmp(a->above, b->above, a->above_len) == 0));
}

static void write_and_read(const struct checkpoint *taken)
{
    struct checkpoint again;
    checkpoint_init(&again);
    if (checkpoint_write(taken, scratch_path()) != 0 || checkpoint_read(&again, scratch_path()) != 0) {
        abort();
    }
    assert_same(taken, &again);
    checkpoint_deinit(&again);
    unlink(scratch_path());
}

static void seal_and_parse(const uint8_t *data, size_t size)
{
    static const char head[] = "trifecta-checkpoint 2\n";
    size_t head_len = sizeof(head) - 1;
    char *text = malloc(head_len + size + 64);
    if (text == NULL) {
        abort();
    }
    memcpy(text, head, head_len);
    memcpy(text + head_len, data, size);
    size_t len = head_len + size;
    len += (size_t)snprintf(text + len, 64, "xxh64 %016llx\n", (unsigned long long)XXH64(text, len, 0));
    text = realloc(text, len); /* exact: one byte too far is seen */
    if (text == NULL) {
        abort();
    }

    struct checkpoint checkpoint;
    struct watermark watermark;
    checkpoint_init(&checkpoint);
    bool is_taken = checkpoint_parse(&checkpoint, text, len) == 0;
    if (is_taken) {
        write_and_read(&checkpoint);
    }
    if (is_taken && watermark_init(&watermark, 1 << 16) == 0) {
        if (watermark_restore(&watermark, checkpoint.lowest, checkpoint.above, checkpoint.above_len) == 0) {
            if (watermark_bytes_len(&watermark) != checkpoint.above_len || watermark_count(&watermark) < watermark.lowest) {
                abort();
            }
            for (uint64_t i = 0; i < 200; i++) {
                (void)!watermark_add(&watermark, watermark.lowest + i * i);
            }
        }
        watermark_deinit(&watermark);
    }
    checkpoint_deinit(&checkpoint);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct checkpoint raw;
    checkpoint_init(&raw);
    if (checkpoint_parse(&raw, (const char *)data, size) == 0) {
        checkpoint_deinit(&raw);
    }
    seal_and_parse(data, size);
    return 0;
}
