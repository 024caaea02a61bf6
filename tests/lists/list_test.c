// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lists/list.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/trifecta-list-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

/* The path of a new file with these bytes; lasts until the 16th call after it. */
static const char *file_of_bytes(const char *name, const void *bytes, size_t len)
{
    static char paths[16][256];
    static unsigned next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return path;
}

static const char *file_of(const char *name, const char *text)
{
    return file_of_bytes(name, text, strlen(text));
}

struct seen {
    char rejects[4096];
    size_t used;
    unsigned reject_count;
};

static void on_reject(void *arg, const struct list_reject *r)
{
    struct seen *seen = arg;
    char text[64];
    seen->reject_count++;
    reject_escape(r->text, r->text_len < 12 ? r->text_len : 12, text, sizeof(text));
    if (seen->used + 128 < sizeof(seen->rejects)) {
        seen->used += (size_t)snprintf(seen->rejects + seen->used, sizeof(seen->rejects) - seen->used, "%llu/%llu:%s|",
                                       (unsigned long long)r->line, (unsigned long long)r->seq, text);
    }
}

struct run {
    char text[65536]; /* "seq name rank,tag,selectors|" */
    size_t used, count;
    int status;
    struct seen seen;
    struct list_facts totals, first;
    char error[LIST_ERROR_SIZE];
};

static void run_append(struct run *run, const struct list_entry *e)
{
    assert_int_equal(strlen(e->name), e->name_len);
    run->count++;
    if (run->used + 2048 > sizeof(run->text)) {
        return;
    }
    run->used += (size_t)snprintf(run->text + run->used, sizeof(run->text) - run->used, "%llu %s%s|",
                                  (unsigned long long)e->seq, e->name, e->is_excluded ? " x" : "");
}

static void run_lists(struct run *run, const struct list_options *given, size_t block_size)
{
    struct list *list;
    struct list_options options = *given;
    struct list_block *block = list_block_new(block_size);
    memset(run, 0, sizeof(*run));
    options.on_reject = on_reject;
    options.on_reject_arg = &run->seen;
    assert_non_null(block);
    run->status = list_open(&list, &options, run->error, sizeof(run->error));
    if (run->status < 0) {
        list_block_free(block);
        return;
    }
    while ((run->status = list_read_block(list, block)) > 0) {
        assert_int_equal(run->status, block->count);
        for (size_t i = 0; i < block->count; i++) {
            run_append(run, &block->entries[i]);
        }
    }
    assert_int_equal(list_read_block(list, block), run->status);
    if (run->status < 0) {
        snprintf(run->error, sizeof(run->error), "%s", list_error(list));
    }
    run->totals = list_totals(list);
    run->first = *list_get_facts(list, 0);
    list_close(list);
    list_block_free(block);
}

static void run_one(struct run *run, const char *path)
{
    const char *paths[] = { path };
    run_lists(run, &(struct list_options){ .paths = paths, .path_count = 1, .dedup = true }, 2);
}

static void a_strict_list_ends_at_its_first_wrong_line(void **state)
{
    (void)state;
    struct run run;
    const char *paths[] = { file_of("strict.txt", "a.example\n# fine\n\nno name\nb.example\n") };
    for (int shuffled = 0; shuffled < 2; shuffled++) {
        run_lists(&run, &(struct list_options){ .paths = paths, .path_count = 1, .is_strict = true, .is_shuffled = shuffled }, 2);
        assert_int_equal(run.status, -EINVAL);
        assert_int_equal(run.count, 0); /* nor what stands before it: the list is wrong */
        assert_non_null(strstr(run.error, "strict.txt:4: "));
        assert_non_null(strstr(run.error, ": no name"));
    }
}

