// SPDX-License-Identifier: MIT
/*
 * A whole domain's DMARC: the first line is the name, every further line the answer to the next question: '!' and a
 * letter for a failure or an absence, else the text of a TXT record ('|' before another one of the same answer).
 */
#include <stdlib.h>

#include "scanner/mail/dmarc.h"
#include "tests/support/mail_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXTS_MAX = 4 };

static void read_outcome(span line, struct rrset *out)
{
    static const enum dns_outcome outcomes[] = { DNS_NODATA, DNS_NXDOMAIN, DNS_SERVFAIL, DNS_TIMEOUT, DNS_CUT };
    unsigned char letter = line.len > 1 ? (unsigned char)line.ptr[1] : 0;
    out->outcome = outcomes[letter % 5];
    out->has_alias = (letter & 32) != 0;
    out->alias_target = out->has_alias ? SPAN("target.example") : span_of("", 0);
}

static const struct rrset *answer(struct arena *arena, span *lines, uint16_t qtype)
{
    struct rrset *out = ARENA_TAKE(arena, struct rrset);
    struct txt_record *txt = ARENA_TAKE_N(arena, struct txt_record, TEXTS_MAX);
    span line = span_cut(lines, '\n');
    if (!out || !txt) {
        abort();
    }
    out->outcome = DNS_NODATA;
    if (line.len > 0 && line.ptr[0] == '!') {
        read_outcome(line, out);
    } else if (qtype == DNS_TXT && line.len > 0) {
        out->outcome = DNS_ANSWERED;
        out->txt = txt;
        while (line.len > 0 && out->count < TEXTS_MAX) {
            txt[out->count++].text = span_cut(&line, '|');
        }
    }
    return out;
}

static void check(const struct dmarc_result *r)
{
    bool is_valid = r->status == DMARC_VALID;
    enum dmarc_policy weaker = r->policy_9989 < r->policy_7489 ? r->policy_9989 : r->policy_7489;
    if (r->effective_policy != weaker || (is_valid && !r->has_record) || (!is_valid && r->policy != DMARC_POLICY_NULL)) {
        abort();
    }
    if (r->is_broken != (r->status == DMARC_INVALID) || (r->has_usable_rua && r->rua_count == 0)) {
        abort();
    }
    if (!is_valid && (r->policy_9989 != DMARC_POLICY_NULL || r->policy_7489 != DMARC_POLICY_NULL)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char memory[1 << 18];
    struct arena arena;
    struct answer_set answers;
    struct findings findings;
    struct dmarc_plan plan = { 0 };
    struct dmarc_result result;
    span lines = { (const char *)data, size };
    span domain = span_cut(&lines, '\n');
    bool has_hosts = domain.len > 0 && domain.ptr[0] == 'h';
    struct mail_config config = { .checks = CHECK_DMARC | (has_hosts ? (unsigned)CHECK_HOSTS : 0u),
                                  .suffixes = mail_world_suffixes };
    arena_init(&arena, memory, sizeof(memory), 1 << 20);
    answer_set_init(&answers, &arena, 256);
    findings_init(&findings, &arena);
    if (domain.len == 0 || domain.len > 253) {
        return 0;
    }
    struct subject s = { .config = &config, .domain = domain, .answers = &answers, .arena = &arena };
    while (dmarc_ask(&s, &plan) > 0) {
        for (size_t i = 0; i < answers.count; i++) {
            if (!answers.items[i].rrset) {
                answers.items[i].rrset = answer(&arena, &lines, answers.items[i].qtype);
            }
        }
    }
    s.findings = &findings;
    dmarc_assess(&s, &result);
    check(&result);
    arena_reset(&arena);
    return 0;
}
