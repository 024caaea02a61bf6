// SPDX-License-Identifier: MIT
#pragma once

/*
 * A subject whose answers are written down beside the test: "NAME TYPE ANSWER" rows. Whatever is asked and not written is
 * NXDOMAIN below a name that is not written at all, else NODATA.
 */

#include <stdio.h>
#include <stdlib.h>

#include "scanner/mail/providers.h"
#include "scanner/mail/subject.h"

/* Rows leave out what they do not need. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct scripted_row {
    const char *name;
    uint16_t type;
    enum dns_outcome outcome;
    const char *texts[4];        /* TXT: records; MX: "10 host"; A and AAAA: any text */
    const char *alias;           /* last name of the alias chain */
    const char *soa;             /* owner of the SOA of an absent answer */
    uint8_t address[16];
};

struct scripted {
    struct subject subject;
    struct mail_config config;
    struct answer_set answers;
    struct findings findings;
    struct arena arena;
    const struct scripted_row *rows;
    size_t row_count;
    char memory[1 << 16];
};

/* A public suffix list of three. */
static inline bool scripted_is_suffix(const void *list, span name)
{
    (void)list;
    return name_label_count(name) == 1 || span_equal(name, SPAN("co.uk")) || span_equal(name, SPAN("github.io"));
}

static inline span scripted_organizational(const void *list, span name)
{
    span found = name;
    if (scripted_is_suffix(list, name)) {
        return name;
    }
    for (span up = name_parent(name); up.len > 0 && !scripted_is_suffix(list, found); up = name_parent(up)) {
        if (scripted_is_suffix(list, up)) {
            return found;
        }
        found = up;
    }
    return found;
}

static inline void scripted_open(struct scripted *t, const char *domain, unsigned checks, const struct scripted_row *rows,
                                 size_t row_count)
{
    memset(t, 0, sizeof(*t));
    arena_init(&t->arena, t->memory, sizeof(t->memory), 1 << 22);
    answer_set_init(&t->answers, &t->arena, ANSWER_SET_LIMIT);
    findings_init(&t->findings, &t->arena);
    t->config.checks = checks;
    t->config.suffixes = (struct suffix_list){ scripted_organizational, scripted_is_suffix, NULL };
    t->config.salt = 7;
    t->rows = rows;
    t->row_count = row_count;
    t->subject = (struct subject){ .config = &t->config, .domain = span_from_cstr(domain), .answers = &t->answers,
                                   .arena = &t->arena, .findings = NULL };
}

static inline void scripted_close(struct scripted *t)
{
    arena_reset(&t->arena);
}

static inline struct rrset *scripted_fill(struct scripted *t, const struct scripted_row *row)
{
    struct rrset *rrset = ARENA_TAKE(&t->arena, struct rrset);
    uint16_t count = 0;
    while (count < 4 && row->texts[count]) {
        count++;
    }
    rrset->outcome = row->outcome;
    rrset->has_alias = row->alias != NULL;
    rrset->alias_target = span_from_cstr(row->alias ? row->alias : "");
    rrset->soa_owner = span_from_cstr(row->soa ? row->soa : "");
    rrset->count = row->outcome == DNS_ANSWERED ? count : 0;
    struct txt_record *txt = ARENA_TAKE_N(&t->arena, struct txt_record, 4);
    struct mx_record *mx = ARENA_TAKE_N(&t->arena, struct mx_record, 4);
    for (uint16_t i = 0; i < count; i++) {
        char *end = NULL;
        txt[i].text = span_from_cstr(row->texts[i]);
        mx[i].preference = (uint16_t)strtoul(row->texts[i], &end, 10);
        mx[i].exchange = span_after(span_from_cstr(end), 1);
    }
    if (row->type == DNS_TXT) {
        rrset->txt = txt;
    } else if (row->type == DNS_MX) {
        rrset->mx = mx;
    } else if (row->type == DNS_A) {
        rrset->a = (const uint8_t (*)[4])(const void *)row->address;
    } else {
        rrset->aaaa = (const uint8_t (*)[16])(const void *)row->address;
    }
    return rrset;
}

static inline const struct rrset *scripted_answer(struct scripted *t, span name, uint16_t type)
{
    static const struct rrset nodata = { .outcome = DNS_NODATA }, nxdomain = { .outcome = DNS_NXDOMAIN };
    bool exists = false;
    for (size_t i = 0; i < t->row_count; i++) {
        span row_name = span_from_cstr(t->rows[i].name);
        if (span_equal(row_name, name) && t->rows[i].type == type) {
            return scripted_fill(t, &t->rows[i]);
        }
        exists |= name_is_within(row_name, name) && t->rows[i].outcome != DNS_NXDOMAIN;
    }
    if (!exists && type == DNS_NS) { /* asked at registrable domains: the suffix above says so */
        struct rrset *unregistered = ARENA_TAKE(&t->arena, struct rrset);
        *unregistered = (struct rrset){ .outcome = DNS_NXDOMAIN, .soa_owner = name_parent(name) };
        return unregistered;
    }
    return exists ? &nodata : &nxdomain;
}

/* Answers everything that is pending; how many. */
static inline size_t scripted_reply(struct scripted *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->answers.count; i++) {
        if (!t->answers.items[i].rrset) {
            t->answers.items[i].rrset = scripted_answer(t, t->answers.items[i].qname, t->answers.items[i].qtype);
            count++;
        }
    }
    return count;
}

static inline bool scripted_was_asked(const struct scripted *t, const char *name, uint16_t type)
{
    return answer_set_find(&t->answers, span_from_cstr(name), type) != NULL;
}

/* A finding's detail, "" for none, NULL when it is not there. */
static inline const char *scripted_finding(struct scripted *t, enum finding_id id)
{
    for (size_t i = 0; i < t->findings.count; i++) {
        if (t->findings.items[i].id == id) {
            return arena_printf(&t->arena, "%.*s%c", SPAN_ARG(t->findings.items[i].detail), '\0').ptr;
        }
    }
    return NULL;
}

/* The ids, in catalogue order by severity, joined by blanks. */
static inline const char *scripted_findings(struct scripted *t)
{
    static char text[4096];
    size_t len = 0;
    text[0] = '\0';
    findings_sort(&t->findings);
    for (size_t i = 0; i < t->findings.count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
                                finding_kind(t->findings.items[i].id)->id);
    }
    return text;
}
