// SPDX-License-Identifier: MIT
#include "scanner/results/tables.h"

/* How much the DNS told: what is unknown, and why. */

static const struct table_form answers_form = {
    .key = "data_quality", .section = "Data quality", .title = "What is known",
    .note = "Of the names asked about: of how many the answer is known, unknown (a question failed after all tries), or was not asked.",
    .chart = CHART_BARS, .chart_from = 1, .chart_to = 1, .chart_label = "names asked about",
    .head_columns = 1, .column_count = 4,
    .columns = { TABLE_TEXT("mechanism", "Mechanism"), TABLE_SHARE("known", "Known"), TABLE_COUNT("unknown", "Unknown"),
                 TABLE_COUNT("not_checked", "Not checked") },
};

static const struct table_form failures_form = {
    .key = "failed_queries", .section = "Data quality", .title = "Questions without an answer",
    .note = "By type and by how they failed, questions shared between names counted for each.",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("question", "Question"), TABLE_COUNT("count", "Count") },
};

static void add_failures(struct sheet *sheet, const struct survey *survey, size_t top)
{
    struct top_item items[256];
    size_t limit = top < sizeof(items) / sizeof(items[0]) ? top : sizeof(items) / sizeof(items[0]);
    struct table *table = sheet_begin_table(sheet, &failures_form);
    size_t count = top_map_first(survey->failures, items, limit);
    for (size_t i = 0; i < count; i++) {
        table_add_text(sheet, items[i].key);
        table_add_count(sheet, items[i].counters[0]);
    }
    table_remark_rest(sheet, table, survey->failures, count);
    if (table->remark.len == 0) {
        char names[NUMBER_TEXT_SIZE];
        table->remark = sheet_printf(sheet, "%s names had at least one.", number_text(survey->with_failures, names));
    }
}

void tables_quality(struct sheet *sheet, const struct survey *survey, const struct table_wishes *wishes)
{
    static const struct {
        enum measure measure;
        const char *title;
    } rows[] = {
        { MEASURE_MX, "MX" },           { MEASURE_SPF, "SPF" },         { MEASURE_DKIM, "DKIM" }, { MEASURE_DMARC, "DMARC" },
        { MEASURE_MTA_STS, "MTA-STS" }, { MEASURE_TLS_RPT, "TLS-RPT" }, { MEASURE_BIMI, "BIMI" }, { MEASURE_SPOOFABLE, "spoofable" },
    };
    sheet_begin_table(sheet, &answers_form);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint64_t *answers = survey->all.answers[POPULATION_NAMES][rows[i].measure];
        uint64_t known = answers[ANSWER_YES] + answers[ANSWER_NO];
        table_add_text(sheet, span_from_cstr(rows[i].title));
        table_add_share(sheet, known, known + answers[ANSWER_UNKNOWN], 0);
        table_add_count(sheet, answers[ANSWER_UNKNOWN]);
        table_add_count(sheet, answers[ANSWER_NOT_ASKED]);
    }
    add_failures(sheet, survey, wishes->top);
}
