// SPDX-License-Identifier: MIT
#include "scanner/results/manifest_view.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "output/read_file.h"
#include "scanner/results/json_tree.h"

enum { HEX_LEN = 16, DEPTH_MAX = 8 };

struct reader {
    char *error;
    bool has_failed;
};

static void fail(struct reader *r, const char *format, ...) PRINTF_LIKE(2, 3);
static void fail(struct reader *r, const char *format, ...)
{
    va_list args;
    if (r->has_failed) {
        return; /* the first thing wrong is the one to name */
    }
    r->has_failed = true;
    va_start(args, format);
    vsnprintf(r->error, MANIFEST_ERROR_SIZE, format, args);
    va_end(args);
}

static yajl_val get(struct reader *r, yajl_val object, const char *key, yajl_type type)
{
    const char *path[] = { key, NULL };
    yajl_val value = yajl_tree_get(object, path, yajl_t_any);
    if (!value) {
        fail(r, "\"%s\" is missing", key);
    } else if (value->type != type) {
        fail(r, "\"%s\" is of another type than it should be", key);
        value = NULL;
    }
    return value;
}

static uint64_t get_number(struct reader *r, yajl_val object, const char *key)
{
    uint64_t out = 0;
    yajl_val value = get(r, object, key, yajl_t_number);
    if (value && !span_to_u64(span_from_cstr(YAJL_GET_NUMBER(value)), UINT64_MAX, &out)) {
        fail(r, "\"%s\" is no whole number", key);
    }
    return out;
}

static const char *get_text(struct reader *r, yajl_val object, const char *key)
{
    yajl_val value = get(r, object, key, yajl_t_string);
    return value ? YAJL_GET_STRING(value) : "";
}

static const char *get_hash(struct reader *r, yajl_val object, const char *key)
{
    const char *text = get_text(r, object, key);
    if (strlen(text) != HEX_LEN || strspn(text, "0123456789abcdef") != HEX_LEN) {
        fail(r, "\"%s\" is no hash of %d hex digits", key, HEX_LEN);
    }
    return text;
}

/* Room for the members of the array `key`, each `size` bytes; their count in *count. */
static void *get_array(struct reader *r, yajl_val object, const char *key, size_t size, yajl_val **members,
                       size_t *count)
{
    yajl_val value = get(r, object, key, yajl_t_array);
    *count = 0;
    if (!value || YAJL_GET_ARRAY(value)->len == 0) {
        return NULL;
    }
    *members = YAJL_GET_ARRAY(value)->values;
    void *room = calloc(YAJL_GET_ARRAY(value)->len, size);
    if (!room) {
        fail(r, "out of memory");
        return NULL;
    }
    *count = YAJL_GET_ARRAY(value)->len;
    return room;
}

static void read_lists(struct reader *r, yajl_val tree, struct manifest_view *out)
{
    yajl_val *members = NULL;
    out->lists = get_array(r, tree, "lists", sizeof(*out->lists), &members, &out->list_count);
    for (size_t i = 0; i < out->list_count; i++) {
        out->lists[i] = (struct manifest_view_list){
            .path = get_text(r, members[i], "path"),
            .lines = get_number(r, members[i], "lines"),
            .names = get_number(r, members[i], "names"),
            .rejected = get_number(r, members[i], "rejected"),
            .duplicates = get_number(r, members[i], "duplicates"),
            .xxh3 = get_hash(r, members[i], "xxh3"),
        };
    }
}

static void read_options(struct reader *r, yajl_val tree, struct manifest_view *out)
{
    yajl_val value = get(r, tree, "options", yajl_t_object);
    if (!value || YAJL_GET_OBJECT(value)->len == 0) {
        return;
    }
    out->options = calloc(YAJL_GET_OBJECT(value)->len, sizeof(*out->options));
    if (!out->options) {
        fail(r, "out of memory");
        return;
    }
    out->option_count = YAJL_GET_OBJECT(value)->len;
    for (size_t i = 0; i < out->option_count; i++) {
        yajl_val text = YAJL_GET_OBJECT(value)->values[i];
        if (!YAJL_IS_STRING(text)) {
            fail(r, "an option is no text");
        }
        out->options[i] = (struct manifest_view_option){
            .name = YAJL_GET_OBJECT(value)->keys[i],
            .value = YAJL_IS_STRING(text) ? YAJL_GET_STRING(text) : "",
        };
    }
}

