// SPDX-License-Identifier: MIT
#include "scanner/results/tables_diff.h"

#include "scanner/results/tables.h"

#include <stdio.h>

enum { TAGS_SHOWN = 1000 };

/* ---- classes ---- */

static const struct table_form class_form = {
    .key = "classes",
    .section = "Changes",
    .title = "What became of the names",
    .note = "Each name is in one class, the worst that holds. What is unknown in one of the two makes no name weaker, "
            "stronger or edited.",
    .head_columns = 1,
    .column_count = 2,
    .columns = { TABLE_TEXT("class", "Class"), TABLE_COUNT("names", "Names") },
};

static void add_classes(struct sheet *sheet, const struct difference *d)
{
    (void)sheet_begin_table(sheet, &class_form);
    for (int c = 0; c < CHANGE_CLASS_COUNT; c++) {
        table_add_text(sheet, span_from_cstr(change_class_title((enum change_class)c)));
        table_add_count(sheet, d->classes[c]);
    }
}

/* ---- aspects ---- */

static const struct table_form aspect_form = {
    .key = "aspects",
    .section = "Changes",
    .title = "What changed",
    .note = "Names of both sweeps, by verdict: one name may stand in several rows. Changed: between values without an "
            "order.",
    .head_columns = 1,
    .column_count = 6,
    .columns = { TABLE_TEXT("aspect", "Verdict"), TABLE_COUNT("weakened", "Weakened"),
                 TABLE_COUNT("became_unknown", "Became unknown"), TABLE_COUNT("changed", "Changed"),
                 TABLE_COUNT("improved", "Improved"), TABLE_COUNT("recovered", "Recovered") },
};

static void add_aspects(struct sheet *sheet, const struct difference *d)
{
    static const enum direction columns[] = { DIRECTION_WEAKENED, DIRECTION_BECAME_UNKNOWN, DIRECTION_CHANGED,
                                              DIRECTION_IMPROVED, DIRECTION_RECOVERED };
    (void)sheet_begin_table(sheet, &aspect_form);
    for (int a = 0; a < ASPECT_COUNT; a++) {
        if (!difference_has_compared(d, (enum aspect)a)) {
            continue;
        }
        table_add_text(sheet, span_from_cstr(aspect_forms[a].title));
        for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
            table_add_count(sheet, d->directions[a][columns[i]]);
        }
    }
}

static const struct table_form edited_form = {
    .key = "edited_records", /* "edited" is the list of names */
    .section = "Changes",
    .title = "What was edited",
    .note = "Names of both sweeps whose text is known in both and is another one now.",
    .head_columns = 1,
    .column_count = 2,
    .columns = { TABLE_TEXT("record", "Record"), TABLE_COUNT("names", "Names") },
};

static void add_edited(struct sheet *sheet, const struct difference *d)
{
    static const struct {
        const char *title;
        enum aspect aspect;
    } rows[TEXT_COUNT] = {
        [TEXT_SPF] = { "SPF", ASPECT_SPF },
        [TEXT_DMARC] = { "DMARC", ASPECT_DMARC },
        [TEXT_DKIM] = { "DKIM", ASPECT_DKIM },
        [TEXT_MX] = { "MX", ASPECT_MX },
        [TEXT_MTA_STS] = { "MTA-STS", ASPECT_MTA_STS },
        [TEXT_TLS_RPT] = { "TLS-RPT", ASPECT_TLS_RPT },
        [TEXT_BIMI] = { "BIMI", ASPECT_BIMI },
    };
    (void)sheet_begin_table(sheet, &edited_form);
    for (int t = 0; t < TEXT_COUNT; t++) {
        if (difference_has_compared(d, rows[t].aspect)) {
            table_add_text(sheet, span_from_cstr(rows[t].title));
            table_add_count(sheet, d->edited[t]);
        }
    }
}

/* ---- matrices ---- */

/* The values in their order, then unknown, then what was not compared if there is any. Their number. */
static size_t matrix_indices(const struct difference *d, int a, size_t indices[MATRIX_SIZE])
{
    size_t count = 0;
    uint64_t not_compared = 0;
    for (size_t i = 0; i < aspect_forms[a].value_count; i++) {
        indices[count++] = i;
    }
    indices[count++] = MATRIX_UNKNOWN;
    for (size_t i = 0; i < MATRIX_SIZE; i++) {
        not_compared += d->matrices[a][i][MATRIX_NOT_COMPARED] + d->matrices[a][MATRIX_NOT_COMPARED][i];
    }
    if (not_compared > 0) {
        indices[count++] = MATRIX_NOT_COMPARED;
    }
    return count;
}

static const char *index_word(int a, size_t index)
{
    return index == MATRIX_UNKNOWN        ? "unknown"
           : index == MATRIX_NOT_COMPARED ? "not compared"
                                          : aspect_forms[a].values[index].word;
}

