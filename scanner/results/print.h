// SPDX-License-Identifier: MIT
#pragma once

/*
 * The printers of a sheet of tables. All show the same numbers with the same rounding; texts come from the DNS and from
 * lists, so each printer makes them harmless for its reader: HTML escapes, the terminal gets no control characters.
 *
 * A failure to write is the stream's: ask ferror().
 *
 * Threads: any, one at a time for a stream.  Memory: none beyond the sheet.
 */

#include <stdio.h>

#include "scanner/results/table.h"

/* One object, one line: {"schema": 1, "title", "methods": {key: text}, "tables": {key: {"section", "title", "note",
 * "remark", "columns": [{"key", "title", "kind"}], "rows": [{column: value}]}}}. A count is a number, a share an object
 * {"count", "of", "unknown", "percent"} whose percent, of `of`, is null when that is 0; what does not apply is null.
 * False: no memory. */
MUST_USE bool print_sheet_json(FILE *out, const struct sheet *sheet);

struct text_style {
    size_t columns; /* of the terminal, at least 40 */
    bool is_coloured, is_utf8;
};

/* For a terminal. A table too wide for it goes on below, its first column repeated. */
void print_sheet_text(FILE *out, const struct sheet *sheet, const struct text_style *style);

/* One file that needs no other: CSS and SVG within, no script. */
void print_sheet_html(FILE *out, const struct sheet *sheet);
