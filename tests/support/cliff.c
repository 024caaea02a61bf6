// SPDX-License-Identifier: MIT
#include "tests/support/cliff.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t mapped_size(size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (len + page - 1) / page * page;
}

span cliff_new(const void *bytes, size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = mapped_size(len ? len : 1);
    char *map = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + size, page, PROT_NONE) != 0) {
        abort();
    }
    char *copy = map + size - len;
    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    return span_of(copy, len);
}

void cliff_free(span copy)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = mapped_size(copy.len ? copy.len : 1);
    char *end = (char *)(uintptr_t)copy.ptr + copy.len;
    munmap(end - size, size + page);
}
