// SPDX-License-Identifier: MIT
#include "lists/list.h"
#include "lists/name_set.h"
#include "lists/source.h"

#include <xxhash.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BUFFER_SIZE = 256 * 1024,            /* at least LAYOUT_PROBE_SIZE and LAYOUT_LINE_MAX + 2 */
    ORDERED_WINDOW = 1024,               /* names read ahead when the list's order is kept */
    WINDOW_BYTES_MAX = 64 * 1024 * 1024, /* a window of huge tags ends early */
    BLOCK_BYTES_MAX = 4 * 1024 * 1024,
    /* How far the closing quote of a CSV field may be away: a stray quote costs one line, not the list. */
    RECORD_LINES_MAX = 16,
    RECORD_LEN_MAX = 16 * 1024,
};

/* A name in the window; its bytes begin at `offset`: name, NUL, tag, NUL, selectors, NUL. */
struct waiting {
    uint64_t seq, rank;
    size_t offset;
    uint16_t name_len, tag_len, selectors_len;
    bool has_tag, is_excluded;
};

struct window {
    struct waiting *names;
    size_t size, count, next; /* room, filled, handed out */
    char *bytes;
    size_t byte_size, byte_count;
    uint64_t number; /* of this window, from 0 */
};

/* The bytes of the list being read. */
struct reader {
    struct source *source;
    struct layout *layout; /* NULL before the first bytes of a member */
    size_t begin, end;     /* of the unread bytes in buffer[] */
    bool is_at_end;        /* the member has no more */
    bool is_skipping;      /* in a line that was too long */
    char buffer[BUFFER_SIZE];
};

struct list {
    struct list_options options;
    struct list_facts *facts;
    size_t count, current;
    struct name_set *seen;
    struct window window;
    struct reader reader;
    uint64_t seq;
    uint64_t identity;
    uint64_t *identities; /* of each list when it was probed; 0 for a pipe */
    bool is_certain;
    uint64_t size, size_behind; /* bytes of all lists, regular files; of those that are read to their end */
    int status; /* sticky: 1 all read, negative: failed */
    char error[LIST_ERROR_SIZE];
};

/* --- blocks --- */

struct list_block *list_block_new(size_t entries)
{
    struct list_block *block = calloc(1, sizeof(*block));
    if (block != NULL) {
        block->entry_size = entries > 0 ? entries : 1;
        block->entries = calloc(block->entry_size, sizeof(*block->entries));
        if (block->entries == NULL) {
            free(block);
            return NULL;
        }
    }
    return block;
}

void list_block_free(struct list_block *block)
{
    if (block != NULL) {
        free(block->entries);
        free(block->bytes);
    }
    free(block);
}

static size_t waiting_bytes(const struct waiting *w)
{
    return (size_t)w->name_len + w->tag_len + w->selectors_len + 3;
}

static bool block_reserve(struct list_block *block, size_t bytes)
{
    if (bytes > block->byte_size) {
        char *grown = realloc(block->bytes, bytes + bytes / 4);
        if (grown == NULL) {
            return false;
        }
        block->bytes = grown;
        block->byte_size = bytes + bytes / 4;
    }
    return true;
}

/* How many of the window's next names fit, and their bytes. At least one. */
static size_t block_fit(const struct list_block *block, const struct window *window, size_t *bytes)
{
    size_t n = 0;
    *bytes = 0;
    while (n < block->entry_size && window->next + n < window->count) {
        size_t more = waiting_bytes(&window->names[window->next + n]);
        if (n > 0 && *bytes + more > BLOCK_BYTES_MAX) {
            break;
        }
        *bytes += more;
        n++;
    }
    return n;
}

static bool block_fill(struct list_block *block, struct window *window)
{
    size_t bytes;
    size_t n = block_fit(block, window, &bytes);
    if (!block_reserve(block, bytes)) {
        return false;
    }
    char *to = block->bytes;
    for (size_t i = 0; i < n; i++) {
        const struct waiting *w = &window->names[window->next++];
        memcpy(to, window->bytes + w->offset, waiting_bytes(w));
        block->entries[i] = (struct list_entry){
            .seq = w->seq,
            .rank = w->rank,
            .name = to,
            .tag = to + w->name_len + 1,
            .selectors = to + w->name_len + 1 + w->tag_len + 1,
            .name_len = w->name_len,
            .tag_len = w->tag_len,
            .selectors_len = w->selectors_len,
            .has_tag = w->has_tag,
            .is_excluded = w->is_excluded,
        };
        to += waiting_bytes(w);
    }
    block->count = n;
    return true;
}

