// SPDX-License-Identifier: MIT
/*
 * The exclude list: any bytes as a file. What is refused says why in one line; what is taken holds each of its plain names.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lists/exclude_list.h"

/* A line of lower-case letters, digits and dots that was taken stands in the list as it is written. */
static void check_lines(const struct exclude_list *list, const char *text, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789.";
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t len = end ? (size_t)(end - text) - at : size - at, run = 0;
        while (run < len && strchr(plain, text[at + run]) && text[at + run]) {
            run++;
        }
        if (len > 0 && run == len && text[at + len - 1] != '.') {
            assert(exclude_list_has(list, text + at, len));
        }
        at += len + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], error[256] = "";
    int fd = memfd_create("list", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct exclude_list *list = NULL;
    int err = exclude_list_open(&list, path, error, sizeof(error));
    if (err == 0) {
        check_lines(list, (const char *)data, size);
        exclude_list_close(list);
    } else {
        assert(err < 0 && error[0] && !strchr(error, '\n'));
    }
    close(fd);
    return 0;
}
