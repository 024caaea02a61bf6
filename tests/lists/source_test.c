// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lists/source.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { NOISE_LEN = 600000 }; /* several times what is read at once, also when it is compressed */

static char path[] = "/tmp/trifecta-source-XXXXXX";
static char noise[NOISE_LEN], packed[2 * NOISE_LEN], got[2 * NOISE_LEN];

static int make_file(void **state)
{
    (void)state;
    uint64_t x = 1;
    for (size_t i = 0; i < NOISE_LEN; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
        noise[i] = i % 64 == 63 ? '\n' : (char)(' ' + (x >> 58));
    }
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void put(const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static struct source *open_path(const char *name)
{
    struct source *s = NULL;
    assert_int_equal(source_open(&s, name, NULL, NULL), 0);
    return s;
}

/* To the end of all members, into got[]; the length or the error. */
static ssize_t read_all(struct source *s)
{
    size_t len = 0;
    for (;;) {
        ssize_t n = source_read(s, got + len, sizeof(got) - len, true);
        if (n == 0) {
            n = source_next_member(s);
            if (n <= 0) {
                return n < 0 ? n : (ssize_t)len;
            }
            continue;
        }
        if (n < 0) {
            return n;
        }
        len += (size_t)n;
    }
}

static void assert_hash(struct source *s, const void *bytes, size_t len)
{
    uint64_t xxh3 = 0;
    assert_int_equal(source_finish(s, &xxh3), 0);
    assert_true(xxh3 == XXH3_64bits(bytes, len));
}

static const struct packing {
    int filter; /* of libarchive; -1: zip */
    const char *name;
} packings[] = {
    { ARCHIVE_FILTER_GZIP, "gzip" }, { ARCHIVE_FILTER_ZSTD, "zstd" }, { ARCHIVE_FILTER_XZ, "xz" },
    { ARCHIVE_FILTER_BZIP2, "bzip2" }, { -1, "zip" },
};
enum { PACKING_COUNT = sizeof(packings) / sizeof(packings[0]) };

static size_t pack(const struct packing *p)
{
    size_t used = 0;
    struct archive *a = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    if (p->filter < 0) {
        archive_write_set_format_zip(a);
    } else {
        archive_write_set_format_raw(a);
        archive_write_add_filter(a, p->filter);
    }
    archive_write_set_bytes_in_last_block(a, 1);
    assert_int_equal(archive_write_open_memory(a, packed, sizeof(packed), &used), ARCHIVE_OK);
    archive_entry_set_pathname(entry, "x");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, NOISE_LEN);
    assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(a, noise, NOISE_LEN), NOISE_LEN);
    archive_entry_free(entry);
    archive_write_close(a);
    archive_write_free(a);
    return used;
}

static void a_file_is_read_whole_and_hashed_as_it_lies_there(void **state)
{
    (void)state;
    put(noise, NOISE_LEN);
    struct source *s = open_path(path);
    assert_true(source_is_regular(s));
    assert_string_equal(source_compression(s), "none");
    assert_true(source_size(s) == NOISE_LEN && source_position(s) == 0);
    assert_int_equal(read_all(s), NOISE_LEN);
    assert_memory_equal(got, noise, NOISE_LEN);
    assert_true(source_position(s) == NOISE_LEN);
    assert_hash(s, noise, NOISE_LEN);
    source_close(s);
    for (size_t i = 0; i < PACKING_COUNT; i++) {
        size_t len = pack(&packings[i]);
        put(packed, len);
        s = open_path(path);
        assert_int_equal(read_all(s), NOISE_LEN);
        assert_memory_equal(got, noise, NOISE_LEN);
        assert_string_equal(source_compression(s), packings[i].name);
        assert_hash(s, packed, len);
        source_close(s);
    }
}

