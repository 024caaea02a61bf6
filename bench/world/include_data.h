// SPDX-License-Identifier: MIT
#pragma once

/*
 * Real include targets: their SPF records, and how popular each is. See the .c file for the source.
 * Threads: constant data.
 */

#include <stddef.h>

struct include_record {
    const char *name;
    const char *text;
};

struct include_target {
    const char *name;
    unsigned weight;  /* domains that reach it in the source data */
    unsigned lookups; /* counted terms below it (RFC 7208 4.6.4), the include itself not counted */
};

extern const struct include_record include_records[];
extern const size_t include_record_count;
extern const struct include_target include_targets[];
extern const size_t include_target_count;
