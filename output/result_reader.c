// SPDX-License-Identifier: MIT
#include "output/result_reader.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "output/part_folder.h"

enum { INPUT_SIZE = 256 * 1024, TEXT_SIZE = 256 * 1024, WORDS_SIZE = 512 };

enum form { FORM_UNKNOWN, FORM_PLAIN, FORM_ZSTD };

/* The parts of the folder that is being read. */
struct parts {
    const char *folder;
    char **names;
    size_t count, size, at;
    bool is_unfinished; /* its checkpoint stands in it */
};

struct result_reader {
    const char *const *paths;
    size_t path_count, path_next;
    struct parts parts;

    char *file; /* the name of what is open, or was last */
    int fd;     /* -1: none */
    bool at_eof;
    enum form form;
    bool in_frame;
    ZSTD_DStream *zstd;
    char *input;
    size_t input_at, input_len;

    char *text; /* lines: text[begin .. end), searched for a newline up to `searched` */
    size_t begin, end, searched, size;
    bool is_skipping; /* the rest of a line that is too long */
    uint64_t line;

    const char *damage; /* zstd's words for it */
    int error;
    char words[WORDS_SIZE];
};

__attribute__((format(printf, 4, 5))) static enum result_read
trouble(struct result_reader *reader, enum result_read kind, int error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reader->words, sizeof(reader->words), format, args);
    va_end(args);
    reader->error = error;
    return kind;
}

static enum result_read cannot_read(struct result_reader *reader, const char *path, int error)
{
    return trouble(reader, RESULT_READ_FAILED, error, "cannot read %s: %s", path, strerror(-error));
}

/* Folders --------------------------------------------------------------------------------------------------------- */

static void forget_parts(struct parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        free(parts->names[i]);
    }
    free(parts->names);
    *parts = (struct parts){ 0 };
}

static bool ends_with(const char *text, const char *suffix)
{
    size_t len = strlen(text), suffix_len = strlen(suffix);
    return len > suffix_len && strcmp(text + len - suffix_len, suffix) == 0;
}

static int add_part(struct parts *parts, const char *name)
{
    if (parts->count == parts->size) {
        size_t size = parts->size ? parts->size * 2 : 64;
        char **names = reallocarray(parts->names, size, sizeof(*names));
        if (names == NULL) {
            return -ENOMEM;
        }
        parts->names = names;
        parts->size = size;
    }
    parts->names[parts->count] = strdup(name);
    if (parts->names[parts->count] == NULL) {
        return -ENOMEM;
    }
    parts->count++;
    return 0;
}

/* Numbers by their value: part-100000 comes after part-99999. */
static int compare_names(const void *a, const void *b)
{
    return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int list_parts(struct parts *parts, const char *folder)
{
    DIR *dir = opendir(folder);
    int err = 0;
    if (dir == NULL) {
        return -errno;
    }
    parts->folder = folder;
    for (const struct dirent *entry = readdir(dir); entry != NULL && err == 0; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".checkpoint") == 0) {
            parts->is_unfinished = true;
        }
        if (entry->d_name[0] != '.' && (ends_with(entry->d_name, ".ndjson") || ends_with(entry->d_name, ".ndjson.zst"))) {
            err = add_part(parts, entry->d_name);
        }
    }
    closedir(dir);
    if (parts->count > 0) {
        qsort(parts->names, parts->count, sizeof(*parts->names), compare_names);
    }
    return err;
}

/* The first number that is missing below the last part, or -1; only when all are named as a scan names them. */
static int64_t missing_part(const struct parts *parts)
{
    int64_t missing = -1;
    for (size_t i = 0; i < parts->count; i++) {
        char expected[PART_NAME_SIZE];
        uint64_t number = strncmp(parts->names[i], "part-", 5) == 0 ? strtoull(parts->names[i] + 5, NULL, 10) : 0;
        part_folder_name(number, expected);
        if (strcmp(parts->names[i], expected) != 0) {
            return -1;
        }
        missing = missing < 0 && number != i ? (int64_t)i : missing;
    }
    return missing;
}

