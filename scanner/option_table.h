// SPDX-License-Identifier: MIT
#pragma once

/*
 * The table of options: the one place that says which there are. From it are made the parser, --help, the keys of the
 * config file and the environment, and through `trifecta help --json` the man page and the shells' completions.
 *
 * A name may stand twice, for different commands.
 */

#include "scanner/options.h"

enum option_kind {
    OPTION_FLAG,     /* bool: set to true; yes or no in a config file and the environment */
    OPTION_ACTION,   /* bool: on the command line only */
    OPTION_YES_NO,   /* bool */
    OPTION_STRING,
    OPTION_STRINGS,
    OPTION_COUNT,    /* uint64_t with k M G */
    OPTION_RATE,     /* double, per second, with k M G; 0: none */
    OPTION_PERCENT,  /* double */
    OPTION_DURATION, /* uint64_t in ms */
    OPTION_LEVEL,    /* int64_t, may be negative */
    OPTION_SEED,     /* uint64_t, and has_seed */
    OPTION_CHOICE,   /* int: index in `choices` */
};

struct option_row {
    const char *name;
    char letter;
    enum option_kind kind;
    const char *operand;   /* as help shows it; NULL: none. FILE, PATH, WHAT: a path, for completions */
    const char *standard;  /* default, parsed like a given value; NULL: zero */
    size_t offset;
    unsigned commands;     /* enum command_id */
    double low, high;      /* bounds of a number */
    const char *choices;   /* names separated by blanks */
    const char *group, *help;
};

extern const struct option_row option_rows[];
extern const size_t option_row_count; /* at most OPTION_ROWS_MAX */

/* Of one of these commands (bits of enum command_id; ~0u: any). NULL: there is none. */
const struct option_row *option_row_by_name(span name, unsigned commands);

/* The commands (bits of enum command_id) that have an option of this name, by whichever row. */
unsigned option_takers(const char *name);
const struct option_row *option_row_by_letter(char letter, unsigned commands);

/* The nearest name of an option of these commands, or NULL. */
const char *option_nearest_name(span given, unsigned commands);
