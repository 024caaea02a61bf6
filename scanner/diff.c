// SPDX-License-Identifier: MIT

/*
 * `trifecta diff OLD NEW`: what changed between two sweeps, by verdicts, the worst first. Both are read as streams.
 *
 * Nothing is said of sweeps that cannot be read whole: names of the part not read would look as if they had gone.
 *
 * Exit status: 1 when something of --fail-on happened (a domain got weaker, unless said otherwise).
 */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "output/checkpoint.h"
#include "output/result_reader.h"
#include "scanner/base/clock.h"
#include "scanner/change_metrics.h"
#include "scanner/commands.h"
#include "scanner/exit_status.h"
#include "scanner/results/tables_diff.h"
#include "scanner/say.h"
#include "scanner/sheet_output.h"
#include "scanner/spelling.h"

enum diff_format { DIFF_AUTO, DIFF_TEXT, DIFF_NDJSON, DIFF_HTML, DIFF_JSON };

struct diff_run {
    const struct options *options;
    struct sweep_store *store;
    struct difference difference;
    bool fails_on_class[CHANGE_CLASS_COUNT];
    bool fails_on_aspect[ASPECT_COUNT]; /* weakened:ASPECT */
    char first_at[SWEEP_COUNT][32], last_at[SWEEP_COUNT][32];
    uint64_t records[SWEEP_COUNT];
};

/* ---- --fail-on ---- */

static const char *const weakened_prefix = "weakened:";

static bool read_aspect(struct diff_run *run, span word)
{
    span prefix = span_from_cstr(weakened_prefix);
    for (int a = 0; a < ASPECT_COUNT && span_starts_with(word, prefix); a++) {
        if (span_equal(span_after(word, prefix.len), span_from_cstr(aspect_forms[a].key))) {
            run->fails_on_aspect[a] = true;
            return true;
        }
    }
    return false;
}

static bool read_class(struct diff_run *run, span word)
{
    for (int c = 0; c < CHANGE_NONE; c++) {
        if (span_equal(word, span_from_cstr(change_class_key((enum change_class)c)))) {
            run->fails_on_class[c] = true;
            return true;
        }
    }
    return false;
}

static int read_fail_on(struct diff_run *run)
{
    span rest = span_from_cstr(run->options->fail_on);
    if (span_equal(rest, SPAN("none"))) {
        return EXIT_DONE;
    }
    while (rest.len > 0) {
        span word = span_trim(span_cut(&rest, ','));
        if (!read_class(run, word) && !read_aspect(run, word)) {
            const char *names[CHANGE_NONE + 1] = { NULL };
            for (int c = 0; c < CHANGE_NONE; c++) {
                names[c] = change_class_key((enum change_class)c);
            }
            const char *nearest = nearest_spelling(word, names);
            say("--fail-on: unknown class '%.*s'%s%s; see trifecta diff --help", SPAN_ARG(word),
                nearest ? "; did you mean " : "", nearest ? nearest : "");
            return EXIT_USAGE_WRONG;
        }
    }
    return EXIT_DONE;
}

static bool has_happened(const struct diff_run *run)
{
    for (int c = 0; c < CHANGE_NONE; c++) {
        if (run->fails_on_class[c] && run->difference.classes[c] > 0) {
            return true;
        }
    }
    for (int a = 0; a < ASPECT_COUNT; a++) {
        if (run->fails_on_aspect[a] && run->difference.directions[a][DIRECTION_WEAKENED] > 0) {
            return true;
        }
    }
    return false;
}

/* ---- reading ---- */

static void note_time(struct diff_run *run, enum sweep sweep, span at)
{
    char *first = run->first_at[sweep], *last = run->last_at[sweep];
    if (first[0] == '\0' || span_compare(at, span_from_cstr(first)) < 0) {
        snprintf(first, sizeof(run->first_at[sweep]), "%.*s", SPAN_ARG(at));
    }
    if (span_compare(at, span_from_cstr(last)) > 0) {
        snprintf(last, sizeof(run->last_at[sweep]), "%.*s", SPAN_ARG(at));
    }
}

static int add_line(struct diff_run *run, enum sweep sweep, struct result_reader *reader, struct record_reader *records,
                    span line)
{
    const struct record_view *view = record_reader_read(records, line);
    struct sweep_entry entry;
    if (!view) {
        say("%s:%" PRIu64 ": %s", result_reader_file(reader), result_reader_line(reader), record_reader_error(records));
        return EXIT_INPUT_BAD;
    }
    note_time(run, sweep, view->scanned_at);
    sweep_entry_fill(&entry, view);
    int err = sweep_store_add(run->store, sweep, &entry);
    if (err < 0) {
        say("cannot keep the sweeps aside: %s; TMPDIR chooses another folder", strerror(-err));
        return EXIT_WRITE_ERROR;
    }
    run->records[sweep]++;
    return EXIT_DONE;
}

