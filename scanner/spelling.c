// SPDX-License-Identifier: MIT
#include "scanner/spelling.h"

enum { SPELLING_MAX = 64 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t spelling_distance(span a, span b)
{
    size_t rows[3][SPELLING_MAX + 1]; /* those of i, i - 1, i - 2 in turn */
    a = span_first(a, SPELLING_MAX);
    b = span_first(b, SPELLING_MAX);
    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3], *above_that = rows[(i - 2) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool are_swapped = i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1];
            row[j] = smaller(smaller(above[j], row[j - 1]) + 1, above[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]));
            row[j] = are_swapped ? smaller(row[j], above_that[j - 2] + 1) : row[j];
        }
    }
    return rows[a.len % 3][b.len];
}

const char *nearest_spelling(span given, const char *const *names)
{
    const char *nearest = NULL;
    size_t best = given.len / 3 + (given.len > 3 ? 2 : 1); /* as far as that is no misspelling */
    for (; *names; names++) {
        size_t d = spelling_distance(given, span_from_cstr(*names));
        if (span_starts_with(span_from_cstr(*names), given) && given.len >= 3) {
            d = 1;
        }
        if (d < best) {
            best = d;
            nearest = *names;
        }
    }
    return nearest;
}
