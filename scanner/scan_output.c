// SPDX-License-Identifier: MIT
#include "scanner/scan_output.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "output/manifest.h"
#include "scanner/base/clock.h"
#include "scanner/exit_status.h"
#include "scanner/say.h"

#define STARTED_AT "started-at"

static const struct {
    enum result_failure failure;
    int status;
} statuses[] = {
    { RESULT_LOCKED, EXIT_LOCKED },
    { RESULT_FINISHED, EXIT_OUTPUT_IMPOSSIBLE },
    { RESULT_CANNOT_MAKE, EXIT_OUTPUT_IMPOSSIBLE },
    { RESULT_CANNOT_RESUME, EXIT_OUTPUT_IMPOSSIBLE },
    { RESULT_WRITE_FAILED, EXIT_WRITE_ERROR },
};

static int status_of(enum result_failure failure)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].failure == failure) {
            return statuses[i].status;
        }
    }
    return EXIT_OUR_FAULT;
}

static int read_checkpoint(struct scan_output *o)
{
    int err = checkpoint_read(&o->before, o->checkpoint_path);
    if (err < 0) {
        say("checkpoint %s cannot be read: %s; --no-resume begins again", o->checkpoint_path,
            err == -EBADMSG ? "it is damaged" : err == -EPROTO ? "it is of another version" : strerror(-err));
        return EXIT_OUTPUT_IMPOSSIBLE;
    }
    o->is_resuming = true;
    return EXIT_DONE;
}

int scan_output_check_name(const char *path)
{
    static const char *const endings[] = { ".ndjson.zst", ".ndjson", "/" };
    struct stat st;
    bool stands = stat(path, &st) == 0;
    if (strcmp(path, "-") == 0 || (stands && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
        return EXIT_DONE; /* a pipe or a device may be called anything */
    }
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (span_ends_with(span_from_cstr(path), span_from_cstr(endings[i]))) {
            return EXIT_DONE;
        }
    }
    if (stands && S_ISDIR(st.st_mode)) {
        say("--output %s is a folder: write %s/ for parts in it", path, path);
    } else {
        say("--output %s: write NAME.ndjson.zst, NAME.ndjson, DIR/ for parts, or - for stdout; see trifecta scan --help", path);
    }
    return EXIT_USAGE_WRONG;
}

int scan_output_open(struct scan_output *o, const struct options *options)
{
    *o = (struct scan_output){ .path = options->output };
    checkpoint_init(&o->checkpoint);
    checkpoint_init(&o->before);
    struct result_trouble trouble;
    struct result_options wish = {
        .force = options->force,
        .level = (int)options->level,
        .part_size = options->part_bytes,
        .part_records = options->part_records,
    };
    int err = result_file_open(&o->file, options->output, &wish, &trouble);
    if (err < 0) {
        say("%s%s", trouble.words, trouble.failure == RESULT_FINISHED ? "; --force overwrites it" : "");
        scan_output_close(o);
        return status_of(trouble.failure);
    }
    o->keeps_checkpoint = result_file_is_durable(o->file);
    int status = EXIT_DONE;
    if (o->keeps_checkpoint) {
        o->checkpoint_path = checkpoint_path(options->output);
        if (!o->checkpoint_path || watermark_init(&o->written, WATERMARK_LIMIT_MAX) < 0 ||
            watermark_init(&o->skip, WATERMARK_LIMIT_MAX) < 0) {
            say("out of memory");
            status = EXIT_SYSTEM_LIMIT;
        } else if (result_file_standing(o->file) == RESULT_UNFINISHED && !options->no_resume && !options->force) {
            status = read_checkpoint(o);
        }
    }
    if (status != EXIT_DONE) {
        scan_output_close(o);
    }
    return status;
}

bool scan_output_seed(const struct scan_output *o, uint64_t *seed)
{
    if (o->is_resuming) {
        *seed = o->before.seed;
    }
    return o->is_resuming;
}

