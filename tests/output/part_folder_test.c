// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "output/checkpoint.h"
#include "output/part_folder.h"
#include "output/replace_file.h"
#include "output/result_file.h"
#include "tests/support/unzstd.h"

enum { PART_SIZE = 40000, LINE_SIZE = 512 }; /* the compressor gives some 128 KiB at a time, so parts are larger */

static char top[] = "/tmp/trifecta_parts_XXXXXX";
static char folder[64];
static const struct result_options gentle = { .level = 1, .part_size = PART_SIZE };
static const struct result_options forced = { .force = true, .level = 1, .part_size = PART_SIZE };

static int make_top(void **state)
{
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    if (!mkdtemp(top)) {
        return -1;
    }
    snprintf(folder, sizeof(folder), "%s/out/", top);
    return 0;
}

static int remove_top(void **state)
{
    (void)state;
    return rmdir(top);
}

static const char *in_folder(const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s%s", folder, name);
    return path;
}

static bool is_there(const char *name)
{
    struct stat st;
    return lstat(in_folder(name), &st) == 0;
}

static void put_file(const char *name, const char *text)
{
    assert_int_equal(replace_file(in_folder(name), text, strlen(text)), 0);
}

static void remove_all(void)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            unlink(in_folder(e->d_name));
        }
    }
    closedir(dir);
    assert_int_equal(rmdir(folder), 0);
}

/* Noise, so that parts fill up. */
static size_t line_of(unsigned i, char out[LINE_SIZE])
{
    uint64_t noise = i + 1;
    size_t len = (size_t)snprintf(out, LINE_SIZE, "{\"seq\":%u,\"noise\":\"", i);
    for (unsigned k = 0; k < 20; k++) {
        noise = (noise ^ noise >> 29) * UINT64_C(0x9e3779b97f4a7c15);
        len += (size_t)snprintf(out + len, LINE_SIZE - len, "%016llx", (unsigned long long)(noise ^ noise >> 32));
    }
    return len + (size_t)snprintf(out + len, LINE_SIZE - len, "\"}\n");
}

static int append_lines(struct result_file *file, unsigned from, unsigned to)
{
    char line[LINE_SIZE];
    int err = 0;
    for (unsigned i = from; i < to && err == 0; i++) {
        size_t len = line_of(i, line);
        err = result_file_append(file, line, len);
    }
    return err;
}

static uint64_t part_count(const struct result_file *file)
{
    uint64_t count;
    (void)result_file_parts(file, &count);
    return count;
}

static struct result_file *open_or_fail(const struct result_options *options, enum result_standing standing)
{
    struct result_file *file = NULL;
    struct result_trouble trouble;
    if (result_file_open(&file, folder, options, &trouble) < 0) {
        fail_msg("%s", trouble.words);
    }
    assert_int_equal(result_file_standing(file), standing);
    assert_true(result_file_is_durable(file));
    return file;
}

/* What a checkpoint keeps beside the position. */
static struct result_part known[1000];
static uint64_t known_count;

static void sync_and_keep(struct result_file *file, struct result_position *durable)
{
    assert_int_equal(result_file_sync(file, durable), 0);
    const struct result_part *parts = result_file_parts(file, &known_count);
    assert_true(known_count == durable->part && known_count < sizeof(known) / sizeof(known[0]));
    if (known_count > 0) {
        memcpy(known, parts, known_count * sizeof(*parts));
    }
}

static int resume(struct result_file *file, const struct result_position *from)
{
    assert_int_equal(result_file_give_parts(file, known, known_count), 0);
    return result_file_resume(file, from);
}

static void assert_refused(enum result_failure failure, const char *words)
{
    struct result_file *file = NULL;
    struct result_trouble trouble;
    assert_int_equal(result_file_open(&file, folder, &gentle, &trouble), -(int)failure);
    if (!strstr(trouble.words, words)) {
        fail_msg("words: %s", trouble.words);
    }
}

static char bytes[8 << 20];

