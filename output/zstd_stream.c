// SPDX-License-Identifier: MIT
#include "output/zstd_stream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

enum { LEVEL_MIN = -7, LEVEL_MAX = 22 };

struct zstd_stream {
    ZSTD_CCtx *compressor;
    XXH64_state_t *hash; /* of the frame's content, as the compressor computes it for itself */
    zstd_sink sink;
    void *owner;
    void *out;
    size_t out_size;
    uint64_t bytes_in, bytes_out;
    bool has_content;              /* of the frame: its header may still be inside the compressor */
    struct zstd_frame_state state; /* as of the last flush or end */
    int error;                     /* sticky */
};

static int compressor_new(ZSTD_CCtx **out, int level)
{
    ZSTD_CCtx *compressor = ZSTD_createCCtx();
    if (compressor == NULL) {
        return -ENOMEM;
    }
    if (ZSTD_isError(ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, level)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(compressor, ZSTD_c_checksumFlag, 1))) {
        ZSTD_freeCCtx(compressor);
        return -EINVAL;
    }
    *out = compressor;
    return 0;
}

int zstd_stream_new(struct zstd_stream **out, int level, zstd_sink sink, void *owner)
{
    if (level < LEVEL_MIN || level > LEVEL_MAX) {
        return -EINVAL;
    }
    int err = -ENOMEM;
    struct zstd_stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL) {
        return err;
    }
    stream->sink = sink;
    stream->owner = owner;
    stream->out_size = ZSTD_CStreamOutSize();
    stream->out = malloc(stream->out_size);
    if (stream->out == NULL) {
        goto free_stream;
    }
    stream->hash = XXH64_createState();
    if (stream->hash == NULL) {
        goto free_out;
    }
    err = compressor_new(&stream->compressor, level);
    if (err < 0) {
        goto free_hash;
    }
    XXH64_reset(stream->hash, 0);
    *out = stream;
    return 0;

free_hash:
    XXH64_freeState(stream->hash);
free_out:
    free(stream->out);
free_stream:
    free(stream);
    return err;
}

void zstd_stream_free(struct zstd_stream *stream)
{
    if (stream == NULL) {
        return;
    }
    ZSTD_freeCCtx(stream->compressor);
    XXH64_freeState(stream->hash);
    free(stream->out);
    free(stream);
}

/* Runs the compressor until it wants nothing more of this step: all input taken, or all that is inside given out. */
static int run(struct zstd_stream *stream, ZSTD_inBuffer *in, ZSTD_EndDirective step)
{
    for (;;) {
        ZSTD_outBuffer out = { stream->out, stream->out_size, 0 };
        size_t left = ZSTD_compressStream2(stream->compressor, &out, in, step);
        if (ZSTD_isError(left)) {
            stream->error = -ENOMEM; /* nothing else can fail here: parameters and order are ours */
            return stream->error;
        }
        if (out.pos > 0) {
            int err = stream->sink(stream->owner, stream->out, out.pos);
            if (err < 0) {
                stream->error = err;
                return err;
            }
            stream->bytes_out += out.pos;
        }
        if (step == ZSTD_e_continue ? in->pos == in->size : left == 0) {
            return 0;
        }
    }
}

int zstd_stream_write(struct zstd_stream *stream, const void *bytes, size_t len)
{
    if (stream->error < 0 || len == 0) {
        return stream->error;
    }
    XXH64_update(stream->hash, bytes, len);
    stream->bytes_in += len;
    stream->has_content = true;
    ZSTD_inBuffer in = { bytes, len, 0 };
    return run(stream, &in, ZSTD_e_continue);
}

int zstd_stream_flush(struct zstd_stream *stream)
{
    if (stream->error < 0 || !stream->has_content) {
        return stream->error;
    }
    ZSTD_inBuffer nothing = { NULL, 0, 0 };
    int err = run(stream, &nothing, ZSTD_e_flush);
    if (err < 0) {
        return err;
    }
    stream->state = (struct zstd_frame_state){ true, (uint32_t)XXH64_digest(stream->hash) };
    return 0;
}

int zstd_stream_end(struct zstd_stream *stream)
{
    if (stream->error < 0) {
        return stream->error;
    }
    ZSTD_inBuffer nothing = { NULL, 0, 0 };
    int err = run(stream, &nothing, ZSTD_e_end);
    if (err < 0) {
        return err;
    }
    XXH64_reset(stream->hash, 0);
    stream->has_content = false;
    stream->state = (struct zstd_frame_state){ 0 };
    return 0;
}

bool zstd_stream_has_content(const struct zstd_stream *stream)
{
    return stream->has_content;
}

struct zstd_frame_state zstd_stream_state(const struct zstd_stream *stream)
{
    return stream->state;
}

uint64_t zstd_stream_bytes_in(const struct zstd_stream *stream)
{
    return stream->bytes_in;
}

uint64_t zstd_stream_bytes_out(const struct zstd_stream *stream)
{
    return stream->bytes_out;
}

void zstd_frame_close_bytes(struct zstd_frame_state state, uint8_t out[ZSTD_FRAME_CLOSE_SIZE])
{
    assert(state.is_open);
    /* Block_Header, little endian: Last_Block 1, Block_Type 0 (raw), Block_Size 0. RFC 8878 section 3.1.1.2. */
    out[0] = 1;
    out[1] = 0;
    out[2] = 0;
    for (unsigned i = 0; i < 4; i++) {
        out[3 + i] = (uint8_t)(state.checksum >> (8 * i));
    }
}
