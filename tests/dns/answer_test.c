// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/dns/answer.h"
#include "scanner/dns/query.h"
#include "tests/support/cliff.h"

/* Messages are written by hand: B() is literal bytes. The question is always `www.example.` at offset 12; `example` stands
   at offset 16, so `\300\14` is www.example. and `\300\20` is example. */
#define B(literal) literal, sizeof(literal) - 1
#define QNAME      "\3www\7example\0"
#define HEAD(flags, an, ns) "\x12\x34" flags "\0\1" an ns "\0\0" QNAME
#define HEAD_AND(flags, an, ns, ar) "\x12\x34" flags "\0\1" an ns ar QNAME
#define OPT(extended, version) "\0\0\51\4\320" extended version "\0\0\0\0"
#define Q_TXT      "\0\20\0\1"
#define Q_MX       "\0\17\0\1"
#define Q_A        "\0\1\0\1"
#define Q_NS       "\0\2\0\1"
#define TTL(x)     "\0\0" x
#define OK         "\x81\x80"
#define SOA(ttl, minimum) "\300\20\0\6\0\1" ttl "\0\40" "\2ns\300\20\4mail\300\20" "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4" minimum

struct message {
    uint8_t bytes[65536];
    size_t size;
};

static span question_for(uint16_t qtype, uint8_t *out)
{
    struct query_form form = { .id = 0x1234, .qtype = qtype, .with_edns = true };
    size_t size;
    assert_int_equal(query_encode(SPAN("www.example"), &form, out, &size), QUERY_OK);
    return span_of((char *)out, size);
}

static char block[1 << 16];
static struct arena arena;

static enum answer_result read_bytes(const void *bytes, size_t size, uint16_t qtype, bool ignore_case, bool over_tcp,
                                     struct rrset *out)
{
    uint8_t question[QUERY_SIZE_MAX];
    struct answer_form form = { .query = question_for(qtype, question), .ignore_case = ignore_case, .over_tcp = over_tcp };
    span message = cliff_new(bytes, size);
    arena_init(&arena, block, sizeof(block), 1 << 20);
    enum answer_result result = answer_read(message, &form, &arena, out);
    cliff_free(message); /* the result must not point into it */
    return result;
}

struct outcome_case {
    const char *name;
    const char *bytes;
    size_t size;
    uint16_t qtype;
    enum answer_result result;
    enum dns_outcome outcome;
    unsigned count;
    uint32_t ttl_s;
    const char *alias_target, *soa_owner;
};

