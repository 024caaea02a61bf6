// SPDX-License-Identifier: MIT
#include "scanner/results/print.h"

#include "scanner/results/svg.h"

/* Two lists of colours; all text reaches a contrast of 4.5 on its ground. */
static const char style[] =
    ":root{color-scheme:light dark;--paper:#fff;--ink:#1d2329;--soft:#58616b;--line:#dde1e6;--track:#eef0f3;--c1:#2c6299;--c2:#6f9fce;"
    "--c3:#b8c9da;--p1:#1f4e79;--p2:#5b8fc0;--p3:#b3cbe2;--p4:#d9dce0;--warn:#b4552d;--note:#8a5a00;--accent:#2c6299;--shade:#0003}"
    "@media (prefers-color-scheme:dark){:root{--paper:#14181c;--ink:#e4e7ea;--soft:#a3acb6;--line:#313941;--track:#232a31;--c1:#6ea6db;"
    "--c2:#44759f;--c3:#8796a5;--p1:#8fc0ee;--p2:#4f86b8;--p3:#2f5373;--p4:#4a525b;--warn:#e08a5f;--note:#e0b15f;--accent:#8fc0ee;--shade:#fff4}}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:1200px;padding:24px 20px 64px;background:var(--paper);color:var(--ink);"
    "font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Liberation Sans\",Arial,sans-serif}"
    "h1{font-size:1.75rem;line-height:1.2;margin:.2em 0 .1em;letter-spacing:-.01em}"
    "h2{font-size:1.3rem;margin:2.6em 0 .2em;padding-top:.7em;border-top:2px solid var(--ink)}"
    "h3{font-size:1.06rem;margin:2em 0 .15em}p{margin:.3em 0;max-width:72ch}"
    ".note,.remark,.by{color:var(--soft);font-size:.9rem}.remark{margin-top:.6em}"
    "a{color:var(--accent)}nav{margin:1em 0;font-size:.92rem;display:flex;flex-wrap:wrap;gap:.35em 1.1em}"
    ".facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(140px,1fr));gap:14px 22px;margin:1.6em 0 1.2em;padding:0}"
    ".facts div{border-top:1px solid var(--line);padding-top:.4em}.facts dt{color:var(--soft);font-size:.82rem;line-height:1.3}"
    ".facts dd{margin:0;font-size:1.6rem;font-variant-numeric:tabular-nums;line-height:1.3}.facts dd small{display:block;font-size:.78rem;"
    "color:var(--soft)}"
    "dl.methods{display:grid;grid-template-columns:11em 1fr;gap:.35em 1.2em;font-size:.9rem;margin:1em 0}dl.methods dt{font-weight:600}"
    "dl.methods dd{margin:0;overflow-wrap:anywhere;max-width:78ch}"
    ".pair{display:flex;flex-wrap:wrap;gap:18px 36px;align-items:flex-start;margin-top:.8em}"
    ".pair>.draw{flex:0 0 360px;max-width:100%}.pair>.scroll{flex:1 1 420px}.pair.wide>.draw,.pair.wide>.scroll{flex:1 1 100%}"
    ".chart{display:block;max-width:100%;height:auto}.multiples{display:flex;flex-wrap:wrap;gap:14px 22px}.multiples .chart{flex:0 0 auto}"
    /* What is wider than the page scrolls beside the names of its rows; a shadow at the edge says that there is more. */
    ".scroll{min-width:0;max-width:100%;overflow-x:auto;background:linear-gradient(to left,var(--paper) 30%,transparent) right/40px 100% "
    "no-repeat local,linear-gradient(to left,var(--shade),transparent) right/14px 100% no-repeat scroll}"
    ".scroll:focus-visible{outline:2px solid var(--accent)}th:first-child{position:sticky;left:0;background:var(--paper)}"
    "table{border-collapse:separate;border-spacing:0;font-size:.86rem;line-height:1.35;font-variant-numeric:tabular-nums}"
    "th,td{padding:.36em .9em .36em 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}"
    "thead th{color:var(--soft);font-weight:600;vertical-align:bottom;border-bottom:1px solid var(--ink)}tbody th{font-weight:400;"
    "overflow-wrap:break-word;min-width:7em;max-width:22em}td.n,th.n{text-align:right}td.n,th small{white-space:nowrap}thead th{max-width:9.5em}.dense{font-size:.76rem}.dense th,.dense td{padding-right:.55em}"
    "td.n span{color:var(--soft);display:inline-block;min-width:4.5em;margin-right:.9em}th small,td small{display:block;color:var(--soft);"
    "font-size:.92em;font-weight:400}td.n b{font-weight:400;display:inline-block;min-width:3.7em}td.only{color:var(--soft)}small.u{color:var(--note)!important}td.t{min-width:13em;max-width:34em}td.w{white-space:nowrap}"
    "svg text{font:12px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Liberation Sans\",Arial,sans-serif;fill:var(--ink);"
    "font-variant-numeric:tabular-nums}svg .soft{fill:var(--soft);font-size:11px}svg .small{font-size:11px}svg .tiny{font-size:9px;"
    "fill:var(--soft)}svg .num,svg .end{text-anchor:end}svg .mid{text-anchor:middle}svg .strong{font-weight:600}"
    ".track{fill:var(--track)}.c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}.p1{fill:var(--p1)}.p2{fill:var(--p2)}"
    ".p3{fill:var(--p3)}.p4{fill:var(--p4)}.warn,svg .warntext{fill:var(--warn)}.axis{stroke:var(--ink)}.grid{stroke:var(--line)}"
    ".mark{stroke:var(--warn);stroke-dasharray:3 3}.step{fill:none;stroke:var(--c1);stroke-width:2}"
    "@media (max-width:640px){body{padding:16px 16px 48px}dl.methods{grid-template-columns:1fr;gap:0}dl.methods dd{margin-bottom:.8em}"
    ".facts{grid-template-columns:1fr 1fr}tbody th:first-child{min-width:8.5em;max-width:9.5em;overflow-wrap:anywhere}"
    "td.t{min-width:10em}}"
    "@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--line:#ccc;--track:#eee;--c1:#2c6299;--c2:#6f9fce;"
    "--c3:#b8c9da;--p1:#1f4e79;--p2:#5b8fc0;--p3:#b3cbe2;--p4:#d9dce0;--warn:#b4552d;--note:#6b4600;--accent:#000}"
    "body{max-width:none;padding:0;font-size:10pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}nav{display:none}"
    ".scroll{overflow:visible;background:none}th:first-child{position:static}.note{break-inside:avoid;break-after:avoid}.pair{flex-wrap:nowrap;gap:16px}.pair>.draw{flex-basis:230px}.pair.wide{display:block}table{font-size:7.5pt}"
    ".dense{font-size:5.8pt}.dense th,.dense td{padding-right:.4em}td.t{min-width:9em}tbody th{min-width:6em}"
    "th,td{padding-right:.6em}tr,.chart{break-inside:avoid}h2,h3{break-after:avoid}thead{display:table-header-group}}";

