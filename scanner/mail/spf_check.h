// SPDX-License-Identifier: MIT
#pragma once

/*
 * check_host() of RFC 7208 section 4, for one sender: sans I/O, in the same two steps as the mechanisms of subject.h.
 * The <domain> is the subject's; its SPF record decides.
 *
 * It evaluates in the record's order, asks for what it meets and stops there, so only what this sender needs is asked.
 * Limits (4.6.4): 10 counted terms, 2 void ones (a ptr too, for an address without a name), 10 hosts of an mx, 10 names of a
 * PTR answer.
 *
 * Threads: any; pure.  Memory: the subject's arena.
 */

#include "scanner/mail/subject.h"

struct spf_sender {
    bool is_ip6;            /* an IPv4-mapped IPv6 address is IPv4 (section 5): spf_sender_set_ip sees to that */
    uint8_t address[16];    /* IPv4: the first four */
    span mail_from;         /* empty, or without local part: "postmaster" is put in (4.3); no '@': a domain */
    span helo;              /* empty: the domain */
    span receiver;          /* for %{r}; empty: "unknown" */
    uint64_t timestamp_s;   /* for %{t} */
};

/* False when `text` is no IPv4 or IPv6 address. */
bool spf_sender_set_ip(struct spf_sender *sender, span text);

enum { SPF_SENDER_IP_SIZE = 46 };

/* The address that is judged, in the text of RFC 5952, with a final NUL. */
void spf_sender_print_ip(const struct spf_sender *sender, char out[SPF_SENDER_IP_SIZE]);

enum spf_check_outcome {
    SPF_CHECK_NONE,
    SPF_CHECK_NEUTRAL,
    SPF_CHECK_PASS,
    SPF_CHECK_FAIL,
    SPF_CHECK_SOFTFAIL,
    SPF_CHECK_TEMPERROR,
    SPF_CHECK_PERMERROR,
};

/* "none", "neutral", ... */
const char *spf_check_outcome_name(enum spf_check_outcome outcome);

struct spf_check_result {
    enum spf_check_outcome outcome;
    span mechanism;         /* terms that led to the decision, "include:a.example > ip4:192.0.2.0/24"; empty: none matched */
    span explanation;       /* of a fail, from exp=; empty: none */
    span error;             /* why temperror or permerror, "include:a.example > mx: more than 10 hosts"; empty otherwise,
                               but for a malformed domain (4.3), which the caller tells */
    uint32_t lookups, void_lookups;
};

struct spf_check_plan {
    size_t rounds;
};

/*
 * The most one sender can ask: a record and its explanation, and for each of 10 counted terms an answer and 10 hosts or
 * names of it; room for that in the answer set.
 */
enum { SPF_CHECK_QUESTIONS_MAX = 128 };

size_t spf_check_ask(const struct subject *s, const struct spf_sender *sender, struct spf_check_plan *plan);
void spf_check_assess(const struct subject *s, const struct spf_sender *sender, struct spf_check_result *out);