void scan_output_identify(struct scan_output *o, enum checkpoint_kind kind, const char *name, const char *format, ...)
{
    char value[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    int err = checkpoint_set(&o->checkpoint, kind, name, value);
    if (err < 0) {
        say("cannot note %s in the checkpoint: %s", name, strerror(-err));
        o->is_incomplete = true;
    }
}

static bool is_same_run(const struct scan_output *o)
{
    static const enum checkpoint_kind kinds[] = { CHECKPOINT_IDENTITY, CHECKPOINT_OPTION };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct checkpoint_difference d;
        if (!checkpoint_agrees(&o->before, &o->checkpoint, kinds[i], &d)) {
            say("%s is the unfinished output of another run: %s was %s, now %s; give the same command line, or --no-resume to begin again",
                o->path, d.name, d.before ? d.before : "not given", d.now ? d.now : "not given");
            return false;
        }
    }
    return true;
}

static uint64_t counter(const struct checkpoint *c, const char *name)
{
    uint64_t value = 0;
    (void)checkpoint_get_counter(c, name, &value);
    return value;
}

static void read_tally(const struct checkpoint *c, struct tally *out)
{
    char name[64];
    *out = (struct tally){
        .records = counter(c, "records"),
        .unknown = counter(c, "unknown"),
        .queries = counter(c, "queries"),
        .shared = counter(c, "shared"),
        .retries = counter(c, "retries"),
        .tcp = counter(c, "tcp"),
        .pruned = counter(c, "pruned"),
        .excluded = counter(c, "excluded"),
    };
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        snprintf(name, sizeof(name), "outcome.%s", domain_outcome_name((enum domain_outcome)i));
        out->outcomes[i] = counter(c, name);
    }
    for (int i = 0; i < POSTURE_COUNT; i++) {
        snprintf(name, sizeof(name), "posture.%s", posture_name((enum posture)i));
        out->postures[i] = counter(c, name);
    }
    for (size_t i = 0; i < POSTURE_CLASS_COUNT; i++) {
        snprintf(name, sizeof(name), "%s.%s", posture_protocol_name(posture_class(i)->protocol), posture_class(i)->name);
        out->classes[i] = counter(c, name);
    }
}

static void read_effort(const struct checkpoint *c, struct effort *out)
{
    char name[64];
    *out = (struct effort){ .elapsed_ms = counter(c, "elapsed_ms"), .timeouts = counter(c, "timeouts") };
    for (int i = 0; i < 16; i++) {
        snprintf(name, sizeof(name), "rcode.%d", i);
        out->rcodes[i] = counter(c, name);
    }
}

static int resume(struct scan_output *o)
{
    const struct checkpoint *b = &o->before;
    if (!is_same_run(o)) {
        return EXIT_OUTPUT_IMPOSSIBLE;
    }
    if (watermark_restore(&o->written, b->lowest, b->above, b->above_len) < 0 ||
        watermark_restore(&o->skip, b->lowest, b->above, b->above_len) < 0) {
        say("checkpoint %s cannot be used: its list of finished domains is damaged; --no-resume begins again", o->checkpoint_path);
        return EXIT_OUTPUT_IMPOSSIBLE;
    }
    if (result_file_give_parts(o->file, b->parts, b->part_count) < 0) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    if (result_file_resume(o->file, &b->position) < 0) {
        const struct result_trouble *trouble = result_file_trouble(o->file);
        say("%s", trouble->words);
        return status_of(trouble->failure);
    }
    read_tally(b, &o->already);
    read_effort(b, &o->spent);
    const char *started_at = checkpoint_get(b, CHECKPOINT_NOTE, STARTED_AT);
    if (started_at && strlen(started_at) < sizeof(o->started_at)) {
        strcpy(o->started_at, started_at);
        scan_output_identify(o, CHECKPOINT_NOTE, STARTED_AT, "%s", started_at);
    }
    o->checkpoint.resumed = b->resumed + 1;
    return EXIT_DONE;
}

