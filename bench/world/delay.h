// SPDX-License-Identifier: MIT
#pragma once

/*
 * How long an answer is under way: a distribution as text, and draws from it.
 *
 *     DELAY  = TIME | "uniform:" TIME "-" TIME | "lognormal:" MEDIAN ":" SIGMA      SIGMA of the natural logarithm
 *     then, if wanted, "+" SHARE ":" TIME: that share of the answers takes so much longer (a tail)
 *     TIME   = milliseconds, or with a unit: 50, 50ms, 1.5s        SHARE = 1 or 1%
 *
 * Threads: any; pure, the dice are the caller's.
 */

#include "scanner/base/span.h"

enum { DELAY_MAX_MS = 60000 };

enum delay_kind { DELAY_FIXED, DELAY_UNIFORM, DELAY_LOGNORMAL };

struct delay {
    enum delay_kind kind;
    double low_ms;  /* FIXED: all; UNIFORM: from; LOGNORMAL: the median */
    double high_ms; /* UNIFORM: to */
    double sigma;   /* LOGNORMAL */
    unsigned tail_ppm;
    double tail_ms;
};

/* False leaves *out as it was. */
bool delay_parse(span text, struct delay *out) MUST_USE;

bool delay_is_none(const struct delay *d);

/* Milliseconds, 0 to DELAY_MAX_MS; `random`: 64 even bits. */
unsigned delay_draw(const struct delay *d, uint64_t random);

/* The pieces of the grammar, for others that take times and shares. At most DELAY_MAX_MS * 60. */
bool time_parse_ms(span text, double *out) MUST_USE;
bool share_parse_ppm(span text, unsigned *out) MUST_USE;
