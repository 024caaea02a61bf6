// SPDX-License-Identifier: MIT

/*
 * The reader of records: input is one line. What it takes is JSON to a stricter reader too, but for what RFC 8259 leaves
 * open (names twice where we skip, lone surrogates); what fulfils the schema, it takes. Every text of the view is touched.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "scanner/results/record_view.h"
#include "tests/support/json_reader.h"
#include "tests/support/record_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t touched;

static void touch(span text)
{
    for (size_t i = 0; i < text.len; i++) {
        touched += (unsigned char)text.ptr[i];
    }
}

static void touch_all(const struct record_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        touch(texts->items[i]);
    }
}

static void touch_view(const struct record_view *view)
{
    touch(view->domain);
    touch(view->tag);
    for (size_t i = 0; i < view->findings.count; i++) {
        touch(view->findings.items[i].name);
        touch(view->findings.items[i].detail);
        if (view->findings.items[i].id > FINDING_COUNT) {
            abort();
        }
    }
    for (size_t i = 0; i < view->mx.hosts.count; i++) {
        touch(view->mx.hosts.items[i].host);
    }
    for (size_t i = 0; i < view->dkim.selectors.count; i++) {
        touch(view->dkim.selectors.items[i].selector);
        touch(view->dkim.selectors.items[i].cname);
        touch(view->dkim.selectors.items[i].record);
    }
    for (size_t i = 0; i < view->dns.failed.count; i++) {
        touch(view->dns.failed.items[i].name);
    }
    touch(view->spf.record);
    touch(view->spf.redirect);
    touch_all(&view->mx.providers);
    touch_all(&view->spf.includes);
    touch_all(&view->dmarc.rua);
    touch_all(&view->dmarc.report_vendors);
    if (view->spf.lookups < RECORD_NULL || view->dmarc.pct < RECORD_NULL || (int)view->posture >= POSTURE_COUNT) {
        abort();
    }
}

static bool is_left_open(const char *error)
{
    return strcmp(error, "a name twice in one object") == 0 || strcmp(error, "a low surrogate alone") == 0 ||
           strcmp(error, "a high surrogate alone") == 0;
}

/* What the reader looks at and record_is_well_formed() does not. */
static bool is_our_own_care(const char *error)
{
    return strncmp(error, "schema is ", 10) == 0 || strncmp(error, "scanned_at is", 13) == 0 || strcmp(error, "domain is empty") == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct record_reader *reader;
    if (reader == NULL && (reader = record_reader_new()) == NULL) {
        abort();
    }
    span line = span_of((const char *)data, size);
    const struct record_view *view = memchr(data, '\n', size) == NULL ? record_reader_read(reader, line) : NULL;
    if (view != NULL) {
        touch_view(view);
    }
    struct json_document document = json_read(line);
    char complaint[RECORD_COMPLAINT_SIZE];
    if (view != NULL && document.root == NULL && !is_left_open(document.error)) {
        fprintf(stderr, "taken, but: %s\n", document.error);
        abort();
    }
    if (view == NULL && document.root != NULL && memchr(data, '\n', size) == NULL &&
        !is_our_own_care(record_reader_error(reader)) &&
        (record_is_well_formed(document.root, false, complaint) || record_is_well_formed(document.root, true, complaint))) {
        fprintf(stderr, "refused: %s\n", record_reader_error(reader));
        abort();
    }
    json_document_free(&document);
    return 0;
}
