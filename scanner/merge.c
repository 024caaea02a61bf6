// SPDX-License-Identifier: MIT

/*
 * `trifecta merge`: joins the shards of a scan, or the parts of one, after their manifests have shown that they are one
 * complete set: the same lists, seed, options and version, each shard once, and no name missing. Then every part is read,
 * held against the hash and the count its manifest gives, and written again.
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
#include <xxhash.h>

#include "output/manifest.h"
#include "output/result_reader.h"
#include "scanner/commands.h"
#include "scanner/exit_status.h"
#include "scanner/results/manifest_view.h"
#include "scanner/say.h"
#include "scanner/scan_output.h"

enum { BATCH_SIZE = 1 << 20 };

struct batch;

struct source {
    const char *folder; /* as given */
    struct manifest_view manifest;
};

struct merge {
    struct source *sources;
    size_t count;
    struct scan_output output;
    uint64_t records, unknown, names, duplicates;
};

/* ---- the set ---- */

static int read_manifests(struct merge *m)
{
    char path[PATH_MAX], error[MANIFEST_ERROR_SIZE];
    for (size_t i = 0; i < m->count; i++) {
        struct source *s = &m->sources[i];
        const char *slash = s->folder[strlen(s->folder) - 1] == '/' ? "" : "/";
        struct stat st;
        if (stat(s->folder, &st) == 0 && !S_ISDIR(st.st_mode)) {
            say("%s is no folder: only what was scanned with -o DIR/ has the manifest that merge checks", s->folder);
            return EXIT_USAGE_WRONG;
        }
        if ((size_t)snprintf(path, sizeof(path), "%s%s.checkpoint", s->folder, slash) >= sizeof(path) - sizeof("manifest.json")) {
            say("%s: the path is too long", s->folder);
            return EXIT_USAGE_WRONG;
        }
        if (stat(path, &st) == 0) {
            say("%s is not finished: run its command again, then merge", s->folder);
            return EXIT_STOPPED_EARLY;
        }
        snprintf(path, sizeof(path), "%s%smanifest.json", s->folder, slash);
        int err = manifest_view_read(&s->manifest, path, error);
        if (err == -ENOENT) {
            say("%s has no manifest.json: it is not there yet, or not finished", s->folder);
            return EXIT_STOPPED_EARLY;
        }
        if (err < 0) {
            say("%s: %s", path, error);
            return err == -ENOMEM ? EXIT_SYSTEM_LIMIT : err == -EBADMSG ? EXIT_INPUT_BAD : EXIT_LIST_UNREADABLE;
        }
        if (!s->manifest.complete) {
            say("%s: it does not say that it is complete", path);
            return EXIT_STOPPED_EARLY;
        }
    }
    return EXIT_DONE;
}

static int differ(const struct source *a, const struct source *b, const char *what, const char *before, const char *now)
{
    say("%s and %s do not belong together: %s is %s there, %s here", a->folder, b->folder, what, before, now);
    return EXIT_INPUT_BAD;
}

static int differ_in_number(const struct source *a, const struct source *b, const char *what, uint64_t before, uint64_t now)
{
    char texts[2][24];
    snprintf(texts[0], sizeof(texts[0]), "%llu", (unsigned long long)before);
    snprintf(texts[1], sizeof(texts[1]), "%llu", (unsigned long long)now);
    return differ(a, b, what, texts[0], texts[1]);
}

/* The contents count, not the paths: machines name their folders as they like. */
static int compare_lists(const struct source *a, const struct source *b)
{
    const struct manifest_view *x = &a->manifest, *y = &b->manifest;
    if (x->list_count != y->list_count) {
        return differ_in_number(a, b, "the number of lists", x->list_count, y->list_count);
    }
    for (size_t i = 0; i < x->list_count; i++) {
        if (strcmp(x->lists[i].xxh3, y->lists[i].xxh3) != 0) {
            say("%s and %s do not belong together: %s is another list than %s", a->folder, b->folder, y->lists[i].path, x->lists[i].path);
            return EXIT_INPUT_BAD;
        }
    }
    return x->listed == y->listed ? EXIT_DONE : differ_in_number(a, b, "the number of names in the list", x->listed, y->listed);
}

