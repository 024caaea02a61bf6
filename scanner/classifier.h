// SPDX-License-Identifier: MIT
#pragma once

/*
 * A thread that turns answered scans into lines: takes a scan, runs mail/ over its answers, appends one record to its
 * chunk, gives the scan back. A full chunk (or one old enough) goes to the writer.
 *
 * Threads: start and stop from the loop's; classifier_give and classifier_take_back are the loop's too.
 */

#include "scanner/domain_scan.h"
#include "scanner/writer.h"

struct classifier;

struct classifier_options {
    struct writer *writer;
    size_t number;                   /* producer number at the writer */
    size_t slots;                    /* scans that can be on their way at once */
    uint64_t chunk_age_ms;           /* older, a chunk is given away */
    bool is_full_record;
    void (*on_return)(void *owner);  /* from the classifier's thread: scans wait in classifier_take_back */
    void *owner;
};

/* 0 or a negative errno. */
MUST_USE int classifier_start(struct classifier **out, const struct classifier_options *options);

/* Hands a finished scan over; call classifier_wake once after a series of them. */
void classifier_give(struct classifier *classifier, struct domain_scan *scan);
void classifier_wake(struct classifier *classifier);

/* A scan whose record stands in a chunk; NULL: none now. */
struct domain_scan *classifier_take_back(struct classifier *classifier);

/* Finishes what was given, gives the last chunk to the writer, joins, frees. Scans may then still be taken back. */
void classifier_stop(struct classifier *classifier);
void classifier_free(struct classifier *classifier);

/* Records that could not be printed (over CHUNK_TEXT_LIMIT): never expected, counted as lost. After classifier_stop. */
uint64_t classifier_lost(const struct classifier *classifier);
