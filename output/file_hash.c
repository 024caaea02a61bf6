// SPDX-License-Identifier: MIT
#include "output/file_hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

enum { BLOCK_SIZE = 1 << 18 };

static int hash_stream(FILE *file, XXH3_state_t *state, char *block, uint64_t *bytes)
{
    uint64_t total = 0;
    size_t got;
    XXH3_64bits_reset(state);
    while ((got = fread(block, 1, BLOCK_SIZE, file)) > 0) {
        XXH3_64bits_update(state, block, got);
        total += got;
    }
    if (ferror(file)) {
        return -EIO;
    }
    *bytes = total;
    return 0;
}

int file_hash(const char *path, uint64_t *bytes, uint64_t *xxh3)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        return -errno;
    }
    XXH3_state_t *state = XXH3_createState();
    char *block = malloc(BLOCK_SIZE);
    int err = state && block ? hash_stream(file, state, block, bytes) : -ENOMEM;
    if (err == 0) {
        *xxh3 = XXH3_64bits_digest(state);
    }
    free(block);
    XXH3_freeState(state);
    fclose(file);
    return err;
}
