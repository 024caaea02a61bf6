// SPDX-License-Identifier: MIT
#include "scanner/mail/providers.h"

#include <stdlib.h>

/*
 * All patterns stand in one hash table, under (kind, the literal labels at their right end). A name is hashed once from
 * its right end, with a look-up at each label boundary, and no further than the longest key: the cost follows the
 * name's right end, neither its length nor the table's.
 */

enum how { HOW_HOST, HOW_SELECTOR, HOW_BEGINNING };

static const struct {
    const char *word;
    enum how how;
} kinds[PROVIDER_KIND_COUNT] = {
    [PROVIDER_MX] = { "mx", HOW_HOST },
    [PROVIDER_SPF] = { "spf", HOW_HOST },
    [PROVIDER_SPF_MGMT] = { "spf-mgmt", HOW_HOST },
    [PROVIDER_DKIM_CNAME] = { "dkim-cname", HOW_HOST },
    [PROVIDER_DKIM_SELECTOR] = { "dkim-selector", HOW_SELECTOR },
    [PROVIDER_DMARC_CNAME] = { "dmarc-cname", HOW_HOST },
    [PROVIDER_RUA] = { "rua", HOW_HOST },
    [PROVIDER_TLS_RPT] = { "tls-rpt", HOW_HOST },
    [PROVIDER_MTA_STS_CNAME] = { "mta-sts-cname", HOW_HOST },
    [PROVIDER_NS_PARKING] = { "ns-parking", HOW_HOST },
    [PROVIDER_TXT_VERIFICATION] = { "txt-verification", HOW_BEGINNING },
};

struct row {
    struct provider shown;
    enum provider_kind kind;
    span pattern; /* without '=' */
    span key;     /* the literal right end of it; empty: not in the hash table */
    uint32_t hash;
    bool is_exact, has_star;
};

/* One provider. */
struct owner {
    const char *name;
    size_t first, count; /* its selectors: a run of `selectors` */
    unsigned kinds;      /* of its rows, but for weak ones */
};

struct provider_table {
    char *text; /* our copy: fields end in NUL */
    struct row *rows;
    size_t row_count;
    uint32_t *buckets; /* row index + 1; size is a power of two */
    size_t bucket_mask;
    size_t longest_key;
    uint32_t *scanned; /* rows without a key (globs of selectors, beginnings of texts): a handful */
    size_t scanned_count;
    struct owner *owners;
    size_t owner_count;
    uint32_t *owner_buckets; /* owner index + 1, same mask */
    const char **selectors;
};

/* Hashing from the right, so that each suffix of a name costs one step more than the shorter one. */
static uint32_t hash_step(uint32_t hash, char c)
{
    return (hash ^ ascii_lower((unsigned char)c)) * 16777619u;
}

static uint32_t hash_start(enum provider_kind kind)
{
    return 2166136261u + (uint32_t)kind * 0x9e3779b9u;
}

static uint32_t hash_key(enum provider_kind kind, span key)
{
    uint32_t hash = hash_start(kind);
    for (size_t i = key.len; i > 0; i--) {
        hash = hash_step(hash, key.ptr[i - 1]);
    }
    return hash;
}

/* FNV's low bits are weak. */
static size_t bucket_of(const struct provider_table *table, uint32_t hash)
{
    return (hash ^ (hash >> 15)) & table->bucket_mask;
}

/* A dot that separates labels: not one behind an odd number of backslashes (RFC 1035 5.1). */
static bool is_separator(span name, size_t at)
{
    size_t before = at;
    if (name.ptr[at] != '.') {
        return false;
    }
    while (before > 0 && name.ptr[before - 1] == '\\') {
        before--;
    }
    return (at - before) % 2 == 0;
}

/* Takes the last label off *name: "a.b.c" leaves "a.b". */
static span cut_last_label(span *name)
{
    size_t at = name->len;
    while (at > 0 && !is_separator(*name, at - 1)) {
        at--;
    }
    span label = span_after(*name, at);
    *name = span_first(*name, at > 0 ? at - 1 : 0);
    return label;
}

