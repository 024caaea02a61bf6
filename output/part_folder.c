// SPDX-License-Identifier: MIT
#include "output/part_folder.h"

#include "output/checkpoint.h"
#include "output/folder.h"
#include "output/single_file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_NUMBER_MAX (UINT64_C(1) << 32)

enum stage { STAGE_OPEN, STAGE_WRITING, STAGE_FINISHED };

struct part_folder {
    char *path; /* with its slash */
    int fd;     /* carries the lock; names are looked up from it */
    bool was_made;
    struct result_options options;
    enum result_standing standing;
    enum stage stage;
    struct single_file *part;   /* the one being written; NULL: the next append begins it */
    struct result_position now; /* of the whole parts; now.part is the number of the one being written, or next */
    uint64_t records;           /* in the part being written */
    struct result_part *parts;  /* the whole ones: now.part of them */
    uint64_t parts_size;
    struct result_trouble trouble;
};

/* Names ----------------------------------------------------------------------------------------------------------- */

void part_folder_name(uint64_t number, char out[PART_NAME_SIZE])
{
    snprintf(out, PART_NAME_SIZE, "part-%05" PRIu64 ".ndjson.zst", number);
}

static void hidden_name(uint64_t number, char out[PART_NAME_SIZE])
{
    snprintf(out, PART_NAME_SIZE, ".part-%05" PRIu64 ".ndjson.zst.tmp", number);
}

/* Whether `name` is a part of ours, whole or hidden, and which. */
static bool read_name(const char *name, uint64_t *number)
{
    char expected[PART_NAME_SIZE];
    const char *digit = name + (name[0] == '.');
    uint64_t value = 0;
    if (strncmp(digit, "part-", 5) != 0) {
        return false;
    }
    for (digit += 5; *digit >= '0' && *digit <= '9' && value < PART_NUMBER_MAX; digit++) {
        value = value * 10 + (uint64_t)(*digit - '0');
    }
    *number = value;
    if (name[0] != '.') {
        part_folder_name(value, expected);
    } else {
        hidden_name(value, expected);
    }
    return strcmp(name, expected) == 0;
}

/* Failing --------------------------------------------------------------------------------------------------------- */

static int write_trouble(struct part_folder *folder, int error)
{
    return result_trouble_set(&folder->trouble, RESULT_WRITE_FAILED, error, "cannot write %s", folder->path);
}

static int cannot_resume(struct part_folder *folder, const char *why)
{
    return result_trouble_set(&folder->trouble, RESULT_CANNOT_RESUME, 0, "cannot go on with %s: %s", folder->path, why);
}

static int part_trouble(struct part_folder *folder)
{
    folder->trouble = *single_file_trouble(folder->part);
    return -(int)folder->trouble.failure;
}

const struct result_trouble *part_folder_trouble(const struct part_folder *folder)
{
    return &folder->trouble;
}

/* The folder's content -------------------------------------------------------------------------------------------- */

