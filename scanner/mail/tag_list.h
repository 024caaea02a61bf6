// SPDX-License-Identifier: MIT
#pragma once

/*
 * A list of `name=value` elements between semicolons: RFC 6376 section 3.2, read one element at a time.
 *
 * White space around names and values is not part of them. What may stand in a name or value differs between records, so
 * the reader judges nothing but offers the checks.
 *
 * Threads: any; pure.  Memory: none; the results point into the text.
 */

#include "scanner/base/span.h"

struct tag {
    span name, value;
    span element;         /* all of it, trimmed */
    bool has_equals;      /* false: a word without '='; name is then all of it */
    bool is_empty;        /* nothing between two semicolons, or after the last */
};

/* Takes the next element off *rest; false at the end. */
bool tag_list_next(span *rest, struct tag *out);

/* RFC 6376 3.2 tag-name: a letter, then letters, digits, underscores. */
bool tag_name_is_valid(span name);

/* RFC 6376 3.2 tag-value: printable ASCII without ';', white space between. */
bool tag_value_is_valid(span value);

/* `word` stands in `text`, without case, and what is before it is no letter or digit: not by chance inside a token. */
bool text_has_word(span text, span word);
