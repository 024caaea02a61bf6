// SPDX-License-Identifier: MIT
#include "scanner/results/sweep_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

enum { BUCKETS = 64, BUFFER_SIZE = 64 << 10, TEXT_MAX = 65535 };

/* As it stands in a file; domain and tag follow. Our own file, of this process: no other byte order or layout can meet
 * it. */
struct stored {
    uint64_t texts[TEXT_COUNT];
    uint8_t values[ASPECT_COUNT];
    uint8_t is_nonexistent, is_excluded, is_silent, has_tag;
    uint16_t domain_len, tag_len;
};

struct sweep_store {
    FILE *files[SWEEP_COUNT][BUCKETS];
    uint64_t doubles[SWEEP_COUNT];
};

struct loaded {
    char *bytes;
    struct sweep_entry *entries;
    size_t count;
};

FILE *sweep_store_file(void)
{
    const char *folder = getenv("TMPDIR");
    int fd = open(folder && folder[0] ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        return tmpfile(); /* a file system without O_TMPFILE */
    }
    FILE *file = fdopen(fd, "w+");
    if (!file) {
        close(fd);
    }
    return file;
}

int sweep_store_open(struct sweep_store **out)
{
    struct sweep_store *store = calloc(1, sizeof(*store));
    if (!store) {
        return -ENOMEM;
    }
    for (int s = 0; s < SWEEP_COUNT; s++) {
        for (int b = 0; b < BUCKETS; b++) {
            store->files[s][b] = sweep_store_file();
            if (!store->files[s][b]) {
                int err = -errno;
                sweep_store_close(store);
                return err;
            }
            setvbuf(store->files[s][b], NULL, _IOFBF, BUFFER_SIZE);
        }
    }
    *out = store;
    return 0;
}

void sweep_store_close(struct sweep_store *store)
{
    if (!store) {
        return;
    }
    for (int s = 0; s < SWEEP_COUNT; s++) {
        for (int b = 0; b < BUCKETS; b++) {
            if (store->files[s][b]) {
                fclose(store->files[s][b]);
            }
        }
    }
    free(store);
}

int sweep_store_add(struct sweep_store *store, enum sweep sweep, const struct sweep_entry *entry)
{
    span domain = span_first(entry->domain, TEXT_MAX), tag = span_first(entry->tag, TEXT_MAX);
    struct stored stored = {
        .is_nonexistent = entry->is_nonexistent,
        .is_excluded = entry->is_excluded,
        .is_silent = entry->is_silent,
        .has_tag = entry->has_tag,
        .domain_len = (uint16_t)domain.len,
        .tag_len = (uint16_t)tag.len,
    };
    memcpy(stored.texts, entry->texts, sizeof(stored.texts));
    memcpy(stored.values, entry->values, sizeof(stored.values));
    FILE *file = store->files[sweep][XXH3_64bits(domain.ptr, domain.len) % BUCKETS];
    if (fwrite(&stored, sizeof(stored), 1, file) != 1 || fwrite(domain.ptr, 1, domain.len, file) != domain.len ||
        fwrite(tag.ptr, 1, tag.len, file) != tag.len) {
        return -errno;
    }
    return 0;
}

/* ---- join ---- */

static int by_domain(const void *a, const void *b)
{
    const struct sweep_entry *x = a, *y = b;
    int order = span_compare(x->domain, y->domain);
    /* Equal ones stay as they came: they stand one after the other in the same block. */
    return order != 0 ? order : (x->domain.ptr > y->domain.ptr) - (x->domain.ptr < y->domain.ptr);
}

static size_t read_entry(const char *at, struct sweep_entry *out)
{
    struct stored stored;
    memcpy(&stored, at, sizeof(stored));
    *out = (struct sweep_entry){
        .is_nonexistent = stored.is_nonexistent,
        .is_excluded = stored.is_excluded,
        .is_silent = stored.is_silent,
        .has_tag = stored.has_tag,
        .domain = span_of(at + sizeof(stored), stored.domain_len),
        .tag = span_of(at + sizeof(stored) + stored.domain_len, stored.tag_len),
    };
    memcpy(out->texts, stored.texts, sizeof(stored.texts));
    memcpy(out->values, stored.values, sizeof(stored.values));
    return sizeof(stored) + stored.domain_len + stored.tag_len;
}

