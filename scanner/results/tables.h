// SPDX-License-Identifier: MIT
#pragma once

/*
 * The tables of a report, made from a survey: one file a subject, tables_all() in the order of the report.
 *
 * Threads: one at a time.  Memory: the sheet's.
 */

#include "scanner/results/survey.h"
#include "scanner/results/table.h"

struct table_wishes {
    size_t top;               /* rows of tables that could have any number */
    const char *const *files; /* names of survey->by_file */
};

void tables_all(struct sheet *sheet, const struct survey *survey, const struct table_wishes *wishes);

void tables_overview(struct sheet *sheet, const struct survey *survey);
void tables_adoption(struct sheet *sheet, const struct survey *survey, const struct table_wishes *wishes);
void tables_dmarc(struct sheet *sheet, const struct survey *survey, const struct table_wishes *wishes);
void tables_spf(struct sheet *sheet, const struct survey *survey, const struct table_wishes *wishes);
void tables_dkim(struct sheet *sheet, const struct survey *survey, const struct table_wishes *wishes);
void tables_findings(struct sheet *sheet, const struct survey *survey);
void tables_quality(struct sheet *sheet, const struct survey *survey, const struct table_wishes *wishes);

/* For those files ------------------------------------------------------------------------------------------------- */

enum { TABLE_TOP_MAX = 10000 };

#define TABLE_TEXT(key_, title_)  { .key = key_, .title = title_, .kind = CELL_TEXT }
#define TABLE_COUNT(key_, title_) { .key = key_, .title = title_, .kind = CELL_COUNT }
#define TABLE_SHARE(key_, title_) { .key = key_, .title = title_, .kind = CELL_SHARE }

/* yes of (yes + no), unknown beside it. */
void table_add_answer(struct sheet *sheet, const uint64_t answers[ANSWER_NOT_ASKED + 1]);

/* The rows of a map of single counters: text, share of `of`. And the remark on what is not shown. */
void table_add_top(struct sheet *sheet, struct table *table, const struct top_map *map, size_t top, uint64_t of, uint64_t unknown);
void table_remark_rest(struct sheet *sheet, struct table *table, const struct top_map *map, size_t shown);
