// SPDX-License-Identifier: MIT
#pragma once

/*
 * The --rejects file: one line for each line of a list that holds no domain name,
 *
 *     path:line: reason: text
 *
 * as compilers do, so that editors jump there. The text is cut after REJECT_TEXT_MAX bytes; control bytes and what is
 * no UTF-8 are written as \DDD, a backslash as \\, so that the file is always valid UTF-8 and safe on a terminal.
 *
 * Threads: one at a time.  Memory: one stdio buffer.  Errors: a failed write is kept and told by rejects_close.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REJECT_TEXT_MAX = 512,
};

struct list_reject {
    const char *path;   /* "-" for stdin */
    uint64_t line;      /* in that list, from 1 */
    uint64_t seq;       /* over all lists, from 1 */
    const char *reason; /* "an IP address" */
    const char *text;   /* the line's bytes; of a line that is too long its beginning */
    size_t text_len;
};

struct rejects;

/* Creates (or empties) `path`. 0, or a negative errno with one line in error[]. `append`: a resumed run goes on. */
int rejects_open(struct rejects **out, const char *path, bool append, char *error, size_t error_size);
/* Fits list_options.on_reject; `rejects` is a struct rejects. */
void rejects_write(void *rejects, const struct list_reject *reject);
/* What is written so far reaches the file. 0 or the first error, negative errno. */
int rejects_flush(struct rejects *rejects);
/* 0, or the first error there was, negative errno. Frees in any case; NULL is fine. */
int rejects_close(struct rejects *rejects);

/* The text of one such line without the path, for those who show it themselves: returns its length, always NUL-ended.
 */
size_t reject_escape(const char *text, size_t len, char *out, size_t size);
