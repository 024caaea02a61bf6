// SPDX-License-Identifier: MIT
#include "scanner/left_behind.h"

#include <stdlib.h>

struct left_behind_name {
    struct left_behind_name *next;
    struct domain_entry entry;
    size_t bytes;
    char texts[];
};

static span put(char **at, span text)
{
    char *copy = *at;
    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    *at += text.len;
    return span_of(copy, text.len);
}

bool left_behind_keep(struct left_behind *left, const struct domain_entry *entry)
{
    size_t texts = entry->domain.len + entry->tag.len + entry->list_selectors.len;
    size_t bytes = sizeof(struct left_behind_name) + texts;
    if (left->count == LEFT_BEHIND_MAX || bytes > LEFT_BEHIND_BYTES - left->bytes) {
        return false;
    }
    struct left_behind_name *name = malloc(bytes);
    if (!name) {
        return false;
    }
    char *at = name->texts;
    *name = (struct left_behind_name){ .entry = *entry, .bytes = bytes };
    name->entry.domain = put(&at, entry->domain);
    name->entry.tag = put(&at, entry->tag);
    name->entry.list_selectors = put(&at, entry->list_selectors);
    if (left->last) {
        left->last->next = name;
    } else {
        left->first = name;
    }
    left->last = name;
    left->count++;
    left->bytes += bytes;
    return true;
}

bool left_behind_is_due(struct left_behind *left)
{
    if (left->count == 0 || ++left->others < LEFT_BEHIND_EACH) {
        return false;
    }
    left->others = 0;
    return true;
}

bool left_behind_take(struct left_behind *left, struct domain_entry *out)
{
    free(left->out);
    struct left_behind_name *name = left->out = left->first;
    if (!name) {
        return false;
    }
    left->first = name->next;
    left->last = left->first ? left->last : NULL;
    left->count--;
    left->bytes -= name->bytes;
    *out = name->entry;
    return true;
}

void left_behind_deinit(struct left_behind *left)
{
    struct left_behind_name *next;
    for (struct left_behind_name *name = left->first; name; name = next) {
        next = name->next;
        free(name);
    }
    free(left->out);
    *left = (struct left_behind){ .first = NULL };
}
