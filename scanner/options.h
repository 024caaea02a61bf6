// SPDX-License-Identifier: MIT
#pragma once

/*
 * The command line: one table of options (options.c) feeds the parser, --help and whatever else is made from it.
 *
 * `--flag value` and `--flag=value` alike; numbers take k M G, durations ms s m h. A usage error is one line that says
 * what is wrong and the nearest right spelling. Every string points into argv.
 */

#include "scanner/base/span.h"

enum option_progress { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };
enum option_order { ORDER_SHUFFLED, ORDER_LIST };
enum option_records { RECORDS_BRIEF, RECORDS_FULL };

enum { OPTION_STRINGS_MAX = 64 }; /* of one repeatable option */

struct option_strings {
    const char *items[OPTION_STRINGS_MAX];
    size_t count;
};

struct options {
    struct option_strings resolvers, extra_selectors, spf_ips;
    const char *const *arguments; /* what stands beside the options, in order */
    size_t argument_count;

    const char *output, *checks, *selectors, *column, *tag_column, *selector_column, *exclude, *rejects, *summary, *metrics;
    const char *require, *ip, *sender, *helo;
    int input_format;             /* enum list_format */
    int order, records, progress, dkim;
    bool second_pass, dedup, force, no_resume, dry_run, json, quiet, verbose, help, version, has_seed;

    uint64_t concurrency, retries, seed, shards, shard, max_domains, workers, cache_size;
    double rate, resolver_rate, zone_rate, max_unknown;
    uint64_t timeout_ms, max_runtime_ms, checkpoint_every_ms;
    int64_t level;
};

enum command_id { COMMAND_SCAN = 1 << 0, COMMAND_CHECK = 1 << 1, COMMAND_EXPLAIN = 1 << 2, COMMAND_SPF = 1 << 3 };

struct command {
    enum command_id id;
    const char *name;
    const char *synopsis; /* "scan [LIST ...]" */
    const char *summary;  /* one line for the overview */
    const char *examples; /* printed first in --help */
    int (*run)(const struct options *options, int argc, char **argv);
};

/*
 * Reads argv[first .. argc) into *options by the rows of the table that belong to `command`. Arguments that are no
 * options are collected into `arguments`, which has room for argc pointers.
 * False: `error` holds one line without newline, ready to be printed after "trifecta: ".
 */
MUST_USE bool options_parse(const struct command *command, int argc, char **argv, int first, const char **arguments,
                            struct options *options, char *error, size_t error_size);

/* --help of one command, to stdout. */
void options_print_help(const struct command *command);

/* The nearest of `names` (NULL-terminated), or NULL when none is near. For wrong spellings. */
const char *nearest_spelling(span given, const char *const *names);
