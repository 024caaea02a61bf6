// SPDX-License-Identifier: MIT
#include "scanner/results/tables.h"

#include <stdlib.h>

/* Adoption, in three populations: of all names, by rank, by suffix, by tag, by file, by mail provider. */

static const struct table_form adoption_form = {
    .key = "adoption", .section = "Adoption", .title = "Adoption of the mechanisms",
    .note = "Each of three populations: all names asked about, those that exist, those with an MX. What is unknown is in no "
            "share. DKIM is a lower bound: a key at a selector nobody guesses is not seen.",
    .chart = CHART_BARS, .chart_from = 1, .chart_to = 3, .chart_label = "the population",
    .head_columns = 1, .column_count = 4,
    .columns = { TABLE_TEXT("measure", "What"), TABLE_SHARE("all_names", "All names"), TABLE_SHARE("existing", "Existing"),
                 TABLE_SHARE("with_mx", "With MX") },
};

static void add_adoption(struct sheet *sheet, const struct survey *survey)
{
    static const char *const titles[MEASURE_COUNT] = {
        [MEASURE_MX] = "MX",
        [MEASURE_SPF] = "SPF published",
        [MEASURE_SPF_VALID] = "SPF valid",
        [MEASURE_DKIM] = "DKIM key seen",
        [MEASURE_DMARC] = "DMARC, own or inherited",
        [MEASURE_ENFORCED] = "DMARC enforced (quarantine, reject)",
        [MEASURE_REJECT] = "DMARC reject",
        [MEASURE_MTA_STS] = "MTA-STS record",
        [MEASURE_TLS_RPT] = "TLS-RPT",
        [MEASURE_BIMI] = "BIMI",
        [MEASURE_SPOOFABLE] = "spoofable (exact domain)",
    };
    sheet_begin_table(sheet, &adoption_form);
    for (int m = 0; m < MEASURE_COUNT; m++) {
        table_add_text(sheet, span_from_cstr(titles[m]));
        for (int p = 0; p < POPULATION_COUNT; p++) {
            table_add_answer(sheet, survey->all.answers[p][m]);
        }
    }
}

/* Groups ---------------------------------------------------------------------------------------------------------- */

static const enum measure group_measures[] = { MEASURE_MX,    MEASURE_SPF,      MEASURE_SPF_VALID, MEASURE_DKIM,
                                               MEASURE_DMARC, MEASURE_ENFORCED, MEASURE_MTA_STS,   MEASURE_SPOOFABLE };
enum { GROUP_MEASURES = sizeof(group_measures) / sizeof(group_measures[0]) };

#define GROUP_NOTE "Three rows each: all names asked about, those that exist, those with an MX."
#define GROUP_COLUMNS(key_, title_)                                                                                      \
    .head_columns = 2, .column_count = 3 + GROUP_MEASURES, .columns = {                                                  \
        TABLE_TEXT(key_, title_), TABLE_TEXT("population", "Population"), TABLE_COUNT("names", "Names"),                 \
        TABLE_SHARE("mx", "MX"), TABLE_SHARE("spf", "SPF"), TABLE_SHARE("spf_valid", "SPF valid"),                       \
        TABLE_SHARE("dkim", "DKIM key"), TABLE_SHARE("dmarc", "DMARC"), TABLE_SHARE("enforced", "Enforced"),             \
        TABLE_SHARE("mta_sts", "MTA-STS"), TABLE_SHARE("spoofable", "Spoofable") }

static void add_group(struct sheet *sheet, span name, const struct adoption_counts *counts)
{
    for (int p = 0; p < POPULATION_COUNT; p++) {
        table_add_text(sheet, name);
        table_add_text(sheet, span_from_cstr(population_titles[p]));
        table_add_count(sheet, counts->names[p]);
        for (size_t m = 0; m < GROUP_MEASURES; m++) {
            table_add_answer(sheet, counts->answers[p][group_measures[m]]);
        }
    }
}

static void add_groups_of(struct sheet *sheet, const struct table_form *form, const struct top_map *map, size_t top)
{
    struct top_item *items = calloc(top, sizeof(*items));
    if (items == NULL) {
        sheet->is_short_of_memory = true;
        return;
    }
    struct table *table = sheet_begin_table(sheet, form);
    size_t count = top_map_first(map, items, top);
    for (size_t i = 0; i < count; i++) {
        add_group(sheet, items[i].key, (const struct adoption_counts *)(const void *)items[i].counters);
    }
    table_remark_rest(sheet, table, map, count);
    free(items);
}

static const struct table_form rank_form = {
    .key = "adoption_by_rank", .section = "Adoption", .title = "Adoption by rank", .note = GROUP_NOTE,
    .chart = CHART_MULTIPLES, .chart_from = 3, .chart_to = 2 + GROUP_MEASURES, .chart_label = "all names, by rank",
    GROUP_COLUMNS("rank", "Rank"),
};

