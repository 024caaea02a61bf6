// SPDX-License-Identifier: MIT
#include "scanner/options.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "scanner/commands.h"
#include "scanner/config_file.h"
#include "scanner/option_table.h"
#include "scanner/say.h"

struct option_memory {
    struct option_memory *next;
    char text[];
};

/* One layer being read. */
struct reading {
    struct options *options;
    const struct command *command;
    enum option_layer layer;
    size_t line; /* of the config file */
    char *error;
    size_t error_size;
};

static bool refuse(const struct reading *r, const char *format, ...) PRINTF_LIKE(2, 3);
static bool refuse(const struct reading *r, const char *format, ...)
{
    va_list args;
    int len = 0;
    if (r->layer == OPTION_FROM_FILE) {
        len = snprintf(r->error, r->error_size, "%s:%zu: ", r->options->config, r->line);
    }
    if (len >= 0 && (size_t)len < r->error_size) {
        va_start(args, format);
        vsnprintf(r->error + len, r->error_size - (size_t)len, format, args);
        va_end(args);
    }
    return false;
}

/* ---- values ---- */

enum { SHOWN_SIZE = 64 };

static void print_variable(const char *name, char out[SHOWN_SIZE])
{
    size_t len = (size_t)snprintf(out, SHOWN_SIZE, "TRIFECTA_%s", name);
    for (size_t i = 0; i < len && i < SHOWN_SIZE; i++) {
        char c = out[i];
        out[i] = c == '-' ? '_' : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
}

/* The option as the layer spells it: that is where the user looks for it. */
static const char *shown(const struct reading *r, const struct option_row *row, char out[SHOWN_SIZE])
{
    if (r->layer == OPTION_FROM_ENVIRONMENT) {
        print_variable(row->name, out);
    } else {
        snprintf(out, SHOWN_SIZE, "%s%s", r->layer == OPTION_FROM_FILE ? "" : "--", row->name);
    }
    return out;
}

static bool refuse_value(const struct reading *r, const struct option_row *row, const char *wants, const char *value)
{
    char name[SHOWN_SIZE];
    return refuse(r, "%s takes %s; not '%s'; see trifecta %s --help", shown(r, row, name), wants, value,
                  r->command->name);
}

struct unit {
    const char *name;
    double factor;
};
static const struct unit count_units[] = { { "", 1 },    { "k", 1e3 }, { "K", 1e3 },
                                           { "M", 1e6 }, { "G", 1e9 }, { NULL, 0 } };
static const struct unit duration_units[] = {
    { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { NULL, 0 }
};
static const struct unit plain_units[] = { { "", 1 }, { "%", 1 }, { NULL, 0 } };

static const struct unit *const units_of_kind[] = {
    [OPTION_COUNT] = count_units,   [OPTION_RATE] = count_units,  [OPTION_DURATION] = duration_units,
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

static bool set_choice(const struct reading *r, const struct option_row *row, int *field, const char *value)
{
    char wants[256];
    span rest = span_from_cstr(row->choices);
    for (int i = 0; rest.len > 0; i++) {
        if (span_equal(span_cut(&rest, ' '), span_from_cstr(value))) {
            *field = i;
            return true;
        }
    }
    snprintf(wants, sizeof(wants), "one of: %s", row->choices);
    return refuse_value(r, row, wants, value);
}

static const char *number_hint(enum option_kind kind)
{
    switch (kind) {
    case OPTION_DURATION:
        return "a duration such as 500ms, 2.5s, 10m, 1h";
    case OPTION_PERCENT:
        return "a percentage";
    case OPTION_LEVEL:
        return "a whole number";
    default:
        return "a number such as 500, 20k, 1M";
    }
}

static bool set_number(const struct reading *r, const struct option_row *row, void *field, const char *value)
{
    double number;
    char name[SHOWN_SIZE];
    if (!read_number(value, units_of_kind[row->kind], &number)) {
        return refuse_value(r, row, number_hint(row->kind), value);
    }
    if (number < row->low || number > row->high) {
        return refuse(r, "%s must be between %.16g and %.16g%s; not '%s'; see trifecta %s --help", shown(r, row, name),
                      row->low, row->high, row->kind == OPTION_DURATION ? " ms" : "", value, r->command->name);
    }
    if (row->kind != OPTION_RATE && row->kind != OPTION_PERCENT && number != floor(number)) {
        return refuse_value(r, row, "a whole number", value);
    }
    switch (row->kind) {
    case OPTION_RATE:
    case OPTION_PERCENT:
        *(double *)field = number;
        break;
    case OPTION_LEVEL:
        *(int64_t *)field = (int64_t)number;
        break;
    default:
        *(uint64_t *)field = (uint64_t)number;
        break;
    }
    return true;
}

static bool set_yes_no(const struct reading *r, const struct option_row *row, bool *field, const char *value)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
        return refuse_value(r, row, "yes or no", value);
    }
    *field = value[0] == 'y';
    return true;
}

static bool add_string(const struct reading *r, const struct option_row *row, struct option_strings *strings,
                       const char *value)
{
    char name[SHOWN_SIZE];
    if (strings->count == OPTION_STRINGS_MAX) {
        return refuse(r, "%s may be given %d times at most; use a file", shown(r, row, name), OPTION_STRINGS_MAX);
    }
    strings->items[strings->count++] = value;
    return true;
}

static bool set_field(const struct reading *r, const struct option_row *row, const char *value)
{
    void *field = (char *)r->options + row->offset;
    char name[SHOWN_SIZE];
    switch (row->kind) {
    case OPTION_FLAG:
    case OPTION_ACTION:
    case OPTION_YES_NO:
        return set_yes_no(r, row, field, value);
    case OPTION_STRING:
        if (value[0] == '\0') {
            return refuse(r, "%s needs a value", shown(r, row, name));
        }
        *(const char **)field = value;
        return true;
    case OPTION_STRINGS:
        return add_string(r, row, field, value);
    case OPTION_SEED:
        if (!span_to_u64(span_from_cstr(value), UINT64_MAX, field)) {
            return refuse_value(r, row, "a whole number", value);
        }
        r->options->has_seed = true;
        return true;
    case OPTION_CHOICE:
        return set_choice(r, row, field, value);
    default:
        return set_number(r, row, field, value);
    }
}

/* `value` is kept by reference. */
static bool set_value(const struct reading *r, const struct option_row *row, const char *value)
{
    struct option_source *source = &r->options->sources[row - option_rows];
    if (row->kind == OPTION_STRINGS && source->layer < r->layer) {
        ((struct option_strings *)((char *)r->options + row->offset))->count = 0; /* the weaker layer's */
    }
    *source = (struct option_source){ .layer = r->layer, .line = r->line, .text = value };
    return set_field(r, row, value);
}

/* ---- layers ---- */

static void set_defaults(struct reading *r)
{
    r->layer = OPTION_FROM_DEFAULT;
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].standard && (option_rows[i].commands & (unsigned)r->command->id)) {
            bool ok = set_value(r, &option_rows[i], option_rows[i].standard);
            (void)ok; /* the table's own; a test reads them all */
        }
    }
}

