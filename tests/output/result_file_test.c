// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/checkpoint.h"
#include "output/result_file.h"
#include "tests/support/unzstd.h"

static char folder[] = "/tmp/trifecta_result_XXXXXX";
static const struct result_options gentle = { .force = false, .level = 1 };
static const struct result_options forced = { .force = true, .level = 1 };

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void put_file(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

static size_t get_file(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(out, 1, size, f);
    fclose(f);
    return len;
}

static bool is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* Line i of every output of these tests. */
static size_t line_of(unsigned i, char out[128])
{
    return (size_t)snprintf(out, 128, "{\"seq\":%u,\"domain\":\"n%u.example\",\"noise\":\"%08x\"}\n", i, i, i * 2654435761u);
}

static int append_lines(struct result_file *file, unsigned from, unsigned to)
{
    char line[128];
    int err = 0;
    for (unsigned i = from; i < to && err == 0; i++) {
        size_t len = line_of(i, line);
        err = result_file_append(file, line, len);
    }
    return err;
}

static char bytes[4 << 20];

/* The output holds lines 0 to count, each once, in that many frames (0: a plain file). */
static void assert_lines(const char *path, unsigned count, size_t frames)
{
    size_t len = get_file(path, bytes, sizeof(bytes)), at = 0;
    struct unzstd read = { .bytes = bytes, .len = len, .is_whole = true };
    if (frames > 0) {
        read = unzstd_bytes(bytes, len);
        if (read.error) {
            fail_msg("%s: %s", path, read.error);
        }
        assert_int_equal(read.frames, frames);
    }
    assert_true(read.is_whole);
    for (unsigned i = 0; i < count; i++) {
        char line[128];
        size_t line_len = line_of(i, line);
        assert_true(read.len - at >= line_len);
        assert_memory_equal(read.bytes + at, line, line_len);
        at += line_len;
    }
    assert_int_equal(read.len, at);
    if (frames > 0) {
        free(read.bytes);
    }
}

static struct result_file *open_or_fail(const char *path, const struct result_options *options)
{
    struct result_file *file = NULL;
    struct result_trouble trouble;
    if (result_file_open(&file, path, options, &trouble) < 0) {
        fail_msg("%s", trouble.words);
    }
    return file;
}

static void assert_refused(const char *path, enum result_failure failure, const char *words)
{
    struct result_file *file = NULL;
    struct result_trouble trouble;
    assert_int_equal(result_file_open(&file, path, &gentle, &trouble), -(int)failure);
    assert_null(file);
    assert_int_equal(trouble.failure, failure);
    if (!strstr(trouble.words, words) || !strstr(trouble.words, path)) {
        fail_msg("words: %s", trouble.words);
    }
}

static const struct {
    const char *name;
    size_t frames; /* of a run */
} kinds[] = { { "out.ndjson.zst", 1 }, { "out.ndjson", 0 } };
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

static void a_run_is_written_and_not_overwritten(void **state)
{
    (void)state;
    for (size_t k = 0; k < KIND_COUNT; k++) {
        const char *path = in_folder(kinds[k].name);
        struct result_position durable;
        struct result_file *file = open_or_fail(path, &gentle);
        assert_int_equal(result_file_standing(file), RESULT_NEW);
        assert_true(result_file_is_durable(file));
        assert_int_equal(result_file_start(file), 0);
        assert_int_equal(append_lines(file, 0, 3000), 0);
        assert_int_equal(result_file_sync(file, &durable), 0);
        assert_int_equal(append_lines(file, 3000, 6000), 0);
        assert_int_equal(result_file_finish(file), 0);
        struct result_position end = result_file_position(file);
        assert_int_equal(end.frames, kinds[k].frames);
        assert_true(end.uncompressed_bytes > durable.uncompressed_bytes && end.offset > durable.offset);
        result_file_close(file);
        assert_lines(path, 6000, kinds[k].frames);
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_true((uint64_t)st.st_size == end.offset);

        assert_refused(path, RESULT_FINISHED, "is a finished output");
        file = open_or_fail(path, &forced);
        assert_int_equal(result_file_standing(file), RESULT_COMPLETE);
        result_file_close(file); /* not started: as it was */
        assert_lines(path, 6000, kinds[k].frames);
        file = open_or_fail(path, &forced);
        assert_int_equal(result_file_start(file), 0);
        assert_int_equal(append_lines(file, 0, 5), 0);
        assert_int_equal(result_file_finish(file), 0);
        result_file_close(file);
        assert_lines(path, 5, kinds[k].frames);
        unlink(path);
    }
}

static void no_record_at_all_is_a_valid_output(void **state)
{
    (void)state;
    for (size_t k = 0; k < KIND_COUNT; k++) {
        const char *path = in_folder(kinds[k].name);
        struct result_file *file = open_or_fail(path, &gentle);
        assert_int_equal(result_file_start(file), 0);
        assert_int_equal(result_file_finish(file), 0);
        result_file_close(file);
        assert_lines(path, 0, kinds[k].frames);
        unlink(path);
    }
}

static void opened_but_never_started_leaves_no_trace(void **state)
{
    (void)state;
    const char *path = in_folder("out.ndjson.zst");
    result_file_close(open_or_fail(path, &gentle));
    assert_false(is_there(path));
    result_file_close(NULL);
}

static void a_checkpoint_beside_it_means_unfinished(void **state)
{
    (void)state;
    const char *path = in_folder("out.ndjson");
    char *beside = checkpoint_path(path);
    put_file(path, "{}\n", 3);
    put_file(beside, "", 0);
    struct result_file *file = open_or_fail(path, &gentle);
    assert_int_equal(result_file_standing(file), RESULT_UNFINISHED);
    result_file_close(file);
    assert_int_equal(checkpoint_remove(beside), 0);
    assert_int_equal(checkpoint_remove(beside), 0); /* not there: no error */
    assert_refused(path, RESULT_FINISHED, "finished");
    unlink(path);
    free(beside);
}

static void another_run_is_told_apart(void **state)
{
    (void)state;
    const char *path = in_folder("out.ndjson.zst");
    struct result_file *file = open_or_fail(path, &gentle);
    assert_refused(path, RESULT_LOCKED, "another run");
    assert_true(is_there(path));
    assert_int_equal(result_file_start(file), 0);
    assert_int_equal(append_lines(file, 0, 10), 0);
    assert_refused(path, RESULT_LOCKED, "another run");
    assert_int_equal(result_file_finish(file), 0);
    result_file_close(file);
    assert_lines(path, 10, 1);
    unlink(path);
}

static void what_cannot_be_made_is_said_in_words(void **state)
{
    (void)state;
    assert_refused(in_folder("nowhere/out.ndjson"), RESULT_CANNOT_MAKE, "No such file or directory");
    assert_refused(folder, RESULT_CANNOT_MAKE, "Is a directory");
    struct result_file *file = NULL;
    struct result_trouble trouble;
    const struct result_options odd_level = { .level = 99 };
    const char *path = in_folder("out.ndjson.zst");
    assert_int_equal(result_file_open(&file, path, &odd_level, &trouble), -RESULT_CANNOT_MAKE);
    assert_false(is_there(path));
}

/* A crash at `lost` lines behind the durable ones: as if the process were killed, or closed in order. */
static void crash_and_resume(size_t k, unsigned durable_lines, unsigned lost, bool in_order, unsigned total)
{
    const char *path = in_folder(kinds[k].name);
    char *beside = checkpoint_path(path);
    struct result_position durable = { 0 };
    put_file(beside, "", 0);
    struct result_file *file = open_or_fail(path, &gentle);
    assert_int_equal(result_file_start(file), 0);
    assert_int_equal(append_lines(file, 0, durable_lines), 0);
    assert_int_equal(result_file_sync(file, &durable), 0);
    assert_int_equal(append_lines(file, 100000, 100000 + lost), 0); /* to be cut off */
    assert_int_equal(result_file_flush(file), 0);
    size_t len = get_file(path, bytes, sizeof(bytes));
    result_file_close(file);
    if (in_order) {
        assert_lines(path, durable_lines, kinds[k].frames && durable_lines > 0 ? 1 : 0); /* readable meanwhile */
    } else {
        put_file(path, bytes, len); /* what a kill leaves */
    }

    file = open_or_fail(path, &gentle);
    assert_int_equal(result_file_standing(file), RESULT_UNFINISHED);
    assert_int_equal(result_file_resume(file, &durable), 0);
    assert_int_equal(append_lines(file, durable_lines, total), 0);
    assert_int_equal(result_file_finish(file), 0);
    struct result_position end = result_file_position(file);
    result_file_close(file);
    size_t frames = kinds[k].frames == 0 ? 0 : (size_t)(durable_lines > 0) + (size_t)(total > durable_lines);
    assert_int_equal(end.frames, frames);
    assert_lines(path, total, frames);
    assert_int_equal(get_file(path, bytes, sizeof(bytes)), end.offset);
    unlink(path);
    unlink(beside);
    free(beside);
}

static void a_resume_goes_on_at_the_durable_offset(void **state)
{
    (void)state;
    for (size_t k = 0; k < KIND_COUNT; k++) {
        for (int in_order = 0; in_order < 2; in_order++) {
            crash_and_resume(k, 1000, 2000, in_order, 4000);
            crash_and_resume(k, 1, 1, in_order, 2);
            crash_and_resume(k, 1000, 0, in_order, 1000); /* nothing was left to do */
            crash_and_resume(k, 0, 3000, in_order, 10);
        }
    }
}

/* Each crash comes right behind the resume, or some records later; each time the same place may be resumed twice. */
static void a_run_may_be_resumed_many_times(void **state)
{
    (void)state;
    const char *path = in_folder("out.ndjson.zst");
    char *beside = checkpoint_path(path);
    struct result_position durable;
    put_file(beside, "", 0);
    struct result_file *file = open_or_fail(path, &gentle);
    assert_int_equal(result_file_start(file), 0);
    assert_int_equal(append_lines(file, 0, 100), 0);
    assert_int_equal(result_file_sync(file, &durable), 0);
    result_file_close(file);
    for (unsigned i = 1; i <= 5; i++) {
        file = open_or_fail(path, &gentle);
        assert_int_equal(result_file_resume(file, &durable), 0);
        result_file_close(file); /* before a new checkpoint: the old position still holds */
        file = open_or_fail(path, &gentle);
        assert_int_equal(result_file_resume(file, &durable), 0);
        struct result_position now;
        assert_int_equal(result_file_sync(file, &now), 0); /* a checkpoint with nothing new */
        assert_false(now.frame.is_open);
        result_file_close(file);
        file = open_or_fail(path, &gentle);
        assert_int_equal(result_file_resume(file, &now), 0);
        assert_int_equal(append_lines(file, 100 * i, 100 * (i + 1)), 0);
        assert_int_equal(result_file_sync(file, &durable), 0);
        assert_int_equal(durable.frames, i + 1);
        result_file_close(file);
        assert_lines(path, 100 * (i + 1), i + 1);
    }
    unlink(path);
    unlink(beside);
    free(beside);
}

static void another_file_is_not_gone_on_with(void **state)
{
    (void)state;
    for (size_t k = 0; k < KIND_COUNT; k++) {
        const char *path = in_folder(kinds[k].name);
        char *beside = checkpoint_path(path);
        struct result_position durable;
        put_file(beside, "", 0);
        struct result_file *file = open_or_fail(path, &gentle);
        assert_int_equal(result_file_start(file), 0);
        assert_int_equal(append_lines(file, 0, 1000), 0);
        assert_int_equal(result_file_sync(file, &durable), 0);
        result_file_close(file);
        size_t len = get_file(path, bytes, sizeof(bytes));

        struct {
            const char *why;
            size_t len, changed;
            struct result_position from;
        } rows[4] = {
            { "shorter", durable.offset - 1, len, durable },
            { "not the file", len, durable.offset - 1, durable },
            { "not the file", len, durable.offset > RESULT_TAIL_SIZE ? durable.offset - RESULT_TAIL_SIZE : 0, durable },
            { "another kind", len, len, durable },
        };
        rows[3].from.frames = kinds[k].frames == 0 ? 1 : 0;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            bytes[rows[i].changed] ^= 1;
            put_file(path, bytes, rows[i].len);
            bytes[rows[i].changed] ^= 1;
            file = open_or_fail(path, &gentle);
            assert_int_equal(result_file_resume(file, &rows[i].from), -RESULT_CANNOT_RESUME);
            if (!strstr(result_file_trouble(file)->words, rows[i].why)) {
                fail_msg("words: %s", result_file_trouble(file)->words);
            }
            result_file_close(file);
            assert_int_equal(get_file(path, bytes + (sizeof(bytes) / 2), sizeof(bytes) / 2), rows[i].len); /* untouched */
        }
        unlink(path);
        unlink(beside);
        free(beside);
    }
}

