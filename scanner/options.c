// SPDX-License-Identifier: MIT
#include "scanner/options.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum option_kind {
    OPTION_FLAG,     /* bool: set to true */
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
    const char *operand;   /* as help shows it; NULL: none */
    const char *standard;  /* default, parsed like a given value; NULL: zero */
    size_t offset;
    unsigned commands;     /* enum command_id */
    double low, high;      /* bounds of a number */
    const char *choices;   /* names separated by blanks */
    const char *group, *help;
};

#define AT(field) offsetof(struct options, field)
#define ASKING    (COMMAND_SCAN | COMMAND_CHECK)
#define RESOLVING (ASKING | COMMAND_SPF)
#define EVERY     (COMMAND_SCAN | COMMAND_CHECK | COMMAND_EXPLAIN | COMMAND_SPF)

static const struct option_row rows[] = {
    { "ip", 0, OPTION_STRING, "IP", NULL, AT(ip), COMMAND_SPF, 0, 0, NULL, "Sender",
      "address of the client: IPv4 or IPv6; an IPv4-mapped one is judged as IPv4" },
    { "sender", 0, OPTION_STRING, "ADDR", NULL, AT(sender), COMMAND_SPF, 0, 0, NULL, "Sender",
      "MAIL FROM, for macros (default: postmaster@ the HELO name); <> is the null reverse-path" },
    { "helo", 0, OPTION_STRING, "NAME", NULL, AT(helo), COMMAND_SPF, 0, 0, NULL, "Sender",
      "what the client says in HELO, for macros (default: the domain)" },

    { "output", 'o', OPTION_STRING, "PATH", "results.ndjson.zst", AT(output), COMMAND_SCAN, 0, 0, NULL, "Output",
      "NAME.ndjson.zst, NAME.ndjson, or - for stdout" },
    { "force", 0, OPTION_FLAG, NULL, NULL, AT(force), COMMAND_SCAN, 0, 0, NULL, "Output", "overwrite a finished output" },
    { "level", 0, OPTION_LEVEL, "N", "1", AT(level), COMMAND_SCAN, -7, 22, NULL, "Output", "zstd level" },
    { "records", 0, OPTION_CHOICE, "KIND", "brief", AT(records), ASKING, 0, 0, "brief full", "Output",
      "full adds the key records and the SPF tree" },
    { "json", 0, OPTION_FLAG, NULL, NULL, AT(json), COMMAND_CHECK | COMMAND_EXPLAIN | COMMAND_SPF, 0, 0, NULL, "Output",
      "print JSON instead of the drawing" },
    { "require", 0, OPTION_STRING, "POSTURE", NULL, AT(require), COMMAND_CHECK, 0, 0, NULL, "Output",
      "exit 1 unless every domain has this posture (several: separated by commas)" },
    { "rejects", 0, OPTION_STRING, "FILE", NULL, AT(rejects), COMMAND_SCAN, 0, 0, NULL, "Output",
      "lines that are no domain names, with line number and reason" },
    { "summary", 0, OPTION_STRING, "FILE", NULL, AT(summary), COMMAND_SCAN, 0, 0, NULL, "Output",
      "one JSON object about the whole run at its end" },
    { "checkpoint-every", 0, OPTION_DURATION, "DUR", "10s", AT(checkpoint_every_ms), COMMAND_SCAN, 10, 86400000, NULL,
      "Output", "how often progress is made durable" },
    { "no-resume", 0, OPTION_FLAG, NULL, NULL, AT(no_resume), COMMAND_SCAN, 0, 0, NULL, "Output",
      "begin again where an earlier run stopped early" },

    { "resolvers", 'r', OPTION_STRINGS, "WHAT", NULL, AT(resolvers), RESOLVING, 0, 0, NULL, "Asking",
      "file, or comma list of IP, IP:port, [IPv6]:port; repeatable (default: /etc/resolv.conf)" },
    { "concurrency", 0, OPTION_COUNT, "N", "20k", AT(concurrency), ASKING, 1, 1000000, NULL, "Asking",
      "ceiling of queries in flight over all resolvers" },
    { "rate", 0, OPTION_RATE, "QPS", NULL, AT(rate), RESOLVING, 0, 1e9, NULL, "Asking", "cap on packets sent, retries counted, over all" },
    { "resolver-rate", 0, OPTION_RATE, "QPS", NULL, AT(resolver_rate), RESOLVING, 0, 1e9, NULL, "Asking",
      "the same for each resolver; keep public ones at 1,000 or below" },
    { "zone-rate", 0, OPTION_RATE, "QPS", NULL, AT(zone_rate), ASKING, 0, 1e9, NULL, "Asking",
      "the same for each organizational domain that is asked about" },
    { "timeout", 0, OPTION_DURATION, "DUR", "2.5s", AT(timeout_ms), RESOLVING, 50, 60000, NULL, "Asking",
      "of the first try; later tries back off with jitter" },
    { "retries", 0, OPTION_COUNT, "N", "3", AT(retries), RESOLVING, 0, 20, NULL, "Asking",
      "tries after the first, each on another resolver where there is one" },
    { "second-pass", 0, OPTION_YES_NO, "yes|no", "yes", AT(second_pass), COMMAND_SCAN, 0, 0, NULL, "Asking",
      "domains left unknown are asked once more at the end" },
    { "checks", 0, OPTION_STRING, "LIST", "spf,dkim,dmarc,mx,mta-sts,tls-rpt", AT(checks), ASKING, 0, 0, NULL, "Asking",
      "what to ask for; +bimi, +hosts, -mx, -addresses add and remove" },
    { "spf-ip", 0, OPTION_STRINGS, "IP", NULL, AT(spf_ips), ASKING, 0, 0, NULL, "Asking",
      "adds what SPF says of mail from this address (as trifecta spf); repeatable" },
    { "dkim", 0, OPTION_CHOICE, "MODE", "smart", AT(dkim), ASKING, 0, 0, "smart full off", "Asking",
      "smart: namespace probe, provider hints, common list; full: every selector" },
    { "selectors", 0, OPTION_STRING, "FILE", NULL, AT(selectors), ASKING, 0, 0, NULL, "Asking", "replaces the built-in selectors" },
    { "selector", 0, OPTION_STRINGS, "NAME", NULL, AT(extra_selectors), ASKING, 0, 0, NULL, "Asking", "adds a selector; repeatable" },

    { "input-format", 0, OPTION_CHOICE, "F", "auto", AT(input_format), COMMAND_SCAN, 0, 0,
      "auto plain csv tranco umbrella majestic crux zone", "Lists", "layout of the lists; auto finds it out" },
    { "column", 0, OPTION_STRING, "NAME|N", NULL, AT(column), COMMAND_SCAN, 0, 0, NULL, "Lists", "CSV column of the domain" },
    { "tag-column", 0, OPTION_STRING, "NAME|N", NULL, AT(tag_column), COMMAND_SCAN, 0, 0, NULL, "Lists",
      "CSV column carried through as tag" },
    { "selector-column", 0, OPTION_STRING, "NAME|N", NULL, AT(selector_column), COMMAND_SCAN, 0, 0, NULL, "Lists",
      "CSV column with DKIM selectors of the domain" },
    { "order", 0, OPTION_CHOICE, "ORDER", "shuffled", AT(order), COMMAND_SCAN, 0, 0, "shuffled list", "Lists",
      "shuffled: in a window of 100k names, so that one operator's don't come in a row" },
    { "seed", 0, OPTION_SEED, "N", NULL, AT(seed), COMMAND_SCAN, 0, 0, NULL, "Lists", "of the shuffle (default: a new one, printed)" },
    { "shards", 0, OPTION_COUNT, "N", "1", AT(shards), COMMAND_SCAN, 1, 1000000, NULL, "Lists", "number of processes that share the list" },
    { "shard", 0, OPTION_COUNT, "I", "0", AT(shard), COMMAND_SCAN, 0, 999999, NULL, "Lists",
      "which of them this is, from 0; names are dealt by organizational domain" },
    { "dedup", 0, OPTION_YES_NO, "yes|no", "yes", AT(dedup), COMMAND_SCAN, 0, 0, NULL, "Lists",
      "one record for each distinct name (16 bytes of memory a name)" },
    { "exclude", 0, OPTION_STRING, "FILE", NULL, AT(exclude), COMMAND_SCAN, 0, 0, NULL, "Lists",
      "names and *.suffixes never asked about; each gives a record" },
    { "max-domains", 'n', OPTION_COUNT, "N", NULL, AT(max_domains), COMMAND_SCAN, 1, 1e15, NULL, "Lists", "stop after N domains, exit 75" },

    { "workers", 0, OPTION_COUNT, "N", NULL, AT(workers), COMMAND_SCAN, 1, 256, NULL, "Running",
      "classifier threads (default: cores - 1, at least 1)" },
    { "cache-size", 0, OPTION_COUNT, "BYTES", "16M", AT(cache_size), COMMAND_SCAN, 65536, 1e12, NULL, "Running",
      "memory for answers shared between domains" },
    { "max-runtime", 0, OPTION_DURATION, "DUR", NULL, AT(max_runtime_ms), COMMAND_SCAN, 1, 1e15, NULL, "Running", "stop early after that, exit 75" },
    { "max-unknown", 0, OPTION_PERCENT, "PCT", "100", AT(max_unknown), COMMAND_SCAN, 0, 100, NULL, "Running",
      "exit 3 when more domains than that could not be determined" },
    { "progress", 0, OPTION_CHOICE, "WHEN", "auto", AT(progress), COMMAND_SCAN, 0, 0, "auto always never", "Running", "status line on stderr" },
    { "dry-run", 0, OPTION_FLAG, NULL, NULL, AT(dry_run), COMMAND_SCAN, 0, 0, NULL, "Running",
      "read the lists, print what would be scanned, ask nothing" },
    { "quiet", 'q', OPTION_FLAG, NULL, NULL, AT(quiet), EVERY, 0, 0, NULL, "Running", "errors only" },
    { "verbose", 'v', OPTION_FLAG, NULL, NULL, AT(verbose), EVERY, 0, 0, NULL, "Running", "say more" },
    { "help", 'h', OPTION_FLAG, NULL, NULL, AT(help), EVERY, 0, 0, NULL, "Running", "this text" },
    { "version", 'V', OPTION_FLAG, NULL, NULL, AT(version), EVERY, 0, 0, NULL, "Running", "versions of the program and its libraries" },
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]), SPELLING_MAX = 64 };