/* Files ----------------------------------------------------------------------------------------------------------- */

static void close_file(struct result_reader *reader)
{
    if (reader->fd > STDIN_FILENO) {
        close(reader->fd);
    }
    reader->fd = -1;
    reader->begin = reader->end = reader->searched = 0;
    reader->input_at = reader->input_len = 0;
    reader->is_skipping = false;
}

static int name_file(struct result_reader *reader, const char *folder, const char *name)
{
    char *file;
    size_t len = strlen(folder);
    const char *slash = len > 0 && folder[len - 1] != '/' ? "/" : "";
    if (asprintf(&file, "%s%s%s", folder, slash, name) < 0) {
        return -ENOMEM;
    }
    free(reader->file);
    reader->file = file;
    return 0;
}

static int open_file(struct result_reader *reader)
{
    bool is_stdin = strcmp(reader->file, "-") == 0;
    reader->fd = is_stdin ? STDIN_FILENO : open(reader->file, O_RDONLY | O_CLOEXEC);
    if (reader->fd < 0) {
        return -errno;
    }
    posix_fadvise(reader->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* a hint: what it says to a pipe does not matter */
    reader->at_eof = false;
    reader->form = FORM_UNKNOWN;
    reader->in_frame = false;
    reader->line = 0;
    return 0;
}

/* Opens what comes next. RESULT_READ_LINE: something is open. */
static enum result_read open_next_part(struct result_reader *reader)
{
    struct parts *parts = &reader->parts;
    int err = name_file(reader, parts->folder, parts->names[parts->at++]);
    err = err < 0 ? err : open_file(reader);
    return err < 0 ? cannot_read(reader, reader->file, err) : RESULT_READ_LINE;
}

static enum result_read open_folder(struct result_reader *reader, const char *folder)
{
    int err = list_parts(&reader->parts, folder);
    if (err < 0) {
        forget_parts(&reader->parts);
        return cannot_read(reader, folder, err);
    }
    if (reader->parts.count == 0) {
        forget_parts(&reader->parts);
        return trouble(reader, RESULT_READ_FAILED, -ENOENT, "cannot read %s: it holds no *.ndjson and no *.ndjson.zst", folder);
    }
    int64_t missing = missing_part(&reader->parts);
    if (missing >= 0) {
        char name[PART_NAME_SIZE];
        part_folder_name((uint64_t)missing, name);
        return trouble(reader, RESULT_READ_TORN, 0, "%s lacks %s", folder, name);
    }
    return open_next_part(reader);
}

static enum result_read end_folder(struct result_reader *reader)
{
    const char *folder = reader->parts.folder;
    bool is_unfinished = reader->parts.is_unfinished;
    forget_parts(&reader->parts);
    return is_unfinished
               ? trouble(reader, RESULT_READ_TORN, 0, "%s is not finished: the checkpoint of its scan stands in it", folder)
               : RESULT_READ_LINE;
}

/* RESULT_READ_LINE: a file is open, or the folder has just ended and the next call opens another. */
static enum result_read open_next(struct result_reader *reader)
{
    struct stat st;
    if (reader->parts.folder != NULL) {
        return reader->parts.at < reader->parts.count ? open_next_part(reader) : end_folder(reader);
    }
    if (reader->path_next == reader->path_count) {
        return RESULT_READ_END;
    }
    const char *path = reader->paths[reader->path_next++];
    if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        return open_folder(reader, path);
    }
    int err = name_file(reader, "", path);
    err = err < 0 ? err : open_file(reader);
    return err < 0 ? cannot_read(reader, path, err) : RESULT_READ_LINE;
}

/* Bytes ----------------------------------------------------------------------------------------------------------- */

