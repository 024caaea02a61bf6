// SPDX-License-Identifier: MIT
/*
 * answer_read() on any bytes. The first byte chooses the type asked for and the form; then come the name asked for up to
 * a zero byte, in presentation form, and the message. So that the fuzzer gets past the question, id and question of the
 * message are made to agree with what was asked when the first byte says so.
 */
#include <assert.h>
#include <stdlib.h>

#include "scanner/dns/answer.h"
#include "scanner/dns/query.h"

static void read_all(span s)
{
    static volatile char sink;
    for (size_t i = 0; i < s.len; i++) {
        sink = s.ptr[i];
    }
    (void)sink;
}

static void check(const struct rrset *r, uint16_t qtype)
{
    read_all(r->alias_target);
    read_all(r->soa_owner);
    assert(r->count <= RRSET_RECORDS_MAX);
    assert((r->outcome == DNS_ANSWERED) == (r->count > 0));
    for (size_t i = 0; i < r->count; i++) {
        if (qtype == DNS_TXT || qtype == DNS_SPF) {
            read_all(r->txt[i].text);
            for (size_t k = 0; k < r->txt[i].cut_count; k++) {
                assert(r->txt[i].cuts[k] <= r->txt[i].text.len);
                assert(k == 0 || r->txt[i].cuts[k - 1] <= r->txt[i].cuts[k]);
            }
        } else if (qtype == DNS_MX) {
            assert(i == 0 || r->mx[i - 1].preference <= r->mx[i].preference);
            assert(r->mx[i].exchange.len > 0);
        } else if (qtype == DNS_DS || qtype == DNS_TLSA) {
            assert(r->data[i].len > 0);
            read_all(r->data[i]);
        } else if (qtype == DNS_NS || qtype == DNS_PTR || qtype == DNS_CNAME) {
            uint8_t wire[DNS_NAME_SIZE_MAX];
            size_t size;
            /* What we print we can ask. */
            assert(query_encode_name(r->names[i], wire, &size) == QUERY_OK);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t types[8] = { DNS_A, DNS_NS, DNS_CNAME, DNS_TLSA, DNS_MX, DNS_TXT, DNS_AAAA, DNS_SPF };
    static char block[1 << 20];
    span input = span_of((const char *)data, size);
    if (size < 2) {
        return 0;
    }
    uint8_t choice = data[0];
    span rest = span_after(input, 1);
    span qname = span_cut(&rest, 0);
    uint8_t question[QUERY_SIZE_MAX];
    size_t question_size;
    struct query_form query_form = { .id = 7, .qtype = types[choice & 7], .with_edns = true };
    if (query_encode(qname, &query_form, question, &question_size) != QUERY_OK) {
        return 0;
    }
    char *copy = malloc(rest.len > 0 ? rest.len : 1);
    memcpy(copy, rest.ptr, rest.len);
    span message = span_of(copy, rest.len);
    struct answer_form form = {
        .query = span_of((const char *)question, question_size),
        .ignore_id = (choice & 8) != 0, .ignore_case = (choice & 16) != 0, .over_tcp = (choice & 32) != 0,
    };
    size_t end = answer_question_end(form.query);
    if ((choice & 64) && message.len >= end) {
        memcpy(copy, question, 2);
        memcpy(copy + 12, question + 12, end - 12);
        copy[2] = (char)((copy[2] | 0x80) & ~0x78);
        copy[4] = 0;
        copy[5] = 1;
    }
    struct arena arena;
    struct rrset out = { .outcome = DNS_CUT };
    arena_init(&arena, block, choice & 128 ? 256 : sizeof(block), 0);
    enum answer_result result = answer_read(message, &form, &arena, &out);
    free(copy);
    if (result == ANSWER_READ) {
        check(&out, query_form.qtype);
    }
    return 0;
}