/* Levenshtein distance, cut at SPELLING_MAX bytes. */
static size_t distance(span a, span b)
{
    size_t row[SPELLING_MAX + 1];
    a = span_first(a, SPELLING_MAX);
    b = span_first(b, SPELLING_MAX);
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t above = row[j];
            size_t best = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[b.len];
}

const char *nearest_spelling(span given, const char *const *names)
{
    const char *nearest = NULL;
    size_t best = given.len / 3 + 2; /* farther than that is no misspelling */
    for (; *names; names++) {
        size_t d = distance(given, span_from_cstr(*names));
        if (span_starts_with(span_from_cstr(*names), given) && given.len >= 3) {
            d = 1;
        }
        if (d < best) {
            best = d;
            nearest = *names;
        }
    }
    return nearest;
}

static const struct option_row *row_by_name(span name, unsigned command)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if ((rows[i].commands & command) && span_equal(name, span_from_cstr(rows[i].name))) {
            return &rows[i];
        }
    }
    return NULL;
}

static const struct option_row *row_by_letter(char letter, unsigned command)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if ((rows[i].commands & command) && rows[i].letter == letter) {
            return &rows[i];
        }
    }
    return NULL;
}

struct unit {
    const char *name;
    double factor;
};
static const struct unit count_units[] = { { "", 1 }, { "k", 1e3 }, { "K", 1e3 }, { "M", 1e6 }, { "G", 1e9 }, { NULL, 0 } };
static const struct unit duration_units[] = { { "ms", 1 },       { "s", 1000 }, { "m", 60000 },
                                              { "h", 3600000 },  { NULL, 0 } };
