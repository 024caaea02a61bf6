// SPDX-License-Identifier: MIT
#include "output/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "/a/b" gives "/a", "/b" gives "/", "b" gives "."; from malloc. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return strdup(".");
    }
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static int sync_fd(int fd)
{
    while (fsync(fd) < 0) {
        if (errno == EINVAL || errno == EROFS || errno == ENOTSUP) {
            return 0;
        }
        if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

int folder_sync_of(const char *path)
{
    char *folder = folder_of(path);
    if (folder == NULL) {
        return -ENOMEM;
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = fd < 0 ? -errno : sync_fd(fd);
    if (fd >= 0) {
        close(fd);
    }
    free(folder);
    /* A folder may be entered and written to, yet not be readable: then there is nothing to sync through. */
    return err == -EACCES ? 0 : err;
}