/* --- the window --- */

static int window_init(struct window *window, const struct list_options *options)
{
    size_t size = options->window > 0 ? options->window : LIST_WINDOW_DEFAULT;
    window->size = options->is_shuffled ? size : ORDERED_WINDOW;
    window->names = calloc(window->size, sizeof(*window->names));
    return window->names == NULL ? -ENOMEM : 0;
}

static bool window_is_full(const struct window *window)
{
    return window->count == window->size || window->byte_count >= WINDOW_BYTES_MAX;
}

static bool window_reserve(struct window *window, size_t more)
{
    size_t need = window->byte_count + more;
    if (need > window->byte_size) {
        size_t size = need + need / 2 + 65536;
        char *grown = realloc(window->bytes, size);
        if (grown == NULL) {
            return false;
        }
        window->bytes = grown;
        window->byte_size = size;
    }
    return true;
}

static void window_append(struct window *window, struct text text)
{
    if (text.len > 0) {
        memcpy(window->bytes + window->byte_count, text.ptr, text.len);
    }
    window->byte_count += text.len;
    window->bytes[window->byte_count++] = '\0';
}

/* Steele, Lea, Flood: SplitMix64. */
static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Fisher and Yates, keyed by seed and number of the window: the order depends on nothing else. */
static void window_shuffle(struct window *window, uint64_t seed)
{
    uint64_t state = seed;
    state = splitmix64(&state) ^ (window->number * 0xd1342543de82ef95);
    for (size_t i = window->count; i > 1; i--) {
        size_t k = (size_t)(((unsigned __int128)splitmix64(&state) * i) >> 64);
        struct waiting swap = window->names[i - 1];
        window->names[i - 1] = window->names[k];
        window->names[k] = swap;
    }
}

static void window_clear(struct window *window)
{
    window->count = window->next = window->byte_count = 0;
    window->number++;
}

/* --- errors, rejects --- */

static struct list_facts *current_facts(struct list *l)
{
    return &l->facts[l->current];
}

static const char *shown_path(const struct list_facts *facts)
{
    return strcmp(facts->path, "-") == 0 ? "stdin" : facts->path;
}

static int fail(struct list *l, int err, const char *what)
{
    snprintf(l->error, sizeof(l->error), "%s: %s", shown_path(current_facts(l)), what);
    l->status = err;
    return err;
}

static int fail_memory(struct list *l)
{
    return fail(l, -ENOMEM, "no memory left for its names: use fewer lists, shards, or no de-duplication");
}

/* `lines`: how many physical lines back the reject begins (0: the one counted last). */
static void reject(struct list *l, const char *reason, struct text line, uint64_t lines_back)
{
    struct list_facts *facts = current_facts(l);
    facts->rejected++;
    if (l->options.on_reject != NULL) {
        struct list_reject r = {
            .path = facts->path,
            .line = facts->lines - lines_back,
            .seq = l->seq - lines_back,
            .reason = reason,
            .text = line.ptr,
            .text_len = line.len,
        };
        l->options.on_reject(l->options.on_reject_arg, &r);
    }
    if (l->options.is_strict && l->status == 0) {
        char text[80];
        reject_escape(line.ptr, line.len, text, sizeof(text));
        snprintf(l->error, sizeof(l->error), "%s:%llu: %s: %s", shown_path(facts),
                 (unsigned long long)(facts->lines - lines_back), reason, text);
        l->status = -EINVAL;
    }
}

/* --- from a line to an entry --- */

uint32_t list_shard_of(const struct suffixes *suffixes, const char *name, size_t len, uint32_t shards)
{
    size_t at = suffixes_organizational(suffixes, name, len);
    return shards > 1 ? (uint32_t)(XXH3_64bits(name + at, len - at) % shards) : 0;
}

void list_set_exclude(struct list *list, const struct exclude_list *exclude)
{
    list->options.exclude = exclude;
}

