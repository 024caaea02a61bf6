// SPDX-License-Identifier: MIT
#pragma once

/*
 * Findings that speak of the domain's DNS and not of one mechanism: posture.md 2.1, record.md case 1.
 *
 * Threads: any; pure.  Memory: the findings' arena.
 */

#include "scanner/mail/subject.h"

/* Whether the target of a dangling alias can be registered. Call when nothing is pending; asks nothing twice. */
size_t dns_findings_ask(const struct subject *s);

/* From the answers alone; says the same of the domain's outcome as case 1 does. */
void dns_findings_assess(const struct subject *s);
