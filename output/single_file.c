// SPDX-License-Identifier: MIT
#include "output/single_file.h"

#include "output/checkpoint.h"
#include "output/folder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum stage {
    STAGE_OPEN,     /* nothing was changed in the file */
    STAGE_WRITING,  /* started or resumed */
    STAGE_FINISHED, /* complete and durable */
};

struct single_file {
    int fd;
    char *path;
    bool is_stream, is_stdout, was_made;
    enum result_standing standing;
    enum stage stage;
    struct zstd_stream *zstd;       /* NULL for a plain one */
    XXH3_state_t *hash;             /* of the bytes from the file's beginning; NULL: not wanted */
    struct result_position now;     /* frame and tail are filled only in `durable` */
    struct result_position durable; /* where a cut is safe */
    struct result_trouble trouble;
};

/* Failing --------------------------------------------------------------------------------------------------------- */

int result_trouble_set(struct result_trouble *trouble, enum result_failure failure, int error, const char *format, ...)
{
    va_list args;
    trouble->failure = failure;
    trouble->error = error;
    va_start(args, format);
    int len = vsnprintf(trouble->words, sizeof(trouble->words), format, args);
    va_end(args);
    if (error < 0 && len >= 0 && (size_t)len < sizeof(trouble->words)) {
        snprintf(trouble->words + len, sizeof(trouble->words) - (size_t)len, ": %s", strerror(-error));
    }
    return -(int)failure;
}

static int write_trouble(struct single_file *file, int error)
{
    if (file->is_stream && error == -EPIPE) {
        return result_trouble_set(&file->trouble, RESULT_READER_GONE, error, "the reader of %s is gone",
                                  file->is_stdout ? "the standard output" : file->path);
    }
    return result_trouble_set(&file->trouble, RESULT_WRITE_FAILED, error, "cannot write %s",
                              file->is_stdout ? "the standard output" : file->path);
}

const struct result_trouble *single_file_trouble(const struct single_file *file)
{
    return &file->trouble;
}

/* The system, with its interruptions and short writes ------------------------------------------------------------- */