static const struct outcome_case outcome_cases[] = {
    { "one string, RFC 1035 3.3.14", B(HEAD(OK, "\0\1", "\0\0") Q_TXT "\300\14\0\20\0\1" TTL("\1\0") "\0\3\2hi"),
      DNS_TXT, ANSWER_READ, DNS_ANSWERED, 1, 256, "", "" },
    { "no records, SOA above: NODATA, RFC 2308 2.2", B(HEAD(OK, "\0\0", "\0\1") Q_TXT SOA(TTL("\1\0"), TTL("\0\77"))),
      DNS_TXT, ANSWER_READ, DNS_NODATA, 0, 63, "", "example" },
    { "the SOA's own TTL when lower, RFC 2308 5", B(HEAD(OK, "\0\0", "\0\1") Q_TXT SOA(TTL("\0\7"), TTL("\0\77"))),
      DNS_TXT, ANSWER_READ, DNS_NODATA, 0, 7, "", "example" },
    { "no records, no SOA: NODATA not to be kept", B(HEAD(OK, "\0\0", "\0\0") Q_TXT), DNS_TXT, ANSWER_READ, DNS_NODATA, 0,
      0, "", "" },
    { "NXDOMAIN, RFC 2308 2.1", B(HEAD("\x81\x83", "\0\0", "\0\1") Q_TXT SOA(TTL("\1\0"), TTL("\1\54"))), DNS_TXT,
      ANSWER_READ, DNS_NXDOMAIN, 0, 256, "", "example" },
    { "the SOA of another zone says nothing", B(HEAD(OK, "\0\0", "\0\1") Q_TXT
      "\3org\0\0\6\0\1" TTL("\1\0") "\0\30\300\20\300\20" "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"), DNS_TXT, ANSWER_READ,
      DNS_NODATA, 0, 0, "", "" },
    { "SERVFAIL", B(HEAD("\x81\x82", "\0\0", "\0\0") Q_TXT), DNS_TXT, ANSWER_READ, DNS_SERVFAIL, 0, 0, "", "" },
    { "REFUSED", B(HEAD("\x81\x85", "\0\0", "\0\0") Q_TXT), DNS_TXT, ANSWER_READ, DNS_REFUSED, 0, 0, "", "" },
    { "FORMERR", B(HEAD("\x81\x81", "\0\0", "\0\0") Q_TXT), DNS_TXT, ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "NOTIMP", B(HEAD("\x81\x84", "\0\0", "\0\0") Q_TXT), DNS_TXT, ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "FORMERR as a bare header, RFC 6891 7", B("\x12\x34\x81\x81\0\0\0\0\0\0\0\0"), DNS_TXT, ANSWER_READ, DNS_BAD_RESPONSE,
      0, 0, "", "" },
    { "NOERROR as a bare header is nobody's", B("\x12\x34\x81\x80\0\0\0\0\0\0\0\0"), DNS_TXT, ANSWER_NOT_OURS, 0, 0, 0, "",
      "" },
    { "NXDOMAIN as a bare header is nobody's", B("\x12\x34\x81\x83\0\0\0\0\0\0\0\0"), DNS_TXT, ANSWER_NOT_OURS, 0, 0, 0, "",
      "" },
    { "another id", B("\x12\x35" OK "\0\1\0\0\0\0\0\0" QNAME Q_TXT), DNS_TXT, ANSWER_NOT_OURS, 0, 0, 0, "", "" },
    { "a query, not a response", B(HEAD("\x01\x00", "\0\0", "\0\0") Q_TXT), DNS_TXT, ANSWER_NOT_OURS, 0, 0, 0, "", "" },
    { "another opcode", B(HEAD("\x89\x80", "\0\0", "\0\0") Q_TXT), DNS_TXT, ANSWER_NOT_OURS, 0, 0, 0, "", "" },
    { "another type in the question", B(HEAD(OK, "\0\0", "\0\0") Q_MX), DNS_TXT, ANSWER_NOT_OURS, 0, 0, 0, "", "" },
    { "another name in the question", B("\x12\x34" OK "\0\1\0\0\0\0\0\0" "\3wwx\7example\0" Q_TXT), DNS_TXT,
      ANSWER_NOT_OURS, 0, 0, 0, "", "" },
    { "other case in the question", B("\x12\x34" OK "\0\1\0\0\0\0\0\0" "\3wWw\7example\0" Q_TXT), DNS_TXT,
      ANSWER_OTHER_CASE, 0, 0, 0, "", "" },
    { "truncated", B(HEAD("\x83\x80", "\0\0", "\0\0") Q_TXT), DNS_TXT, ANSWER_TRUNCATED, 0, 0, 0, "", "" },
    { "truncated SERVFAIL is SERVFAIL", B(HEAD("\x83\x82", "\0\0", "\0\0") Q_TXT), DNS_TXT, ANSWER_READ, DNS_SERVFAIL, 0, 0,
      "", "" },
    { "records of other owners are ignored", B(HEAD(OK, "\0\1", "\0\0") Q_TXT "\300\20\0\20\0\1" TTL("\1\0") "\0\3\2hi"),
      DNS_TXT, ANSWER_READ, DNS_NODATA, 0, 0, "", "" },
    { "records of other classes are ignored", B(HEAD(OK, "\0\1", "\0\0") Q_TXT "\300\14\0\20\0\3" TTL("\1\0") "\0\3\2hi"),
      DNS_TXT, ANSWER_READ, DNS_NODATA, 0, 0, "", "" },
    { "owners are compared without case", B(HEAD(OK, "\0\1", "\0\0") Q_TXT "\3WWW\7EXAMPLE\0\0\20\0\1" TTL("\1\0")
      "\0\3\2hi"), DNS_TXT, ANSWER_READ, DNS_ANSWERED, 1, 256, "", "" },
    { "an alias, the lowest TTL of chain and record", B(HEAD(OK, "\0\2", "\0\0") Q_A
      "\300\14\0\5\0\1" TTL("\0\5") "\0\4\1a\300\20" "\1a\300\20\0\1\0\1" TTL("\0\7") "\0\4\1\2\3\4"), DNS_A, ANSWER_READ,
      DNS_ANSWERED, 1, 5, "a.example", "" },
    { "the chain in any order", B(HEAD(OK, "\0\3", "\0\0") Q_A "\1b\300\20\0\1\0\1" TTL("\0\7") "\0\4\1\2\3\4"
      "\1a\300\20\0\5\0\1" TTL("\0\11") "\0\4\1b\300\20" "\300\14\0\5\0\1" TTL("\0\10") "\0\4\1a\300\20"), DNS_A, ANSWER_READ,
      DNS_ANSWERED, 1, 7, "b.example", "" },
    { "a chain that ends elsewhere: NODATA", B(HEAD(OK, "\0\1", "\0\0") Q_A "\300\14\0\5\0\1" TTL("\0\5") "\0\4\1a\300\20"),
      DNS_A, ANSWER_READ, DNS_NODATA, 0, 0, "a.example", "" },
    { "NXDOMAIN is said of the chain's last name, RFC 6604", B(HEAD("\x81\x83", "\0\1", "\0\1") Q_A
      "\300\14\0\5\0\1" TTL("\0\5") "\0\4\1a\300\20" SOA(TTL("\1\0"), TTL("\1\0"))), DNS_A, ANSWER_READ, DNS_NXDOMAIN, 0, 5,
      "a.example", "example" },
    { "an alias to itself loops", B(HEAD(OK, "\0\1", "\0\0") Q_A "\300\14\0\5\0\1" TTL("\0\5") "\0\2\300\14"), DNS_A,
      ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "two aliases in a ring loop", B(HEAD(OK, "\0\2", "\0\0") Q_A "\300\14\0\5\0\1" TTL("\0\5") "\0\4\1a\300\20"
      "\1a\300\20\0\5\0\1" TTL("\0\5") "\0\2\300\14"), DNS_A, ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "NXDOMAIN beside records contradicts itself", B(HEAD("\x81\x83", "\0\1", "\0\0") Q_A
      "\300\14\0\1\0\1" TTL("\0\7") "\0\4\1\2\3\4"), DNS_A, ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "a referral from no resolver is lame", B(HEAD("\x81\x00", "\0\0", "\0\1") Q_TXT
      "\300\20\0\2\0\1" TTL("\1\0") "\0\5\2ns\300\20"), DNS_TXT, ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "NS beside NODATA from a resolver is none", B(HEAD(OK, "\0\0", "\0\1") Q_TXT
      "\300\20\0\2\0\1" TTL("\1\0") "\0\5\2ns\300\20"), DNS_TXT, ANSWER_READ, DNS_NODATA, 0, 0, "", "" },
    { "NODATA with EDNS", B(HEAD_AND(OK, "\0\0", "\0\0", "\0\1") Q_TXT OPT("\0", "\0")), DNS_TXT, ANSWER_READ, DNS_NODATA,
      0, 0, "", "" },
    { "NODATA of a later EDNS version", B(HEAD_AND(OK, "\0\0", "\0\0", "\0\1") Q_TXT OPT("\0", "\1")), DNS_TXT,
      ANSWER_READ, DNS_NODATA, 0, 0, "", "" },
    { "BADVERS is no NODATA, RFC 6891 6.1.3", B(HEAD_AND(OK, "\0\0", "\0\0", "\0\1") Q_TXT OPT("\1", "\0")), DNS_TXT,
      ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "an extended rcode with its highest bit", B(HEAD_AND(OK, "\0\0", "\0\0", "\0\1") Q_TXT OPT("\200", "\0")), DNS_TXT,
      ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "BADVERS behind the SOA and another record", B(HEAD_AND(OK, "\0\0", "\0\1", "\0\2") Q_TXT
      SOA(TTL("\1\0"), TTL("\1\54")) "\300\20\0\1\0\1" TTL("\0\7") "\0\4\1\2\3\4" OPT("\1", "\0")), DNS_TXT, ANSWER_READ,
      DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "19 is no NXDOMAIN", B(HEAD_AND("\x81\x83", "\0\0", "\0\0", "\0\1") Q_TXT OPT("\1", "\0")), DNS_TXT, ANSWER_READ,
      DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "NODATA that is cut in its OPT", B(HEAD_AND(OK, "\0\0", "\0\0", "\0\1") Q_TXT "\0\0\51\4\320\0"), DNS_TXT,
      ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "A with five bytes", B(HEAD(OK, "\0\1", "\0\0") Q_A "\300\14\0\1\0\1" TTL("\0\7") "\0\5\1\2\3\4\5"), DNS_A, ANSWER_READ,
      DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "TXT without any string", B(HEAD(OK, "\0\1", "\0\0") Q_TXT "\300\14\0\20\0\1" TTL("\0\7") "\0\0"), DNS_TXT, ANSWER_READ,
      DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "TXT whose string passes its end", B(HEAD(OK, "\0\1", "\0\0") Q_TXT "\300\14\0\20\0\1" TTL("\0\7") "\0\2\2h"), DNS_TXT,
      ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "data beyond the message", B(HEAD(OK, "\0\1", "\0\0") Q_TXT "\300\14\0\20\0\1" TTL("\0\7") "\0\11\2hi"), DNS_TXT,
      ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "fewer records than counted", B(HEAD(OK, "\0\2", "\0\0") Q_TXT "\300\14\0\20\0\1" TTL("\0\7") "\0\3\2hi"), DNS_TXT,
      ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "a pointer to itself", B(HEAD(OK, "\0\1", "\0\0") Q_TXT "\300\35\0\20\0\1" TTL("\0\7") "\0\3\2hi"), DNS_TXT, ANSWER_READ,
      DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "a pointer forward", B(HEAD(OK, "\0\1", "\0\0") Q_TXT "\300\50\0\20\0\1" TTL("\0\7") "\0\3\2hi"), DNS_TXT, ANSWER_READ,
      DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "a pointer into the header", B(HEAD(OK, "\0\1", "\0\0") Q_TXT "\300\2\0\20\0\1" TTL("\0\7") "\0\3\2hi"), DNS_TXT,
      ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "a label type that is none, RFC 6891 5", B(HEAD(OK, "\0\1", "\0\0") Q_TXT "\101\0\0\20\0\1" TTL("\0\7") "\0\3\2hi"),
      DNS_TXT, ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "an MX that ends in its preference", B(HEAD(OK, "\0\1", "\0\0") Q_MX "\300\14\0\17\0\1" TTL("\0\7") "\0\2\0\12"), DNS_MX,
      ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "an MX with bytes after its name", B(HEAD(OK, "\0\1", "\0\0") Q_MX "\300\14\0\17\0\1" TTL("\0\7") "\0\5\0\12\300\20x"),
      DNS_MX, ANSWER_READ, DNS_BAD_RESPONSE, 0, 0, "", "" },
    { "a TTL with its highest bit is zero, RFC 2181 8", B(HEAD(OK, "\0\1", "\0\0") Q_TXT "\300\14\0\20\0\1" "\200\0\0\0"
      "\0\3\2hi"), DNS_TXT, ANSWER_READ, DNS_ANSWERED, 1, 0, "", "" },
    { "half a header", B("\x12\x34\x81\x80\0\1"), DNS_TXT, ANSWER_NOT_OURS, 0, 0, 0, "", "" },
    { "nothing", B(""), DNS_TXT, ANSWER_NOT_OURS, 0, 0, 0, "", "" },
};

