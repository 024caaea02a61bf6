// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "scanner/mail/pass_set.h"

static char memory[1 << 20];

static struct arena new_arena(void)
{
    struct arena arena;
    arena_init(&arena, memory, sizeof(memory), 0);
    return arena;
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* A universe small enough to hold every address's fate in an array. */
enum { UNIVERSE = 64, TERMS = 12, ROUNDS = 4000 };

static void check_against_fates(const struct pass_set *set, const unsigned char *fate, unsigned char wanted)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < UNIVERSE; i++) {
        assert_int_equal(pass_set_contains(set, i), fate[i] == wanted);
        count += fate[i] == wanted;
    }
    assert_true(pass_set_count(set) == count);
    for (size_t i = 1; i < set->count; i++) {
        assert_true(set->ranges[i].first > set->ranges[i - 1].last + 1);
    }
}

static void the_first_term_that_covers_an_address_decides(void **state)
{
    (void)state;
    uint32_t seed = 2463534242u;
    for (int round = 0; round < ROUNDS; round++) {
        struct arena arena = new_arena();
        struct pass_set undecided, passed, rejected;
        unsigned char fate[UNIVERSE] = { 0 };
        pass_set_init(&undecided, &arena);
        pass_set_init(&passed, &arena);
        pass_set_init(&rejected, &arena);
        pass_set_append(&undecided, (struct ip_range){ 0, UNIVERSE - 1 });
        for (int term = 0; term < TERMS; term++) {
            unsigned first = next_random(&seed) % UNIVERSE, last = next_random(&seed) % UNIVERSE;
            bool is_pass = next_random(&seed) & 1;
            struct ip_range range = { first < last ? first : last, first < last ? last : first };
            pass_set_move(&undecided, range, is_pass ? &passed : &rejected);
            for (unsigned i = 0; i < UNIVERSE; i++) {
                if (fate[i] == 0 && i >= range.first && i <= range.last) {
                    fate[i] = is_pass ? 1 : 2;
                }
            }
        }
        pass_set_sort(&passed);
        pass_set_sort(&rejected);
        check_against_fates(&undecided, fate, 0);
        check_against_fates(&passed, fate, 1);
        check_against_fates(&rejected, fate, 2);
    }
}

static void joining_is_the_union(void **state)
{
    (void)state;
    uint32_t seed = 88172645u;
    for (int round = 0; round < ROUNDS; round++) {
        struct arena arena = new_arena();
        struct pass_set sets[2], joined;
        unsigned char inside[UNIVERSE] = { 0 };
        pass_set_init(&joined, &arena);
        for (int k = 0; k < 2; k++) {
            pass_set_init(&sets[k], &arena);
            for (int i = 0; i < 5; i++) {
                unsigned first = next_random(&seed) % UNIVERSE;
                unsigned last = first + next_random(&seed) % 8;
                last = last < UNIVERSE ? last : UNIVERSE - 1;
                pass_set_append(&sets[k], (struct ip_range){ first, last });
                memset(inside + first, 1, last - first + 1);
            }
            pass_set_append_all(&joined, &sets[k]);
        }
        pass_set_sort(&joined);
        check_against_fates(&joined, inside, 1);
    }
}

static void ends_of_the_number_space(void **state)
{
    (void)state;
    struct arena arena = new_arena();
    struct pass_set all, taken;
    pass_set_init(&all, &arena);
    pass_set_init(&taken, &arena);
    pass_set_append(&all, ip6_everything);
    pass_set_move(&all, (struct ip_range){ ip6_everything.last, ip6_everything.last }, &taken);
    pass_set_move(&all, (struct ip_range){ 0, 0 }, &taken);
    pass_set_sort(&taken);
    assert_int_equal(taken.count, 2);
    assert_int_equal(all.count, 1);
    pass_set_move_all(&all, &taken);
    pass_set_sort(&taken);
    assert_int_equal(taken.count, 1);
    assert_true(pass_set_covers(&taken, ip6_everything));
    assert_true(pass_set_is_empty(&all));
}

static void slash64s_count_when_one_address_passes(void **state)
{
    (void)state;
    /* record.md decided case 24 */
    const ip_number one = (ip_number)1 << 64;
    static const uint8_t doc[16] = { 0x20, 0x01, 0x0d, 0xb8 };
    struct arena arena = new_arena();
    struct pass_set set;
    pass_set_init(&set, &arena);
    pass_set_append(&set, (struct ip_range){ one, one });
    pass_set_append(&set, (struct ip_range){ one + 5, one + 9 });
    assert_true(pass_set_count_slash64s(&set) == 1);
    pass_set_append(&set, (struct ip_range){ one + 11, one * 3 });
    assert_true(pass_set_count_slash64s(&set) == 3);
    pass_set_init(&set, &arena);
    pass_set_append(&set, ip6_range(doc, 32));
    assert_true(pass_set_count_slash64s(&set) == (uint64_t)1 << 32);
    pass_set_init(&set, &arena);
    pass_set_append(&set, ip6_everything);
    assert_true(pass_set_count_slash64s(&set) == INT64_MAX);
}

static void networks(void **state)
{
    (void)state;
    static const uint8_t address[4] = { 192, 0, 2, 77 };
    static const struct {
        unsigned prefix;
        uint64_t first, last;
    } rows[] = { { 32, 0xc000024d, 0xc000024d },
                 { 24, 0xc0000200, 0xc00002ff },
                 { 31, 0xc000024c, 0xc000024d },
                 { 1, 0x80000000, 0xffffffff },
                 { 0, 0, 0xffffffff } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ip_range range = ip4_range(address, rows[i].prefix);
        assert_true(range.first == rows[i].first && range.last == rows[i].last);
    }
    static const uint8_t six[16] = { [15] = 1 };
    assert_true(ip6_range(six, 0).last == ip6_everything.last);
    assert_true(ip6_range(six, 128).first == 1);
}

static void without_room_it_is_a_lower_bound(void **state)
{
    (void)state;
    char small[600];
    struct arena arena;
    arena_init(&arena, small, sizeof(small), 0);
    struct pass_set from, to;
    pass_set_init(&from, &arena);
    pass_set_init(&to, &arena);
    pass_set_append(&from, ip4_everything);
    for (unsigned i = 1; i < 100; i++) {
        pass_set_move(&from, (struct ip_range){ i * 10, i * 10 }, &to);
    }
    assert_true(from.was_cut || to.was_cut);
    pass_set_sort(&to);
    assert_true(pass_set_count(&to) <= 99);
    assert_true(pass_set_count(&from) <= UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_term_that_covers_an_address_decides),
        cmocka_unit_test(joining_is_the_union),
        cmocka_unit_test(ends_of_the_number_space),
        cmocka_unit_test(slash64s_count_when_one_address_passes),
        cmocka_unit_test(networks),
        cmocka_unit_test(without_room_it_is_a_lower_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