static const char *option_of(const struct manifest_view *manifest, const char *name)
{
    for (size_t i = 0; i < manifest->option_count; i++) {
        if (strcmp(manifest->options[i].name, name) == 0) {
            return manifest->options[i].value;
        }
    }
    return NULL;
}

static int compare_options(const struct source *a, const struct source *b)
{
    const struct manifest_view *x = &a->manifest, *y = &b->manifest;
    for (size_t i = 0; i < x->option_count; i++) {
        const char *other = option_of(y, x->options[i].name);
        if (!other || strcmp(x->options[i].value, other) != 0) {
            return differ(a, b, x->options[i].name, x->options[i].value, other ? other : "not given");
        }
    }
    return x->option_count == y->option_count ? EXIT_DONE :
                                                differ_in_number(a, b, "the number of options", x->option_count, y->option_count);
}

static int compare(const struct source *a, const struct source *b)
{
    const struct manifest_view *x = &a->manifest, *y = &b->manifest;
    if (strcmp(x->version, y->version) != 0) {
        return differ(a, b, "the version", x->version, y->version);
    }
    if (x->shards != y->shards) {
        return differ_in_number(a, b, "the number of shards", x->shards, y->shards);
    }
    if (x->seed != y->seed) {
        return differ_in_number(a, b, "the seed", x->seed, y->seed);
    }
    if (strcmp(x->order, y->order) != 0) {
        return differ(a, b, "the order", x->order, y->order);
    }
    int status = compare_lists(a, b);
    return status == EXIT_DONE ? compare_options(a, b) : status;
}

static int by_shard(const void *a, const void *b)
{
    uint64_t x = ((const struct source *)a)->manifest.shard, y = ((const struct source *)b)->manifest.shard;
    return (x > y) - (x < y);
}

/* Each shard once: after the sort the one at `i` is shard i, or there is a gap or a double. */
static int check_shards(struct merge *m)
{
    uint64_t shards = m->sources[0].manifest.shards;
    qsort(m->sources, m->count, sizeof(m->sources[0]), by_shard);
    for (size_t i = 0; i < m->count; i++) {
        uint64_t shard = m->sources[i].manifest.shard;
        if (shard >= shards) {
            say("%s: there is no shard %llu of %llu", m->sources[i].folder, (unsigned long long)shard, (unsigned long long)shards);
            return EXIT_INPUT_BAD;
        }
        if (i > 0 && shard == m->sources[i - 1].manifest.shard) {
            say("%s and %s are the same shard %llu", m->sources[i - 1].folder, m->sources[i].folder, (unsigned long long)shard);
            return EXIT_INPUT_BAD;
        }
        if (shard != i) {
            break; /* the gap is named below */
        }
    }
    for (uint64_t i = 0; i < shards; i++) {
        if (i >= m->count || m->sources[i].manifest.shard != i) {
            say("shard %llu of %llu is missing", (unsigned long long)i, (unsigned long long)shards);
            return EXIT_STOPPED_EARLY;
        }
    }
    return EXIT_DONE;
}

/* output/manifest.h: what makes a set complete. */
static int check_sums(struct merge *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct manifest_view *v = &m->sources[i].manifest;
        uint64_t in_parts = 0;
        for (size_t p = 0; p < v->part_count; p++) {
            in_parts += v->parts[p].records;
        }
        if (v->records != v->names || in_parts != v->records) {
            say("%s: its manifest counts %llu names, %llu records, %llu in its parts", m->sources[i].folder, (unsigned long long)v->names,
                (unsigned long long)v->records, (unsigned long long)in_parts);
            return EXIT_INPUT_BAD;
        }
        m->records += v->records;
        m->names += v->names;
        m->duplicates += v->duplicates;
        m->unknown += v->unknown;
    }
    uint64_t listed = m->sources[0].manifest.listed;
    if (m->names + m->duplicates != listed) {
        say("the shards hold %llu names and %llu doubles, the list %llu: they are not one set", (unsigned long long)m->names,
            (unsigned long long)m->duplicates, (unsigned long long)listed);
        return EXIT_INPUT_BAD;
    }
    return EXIT_DONE;
}

static int check_set(struct merge *m)
{
    int status = read_manifests(m);
    for (size_t i = 1; i < m->count && status == EXIT_DONE; i++) {
        status = compare(&m->sources[0], &m->sources[i]);
    }
    if (status == EXIT_DONE) {
        status = check_shards(m);
    }
    return status == EXIT_DONE ? check_sums(m) : status;
}

