// SPDX-License-Identifier: MIT
#pragma once

/*
 * Macro strings of SPF: grammar and expansion. RFC 7208 section 7.
 *
 * One expander serves the tree (where only %{d} and %{o} are known) and check_host() (where all are): the values say
 * which letters they hold, and a letter they lack makes the expansion unknown, never empty.
 *
 * Threads: any; pure.  Memory: none; results go into the caller's buffer.
 */

#include "scanner/base/span.h"

enum spf_macro_scope {
    SPF_MACRO_IN_DOMAIN,      /* c, r, t are not allowed (7.2) */
    SPF_MACRO_IN_EXPLANATION, /* they are, and so are spaces (6.2) */
};

/* What a well-formed macro-string holds. */
struct spf_macro_facts {
    uint32_t letters;         /* SPF_LETTER() of each one used, without case */
    bool has_percent;         /* any macro-expand, %% %_ %- among them */
    bool ends_in_expand;      /* the last token is a macro-expand: it may end a domain-spec (7.1) */
    size_t last_expand_end;   /* offset behind the last macro-expand, 0 without one */
};

#define SPF_LETTER(lower_case_letter) ((uint32_t)1 << ((lower_case_letter) - 'a'))

/* True when `text` is a macro-string; *facts is filled only then. */
bool spf_macro_check(span text, enum spf_macro_scope scope, struct spf_macro_facts *facts);

/* The value of each letter, by SPF_LETTER; only those in `known` are looked at. */
struct spf_macro_values {
    span value[26];           /* [letter - 'a'] */
    uint32_t known;
};

void spf_macro_set(struct spf_macro_values *values, char letter, span value);

enum spf_macro_result {
    SPF_MACRO_DONE,
    SPF_MACRO_UNKNOWN,  /* needs a letter that is not known */
    SPF_MACRO_TOO_LONG, /* `size` bytes do not hold it */
    SPF_MACRO_BAD,      /* no macro-string */
};

/* Expands into out[0 .. size); *len is set on SPF_MACRO_DONE. */
enum spf_macro_result spf_macro_expand(span text, enum spf_macro_scope scope, const struct spf_macro_values *values,
                                       char *out, size_t size, size_t *len);

enum { SPF_NAME_MAX = 253, SPF_EXPANSION_SIZE = 2048 };

/* Drops labels from the left until 253 bytes are left (7.3); one final dot goes first. May leave an empty name. */
span spf_macro_truncate(span name);
