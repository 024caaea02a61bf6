// SPDX-License-Identifier: MIT
#include "scanner/results/tables.h"
#include "scanner/results/vocabulary.h"

#include <stdlib.h>

/* DKIM: what was seen, at which selectors, how long the keys are, who shares them. */

static const struct table_form status_form = {
    .key = "dkim_status", .section = "DKIM", .title = "DKIM keys seen",
    .note = "Of all names asked about. 'none found' is not 'no DKIM', unless the namespace is absent: then there can be no key.",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("status", "Status"), TABLE_SHARE("names", "Names") },
};

static void add_status(struct sheet *sheet, const struct survey *survey)
{
    static const struct {
        enum dkim_status status;
        const char *title;
    } rows[] = {
        { DKIM_FOUND, "a valid key" },
        { DKIM_REVOKED, "only revoked keys" },
        { DKIM_INVALID, "only unusable keys" },
        { DKIM_WILDCARD, "only a wildcard" },
        { DKIM_NONE_FOUND, "none found" },
        { DKIM_TEMPERROR, "unknown (temperror)" },
        { DKIM_NOT_CHECKED, "not checked" },
    };
    uint64_t unknown = survey->dkim.status[DKIM_TEMPERROR];
    uint64_t known = survey->asked - unknown - survey->dkim.status[DKIM_NOT_CHECKED];
    struct table *table = sheet_begin_table(sheet, &status_form);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_known = i < 5;
        table_add_text(sheet, span_from_cstr(rows[i].title));
        table_add_share(sheet, survey->dkim.status[rows[i].status], is_known ? known : 0, is_known ? unknown : 0);
    }
    char exists[NUMBER_TEXT_SIZE], absent[NUMBER_TEXT_SIZE], not_known[NUMBER_TEXT_SIZE];
    table->remark = sheet_printf(sheet, "The namespace _domainkey exists below %s names, is absent below %s, unknown below %s.",
                                 number_text(survey->dkim.namespaces[DKIM_NAMESPACE_EXISTS], exists),
                                 number_text(survey->dkim.namespaces[DKIM_NAMESPACE_ABSENT], absent),
                                 number_text(survey->dkim.namespaces[DKIM_NAMESPACE_UNKNOWN], not_known));
}

static const struct table_form selectors_form = {
    .key = "dkim_selectors", .section = "DKIM", .title = "DKIM selectors",
    .note = "Selectors that answered. The share: names with a valid key at this selector, of the names with any valid key.",
    .chart = CHART_BARS, .chart_from = 1, .chart_to = 1, .chart_label = "names with a valid key",
    .head_columns = 1, .column_count = 6,
    .columns = { TABLE_TEXT("selector", "Selector"), TABLE_SHARE("valid", "Valid"), TABLE_COUNT("answers", "Answers"),
                 TABLE_COUNT("revoked", "Revoked"), TABLE_COUNT("invalid", "Unusable"), TABLE_COUNT("dangling", "Dangling alias") },
};

static void add_selectors(struct sheet *sheet, const struct survey *survey, size_t top)
{
    struct top_item *items = calloc(top, sizeof(*items));
    if (items == NULL) {
        sheet->is_short_of_memory = true;
        return;
    }
    struct table *table = sheet_begin_table(sheet, &selectors_form);
    size_t count = top_map_first(survey->dkim.selectors, items, top);
    for (size_t i = 0; i < count; i++) {
        table_add_text(sheet, items[i].key);
        table_add_share(sheet, items[i].counters[SELECTOR_VALID], survey->dkim.status[DKIM_FOUND], survey->dkim.status[DKIM_TEMPERROR]);
        table_add_count(sheet, items[i].counters[SELECTOR_ANSWERS]);
        table_add_count(sheet, items[i].counters[SELECTOR_REVOKED]);
        table_add_count(sheet, items[i].counters[SELECTOR_INVALID]);
        table_add_count(sheet, items[i].counters[SELECTOR_DANGLING]);
    }
    table_remark_rest(sheet, table, survey->dkim.selectors, count);
    free(items);
}

static const struct table_form keys_form = {
    .key = "dkim_keys", .section = "DKIM", .title = "DKIM keys by type and size",
    .note = "Keys, not names: all valid and unusable ones at the selectors that answered. Below 1,024 bits verifiers must not accept them "
            "(RFC 8301).",
    .chart = CHART_BARS, .chart_from = 1, .chart_to = 1, .chart_label = "keys",
    .head_columns = 1, .column_count = 3,
    .columns = { TABLE_TEXT("key", "Key"), TABLE_SHARE("keys", "Keys"), TABLE_COUNT("testing", "In testing (t=y)") },
};

