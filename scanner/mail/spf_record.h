// SPDX-License-Identifier: MIT
#pragma once

/*
 * One SPF record: text in, terms out. RFC 7208 section 12, over the whole record, macros and what stands behind `all` too
 * (4.6): one fault anywhere makes the record a permerror.
 *
 * Two ways to read: spf_record_check() with spf_record_next() keeps nothing (the planner, on the loop's thread);
 * spf_record_parse() keeps the terms (the classifier).
 *
 * Threads: any; pure.  Memory: terms in the arena given; spans point into the text.
 */

#include "scanner/base/arena.h"
#include "scanner/mail/finding.h"
#include "scanner/mail/spf.h"

enum spf_term_kind {
    SPF_TERM_ALL,
    SPF_TERM_INCLUDE,
    SPF_TERM_A,
    SPF_TERM_MX,
    SPF_TERM_PTR,
    SPF_TERM_IP4,
    SPF_TERM_IP6,
    SPF_TERM_EXISTS,
    SPF_TERM_REDIRECT,
    SPF_TERM_EXP,
    SPF_TERM_UNKNOWN_MODIFIER,
};

struct spf_term {
    uint8_t kind;             /* enum spf_term_kind */
    uint8_t qualifier;        /* enum spf_qualifier; SPF_PASS of modifiers means nothing */
    uint8_t prefix4, prefix6; /* of ip4, a, mx: 32 by default; of ip6, a, mx: 128 */
    uint32_t letters;         /* macros in the domain-spec, by SPF_LETTER() */
    bool has_percent;         /* it must be expanded before it is a name */
    span text;                /* as written, qualifier included */
    span domain;              /* domain-spec or modifier's value; empty: the name the record stands at */
    uint8_t address[16];      /* ip4: the first four */
};

/* Takes the next run of bytes other than spaces off *rest; false at the end. The version is to be taken off before. */
bool spf_record_next(span *rest, span *term);

/* What follows "v=spf1". */
span spf_record_terms(span record);

/* FINDING_COUNT when `text` is a well-formed term; else the finding that names the fault, and *out is not to be used. */
enum finding_id spf_term_parse(span text, struct spf_term *out);

/* The name of a term as written, without qualifier: "inlcude" of "+inlcude:example.com". */
span spf_term_name(span text);

/* A well-formed or faulty term that has another one inside: a space is missing. */
bool spf_term_hides_another(span text);

/* The part of that which a term with a plain host name can show: "include:example.com-all". */
bool spf_term_ends_in_glued_all(span text);

static inline bool spf_term_is_mechanism(const struct spf_term *term)
{
    return term->kind <= SPF_TERM_EXISTS;
}

/* Counts against the limit of 10 (4.6.4); redirect does where it is used. */
static inline bool spf_term_is_counted(const struct spf_term *term)
{
    return term->kind == SPF_TERM_INCLUDE || term->kind == SPF_TERM_A || term->kind == SPF_TERM_MX ||
           term->kind == SPF_TERM_PTR || term->kind == SPF_TERM_EXISTS;
}

struct spf_outline {
    bool is_valid;
    enum finding_id fault;    /* of the first faulty term, when not valid */
    span faulty_term;
    size_t term_count;
    bool has_all;             /* anywhere: redirect is then not used (6.1) */
};

void spf_record_check(span record, struct spf_outline *out);

struct spf_record {
    struct spf_outline outline;
    const struct spf_term *terms;
    size_t term_count;
    size_t all_index;         /* of the first `all`; term_count without one */
    bool was_cut;             /* not all terms are kept */
};

enum { SPF_RECORD_TERMS_MAX = 8192 };

/* `record` begins with the version. Terms are kept only of a valid record. */
void spf_record_parse(span record, struct arena *arena, struct spf_record *out);

/* "192.0.2.1", four decimal octets without leading zeros (5.6). */
bool spf_ip4_parse(span text, uint8_t out[4]);
/* RFC 4291 section 2.2, an embedded IPv4 address too. */
bool spf_ip6_parse(span text, uint8_t out[16]);
