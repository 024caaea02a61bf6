// SPDX-License-Identifier: MIT
#include "scanner/results/svg.h"

enum {
    WIDTH = 360,
    BARS_MAX = 25,     /* rows of a bar chart */
    MULTIPLES_MAX = 8, /* rows of each small chart */
    LABEL_MAX = 44,    /* characters */
    SMALL_WIDTH = 198,
    SMALL_LABEL_MAX = 15,
    PARTS_MAX = 4,
};

void html_print_text(FILE *out, span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        switch (c) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default:
            if (c < 0x20 || c == 0x7f) {
                fputs("\xef\xbf\xbd", out);
            } else if (c == 0xc2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xa0) {
                fputs("\xef\xbf\xbd", out); /* C1 controls */
                i++;
            } else {
                fputc(c, out);
            }
        }
    }
}

/* Without breaking a character; a longer text ends in an ellipsis. */
static void put_label(FILE *out, span text, size_t max)
{
    size_t characters = 0, at = 0;
    for (; at < text.len; at++) {
        if (((unsigned char)text.ptr[at] & 0xc0) != 0x80 && characters++ == max) {
            break;
        }
    }
    html_print_text(out, span_first(text, at));
    if (at < text.len) {
        fputs("\u2026", out);
    }
}

/* In per cent, as exact as it is: what is drawn is not rounded as what is printed. */
static double percent_of(const struct cell *cell)
{
    return cell->kind == CELL_SHARE && cell->of > 0 && cell->count <= cell->of ? 100.0 * (double)cell->count / (double)cell->of : 0.0;
}

static void begin_svg(FILE *out, const struct table *table, int width, int height, span what)
{
    fprintf(out, "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" class=\"chart\"><title>", width, height, width, height);
    html_print_text(out, what);
    fputs("</title><desc>The numbers are in the table \u201c", out);
    html_print_text(out, span_from_cstr(table->form->title));
    fputs("\u201d.</desc>", out);
}

static void put_percent(FILE *out, const struct cell *cell)
{
    char text[NUMBER_TEXT_SIZE];
    uint64_t percent;
    unsigned digits;
    fputs(cell_percent(cell, &percent, &digits) ? percent_text(percent, digits, text) : "\u2013", out);
}

static span table_title(const struct table *table)
{
    return span_from_cstr(table->form->title);
}

static size_t rows_drawn(const struct table *table, size_t max)
{
    return table->row_count < max ? table->row_count : max;
}

/* What is beside the point in a chart of shares: rows that have none. */
static bool is_drawn(const struct table *table, size_t row)
{
    for (size_t c = table->form->chart_from; c <= table->form->chart_to; c++) {
        const struct cell *cell = table_cell(table, row, c);
        if (cell->kind == CELL_SHARE && cell->of > 0) {
            return true;
        }
    }
    return false;
}

/* The scale ends at the next of these per cents above the largest value. */
static double scale_of(const struct table *table, size_t column)
{
    static const double ends[] = { 0.1, 0.5, 1, 2, 5, 10, 20, 30, 40, 50, 60, 80, 100 };
    double most = 0;
    for (size_t r = 0; r < table->row_count; r++) {
        double percent = percent_of(table_cell(table, r, column));
        most = percent > most ? percent : most;
    }
    size_t i = 0;
    while (ends[i] < most) {
        i++;
    }
    return ends[i];
}

/* Bars ------------------------------------------------------------------------------------------------------------ */

static void put_legend(FILE *out, const struct table *table, int y)
{
    int x = 0;
    for (size_t c = table->form->chart_from; c <= table->form->chart_to; c++) {
        const char *title = table->form->columns[c].title;
        fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"9\" height=\"9\" class=\"c%zu\"/><text x=\"%d\" y=\"%d\" class=\"soft\">%s</text>", x, y - 9,
                c - table->form->chart_from + 1, x + 13, y, title);
        x += 24 + (int)strlen(title) * 7;
    }
}

static void put_bars(FILE *out, const struct table *table)
{
    const struct table_form *form = table->form;
    size_t series = form->chart_to - form->chart_from + 1, drawn = 0;
    double scale = series > 1 ? 100 : scale_of(table, form->chart_from);
    int bar = series > 1 ? 5 : 8, row_height = 19 + (int)series * (bar + 1), top = series > 1 ? 24 : 4;
    for (size_t r = 0; r < rows_drawn(table, BARS_MAX); r++) {
        drawn += is_drawn(table, r);
    }
    begin_svg(out, table, WIDTH, top + (int)drawn * row_height + 18, table_title(table));
    if (series > 1) {
        put_legend(out, table, 11);
    }
    int y = top;
    for (size_t r = 0; r < rows_drawn(table, BARS_MAX); r++) {
        if (!is_drawn(table, r)) {
            continue;
        }
        fprintf(out, "<text x=\"0\" y=\"%d\">", y + 11);
        put_label(out, table_cell(table, r, 0)->text, LABEL_MAX);
        fprintf(out, "</text><text x=\"%d\" y=\"%d\" class=\"num\">", WIDTH, y + 11);
        put_percent(out, table_cell(table, r, form->chart_from));
        fputs("</text>", out);
        for (size_t s = 0; s < series; s++) {
            int at = y + 15 + (int)s * (bar + 1);
            fprintf(out, "<rect x=\"0\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"track\"/><rect x=\"0\" y=\"%d\" width=\"%.1f\" height=\"%d\" class=\"c%zu\"/>",
                    at, WIDTH, bar, at, WIDTH * percent_of(table_cell(table, r, form->chart_from + s)) / scale, bar, s + 1);
        }
        y += row_height;
    }
    fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"soft end\">", WIDTH, y + 12);
    fprintf(out, "full width: %g%% of %s</text></svg>", scale, form->chart_label);
}

