// SPDX-License-Identifier: MIT
#include "scanner/results/tables.h"

#include <stdlib.h>

/* Findings: the gravest first, then the most frequent. */

static const struct table_form findings_form = {
    .key = "findings", .section = "Findings", .title = "Findings",
    .note = "Worst first. Names: all that have it. Share: those whose mechanism is known, of all names of which it is known; a finding "
            "that says that something is unknown has none.",
    .head_columns = 1, .column_count = 7,
    .columns = { TABLE_TEXT("finding", "Finding"), TABLE_TEXT("severity", "Severity"), TABLE_TEXT("mechanism", "About"),
                 TABLE_COUNT("names", "Names"), TABLE_SHARE("share", "Share"), TABLE_TEXT("meaning", "Meaning"),
                 TABLE_TEXT("remedy", "What to do") },
};

struct ranked {
    enum finding_id id;
    enum severity severity;
    uint64_t names;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->severity != y->severity) {
        return x->severity < y->severity ? -1 : 1;
    }
    if (x->names != y->names) {
        return x->names > y->names ? -1 : 1;
    }
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Of how many names the mechanism is known, and of how many not. */
static void find_population(const struct survey *survey, const char *mechanism, uint64_t *of, uint64_t *unknown)
{
    enum measure measure = measure_of_mechanism(mechanism);
    if (measure == MEASURE_COUNT) {
        *of = survey->asked - survey->postures[POSTURE_UNKNOWN];
        *unknown = survey->postures[POSTURE_UNKNOWN];
        return;
    }
    const uint64_t *answers = survey->all.answers[POPULATION_NAMES][measure];
    *of = answers[ANSWER_YES] + answers[ANSWER_NO];
    *unknown = answers[ANSWER_UNKNOWN];
}

static void add_finding(struct sheet *sheet, const struct survey *survey, const struct ranked *finding)
{
    const struct finding_kind *kind = finding_kind(finding->id);
    uint64_t known = survey->findings[finding->id].known[finding->severity], of, unknown;
    find_population(survey, kind->mechanism, &of, &unknown);
    table_add_text(sheet, span_from_cstr(kind->id));
    table_add_text(sheet, span_from_cstr(severity_name(finding->severity)));
    table_add_text(sheet, span_from_cstr(kind->mechanism));
    table_add_count(sheet, finding->names);
    if (known == 0) {
        table_add_nothing(sheet);
    } else {
        table_add_share(sheet, known, of, unknown);
    }
    table_add_text(sheet, span_from_cstr(kind->meaning));
    table_add_text(sheet, span_from_cstr(kind->remedy));
}

void tables_findings(struct sheet *sheet, const struct survey *survey)
{
    struct ranked ranked[FINDING_COUNT * SEVERITY_COUNT];
    size_t count = 0;
    for (int i = 0; i < FINDING_COUNT; i++) {
        for (int s = 0; s < SEVERITY_COUNT; s++) {
            if (survey->findings[i].names[s] > 0) {
                ranked[count++] = (struct ranked){ (enum finding_id)i, (enum severity)s, survey->findings[i].names[s] };
            }
        }
    }
    qsort(ranked, count, sizeof(*ranked), compare);
    struct table *table = sheet_begin_table(sheet, &findings_form);
    for (size_t i = 0; i < count; i++) {
        add_finding(sheet, survey, &ranked[i]);
    }
    if (top_map_size(survey->later_findings) > 0) {
        char kinds[NUMBER_TEXT_SIZE];
        table->remark = sheet_printf(sheet, "The records also have %s kinds of findings that this version does not know.",
                                     number_text(top_map_size(survey->later_findings), kinds));
    }
}
