// SPDX-License-Identifier: MIT
#pragma once

/*
 * One domain under assessment, sans I/O: what is known of it, and what every mechanism needs to read.
 *
 * Each mechanism (spf, dkim, dmarc, mx, mta_sts, tls_rpt, bimi) has two functions:
 *
 *   size_t X_ask(const struct subject *, struct X_plan *)   adds to subject->answers the questions that the answers so far
 *                                                           make needed; called when nothing is pending; 0: it has all.
 *   void X_assess(const struct subject *, struct X_result *) reads the answers, fills the result, adds findings.
 *
 * X_ask runs on the loop's thread, X_assess on a classifier's; both are pure functions of the answers. X_assess must cope
 * with a question that was never asked or is DNS_CUT (answer_set_get gives NULL): that is unknown, never absent.
 *
 * Names asked about are lower case without final dot. `is_shared` of a question: the name is neither the domain nor below it.
 */

#include "scanner/base/answer_set.h"
#include "scanner/mail/finding.h"

struct provider_table;
struct selector_table;
struct spf_sender;

enum check {
    CHECK_SPF = 1 << 0,
    CHECK_DKIM = 1 << 1,
    CHECK_DMARC = 1 << 2,
    CHECK_MX = 1 << 3,
    CHECK_MTA_STS = 1 << 4,
    CHECK_TLS_RPT = 1 << 5,
    CHECK_BIMI = 1 << 6,
    CHECK_HOSTS = 1 << 7,     /* addresses and TLSA of MX hosts, mta-sts.NAME, MX of report destinations, NS (record.md case 20) */
    CHECK_ADDRESSES = 1 << 8, /* a, mx and exists terms of SPF are resolved (case 9) */
    CHECK_DNSSEC = 1 << 9,    /* DS at the domain; with CD what ended as SERVFAIL */
    CHECK_SPF99 = 1 << 10,    /* the SPF type of old, beside TXT */
    CHECKS_DEFAULT = CHECK_SPF | CHECK_DKIM | CHECK_DMARC | CHECK_MX | CHECK_MTA_STS | CHECK_TLS_RPT | CHECK_ADDRESSES,
};

enum dkim_mode { DKIM_SMART, DKIM_FULL, DKIM_OFF };

/* Why a question was asked; kept in struct asked. */
enum ask_purpose {
    ASK_DOMAIN,            /* at the name itself: TXT, MX, A, AAAA, NS */
    ASK_SPF,               /* targets of the SPF tree */
    ASK_DMARC,             /* _dmarc at the name and its ancestors */
    ASK_DMARC_REPORT,      /* report authorisation (RFC 9990 4) and its wildcard test */
    ASK_DKIM_NAMESPACE,
    ASK_DKIM_WILDCARD,     /* a random selector */
    ASK_DKIM_SELECTOR,
    ASK_MTA_STS,
    ASK_TLS_RPT,
    ASK_BIMI,
    ASK_HOST,              /* +hosts */
    ASK_DNSSEC,            /* DS, and questions with checking disabled: what they bring is no answer about the domain */
    ASK_REGISTRABLE,       /* does the registrable domain of a target exist */
    ASK_SPF_SENDER,        /* what check_host() needs for a given sender: no part of the assessment of the domain */
};

/*
 * The Public Suffix List, private section too, as the caller has it: mail/ does not know where it comes from.
 * Names in lower case without final dot; results are suffixes of `name`. Must be callable from any thread.
 */
struct suffix_list {
    /* The registrable (organizational) domain; `name` itself where it is a public suffix or has none. */
    span (*organizational_domain)(const void *list, span name);
    bool (*is_public_suffix)(const void *list, span name);
    const void *list;
};

/* What holds for every domain of a run. Immutable while it runs. */
struct mail_config {
    unsigned checks;                 /* enum check */
    enum dkim_mode dkim_mode;
    const struct provider_table *providers;
    const struct selector_table *selectors;
    struct suffix_list suffixes;
    uint64_t salt;                   /* of the random labels that wildcards are tested with */
    /* Each gets its check_host() result at each domain, asked for when all else is answered; none: nothing is asked. */
    const struct spf_sender *spf_senders;
    size_t spf_sender_count;
};

struct subject {
    const struct mail_config *config;
    span domain;                     /* A-labels, lower case, no final dot */
    span list_selectors;             /* selectors the list gives for this domain, separated by comma, blank or ';' */
    struct answer_set *answers;
    struct arena *arena;             /* of the domain while asking; of the classifier while assessing */
    struct findings *findings;       /* NULL while asking */
};

static inline bool subject_checks(const struct subject *s, enum check check)
{
    return (s->config->checks & (unsigned)check) != 0;
}

/* Adds a question; is_shared follows from the name. True when it is new. */
bool subject_ask(const struct subject *s, span qname, uint16_t qtype, enum ask_purpose purpose);

/* "prefix" + "." + name, in the subject's arena, lower-cased; empty when it would not be a legal name (over 253) or no room. */
span subject_name_below(const struct subject *s, span prefix, span name);

/* The answer, or a DNS_CUT rrset when it was never asked: never NULL. */
const struct rrset *subject_answer(const struct subject *s, span qname, uint16_t qtype);

/* NXDOMAIN came from any query at the name itself (record.md case 1). While pending: not yet. */
bool subject_is_nonexistent(const struct subject *s);

/* The name itself is an alias whose last name does not exist: it exists, and nothing is below it (case 2). */
bool subject_is_alias_to_nowhere(const struct subject *s);

/*
 * The alias of a name below the domain that one mechanism asks about leads where another mechanism's does: a wildcard's
 * (RFC 4592 2.2), which nobody made for that name. `purpose` is that of the answer's question.
 */
bool subject_is_wildcard_alias(const struct subject *s, const struct rrset *rrset, enum ask_purpose purpose);

/* 16 letters that follow from salt and name: a label nobody publishes. `out` holds 16 bytes. */
void subject_random_label(const struct subject *s, span name, char out[16]);
