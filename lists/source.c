// SPDX-License-Identifier: MIT
#include "lists/source.h"

#include <archive.h>
#include <archive_entry.h>
#include <xxhash.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    RAW_SIZE = 128 * 1024,
    MAGIC_LEN = 6, /* of the longest */
    ARCHIVE_STEP = 32 * 1024,
    IDENTITY_SIZE = 65536, /* of each end */
    SILENCE_MS = 200,      /* how often a silent pipe's reader looks whether to stop */
};

enum compression {
    COMPRESSION_NONE,
    COMPRESSION_GZIP,
    COMPRESSION_ZSTD,
    COMPRESSION_XZ,
    COMPRESSION_BZIP2,
    COMPRESSION_ZIP,
};

static const struct {
    const char *name;
    size_t magic_len;
    char magic[MAGIC_LEN];
} compressions[] = {
    [COMPRESSION_NONE] = { "none", 0, { 0 } },
    [COMPRESSION_GZIP] = { "gzip", 3, { '\x1f', '\x8b', 8 } },              /* RFC 1952 section 2.3.1 */
    [COMPRESSION_ZSTD] = { "zstd", 4, { '\x28', '\xb5', '\x2f', '\xfd' } }, /* RFC 8878 section 3.1.1 */
    [COMPRESSION_XZ] = { "xz", 6, { '\xfd', '7', 'z', 'X', 'Z', 0 } },
    [COMPRESSION_BZIP2] = { "bzip2", 3, { 'B', 'Z', 'h' } }, /* and a digit, below */
    [COMPRESSION_ZIP] = { "zip", 4, { 'P', 'K', 3, 4 } },
};

struct source {
    int fd;
    bool is_regular;
    bool was_peeked;
    bool is_at_end; /* of the file */
    uint64_t size; /* of a regular file */
    enum compression compression;
    struct archive *archive;
    source_stop_fn *is_stopping;
    void *stop_arg;
    int raw_error; /* what the read below libarchive failed with */
    XXH3_state_t *hash;
    char error[256];
    size_t raw_len, raw_at; /* bytes of raw[] that nobody has taken yet */
    char raw[RAW_SIZE];
};

/*
 * Stdin as a regular file is opened anew, from where it stands: it is looked at before it is read, and whoever shares the
 * descriptor must not see its offset move. Where that cannot be done it is read as a pipe is, once.
 */
static int open_stdin(bool *is_reopened)
{
    struct stat st;
    off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
    *is_reopened = false;
    if (at >= 0 && fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode)) {
        int fd = open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && lseek(fd, at, SEEK_SET) == at) {
            *is_reopened = true;
            return fd;
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
}

int source_open(struct source **out, const char *path, source_stop_fn *is_stopping, void *arg)
{
    struct stat st;
    int err;
    struct source *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return -ENOMEM;
    }
    s->is_stopping = is_stopping;
    s->stop_arg = arg;
    s->hash = XXH3_createState();
    bool is_stdin = strcmp(path, "-") == 0, is_reopened = false;
    s->fd = is_stdin ? open_stdin(&is_reopened) : open(path, O_RDONLY | O_CLOEXEC);
    err = s->hash == NULL ? -ENOMEM : s->fd < 0 || fstat(s->fd, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? -EISDIR : 0;
    if (err < 0) {
        source_close(s);
        return err;
    }
    s->is_regular = S_ISREG(st.st_mode) && (!is_stdin || is_reopened);
    s->size = s->is_regular ? (uint64_t)st.st_size : 0;
    XXH3_64bits_reset(s->hash);
    *out = s;
    return 0;
}

uint64_t source_size(const struct source *s)
{
    return s->size;
}

uint64_t source_position(const struct source *s)
{
    off_t at = s->is_regular ? lseek(s->fd, 0, SEEK_CUR) : 0;
    return at > 0 ? (uint64_t)at : 0;
}

void source_close(struct source *s)
{
    if (s == NULL) {
        return;
    }
    archive_read_free(s->archive);
    if (s->fd >= 0) {
        close(s->fd);
    }
    XXH3_freeState(s->hash);
    free(s);
}

static int fail(struct source *s, int err, const char *what)
{
    snprintf(s->error, sizeof(s->error), "%s", what != NULL ? what : strerror(-err));
    return err;
}

static bool is_stopping(const struct source *s)
{
    return s->is_stopping != NULL && s->is_stopping(s->stop_arg);
}

