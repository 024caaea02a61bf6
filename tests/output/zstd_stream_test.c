// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "output/zstd_stream.h"
#include "tests/support/unzstd.h"

enum { CONTENT_SIZE = 3 << 20 };

struct kept {
    char bytes[8 << 20];
    size_t len;
    size_t room; /* fails with -ENOSPC beyond */
};

static struct kept kept;
static char content[CONTENT_SIZE];

static int keep(void *owner, const void *bytes, size_t len)
{
    struct kept *k = owner;
    if (len > k->room - k->len) {
        return -ENOSPC;
    }
    memcpy(k->bytes + k->len, bytes, len);
    k->len += len;
    return 0;
}

/* Lines that compress as records do. */
static int make_content(void **state)
{
    (void)state;
    size_t at = 0;
    for (unsigned i = 0; at < CONTENT_SIZE; i++) {
        char line[128];
        int len = snprintf(line, sizeof(line), "{\"seq\":%u,\"domain\":\"n%u.example\",\"posture\":\"unprotected\"}\n", i, i * 2654435761u);
        size_t n = (size_t)len < CONTENT_SIZE - at ? (size_t)len : CONTENT_SIZE - at;
        memcpy(content + at, line, n);
        at += n;
    }
    return 0;
}

static struct zstd_stream *begin(int level)
{
    struct zstd_stream *stream;
    kept.len = 0;
    kept.room = sizeof(kept.bytes);
    assert_int_equal(zstd_stream_new(&stream, level, keep, &kept), 0);
    return stream;
}

static void assert_decodes(size_t len, size_t content_len, size_t frames)
{
    struct unzstd read = unzstd_bytes(kept.bytes, len);
    if (read.error) {
        fail_msg("cut at %zu: %s", len, read.error);
    }
    assert_true(read.is_whole);
    assert_int_equal(read.frames, frames);
    assert_int_equal(read.len, content_len);
    assert_memory_equal(read.bytes, content, content_len);
    free(read.bytes);
}

static void a_run_is_one_frame_with_a_checksum(void **state)
{
    (void)state;
    static const int levels[] = { -7, -1, 1, 3, 9 };
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        struct zstd_stream *stream = begin(levels[i]);
        for (size_t at = 0; at < CONTENT_SIZE; at += 40000) {
            size_t n = CONTENT_SIZE - at < 40000 ? CONTENT_SIZE - at : 40000;
            assert_int_equal(zstd_stream_write(stream, content + at, n), 0);
            if (at % 120000 == 0) {
                assert_int_equal(zstd_stream_flush(stream), 0);
            }
        }
        assert_int_equal(zstd_stream_end(stream), 0);
        assert_false(zstd_stream_state(stream).is_open);
        assert_true(zstd_stream_bytes_in(stream) == CONTENT_SIZE && zstd_stream_bytes_out(stream) == kept.len);
        assert_true((kept.bytes[4] & 4) != 0); /* Content_Checksum_flag, RFC 8878 3.1.1.1.1 */
        assert_decodes(kept.len, CONTENT_SIZE, 1);
        zstd_stream_free(stream);
    }
}

static void what_was_flushed_can_be_read(void **state)
{
    (void)state;
    struct zstd_stream *stream = begin(1);
    for (size_t at = 0; at < 100000; at += 1000) {
        assert_int_equal(zstd_stream_write(stream, content + at, 1000), 0);
        assert_int_equal(zstd_stream_flush(stream), 0);
        struct unzstd read = unzstd_bytes(kept.bytes, kept.len);
        assert_null(read.error);
        assert_false(read.is_whole);
        assert_int_equal(read.len, at + 1000);
        free(read.bytes);
    }
    zstd_stream_free(stream);
}

/* Cut at the flushed offset, closed by the bytes, gone on with in a second frame: RFC 8878 3.1. */
static void a_torn_frame_is_closed_and_another_follows(void **state)
{
    (void)state;
    static const size_t cuts[] = { 1, 7, 1000, 131071, 131072, 131073, 2000000 };
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        struct zstd_stream *stream = begin(3);
        uint8_t close_bytes[ZSTD_FRAME_CLOSE_SIZE];
        assert_int_equal(zstd_stream_write(stream, content, cuts[i] / 2), 0);
        assert_int_equal(zstd_stream_flush(stream), 0);
        assert_int_equal(zstd_stream_write(stream, content + cuts[i] / 2, cuts[i] - cuts[i] / 2), 0);
        assert_int_equal(zstd_stream_flush(stream), 0);
        struct zstd_frame_state frame = zstd_stream_state(stream);
        size_t durable = kept.len;
        assert_true(frame.is_open);
        assert_int_equal(zstd_stream_write(stream, content, 500000), 0); /* lost in the crash */
        zstd_stream_free(stream);

        stream = begin(3);
        kept.len = durable;
        zstd_frame_close_bytes(frame, close_bytes);
        assert_int_equal(keep(&kept, close_bytes, sizeof(close_bytes)), 0);
        assert_decodes(kept.len, cuts[i], 1);
        assert_int_equal(zstd_stream_write(stream, content + cuts[i], CONTENT_SIZE - cuts[i]), 0);
        assert_int_equal(zstd_stream_end(stream), 0);
        assert_decodes(kept.len, CONTENT_SIZE, 2);
        zstd_stream_free(stream);

        kept.bytes[durable + 3] ^= 1; /* and the checksum counts */
        struct unzstd read = unzstd_bytes(kept.bytes, kept.len);
        assert_non_null(read.error);
        free(read.bytes);
    }
}

static void nothing_written_is_one_empty_frame(void **state)
{
    (void)state;
    struct zstd_stream *stream = begin(1);
    assert_int_equal(zstd_stream_write(stream, "", 0), 0);
    assert_int_equal(zstd_stream_flush(stream), 0);
    assert_int_equal(kept.len, 0);
    assert_false(zstd_stream_state(stream).is_open || zstd_stream_has_content(stream));
    assert_int_equal(zstd_stream_end(stream), 0);
    assert_decodes(kept.len, 0, 1);
    zstd_stream_free(stream);
}

static void an_error_of_the_sink_stays(void **state)
{
    (void)state;
    struct zstd_stream *stream = begin(1);
    kept.room = 1000;
    assert_int_equal(zstd_stream_write(stream, content, 1000), 0);
    int err = zstd_stream_write(stream, content, CONTENT_SIZE);
    assert_int_equal(err, -ENOSPC);
    kept.room = sizeof(kept.bytes); /* room again: but what was lost is lost */
    assert_int_equal(zstd_stream_write(stream, content, 1), -ENOSPC);
    assert_int_equal(zstd_stream_flush(stream), -ENOSPC);
    assert_int_equal(zstd_stream_end(stream), -ENOSPC);
    zstd_stream_free(stream);
}

static void levels_beyond_are_refused(void **state)
{
    (void)state;
    struct zstd_stream *stream;
    assert_int_equal(zstd_stream_new(&stream, 23, keep, &kept), -EINVAL);
    assert_int_equal(zstd_stream_new(&stream, -8, keep, &kept), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_one_frame_with_a_checksum),
        cmocka_unit_test(what_was_flushed_can_be_read),
        cmocka_unit_test(a_torn_frame_is_closed_and_another_follows),
        cmocka_unit_test(nothing_written_is_one_empty_frame),
        cmocka_unit_test(an_error_of_the_sink_stays),
        cmocka_unit_test(levels_beyond_are_refused),
    };
    return cmocka_run_group_tests(tests, make_content, NULL);
}
