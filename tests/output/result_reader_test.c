// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "output/result_reader.h"

static char folder[] = "/tmp/result_reader_test.XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return chdir("/") != 0 || system(command) != 0;
}

static void put(const char *path, const void *bytes, size_t len, bool append)
{
    FILE *file = fopen(path, append ? "ab" : "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void put_text(const char *path, const char *text)
{
    put(path, text, strlen(text), false);
}

/* One more frame at the end of the file, of which `cut` bytes are missing. */
static void add_frame(const char *path, const void *bytes, size_t len, size_t cut)
{
    size_t size = ZSTD_compressBound(len);
    char *frame = malloc(size);
    assert_non_null(frame);
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    size_t got = ZSTD_compress2(zstd, frame, size, bytes, len);
    assert_false(ZSTD_isError(got));
    assert_true(got > cut);
    put(path, frame, got - cut, true);
    ZSTD_freeCCtx(zstd);
    free(frame);
}

static void add_text_frame(const char *path, const char *text)
{
    add_frame(path, text, strlen(text), 0);
}

/* All that the reader gives, one line each: a line as it is, anything else as its kind in brackets. */
static char *read_all(const char *const *paths, size_t count)
{
    static const char *const kinds[] = {
        [RESULT_READ_END] = "[end]",
        [RESULT_READ_LONG_LINE] = "[long line]",
        [RESULT_READ_TORN] = "[torn]",
        [RESULT_READ_DAMAGED] = "[damaged]",
        [RESULT_READ_FAILED] = "[failed]",
    };
    struct result_reader *reader = result_reader_new(paths, count);
    assert_non_null(reader);
    char *all = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&all, &size);
    enum result_read result;
    do {
        const char *line = NULL;
        size_t len = 0;
        result = result_reader_next(reader, &line, &len);
        if (result == RESULT_READ_LINE) {
            fprintf(out, "%s:%u %.*s\n", result_reader_file(reader), (unsigned)result_reader_line(reader), (int)len, line);
        } else if (result != RESULT_READ_END) {
            fprintf(out, "%s %s\n", kinds[result], result_reader_words(reader));
        }
    } while (result != RESULT_READ_END);
    const char *line;
    size_t len;
    assert_int_equal(result_reader_next(reader, &line, &len), RESULT_READ_END); /* for good */
    fclose(out);
    result_reader_free(reader);
    return all;
}

static void expect(const char *const *paths, size_t count, const char *expected)
{
    char *all = read_all(paths, count);
    assert_string_equal(all, expected);
    free(all);
}

#define EXPECT(expected, ...) \
    expect((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), expected)

static void plain_lines_in_order(void **state)
{
    (void)state;
    put_text("a.ndjson", "{\"a\":1}\n{\"a\":2}\r\n\n\r\n{\"a\":3}");
    put_text("b.ndjson", "{\"b\":1}\n");
    put_text("empty.ndjson", "");
    EXPECT("a.ndjson:1 {\"a\":1}\na.ndjson:2 {\"a\":2}\na.ndjson:5 {\"a\":3}\nb.ndjson:1 {\"b\":1}\n", "a.ndjson", "empty.ndjson",
           "b.ndjson");
}

/* RFC 8878 section 3: frames may follow one another, skippable ones between; a line may begin in one and end in another. */
static void several_frames_are_one_text(void **state)
{
    (void)state;
    static const char skippable[] = "\x50\x2a\x4d\x18\x03\0\0\0abc";
    add_text_frame("frames.zst", "one\ntw");
    put("frames.zst", skippable, 11, true);
    add_text_frame("frames.zst", "o\nthree\n");
    add_text_frame("frames.zst", "");
    add_text_frame("frames.zst", "four");
    EXPECT("frames.zst:1 one\nframes.zst:2 two\nframes.zst:3 three\nframes.zst:4 four\n", "frames.zst");
    put("skip-first.zst", skippable, 11, false);
    add_text_frame("skip-first.zst", "one\n");
    EXPECT("skip-first.zst:1 one\n", "skip-first.zst");
}

/* The compression is told by the bytes, not by the name. */
static void names_prove_nothing(void **state)
{
    (void)state;
    put_text("plain.ndjson.zst", "plain\n");
    add_text_frame("packed.ndjson", "packed\n");
    put_text("short", "ab");
    EXPECT("plain.ndjson.zst:1 plain\npacked.ndjson:1 packed\nshort:1 ab\n", "plain.ndjson.zst", "packed.ndjson", "short");
}

static void torn_frame_is_told_and_the_next_file_read(void **state)
{
    (void)state;
    add_text_frame("torn.zst", "one\ntwo\n");
    add_frame("torn.zst", "three\nfour\n", 11, 6);
    put_text("after", "after\n");
    char *all = read_all((const char *const[]){ "torn.zst", "after" }, 2);
    assert_non_null(strstr(all, "torn.zst:2 two\n"));
    assert_non_null(strstr(all, "[torn] torn.zst ends inside a zstd frame after line "));
    assert_non_null(strstr(all, "\nafter:1 after\n"));
    free(all);
}

/* Cut at every byte: whole lines come out, in order, from the first, and nothing that never stood there. */
static void cut_anywhere_gives_a_prefix(void **state)
{
    (void)state;
    char text[4000];
    size_t len = 0;
    for (unsigned i = 0; len < sizeof(text) - 32; i++) {
        len += (size_t)snprintf(text + len, 32, "line %u %u\n", i, i * 2654435761u);
    }
    add_frame("whole.zst", text, len, 0);
    char bytes[8192];
    FILE *file = fopen("whole.zst", "rb");
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    for (size_t cut = 0; cut < size; cut++) {
        put("cut.zst", bytes, cut, false);
        struct result_reader *reader = result_reader_new((const char *const[]){ "cut.zst" }, 1);
        const char *line;
        size_t line_len, at = 0;
        enum result_read result;
        while ((result = result_reader_next(reader, &line, &line_len)) == RESULT_READ_LINE && cut >= 4) {
            assert_memory_equal(line, text + at, line_len);
            assert_int_equal(text[at + line_len], '\n');
            at += line_len + 1;
        }
        assert_int_equal(result, cut < 4 ? (cut ? RESULT_READ_LINE : RESULT_READ_END) : RESULT_READ_TORN);
        result_reader_free(reader);
    }
}

static void damage_is_told(void **state)
{
    (void)state;
    add_text_frame("damaged.zst", "one\n");
    put("damaged.zst", "no frame", 8, true);
    put_text("after", "after\n");
    char *all = read_all((const char *const[]){ "damaged.zst", "after" }, 2);
    assert_non_null(strstr(all, "damaged.zst:1 one\n[damaged] damaged.zst is damaged after line 1: "));
    assert_non_null(strstr(all, "\nafter:1 after\n"));
    free(all);
    /* A wrong content checksum. */
    char bytes[256];
    add_text_frame("checksum.zst", "one\n");
    FILE *file = fopen("checksum.zst", "rb");
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    bytes[size - 1] ^= 1;
    put("checksum.zst", bytes, size, false);
    all = read_all((const char *const[]){ "checksum.zst" }, 1);
    assert_non_null(strstr(all, "[damaged] checksum.zst is damaged after line "));
    free(all);
}

static void what_is_not_there_is_told(void **state)
{
    (void)state;
    put_text("after", "after\n");
    mkdir("nothing", 0755);
    put_text("nothing/readme.txt", "no part\n");
    EXPECT("[failed] cannot read missing.ndjson: No such file or directory\n"
           "[failed] cannot read nothing: it holds no *.ndjson and no *.ndjson.zst\nafter:1 after\n",
           "missing.ndjson", "nothing", "after");
}

static void parts_of_a_folder_in_order(void **state)
{
    (void)state;
    mkdir("run", 0755);
    add_text_frame("run/part-00001.ndjson.zst", "second\n");
    add_text_frame("run/part-00000.ndjson.zst", "first\n");
    put_text("run/.part-00002.ndjson.zst.tmp", "hidden\n");
    put_text("run/manifest.json", "{}\n");
    EXPECT("run/part-00000.ndjson.zst:1 first\nrun/part-00001.ndjson.zst:1 second\n", "run/");
    EXPECT("run/part-00000.ndjson.zst:1 first\nrun/part-00001.ndjson.zst:1 second\n", "run");
    put_text("run/.checkpoint", "");
    EXPECT("run/part-00000.ndjson.zst:1 first\nrun/part-00001.ndjson.zst:1 second\n"
           "[torn] run is not finished: the checkpoint of its scan stands in it\n",
           "run");
    unlink("run/.checkpoint");
    unlink("run/part-00000.ndjson.zst");
    EXPECT("[torn] run lacks part-00000.ndjson.zst\nrun/part-00001.ndjson.zst:1 second\n", "run");
}

static void numbers_of_parts_count_by_value(void **state)
{
    (void)state;
    mkdir("many", 0755);
    put_text("many/part-100000.ndjson", "b\n");
    put_text("many/part-99999.ndjson", "a\n");
    EXPECT("many/part-99999.ndjson:1 a\nmany/part-100000.ndjson:1 b\n", "many");
}

/* Lines around the size of the buffers, plain and packed. */
static void long_lines_are_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, 262143, 262144, 262145, 3, 600000, 2000000, 5 };
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    size_t total = 0;
    for (size_t i = 0; i < COUNT; i++) {
        total += sizes[i] + 1;
    }
    char *text = malloc(total), *at = text;
    for (size_t i = 0; i < COUNT; i++) {
        memset(at, 'a' + (int)i, sizes[i]);
        at[sizes[i]] = '\n';
        at += sizes[i] + 1;
    }
    put("long", text, total, false);
    add_frame("long.zst", text, total, 0);
    for (int packed = 0; packed < 2; packed++) {
        struct result_reader *reader = result_reader_new((const char *const[]){ packed ? "long.zst" : "long" }, 1);
        const char *line;
        size_t len;
        at = text;
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(result_reader_next(reader, &line, &len), RESULT_READ_LINE);
            assert_int_equal(len, sizes[i]);
            assert_memory_equal(line, at, len);
            at += len + 1;
        }
        assert_int_equal(result_reader_next(reader, &line, &len), RESULT_READ_END);
        result_reader_free(reader);
    }
    free(text);
}