static const char *keep(struct options *options, span text)
{
    struct option_memory *memory = malloc(sizeof(*memory) + text.len + 1);
    if (!memory) {
        return NULL;
    }
    memory->next = options->memory;
    options->memory = memory;
    if (text.len > 0) {
        memcpy(memory->text, text.ptr, text.len);
    }
    memory->text[text.len] = '\0';
    return memory->text;
}

static bool set_kept(const struct reading *r, const struct option_row *row, span value)
{
    const char *kept = keep(r->options, value);
    return kept ? set_value(r, row, kept) : refuse(r, "out of memory");
}

static bool is_for_the_command_line(const struct option_row *row, enum option_layer layer)
{
    return row->kind == OPTION_ACTION || (layer == OPTION_FROM_FILE && strcmp(row->name, "config") == 0);
}

static bool set_file_entry(const struct reading *r, span key, span value)
{
    const struct option_row *row = option_row_by_name(key, (unsigned)r->command->id);
    if (!row && option_row_by_name(key, ~0u)) {
        return true; /* of another command */
    }
    if (!row) {
        const char *nearest = option_nearest_name(key, ~0u);
        return refuse(r, "no option is called '%.*s'%s%s; see trifecta --help", SPAN_ARG(span_first(key, 64)),
                      nearest ? "; did you mean " : "", nearest ? nearest : "");
    }
    if (is_for_the_command_line(row, r->layer)) {
        return refuse(r, "%s is for the command line only", row->name);
    }
    return set_kept(r, row, value);
}

static bool read_file(struct reading *r)
{
    char *text;
    size_t len;
    int err = config_file_read(r->options->config, &text, &len);
    if (err < 0) {
        snprintf(r->error, r->error_size, "%s: cannot be read: %s", r->options->config,
                 err == -EFBIG ? "too large for a config file" : strerror(-err));
        return false;
    }
    r->layer = OPTION_FROM_FILE;
    struct config_reader reader = { .rest = span_of(text, len) };
    span key, value;
    const char *why = "";
    enum config_step step;
    bool is_good = true;
    while (is_good && (step = config_next(&reader, &key, &value, &why)) != CONFIG_END) {
        r->line = reader.line;
        is_good = step == CONFIG_ENTRY ? set_file_entry(r, key, value) : refuse(r, "%s", why);
    }
    r->line = 0;
    free(text);
    return is_good;
}

