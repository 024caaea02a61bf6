// SPDX-License-Identifier: MIT
#pragma once

/*
 * Names never to be asked about. A file of lines: `name` (that name alone), `*.name` (all below it, not the name
 * itself), blank, `#` comment (also after a blank). Names are written as in any list (name.h): IDN, URL, upper case.
 *
 * A line that is no name is an error, unlike in a list to scan: who opted out must not be asked because of a typo.
 *
 * Threads: any, once open.  Memory: 20 to 25 bytes an entry; a lookup is one hash a label.
 */

#include <stdbool.h>
#include <stddef.h>

struct exclude_list;

/* 0, or a negative errno with one line in error[] ("file:line: ..."; -EINVAL for a bad line). */
int exclude_list_open(struct exclude_list **out, const char *path, char *error, size_t error_size);
void exclude_list_close(struct exclude_list *list);

/* `name` as name.h writes it. NULL lists hold nothing. */
bool exclude_list_has(const struct exclude_list *list, const char *name, size_t len);
size_t exclude_list_count(const struct exclude_list *list);
