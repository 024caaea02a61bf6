// SPDX-License-Identifier: MIT
#pragma once

/*
 * A hostile JSON text as yajl's tree. yajl wants a C string, so a NUL is refused, and frees by recursion, so is what nests
 * deeper than the caller's format does.
 *
 * Threads: any.  Memory: heap; yajl_tree_free gives it back.
 */

#include <yajl/yajl_tree.h>

#include "scanner/base/span.h"

enum { JSON_TREE_WORDS_SIZE = 128 };

/* NULL: it is no such text; *words then says why in one line, or is empty. */
MUST_USE yajl_val json_tree_parse(span text, size_t depth_max, char words[JSON_TREE_WORDS_SIZE]);