static int entry_add(struct list *l, struct text name, const struct layout_fields *fields, uint64_t seq)
{
    struct window *window = &l->window;
    struct list_facts *facts = current_facts(l);
    char selectors[LIST_SELECTORS_MAX];
    size_t selectors_len = layout_selectors(fields->selectors, selectors, sizeof(selectors));
    if (!window_reserve(window, name.len + fields->tag.len + selectors_len + 3)) {
        return fail_memory(l);
    }
    struct waiting *w = &window->names[window->count++];
    *w = (struct waiting){
        .seq = seq,
        .rank = fields->rank,
        .offset = window->byte_count,
        .name_len = (uint16_t)name.len,
        .tag_len = (uint16_t)fields->tag.len,
        .selectors_len = (uint16_t)selectors_len,
        .has_tag = fields->has_tag,
        .is_excluded = exclude_list_has(l->options.exclude, name.ptr, name.len),
    };
    window_append(window, name);
    window_append(window, fields->tag);
    window_append(window, text_of(selectors, selectors_len));
    facts->names++;
    facts->excluded += w->is_excluded;
    return 0;
}

/* A line that holds `fields`; `line` is it for the rejects. */
static int name_take(struct list *l, const struct layout_fields *fields, struct text line, uint64_t lines_back)
{
    char name[NAME_SIZE];
    size_t len;
    const struct list_options *o = &l->options;
    struct list_facts *facts = current_facts(l);
    enum name_result result = fields->name_is_host ? name_from_host(fields->name.ptr, fields->name.len, name, &len)
                                                   : name_from_text(fields->name.ptr, fields->name.len, name, &len);
    if (result == NAME_NO_MEMORY) {
        return fail_memory(l);
    }
    if (result != NAME_OK) {
        reject(l, name_result_text(result), line, lines_back);
        return 0;
    }
    if (o->shards > 1 && list_shard_of(o->suffixes, name, len, o->shards) != o->shard) {
        facts->other_shards++;
        return 0;
    }
    if (o->dedup) {
        int added = name_set_add(l->seen, name, len);
        if (added < 0) {
            return fail_memory(l);
        }
        if (added == 0) {
            facts->duplicates++;
            return 0;
        }
    }
    return entry_add(l, text_of(name, len), fields, l->seq - lines_back);
}

/* --- lines --- */

/* Reads more behind what is in the buffer. 1: did, 0: the member is at its end, -EAGAIN, or a failure. */
static int reader_fill(struct list *l, bool may_wait)
{
    struct reader *r = &l->reader;
    if (r->is_at_end) {
        return 0;
    }
    if (r->begin > 0 && r->end == sizeof(r->buffer)) {
        memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
        r->end -= r->begin;
        r->begin = 0;
    }
    ssize_t n = source_read(r->source, r->buffer + r->end, sizeof(r->buffer) - r->end, may_wait);
    current_facts(l)->compression = source_compression(r->source);
    if (n == -EAGAIN) {
        return -EAGAIN;
    }
    if (n < 0) {
        return fail(l, (int)n, source_error(r->source));
    }
    r->end += (size_t)n;
    r->is_at_end = n == 0;
    return n > 0;
}

/* The bytes from the beginning of the line to its end, `from` bytes of which were looked at. False: no line feed there.
 */
static bool line_find(const struct reader *r, size_t from, size_t *len)
{
    const char *begin = r->buffer + r->begin;
    const char *end = r->end - r->begin > from ? memchr(begin + from, '\n', r->end - r->begin - from) : NULL;
    if (end != NULL) {
        *len = (size_t)(end - begin);
    }
    return end != NULL;
}

static void line_count(struct list *l)
{
    current_facts(l)->lines++;
    l->seq++;
}

/*
 * Finds the next line, reading on as needed; *len without its line feed. 1: there, 0: the member is at its end,
 * -EAGAIN, or a failure. `from`: where to look from (a line that goes on), 0 otherwise.
 */
static int line_next(struct list *l, size_t from, size_t *len, bool may_wait)
{
    struct reader *r = &l->reader;
    size_t seen = from;
    while (!line_find(r, seen, len)) {
        seen = r->end - r->begin;
        if (seen > LAYOUT_LINE_MAX + 1) {
            *len = seen; /* too long, whatever follows */
            return 1;
        }
        int err = reader_fill(l, may_wait);
        if (err < 0) {
            return err;
        }
        if (err == 0) {
            *len = r->end - r->begin;
            return *len > from;
        }
    }
    return 1;
}