/* Bytes of `name` that the row's pattern covers, from its right end; 0: no match. The key is known to match. */
static size_t covered_by(const struct row *row, span name)
{
    if (!row->has_star) {
        return row->is_exact && name.len != row->key.len ? 0 : row->key.len;
    }
    span pattern = span_first(row->pattern, row->pattern.len - row->key.len - 1);
    span left = span_first(name, name.len - row->key.len > 0 ? name.len - row->key.len - 1 : 0);
    size_t covered = row->key.len;
    while (pattern.len > 0) {
        span want = cut_last_label(&pattern);
        span label = cut_last_label(&left);
        if (label.len == 0 || (!span_equal(want, SPAN("*")) && !span_equal_nocase(want, label))) {
            return 0;
        }
        covered += 1 + label.len;
    }
    return row->is_exact && covered != name.len ? 0 : covered;
}

/* Looks for rows whose key is `suffix` of `name`; keeps the better in *best. */
static void look_up(const struct provider_table *table, enum provider_kind kind, uint32_t hash, span name, span suffix,
                    bool is_whole, const struct row **best, size_t *best_score)
{
    for (size_t at = bucket_of(table, hash); table->buckets[at] != 0; at = (at + 1) & table->bucket_mask) {
        const struct row *row = &table->rows[table->buckets[at] - 1];
        if (row->hash != hash || row->kind != kind || (row->is_exact && !is_whole) ||
            !span_equal_nocase(row->key, suffix)) {
            continue;
        }
        size_t covered = covered_by(row, name);
        size_t score = covered == 0 ? 0 : covered * 4 + (row->is_exact ? 2u : 0u) + (row->has_star ? 0u : 1u);
        if (score > *best_score) {
            *best = row;
            *best_score = score;
        }
    }
}

static const struct row *find_host(const struct provider_table *table, enum provider_kind kind, span name,
                                   bool is_whole)
{
    const struct row *best = NULL;
    size_t best_score = 0;
    uint32_t hash = hash_start(kind);
    if (name.len > 1 && is_separator(name, name.len - 1)) {
        name.len--;
    }
    size_t reach = name.len < table->longest_key ? name.len : table->longest_key;
    for (size_t len = 1; len <= reach; len++) {
        size_t from = name.len - len;
        hash = hash_step(hash, name.ptr[from]);
        if (from == 0 || is_separator(name, from - 1)) {
            look_up(table, kind, hash, name, span_after(name, from), is_whole, &best, &best_score);
        }
    }
    return best;
}