static void put(FILE *out, const char *text)
{
    html_print_text(out, span_from_cstr(text));
}

/* Cells ----------------------------------------------------------------------------------------------------------- */

/* With `says_whole` of how many, and how many are unknown; else the head of the column says it. */
static void put_share(FILE *out, const struct cell *cell, bool says_whole)
{
    char text[NUMBER_TEXT_SIZE];
    uint64_t percent;
    unsigned digits;
    if (!cell_percent(cell, &percent, &digits)) {
        fprintf(out, "<td class=\"n only\">%s", number_text(cell->count, text));
    } else if (says_whole) {
        fprintf(out, "<td class=\"n\">%s", percent_text(percent, digits, text));
        fprintf(out, "<small>%s", number_text(cell->count, text));
        fprintf(out, " of %s</small>", number_text(cell->of, text));
    } else {
        fprintf(out, "<td class=\"n\"><span>%s</span>", number_text(cell->count, text));
        fprintf(out, "<b>%s</b>", percent_text(percent, digits, text));
    }
    if (cell->unknown > 0 && (says_whole || cell->of == 0)) {
        fprintf(out, "<small class=\"u\">%s unknown</small>", number_text(cell->unknown, text));
    }
    fputs("</td>", out);
}

static void put_title(FILE *out, const struct table *table, size_t column)
{
    const struct table_column *title = &table->form->columns[column];
    struct cell whole;
    char text[NUMBER_TEXT_SIZE];
    fputs(title->kind == CELL_TEXT ? "<th scope=\"col\">" : "<th scope=\"col\" class=\"n\">", out);
    put(out, title->title);
    if (title->kind == CELL_SHARE && table_common_whole(table, column, &whole)) {
        fprintf(out, "<small>of %s</small>", number_text(whole.of, text));
        if (whole.unknown > 0) {
            fprintf(out, "<small class=\"u\">%s unknown</small>", number_text(whole.unknown, text));
        }
    }
    fputs("</th>", out);
}

