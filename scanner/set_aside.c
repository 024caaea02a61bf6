// SPDX-License-Identifier: MIT
#include "scanner/set_aside.h"

#include <assert.h>
#include <stdlib.h>

struct set_aside_entry {
    struct set_aside_entry *next;
    struct domain_entry entry;
    size_t size;
    char bytes[];
};

void set_aside_init(struct set_aside *aside)
{
    *aside = (struct set_aside){ 0 };
}

void set_aside_deinit(struct set_aside *aside)
{
    while (aside->first) {
        struct set_aside_entry *next = aside->first->next;
        free(aside->first);
        aside->first = next;
    }
    *aside = (struct set_aside){ 0 };
}

static span keep(char **at, span s)
{
    span copy = span_of(*at, s.len);
    if (s.len > 0) {
        memcpy(*at, s.ptr, s.len);
    }
    *at += s.len;
    return copy;
}

bool set_aside_add(struct set_aside *aside, const struct domain_scan *d)
{
    size_t size = sizeof(struct set_aside_entry) + d->domain.len + d->tag.len + d->list_selectors.len;
    if (aside->count == SET_ASIDE_ENTRIES || aside->bytes + size > SET_ASIDE_BYTES) {
        return false;
    }
    struct set_aside_entry *e = malloc(size);
    if (!e) {
        return false;
    }
    char *at = e->bytes;
    e->next = NULL;
    e->size = size;
    e->entry = (struct domain_entry){
        .index = d->index,
        .seq = d->seq,
        .rank = d->rank,
        .has_tag = d->has_tag,
        .domain = keep(&at, d->domain),
        .tag = keep(&at, d->tag),
        .list_selectors = keep(&at, d->list_selectors),
    };
    if (aside->last) {
        aside->last->next = e;
    } else {
        aside->first = e;
    }
    aside->last = e;
    aside->count++;
    aside->bytes += size;
    return true;
}

bool set_aside_is_crowded(const struct set_aside *aside, uint64_t newest)
{
    return aside->count > SET_ASIDE_ENTRIES / 2 || aside->bytes > SET_ASIDE_BYTES / 2 ||
           (aside->first && aside->first->entry.index < newest && newest - aside->first->entry.index > SET_ASIDE_SPAN);
}

bool set_aside_take(struct set_aside *aside, struct domain_entry *out)
{
    if (!aside->first) {
        return false;
    }
    *out = aside->first->entry;
    return true;
}

void set_aside_drop(struct set_aside *aside, const struct domain_entry *entry)
{
    struct set_aside_entry *e = aside->first;
    assert(e && e->entry.index == entry->index);
    aside->first = e->next;
    if (!aside->first) {
        aside->last = NULL;
    }
    aside->count--;
    aside->bytes -= e->size;
    free(e);
}
