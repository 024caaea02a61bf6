// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "scanner/base/clock.h"
#include "scanner/dns/lane.h"
#include "tests/dns/scripted_server.h"

enum { FLAGS_OK = 0x8180, FLAG_TC = 0x0200, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5 };
enum { LOOKUPS_MAX = 4000, PATIENCE_MS = 30000 };

/* One asker, up to two servers, and the lookups of a test. */
struct bed {
    uv_loop_t loop;
    uv_check_t check;
    uv_prepare_t prepare;
    struct server servers[2];
    size_t server_count;
    struct asker *asker;
    struct lookup *lookups;
    struct arena *arenas;
    char (*names)[32];
    char (*blocks)[512];
    size_t asked, done;
    void (*on_done)(struct bed *, struct lookup *);
};

static void on_done(struct lookup *lookup, void *user)
{
    struct bed *bed = user;
    assert_non_null(lookup->rrset);
    bed->done++;
    if (bed->on_done) {
        bed->on_done(bed, lookup);
    }
}

static void on_check(uv_check_t *check)
{
    asker_turn(((struct bed *)check->data)->asker);
}

static void on_prepare(uv_prepare_t *prepare)
{
    asker_flush(((struct bed *)prepare->data)->asker);
}

static void bed_open(struct bed *bed, server_script first, server_script second)
{
    *bed = (struct bed){ .server_count = (size_t)(first != NULL) + (size_t)(second != NULL) };
    uv_loop_init(&bed->loop);
    uv_check_init(&bed->loop, &bed->check);
    uv_prepare_init(&bed->loop, &bed->prepare);
    bed->check.data = bed->prepare.data = bed;
    if (first) {
        server_start(&bed->servers[0], &bed->loop, first, bed);
    }
    if (second) {
        server_start(&bed->servers[1], &bed->loop, second, bed);
    }
    bed->lookups = calloc(LOOKUPS_MAX, sizeof(*bed->lookups));
    bed->arenas = calloc(LOOKUPS_MAX, sizeof(*bed->arenas));
    bed->names = calloc(LOOKUPS_MAX, sizeof(*bed->names));
    bed->blocks = calloc(LOOKUPS_MAX, sizeof(*bed->blocks));
}

static void bed_ask_with(struct bed *bed, struct asker_options options, const struct resolver_spec *specs, size_t count)
{
    options.loop = &bed->loop;
    options.resolvers = specs;
    options.resolver_count = count;
    options.on_done = on_done;
    options.user = bed;
    assert_int_equal(asker_new(&options, &bed->asker), 0);
    uv_check_start(&bed->check, on_check);
    uv_prepare_start(&bed->prepare, on_prepare);
}

static void bed_start(struct bed *bed, struct asker_options options)
{
    struct resolver_spec specs[2];
    for (size_t i = 0; i < bed->server_count; i++) {
        specs[i] = server_spec(&bed->servers[i]);
    }
    bed_ask_with(bed, options, specs, bed->server_count);
}

static struct lookup *bed_ask_for(struct bed *bed, const char *label, uint16_t qtype, const struct rrset *unwanted)
{
    size_t i = bed->asked++;
    assert_true(i < LOOKUPS_MAX);
    snprintf(bed->names[i], sizeof(bed->names[i]), "%s.example", label);
    arena_init(&bed->arenas[i], bed->blocks[i], sizeof(bed->blocks[i]), 1 << 20);
    bed->lookups[i] = (struct lookup){ .qname = span_from_cstr(bed->names[i]), .qtype = qtype, .arena = &bed->arenas[i],
                                       .unwanted = unwanted };
    asker_ask(bed->asker, &bed->lookups[i]);
    return &bed->lookups[i];
}

static struct lookup *bed_ask(struct bed *bed, const char *label, uint16_t qtype)
{
    return bed_ask_for(bed, label, qtype, NULL);
}

/* What an earlier pass has asked in vain. */
static void bed_ask_again(struct bed *bed, const char *label)
{
    static const struct rrset earlier = { .outcome = DNS_TIMEOUT };
    bed_ask_for(bed, label, DNS_TXT, &earlier);
}

/* Runs until all that was asked is done; the test's patience is no measure of anything. */
static void bed_run(struct bed *bed)
{
    uint64_t until = clock_now_ms() + PATIENCE_MS;
    while (bed->done < bed->asked && clock_now_ms() < until) {
        uv_run(&bed->loop, UV_RUN_ONCE);
    }
    assert_int_equal(bed->done, bed->asked);
    assert_int_equal(asker_open_count(bed->asker), 0);
}

static void close_stray(uv_handle_t *handle, void *user)
{
    (void)user;
    if (!uv_is_closing(handle)) {
        uv_close(handle, uv_handle_get_type(handle) == UV_TCP && handle->data ? server_stream_closed : NULL);
    }
}

static void bed_close(struct bed *bed)
{
    uv_close((uv_handle_t *)&bed->check, NULL);
    uv_close((uv_handle_t *)&bed->prepare, NULL);
    asker_free(bed->asker);
    for (size_t i = 0; i < bed->server_count; i++) {
        server_stop(&bed->servers[i]);
    }
    uv_run(&bed->loop, UV_RUN_NOWAIT);
    uv_walk(&bed->loop, close_stray, NULL);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bed->loop), 0);
    for (size_t i = 0; i < bed->asked; i++) {
        arena_reset(&bed->arenas[i]);
    }
    free(bed->lookups);
    free(bed->arenas);
    free(bed->names);
    free(bed->blocks);
}

static struct asker_stats bed_stats(const struct bed *bed)
{
    struct asker_stats stats;
    asker_stats_get(bed->asker, &stats);
    return stats;
}

static struct resolver_stats resolver_stats(const struct bed *bed, size_t index)
{
    struct resolver_stats stats;
    asker_resolver_stats_get(bed->asker, index, &stats);
    return stats;
}

/* ---- Scripts ---------------------------------------------------------------------------------------------------- */

static size_t reply_ok(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    (void)server;
    (void)over_tcp;
    return reply_add_txt(out, reply_begin(query, FLAGS_OK, out), 300, "v=spf1 -all");
}

static size_t reply_nothing(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    (void)server;
    (void)query;
    (void)over_tcp;
    (void)out;
    return 0;
}

static size_t reply_servfail(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    (void)server;
    (void)over_tcp;
    return reply_begin(query, FLAGS_OK | RCODE_SERVFAIL, out);
}

