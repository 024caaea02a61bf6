// SPDX-License-Identifier: MIT
#pragma once

/*
 * What a domain counts as in each protocol: exactly one class for each, so that the counts of a protocol add up to the
 * records. "absent" is what the DNS says, "unknown" what it did not say; "not_checked" is neither.
 *
 * Threads: any; pure.
 */

#include "scanner/mail/assessment.h"

enum posture_protocol { PROTOCOL_SPF, PROTOCOL_DKIM, PROTOCOL_DMARC, PROTOCOL_MX, PROTOCOL_MTA_STS, PROTOCOL_TLS_RPT, PROTOCOL_COUNT };

enum { POSTURE_CLASS_COUNT = 39 };

struct posture_class {
    enum posture_protocol protocol;
    const char *name;
};

const char *posture_protocol_name(enum posture_protocol protocol);

/* index < POSTURE_CLASS_COUNT; the classes of a protocol stand together. */
const struct posture_class *posture_class(size_t index);

/* The class of each protocol, as an index. */
void posture_classes_find(const struct assessment *a, uint8_t out[PROTOCOL_COUNT]);
