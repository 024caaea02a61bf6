// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#include "output/checkpoint.h"
#include "output/manifest.h"
#include "output/part_folder.h"
#include "output/result_file.h"
#include "output/watermark.h"
#include "tests/support/unzstd.h"

/*
 * The whole layer as a run uses it, killed at any moment again and again: in the end each line stands in the output
 * exactly once.
 */

enum { LINES = 4000, LINES_A_CHECKPOINT = 100, ROUNDS_MAX = 2000, EXIT_ALREADY_DONE = 10 };

static char top[] = "/tmp/trifecta_durability_XXXXXX";

static int make_top(void **state)
{
    (void)state;
    return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
    (void)state;
    return rmdir(top);
}

struct run {
    struct result_file *file;
    struct checkpoint checkpoint;
    struct watermark watermark;
    char *checkpoint_path;
};

/* In the child: no cmocka there. */
static void need(int result, int exit_status)
{
    if (result < 0) {
        _exit(exit_status);
    }
}

static void begin_or_resume(struct run *run, const char *path)
{
    const struct result_options options = { .level = 1, .part_size = 20000 };
    struct result_trouble trouble;
    int err = result_file_open(&run->file, path, &options, &trouble);
    need(err, err == -RESULT_FINISHED ? EXIT_ALREADY_DONE : 20);
    run->checkpoint_path = checkpoint_path(path);
    checkpoint_init(&run->checkpoint);
    need(watermark_init(&run->watermark, 1 << 16), 21);
    if (result_file_standing(run->file) == RESULT_UNFINISHED) {
        struct checkpoint *c = &run->checkpoint;
        need(checkpoint_read(c, run->checkpoint_path), 22);
        need(watermark_restore(&run->watermark, c->lowest, c->above, c->above_len), 23);
        need(result_file_give_parts(run->file, c->parts, c->part_count), 24);
        need(result_file_resume(run->file, &c->position), 24);
        c->resumed++;
    } else {
        need(checkpoint_set_watermark(&run->checkpoint, &run->watermark), 25);
        need(checkpoint_write(&run->checkpoint, run->checkpoint_path), 26);
        need(result_file_start(run->file), 27);
    }
}

static void make_durable(struct run *run)
{
    need(result_file_sync(run->file, &run->checkpoint.position), 28);
    uint64_t part_count;
    const struct result_part *parts = result_file_parts(run->file, &part_count);
    need(checkpoint_set_parts(&run->checkpoint, parts, part_count), 29);
    need(checkpoint_set_watermark(&run->checkpoint, &run->watermark), 29);
    need(checkpoint_write(&run->checkpoint, run->checkpoint_path), 30);
}

static void write_manifest(struct run *run, const char *path)
{
    char name[256];
    struct manifest manifest = { .version = "1", .order = "list", .checkpoint = &run->checkpoint, .records = LINES };
    manifest.parts = result_file_parts(run->file, &manifest.part_count);
    if (manifest.part_count > 0) {
        snprintf(name, sizeof(name), "%smanifest.json", path);
        need(manifest_write(&manifest, name), 35);
    }
}

/* Lines come out of order within windows of 256, as domains finish. */
static void run_to_the_end(const char *path)
{
    struct run run;
    char line[64];
    unsigned written = 0;
    begin_or_resume(&run, path);
    for (unsigned k = 0; k < (LINES + 255) / 256 * 256; k++) {
        unsigned i = (k & ~255u) | ((k * 37) & 255u);
        if (i >= LINES || watermark_has(&run.watermark, i)) {
            continue;
        }
        int len = snprintf(line, sizeof(line), "{\"seq\":%u,\"noise\":\"%08x\"}\n", i, i * 2654435761u);
        need(result_file_append(run.file, line, (size_t)len), 31);
        need(watermark_add(&run.watermark, i), 32);
        if (++written % LINES_A_CHECKPOINT == 0) {
            make_durable(&run);
        }
    }
    need(result_file_finish(run.file), 33);
    write_manifest(&run, path);
    need(checkpoint_remove(run.checkpoint_path), 34);
    result_file_close(run.file);
    _exit(0);
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

/* How often it was killed. */
static unsigned run_and_kill(const char *path, unsigned seed)
{
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            run_to_the_end(path);
        }
        assert_true(child > 0);
        /* Ever longer, so that it gets to the end on any machine. */
        const struct timespec wait = { 0, (long)(next_random(&seed) % (1000 + 200 * round)) * 1000 };
        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status)) {
            if (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != EXIT_ALREADY_DONE) {
                fail_msg("round %u: child failed at %d", round, WEXITSTATUS(status));
            }
            return round;
        }
    }
    fail_msg("never came to the end");
    return 0;
}