static size_t reply_refused(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    (void)server;
    (void)over_tcp;
    return reply_begin(query, FLAGS_OK | RCODE_REFUSED, out);
}

static size_t reply_nxdomain(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    (void)server;
    (void)over_tcp;
    return reply_begin(query, FLAGS_OK | RCODE_NXDOMAIN, out);
}

/* The first packet is lost. */
static size_t reply_second_time(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    return server->queries > 1 ? reply_ok(server, query, over_tcp, out) : 0;
}

static size_t reply_long_over_tcp(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    char text[250];
    (void)server;
    size_t at = reply_begin(query, over_tcp ? FLAGS_OK : FLAGS_OK | FLAG_TC, out);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    for (int i = 0; i < 20 && over_tcp; i++) {
        at = reply_add_txt(out, at, 300, text);
    }
    return at;
}

/* A datagram larger than any slot, sent as if EDNS had allowed it. */
static size_t reply_oversized(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    char text[250];
    (void)server;
    (void)over_tcp;
    size_t at = reply_begin(query, FLAGS_OK, out);
    memset(text, 'y', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    for (int i = 0; i < 20; i++) {
        at = reply_add_txt(out, at, 300, text);
    }
    return at;
}

/* Larger than 512 bytes, smaller than what EDNS allows. */
static size_t reply_thousand_bytes(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    char text[230];
    (void)server;
    (void)over_tcp;
    size_t at = reply_begin(query, FLAGS_OK, out);
    memset(text, 'z', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    for (int i = 0; i < 4; i++) {
        at = reply_add_txt(out, at, 300, text);
    }
    return at;
}

static size_t reply_folded(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    size_t size = reply_ok(server, query, over_tcp, out);
    for (size_t i = 12; i < answer_question_end(query) - 4; i++) {
        out[i] = ascii_lower(out[i]);
    }
    return size;
}

/* A forged reply (another id) before the true one would be: only the next packet gets the truth. */
static size_t reply_wrong_id_first(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    size_t size = reply_ok(server, query, over_tcp, out);
    if (server->queries == 1) {
        out[0] ^= 0xff;
    }
    return size;
}

static size_t reply_formerr_to_edns(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    return query.ptr[11] ? reply_begin(query, FLAGS_OK | 1, out) : reply_ok(server, query, over_tcp, out);
}

static size_t reply_malformed(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    size_t size = reply_ok(server, query, over_tcp, out);
    return size - 3;
}

/* "fail" gets a SERVFAIL; nobody else anything. */
static size_t reply_servfail_to_fail(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    char label[64];
    query_label(query, label, sizeof(label));
    return strcmp(label, "fail") == 0 ? reply_servfail(server, query, over_tcp, out) : 0;
}

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

static const struct asker_options quick = { .timeout_ms = 200, .retries = 3, .seed = 7 };

static void thousands_are_answered_once_each(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_ok, NULL);
    bed_start(&bed, (struct asker_options){ .timeout_ms = 5000, .retries = 3 });
    for (int i = 0; i < 3000; i++) {
        char label[16];
        snprintf(label, sizeof(label), "n%d", i);
        bed_ask(&bed, label, DNS_TXT);
    }
    assert_int_equal(bed.done, 0); /* nothing comes back inside the asking */
    bed_run(&bed);
    for (size_t i = 0; i < bed.asked; i++) {
        const struct rrset *r = bed.lookups[i].rrset;
        assert_int_equal(r->outcome, DNS_ANSWERED);
        assert_int_equal(r->count, 1);
        assert_int_equal(r->ttl_s, 300);
        assert_true(span_equal(r->txt[0].text, SPAN("v=spf1 -all")));
    }
    struct asker_stats stats = bed_stats(&bed);
    assert_true(stats.answers >= 3000);
    assert_int_equal(stats.in_flight, 0);
    assert_true(resolver_stats(&bed, 0).window >= 256); /* whether more pays, with the server in this thread, is chance */
    assert_true(resolver_stats(&bed, 0).rtt_ms_p99 > 0);
    bed_close(&bed);
}

/* "has" has a TXT record, "is" exists without one, nothing else exists. */
static size_t reply_mostly_absent(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    char label[64];
    query_label(query, label, sizeof(label));
    return strcmp(label, "has") == 0  ? reply_ok(server, query, over_tcp, out)
           : strcmp(label, "is") == 0 ? reply_begin(query, FLAGS_OK, out)
                                      : reply_nxdomain(server, query, over_tcp, out);
}

static void the_same_absence_is_kept_once(void **state)
{
    static const char *const labels[] = { "no", "neither", "is", "has", "nor", "nor" };
    enum { NO, NEITHER, IS, HAS, NOR, ALONE, COUNT };
    const struct rrset *absence = NULL;
    struct bed bed;
    size_t used = 0;
    (void)state;
    bed_open(&bed, reply_mostly_absent, NULL);
    bed_start(&bed, (struct asker_options){ .timeout_ms = 10000, .retries = 3, .seed = 7 });
    for (size_t i = 0; i < COUNT; i++) {
        struct lookup *lookup = bed_ask(&bed, labels[i], DNS_TXT);
        lookup->arena = &bed.arenas[0];
        lookup->absence = i == ALONE ? NULL : &absence;
        used = bed.arenas[0].used;
        bed_run(&bed);
        assert_int_equal(bed.arenas[0].used == used, i == NEITHER); /* taken back */
    }
    assert_ptr_equal(bed.lookups[NEITHER].rrset, bed.lookups[NO].rrset);
    assert_int_equal(bed.lookups[NO].rrset->outcome, DNS_NXDOMAIN);
    assert_int_equal(bed.lookups[IS].rrset->outcome, DNS_NODATA); /* another absence, and the one held from now on */
    assert_int_equal(bed.lookups[HAS].rrset->outcome, DNS_ANSWERED);
    assert_int_equal(bed.lookups[NOR].rrset->outcome, DNS_NXDOMAIN);
    assert_ptr_equal(absence, bed.lookups[NOR].rrset);
    assert_ptr_not_equal(bed.lookups[ALONE].rrset, bed.lookups[NOR].rrset);
    bed_close(&bed);
}

static const struct asker_options patient = { .timeout_ms = 10000, .retries = 3, .seed = 7 };

/* Scripts that leave a packet without a usable reply: only these cases wait for a timeout. */
static bool is_silent(server_script script)
{
    return script == reply_nothing || script == reply_second_time || script == reply_wrong_id_first;
}

struct policy_case {
    const char *name;
    server_script first, second;
    enum dns_outcome outcome;
    unsigned retries_min, retries_max;
    bool over_tcp;
    unsigned count;
};

static void the_policy_of_tries(void **state)
{
    static const struct policy_case cases[] = {
        { "an answer", reply_ok, NULL, DNS_ANSWERED, 0, 0, false, 1 },
        { "NXDOMAIN is an answer, not tried again", reply_nxdomain, NULL, DNS_NXDOMAIN, 0, 0, false, 0 },
        { "a lost packet is sent again", reply_second_time, NULL, DNS_ANSWERED, 1, 3, false, 1 },
        { "another id is nobody's reply", reply_wrong_id_first, NULL, DNS_ANSWERED, 1, 3, false, 1 },
        { "silence to the end is a timeout", reply_nothing, NULL, DNS_TIMEOUT, 3, 3, false, 0 },
        { "SERVFAIL to the end stays unknown", reply_servfail, NULL, DNS_SERVFAIL, 3, 3, false, 0 },
        { "REFUSED to the end stays unknown", reply_refused, NULL, DNS_REFUSED, 3, 3, false, 0 },
        { "SERVFAIL then the other resolver", reply_servfail, reply_ok, DNS_ANSWERED, 0, 1, false, 1 },
        { "REFUSED then the other resolver", reply_refused, reply_ok, DNS_ANSWERED, 0, 1, false, 1 },
        { "malformed then the other resolver", reply_malformed, reply_ok, DNS_ANSWERED, 0, 1, false, 1 },
        { "silence then the other resolver", reply_nothing, reply_ok, DNS_ANSWERED, 0, 3, false, 1 },
        { "SERVFAIL tells more than a timeout", reply_servfail, reply_nothing, DNS_SERVFAIL, 3, 3, false, 0 },
        { "malformed to the end", reply_malformed, NULL, DNS_BAD_RESPONSE, 3, 3, false, 0 },
        { "truncation goes to TCP and is no new try", reply_long_over_tcp, NULL, DNS_ANSWERED, 0, 0, true, 20 },
        { "beyond a slot goes to TCP", reply_oversized, NULL, DNS_ANSWERED, 0, 0, true, 20 },
        { "a reply of 1,000 bytes comes whole", reply_thousand_bytes, NULL, DNS_ANSWERED, 0, 0, false, 4 },
        { "folded case is tried again, then asked plainly", reply_folded, NULL, DNS_ANSWERED, 0, 2, false, 1 },
        { "FORMERR: asked again without EDNS", reply_formerr_to_edns, NULL, DNS_ANSWERED, 0, 1, false, 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct policy_case *c = &cases[i];
        struct bed bed;
        struct asker_options options = patient;
        enum dns_outcome outcome = c->outcome;
        /* From 1.28 on c-ares itself drops what it cannot parse: silence then, and no less unknown. */
        bool is_dropped = lane_ids_are_foreign() && c->first == reply_malformed;
        if (is_silent(c->first) || is_silent(c->second) || is_dropped) {
            options = quick;
            outcome = outcome == DNS_BAD_RESPONSE ? DNS_TIMEOUT : outcome;
        }
        bed_open(&bed, c->first, c->second);
        bed_start(&bed, options);
        struct lookup *lookup = bed_ask(&bed, "a-name-with-letters", DNS_TXT);
        bed_run(&bed);
        if (lookup->rrset->outcome != outcome || lookup->retries < c->retries_min ||
            lookup->retries > c->retries_max || lookup->over_tcp != c->over_tcp || lookup->rrset->count != c->count) {
            fail_msg("%s: outcome %s, %u retries, tcp %d, %u records", c->name, dns_outcome_name(lookup->rrset->outcome),
                     lookup->retries, lookup->over_tcp, lookup->rrset->count);
        }
        bed_close(&bed);
    }
}

enum { FORGERIES = 100 };

static void send_forged(struct server *server, const uint8_t *bytes, size_t size)
{
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)size);
    assert_int_equal(uv_udp_try_send(&server->udp, &buf, 1, (const struct sockaddr *)&server->from), (int)size);
}

