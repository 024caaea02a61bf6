// SPDX-License-Identifier: MIT
/* The first byte chooses the wish, the rest is a list: every line is taken, nothing is read outside it. */
#include "lists/layout.h"

#include <stdint.h>
#include <stdlib.h>

static const struct layout_wish wishes[] = {
    { 0 },
    { .kind = LAYOUT_PLAIN },
    { .kind = LAYOUT_CSV },
    { .kind = LAYOUT_ZONE },
    { .kind = LAYOUT_TRANCO },
    { .kind = LAYOUT_MAJESTIC },
    { .kind = LAYOUT_CRUX },
    { .column = "2", .tag_column = "1", .selector_column = "3" },
    { .column = "domain", .tag_column = "id" },
};

/* The fields must be readable to their ends. */
static void touch(struct text t)
{
    static volatile char last;
    for (size_t i = 0; i < t.len; i++) {
        last = t.ptr[i];
    }
    (void)last;
}

static void take(struct layout *layout, struct text line, bool is_last_try)
{
    struct layout_fields fields;
    char selectors[64];
    enum layout_line kind = layout_take_line(layout, line, is_last_try, &fields);
    if (kind == LAYOUT_LINE_NAME) {
        touch(fields.name);
        touch(fields.tag);
        if (layout_selectors(fields.selectors, selectors, sizeof(selectors)) > sizeof(selectors)) {
            abort();
        }
    }
    if (kind == LAYOUT_LINE_OPEN) {
        if (is_last_try) {
            abort();
        }
        take(layout, line, true);
    }
    if (kind == LAYOUT_LINE_BAD && fields.reason == NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[LAYOUT_ERROR_SIZE];
    struct layout *layout;
    if (size < 1 || size > LAYOUT_PROBE_SIZE) {
        return 0;
    }
    const struct layout_wish *wish = &wishes[data[0] % (sizeof(wishes) / sizeof(wishes[0]))];
    const char *bytes = (const char *)data + 1;
    if (layout_new(&layout, wish, bytes, size - 1, (data[0] & 0x80) == 0, error, sizeof(error)) < 0) {
        return 0;
    }
    struct text rest = text_of(bytes, size - 1);
    while (rest.len > 0) {
        struct text line = text_cut(&rest, '\n');
        if (line.len <= LAYOUT_LINE_MAX) {
            take(layout, line, false);
        }
    }
    layout_free(layout);
    return 0;
}
