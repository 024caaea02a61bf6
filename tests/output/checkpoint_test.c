// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "output/checkpoint.h"
#include "tests/support/cliff.h"

static char folder[] = "/tmp/trifecta_checkpoint_XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/out.checkpoint", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char odd_value[] = "a b=c%d\n\r\t\x01\x7f\xff\xc3\xa9\\\"";

static void fill(struct checkpoint *c, struct watermark *watermark)
{
    checkpoint_init(c);
    assert_int_equal(checkpoint_set(c, CHECKPOINT_IDENTITY, "list[0].path", "top-1m.csv"), 0);
    assert_int_equal(checkpoint_set(c, CHECKPOINT_IDENTITY, "list[0].xxh3", "deadbeef"), 0);
    assert_int_equal(checkpoint_set(c, CHECKPOINT_OPTION, "checks", ""), 0);
    assert_int_equal(checkpoint_set(c, CHECKPOINT_OPTION, "odd", odd_value), 0);
    assert_int_equal(checkpoint_set(c, CHECKPOINT_NOTE, "checks", "same name, another kind"), 0);
    assert_int_equal(checkpoint_set_counter(c, "records", 1), 0);
    assert_int_equal(checkpoint_set_counter(c, "records", UINT64_MAX), 0);
    assert_int_equal(checkpoint_set_counter(c, "outcome.ok", 0), 0);
    const struct result_part parts[] = { { 1, 2, 3, 4 }, { UINT64_MAX, 0, UINT64_MAX, UINT64_MAX } };
    assert_int_equal(checkpoint_set_parts(c, parts, 1), 0);
    assert_int_equal(checkpoint_set_parts(c, parts, 2), 0);
    c->seed = 0xfedcba9876543210;
    c->resumed = 3;
    c->position = (struct result_position){ 1234567, 89012345678, 2, { true, 0xcafe0001 }, 0x0123456789abcdef, 4, 1200000, 77 };
    assert_int_equal(watermark_init(watermark, 1 << 16), 0);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(watermark_add(watermark, i < 500 ? i : i * 3), 0);
    }
    assert_int_equal(checkpoint_set_watermark(c, watermark), 0);
}

static void assert_same(const struct checkpoint *a, const struct checkpoint *b)
{
    struct checkpoint_difference unused;
    for (unsigned kind = 0; kind < CHECKPOINT_KIND_COUNT; kind++) {
        assert_true(checkpoint_agrees(a, b, (enum checkpoint_kind)kind, &unused));
    }
    assert_int_equal(a->pair_count, b->pair_count);
    assert_int_equal(a->counter_count, b->counter_count);
    for (size_t i = 0; i < a->counter_count; i++) {
        uint64_t value = 7;
        assert_true(checkpoint_get_counter(b, a->counters[i].name, &value) && value == a->counters[i].value);
    }
    assert_true(a->part_count == b->part_count && a->position.part_records == b->position.part_records);
    if (a->part_count > 0) {
        assert_memory_equal(a->parts, b->parts, a->part_count * sizeof(*a->parts));
    }
    assert_true(a->seed == b->seed && a->resumed == b->resumed && a->lowest == b->lowest);
    assert_true(a->position.offset == b->position.offset && a->position.frames == b->position.frames);
    assert_true(a->position.uncompressed_bytes == b->position.uncompressed_bytes);
    assert_true(a->position.tail_xxh64 == b->position.tail_xxh64);
    assert_true(a->position.part == b->position.part && a->position.part_begin == b->position.part_begin);
    assert_int_equal(a->position.frame.is_open, b->position.frame.is_open);
    assert_int_equal(a->position.frame.checksum, b->position.frame.checksum);
    assert_int_equal(a->above_len, b->above_len);
    assert_memory_equal(a->above, b->above, a->above_len);
}

static size_t get_file(char *out, size_t size)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(out, 1, size, f);
    fclose(f);
    return len;
}

