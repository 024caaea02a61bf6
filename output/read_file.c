// SPDX-License-Identifier: MIT
#include "output/read_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIZE_FIRST = 64 << 10 };

/* One byte more than `max` is asked for, to know that there is more. */
static int read_up_to(FILE *file, size_t max, char **bytes, size_t *len)
{
    size_t size = 0;
    for (;;) {
        if (*len == size) {
            size = size ? size * 2 : SIZE_FIRST;
            size = size > max + 1 ? max + 1 : size;
            char *more = realloc(*bytes, size);
            if (!more) {
                return -ENOMEM;
            }
            *bytes = more;
        }
        errno = 0;
        size_t got = fread(*bytes + *len, 1, size - *len, file);
        *len += got;
        if (*len > max) {
            return -EFBIG;
        }
        if (got == 0) {
            return ferror(file) ? (errno ? -errno : -EIO) : 0;
        }
    }
}

int read_file(const char *path, size_t max, char **bytes, size_t *len)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        return -errno;
    }
    char *read = NULL;
    size_t count = 0;
    int err = read_up_to(file, max, &read, &count);
    fclose(file);
    if (err < 0) {
        free(read);
        return err;
    }
    *bytes = read;
    *len = count;
    return 0;
}