static void add_ranks(struct sheet *sheet, const struct survey *survey)
{
    static const char *const buckets[RANK_BUCKETS] = {
        [RANK_1K] = "1 to 1,000",         [RANK_10K] = "to 10,000",      [RANK_100K] = "to 100,000",
        [RANK_1M] = "to 1,000,000", [RANK_BEYOND] = "above 1,000,000", [RANK_NONE] = "without rank",
    };
    sheet_begin_table(sheet, &rank_form);
    for (int i = 0; i < RANK_BUCKETS; i++) {
        if (survey->by_rank[i].names[POPULATION_NAMES] > 0) {
            add_group(sheet, span_from_cstr(buckets[i]), &survey->by_rank[i]);
        }
    }
}

static const struct table_form suffix_form = {
    .key = "adoption_by_tld", .section = "Adoption", .title = "Adoption by top-level domain", .note = GROUP_NOTE,
    .chart = CHART_MULTIPLES, .chart_from = 3, .chart_to = 2 + GROUP_MEASURES, .chart_label = "all names, by top-level domain",
    GROUP_COLUMNS("tld", "TLD"),
};

static const struct table_form tag_form = {
    .key = "adoption_by_tag", .section = "Adoption", .title = "Adoption by tag",
    .note = "Tags come from the list. " GROUP_NOTE, GROUP_COLUMNS("tag", "Tag"),
};

static const struct table_form file_form = {
    .key = "adoption_by_file", .section = "Adoption", .title = "Adoption by file",
    .note = "Each file, or folder, as given. " GROUP_NOTE, GROUP_COLUMNS("file", "File"),
};

/* Mail providers -------------------------------------------------------------------------------------------------- */

static const struct table_form provider_form = {
    .key = "mail_providers", .section = "Adoption", .title = "Mail providers",
    .note = "Who receives the mail, by the MX, of the names with an MX; a name with several providers counts for each. The other "
            "columns: the posture of those names.",
    .chart = CHART_BARS, .chart_from = 1, .chart_to = 1, .chart_label = "names with an MX",
    .head_columns = 1, .column_count = 7,
    .columns = { TABLE_TEXT("provider", "Provider"), TABLE_SHARE("names", "Names"), TABLE_SHARE("spf_valid", "SPF valid"),
                 TABLE_SHARE("dkim", "DKIM key"), TABLE_SHARE("dmarc", "DMARC"), TABLE_SHARE("enforced", "Enforced"),
                 TABLE_SHARE("spoofable", "Spoofable") },
};

static void add_providers(struct sheet *sheet, const struct survey *survey, size_t top)
{
    static const enum measure measures[] = { MEASURE_SPF_VALID, MEASURE_DKIM, MEASURE_DMARC, MEASURE_ENFORCED, MEASURE_SPOOFABLE };
    struct top_item *items = calloc(top, sizeof(*items));
    if (items == NULL) {
        sheet->is_short_of_memory = true;
        return;
    }
    struct table *table = sheet_begin_table(sheet, &provider_form);
    size_t count = top_map_first(survey->by_provider, items, top);
    for (size_t i = 0; i < count; i++) {
        const struct adoption_counts *counts = (const struct adoption_counts *)(const void *)items[i].counters;
        table_add_text(sheet, items[i].key.len > 0 ? items[i].key : SPAN("none that is known"));
        table_add_share(sheet, counts->names[POPULATION_MAIL], survey->all.names[POPULATION_MAIL],
                        survey->all.answers[POPULATION_NAMES][MEASURE_MX][ANSWER_UNKNOWN]);
        for (size_t m = 0; m < sizeof(measures) / sizeof(measures[0]); m++) {
            table_add_answer(sheet, counts->answers[POPULATION_MAIL][measures[m]]);
        }
    }
    table_remark_rest(sheet, table, survey->by_provider, count);
    free(items);
}

void tables_adoption(struct sheet *sheet, const struct survey *survey, const struct table_wishes *wishes)
{
    add_adoption(sheet, survey);
    add_ranks(sheet, survey);
    add_groups_of(sheet, &suffix_form, survey->by_suffix, wishes->top);
    if (top_map_size(survey->by_tag) > 0) {
        add_groups_of(sheet, &tag_form, survey->by_tag, wishes->top);
    }
    if (survey->file_count > 0) {
        sheet_begin_table(sheet, &file_form);
        for (size_t i = 0; i < survey->file_count; i++) {
            add_group(sheet, span_from_cstr(wishes->files[i]), &survey->by_file[i]);
        }
    }
    add_providers(sheet, survey, wishes->top);
}