/* Steps over `len` bytes and the line feed behind them. */
static void line_step(struct reader *r, size_t len)
{
    r->begin += len;
    if (r->begin < r->end) {
        r->begin++;
    }
    if (r->begin == r->end) {
        r->begin = r->end = 0;
    }
}

/* The rest of a line that was too long. Same results as line_next. */
static int line_skip(struct list *l, bool may_wait)
{
    struct reader *r = &l->reader;
    size_t len;
    while (r->is_skipping) {
        if (line_find(r, 0, &len)) {
            line_step(r, len);
            r->is_skipping = false;
            break;
        }
        r->begin = r->end = 0;
        int err = reader_fill(l, may_wait);
        if (err < 0) {
            return err;
        }
        r->is_skipping = err > 0;
    }
    return 1;
}

/* The line and those its open quotes reach into; 0 when they are never closed within the bounds, or an error. */
static int record_extend(struct list *l, struct layout_fields *fields, size_t *len, uint64_t *lines)
{
    struct reader *r = &l->reader;
    size_t whole = *len;
    for (uint64_t n = 2; n <= RECORD_LINES_MAX; n++) {
        int err = line_next(l, whole + 1, &whole, true);
        if (err <= 0) {
            return err;
        }
        if (whole > RECORD_LEN_MAX) {
            return 0;
        }
        enum layout_line kind = layout_take_line(r->layout, text_of(r->buffer + r->begin, whole), false, fields);
        if (kind != LAYOUT_LINE_OPEN) {
            *len = whole;
            *lines = n;
            return (int)kind + 1;
        }
    }
    return 0;
}

/* The line at the front, `len` long: counted, taken apart, stepped over. */
static int line_take(struct list *l, size_t len)
{
    struct reader *r = &l->reader;
    struct layout_fields fields;
    uint64_t lines = 1;
    enum layout_line kind = layout_take_line(r->layout, text_of(r->buffer + r->begin, len), false, &fields);
    if (kind == LAYOUT_LINE_OPEN) {
        int extended = record_extend(l, &fields, &len, &lines);
        if (extended < 0) {
            return extended;
        }
        kind = extended > 0 ? (enum layout_line)(extended - 1)
                            : layout_take_line(r->layout, text_of(r->buffer + r->begin, len), true, &fields);
    }
    for (uint64_t i = 0; i < lines; i++) {
        line_count(l);
    }
    struct text line = text_of(r->buffer + r->begin, len);
    while (line.len > 0 && line.ptr[line.len - 1] == '\r') {
        line.len--;
    }
    int err = 0;
    if (kind == LAYOUT_LINE_NAME) {
        err = name_take(l, &fields, line, lines - 1);
    } else if (kind == LAYOUT_LINE_BAD) {
        reject(l, fields.reason, line, lines - 1);
    }
    line_step(r, len);
    return err;
}

static int line_take_too_long(struct list *l)
{
    struct reader *r = &l->reader;
    line_count(l);
    reject(l, "a line of more than 65535 bytes", text_of(r->buffer + r->begin, REJECT_TEXT_MAX + 1), 0);
    r->is_skipping = true;
    return 0;
}

/* --- members and lists --- */

/* Reads the first bytes of a member and tells its layout. */
static int member_begin(struct list *l)
{
    struct reader *r = &l->reader;
    char why[LAYOUT_ERROR_SIZE];
    int err = 1;
    while (err > 0 && r->end < LAYOUT_PROBE_SIZE) {
        /* Of a pipe that is silent, what it has said so far must do, if that is a line. */
        size_t len;
        bool may_wait = !line_find(r, 0, &len);
        err = reader_fill(l, may_wait);
    }
    if (err < 0 && err != -EAGAIN) {
        return err;
    }
    err = layout_new(&r->layout, &l->options.wish, r->buffer, r->end, r->is_at_end, why, sizeof(why));
    if (err < 0) {
        return fail(l, err, why);
    }
    struct list_facts *facts = current_facts(l);
    if (facts->lines == 0) {
        facts->format = layout_kind_name(layout_get_kind(r->layout));
    }
    if (r->end >= 3 && memcmp(r->buffer, "\xef\xbb\xbf", 3) == 0) {
        r->begin = 3;
    }
    return 1;
}

