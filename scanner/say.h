// SPDX-License-Identifier: MIT
#pragma once

/*
 * What is said to a person: one line on stderr, "trifecta: ...".
 *
 * Threads: the main one.
 */

#include "scanner/base/span.h"

void say(const char *format, ...) PRINTF_LIKE(1, 2);
