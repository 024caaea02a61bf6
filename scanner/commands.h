// SPDX-License-Identifier: MIT
#pragma once

/* The subcommands, one file each, and the table of them. They return the exit status. */

#include "scanner/options.h"

int scan_command(const struct options *options, int argc, char **argv);
int check_command(const struct options *options, int argc, char **argv);
int spf_command(const struct options *options, int argc, char **argv);
int merge_command(const struct options *options, int argc, char **argv);
int report_command(const struct options *options, int argc, char **argv);
int diff_command(const struct options *options, int argc, char **argv);
int explain_command(const struct options *options, int argc, char **argv);

enum { COMMANDS_MAX = 31 }; /* a bit each */

extern const struct command commands[];
extern const size_t command_count;

/* NULL: there is none. */
const struct command *command_by_name(const char *name);
