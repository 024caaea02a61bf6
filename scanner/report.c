// SPDX-License-Identifier: MIT

/*
 * `trifecta report`: result files, folders and streams, read once in flat memory, as tables and charts. All that is
 * given is one population; --by-file adds a table that tells the files apart.
 *
 * What cannot be read is said on stderr and in the methods, and the exit status is 65 (lines that are no records, files
 * that end too early) or 66 (files that cannot be opened or read): a report is written in either case, of what could be
 * read, unless that is nothing.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "output/read_file.h"
#include "output/result_reader.h"
#include "scanner/base/clock.h"
#include "scanner/commands.h"
#include "scanner/exit_status.h"
#include "scanner/results/manifest_view.h"
#include "scanner/results/run_summary.h"
#include "scanner/results/tables.h"
#include "scanner/say.h"
#include "scanner/sheet_output.h"

enum { TROUBLES_SAID = 10, FILES_NAMED = 20 };
enum report_format { FORMAT_AUTO, FORMAT_HTML, FORMAT_JSON, FORMAT_TEXT };

struct report_run {
    const struct options *options;
    struct survey survey;
    struct sheet sheet;
    uint64_t *records;   /* of each path given */
    uint64_t bad_lines;  /* that are no records */
    uint64_t torn_files; /* read to where they end too early */
    uint64_t unread_files;
    span first_trouble;
    int status;
};

/* Reading --------------------------------------------------------------------------------------------------------- */

static void note_trouble(struct report_run *run, const char *words, int status)
{
    uint64_t before = run->bad_lines + run->torn_files + run->unread_files;
    if (before == 0) {
        run->first_trouble = sheet_printf(&run->sheet, "%s", words);
    }
    if (before < TROUBLES_SAID) {
        say("%s", words);
    } else if (before == TROUBLES_SAID) {
        say("more of that is counted, not said");
    }
    run->status = run->status == EXIT_LIST_UNREADABLE ? run->status : status;
}

static void note_bad_line(struct report_run *run, const struct result_reader *reader, const char *why)
{
    char words[1024];
    snprintf(words, sizeof(words), "%s:%" PRIu64 ": %s", result_reader_file(reader), result_reader_line(reader), why);
    note_trouble(run, words, EXIT_INPUT_BAD);
    run->bad_lines++;
}

static void read_all(struct report_run *run, struct result_reader *reader, struct record_reader *records)
{
    const char *line;
    size_t len;
    for (;;) {
        switch (result_reader_next(reader, &line, &len)) {
        case RESULT_READ_LINE: {
            const struct record_view *view = record_reader_read(records, span_of(line, len));
            size_t path = result_reader_path_index(reader);
            if (view == NULL) {
                note_bad_line(run, reader, record_reader_error(records));
                break;
            }
            run->records[path]++;
            survey_add(&run->survey, view, path);
            break;
        }
        case RESULT_READ_LONG_LINE:
            note_trouble(run, result_reader_words(reader), EXIT_INPUT_BAD);
            run->bad_lines++;
            break;
        case RESULT_READ_TORN:
        case RESULT_READ_DAMAGED:
            note_trouble(run, result_reader_words(reader), EXIT_INPUT_BAD);
            run->torn_files++;
            break;
        case RESULT_READ_FAILED:
            note_trouble(run, result_reader_words(reader), EXIT_LIST_UNREADABLE);
            run->unread_files++;
            break;
        case RESULT_READ_END:
            return;
        }
    }
}

static int read_records(struct report_run *run)
{
    const struct options *options = run->options;
    struct result_reader *reader = result_reader_new(options->arguments, options->argument_count);
    struct record_reader *records = record_reader_new();
    run->records = calloc(options->argument_count, sizeof(*run->records));
    if (reader == NULL || records == NULL || run->records == NULL) {
        say("out of memory");
        run->status = EXIT_SYSTEM_LIMIT;
    } else {
        read_all(run, reader, records);
    }
    record_reader_free(records);
    result_reader_free(reader);
    return run->status;
}

/* Methods --------------------------------------------------------------------------------------------------------- */

static void add_method(struct report_run *run, const char *key, const char *title, span text)
{
    sheet_add_method(&run->sheet, key, title, text);
}

