// SPDX-License-Identifier: MIT
#pragma once

/*
 * A name that something points at does not exist: can anybody register it? Said only when its registrable domain itself is
 * NXDOMAIN, by a question of its own: an SOA above it is not proof, for a domain may lie in its parent's zone. The answer
 * must come from a registry: below a top-level domain that does not exist (company.local, a slip of the pen) nothing can be
 * had. Public suffixes themselves are not for sale; nor is what lies in the subject's own domain.
 *
 * Threads: any; pure.
 */

#include "scanner/mail/subject.h"

/* The registrable domain to ask NS at (ASK_REGISTRABLE) before registrable_is_open() can tell; empty: nothing to ask. */
span registrable_question(const struct subject *s, span name, const struct rrset *nxdomain);

/* True when it is certain. `nxdomain` is the answer that said `name` does not exist. */
bool registrable_is_open(const struct subject *s, span name, const struct rrset *nxdomain);