static void too_long_a_line_is_left_out(void **state)
{
    (void)state;
    put_text("huge", "before\n");
    int fd = open("huge", O_WRONLY | O_APPEND);
    assert_int_equal(ftruncate(fd, (off_t)(7 + RESULT_LINE_MAX)), 0); /* as many NULs as fit */
    assert_int_equal(write(fd, "\nbetween\n", 9), 9);
    assert_int_equal(ftruncate(fd, (off_t)(7 + RESULT_LINE_MAX + 9 + RESULT_LINE_MAX + 1)), 0);
    assert_int_equal(write(fd, "\nafter\n", 7), 7);
    close(fd);
    struct result_reader *reader = result_reader_new((const char *const[]){ "huge" }, 1);
    const char *line;
    size_t len;
    assert_int_equal(result_reader_next(reader, &line, &len), RESULT_READ_LINE);
    assert_int_equal(result_reader_next(reader, &line, &len), RESULT_READ_LINE);
    assert_int_equal(len, RESULT_LINE_MAX);
    assert_int_equal(result_reader_next(reader, &line, &len), RESULT_READ_LINE);
    assert_memory_equal(line, "between", 7);
    assert_int_equal(result_reader_next(reader, &line, &len), RESULT_READ_LONG_LINE);
    assert_string_equal(result_reader_words(reader), "huge:4: a line longer than 67108864 bytes");
    assert_int_equal(result_reader_next(reader, &line, &len), RESULT_READ_LINE);
    assert_memory_equal(line, "after", 5);
    assert_int_equal(result_reader_line(reader), 5);
    assert_int_equal(result_reader_next(reader, &line, &len), RESULT_READ_END);
    result_reader_free(reader);
}