static void check_case(const struct outcome_case *c)
{
    struct rrset r = { .outcome = DNS_OUTCOME_COUNT };
    enum answer_result result = read_bytes(c->bytes, c->size, c->qtype, false, false, &r);
    if (result != c->result) {
        fail_msg("%s: result %d, expected %d", c->name, result, c->result);
    }
    if (result != ANSWER_READ) {
        return;
    }
    if (r.outcome != c->outcome || r.count != c->count || r.ttl_s != c->ttl_s || r.wire_size != c->size) {
        fail_msg("%s: outcome %d, count %u, ttl %u", c->name, r.outcome, r.count, r.ttl_s);
    }
    if (r.outcome != DNS_BAD_RESPONSE && (!span_equal(r.alias_target, span_from_cstr(c->alias_target)) ||
        !span_equal(r.soa_owner, span_from_cstr(c->soa_owner)))) {
        fail_msg("%s: alias %.*s, soa %.*s", c->name, SPAN_ARG(r.alias_target), SPAN_ARG(r.soa_owner));
    }
}

static void replies_mean_what_the_rfcs_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(outcome_cases) / sizeof(outcome_cases[0]); i++) {
        check_case(&outcome_cases[i]);
    }
}

/* Cut anywhere, a message is one of: not ours, malformed, or absent for want of records that were promised. */
static void no_cut_message_is_an_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(outcome_cases) / sizeof(outcome_cases[0]); i++) {
        const struct outcome_case *c = &outcome_cases[i];
        for (size_t size = 0; size < c->size && c->outcome == DNS_ANSWERED && c->result == ANSWER_READ; size++) {
            struct rrset r = { .outcome = DNS_OUTCOME_COUNT };
            enum answer_result result = read_bytes(c->bytes, size, c->qtype, false, false, &r);
            assert_true(result == ANSWER_NOT_OURS || (result == ANSWER_READ && r.outcome == DNS_BAD_RESPONSE));
        }
    }
}