/* The parts in a row hold lines 0 to count, each once; each is one whole frame and not empty; nothing else is of ours. */
static void assert_lines(unsigned count, uint64_t parts)
{
    char name[PART_NAME_SIZE], line[LINE_SIZE];
    unsigned i = 0;
    for (uint64_t p = 0; p < parts; p++) {
        part_folder_name(p, name);
        FILE *f = fopen(in_folder(name), "rb");
        if (!f) {
            fail_msg("%s is missing", name);
        }
        size_t len = fread(bytes, 1, sizeof(bytes), f), at = 0;
        fclose(f);
        struct unzstd read = unzstd_bytes(bytes, len);
        assert_null(read.error);
        assert_true(read.is_whole && read.frames == 1 && read.len > 0);
        for (; at < read.len; i++) {
            size_t line_len = line_of(i, line);
            assert_true(read.len - at >= line_len);
            assert_memory_equal(read.bytes + at, line, line_len);
            at += line_len;
        }
        free(read.bytes);
    }
    assert_int_equal(i, count);
    part_folder_name(parts, name);
    assert_false(is_there(name));
}

static void parts_are_whole_and_one_frame_each(void **state)
{
    (void)state;
    struct result_file *file = open_or_fail(&gentle, RESULT_NEW);
    assert_refused(RESULT_LOCKED, "another run");
    put_file("README", "not ours");
    assert_int_equal(result_file_start(file), 0);
    assert_int_equal(append_lines(file, 0, 6000), 0);
    assert_true(is_there("part-00000.ndjson.zst") && !is_there(".part-00000.ndjson.zst.tmp"));
    assert_int_equal(result_file_finish(file), 0);
    uint64_t parts = part_count(file);
    struct result_position end = result_file_position(file);
    assert_true(parts > 5 && end.frames == parts && end.part == parts);
    result_file_close(file);
    assert_lines(6000, parts);

    assert_refused(RESULT_FINISHED, "is a finished output");
    file = open_or_fail(&forced, RESULT_COMPLETE);
    result_file_close(file); /* not started: as it was */
    assert_lines(6000, parts);
    put_file("manifest.json", "{}");
    file = open_or_fail(&forced, RESULT_COMPLETE);
    assert_int_equal(result_file_start(file), 0);
    assert_false(is_there("manifest.json"));
    assert_int_equal(append_lines(file, 0, 3), 0);
    assert_int_equal(result_file_finish(file), 0);
    result_file_close(file);
    assert_lines(3, 1);
    assert_true(is_there("README"));
    remove_all();
}

static void no_record_is_no_part(void **state)
{
    (void)state;
    struct result_file *file = open_or_fail(&gentle, RESULT_NEW);
    assert_int_equal(result_file_start(file), 0);
    assert_int_equal(result_file_finish(file), 0);
    assert_int_equal(part_count(file), 0);
    result_file_close(file);
    put_file("manifest.json", "{}");
    assert_refused(RESULT_FINISHED, "is a finished output");
    remove_all();
}

static void what_cannot_be_made_is_said_in_words(void **state)
{
    (void)state;
    struct result_file *file = NULL;
    struct result_trouble trouble;
    char path[128];
    result_file_close(open_or_fail(&gentle, RESULT_NEW)); /* opened, not started: no trace */
    assert_int_equal(access(folder, F_OK), -1);
    snprintf(path, sizeof(path), "%s/no/out/", top);
    assert_int_equal(result_file_open(&file, path, &gentle, &trouble), -RESULT_CANNOT_MAKE);
    assert_non_null(strstr(trouble.words, "No such file or directory"));
    snprintf(path, sizeof(path), "%s/file", top);
    assert_int_equal(replace_file(path, "", 0), 0);
    strcat(path, "/");
    assert_int_equal(result_file_open(&file, path, &gentle, &trouble), -RESULT_CANNOT_MAKE);
    path[strlen(path) - 1] = '\0';
    unlink(path);
}

static void keep(const char *name, size_t *len)
{
    FILE *f = fopen(in_folder(name), "rb");
    *len = 0;
    if (f) {
        *len = fread(bytes, 1, sizeof(bytes), f);
        fclose(f);
    }
}

