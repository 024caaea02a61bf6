// SPDX-License-Identifier: MIT
#include "output/result_file.h"

#include "output/part_folder.h"
#include "output/single_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Exactly one of the two. */
struct result_file {
    struct single_file *single;
    struct part_folder *folder;
};

static bool ends_with(const char *text, const char *end)
{
    size_t text_len = strlen(text), end_len = strlen(end);
    return text_len >= end_len && memcmp(text + text_len - end_len, end, end_len) == 0;
}

int result_file_open(struct result_file **out, const char *path, const struct result_options *options,
                     struct result_trouble *trouble)
{
    struct result_file *file = calloc(1, sizeof(*file));
    if (file == NULL) {
        return result_trouble_set(trouble, RESULT_CANNOT_MAKE, -ENOMEM, "cannot make %s", path);
    }
    int err = ends_with(path, "/") ? part_folder_open(&file->folder, path, options, trouble)
                                   : single_file_open(&file->single, path, ends_with(path, ".zst"), options, trouble);
    if (err < 0) {
        free(file);
        return err;
    }
    *out = file;
    return 0;
}

enum result_standing result_file_standing(const struct result_file *file)
{
    return file->folder ? part_folder_standing(file->folder) : single_file_standing(file->single);
}

bool result_file_is_durable(const struct result_file *file)
{
    return file->folder || single_file_is_durable(file->single);
}

int result_file_start(struct result_file *file)
{
    return file->folder ? part_folder_start(file->folder) : single_file_start(file->single);
}

int result_file_resume(struct result_file *file, const struct result_position *from)
{
    return file->folder ? part_folder_resume(file->folder, from) : single_file_resume(file->single, from);
}

int result_file_append(struct result_file *file, const void *bytes, size_t len)
{
    return file->folder ? part_folder_append(file->folder, bytes, len) : single_file_append(file->single, bytes, len);
}

int result_file_flush(struct result_file *file)
{
    return file->folder ? part_folder_flush(file->folder) : single_file_flush(file->single);
}

int result_file_sync(struct result_file *file, struct result_position *durable)
{
    return file->folder ? part_folder_sync(file->folder, durable) : single_file_sync(file->single, durable);
}

int result_file_finish(struct result_file *file)
{
    return file->folder ? part_folder_finish(file->folder) : single_file_finish(file->single);
}

const struct result_trouble *result_file_trouble(const struct result_file *file)
{
    return file->folder ? part_folder_trouble(file->folder) : single_file_trouble(file->single);
}

struct result_position result_file_position(const struct result_file *file)
{
    return file->folder ? part_folder_position(file->folder) : single_file_position(file->single);
}

const struct result_part *result_file_parts(const struct result_file *file, uint64_t *count)
{
    *count = 0;
    return file->folder ? part_folder_parts(file->folder, count) : NULL;
}

int result_file_give_parts(struct result_file *file, const struct result_part *parts, uint64_t count)
{
    return file->folder ? part_folder_give_parts(file->folder, parts, count) : 0;
}

void result_file_close(struct result_file *file)
{
    if (file == NULL) {
        return;
    }
    part_folder_close(file->folder);
    single_file_close(file->single);
    free(file);
}
