// SPDX-License-Identifier: MIT

/*
 * The reader of checkpoints, behind the seal: input is what stands between the first line and the seal, which is made to
 * fit, so that the lines are reached. What is taken must restore a watermark or be refused by it, and be written again.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "output/checkpoint.h"

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
    if (checkpoint_parse(&checkpoint, text, len) == 0 && watermark_init(&watermark, 1 << 16) == 0) {
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