static void the_number_of_names_is_estimated_from_the_bytes_read(void **state)
{
    (void)state;
    enum { NAMES = 200000 };
    char *text = malloc(NAMES * 16 + 1), error[LIST_ERROR_SIZE];
    size_t len = 0;
    for (int i = 0; i < NAMES; i++) {
        len += (size_t)sprintf(text + len, "n%06d.example\n", i);
    }
    const char *paths[] = { file_of("many.txt", text) };
    free(text);
    struct list *list;
    assert_int_equal(list_open(&list, &(struct list_options){ .paths = paths, .path_count = 1 }, error, sizeof(error)), 0);
    assert_int_equal(list_estimate_names(list), 0); /* nothing is known of it yet */
    struct list_block *block = list_block_new(1000);
    assert_true(list_read_block(list, block) > 0);
    uint64_t early = list_estimate_names(list);
    assert_true(early > NAMES * 9 / 10 && early < NAMES * 11 / 10);
    while (list_read_block(list, block) > 0) {
    }
    assert_int_equal(list_estimate_names(list), NAMES);
    list_block_free(block);
    list_close(list);
}

static void lines_are_counted_over_all_lists(void **state)
{
    (void)state;
    static struct run run;
    const char *paths[] = {
        file_of("a", "# ours\na.com\n\nB.com.\nbad name\n"),
        file_of("b.csv", "id,domain\r\n1,c.com\r\n2,a.com\r\n"),
        file_of("empty", ""),
        file_of("c", "http://d.com/"),
    };
    run_lists(&run, &(struct list_options){ .paths = paths, .path_count = 4, .dedup = true }, 3);
    assert_int_equal(run.status, 0);
    assert_string_equal(run.text, "2 a.com|4 b.com|7 c.com|9 d.com|");
    assert_string_equal(run.seen.rejects, "5/5:bad name|");
    assert_int_equal(run.totals.lines, 9);
    assert_int_equal(run.totals.names, 4);
    assert_int_equal(run.totals.rejected, 1);
    assert_int_equal(run.totals.duplicates, 1);
    assert_true(run.totals.is_finished);
    assert_string_equal(run.first.format, "plain");
    assert_string_equal(run.first.compression, "none");
    assert_int_equal(run.first.lines, 5);
}

static void without_dedup_doubles_stay(void **state)
{
    (void)state;
    static struct run run;
    const char *paths[] = { file_of("doubles", "a.com\nA.COM\na.com.\n") };
    run_lists(&run, &(struct list_options){ .paths = paths, .path_count = 1 }, 8);
    assert_string_equal(run.text, "1 a.com|2 a.com|3 a.com|");
    assert_int_equal(run.totals.duplicates, 0);
}

static void rank_tag_and_selectors_come_along(void **state)
{
    (void)state;
    char error[LIST_ERROR_SIZE];
    struct list *list;
    struct list_block *block = list_block_new(8);
    const char *paths[] = { file_of("tags.csv", "rank,domain,id,sel\n7,a.com,\"c\"\"1\",\"S1,s2\"\n,b.com,,\n") };
    struct list_options o = { .paths = paths, .path_count = 1 };
    o.wish.tag_column = "id";
    o.wish.selector_column = "4";
    assert_int_equal(list_open(&list, &o, error, sizeof(error)), 0);
    assert_int_equal(list_read_block(list, block), 2);
    assert_int_equal(block->entries[0].rank, 7);
    assert_string_equal(block->entries[0].tag, "c\"1");
    assert_int_equal(block->entries[0].tag_len, 3);
    assert_string_equal(block->entries[0].selectors, "s1 s2");
    assert_int_equal(block->entries[1].rank, 0);
    assert_true(block->entries[1].has_tag);
    assert_int_equal(block->entries[1].tag_len, 0);
    assert_int_equal(block->entries[1].selectors_len, 0);
    list_close(list);
    list_block_free(block);
}

static void fields_over_several_lines(void **state)
{
    (void)state;
    static struct run run;
    run_one(&run, file_of("multi.csv", "note,domain\n\"two\r\nlines\",a.com\nx,b.com\n\"three\n\nlines\",bad name\n"
                                       "\"never closed,c.com\ny,d.com\n"));
    assert_string_equal(run.text, "2 a.com|4 b.com|9 d.com|");
    assert_int_equal(run.totals.lines, 9);
    assert_int_equal(run.totals.rejected, 2);
    assert_string_equal(run.seen.rejects, "5/5:\"three\\010\\010line|8/8:\"never close|");
}

