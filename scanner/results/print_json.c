// SPDX-License-Identifier: MIT
#include "scanner/results/print.h"

#include "output/json.h"

enum { BUFFER_FIRST = 1 << 20, BUFFER_MAX = 1 << 30 };

static void print_cell(struct json *json, const struct cell *cell)
{
    uint64_t percent = 0;
    unsigned digits = 0;
    switch (cell->kind) {
    case CELL_NOTHING:
        json_null(json);
        return;
    case CELL_TEXT:
        json_string(json, cell->text.ptr, cell->text.len);
        return;
    case CELL_COUNT:
        json_u64(json, cell->count);
        return;
    case CELL_SHARE:
        json_begin_object(json);
        json_key(json, "count");
        json_u64(json, cell->count);
        json_key(json, "of");
        json_u64(json, cell->of);
        json_key(json, "unknown");
        json_u64(json, cell->unknown);
        json_key(json, "percent");
        if (cell_percent(cell, &percent, &digits)) {
            static const double scales[] = { 1, 10, 100 };
            json_double(json, (double)percent / scales[digits], digits);
        } else {
            json_null(json);
        }
        json_end_object(json);
        return;
    }
}

static void print_columns(struct json *json, const struct table_form *form)
{
    static const char *const kinds[] = { [CELL_TEXT] = "text", [CELL_COUNT] = "count", [CELL_SHARE] = "share" };
    json_key(json, "columns");
    json_begin_array(json);
    for (size_t c = 0; c < form->column_count; c++) {
        json_begin_object(json);
        json_put_text(json, "key", form->columns[c].key);
        json_put_text(json, "title", form->columns[c].title);
        json_put_text(json, "kind", kinds[form->columns[c].kind]);
        json_end_object(json);
    }
    json_end_array(json);
}

static void print_table(struct json *json, const struct table *table)
{
    const struct table_form *form = table->form;
    json_key_bytes(json, form->key, strlen(form->key));
    json_begin_object(json);
    json_put_text(json, "section", form->section);
    json_put_text(json, "title", form->title);
    json_put_text(json, "note", form->note);
    json_key(json, "remark");
    if (table->remark.len > 0) {
        json_string(json, table->remark.ptr, table->remark.len);
    } else {
        json_null(json);
    }
    print_columns(json, form);
    json_key(json, "rows");
    json_begin_array(json);
    for (size_t r = 0; r < table->row_count; r++) {
        json_begin_object(json);
        for (size_t c = 0; c < form->column_count; c++) {
            json_key_bytes(json, form->columns[c].key, strlen(form->columns[c].key));
            print_cell(json, table_cell(table, r, c));
        }
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

bool print_sheet_json(FILE *out, const struct sheet *sheet)
{
    struct json_buffer buffer;
    struct json json;
    if (!json_buffer_init_heap(&buffer, BUFFER_FIRST, BUFFER_MAX)) {
        return false;
    }
    json_start(&json, &buffer);
    json_begin_object(&json);
    json_key(&json, "schema");
    json_u64(&json, 1);
    json_put_text(&json, "title", sheet->title);
    json_key(&json, "methods");
    json_begin_object(&json);
    for (size_t i = 0; i < sheet->method_count; i++) {
        json_key_bytes(&json, sheet->methods[i].key, strlen(sheet->methods[i].key));
        json_string(&json, sheet->methods[i].text.ptr, sheet->methods[i].text.len);
    }
    json_end_object(&json);
    json_key(&json, "tables");
    json_begin_object(&json);
    for (size_t i = 0; i < sheet->table_count; i++) {
        print_table(&json, &sheet->tables[i]);
    }
    json_end_object(&json);
    json_end_object(&json);
    bool is_whole = json_end_line(&json);
    if (is_whole) {
        fwrite(buffer.bytes, 1, buffer.len, out);
    }
    json_buffer_deinit(&buffer);
    return is_whole;
}