/* Many false answers with other ids, as many with the id and another question, then the true one. */
static size_t reply_after_forgeries(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    (void)over_tcp;
    if (is_root_query(query)) {
        return reply_begin(query, 0x8180, out);
    }
    size_t size = reply_add_txt(out, reply_begin(query, 0x8180, out), 300, "false");
    for (int i = 1; i <= FORGERIES; i++) {
        out[i % 2] ^= (uint8_t)i;
        send_forged(server, out, size);
        out[i % 2] ^= (uint8_t)i;
        out[13] ^= 1;
        send_forged(server, out, size);
        out[13] ^= 1;
    }
    return reply_add_txt(out, reply_begin(query, 0x8180, out), 300, "true");
}

static void forged_replies_are_counted_and_do_not_kill_the_true_one(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_after_forgeries, NULL);
    bed_start(&bed, patient);
    for (int i = 0; i < 20; i++) {
        char label[32];
        snprintf(label, sizeof(label), "wanted%d", i);
        bed_ask(&bed, label, DNS_TXT);
        bed_run(&bed);
        assert_int_equal(bed.lookups[i].rrset->outcome, DNS_ANSWERED);
        assert_int_equal(bed.lookups[i].rrset->count, 1);
        assert_true(span_equal(bed.lookups[i].rrset->txt[0].text, SPAN("true")));
        assert_int_equal(bed.lookups[i].retries, 0);
    }
    /* Those behind a true answer are counted when they are read, and told at a tick. */
    uint64_t until = clock_now_ms() + PATIENCE_MS;
    while (!lane_ids_are_foreign() && bed_stats(&bed).unexpected < 20 * 2 * FORGERIES && clock_now_ms() < until) {
        uv_run(&bed.loop, UV_RUN_ONCE);
    }
    assert_int_equal(bed_stats(&bed).unexpected, lane_ids_are_foreign() ? 0 : 20 * 2 * FORGERIES);
    bed_close(&bed);
}

/* The first reply has the right id and says something false in other case; who asked again is told the truth. */
static size_t reply_false_in_other_case_first(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    (void)over_tcp;
    size_t end = reply_begin(query, 0x8180, out);
    bool is_first = !is_root_query(query) && server->queries == 1;
    size_t size = reply_add_txt(out, end, 300, is_first ? "false" : "true");
    for (size_t i = 13; is_first && i + 5 < end; i++) {
        bool is_letter = (out[i] | 0x20) >= 'a' && (out[i] | 0x20) <= 'z';
        out[i] ^= is_letter ? 0x20 : 0;
    }
    return size;
}

