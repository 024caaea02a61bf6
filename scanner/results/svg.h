// SPDX-License-Identifier: MIT
#pragma once

/*
 * Charts of a table as inline SVG: no script, colours from the page's variables (--c1 to --c4, --ink, --soft, --line),
 * each with title and desc for those who do not see it. Drawn at most 360 units wide, so that the text stays legible on a
 * telephone; the table beside it has every number.
 */

#include <stdio.h>

#include "scanner/results/table.h"

/* Whether there is something to draw. */
bool svg_has_chart(const struct table *table);
void svg_print_chart(FILE *out, const struct table *table);

/* Text for HTML and SVG; control characters become U+FFFD. */
void html_print_text(FILE *out, span text);