/* "RESOLVER_RATE" -> "resolver-rate"; false: no option could be called so. */
static bool read_variable_name(span variable, char *out, size_t size)
{
    if (variable.len == 0 || variable.len >= size) {
        return false;
    }
    for (size_t i = 0; i < variable.len; i++) {
        unsigned char c = (unsigned char)variable.ptr[i];
        out[i] = c == '_' ? '-' : (char)ascii_lower(c);
    }
    out[variable.len] = '\0';
    return true;
}

/* Wrappers have TRIFECTA_ variables of their own, so only what is all but an option is taken for a misspelt one. */
static bool check_unknown_variable(const struct reading *r, span variable, const char *name)
{
    enum { SHORT_NAME = 5, TYPO_DISTANCE_MAX = 2 };
    char right[SHOWN_SIZE];
    span given = span_from_cstr(name);
    const char *nearest = option_nearest_name(given, ~0u);
    if (!nearest || spelling_distance(given, span_from_cstr(nearest)) > (given.len > SHORT_NAME ? TYPO_DISTANCE_MAX : 1)) {
        return true;
    }
    print_variable(nearest, right);
    return refuse(r, "TRIFECTA_%.*s in the environment is no option; did you mean %s?", SPAN_ARG(variable), right);
}

static bool set_variable(const struct reading *r, const struct option_row *row, const char *value)
{
    if (row->kind != OPTION_STRINGS) {
        return set_value(r, row, value);
    }
    bool is_good = true;
    for (span rest = span_from_cstr(value); is_good && rest.len > 0;) {
        is_good = set_kept(r, row, span_trim(span_cut(&rest, ',')));
    }
    return is_good;
}

static bool read_environment(struct reading *r, const char *const *environment)
{
    r->layer = OPTION_FROM_ENVIRONMENT;
    for (; environment && *environment; environment++) {
        span rest = span_from_cstr(*environment);
        span variable = span_cut(&rest, '=');
        char name[SHOWN_SIZE];
        if (!span_starts_with(variable, SPAN("TRIFECTA_"))) {
            continue;
        }
        variable = span_after(variable, strlen("TRIFECTA_"));
        if (!read_variable_name(variable, name, sizeof(name))) {
            continue;
        }
        const struct option_row *row = option_row_by_name(span_from_cstr(name), (unsigned)r->command->id);
        bool is_good = true;
        if (row && !is_for_the_command_line(row, r->layer)) {
            is_good = set_variable(r, row, rest.ptr);
        } else if (!row && !option_row_by_name(span_from_cstr(name), ~0u)) {
            is_good = check_unknown_variable(r, variable, name);
        }
        if (!is_good) {
            return false;
        }
    }
    return true;
}

/* ---- the command line ---- */

static const char *commands_of(const struct option_row *row, char *out, size_t size)
{
    size_t len = 0;
    unsigned takers = option_takers(row->name);
    out[0] = '\0';
    for (size_t i = 0; i < command_count; i++) {
        if ((takers & (unsigned)commands[i].id) && len < size) {
            len += (size_t)snprintf(out + len, size - len, "%s%s", len ? ", " : "", commands[i].name);
        }
    }
    return out;
}

static bool unknown_option(const struct reading *r, const char *given, span name, const struct option_row *elsewhere)
{
    char takers[128];
    const char *command = r->command->name;
    if (elsewhere) {
        return refuse(r, "--%s is an option of trifecta %s, not of %s; see trifecta %s --help", elsewhere->name,
                      commands_of(elsewhere, takers, sizeof(takers)), command, command);
    }
    const char *nearest = option_nearest_name(name, (unsigned)r->command->id);
    if (nearest) {
        return refuse(r, "unknown option '%s'; did you mean --%s? see trifecta %s --help", given, nearest, command);
    }
    return refuse(r, "unknown option '%s'; see trifecta %s --help", given, command);
}

