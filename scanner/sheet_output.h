// SPDX-License-Identifier: MIT
#pragma once

/*
 * A sheet of tables into a file or to stdout. A file is replaced as a whole (replace_file.h); text for a terminal has its
 * width, and colour only there, never with NO_COLOR or TERM=dumb.
 *
 * Threads: the main one.
 */

#include "scanner/results/table.h"

enum sheet_format { SHEET_HTML, SHEET_JSON, SHEET_TEXT };

/* The format that the suffix of `path` names, `otherwise` where it names none; of "-": text on a terminal, else `otherwise`. */
enum sheet_format sheet_format_of(const char *path, enum sheet_format otherwise);

/* The exit status; what went wrong was said. */
MUST_USE int sheet_write(const struct sheet *sheet, const char *path, enum sheet_format format);