/* Stops `lost` lines after the durable ones, as a kill would (the hidden part uncut) or in order. */
static void crash_and_resume(unsigned durable_lines, unsigned lost, bool in_order, unsigned total, bool twice)
{
    struct result_position durable;
    char hidden[PART_NAME_SIZE + 8];
    size_t len;
    struct result_file *file = open_or_fail(&gentle, RESULT_NEW);
    put_file(".checkpoint", "");
    assert_int_equal(result_file_start(file), 0);
    assert_int_equal(append_lines(file, 0, durable_lines), 0);
    sync_and_keep(file, &durable);
    assert_int_equal(append_lines(file, 900000, 900000 + lost), 0);
    assert_int_equal(result_file_flush(file), 0);
    snprintf(hidden, sizeof(hidden), ".part-%05u.ndjson.zst.tmp", (unsigned)part_count(file));
    keep(hidden, &len);
    result_file_close(file);
    if (!in_order && len > 0) {
        assert_int_equal(replace_file(in_folder(hidden), bytes, len), 0);
    }

    for (int i = 0; i <= (int)twice; i++) {
        file = open_or_fail(&gentle, RESULT_UNFINISHED);
        assert_int_equal(resume(file, &durable), 0);
        assert_int_equal(append_lines(file, durable_lines, total), 0);
        if (i < (int)twice) {
            result_file_close(file); /* before a checkpoint: the old position still holds */
        }
    }
    assert_int_equal(result_file_finish(file), 0);
    uint64_t parts = part_count(file);
    struct result_position end = result_file_position(file);
    assert_int_equal(end.frames, parts);
    result_file_close(file);
    assert_lines(total, parts);
    remove_all();
}

static void a_resume_ends_the_part_and_goes_on_with_the_next(void **state)
{
    (void)state;
    for (int in_order = 0; in_order < 2; in_order++) {
        for (int twice = 0; twice < 2; twice++) {
            crash_and_resume(100, 10, in_order, 300, twice);     /* in the first part */
            crash_and_resume(100, 4000, in_order, 300, twice);   /* whole parts behind the place */
            crash_and_resume(2500, 1, in_order, 4000, twice);   /* in a later one */
            crash_and_resume(2500, 4000, in_order, 2500, twice); /* nothing was left to do */
            crash_and_resume(0, 3000, in_order, 10, twice);
        }
    }
}

/* Whoever can write to the folder cannot make us write elsewhere. */
static void a_link_in_the_place_of_a_part_is_not_followed(void **state)
{
    (void)state;
    char victim[128];
    struct stat st;
    struct result_file *file = open_or_fail(&gentle, RESULT_NEW);
    snprintf(victim, sizeof(victim), "%s/victim", top);
    assert_int_equal(replace_file(victim, "precious", 8), 0);
    assert_int_equal(result_file_start(file), 0);
    assert_int_equal(symlink(victim, in_folder(".part-00000.ndjson.zst.tmp")), 0);
    assert_int_equal(append_lines(file, 0, 3), -RESULT_WRITE_FAILED);
    result_file_close(file);
    assert_true(stat(victim, &st) == 0 && st.st_size == 8);
    unlink(victim);
    remove_all();
}

/* The number of records ends a part exactly, however many lines come at once; and what is said of a part is true. */
static void a_part_ends_at_its_records(void **state)
{
    (void)state;
    static char lines[400 * LINE_SIZE];
    const struct result_options by_records = { .level = 1, .part_records = 70 };
    for (unsigned at_once = 1; at_once <= 400; at_once = at_once * 3 + 1) {
        struct result_file *file = open_or_fail(&by_records, RESULT_NEW);
        assert_int_equal(result_file_start(file), 0);
        for (unsigned i = 0; i < 400;) {
            size_t len = 0;
            for (unsigned k = 0; k < at_once && i < 400; k++, i++) {
                len += line_of(i, lines + len);
            }
            assert_int_equal(result_file_append(file, lines, len), 0);
        }
        assert_int_equal(result_file_finish(file), 0);
        uint64_t count, uncompressed = 0;
        const struct result_part *parts = result_file_parts(file, &count);
        assert_int_equal(count, 6);
        for (unsigned p = 0; p < count; p++) {
            char name[PART_NAME_SIZE];
            size_t len;
            part_folder_name(p, name);
            keep(name, &len);
            assert_int_equal(parts[p].records, p < 5 ? 70 : 50);
            assert_int_equal(parts[p].bytes, len);
            assert_true(parts[p].xxh3 == XXH3_64bits(bytes, len));
            uncompressed += parts[p].uncompressed_bytes;
        }
        assert_int_equal(uncompressed, result_file_position(file).uncompressed_bytes);
        result_file_close(file);
        assert_lines(400, 6);
        remove_all();
    }
}