static void odd_files_end_without_harm(void **state)
{
    (void)state;
    static struct run run;
    char random[5000];
    for (size_t i = 0; i < sizeof(random); i++) {
        random[i] = (char)(i * i * 31 + i * 7 + (i >> 3));
    }
    run_one(&run, file_of("empty", ""));
    assert_int_equal(run.status, 0);
    assert_int_equal(run.count, 0);
    assert_true(run.first.is_finished);
    run_one(&run, file_of("newlines", "\n\r\n\n"));
    assert_int_equal(run.totals.lines, 3);
    assert_int_equal(run.totals.rejected, 0);
    run_one(&run, file_of_bytes("binary", random, sizeof(random)));
    assert_int_equal(run.status, 0);
    assert_int_equal(run.count, 0);
    assert_true(run.totals.rejected > 0);
    run_one(&run, file_of_bytes("nul", "a.com\n\0\0\0\nb\0c.com\nd.com", 23));
    assert_string_equal(run.text, "1 a.com|4 d.com|");
    run_one(&run, folder);
    assert_int_equal(run.status, -EISDIR);
    assert_non_null(strstr(run.error, folder));
    run_one(&run, "/nowhere/list");
    assert_int_equal(run.status, -ENOENT);
    assert_string_equal(run.error, "/nowhere/list: No such file or directory");
    run_one(&run, "/dev/null");
    assert_int_equal(run.status, 0);
}

static void long_lines_are_one_reject(void **state)
{
    (void)state;
    static struct run run;
    const size_t sizes[] = { LAYOUT_LINE_MAX, LAYOUT_LINE_MAX + 1, 262143, 262144, 262145, 3000000 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int at_end = 0; at_end < 2; at_end++) {
            char *bytes = malloc(sizes[i] + 32);
            assert_non_null(bytes);
            memcpy(bytes, "a.com\n", 6);
            memset(bytes + 6, 'x', sizes[i]);
            size_t len = 6 + sizes[i];
            if (!at_end) {
                memcpy(bytes + len, "\nb.com\n", 7);
                len += 7;
            }
            run_one(&run, file_of_bytes("long", bytes, len));
            assert_int_equal(run.status, 0);
            assert_string_equal(run.text, at_end ? "1 a.com|" : "1 a.com|3 b.com|");
            assert_int_equal(run.seen.reject_count, 1);
            assert_int_equal(run.totals.lines, at_end ? 2 : 3);
            free(bytes);
        }
    }
}

/* --- compression --- */

static void add_member(struct archive *a, const char *name, const char *text, mode_t type)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)strlen(text));
    assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(a, text, strlen(text)), strlen(text));
    archive_entry_free(entry);
}

static size_t compress_text(int filter, const char *text, char *out, size_t size)
{
    size_t used = 0;
    struct archive *a = archive_write_new();
    archive_write_set_format_raw(a);
    archive_write_add_filter(a, filter);
    archive_write_set_bytes_in_last_block(a, 1);
    assert_int_equal(archive_write_open_memory(a, out, size, &used), ARCHIVE_OK);
    add_member(a, "x", text, AE_IFREG);
    archive_write_close(a);
    archive_write_free(a);
    return used;
}

