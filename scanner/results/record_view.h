// SPDX-License-Identifier: MIT
#pragma once

/*
 * One line of a result file, read back: the record of docs/record.schema.json as a struct, for all that works on results
 * (report, diff). What scanner/record.c prints, this reads; a test holds the two together.
 *
 * Hostile: the line may hold anything. It must be one JSON object (RFC 8259), of schema 1, with every key of that schema
 * once, of its type, with a word of its vocabulary; else the error says which key and why. Keys that this version does
 * not know are skipped, so additions to the schema do no harm; so is what the struct has no place for (spf.tree).
 *
 * Threads: one reader a thread; no state elsewhere.  Memory: the reader's, bounded by READER_MEMORY_MAX; texts point into
 * the line or into the reader, and hold valid UTF-8.
 */

#include "scanner/mail/verdict.h"

/* What null becomes where the struct has no other word for it. A text that is null has ptr NULL. */
enum { RECORD_NULL = -1 };

/* Lists in the order of the line. */
struct record_texts {
    span *items;
    size_t count;
};

struct record_finding {
    enum finding_id id; /* FINDING_COUNT: of a later version; `name` has it */
    span name;
    enum severity severity;
    span detail; /* or null */
};
struct record_findings {
    struct record_finding *items;
    size_t count;
};

struct record_host {
    int64_t preference;
    span host;
};
struct record_hosts {
    struct record_host *items;
    size_t count;
};

struct record_selector {
    span selector;
    enum dkim_selector_status status;
    enum dkim_key_type key_type; /* DKIM_KEY_UNKNOWN: null */
    int64_t key_bits;            /* or RECORD_NULL */
    bool testing;
    span cname, provider; /* or null */
    span record;          /* of --records full; else null */
};
struct record_selectors {
    struct record_selector *items;
    size_t count;
};

struct record_failure {
    span name, type, error;
};
struct record_failures {
    struct record_failure *items;
    size_t count;
};

struct record_view {
    int64_t schema; /* 1 */
    span domain;
    int64_t seq;
    int64_t rank;    /* or RECORD_NULL */
    span tag;        /* or null */
    span scanned_at; /* RFC 3339 with milliseconds, UTC: sorts as text */
    enum domain_outcome outcome;
    enum posture posture;
    enum ternary spoofable, spoofable_subdomains; /* TERNARY_UNKNOWN: null */
    enum ternary sends;
    struct record_findings findings;

    struct record_mx {
        enum mx_status status;
        struct record_hosts hosts;
        struct record_texts providers;
    } mx;

    struct record_spf {
        enum spf_status status;
        span record; /* or null */
        int all;     /* enum spf_qualifier, or RECORD_NULL */
        int64_t lookups, void_lookups, depth; /* or RECORD_NULL, as are the next two */
        span limit_hit;                       /* or null */
        struct record_texts includes;
        span redirect; /* or null */
        int64_t ipv4_addresses, ipv6_slash64s;
        bool exact, macros, ptr;
        struct record_texts providers;
    } spf;

    struct record_dkim {
        enum dkim_status status;
        enum dkim_namespace namespace_state;
        int64_t probed;
        struct record_selectors selectors;
    } dkim;

    struct record_dmarc {
        enum dmarc_status status;
        span record, found_at; /* or null */
        bool inherited;
        span organizational_domain; /* or null */
        enum dmarc_policy policy, subdomain_policy, nonexistent_policy; /* DMARC_POLICY_NULL: null */
        enum dmarc_policy policy_9989, policy_7489, effective_policy;
        bool testing;
        int64_t pct; /* or RECORD_NULL */
        enum dmarc_alignment adkim, aspf;
        struct record_texts fo;
        enum dmarc_psd psd;
        struct record_texts rua, ruf, report_vendors, unauthorized_report_domains;
    } dmarc;

    struct record_mta_sts {
        enum record_status status;
        span id; /* or null */
    } mta_sts;

    struct record_tls_rpt {
        enum record_status status;
        struct record_texts rua;
    } tls_rpt;

    struct record_bimi {
        enum record_status status;
        span location, authority; /* or null */
    } bimi;

    struct record_dns {
        int64_t queries, shared, retries, tcp, elapsed_ms;
        struct record_failures failed;
    } dns;
};

enum { RECORD_NESTING_MAX = 256, RECORD_ERROR_SIZE = 256 };
#define READER_MEMORY_MAX ((size_t)256 << 20) /* for the lists of one record */

struct record_reader;

/* NULL: no memory. */
MUST_USE struct record_reader *record_reader_new(void);
void record_reader_free(struct record_reader *reader);

/* Reads one line, without its newline. The view is valid until the next read, as long as the line is. NULL: see
 * record_reader_error(); the next read begins afresh. */
MUST_USE const struct record_view *record_reader_read(struct record_reader *reader, span line);

/* What was wrong with the last line, one line without final dot: "spf.lookups is a string, not a whole number". */
const char *record_reader_error(const struct record_reader *reader);
