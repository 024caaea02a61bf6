// SPDX-License-Identifier: MIT
#pragma once

/*
 * The records that a domain's SPF record leads to, and what is counted over all of them (record.md decided cases 5, 6, 8,
 * 27). A record is parsed once, by name, when the walk first reaches it; a term is resolved when it is first met. The walk
 * keeps its own stack and stops at SPF_TERMS_MAX counted terms, so no tree costs more than that.
 *
 * Threads: one at a time; pure.  Memory: the subject's arena.
 */

#include "scanner/mail/spf_name.h"
#include "scanner/mail/spf_record.h"

enum spf_target_kind {
    SPF_TARGET_KNOWN,
    SPF_TARGET_UNKNOWN,   /* holds macros other than %{d} and %{o} */
    SPF_TARGET_MALFORMED, /* can be no name: finds nothing (RFC 7208 4.3) */
};

/* The name a term asks about. `at`: the name its record stands at; `sender_domain`: of MAIL FROM. */
enum spf_target_kind spf_target_name(const struct spf_term *term, span at, span sender_domain, char out[SPF_QNAME_SIZE],
                                     span *name);

/* What a term's own question gave, to a sender of one family. */
enum spf_found {
    SPF_FOUND,
    SPF_FOUND_NOTHING,    /* NODATA, NXDOMAIN: void (4.6.4) */
    SPF_FOUND_FAILURE,
    SPF_FOUND_UNKNOWABLE, /* ptr, unknown macros, or not resolved because the checks say so */
};

enum spf_node_state {
    SPF_NODE_USABLE,
    SPF_NODE_NO_RECORD,
    SPF_NODE_SEVERAL,
    SPF_NODE_SYNTAX,
    SPF_NODE_FAILED,
};

struct spf_node;

/* A counted term before the first `all`, or the redirect in use (always the last). */
struct spf_step {
    const struct spf_term *term;
    bool is_resolved, is_malformed, closes_loop;
    bool could_pass;                /* some sender reaches it, and what it lets pass passes */
    enum spf_found for_ip4, for_ip6;
    span target;                    /* as asked; empty when unknown or malformed */
    struct spf_node *node;          /* include, redirect */
    const struct rrset *mx, *a, *aaaa;
    uint64_t passed_ip4;            /* addresses this include let pass, of the own record's terms */
};

struct spf_node {
    span name;
    uint32_t hash;
    enum spf_node_state state;
    const struct rrset *txt;
    const struct txt_record *selected;
    struct spf_record record;       /* holds when USABLE or SYNTAX */
    struct spf_step *steps;
    size_t step_count;
    bool has_redirect_step, is_on_path, was_visited;
    uint32_t references;            /* steps met that lead here, those that close a loop left out */
    struct spf_tree_node printed;
    struct spf_tree_term *printed_terms;
    struct spf_node *next;
};

struct spf_tree {
    const struct subject *subject;
    struct spf_node *root, *nodes, *last_node;
    size_t node_count;
    uint32_t lookups, void_ip4, void_ip6, depth;
    uint32_t letters;               /* macros of the terms met */
    bool was_capped, has_ptr, has_exists, has_failure, has_unknowable;
    span *targets;                  /* of include and redirect, as written, in order of the walk, no doubles */
    size_t target_count, targets_size;
};

/* Loads the record at the subject's domain. */
void spf_tree_init(struct spf_tree *tree, const struct subject *s);

/* Follows everything from the root and fills the counts. The root must be USABLE. */
void spf_tree_walk(struct spf_tree *tree);

/* Fills what a step found; cheap when it was done before. */
void spf_tree_resolve(struct spf_tree *tree, struct spf_node *node, struct spf_step *step);