/* ---- the parts ---- */

/* The bytes of the file are those its manifest speaks of. */
static int check_part(struct merge *m, const char *path, const struct manifest_view_part *part, struct batch *batch)
{
    (void)m;
    (void)batch;
    static char block[1 << 20];
    char hex[17];
    uint64_t bytes = 0;
    FILE *file = fopen(path, "re");
    XXH3_state_t *state = XXH3_createState();
    if (!file || !state) {
        say("%s: %s", path, file ? "out of memory" : strerror(errno));
        XXH3_freeState(state);
        if (file) {
            fclose(file);
        }
        return file ? EXIT_SYSTEM_LIMIT : EXIT_LIST_UNREADABLE;
    }
    XXH3_64bits_reset(state);
    size_t got;
    while ((got = fread(block, 1, sizeof(block), file)) > 0) {
        XXH3_64bits_update(state, block, got);
        bytes += got;
    }
    bool is_read = !ferror(file);
    fclose(file);
    snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)XXH3_64bits_digest(state));
    XXH3_freeState(state);
    if (!is_read) {
        say("%s: cannot be read to its end", path);
        return EXIT_LIST_UNREADABLE;
    }
    if (bytes != part->bytes || strcmp(hex, part->xxh3) != 0) {
        say("%s is not what its manifest says: %llu bytes, xxh3 %s; there %llu, %s", path, (unsigned long long)bytes, hex,
            (unsigned long long)part->bytes, part->xxh3);
        return EXIT_INPUT_BAD;
    }
    return EXIT_DONE;
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
        say("%s holds %llu records, its manifest says %llu", path, (unsigned long long)lines, (unsigned long long)part->records);
        status = EXIT_INPUT_BAD;
    }
    result_reader_free(reader);
    return status;
}

/* Calls `visit` for each part of each shard, in order. */
static int for_each_part(struct merge *m, int (*visit)(struct merge *m, const char *path, const struct manifest_view_part *part, struct batch *batch),
                         struct batch *batch)
{
    char path[PATH_MAX];
    int status = EXIT_DONE;
    for (size_t i = 0; i < m->count && status == EXIT_DONE; i++) {
        const struct source *s = &m->sources[i];
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
    return scan_output_begin(o, m->sources[0].manifest.seed);
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
    const struct manifest_view *first = &m->sources[0].manifest;
    struct manifest_list *lists = calloc(first->list_count + 1, sizeof(*lists));
    for (size_t i = 0; lists && i < first->list_count; i++) {
        lists[i] = (struct manifest_list){
            .path = first->lists[i].path,
            .lines = first->lists[i].lines,
            .rejected = first->lists[i].rejected,
            .xxh3 = strtoull(first->lists[i].xxh3, NULL, 16),
        };
        for (size_t s = 0; s < m->count; s++) {
            lists[i].names += m->sources[s].manifest.lists[i].names;
            lists[i].duplicates += m->sources[s].manifest.lists[i].duplicates;
        }
    }
    return lists;
}

/* The whole as one shard of one. */
static int write_manifest(struct merge *m)
{
    const struct manifest_view *first = &m->sources[0].manifest;
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
        .names = m->names,
        .duplicates = m->duplicates,
        .records = m->records,
        .unknown = m->unknown,
    };
    for (size_t i = 0; i < m->count; i++) {
        const struct manifest_view *v = &m->sources[i].manifest;
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
            (unsigned long long)m->records, m->count, (unsigned long long)m->unknown);
    }
    free(batch.bytes);
    scan_output_close(&m->output);
    return status;
}

int merge_command(const struct options *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct merge m = { .sources = calloc(options->argument_count, sizeof(struct source)), .count = options->argument_count };
    if (!m.sources) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < m.count; i++) {
        m.sources[i].folder = options->arguments[i];
    }
    int status = check_set(&m);
    if (status == EXIT_DONE) {
        status = for_each_part(&m, check_part, NULL);
    }
    if (status == EXIT_DONE) {
        status = join(&m, options);
    }
    for (size_t i = 0; i < m.count; i++) {
        manifest_view_deinit(&m.sources[i].manifest);
    }
    free(m.sources);
    return status;
}