static void an_answer_in_other_case_is_refused(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_false_in_other_case_first, NULL);
    bed_start(&bed, patient);
    bed_ask(&bed, "lettersenough", DNS_TXT);
    bed_run(&bed);
    assert_int_equal(bed.lookups[0].rrset->outcome, DNS_ANSWERED);
    assert_true(span_equal(bed.lookups[0].rrset->txt[0].text, SPAN("true")));
    assert_int_equal(bed.lookups[0].retries, 1);
    assert_int_equal(bed_stats(&bed).case_mismatches, 1);
    bed_close(&bed);
}

static void a_server_that_folds_case_is_learned(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_folded, NULL);
    bed_start(&bed, patient);
    for (int i = 0; i < 40; i++) {
        char label[32];
        snprintf(label, sizeof(label), "manyletters%d", i);
        assert_int_equal(bed_ask(&bed, label, DNS_TXT)->place != 0, 1);
        bed_run(&bed);
    }
    for (size_t i = 0; i < bed.asked; i++) {
        assert_int_equal(bed.lookups[i].rrset->outcome, DNS_ANSWERED);
    }
    assert_int_equal(bed.lookups[39].retries, 0);
    assert_true(bed_stats(&bed).case_mismatches >= 4);
    bed_close(&bed);
}

/* A zone whose signatures are broken, as a validating resolver shows it: SERVFAIL, but for those who ask with CD. The
   answer is long: TCP asks the same. */
static size_t reply_bogus(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    enum { FLAG_CD = 0x10 };
    (void)server;
    if (!((uint8_t)query.ptr[3] & FLAG_CD)) {
        return reply_begin(query, FLAGS_OK | RCODE_SERVFAIL, out);
    }
    size_t at = reply_begin(query, over_tcp ? FLAGS_OK : FLAGS_OK | FLAG_TC, out);
    return over_tcp ? reply_add_txt(out, at, 60, "unchecked") : at;
}

static void checking_disabled_is_asked_for_at_each_try(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_bogus, NULL);
    bed_start(&bed, patient);
    struct lookup *checked = bed_ask(&bed, "bogus", DNS_TXT);
    struct lookup *unchecked = &bed.lookups[bed.asked];
    snprintf(bed.names[bed.asked], sizeof(bed.names[0]), "bogus.example");
    arena_init(&bed.arenas[bed.asked], bed.blocks[bed.asked], sizeof(bed.blocks[0]), 1 << 20);
    *unchecked = (struct lookup){ .qname = span_from_cstr(bed.names[bed.asked]), .qtype = DNS_TXT,
                                  .checking_disabled = true, .arena = &bed.arenas[bed.asked] };
    bed.asked++;
    asker_ask(bed.asker, unchecked);
    bed_run(&bed);
    assert_int_equal(checked->rrset->outcome, DNS_SERVFAIL);
    assert_int_equal(unchecked->rrset->outcome, DNS_ANSWERED);
    assert_true(unchecked->over_tcp);
    bed_close(&bed);
}

/* The reply to the first try comes while the second is on its way. */
struct delayed {
    uv_timer_t timer;
    struct server *server;
    struct sockaddr_in to;
    uint8_t bytes[512];
    size_t size;
};

static size_t keep_for_later(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    struct bed *bed = server->user;
    struct delayed *later = (struct delayed *)(void *)bed->names[LOOKUPS_MAX - 40];
    if (server->queries > 1) {
        return 0;
    }
    later->size = reply_ok(server, query, over_tcp, out);
    memcpy(later->bytes, out, later->size);
    return 0;
}

static size_t release_on_second(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    struct bed *bed = server->user;
    struct delayed *later = (struct delayed *)(void *)bed->names[LOOKUPS_MAX - 40];
    if (server->queries == 1) {
        return keep_for_later(server, query, over_tcp, out);
    }
    memcpy(out, later->bytes, later->size);
    return server->queries == 2 ? later->size : 0;
}

static void a_late_reply_to_an_earlier_try_counts(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, release_on_second, NULL);
    bed_start(&bed, quick);
    struct lookup *lookup = bed_ask(&bed, "late", DNS_TXT);
    bed_run(&bed);
    assert_int_equal(lookup->rrset->outcome, DNS_ANSWERED);
    assert_true(lookup->retries >= 1);
    assert_true(bed_stats(&bed).timeouts >= 1);
    bed_close(&bed);
}

/* The process is stopped (server and all) for longer than any timeout, c-ares' own included. */
static void a_standstill_is_no_timeout(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_ok, NULL);
    bed_start(&bed, (struct asker_options){ .timeout_ms = 300, .retries = 0 });
    for (int i = 0; i < 400; i++) {
        char label[16];
        snprintf(label, sizeof(label), "n%d", i);
        bed_ask(&bed, label, DNS_TXT);
    }
    while (bed.done < 100) {
        uv_run(&bed.loop, UV_RUN_ONCE);
    }
    for (int i = 400; i < 600; i++) {
        char label[16];
        snprintf(label, sizeof(label), "n%d", i);
        bed_ask(&bed, label, DNS_TXT);
    }
    asker_turn(bed.asker);
    asker_flush(bed.asker);
    usleep(1700 * 1000);
    bed_run(&bed);
    for (size_t i = 0; i < bed.asked; i++) {
        assert_int_equal(bed.lookups[i].rrset->outcome, DNS_ANSWERED);
        assert_int_equal(bed.lookups[i].retries, 0);
    }
    assert_int_equal(bed_stats(&bed).timeouts, 0);
    assert_int_equal(bed_stats(&bed).in_flight, 0);
    assert_int_equal(resolver_stats(&bed, 0).in_flight, 0);
    bed_close(&bed);
}

