// SPDX-License-Identifier: MIT
#pragma once

/*
 * How the lines of a list are laid out: found out from its first lines, then used to take each line apart.
 *
 *   plain     one name a line, `#` comments (a whole line, or after a blank)
 *   csv       RFC 4180 with `,` `;` or TAB; header understood when it names a domain-like column; else the column that
 *             holds names in most of the first lines. A column like `rank` gives the rank
 *   tranco    `rank,name`, no header; umbrella (and the old Alexa list) is the same thing under its own name
 *   majestic  `GlobalRank,TldRank,Domain,...`
 *   crux      `origin,rank`, origins are URLs
 *   zone      master file (RFC 1035 section 5.1, CZDS): the owners of NS below the apex, runs of one owner once
 *
 * What it refuses: `$INCLUDE` and `$GENERATE` in zones (rejected lines). A quoted CSV field may hold line breaks.
 *
 * Threads: one at a time per struct.  Memory: one scratch buffer of LAYOUT_LINE_MAX bytes; results point into the line
 * or into that buffer until the next call.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lists/name.h"
#include "lists/text.h"

enum {
    LAYOUT_LINE_MAX = 65535,   /* a longer line is no list line; whoever reads lines keeps to it */
    LAYOUT_PROBE_SIZE = 65536, /* first bytes that are enough to tell the layout */
    LAYOUT_ERROR_SIZE = 512,
};

enum layout_kind {
    LAYOUT_AUTO,
    LAYOUT_PLAIN,
    LAYOUT_CSV,
    LAYOUT_TRANCO,
    LAYOUT_UMBRELLA,
    LAYOUT_MAJESTIC,
    LAYOUT_CRUX,
    LAYOUT_ZONE,
    LAYOUT_KIND_COUNT
};

/* "auto", "plain", "csv", ...: as --input-format and the summary spell them. */
const char *layout_kind_name(enum layout_kind kind);
/* False when `name` is none of them. */
bool layout_kind_from_name(const char *name, size_t len, enum layout_kind *out);

/* What the user said; NULL columns were not given. A column is a header's name or a number from 1. */
struct layout_wish {
    enum layout_kind kind;
    const char *column;
    const char *tag_column;
    const char *selector_column;
};

struct layout;

/*
 * Tells the layout from the first bytes (a byte order mark is stepped over; `is_whole` says that they are all there
 * is). 0, -ENOMEM, or -EINVAL with one line in error[] when the wish cannot be met ("no column "host" in the header
 * (id, name): ..."); the caller puts the path in front.
 */
int layout_new(struct layout **out, const struct layout_wish *wish, const char *bytes, size_t len, bool is_whole,
               char *error, size_t error_size);
void layout_free(struct layout *layout);
enum layout_kind layout_get_kind(const struct layout *layout);

enum layout_line {
    LAYOUT_LINE_NAME,    /* fields are filled; whether `name` is a name is not yet asked */
    LAYOUT_LINE_NOTHING, /* blank, comment, header, a record that is not an NS below the apex */
    LAYOUT_LINE_OPEN,    /* a quoted field goes on in the next line: come again with both, line break between */
    LAYOUT_LINE_BAD,     /* `reason` is filled */
};

struct layout_fields {
    struct text name;
    bool name_is_host;     /* for name_from_host (zone), not name_from_text */
    uint64_t rank;         /* 0: none */
    bool has_tag;          /* a --tag-column was given; an empty field is an empty tag */
    struct text tag;       /* any bytes */
    struct text selectors; /* the field as it is */
    const char *reason;    /* static */
};

/*
 * Takes the next line apart; its line end (LF, CR LF) is already off. `is_last_try` turns LINE_OPEN into LINE_BAD.
 * Calls must follow the order of the list: headers, origins and owners of zones are remembered.
 */
enum layout_line layout_take_line(struct layout *layout, struct text line, bool is_last_try, struct layout_fields *out);

/*
 * A selectors field -> selectors in lower case with one blank between them. They may be separated by blanks, `,` `;` or
 * `|`; what is no selector (labels of letters, digits, hyphen, underscore, RFC 6376 section 3.1) is left out.
 * Returns the length written, at most `size`.
 */
size_t layout_selectors(struct text field, char *out, size_t size);
