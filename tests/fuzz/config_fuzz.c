// SPDX-License-Identifier: MIT
/* A config file: every entry lies inside it, lines are counted, and reading ends. */
#include "scanner/config_file.h"

#include <stdlib.h>

static void must_be_inside(span part, const uint8_t *data, size_t size)
{
    const char *begin = (const char *)data;
    if (part.ptr < begin || part.len > size || (size_t)(part.ptr - begin) > size - part.len) {
        abort();
    }
    for (size_t i = 0; i < part.len; i++) {
        if (part.ptr[i] == '\0' || part.ptr[i] == '\n') {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_reader reader = { .rest = span_of((const char *)data, size) };
    span key, value;
    const char *why = NULL;
    enum config_step step;
    size_t line = 0;
    while ((step = config_next(&reader, &key, &value, &why)) != CONFIG_END) {
        if (reader.line <= line || reader.line > size + 1) {
            abort();
        }
        line = reader.line;
        if (step == CONFIG_ENTRY) {
            must_be_inside(key, data, size);
            must_be_inside(value, data, size);
        } else if (!why) {
            abort();
        }
    }
    return 0;
}
