// SPDX-License-Identifier: MIT

/*
 * Whatever a resolver says: the input decides, byte by byte, every answer to what MX, DKIM, the transport records and the
 * findings of the DNS ask. They end, and what they say holds together.
 */

#include <stdint.h>
#include <stdlib.h>

#include "scanner/mail/bimi.h"
#include "scanner/mail/dkim.h"
#include "scanner/mail/dns_findings.h"
#include "scanner/mail/mx.h"
#include "scanner/mail/providers.h"
#include "scanner/mail/transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static const char providers_text[] = "mx\tgoogle\tg.com\tmailbox\ta\nmx\tmicrosoft365\tm.com\tmailbox\ta\nspf\thubspot\thubspotemail.net\n"
                                     "dkim-selector\tgoogle\tgoogle\ndkim-selector\tmicrosoft365\tselector1\n"
                                     "dkim-selector\tmicrosoft365\tselector2\ndkim-cname\tmicrosoft365\tm.com\n";
static const char selectors_text[] = "1\tgoogle\t1\t-\n2\tselector1\t1\t-\n3\tselector2\t1\tselector1\n4\tx\t2\tselector2\n";

static span last_two_labels(const void *list, span name)
{
    (void)list;
    while (name_label_count(name) > 2) {
        name = name_parent(name);
    }
    return name;
}

static bool is_single_label(const void *list, span name)
{
    (void)list;
    return name_label_count(name) < 2;
}

static unsigned take_byte(span *input)
{
    unsigned byte = input->len > 0 ? (unsigned char)input->ptr[0] : 0;
    *input = span_after(*input, 1);
    return byte;
}

static span take_text(span *input)
{
    size_t len = take_byte(input);
    span text = span_first(*input, len);
    *input = span_after(*input, len);
    return text;
}

static void fill_txt(struct arena *arena, struct rrset *rrset, span *input)
{
    struct txt_record *txt = ARENA_TAKE_N(arena, struct txt_record, rrset->count);
    must(txt != NULL);
    for (size_t i = 0; i < rrset->count; i++) {
        txt[i].text = take_text(input);
    }
    rrset->txt = txt;
}

static void fill_mx(struct arena *arena, struct rrset *rrset, span *input)
{
    struct mx_record *mx = ARENA_TAKE_N(arena, struct mx_record, rrset->count);
    must(mx != NULL);
    for (size_t i = 0; i < rrset->count; i++) {
        mx[i].preference = (uint16_t)take_byte(input);
        mx[i].exchange = take_text(input);
    }
    rrset->mx = mx;
}

static const struct rrset *answer(struct arena *arena, uint16_t qtype, span *input)
{
    struct rrset *rrset = ARENA_TAKE(arena, struct rrset);
    must(rrset != NULL);
    unsigned flags = take_byte(input);
    rrset->outcome = (enum dns_outcome)((flags & 15) % DNS_OUTCOME_COUNT);
    rrset->has_alias = flags & 16;
    rrset->alias_target = rrset->has_alias ? take_text(input) : span_of("", 0);
    rrset->soa_owner = flags & 32 ? take_text(input) : span_of("", 0);
    if (rrset->outcome != DNS_ANSWERED) {
        rrset->alias_loops = rrset->outcome == DNS_BAD_RESPONSE && (flags & 64);
        return rrset;
    }
    rrset->count = (uint16_t)(1 + (flags >> 6));
    if (qtype == DNS_TXT) {
        fill_txt(arena, rrset, input);
    } else if (qtype == DNS_MX) {
        fill_mx(arena, rrset, input);
    } else {
        uint8_t *bytes = arena_take(arena, 16 * (size_t)rrset->count);
        must(bytes != NULL);
        bytes[0] = (uint8_t)take_byte(input);
        bytes[1] = (uint8_t)take_byte(input);
        rrset->a = (const uint8_t (*)[4])(const void *)bytes;
        if (qtype == DNS_AAAA) {
            rrset->aaaa = (const uint8_t (*)[16])(const void *)bytes;
        }
    }
    return rrset;
}

static void assess_all(struct subject *s)
{
    struct mx_result mx;
    struct dkim_result dkim;
    struct mta_sts_result sts;
    struct tls_rpt_result rpt;
    struct bimi_result bimi;
    mx_assess(s, &mx);
    dkim_assess(s, &dkim);
    mta_sts_assess(s, &sts);
    tls_rpt_assess(s, &rpt);
    bimi_assess(s, &bimi);
    dns_findings_assess(s);
    must(mx.status != MX_NOT_CHECKED && (mx.host_count > 0) == (mx.status == MX_OK || mx.status == MX_NULL || mx.status == MX_INVALID));
    must(mx.provider_count <= mx.host_count);
    must(dkim.selector_count <= dkim.probed);
    must(dkim.status != DKIM_FOUND || dkim.has_key);
    must(dkim.status != DKIM_NONE_FOUND || (dkim.selector_count == 0 && !dkim.has_key));
    must(dkim.namespace_state != DKIM_NAMESPACE_ABSENT || dkim.selector_count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char memory[1 << 20];
    static struct mail_config config;
    struct arena arena;
    struct answer_set answers;
    struct findings findings;
    struct mx_plan mx = { 0 };
    struct dkim_plan dkim = { 0 };
    bool asked[3] = { false, false, false };
    size_t bad_line;
    if (!config.providers) {
        config.providers = provider_table_new(span_from_cstr(providers_text), &bad_line);
        config.selectors = selector_table_new(span_from_cstr(selectors_text), &bad_line);
        config.suffixes = (struct suffix_list){ last_two_labels, is_single_label, NULL };
    }
    span input = span_of((const char *)data, size);
    unsigned options = take_byte(&input);
    config.checks = CHECK_MX | CHECK_DKIM | CHECK_MTA_STS | CHECK_TLS_RPT | CHECK_BIMI | (options & 1 ? CHECK_HOSTS : 0u);
    config.dkim_mode = options & 2 ? DKIM_FULL : DKIM_SMART;
    struct subject s = { .config = &config, .domain = SPAN("example.com"), .answers = &answers, .arena = &arena,
                         .list_selectors = options & 4 ? take_text(&input) : span_of("", 0) };
    arena_init(&arena, memory, sizeof(memory), 1 << 24);
    answer_set_init(&answers, &arena, ANSWER_SET_LIMIT);
    findings_init(&findings, &arena);
    subject_ask(&s, s.domain, DNS_TXT, ASK_DOMAIN);
    for (size_t round = 0;; round++) {
        must(round < 20);
        size_t added = mx_ask(&s, &mx) + dkim_ask(&s, &dkim) + mta_sts_ask(&s, &asked[0]) + tls_rpt_ask(&s, &asked[1]) +
                       bimi_ask(&s, &asked[2]) + dns_findings_ask(&s);
        if (added == 0) {
            break;
        }
        for (size_t i = 0; i < answers.count; i++) {
            if (!answers.items[i].rrset) {
                answers.items[i].rrset = answer(&arena, answers.items[i].qtype, &input);
            }
        }
    }
    s.findings = &findings;
    assess_all(&s);
    arena_reset(&arena);
    return 0;
}