static void pipes_are_read_and_paths_counted(void **state)
{
    (void)state;
    int ends[2];
    put_text("a.ndjson", "a\n");
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "from\nstdin\n", 11), 11);
    close(ends[1]);
    int kept = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    struct result_reader *reader = result_reader_new((const char *const[]){ "-", "a.ndjson" }, 2);
    const char *line;
    size_t len;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(result_reader_next(reader, &line, &len), RESULT_READ_LINE);
        assert_int_equal(result_reader_path_index(reader), i / 2);
    }
    assert_int_equal(result_reader_next(reader, &line, &len), RESULT_READ_END);
    result_reader_free(reader);
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_lines_in_order),
        cmocka_unit_test(several_frames_are_one_text),
        cmocka_unit_test(names_prove_nothing),
        cmocka_unit_test(torn_frame_is_told_and_the_next_file_read),
        cmocka_unit_test(cut_anywhere_gives_a_prefix),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(what_is_not_there_is_told),
        cmocka_unit_test(parts_of_a_folder_in_order),
        cmocka_unit_test(numbers_of_parts_count_by_value),
        cmocka_unit_test(long_lines_are_whole),
        cmocka_unit_test(too_long_a_line_is_left_out),
        cmocka_unit_test(pipes_are_read_and_paths_counted),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
