// SPDX-License-Identifier: MIT
#pragma once

/*
 * What the user wants: from the command line, the environment and a config file, in this order of strength, over the
 * defaults of the table (option_table.h).
 *
 * On the command line `--flag value` and `--flag=value` alike; numbers take k M G, durations ms s m h. In the environment
 * TRIFECTA_RESOLVER_RATE is --resolver-rate; several values of a repeatable option are separated by commas. In the file
 * of --config (config_file.h) a line is `resolver-rate = 500`; a repeatable option may have several. Of a repeatable
 * option the strongest that names it wins whole. A key or variable of another command counts for nothing here.
 *
 * A wrong command line is EXIT_USAGE_WRONG, a wrong file or environment EXIT_CONFIG_BAD, each with one line that says what
 * is wrong, where, and the nearest right spelling.
 */

#include "scanner/base/span.h"
#include "scanner/exit_status.h"
#include "scanner/spelling.h"

enum option_progress { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };
enum option_order { ORDER_SHUFFLED, ORDER_LIST };
enum option_records { RECORDS_BRIEF, RECORDS_FULL };

enum {
    OPTION_STRINGS_MAX = 64, /* of one repeatable option */
    OPTION_ROWS_MAX = 128,   /* of the table */
};

struct option_strings {
    const char *items[OPTION_STRINGS_MAX];
    size_t count;
};

/* Weakest first. */
enum option_layer { OPTION_FROM_DEFAULT, OPTION_FROM_FILE, OPTION_FROM_ENVIRONMENT, OPTION_FROM_FLAG };

struct option_source {
    enum option_layer layer;
    size_t line;              /* of the config file */
    const char *text;         /* as it was given, the last one of several; NULL: nothing */
};

struct options {
    struct option_strings resolvers, extra_selectors, spf_ips, report_summaries;
    const char *const *arguments; /* what stands beside the options, in order */
    size_t argument_count;

    const char *output, *checks, *selectors, *column, *tag_column, *selector_column, *exclude, *rejects, *summary, *metrics, *change_metrics;
    const char *require, *ip, *sender, *helo, *config, *report_output, *diff_output, *fail_on, *title;
    int input_format;             /* enum list_format */
    int order, records, progress, dkim, report_format, diff_format;
    bool second_pass, dedup, force, no_resume, dry_run, strict, json, quiet, verbose, help, version, has_seed, by_file;

    uint64_t concurrency, retries, seed, shards, shard, max_domains, loops, workers, cache_size;
    uint64_t part_records, part_bytes, top, diff_top;
    double rate, resolver_rate, zone_rate, max_unknown;
    uint64_t timeout_ms, max_runtime_ms, checkpoint_every_ms;
    int64_t level;

    struct option_source sources[OPTION_ROWS_MAX]; /* of each row of the table */
    struct option_memory *memory;                  /* strings that stand neither in argv nor in the environment */
};

enum command_id {
    COMMAND_SCAN = 1 << 0,
    COMMAND_CHECK = 1 << 1,
    COMMAND_EXPLAIN = 1 << 2,
    COMMAND_SPF = 1 << 3,
    COMMAND_REPORT = 1 << 4,
    COMMAND_MERGE = 1 << 5,
    COMMAND_DIFF = 1 << 6,
};

struct command {
    enum command_id id;
    const char *name;
    const char *synopsis; /* "scan [LIST ...]" */
    const char *summary;  /* one line for the overview */
    const char *examples; /* printed first in --help */
    int (*run)(const struct options *options, int argc, char **argv);
};

/* Beside argv: the environment ("NAME=VALUE", NULL-terminated; NULL: none), and where to collect the arguments that are
   no options: room for argc pointers. All strings must outlive the options. */
struct options_input {
    int argc, first;                /* argv[first .. argc) */
    char *const *argv;
    const char *const *environment;
    const char **arguments;
};

/*
 * Reads all of it into *options by the rows of the table that belong to `command`. EXIT_DONE, or another status and in
 * `error` one line without newline, ready to be printed after "trifecta: ". options_free() in either case.
 */
MUST_USE enum exit_status options_read(struct options *options, const struct command *command,
                                       const struct options_input *input, char *error, size_t error_size);
void options_free(struct options *options);

/* What stands otherwise than by default, and why, one line an option: for --verbose. */
void options_say(const struct options *options, const struct command *command);