static void strings_are_joined_and_their_cuts_kept(void **state)
{
    struct rrset r;
    (void)state;
    assert_int_equal(read_bytes(B(HEAD("\x81\xa0", "\0\2", "\0\0") Q_TXT
                                  "\300\14\0\20\0\1" TTL("\0\7") "\0\11\2v=\0\4spf1"
                                  "\300\14\0\20\0\1" TTL("\0\7") "\0\1\0"), DNS_TXT, false, false, &r), ANSWER_READ);
    assert_int_equal(r.count, 2);
    assert_true(r.is_authenticated);
    assert_true(span_equal(r.txt[0].text, SPAN("v=spf1")));
    assert_int_equal(r.txt[0].cut_count, 2);
    assert_int_equal(r.txt[0].cuts[0], 2);
    assert_int_equal(r.txt[0].cuts[1], 2);
    assert_int_equal(r.txt[1].text.len, 0);
    assert_int_equal(r.txt[1].cut_count, 0);
}

static void data_is_kept_as_it_stands(void **state)
{
    struct rrset r;
    (void)state;
    assert_int_equal(read_bytes(B(HEAD("\x81\xa0", "\0\2", "\0\0") "\0\64\0\1"
                                  "\300\14\0\64\0\1" TTL("\0\7") "\0\5\3\1\1\0\377"
                                  "\300\14\0\64\0\1" TTL("\0\7") "\0\1\0"), DNS_TLSA, false, false, &r), ANSWER_READ);
    assert_int_equal(r.count, 2);
    assert_true(r.is_authenticated);
    assert_true(span_equal(r.data[0], span_of("\3\1\1\0\377", 5)));
    assert_true(span_equal(r.data[1], span_of("\0", 1)));
    assert_int_equal(read_bytes(B(HEAD(OK, "\0\1", "\0\0") "\0\53\0\1" "\300\14\0\53\0\1" TTL("\0\7")
                                  "\0\6\60\71\15\2\1\2"), DNS_DS, false, false, &r), ANSWER_READ);
    assert_int_equal(r.count, 1);
    assert_true(span_equal(r.data[0], SPAN("\60\71\15\2\1\2")));
    assert_int_equal(read_bytes(B(HEAD(OK, "\0\1", "\0\0") "\0\53\0\1" "\300\14\0\53\0\1" TTL("\0\7") "\0\0"),
                                DNS_DS, false, false, &r), ANSWER_READ);
    assert_int_equal(r.outcome, DNS_BAD_RESPONSE); /* no data is no DS */
}

