// SPDX-License-Identifier: MIT
#include "tests/support/schema_check.h"

#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct checker {
    const struct json_value *root;
    char *complaint;
};

typedef bool keyword_check(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                           const struct json_value *value);

static bool check(const struct checker *c, const struct json_value *schema, const struct json_value *value);

static bool complain(const struct checker *c, const struct json_value *value, const char *format, ...) PRINTF_LIKE(3, 4);

static bool complain(const struct checker *c, const struct json_value *value, const char *format, ...)
{
    va_list args;
    int len = snprintf(c->complaint, SCHEMA_COMPLAINT_SIZE, "\"%.*s\": ", SPAN_ARG(value->key));
    va_start(args, format);
    if (len >= 0 && len < SCHEMA_COMPLAINT_SIZE) {
        vsnprintf(c->complaint + len, (size_t)(SCHEMA_COMPLAINT_SIZE - len), format, args);
    }
    va_end(args);
    return false;
}

static bool is_type(const struct json_value *value, span type)
{
    int64_t unused;
    if (span_equal(type, SPAN("integer"))) {
        return value->kind == JSON_KIND_NUMBER && json_to_i64(value, &unused);
    }
    static const struct {
        const char *name;
        enum json_kind kind;
    } rows[] = {
        { "null", JSON_KIND_NULL },     { "boolean", JSON_KIND_BOOL }, { "number", JSON_KIND_NUMBER },
        { "string", JSON_KIND_STRING }, { "array", JSON_KIND_ARRAY },  { "object", JSON_KIND_OBJECT },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (span_equal(type, span_from_cstr(rows[i].name))) {
            return value->kind == rows[i].kind;
        }
    }
    return false;
}

static bool check_type(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                       const struct json_value *value)
{
    (void)schema;
    bool holds = keyword->kind == JSON_KIND_STRING && is_type(value, keyword->text);
    for (const struct json_value *t = keyword->first; t && !holds; t = t->next) {
        holds = is_type(value, t->text);
    }
    return holds || complain(c, value, "is %s", json_kind_name(value->kind));
}

static bool check_const(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                        const struct json_value *value)
{
    (void)schema;
    return json_same(keyword, value) || complain(c, value, "is not the constant");
}

static bool check_enum(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                       const struct json_value *value)
{
    (void)schema;
    for (const struct json_value *word = keyword->first; word; word = word->next) {
        if (json_same(word, value)) {
            return true;
        }
    }
    return complain(c, value, "\"%.*s\" is none of the words", SPAN_ARG(value->text));
}

static bool check_pattern(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                          const struct json_value *value)
{
    (void)schema;
    char pattern[256], text[1024];
    regex_t regex;
    snprintf(pattern, sizeof(pattern), "%.*s", SPAN_ARG(keyword->text));
    snprintf(text, sizeof(text), "%.*s", SPAN_ARG(value->text));
    if (value->kind != JSON_KIND_STRING) {
        return true;
    }
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
        return complain(c, value, "pattern %s cannot be read", pattern);
    }
    bool holds = strlen(text) == value->text.len && regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return holds || complain(c, value, "\"%s\" does not match %s", text, pattern);
}

static bool check_bound(const struct checker *c, const struct json_value *keyword, const struct json_value *value, bool is_max)
{
    int64_t bound = 0, number = 0;
    if (value->kind != JSON_KIND_NUMBER) {
        return true;
    }
    if (!json_to_i64(keyword, &bound) || !json_to_i64(value, &number)) {
        return complain(c, value, "no integer of 64 bits");
    }
    return (is_max ? number <= bound : number >= bound) || complain(c, value, "%.*s is out of bounds", SPAN_ARG(value->text));
}

static bool check_minimum(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                          const struct json_value *value)
{
    (void)schema;
    return check_bound(c, keyword, value, false);
}

static bool check_maximum(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                          const struct json_value *value)
{
    (void)schema;
    return check_bound(c, keyword, value, true);
}

static bool check_required(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                           const struct json_value *value)
{
    (void)schema;
    for (const struct json_value *key = keyword->first; key && value->kind == JSON_KIND_OBJECT; key = key->next) {
        if (!json_member(value, key->text)) {
            return complain(c, value, "lacks \"%.*s\"", SPAN_ARG(key->text));
        }
    }
    return true;
}

