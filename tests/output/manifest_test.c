// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/manifest.h"
#include "tests/support/json_reader.h"

static char folder[] = "/tmp/trifecta_manifest_XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/manifest.json", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* Writes it, reads it back with a reader that takes strict JSON alone, removes it. */
static struct json_document written(const struct manifest *manifest)
{
    static char bytes[1 << 20];
    assert_int_equal(manifest_write(manifest, path), 0);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof(bytes), file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(unlink(path), 0);
    assert_true(len > 0 && len < sizeof(bytes) && bytes[len - 1] == '\n');
    struct json_document document = json_read(span_of(bytes, len - 1));
    if (!document.root) {
        fail_msg("%s at %zu", document.error, document.error_at);
    }
    return document;
}

static const struct json_value *value_at(const struct json_document *document, const char *where)
{
    const struct json_value *value = json_at(document->root, span_of(where, strlen(where)));
    if (!value) {
        fail_msg("%s is missing", where);
    }
    return value;
}

static void assert_text(const struct json_document *document, const char *where, const char *expected)
{
    const struct json_value *value = value_at(document, where);
    if (value->text.len != strlen(expected) || memcmp(value->text.ptr, expected, value->text.len) != 0) {
        fail_msg("%s: %.*s, not %s", where, (int)value->text.len, value->text.ptr, expected);
    }
}

static void assert_keys(const struct json_value *object, const char *expected)
{
    char keys[512];
    size_t used = 0;
    for (const struct json_value *v = object->first; v; v = v->next) {
        used += (size_t)snprintf(keys + used, sizeof(keys) - used, "%.*s ", (int)v->key.len, v->key.ptr);
    }
    assert_string_equal(keys, expected);
}

/* Of two lists, one with a path that is no text; the largest numbers; parts beyond the first room of the buffer. */
static void all_is_there_in_order_and_as_given(void **state)
{
    (void)state;
    enum { PARTS = 1000 };
    static struct result_part parts[PARTS];
    static const struct manifest_list lists[] = {
        { .path = "a \"b\"\n\xff.csv", .names = 2, .lines = 9, .rejected = 3, .duplicates = 4, .xxh3 = 5 },
        { .path = "-", .names = UINT64_MAX, .xxh3 = UINT64_MAX },
    };
    struct checkpoint checkpoint;
    checkpoint_init(&checkpoint);
    static const char *const options[][2] = { { "seed", "1" }, { "dkim", "smart \\ \"x\"" }, { "order", "list" },
                                              { "shards", "4" }, { "shard", "2" },            { "checks[0]", "mx" } };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        assert_int_equal(checkpoint_set(&checkpoint, CHECKPOINT_OPTION, options[i][0], options[i][1]), 0);
    }
    assert_int_equal(checkpoint_set(&checkpoint, CHECKPOINT_IDENTITY, "list", "0"), 0);
    assert_int_equal(checkpoint_set(&checkpoint, CHECKPOINT_NOTE, "began", "0"), 0);
    for (uint64_t i = 0; i < PARTS; i++) {
        parts[i] = (struct result_part){ .records = i, .bytes = i * 3, .uncompressed_bytes = i * 7, .xxh3 = i << 52 };
    }
    const struct manifest manifest = {
        .version = "1.2.3", .order = "shuffled", .list_identity = "00000000000000ab", .started_at = "2026-01-02T03:04:05Z",
        .finished_at = "2026-01-02T03:04:06Z", .shards = 4, .shard = 2, .seed = 9007199254740991,
        .lists = lists, .list_count = 2, .checkpoint = &checkpoint, .listed = 20, .names = 11, .duplicates = 4, .records = 11,
        .unknown = 1, .resumed = 3, .parts = parts, .part_count = PARTS,
    };
    struct json_document document = written(&manifest);

    assert_keys(document.root, "schema version complete shards shard seed order list_identity lists options listed names duplicates "
                               "records unknown started_at finished_at resumed parts ");
    static const char *const expected[][2] = {
        { "schema", "1" }, { "version", "1.2.3" }, { "shards", "4" }, { "shard", "2" }, { "seed", "9007199254740991" },
        { "order", "shuffled" }, { "list_identity", "00000000000000ab" }, { "listed", "20" }, { "names", "11" },
        { "duplicates", "4" }, { "records", "11" }, { "unknown", "1" }, { "resumed", "3" },
        { "started_at", "2026-01-02T03:04:05Z" }, { "finished_at", "2026-01-02T03:04:06Z" },
        { "lists[0].path", "a \"b\"\n\xef\xbf\xbd.csv" }, { "lists[0].names", "2" }, { "lists[0].lines", "9" },
        { "lists[0].rejected", "3" }, { "lists[0].duplicates", "4" }, { "lists[0].xxh3", "0000000000000005" },
        { "lists[1].path", "-" }, { "lists[1].names", "18446744073709551615" }, { "lists[1].xxh3", "ffffffffffffffff" },
        { "options.dkim", "smart \\ \"x\"" },
        { "parts[0].name", "part-00000.ndjson.zst" }, { "parts[0].xxh3", "0000000000000000" },
        { "parts[999].name", "part-00999.ndjson.zst" }, { "parts[999].records", "999" }, { "parts[999].bytes", "2997" },
        { "parts[999].uncompressed_bytes", "6993" }, { "parts[999].xxh3", "3e70000000000000" },
    };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_text(&document, expected[i][0], expected[i][1]);
    }
    assert_true(value_at(&document, "complete")->kind == JSON_KIND_BOOL && value_at(&document, "complete")->boolean);
    assert_int_equal(value_at(&document, "lists")->count, 2);
    assert_int_equal(value_at(&document, "parts")->count, PARTS);
    assert_keys(value_at(&document, "lists[0]"), "path names lines rejected duplicates xxh3 ");
    assert_keys(value_at(&document, "parts[0]"), "name records bytes uncompressed_bytes xxh3 ");
    assert_keys(value_at(&document, "options"), "dkim checks[0] ");
    json_document_free(&document);
    checkpoint_deinit(&checkpoint);
}

/* A shard that no name fell into is complete too. */
static void a_run_without_records_has_one(void **state)
{
    (void)state;
    struct checkpoint checkpoint;
    checkpoint_init(&checkpoint);
    const struct manifest manifest = { .version = "1", .order = "list", .list_identity = "0", .started_at = "a", .finished_at = "b",
                                       .shards = 1, .checkpoint = &checkpoint };
    struct json_document document = written(&manifest);
    assert_int_equal(value_at(&document, "parts")->count, 0);
    assert_int_equal(value_at(&document, "lists")->count, 0);
    assert_int_equal(value_at(&document, "options")->count, 0);
    json_document_free(&document);
}

static void what_cannot_be_written_is_told(void **state)
{
    (void)state;
    char nowhere[96];
    struct checkpoint checkpoint;
    checkpoint_init(&checkpoint);
    const struct manifest manifest = { .version = "1", .order = "list", .list_identity = "0", .started_at = "a", .finished_at = "b",
                                       .checkpoint = &checkpoint };
    snprintf(nowhere, sizeof(nowhere), "%s/no/manifest.json", folder);
    assert_int_equal(manifest_write(&manifest, nowhere), -ENOENT);
    assert_int_equal(manifest_write(&manifest, folder), -EISDIR); /* and the folder above holds no leavings: remove_folder */
    snprintf(nowhere, sizeof(nowhere), "%s.new", folder);
    assert_int_equal(access(nowhere, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_there_in_order_and_as_given),
        cmocka_unit_test(a_run_without_records_has_one),
        cmocka_unit_test(what_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