static void type_99_is_read_as_txt(void **state)
{
    struct rrset r;
    (void)state;
    assert_int_equal(read_bytes(B(HEAD(OK, "\0\1", "\0\0") "\0\143\0\1" "\300\14\0\143\0\1" TTL("\0\7")
                                  "\0\11\2v=\5spf1 "), DNS_SPF, false, false, &r), ANSWER_READ);
    assert_int_equal(r.count, 1);
    assert_true(span_equal(r.txt[0].text, SPAN("v=spf1 ")));
    assert_int_equal(r.txt[0].cut_count, 1);
}

static void exchanges_stand_by_preference_then_as_received(void **state)
{
    struct rrset r;
    (void)state;
    assert_int_equal(read_bytes(B(HEAD(OK, "\0\4", "\0\0") Q_MX
                                  "\300\14\0\17\0\1" TTL("\0\7") "\0\6\0\24\1B\300\20"
                                  "\300\14\0\17\0\1" TTL("\0\7") "\0\6\0\12\1c\300\20"
                                  "\300\14\0\17\0\1" TTL("\0\7") "\0\6\0\12\1a\300\20"
                                  "\300\14\0\17\0\1" TTL("\0\7") "\0\3\0\0\0"), DNS_MX, false, false, &r), ANSWER_READ);
    assert_int_equal(r.count, 4);
    assert_true(span_equal(r.mx[0].exchange, SPAN("."))); /* RFC 7505 */
    assert_true(span_equal(r.mx[1].exchange, SPAN("c.example")));
    assert_true(span_equal(r.mx[2].exchange, SPAN("a.example")));
    assert_true(span_equal(r.mx[3].exchange, SPAN("b.example")));
    assert_int_equal(r.mx[3].preference, 20);
}