static void describe_files(struct report_run *run)
{
    const struct options *options = run->options;
    struct sheet *sheet = &run->sheet;
    char number[NUMBER_TEXT_SIZE];
    span files = SPAN("");
    for (size_t i = 0; i < options->argument_count && i < FILES_NAMED; i++) {
        const char *name = strcmp(options->arguments[i], "-") == 0 ? "standard input" : options->arguments[i];
        files = sheet_printf(sheet, "%.*s%s%s (%s records)", SPAN_ARG(files), i > 0 ? ", " : "", name,
                             number_text(run->records[i], number));
    }
    if (options->argument_count > FILES_NAMED) {
        files = sheet_printf(sheet, "%.*s and %zu more", SPAN_ARG(files), options->argument_count - FILES_NAMED);
    }
    add_method(run, "files", "Records",
               sheet_printf(sheet, "%s records: %.*s.%s", number_text(run->survey.records, number), SPAN_ARG(files),
                            options->argument_count > 1
                                ? " All of them are one population; a name that stands in several counts each time."
                                : ""));
    add_method(run, "period", "First asked between",
               sheet_printf(sheet, "%s and %s", run->survey.first_at, run->survey.last_at));
}

static void describe_trouble(struct report_run *run)
{
    char more[NUMBER_TEXT_SIZE];
    if (run->bad_lines + run->torn_files + run->unread_files > 0) {
        add_method(run, "unreadable", "Not read",
                   sheet_printf(&run->sheet,
                                "%s lines that are no records, %" PRIu64
                                " files that end too early or are damaged, %" PRIu64
                                " that could not be read. The first: %.*s.",
                                number_text(run->bad_lines, more), run->torn_files, run->unread_files,
                                SPAN_ARG(run->first_trouble)));
    }
}

static int describe_run(struct report_run *run, const char *path)
{
    struct run_summary summary;
    const char *error = NULL;
    char *text = NULL;
    size_t len = 0;
    int status = EXIT_DONE, err = read_file(path, RUN_SUMMARY_MAX, &text, &len);
    if (err < 0) {
        say("cannot read the summary %s: %s", path, strerror(-err));
        status = EXIT_LIST_UNREADABLE;
    } else if (!run_summary_read(&summary, span_of(text, len), &run->sheet, &error)) {
        say("cannot use the summary %s: %s", path, error);
        status = EXIT_INPUT_BAD;
    } else {
        add_method(run, "list", "List", summary.lists);
        add_method(run, "run", "Run", summary.run);
        add_method(run, "resolvers", "Resolvers", summary.resolvers);
    }
    free(text);
    return status;
}

/* A folder of parts says in its manifest what it should hold. */
static void describe_folder(struct report_run *run, const char *folder, uint64_t records)
{
    struct manifest_view manifest = { 0 };
    char error[MANIFEST_ERROR_SIZE], held[NUMBER_TEXT_SIZE], named[NUMBER_TEXT_SIZE], words[1024];
    span path = sheet_printf(&run->sheet, "%s/manifest.json", folder);
    int err = manifest_view_read(&manifest, path.ptr, error);
    if (err == -ENOENT || err == -ENOTDIR) {
        return;
    }
    if (err < 0) {
        snprintf(words, sizeof(words), "%s: %s", path.ptr, error);
        note_trouble(run, words, EXIT_INPUT_BAD);
        run->torn_files++;
        return;
    }
    if (!manifest.complete || manifest.records != records) {
        snprintf(words, sizeof(words), "%s holds %s records, its manifest names %s%s", folder, number_text(records, held),
                 number_text(manifest.records, named), manifest.complete ? "" : " of a scan that is not finished");
        note_trouble(run, words, EXIT_INPUT_BAD);
        run->torn_files++;
    }
    add_method(run, "run", "Run",
               sheet_printf(&run->sheet, "%s: trifecta %s from %s to %s, seed %" PRIu64 ", shard %" PRIu64 " of %" PRIu64
                                         ", %s names, %zu part%s", folder, manifest.version, manifest.started_at, manifest.finished_at,
                            manifest.seed, manifest.shard, manifest.shards, number_text(manifest.names, held), manifest.part_count, manifest.part_count == 1 ? "" : "s"));
    for (size_t i = 0; i < manifest.list_count && i < FILES_NAMED; i++) {
        const struct manifest_view_list *list = &manifest.lists[i];
        add_method(run, "list", "List",
                   sheet_printf(&run->sheet, "%s (%s names, %s lines rejected, xxh3 %s)", list->path, number_text(list->names, held),
                                number_text(list->rejected, named), list->xxh3));
    }
    manifest_view_deinit(&manifest);
}

static int describe_runs(struct report_run *run)
{
    size_t before = run->sheet.method_count;
    for (size_t i = 0; i < run->options->argument_count && i < FILES_NAMED; i++) {
        describe_folder(run, run->options->arguments[i], run->records[i]);
    }
    const struct option_strings *summaries = &run->options->report_summaries;
    for (size_t i = 0; i < summaries->count; i++) {
        int status = describe_run(run, summaries->items[i]);
        if (status != EXIT_DONE) {
            return status;
        }
    }
    if (run->sheet.method_count == before) {
        add_method(run, "list", "List, resolvers, options",
                   SPAN("Records do not name them; the file that scan --summary writes does: report --summary FILE."));
    }
    return EXIT_DONE;
}

