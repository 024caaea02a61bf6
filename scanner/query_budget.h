// SPDX-License-Identifier: MIT
#pragma once

/*
 * How many packets a scan may send at most, for --dry-run: a bound to plan with, not a forecast.
 *
 * It counts every domain as if it used all that the standards allow (ten SPF lookups, eight steps of the DMARC walk), had
 * keys somewhere but at none of the selectors asked, shared no answer with another domain, and needed every try of both
 * passes for every question.
 *
 * Threads: any; pure.
 */

#include "scanner/options.h"
#include "scanner/mail/subject.h"

uint64_t query_budget_packets(const struct mail_config *mail, const struct options *options, uint64_t domains);
