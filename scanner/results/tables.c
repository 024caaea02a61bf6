// SPDX-License-Identifier: MIT
#include "scanner/results/tables.h"

#include <stdlib.h>

void table_add_answer(struct sheet *sheet, const uint64_t answers[ANSWER_NOT_ASKED + 1])
{
    uint64_t known = answers[ANSWER_YES] + answers[ANSWER_NO];
    if (known + answers[ANSWER_UNKNOWN] > 0) {
        table_add_share(sheet, answers[ANSWER_YES], known, answers[ANSWER_UNKNOWN]);
    } else {
        table_add_nothing(sheet);
    }
}

void table_remark_rest(struct sheet *sheet, struct table *table, const struct top_map *map, size_t shown)
{
    char distinct[NUMBER_TEXT_SIZE], rest[NUMBER_TEXT_SIZE];
    size_t size = top_map_size(map);
    if (top_map_rest(map) > 0) {
        table->remark = sheet_printf(sheet,
                                     "More different ones than are told apart (%s): %s occurrences of later ones are in no row. "
                                     "A row above that number is certain to belong here.",
                                     number_text(size, distinct), number_text(top_map_rest(map), rest));
    } else if (size > shown) {
        table->remark = sheet_printf(sheet, "%s different ones, the first %s shown.", number_text(size, distinct),
                                     number_text(shown, rest));
    }
}

void table_add_top(struct sheet *sheet, struct table *table, const struct top_map *map, size_t top, uint64_t of, uint64_t unknown)
{
    struct top_item *items = calloc(top, sizeof(*items));
    if (items == NULL) {
        sheet->is_short_of_memory = true;
        return;
    }
    size_t count = top_map_first(map, items, top);
    for (size_t i = 0; i < count; i++) {
        table_add_text(sheet, items[i].key);
        table_add_share(sheet, items[i].counters[0], of, unknown);
    }
    table_remark_rest(sheet, table, map, count);
    free(items);
}

void tables_all(struct sheet *sheet, const struct survey *survey, const struct table_wishes *wishes)
{
    tables_overview(sheet, survey);
    tables_adoption(sheet, survey, wishes);
    tables_dmarc(sheet, survey, wishes);
    tables_spf(sheet, survey, wishes);
    tables_dkim(sheet, survey, wishes);
    tables_findings(sheet, survey);
    tables_quality(sheet, survey, wishes);
}