/* '*' is any run of characters. Backtracks to the last star only: linear for one star, and selectors are short. */
static bool glob_matches(span pattern, span text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.len &&
                   ascii_lower((unsigned char)pattern.ptr[p]) == ascii_lower((unsigned char)text.ptr[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*') {
        p++;
    }
    return p == pattern.len;
}

static const struct row *find_scanned(const struct provider_table *table, enum provider_kind kind, span text)
{
    const struct row *best = NULL;
    for (size_t i = 0; i < table->scanned_count; i++) {
        const struct row *row = &table->rows[table->scanned[i]];
        if (row->kind != kind || (best && row->pattern.len <= best->pattern.len)) {
            continue;
        }
        bool matches = kinds[kind].how == HOW_BEGINNING ? span_starts_with_nocase(text, row->pattern)
                                                        : glob_matches(row->pattern, text);
        best = matches ? row : best;
    }
    return best;
}

static const struct row *find_selector(const struct provider_table *table, span selector)
{
    const struct row *best = NULL;
    size_t best_score = 0;
    look_up(table, PROVIDER_DKIM_SELECTOR, hash_key(PROVIDER_DKIM_SELECTOR, selector), selector, selector, true, &best,
            &best_score);
    return best ? best : find_scanned(table, PROVIDER_DKIM_SELECTOR, selector);
}

/* What stands right of the last macro (RFC 7208 7.1), from the next label boundary on; all of it when there is none. */
static span after_last_macro(span target, bool *has_macro)
{
    size_t at = target.len;
    while (at > 0 && target.ptr[at - 1] != '%') {
        at--;
    }
    *has_macro = at > 0;
    if (at == 0) {
        return target;
    }
    span rest = span_after(target, at);
    span_cut(&rest, rest.len > 0 && rest.ptr[0] == '{' ? '}' : '.');
    if (rest.len > 0 && target.ptr[at] == '{' && rest.ptr[0] != '.') {
        span_cut(&rest, '.');
    }
    return rest.len > 0 && rest.ptr[0] == '.' ? span_after(rest, 1) : rest;
}

const struct provider *provider_find(const struct provider_table *table, enum provider_kind kind, span name)
{
    const struct row *row = NULL;
    if (kinds[kind].how == HOW_SELECTOR) {
        row = find_selector(table, name);
    } else if (kinds[kind].how == HOW_BEGINNING) {
        row = find_scanned(table, kind, name);
    } else if (kind == PROVIDER_SPF || kind == PROVIDER_SPF_MGMT) {
        bool has_macro;
        span rest = after_last_macro(name, &has_macro);
        row = find_host(table, kind, rest, !has_macro);
    } else {
        row = find_host(table, kind, name, true);
    }
    return row ? &row->shown : NULL;
}

/* Reading the table. */

static bool kind_from_word(const char *word, enum provider_kind *out)
{
    for (size_t i = 0; i < PROVIDER_KIND_COUNT; i++) {
        if (strcmp(word, kinds[i].word) == 0) {
            *out = (enum provider_kind)i;
            return true;
        }
    }
    return false;
}

/* In a host pattern a star stands for a whole label; what is right of the last one is the key, and can't be empty. */
static bool set_host_key(struct row *row)
{
    span rest = row->pattern;
    row->key = row->pattern;
    while (rest.len > 0) {
        span label = span_cut(&rest, '.');
        if (span_equal(label, SPAN("*"))) {
            row->has_star = true;
            row->key = rest;
        } else if (span_find(label, '*') < label.len) {
            return false;
        }
    }
    return row->key.len > 0;
}

static bool set_key(struct row *row)
{
    bool is_host = kinds[row->kind].how == HOW_HOST;
    if (kinds[row->kind].how != HOW_BEGINNING && row->pattern.ptr[0] == '=') {
        row->is_exact = true;
        row->pattern = span_after(row->pattern, 1);
    }
    if (row->pattern.len == 0) {
        return false;
    }
    if (is_host) {
        return set_host_key(row);
    }
    row->has_star = span_find(row->pattern, '*') < row->pattern.len;
    row->key = kinds[row->kind].how == HOW_BEGINNING || row->has_star ? span_of("", 0) : row->pattern;
    return true;
}

/* Takes one field: its tab becomes the NUL that ends it. Absent fields are "". */
static const char *take_field(char **rest)
{
    char *field = *rest;
    char *tab = strchr(field, '\t');
    if (tab) {
        *tab = '\0';
        *rest = tab + 1;
    } else {
        *rest = field + strlen(field);
    }
    return field;
}

static const char *owner_intern(struct provider_table *table, const char *name)
{
    size_t at = bucket_of(table, span_hash_nocase(span_from_cstr(name)));
    for (; table->owner_buckets[at] != 0; at = (at + 1) & table->bucket_mask) {
        const char *known = table->owners[table->owner_buckets[at] - 1].name;
        if (strcmp(known, name) == 0) {
            return known;
        }
    }
    table->owners[table->owner_count++] = (struct owner){ .name = name };
    table->owner_buckets[at] = (uint32_t)table->owner_count;
    return name;
}

static struct owner *owner_find(const struct provider_table *table, const char *name)
{
    size_t at = bucket_of(table, span_hash_nocase(span_from_cstr(name)));
    for (; table->owner_buckets[at] != 0; at = (at + 1) & table->bucket_mask) {
        struct owner *owner = &table->owners[table->owner_buckets[at] - 1];
        if (owner->name == name || strcmp(owner->name, name) == 0) {
            return owner;
        }
    }
    return NULL;
}

static bool read_line(struct provider_table *table, char *line)
{
    struct row row = { 0 };
    const char *kind = take_field(&line);
    const char *name = take_field(&line);
    char *pattern = line;
    row.shown.pattern = take_field(&line);
    row.shown.role = take_field(&line);
    row.shown.is_weak = strcmp(take_field(&line), "w") == 0;
    for (char *c = pattern; *c; c++) {
        *c = (char)ascii_lower((unsigned char)*c);
    }
    row.pattern = span_from_cstr(row.shown.pattern);
    if (!kind_from_word(kind, &row.kind) || name[0] == '\0' || row.pattern.len == 0 || !set_key(&row)) {
        return false;
    }
    row.shown.name = owner_intern(table, name);
    owner_find(table, row.shown.name)->kinds |= row.shown.is_weak ? 0 : 1u << row.kind;
    row.hash = hash_key(row.kind, row.key);
    table->longest_key = row.key.len > table->longest_key ? row.key.len : table->longest_key;
    table->rows[table->row_count++] = row;
    return true;
}

static void index_rows(struct provider_table *table)
{
    for (size_t i = 0; i < table->row_count; i++) {
        const struct row *row = &table->rows[i];
        if (row->key.len == 0) {
            table->scanned[table->scanned_count++] = (uint32_t)i;
            continue;
        }
        size_t at = bucket_of(table, row->hash);
        while (table->buckets[at] != 0) {
            at = (at + 1) & table->bucket_mask;
        }
        table->buckets[at] = (uint32_t)i + 1;
    }
}

static bool is_plain_selector(const struct row *row)
{
    return row->kind == PROVIDER_DKIM_SELECTOR && !row->has_star;
}

static void index_selectors(struct provider_table *table)
{
    for (size_t i = 0; i < table->row_count; i++) {
        if (is_plain_selector(&table->rows[i])) {
            owner_find(table, table->rows[i].shown.name)->count++;
        }
    }
    size_t first = 0;
    for (size_t i = 0; i < table->owner_count; i++) {
        table->owners[i].first = first;
        first += table->owners[i].count;
        table->owners[i].count = 0;
    }
    for (size_t i = 0; i < table->row_count; i++) {
        if (is_plain_selector(&table->rows[i])) {
            struct owner *owner = owner_find(table, table->rows[i].shown.name);
            table->selectors[owner->first + owner->count++] = table->rows[i].pattern.ptr;
        }
    }
}

static size_t count_lines(span text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == '\n';
    }
    return count;
}

