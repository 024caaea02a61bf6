// SPDX-License-Identifier: MIT
#pragma once

/*
 * Findings that speak of the domain's DNS and not of one mechanism: posture.md 2.1, record.md case 1.
 *
 * Threads: any; pure.  Memory: the findings' arena.
 */

#include "scanner/mail/subject.h"

/* From the answers alone; says the same of the domain's outcome as case 1 does. */
void dns_findings_assess(const struct subject *s);