enum { LONG_TEXT = 40, DENSE_COLUMNS = 8 };

/* A column of sentences, which wrap; the words of others stay on their line. */
static bool is_prose(const struct table *table, size_t column)
{
    for (size_t r = 0; r < table->row_count; r++) {
        const struct cell *cell = table_cell(table, r, column);
        if (cell->kind == CELL_TEXT && cell->text.len > LONG_TEXT) {
            return true;
        }
    }
    return false;
}

static void put_cell(FILE *out, const struct table *table, size_t row, size_t column, const char *text_class)
{
    const struct cell *cell = table_cell(table, row, column);
    struct cell whole;
    char text[NUMBER_TEXT_SIZE];
    switch (cell->kind) {
    case CELL_NOTHING:
        fputs("<td class=\"n\">\u2013</td>", out);
        return;
    case CELL_TEXT:
        fprintf(out, "<td class=\"%s\"><bdi>", text_class);
        html_print_text(out, cell->text);
        fputs("</bdi></td>", out);
        return;
    case CELL_COUNT:
        fprintf(out, "<td class=\"n\">%s</td>", number_text(cell->count, text));
        return;
    case CELL_SHARE:
        put_share(out, cell, !table_common_whole(table, column, &whole));
        return;
    }
}

/* How many rows from here on have the same first cell. */
static size_t group_size(const struct table *table, size_t row)
{
    size_t end = row + 1;
    while (end < table->row_count && span_equal(table_cell(table, end, 0)->text, table_cell(table, row, 0)->text)) {
        end++;
    }
    return end - row;
}

static void put_head(FILE *out, const struct table *table, size_t row, size_t column)
{
    bool is_group = table->form->head_columns > 1 && column == 0;
    if (is_group && row > 0 && span_equal(table_cell(table, row, 0)->text, table_cell(table, row - 1, 0)->text)) {
        return;
    }
    if (is_group) {
        fprintf(out, "<th scope=\"rowgroup\" rowspan=\"%zu\"><bdi>", group_size(table, row));
    } else {
        fputs("<th scope=\"row\"><bdi>", out);
    }
    html_print_text(out, table_cell(table, row, column)->text);
    fputs("</bdi></th>", out);
}