static void compressed_lists_are_told_by_their_bytes(void **state)
{
    (void)state;
    static struct run run;
    static char bytes[65536];
    static const struct {
        int filter;
        const char *name;
    } rows[] = {
        { ARCHIVE_FILTER_GZIP, "gzip" },
        { ARCHIVE_FILTER_ZSTD, "zstd" },
        { ARCHIVE_FILTER_XZ, "xz" },
        { ARCHIVE_FILTER_BZIP2, "bzip2" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = compress_text(rows[i].filter, "1,a.com\n2,b.com\n", bytes, sizeof(bytes));
        run_one(&run, file_of_bytes("list.txt", bytes, len));
        assert_int_equal(run.status, 0);
        assert_string_equal(run.first.compression, rows[i].name);
        assert_string_equal(run.first.format, "tranco");
        assert_string_equal(run.text, "1 a.com|2 b.com|");
        /* Members one after the other, as `cat a.gz b.gz` makes them. */
        memcpy(bytes + len, bytes, len);
        run_one(&run, file_of_bytes("list.txt", bytes, 2 * len));
        assert_int_equal(run.totals.lines, 4);
        assert_int_equal(run.totals.duplicates, 2);
    }
}

static void damaged_compression_is_an_error(void **state)
{
    (void)state;
    static struct run run;
    static char text[300000];
    static char bytes[400000];
    size_t used = 0;
    for (unsigned i = 0; used + 32 < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "n%u.example\n", i * 2654435761u);
    }
    size_t len = compress_text(ARCHIVE_FILTER_GZIP, text, bytes, sizeof(bytes));
    run_one(&run, file_of_bytes("cut.gz", bytes, len * 3 / 4));
    assert_int_equal(run.status, -EBADMSG);
    assert_true(run.count > 1000); /* what came before is handed out */
    assert_non_null(strstr(run.error, "cut.gz: damaged gzip data"));
    run_one(&run, file_of_bytes("stump.gz", bytes, 12));
    assert_int_equal(run.status, -EBADMSG);
    assert_int_equal(run.count, 0);
}

/* What is handed out is the beginning of what the whole list gives, or going on would lose names. */
static void a_shuffled_list_that_breaks_gives_whole_windows(void **state)
{
    (void)state;
    enum { NAMES = 30000, LEN = 15, WINDOW = 700 };
    static char text[NAMES * LEN + 1], bytes[sizeof(text)];
    static struct run whole, broken;
    uint64_t random = 1;
    for (unsigned i = 0; i < NAMES; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        snprintf(text + i * LEN, LEN + 1, "n%08x.test\n", (unsigned)(random >> 32));
    }
    size_t len = compress_text(ARCHIVE_FILTER_GZIP, text, bytes, sizeof(bytes));
    const char *path = file_of_bytes("whole.gz", bytes, len);
    struct list_options options = { .paths = &path, .path_count = 1, .is_shuffled = true, .window = WINDOW, .seed = 5 };
    run_lists(&whole, &options, 100);
    assert_int_equal(whole.status, 0);
    assert_int_equal(whole.count, NAMES);
    path = file_of_bytes("broken.gz", bytes, len * 3 / 4);
    run_lists(&broken, &options, 100);
    assert_int_equal(broken.status, -EBADMSG);
    assert_true(broken.count >= WINDOW && broken.count < NAMES);
    assert_int_equal(broken.count % WINDOW, 0);
    assert_memory_equal(broken.text, whole.text, broken.used);
    options.window = 0;
    run_lists(&broken, &options, 100);
    assert_int_equal(broken.status, -EBADMSG);
    assert_int_equal(broken.count, 0);
}

static void all_members_of_a_zip_are_read(void **state)
{
    (void)state;
    static struct run run;
    static char bytes[65536];
    size_t used = 0;
    struct archive *a = archive_write_new();
    archive_write_set_format_zip(a);
    archive_write_set_bytes_in_last_block(a, 1);
    assert_int_equal(archive_write_open_memory(a, bytes, sizeof(bytes), &used), ARCHIVE_OK);
    add_member(a, "folder/", "", AE_IFDIR);
    add_member(a, "folder/top.csv", "1,a.com\n2,b.com\n", AE_IFREG);
    add_member(a, "__MACOSX/._top.csv", "rubbish\n", AE_IFREG);
    add_member(a, "empty", "", AE_IFREG);
    add_member(a, "more.txt", "c.com\nb.com\n", AE_IFREG);
    archive_write_close(a);
    archive_write_free(a);
    const char *path = file_of_bytes("lists", bytes, used);
    run_one(&run, path);
    assert_int_equal(run.status, 0);
    assert_string_equal(run.first.compression, "zip");
    assert_string_equal(run.first.format, "tranco");
    assert_string_equal(run.text, "1 a.com|2 b.com|3 c.com|");
    assert_int_equal(run.totals.rejected, 0);
    /* The same through a pipe has the same hash, of the bytes as they are. */
    uint64_t xxh3 = run.first.xxh3;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], bytes, used), used);
    close(ends[1]);
    int keep = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    run_lists(&run, &(struct list_options){ .dedup = true }, 4);
    dup2(keep, STDIN_FILENO);
    close(keep);
    close(ends[0]);
    assert_string_equal(run.text, "1 a.com|2 b.com|3 c.com|");
    assert_string_equal(run.first.path, "-");
    assert_true(run.first.xxh3 == xxh3);
}

