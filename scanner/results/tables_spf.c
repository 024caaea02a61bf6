// SPDX-License-Identifier: MIT
#include "scanner/results/tables.h"
#include "scanner/results/vocabulary.h"

/* SPF: who has a record, how it ends, what is wrong, what it costs, how many it lets in, whom it includes. */

static uint64_t published(const struct survey *survey)
{
    return survey->spf.status[SPF_VALID] + survey->spf.status[SPF_PERMERROR];
}

static const struct table_form status_form = {
    .key = "spf_status", .section = "SPF", .title = "SPF records",
    .note = "Of all names asked about. permerror: for a sender whom no earlier term matches.",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("status", "Status"), TABLE_SHARE("names", "Names") },
};

static void add_status(struct sheet *sheet, const struct survey *survey)
{
    uint64_t unknown = survey->spf.status[SPF_TEMPERROR], known = published(survey) + survey->spf.status[SPF_NONE];
    static const enum spf_status order[] = { SPF_VALID, SPF_PERMERROR, SPF_NONE, SPF_TEMPERROR, SPF_NOT_CHECKED };
    static const char *const titles[] = { "valid", "permerror", "none", "unknown (temperror)", "not checked" };
    sheet_begin_table(sheet, &status_form);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        bool is_known = i < 3;
        table_add_text(sheet, span_from_cstr(titles[i]));
        table_add_share(sheet, survey->spf.status[order[i]], is_known ? known : 0, is_known ? unknown : 0);
    }
}

static const struct table_form qualifiers_form = {
    .key = "spf_all", .section = "SPF", .title = "What SPF says of everybody else",
    .note = "The result for an address that no term matches, through redirect=, of the names with valid SPF.",
    .chart = CHART_BARS, .chart_from = 1, .chart_to = 1, .chart_label = "names with valid SPF",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("result", "Result"), TABLE_SHARE("names", "Names") },
};

static void add_qualifiers(struct sheet *sheet, const struct survey *survey)
{
    static const char *const titles[] = {
        [SPF_FAIL] = "fail (-all)", [SPF_SOFTFAIL] = "softfail (~all)", [SPF_NEUTRAL] = "neutral (?all, or no all)", [SPF_PASS] = "pass (+all)",
    };
    sheet_begin_table(sheet, &qualifiers_form);
    for (int i = 0; i <= SPF_PASS; i++) {
        table_add_text(sheet, span_from_cstr(titles[i]));
        table_add_share(sheet, survey->spf.qualifiers[i], survey->spf.status[SPF_VALID], survey->spf.status[SPF_TEMPERROR]);
    }
}

static const struct table_form errors_form = {
    .key = "spf_errors", .section = "SPF", .title = "SPF errors",
    .note = "Findings of severity error about SPF, of the names that publish SPF; a name may have several.",
    .chart = CHART_BARS, .chart_from = 1, .chart_to = 1, .chart_label = "names with SPF",
    .head_columns = 1, .column_count = 3,
    .columns = { TABLE_TEXT("finding", "Finding"), TABLE_SHARE("names", "Names"), TABLE_TEXT("meaning", "Meaning") },
};

static void add_errors(struct sheet *sheet, const struct survey *survey)
{
    bool is_done[FINDING_COUNT] = { false };
    sheet_begin_table(sheet, &errors_form);
    for (;;) {
        int best = -1;
        uint64_t most = 0;
        for (int i = 0; i < FINDING_COUNT; i++) {
            uint64_t count = survey->spf.errors[i];
            if (!is_done[i] && count > most && strcmp(finding_kind((enum finding_id)i)->mechanism, "SPF") == 0) {
                best = i;
                most = count;
            }
        }
        if (best < 0) {
            return;
        }
        is_done[best] = true;
        table_add_text(sheet, span_from_cstr(finding_kind((enum finding_id)best)->id));
        table_add_share(sheet, most, published(survey), survey->spf.status[SPF_TEMPERROR]);
        table_add_text(sheet, span_from_cstr(finding_kind((enum finding_id)best)->meaning));
    }
}

#define MEASURED_NOTE "of the names with one well-formed SPF record and no failed lookup"

static const struct table_form lookups_form = {
    .key = "spf_lookups", .section = "SPF", .title = "DNS lookups of SPF records",
    .note = "Terms that cost a lookup in the whole tree, " MEASURED_NOTE ". RFC 7208 allows 10.",
    .chart = CHART_COLUMNS, .chart_from = 1, .chart_to = 1, .chart_label = "lookups",
    .chart_mark = 11, .chart_mark_label = "limit",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("lookups", "Lookups"), TABLE_SHARE("names", "Names") },
};