static void a_closed_port_is_a_timeout_and_harms_no_other(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_ok, NULL);
    struct resolver_spec specs[2] = { server_spec(&bed.servers[0]), server_spec(&bed.servers[0]) };
    /* A port that was just given back: nobody listens. */
    uv_udp_t udp;
    struct sockaddr_in closed;
    int len = sizeof(closed);
    uv_ip4_addr("127.0.0.1", 0, &closed);
    uv_udp_init(&bed.loop, &udp);
    uv_udp_bind(&udp, (struct sockaddr *)&closed, 0);
    uv_udp_getsockname(&udp, (struct sockaddr *)&closed, &len);
    uv_close((uv_handle_t *)&udp, NULL);
    uv_run(&bed.loop, UV_RUN_NOWAIT);
    memcpy(&specs[1].address, &closed, sizeof(closed));
    specs[1].text = "closed";
    bed_ask_with(&bed, quick, specs, 2);
    for (int i = 0; i < 400; i++) {
        char label[16];
        snprintf(label, sizeof(label), "n%d", i);
        bed_ask(&bed, label, DNS_TXT);
    }
    bed_run(&bed);
    for (size_t i = 0; i < bed.asked; i++) {
        assert_int_equal(bed.lookups[i].rrset->outcome, DNS_ANSWERED);
    }
    assert_true(resolver_stats(&bed, 0).healthy);
    assert_int_equal(resolver_stats(&bed, 1).answers, 0);
    assert_false(resolver_stats(&bed, 1).healthy);
    bed_close(&bed);
}

static void the_rate_counts_every_packet(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_servfail, NULL);
    struct asker_options options = quick;
    options.rate = 200;
    options.timeout_ms = 5000;
    bed_start(&bed, options);
    uint64_t began = clock_now_ms();
    for (int i = 0; i < 25; i++) {
        char label[16];
        snprintf(label, sizeof(label), "n%d", i);
        bed_ask(&bed, label, DNS_TXT);
    }
    bed_run(&bed);
    /* 100 packets (3 retries each) at 200 a second with a burst of 5: never faster than 475 ms. */
    assert_true(clock_now_ms() - began >= 470);
    assert_true(bed_stats(&bed).queries >= 100); /* a canary may be among them */
    assert_true(bed_stats(&bed).retries >= 75);
    assert_int_equal(bed_stats(&bed).timeouts, 0);
    bed_close(&bed);
}

/* Waiting for tokens far longer than the timeout: still no timeout. */
static void waiting_for_a_token_eats_no_timeout(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_ok, NULL);
    struct resolver_spec spec = server_spec(&bed.servers[0]);
    spec.rate = 20;
    bed_ask_with(&bed, (struct asker_options){ .timeout_ms = 200, .retries = 0 }, &spec, 1);
    for (int i = 0; i < 20; i++) {
        bed_ask(&bed, "same", DNS_TXT);
    }
    bed_run(&bed);
    for (size_t i = 0; i < bed.asked; i++) {
        assert_int_equal(bed.lookups[i].rrset->outcome, DNS_ANSWERED);
    }
    bed_close(&bed);
}

static void one_zone_is_asked_at_its_own_rate(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_ok, NULL);
    struct asker_options options = quick;
    options.zone_rate = 10;
    bed_start(&bed, options);
    uint64_t began = clock_now_ms();
    for (int i = 0; i < 6; i++) {
        size_t at = bed.asked++;
        arena_init(&bed.arenas[at], bed.blocks[at], sizeof(bed.blocks[at]), 1 << 20);
        bed.lookups[at] = (struct lookup){
            .qname = SPAN("one.example"), .qtype = DNS_TXT, .arena = &bed.arenas[at], .zone_key = 99,
        };
        asker_ask(bed.asker, &bed.lookups[at]);
    }
    bed_run(&bed);
    assert_true(clock_now_ms() - began >= 495);
    bed_close(&bed);
}

/* Answers what it has an allowance for, which grows with time and never while the server reads: what comes at once meets the same
   one on any machine, and who waits long enough is answered, however long a turn takes. */
struct allowance {
    uv_timer_t timer;
    uint64_t grown_ms;
    uint64_t left;
};

enum { ALLOWED_AT_ONCE = 20, ALLOWED_A_TURN = 8, ALLOWANCE_TURN_MS = 10 };

static void on_allowance(uv_timer_t *timer)
{
    struct allowance *allowance = timer->data;
    uint64_t now_ms = clock_now_ms(), more = (now_ms - allowance->grown_ms) * ALLOWED_A_TURN / ALLOWANCE_TURN_MS;
    allowance->grown_ms = now_ms;
    allowance->left = allowance->left < ALLOWED_AT_ONCE ? allowance->left + more : allowance->left;
}

static struct allowance allowance;

static size_t reply_within_allowance(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    if (allowance.left == 0) {
        return reply_refused(server, query, over_tcp, out);
    }
    allowance.left--;
    return reply_ok(server, query, over_tcp, out);
}

/* 2,000 names at once, and two tries each: those who are refused wait until there is an allowance for them. */
static void a_limit_costs_no_name_its_tries(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_within_allowance, NULL);
    allowance = (struct allowance){ .left = ALLOWED_AT_ONCE, .grown_ms = clock_now_ms() };
    uv_timer_init(&bed.loop, &allowance.timer);
    allowance.timer.data = &allowance;
    uv_timer_start(&allowance.timer, on_allowance, ALLOWANCE_TURN_MS, ALLOWANCE_TURN_MS);
    bed_start(&bed, (struct asker_options){ .timeout_ms = 10000, .retries = 1, .seed = 7 });
    for (int i = 0; i < 2000; i++) {
        char label[16];
        snprintf(label, sizeof(label), "n%d", i);
        bed_ask(&bed, label, DNS_TXT);
    }
    bed_run(&bed);
    for (size_t i = 0; i < bed.asked; i++) {
        assert_int_equal(bed.lookups[i].rrset->outcome, DNS_ANSWERED);
    }
    assert_true(bed_stats(&bed).refused > 100); /* the first window is larger than the allowance */
    assert_true(bed_stats(&bed).retries >= bed_stats(&bed).refused);
    assert_int_equal(bed_stats(&bed).timeouts, 0);
    uv_close((uv_handle_t *)&allowance.timer, NULL);
    bed_close(&bed);
}

static size_t reply_refused_if_lame(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    char label[64];
    query_label(query, label, sizeof(label));
    return strncmp(label, "lame", 4) == 0 ? reply_refused(server, query, over_tcp, out) : reply_ok(server, query, over_tcp, out);
}

