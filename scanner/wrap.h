// SPDX-License-Identifier: MIT
#pragma once

/*
 * Text for a person, wrapped between words: what a line has too much goes on below where its text begins, past blanks, tree
 * lines and the column of labels. A word that is too long is left to the terminal.
 *
 * Escape sequences of colours take no room, a UTF-8 character takes one column.
 *
 * Threads: any; writes to the stream given.
 */

#include <stdio.h>

#include "scanner/base/span.h"

enum { WRAP_LABELS = 11 }; /* width of the labels in front of an indented line */

void wrap_print(FILE *out, span text, size_t columns);
