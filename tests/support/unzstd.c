// SPDX-License-Identifier: MIT
#include "tests/support/unzstd.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

static void keep(struct unzstd *out, const char *bytes, size_t len)
{
    char *grown = realloc(out->bytes, out->len + len + 1);
    if (!grown) {
        abort();
    }
    out->bytes = grown;
    memcpy(out->bytes + out->len, bytes, len);
    out->len += len;
    out->bytes[out->len] = '\0';
}

struct unzstd unzstd_bytes(const void *bytes, size_t len)
{
    static char piece[1 << 16];
    struct unzstd out = { .is_whole = len > 0 };
    ZSTD_DCtx *decompressor = ZSTD_createDCtx();
    ZSTD_inBuffer in = { bytes, len, 0 };
    size_t left = 0;
    keep(&out, "", 0);
    for (;;) {
        ZSTD_outBuffer to = { piece, sizeof(piece), 0 };
        size_t before = in.pos;
        left = ZSTD_decompressStream(decompressor, &to, &in);
        if (ZSTD_isError(left)) {
            out.error = ZSTD_getErrorName(left);
            out.is_whole = false;
            break;
        }
        keep(&out, piece, to.pos);
        out.frames += left == 0 && in.pos > before;
        if (in.pos == len && (left == 0 || to.pos < to.size)) {
            out.is_whole = out.is_whole && left == 0;
            break;
        }
    }
    ZSTD_freeDCtx(decompressor);
    return out;
}
