// SPDX-License-Identifier: MIT
#pragma once

/*
 * One domain's record, schema 1: what the assessment says and what the scan noted, as one JSON object. Keys, order and
 * types are those of docs/record.schema.json; every key is always there.
 *
 * Bytes of the DNS are printed by the rule for DNS text; names that come in presentation form are escaped already and
 * are printed as they are.
 *
 * Threads: any; pure.  Memory: the buffer's.
 */

#include "output/json.h"
#include "scanner/mail/assessment.h"

/* What only the pipeline knows. */
struct record_facts {
    uint64_t seq;  /* line of the list, from 1 */
    uint64_t rank; /* 0: null */
    bool has_tag;
    span tag;
    int64_t scanned_at_ms; /* wall clock */
    uint64_t elapsed_ms;
    uint32_t queries, shared, retries, tcp;
    const struct answer_set *answers; /* for dns.failed: those that are failures; NULL: none */
    bool is_full;                     /* --records full: dkim.selectors[].record, spf.tree */
    const struct spf_sender *spf_senders; /* --spf-ip: spf.evaluations, of assessment.spf_checks */
    size_t spf_sender_count;
};

/* Prints the object as one value. False: it did not fit so far (json_end_line will say the same). */
bool record_print(const struct assessment *a, const struct record_facts *facts, struct json *out);

/* The same as a whole line. False: it did not fit, and the buffer is as it was. */
MUST_USE bool record_print_line(const struct assessment *a, const struct record_facts *facts,
                                struct json_buffer *buffer);