/* The durable place lies exactly between two parts. */
static void a_resume_between_parts(void **state)
{
    (void)state;
    struct result_position durable;
    struct result_file *file = open_or_fail(&gentle, RESULT_NEW);
    unsigned lines = 0;
    put_file(".checkpoint", "");
    assert_int_equal(result_file_start(file), 0);
    while (part_count(file) < 2) {
        assert_int_equal(append_lines(file, lines, lines + 1), 0);
        lines++;
    }
    sync_and_keep(file, &durable);
    assert_true(durable.offset == durable.part_begin && durable.part == 2 && !durable.frame.is_open);
    assert_int_equal(append_lines(file, 900000, 903000), 0);
    result_file_close(file);
    file = open_or_fail(&gentle, RESULT_UNFINISHED);
    assert_int_equal(resume(file, &durable), 0);
    assert_int_equal(append_lines(file, lines, lines + 5), 0);
    assert_int_equal(result_file_finish(file), 0);
    assert_int_equal(part_count(file), 3);
    result_file_close(file);
    assert_lines(lines + 5, 3);
    remove_all();
}

static void other_parts_are_not_gone_on_with(void **state)
{
    (void)state;
    struct result_position durable, other;
    struct result_file *file = open_or_fail(&gentle, RESULT_NEW);
    put_file(".checkpoint", "");
    assert_int_equal(result_file_start(file), 0);
    assert_int_equal(append_lines(file, 0, 2500), 0);
    sync_and_keep(file, &durable);
    assert_true(durable.part > 1);
    result_file_close(file);

    file = open_or_fail(&gentle, RESULT_UNFINISHED);
    other = durable;
    other.part = 0;
    assert_int_equal(resume(file, &other), -RESULT_CANNOT_RESUME);
    other = durable;
    other.part_begin++;
    assert_int_equal(resume(file, &other), -RESULT_CANNOT_RESUME);
    other = durable;
    other.tail_xxh64++;
    assert_int_equal(resume(file, &other), -RESULT_CANNOT_RESUME);
    assert_non_null(strstr(result_file_trouble(file)->words, "not the file"));
    other = durable;
    other.part = UINT64_MAX;
    other.frames = 0;
    assert_int_equal(resume(file, &other), -RESULT_CANNOT_RESUME);
    put_file("part-00001.ndjson.zst", "another");
    assert_int_equal(resume(file, &durable), -RESULT_CANNOT_RESUME);
    unlink(in_folder("part-00001.ndjson.zst"));
    assert_int_equal(resume(file, &durable), -RESULT_CANNOT_RESUME);
    assert_non_null(strstr(result_file_trouble(file)->words, "missing"));
    assert_int_equal(result_file_start(file), 0); /* then anew */
    assert_int_equal(append_lines(file, 0, 5), 0);
    assert_int_equal(result_file_finish(file), 0);
    result_file_close(file);
    assert_lines(5, 1);
    remove_all();
}

static void a_full_disk_keeps_what_was_durable(void **state)
{
    (void)state;
    struct rlimit before, small;
    struct result_position durable, unused;
    struct result_file *file = open_or_fail(&gentle, RESULT_NEW);
    put_file(".checkpoint", "");
    assert_int_equal(result_file_start(file), 0);
    assert_int_equal(append_lines(file, 0, 2500), 0);
    sync_and_keep(file, &durable);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = PART_SIZE / 2;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int err = append_lines(file, 2500, 9000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(err, -RESULT_WRITE_FAILED);
    assert_int_equal(result_file_trouble(file)->error, -EFBIG);
    assert_int_equal(result_file_sync(file, &unused), -RESULT_WRITE_FAILED);
    assert_int_equal(result_file_finish(file), -RESULT_WRITE_FAILED);
    result_file_close(file);

    file = open_or_fail(&gentle, RESULT_UNFINISHED);
    assert_int_equal(resume(file, &durable), 0);
    assert_int_equal(append_lines(file, 2500, 3000), 0);
    assert_int_equal(result_file_finish(file), 0);
    uint64_t parts = part_count(file);
    result_file_close(file);
    assert_lines(3000, parts);
    remove_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_whole_and_one_frame_each),
        cmocka_unit_test(no_record_is_no_part),
        cmocka_unit_test(a_part_ends_at_its_records),
        cmocka_unit_test(a_link_in_the_place_of_a_part_is_not_followed),
        cmocka_unit_test(what_cannot_be_made_is_said_in_words),
        cmocka_unit_test(a_resume_ends_the_part_and_goes_on_with_the_next),
        cmocka_unit_test(a_resume_between_parts),
        cmocka_unit_test(other_parts_are_not_gone_on_with),
        cmocka_unit_test(a_full_disk_keeps_what_was_durable),
    };
    return cmocka_run_group_tests(tests, make_top, remove_top);
}