/* A limit on file sizes is a disk that fills up: short writes first, then an error. */
static void a_full_disk_keeps_what_was_durable(void **state)
{
    (void)state;
    for (size_t k = 0; k < KIND_COUNT; k++) {
        const char *path = in_folder(kinds[k].name);
        char *beside = checkpoint_path(path);
        struct rlimit before, small;
        struct result_position durable;
        put_file(beside, "", 0);
        struct result_file *file = open_or_fail(path, &gentle);
        assert_int_equal(result_file_start(file), 0);
        assert_int_equal(append_lines(file, 0, 1000), 0);
        assert_int_equal(result_file_sync(file, &durable), 0);

        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        small = before;
        small.rlim_cur = durable.offset + 10007;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        int err = append_lines(file, 1000, 60000);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(err, -RESULT_WRITE_FAILED);
        assert_int_equal(result_file_trouble(file)->error, -EFBIG);
        struct result_position unused;
        assert_int_equal(append_lines(file, 1000, 1001), -RESULT_WRITE_FAILED); /* it stays so */
        assert_int_equal(result_file_sync(file, &unused), -RESULT_WRITE_FAILED);
        assert_int_equal(result_file_finish(file), -RESULT_WRITE_FAILED);
        result_file_close(file);
        assert_lines(path, 1000, kinds[k].frames);

        file = open_or_fail(path, &gentle);
        assert_int_equal(result_file_resume(file, &durable), 0);
        assert_int_equal(append_lines(file, 1000, 2000), 0);
        assert_int_equal(result_file_finish(file), 0);
        result_file_close(file);
        assert_lines(path, 2000, kinds[k].frames * 2);
        unlink(path);
        unlink(beside);
        free(beside);
    }
}