static bool check_properties(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                             const struct json_value *value)
{
    (void)schema;
    for (const struct json_value *p = keyword->first; p && value->kind == JSON_KIND_OBJECT; p = p->next) {
        const struct json_value *member = json_member(value, p->key);
        if (member && !check(c, p, member)) {
            return false;
        }
    }
    return true;
}

static bool check_additional(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                             const struct json_value *value)
{
    const struct json_value *known = json_member(schema, SPAN("properties"));
    for (const struct json_value *m = value->first; m && value->kind == JSON_KIND_OBJECT && !keyword->boolean; m = m->next) {
        if (!known || !json_member(known, m->key)) {
            return complain(c, m, "is no known key");
        }
    }
    return true;
}

static bool check_items(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                        const struct json_value *value)
{
    (void)schema;
    for (const struct json_value *item = value->first; item && value->kind == JSON_KIND_ARRAY; item = item->next) {
        if (!check(c, keyword, item)) {
            return false;
        }
    }
    return true;
}

static bool check_any_of(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                         const struct json_value *value)
{
    (void)schema;
    for (const struct json_value *option = keyword->first; option; option = option->next) {
        if (check(c, option, value)) {
            return true;
        }
    }
    return false;
}

static bool check_ref(const struct checker *c, const struct json_value *schema, const struct json_value *keyword,
                      const struct json_value *value)
{
    (void)schema;
    const struct json_value *defs = json_member(c->root, SPAN("$defs"));
    bool is_def = defs && span_starts_with(keyword->text, SPAN("#/$defs/"));
    const struct json_value *target = is_def ? json_member(defs, span_after(keyword->text, strlen("#/$defs/"))) : NULL;
    return target ? check(c, target, value) : complain(c, value, "$ref to nowhere");
}

/* NULL: says nothing about values. */
static const struct {
    const char *name;
    keyword_check *check;
} keywords[] = {
    { "$schema", NULL },
    { "$defs", NULL },
    { "title", NULL },
    { "description", NULL },
    { "type", check_type },
    { "const", check_const },
    { "enum", check_enum },
    { "pattern", check_pattern },
    { "minimum", check_minimum },
    { "maximum", check_maximum },
    { "required", check_required },
    { "properties", check_properties },
    { "additionalProperties", check_additional },
    { "items", check_items },
    { "anyOf", check_any_of },
    { "$ref", check_ref },
};

static bool check(const struct checker *c, const struct json_value *schema, const struct json_value *value)
{
    for (const struct json_value *keyword = schema->first; keyword; keyword = keyword->next) {
        size_t i = 0, count = sizeof(keywords) / sizeof(keywords[0]);
        while (i < count && !span_equal(keyword->key, span_from_cstr(keywords[i].name))) {
            i++;
        }
        if (i == count) {
            return complain(c, value, "keyword %.*s is not known here", SPAN_ARG(keyword->key));
        }
        if (keywords[i].check && !keywords[i].check(c, schema, keyword, value)) {
            return false;
        }
    }
    return true;
}

bool schema_holds(const struct json_value *schema, const struct json_value *value, char complaint[SCHEMA_COMPLAINT_SIZE])
{
    struct checker checker = { schema, complaint };
    return check(&checker, schema, value);
}

static bool check_order(const struct checker *c, const struct json_value *schema, const struct json_value *value)
{
    const struct json_value *properties = json_member(schema, SPAN("properties"));
    const struct json_value *items = json_member(schema, SPAN("items"));
    const struct json_value *p = properties ? properties->first : NULL;
    for (const struct json_value *m = value->first; m; m = m->next) {
        if (items && !check_order(c, items, m)) {
            return false;
        }
        while (properties && p && !span_equal(p->key, m->key)) {
            p = p->next;
        }
        if (properties && !p) {
            return complain(c, m, "stands out of order");
        }
        if (properties && !check_order(c, p, m)) {
            return false;
        }
    }
    return true;
}

bool schema_orders(const struct json_value *schema, const struct json_value *value, char complaint[SCHEMA_COMPLAINT_SIZE])
{
    struct checker checker = { schema, complaint };
    return check_order(&checker, schema, value);
}
