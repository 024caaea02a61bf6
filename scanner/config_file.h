// SPDX-License-Identifier: MIT
#pragma once

/*
 * The file of --config: lines of `key = value`, blank ones, `#` comments (a whole line, or after a blank). Nothing is
 * quoted and nothing continued on the next line.
 *
 * Its bytes are as hostile as a list's: control characters are refused, so are long lines and files. What a key means is
 * the caller's (options.h).
 *
 * Threads: any.  Memory: a file's text is the caller's to free; keys and values point into it.
 */

#include "scanner/base/span.h"

enum { CONFIG_FILE_MAX = 1024 * 1024, CONFIG_LINE_MAX = 8192 };

struct config_reader {
    span rest;
    size_t line;          /* number of the line read last, from 1 */
};

enum config_step { CONFIG_ENTRY, CONFIG_END, CONFIG_BAD };

/* The next entry; after CONFIG_BAD *why says in words what is wrong with reader->line. The value may be empty. */
enum config_step config_next(struct config_reader *reader, span *key, span *value, const char **why);

/* The whole file (or pipe). 0 or a negative errno, -EFBIG beyond CONFIG_FILE_MAX. */
MUST_USE int config_file_read(const char *path, char **text, size_t *len);
