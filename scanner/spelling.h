// SPDX-License-Identifier: MIT
#pragma once

/*
 * What a misspelt word was meant to be.
 *
 * Threads: any; pure.
 */

#include "scanner/base/span.h"

/* The nearest of `names` (NULL-terminated), or NULL when none is near. */
const char *nearest_spelling(span given, const char *const *names);

/* Of the first 64 bytes: letters put in, left out, mistaken; two that changed places count once. */
size_t spelling_distance(span a, span b);