static char bytes[1 << 20], manifest[1 << 16];
static unsigned seen[LINES];

static void count_lines(const char *path, bool is_zstd)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(bytes, 1, sizeof(bytes) - 1, f);
    fclose(f);
    bytes[len] = '\0';
    struct unzstd read = { .bytes = bytes, .len = len, .is_whole = true };
    if (is_zstd) {
        read = unzstd_bytes(bytes, len);
    }
    assert_null(read.error);
    assert_true(read.is_whole);
    unsigned lines = 0;
    for (char *line = read.bytes; *line != '\0'; line = strchr(line, '\n') + 1) {
        unsigned i = LINES;
        char expected[64];
        assert_int_equal(sscanf(line, "{\"seq\":%u,", &i), 1);
        assert_true(i < LINES);
        snprintf(expected, sizeof(expected), "{\"seq\":%u,\"noise\":\"%08x\"}\n", i, i * 2654435761u);
        assert_memory_equal(line, expected, strlen(expected));
        seen[i]++;
        lines++;
    }
    if (manifest[0] != '\0') {
        char expected[256];
        snprintf(expected, sizeof(expected), "{\"name\":\"%s\",\"records\":%u,\"bytes\":%zu,\"uncompressed_bytes\":%zu,\"xxh3\":\"%016llx\"}",
                 strrchr(path, '/') + 1, lines, len, read.len, (unsigned long long)XXH3_64bits(bytes, len));
        if (!strstr(manifest, expected)) {
            fail_msg("%s\nis not in %s", expected, manifest);
        }
    }
    if (is_zstd) {
        free(read.bytes);
    }
    unlink(path);
}

static void count_folder(const char *path)
{
    char name[512];
    size_t parts = 0, named = 0;
    snprintf(name, sizeof(name), "%smanifest.json", path);
    FILE *f = fopen(name, "rb");
    assert_non_null(f);
    manifest[fread(manifest, 1, sizeof(manifest) - 1, f)] = '\0';
    fclose(f);
    unlink(name);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }
        assert_int_equal(strncmp(e->d_name, "part-", 5), 0); /* nothing hidden is left, no checkpoint */
        snprintf(name, sizeof(name), "%s%s", path, e->d_name);
        count_lines(name, true);
        parts++;
    }
    closedir(dir);
    assert_int_equal(rmdir(path), 0);
    for (const char *at = manifest; (at = strstr(at, "\"name\":")) != NULL; at++) {
        named++;
    }
    assert_int_equal(named, parts);
    manifest[0] = '\0';
}

static void killed_at_any_moment_each_line_stands_once(void **state)
{
    (void)state;
    static const char *const names[] = { "out.ndjson.zst", "out.ndjson", "out/" };
    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", top, names[n]);
        memset(seen, 0, sizeof(seen));
        unsigned kills = run_and_kill(path, 7 + (unsigned)n);
        if (strchr(names[n], '/')) {
            count_folder(path);
        } else {
            count_lines(path, strstr(names[n], ".zst") != NULL);
        }
        for (unsigned i = 0; i < LINES; i++) {
            assert_int_equal(seen[i], 1);
        }
        assert_true(kills > 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_moment_each_line_stands_once),
    };
    return cmocka_run_group_tests(tests, make_top, remove_top);
}