static int wait_writable(int fd)
{
    struct pollfd pollfd = { .fd = fd, .events = POLLOUT };
    return poll(&pollfd, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

/* All of it, at the file's offset; what was written before a failure is counted. */
static int write_all(struct single_file *file, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = file->is_stream ? write(file->fd, at, len) : pwrite(file->fd, at, len, (off_t)file->now.offset);
        if (n > 0) {
            if (file->hash != NULL) {
                XXH3_64bits_update(file->hash, at, (size_t)n);
            }
            at += n;
            len -= (size_t)n;
            file->now.offset += (uint64_t)n;
        } else if (n == 0) {
            return -EIO;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            int err = wait_writable(file->fd);
            if (err < 0) {
                return err;
            }
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

static int sink_write(void *owner, const void *bytes, size_t len)
{
    return write_all(owner, bytes, len);
}

static int truncate_to(int fd, uint64_t offset)
{
    while (ftruncate(fd, (off_t)offset) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

static int sync_fd(int fd)
{
    while (fsync(fd) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

static int read_all_at(int fd, char *out, size_t len, uint64_t offset)
{
    while (len > 0) {
        ssize_t n = pread(fd, out, len, (off_t)offset);
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n == 0) {
            return -EIO;
        }
        if (n > 0) {
            out += n;
            len -= (size_t)n;
            offset += (uint64_t)n;
        }
    }
    return 0;
}

static int tail_hash(int fd, uint64_t offset, uint64_t *out)
{
    char tail[RESULT_TAIL_SIZE];
    size_t len = offset < sizeof(tail) ? (size_t)offset : sizeof(tail);
    int err = read_all_at(fd, tail, len, offset - len);
    if (err == 0) {
        *out = XXH64(tail, len, 0);
    }
    return err;
}

/* What stood in the file before this process wrote to it. */
static int hash_again(struct single_file *file, uint64_t end)
{
    char bytes[65536];
    int err = 0;
    if (file->hash == NULL) {
        return 0;
    }
    XXH3_64bits_reset(file->hash);
    for (uint64_t at = 0; at < end && err == 0;) {
        size_t len = end - at < sizeof(bytes) ? (size_t)(end - at) : sizeof(bytes);
        err = read_all_at(file->fd, bytes, len, at);
        if (err == 0) {
            XXH3_64bits_update(file->hash, bytes, len);
        }
        at += len;
    }
    return err;
}

/* Opening --------------------------------------------------------------------------------------------------------- */

static int cannot_make(struct result_trouble *trouble, const char *path, int error)
{
    return result_trouble_set(trouble, RESULT_CANNOT_MAKE, error, "cannot make %s", path);
}

/* A pipe or device is opened for writing only: a FIFO waits for its reader, and tells when that is gone. */
static int open_fd(struct single_file *file, bool no_follow)
{
    struct stat st;
    if (!no_follow && stat(file->path, &st) == 0 && !S_ISREG(st.st_mode)) {
        file->is_stream = true;
        file->fd = open(file->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        return file->fd < 0 ? -errno : 0;
    }
    file->fd = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
    file->was_made = file->fd >= 0;
    if (file->fd < 0 && errno == EEXIST) {
        file->fd = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | (no_follow ? O_NOFOLLOW : 0), 0666);
    }
    return file->fd < 0 ? -errno : 0;
}

static int lock_fd(int fd)
{
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

/* Between open and flock somebody may have removed the file or put another in its place. */
static bool is_still_there(const struct single_file *file)
{
    struct stat ours, theirs;
    return fstat(file->fd, &ours) == 0 && stat(file->path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
           ours.st_ino == theirs.st_ino;
}

static int open_and_lock(struct single_file *file, bool no_follow, struct result_trouble *trouble)
{
    enum { ATTEMPTS = 16 };
    for (int i = 0; i < ATTEMPTS; i++) {
        int err = open_fd(file, no_follow);
        if (err < 0) {
            return cannot_make(trouble, file->path, err);
        }
        if (file->is_stream) {
            return 0;
        }
        err = lock_fd(file->fd);
        if (err == -EWOULDBLOCK) {
            file->was_made = false; /* it is the other run's now, not ours to remove */
            return result_trouble_set(trouble, RESULT_LOCKED, 0, "another run is writing %s", file->path);
        }
        if (err < 0) {
            return result_trouble_set(trouble, RESULT_CANNOT_MAKE, err, "cannot lock %s", file->path);
        }
        if (is_still_there(file)) {
            return 0;
        }
        close(file->fd);
        file->fd = -1;
    }
    return result_trouble_set(trouble, RESULT_CANNOT_MAKE, 0, "cannot make %s: it is replaced again and again",
                              file->path);
}

static int find_standing(struct single_file *file, struct result_trouble *trouble)
{
    struct stat st;
    if (fstat(file->fd, &st) < 0) {
        return cannot_make(trouble, file->path, -errno);
    }
    char *checkpoint = checkpoint_path(file->path);
    if (checkpoint == NULL) {
        return cannot_make(trouble, file->path, -ENOMEM);
    }
    struct stat unused;
    if (lstat(checkpoint, &unused) == 0) {
        file->standing = RESULT_UNFINISHED;
    } else {
        file->standing = st.st_size > 0 ? RESULT_COMPLETE : RESULT_NEW;
    }
    free(checkpoint);
    return 0;
}

static int open_stdout(struct single_file *file)
{
    file->fd = STDOUT_FILENO;
    file->is_stream = true;
    file->is_stdout = true;
    return 0;
}

static int open_path(struct single_file *file, const struct result_options *options, struct result_trouble *trouble)
{
    int err = open_and_lock(file, options->no_follow, trouble);
    if (err < 0 || file->is_stream) {
        return err;
    }
    err = find_standing(file, trouble);
    if (err == 0 && file->standing == RESULT_COMPLETE && !options->force) {
        err = result_trouble_set(trouble, RESULT_FINISHED, 0, "%s is a finished output", file->path);
    }
    return err;
}

int single_file_open(struct single_file **out, const char *path, bool is_zstd, const struct result_options *options,
                     struct result_trouble *trouble)
{
    *trouble = (struct result_trouble){ 0 };
    struct single_file *file = calloc(1, sizeof(*file));
    if (file == NULL) {
        return cannot_make(trouble, path, -ENOMEM);
    }
    file->fd = -1;
    int err;
    file->path = strdup(path);
    if (file->path == NULL) {
        err = cannot_make(trouble, path, -ENOMEM);
        goto close_file;
    }
    bool is_stdout = strcmp(path, "-") == 0;
    err = is_stdout ? open_stdout(file) : open_path(file, options, trouble);
    if (err < 0) {
        goto close_file;
    }
    if (is_zstd) {
        err = zstd_stream_new(&file->zstd, options->level, sink_write, file);
        if (err < 0) {
            err = cannot_make(trouble, path, err);
            goto close_file;
        }
    }
    if (options->hashes) {
        file->hash = XXH3_createState();
        if (file->hash == NULL) {
            err = cannot_make(trouble, path, -ENOMEM);
            goto close_file;
        }
        XXH3_64bits_reset(file->hash);
    }
    *out = file;
    return 0;

close_file:
    single_file_close(file);
    return err;
}

enum result_standing single_file_standing(const struct single_file *file)
{
    return file->standing;
}

bool single_file_is_durable(const struct single_file *file)
{
    return !file->is_stream;
}

/* Beginning ------------------------------------------------------------------------------------------------------- */

/* What is written next goes where the file now ends. */
static int cut(struct single_file *file, uint64_t offset)
{
    int err = truncate_to(file->fd, offset);
    file->now.offset = err < 0 ? file->now.offset : offset;
    return err;
}

static int make_durable(struct single_file *file)
{
    int err = sync_fd(file->fd);
    return err < 0 ? err : folder_sync_of(file->path);
}

int single_file_start(struct single_file *file)
{
    assert(file->stage == STAGE_OPEN);
    file->stage = STAGE_WRITING;
    file->trouble = (struct result_trouble){ 0 }; /* of a resume that was refused */
    if (file->is_stream) {
        return 0;
    }
    int err = cut(file, 0);
    err = err < 0 ? err : make_durable(file);
    return err < 0 ? write_trouble(file, err) : 0;
}

static int cannot_resume(struct single_file *file, int error, const char *why)
{
    return result_trouble_set(&file->trouble, RESULT_CANNOT_RESUME, error, "cannot go on with %s: %s", file->path, why);
}

/* What the checkpoint says must fit this kind of output, and the file must be the one it was written for. */
static int check_resume(struct single_file *file, const struct result_position *from)
{
    struct stat st;
    uint64_t tail;
    if (file->is_stream) {
        return cannot_resume(file, 0, "it is a stream");
    }
    if (file->zstd == NULL ? from->frames > 0 || from->frame.is_open : (from->frames > 0) != (from->offset > 0)) {
        return cannot_resume(file, 0, "its checkpoint is of another kind of output");
    }
    if (fstat(file->fd, &st) < 0) {
        return cannot_resume(file, -errno, "it cannot be read");
    }
    if ((uint64_t)st.st_size < from->offset) {
        return cannot_resume(file, 0, "it is shorter than its checkpoint says");
    }
    int err = tail_hash(file->fd, from->offset, &tail);
    if (err < 0) {
        return cannot_resume(file, err, "it cannot be read");
    }
    if (from->offset > 0 && tail != from->tail_xxh64) {
        return cannot_resume(file, 0, "it is not the file its checkpoint was written for");
    }
    return 0;
}

static int close_frame(struct single_file *file, struct zstd_frame_state frame)
{
    uint8_t bytes[ZSTD_FRAME_CLOSE_SIZE];
    if (!frame.is_open) {
        return 0;
    }
    zstd_frame_close_bytes(frame, bytes);
    return write_all(file, bytes, sizeof(bytes));
}

int single_file_resume(struct single_file *file, const struct result_position *from)
{
    assert(file->stage == STAGE_OPEN);
    int err = check_resume(file, from);
    if (err < 0) {
        return err;
    }
    file->stage = STAGE_WRITING;
    file->now = *from;
    file->durable = *from;
    err = cut(file, from->offset);
    err = err < 0 ? err : hash_again(file, from->offset);
    err = err < 0 ? err : close_frame(file, from->frame);
    err = err < 0 ? err : make_durable(file);
    return err < 0 ? write_trouble(file, err) : 0;
}

/* Writing --------------------------------------------------------------------------------------------------------- */

int single_file_append(struct single_file *file, const void *bytes, size_t len)
{
    assert(file->stage == STAGE_WRITING);
    if (file->trouble.failure != RESULT_OK) {
        return -(int)file->trouble.failure;
    }
    if (len == 0) {
        return 0;
    }
    int err;
    if (file->zstd == NULL) {
        err = write_all(file, bytes, len);
    } else {
        file->now.frames += zstd_stream_has_content(file->zstd) ? 0 : 1;
        err = zstd_stream_write(file->zstd, bytes, len);
    }
    if (err < 0) {
        return write_trouble(file, err);
    }
    file->now.uncompressed_bytes += len;
    return 0;
}

int single_file_flush(struct single_file *file)
{
    assert(file->stage == STAGE_WRITING);
    if (file->trouble.failure != RESULT_OK) {
        return -(int)file->trouble.failure;
    }
    int err = file->zstd == NULL ? 0 : zstd_stream_flush(file->zstd);
    return err < 0 ? write_trouble(file, err) : 0;
}

/* Notes the place reached, where all is flushed and synced, as the one to cut at. */
static int note_durable(struct single_file *file)
{
    struct result_position here = file->now;
    here.frame = file->zstd == NULL ? (struct zstd_frame_state){ 0 } : zstd_stream_state(file->zstd);
    int err = tail_hash(file->fd, here.offset, &here.tail_xxh64);
    if (err == 0) {
        file->durable = here;
    }
    return err;
}

int single_file_sync(struct single_file *file, struct result_position *durable)
{
    int err = single_file_flush(file);
    if (err < 0) {
        return err;
    }
    if (!file->is_stream) {
        err = sync_fd(file->fd);
        err = err < 0 ? err : note_durable(file);
        if (err < 0) {
            return write_trouble(file, err);
        }
    }
    *durable = file->is_stream ? single_file_position(file) : file->durable;
    return 0;
}

/* An output without a single record is one empty frame: an empty file is no zstd file. */
static int end_frame(struct single_file *file)
{
    if (file->zstd == NULL || (!zstd_stream_has_content(file->zstd) && file->now.frames > 0)) {
        return 0;
    }
    file->now.frames += zstd_stream_has_content(file->zstd) ? 0 : 1;
    return zstd_stream_end(file->zstd);
}

int single_file_finish(struct single_file *file)
{
    assert(file->stage == STAGE_WRITING);
    if (file->trouble.failure != RESULT_OK) {
        return -(int)file->trouble.failure;
    }
    int err = end_frame(file);
    if (err == 0 && !file->is_stream) {
        err = make_durable(file);
    }
    if (err < 0) {
        return write_trouble(file, err);
    }
    file->stage = STAGE_FINISHED;
    return 0;
}

struct result_position single_file_position(const struct single_file *file)
{
    struct result_position now = file->now;
    now.frame = file->zstd == NULL ? (struct zstd_frame_state){ 0 } : zstd_stream_state(file->zstd);
    now.tail_xxh64 = 0;
    return now;
}

uint64_t single_file_xxh3(const struct single_file *file)
{
    assert(file->hash != NULL);
    return XXH3_64bits_digest(file->hash);
}

/* Closing --------------------------------------------------------------------------------------------------------- */

/* Best effort: a resume does the same from the checkpoint, and on a full disk the cut makes room for the frame's end.
 */
static void leave_readable(struct single_file *file)
{
    if (cut(file, file->durable.offset) == 0 && close_frame(file, file->durable.frame) == 0) {
        (void)sync_fd(file->fd);
    }
}

void single_file_close(struct single_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->fd >= 0 && !file->is_stream) {
        if (file->stage == STAGE_WRITING) {
            leave_readable(file);
        } else if (file->stage == STAGE_OPEN && file->was_made) {
            unlink(file->path);
        }
    }
    if (file->fd >= 0 && !file->is_stdout) {
        close(file->fd);
    }
    zstd_stream_free(file->zstd);
    XXH3_freeState(file->hash);
    free(file->path);
    free(file);
}
