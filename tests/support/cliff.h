// SPDX-License-Identifier: MIT
#pragma once

/*
 * A copy of an input that ends exactly at an unmapped page: a parser that reads one byte too far dies at that byte.
 */

#include "scanner/base/span.h"

/* The copy lasts until cliff_free(); aborts when the system gives no memory. An empty input gives a valid pointer. */
span cliff_new(const void *bytes, size_t len);
void cliff_free(span copy);