/* Until a pipe has something to say. */
static int raw_wait(struct source *s, bool may_wait)
{
    struct pollfd pipe = { .fd = s->fd, .events = POLLIN };
    while (!s->is_regular) {
        int n = poll(&pipe, 1, may_wait ? SILENCE_MS : 0);
        if (n > 0) {
            break;
        }
        if (n < 0 && errno != EINTR) {
            return fail(s, -errno, NULL);
        }
        if (is_stopping(s)) {
            return fail(s, -ECANCELED, "stopped");
        }
        if (n == 0 && !may_wait) {
            return -EAGAIN;
        }
    }
    return 0;
}

/* A zip's reader jumps about in its file, which is therefore hashed at the end. */
static bool is_seeking(const struct source *s)
{
    return s->compression == COMPRESSION_ZIP && s->is_regular;
}

/* From the file, hashed. */
static ssize_t raw_read(struct source *s, char *to, size_t size, bool may_wait)
{
    ssize_t n;
    if (s->is_at_end) {
        return 0;
    }
    if (is_stopping(s)) {
        return fail(s, -ECANCELED, "stopped");
    }
    do {
        int err = raw_wait(s, may_wait);
        if (err < 0) {
            return err;
        }
        n = read(s->fd, to, size);
    } while (n < 0 && (errno == EINTR || errno == EAGAIN));
    if (n < 0) {
        return fail(s, -errno, NULL);
    }
    s->is_at_end = n == 0;
    if (!is_seeking(s)) {
        XXH3_64bits_update(s->hash, to, (size_t)n);
    }
    return n;
}

/* --- libarchive --- */

static la_ssize_t on_archive_read(struct archive *a, void *arg, const void **bytes)
{
    struct source *s = arg;
    if (s->raw_at == s->raw_len) {
        ssize_t n = raw_read(s, s->raw, sizeof(s->raw), true);
        if (n < 0) {
            s->raw_error = (int)n;
            archive_set_error(a, (int)-n, "%s", s->error);
            return -1;
        }
        s->raw_at = 0;
        s->raw_len = (size_t)n;
    }
    size_t n = s->raw_len - s->raw_at;
    *bytes = s->raw + s->raw_at;
    s->raw_at = s->raw_len;
    return (la_ssize_t)n;
}

/* The central directory of a zip stands at its end. */
static la_int64_t on_archive_seek(struct archive *a, void *arg, la_int64_t offset, int whence)
{
    struct source *s = arg;
    (void)a;
    s->raw_at = s->raw_len = 0;
    s->is_at_end = false;
    off_t at = lseek(s->fd, offset, whence);
    return at < 0 ? ARCHIVE_FATAL : at;
}

static ssize_t archive_fail(struct source *s)
{
    if (s->raw_error < 0) {
        return fail(s, s->raw_error, NULL);
    }
    const char *what = archive_error_string(s->archive);
    char text[160];
    snprintf(text, sizeof(text), "damaged %s data: %s", compressions[s->compression].name,
             what != NULL ? what : "cannot be read");
    return fail(s, -EBADMSG, text);
}

