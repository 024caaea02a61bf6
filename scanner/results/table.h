// SPDX-License-Identifier: MIT
#pragma once

/*
 * Tables of numbers, said once and printed by several printers (HTML, JSON, text), which all show every number of them.
 *
 * A form says what a table is: its key (stable, for JSON), its words and its columns. A table is a form with rows. A
 * share is a count with what it is a part of: `of` are those of whom the answer is known; `unknown` are those of whom the
 * DNS did not say, who stand in neither, and are always shown.
 *
 * Threads: one at a time.  Memory: heap, bounded by the rows; texts live in the sheet's arena or are constants.
 */

#include "scanner/base/arena.h"

enum cell_kind {
    CELL_NOTHING, /* does not apply */
    CELL_TEXT,
    CELL_COUNT,
    CELL_SHARE,
};

struct cell {
    enum cell_kind kind;
    span text;
    uint64_t count, of, unknown;
};

struct table_column {
    const char *key, *title;
    enum cell_kind kind;
};

enum chart_kind {
    CHART_NONE,
    CHART_BARS,      /* a bar for each row: the columns from chart_from to chart_to, side by side */
    CHART_COLUMNS,   /* the same upright, for histograms */
    CHART_STEPS,     /* a line of steps, for cumulative shares */
    CHART_STACKS,    /* a bar of 100 % for each column from chart_from to chart_to, its parts are the rows */
    CHART_MULTIPLES, /* a small chart for each column from chart_from to chart_to, over the rows of the first group */
};

enum { TABLE_COLUMNS_MAX = 16 };

struct table_form {
    const char *key, *section, *title;
    const char *note; /* what is counted, and of whom */
    enum chart_kind chart;
    size_t chart_from, chart_to; /* columns */
    const char *chart_label;     /* of the horizontal axis or of the bars; NULL: none */
    size_t chart_mark;           /* CHART_COLUMNS: a line before this row; 0: none */
    const char *chart_mark_label;
    size_t head_columns;         /* that name the row; with 2 the first is a group of rows and said once */
    struct table_column columns[TABLE_COLUMNS_MAX];
    size_t column_count;
};

struct table {
    const struct table_form *form;
    span remark; /* of this very table: what was left out; may be empty */
    struct cell *cells;
    size_t row_count, cell_count, cell_room;
};

/* A line of the methods: what was read, when, by which rules. */
struct method {
    const char *key, *title;
    span text;
};

enum { SHEET_TABLES_MAX = 64, SHEET_METHODS_MAX = 64 };

struct sheet {
    const char *title;
    struct arena arena;
    struct method methods[SHEET_METHODS_MAX];
    size_t method_count;
    struct table tables[SHEET_TABLES_MAX];
    size_t table_count;
    bool is_short_of_memory; /* sticky; what stands in the tables is then not whole */
};

void sheet_init(struct sheet *sheet, const char *title);
void sheet_deinit(struct sheet *sheet);

/* A text that lives as long as the sheet. */
span sheet_printf(struct sheet *sheet, const char *format, ...) PRINTF_LIKE(2, 3);

/* Another text of the same key is joined to the first. */
void sheet_add_method(struct sheet *sheet, const char *key, const char *title, span text);

/* The next table; its cells are then added row by row, each of its column's kind or CELL_NOTHING. */
struct table *sheet_begin_table(struct sheet *sheet, const struct table_form *form);
void table_add_text(struct sheet *sheet, span text);
void table_add_count(struct sheet *sheet, uint64_t count);
void table_add_share(struct sheet *sheet, uint64_t count, uint64_t of, uint64_t unknown);
void table_add_nothing(struct sheet *sheet);

const struct cell *table_cell(const struct table *table, size_t row, size_t column);

/* Whether every share of the column is of as many, with as many unknown, as *of says: then it is enough to say it once. */
bool table_common_whole(const struct table *table, size_t column, struct cell *of);

/* Tenths of a per cent, rounded half up; false when there is nobody to take a share of. */
bool cell_tenths(const struct cell *cell, uint64_t *tenths);

/* "1,234,567" */
enum { NUMBER_TEXT_SIZE = 32 };
const char *number_text(uint64_t number, char out[NUMBER_TEXT_SIZE]);

/* The same as it is printed: `digits` of *value stand behind the point. "12.3%", below one per cent "0.05%", nobody "0%". */
bool cell_percent(const struct cell *cell, uint64_t *value, unsigned *digits);
const char *percent_text(uint64_t value, unsigned digits, char out[NUMBER_TEXT_SIZE]);