static void lame_zones_are_no_limit(void **state)
{
    enum { NAMES = 1000 };
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_refused_if_lame, NULL);
    bed_start(&bed, (struct asker_options){ .timeout_ms = 10000, .retries = 3, .seed = 7 });
    size_t lame = 0;
    for (int i = 0; i < NAMES; i++) {
        char label[16];
        bool is_lame = i % 10 < 3;
        lame += is_lame;
        snprintf(label, sizeof(label), is_lame ? "lame%d" : "n%d", i);
        bed_ask(&bed, label, DNS_TXT);
    }
    bed_run(&bed);
    for (size_t i = 0; i < bed.asked; i++) {
        bool is_lame = i % 10 < 3;
        assert_int_equal(bed.lookups[i].rrset->outcome, is_lame ? DNS_REFUSED : DNS_ANSWERED);
        assert_true(is_lame || bed.lookups[i].retries == 0);
    }
    assert_true(bed_stats(&bed).refused <= lame * 12); /* waited out eight times, if their retries alone are in flight */
    assert_true(resolver_stats(&bed, 0).learned_rate == 0);
    bed_close(&bed);
}

/* Of the names' own questions, those before the first of a name that is answered. */
struct order {
    size_t dead, alive;
    size_t dead_before_alive;
};
static struct order order;

static size_t silent_if_dead(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    char label[64];
    query_label(query, label, sizeof(label));
    if (strncmp(label, "dead", 4) == 0) {
        order.dead++;
        return 0;
    }
    if (strncmp(label, "alive", 5) == 0) {
        order.dead_before_alive = order.alive++ == 0 ? order.dead : order.dead_before_alive;
    }
    return reply_ok(server, query, over_tcp, out);
}

/* One packet at a time: a retry each time the one before is over, and yet the fresh ones come to it. */
static void retries_leave_every_second_place_to_fresh_questions(void **state)
{
    enum { DEAD = 4, RETRIES = 5 };
    struct bed bed;
    (void)state;
    order = (struct order){ .dead = 0 };
    bed_open(&bed, silent_if_dead, NULL);
    bed_start(&bed, (struct asker_options){ .timeout_ms = 100, .retries = RETRIES, .concurrency = 1, .seed = 7 });
    for (int i = 0; i < DEAD; i++) {
        char label[16];
        snprintf(label, sizeof(label), "dead%d", i);
        bed_ask(&bed, label, DNS_TXT);
    }
    bed_ask(&bed, "alive", DNS_TXT);
    bed_run(&bed);
    assert_int_equal(order.dead, DEAD * (RETRIES + 1));
    assert_int_equal(bed.lookups[DEAD].rrset->outcome, DNS_ANSWERED);
    assert_in_range(order.dead_before_alive, DEAD, 2 * DEAD);
    bed_close(&bed);
}

static void where_all_has_failed_before_there_is_an_end_of_room(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_ok, NULL);
    bed_start(&bed, (struct asker_options){ .timeout_ms = 5000, .concurrency = 100 });
    asker_expect_failures(bed.asker);
    while (bed.asked < LOOKUPS_MAX && asker_has_room(bed.asker)) {
        bed_ask_again(&bed, "same");
    }
    assert_in_range(bed.asked, 100, 1000);
    bed_run(&bed);
    bed_close(&bed);
}

/* The second one has a token every twenty minutes. */
static void nobody_waits_long_for_a_slow_resolver_he_has_not_tried(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_servfail, reply_servfail);
    struct resolver_spec specs[2] = { server_spec(&bed.servers[0]), server_spec(&bed.servers[1]) };
    specs[1].rate = 1.0 / 1200;
    bed_ask_with(&bed, (struct asker_options){ .timeout_ms = 5000, .retries = 2, .seed = 7 }, specs, 2);
    for (int i = 0; i < 20; i++) {
        char label[16];
        snprintf(label, sizeof(label), "n%d", i);
        bed_ask(&bed, label, DNS_TXT);
    }
    bed_run(&bed);
    for (size_t i = 0; i < bed.asked; i++) {
        assert_int_equal(bed.lookups[i].rrset->outcome, DNS_SERVFAIL);
        assert_int_equal(bed.lookups[i].retries, 2);
    }
    bed_close(&bed);
}

static void names_that_cannot_be_asked_are_cut(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_ok, NULL);
    bed_start(&bed, quick);
    struct lookup *lookup = bed_ask(&bed, "a..b", DNS_TXT);
    bed_run(&bed);
    assert_int_equal(lookup->rrset->outcome, DNS_CUT);
    assert_int_equal(bed_stats(&bed).queries, 0);
    bed_close(&bed);
}

static void an_exhausted_arena_is_cut(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_ok, NULL);
    bed_start(&bed, quick);
    struct arena none;
    char byte[1];
    arena_init(&none, byte, sizeof(byte), 0);
    struct lookup lookup = { .qname = SPAN("x.example"), .qtype = DNS_TXT, .arena = &none };
    bed.asked++;
    asker_ask(bed.asker, &lookup);
    bed_run(&bed);
    assert_int_equal(lookup.rrset->outcome, DNS_CUT);
    bed_close(&bed);
}

static void ask_another(struct bed *bed, struct lookup *lookup)
{
    (void)lookup;
    if (bed->asked < 500) {
        bed_ask(bed, "next", DNS_TXT);
    }
}

static void on_done_may_ask_more(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_ok, NULL);
    bed_start(&bed, quick);
    bed.on_done = ask_another;
    bed_ask(&bed, "first", DNS_TXT);
    bed_run(&bed);
    assert_int_equal(bed.asked, 500);
    bed_close(&bed);
}

static void freeing_with_lookups_open_is_quiet(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_nothing, NULL);
    bed_start(&bed, quick);
    for (int i = 0; i < 700; i++) {
        bed_ask(&bed, "open", DNS_TXT);
    }
    uv_run(&bed.loop, UV_RUN_NOWAIT);
    uv_run(&bed.loop, UV_RUN_NOWAIT);
    assert_int_equal(bed.done, 0);
    bed_close(&bed);
}

/* 700 fill the window of the start and wait behind it; "fail" is parked between its tries. */
static void a_budget_that_is_over_ends_all_that_is_open(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_servfail_to_fail, NULL);
    bed_start(&bed, patient);
    struct lookup *fail = bed_ask(&bed, "fail", DNS_TXT);
    for (int i = 0; i < 700; i++) {
        bed_ask(&bed, "silent", DNS_TXT);
    }
    while (bed_stats(&bed).servfail == 0) {
        uv_run(&bed.loop, UV_RUN_ONCE);
    }
    assert_true(bed_stats(&bed).in_flight > 0);
    assert_true(bed_stats(&bed).waiting > 0);
    asker_expire_open(bed.asker);
    assert_int_equal(bed.done, 0); /* at the next turn */
    bed_run(&bed);
    assert_int_equal(bed_stats(&bed).timeouts, 0); /* nothing was waited for */
    assert_int_equal(fail->rrset->outcome, DNS_SERVFAIL);
    for (size_t i = 1; i < bed.asked; i++) {
        assert_int_equal(bed.lookups[i].rrset->outcome, DNS_TIMEOUT);
    }
    bed_close(&bed);
}

