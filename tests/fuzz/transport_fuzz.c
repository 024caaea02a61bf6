// SPDX-License-Identifier: MIT

/* MTA-STS, TLS-RPT and BIMI records: the input, cut at newlines, is what stands at all three names. */

#include <stdint.h>
#include <stdlib.h>

#include "scanner/mail/bimi.h"
#include "scanner/mail/transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

enum { RECORDS_MAX = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char memory[1 << 18];
    struct arena arena;
    struct answer_set answers;
    struct findings findings;
    struct txt_record records[RECORDS_MAX];
    struct rrset txt = { .outcome = DNS_ANSWERED, .txt = records };
    struct mail_config config = { .checks = CHECK_MTA_STS | CHECK_TLS_RPT | CHECK_BIMI };
    struct subject s = { .config = &config, .domain = SPAN("example.com"), .answers = &answers, .arena = &arena };
    bool asked[3] = { false, false, false };
    span rest = span_of((const char *)data, size);
    while (rest.len > 0 && txt.count < RECORDS_MAX) {
        records[txt.count++] = (struct txt_record){ .text = span_cut(&rest, '\n') };
    }
    arena_init(&arena, memory, sizeof(memory), 1 << 22);
    answer_set_init(&answers, &arena, ANSWER_SET_LIMIT);
    findings_init(&findings, &arena);
    must(mta_sts_ask(&s, &asked[0]) + tls_rpt_ask(&s, &asked[1]) + bimi_ask(&s, &asked[2]) == 3);
    for (size_t i = 0; i < answers.count; i++) {
        answers.items[i].rrset = &txt;
    }
    s.findings = &findings;
    struct mta_sts_result sts;
    struct tls_rpt_result rpt;
    struct bimi_result bimi;
    mta_sts_assess(&s, &sts);
    tls_rpt_assess(&s, &rpt);
    bimi_assess(&s, &bimi);
    must((sts.status == RECORD_VALID) == (sts.id.len > 0) && sts.id.len <= 32);
    must(rpt.status != RECORD_VALID || rpt.rua_count > 0);
    must(bimi.status != RECORD_VALID || bimi.has_location);
    arena_reset(&arena);
    return 0;
}