static void add_keys(struct sheet *sheet, const struct survey *survey)
{
    static const char *const titles[KEY_BUCKETS] = {
        [KEY_RSA_UNDER_1024] = "RSA below 1024",
        [KEY_RSA_1024] = "RSA 1024",
        [KEY_RSA_UNDER_2048] = "RSA 1025 to 2047",
        [KEY_RSA_2048] = "RSA 2048",
        [KEY_RSA_UNDER_4096] = "RSA 2049 to 4095",
        [KEY_RSA_4096] = "RSA 4096",
        [KEY_RSA_OVER_4096] = "RSA above 4096",
        [KEY_ED25519] = "Ed25519",
        [KEY_NOT_DECODED] = "not decoded",
    };
    uint64_t all = 0;
    for (int i = 0; i < KEY_BUCKETS; i++) {
        all += survey->dkim.keys[i];
    }
    sheet_begin_table(sheet, &keys_form);
    for (int i = 0; i < KEY_BUCKETS; i++) {
        table_add_text(sheet, span_from_cstr(titles[i]));
        table_add_share(sheet, survey->dkim.keys[i], all, 0);
        table_add_count(sheet, survey->dkim.testing[i]);
    }
}

static const struct table_form sharing_form = {
    .key = "dkim_shared_keys", .section = "DKIM", .title = "DKIM keys that unrelated domains share",
    .note = "The same key at two or more organizational domains, not through an alias to a provider (finding dkim_shared_key): each "
            "can sign for the others. Needs records of --records full.",
    .head_columns = 1, .column_count = 4,
    .columns = { TABLE_TEXT("selector", "Selector, for one"), TABLE_COUNT("domains", "Domains"), TABLE_COUNT("bits", "Bits"),
                 TABLE_TEXT("examples", "Some of them") },
};

static span list_examples(struct sheet *sheet, const struct shared_key *key)
{
    span text = SPAN("");
    for (size_t i = 0; i < key->example_count; i++) {
        text = sheet_printf(sheet, "%.*s%s%.*s", SPAN_ARG(text), i > 0 ? ", " : "", SPAN_ARG(key->examples[i]));
    }
    return text;
}

static void add_sharing(struct sheet *sheet, const struct survey *survey, size_t top)
{
    char keys[NUMBER_TEXT_SIZE], shared[NUMBER_TEXT_SIZE], selectors[NUMBER_TEXT_SIZE], left[NUMBER_TEXT_SIZE];
    struct table *table = sheet_begin_table(sheet, &sharing_form);
    struct key_sharing_totals totals = { 0 };
    if (survey->dkim.sharing != NULL) {
        totals = key_sharing_totals_get(survey->dkim.sharing);
    }
    if (totals.selectors == 0) {
        table->remark = SPAN("Not possible: the records do not hold the keys, or no valid key stands at the name itself.");
        return;
    }
    struct shared_key *first = calloc(top, sizeof(*first));
    if (first == NULL) {
        sheet->is_short_of_memory = true;
        return;
    }
    size_t count = key_sharing_first(survey->dkim.sharing, first, top);
    for (size_t i = 0; i < count; i++) {
        table_add_text(sheet, first[i].selector);
        table_add_count(sheet, first[i].domains);
        if (first[i].key_bits == RECORD_NULL) {
            table_add_nothing(sheet);
        } else {
            table_add_count(sheet, (uint64_t)first[i].key_bits);
        }
        table_add_text(sheet, list_examples(sheet, &first[i]));
    }
    free(first);
    table->remark = sheet_printf(sheet, "%s different keys at %s selectors that are no aliases; %s of them are shared. %s selectors were not "
                                        "looked at: their key is not in the record, or there was no room.",
                                 number_text(totals.keys, keys), number_text(totals.selectors, selectors),
                                 number_text(totals.shared, shared), number_text(totals.without + totals.not_looked_at, left));
}

void tables_dkim(struct sheet *sheet, const struct survey *survey, const struct table_wishes *wishes)
{
    add_status(sheet, survey);
    add_selectors(sheet, survey, wishes->top);
    add_keys(sheet, survey);
    add_sharing(sheet, survey, wishes->top);
}