static char text[1 << 16];

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct checkpoint c, back;
    struct watermark watermark, restored;
    fill(&c, &watermark);
    assert_int_equal(checkpoint_write(&c, path), 0);
    c.resumed++;
    assert_int_equal(checkpoint_write(&c, path), 0); /* over the old one */
    checkpoint_init(&back);
    assert_int_equal(checkpoint_read(&back, path), 0);
    assert_same(&c, &back);
    assert_string_equal(checkpoint_get(&back, CHECKPOINT_OPTION, "odd"), odd_value);
    assert_null(checkpoint_get(&back, CHECKPOINT_IDENTITY, "odd"));

    assert_int_equal(watermark_init(&restored, 1 << 16), 0);
    assert_int_equal(watermark_restore(&restored, back.lowest, back.above, back.above_len), 0);
    assert_true(watermark_count(&restored) == 1000 && restored.lowest == 500 && restored.end == watermark.end);

    size_t len = get_file(text, sizeof(text));
    for (size_t i = 0; i < len; i++) { /* for people: a text of lines, whatever the values hold */
        assert_true(text[i] == '\n' || ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f));
    }
    watermark_deinit(&watermark);
    watermark_deinit(&restored);
    checkpoint_deinit(&c);
    checkpoint_deinit(&back);
    assert_int_equal(checkpoint_remove(path), 0);
    checkpoint_init(&back);
    assert_int_equal(checkpoint_read(&back, path), -ENOENT);
}

static void a_failed_write_leaves_the_old_one(void **state)
{
    (void)state;
    struct checkpoint c, back;
    char blocker[80];
    checkpoint_init(&c);
    c.seed = 1;
    assert_int_equal(checkpoint_write(&c, path), 0);
    snprintf(blocker, sizeof(blocker), "%s.new", path);
    assert_int_equal(mkdir(blocker, 0700), 0);
    c.seed = 2;
    assert_int_equal(checkpoint_write(&c, path), -EISDIR);
    checkpoint_init(&back);
    assert_int_equal(checkpoint_read(&back, path), 0);
    assert_int_equal(back.seed, 1);
    checkpoint_deinit(&back);
    assert_int_equal(checkpoint_write(&c, "/nonexistent/x.checkpoint"), -ENOENT);
    rmdir(blocker);
    unlink(path);
}

static void a_difference_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *before, *now;
    } rows[] = {
        { "changed", "a", "b" },
        { "only.before", "a", NULL },
        { "only.now", NULL, "b" },
        { "empty-and-absent", "", NULL },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct checkpoint before, now;
        struct checkpoint_difference difference;
        checkpoint_init(&before);
        checkpoint_init(&now);
        assert_int_equal(checkpoint_set(&before, CHECKPOINT_OPTION, "same", "x"), 0);
        assert_int_equal(checkpoint_set(&now, CHECKPOINT_OPTION, "same", "x"), 0);
        assert_int_equal(checkpoint_set(&before, CHECKPOINT_NOTE, "started", "then"), 0); /* compared with nothing */
        if (rows[i].before) {
            assert_int_equal(checkpoint_set(&before, CHECKPOINT_OPTION, rows[i].name, rows[i].before), 0);
        }
        if (rows[i].now) {
            assert_int_equal(checkpoint_set(&now, CHECKPOINT_OPTION, rows[i].name, rows[i].now), 0);
        }
        assert_true(checkpoint_agrees(&before, &now, CHECKPOINT_IDENTITY, &difference));
        assert_false(checkpoint_agrees(&before, &now, CHECKPOINT_OPTION, &difference));
        assert_string_equal(difference.name, rows[i].name);
        assert_int_equal(difference.before != NULL, rows[i].before != NULL);
        assert_int_equal(difference.now != NULL, rows[i].now != NULL);
        checkpoint_deinit(&before);
        checkpoint_deinit(&now);
    }
}