static void read_parts(struct reader *r, yajl_val tree, struct manifest_view *out)
{
    yajl_val *members = NULL;
    out->parts = get_array(r, tree, "parts", sizeof(*out->parts), &members, &out->part_count);
    for (size_t i = 0; i < out->part_count; i++) {
        struct manifest_view_part *part = &out->parts[i];
        *part = (struct manifest_view_part){
            .name = get_text(r, members[i], "name"),
            .records = get_number(r, members[i], "records"),
            .bytes = get_number(r, members[i], "bytes"),
            .uncompressed_bytes = get_number(r, members[i], "uncompressed_bytes"),
            .xxh3 = get_hash(r, members[i], "xxh3"),
        };
        if (part->name[0] == '\0' || part->name[0] == '.' || strchr(part->name, '/')) {
            fail(r, "the name of part %zu is none of a file in the folder", i);
        }
    }
}

static void read_facts(struct reader *r, yajl_val tree, struct manifest_view *out)
{
    yajl_val complete = NULL;
    const char *complete_path[] = { "complete", NULL };
    out->version = get_text(r, tree, "version");
    complete = yajl_tree_get(tree, complete_path, yajl_t_any);
    out->complete = complete && YAJL_IS_TRUE(complete);
    out->shards = get_number(r, tree, "shards");
    out->shard = get_number(r, tree, "shard");
    out->seed = get_number(r, tree, "seed");
    out->order = get_text(r, tree, "order");
    out->list_identity = get_hash(r, tree, "list_identity");
    out->listed = get_number(r, tree, "listed");
    out->names = get_number(r, tree, "names");
    out->duplicates = get_number(r, tree, "duplicates");
    out->records = get_number(r, tree, "records");
    out->unknown = get_number(r, tree, "unknown");
    out->started_at = get_text(r, tree, "started_at");
    out->finished_at = get_text(r, tree, "finished_at");
    out->resumed = get_number(r, tree, "resumed");
}

bool manifest_view_parse(struct manifest_view *out, span text, char error[MANIFEST_ERROR_SIZE])
{
    *out = (struct manifest_view){ 0 };
    struct reader r = { .error = error };
    char words[JSON_TREE_WORDS_SIZE];
    yajl_val tree = json_tree_parse(text, DEPTH_MAX, words);
    out->tree = tree;
    if (!tree || !YAJL_IS_OBJECT(tree)) {
        fail(&r, "it is no JSON object%s%s", words[0] ? ": " : "", words);
    } else if (get_number(&r, tree, "schema") != 1) {
        fail(&r, "it is of another schema than 1");
    } else {
        read_facts(&r, tree, out);
        read_lists(&r, tree, out);
        read_options(&r, tree, out);
        read_parts(&r, tree, out);
    }
    if (r.has_failed) {
        manifest_view_deinit(out);
    }
    return !r.has_failed;
}

int manifest_view_read(struct manifest_view *out, const char *path, char error[MANIFEST_ERROR_SIZE])
{
    char *text;
    size_t len;
    *out = (struct manifest_view){ 0 };
    int err = read_file(path, MANIFEST_SIZE_MAX, &text, &len);
    if (err < 0) {
        snprintf(error, MANIFEST_ERROR_SIZE, "%s", strerror(-err));
        return err;
    }
    bool is_good = manifest_view_parse(out, span_of(text, len), error);
    free(text);
    return is_good ? 0 : -EBADMSG;
}

void manifest_view_deinit(struct manifest_view *view)
{
    free(view->lists);
    free(view->options);
    free(view->parts);
    yajl_tree_free(view->tree);
    *view = (struct manifest_view){ 0 };
}