static const struct unit plain_units[] = { { "", 1 }, { "%", 1 }, { NULL, 0 } };

static const struct unit *const units_of_kind[] = {
    [OPTION_COUNT] = count_units, [OPTION_RATE] = count_units, [OPTION_DURATION] = duration_units,
    [OPTION_PERCENT] = plain_units, [OPTION_LEVEL] = plain_units,
};

/* Digits with at most one point, then one of the units. */
static bool read_number(const char *text, const struct unit *units, double *out)
{
    char *end;
    if (!(ascii_is_digit((unsigned char)text[0]) || text[0] == '.' || text[0] == '-') || strpbrk(text, "xXpPeE")) {
        return false;
    }
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || errno != 0 || !isfinite(value)) {
        return false;
    }
    for (; units->name; units++) {
        if (strcmp(end, units->name) == 0) {
            /* 1.001 times 1,000 is a hair off 1,001 in binary. */
            value *= units->factor;
            *out = units->factor > 1 && fabs(value - round(value)) < 1e-6 ? round(value) : value;
            return true;
        }
    }
    return false;
}

static bool refuse(char *error, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);
static bool refuse(char *error, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, size, format, args);
    va_end(args);
    return false;
}

static bool read_choice(const struct option_row *row, const char *value, int *out, char *error, size_t size)
{
    span rest = span_from_cstr(row->choices);
    for (int i = 0; rest.len > 0; i++) {
        if (span_equal(span_cut(&rest, ' '), span_from_cstr(value))) {
            *out = i;
            return true;
        }
    }
    return refuse(error, size, "--%s takes one of: %s; not '%s'", row->name, row->choices, value);
}