static void xxh3_is_that_of_the_file(void **state)
{
    (void)state;
    static struct run run;
    run_one(&run, file_of("abc", "abc"));
    assert_true(run.first.xxh3 == 0x78af5f94892f3950); /* XXH3_64bits("abc") */
}

/* --- stdin --- */

static bool stop_at_once(void *arg)
{
    (void)arg;
    return true;
}

static void a_pipe_in_list_order_is_not_waited_for(void **state)
{
    (void)state;
    char error[LIST_ERROR_SIZE];
    struct list *list;
    struct list_block *block = list_block_new(100);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int keep = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    assert_int_equal(list_open(&list, &(struct list_options){ .dedup = true }, error, sizeof(error)), 0);
    assert_int_equal(write(ends[1], "a.com\nb.com\nc.c", 15), 15);
    assert_int_equal(list_read_block(list, block), 2);
    assert_int_equal(write(ends[1], "om\nd.com\n", 9), 9);
    assert_int_equal(list_read_block(list, block), 2);
    assert_string_equal(block->entries[0].name, "c.com");
    assert_int_equal(block->entries[0].seq, 3);
    close(ends[1]);
    assert_int_equal(list_read_block(list, block), 0);
    bool is_certain = true;
    list_identity(list, &is_certain);
    assert_false(is_certain);
    list_close(list);
    /* A silent pipe does not keep who is told to stop. */
    assert_int_equal(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    const struct list_options o = { .is_shuffled = true, .is_stopping = stop_at_once };
    assert_int_equal(list_open(&list, &o, error, sizeof(error)), 0);
    assert_int_equal(list_read_block(list, block), -ECANCELED);
    list_close(list);
    dup2(keep, STDIN_FILENO);
    close(keep);
    close(ends[0]);
    close(ends[1]);
    list_block_free(block);
}

static void stdin_can_be_read_once(void **state)
{
    (void)state;
    char error[LIST_ERROR_SIZE];
    struct list *list;
    const char *paths[] = { "-", "-" };
    const struct list_options o = { .paths = paths, .path_count = 2 };
    assert_int_equal(list_open(&list, &o, error, sizeof(error)), -EINVAL);
}

/* --- order, shards, exclusion --- */

static const char *numbered_file(unsigned count)
{
    char *text = malloc(count * 32);
    size_t used = 0;
    assert_non_null(text);
    for (unsigned i = 0; i < count; i++) {
        used += (size_t)sprintf(text + used, "%c.d%u.example\n", (char)('a' + i % 3), i / 3);
    }
    const char *path = file_of_bytes("numbered", text, used);
    free(text);
    return path;
}

static void the_shuffle_depends_on_the_seed_alone(void **state)
{
    (void)state;
    static struct run first, again, other;
    static bool was_seen[1001];
    const char *paths[] = { numbered_file(1000) };
    struct list_options o = {
        .paths = paths, .path_count = 1, .dedup = true, .is_shuffled = true, .window = 300, .seed = 5
    };
    run_lists(&first, &o, 7);
    run_lists(&again, &o, 1000);
    assert_string_equal(first.text, again.text);
    o.seed = 6;
    run_lists(&other, &o, 7);
    assert_string_not_equal(first.text, other.text);
    assert_int_equal(first.count, 1000);
    assert_int_equal(other.count, 1000);
    /* Each once, and each window's names before the next window's. */
    size_t n = 0;
    unsigned in_order = 0;
    unsigned long before = 0;
    for (char *at = first.text; *at != '\0'; at = strchr(at, '|') + 1, n++) {
        unsigned long seq = strtoul(at, NULL, 10);
        assert_in_range(seq, 1, 1000);
        assert_false(was_seen[seq]);
        was_seen[seq] = true;
        assert_int_equal((seq - 1) / 300, n / 300);
        in_order += seq == before + 1;
        before = seq;
    }
    assert_int_equal(n, 1000);
    assert_true(in_order < 30);
}

static void shards_are_disjoint_and_complete(void **state)
{
    (void)state;
    static struct run run;
    static int shard_of_domain[100];
    struct suffixes *suffixes;
    char error[LIST_ERROR_SIZE];
    assert_int_equal(suffixes_open(&suffixes, NULL, error, sizeof(error)), 0);
    const char *paths[] = { numbered_file(300) };
    size_t total = 0;
    for (uint32_t shard = 0; shard < 4; shard++) {
        struct list_options o = {
            .paths = paths, .path_count = 1, .dedup = true, .suffixes = suffixes, .shards = 4, .shard = shard
        };
        run_lists(&run, &o, 50);
        assert_int_equal(run.status, 0);
        assert_int_equal(run.totals.lines, 300);
        assert_int_equal(run.totals.names + run.totals.other_shards, 300);
        assert_in_range(run.count, 30, 120);
        total += run.count;
        for (char *at = run.text; *at != '\0'; at = strchr(at, '|') + 1) {
            unsigned domain = (unsigned)strtoul(strstr(at, ".d") + 2, NULL, 10);
            assert_true(shard_of_domain[domain] == 0 || shard_of_domain[domain] == (int)shard + 1);
            shard_of_domain[domain] = (int)shard + 1; /* one organization's names stay together */
        }
    }
    assert_int_equal(total, 300);
    /* Fixed: a change would tear running sets of shards apart. */
    assert_int_equal(list_shard_of(suffixes, "www.example.com", 15, 1000),
                     list_shard_of(suffixes, "example.com", 11, 1000));
    assert_int_equal(list_shard_of(suffixes, "example.com", 11, 1), 0);
    struct list *list;
    const struct list_options bad = { .paths = paths, .path_count = 1, .suffixes = suffixes, .shards = 4, .shard = 4 };
    assert_int_equal(list_open(&list, &bad, error, sizeof(error)), -EINVAL);
    suffixes_close(suffixes);
}

static void excluded_names_stay_and_say_so(void **state)
{
    (void)state;
    static struct run run;
    struct exclude_list *exclude;
    char error[LIST_ERROR_SIZE];
    const char *paths[] = { file_of("a", "a.com\nb.com\nx.c.com\nc.com\n") };
    const char *path = file_of("exclude", "A.com # opted out\n*.c.com\n");
    assert_int_equal(exclude_list_open(&exclude, path, error, sizeof(error)), 0);
    run_lists(&run, &(struct list_options){ .paths = paths, .path_count = 1, .dedup = true, .exclude = exclude }, 9);
    assert_string_equal(run.text, "1 a.com x|2 b.com|3 x.c.com x|4 c.com|");
    assert_int_equal(run.totals.excluded, 2);
    assert_int_equal(run.totals.names, 4);
    exclude_list_close(exclude);
}

static void a_missing_column_is_told_at_open(void **state)
{
    (void)state;
    char error[LIST_ERROR_SIZE];
    struct list *list;
    const char *paths[] = { file_of("x.csv", "id,domain\n1,a.com\n") };
    struct list_options o = { .paths = paths, .path_count = 1 };
    o.wish.column = "host";
    assert_int_equal(list_open(&list, &o, error, sizeof(error)), -EINVAL);
    assert_non_null(strstr(error, "x.csv: --column: no column \"host\" in its first line (id,domain)"));
}

/* Truncated, grown, written over while it is read: an error at its end, not a list that nobody has given. */
static void a_list_that_changes_under_us_is_told(void **state)
{
    (void)state;
    enum { NAMES = 50000, LEN = 15 };
    static char text[NAMES * LEN + 1];
    static const char more[] = "more.example\n";
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(text + i * LEN, LEN + 1, "n%08u.test\n", i);
    }
    for (int change = 0; change < 4; change++) {
        char error[LIST_ERROR_SIZE];
        struct list *list;
        const char *path = file_of("changing", text);
        const struct list_options options = { .paths = &path, .path_count = 1 };
        struct list_block *block = list_block_new(1000);
        assert_int_equal(list_open(&list, &options, error, sizeof(error)), 0);
        int count = list_read_block(list, block);
        assert_true(count > 0);
        FILE *file = fopen(path, change == 1 ? "ab" : "r+b");
        assert_non_null(file);
        if (change == 0) {
            assert_int_equal(ftruncate(fileno(file), NAMES * LEN / 2), 0);
        } else if (change < 3) {
            assert_int_equal(fwrite(more, 1, sizeof(more) - 1, file), sizeof(more) - 1); /* behind, or over the beginning */
        }
        fclose(file);
        while ((count = list_read_block(list, block)) > 0) {
        }
        if (count != (change == 3 ? 0 : -ESTALE)) {
            fail_msg("change %d: %d", change, count);
        }
        if (change < 3) {
            assert_non_null(strstr(list_error(list), "has changed while it was read"));
        }
        list_block_free(block);
        list_close(list);
    }
}

