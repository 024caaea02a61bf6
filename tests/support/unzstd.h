// SPDX-License-Identifier: MIT
#pragma once

/*
 * What `zstd -dc` makes of some bytes: all frames in a row, checksums verified, by libzstd's streaming decompressor.
 */

#include <stdbool.h>
#include <stddef.h>

struct unzstd {
    char *bytes;        /* all that could be decoded, NUL behind; free() */
    size_t len;
    size_t frames;      /* ended whole */
    bool is_whole;      /* the input ends where a frame ends */
    const char *error;  /* NULL: none so far (the input may still end inside a frame) */
};

struct unzstd unzstd_bytes(const void *bytes, size_t len);
