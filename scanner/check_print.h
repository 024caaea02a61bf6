// SPDX-License-Identifier: MIT
#pragma once

/*
 * One domain drawn for a person: verdict, a tree per mechanism, findings worst first with what to do.
 *
 * Bytes of the DNS are printed by the rule of the records (`\DDD`), so nothing a zone holds reaches the terminal raw.
 *
 * Threads: any; writes to the stream given.
 */

#include <stdio.h>

#include "scanner/record.h"

struct check_style {
    bool is_coloured;
    bool is_utf8;      /* tree lines and marks beyond ASCII */
    bool is_whole;     /* every term of the SPF tree, not runs of addresses in one line */
};

/* Bytes of the DNS by that rule. */
void print_dns_text(FILE *out, span text);

void check_print(FILE *out, const struct check_style *style, const struct assessment *a, const struct record_facts *facts);
