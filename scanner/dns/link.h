// SPDX-License-Identifier: MIT
#pragma once

/*
 * A doubly linked list whose links stand inside the members: joining and leaving cost no memory and no search.
 * A list is a link of its own, pointing at itself while empty; a link that is in no list points at itself too.
 *
 * Threads: one at a time.  Memory: the members'.
 */

#include <stdbool.h>
#include <stddef.h>

struct link {
    struct link *previous, *next;
};

/* The struct of `type` that holds `pointer` as its `member`. */
#define LINK_OWNER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline void link_init(struct link *link)
{
    link->previous = link->next = link;
}

static inline bool link_is_alone(const struct link *link)
{
    return link->next == link;
}

static inline void link_append(struct link *list, struct link *link)
{
    link->previous = list->previous;
    link->next = list;
    list->previous->next = link;
    list->previous = link;
}

static inline void link_prepend(struct link *list, struct link *link)
{
    link_append(list->next, link); /* before the first */
}

static inline void link_leave(struct link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link_init(link);
}

/* Takes the first member off; NULL when the list is empty. */
static inline struct link *link_take_first(struct link *list)
{
    struct link *first = list->next;
    if (first == list) {
        return NULL;
    }
    link_leave(first);
    return first;
}

/* Appends all members of `from` to `list`; `from` is empty afterwards. */
static inline void link_append_all(struct link *list, struct link *from)
{
    if (link_is_alone(from)) {
        return;
    }
    from->next->previous = list->previous;
    list->previous->next = from->next;
    from->previous->next = list;
    list->previous = from->previous;
    link_init(from);
}
