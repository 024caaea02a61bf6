// SPDX-License-Identifier: MIT
#include "tests/support/zone.h"

#include <arpa/inet.h>
#include <stdlib.h>

static const struct {
    const char *word;
    enum dns_outcome outcome;
} outcomes[] = {
    { "[SERVFAIL]", DNS_SERVFAIL }, { "[TIMEOUT]", DNS_TIMEOUT },   { "[REFUSED]", DNS_REFUSED },
    { "[NODATA]", DNS_NODATA },     { "[NXDOMAIN]", DNS_NXDOMAIN },
};

static bool name_exists(const struct zone *zone, span name)
{
    for (size_t i = 0; i < zone->count; i++) {
        if (name_is_within(span_from_cstr(zone->rows[i].name), name)) {
            return true;
        }
    }
    return false;
}

static struct txt_record read_txt(const char *value, struct arena *arena)
{
    size_t len = strlen(value);
    char *text = arena_take_bytes(arena, len);
    uint16_t *cuts = ARENA_TAKE_N(arena, uint16_t, len);
    struct txt_record record = { .cuts = cuts };
    if (!text || !cuts) {
        abort();
    }
    for (size_t i = 0; i < len; i++) {
        if (value[i] == '|') {
            cuts[record.cut_count++] = (uint16_t)record.text.len;
        } else {
            text[record.text.len++] = value[i];
        }
    }
    record.text.ptr = text;
    return record;
}

static struct mx_record read_mx(const char *value)
{
    char *end;
    unsigned long preference = strtoul(value, &end, 10);
    return (struct mx_record){ (uint16_t)preference, span_from_cstr(end + 1) };
}

static void put(struct rrset *set, size_t at, const char *value, enum dns_type type, void *records, struct arena *arena)
{
    switch (type) {
    case DNS_TXT:
        ((struct txt_record *)records)[at] = read_txt(value, arena);
        set->txt = records;
        break;
    case DNS_MX:
        ((struct mx_record *)records)[at] = read_mx(value);
        set->mx = records;
        break;
    case DNS_A:
        inet_pton(AF_INET, value, (char *)records + at * 4);
        set->a = records;
        break;
    case DNS_AAAA:
        inet_pton(AF_INET6, value, (char *)records + at * 16);
        set->aaaa = records;
        break;
    default:
        ((span *)records)[at] = span_from_cstr(value);
        set->names = records;
        break;
    }
}

static span top_of(span name)
{
    while (name_parent(name).len > 0) {
        name = name_parent(name);
    }
    return name;
}

static const struct rrset *answer_one(const struct zone *zone, span name, uint16_t qtype, struct arena *arena)
{
    struct rrset *set = ARENA_TAKE(arena, struct rrset);
    void *records = arena_take(arena, (zone->count + 1) * sizeof(struct txt_record));
    if (!set || !records) {
        abort();
    }
    set->outcome = name_exists(zone, name) ? DNS_NODATA : DNS_NXDOMAIN;
    set->soa_owner = set->outcome == DNS_NXDOMAIN ? top_of(name) : set->soa_owner;
    for (size_t i = 0; i < zone->count; i++) {
        const struct zone_row *row = &zone->rows[i];
        if (row->type != qtype || !span_equal_nocase(span_from_cstr(row->name), name)) {
            continue;
        }
        if (row->value[0] == '[') {
            for (size_t k = 0; k < sizeof(outcomes) / sizeof(outcomes[0]); k++) {
                if (strcmp(outcomes[k].word, row->value) == 0) {
                    set->outcome = outcomes[k].outcome;
                }
            }
            return set;
        }
        set->outcome = DNS_ANSWERED;
        put(set, set->count, row->value, row->type, records, arena);
        set->count++;
    }
    return set;
}

void zone_answer(const struct zone *zone, struct answer_set *set, struct arena *arena)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!set->items[i].rrset) {
            set->items[i].rrset = answer_one(zone, set->items[i].qname, set->items[i].qtype, arena);
        }
    }
}
