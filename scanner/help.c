// SPDX-License-Identifier: MIT
#include "scanner/help.h"

#include "output/json.h"
#include "scanner/commands.h"
#include "scanner/option_table.h"

enum { HELP_COLUMN = 31, HELP_WIDTH = 100 };

static const struct {
    int status;
    const char *meaning, *scheduler;
} exit_statuses[] = {
    { EXIT_DONE, "every domain of the list has its record", "done" },
    { EXIT_ANSWER_NO, "done, and the answer is no: check --require is not met, diff found a weakening", "alert" },
    { EXIT_TOO_MANY_UNKNOWN, "done, but more domains than --max-unknown per cent could not be determined",
      "keep the data, alert" },
    { EXIT_USAGE_WRONG, "wrong usage", "do not retry" },
    { EXIT_INPUT_BAD, "no name in the list, a wrong layout, or with --strict a line that holds no name",
      "do not retry" },
    { EXIT_LIST_UNREADABLE, "the list cannot be read", "do not retry" },
    { EXIT_NO_RESOLVER, "no resolver answers", "retry later" },
    { EXIT_OUR_FAULT, "a fault of trifecta itself", "report it" },
    { EXIT_SYSTEM_LIMIT, "a limit of the system: memory, threads, open files", "report it" },
    { EXIT_OUTPUT_IMPOSSIBLE, "the output cannot be made, or is finished already", "do not retry" },
    { EXIT_WRITE_ERROR, "write error, as of a full disk; the checkpoint is valid", "free space, run again" },
    { EXIT_STOPPED_EARLY, "stopped early, the checkpoint is valid: the same command line goes on", "requeue" },
    { EXIT_LOCKED, "another run holds this output", "skip" },
    { EXIT_CONFIG_BAD, "wrong config file or environment", "do not retry" },
};

/* Words of `text` from column `at` on, wrapped, each further line indented to the column of help texts. */
static size_t print_wrapped(FILE *out, span text, size_t at)
{
    while (text.len > 0) {
        span word = span_cut(&text, ' ');
        if (at + 1 + word.len > HELP_WIDTH) {
            fprintf(out, "\n%*s", HELP_COLUMN, "");
            at = HELP_COLUMN;
        } else if (at > HELP_COLUMN) {
            fputc(' ', out);
            at++;
        }
        fwrite(word.ptr, 1, word.len, out);
        at += word.len;
    }
    return at;
}

/* "  -o, --output PATH" and blanks up to the column of the texts; returns where it ended. */
static size_t print_left(FILE *out, const struct option_row *row)
{
    char left[64], letter[8] = "    ";
    if (row->letter) {
        snprintf(letter, sizeof(letter), "-%c, ", row->letter);
    }
    snprintf(left, sizeof(left), "  %s--%s%s%s", letter, row->name, row->operand ? " " : "",
             row->operand ? row->operand : "");
    fprintf(out, "%-*s ", HELP_COLUMN - 1, left);
    return strlen(left) < HELP_COLUMN ? HELP_COLUMN : strlen(left) + 1;
}

static void print_row(const struct option_row *row)
{
    char note[160] = "";
    size_t at = print_wrapped(stdout, span_from_cstr(row->help), print_left(stdout, row));
    if (row->choices) {
        snprintf(note, sizeof(note), "(%s) [%s]", row->choices, row->standard);
    } else if (row->standard) {
        snprintf(note, sizeof(note), "[%s]", row->standard);
    }
    print_wrapped(stdout, span_from_cstr(note), at);
    putchar('\n');
}

static bool is_in_group(const struct option_row *row, const struct command *command, const char *group)
{
    return (row->commands & (unsigned)command->id) && strcmp(row->group, group) == 0;
}

/* The group that begins with row `first`; nothing when it began earlier. */
static void print_group(size_t first, const struct command *command)
{
    const char *group = option_rows[first].group;
    for (size_t i = 0; i < first; i++) {
        if (is_in_group(&option_rows[i], command, group)) {
            return;
        }
    }
    printf("\n%s:\n", group);
    for (size_t i = first; i < option_row_count; i++) {
        if (is_in_group(&option_rows[i], command, group)) {
            print_row(&option_rows[i]);
        }
    }
}

void help_print_command(const struct command *command)
{
    printf("%s\n\nUsage: trifecta %s\n\nExamples:\n%s", command->summary, command->synopsis, command->examples);
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].commands & (unsigned)command->id) {
            print_group(i, command);
        }
    }
    puts("\nNumbers take k M G, durations ms s m h. Defaults stand in brackets.");
}

static bool is_of_every_command(const struct option_row *row)
{
    for (size_t i = 0; i < command_count; i++) {
        if (!(row->commands & (unsigned)commands[i].id)) {
            return false;
        }
    }
    return true;
}

