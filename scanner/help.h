// SPDX-License-Identifier: MIT
#pragma once

/*
 * What --help and `trifecta help` say, from the tables of commands and options: examples first, at most 100 columns.
 *
 * Threads: the main one.
 */

#include <stdio.h>

#include "scanner/options.h"

/* The commands, and which options they take. */
void help_print_overview(FILE *out);
void help_print_command(const struct command *command);

/* The tables themselves on stdout, for docs/make-man and docs/make-completions. False: they could not be written. */
MUST_USE bool help_print_json(void);
