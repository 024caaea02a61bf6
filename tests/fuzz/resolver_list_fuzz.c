// SPDX-License-Identifier: MIT
/*
 * The resolver list: any bytes as a file, as resolv.conf, and as a comma list. What is refused leaves the list as it was and
 * says why in one line; what is taken is within its bounds and can be read again from its own text.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lists/resolver_list.h"

static void check(const struct resolver_list *list, int err, size_t count_before, const char *error)
{
    assert(err <= 0 && list->count <= RESOLVER_LIST_MAX);
    assert(err == 0 || (list->count == count_before && error[0] && !strchr(error, '\n')));
    for (size_t i = 0; i < list->count; i++) {
        const struct resolver_entry *entry = &list->entries[i];
        assert(entry->address_len > 0 && memchr(entry->text, 0, sizeof(entry->text)) && entry->rate >= 0);
        struct resolver_list again = { 0 };
        char why[256];
        assert(resolver_list_add(&again, entry->text, why, sizeof(why)) == 0 && again.count == 1);
        assert(memcmp(&again.entries[0].address, &entry->address, entry->address_len) == 0);
        resolver_list_deinit(&again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], error[256] = "";
    int fd = memfd_create("list", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);

    struct resolver_list list = { 0 };
    int err = resolver_list_add(&list, path, error, sizeof(error));
    check(&list, err, 0, error);
    size_t before = list.count;
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    text[strcspn(text, "\n")] = 0; /* an argument is one line */
    if (!strchr(text, '/')) { /* no path: a file that happens to be there is nobody's business */
        err = resolver_list_add(&list, text, error, sizeof(error));
        check(&list, err, before, error);
    }
    free(text);
    resolver_list_deinit(&list);

    struct resolver_list system = { 0 };
    err = resolver_list_add_system(&system, path, error, sizeof(error));
    check(&system, err, 0, error);
    resolver_list_deinit(&system);
    close(fd);
    return 0;
}
