// SPDX-License-Identifier: MIT
#pragma once

/*
 * Findings: what is worth saying about a domain. The catalogue is findings.def, one row a finding; it feeds the
 * classifier, `explain`, `check`, the docs and the JSON Schema.
 *
 * A domain has a finding at most once: reported again, its details are joined with "; " and the graver severity stays.
 * No volatile text in a detail (no times, no resolver names), so that two runs can be compared.
 *
 * Threads: any; a list belongs to one domain.  Memory: the arena given; what does not fit is left out and was_cut says so.
 */

#include "scanner/base/arena.h"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO };

enum finding_id {
#define FINDING(name, id, severity, mechanism, meaning, remedy, source) FINDING_##name,
#include "scanner/mail/findings.def"
#undef FINDING
    FINDING_COUNT
};

struct finding_kind {
    const char *id;
    enum severity severity; /* the default: some triggers say otherwise */
    const char *mechanism;  /* "DNS", "MX", "SPF", "DKIM", "DMARC", "MTA_STS", "TLS_RPT", "BIMI", "DNSSEC", "PARKED", "CROSS" */
    const char *meaning, *remedy, *source;
};

const struct finding_kind *finding_kind(enum finding_id id);

/* Rules of the report over many records, which no single record can break: index below finding_report_count. */
size_t finding_report_count(void);
const struct finding_kind *finding_report_kind(size_t index);

/* FINDING_COUNT when no finding has that id. */
enum finding_id finding_id_find(span id);

/* "error", "warning", "info". */
const char *severity_name(enum severity severity);

struct finding {
    enum finding_id id;
    enum severity severity;
    span detail;            /* may hold any byte of the DNS: printed by the rule for DNS text; empty: null */
};

struct findings {
    struct arena *arena;
    struct finding *items;
    size_t count, size;
    bool was_cut;
};

enum { FINDING_DETAIL_MAX = 512 }; /* bytes of one joined detail */

void findings_init(struct findings *findings, struct arena *arena);

/* With the catalogue's severity. `detail` is copied. */
void findings_add(struct findings *findings, enum finding_id id, span detail);
void findings_add_as(struct findings *findings, enum finding_id id, enum severity severity, span detail);
void findings_addf(struct findings *findings, enum finding_id id, const char *format, ...) PRINTF_LIKE(3, 4);

bool findings_has(const struct findings *findings, enum finding_id id);
void findings_remove(struct findings *findings, enum finding_id id);

/* By severity, then catalogue order. */
void findings_sort(struct findings *findings);