/* The row of the option that begins at `given`; *value is what is joined to it, or NULL. */
static const struct option_row *find_row(const struct reading *r, const char *given, const char **value)
{
    unsigned command = (unsigned)r->command->id;
    const struct option_row *row, *elsewhere;
    span name;
    *value = NULL;
    if (given[1] == '-') {
        span rest = span_from_cstr(given + 2);
        name = span_cut(&rest, '=');
        row = option_row_by_name(name, command);
        elsewhere = option_row_by_name(name, ~0u);
        if (given[2 + name.len] == '=') {
            *value = given + 2 + name.len + 1;
        }
    } else {
        name = span_from_cstr(given + 1);
        row = option_row_by_letter(given[1], command);
        elsewhere = option_row_by_letter(given[1], ~0u);
        if (given[2] != '\0') {
            *value = given + 2;
        }
    }
    if (!row) {
        (void)unknown_option(r, given, name, elsewhere);
    }
    return row;
}

/* One option that begins at argv[*at]; moves *at past it and its value. */
static bool read_option(const struct reading *r, const struct options_input *in, int *at)
{
    const char *value, *given = in->argv[*at];
    const struct option_row *row = find_row(r, given, &value);
    if (!row) {
        return false;
    }
    ++*at;
    if (row->kind == OPTION_FLAG || row->kind == OPTION_ACTION) {
        if (value) {
            return refuse(r, "%s takes no value; see trifecta %s --help", given, r->command->name);
        }
        return set_value(r, row, "yes");
    }
    if (!value) {
        if (*at >= in->argc) {
            return refuse(r, "--%s needs a value (%s); see trifecta %s --help", row->name, row->operand,
                          r->command->name);
        }
        value = in->argv[(*at)++];
    }
    return set_value(r, row, value);
}

static bool read_command_line(struct reading *r, const struct options_input *in)
{
    bool options_ended = false;
    r->layer = OPTION_FROM_FLAG;
    r->options->arguments = in->arguments;
    r->options->argument_count = 0;
    for (int at = in->first; at < in->argc;) {
        const char *given = in->argv[at];
        if (!options_ended && strcmp(given, "--") == 0) {
            options_ended = true;
            at++;
        } else if (options_ended || given[0] != '-' || given[1] == '\0') {
            in->arguments[r->options->argument_count++] = given;
            at++;
        } else if (!read_option(r, in, &at)) {
            return false;
        }
    }
    return true;
}

/* Of options that are each right by themselves. */
static bool check_together(struct reading *r)
{
    const struct options *o = r->options;
    r->layer = OPTION_FROM_FLAG;
    if (r->command->id == COMMAND_SCAN && o->shard >= o->shards) {
        return refuse(r, "--shard %llu: shards are numbered from 0, so it must be below --shards %llu",
                      (unsigned long long)o->shard, (unsigned long long)o->shards);
    }
    return true;
}

enum exit_status options_read(struct options *options, const struct command *command, const struct options_input *in,
                              char *error, size_t error_size)
{
    struct reading r = { .options = options, .command = command, .error = error, .error_size = error_size };
    *options = (struct options){ 0 };
    /* Alone first: a wrong command line is said before a wrong file, and only the other two know which file. */
    if (!read_command_line(&r, in)) {
        return EXIT_USAGE_WRONG;
    }
    if (options->help || options->version) {
        return EXIT_DONE; /* whatever else is wrong */
    }
    const char *config = options->config;
    if (!config) {
        if (!read_environment(&r, in->environment)) {
            return EXIT_CONFIG_BAD;
        }
        config = options->config;
    }
    options_free(options);
    set_defaults(&r);
    options->config = config;
    if (config && !read_file(&r)) {
        return EXIT_CONFIG_BAD;
    }
    if (!read_environment(&r, in->environment)) {
        return EXIT_CONFIG_BAD;
    }
    if (!read_command_line(&r, in) || !check_together(&r)) {
        return EXIT_USAGE_WRONG;
    }
    return EXIT_DONE;
}

void options_free(struct options *options)
{
    struct option_memory *next;
    for (struct option_memory *m = options->memory; m; m = next) {
        next = m->next;
        free(m);
    }
    *options = (struct options){ 0 };
}

void options_say(const struct options *options, const struct command *command)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_source *source = &options->sources[i];
        if (!(option_rows[i].commands & (unsigned)command->id) || source->layer == OPTION_FROM_DEFAULT) {
            continue;
        }
        char name[SHOWN_SIZE], where[64] = "the command line";
        if (source->layer == OPTION_FROM_FILE) {
            snprintf(where, sizeof(where), "line %zu of the config file", source->line);
        } else if (source->layer == OPTION_FROM_ENVIRONMENT) {
            print_variable(option_rows[i].name, name);
            snprintf(where, sizeof(where), "%.60s", name);
        }
        say("option %s = %s (%s)", option_rows[i].name, source->text, where);
    }
}