static int load(FILE *file, struct loaded *out)
{
    *out = (struct loaded){ 0 };
    long len;
    if (fflush(file) != 0 || fseek(file, 0, SEEK_END) != 0 || (len = ftell(file)) < 0 ||
        fseek(file, 0, SEEK_SET) != 0) {
        return -errno;
    }
    size_t size = (size_t)len;
    out->bytes = malloc(size + 1);
    if (!out->bytes) {
        return -ENOMEM;
    }
    if (fread(out->bytes, 1, size, file) != size) {
        return -EIO;
    }
    /* A second walk fills the entries: their number is known only now. */
    struct sweep_entry entry;
    for (size_t at = 0; at < size; at += read_entry(out->bytes + at, &entry)) {
        out->count++;
    }
    out->entries = calloc(out->count + 1, sizeof(*out->entries));
    if (!out->entries) {
        return -ENOMEM;
    }
    size_t i = 0;
    for (size_t at = 0; at < size; i++) {
        at += read_entry(out->bytes + at, &out->entries[i]);
    }
    qsort(out->entries, out->count, sizeof(*out->entries), by_domain);
    return 0;
}

static void unload(struct loaded *loaded)
{
    free(loaded->bytes);
    free(loaded->entries);
}

/* The next one of another domain; doubles behind it are counted. */
static const struct sweep_entry *take(const struct loaded *loaded, size_t *at, uint64_t *doubles)
{
    if (*at == loaded->count) {
        return NULL;
    }
    const struct sweep_entry *first = &loaded->entries[(*at)++];
    while (*at < loaded->count && span_equal(first->domain, loaded->entries[*at].domain)) {
        ++*at;
        ++*doubles;
    }
    return first;
}

static void join(struct sweep_store *store, const struct loaded pair[SWEEP_COUNT],
                 void (*visit)(void *arg, const struct sweep_entry *before, const struct sweep_entry *now), void *arg)
{
    size_t at[SWEEP_COUNT] = { 0 };
    const struct sweep_entry *before = take(&pair[SWEEP_BEFORE], &at[SWEEP_BEFORE], &store->doubles[SWEEP_BEFORE]);
    const struct sweep_entry *now = take(&pair[SWEEP_NOW], &at[SWEEP_NOW], &store->doubles[SWEEP_NOW]);
    while (before || now) {
        int order = !before ? 1 : !now ? -1 : span_compare(before->domain, now->domain);
        visit(arg, order <= 0 ? before : NULL, order >= 0 ? now : NULL);
        if (order <= 0) {
            before = take(&pair[SWEEP_BEFORE], &at[SWEEP_BEFORE], &store->doubles[SWEEP_BEFORE]);
        }
        if (order >= 0) {
            now = take(&pair[SWEEP_NOW], &at[SWEEP_NOW], &store->doubles[SWEEP_NOW]);
        }
    }
}

int sweep_store_join(struct sweep_store *store,
                     void (*visit)(void *arg, const struct sweep_entry *before, const struct sweep_entry *now),
                     void *arg)
{
    int err = 0;
    for (int b = 0; b < BUCKETS && err == 0; b++) {
        struct loaded pair[SWEEP_COUNT] = { 0 };
        for (int s = 0; s < SWEEP_COUNT && err == 0; s++) {
            err = load(store->files[s][b], &pair[s]);
        }
        if (err == 0) {
            join(store, pair, visit, arg);
        }
        for (int s = 0; s < SWEEP_COUNT; s++) {
            unload(&pair[s]);
        }
    }
    return err;
}

uint64_t sweep_store_doubles(const struct sweep_store *store, enum sweep sweep)
{
    return store->doubles[sweep];
}