/* Done early: the hash is that of the whole file all the same. */
static void a_hash_needs_no_reading_to_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKING_COUNT; i++) {
        size_t len = pack(&packings[i]);
        put(packed, len);
        struct source *s = open_path(path);
        assert_true(source_read(s, got, 100, true) > 0);
        assert_hash(s, packed, len);
        source_close(s);
    }
}

/* Cut anywhere behind its first bytes: an error that names the compression, never a short list. */
static void a_cut_file_is_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKING_COUNT; i++) {
        size_t len = pack(&packings[i]);
        for (size_t eighth = 1; eighth < 8; eighth++) {
            put(packed, len * eighth / 8);
            struct source *s = open_path(path);
            ssize_t n = read_all(s);
            if (n != -EBADMSG || !strstr(source_error(s), "damaged") || !strstr(source_error(s), packings[i].name)) {
                fail_msg("%s cut at %zu/8: %zd %s", packings[i].name, eighth, n, source_error(s));
            }
            source_close(s);
        }
    }
}

static void text_that_begins_like_an_archive_is_text(void **state)
{
    (void)state;
    static const char *const texts[] = { "BZhouse.example\n", "BZh", "BZ", "PK", "PKzip.example\n", "\x1f\x8b\x07", "" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put(texts[i], strlen(texts[i]));
        struct source *s = open_path(path);
        assert_int_equal(read_all(s), strlen(texts[i]));
        assert_memory_equal(got, texts[i], strlen(texts[i]));
        assert_string_equal(source_compression(s), "none");
        source_close(s);
    }
}

static void what_cannot_be_opened_or_read_says_why(void **state)
{
    (void)state;
    struct source *s = NULL;
    assert_int_equal(source_open(&s, "/nowhere/list", NULL, NULL), -ENOENT);
    assert_int_equal(source_open(&s, "/tmp", NULL, NULL), -EISDIR);
    assert_null(s);
    s = open_path("/proc/self/mem"); /* nothing is mapped at its beginning */
    assert_int_equal(source_read(s, got, sizeof(got), true), -EIO);
    assert_string_equal(source_error(s), strerror(EIO));
    source_close(s);
    source_close(NULL);
}

/* --- standard input, pipes --- */

/* Puts fd in the place of standard input; what it gives back goes to take_back. */
static int lend_stdin(int fd)
{
    int kept = dup(STDIN_FILENO);
    assert_true(kept >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    return kept;
}

static void take_back(int kept)
{
    assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
    close(kept);
}

/* Whoever shares the descriptor, as the commands of one shell line do, must not see its offset move. */
static void a_file_as_stdin_is_read_from_where_it_stands(void **state)
{
    (void)state;
    put("skipped\na.com\n", 14);
    int fd = open(path, O_RDONLY);
    assert_int_equal(lseek(fd, 8, SEEK_SET), 8);
    int kept = lend_stdin(fd);
    struct source *s = open_path("-");
    assert_true(source_is_regular(s));
    assert_true(source_position(s) == 8);
    assert_int_equal(read_all(s), 6);
    assert_memory_equal(got, "a.com\n", 6);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 8);
    source_close(s);
    take_back(kept);
    close(fd);
}

/* A descriptor that cannot be read is no regular file for us: it is told when it is read. */
static void a_stdin_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int kept = lend_stdin(ends[1]);
    struct source *s = open_path("-");
    assert_false(source_is_regular(s));
    close(ends[0]); /* then poll has something to tell */
    assert_int_equal(source_read(s, got, sizeof(got), true), -EBADF);
    source_close(s);
    take_back(kept);
    close(ends[1]);
    kept = dup(STDIN_FILENO);
    close(STDIN_FILENO);
    s = NULL;
    assert_int_equal(source_open(&s, "-", NULL, NULL), -EBADF);
    take_back(kept);
}

struct patience {
    int looks; /* how often it says to go on */
};

static bool has_lost_patience(void *arg)
{
    struct patience *p = arg;
    return p->looks-- <= 0;
}