static const struct table_form voids_form = {
    .key = "spf_void_lookups", .section = "SPF", .title = "Void lookups of SPF records",
    .note = "Lookups that find nothing, for an IPv4 sender, " MEASURED_NOTE ". RFC 7208 allows 2.",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("void_lookups", "Void lookups"), TABLE_SHARE("names", "Names") },
};

static void add_lookups(struct sheet *sheet, const struct survey *survey)
{
    static const char *const titles[LOOKUP_BUCKETS] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11-20", "21+" };
    static const char *const void_titles[VOID_BUCKETS] = { "0", "1", "2", "3+" };
    uint64_t unknown = survey->spf.status[SPF_TEMPERROR];
    sheet_begin_table(sheet, &lookups_form);
    for (int i = 0; i < LOOKUP_BUCKETS; i++) {
        table_add_text(sheet, span_from_cstr(titles[i]));
        table_add_share(sheet, survey->spf.lookups[i], survey->spf.measured, unknown);
    }
    sheet_begin_table(sheet, &voids_form);
    for (int i = 0; i < VOID_BUCKETS; i++) {
        table_add_text(sheet, span_from_cstr(void_titles[i]));
        table_add_share(sheet, survey->spf.voids[i], survey->spf.measured, unknown);
    }
}

static const struct table_form breadth_form = {
    .key = "spf_breadth", .section = "SPF", .title = "How many IPv4 addresses SPF lets in",
    .note = "Distinct addresses that get pass, " MEASURED_NOTE ".",
    .chart = CHART_STEPS, .chart_from = 2, .chart_to = 2, .chart_label = "addresses at most",
    .head_columns = 1, .column_count = 3,
    .columns = { TABLE_TEXT("addresses", "Addresses"), TABLE_SHARE("names", "Names"), TABLE_SHARE("cumulative", "That many or fewer") },
};

static void add_breadth(struct sheet *sheet, const struct survey *survey)
{
    static const char *const titles[BREADTH_BUCKETS] = {
        "none", "1", "to 16 (/28)", "to 256 (/24)", "to 4,096 (/20)", "to 65,536 (/16)", "to 1,048,576 (/12)", "to 16,777,216 (/8)",
        "more", "all of IPv4",
    };
    uint64_t unknown = survey->spf.status[SPF_TEMPERROR], so_far = 0;
    struct table *table = sheet_begin_table(sheet, &breadth_form);
    for (int i = 0; i < BREADTH_BUCKETS; i++) {
        so_far += survey->spf.breadth[i];
        table_add_text(sheet, span_from_cstr(titles[i]));
        table_add_share(sheet, survey->spf.breadth[i], survey->spf.measured, unknown);
        table_add_share(sheet, so_far, survey->spf.measured, unknown);
    }
    char lax[NUMBER_TEXT_SIZE], inexact[NUMBER_TEXT_SIZE];
    table->remark = sheet_printf(sheet, "%s names let in more than 100,000 addresses. Of %s the number is a lower bound (macros, ptr, "
                                        "targets that failed).",
                                 number_text(survey->spf.lax, lax), number_text(survey->spf.inexact, inexact));
}

static const struct table_form includes_form = {
    .key = "spf_includes", .section = "SPF", .title = "What SPF records include",
    .note = "Targets of include: in the domain's own record, as written, of the names that publish SPF.",
    .chart = CHART_BARS, .chart_from = 1, .chart_to = 1, .chart_label = "names with SPF",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("include", "Target"), TABLE_SHARE("names", "Names") },
};

static const struct table_form providers_form = {
    .key = "spf_providers", .section = "SPF", .title = "Services that SPF lets send",
    .note = "By the fingerprints of their includes, of the names that publish SPF.",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("provider", "Service"), TABLE_SHARE("names", "Names") },
};

void tables_spf(struct sheet *sheet, const struct survey *survey, const struct table_wishes *wishes)
{
    uint64_t unknown = survey->spf.status[SPF_TEMPERROR];
    add_status(sheet, survey);
    add_qualifiers(sheet, survey);
    add_errors(sheet, survey);
    add_lookups(sheet, survey);
    add_breadth(sheet, survey);
    struct table *includes = sheet_begin_table(sheet, &includes_form);
    table_add_top(sheet, includes, survey->spf.includes, wishes->top, published(survey), unknown);
    struct table *providers = sheet_begin_table(sheet, &providers_form);
    table_add_top(sheet, providers, survey->spf.providers, wishes->top, published(survey), unknown);
}
