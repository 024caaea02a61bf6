// SPDX-License-Identifier: MIT
#include "scanner/mail/pass_set.h"

const struct ip_range ip4_everything = { 0, UINT32_MAX };
const struct ip_range ip6_everything = { 0, ~(ip_number)0 };

void pass_set_init(struct pass_set *set, struct arena *arena)
{
    *set = (struct pass_set){ .arena = arena, .is_sorted = true };
}

static bool make_room(struct pass_set *set, size_t more)
{
    if (more <= set->size - set->count) {
        return true;
    }
    size_t size = set->size * 2 > set->count + more ? set->size * 2 : set->count + more;
    size = size > 8 ? size : 8;
    struct ip_range *ranges = ARENA_TAKE_N(set->arena, struct ip_range, size);
    if (!ranges) {
        set->was_cut = true;
        return false;
    }
    if (set->count > 0) {
        memcpy(ranges, set->ranges, set->count * sizeof(*ranges));
    }
    set->ranges = ranges;
    set->size = size;
    return true;
}

void pass_set_append(struct pass_set *set, struct ip_range range)
{
    struct ip_range *last = set->count > 0 ? &set->ranges[set->count - 1] : NULL;
    if (last && last->last < range.first && range.first - last->last == 1) {
        last->last = range.last; /* touches: a sorted set has no two such ranges */
        return;
    }
    if (!make_room(set, 1)) {
        return;
    }
    if (set->count > 0 && set->ranges[set->count - 1].last >= range.first) {
        set->is_sorted = false;
    }
    set->ranges[set->count++] = range;
}

void pass_set_append_all(struct pass_set *set, const struct pass_set *other)
{
    set->was_cut |= other->was_cut;
    if (other->count == 0 || !make_room(set, other->count)) {
        return;
    }
    if (!other->is_sorted || set->count > 0) {
        set->is_sorted = false;
    }
    memcpy(set->ranges + set->count, other->ranges, other->count * sizeof(*set->ranges));
    set->count += other->count;
}

/* Heap sort: no recursion, no memory, no bad case. */
static void sift_down(struct ip_range *ranges, size_t at, size_t count)
{
    while (2 * at + 1 < count) {
        size_t child = 2 * at + 1;
        if (child + 1 < count && ranges[child + 1].first > ranges[child].first) {
            child++;
        }
        if (ranges[at].first >= ranges[child].first) {
            return;
        }
        struct ip_range swap = ranges[at];
        ranges[at] = ranges[child];
        ranges[child] = swap;
        at = child;
    }
}

static void sort_ranges(struct ip_range *ranges, size_t count)
{
    for (size_t i = count / 2; i > 0; i--) {
        sift_down(ranges, i - 1, count);
    }
    for (size_t end = count; end > 1; end--) {
        struct ip_range swap = ranges[0];
        ranges[0] = ranges[end - 1];
        ranges[end - 1] = swap;
        sift_down(ranges, 0, end - 1);
    }
}

void pass_set_sort(struct pass_set *set)
{
    if (set->is_sorted) {
        return;
    }
    sort_ranges(set->ranges, set->count);
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        struct ip_range *last = kept > 0 ? &set->ranges[kept - 1] : NULL;
        struct ip_range range = set->ranges[i];
        /* Written so that last + 1 cannot wrap. */
        if (last && (range.first <= last->last || range.first - last->last == 1)) {
            last->last = range.last > last->last ? range.last : last->last;
        } else {
            set->ranges[kept++] = range;
        }
    }
    set->count = kept;
    set->is_sorted = true;
}

/* The first range that ends at or behind `address`. */
static size_t find_range(const struct pass_set *set, ip_number address)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->ranges[middle].last < address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Replaces ranges[at .. at + old_count) by the given ones; false, and nothing changed, when there is no room. */
static bool splice(struct pass_set *set, size_t at, size_t old_count, const struct ip_range *with, size_t new_count)
{
    if (new_count > old_count && !make_room(set, new_count - old_count)) {
        return false;
    }
    size_t behind = set->count - at - old_count;
    if (behind > 0 && new_count != old_count) {
        memmove(set->ranges + at + new_count, set->ranges + at + old_count, behind * sizeof(*set->ranges));
    }
    for (size_t i = 0; i < new_count; i++) {
        set->ranges[at + i] = with[i];
    }
    set->count = set->count - old_count + new_count;
    return true;
}

