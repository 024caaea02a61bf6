// SPDX-License-Identifier: MIT

/*
 * What each stage of a scan costs by itself, on material of real shape that the bench takes from a scan: one item a
 * line.
 *
 *     stages NAMES SPF DMARC DKIM RECORDS
 *
 * Prints "key TAB label TAB unit TAB value", a line a round; the first round warms up and is not printed. BENCH_ROUNDS
 * says how many.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lists/list.h"
#include "lists/name.h"
#include "output/zstd_stream.h"
#include "scanner/base/clock.h"
#include "scanner/mail/dkim_key.h"
#include "scanner/mail/dmarc_record.h"
#include "scanner/mail/spf_record.h"

struct lines {
    const char *path;
    char *bytes;
    size_t byte_count;
    span *of;
    size_t count;
};

static struct arena arena;
static uint64_t kept; /* results are added up here, so that no work can be left out */

static void read_lines(const char *path, struct lines *out)
{
    FILE *file = fopen(path, "re");
    *out = (struct lines){ .path = path };
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(66);
    }
    long size = ftell(file);
    rewind(file);
    out->bytes = malloc((size_t)size + 1);
    if (size < 1 || !out->bytes || fread(out->bytes, 1, (size_t)size, file) != (size_t)size) {
        fprintf(stderr, "%s: cannot be read, or is empty\n", path);
        exit(66);
    }
    fclose(file);
    out->byte_count = (size_t)size;
    span rest = span_of(out->bytes, (size_t)size);
    size_t room = 0;
    while (rest.len > 0) {
        if (out->count == room) {
            room = room > 0 ? room * 2 : 4096;
            out->of = realloc(out->of, room * sizeof(span));
            if (!out->of) {
                exit(71);
            }
        }
        out->of[out->count++] = span_cut(&rest, '\n');
    }
}

/* ---- the stages: each goes once over its lines ---- */

static void read_list(const struct lines *lines)
{
    char error[LIST_ERROR_SIZE];
    struct list *list;
    struct list_options options = {
        .paths = &lines->path, .path_count = 1, .is_shuffled = true, .seed = 1, .dedup = true
    };
    struct list_block *block = list_block_new(256);
    if (!block || list_open(&list, &options, error, sizeof(error)) < 0) {
        fputs("the list cannot be read\n", stderr);
        exit(66);
    }
    while (list_read_block(list, block) > 0) {
        kept += block->count;
    }
    list_close(list);
    list_block_free(block);
}

static void normalise_names(const struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        char name[NAME_SIZE];
        size_t len;
        kept += (uint64_t)name_from_text(lines->of[i].ptr, lines->of[i].len, name, &len);
    }
}

static void normalise_urls(const struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        char text[512], name[NAME_SIZE];
        size_t len;
        int n = snprintf(text, sizeof(text), "HTTPS://Www.%.*s:443/index.html", SPAN_ARG(lines->of[i]));
        kept += (uint64_t)name_from_text(text, (size_t)n, name, &len);
    }
}

static void normalise_idn(const struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        char text[512], name[NAME_SIZE];
        size_t len;
        int n = snprintf(text, sizeof(text),
                         "B\xc3\xbc"
                         "cher.%.*s",
                         SPAN_ARG(lines->of[i]));
        kept += (uint64_t)name_from_text(text, (size_t)n, name, &len);
    }
}

static void parse_spf(const struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        struct spf_record record;
        spf_record_parse(lines->of[i], &arena, &record);
        kept += record.term_count;
        arena_reset(&arena);
    }
}

static void parse_dmarc(const struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        struct dmarc_record record;
        dmarc_record_parse(lines->of[i], &record, NULL);
        kept += record.pct;
    }
}

static void parse_dkim(const struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        struct dkim_key key;
        dkim_key_parse(lines->of[i], &key);
        kept += key.bits;
    }
}