/* Histograms ------------------------------------------------------------------------------------------------------ */

enum { PLOT_HEIGHT = 150, PLOT_TOP = 18, SHORT_LABEL_MAX = 3 /* longer ones would touch each other */ };

static void put_columns(FILE *out, const struct table *table)
{
    const struct table_form *form = table->form;
    size_t rows = rows_drawn(table, BARS_MAX), column = form->chart_from;
    double step = (double)WIDTH / (double)(rows > 0 ? rows : 1);
    double scale = scale_of(table, column);
    begin_svg(out, table, WIDTH, PLOT_TOP + PLOT_HEIGHT + 36, table_title(table));
    fprintf(out, "<line x1=\"0\" x2=\"%d\" y1=\"%d\" y2=\"%d\" class=\"axis\"/>", WIDTH, PLOT_TOP + PLOT_HEIGHT, PLOT_TOP + PLOT_HEIGHT);
    for (size_t r = 0; r < rows; r++) {
        const struct cell *cell = table_cell(table, r, column);
        span label = table_cell(table, r, 0)->text;
        double percent = percent_of(cell), height = PLOT_HEIGHT * percent / scale, x = step * (double)r;
        bool is_beyond = form->chart_mark > 0 && r >= form->chart_mark;
        fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\"/>", x + 2, PLOT_TOP + PLOT_HEIGHT - height, step - 4,
                height, is_beyond ? "warn" : "c1");
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"tiny mid\">%.1f</text>", x + step / 2, PLOT_TOP + PLOT_HEIGHT - height - 4, percent);
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" class=\"%s mid\">", x + step / 2, PLOT_TOP + PLOT_HEIGHT + 14,
                label.len > SHORT_LABEL_MAX ? "tiny" : "small");
        put_label(out, label, 8);
        fputs("</text>", out);
    }
    if (form->chart_mark > 0 && form->chart_mark < rows) {
        double x = step * (double)form->chart_mark;
        fprintf(out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" class=\"mark\"/><text x=\"%.1f\" y=\"%d\" class=\"small warntext end\">%s</text>", x, x,
                PLOT_TOP, PLOT_TOP + PLOT_HEIGHT, x - 4, PLOT_TOP + 10, form->chart_mark_label);
    }
    fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"soft mid\">%s; height: %% of names</text></svg>", WIDTH / 2, PLOT_TOP + PLOT_HEIGHT + 32,
            form->chart_label);
}

static void put_steps(FILE *out, const struct table *table)
{
    enum { LABELS = 106, VALUES = 44 };
    const struct table_form *form = table->form;
    size_t rows = rows_drawn(table, BARS_MAX);
    int row_height = 26, top = 8, width = WIDTH - LABELS - VALUES - 10, height = (int)rows * row_height;
    begin_svg(out, table, WIDTH, top + height + 34, table_title(table));
    for (int tick = 0; tick <= 100; tick += 25) {
        double x = LABELS + 10 + width * tick / 100.0;
        fprintf(out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" class=\"grid\"/><text x=\"%.1f\" y=\"%d\" class=\"small mid\">%d%%</text>", x, x, top,
                top + height, x, top + height + 14, tick);
    }
    fputs("<path class=\"step\" d=\"", out);
    for (size_t r = 0; r < rows; r++) {
        double x = LABELS + 10 + width * percent_of(table_cell(table, r, form->chart_from)) / 100;
        int y = top + (int)r * row_height;
        if (r == 0) {
            fprintf(out, "M%.1f %dV%d", x, y, y + row_height);
        } else {
            fprintf(out, "H%.1fV%d", x, y + row_height);
        }
    }
    fputs("\"/>", out);
    for (size_t r = 0; r < rows; r++) {
        int y = top + (int)r * row_height + row_height / 2 + 4;
        fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"small end\">", LABELS, y);
        put_label(out, table_cell(table, r, 0)->text, 18);
        fprintf(out, "</text><text x=\"%d\" y=\"%d\" class=\"small num\">", WIDTH, y);
        put_percent(out, table_cell(table, r, form->chart_from));
        fputs("</text>", out);
    }
    fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"soft mid\">share of names, cumulative</text></svg>", LABELS + 10 + width / 2, top + height + 30);
}

/* Stacks ---------------------------------------------------------------------------------------------------------- */