void pass_set_move(struct pass_set *from, struct ip_range range, struct pass_set *to)
{
    size_t at = find_range(from, range.first);
    size_t end = at;
    struct ip_range left[2];
    size_t left_count = 0;
    while (end < from->count && from->ranges[end].first <= range.last) {
        struct ip_range old = from->ranges[end++];
        struct ip_range taken = { old.first > range.first ? old.first : range.first,
                                  old.last < range.last ? old.last : range.last };
        if (old.first < taken.first) {
            left[left_count++] = (struct ip_range){ old.first, taken.first - 1 };
        }
        if (old.last > taken.last) {
            left[left_count++] = (struct ip_range){ taken.last + 1, old.last };
        }
        pass_set_append(to, taken);
    }
    if (end > at && !splice(from, at, end - at, left, left_count)) {
        /* One range would become two and there is no room: keep the front, lose the rest (was_cut says so). */
        from->ranges[at] = left[0];
    }
}

void pass_set_move_all(struct pass_set *from, struct pass_set *to)
{
    if (to->count == 0) {
        bool was_cut = to->was_cut || from->was_cut;
        struct pass_set swap = *to;
        *to = *from;
        *from = swap;
        to->was_cut = was_cut;
    } else {
        pass_set_append_all(to, from);
    }
    from->count = 0;
    from->is_sorted = true;
}

void pass_set_clear(struct pass_set *set)
{
    set->count = 0;
    set->is_sorted = true;
}

bool pass_set_is_empty(const struct pass_set *set)
{
    return set->count == 0;
}

bool pass_set_contains(const struct pass_set *set, ip_number address)
{
    size_t at = find_range(set, address);
    return at < set->count && set->ranges[at].first <= address;
}

bool pass_set_covers(const struct pass_set *set, struct ip_range range)
{
    size_t at = find_range(set, range.first);
    return at < set->count && set->ranges[at].first <= range.first && set->ranges[at].last >= range.last;
}

uint64_t pass_set_count(const struct pass_set *set)
{
    uint64_t count = 0;
    for (size_t i = 0; i < set->count; i++) {
        count += (uint64_t)(set->ranges[i].last - set->ranges[i].first) + 1;
    }
    return count;
}

uint64_t pass_set_count_slash64s(const struct pass_set *set)
{
    const ip_number most = ((ip_number)1 << 63) - 1;
    ip_number count = 0;
    ip_number next = 0; /* the first /64 not counted yet */
    for (size_t i = 0; i < set->count; i++) {
        ip_number first = set->ranges[i].first >> 64, last = set->ranges[i].last >> 64;
        first = first > next ? first : next;
        if (first <= last) {
            count += last - first + 1;
            next = last + 1;
        }
    }
    return (uint64_t)(count < most ? count : most);
}

static struct ip_range range_of(ip_number address, unsigned prefix, unsigned bits)
{
    unsigned host_bits = prefix < bits ? bits - prefix : 0;
    ip_number mask = host_bits >= 128 ? ~(ip_number)0 : ((ip_number)1 << host_bits) - 1;
    return (struct ip_range){ address & ~mask, address | mask };
}

struct ip_range ip4_range(const uint8_t address[4], unsigned prefix)
{
    ip_number number = 0;
    for (int i = 0; i < 4; i++) {
        number = number << 8 | address[i];
    }
    return range_of(number, prefix, 32);
}

struct ip_range ip6_range(const uint8_t address[16], unsigned prefix)
{
    ip_number number = 0;
    for (int i = 0; i < 16; i++) {
        number = number << 8 | address[i];
    }
    return range_of(number, prefix, 128);
}
