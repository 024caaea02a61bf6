// SPDX-License-Identifier: MIT
#pragma once

/*
 * A small DNS of TXT answers and a small suffix list, for tests of scanner/mail/ that ask and assess one mechanism.
 *
 * A world is a list of lines "name TEXT", ended by NULL; the same name on several lines has several records. TEXT
 * "!SERVFAIL", "!TIMEOUT", "!REFUSED", "!NODATA", "!NXDOMAIN", "!ALIAS" (an alias to nowhere), "!GONE" (NXDOMAIN said by
 * the zone com) is an outcome. "name/MX TEXT" is about another type than TXT. What no line names is NXDOMAIN; the domain
 * itself is NODATA.
 *
 * Memory: the arena given.
 */

#include "scanner/mail/subject.h"

/* com, org, net, gov, mil, uk, co.uk, gov.uk, cc, bank, example, bank.example; private: blog.example. */
extern const struct suffix_list mail_world_suffixes;

const struct rrset *mail_world_answer(const char *const *world, struct arena *arena, span domain, span qname, uint16_t qtype);

/* Answers every question of the set that has no answer; how many there were. */
size_t mail_world_fill(const char *const *world, const struct subject *s);
