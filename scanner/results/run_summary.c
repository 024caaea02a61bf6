// SPDX-License-Identifier: MIT
#include "scanner/results/run_summary.h"

#include "scanner/results/json_tree.h"

enum { SHOWN_MAX = 16 };

static yajl_val member(yajl_val object, const char *key)
{
    return yajl_tree_get(object, (const char *[]){ key, NULL }, yajl_t_any);
}

static const char *text_of(yajl_val object, const char *key)
{
    const char *text = YAJL_GET_STRING(member(object, key));
    return text ? text : "?";
}

static uint64_t number_of(yajl_val object, const char *key)
{
    yajl_val value = member(object, key);
    return YAJL_IS_INTEGER(value) && YAJL_GET_INTEGER(value) > 0 ? (uint64_t)YAJL_GET_INTEGER(value) : 0;
}

/* "a, b and 3 more" */
static span add_to_list(struct sheet *sheet, span list, size_t index, size_t count, span item)
{
    if (index > SHOWN_MAX) {
        return list;
    }
    if (index == SHOWN_MAX) {
        return sheet_printf(sheet, "%.*s and %zu more", SPAN_ARG(list), count - index);
    }
    return sheet_printf(sheet, "%.*s%s%.*s", SPAN_ARG(list), index > 0 ? "; " : "", SPAN_ARG(item));
}

static span lists_text(struct sheet *sheet, yajl_val root)
{
    yajl_val lists = member(root, "lists");
    span text = SPAN("");
    char names[NUMBER_TEXT_SIZE], rejected[NUMBER_TEXT_SIZE], duplicates[NUMBER_TEXT_SIZE];
    for (size_t i = 0; YAJL_IS_ARRAY(lists) && i < YAJL_GET_ARRAY(lists)->len; i++) {
        yajl_val list = YAJL_GET_ARRAY(lists)->values[i];
        text = add_to_list(sheet, text, i, YAJL_GET_ARRAY(lists)->len,
                           sheet_printf(sheet, "%s (%s, %s names, %s lines rejected, %s listed twice, xxh3 %s)", text_of(list, "path"),
                                        text_of(list, "format"), number_text(number_of(list, "names"), names),
                                        number_text(number_of(list, "rejected"), rejected),
                                        number_text(number_of(list, "duplicates"), duplicates), text_of(list, "xxh3")));
    }
    return text;
}

static span resolvers_text(struct sheet *sheet, yajl_val root)
{
    yajl_val resolvers = member(root, "resolvers");
    span text = SPAN("");
    char queries[NUMBER_TEXT_SIZE], timeouts[NUMBER_TEXT_SIZE], servfail[NUMBER_TEXT_SIZE];
    for (size_t i = 0; YAJL_IS_ARRAY(resolvers) && i < YAJL_GET_ARRAY(resolvers)->len; i++) {
        yajl_val resolver = YAJL_GET_ARRAY(resolvers)->values[i];
        text = add_to_list(sheet, text, i, YAJL_GET_ARRAY(resolvers)->len,
                           sheet_printf(sheet, "%s (%s queries, %s timeouts, %s SERVFAIL)", text_of(resolver, "address"),
                                        number_text(number_of(resolver, "queries"), queries),
                                        number_text(number_of(resolver, "timeouts"), timeouts),
                                        number_text(number_of(resolver, "servfail"), servfail)));
    }
    return text;
}

static span run_text(struct sheet *sheet, yajl_val root)
{
    yajl_val command = member(root, "command");
    span words = SPAN("");
    char queries[NUMBER_TEXT_SIZE], unknown[NUMBER_TEXT_SIZE];
    for (size_t i = 0; YAJL_IS_ARRAY(command) && i < YAJL_GET_ARRAY(command)->len && i < 256; i++) {
        const char *word = YAJL_GET_STRING(YAJL_GET_ARRAY(command)->values[i]);
        words = sheet_printf(sheet, "%.*s%s%s", SPAN_ARG(words), i > 0 ? " " : "", word ? word : "?");
    }
    yajl_val seed = member(root, "seed"); /* 64 bits without sign: as it is written */
    return sheet_printf(sheet, "trifecta %s from %s to %s, seed %s, shard %llu of %llu, %s queries, %s names with something unknown: %.*s",
                        text_of(root, "version"), text_of(root, "started_at"), text_of(root, "finished_at"),
                        YAJL_IS_NUMBER(seed) ? YAJL_GET_NUMBER(seed) : "?", (unsigned long long)number_of(root, "shard"),
                        (unsigned long long)number_of(root, "shards"), number_text(number_of(root, "queries"), queries),
                        number_text(number_of(root, "unknown"), unknown), SPAN_ARG(words));
}

bool run_summary_read(struct run_summary *out, span text, struct sheet *sheet, const char **error)
{
    *out = (struct run_summary){ 0 };
    char words[JSON_TREE_WORDS_SIZE];
    *error = "not JSON";
    yajl_val root = json_tree_parse(text, RUN_SUMMARY_DEPTH, words);
    if (root == NULL) {
        return false;
    }
    bool is_summary = YAJL_IS_OBJECT(root) && number_of(root, "schema") == 1 && YAJL_IS_ARRAY(member(root, "lists"));
    if (is_summary) {
        out->lists = lists_text(sheet, root);
        out->run = run_text(sheet, root);
        out->resolvers = resolvers_text(sheet, root);
    } else {
        *error = "not the summary of a scan";
    }
    yajl_tree_free(root);
    return is_summary;
}
