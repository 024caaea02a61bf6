// SPDX-License-Identifier: MIT

/* `trifecta explain`: the catalogue of findings and postures, for a person or as JSON. */

#include <stdio.h>

#include "output/json.h"
#include "scanner/commands.h"
#include "scanner/exit_status.h"
#include "scanner/mail/verdict.h"
#include "scanner/say.h"

/* `what`: "finding" of records, "report" for a rule of the report over many. */
static void print_finding_json(struct json *j, const char *what, const struct finding_kind *kind)
{
    json_begin_object(j);
    json_put_text(j, "id", kind->id);
    json_put_text(j, "kind", what);
    json_put_text(j, "severity", severity_name(kind->severity));
    json_put_text(j, "mechanism", kind->mechanism);
    json_put_text(j, "meaning", kind->meaning);
    json_put_text(j, "remedy", kind->remedy);
    json_put_text(j, "source", kind->source);
    json_end_object(j);
}

static void print_posture_json(struct json *j, const struct posture_kind *kind)
{
    json_begin_object(j);
    json_put_text(j, "id", kind->id);
    json_put_text(j, "kind", "posture");
    json_key(j, "severity");
    json_null(j);
    json_key(j, "mechanism");
    json_null(j);
    json_put_text(j, "meaning", kind->meaning);
    json_put_text(j, "remedy", kind->remedy);
    json_put_text(j, "source", kind->source);
    json_end_object(j);
}

static void print_text(const char *id, const char *label, const char *meaning, const char *remedy, const char *source)
{
    printf("%s (%s)\n  %s\n", id, label, meaning);
    if (remedy[0]) {
        printf("  What to do: %s\n", remedy);
    }
    if (source[0]) {
        printf("  Source: %s\n", source);
    }
    putchar('\n');
}

static bool is_wanted(const struct options *options, const char *id)
{
    for (size_t i = 0; i < options->argument_count; i++) {
        if (strcmp(options->arguments[i], id) == 0) {
            return true;
        }
    }
    return options->argument_count == 0;
}

enum { REPORT_KINDS_MAX = 8 };

static bool is_known(const char *id, const char **nearest)
{
    const char *names[FINDING_COUNT + POSTURE_COUNT + REPORT_KINDS_MAX + 1];
    size_t count = 0;
    for (int i = 0; i < POSTURE_COUNT; i++) {
        names[count++] = posture_name((enum posture)i);
    }
    for (int i = 0; i < FINDING_COUNT; i++) {
        names[count++] = finding_kind((enum finding_id)i)->id;
    }
    for (size_t i = 0; i < finding_report_count() && i < REPORT_KINDS_MAX; i++) {
        names[count++] = finding_report_kind(i)->id;
    }
    names[count] = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], id) == 0) {
            return true;
        }
    }
    *nearest = nearest_spelling(span_from_cstr(id), names);
    return false;
}

static int print_json(const struct options *options)
{
    struct json_buffer buffer;
    if (!json_buffer_init_heap(&buffer, 64 * 1024, 16 * 1024 * 1024)) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    struct json j;
    json_start(&j, &buffer);
    json_begin_array(&j);
    for (int i = 0; i < POSTURE_COUNT; i++) {
        if (is_wanted(options, posture_name((enum posture)i))) {
            print_posture_json(&j, posture_kind((enum posture)i));
        }
    }
    for (int i = 0; i < FINDING_COUNT; i++) {
        if (is_wanted(options, finding_kind((enum finding_id)i)->id)) {
            print_finding_json(&j, "finding", finding_kind((enum finding_id)i));
        }
    }
    for (size_t i = 0; i < finding_report_count(); i++) {
        if (is_wanted(options, finding_report_kind(i)->id)) {
            print_finding_json(&j, "report", finding_report_kind(i));
        }
    }
    json_end_array(&j);
    int status = json_end_line(&j) && fwrite(buffer.bytes, 1, buffer.len, stdout) == buffer.len ? EXIT_DONE : EXIT_WRITE_ERROR;
    json_buffer_deinit(&buffer);
    return status;
}

int explain_command(const struct options *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < options->argument_count; i++) {
        const char *nearest = NULL;
        if (!is_known(options->arguments[i], &nearest)) {
            say("no finding or posture is called '%s'%s%s; see trifecta explain", options->arguments[i],
                nearest ? "; did you mean " : "", nearest ? nearest : "");
            return EXIT_USAGE_WRONG;
        }
    }
    if (options->json) {
        return print_json(options);
    }
    for (int i = 0; i < POSTURE_COUNT; i++) {
        const struct posture_kind *kind = posture_kind((enum posture)i);
        if (is_wanted(options, kind->id)) {
            print_text(kind->id, "posture", kind->meaning, kind->remedy, kind->source);
        }
    }
    for (int i = 0; i < FINDING_COUNT; i++) {
        const struct finding_kind *kind = finding_kind((enum finding_id)i);
        if (is_wanted(options, kind->id)) {
            print_text(kind->id, severity_name(kind->severity), kind->meaning, kind->remedy, kind->source);
        }
    }
    for (size_t i = 0; i < finding_report_count(); i++) {
        const struct finding_kind *kind = finding_report_kind(i);
        if (is_wanted(options, kind->id)) {
            char label[64];
            snprintf(label, sizeof(label), "%s, only in a report over many records", severity_name(kind->severity));
            print_text(kind->id, label, kind->meaning, kind->remedy, kind->source);
        }
    }
    return EXIT_DONE;
}
