// SPDX-License-Identifier: MIT
#pragma once

/*
 * From the text of a domain-spec to the name of a DNS question: lower case, no final dot, odd bytes escaped as in
 * RFC 1035 section 5.1 (rrset.h says which).
 *
 * Threads: any; pure.  Memory: the caller's buffer.
 */

#include "scanner/base/span.h"

enum { SPF_QNAME_SIZE = 4 * 253 };

/* False when it can be no name of the DNS: an empty label, one over 63, over 253 in all (RFC 7208 section 4.3). */
bool spf_name_from_text(span text, char out[SPF_QNAME_SIZE], span *name);

/* True when it is a host name as people write one: labels of letters, digits, hyphen, underscore. */
bool spf_name_is_plain(span text);