static bool stands_in(const struct part_folder *folder, const char *name)
{
    struct stat st;
    return fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int remove_name(const struct part_folder *folder, const char *name)
{
    return unlinkat(folder->fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

enum { KEEP_ALL = -1 };

/* Removes the parts from number `from` on, whole or hidden; *found says how many there were of any number. */
static int walk_parts(const struct part_folder *folder, int64_t from, size_t *found)
{
    DIR *dir = opendir(folder->path);
    int err = 0;
    *found = 0;
    if (dir == NULL) {
        return -errno;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL && err == 0; entry = readdir(dir)) {
        uint64_t number;
        if (!read_name(entry->d_name, &number)) {
            continue;
        }
        ++*found;
        if (from != KEEP_ALL && number >= (uint64_t)from) {
            err = remove_name(folder, entry->d_name);
        }
    }
    closedir(dir);
    return err;
}

static int sync_names(const struct part_folder *folder)
{
    return folder_sync_of(folder->path); /* the path ends in a slash: the folder itself */
}

/* Opening --------------------------------------------------------------------------------------------------------- */

static int cannot_make(struct result_trouble *trouble, const char *path, int error)
{
    return result_trouble_set(trouble, RESULT_CANNOT_MAKE, error, "cannot make %s", path);
}

static int open_and_lock(struct part_folder *folder, struct result_trouble *trouble)
{
    folder->was_made = mkdir(folder->path, 0777) == 0;
    if (!folder->was_made && errno != EEXIST) {
        return cannot_make(trouble, folder->path, -errno);
    }
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0) {
        return cannot_make(trouble, folder->path, -errno);
    }
    while (flock(folder->fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK) {
            folder->was_made = false;
            return result_trouble_set(trouble, RESULT_LOCKED, 0, "another run is writing %s", folder->path);
        }
        if (errno != EINTR) {
            return result_trouble_set(trouble, RESULT_CANNOT_MAKE, -errno, "cannot lock %s", folder->path);
        }
    }
    return 0;
}

static int find_standing(struct part_folder *folder, struct result_trouble *trouble)
{
    size_t parts;
    int err = walk_parts(folder, KEEP_ALL, &parts);
    if (err < 0) {
        return cannot_make(trouble, folder->path, err);
    }
    if (stands_in(folder, ".checkpoint")) {
        folder->standing = RESULT_UNFINISHED;
    } else {
        folder->standing = parts > 0 || stands_in(folder, "manifest.json") ? RESULT_COMPLETE : RESULT_NEW;
    }
    if (folder->standing == RESULT_COMPLETE && !folder->options.force) {
        return result_trouble_set(trouble, RESULT_FINISHED, 0, "%s is a finished output", folder->path);
    }
    return faccessat(folder->fd, ".", W_OK | X_OK, 0) < 0 ? cannot_make(trouble, folder->path, -errno) : 0;
}

int part_folder_open(struct part_folder **out, const char *path, const struct result_options *options,
                     struct result_trouble *trouble)
{
    *trouble = (struct result_trouble){ 0 };
    struct part_folder *folder = calloc(1, sizeof(*folder));
    if (folder == NULL) {
        return cannot_make(trouble, path, -ENOMEM);
    }
    folder->fd = -1;
    folder->options = *options;
    folder->options.part_size = options->part_size > 0 ? options->part_size : RESULT_PART_SIZE;
    folder->path = strdup(path);
    int err = folder->path == NULL ? cannot_make(trouble, path, -ENOMEM) : open_and_lock(folder, trouble);
    err = err < 0 ? err : find_standing(folder, trouble);
    if (err < 0) {
        part_folder_close(folder);
        return err;
    }
    *out = folder;
    return 0;
}

enum result_standing part_folder_standing(const struct part_folder *folder)
{
    return folder->standing;
}

/* One part -------------------------------------------------------------------------------------------------------- */

/* Room for `count` whole parts. */
static int reserve_parts(struct part_folder *folder, uint64_t count)
{
    if (count <= folder->parts_size) {
        return 0;
    }
    uint64_t size = count + count / 2 + 16;
    struct result_part *parts = realloc(folder->parts, (size_t)size * sizeof(*parts));
    if (parts == NULL) {
        return -ENOMEM;
    }
    folder->parts = parts;
    folder->parts_size = size;
    return 0;
}

int part_folder_give_parts(struct part_folder *folder, const struct result_part *parts, uint64_t count)
{
    assert(folder->stage == STAGE_OPEN);
    int err = count > CHECKPOINT_PARTS_MAX ? -E2BIG : reserve_parts(folder, count);
    if (err < 0) {
        return err;
    }
    if (count > 0) {
        memcpy(folder->parts, parts, (size_t)count * sizeof(*parts));
    }
    folder->now.part = count;
    return 0;
}

const struct result_part *part_folder_parts(const struct part_folder *folder, uint64_t *count)
{
    *count = folder->now.part;
    return folder->parts;
}

/* Opens the hidden file of the present number, whatever stands there. */
static int open_part(struct part_folder *folder)
{
    char name[PART_NAME_SIZE];
    char *path = NULL;
    const struct result_options options = { .force = true, .level = folder->options.level, .hashes = true, .no_follow = true };
    hidden_name(folder->now.part, name);
    if (asprintf(&path, "%s%s", folder->path, name) < 0) {
        return write_trouble(folder, -ENOMEM);
    }
    int err = single_file_open(&folder->part, path, true, &options, &folder->trouble);
    free(path);
    return err;
}

static int begin_part(struct part_folder *folder)
{
    if (folder->now.part >= CHECKPOINT_PARTS_MAX) {
        return result_trouble_set(&folder->trouble, RESULT_WRITE_FAILED, 0, "%s has %u parts, the most there may be: make them larger",
                                  folder->path, (unsigned)CHECKPOINT_PARTS_MAX);
    }
    int err = open_part(folder);
    if (err < 0) {
        folder->trouble.failure = RESULT_WRITE_FAILED; /* the run is under way: no longer a matter of making it */
        return -RESULT_WRITE_FAILED;
    }
    folder->records = 0;
    return single_file_start(folder->part) < 0 ? part_trouble(folder) : 0;
}

/* Counts the part as whole: everything in it, and its name. */
static int end_part(struct part_folder *folder)
{
    char hidden[PART_NAME_SIZE], whole[PART_NAME_SIZE];
    if (single_file_finish(folder->part) < 0) {
        return part_trouble(folder);
    }
    if (reserve_parts(folder, folder->now.part + 1) < 0) {
        return write_trouble(folder, -ENOMEM);
    }
    struct result_position end = single_file_position(folder->part);
    folder->parts[folder->now.part] = (struct result_part){
        .records = folder->records,
        .bytes = end.offset,
        .uncompressed_bytes = end.uncompressed_bytes,
        .xxh3 = single_file_xxh3(folder->part),
    };
    single_file_close(folder->part);
    folder->part = NULL;
    hidden_name(folder->now.part, hidden);
    part_folder_name(folder->now.part, whole);
    int err = renameat(folder->fd, hidden, folder->fd, whole) < 0 ? -errno : sync_names(folder);
    if (err < 0) {
        return write_trouble(folder, err);
    }
    folder->now.offset += end.offset;
    folder->now.uncompressed_bytes += end.uncompressed_bytes;
    folder->now.frames += end.frames;
    folder->now.part_begin = folder->now.offset;
    folder->now.part++;
    folder->records = 0;
    return 0;
}

/* Beginning ------------------------------------------------------------------------------------------------------- */

int part_folder_start(struct part_folder *folder)
{
    assert(folder->stage == STAGE_OPEN);
    size_t found;
    folder->stage = STAGE_WRITING;
    folder->now = (struct result_position){ 0 };
    folder->trouble = (struct result_trouble){ 0 };
    int err = remove_name(folder, "manifest.json");
    err = err < 0 ? err : walk_parts(folder, 0, &found);
    err = err < 0 ? err : sync_names(folder);
    return err < 0 ? write_trouble(folder, err) : 0;
}

/* All whole parts before the one that was cut, of the size they had together. */
static int check_parts(struct part_folder *folder, const struct result_position *from)
{
    uint64_t bytes = 0;
    if (from->part != folder->now.part || from->offset < from->part_begin ||
        (from->offset > from->part_begin) != (from->frames > from->part)) {
        return cannot_resume(folder, "its checkpoint is of another kind of output");
    }
    for (uint64_t i = 0; i < from->part; i++) {
        struct stat st;
        char name[PART_NAME_SIZE];
        part_folder_name(i, name);
        if (fstatat(folder->fd, name, &st, 0) < 0) {
            return cannot_resume(folder, "a part is missing");
        }
        if ((uint64_t)st.st_size != folder->parts[i].bytes) {
            return cannot_resume(folder, "its parts are not those of its checkpoint");
        }
        bytes += (uint64_t)st.st_size;
    }
    return bytes == from->part_begin ? 0 : cannot_resume(folder, "its parts are not those of its checkpoint");
}

/* The part that was cut becomes a whole one. It may have become one already, after the checkpoint. */
static int close_cut_part(struct part_folder *folder, const struct result_position *from)
{
    char hidden[PART_NAME_SIZE], whole[PART_NAME_SIZE];
    struct result_position in_part = *from;
    in_part.offset = from->offset - from->part_begin;
    in_part.frames = 1;
    in_part.part = in_part.part_begin = 0;
    in_part.uncompressed_bytes = from->uncompressed_bytes - folder->now.uncompressed_bytes;
    hidden_name(from->part, hidden);
    part_folder_name(from->part, whole);
    if (!stands_in(folder, hidden) && renameat(folder->fd, whole, folder->fd, hidden) < 0) {
        return cannot_resume(folder, "a part is missing");
    }
    int err = open_part(folder);
    if (err < 0) {
        return err;
    }
    if (single_file_resume(folder->part, &in_part) < 0) {
        err = part_trouble(folder);
        single_file_close(folder->part);
        folder->part = NULL;
        return err;
    }
    return end_part(folder);
}

int part_folder_resume(struct part_folder *folder, const struct result_position *from)
{
    assert(folder->stage == STAGE_OPEN);
    size_t found;
    bool has_cut_part = from->offset > from->part_begin;
    int err = check_parts(folder, from);
    if (err < 0) {
        return err;
    }
    folder->now =
        (struct result_position){ .offset = from->part_begin, .part = from->part, .part_begin = from->part_begin };
    for (uint64_t i = 0; i < from->part; i++) { /* wraps round for a checkpoint that lies: a wrong number, no more */
        folder->now.uncompressed_bytes += folder->parts[i].uncompressed_bytes;
    }
    folder->now.frames = from->frames - (has_cut_part ? 1 : 0);
    folder->records = from->part_records;
    if (has_cut_part) {
        err = close_cut_part(folder, from);
        if (err < 0) {
            return err;
        }
    }
    folder->stage = STAGE_WRITING;
    err = walk_parts(folder, (int64_t)folder->now.part, &found);
    err = err < 0 ? err : remove_name(folder, "manifest.json");
    err = err < 0 ? err : sync_names(folder);
    return err < 0 ? write_trouble(folder, err) : 0;
}

/* Writing --------------------------------------------------------------------------------------------------------- */

static int earlier_failure(const struct part_folder *folder)
{
    assert(folder->stage == STAGE_WRITING);
    return -(int)folder->trouble.failure;
}

/* Ends the part when that fills it. */
static int append_to_part(struct part_folder *folder, const char *bytes, size_t len, uint64_t records)
{
    if (folder->part == NULL) {
        int err = begin_part(folder);
        if (err < 0) {
            return err;
        }
    }
    if (single_file_append(folder->part, bytes, len) < 0) {
        return part_trouble(folder);
    }
    folder->records += records;
    bool is_full = single_file_position(folder->part).offset >= folder->options.part_size ||
                   folder->records == folder->options.part_records;
    return is_full ? end_part(folder) : 0;
}

/* Bytes of the first lines of `bytes`, at most `max` of them; how many in *records. */
static size_t first_lines(const char *bytes, size_t len, uint64_t max, uint64_t *records)
{
    size_t at = 0;
    *records = 0;
    while (at < len && *records < max) {
        const char *end = memchr(bytes + at, '\n', len - at);
        at = end == NULL ? len : (size_t)(end - bytes) + 1;
        ++*records;
    }
    return at;
}

int part_folder_append(struct part_folder *folder, const void *bytes, size_t len)
{
    const char *at = bytes;
    int err = earlier_failure(folder);
    while (len > 0 && err == 0) {
        uint64_t limit = folder->options.part_records, records;
        size_t some = first_lines(at, len, limit > 0 ? limit - folder->records : UINT64_MAX, &records);
        err = append_to_part(folder, at, some, records);
        at += some;
        len -= some;
    }
    return err;
}

int part_folder_flush(struct part_folder *folder)
{
    int err = earlier_failure(folder);
    if (err == 0 && folder->part != NULL && single_file_flush(folder->part) < 0) {
        err = part_trouble(folder);
    }
    return err;
}

/* The place in the part that is written, as one in the whole output. */
static struct result_position in_whole(const struct part_folder *folder, const struct result_position *in_part)
{
    struct result_position whole = folder->now;
    whole.offset += in_part->offset;
    whole.uncompressed_bytes += in_part->uncompressed_bytes;
    whole.frames += in_part->frames;
    whole.frame = in_part->frame;
    whole.tail_xxh64 = in_part->tail_xxh64;
    whole.part_records = folder->records;
    return whole;
}

int part_folder_sync(struct part_folder *folder, struct result_position *durable)
{
    struct result_position in_part = { 0 };
    int err = earlier_failure(folder);
    if (err == 0 && folder->part != NULL && single_file_sync(folder->part, &in_part) < 0) {
        err = part_trouble(folder);
    }
    if (err == 0) {
        *durable = in_whole(folder, &in_part);
    }
    return err;
}

int part_folder_finish(struct part_folder *folder)
{
    int err = earlier_failure(folder);
    if (err == 0 && folder->part != NULL) {
        err = end_part(folder);
    }
    if (err == 0) {
        folder->stage = STAGE_FINISHED;
    }
    return err;
}

struct result_position part_folder_position(const struct part_folder *folder)
{
    struct result_position in_part = { 0 };
    if (folder->part != NULL) {
        in_part = single_file_position(folder->part);
    }
    return in_whole(folder, &in_part);
}

/* Closing --------------------------------------------------------------------------------------------------------- */

void part_folder_close(struct part_folder *folder)
{
    if (folder == NULL) {
        return;
    }
    single_file_close(folder->part);
    if (folder->stage == STAGE_OPEN && folder->was_made) {
        rmdir(folder->path);
    }
    if (folder->fd >= 0) {
        close(folder->fd);
    }
    free(folder->path);
    free(folder->parts);
    free(folder);
}
