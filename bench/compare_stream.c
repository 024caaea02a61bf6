// SPDX-License-Identifier: MIT

/*
 * compare_stream RESULTS TRUTH: holds what a scan found against what `world --truth` says of the same names in the same order, line
 * by line: every key that the truth speaks of. In constant memory, for runs of any size; bench/compare_truth does the same
 * for files in any order. Both may be pipes.
 *
 * A record that differs and names questions without an answer (dns.failed) is counted as not determined, not as a
 * difference.
 *
 * Prints counts and the first examples; exit status 1 when anything differs, 2 when the files don't fit together.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/json_reader.h"

enum { EXAMPLES_MAX = 20, PATH_SIZE = 256 };

struct comparison {
    unsigned long long records, differing, undetermined;
    unsigned examples;
    char path[PATH_SIZE]; /* where we are; of a difference: where it is */
};

/* Lists without an order of their own. */
static bool has_no_order(const char *path)
{
    static const char *const paths[] = { ".mx.hosts", ".dkim.selectors", ".dmarc.unauthorized_report_domains" };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (strcmp(path, paths[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool agrees(const struct json_value *truth, const struct json_value *got, char *path, size_t path_len);

static bool object_agrees(const struct json_value *truth, const struct json_value *got, char *path, size_t path_len)
{
    for (const struct json_value *t = truth->first; t; t = t->next) {
        const struct json_value *g = json_member(got, t->key);
        int len = snprintf(path + path_len, PATH_SIZE - path_len, ".%.*s", (int)t->key.len, t->key.ptr);
        if (!g || len < 0 || !agrees(t, g, path, path_len + (size_t)len)) {
            return false; /* path says where */
        }
        path[path_len] = '\0';
    }
    return true;
}

static bool holds(const struct json_value *array, const struct json_value *truth, char *path, size_t path_len)
{
    for (const struct json_value *g = array->first; g; g = g->next) {
        bool found = agrees(truth, g, path, path_len);
        path[path_len] = '\0';
        if (found) {
            return true;
        }
    }
    return false;
}

static bool array_agrees(const struct json_value *truth, const struct json_value *got, char *path, size_t path_len)
{
    bool in_order = !has_no_order(path);
    const struct json_value *g = got->first;
    if (truth->count != got->count) {
        return false;
    }
    for (const struct json_value *t = truth->first; t; t = t->next, g = g->next) {
        if (in_order ? !agrees(t, g, path, path_len) : !holds(got, t, path, path_len)) {
            return false;
        }
    }
    return true;
}

static bool agrees(const struct json_value *truth, const struct json_value *got, char *path, size_t path_len)
{
    if (strcmp(path, ".spf.limit_hit") == 0) { /* the truth knows whether, not always which term */
        return (truth->kind == JSON_KIND_NULL) == (got->kind == JSON_KIND_NULL);
    }
    if (truth->kind != got->kind) {
        return false;
    }
    switch (truth->kind) {
    case JSON_KIND_OBJECT: return object_agrees(truth, got, path, path_len);
    case JSON_KIND_ARRAY: return array_agrees(truth, got, path, path_len);
    default: {
        /* Members carry their key; the same key on both sides here, or none. */
        return json_same(truth, got);
    }
    }
}

static bool has_failures(const struct json_value *record)
{
    const struct json_value *failed = json_at(record, SPAN("dns.failed"));
    return failed && failed->count > 0;
}

static span text_at(const struct json_value *value, span path)
{
    const struct json_value *found = json_at(value, path);
    return found && found->kind == JSON_KIND_STRING ? found->text : (span){ NULL, 0 };
}

/* False: the lines are no records of the same domain. */
static bool compare_lines(struct comparison *c, span result, span truth)
{
    struct json_document g = json_read(result), t = json_read(truth);
    bool fits = g.root && t.root && text_at(g.root, SPAN("domain")).len > 0 &&
                span_equal(text_at(g.root, SPAN("domain")), text_at(t.root, SPAN("domain")));
    c->path[0] = '\0';
    c->records++;
    if (fits && !agrees(t.root, g.root, c->path, 0)) {
        bool is_undetermined = has_failures(g.root);
        c->undetermined += is_undetermined;
        c->differing += !is_undetermined;
        if (!is_undetermined && c->examples++ < EXAMPLES_MAX) {
            printf("%.*s differs at %s\n  true:  %.*s\n  found: %.*s\n", (int)text_at(t.root, SPAN("domain")).len,
                   text_at(t.root, SPAN("domain")).ptr, c->path[0] ? c->path + 1 : "?", (int)truth.len, truth.ptr, (int)result.len, result.ptr);
        }
    } else if (!fits) {
        printf("line %llu does not fit:\n  %.*s\n  %.*s\n", c->records, (int)(result.len < 200 ? result.len : 200), result.ptr,
               (int)(truth.len < 200 ? truth.len : 200), truth.ptr);
    }
    json_document_free(&g);
    json_document_free(&t);
    return fits;
}

static span next_line(FILE *file, char **line, size_t *size)
{
    ssize_t len = getline(line, size, file);
    if (len > 0 && (*line)[len - 1] == '\n') {
        len--;
    }
    return len < 0 ? (span){ NULL, 0 } : span_of(*line, (size_t)len);
}

int main(int argc, char **argv)
{
    FILE *results = argc == 3 ? fopen(argv[1], "re") : NULL, *truths = argc == 3 ? fopen(argv[2], "re") : NULL;
    char *lines[2] = { NULL, NULL };
    size_t sizes[2] = { 0, 0 };
    struct comparison c = { 0 };
    if (!results || !truths) {
        fprintf(stderr, "usage: compare_stream RESULTS TRUTH\n");
        return 2;
    }
    for (;;) {
        span result = next_line(results, &lines[0], &sizes[0]), truth = next_line(truths, &lines[1], &sizes[1]);
        if (!result.ptr && !truth.ptr) {
            break;
        }
        if (!result.ptr || !truth.ptr) {
            printf("one of the files ends after %llu records\n", c.records);
            return 2;
        }
        if (!compare_lines(&c, result, truth)) {
            return 2;
        }
    }
    free(lines[0]);
    free(lines[1]);
    fclose(results);
    fclose(truths);
    printf("%llu records, %llu differ from the truth, %llu not determined\n", c.records, c.differing, c.undetermined);
    return c.differing > 0;
}
