// SPDX-License-Identifier: MIT
/* Any bytes as a TXT record below _dmarc. */
#include <stdlib.h>

#include "scanner/mail/dmarc_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char memory[1 << 16];
    struct arena arena;
    struct findings findings;
    struct dmarc_record record;
    span text = { (const char *)data, size };
    arena_init(&arena, memory, sizeof(memory), 0);
    findings_init(&findings, &arena);
    enum dmarc_text kind = dmarc_text_kind(text);
    dmarc_record_parse(text, &record, &findings);
    if (record.fo_count == 0 || record.fo_count > DMARC_FO_MAX || record.pct > 100) {
        abort();
    }
    if (kind != DMARC_TEXT_RECORD && (record.p.is_given || findings.count > 0)) {
        abort(); /* what is no record has no tags */
    }
    if (record.has_report_uri && !record.has_rua) {
        abort();
    }
    return 0;
}