static const char *number_hint(enum option_kind kind)
{
    switch (kind) {
    case OPTION_DURATION: return "a duration such as 500ms, 2.5s, 10m, 1h";
    case OPTION_PERCENT: return "a percentage";
    case OPTION_LEVEL: return "a whole number";
    default: return "a number such as 500, 20k, 1M";
    }
}

static bool set_number(const struct option_row *row, void *field, const char *value, char *error, size_t size)
{
    double number;
    if (!read_number(value, units_of_kind[row->kind], &number)) {
        return refuse(error, size, "--%s takes %s; not '%s'", row->name, number_hint(row->kind), value);
    }
    if (number < row->low || number > row->high) {
        return refuse(error, size, "--%s must be between %.10g and %.10g%s; not '%s'", row->name, row->low, row->high,
                   row->kind == OPTION_DURATION ? " ms" : "", value);
    }
    if (row->kind != OPTION_RATE && row->kind != OPTION_PERCENT && number != floor(number)) {
        return refuse(error, size, "--%s takes a whole number; not '%s'", row->name, value);
    }
    switch (row->kind) {
    case OPTION_RATE:
    case OPTION_PERCENT: *(double *)field = number; break;
    case OPTION_LEVEL: *(int64_t *)field = (int64_t)number; break;
    default: *(uint64_t *)field = (uint64_t)number; break;
    }
    return true;
}

static bool set_value(struct options *options, const struct option_row *row, const char *value, char *error, size_t size)
{
    void *field = (char *)options + row->offset;
    switch (row->kind) {
    case OPTION_FLAG: *(bool *)field = true; return true;
    case OPTION_YES_NO:
        if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
            return refuse(error, size, "--%s takes yes or no; not '%s'", row->name, value);
        }
        *(bool *)field = value[0] == 'y';
        return true;
    case OPTION_STRING:
        if (value[0] == '\0') {
            return refuse(error, size, "--%s needs a value", row->name);
        }
        *(const char **)field = value;
        return true;
    case OPTION_STRINGS: {
        struct option_strings *strings = field;
        if (strings->count == OPTION_STRINGS_MAX) {
            return refuse(error, size, "--%s may be given %d times at most; use a file", row->name, OPTION_STRINGS_MAX);
        }
        strings->items[strings->count++] = value;
        return true;
    }
    case OPTION_SEED:
        if (!span_to_u64(span_from_cstr(value), UINT64_MAX, field)) {
            return refuse(error, size, "--%s takes a whole number; not '%s'", row->name, value);
        }
        options->has_seed = true;
        return true;
    case OPTION_CHOICE: return read_choice(row, value, field, error, size);
    default: return set_number(row, field, value, error, size);
    }
}

static void set_defaults(struct options *options)
{
    char error[256];
    *options = (struct options){ 0 };
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].standard) {
            bool ok = set_value(options, &rows[i], rows[i].standard, error, sizeof(error));
            (void)ok; /* the table's own defaults; a test reads them all */
        }
    }
}

static bool unknown_option(const struct command *command, const char *given, span name, char *error, size_t size)
{
    const char *names[ROW_COUNT + 1];
    size_t count = 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].commands & (unsigned)command->id) {
            names[count++] = rows[i].name;
        }
    }
    names[count] = NULL;
    const char *nearest = nearest_spelling(name, names);
    if (nearest) {
        return refuse(error, size, "unknown option '%s'; did you mean --%s? see trifecta %s --help", given, nearest, command->name);
    }
    return refuse(error, size, "unknown option '%s'; see trifecta %s --help", given, command->name);
}

