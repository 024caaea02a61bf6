// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/base/arena.h"

static void without_a_first_block_all_comes_from_overflow(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0, 8192);
    char *bytes = arena_take_bytes(&arena, 100);
    assert_non_null(bytes);
    memset(bytes, 'x', 100);
    arena_reset(&arena);
    assert_non_null(arena_take(&arena, 16));
    assert_false(arena.was_exhausted);
    arena_reset(&arena);
}

static void without_any_room_a_request_is_refused(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, NULL, 0, 0);
    assert_null(arena_take_bytes(&arena, 1));
    assert_true(arena.was_exhausted);
    assert_false(arena.has_no_memory); /* a limit said so */
    arena_reset(&arena);
    assert_false(arena.was_exhausted);
    /* Nothing fits nowhere: an empty text is no failure. */
    span out;
    assert_true(arena_copy(&arena, SPAN(""), &out));
    assert_int_equal(out.len, 0);
}

/* More than any machine has: within the limit, and yet refused. */
static void what_the_system_refuses_is_told_apart_from_the_limit(void **state)
{
    struct arena arena;
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* their malloc ends the program instead */
#endif
    arena_init(&arena, NULL, 0, SIZE_MAX);
    volatile size_t too_much = SIZE_MAX / 4;
    assert_null(arena_take_bytes(&arena, too_much));
    assert_true(arena.was_exhausted && arena.has_no_memory);
    assert_non_null(arena_take_bytes(&arena, 100));
    assert_true(arena.has_no_memory); /* until the reset */
    arena_reset(&arena);
    assert_false(arena.has_no_memory);
}

static void blocks_are_aligned_and_zeroed(void **state)
{
    static char memory[256];
    struct arena arena;
    (void)state;
    memset(memory, 'x', sizeof(memory));
    arena_init(&arena, memory, sizeof(memory), 0);
    assert_non_null(arena_take_bytes(&arena, 3));
    unsigned char *block = arena_take(&arena, 32);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
    for (int i = 0; i < 32; i++) {
        assert_int_equal(block[i], 0);
    }
    assert_null(arena_take(&arena, sizeof(memory)));
    assert_true(arena.was_exhausted);
}

/* Too long for what is left of the first block, so it gets a block of its own: what is taken before and after stays whole. */
static void a_long_text_leaves_its_neighbours_alone(void **state)
{
    struct arena arena;
    char memory[256];
    span before, after;
    (void)state;
    arena_init(&arena, memory, sizeof(memory), 8192);
    assert_non_null(arena_take_bytes(&arena, 200));
    assert_true(arena_copy(&arena, SPAN("before"), &before));
    span text = arena_printf(&arena, "%*s", 900, "end");
    assert_int_equal(text.len, 900);
    assert_true(arena_copy(&arena, SPAN("after"), &after));
    assert_true(span_equal(before, SPAN("before")));
    assert_true(span_equal(after, SPAN("after")));
    assert_true(span_ends_with(text, SPAN(" end")));
    arena_reset(&arena);
}

static void what_was_taken_since_a_mark_goes_back(void **state)
{
    struct arena arena;
    _Alignas(max_align_t) char memory[256];
    (void)state;
    arena_init(&arena, memory, sizeof(memory), 8192);
    assert_non_null(arena_take_bytes(&arena, 10));
    struct arena_mark mark = arena_mark(&arena);
    char *first = arena_take_bytes(&arena, 20);
    arena_take_back(&arena, mark);
    assert_ptr_equal(arena_take_bytes(&arena, 20), first);
    /* Once another block has begun nothing is given out twice. */
    mark = arena_mark(&arena);
    assert_non_null(arena_take_bytes(&arena, 226));
    char *second = arena_take_bytes(&arena, 100);
    arena_take_back(&arena, mark);
    char *third = arena_take_bytes(&arena, 100);
    assert_true(third >= second + 100 || third + 100 <= second);
    assert_true(third < memory || third >= memory + sizeof(memory));
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_first_block_all_comes_from_overflow),
        cmocka_unit_test(without_any_room_a_request_is_refused),
        cmocka_unit_test(what_the_system_refuses_is_told_apart_from_the_limit),
        cmocka_unit_test(blocks_are_aligned_and_zeroed),
        cmocka_unit_test(a_long_text_leaves_its_neighbours_alone),
        cmocka_unit_test(what_was_taken_since_a_mark_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
