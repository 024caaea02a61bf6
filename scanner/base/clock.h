// SPDX-License-Identifier: MIT
#pragma once

/*
 * Time. Everything that measures or waits uses the monotonic clock; the wall clock is read only to be printed.
 */

#include <stdint.h>

/* Monotonic, since an arbitrary moment. */
uint64_t clock_now_ns(void);

static inline uint64_t clock_now_ms(void)
{
    return clock_now_ns() / 1000000u;
}

/* Milliseconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall_ms(void);

enum { CLOCK_TEXT_SIZE = sizeof("2026-11-21T20:20:13.123Z") };

/* RFC 3339, UTC, milliseconds; `out` holds CLOCK_TEXT_SIZE bytes. */
void clock_print_utc(int64_t wall_ms, char *out);