static void names_and_values_have_bounds(void **state)
{
    (void)state;
    struct checkpoint c;
    static char long_name[CHECKPOINT_NAME_MAX + 2], long_value[CHECKPOINT_VALUE_MAX + 2];
    checkpoint_init(&c);
    memset(long_name, 'n', CHECKPOINT_NAME_MAX + 1);
    memset(long_value, '\n', CHECKPOINT_VALUE_MAX + 1);
    assert_int_equal(checkpoint_set(&c, CHECKPOINT_NOTE, long_name, ""), -EINVAL);
    assert_int_equal(checkpoint_set(&c, CHECKPOINT_NOTE, "v", long_value), -EINVAL);
    assert_int_equal(checkpoint_set(&c, CHECKPOINT_NOTE, "", "v"), -EINVAL);
    assert_int_equal(checkpoint_set(&c, CHECKPOINT_NOTE, "a=b", "v"), -EINVAL);
    assert_int_equal(checkpoint_set(&c, CHECKPOINT_NOTE, "a\n", "v"), -EINVAL);
    assert_int_equal(checkpoint_set_counter(&c, "a b", 1), -EINVAL);
    for (unsigned i = 0; i < CHECKPOINT_COUNTERS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof(name), "c%u", i);
        assert_int_equal(checkpoint_set_counter(&c, name, i), 0);
    }
    assert_int_equal(checkpoint_set_counter(&c, "one-more", 1), -E2BIG);
    long_name[CHECKPOINT_NAME_MAX] = '\0';
    long_value[CHECKPOINT_VALUE_MAX] = '\0';
    assert_int_equal(checkpoint_set(&c, CHECKPOINT_NOTE, long_name, long_value), 0);
    struct checkpoint back;
    assert_int_equal(checkpoint_write(&c, path), 0);
    checkpoint_init(&back);
    assert_int_equal(checkpoint_read(&back, path), 0);
    assert_same(&c, &back);
    checkpoint_deinit(&c);
    checkpoint_deinit(&back);
    unlink(path);
}

static int parse(const char *bytes, size_t len)
{
    struct checkpoint c;
    span input = cliff_new(bytes, len);
    checkpoint_init(&c);
    int err = checkpoint_parse(&c, input.ptr, input.len);
    assert_true(err == 0 || (c.pair_count == 0 && c.above == NULL));
    checkpoint_deinit(&c);
    cliff_free(input);
    return err;
}

static void any_changed_byte_and_any_cut_is_noticed(void **state)
{
    (void)state;
    struct checkpoint c;
    struct watermark watermark;
    fill(&c, &watermark);
    assert_int_equal(checkpoint_write(&c, path), 0);
    size_t len = get_file(text, sizeof(text));
    assert_int_equal(parse(text, len), 0);
    for (size_t i = 0; i < len; i++) {
        text[i] ^= 1;
        int err = parse(text, len);
        assert_true(err == -EBADMSG || err == -EPROTO);
        text[i] ^= 1;
        err = parse(text, i);
        assert_true(err == -EBADMSG || err == -EPROTO);
    }
    text[len] = '\n';
    assert_int_equal(parse(text, len + 1), -EBADMSG);
    watermark_deinit(&watermark);
    checkpoint_deinit(&c);
    unlink(path);
}

/* A text with the seal that belongs to it: what only somebody who means harm, or another version, would write. */
static int parse_sealed(const char *body)
{
    static char sealed[1 << 16];
    size_t len = strlen(body);
    memcpy(sealed, body, len);
    int seal_len = snprintf(sealed + len, 64, "xxh64 %016llx\n", (unsigned long long)XXH64(body, len, 0));
    return parse(sealed, len + (size_t)seal_len);
}

#define STATE                                                                                                          \
    "state seed=1\nstate resumed=0\nstate offset=10\nstate uncompressed_bytes=20\nstate frames=1\n"                    \
    "state frame_is_open=1\nstate frame_checksum=0000000a\nstate tail_xxh64=00000000000000ff\nstate part=0\nstate part_begin=0\nstate part_records=0\nstate lowest=5\n"
#define HEAD "trifecta-checkpoint 2\n"

