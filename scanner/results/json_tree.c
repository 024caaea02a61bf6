// SPDX-License-Identifier: MIT
#include "scanner/results/json_tree.h"

#include <stdlib.h>

static bool is_shallow(span text, size_t depth_max)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if ((c == '[' || c == '{') && ++depth > depth_max) {
            return false;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return true;
}

yajl_val json_tree_parse(span text, size_t depth_max, char words[JSON_TREE_WORDS_SIZE])
{
    words[0] = '\0';
    if (memchr(text.ptr, 0, text.len) || !is_shallow(text, depth_max)) {
        return NULL;
    }
    char *copy = strndup(text.ptr, text.len);
    yajl_val tree = copy ? yajl_tree_parse(copy, words, JSON_TREE_WORDS_SIZE) : NULL;
    free(copy);
    words[strcspn(words, "\n")] = '\0';
    return tree;
}
