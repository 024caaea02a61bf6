// SPDX-License-Identifier: MIT
#include "scanner/mail/finding.h"

#include <stdarg.h>
#include <stdio.h>

static const struct finding_kind kinds[FINDING_COUNT] = {
#define FINDING(name, id, severity, mechanism, meaning, remedy, source) \
    [FINDING_##name] = { id, SEVERITY_##severity, #mechanism, meaning, remedy, source },
#include "scanner/mail/findings.def"
#undef FINDING
};

static const struct finding_kind report_kinds[] = {
#define FINDING(name, id, severity, mechanism, meaning, remedy, source)
#define FINDING_OF_REPORT(name, id, severity, mechanism, meaning, remedy, source) \
    { id, SEVERITY_##severity, #mechanism, meaning, remedy, source },
#include "scanner/mail/findings.def"
#undef FINDING
};

size_t finding_report_count(void)
{
    return sizeof(report_kinds) / sizeof(report_kinds[0]);
}

const struct finding_kind *finding_report_kind(size_t index)
{
    return &report_kinds[index];
}

const struct finding_kind *finding_kind(enum finding_id id)
{
    return &kinds[id];
}

enum finding_id finding_id_find(span id)
{
    for (int i = 0; i < FINDING_COUNT; i++) {
        if (span_equal(id, span_from_cstr(kinds[i].id))) {
            return (enum finding_id)i;
        }
    }
    return FINDING_COUNT;
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = { "error", "warning", "info" };
    return names[severity];
}

void findings_init(struct findings *findings, struct arena *arena)
{
    *findings = (struct findings){ .arena = arena };
}

static struct finding *find(const struct findings *findings, enum finding_id id)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].id == id) {
            return &findings->items[i];
        }
    }
    return NULL;
}

/* One detail among those joined already. */
static bool detail_stands(span joined, span detail)
{
    for (size_t from = 0; from < joined.len;) {
        span rest = span_after(joined, from);
        size_t at = 0;
        while (at < rest.len && !span_starts_with(span_after(rest, at), SPAN("; "))) {
            at++;
        }
        if (span_equal(span_first(rest, at), detail)) {
            return true;
        }
        from += at + 2;
    }
    return false;
}

static void join_detail(struct findings *findings, struct finding *finding, span detail)
{
    if (detail.len == 0 || detail_stands(finding->detail, detail)) {
        return;
    }
    if (finding->detail.len == 0) {
        findings->was_cut |= !arena_copy(findings->arena, detail, &finding->detail);
        return;
    }
    size_t len = finding->detail.len + 2 + detail.len;
    char *joined = len <= FINDING_DETAIL_MAX ? arena_take_bytes(findings->arena, len) : NULL;
    if (!joined) {
        findings->was_cut = true;
        return;
    }
    memcpy(joined, finding->detail.ptr, finding->detail.len);
    memcpy(joined + finding->detail.len, "; ", 2);
    memcpy(joined + finding->detail.len + 2, detail.ptr, detail.len);
    finding->detail = span_of(joined, len);
}

static bool grow(struct findings *findings)
{
    size_t size = findings->size ? findings->size * 2 : 16;
    struct finding *items = ARENA_TAKE_N(findings->arena, struct finding, size);
    if (!items) {
        return false;
    }
    if (findings->count > 0) {
        memcpy(items, findings->items, findings->count * sizeof(*items));
    }
    findings->items = items;
    findings->size = size;
    return true;
}

void findings_add_as(struct findings *findings, enum finding_id id, enum severity severity, span detail)
{
    struct finding *finding = find(findings, id);
    detail = span_first(detail, FINDING_DETAIL_MAX);
    if (finding) {
        finding->severity = severity < finding->severity ? severity : finding->severity;
        join_detail(findings, finding, detail);
        return;
    }
    if (findings->count == findings->size && !grow(findings)) {
        findings->was_cut = true;
        return;
    }
    finding = &findings->items[findings->count++];
    *finding = (struct finding){ .id = id, .severity = severity };
    join_detail(findings, finding, detail);
}

void findings_add(struct findings *findings, enum finding_id id, span detail)
{
    findings_add_as(findings, id, kinds[id].severity, detail);
}

void findings_addf(struct findings *findings, enum finding_id id, const char *format, ...)
{
    char text[FINDING_DETAIL_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0) {
        len = 0;
    }
    findings_add(findings, id, span_of(text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1));
}

bool findings_has(const struct findings *findings, enum finding_id id)
{
    return find(findings, id) != NULL;
}

void findings_remove(struct findings *findings, enum finding_id id)
{
    struct finding *finding = find(findings, id);
    if (finding) {
        *finding = findings->items[--findings->count];
    }
}

void findings_sort(struct findings *findings)
{
    /* Insertion sort: a handful of items, no recursion, stable. */
    for (size_t i = 1; i < findings->count; i++) {
        struct finding moving = findings->items[i];
        size_t at = i;
        while (at > 0 && (findings->items[at - 1].severity > moving.severity ||
                          (findings->items[at - 1].severity == moving.severity &&
                           findings->items[at - 1].id > moving.id))) {
            findings->items[at] = findings->items[at - 1];
            at--;
        }
        findings->items[at] = moving;
    }
}
