// SPDX-License-Identifier: MIT

/*
 * `trifecta merge`: joins the shards of a scan, or the parts of one, after their manifests have shown that they are one
 * complete set: the same lists, seed, options and version, each shard once, and no name missing. Then every part is
 * read, held against the hash and the count its manifest gives, and written again.
 *
 * Nothing is there under the name of the output before all of it is: until then a checkpoint stands with it, so that a
 * merge that was killed is not taken for a result. The same command begins again.
 *
 * Exit status: 75 when a shard is missing or not finished (come again later), 65 when they do not belong together or a
 * part is not what its manifest says.
 */

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "output/file_hash.h"
#include "output/manifest.h"
#include "output/result_reader.h"
#include "scanner/commands.h"
#include "scanner/exit_status.h"
#include "scanner/merge_set.h"
#include "scanner/say.h"
#include "scanner/scan_output.h"

enum { BATCH_SIZE = 1 << 20 };

struct batch;

struct merge {
    const struct options *wish;
    struct merge_set set;
    struct scan_output output;
};

/* ---- the parts ---- */

/* The bytes of the file are those its manifest speaks of. */
static int check_part(struct merge *m, const char *path, const struct manifest_view_part *part, struct batch *batch)
{
    char hex[17];
    uint64_t bytes, hash;
    (void)m;
    (void)batch;
    int err = file_hash(path, &bytes, &hash);
    if (err < 0) {
        say("%s: %s", path, strerror(-err));
        return err == -ENOMEM ? EXIT_SYSTEM_LIMIT : EXIT_LIST_UNREADABLE;
    }
    snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)hash);
    if (bytes != part->bytes || strcmp(hex, part->xxh3) != 0) {
        say("%s is not what its manifest says: %llu bytes, xxh3 %s; there %llu, %s", path, (unsigned long long)bytes, hex,
            (unsigned long long)part->bytes, part->xxh3);
        return EXIT_INPUT_BAD;
    }
    return EXIT_DONE;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int refuse_own_source(const struct merge *m, const char *path)
{
    if (!is_same_file(m->wish->output, path)) {
        return EXIT_DONE;
    }
    say("--output %s is what is to be merged: it would be emptied before it is read", m->wish->output);
    return EXIT_USAGE_WRONG;
}

static int check_is_not_output(struct merge *m, const char *path, const struct manifest_view_part *part, struct batch *batch)
{
    (void)part;
    (void)batch;
    return refuse_own_source(m, path);
}

static int trouble_status(const struct merge *m)
{
    const struct result_trouble *trouble = result_file_trouble(m->output.file);
    if (trouble->failure == RESULT_READER_GONE) {
        return EXIT_DONE; /* SIGPIPE on -o -: a normal end */
    }
    say("%s", trouble->words);
    return EXIT_WRITE_ERROR;
}

/* Whole lines for the output, many at a time. */
struct batch {
    char *bytes;
    size_t len, size;
};

static int give_batch(struct merge *m, struct batch *batch)
{
    int err = result_file_append(m->output.file, batch->bytes, batch->len);
    batch->len = 0;
    return err < 0 ? trouble_status(m) : EXIT_DONE;
}

static int add_line(struct merge *m, struct batch *batch, const char *line, size_t len)
{
    if (batch->len > 0 && batch->len + len + 1 > BATCH_SIZE) {
        int status = give_batch(m, batch);
        if (status != EXIT_DONE) {
            return status;
        }
    }
    if (batch->len + len + 1 > batch->size) {
        size_t size = len + 1 > BATCH_SIZE ? len + 1 : BATCH_SIZE;
        char *more = realloc(batch->bytes, size);
        if (!more) {
            say("out of memory");
            return EXIT_SYSTEM_LIMIT;
        }
        batch->bytes = more;
        batch->size = size;
    }
    memcpy(batch->bytes + batch->len, line, len);
    batch->bytes[batch->len + len] = '\n';
    batch->len += len + 1;
    return EXIT_DONE;
}

