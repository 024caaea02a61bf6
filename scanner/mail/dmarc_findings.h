// SPDX-License-Identifier: MIT
#pragma once

/*
 * What is worth saying about a domain's DMARC beside its tags and its report addresses: where the record was found or
 * missed, how the policy holds, and what a public suffix does to it.
 *
 * Threads: any; pure.
 */

#include "scanner/mail/dmarc_walk.h"

/* `result` is complete but for the report addresses; `node` is the one whose record applies, NULL when none does. */
void dmarc_findings_assess(const struct subject *s, const struct dmarc_discovery *d, const struct dmarc_node *node,
                           const struct dmarc_result *result);