static void a_full_device_is_a_write_error(void **state)
{
    (void)state;
    if (!is_there("/dev/full")) {
        skip();
    }
    struct result_file *file = open_or_fail("/dev/full", &gentle);
    assert_false(result_file_is_durable(file));
    assert_int_equal(result_file_start(file), 0);
    assert_int_equal(append_lines(file, 0, 1), -RESULT_WRITE_FAILED);
    assert_int_equal(result_file_trouble(file)->error, -ENOSPC);
    assert_non_null(strstr(result_file_trouble(file)->words, "No space left on device"));
    result_file_close(file);
}

/* Stdout is a pipe: read by nobody yet (and non-blocking, as shells may leave it), then gone. */
static void a_reader_that_goes_is_no_error(void **state)
{
    (void)state;
    int ends[2], kept_stdout = dup(STDOUT_FILENO);
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
    struct result_trouble trouble;
    struct result_file *file = NULL;
    struct result_position position = { 0 };
    char read_back[256] = { 0 };
    int opened = result_file_open(&file, "-", &gentle, &trouble);
    int started = result_file_start(file);
    int appended = append_lines(file, 0, 2);
    int synced = result_file_sync(file, &position);
    ssize_t got = read(ends[0], read_back, sizeof(read_back) - 1);
    close(ends[0]);
    int gone = append_lines(file, 2, 3);
    enum result_failure failure = result_file_trouble(file)->failure;
    bool is_durable = result_file_is_durable(file);
    result_file_close(file);
    bool is_open_still = fcntl(STDOUT_FILENO, F_GETFL) >= 0;
    dup2(kept_stdout, STDOUT_FILENO);
    close(kept_stdout);

    assert_int_equal(opened | started | appended | synced, 0);
    assert_true(got > 0 && (uint64_t)got == position.offset);
    assert_int_equal(strchr(read_back, '\n')[1], '{');
    assert_int_equal(gone, -RESULT_READER_GONE);
    assert_int_equal(failure, RESULT_READER_GONE);
    assert_false(is_durable);
    assert_true(is_open_still);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_written_and_not_overwritten),
        cmocka_unit_test(no_record_at_all_is_a_valid_output),
        cmocka_unit_test(opened_but_never_started_leaves_no_trace),
        cmocka_unit_test(a_checkpoint_beside_it_means_unfinished),
        cmocka_unit_test(another_run_is_told_apart),
        cmocka_unit_test(what_cannot_be_made_is_said_in_words),
        cmocka_unit_test(a_resume_goes_on_at_the_durable_offset),
        cmocka_unit_test(a_run_may_be_resumed_many_times),
        cmocka_unit_test(another_file_is_not_gone_on_with),
        cmocka_unit_test(a_full_disk_keeps_what_was_durable),
        cmocka_unit_test(a_full_device_is_a_write_error),
        cmocka_unit_test(a_reader_that_goes_is_no_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
