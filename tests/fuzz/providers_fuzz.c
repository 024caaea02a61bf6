// SPDX-License-Identifier: MIT

/* The provider table: the input up to its first NUL is the table, each line behind it a name looked up in every kind. */

#include <stdint.h>
#include <stdlib.h>

#include "scanner/mail/providers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void look_up(const struct provider_table *table, span name)
{
    for (int kind = 0; kind < PROVIDER_KIND_COUNT; kind++) {
        const struct provider *found = provider_find(table, (enum provider_kind)kind, name);
        if (found) {
            must(found->name[0] != '\0' && found->pattern[0] != '\0' && found->role != NULL);
            size_t count = provider_selector_count(table, found->name);
            must(count == 0 || provider_selector(table, found->name, count - 1) != NULL);
            must(provider_selector(table, found->name, count) == NULL);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span rest = span_of((const char *)data, size);
    span text = span_cut(&rest, '\0');
    size_t bad_line;
    struct provider_table *table = provider_table_new(text, &bad_line);
    must((table == NULL) == (bad_line != 0));
    while (table && rest.len > 0) {
        look_up(table, span_cut(&rest, '\n'));
    }
    provider_table_free(table);
    struct selector_table *selectors = selector_table_new(text, &bad_line);
    must((selectors == NULL) == (bad_line != 0));
    selector_table_free(selectors);
    selectors = selector_table_new_plain(text);
    for (size_t i = 0; selectors && i < selector_table_count(selectors); i++) {
        must(selector_table_find(selectors, selector_table_row(selectors, i)->selector) == i);
    }
    if (selectors) {
        selector_table_add(selectors, span_first(rest, 8));
    }
    selector_table_free(selectors);
    return 0;
}