static void a_silent_pipe_is_waited_for_only_when_wanted(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int kept = lend_stdin(ends[0]);
    struct patience patience = { .looks = 100 };
    struct source *s = NULL;
    assert_int_equal(source_open(&s, "-", has_lost_patience, &patience), 0);
    assert_false(source_is_regular(s));
    assert_true(source_size(s) == 0 && source_position(s) == 0);
    assert_int_equal(write(ends[1], "a.com\nb", 7), 7);
    assert_int_equal(source_read(s, got, 3, true), 3); /* what was looked at is given out in pieces */
    assert_int_equal(source_read(s, got + 3, 100, false), 4);
    assert_memory_equal(got, "a.com\nb", 7);
    assert_int_equal(source_read(s, got, sizeof(got), false), -EAGAIN);
    assert_int_equal(write(ends[1], ".com\n", 5), 5);
    assert_int_equal(source_read(s, got, sizeof(got), false), 5);
    patience.looks = 2; /* before the read, after the first silence, after the second */
    assert_int_equal(source_read(s, got, sizeof(got), true), -ECANCELED);
    assert_string_equal(source_error(s), "stopped");
    patience.looks = 100;
    close(ends[1]);
    assert_int_equal(source_read(s, got, sizeof(got), true), 0);
    assert_int_equal(source_next_member(s), 0);
    assert_hash(s, "a.com\nb.com\n", 12);
    source_close(s);
    take_back(kept);
    close(ends[0]);
}

/* The stop reaches through the decompressor, and is not taken for damage. */
static void a_stop_within_compressed_data_is_a_stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < PACKING_COUNT; i++) {
        put(packed, pack(&packings[i]));
        unsigned stopped = 0;
        ssize_t n = -ECANCELED;
        for (int looks = 0; n == -ECANCELED; looks++) {
            struct patience patience = { .looks = looks };
            struct source *s = NULL;
            assert_int_equal(source_open(&s, path, has_lost_patience, &patience), 0);
            n = read_all(s);
            stopped += n == -ECANCELED;
            if (n != -ECANCELED && n != NOISE_LEN) {
                fail_msg("%s after %d looks: %zd %s", packings[i].name, looks, n, source_error(s));
            }
            source_close(s);
        }
        assert_true(stopped >= 3);
    }
}

static void identity_is_of_both_ends_and_the_size(void **state)
{
    (void)state;
    static char big[200000];
    memcpy(big, noise, sizeof(big));
    put(big, sizeof(big));
    struct source *s = open_path(path);
    uint64_t first = 0, again = 0;
    assert_int_equal(source_identity(s, &first), 0);
    assert_true(first != 0 && source_position(s) == 0);
    source_close(s);
    static const size_t changed[] = { 0, 65535, sizeof(big) - 65536, sizeof(big) - 1 };
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        big[changed[i]] ^= 1;
        put(big, sizeof(big));
        s = open_path(path);
        assert_int_equal(source_identity(s, &again), 0);
        assert_true(again != first);
        source_close(s);
        big[changed[i]] ^= 1;
    }
    put(big, sizeof(big));
    s = open_path(path);
    assert_int_equal(source_identity(s, &again), 0);
    assert_true(again == first);
    source_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_whole_and_hashed_as_it_lies_there),
        cmocka_unit_test(a_hash_needs_no_reading_to_the_end),
        cmocka_unit_test(a_cut_file_is_damaged),
        cmocka_unit_test(text_that_begins_like_an_archive_is_text),
        cmocka_unit_test(what_cannot_be_opened_or_read_says_why),
        cmocka_unit_test(a_file_as_stdin_is_read_from_where_it_stands),
        cmocka_unit_test(a_stdin_that_cannot_be_read_is_told),
        cmocka_unit_test(a_silent_pipe_is_waited_for_only_when_wanted),
        cmocka_unit_test(a_stop_within_compressed_data_is_a_stop),
        cmocka_unit_test(identity_is_of_both_ends_and_the_size),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
