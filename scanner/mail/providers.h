// SPDX-License-Identifier: MIT
#pragma once

/*
 * Fingerprints of mail providers and reporting vendors (the table lists/providers.tsv) and DKIM selectors worth asking for
 * (lists/selectors.txt): read once at start from text given, then immutable.
 *
 * Matching is at label boundaries, without case, the longest pattern wins; "=name" is exact, "*" one label (in a
 * dkim-selector: any run of characters). Fast enough for the hot path: no linear scan of the table for a name.
 *
 * What `name` is, by kind: a host name for most; the whole selector for DKIM_SELECTOR; the text of a TXT record, or the
 * name it stands at, for TXT_VERIFICATION (the pattern is its beginning); the host of the URI for RUA and TLS_RPT.
 *
 * Threads: immutable after _new.  Memory: heap; `text` is copied and may go after _new.
 */

#include "scanner/base/span.h"

enum provider_kind {
    PROVIDER_MX, PROVIDER_SPF, PROVIDER_SPF_MGMT, PROVIDER_DKIM_CNAME, PROVIDER_DKIM_SELECTOR, PROVIDER_DMARC_CNAME,
    PROVIDER_RUA, PROVIDER_TLS_RPT, PROVIDER_MTA_STS_CNAME, PROVIDER_NS_PARKING, PROVIDER_TXT_VERIFICATION,
    PROVIDER_KIND_COUNT
};

struct provider {
    const char *name;       /* interned: equal names are the same pointer */
    const char *pattern;
    const char *role;       /* "mailbox", "gateway", "esp" ...; "" when the table gives none */
    bool is_weak;           /* confidence w: corroborates, never attributes alone */
};

struct provider_table;

/* NULL: out of memory (*bad_line is 0), or a line that cannot be read (*bad_line says which, from 1). */
struct provider_table *provider_table_new(span text, size_t *bad_line);
void provider_table_free(struct provider_table *table);

/* The row whose pattern matches best, or NULL. For PROVIDER_SPF a target with macros is matched by the labels right of the last macro. */
const struct provider *provider_find(const struct provider_table *table, enum provider_kind kind, span name);

/* The table has a row of that kind, not a weak one, for the provider. */
bool provider_has_kind(const struct provider_table *table, const char *name, enum provider_kind kind);

/* Selectors of a provider (dkim-selector rows without '*', in table order). */
size_t provider_selector_count(const struct provider_table *table, const char *name);
const char *provider_selector(const struct provider_table *table, const char *name, size_t index);

struct selector_row {
    span selector;
    uint8_t tier;
    span after;             /* empty: none */
};

struct selector_table;

struct selector_table *selector_table_new(span text, size_t *bad_line);
/* A table of the selectors given (one a line or separated by commas), all tier 1. */
struct selector_table *selector_table_new_plain(span text);
void selector_table_free(struct selector_table *table);
/* Adds a selector in front (tier 1), or moves it there; false when out of memory or it is no name. */
bool selector_table_add(struct selector_table *table, span selector);
size_t selector_table_count(const struct selector_table *table);
const struct selector_row *selector_table_row(const struct selector_table *table, size_t index);
/* Where a selector stands; the count when it does not. */
size_t selector_table_find(const struct selector_table *table, span selector);

/* One or more labels of letters, digits, hyphen and underscore (RFC 6376 3.1, and what is seen in the field). */
bool selector_is_name(span selector);
