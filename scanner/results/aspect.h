// SPDX-License-Identifier: MIT
#pragma once

/*
 * What of a record two sweeps are compared by: verdicts, each as one of a few values with an order of strength where
 * there is one. Text, numbers and times are no verdicts.
 *
 * Strength: DMARC reject > quarantine > none > a record that one standard alone knows, or nobody > absent; SPF by what
 * an address that nothing matches gets: fail > softfail > neutral > pass or permerror > absent. "None found" of DKIM is
 * no proof of absence, so only a namespace that is absent, a revoked or a broken key counts as weaker than a key.
 *
 * Threads: any; pure.
 */

#include "scanner/results/record_view.h"

enum aspect {
    ASPECT_POSTURE,
    ASPECT_SPOOFABLE,
    ASPECT_SPOOFABLE_SUBDOMAINS,
    ASPECT_DMARC,
    ASPECT_SPF,
    ASPECT_DKIM,
    ASPECT_MX,
    ASPECT_MTA_STS,
    ASPECT_TLS_RPT,
    ASPECT_BIMI,
    ASPECT_COUNT
};

enum {
    ASPECT_VALUES_MAX = 16,
    ASPECT_UNKNOWN = 254,      /* the DNS did not say */
    ASPECT_NOT_COMPARED = 255, /* not checked, or excluded: there is nothing to compare */
    ASPECT_UNORDERED = -1,
};

struct aspect_value {
    const char *word;
    int strength; /* or ASPECT_UNORDERED */
};

struct aspect_form {
    const char *key, *title;
    struct aspect_value values[ASPECT_VALUES_MAX]; /* the strongest first, for matrices */
    size_t value_count;
};

extern const struct aspect_form aspect_forms[ASPECT_COUNT];

/* Index in the values of that aspect, or ASPECT_UNKNOWN, ASPECT_NOT_COMPARED. */
uint8_t aspect_of(enum aspect aspect, const struct record_view *record);

/* "reject", "unknown"; "not compared". */
const char *aspect_word(enum aspect aspect, uint8_t value);

enum direction {
    DIRECTION_SAME, /* or nothing to compare */
    DIRECTION_WEAKENED,
    DIRECTION_BECAME_UNKNOWN,
    DIRECTION_IMPROVED,
    DIRECTION_RECOVERED, /* from unknown: whether better or worse nobody knows */
    DIRECTION_CHANGED,   /* without an order */
};
enum direction aspect_direction(enum aspect aspect, uint8_t before, uint8_t now);