static struct probe_result probed[2];
static size_t probed_count;

static void on_probe(const struct probe_result *results, size_t count, void *user)
{
    (void)user;
    probed_count = count;
    memcpy(probed, results, count * sizeof(*results));
}

static void the_probe_tells_who_answers(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_refused, reply_nothing);
    bed_start(&bed, quick);
    probed_count = 0;
    assert_int_equal(asker_probe(bed.asker, on_probe, NULL), 0);
    for (int i = 0; i < 1000 && probed_count == 0; i++) {
        uv_run(&bed.loop, UV_RUN_ONCE);
    }
    assert_int_equal(probed_count, 2);
    assert_true(probed[0].is_alive);
    assert_int_equal(probed[0].outcome, DNS_REFUSED);
    assert_string_equal(probed[0].address, bed.servers[0].text);
    assert_false(probed[1].is_alive);
    assert_int_equal(probed[1].outcome, DNS_TIMEOUT);
    bed_close(&bed);
}

/* ---- Liars ------------------------------------------------------------------------------------------------------ */

static bool is_below_invalid(span query)
{
    span end = SPAN("\7invalid");
    size_t root = answer_question_end(query) - 5; /* before type and class */
    return root > DNS_HEADER_SIZE + end.len && span_equal_nocase(span_of(query.ptr + root - end.len, end.len), end);
}

/* Has an address for any name, and a record that lets everybody send. */
static size_t reply_lies(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    static const uint8_t address[4] = { 192, 0, 2, 80 };
    (void)server;
    (void)over_tcp;
    size_t at = reply_begin(query, FLAGS_OK, out);
    return query_type(query) == DNS_A ? reply_add(out, at, DNS_A, 60, address, 4) : reply_add_txt(out, at, 60, "v=spf1 +all");
}

/* NXDOMAIN below .invalid, as RFC 6761 6.4 has it. */
static size_t reply_truth(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    return is_below_invalid(query) ? reply_nxdomain(server, query, over_tcp, out) : reply_ok(server, query, over_tcp, out);
}

static void run_probe(struct bed *bed)
{
    probed_count = 0;
    assert_int_equal(asker_probe(bed->asker, on_probe, NULL), 0);
    uint64_t until = clock_now_ms() + PATIENCE_MS;
    while (probed_count == 0 && clock_now_ms() < until) {
        uv_run(&bed->loop, UV_RUN_ONCE);
    }
    assert_true(probed_count > 0);
}

static void a_liar_is_caught_before_the_first_question(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_lies, reply_truth);
    bed_start(&bed, patient);
    run_probe(&bed);
    assert_true(probed[0].has_lied);
    assert_false(probed[0].is_alive);
    assert_false(probed[1].has_lied);
    assert_true(probed[1].is_alive);
    size_t before = bed.servers[0].queries;
    for (int i = 0; i < 300; i++) {
        char label[16];
        snprintf(label, sizeof(label), "n%d", i);
        bed_ask(&bed, label, DNS_TXT);
    }
    bed_run(&bed);
    for (size_t i = 0; i < bed.asked; i++) {
        assert_true(span_equal(bed.lookups[i].rrset->txt[0].text, SPAN("v=spf1 -all")));
    }
    assert_true(bed.servers[0].queries - before <= 8); /* canaries at most */
    assert_int_equal(resolver_stats(&bed, 0).state, RESOLVER_LYING);
    assert_false(resolver_stats(&bed, 0).healthy);
    assert_int_equal(resolver_stats(&bed, 1).state, RESOLVER_OK);
    bed_close(&bed);
}

/* Keeps the first TXT question's forged answer back, lies to the canary, and lets it go with a later canary. */
static struct {
    uint8_t bytes[512];
    size_t size;
    bool was_asked, has_lied, is_out;
} forged;

static size_t lie_late(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    if (is_below_invalid(query)) {
        forged.has_lied = true;
        return reply_lies(server, query, over_tcp, out);
    }
    if (is_root_query(query)) {
        if (forged.has_lied && forged.size > 0 && !forged.is_out) {
            forged.is_out = true;
            memcpy(out, forged.bytes, forged.size);
            return forged.size;
        }
        return reply_begin(query, FLAGS_OK, out);
    }
    if (!forged.was_asked) {
        forged.was_asked = true;
        forged.size = reply_lies(server, query, over_tcp, forged.bytes);
    }
    return 0;
}

static size_t answer_once_the_forgery_is_out(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    if (is_root_query(query) || is_below_invalid(query)) {
        return reply_truth(server, query, over_tcp, out);
    }
    return forged.is_out ? reply_ok(server, query, over_tcp, out) : 0;
}

static void what_a_liar_had_on_its_way_counts_for_nothing(void **state)
{
    struct bed bed;
    (void)state;
    memset(&forged, 0, sizeof(forged));
    bed_open(&bed, lie_late, answer_once_the_forgery_is_out);
    bed_start(&bed, (struct asker_options){ .timeout_ms = 1000, .retries = 60, .seed = 3 });
    for (int i = 0; i < 16; i++) {
        char label[16];
        snprintf(label, sizeof(label), "n%d", i);
        bed_ask(&bed, label, DNS_TXT);
    }
    while (!forged.was_asked) {
        uv_run(&bed.loop, UV_RUN_ONCE);
    }
    run_probe(&bed);
    bed_run(&bed);
    assert_true(forged.is_out);
    for (size_t i = 0; i < bed.asked; i++) {
        assert_int_equal(bed.lookups[i].rrset->outcome, DNS_ANSWERED);
        assert_true(span_equal(bed.lookups[i].rrset->txt[0].text, SPAN("v=spf1 -all")));
    }
    bed_close(&bed);
}

static int evasions; /* questions for what cannot exist */

/* Lies once, then is silent to such a question, and truthful about the root. */
static size_t lies_once_then_evades(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    if (!is_below_invalid(query)) {
        return reply_truth(server, query, over_tcp, out);
    }
    evasions++;
    return evasions > 1 ? 0 : reply_lies(server, query, over_tcp, out);
}

