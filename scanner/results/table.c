// SPDX-License-Identifier: MIT
#include "scanner/results/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA_LIMIT = 64 << 20 };

void sheet_init(struct sheet *sheet, const char *title)
{
    *sheet = (struct sheet){ .title = title };
    arena_init(&sheet->arena, NULL, 0, ARENA_LIMIT);
}

void sheet_deinit(struct sheet *sheet)
{
    for (size_t i = 0; i < sheet->table_count; i++) {
        free(sheet->tables[i].cells);
    }
    arena_reset(&sheet->arena);
}

span sheet_printf(struct sheet *sheet, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = arena_take_bytes(&sheet->arena, (size_t)len + 1);
    if (text == NULL) {
        sheet->is_short_of_memory = true;
        return SPAN("");
    }
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return span_of(text, (size_t)len);
}

void sheet_add_method(struct sheet *sheet, const char *key, const char *title, span text)
{
    for (size_t i = 0; i < sheet->method_count; i++) {
        if (strcmp(sheet->methods[i].key, key) == 0) {
            sheet->methods[i].text = sheet_printf(sheet, "%.*s; %.*s", SPAN_ARG(sheet->methods[i].text), SPAN_ARG(text));
            return;
        }
    }
    if (sheet->method_count == SHEET_METHODS_MAX) {
        sheet->is_short_of_memory = true;
        return;
    }
    sheet->methods[sheet->method_count++] = (struct method){ key, title, text };
}

struct table *sheet_begin_table(struct sheet *sheet, const struct table_form *form)
{
    assert(sheet->table_count < SHEET_TABLES_MAX && form->column_count <= TABLE_COLUMNS_MAX);
    struct table *table = &sheet->tables[sheet->table_count++];
    *table = (struct table){ .form = form };
    return table;
}

static void add_cell(struct sheet *sheet, struct cell cell)
{
    struct table *table = &sheet->tables[sheet->table_count - 1];
    if (table->cell_count == table->cell_room) {
        size_t room = table->cell_room ? table->cell_room * 2 : 64;
        struct cell *cells = reallocarray(table->cells, room, sizeof(*cells));
        if (cells == NULL) {
            sheet->is_short_of_memory = true;
            return;
        }
        table->cells = cells;
        table->cell_room = room;
    }
    assert(cell.kind == CELL_NOTHING || cell.kind == table->form->columns[table->cell_count % table->form->column_count].kind);
    table->cells[table->cell_count++] = cell;
    table->row_count = table->cell_count / table->form->column_count;
}

void table_add_text(struct sheet *sheet, span text)
{
    add_cell(sheet, (struct cell){ .kind = CELL_TEXT, .text = text });
}

void table_add_count(struct sheet *sheet, uint64_t count)
{
    add_cell(sheet, (struct cell){ .kind = CELL_COUNT, .count = count });
}

void table_add_share(struct sheet *sheet, uint64_t count, uint64_t of, uint64_t unknown)
{
    add_cell(sheet, (struct cell){ .kind = CELL_SHARE, .count = count, .of = of, .unknown = unknown });
}

void table_add_nothing(struct sheet *sheet)
{
    add_cell(sheet, (struct cell){ .kind = CELL_NOTHING });
}

const struct cell *table_cell(const struct table *table, size_t row, size_t column)
{
    return &table->cells[row * table->form->column_count + column];
}

bool table_common_whole(const struct table *table, size_t column, struct cell *of)
{
    size_t count = 0;
    for (size_t r = 0; r < table->row_count; r++) {
        const struct cell *cell = table_cell(table, r, column);
        if (cell->kind != CELL_SHARE || cell->of == 0) {
            continue;
        }
        if (count++ == 0) {
            *of = *cell;
        } else if (cell->of != of->of || cell->unknown != of->unknown) {
            return false;
        }
    }
    return count > 1;
}

bool cell_tenths(const struct cell *cell, uint64_t *tenths)
{
    if (cell->kind != CELL_SHARE || cell->of == 0) {
        return false;
    }
    *tenths = (cell->count * 1000 + cell->of / 2) / cell->of;
    return true;
}

const char *number_text(uint64_t number, char out[NUMBER_TEXT_SIZE])
{
    char digits[NUMBER_TEXT_SIZE];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    char *at = out;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            *at++ = ',';
        }
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}

bool cell_percent(const struct cell *cell, uint64_t *value, unsigned *digits)
{
    if (!cell_tenths(cell, value)) {
        return false;
    }
    uint64_t hundredths = (cell->count * 10000 + cell->of / 2) / cell->of;
    *digits = cell->count == 0 ? 0 : hundredths < 100 ? 2 : 1;
    *value = *digits == 2 ? hundredths : *value;
    return true;
}

const char *percent_text(uint64_t value, unsigned digits, char out[NUMBER_TEXT_SIZE])
{
    static const uint64_t scales[] = { 1, 10, 100 };
    snprintf(out, NUMBER_TEXT_SIZE, "%" PRIu64 "%s%0*" PRIu64, value / scales[digits], digits > 0 ? "." : "", (int)digits,
             value % scales[digits]);
    if (digits == 0) {
        snprintf(out, NUMBER_TEXT_SIZE, "%" PRIu64, value);
    }
    strncat(out, "%", 2);
    return out;
}
