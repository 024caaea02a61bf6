// SPDX-License-Identifier: MIT
#pragma once

/* The subcommands, one file each. They return the exit status. */

#include "scanner/options.h"

int scan_command(const struct options *options, int argc, char **argv);
int check_command(const struct options *options, int argc, char **argv);
int spf_command(const struct options *options, int argc, char **argv);
int explain_command(const struct options *options, int argc, char **argv);
