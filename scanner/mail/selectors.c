// SPDX-License-Identifier: MIT
#include "scanner/mail/providers.h"

#include <stdlib.h>

/* The selector table of providers.h: rows in rank order, and an index by name that is rebuilt when a row moves. */

struct selector_table {
    struct selector_row *rows;
    char **owned; /* the bytes of each row: selector, then after */
    size_t count, size;
    uint32_t *buckets; /* row index + 1; size is a power of two, at least twice the rows */
    size_t bucket_count;
};

enum { LABEL_MAX = 63, SELECTOR_MAX = 240 };

bool selector_is_name(span selector)
{
    size_t label = 0;
    if (selector.len == 0 || selector.len > SELECTOR_MAX) {
        return false;
    }
    for (size_t i = 0; i < selector.len; i++) {
        unsigned char c = (unsigned char)selector.ptr[i];
        if (c == '.' ? label == 0 : !ascii_is_alnum(c) && c != '-' && c != '_') {
            return false;
        }
        label = c == '.' ? 0 : label + 1;
        if (label > LABEL_MAX) {
            return false;
        }
    }
    return label > 0;
}

static size_t bucket_start(const struct selector_table *table, span selector)
{
    uint32_t hash = span_hash_nocase(selector);
    return (hash ^ (hash >> 15)) & (table->bucket_count - 1);
}

size_t selector_table_find(const struct selector_table *table, span selector)
{
    if (table->bucket_count == 0) {
        return table->count;
    }
    for (size_t at = bucket_start(table, selector); table->buckets[at] != 0;
         at = (at + 1) & (table->bucket_count - 1)) {
        size_t index = table->buckets[at] - 1;
        if (span_equal_nocase(table->rows[index].selector, selector)) {
            return index;
        }
    }
    return table->count;
}

static void index_row(struct selector_table *table, size_t index)
{
    size_t at = bucket_start(table, table->rows[index].selector);
    while (table->buckets[at] != 0) {
        at = (at + 1) & (table->bucket_count - 1);
    }
    table->buckets[at] = (uint32_t)index + 1;
}

static void index_rebuild(struct selector_table *table)
{
    memset(table->buckets, 0, table->bucket_count * sizeof(*table->buckets));
    for (size_t i = 0; i < table->count; i++) {
        index_row(table, i);
    }
}

static bool grow(struct selector_table *table)
{
    size_t size = table->size ? table->size * 2 : 64;
    if (size > UINT32_MAX / 4) {
        return false;
    }
    struct selector_row *rows = realloc(table->rows, size * sizeof(*rows));
    table->rows = rows ? rows : table->rows;
    char **owned = realloc(table->owned, size * sizeof(*owned));
    table->owned = owned ? owned : table->owned;
    uint32_t *buckets = calloc(size * 2, sizeof(*buckets));
    if (!rows || !owned || !buckets) {
        free(buckets);
        return false;
    }
    free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = size * 2;
    table->size = size;
    index_rebuild(table);
    return true;
}

static void copy_lower(char *out, span s)
{
    for (size_t i = 0; i < s.len; i++) {
        out[i] = (char)ascii_lower((unsigned char)s.ptr[i]);
    }
}

/* A selector that stands already stays where it is. */
static bool append(struct selector_table *table, span selector, uint8_t tier, span after)
{
    if (!selector_is_name(selector) || (after.len > 0 && !selector_is_name(after))) {
        return false;
    }
    if (selector_table_find(table, selector) < table->count) {
        return true;
    }
    if (table->count == table->size && !grow(table)) {
        return false;
    }
    char *bytes = malloc(selector.len + after.len);
    if (!bytes) {
        return false;
    }
    copy_lower(bytes, selector);
    copy_lower(bytes + selector.len, after);
    table->owned[table->count] = bytes;
    table->rows[table->count] = (struct selector_row){
        .selector = span_of(bytes, selector.len),
        .tier = tier,
        .after = span_of(bytes + selector.len, after.len),
    };
    index_row(table, table->count++);
    return true;
}

bool selector_table_add(struct selector_table *table, span selector)
{
    if (!append(table, selector, 1, span_of("", 0))) {
        return false;
    }
    size_t index = selector_table_find(table, selector);
    struct selector_row row = table->rows[index];
    char *bytes = table->owned[index];
    memmove(table->rows + 1, table->rows, index * sizeof(*table->rows));
    memmove(table->owned + 1, table->owned, index * sizeof(*table->owned));
    row.tier = 1;
    row.after.len = 0;
    table->rows[0] = row;
    table->owned[0] = bytes;
    index_rebuild(table);
    return true;
}

/* rank <TAB> selector <TAB> tier <TAB> after, and columns that are not ours. */
static bool read_line(struct selector_table *table, span line)
{
    uint64_t rank, tier;
    bool has_rank = span_to_u64(span_trim(span_cut(&line, '\t')), UINT32_MAX, &rank);
    span selector = span_trim(span_cut(&line, '\t'));
    bool has_tier = span_to_u64(span_trim(span_cut(&line, '\t')), 9, &tier) && tier > 0;
    span after = span_trim(span_cut(&line, '\t'));
    if (span_equal(after, SPAN("-"))) {
        after.len = 0;
    }
    return has_rank && has_tier && append(table, selector, (uint8_t)tier, after);
}

struct selector_table *selector_table_new(span text, size_t *bad_line)
{
    struct selector_table *table = calloc(1, sizeof(*table));
    *bad_line = 0;
    for (size_t number = 1; table && text.len > 0; number++) {
        span line = span_trim_fws(span_cut(&text, '\n'));
        if (line.len > 0 && line.ptr[0] != '#' && !read_line(table, line)) {
            *bad_line = number;
            selector_table_free(table);
            return NULL;
        }
    }
    return table;
}

struct selector_table *selector_table_new_plain(span text)
{
    struct selector_table *table = calloc(1, sizeof(*table));
    while (table && text.len > 0) {
        span line = span_cut(&text, '\n');
        line = span_first(line, span_find(line, '#'));
        while (line.len > 0) {
            span selector = span_trim_fws(span_cut(&line, ','));
            if (selector.len > 0 && !append(table, selector, 1, span_of("", 0))) {
                selector_table_free(table);
                return NULL;
            }
        }
    }
    return table;
}

void selector_table_free(struct selector_table *table)
{
    if (!table) {
        return;
    }
    for (size_t i = 0; i < table->count; i++) {
        free(table->owned[i]);
    }
    free(table->owned);
    free(table->rows);
    free(table->buckets);
    free(table);
}

size_t selector_table_count(const struct selector_table *table)
{
    return table->count;
}

const struct selector_row *selector_table_row(const struct selector_table *table, size_t index)
{
    return index < table->count ? &table->rows[index] : NULL;
}
