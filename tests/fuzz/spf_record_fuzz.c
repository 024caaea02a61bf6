// SPDX-License-Identifier: MIT
/* Any bytes as an SPF record: the parser, the selection and the findings of its text. */
#include "scanner/mail/spf_findings.h"
#include "scanner/mail/spf_select.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The planner's reader and the classifier's must agree. */
static void compare_readers(span text, const struct spf_record *record)
{
    struct spf_outline outline;
    spf_record_check(text, &outline);
    if (outline.is_valid != record->outline.is_valid || outline.term_count != record->outline.term_count ||
        (!outline.is_valid && outline.fault >= FINDING_COUNT)) {
        abort();
    }
}

static char memory[1 << 20];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct findings findings;
    struct mail_config config = { .checks = CHECKS_DEFAULT };
    struct spf_record record;
    if (size < 2 || size > UINT16_MAX) {
        return 0;
    }
    uint16_t cut = (uint16_t)(data[0] | data[1] << 8);
    span text = span_of((const char *)data + 2, size - 2);
    struct txt_record txt = { .text = text, .cuts = &cut, .cut_count = cut < text.len };
    arena_init(&arena, memory, sizeof(memory), 0);
    findings_init(&findings, &arena);
    struct subject subject = { .config = &config, .domain = SPAN("d.example"), .arena = &arena, .findings = &findings };
    if (spf_text_classify(text) == SPF_TEXT_RECORD) {
        spf_record_parse(text, &arena, &record);
        compare_readers(text, &record);
        spf_findings_of_text(&subject, &txt, &record);
        /* A fault never goes without a finding. */
        if (!record.outline.is_valid && findings.count == 0) {
            abort();
        }
    }
    return 0;
}
