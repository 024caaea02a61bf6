// SPDX-License-Identifier: MIT
#include "scanner/chunk.h"

#include <stdlib.h>

struct chunk *chunk_new(void)
{
    struct chunk *chunk = calloc(1, sizeof(*chunk));
    if (chunk && !json_buffer_init_heap(&chunk->text, CHUNK_TEXT_SIZE + CHUNK_TEXT_SIZE / 4, CHUNK_TEXT_LIMIT)) {
        free(chunk);
        return NULL;
    }
    return chunk;
}

void chunk_free(struct chunk *chunk)
{
    if (chunk) {
        json_buffer_deinit(&chunk->text);
        free(chunk);
    }
}

void chunk_empty(struct chunk *chunk)
{
    chunk->text.len = 0;
    chunk->count = 0;
    chunk->tally = (struct tally){ 0 };
}