static int start(struct scan_output *o)
{
    int err = o->keeps_checkpoint ? checkpoint_write(&o->checkpoint, o->checkpoint_path) : 0;
    if (err < 0) {
        say("cannot write checkpoint %s: %s", o->checkpoint_path, strerror(-err));
        return err == -ENOSPC ? EXIT_WRITE_ERROR : EXIT_OUTPUT_IMPOSSIBLE;
    }
    if (result_file_start(o->file) < 0) {
        const struct result_trouble *trouble = result_file_trouble(o->file);
        say("%s", trouble->words);
        return status_of(trouble->failure);
    }
    return EXIT_DONE;
}

/* What the list was, without what the checkpoint knows. */
static int gather_lists(const struct list *list, struct manifest *m, struct manifest_list **out)
{
    size_t count = list_count(list);
    struct manifest_list *lists = calloc(count > 0 ? count : 1, sizeof(*lists));
    if (!lists) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        const struct list_facts *f = list_get_facts(list, i);
        lists[i] = (struct manifest_list){ f->path, f->names, f->lines, f->rejected, f->duplicates, f->xxh3 };
    }
    struct list_facts total = list_totals(list);
    m->lists = *out = lists;
    m->list_count = count;
    m->names = total.names;
    m->duplicates = total.duplicates;
    m->listed = total.names + total.duplicates + total.other_shards;
    return 0;
}

int scan_output_write_manifest(struct scan_output *o, const struct list *list, const struct options *options,
                               const struct tally *tally)
{
    char path[PATH_MAX], finished_at[CLOCK_TEXT_SIZE];
    struct manifest_list *lists;
    const struct checkpoint *c = &o->checkpoint;
    size_t len = strlen(o->path);
    if (len == 0 || o->path[len - 1] != '/') {
        return 0; /* a single file */
    }
    if ((size_t)snprintf(path, sizeof(path), "%smanifest.json", o->path) >= sizeof(path)) {
        return -ENAMETOOLONG;
    }
    clock_print_utc(clock_wall_ms(), finished_at);
    struct manifest m = {
        .version = TRIFECTA_VERSION,
        .order = checkpoint_get(c, CHECKPOINT_OPTION, "order"),
        .list_identity = checkpoint_get(c, CHECKPOINT_IDENTITY, "list"),
        .started_at = checkpoint_get(c, CHECKPOINT_NOTE, STARTED_AT),
        .finished_at = finished_at,
        .shards = options->shards,
        .shard = options->shard,
        .seed = c->seed,
        .checkpoint = c,
        .records = tally->records,
        .unknown = tally->unknown,
        .resumed = c->resumed,
    };
    int err = gather_lists(list, &m, &lists);
    if (err < 0) {
        return err;
    }
    m.parts = result_file_parts(o->file, &m.part_count);
    /* In = out, or no manifest says that it is complete. */
    err = m.records == m.names ? manifest_write(&m, path) : 0;
    free(lists);
    return err;
}

int scan_output_begin(struct scan_output *o, uint64_t seed)
{
    clock_print_utc(clock_wall_ms(), o->started_at);
    scan_output_identify(o, CHECKPOINT_NOTE, STARTED_AT, "%s", o->started_at);
    o->checkpoint.seed = seed;
    if (o->is_incomplete) {
        return EXIT_SYSTEM_LIMIT; /* later nobody could tell whether it is the same run */
    }
    return o->is_resuming ? resume(o) : start(o);
}

void scan_output_close(struct scan_output *o)
{
    result_file_close(o->file);
    watermark_deinit(&o->written);
    watermark_deinit(&o->skip);
    checkpoint_deinit(&o->checkpoint);
    checkpoint_deinit(&o->before);
    free(o->checkpoint_path);
    *o = (struct scan_output){ 0 };
}