static void odd_bytes_in_names_are_escaped(void **state)
{
    struct rrset r;
    (void)state;
    assert_int_equal(read_bytes(B(HEAD(OK, "\0\1", "\0\0") Q_NS
                                  "\300\14\0\2\0\1" TTL("\0\7") "\0\15\11a.b\\ \0_-Z\300\20"), DNS_NS, false, false, &r),
                     ANSWER_READ);
    assert_int_equal(r.outcome, DNS_BAD_RESPONSE); /* nine were promised, eight stand there */
    assert_int_equal(read_bytes(B(HEAD(OK, "\0\1", "\0\0") Q_NS
                                  "\300\14\0\2\0\1" TTL("\0\7") "\0\14\11a.b\\ \0_-Z\300\20"), DNS_NS, false, false, &r),
                     ANSWER_READ);
    assert_int_equal(r.outcome, DNS_ANSWERED);
    assert_true(span_equal(r.names[0], SPAN("a\\.b\\\\\\032\\000_-z.example")));
}

static void forgiven_case_is_no_mismatch(void **state)
{
    struct rrset r;
    (void)state;
    assert_int_equal(read_bytes(B("\x12\x34" OK "\0\1\0\0\0\0\0\0" "\3wWw\7exAmple\0" Q_TXT), DNS_TXT, true, false, &r),
                     ANSWER_READ);
    assert_int_equal(r.outcome, DNS_NODATA);
}