static int copy_part(struct merge *m, const char *path, const struct manifest_view_part *part, struct batch *batch)
{
    struct result_reader *reader = result_reader_new(&path, 1);
    const char *line;
    size_t len;
    uint64_t lines = 0;
    enum result_read got = RESULT_READ_END;
    int status = EXIT_DONE;
    if (!reader) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    while (status == EXIT_DONE && (got = result_reader_next(reader, &line, &len)) == RESULT_READ_LINE) {
        status = add_line(m, batch, line, len);
        lines++;
    }
    if (status == EXIT_DONE && got != RESULT_READ_END) {
        say("%s", result_reader_words(reader));
        status = EXIT_INPUT_BAD;
    } else if (status == EXIT_DONE && lines != part->records) {
        say("%s holds %llu records, its manifest says %llu", path, (unsigned long long)lines,
            (unsigned long long)part->records);
        status = EXIT_INPUT_BAD;
    }
    result_reader_free(reader);
    return status;
}

/* Calls `visit` for each part of each shard, in order. */
static int for_each_part(struct merge *m,
                         int (*visit)(struct merge *m, const char *path, const struct manifest_view_part *part,
                                      struct batch *batch),
                         struct batch *batch)
{
    char path[PATH_MAX];
    int status = EXIT_DONE;
    for (size_t i = 0; i < m->set.count && status == EXIT_DONE; i++) {
        const struct merge_source *s = &m->set.sources[i];
        for (size_t p = 0; p < s->manifest.part_count && status == EXIT_DONE; p++) {
            if ((size_t)snprintf(path, sizeof(path), "%s/%s", s->folder, s->manifest.parts[p].name) >= sizeof(path)) {
                say("%s: the path is too long", s->folder);
                return EXIT_USAGE_WRONG;
            }
            status = visit(m, path, &s->manifest.parts[p], batch);
        }
    }
    return status;
}

/* --force would empty it. */
static int check_output_is_no_source(struct merge *m)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < m->set.count && status == EXIT_DONE; i++) {
        status = refuse_own_source(m, m->set.sources[i].folder);
    }
    return status == EXIT_DONE ? for_each_part(m, check_is_not_output, NULL) : status;
}

/* ---- the output ---- */

/* An output that somebody else has not finished is not ours to write over; one of a merge is begun again. */
static int begin_output(struct merge *m)
{
    struct scan_output *o = &m->output;
    const char *before = o->is_resuming ? checkpoint_get(&o->before, CHECKPOINT_IDENTITY, "command") : "merge";
    if (!before || strcmp(before, "merge") != 0) {
        say("%s is the unfinished output of a scan: finish that first, or choose another --output", o->path);
        return EXIT_OUTPUT_IMPOSSIBLE;
    }
    o->is_resuming = false;
    scan_output_identify(o, CHECKPOINT_IDENTITY, "command", "merge");
    return scan_output_begin(o, m->set.sources[0].manifest.seed);
}

static int add_options(const struct manifest_view *from, struct checkpoint *to)
{
    int err = 0;
    for (size_t i = 0; i < from->option_count && err == 0; i++) {
        err = checkpoint_set(to, CHECKPOINT_OPTION, from->options[i].name, from->options[i].value);
    }
    return err;
}

static struct manifest_list *sum_lists(const struct merge *m)
{
    const struct manifest_view *first = &m->set.sources[0].manifest;
    struct manifest_list *lists = calloc(first->list_count + 1, sizeof(*lists));
    for (size_t i = 0; lists && i < first->list_count; i++) {
        lists[i] = (struct manifest_list){
            .path = first->lists[i].path,
            .lines = first->lists[i].lines,
            .rejected = first->lists[i].rejected,
            .xxh3 = strtoull(first->lists[i].xxh3, NULL, 16),
        };
        for (size_t s = 0; s < m->set.count; s++) {
            lists[i].names += m->set.sources[s].manifest.lists[i].names;
            lists[i].duplicates += m->set.sources[s].manifest.lists[i].duplicates;
        }
    }
    return lists;
}