static void silence_clears_nobody_of_having_lied(void **state)
{
    enum { TRIES = 2 };
    struct bed bed;
    (void)state;
    evasions = 0;
    bed_open(&bed, lies_once_then_evades, reply_truth);
    bed_start(&bed, (struct asker_options){ .timeout_ms = 200, .retries = 2, .seed = 3 });
    run_probe(&bed);
    assert_true(probed[0].has_lied);
    /* By the time a third canary comes, the second has been judged. */
    uint64_t until = clock_now_ms() + PATIENCE_MS;
    while (evasions < 1 + TRIES + 1 && clock_now_ms() < until) {
        uv_run(&bed.loop, UV_RUN_ONCE);
    }
    assert_true(evasions > 1 + TRIES);
    assert_int_equal(resolver_stats(&bed, 0).state, RESOLVER_LYING);
    bed_close(&bed);
}

static size_t lies_at_first(struct server *server, span query, bool over_tcp, uint8_t *out)
{
    return server->queries <= 2 ? reply_lies(server, query, over_tcp, out) : reply_truth(server, query, over_tcp, out);
}

static void who_has_stopped_lying_is_asked_again(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, lies_at_first, NULL);
    bed_start(&bed, patient);
    run_probe(&bed);
    assert_true(probed[0].has_lied);
    /* They wait: there is nobody to ask. The second has failed before, and stands in no canary's way. */
    bed_ask(&bed, "later", DNS_TXT);
    bed_ask_again(&bed, "again");
    bed_run(&bed);
    for (size_t i = 0; i < bed.asked; i++) {
        assert_true(span_equal(bed.lookups[i].rrset->txt[0].text, SPAN("v=spf1 -all")));
    }
    assert_int_equal(resolver_stats(&bed, 0).state, RESOLVER_OK);
    bed_close(&bed);
}

static void a_closed_port_is_told_from_silence(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_nothing, NULL);
    struct resolver_spec specs[2] = { server_spec(&bed.servers[0]), server_spec(&bed.servers[0]) };
    struct sockaddr_in closed = bed.servers[0].address;
    closed.sin_addr.s_addr = htonl(0x7f000002); /* 127.0.0.2: nobody listens there at this port */
    memcpy(&specs[1].address, &closed, sizeof(closed));
    bed_ask_with(&bed, quick, specs, 2);
    run_probe(&bed);
    assert_false(probed[0].is_alive);
    assert_false(probed[0].port_is_closed);
    assert_false(probed[1].is_alive);
    assert_true(probed[1].port_is_closed);
    bed_close(&bed);
}

/* Each question costs its zone two packets: one that comes back truncated, and one over TCP. */
static void tcp_pays_the_zone_too(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_long_over_tcp, NULL);
    struct asker_options options = patient;
    options.zone_rate = 10;
    bed_start(&bed, options);
    uint64_t began = clock_now_ms();
    for (int i = 0; i < 3; i++) {
        size_t at = bed.asked++;
        arena_init(&bed.arenas[at], bed.blocks[at], sizeof(bed.blocks[at]), 1 << 20);
        bed.lookups[at] = (struct lookup){
            .qname = SPAN("big.example"), .qtype = DNS_TXT, .arena = &bed.arenas[at], .zone_key = 99,
        };
        asker_ask(bed.asker, &bed.lookups[at]);
    }
    bed_run(&bed);
    assert_int_equal(bed.servers[0].queries, 6);
    assert_true(clock_now_ms() - began >= 495); /* six packets at ten a second, the first at once */
    bed_close(&bed);
}

static void a_new_list_takes_over(void **state)
{
    struct bed bed;
    (void)state;
    bed_open(&bed, reply_ok, reply_ok);
    struct resolver_spec first = server_spec(&bed.servers[0]), second = server_spec(&bed.servers[1]);
    bed_ask_with(&bed, quick, &first, 1);
    bed_ask(&bed, "a", DNS_TXT);
    bed_run(&bed);
    assert_int_equal(asker_set_resolvers(bed.asker, &second, 1), 0);
    bed_ask(&bed, "b", DNS_TXT);
    bed_run(&bed);
    assert_int_equal(bed.servers[0].queries, 1);
    assert_int_equal(bed.servers[1].queries, 3); /* a newcomer is first asked whether it is there and whether it lies */
    assert_true(resolver_stats(&bed, 0).is_retired);
    assert_int_equal(bed_stats(&bed).resolver_count, 2);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_are_answered_once_each),
        cmocka_unit_test(the_same_absence_is_kept_once),
        cmocka_unit_test(the_policy_of_tries),
        cmocka_unit_test(forged_replies_are_counted_and_do_not_kill_the_true_one),
        cmocka_unit_test(an_answer_in_other_case_is_refused),
        cmocka_unit_test(a_server_that_folds_case_is_learned),
        cmocka_unit_test(checking_disabled_is_asked_for_at_each_try),
        cmocka_unit_test(a_late_reply_to_an_earlier_try_counts),
        cmocka_unit_test(a_standstill_is_no_timeout),
        cmocka_unit_test(a_closed_port_is_a_timeout_and_harms_no_other),
        cmocka_unit_test(the_rate_counts_every_packet),
        cmocka_unit_test(waiting_for_a_token_eats_no_timeout),
        cmocka_unit_test(one_zone_is_asked_at_its_own_rate),
        cmocka_unit_test(a_limit_costs_no_name_its_tries),
        cmocka_unit_test(lame_zones_are_no_limit),
        cmocka_unit_test(retries_leave_every_second_place_to_fresh_questions),
        cmocka_unit_test(where_all_has_failed_before_there_is_an_end_of_room),
        cmocka_unit_test(nobody_waits_long_for_a_slow_resolver_he_has_not_tried),
        cmocka_unit_test(names_that_cannot_be_asked_are_cut),
        cmocka_unit_test(an_exhausted_arena_is_cut),
        cmocka_unit_test(on_done_may_ask_more),
        cmocka_unit_test(freeing_with_lookups_open_is_quiet),
        cmocka_unit_test(a_budget_that_is_over_ends_all_that_is_open),
        cmocka_unit_test(the_probe_tells_who_answers),
        cmocka_unit_test(a_liar_is_caught_before_the_first_question),
        cmocka_unit_test(what_a_liar_had_on_its_way_counts_for_nothing),
        cmocka_unit_test(silence_clears_nobody_of_having_lied),
        cmocka_unit_test(who_has_stopped_lying_is_asked_again),
        cmocka_unit_test(a_closed_port_is_told_from_silence),
        cmocka_unit_test(tcp_pays_the_zone_too),
        cmocka_unit_test(a_new_list_takes_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