static void lines_are_known_whole_and_single(void **state)
{
    (void)state;
    static const struct {
        const char *name, *body;
        int expected;
    } rows[] = {
        { "the least there is", HEAD STATE "above \n", 0 },
        { "with a bitmap", HEAD STATE "above 02ff\n", 0 },
        { "another version", "trifecta-checkpoint 3\n" STATE "above \n", -EPROTO },
        { "no checkpoint", "#!/bin/sh\n", -EBADMSG },
        { "nothing", "", -EBADMSG },
        { "only the first line", HEAD, -EBADMSG },
        { "bitmap missing", HEAD STATE, -EBADMSG },
        { "bitmap twice", HEAD STATE "above \nabove \n", -EBADMSG },
        { "half a byte", HEAD STATE "above 0\n", -EBADMSG },
        { "no hex", HEAD STATE "above 0g\n", -EBADMSG },
        { "state missing", HEAD "state seed=1\nabove \n", -EBADMSG },
        { "state twice", HEAD STATE "state seed=1\nabove \n", -EBADMSG },
        { "unknown state", HEAD STATE "state other=1\nabove \n", -EBADMSG },
        { "unknown kind", HEAD STATE "above \nwhat a=1\n", -EBADMSG },
        { "counter twice", HEAD STATE "above \ncounter a=1\ncounter a=1\n", -EBADMSG },
        { "counter with sign", HEAD STATE "above \ncounter a=+1\n", -EBADMSG },
        { "counter with leading zero", HEAD STATE "above \ncounter a=01\n", -EBADMSG },
        { "counter of 2^64", HEAD STATE "above \ncounter a=18446744073709551616\n", -EBADMSG },
        { "counter of 2^64 - 1", HEAD STATE "above \ncounter a=18446744073709551615\n", 0 },
        { "counter without digits", HEAD STATE "above \ncounter a=\n", -EBADMSG },
        { "pair twice", HEAD STATE "above \nnote a=1\nnote a=2\n", -EBADMSG },
        { "pair without a name", HEAD STATE "above \nnote =1\n", -EBADMSG },
        { "pair without =", HEAD STATE "above \nnote a\n", -EBADMSG },
        { "escaped", HEAD STATE "above \nnote a=%0a%25%ff\n", 0 },
        { "escaped NUL", HEAD STATE "above \nnote a=%00\n", -EBADMSG },
        { "cut escape", HEAD STATE "above \nnote a=%0\n", -EBADMSG },
        { "raw control byte", HEAD STATE "above \nnote a=\t\n", -EBADMSG },
        { "a part", HEAD STATE "part 1 2 3 00000000000000ff\nabove \n", 0 },
        { "a part with a number missing", HEAD STATE "part 1 2 00000000000000ff\nabove \n", -EBADMSG },
        { "a part with one too many", HEAD STATE "part 1 2 3 4 00000000000000ff\nabove \n", -EBADMSG },
        { "a part with a short hash", HEAD STATE "part 1 2 3 ff\nabove \n", -EBADMSG },
        { "a part below nothing", HEAD STATE "part -1 2 3 00000000000000ff\nabove \n", -EBADMSG },
        { "empty line", HEAD STATE "above \n\n", -EBADMSG },
        { "last line without an end", HEAD STATE "above ", -EBADMSG },
        { "flag over 1", HEAD "state frame_is_open=2\nabove \n", -EBADMSG },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int err = parse_sealed(rows[i].body);
        if (err != rows[i].expected) {
            fail_msg("%s: %d, expected %d", rows[i].name, err, rows[i].expected);
        }
    }
}

static void what_is_no_plain_file_is_refused(void **state)
{
    (void)state;
    struct checkpoint c;
    checkpoint_init(&c);
    assert_int_equal(checkpoint_read(&c, folder), -EBADMSG);
    assert_int_equal(checkpoint_read(&c, "/dev/zero"), -EBADMSG);
    FILE *f = fopen(path, "wb"); /* large, and all holes */
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), (off_t)CHECKPOINT_FILE_MAX + 1), 0);
    fclose(f);
    assert_int_equal(checkpoint_read(&c, path), -EFBIG);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_failed_write_leaves_the_old_one),
        cmocka_unit_test(a_difference_is_named),
        cmocka_unit_test(names_and_values_have_bounds),
        cmocka_unit_test(any_changed_byte_and_any_cut_is_noticed),
        cmocka_unit_test(lines_are_known_whole_and_single),
        cmocka_unit_test(what_is_no_plain_file_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