static void put_table(FILE *out, const struct table *table)
{
    const struct table_form *form = table->form;
    fprintf(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    put(out, form->title);
    fputs(form->column_count > DENSE_COLUMNS ? "\"><table class=\"dense\"><thead><tr>" : "\"><table><thead><tr>", out);
    const char *text_classes[TABLE_COLUMNS_MAX];
    for (size_t c = 0; c < form->column_count; c++) {
        text_classes[c] = is_prose(table, c) ? "t" : "w";
        put_title(out, table, c);
    }
    fputs("</tr></thead><tbody>\n", out);
    for (size_t r = 0; r < table->row_count; r++) {
        fputs("<tr>", out);
        for (size_t c = 0; c < form->column_count; c++) {
            if (c < form->head_columns) {
                put_head(out, table, r, c);
            } else {
                put_cell(out, table, r, c, text_classes[c]);
            }
        }
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

/* The page -------------------------------------------------------------------------------------------------------- */

/* So wide a table stands below its chart, not beside it. */
static bool is_wide(const struct table *table)
{
    enum { SIDE_COLUMNS = 4 };
    return table->form->chart == CHART_MULTIPLES || table->form->column_count > SIDE_COLUMNS + 1;
}

static void put_figure(FILE *out, const struct table *table)
{
    const struct table_form *form = table->form;
    fprintf(out, "<section id=\"%s\"><h3>", form->key);
    put(out, form->title);
    fputs("</h3><p class=\"note\">", out);
    put(out, form->note);
    fputs("</p>\n", out);
    if (table->row_count > 0) {
        fputs(is_wide(table) ? "<div class=\"pair wide\">" : "<div class=\"pair\">", out);
        if (svg_has_chart(table)) {
            fputs("<div class=\"draw\">", out);
            svg_print_chart(out, table);
            fputs("</div>\n", out);
        }
        put_table(out, table);
        fputs("</div>\n", out);
    } else if (table->remark.len == 0) {
        fputs("<p class=\"remark\">Nothing.</p>\n", out);
    }
    if (table->remark.len > 0) {
        fputs("<p class=\"remark\">", out);
        html_print_text(out, table->remark);
        fputs("</p>\n", out);
    }
    fputs("</section>\n", out);
}

static bool begins_section(const struct sheet *sheet, size_t table)
{
    return table == 0 || strcmp(sheet->tables[table].form->section, sheet->tables[table - 1].form->section) != 0;
}

/* The section's name as an anchor: its letters, lower case. */
static void put_anchor(FILE *out, const char *section)
{
    for (const char *c = section; *c; c++) {
        fputc(ascii_is_alpha((unsigned char)*c) ? ascii_lower((unsigned char)*c) : '-', out);
    }
    fputs("-section", out);
}

static void put_navigation(FILE *out, const struct sheet *sheet)
{
    fputs("<nav aria-label=\"Sections\"><a href=\"#methods\">Methods</a>", out);
    for (size_t i = 0; i < sheet->table_count; i++) {
        if (begins_section(sheet, i)) {
            fputs("<a href=\"#", out);
            put_anchor(out, sheet->tables[i].form->section);
            fputs("\">", out);
            put(out, sheet->tables[i].form->section);
            fputs("</a>", out);
        }
    }
    fputs("</nav>\n", out);
}

static const struct table *find_table(const struct sheet *sheet, const char *key)
{
    for (size_t i = 0; i < sheet->table_count; i++) {
        if (strcmp(sheet->tables[i].form->key, key) == 0) {
            return &sheet->tables[i];
        }
    }
    return NULL;
}

/* The adoption of existing names, at a glance. */
static void put_facts(FILE *out, const struct sheet *sheet)
{
    enum { EXISTING = 2 };
    const struct table *adoption = find_table(sheet, "adoption");
    char text[NUMBER_TEXT_SIZE], of[NUMBER_TEXT_SIZE];
    uint64_t percent;
    unsigned digits;
    if (adoption == NULL) {
        return;
    }
    fputs("<dl class=\"facts\">", out);
    for (size_t r = 0; r < adoption->row_count; r++) {
        const struct cell *cell = table_cell(adoption, r, EXISTING);
        if (cell_percent(cell, &percent, &digits)) {
            fputs("<div><dt>", out);
            html_print_text(out, table_cell(adoption, r, 0)->text);
            fprintf(out, "</dt><dd>%s<small>of %s</small>", percent_text(percent, digits, text), number_text(cell->of, of));
            if (cell->unknown > 0) {
                fprintf(out, "<small class=\"u\">%s unknown</small>", number_text(cell->unknown, of));
            }
            fputs("</dd></div>", out);
        }
    }
    fputs("</dl><p class=\"note\">Of the names that exist and of which the answer is known.</p>\n", out);
}

static void put_methods(FILE *out, const struct sheet *sheet)
{
    fputs("<h2 id=\"methods\">Methods</h2><dl class=\"methods\">", out);
    for (size_t i = 0; i < sheet->method_count; i++) {
        fputs("<dt>", out);
        put(out, sheet->methods[i].title);
        fputs("</dt><dd>", out);
        html_print_text(out, sheet->methods[i].text);
        fputs("</dd>\n", out);
    }
    fputs("</dl>\n", out);
}

void print_sheet_html(FILE *out, const struct sheet *sheet)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/><title>",
          out);
    put(out, sheet->title);
    fprintf(out, "</title><style>%s</style></head><body>\n<header><h1>", style);
    put(out, sheet->title);
    fputs("</h1></header><main>\n", out);
    put_navigation(out, sheet);
    put_facts(out, sheet);
    put_methods(out, sheet);
    for (size_t i = 0; i < sheet->table_count; i++) {
        if (begins_section(sheet, i)) {
            fputs("<h2 id=\"", out);
            put_anchor(out, sheet->tables[i].form->section);
            fputs("\">", out);
            put(out, sheet->tables[i].form->section);
            fputs("</h2>\n", out);
        }
        put_figure(out, &sheet->tables[i]);
    }
    fputs("</main></body></html>\n", out);
}