static void truncation_over_tcp_is_bad(void **state)
{
    struct rrset r;
    (void)state;
    assert_int_equal(read_bytes(B(HEAD("\x83\x80", "\0\0", "\0\0") Q_TXT), DNS_TXT, false, true, &r), ANSWER_READ);
    assert_int_equal(r.outcome, DNS_BAD_RESPONSE);
    assert_true(r.over_tcp);
}

static void read_600_of(const char *head, size_t head_size, const uint8_t *record, size_t record_size, uint16_t qtype,
                        struct rrset *out)
{
    static struct message m;
    memcpy(m.bytes, head, m.size = head_size);
    for (int i = 0; i < 600; i++) {
        memcpy(m.bytes + m.size, record, record_size);
        m.size += record_size;
    }
    assert_int_equal(read_bytes(m.bytes, m.size, qtype, false, true, out), ANSWER_READ);
}

/* The 513th might be the SPF record: none of what came is told. Of the names of an address the first ten are used. */
static void more_records_than_we_keep_say_nothing(void **state)
{
    static const uint8_t a[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 7, 0, 4, 1, 2, 3, 4 };
    static const uint8_t ptr[] = { 0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 7, 0, 2, 0xc0, 12 };
    struct rrset r;
    (void)state;
    read_600_of(B(HEAD(OK, "\2\130", "\0\0") Q_A), a, sizeof(a), DNS_A, &r);
    assert_int_equal(r.outcome, DNS_BAD_RESPONSE);
    assert_int_equal(r.count, 0);
    read_600_of(B(HEAD(OK, "\2\130", "\0\0") "\0\14\0\1"), ptr, sizeof(ptr), DNS_PTR, &r);
    assert_int_equal(r.outcome, DNS_ANSWERED);
    assert_int_equal(r.count, RRSET_RECORDS_MAX);
}

/* 17 aliases are one too many; 16 are not. */
static void chains_end_at_sixteen(void **state)
{
    (void)state;
    for (int links = 16; links <= 17; links++) {
        static struct message m;
        struct rrset r;
        memcpy(m.bytes, HEAD(OK, "\0\0", "\0\0") Q_A, m.size = sizeof(HEAD(OK, "\0\0", "\0\0") Q_A) - 1);
        m.bytes[7] = (uint8_t)(links + 1);
        for (int i = 0; i <= links; i++) {
            uint8_t owner[2] = { 1, (uint8_t)('a' + i - 1) };
            memcpy(m.bytes + m.size, i == 0 ? (const uint8_t[]){ 0xc0, 12 } : owner, 2);
            m.size += 2;
            if (i > 0) {
                memcpy(m.bytes + m.size, "\300\20", 2);
                m.size += 2;
            }
            if (i == links) {
                memcpy(m.bytes + m.size, "\0\1\0\1\0\0\0\7\0\4\1\2\3\4", 14);
                m.size += 14;
            } else {
                memcpy(m.bytes + m.size, "\0\5\0\1\0\0\0\7\0\4\1x\300\20", 14);
                m.bytes[m.size + 11] = (uint8_t)('a' + i);
                m.size += 14;
            }
        }
        assert_int_equal(read_bytes(m.bytes, m.size, DNS_A, false, false, &r), ANSWER_READ);
        assert_int_equal(r.outcome, links == 16 ? DNS_ANSWERED : DNS_BAD_RESPONSE);
        assert_int_equal(r.alias_loops, links == 17);
    }
}