static void member_end(struct reader *r)
{
    layout_free(r->layout);
    r->layout = NULL;
    r->begin = r->end = 0;
    r->is_at_end = r->is_skipping = false;
}

static int source_begin(struct list *l)
{
    struct list_facts *facts = current_facts(l);
    int err = source_open(&l->reader.source, facts->path, l->options.is_stopping, l->options.is_stopping_arg);
    return err < 0 ? fail(l, err, strerror(-err)) : 0;
}

/* Goes on to the next member or the next list. */
static int member_next(struct list *l)
{
    struct reader *r = &l->reader;
    struct list_facts *facts = current_facts(l);
    member_end(r);
    int err = source_next_member(r->source);
    if (err != 0) {
        return err < 0 ? fail(l, err, source_error(r->source)) : 0;
    }
    uint64_t before = l->identities[l->current], now = 0;
    err = source_is_regular(r->source) ? source_identity(r->source, &now) : 0;
    if (err < 0) {
        return fail(l, err, source_error(r->source));
    }
    if (now != before) {
        return fail(l, -ESTALE, "it has changed while it was read: its records would not be those of one list. Scan a copy, from the beginning (--no-resume)");
    }
    err = source_finish(r->source, &facts->xxh3);
    if (err < 0) {
        return fail(l, err, source_error(r->source));
    }
    facts->is_finished = true;
    l->size_behind += source_size(r->source);
    source_close(r->source);
    r->source = NULL;
    l->current++;
    if (l->current == l->count) {
        l->current--;
        l->status = 1;
    }
    return 0;
}

/* One line, or one step towards it. 0: go on, -EAGAIN: nothing there yet, or a failure. */
static int list_step(struct list *l, bool may_wait)
{
    struct reader *r = &l->reader;
    size_t len;
    if (r->source == NULL) {
        return source_begin(l);
    }
    int err = r->layout == NULL ? member_begin(l) : 1;
    if (err > 0) {
        err = line_skip(l, may_wait);
    }
    if (err > 0) {
        err = line_next(l, 0, &len, may_wait);
    }
    if (err == 0) {
        return member_next(l);
    }
    if (err < 0) {
        return err;
    }
    return len > LAYOUT_LINE_MAX ? line_take_too_long(l) : line_take(l, len);
}

static void window_fill(struct list *l)
{
    struct window *window = &l->window;
    window_clear(window);
    while (l->status == 0 && !window_is_full(window)) {
        /* In list order a pipe's names go out as they come. */
        bool may_wait = l->options.is_shuffled || window->count == 0;
        if (list_step(l, may_wait) == -EAGAIN) {
            break;
        }
    }
    /* A list that is wrong is not scanned as far as it was right when that was asked for. And a part of a window has another
       order than the whole: who goes on when the list can be read again would miss some names and give others twice. */
    if (l->status < 0 && (l->options.is_strict || l->options.is_shuffled)) {
        window_clear(window);
    }
    if (l->options.is_shuffled) {
        window_shuffle(window, l->options.seed);
    }
}

int list_read_block(struct list *l, struct list_block *block)
{
    block->count = 0;
    while (l->window.next == l->window.count) {
        if (l->status != 0) {
            return l->status > 0 ? 0 : l->status;
        }
        window_fill(l);
    }
    if (!block_fill(block, &l->window)) {
        return fail_memory(l);
    }
    return (int)block->count;
}

/* --- opening --- */

/* Opens one path to see that it can be read; of a regular file also the layout, and its share of the identity. */
static int list_probe(struct list *l)
{
    struct reader *r = &l->reader;
    int err = source_begin(l);
    if (err < 0) {
        return err;
    }
    if (source_is_regular(r->source)) {
        err = source_identity(r->source, &l->identities[l->current]);
        if (err < 0) {
            return fail(l, err, source_error(r->source));
        }
        uint64_t both[2] = { l->identity, l->identities[l->current] };
        l->identity = XXH3_64bits(both, sizeof(both));
        l->size += source_size(r->source);
        err = member_begin(l);
    } else {
        l->is_certain = false;
    }
    member_end(r);
    source_close(r->source);
    r->source = NULL;
    return err < 0 ? err : 0;
}