static void put_stacks(FILE *out, const struct table *table)
{
    const struct table_form *form = table->form;
    size_t stacks = form->chart_to - form->chart_from + 1, parts = rows_drawn(table, PARTS_MAX);
    int legend_rows = (int)(parts + 1) / 2, y = legend_rows * 18 + 6;
    begin_svg(out, table, WIDTH, y + (int)stacks * 40, table_title(table));
    for (size_t p = 0; p < parts; p++) {
        int x = (int)(p % 2) * (WIDTH / 2), at = (int)(p / 2) * 18 + 12;
        fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"10\" height=\"10\" class=\"p%zu\"/><text x=\"%d\" y=\"%d\" class=\"soft\">", x, at - 9, p + 1, x + 15, at);
        put_label(out, table_cell(table, p, 0)->text, 18);
        if (stacks == 1) {
            fputc(' ', out);
            put_percent(out, table_cell(table, p, form->chart_from));
        }
        fputs("</text>", out);
    }
    for (size_t c = form->chart_from; c <= form->chart_to; c++) {
        double x = 0;
        fprintf(out, "<text x=\"0\" y=\"%d\">%s</text><text x=\"%d\" y=\"%d\" class=\"num soft\">", y + 13,
                stacks == 1 && form->chart_label ? form->chart_label : form->columns[c].title, WIDTH, y + 13);
        char of[NUMBER_TEXT_SIZE];
        fputs(parts > 0 ? number_text(table_cell(table, 0, c)->of, of) : "", out);
        fprintf(out, "</text><rect x=\"0\" y=\"%d\" width=\"%d\" height=\"14\" class=\"track\"/>", y + 18, WIDTH);
        for (size_t p = 0; p < parts; p++) {
            double width = WIDTH * percent_of(table_cell(table, p, c)) / 100;
            if (width > 0) {
                fprintf(out, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"14\" class=\"p%zu\"/>", x, y + 18, width > 1.5 ? width - 1 : width, p + 1);
            }
            x += width;
        }
        y += 40;
    }
    fputs("</svg>", out);
}

/* Small multiples ------------------------------------------------------------------------------------------------- */

static bool begins_group(const struct table *table, size_t row)
{
    return row == 0 || table->form->head_columns < 2 || !span_equal(table_cell(table, row, 0)->text, table_cell(table, row - 1, 0)->text);
}

static void put_small_chart(FILE *out, const struct table *table, size_t column)
{
    enum { LABEL_WIDTH = 96, VALUE_WIDTH = 42, ROW = 16, TOP = 20 };
    int bar_width = SMALL_WIDTH - LABEL_WIDTH - VALUE_WIDTH - 4, y = TOP, groups = 0;
    for (size_t r = 0; r < table->row_count && groups < MULTIPLES_MAX; r++) {
        groups += begins_group(table, r);
    }
    begin_svg(out, table, SMALL_WIDTH, TOP + groups * ROW, span_from_cstr(table->form->columns[column].title));
    fprintf(out, "<text x=\"0\" y=\"12\" class=\"strong\">%s</text>", table->form->columns[column].title);
    groups = 0;
    for (size_t r = 0; r < table->row_count && groups < MULTIPLES_MAX; r++) {
        if (!begins_group(table, r)) {
            continue;
        }
        fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"small end\">", LABEL_WIDTH, y + 11);
        put_label(out, table_cell(table, r, 0)->text, SMALL_LABEL_MAX);
        fprintf(out, "</text><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"9\" class=\"track\"/><rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"9\" class=\"c1\"/>",
                LABEL_WIDTH + 4, y + 3, bar_width, LABEL_WIDTH + 4, y + 3, bar_width * percent_of(table_cell(table, r, column)) / 100);
        fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"small num\">", SMALL_WIDTH, y + 11);
        put_percent(out, table_cell(table, r, column));
        fputs("</text>", out);
        y += ROW;
        groups++;
    }
    fputs("</svg>", out);
}

static void put_multiples(FILE *out, const struct table *table)
{
    fputs("<div class=\"multiples\">", out);
    for (size_t c = table->form->chart_from; c <= table->form->chart_to; c++) {
        put_small_chart(out, table, c);
    }
    fputs("</div>", out);
}

/* ----------------------------------------------------------------------------------------------------------------- */

bool svg_has_chart(const struct table *table)
{
    bool has_rows = false;
    for (size_t r = 0; r < table->row_count && table->form->chart != CHART_NONE; r++) {
        has_rows = has_rows || is_drawn(table, r);
    }
    return has_rows;
}

void svg_print_chart(FILE *out, const struct table *table)
{
    static void (*const charts[])(FILE *, const struct table *) = {
        [CHART_BARS] = put_bars,   [CHART_COLUMNS] = put_columns,     [CHART_STEPS] = put_steps,
        [CHART_STACKS] = put_stacks, [CHART_MULTIPLES] = put_multiples,
    };
    if (svg_has_chart(table)) {
        charts[table->form->chart](out, table);
    }
}
