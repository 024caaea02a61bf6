// SPDX-License-Identifier: MIT
#pragma once

/*
 * The findings of posture.md 2.3: what is worth saying about an SPF record, its text, its tree, and who it lets pass.
 *
 * Threads: any; pure.  Memory: the subject's arena.
 */

#include "scanner/mail/providers.h"
#include "scanner/mail/spf_pass.h"

/* What stands at the domain: selection, and the text of the record (spf_text_findings.c). */
void spf_findings_of_answer(const struct subject *s, const struct spf_node *root);

/* Text of one record: faults, odd characters, intent lost. Terms of a valid one are in `record`. */
void spf_findings_of_text(const struct subject *s, const struct txt_record *text, const struct spf_record *record);

/* The tree below a usable record, after the walk and both evaluations. Sets out->target_is_open. */
void spf_findings_of_tree(struct spf_tree *tree, const struct spf_pass *ip4, const struct spf_pass *ip6,
                          struct spf_result *out);

/* Who stands behind an include or redirect target; NULL: nobody we know. */
const struct provider *spf_provider_of(const struct subject *s, span target);

/* A relay that any customer may send through (role relay). */
bool spf_is_shared_relay(const struct subject *s, span target);
