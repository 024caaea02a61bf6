// SPDX-License-Identifier: MIT
#include "scanner/merge_set.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "scanner/exit_status.h"
#include "scanner/say.h"

static int read_manifest(struct merge_source *s)
{
    char path[PATH_MAX], error[MANIFEST_ERROR_SIZE];
    struct stat st;
    if (stat(s->folder, &st) == 0 && !S_ISDIR(st.st_mode)) {
        say("%s is no folder: only what was scanned with -o DIR/ has the manifest that merge checks", s->folder);
        return EXIT_USAGE_WRONG;
    }
    if ((size_t)snprintf(path, sizeof(path), "%s/manifest.json", s->folder) >= sizeof(path)) {
        say("%s: the path is too long", s->folder);
        return EXIT_USAGE_WRONG;
    }
    snprintf(path, sizeof(path), "%s/.checkpoint", s->folder);
    if (stat(path, &st) == 0) {
        say("%s is not finished: run its command again, then merge", s->folder);
        return EXIT_STOPPED_EARLY;
    }
    snprintf(path, sizeof(path), "%s/manifest.json", s->folder);
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
        say("%s does not say that it is complete", path);
        return EXIT_STOPPED_EARLY;
    }
    return EXIT_DONE;
}

static int differ(const struct merge_source *a, const struct merge_source *b, const char *what, const char *before,
                  const char *now)
{
    say("%s and %s do not belong together: %s is %s there, %s here", a->folder, b->folder, what, before, now);
    return EXIT_INPUT_BAD;
}

static int differ_in_number(const struct merge_source *a, const struct merge_source *b, const char *what,
                            uint64_t before, uint64_t now)
{
    char texts[2][24];
    snprintf(texts[0], sizeof(texts[0]), "%llu", (unsigned long long)before);
    snprintf(texts[1], sizeof(texts[1]), "%llu", (unsigned long long)now);
    return differ(a, b, what, texts[0], texts[1]);
}

/* The contents count, not the paths: machines name their folders as they like. */
static int compare_lists(const struct merge_source *a, const struct merge_source *b)
{
    const struct manifest_view *x = &a->manifest, *y = &b->manifest;
    if (x->list_count != y->list_count) {
        return differ_in_number(a, b, "the number of lists", x->list_count, y->list_count);
    }
    for (size_t i = 0; i < x->list_count; i++) {
        if (strcmp(x->lists[i].xxh3, y->lists[i].xxh3) != 0) {
            say("%s and %s do not belong together: %s is another list than %s", a->folder, b->folder, y->lists[i].path,
                x->lists[i].path);
            return EXIT_INPUT_BAD;
        }
    }
    return x->listed == y->listed ? EXIT_DONE
                                  : differ_in_number(a, b, "the number of names in the list", x->listed, y->listed);
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

static int compare_options(const struct merge_source *a, const struct merge_source *b)
{
    const struct manifest_view *x = &a->manifest, *y = &b->manifest;
    for (size_t i = 0; i < x->option_count; i++) {
        const char *other = option_of(y, x->options[i].name);
        if (!other || strcmp(x->options[i].value, other) != 0) {
            return differ(a, b, x->options[i].name, x->options[i].value, other ? other : "not given");
        }
    }
    return x->option_count == y->option_count
               ? EXIT_DONE
               : differ_in_number(a, b, "the number of options", x->option_count, y->option_count);
}

static int compare(const struct merge_source *a, const struct merge_source *b)
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
    uint64_t x = ((const struct merge_source *)a)->manifest.shard, y = ((const struct merge_source *)b)->manifest.shard;
    return (x > y) - (x < y);
}

/* Each shard once: after the sort the one at `i` is shard i, or there is a gap or a double. */
static int check_shards(struct merge_set *set)
{
    uint64_t shards = set->sources[0].manifest.shards;
    qsort(set->sources, set->count, sizeof(set->sources[0]), by_shard);
    for (size_t i = 0; i < set->count; i++) {
        uint64_t shard = set->sources[i].manifest.shard;
        if (shard >= shards) {
            say("%s: there is no shard %llu of %llu", set->sources[i].folder, (unsigned long long)shard, (unsigned long long)shards);
            return EXIT_INPUT_BAD;
        }
        if (i > 0 && shard == set->sources[i - 1].manifest.shard) {
            say("%s and %s are the same shard %llu", set->sources[i - 1].folder, set->sources[i].folder, (unsigned long long)shard);
            return EXIT_INPUT_BAD;
        }
    }
    for (uint64_t i = 0; i < shards; i++) {
        if (i >= set->count || set->sources[i].manifest.shard != i) {
            say("shard %llu of %llu is missing", (unsigned long long)i, (unsigned long long)shards);
            return EXIT_STOPPED_EARLY;
        }
    }
    return EXIT_DONE;
}

/* output/manifest.h: what makes a set complete. */
static int check_sums(struct merge_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct manifest_view *v = &set->sources[i].manifest;
        uint64_t in_parts = 0;
        for (size_t p = 0; p < v->part_count; p++) {
            in_parts += v->parts[p].records;
        }
        if (v->records != v->names || in_parts != v->records) {
            say("%s: its manifest counts %llu names, %llu records, %llu in its parts", set->sources[i].folder,
                (unsigned long long)v->names, (unsigned long long)v->records, (unsigned long long)in_parts);
            return EXIT_INPUT_BAD;
        }
        set->records += v->records;
        set->names += v->names;
        set->duplicates += v->duplicates;
        set->unknown += v->unknown;
    }
    uint64_t listed = set->sources[0].manifest.listed;
    if (set->names + set->duplicates != listed) {
        say("the shards hold %llu names and %llu doubles, the list %llu: they are not one set",
            (unsigned long long)set->names, (unsigned long long)set->duplicates, (unsigned long long)listed);
        return EXIT_INPUT_BAD;
    }
    return EXIT_DONE;
}

bool merge_set_init(struct merge_set *set, const char *const *folders, size_t count)
{
    *set = (struct merge_set){ .sources = calloc(count + 1, sizeof(struct merge_source)), .count = count };
    for (size_t i = 0; set->sources && i < count; i++) {
        set->sources[i].folder = folders[i];
    }
    return set->sources != NULL;
}

void merge_set_deinit(struct merge_set *set)
{
    for (size_t i = 0; set->sources && i < set->count; i++) {
        manifest_view_deinit(&set->sources[i].manifest);
    }
    free(set->sources);
    *set = (struct merge_set){ 0 };
}

int merge_set_check(struct merge_set *set)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < set->count && status == EXIT_DONE; i++) {
        status = read_manifest(&set->sources[i]);
    }
    for (size_t i = 1; i < set->count && status == EXIT_DONE; i++) {
        status = compare(&set->sources[0], &set->sources[i]);
    }
    if (status == EXIT_DONE) {
        status = check_shards(set);
    }
    return status == EXIT_DONE ? check_sums(set) : status;
}