/* The whole as one shard of one. */
static int write_manifest(struct merge *m)
{
    const struct manifest_view *first = &m->set.sources[0].manifest;
    char path[PATH_MAX];
    struct checkpoint options;
    checkpoint_init(&options);
    struct manifest out = {
        .version = first->version,
        .order = first->order,
        .list_identity = first->list_identity,
        .started_at = first->started_at,
        .finished_at = first->finished_at,
        .shards = 1,
        .seed = first->seed,
        .list_count = first->list_count,
        .checkpoint = &options,
        .listed = first->listed,
        .names = m->set.names,
        .duplicates = m->set.duplicates,
        .records = m->set.records,
        .unknown = m->set.unknown,
    };
    for (size_t i = 0; i < m->set.count; i++) {
        const struct manifest_view *v = &m->set.sources[i].manifest;
        out.started_at = strcmp(v->started_at, out.started_at) < 0 ? v->started_at : out.started_at;
        out.finished_at = strcmp(v->finished_at, out.finished_at) > 0 ? v->finished_at : out.finished_at;
        out.resumed += v->resumed;
    }
    struct manifest_list *lists = sum_lists(m);
    out.lists = lists;
    out.parts = result_file_parts(m->output.file, &out.part_count);
    int err = lists ? add_options(first, &options) : -ENOMEM;
    if (err == 0 && (size_t)snprintf(path, sizeof(path), "%smanifest.json", m->output.path) >= sizeof(path)) {
        err = -ENAMETOOLONG;
    }
    if (err == 0) {
        err = manifest_write(&out, path);
    }
    free(lists);
    checkpoint_deinit(&options);
    return err;
}

static int finish_output(struct merge *m)
{
    struct scan_output *o = &m->output;
    size_t len = strlen(o->path);
    if (result_file_finish(o->file) < 0) {
        return trouble_status(m);
    }
    int err = o->path[len - 1] == '/' ? write_manifest(m) : 0;
    if (err == 0 && o->keeps_checkpoint) {
        err = checkpoint_remove(o->checkpoint_path);
    }
    if (err < 0) {
        say("cannot finish %s: %s", o->path, strerror(-err));
        return EXIT_WRITE_ERROR;
    }
    return EXIT_DONE;
}

static int join(struct merge *m, const struct options *options)
{
    struct batch batch = { 0 };
    int status = scan_output_open(&m->output, options);
    if (status != EXIT_DONE) {
        return status;
    }
    status = begin_output(m);
    if (status == EXIT_DONE) {
        status = for_each_part(m, copy_part, &batch);
    }
    if (status == EXIT_DONE && batch.len > 0) {
        status = give_batch(m, &batch);
    }
    if (status == EXIT_DONE) {
        status = finish_output(m);
    }
    if (status == EXIT_DONE && !options->quiet) {
        say("%s: %llu records of %zu folders, each name of the list once, %llu with anything unknown", m->output.path,
            (unsigned long long)m->set.records, m->set.count, (unsigned long long)m->set.unknown);
    }
    free(batch.bytes);
    scan_output_close(&m->output);
    return status;
}

int merge_command(const struct options *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct merge m = { .wish = options };
    if (!options->output || options->argument_count == 0) {
        say("merge needs folders of parts, and with --output where to; see trifecta merge --help");
        return EXIT_USAGE_WRONG;
    }
    int status = scan_output_check_name(options->output);
    if (status != EXIT_DONE) {
        return status;
    }
    if (!merge_set_init(&m.set, options->arguments, options->argument_count)) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    status = merge_set_check(&m.set);
    if (status == EXIT_DONE) {
        status = check_output_is_no_source(&m);
    }
    if (status == EXIT_DONE) {
        status = for_each_part(&m, check_part, NULL);
    }
    if (status == EXIT_DONE) {
        status = join(&m, options);
    }
    merge_set_deinit(&m.set);
    return status;
}