static void print_takers(FILE *out, const struct option_row *row)
{
    char takers[256] = "every command";
    size_t len = 0;
    unsigned takes = option_takers(row->name);
    for (size_t i = 0; i < command_count && !is_of_every_command(row); i++) {
        if ((takes & (unsigned)commands[i].id) && len < sizeof(takers)) {
            len += (size_t)snprintf(takers + len, sizeof(takers) - len, "%s%s", len ? " " : "", commands[i].name);
        }
    }
    print_wrapped(out, span_from_cstr(takers), print_left(out, row));
    fputc('\n', out);
}

void help_print_overview(FILE *out)
{
    fputs("trifecta asks the DNS what domains publish against forged mail (SPF, DKIM, DMARC), at scale.\n\n"
          "Usage: trifecta COMMAND ...\n\n"
          "Examples:\n"
          "  trifecta check example.com\n"
          "  trifecta scan list.txt -o results.ndjson.zst\n\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < command_count; i++) {
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\nOptions, and the commands that take them:\n", out);
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_row_by_name(span_from_cstr(option_rows[i].name), ~0u) == &option_rows[i]) { /* once a name */
            print_takers(out, &option_rows[i]);
        }
    }
    fputs("\ntrifecta help COMMAND, or COMMAND --help, says what they mean. --config FILE holds them as lines of\n"
          "NAME = VALUE, the environment as TRIFECTA_NAME; a flag beats the environment beats the file.\n",
          out);
}

/* ---- the tables as JSON ---- */

static void print_commands_json(struct json *j)
{
    json_key(j, "commands");
    json_begin_array(j);
    for (size_t i = 0; i < command_count; i++) {
        json_begin_object(j);
        json_put_text(j, "name", commands[i].name);
        json_put_text(j, "synopsis", commands[i].synopsis);
        json_put_text(j, "summary", commands[i].summary);
        json_put_text(j, "examples", commands[i].examples);
        json_end_object(j);
    }
    json_end_array(j);
}

static void print_option_json(struct json *j, const struct option_row *row)
{
    const char letter[2] = { row->letter, '\0' };
    json_begin_object(j);
    json_put_text(j, "name", row->name);
    json_put_text(j, "letter", row->letter ? letter : NULL);
    json_put_text(j, "operand", row->operand);
    json_put_text(j, "default", row->standard);
    json_key(j, "is_flag");
    json_bool(j, row->kind == OPTION_FLAG || row->kind == OPTION_ACTION);
    json_key(j, "is_repeatable");
    json_bool(j, row->kind == OPTION_STRINGS);
    json_key(j, "commands");
    json_begin_array(j);
    for (size_t i = 0; i < command_count; i++) {
        if (row->commands & (unsigned)commands[i].id) {
            json_cstr(j, commands[i].name);
        }
    }
    json_end_array(j);
    json_key(j, "choices");
    json_begin_array(j);
    span rest = span_from_cstr(row->choices ? row->choices : row->kind == OPTION_YES_NO ? "yes no" : "");
    while (rest.len > 0) {
        span choice = span_cut(&rest, ' ');
        json_string(j, choice.ptr, choice.len);
    }
    json_end_array(j);
    json_put_text(j, "group", row->group);
    json_put_text(j, "help", row->help);
    json_end_object(j);
}

static void print_exit_statuses_json(struct json *j)
{
    json_key(j, "exit_statuses");
    json_begin_array(j);
    for (size_t i = 0; i < sizeof(exit_statuses) / sizeof(exit_statuses[0]); i++) {
        json_begin_object(j);
        json_key(j, "status");
        json_i64(j, exit_statuses[i].status);
        json_put_text(j, "meaning", exit_statuses[i].meaning);
        json_put_text(j, "scheduler", exit_statuses[i].scheduler);
        json_end_object(j);
    }
    json_end_array(j);
}

bool help_print_json(void)
{
    struct json_buffer buffer;
    if (!json_buffer_init_heap(&buffer, 64 * 1024, 1024 * 1024)) {
        return false;
    }
    struct json j;
    json_start(&j, &buffer);
    json_begin_object(&j);
    json_put_text(&j, "version", TRIFECTA_VERSION);
    print_commands_json(&j);
    json_key(&j, "options");
    json_begin_array(&j);
    for (size_t i = 0; i < option_row_count; i++) {
        print_option_json(&j, &option_rows[i]);
    }
    json_end_array(&j);
    print_exit_statuses_json(&j);
    json_end_object(&j);
    bool is_whole =
        json_end_line(&j) && fwrite(buffer.bytes, 1, buffer.len, stdout) == buffer.len && fflush(stdout) == 0;
    json_buffer_deinit(&buffer);
    return is_whole;
}
