// SPDX-License-Identifier: MIT
#include "output/manifest.h"

#include "output/json.h"
#include "output/part_folder.h"
#include "output/replace_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void key_hash(struct json *json, uint64_t hash)
{
    char hex[17];
    snprintf(hex, sizeof(hex), "%016" PRIx64, hash);
    json_put_text(json, "xxh3", hex);
}

static void print_lists(const struct manifest *m, struct json *json)
{
    json_key(json, "lists");
    json_begin_array(json);
    for (size_t i = 0; i < m->list_count; i++) {
        const struct manifest_list *list = &m->lists[i];
        json_begin_object(json);
        json_put_text(json, "path", list->path);
        json_put_u64(json, "names", list->names);
        json_put_u64(json, "lines", list->lines);
        json_put_u64(json, "rejected", list->rejected);
        json_put_u64(json, "duplicates", list->duplicates);
        key_hash(json, list->xxh3);
        json_end_object(json);
    }
    json_end_array(json);
}

/* They have keys of their own. */
static bool stands_at_the_top(const char *name)
{
    static const char *const names[] = { "seed", "order", "shards", "shard" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void print_options(const struct checkpoint *checkpoint, struct json *json)
{
    json_key(json, "options");
    json_begin_object(json);
    for (size_t i = 0; i < checkpoint->pair_count; i++) {
        const struct checkpoint_pair *pair = &checkpoint->pairs[i];
        if (pair->kind == CHECKPOINT_OPTION && !stands_at_the_top(pair->name)) {
            json_put_text(json, pair->name, pair->value);
        }
    }
    json_end_object(json);
}

static void print_parts(const struct manifest *m, struct json *json)
{
    json_key(json, "parts");
    json_begin_array(json);
    for (uint64_t i = 0; i < m->part_count; i++) {
        char name[PART_NAME_SIZE];
        part_folder_name(i, name);
        json_begin_object(json);
        json_put_text(json, "name", name);
        json_put_u64(json, "records", m->parts[i].records);
        json_put_u64(json, "bytes", m->parts[i].bytes);
        json_put_u64(json, "uncompressed_bytes", m->parts[i].uncompressed_bytes);
        key_hash(json, m->parts[i].xxh3);
        json_end_object(json);
    }
    json_end_array(json);
}

static void print_manifest(const struct manifest *m, struct json *json)
{
    json_begin_object(json);
    json_put_u64(json, "schema", 1);
    json_put_text(json, "version", m->version);
    json_key(json, "complete");
    json_bool(json, true);
    json_put_u64(json, "shards", m->shards);
    json_put_u64(json, "shard", m->shard);
    json_put_u64(json, "seed", m->seed);
    json_put_text(json, "order", m->order);
    json_put_text(json, "list_identity", m->list_identity);
    print_lists(m, json);
    print_options(m->checkpoint, json);
    json_put_u64(json, "listed", m->listed);
    json_put_u64(json, "names", m->names);
    json_put_u64(json, "duplicates", m->duplicates);
    json_put_u64(json, "records", m->records);
    json_put_u64(json, "unknown", m->unknown);
    json_put_text(json, "started_at", m->started_at);
    json_put_text(json, "finished_at", m->finished_at);
    json_put_u64(json, "resumed", m->resumed);
    print_parts(m, json);
    json_end_object(json);
}

int manifest_write(const struct manifest *manifest, const char *path)
{
    enum { SIZE_FIRST = 16 * 1024, SIZE_LIMIT = 1024 * 1024 * 1024 };
    struct json_buffer buffer;
    struct json json;
    if (!json_buffer_init_heap(&buffer, SIZE_FIRST, SIZE_LIMIT)) {
        return -ENOMEM;
    }
    json_start(&json, &buffer);
    print_manifest(manifest, &json);
    int err = json_end_line(&json) ? replace_file(path, buffer.bytes, buffer.len) : -ENOMEM;
    json_buffer_deinit(&buffer);
    return err;
}
