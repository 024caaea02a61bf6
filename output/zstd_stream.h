// SPDX-License-Identifier: MIT
#pragma once

/*
 * One zstd frame (RFC 8878) after another, each with a content checksum, into a sink.
 *
 * A frame begins with the first bytes written and lasts until zstd_stream_end(). What was flushed can be read whatever
 * happens later. A frame that ends at a flushed offset is torn, not lost: zstd_frame_close_bytes() gives what makes it
 * whole: an empty last block (3.1.1.2) and the content checksum (3.1.1), the low 32 bits of XXH64 over the content. So
 * the stream keeps that hash beside the compressor's own.
 *
 * Errors: a negative errno, the sink's or -ENOMEM; then the frame is torn at an unknown place and every later call
 * gives the same error.
 *
 * Threads: one at a time, none of its own.  Memory: heap, fixed after the first write.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "output/must_use.h"

struct zstd_stream;

/* Takes compressed bytes, all of them; 0 or a negative errno. */
typedef int (*zstd_sink)(void *owner, const void *bytes, size_t len);

/* What a checkpoint keeps of the frame that is open; valid for an offset only right after a flush. */
struct zstd_frame_state {
    bool is_open;      /* bytes of a frame stand in the sink, its end does not */
    uint32_t checksum; /* of the frame's content so far; 0 when not open */
};

/* Levels as in zstd(1): from -7 (fast) to 22; any other: -EINVAL. */
MUST_USE int zstd_stream_new(struct zstd_stream **out, int level, zstd_sink sink, void *owner);
void zstd_stream_free(struct zstd_stream *stream);

/* Adds content. len 0 opens no frame. */
MUST_USE int zstd_stream_write(struct zstd_stream *stream, const void *bytes, size_t len);

/* All content so far is with the sink, as whole blocks. Nothing happens when no frame is open. */
MUST_USE int zstd_stream_flush(struct zstd_stream *stream);

/* Ends the frame; with none open, writes an empty one. The next write begins another. */
MUST_USE int zstd_stream_end(struct zstd_stream *stream);

/* A frame was begun by a write and not yet ended. */
bool zstd_stream_has_content(const struct zstd_stream *stream);

/* The state after the last flush or end. */
struct zstd_frame_state zstd_stream_state(const struct zstd_stream *stream);

/* Content taken in and compressed bytes given out, over all frames. */
uint64_t zstd_stream_bytes_in(const struct zstd_stream *stream);
uint64_t zstd_stream_bytes_out(const struct zstd_stream *stream);

enum { ZSTD_FRAME_CLOSE_SIZE = 3 + 4 };

/* What ends a frame that was cut right after a flush: the state is of that flush, and its is_open is true. */
void zstd_frame_close_bytes(struct zstd_frame_state state, uint8_t out[ZSTD_FRAME_CLOSE_SIZE]);