static bool take_memory(struct provider_table *table, span text, size_t lines)
{
    size_t buckets = 16;
    while (buckets < lines * 2) {
        buckets *= 2;
    }
    table->bucket_mask = buckets - 1;
    table->text = malloc(text.len + 1);
    table->rows = calloc(lines, sizeof(*table->rows));
    table->buckets = calloc(buckets, sizeof(*table->buckets));
    table->owner_buckets = calloc(buckets, sizeof(*table->owner_buckets));
    table->owners = calloc(lines, sizeof(*table->owners));
    table->scanned = calloc(lines, sizeof(*table->scanned));
    table->selectors = calloc(lines, sizeof(*table->selectors));
    return table->text && table->rows && table->buckets && table->owner_buckets && table->owners && table->scanned &&
           table->selectors;
}

/* Number of the first line that cannot be read, or 0. */
static size_t read_lines(struct provider_table *table, size_t len)
{
    char *line = table->text, *end = table->text + len;
    for (size_t number = 1; line < end; number++) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop ? stop : end;
        char *next = stop < end ? stop + 1 : end;
        if (stop > line && stop[-1] == '\r') {
            stop--;
        }
        *stop = '\0';
        if (memchr(line, '\0', (size_t)(stop - line)) != NULL) {
            return number;
        }
        if (*line != '\0' && *line != '#' && !read_line(table, line)) {
            return number;
        }
        line = next;
    }
    return 0;
}

struct provider_table *provider_table_new(span text, size_t *bad_line)
{
    struct provider_table *table = calloc(1, sizeof(*table));
    *bad_line = 0;
    if (!table || text.len > UINT32_MAX / 2 || !take_memory(table, text, count_lines(text))) {
        provider_table_free(table);
        return NULL;
    }
    if (text.len > 0) {
        memcpy(table->text, text.ptr, text.len);
    }
    table->text[text.len] = '\0';
    *bad_line = read_lines(table, text.len);
    if (*bad_line != 0) {
        provider_table_free(table);
        return NULL;
    }
    index_rows(table);
    index_selectors(table);
    return table;
}

void provider_table_free(struct provider_table *table)
{
    if (!table) {
        return;
    }
    free(table->text);
    free(table->rows);
    free(table->buckets);
    free(table->owner_buckets);
    free(table->owners);
    free(table->scanned);
    free(table->selectors);
    free(table);
}

bool provider_has_kind(const struct provider_table *table, const char *name, enum provider_kind kind)
{
    const struct owner *owner = owner_find(table, name);
    return owner && (owner->kinds & 1u << kind);
}

size_t provider_selector_count(const struct provider_table *table, const char *name)
{
    const struct owner *owner = owner_find(table, name);
    return owner ? owner->count : 0;
}

const char *provider_selector(const struct provider_table *table, const char *name, size_t index)
{
    const struct owner *owner = owner_find(table, name);
    return owner && index < owner->count ? table->selectors[owner->first + index] : NULL;
}