/* The next regular member; 1: found, 0: none left. */
static int archive_next(struct source *s)
{
    struct archive_entry *entry;
    int status;
    while ((status = archive_read_next_header(s->archive, &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
        const char *name = archive_entry_pathname(entry);
        bool is_macos_shadow = name != NULL && strncmp(name, "__MACOSX/", 9) == 0;
        if (s->compression != COMPRESSION_ZIP || (archive_entry_filetype(entry) == AE_IFREG && !is_macos_shadow)) {
            return 1;
        }
    }
    return status == ARCHIVE_EOF ? 0 : (int)archive_fail(s);
}

static int archive_start(struct source *s)
{
    struct archive *a = s->archive = archive_read_new();
    if (a == NULL) {
        return fail(s, -ENOMEM, NULL);
    }
    switch (s->compression) {
    case COMPRESSION_GZIP:
        archive_read_support_filter_gzip(a);
        break;
    case COMPRESSION_ZSTD:
        archive_read_support_filter_zstd(a);
        break;
    case COMPRESSION_XZ:
        archive_read_support_filter_xz(a);
        break;
    case COMPRESSION_BZIP2:
        archive_read_support_filter_bzip2(a);
        break;
    case COMPRESSION_ZIP:
    case COMPRESSION_NONE:
        break;
    }
    if (s->compression == COMPRESSION_ZIP) {
        archive_read_support_format_zip(a);
    } else {
        archive_read_support_format_raw(a);
        archive_read_support_format_empty(a);
    }
    archive_read_set_read_callback(a, on_archive_read);
    archive_read_set_callback_data(a, s);
    if (is_seeking(s)) {
        archive_read_set_seek_callback(a, on_archive_seek);
        on_archive_seek(a, s, 0, SEEK_SET);
    }
    return archive_read_open1(a) == ARCHIVE_OK ? 0 : (int)archive_fail(s);
}

/* In small steps: of a step that fails libarchive gives nothing, not even what was sound. */
static ssize_t archive_take(struct source *s, char *to, size_t size)
{
    size = size < ARCHIVE_STEP ? size : ARCHIVE_STEP;
    for (int tries = 0; tries < 16; tries++) {
        la_ssize_t n = archive_read_data(s->archive, to, size);
        if (n >= 0) {
            return n;
        }
        if (n != ARCHIVE_RETRY) {
            break;
        }
    }
    return archive_fail(s);
}

/* --- reading --- */

static enum compression compression_of(const char *bytes, size_t len)
{
    for (size_t i = COMPRESSION_GZIP; i <= COMPRESSION_ZIP; i++) {
        if (len >= compressions[i].magic_len && memcmp(bytes, compressions[i].magic, compressions[i].magic_len) == 0) {
            bool is_text = i == COMPRESSION_BZIP2 && (len < 4 || bytes[3] < '1' || bytes[3] > '9');
            return is_text ? COMPRESSION_NONE : (enum compression)i;
        }
    }
    return COMPRESSION_NONE;
}

/* The first bytes, enough to tell the compression; always waits for them. */
static int source_peek(struct source *s)
{
    while (s->raw_len < MAGIC_LEN && !s->is_at_end) {
        ssize_t n = raw_read(s, s->raw + s->raw_len, sizeof(s->raw) - s->raw_len, true);
        if (n < 0) {
            return (int)n;
        }
        s->raw_len += (size_t)n;
    }
    s->was_peeked = true;
    s->compression = compression_of(s->raw, s->raw_len);
    if (s->compression == COMPRESSION_NONE) {
        return 0;
    }
    int err = archive_start(s);
    if (err == 0) {
        err = archive_next(s);
    }
    return err < 0 ? err : 0;
}

ssize_t source_read(struct source *s, char *to, size_t size, bool may_wait)
{
    int err = s->was_peeked ? 0 : source_peek(s);
    if (err < 0) {
        return err;
    }
    if (s->archive != NULL) {
        return archive_take(s, to, size);
    }
    if (s->raw_at < s->raw_len) {
        size_t n = s->raw_len - s->raw_at < size ? s->raw_len - s->raw_at : size;
        memcpy(to, s->raw + s->raw_at, n);
        s->raw_at += n;
        return (ssize_t)n;
    }
    return raw_read(s, to, size, may_wait);
}

int source_next_member(struct source *s)
{
    return s->compression == COMPRESSION_ZIP && s->archive != NULL ? archive_next(s) : 0;
}

/* Once more from the beginning: from the page cache, as a rule. */
static int rewind_for_hash(struct source *s)
{
    if (!is_seeking(s)) {
        return 0;
    }
    s->is_at_end = false;
    XXH3_64bits_reset(s->hash);
    return lseek(s->fd, 0, SEEK_SET) < 0 ? fail(s, -errno, NULL) : 0;
}

int source_finish(struct source *s, uint64_t *xxh3)
{
    int err = rewind_for_hash(s);
    ssize_t n = 1;
    while (err == 0 && n > 0) {
        n = raw_read(s, s->raw, sizeof(s->raw), true);
        err = n < 0 ? (int)n : 0;
        if (err == 0 && is_seeking(s)) {
            XXH3_64bits_update(s->hash, s->raw, (size_t)n);
        }
    }
    *xxh3 = XXH3_64bits_digest(s->hash);
    return err;
}

const char *source_compression(const struct source *s)
{
    return compressions[s->compression].name;
}

bool source_is_regular(const struct source *s)
{
    return s->is_regular;
}

const char *source_error(const struct source *s)
{
    return s->error;
}

int source_identity(struct source *s, uint64_t *identity)
{
    char *bytes = malloc(IDENTITY_SIZE);
    XXH3_state_t *hash = XXH3_createState();
    struct stat st;
    int err = bytes == NULL || hash == NULL ? -ENOMEM : fstat(s->fd, &st) < 0 ? -errno : 0;
    if (err == 0) {
        XXH3_64bits_reset(hash);
        XXH3_64bits_update(hash, &st.st_size, sizeof(st.st_size));
    }
    for (int i = 0; err == 0 && i < 2; i++) {
        off_t at = i == 0 || st.st_size <= IDENTITY_SIZE ? 0 : st.st_size - IDENTITY_SIZE;
        ssize_t n = pread(s->fd, bytes, IDENTITY_SIZE, at);
        err = n < 0 ? -errno : 0;
        XXH3_64bits_update(hash, bytes, n > 0 ? (size_t)n : 0);
    }
    if (err == 0) {
        *identity = XXH3_64bits_digest(hash);
    }
    XXH3_freeState(hash);
    free(bytes);
    return err < 0 ? fail(s, err, NULL) : 0;
}