static bool is_zstd(const char *bytes, size_t len)
{
    uint32_t magic;
    if (len < sizeof(magic)) {
        return false;
    }
    memcpy(&magic, bytes, sizeof(magic)); /* little-endian, as zstd.h has its constants */
    magic = le32toh(magic);
    return magic == ZSTD_MAGICNUMBER || (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

/* More compressed or plain bytes; the first time at least enough to tell which. 0 or a negative errno. */
static int read_input(struct result_reader *reader)
{
    size_t wanted = reader->form == FORM_UNKNOWN ? sizeof(uint32_t) : 1;
    reader->input_at = reader->input_len = 0;
    while (reader->input_len < wanted && !reader->at_eof) {
        ssize_t got = read(reader->fd, reader->input + reader->input_len, INPUT_SIZE - reader->input_len);
        if (got < 0 && errno != EINTR) {
            return -errno;
        }
        reader->at_eof = got == 0;
        reader->input_len += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

/* Room behind `end`; false when a whole RESULT_LINE_MAX is one line. */
static bool make_room(struct result_reader *reader, int *err)
{
    *err = 0;
    if (reader->begin > 0) {
        memmove(reader->text, reader->text + reader->begin, reader->end - reader->begin);
        reader->searched -= reader->begin;
        reader->end -= reader->begin;
        reader->begin = 0;
    }
    if (reader->end < reader->size) {
        return true;
    }
    if (reader->size > RESULT_LINE_MAX) {
        return false;
    }
    size_t size = reader->size * 2 > RESULT_LINE_MAX ? RESULT_LINE_MAX + 1 : reader->size * 2;
    char *text = realloc(reader->text, size);
    if (text == NULL) {
        *err = -ENOMEM;
        return true;
    }
    reader->text = text;
    reader->size = size;
    return true;
}

static void copy_plain(struct result_reader *reader)
{
    size_t len = reader->input_len - reader->input_at, room = reader->size - reader->end;
    len = len < room ? len : room;
    memcpy(reader->text + reader->end, reader->input + reader->input_at, len);
    reader->input_at += len;
    reader->end += len;
}

enum filled { FILLED, FILL_END, FILL_TORN, FILL_DAMAGED, FILL_FAILED };

/* Adds text behind `end`, where there is room. */
static enum filled fill_zstd(struct result_reader *reader)
{
    ZSTD_inBuffer in = { reader->input, reader->input_len, reader->input_at };
    ZSTD_outBuffer out = { reader->text, reader->size, reader->end };
    size_t left = ZSTD_decompressStream(reader->zstd, &out, &in);
    if (ZSTD_isError(left)) {
        reader->damage = ZSTD_getErrorName(left);
        return FILL_DAMAGED;
    }
    bool moved = out.pos > reader->end || in.pos > reader->input_at;
    reader->in_frame = left > 0;
    reader->end = out.pos;
    reader->input_at = in.pos;
    if (!moved) {
        reader->damage = "no progress";
        return reader->at_eof && in.pos == in.size ? FILL_TORN : FILL_DAMAGED;
    }
    return FILLED;
}

static enum filled fill(struct result_reader *reader)
{
    if (reader->input_at == reader->input_len && !reader->at_eof) {
        int err = read_input(reader);
        if (err < 0) {
            reader->error = err;
            return FILL_FAILED;
        }
    }
    bool is_empty = reader->input_at == reader->input_len;
    if (reader->form == FORM_UNKNOWN && !is_empty) {
        reader->form = is_zstd(reader->input, reader->input_len) ? FORM_ZSTD : FORM_PLAIN;
        ZSTD_DCtx_reset(reader->zstd, ZSTD_reset_session_only);
    }
    if (is_empty && reader->at_eof && !reader->in_frame) {
        return FILL_END;
    }
    if (reader->form == FORM_ZSTD) {
        return fill_zstd(reader);
    }
    copy_plain(reader);
    return FILLED;
}

/* Lines ----------------------------------------------------------------------------------------------------------- */

static bool find_newline(struct result_reader *reader, size_t *at)
{
    const char *newline = memchr(reader->text + reader->searched, '\n', reader->end - reader->searched);
    if (newline == NULL) {
        reader->searched = reader->end;
        return false;
    }
    *at = (size_t)(newline - reader->text);
    return true;
}

static void take_line(struct result_reader *reader, size_t newline, const char **line, size_t *len)
{
    *line = reader->text + reader->begin;
    *len = newline - reader->begin;
    if (*len > 0 && (*line)[*len - 1] == '\r') {
        --*len;
    }
    reader->line++;
    reader->begin = reader->searched = newline < reader->end ? newline + 1 : reader->end;
}

static enum result_read end_of_file(struct result_reader *reader, enum filled how)
{
    enum result_read result = RESULT_READ_TORN;
    if (how == FILL_TORN) {
        trouble(reader, result, 0, "%s ends inside a zstd frame after line %" PRIu64 ": its scan is not finished, or it was cut",
                reader->file, reader->line);
    } else if (how == FILL_DAMAGED) {
        result = RESULT_READ_DAMAGED;
        trouble(reader, result, 0, "%s is damaged after line %" PRIu64 ": %s", reader->file, reader->line, reader->damage);
    } else {
        result = cannot_read(reader, reader->file, reader->error);
    }
    close_file(reader);
    return result;
}

/* RESULT_READ_END: the file has no more. */
static enum result_read next_in_file(struct result_reader *reader, const char **line, size_t *len)
{
    size_t newline;
    while (!find_newline(reader, &newline)) {
        int err;
        if (reader->is_skipping) {
            reader->begin = reader->end;
        }
        if (!make_room(reader, &err)) {
            reader->is_skipping = true;
            continue;
        }
        enum filled filled = FILL_FAILED;
        reader->error = err;
        if (err == 0) {
            filled = fill(reader);
        }
        if (filled == FILL_END) {
            if (reader->begin == reader->end && !reader->is_skipping) {
                return RESULT_READ_END;
            }
            newline = reader->end; /* a last line without newline */
            break;
        }
        if (filled != FILLED) {
            return end_of_file(reader, filled);
        }
    }
    take_line(reader, newline, line, len);
    if (reader->is_skipping) {
        reader->is_skipping = false;
        return trouble(reader, RESULT_READ_LONG_LINE, 0, "%s:%" PRIu64 ": a line longer than %zu bytes", reader->file,
                       reader->line, RESULT_LINE_MAX);
    }
    return RESULT_READ_LINE;
}

enum result_read result_reader_next(struct result_reader *reader, const char **line, size_t *len)
{
    for (;;) {
        enum result_read result = RESULT_READ_END;
        if (reader->fd >= 0) {
            result = next_in_file(reader, line, len);
            if (result == RESULT_READ_LINE && *len == 0) {
                continue;
            }
            if (result != RESULT_READ_END) {
                return result;
            }
            close_file(reader);
        }
        result = open_next(reader);
        if (result != RESULT_READ_LINE) {
            return result;
        }
    }
}

/* The reader ------------------------------------------------------------------------------------------------------ */

struct result_reader *result_reader_new(const char *const *paths, size_t count)
{
    struct result_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return NULL;
    }
    reader->paths = paths;
    reader->path_count = count;
    reader->fd = -1;
    reader->size = TEXT_SIZE;
    reader->text = malloc(TEXT_SIZE);
    reader->input = malloc(INPUT_SIZE);
    reader->zstd = ZSTD_createDStream();
    reader->file = strdup("");
    if (reader->text == NULL || reader->input == NULL || reader->zstd == NULL || reader->file == NULL) {
        result_reader_free(reader);
        return NULL;
    }
    return reader;
}

void result_reader_free(struct result_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    close_file(reader);
    forget_parts(&reader->parts);
    ZSTD_freeDStream(reader->zstd);
    free(reader->input);
    free(reader->text);
    free(reader->file);
    free(reader);
}

const char *result_reader_words(const struct result_reader *reader)
{
    return reader->words;
}

int result_reader_error(const struct result_reader *reader)
{
    return reader->error;
}

const char *result_reader_file(const struct result_reader *reader)
{
    return reader->file;
}

uint64_t result_reader_line(const struct result_reader *reader)
{
    return reader->line;
}

size_t result_reader_path_index(const struct result_reader *reader)
{
    return reader->path_next - (reader->path_next > 0);
}