/* A single file that a scan has not finished ends as cleanly as a whole one: only its checkpoint tells. */
static int check_is_finished(const char *path)
{
    char *checkpoint = checkpoint_path(path);
    if (!checkpoint) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    bool is_finished = access(checkpoint, F_OK) < 0;
    if (!is_finished) {
        say("%s is not finished: %s stands with it; a sweep that is not whole cannot be compared", path, checkpoint);
    }
    free(checkpoint);
    return is_finished ? EXIT_DONE : EXIT_INPUT_BAD;
}

static int read_sweep(struct diff_run *run, enum sweep sweep, const char *path)
{
    struct result_reader *reader = result_reader_new(&path, 1);
    struct record_reader *records = record_reader_new();
    const char *line;
    size_t len;
    int status = reader && records ? EXIT_DONE : EXIT_SYSTEM_LIMIT;
    enum result_read got = RESULT_READ_LINE;
    if (status != EXIT_DONE) {
        say("out of memory");
    }
    while (status == EXIT_DONE && (got = result_reader_next(reader, &line, &len)) == RESULT_READ_LINE) {
        status = add_line(run, sweep, reader, records, span_of(line, len));
    }
    if (status == EXIT_DONE && got != RESULT_READ_END) {
        say("%s%s", result_reader_words(reader), got == RESULT_READ_FAILED ? "" : ": a sweep that is not whole cannot be compared");
        status = got == RESULT_READ_FAILED ? EXIT_LIST_UNREADABLE : EXIT_INPUT_BAD;
    }
    record_reader_free(records);
    result_reader_free(reader);
    return status;
}

static int compare(struct diff_run *run)
{
    int err = sweep_store_join(run->store, difference_visit, &run->difference);
    err = err < 0 ? err : run->difference.error;
    if (err < 0) {
        say("cannot compare: %s", strerror(-err));
        return err == -ENOMEM ? EXIT_SYSTEM_LIMIT : EXIT_WRITE_ERROR;
    }
    for (int s = 0; s < SWEEP_COUNT; s++) {
        uint64_t doubles = sweep_store_doubles(run->store, (enum sweep)s);
        if (doubles > 0) {
            say("%s holds %" PRIu64 " records of names that stood there before; the first one counts",
                run->options->arguments[s], doubles);
        }
    }
    return EXIT_DONE;
}

/* ---- writing ---- */

static bool is_written_in_lines(const struct options *options)
{
    return options->diff_format == DIFF_NDJSON ||
           (options->diff_format == DIFF_AUTO && span_ends_with_nocase(span_from_cstr(options->diff_output), SPAN(".ndjson")));
}

static void describe(const struct diff_run *run, struct sheet *sheet)
{
    static const char *const keys[] = { "before", "now" }, *const titles[] = { "Before", "Now" };
    char number[NUMBER_TEXT_SIZE], now[CLOCK_TEXT_SIZE];
    for (int s = 0; s < SWEEP_COUNT; s++) {
        sheet_add_method(sheet, keys[s], titles[s],
                         sheet_printf(sheet, "%s: %s records, first asked between %s and %s", run->options->arguments[s],
                                      number_text(run->records[s], number), run->first_at[s], run->last_at[s]));
    }
    sheet_add_method(sheet, "compared", "What is compared",
                     SPAN("Verdicts, not text: DMARC reject > quarantine > none > invalid > absent, the weaker of two "
                          "standards; SPF by what an address "
                          "that nothing matches gets; DKIM keys seen, where a key not found is no proof that there is "
                          "none. Text that was edited without "
                          "a weaker or stronger verdict is a class of its own."));
    sheet_add_method(sheet, "unknown", "Unknown is not absent",
                     SPAN("What the DNS did not say in one of the sweeps is never called weaker, stronger or edited: "
                          "it became unknown, or was recovered."));
    clock_print_utc(clock_wall_ms(), now);
    sheet_add_method(sheet, "made", "Made by", sheet_printf(sheet, "trifecta %s, %s", TRIFECTA_VERSION, now));
}

