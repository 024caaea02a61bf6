// SPDX-License-Identifier: MIT
#include "scanner/results/print.h"

enum {
    GAP = 2,          /* blanks between columns */
    HEAD_MAX = 44,    /* columns of a name; longer ones are cut */
    SIDE_TEXT_MAX = 20, /* a text column wider than that goes below its row */
    BAR_MIN = 20, BAR_MAX = 50,
    NOTE_INDENT = 4,
};

enum paint { PLAIN, BOLD, DIM, ACCENT };

struct page {
    FILE *out;
    const struct text_style *style;
    size_t *blanks; /* that were put, but not yet printed: none stand at the end of a line */
};

/* Pieces ---------------------------------------------------------------------------------------------------------- */

static void flush_blanks(const struct page *page)
{
    for (; *page->blanks > 0; --*page->blanks) {
        fputc(' ', page->out);
    }
}

static void put(const struct page *page, const char *text)
{
    if (text[0] != '\0') {
        flush_blanks(page);
        fputs(text, page->out);
    }
}

static void end_line(const struct page *page)
{
    *page->blanks = 0;
    fputc('\n', page->out);
}

static void paint(const struct page *page, enum paint paint)
{
    static const char *const codes[] = { "\033[0m", "\033[1m", "\033[2m", "\033[36m" };
    if (page->style->is_coloured) {
        fputs(codes[paint], page->out);
    }
}

static void put_blanks(const struct page *page, size_t count)
{
    *page->blanks += count;
}

/* The next character of UTF-8 text: its bytes, and whether a terminal may see it. */
static span next_character(span *rest, bool is_utf8, bool *is_harmless)
{
    unsigned char first = (unsigned char)rest->ptr[0];
    size_t len = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    span character = span_first(*rest, len);
    *rest = span_after(*rest, len);
    const unsigned char *c = (const unsigned char *)character.ptr;
    bool is_c1 = character.len == 2 && c[0] == 0xc2 && c[1] < 0xa0;
    /* What turns the direction of writing: U+200E to 200F, 2028 to 202E, 2066 to 2069. */
    bool turns = character.len == 3 && c[0] == 0xe2 &&
                 ((c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae))) ||
                  (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
    *is_harmless = len == 1 ? first >= 0x20 && first != 0x7f : is_utf8 && !is_c1 && !turns;
    return character;
}

static size_t width_of(span text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.len; i++) {
        width += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    }
    return width;
}

/* At most `width` columns, a longer text ends in "~"; how many were used. */
static size_t put_text(const struct page *page, span text, size_t width)
{
    size_t used = 0;
    bool is_cut = width_of(text) > width;
    if (text.len > 0) {
        flush_blanks(page);
    }
    while (text.len > 0 && used + is_cut < width) {
        bool is_harmless;
        span character = next_character(&text, page->style->is_utf8, &is_harmless);
        if (is_harmless) {
            fwrite(character.ptr, 1, character.len, page->out);
        } else {
            fputc('?', page->out);
        }
        used++;
    }
    if (is_cut) {
        fputc('~', page->out);
    }
    return used + is_cut;
}

/* Words wrapped at the page's width. */
static void put_wrapped(const struct page *page, span text, size_t indent)
{
    size_t at = indent;
    put_blanks(page, indent);
    while (text.len > 0) {
        span word = span_cut(&text, ' ');
        size_t width = width_of(word);
        if (at > indent && at + 1 + width > page->style->columns) {
            end_line(page);
            put_blanks(page, indent);
            at = indent;
        } else if (at > indent) {
            put_blanks(page, 1);
            at++;
        }
        at += put_text(page, word, width);
    }
    end_line(page);
}

/* Columns --------------------------------------------------------------------------------------------------------- */

struct column {
    bool is_below; /* a long text: on lines of its own below the row */
    size_t width;
    size_t percent, part, unknown; /* of a share */
};