/* One option that begins at argv[*at]; moves *at past it and its value. */
static bool parse_option(const struct command *command, int argc, char **argv, int *at, struct options *options,
                         char *error, size_t size)
{
    const char *given = argv[*at];
    const struct option_row *row;
    const char *value = NULL;
    if (given[1] == '-') {
        span rest = span_from_cstr(given + 2);
        span name = span_cut(&rest, '=');
        row = row_by_name(name, (unsigned)command->id);
        if (!row) {
            return unknown_option(command, given, name, error, size);
        }
        if (given[2 + name.len] == '=') {
            value = given + 2 + name.len + 1;
        }
    } else {
        row = row_by_letter(given[1], (unsigned)command->id);
        if (!row) {
            return unknown_option(command, given, span_from_cstr(given + 1), error, size);
        }
        if (given[2] != '\0') {
            value = given + 2;
        }
    }
    if (row->kind == OPTION_FLAG) {
        if (value) {
            return refuse(error, size, "%s takes no value; see trifecta %s --help", given, command->name);
        }
    } else if (!value) {
        if (*at + 1 >= argc) {
            return refuse(error, size, "--%s needs a value (%s); see trifecta %s --help", row->name, row->operand, command->name);
        }
        value = argv[++*at];
    }
    ++*at;
    return set_value(options, row, value, error, size);
}

bool options_parse(const struct command *command, int argc, char **argv, int first, const char **arguments,
                   struct options *options, char *error, size_t error_size)
{
    set_defaults(options);
    options->arguments = arguments;
    bool options_ended = false;
    for (int at = first; at < argc;) {
        const char *given = argv[at];
        if (!options_ended && strcmp(given, "--") == 0) {
            options_ended = true;
            at++;
        } else if (options_ended || given[0] != '-' || given[1] == '\0') {
            arguments[options->argument_count++] = given;
            at++;
        } else if (!parse_option(command, argc, argv, &at, options, error, error_size)) {
            return false;
        }
    }
    if (options->shard >= options->shards) {
        return refuse(error, error_size, "--shard %llu: shards are numbered from 0, so it must be below --shards %llu",
                   (unsigned long long)options->shard, (unsigned long long)options->shards);
    }
    return true;
}

enum { HELP_COLUMN = 31, HELP_WIDTH = 100 };

/* Words of `text` from column `at` on, wrapped, each further line indented to the column of help texts. */
static size_t print_wrapped(span text, size_t at)
{
    while (text.len > 0) {
        span word = span_cut(&text, ' ');
        if (at + 1 + word.len > HELP_WIDTH) {
            printf("\n%*s", HELP_COLUMN, "");
            at = HELP_COLUMN;
        } else if (at > HELP_COLUMN) {
            putchar(' ');
            at++;
        }
        fwrite(word.ptr, 1, word.len, stdout);
        at += word.len;
    }
    return at;
}

static void print_row(const struct option_row *row)
{
    char left[64], note[160] = "";
    char letter[8] = "    ";
    if (row->letter) {
        snprintf(letter, sizeof(letter), "-%c, ", row->letter);
    }
    snprintf(left, sizeof(left), "  %s--%s%s%s", letter, row->name, row->operand ? " " : "", row->operand ? row->operand : "");
    printf("%-*s ", HELP_COLUMN - 1, left);
    size_t at = print_wrapped(span_from_cstr(row->help), strlen(left) < HELP_COLUMN ? HELP_COLUMN : strlen(left) + 1);
    if (row->choices) {
        snprintf(note, sizeof(note), "(%s) [%s]", row->choices, row->standard);
    } else if (row->standard) {
        snprintf(note, sizeof(note), "[%s]", row->standard);
    }
    print_wrapped(span_from_cstr(note), at);
    putchar('\n');
}

void options_print_help(const struct command *command)
{
    printf("%s\n\nUsage: trifecta %s\n\nExamples:\n%s", command->summary, command->synopsis, command->examples);
    const char *group = "";
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (!(rows[i].commands & (unsigned)command->id)) {
            continue;
        }
        if (strcmp(group, rows[i].group) != 0) {
            group = rows[i].group;
            printf("\n%s:\n", group);
        }
        print_row(&rows[i]);
    }
    puts("\nNumbers take k M G, durations ms s m h. Defaults stand in brackets.");
}