static int count_bytes(void *owner, const void *bytes, size_t len)
{
    (void)bytes;
    *(uint64_t *)owner += len;
    return 0;
}

static uint64_t compressed;

/* In chunks as the writer gets them. */
static void compress(const struct lines *lines, int level)
{
    enum { CHUNK = 128 * 1024 };
    struct zstd_stream *stream;
    compressed = 0;
    int err = zstd_stream_new(&stream, level, count_bytes, &compressed);
    for (size_t at = 0; err == 0 && at < lines->byte_count; at += CHUNK) {
        size_t len = lines->byte_count - at < CHUNK ? lines->byte_count - at : CHUNK;
        err = zstd_stream_write(stream, lines->bytes + at, len);
    }
    if (err < 0 || zstd_stream_end(stream) < 0) {
        fputs("zstd failed\n", stderr);
        exit(74);
    }
    zstd_stream_free(stream);
}

static void compress_fast(const struct lines *lines)
{
    compress(lines, 1);
}

static void compress_usual(const struct lines *lines)
{
    compress(lines, 3);
}

enum material { NAMES, SPF, DMARC, DKIM, RECORDS, MATERIALS };

static const struct stage {
    const char *key, *label, *unit;
    enum material of;
    void (*run)(const struct lines *lines);
} stages[] = {
    { "list", "list: read, normalise, distinct, shuffle", "ns/name", NAMES, read_list },
    { "name", "name: normalise a plain one", "ns/name", NAMES, normalise_names },
    { "url", "name: out of a URL", "ns/name", NAMES, normalise_urls },
    { "idn", "name: IDN in UTF-8 to A-labels", "ns/name", NAMES, normalise_idn },
    { "spf", "SPF record: parse", "ns/record", SPF, parse_spf },
    { "dmarc", "DMARC record: parse", "ns/record", DMARC, parse_dmarc },
    { "dkim", "DKIM key: parse, decode the modulus", "ns/record", DKIM, parse_dkim },
    { "zstd1", "zstd level 1 (default)", "ns/record", RECORDS, compress_fast },
    { "zstd3", "zstd level 3", "ns/record", RECORDS, compress_usual },
};

static double time_ns(const struct stage *stage, const struct lines *lines, unsigned times)
{
    uint64_t start = clock_now_ns();
    for (unsigned i = 0; i < times; i++) {
        stage->run(lines);
    }
    return (double)(clock_now_ns() - start);
}

/* As many passes a round as take a tenth of a second. */
static void measure(const struct stage *stage, const struct lines *lines, unsigned rounds)
{
    double once = time_ns(stage, lines, 1);
    unsigned times = once >= 1e8 ? 1 : (unsigned)(1e8 / once) + 1;
    for (unsigned round = 0; round < rounds; round++) {
        printf("%s\t%s\t%s\t%.2f\n", stage->key, stage->label, stage->unit,
               time_ns(stage, lines, times) / times / (double)lines->count);
    }
    if (stage->of == RECORDS) {
        printf("%s_bytes\t%s: size\tbytes/record\t%.2f\n", stage->key, stage->label,
               (double)compressed / (double)lines->count);
    }
}

int main(int argc, char **argv)
{
    static char memory[1 << 20];
    struct lines materials[MATERIALS];
    const char *rounds = getenv("BENCH_ROUNDS");
    if (argc != MATERIALS + 1) {
        fputs("stages NAMES SPF DMARC DKIM RECORDS\n", stderr);
        return 64;
    }
    for (int i = 0; i < MATERIALS; i++) {
        read_lines(argv[i + 1], &materials[i]);
    }
    arena_init(&arena, memory, sizeof(memory), 0);
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        measure(&stages[i], &materials[stages[i].of], rounds ? (unsigned)atoi(rounds) : 9);
    }
    for (int i = 0; i < MATERIALS; i++) {
        free(materials[i].bytes);
        free(materials[i].of);
    }
    return kept == 0;
}