struct layout {
    struct column columns[TABLE_COLUMNS_MAX];
    size_t heads; /* width of the head columns */
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* "5,544/9,900", or "5,544" of nothing. */
static size_t part_text(const struct cell *cell, char out[2 * NUMBER_TEXT_SIZE])
{
    char count[NUMBER_TEXT_SIZE], of[NUMBER_TEXT_SIZE];
    number_text(cell->count, count);
    return (size_t)(cell->of > 0 ? snprintf(out, 2 * NUMBER_TEXT_SIZE, "%s/%s", count, number_text(cell->of, of))
                                 : snprintf(out, 2 * NUMBER_TEXT_SIZE, "%s", count));
}

static void measure_cell(const struct cell *cell, struct column *column)
{
    char text[2 * NUMBER_TEXT_SIZE];
    uint64_t percent = 0;
    unsigned digits = 0;
    if (cell->kind == CELL_TEXT) {
        column->width = larger(column->width, width_of(cell->text));
    } else if (cell->kind == CELL_COUNT) {
        column->width = larger(column->width, strlen(number_text(cell->count, text)));
    } else if (cell->kind == CELL_SHARE) {
        column->part = larger(column->part, part_text(cell, text));
        if (cell_percent(cell, &percent, &digits)) {
            column->percent = larger(column->percent, strlen(percent_text(percent, digits, text)));
        }
        if (cell->unknown > 0) {
            column->unknown = larger(column->unknown, strlen(number_text(cell->unknown, text)) + 1);
        }
    }
}

static void measure(const struct table *table, struct layout *layout)
{
    const struct table_form *form = table->form;
    *layout = (struct layout){ 0 };
    for (size_t c = 0; c < form->column_count; c++) {
        struct column *column = &layout->columns[c];
        for (size_t r = 0; r < table->row_count; r++) {
            measure_cell(table_cell(table, r, c), column);
        }
        if (form->columns[c].kind == CELL_SHARE) {
            column->width = column->percent + 1 + column->part + (column->unknown > 0 ? 1 + column->unknown : 0);
        }
        column->is_below = c >= form->head_columns && form->columns[c].kind == CELL_TEXT && column->width > SIDE_TEXT_MAX;
        column->width = larger(column->width, strlen(form->columns[c].title));
        if (c < form->head_columns) {
            column->width = column->width < HEAD_MAX ? column->width : HEAD_MAX;
            layout->heads += column->width + (c > 0 ? GAP : 0);
        }
    }
}

static void put_right(const struct page *page, const char *text, size_t width)
{
    size_t len = strlen(text);
    put_blanks(page, len < width ? width - len : 0);
    put(page, text);
}

static void put_share(const struct page *page, const struct cell *cell, const struct column *column)
{
    char text[2 * NUMBER_TEXT_SIZE];
    uint64_t percent = 0;
    unsigned digits = 0;
    put_blanks(page, column->width - (column->percent + 1 + column->part + (column->unknown > 0 ? 1 + column->unknown : 0)));
    paint(page, BOLD);
    put_right(page, cell_percent(cell, &percent, &digits) ? percent_text(percent, digits, text) : "", column->percent);
    paint(page, PLAIN);
    put_blanks(page, 1);
    part_text(cell, text);
    put_right(page, text, column->part);
    if (column->unknown > 0) {
        char unknown[NUMBER_TEXT_SIZE];
        text[0] = '\0';
        if (cell->unknown > 0) {
            snprintf(text, sizeof(text), "?%s", number_text(cell->unknown, unknown));
        }
        paint(page, DIM);
        put_blanks(page, 1);
        put_right(page, text, column->unknown);
        paint(page, PLAIN);
    }
}

static void put_cell(const struct page *page, const struct cell *cell, const struct column *column)
{
    char text[NUMBER_TEXT_SIZE];
    switch (cell->kind) {
    case CELL_TEXT:
        put_blanks(page, column->width - put_text(page, cell->text, column->width));
        return;
    case CELL_COUNT:
        put_right(page, number_text(cell->count, text), column->width);
        return;
    case CELL_SHARE:
        put_share(page, cell, column);
        return;
    case CELL_NOTHING:
        put_right(page, "-", column->width);
        return;
    }
}

/* Tables ---------------------------------------------------------------------------------------------------------- */

static bool is_text(const struct table_form *form, size_t column)
{
    return form->columns[column].kind == CELL_TEXT;
}

static void put_titles(const struct page *page, const struct table_form *form, const struct layout *layout, size_t from, size_t to)
{
    paint(page, DIM);
    for (size_t c = 0; c < to; c++) {
        if ((c >= form->head_columns && c < from) || layout->columns[c].is_below) {
            continue;
        }
        put_blanks(page, c > 0 ? GAP : 0);
        if (is_text(form, c)) {
            put(page, form->columns[c].title);
            put_blanks(page, layout->columns[c].width - strlen(form->columns[c].title));
        } else {
            put_right(page, form->columns[c].title, layout->columns[c].width);
        }
    }
    paint(page, PLAIN);
    end_line(page);
}

static bool is_same_group(const struct table *table, size_t row)
{
    return row > 0 && table->form->head_columns > 1 && span_equal(table_cell(table, row, 0)->text, table_cell(table, row - 1, 0)->text);
}

/* A bar of the chart's column behind the row, where the page has room for it. */
static void put_bar(const struct page *page, const struct table *table, size_t row, size_t room)
{
    uint64_t tenths = 0;
    size_t full = room < BAR_MAX ? room : BAR_MAX;
    if (!cell_tenths(table_cell(table, row, table->form->chart_from), &tenths) || tenths > 1000) {
        return;
    }
    size_t len = (size_t)((tenths * full + 500) / 1000);
    put_blanks(page, GAP);
    paint(page, ACCENT);
    for (size_t i = 0; i < len; i++) {
        put(page, page->style->is_utf8 ? "\u2588" : "#");
    }
    paint(page, PLAIN);
}

static void put_row(const struct page *page, const struct table *table, const struct layout *layout, size_t row, size_t from, size_t to)
{
    const struct table_form *form = table->form;
    size_t used = 0;
    for (size_t c = 0; c < to; c++) {
        if ((c >= form->head_columns && c < from) || layout->columns[c].is_below) {
            continue;
        }
        put_blanks(page, c > 0 ? GAP : 0);
        used += layout->columns[c].width + (c > 0 ? GAP : 0);
        if (c == 0 && is_same_group(table, row)) {
            put_blanks(page, layout->columns[c].width);
        } else {
            put_cell(page, table_cell(table, row, c), &layout->columns[c]);
        }
    }
    bool has_bars = (form->chart == CHART_BARS || form->chart == CHART_COLUMNS || form->chart == CHART_STEPS) &&
                    form->chart_from == form->chart_to && from <= form->chart_from && form->chart_from < to;
    if (has_bars && used + GAP + BAR_MIN <= page->style->columns) {
        put_bar(page, table, row, page->style->columns - used - GAP);
    }
    end_line(page);
    for (size_t c = from; c < form->column_count; c++) {
        if (layout->columns[c].is_below && to == form->column_count && table_cell(table, row, c)->text.len > 0) {
            paint(page, DIM);
            put_wrapped(page, table_cell(table, row, c)->text, NOTE_INDENT);
            paint(page, PLAIN);
        }
    }
}

/* Where the columns end that fit beside the heads; at least one more than `from`. */
static size_t block_end(const struct page *page, const struct table_form *form, const struct layout *layout, size_t from)
{
    size_t width = layout->heads, end = from;
    while (end < form->column_count) {
        size_t more = layout->columns[end].is_below ? 0 : GAP + layout->columns[end].width;
        if (end > from && width + more > page->style->columns) {
            break;
        }
        width += more;
        end++;
    }
    return end;
}

static void put_table(const struct page *page, const struct table *table)
{
    const struct table_form *form = table->form;
    struct layout layout;
    measure(table, &layout);
    paint(page, BOLD);
    fprintf(page->out, "%s\n", form->title);
    paint(page, DIM);
    put_wrapped(page, span_from_cstr(form->note), 0);
    paint(page, PLAIN);
    for (size_t from = form->head_columns, to; from < form->column_count && table->row_count > 0; from = to) {
        to = block_end(page, form, &layout, from);
        end_line(page);
        put_titles(page, form, &layout, from, to);
        for (size_t r = 0; r < table->row_count; r++) {
            put_row(page, table, &layout, r, from, to);
        }
    }
    if (table->row_count == 0) {
        fprintf(page->out, "\n(nothing)\n");
    }
    if (table->remark.len > 0) {
        end_line(page);
        put_wrapped(page, table->remark, 0);
    }
    fprintf(page->out, "\n\n");
}

static void put_heading(const struct page *page, const char *text)
{
    paint(page, BOLD);
    fprintf(page->out, "%s\n", text);
    for (size_t i = 0; i < strlen(text); i++) {
        fputs(page->style->is_utf8 ? "\u2550" : "=", page->out);
    }
    paint(page, PLAIN);
    fprintf(page->out, "\n\n");
}

static bool has_shares(const struct sheet *sheet)
{
    for (size_t i = 0; i < sheet->table_count; i++) {
        const struct table_form *form = sheet->tables[i].form;
        for (size_t c = 0; c < form->column_count; c++) {
            if (form->columns[c].kind == CELL_SHARE) {
                return true;
            }
        }
    }
    return false;
}

static void put_methods(const struct page *page, const struct sheet *sheet)
{
    for (size_t i = 0; i < sheet->method_count; i++) {
        paint(page, BOLD);
        fprintf(page->out, "%s\n", sheet->methods[i].title);
        paint(page, PLAIN);
        put_wrapped(page, sheet->methods[i].text, NOTE_INDENT);
    }
    if (has_shares(sheet)) {
        paint(page, BOLD);
        fprintf(page->out, "How a share is written\n");
        paint(page, PLAIN);
        put_wrapped(page, SPAN("32.3% 5,295/16,413 ?126: per cent, how many of how many known, and how many are unknown beside them."), NOTE_INDENT);
    }
    end_line(page);
}

void print_sheet_text(FILE *out, const struct sheet *sheet, const struct text_style *style)
{
    size_t blanks = 0;
    const struct page page = { out, style, &blanks };
    put_heading(&page, sheet->title);
    put_methods(&page, sheet);
    for (size_t i = 0; i < sheet->table_count; i++) {
        const struct table *table = &sheet->tables[i];
        if (i == 0 || strcmp(table->form->section, sheet->tables[i - 1].form->section) != 0) {
            put_heading(&page, table->form->section);
        }
        put_table(&page, table);
    }
}