static int options_check(const struct list_options *o, char *error, size_t error_size)
{
    size_t stdins = o->path_count == 0;
    for (size_t i = 0; i < o->path_count; i++) {
        stdins += strcmp(o->paths[i], "-") == 0;
    }
    if (stdins > 1) {
        snprintf(error, error_size, "stdin is given twice: it can be read only once");
        return -EINVAL;
    }
    if (o->shards > 1 && (o->shard >= o->shards || o->suffixes == NULL)) {
        snprintf(error, error_size, "shard %u of %u: shards are counted from 0", o->shard, o->shards);
        return -EINVAL;
    }
    return 0;
}

static int list_init(struct list *l, const struct list_options *o)
{
    l->options = *o;
    l->is_certain = true;
    l->count = o->path_count > 0 ? o->path_count : 1;
    l->facts = calloc(l->count, sizeof(*l->facts));
    l->identities = calloc(l->count, sizeof(*l->identities));
    l->seen = o->dedup ? name_set_new() : NULL;
    if (l->facts == NULL || l->identities == NULL || (o->dedup && l->seen == NULL)) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < l->count; i++) {
        l->facts[i] = (struct list_facts){
            .path = o->path_count > 0 ? o->paths[i] : "-",
            .format = layout_kind_name(LAYOUT_AUTO),
            .compression = "none",
        };
    }
    return window_init(&l->window, o);
}

int list_open(struct list **out, const struct list_options *options, char *error, size_t error_size)
{
    int err = options_check(options, error, error_size);
    if (err < 0) {
        return err;
    }
    struct list *l = calloc(1, sizeof(*l));
    err = l == NULL ? -ENOMEM : list_init(l, options);
    if (err < 0) {
        snprintf(error, error_size, "no memory to read lists");
    }
    for (size_t i = 0; err == 0 && i < l->count; i++) {
        l->current = i;
        err = list_probe(l);
        if (err < 0) {
            snprintf(error, error_size, "%s", l->error);
        }
    }
    if (err < 0) {
        list_close(l);
        return err;
    }
    l->current = 0;
    *out = l;
    return 0;
}

void list_close(struct list *l)
{
    if (l == NULL) {
        return;
    }
    layout_free(l->reader.layout);
    source_close(l->reader.source);
    name_set_free(l->seen);
    free(l->window.names);
    free(l->window.bytes);
    free(l->facts);
    free(l->identities);
    free(l);
}

/* --- what there was --- */

const char *list_error(const struct list *l)
{
    return l->error;
}

size_t list_count(const struct list *l)
{
    return l->count;
}

const struct list_facts *list_get_facts(const struct list *l, size_t index)
{
    return index < l->count ? &l->facts[index] : NULL;
}

struct list_facts list_totals(const struct list *l)
{
    struct list_facts sum = { .path = "", .format = "", .compression = "", .is_finished = true };
    for (size_t i = 0; i < l->count; i++) {
        const struct list_facts *f = &l->facts[i];
        sum.lines += f->lines;
        sum.names += f->names;
        sum.rejected += f->rejected;
        sum.duplicates += f->duplicates;
        sum.other_shards += f->other_shards;
        sum.excluded += f->excluded;
        sum.is_finished = sum.is_finished && f->is_finished;
    }
    return sum;
}

uint64_t list_estimate_names(const struct list *l)
{
    struct list_facts total = list_totals(l);
    if (total.is_finished) {
        return total.names;
    }
    const struct reader *r = &l->reader;
    uint64_t done = l->size_behind + (r->source != NULL ? source_position(r->source) : 0);
    if (r->source != NULL && strcmp(source_compression(r->source), "none") == 0) {
        done -= r->end - r->begin; /* read ahead, not taken apart yet */
    }
    if (!l->is_certain || done == 0 || l->size < done) {
        return 0;
    }
    return (uint64_t)((double)total.names * ((double)l->size / (double)done));
}

uint64_t list_identity(const struct list *l, bool *is_certain)
{
    *is_certain = l->is_certain;
    return l->identity;
}
