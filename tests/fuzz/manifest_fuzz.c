// SPDX-License-Identifier: MIT

/*
 * The reader of manifests: input is a file. Whatever it takes keeps its promises: the names of parts stay in the folder,
 * hashes are 16 hex digits, every text can be read to its end.
 */

#include <assert.h>
#include <stdint.h>

#include "scanner/results/manifest_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t touched;

static void touch(const char *text)
{
    touched += strlen(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest_view view;
    char error[MANIFEST_ERROR_SIZE] = "";
    if (!manifest_view_parse(&view, span_of((const char *)data, size), error)) {
        assert(error[0] != '\0' && strlen(error) < sizeof(error) && view.tree == NULL);
        return 0;
    }
    touch(view.version);
    touch(view.order);
    touch(view.started_at);
    touch(view.finished_at);
    assert(strlen(view.list_identity) == 16);
    for (size_t i = 0; i < view.list_count; i++) {
        touch(view.lists[i].path);
        assert(strlen(view.lists[i].xxh3) == 16);
    }
    for (size_t i = 0; i < view.option_count; i++) {
        touch(view.options[i].name);
        touch(view.options[i].value);
    }
    for (size_t i = 0; i < view.part_count; i++) {
        assert(view.parts[i].name[0] != '.' && view.parts[i].name[0] != '\0' && !strchr(view.parts[i].name, '/'));
        assert(strlen(view.parts[i].xxh3) == 16);
    }
    manifest_view_deinit(&view);
    return 0;
}
