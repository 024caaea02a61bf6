// SPDX-License-Identifier: MIT
#include "output/replace_file.h"

#include "output/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int write_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n == 0) {
            return -EIO;
        }
        if (n > 0) {
            at += n;
            len -= (size_t)n;
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

static int write_new_file(const char *path, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) {
        return -errno;
    }
    int err = write_all(fd, bytes, len);
    err = err < 0 ? err : sync_fd(fd);
    if (close(fd) < 0 && err == 0 && errno != EINTR) {
        err = -errno;
    }
    return err;
}

int replace_file(const char *path, const void *bytes, size_t len)
{
    char *new_path;
    if (asprintf(&new_path, "%s.new", path) < 0) {
        return -ENOMEM;
    }
    int err = write_new_file(new_path, bytes, len);
    if (err == 0 && rename(new_path, path) < 0) {
        err = -errno;
    }
    if (err < 0) {
        unlink(new_path);
    } else {
        err = folder_sync_of(path);
    }
    free(new_path);
    return err;
}
