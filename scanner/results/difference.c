// SPDX-License-Identifier: MIT
#include "scanner/results/difference.h"

#include <errno.h>
#include <stdlib.h>

enum {
    TAGS_MAX = 100000,
    TAG_BYTES_MAX = 8 << 20,
    TAG_COUNTERS = 1 + CHANGE_CLASS_COUNT,
    LINE_SIZE_FIRST = 16 << 10,
    LINE_SIZE_MAX = 1 << 20,
};

static const char *const direction_words[] = {
    [DIRECTION_SAME] = "same",
    [DIRECTION_WEAKENED] = "weakened",
    [DIRECTION_BECAME_UNKNOWN] = "became_unknown",
    [DIRECTION_IMPROVED] = "improved",
    [DIRECTION_RECOVERED] = "recovered",
    [DIRECTION_CHANGED] = "changed",
};

const char *direction_word(enum direction direction)
{
    return direction_words[direction];
}

bool difference_has_compared(const struct difference *d, enum aspect aspect)
{
    for (size_t row = 0; row < MATRIX_NOT_COMPARED; row++) {
        for (size_t column = 0; column < MATRIX_NOT_COMPARED; column++) {
            if (d->matrices[aspect][row][column] > 0) {
                return true;
            }
        }
    }
    return false;
}

/* What a reader should see first. */
static const enum direction worst_first[] = {
    DIRECTION_WEAKENED, DIRECTION_BECAME_UNKNOWN, DIRECTION_CHANGED, DIRECTION_IMPROVED, DIRECTION_RECOVERED,
};
enum { SHOWN_DIRECTIONS = sizeof(worst_first) / sizeof(worst_first[0]) };

static bool is_listed(enum change_class class)
{
    return class != CHANGE_NONE && class != CHANGE_NOT_COMPARED;
}

int difference_init(struct difference *d, size_t list_limit, bool wants_lines)
{
    *d = (struct difference){ .list_limit = list_limit };
    if (!json_buffer_init_heap(&d->buffer, LINE_SIZE_FIRST, LINE_SIZE_MAX)) {
        return -ENOMEM;
    }
    int err = 0;
    for (int c = 0; c < CHANGE_CLASS_COUNT && err == 0; c++) {
        if (!is_listed((enum change_class)c)) {
            continue;
        }
        d->lists[c].items = calloc(list_limit + 1, sizeof(*d->lists[c].items));
        err = d->lists[c].items ? 0 : -ENOMEM;
        if (err == 0 && wants_lines) {
            d->lines[c] = sweep_store_file();
            err = d->lines[c] ? 0 : -errno;
        }
    }
    if (err < 0) {
        difference_deinit(d);
    }
    return err;
}

void difference_deinit(struct difference *d)
{
    for (int c = 0; c < CHANGE_CLASS_COUNT; c++) {
        for (size_t i = 0; i < d->lists[c].count; i++) {
            free(d->lists[c].items[i].domain);
            free(d->lists[c].items[i].tag);
        }
        free(d->lists[c].items);
        if (d->lines[c]) {
            fclose(d->lines[c]);
        }
    }
    top_map_free(d->tags);
    json_buffer_deinit(&d->buffer);
    *d = (struct difference){ 0 };
}

/* ---- words ---- */

void change_print(const struct change *change, const struct sweep_entry *before, const struct sweep_entry *now,
                  char words[CHANGE_WORDS_SIZE])
{
    size_t len = 0;
    words[0] = '\0';
    if (!before || !now) {
        snprintf(words, CHANGE_WORDS_SIZE, "%s", before ? "not in the list any more" : "not in the list before");
        return;
    }
    if (before->is_nonexistent != now->is_nonexistent) {
        snprintf(words, CHANGE_WORDS_SIZE, "%s",
                 now->is_nonexistent ? "the name does not exist any more (NXDOMAIN)"
                                     : "the name did not exist before (NXDOMAIN)");
        return;
    }
    for (size_t i = 0; i < SHOWN_DIRECTIONS; i++) {
        for (int a = 0; a < ASPECT_COUNT && len < CHANGE_WORDS_SIZE; a++) {
            if (change->directions[a] == worst_first[i]) {
                enum aspect aspect = (enum aspect)a;
                len += (size_t)snprintf(words + len, CHANGE_WORDS_SIZE - len, "%s%s: %s => %s", len ? "; " : "",
                                        aspect_forms[a].key, aspect_word(aspect, before->values[a]),
                                        aspect_word(aspect, now->values[a]));
            }
        }
    }
    for (int t = 0; t < TEXT_COUNT && len < CHANGE_WORDS_SIZE; t++) {
        if (change->edited[t]) {
            len += (size_t)snprintf(words + len, CHANGE_WORDS_SIZE - len, "%s%s edited", len ? "; " : "",
                                    edited_text_key((enum edited_text)t));
        }
    }
}

/* ---- the first names of each class ---- */

static int compare_texts(const char *a, span b)
{
    return span_compare(span_from_cstr(a ? a : ""), b);
}

static int compare_listed(const struct listed_change *item, const struct sweep_entry *entry)
{
    int order = compare_texts(item->tag, entry->tag);
    return order != 0 ? order : compare_texts(item->domain, entry->domain);
}