static int write_sheet(struct diff_run *run)
{
    static const enum sheet_format formats[] = {
        [DIFF_TEXT] = SHEET_TEXT, [DIFF_HTML] = SHEET_HTML, [DIFF_JSON] = SHEET_JSON
    };
    const struct options *options = run->options;
    struct sheet sheet;
    struct diff_forms *forms = calloc(1, sizeof(*forms));
    int status = EXIT_SYSTEM_LIMIT;
    sheet_init(&sheet, options->title ? options->title : "Changes of mail authentication in the DNS");
    if (forms) {
        describe(run, &sheet);
        tables_diff(&sheet, &run->difference, forms);
        status = sheet_write(&sheet, options->diff_output,
                             options->diff_format == DIFF_AUTO ? sheet_format_of(options->diff_output, SHEET_TEXT)
                                                               : formats[options->diff_format]);
    } else {
        say("out of memory");
    }
    sheet_deinit(&sheet);
    free(forms);
    return status;
}

static int write_lines_to(struct diff_run *run, FILE *out, const char *name)
{
    int err = difference_write_lines(&run->difference, out);
    if (err < 0 && !(out == stdout && err == -EPIPE)) { /* `| head` is a normal end */
        say("cannot write %s: %s", name, strerror(-err));
        return EXIT_WRITE_ERROR;
    }
    return EXIT_DONE;
}

/* A file stands there whole or not at all, and may have been one of the two that were compared. */
static int write_lines(struct diff_run *run)
{
    const char *path = run->options->diff_output;
    char temporary[PATH_MAX];
    if (strcmp(path, "-") == 0) {
        return write_lines_to(run, stdout, "to stdout");
    }
    FILE *out = (size_t)snprintf(temporary, sizeof(temporary), "%s.new", path) < sizeof(temporary) ? fopen(temporary, "we") : NULL;
    if (!out) {
        say("cannot make %s: %s", path, strerror(errno));
        return EXIT_OUTPUT_IMPOSSIBLE;
    }
    int status = write_lines_to(run, out, path);
    bool is_safe = fsync(fileno(out)) == 0;
    if ((fclose(out) != 0 || !is_safe || (status == EXIT_DONE && rename(temporary, path) < 0)) && status == EXIT_DONE) {
        say("cannot write %s: %s", path, strerror(errno));
        status = EXIT_WRITE_ERROR;
    }
    if (status != EXIT_DONE) {
        unlink(temporary);
    }
    return status;
}

static int write_metrics(const struct diff_run *run)
{
    const char *path = run->options->change_metrics;
    int err = change_metrics_write(&run->difference, path);
    if (err < 0) {
        say("--change-metrics %s: cannot be written: %s", path, strerror(-err));
        return err == -ENOSPC || err == -EIO ? EXIT_WRITE_ERROR : EXIT_OUTPUT_IMPOSSIBLE;
    }
    return EXIT_DONE;
}

static int run_diff(struct diff_run *run)
{
    const struct options *o = run->options;
    bool is_lines = is_written_in_lines(o);
    int status = read_fail_on(run);
    if (status != EXIT_DONE) {
        return status;
    }
    int err = difference_init(&run->difference, is_lines ? 0 : (size_t)o->diff_top, is_lines);
    err = err < 0 ? err : sweep_store_open(&run->store);
    if (err < 0) {
        say("cannot keep the sweeps aside: %s; TMPDIR chooses another folder", strerror(-err));
        return err == -ENOMEM ? EXIT_SYSTEM_LIMIT : EXIT_OUTPUT_IMPOSSIBLE;
    }
    for (int s = 0; s < SWEEP_COUNT && status == EXIT_DONE; s++) {
        status = check_is_finished(o->arguments[s]);
    }
    for (int s = 0; s < SWEEP_COUNT && status == EXIT_DONE; s++) {
        status = read_sweep(run, (enum sweep)s, o->arguments[s]);
    }
    if (status == EXIT_DONE) {
        status = compare(run);
    }
    if (status == EXIT_DONE) {
        status = is_lines ? write_lines(run) : write_sheet(run);
    }
    if (status == EXIT_DONE && o->change_metrics) {
        status = write_metrics(run);
    }
    return status == EXIT_DONE && has_happened(run) ? EXIT_ANSWER_NO : status;
}

int diff_command(const struct options *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    static struct diff_run run;
    run.options = options;
    if (options->argument_count != SWEEP_COUNT) {
        say("diff compares two sweeps, the older one first; see trifecta diff --help");
        return EXIT_USAGE_WRONG;
    }
    signal(SIGPIPE, SIG_IGN);
    int status = run_diff(&run);
    sweep_store_close(run.store);
    difference_deinit(&run.difference);
    return status;
}