static void an_exhausted_arena_is_cut_not_absent(void **state)
{
    uint8_t question[QUERY_SIZE_MAX];
    struct answer_form form = { .query = question_for(DNS_TXT, question) };
    struct rrset r;
    struct arena small;
    char byte[1];
    (void)state;
    arena_init(&small, byte, sizeof(byte), 0);
    span message = span_of(outcome_cases[0].bytes, outcome_cases[0].size);
    assert_int_equal(answer_read(message, &form, &small, &r), ANSWER_NO_MEMORY);
    assert_int_equal(r.outcome, DNS_CUT);
    assert_true(rrset_is_failure(&r));
}

struct reply_case {
    const char *name;
    const char *bytes;
    size_t size;
    bool may_be;
};

static void what_is_no_reply_is_told_before_it_is_read(void **state)
{
    static const struct reply_case cases[] = {
        { "id and question", B(HEAD(OK, "\0\1", "\0\0") Q_TXT), true },
        { "in whatever case", B("\x12\x34" OK "\0\1\0\0\0\0\0\0" "\3wWw\7exAmple\0" Q_TXT), true },
        { "a bare FORMERR, RFC 6891 7", B("\x12\x34\x81\x81\0\0\0\0\0\0\0\0"), true },
        { "a bare NOERROR says nothing", B("\x12\x34\x81\x80\0\0\0\0\0\0\0\0"), false },
        { "another id", B("\x12\x35" OK "\0\1\0\0\0\0\0\0" QNAME Q_TXT), false },
        { "another type", B(HEAD(OK, "\0\1", "\0\0") Q_MX), false },
        { "another name", B("\x12\x34" OK "\0\1\0\0\0\0\0\0" "\3wwx\7example\0" Q_TXT), false },
        { "a shorter name, and room for ours", B("\x12\x34" OK "\0\1\0\0\0\0\0\0" "\3www\0" Q_TXT "\0\0\0\0\0\0\0\0"), false },
        { "no question", B("\x12\x34" OK "\0\0\0\0\0\0\0\0" QNAME Q_TXT), false },
        { "two questions", B("\x12\x34" OK "\0\2\0\0\0\0\0\0" QNAME Q_TXT QNAME Q_TXT), false },
        { "a question cut short", B("\x12\x34" OK "\0\1\0\0\0\0\0\0" QNAME "\0\20\0"), false },
        { "a query, RFC 1035 4.1.1", B("\x12\x34\1\0\0\1\0\0\0\0\0\0" QNAME Q_TXT), false },
        { "a header cut short", B("\x12\x34" OK "\0\1\0\0\0\0\0"), false },
        { "nothing", B(""), false },
    };
    (void)state;
    uint8_t question[QUERY_SIZE_MAX];
    span query = question_for(DNS_TXT, question);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        span message = cliff_new(cases[i].bytes, cases[i].size);
        if (answer_may_be_to(message, query, query.len - QUERY_EDNS_SIZE) != cases[i].may_be) {
            fail_msg("%s", cases[i].name);
        }
        cliff_free(message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_reply_is_told_before_it_is_read),
        cmocka_unit_test(replies_mean_what_the_rfcs_say),
        cmocka_unit_test(no_cut_message_is_an_answer),
        cmocka_unit_test(strings_are_joined_and_their_cuts_kept),
        cmocka_unit_test(data_is_kept_as_it_stands),
        cmocka_unit_test(type_99_is_read_as_txt),
        cmocka_unit_test(exchanges_stand_by_preference_then_as_received),
        cmocka_unit_test(odd_bytes_in_names_are_escaped),
        cmocka_unit_test(forgiven_case_is_no_mismatch),
        cmocka_unit_test(truncation_over_tcp_is_bad),
        cmocka_unit_test(more_records_than_we_keep_say_nothing),
        cmocka_unit_test(chains_end_at_sixteen),
        cmocka_unit_test(an_exhausted_arena_is_cut_not_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
