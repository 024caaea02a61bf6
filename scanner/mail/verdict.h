// SPDX-License-Identifier: MIT
#pragma once

/*
 * What the mechanisms amount to together: posture, spoofable, sends, and the findings that need more than one of them.
 * posture.md 2.8, 2.9, 3.2, 3.3; record.md decided cases 10, 22, 29 to 32, 36, 39, 41.
 *
 * Threads: any; pure.
 */

#include "scanner/mail/bimi.h"
#include "scanner/mail/dane.h"
#include "scanner/mail/dkim.h"
#include "scanner/mail/dmarc.h"
#include "scanner/mail/mx.h"
#include "scanner/mail/parking.h"
#include "scanner/mail/spf.h"
#include "scanner/mail/spf_check.h"
#include "scanner/mail/transport.h"

enum posture {
    POSTURE_NONEXISTENT, POSTURE_UNKNOWN, POSTURE_DMARC_BROKEN, POSTURE_ENFORCING_BYPASSED, POSTURE_ENFORCING_BROKEN,
    POSTURE_PARKED_PROTECTED, POSTURE_PROTECTED, POSTURE_PARTIAL, POSTURE_PARKED_UNPROTECTED, POSTURE_MONITORING,
    POSTURE_RECORD_ONLY, POSTURE_SPF_ONLY, POSTURE_UNPROTECTED,
    POSTURE_COUNT
};

/* record.md's spelling: "nonexistent", "unknown", ... */
const char *posture_name(enum posture posture);
/* What it means, what to do; RFC or source: for `explain` and `check`. */
struct posture_kind {
    const char *id, *meaning, *remedy, *source;
};
const struct posture_kind *posture_kind(enum posture posture);

enum ternary { TERNARY_NO, TERNARY_YES, TERNARY_UNKNOWN };

enum domain_outcome {
    OUTCOME_OK, OUTCOME_NXDOMAIN, OUTCOME_SERVFAIL, OUTCOME_REFUSED, OUTCOME_TIMEOUT, OUTCOME_BAD_RESPONSE, OUTCOME_EXCLUDED,
    OUTCOME_COUNT
};
const char *domain_outcome_name(enum domain_outcome outcome);

struct assessment {
    span domain;
    enum domain_outcome outcome;
    enum posture posture;
    enum ternary spoofable, spoofable_subdomains; /* UNKNOWN: null */
    enum ternary sends;
    struct mx_result mx;
    struct dane_result dane;
    struct parking_result parking;
    struct spf_result spf;
    struct dkim_result dkim;
    struct dmarc_result dmarc;
    struct mta_sts_result mta_sts;
    struct tls_rpt_result tls_rpt;
    struct bimi_result bimi;
    struct findings findings;      /* sorted */
    const struct spf_check_result *spf_checks; /* one for each of config->spf_senders; NULL: none, or no memory */
};

/* Fills outcome (case 1), posture, spoofable, sends and the cross-mechanism findings from the mechanisms' results. */
void verdict_assess(const struct subject *s, struct assessment *a);