static void describe_rules(struct report_run *run)
{
    char now[CLOCK_TEXT_SIZE];
    clock_print_utc(clock_wall_ms(), now);
    add_method(run, "unknown", "Unknown is not absent",
               SPAN("Where the DNS did not answer, the answer is unknown. Unknown names are in no share, neither above "
                    "nor below the line, "
                    "and are counted beside each. Excluded names were not asked about and are in no share either."));
    add_method(run, "populations", "Of whom",
               SPAN("All names: every name asked about. Existing: the DNS knows the name. With MX: an MX that can be a "
                    "mail host. A name that "
                    "does not exist has, provably, none of the mechanisms."));
    add_method(run, "rules", "Rules",
               SPAN("SPF: RFC 7208. DKIM: RFC 6376, 8301, 8463. DMARC: RFC 9989 (tree walk, np, t) and RFC 7489 "
                    "(public suffix list, pct), each "
                    "for itself; the effective policy is the weaker. MTA-STS: RFC 8461. TLS-RPT: RFC 8460. NXDOMAIN: "
                    "RFC 8020. Null MX: "
                    "RFC 7505. What each finding means: trifecta explain."));
    add_method(run, "limits", "What the DNS does not show",
               SPAN("Whether mail is really signed or aligned; DKIM keys at selectors nobody would guess, so DKIM is a "
                    "lower bound; the policy "
                    "file of MTA-STS; certificates; whether reports arrive."));
    add_method(run, "made", "Made by", sheet_printf(&run->sheet, "trifecta %s, %s", TRIFECTA_VERSION, now));
}

static int write_report(const struct report_run *run)
{
    static const enum sheet_format formats[] = {
        [FORMAT_HTML] = SHEET_HTML, [FORMAT_JSON] = SHEET_JSON, [FORMAT_TEXT] = SHEET_TEXT
    };
    const struct options *options = run->options;
    return sheet_write(&run->sheet, options->report_output,
                       options->report_format == FORMAT_AUTO ? sheet_format_of(options->report_output, SHEET_HTML)
                                                             : formats[options->report_format]);
}

/* ----------------------------------------------------------------------------------------------------------------- */

static int make_report(struct report_run *run)
{
    const struct options *options = run->options;
    const struct table_wishes wishes = { .top = (size_t)options->top, .files = options->arguments };
    if (read_records(run) == EXIT_SYSTEM_LIMIT) {
        return EXIT_SYSTEM_LIMIT;
    }
    if (run->survey.records == 0) {
        if (run->status == EXIT_DONE) {
            say("no record to report on: trifecta report takes what trifecta scan wrote");
        }
        return run->status == EXIT_DONE ? EXIT_INPUT_BAD : run->status;
    }
    describe_files(run);
    int status = describe_runs(run);
    if (status != EXIT_DONE) {
        return status;
    }
    describe_trouble(run);
    describe_rules(run);
    tables_all(&run->sheet, &run->survey, &wishes);
    status = write_report(run);
    return status == EXIT_DONE ? run->status : status;
}

static bool is_result_name(const char *path)
{
    span name = span_from_cstr(path);
    return span_ends_with_nocase(name, SPAN(".zst")) || span_ends_with_nocase(name, SPAN(".ndjson"));
}

int report_command(const struct options *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    static struct report_run run;
    char error[256];
    struct suffixes *suffixes = NULL;
    run.options = options;
    if (options->argument_count == 0) {
        say("no result file given; see trifecta report --help");
        return EXIT_USAGE_WRONG;
    }
    if (options->by_file && options->argument_count > SURVEY_FILES) {
        say("--by-file tells at most %d files apart", SURVEY_FILES);
        return EXIT_USAGE_WRONG;
    }
    if (is_result_name(options->report_output)) { /* what was meant to be read must not be written over */
        say("--output %s: that is a name of results; a report is .html, .json or .txt", options->report_output);
        return EXIT_USAGE_WRONG;
    }
    if (suffixes_open(&suffixes, NULL, error, sizeof(error)) < 0) {
        say("%s", error);
        return EXIT_SYSTEM_LIMIT;
    }
    sheet_init(&run.sheet, options->title ? options->title : "Mail authentication in the DNS");
    int status = EXIT_SYSTEM_LIMIT;
    if (survey_init(&run.survey, options->by_file ? options->argument_count : 0, suffixes)) {
        status = make_report(&run);
    } else {
        say("out of memory");
    }
    survey_deinit(&run.survey);
    sheet_deinit(&run.sheet);
    free(run.records);
    suffixes_close(suffixes);
    return status;
}
