// SPDX-License-Identifier: MIT
#pragma once

/*
 * A small DNS for unit tests of mail/: a table of rows answers the questions of an answer set.
 *
 * A name without rows is NXDOMAIN, said by its top-level domain, unless something stands below it; a type without rows is
 * NODATA. A value in brackets is an outcome: "[SERVFAIL]", "[TIMEOUT]", "[NODATA]", "[NXDOMAIN]". In a TXT value '|' is a
 * boundary between strings.
 *
 * Memory: the arena given.
 */

#include "scanner/base/answer_set.h"

struct zone_row {
    const char *name;
    enum dns_type type;
    const char *value;
};

struct zone {
    const struct zone_row *rows;
    size_t count;
};

/* Gives every open question its answer. */
void zone_answer(const struct zone *zone, struct answer_set *set, struct arena *arena);
