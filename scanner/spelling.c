// SPDX-License-Identifier: MIT
#include "scanner/spelling.h"

enum { SPELLING_MAX = 64 };

size_t spelling_distance(span a, span b)
{
    size_t row[SPELLING_MAX + 1];
    a = span_first(a, SPELLING_MAX);
    b = span_first(b, SPELLING_MAX);
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t above = row[j];
            size_t best = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[b.len];
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