static void identity_follows_the_content(void **state)
{
    (void)state;
    char error[LIST_ERROR_SIZE];
    uint64_t identities[3];
    static const char *const texts[] = { "a.com\n", "a.com\n", "b.com\n" };
    for (size_t i = 0; i < 3; i++) {
        struct list *list;
        bool is_certain;
        const char *paths[] = { file_of("same", texts[i]) };
        const struct list_options o = { .paths = paths, .path_count = 1 };
        assert_int_equal(list_open(&list, &o, error, sizeof(error)), 0);
        identities[i] = list_identity(list, &is_certain);
        assert_true(is_certain);
        list_close(list);
    }
    assert_true(identities[0] == identities[1]);
    assert_true(identities[0] != identities[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_strict_list_ends_at_its_first_wrong_line),
        cmocka_unit_test(the_number_of_names_is_estimated_from_the_bytes_read),
        cmocka_unit_test(lines_are_counted_over_all_lists),
        cmocka_unit_test(without_dedup_doubles_stay),
        cmocka_unit_test(rank_tag_and_selectors_come_along),
        cmocka_unit_test(fields_over_several_lines),
        cmocka_unit_test(odd_files_end_without_harm),
        cmocka_unit_test(long_lines_are_one_reject),
        cmocka_unit_test(compressed_lists_are_told_by_their_bytes),
        cmocka_unit_test(damaged_compression_is_an_error),
        cmocka_unit_test(a_shuffled_list_that_breaks_gives_whole_windows),
        cmocka_unit_test(all_members_of_a_zip_are_read),
        cmocka_unit_test(xxh3_is_that_of_the_file),
        cmocka_unit_test(a_pipe_in_list_order_is_not_waited_for),
        cmocka_unit_test(stdin_can_be_read_once),
        cmocka_unit_test(the_shuffle_depends_on_the_seed_alone),
        cmocka_unit_test(shards_are_disjoint_and_complete),
        cmocka_unit_test(excluded_names_stay_and_say_so),
        cmocka_unit_test(a_missing_column_is_told_at_open),
        cmocka_unit_test(a_list_that_changes_under_us_is_told),
        cmocka_unit_test(identity_follows_the_content),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