static void list_change(struct difference *d, const struct change *change, const struct sweep_entry *before,
                        const struct sweep_entry *now)
{
    struct change_list *list = &d->lists[change->class];
    const struct sweep_entry *entry = now ? now : before;
    size_t at = list->count;
    if (d->list_limit == 0 || (at == d->list_limit && compare_listed(&list->items[at - 1], entry) < 0)) {
        return;
    }
    size_t low = 0;
    while (low < at) {
        size_t middle = low + (at - low) / 2;
        if (compare_listed(&list->items[middle], entry) < 0) {
            low = middle + 1;
        } else {
            at = middle;
        }
    }
    struct listed_change item = {
        .domain = strndup(entry->domain.ptr, entry->domain.len),
        .tag = entry->has_tag ? strndup(entry->tag.ptr, entry->tag.len) : NULL,
    };
    if (!item.domain || (entry->has_tag && !item.tag)) {
        free(item.domain);
        free(item.tag);
        d->error = d->error < 0 ? d->error : -ENOMEM;
        return;
    }
    change_print(change, before, now, item.words);
    if (list->count == d->list_limit) {
        list->count--;
        free(list->items[list->count].domain);
        free(list->items[list->count].tag);
    }
    memmove(&list->items[low + 1], &list->items[low], (list->count - low) * sizeof(*list->items));
    list->items[low] = item;
    list->count++;
}

/* ---- lines ---- */

static void print_aspects(struct json *json, const struct change *change, const struct sweep_entry *before,
                          const struct sweep_entry *now)
{
    json_key(json, "changes");
    json_begin_array(json);
    for (size_t i = 0; i < SHOWN_DIRECTIONS && before && now; i++) {
        for (int a = 0; a < ASPECT_COUNT; a++) {
            if (change->directions[a] == worst_first[i]) {
                json_begin_object(json);
                json_key(json, "aspect");
                json_cstr(json, aspect_forms[a].key);
                json_key(json, "direction");
                json_cstr(json, direction_words[change->directions[a]]);
                json_key(json, "before");
                json_cstr(json, aspect_word((enum aspect)a, before->values[a]));
                json_key(json, "now");
                json_cstr(json, aspect_word((enum aspect)a, now->values[a]));
                json_end_object(json);
            }
        }
    }
    json_end_array(json);
    json_key(json, "edited");
    json_begin_array(json);
    for (int t = 0; t < TEXT_COUNT; t++) {
        if (change->edited[t]) {
            json_cstr(json, edited_text_key((enum edited_text)t));
        }
    }
    json_end_array(json);
}

static void print_line(struct difference *d, const struct change *change, const struct sweep_entry *before,
                       const struct sweep_entry *now)
{
    const struct sweep_entry *entry = now ? now : before;
    struct json json;
    d->buffer.len = 0;
    json_start(&json, &d->buffer);
    json_begin_object(&json);
    json_key(&json, "class");
    json_cstr(&json, change_class_key(change->class));
    json_key(&json, "domain");
    json_string(&json, entry->domain.ptr, entry->domain.len);
    json_key(&json, "tag");
    if (entry->has_tag) {
        json_string(&json, entry->tag.ptr, entry->tag.len);
    } else {
        json_null(&json);
    }
    print_aspects(&json, change, before, now);
    json_end_object(&json);
    FILE *out = d->lines[change->class];
    if (!json_end_line(&json) || fwrite(d->buffer.bytes, 1, d->buffer.len, out) != d->buffer.len) {
        d->error = d->error < 0 ? d->error : -ENOSPC;
    }
}

int difference_write_lines(struct difference *d, FILE *out)
{
    char block[1 << 14];
    for (int c = 0; c < CHANGE_CLASS_COUNT; c++) {
        size_t got;
        if (!d->lines[c]) {
            continue;
        }
        rewind(d->lines[c]);
        while ((got = fread(block, 1, sizeof(block), d->lines[c])) > 0) {
            if (fwrite(block, 1, got, out) != got) {
                return -errno;
            }
        }
        if (ferror(d->lines[c])) {
            return -EIO;
        }
    }
    return fflush(out) == 0 ? 0 : -errno;
}

/* ---- counts ---- */

static size_t matrix_index(uint8_t value)
{
    return value == ASPECT_UNKNOWN ? MATRIX_UNKNOWN : value == ASPECT_NOT_COMPARED ? MATRIX_NOT_COMPARED : value;
}

static void count_pair(struct difference *d, const struct change *change, const struct sweep_entry *before,
                       const struct sweep_entry *now)
{
    for (int a = 0; a < ASPECT_COUNT; a++) {
        d->matrices[a][matrix_index(before->values[a])][matrix_index(now->values[a])]++;
        d->directions[a][change->directions[a]]++;
    }
    for (int t = 0; t < TEXT_COUNT; t++) {
        d->edited[t] += change->edited[t];
    }
}

static void count_tag(struct difference *d, enum change_class class, span tag)
{
    if (!d->tags) {
        d->tags =
            top_map_new((struct top_limits){ .keys = TAGS_MAX, .bytes = TAG_BYTES_MAX, .counters = TAG_COUNTERS });
    }
    uint64_t *counters = d->tags ? top_map_get(d->tags, tag) : NULL;
    if (counters) {
        counters[0] += is_listed(class);
        counters[1 + class]++;
    } else if (!d->tags) {
        d->error = d->error < 0 ? d->error : -ENOMEM;
    }
}

void difference_visit(void *arg, const struct sweep_entry *before, const struct sweep_entry *now)
{
    struct difference *d = arg;
    struct change change = change_between(before, now);
    const struct sweep_entry *entry = now ? now : before;
    d->records[SWEEP_BEFORE] += before != NULL;
    d->records[SWEEP_NOW] += now != NULL;
    d->classes[change.class]++;
    if (before && now) {
        count_pair(d, &change, before, now);
    }
    if (entry->has_tag) {
        count_tag(d, change.class, entry->tag);
    }
    if (is_listed(change.class)) {
        list_change(d, &change, before, now);
        if (d->lines[change.class]) {
            print_line(d, &change, before, now);
        }
    }
}