/* "parked protected", which a narrow column can wrap. */
static const char *title_of_word(const char *word, char title[MATRIX_TITLE_SIZE])
{
    snprintf(title, MATRIX_TITLE_SIZE, "%s", word);
    for (char *at = title; *at != '\0'; at++) {
        *at = *at == '_' ? ' ' : *at;
    }
    return title;
}

static void add_matrix(struct sheet *sheet, const struct difference *d, int a, struct diff_forms *forms)
{
    struct table_form *form = &forms->matrices[a];
    size_t indices[MATRIX_SIZE], count = matrix_indices(d, a, indices);
    *form = (struct table_form){
        .key = aspect_forms[a].key,
        .section = "Before and now",
        .title = aspect_forms[a].title,
        .note = "Rows: before; columns: now. On the diagonal: what stayed the same.",
        .head_columns = 1,
        .column_count = count + 1,
        .columns = { TABLE_TEXT("before", "Before") },
    };
    for (size_t i = 0; i < count; i++) {
        const char *word = index_word(a, indices[i]);
        const char *title = title_of_word(word, forms->matrix_titles[a][i]);
        form->columns[i + 1] = (struct table_column){ .key = word, .title = title, .kind = CELL_COUNT };
    }
    (void)sheet_begin_table(sheet, form);
    for (size_t row = 0; row < count; row++) {
        table_add_text(sheet, span_from_cstr(index_word(a, indices[row])));
        for (size_t column = 0; column < count; column++) {
            table_add_count(sheet, d->matrices[a][indices[row]][indices[column]]);
        }
    }
}

/* ---- tags ---- */

static const struct table_form tag_form = {
    .key = "tags",
    .section = "Changes",
    .title = "By tag",
    .note = "Names by the tag their list gives them (--tag-column), those with most changes first.",
    .head_columns = 1,
    .column_count = 10,
    .columns = { TABLE_TEXT("tag", "Tag"), TABLE_COUNT("changed", "Changed"), TABLE_COUNT("weakened", "Weakened"),
                 TABLE_COUNT("vanished", "Gone"), TABLE_COUNT("became_unknown", "Became unknown"),
                 TABLE_COUNT("edited", "Edited"), TABLE_COUNT("appeared", "New"), TABLE_COUNT("recovered", "Recovered"),
                 TABLE_COUNT("improved", "Improved"), TABLE_COUNT("same", "The same") },
};

static void add_tags(struct sheet *sheet, const struct difference *d)
{
    static struct top_item items[TAGS_SHOWN];
    size_t limit = d->list_limit < TAGS_SHOWN ? d->list_limit : TAGS_SHOWN;
    size_t count = top_map_first(d->tags, items, limit);
    struct table *table = sheet_begin_table(sheet, &tag_form);
    for (size_t i = 0; i < count; i++) {
        table_add_text(sheet, sheet_printf(sheet, "%.*s", SPAN_ARG(items[i].key)));
        for (size_t counter = 0; counter <= 1 + CHANGE_NONE; counter++) {
            table_add_count(sheet, items[i].counters[counter]);
        }
    }
    if (count < top_map_size(d->tags) || top_map_rest(d->tags) > 0) {
        table->remark = SPAN("Not all tags are shown: --top.");
    }
}

/* ---- names ---- */

static void add_list(struct sheet *sheet, const struct difference *d, int c, struct table_form *form)
{
    const struct change_list *list = &d->lists[c];
    char all[NUMBER_TEXT_SIZE], shown[NUMBER_TEXT_SIZE];
    *form = (struct table_form){
        .key = change_class_key((enum change_class)c),
        .section = "Names",
        .title = change_class_title((enum change_class)c),
        .note = "By tag, then by name.",
        .head_columns = 1,
        .column_count = 3,
        .columns = { TABLE_TEXT("domain", "Domain"), TABLE_TEXT("tag", "Tag"), TABLE_TEXT("changes", "What") },
    };
    struct table *table = sheet_begin_table(sheet, form);
    for (size_t i = 0; i < list->count; i++) {
        table_add_text(sheet, span_from_cstr(list->items[i].domain));
        table_add_text(sheet, span_from_cstr(list->items[i].tag ? list->items[i].tag : ""));
        table_add_text(sheet, span_from_cstr(list->items[i].words));
    }
    if (list->count < d->classes[c]) {
        table->remark = sheet_printf(sheet, "The first %s of %s: --top shows more, --format ndjson all.",
                                     number_text(list->count, shown), number_text(d->classes[c], all));
    }
}

void tables_diff(struct sheet *sheet, const struct difference *d, struct diff_forms *forms)
{
    add_classes(sheet, d);
    add_aspects(sheet, d);
    add_edited(sheet, d);
    if (d->tags) {
        add_tags(sheet, d);
    }
    for (int c = 0; c < CHANGE_CLASS_COUNT; c++) {
        if (d->lists[c].count > 0) {
            add_list(sheet, d, c, &forms->lists[c]);
        }
    }
    for (int a = 0; a < ASPECT_COUNT; a++) {
        if (difference_has_compared(d, (enum aspect)a)) {
            add_matrix(sheet, d, a, forms);
        }
    }
}
