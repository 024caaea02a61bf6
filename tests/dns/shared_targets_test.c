// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "scanner/base/clock.h"
#include "scanner/dns/shared_targets.h"
#include "tests/dns/scripted_server.h"

enum { LOOKUPS_MAX = 2000 };

static uv_loop_t loop;
static uv_check_t check;
static uv_prepare_t prepare;
static struct server server;
static struct asker *asker;
static struct shared_targets *shared;
static uint64_t now;
static size_t asked, done;
static struct lookup lookups[LOOKUPS_MAX];
static struct arena arenas[LOOKUPS_MAX];
static char blocks[LOOKUPS_MAX][512];

static uint64_t test_clock(void)
{
    return now;
}

static void on_done(struct lookup *lookup, void *user)
{
    (void)user;
    assert_non_null(lookup->rrset);
    done++;
}

static void on_check(uv_check_t *handle)
{
    (void)handle;
    asker_turn(asker);
}

static void on_prepare(uv_prepare_t *handle)
{
    (void)handle;
    asker_flush(asker);
}

/* By first label: mx, ns, a, aaaa, fail, gone; else TXT. Labels with "big" are large. */
static size_t script(struct server *self, span query, bool over_tcp, uint8_t *out)
{
    char label[64], text[200];
    (void)self;
    (void)over_tcp;
    query_label(query, label, sizeof(label));
    size_t at = reply_begin(query, strcmp(label, "fail") == 0 ? 0x8182 : strcmp(label, "gone") == 0 ? 0x8183 : 0x8180, out);
    if (strcmp(label, "fail") == 0 || strcmp(label, "gone") == 0) {
        return at;
    }
    switch (query_type(query)) {
    case DNS_MX: return reply_add(out, reply_add(out, at, DNS_MX, 300, "\0\24\1b\300\14", 6), DNS_MX, 300, "\0\12\1a\300\14", 6);
    case DNS_A: return reply_add(out, at, DNS_A, 300, "\1\2\3\4", 4);
    case DNS_AAAA: return reply_add(out, at, DNS_AAAA, 300, "\1\2\3\4\1\2\3\4\1\2\3\4\1\2\3\4", 16);
    case DNS_NS: return reply_add(out, at, DNS_NS, 300, "\2ns\300\14", 5);
    default: break;
    }
    if (strncmp(label, "big", 3) == 0) {
        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = 0;
        for (int i = 0; i < 4; i++) {
            at = reply_add_txt(out, at, 300, text);
        }
        return at;
    }
    return reply_add(out, at, DNS_TXT, 300, "\3v=s\0\3pf1", 9);
}

static void open_bed(size_t memory_limit)
{
    uv_loop_init(&loop);
    server_start(&server, &loop, script, NULL);
    struct resolver_spec spec = server_spec(&server);
    struct asker_options options = {
        .loop = &loop, .resolvers = &spec, .resolver_count = 1, .timeout_ms = 3000, .retries = 1, .on_done = on_done,
    };
    assert_int_equal(asker_new(&options, &asker), 0);
    now = 1000000;
    shared = shared_targets_new(&(struct shared_options){ .asker = asker, .memory_limit = memory_limit, .now_ms = test_clock });
    assert_non_null(shared);
    asked = done = 0;
    uv_check_init(&loop, &check);
    uv_check_start(&check, on_check);
    uv_prepare_init(&loop, &prepare);
    uv_prepare_start(&prepare, on_prepare);
}

static void close_bed(void)
{
    uv_close((uv_handle_t *)&check, NULL);
    uv_close((uv_handle_t *)&prepare, NULL);
    asker_free(asker);
    shared_targets_free(shared);
    server_stop(&server);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    for (size_t i = 0; i < asked; i++) {
        arena_reset(&arenas[i]);
    }
}

static struct lookup *ask_unlike(const char *name, uint16_t qtype, const struct rrset *unwanted)
{
    size_t i = asked++;
    assert_true(i < LOOKUPS_MAX);
    arena_init(&arenas[i], blocks[i], sizeof(blocks[i]), 1 << 16);
    lookups[i] = (struct lookup){ .qname = span_from_cstr(name), .qtype = qtype, .arena = &arenas[i], .unwanted = unwanted };
    shared_ask(shared, &lookups[i]);
    return &lookups[i];
}

static struct lookup *ask(const char *name, uint16_t qtype)
{
    return ask_unlike(name, qtype, NULL);
}

static void run(void)
{
    uint64_t until = clock_now_ms() + 30000;
    while (done < asked && clock_now_ms() < until) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    assert_int_equal(done, asked);
}

static struct shared_stats stats(void)
{
    struct shared_stats s;
    shared_stats_get(shared, &s);
    return s;
}

static void a_name_is_asked_once_whoever_joins(void **state)
{
    (void)state;
    open_bed(0);
    for (int i = 0; i < 100; i++) {
        ask(i % 2 ? "_spf.example" : "_SPF.Example", DNS_TXT);
    }
    assert_int_equal(done, 0);
    run();
    struct lookup *late = ask("_spf.example", DNS_TXT);
    assert_int_equal(done, 100); /* known, and still nothing comes back inside the asking */
    run();
    assert_int_equal(server.queries, 1);
    assert_false(lookups[0].was_shared);
    assert_true(lookups[1].was_shared);
    assert_true(late->was_shared);
    assert_ptr_equal(late->rrset, lookups[0].rrset);
    assert_true(span_equal(late->rrset->txt[0].text, SPAN("v=spf1")));
    assert_int_equal(late->rrset->txt[0].cut_count, 2);
    assert_int_equal(late->rrset->txt[0].cuts[1], 3);
    assert_int_equal(stats().joins, 99);
    assert_int_equal(stats().hits, 1);
    for (size_t i = 0; i < asked; i++) {
        shared_release(shared, &lookups[i]);
        shared_release(shared, &lookups[i]); /* twice is harmless */
    }
    close_bed();
}

static void every_type_is_kept_whole(void **state)
{
    (void)state;
    open_bed(0);
    struct lookup *mx = ask("m.example", DNS_MX), *ns = ask("m.example", DNS_NS), *a = ask("m.example", DNS_A),
                  *aaaa = ask("m.example", DNS_AAAA), *gone = ask("gone.example", DNS_TXT);
    run();
    assert_int_equal(mx->rrset->count, 2);
    assert_true(span_equal(mx->rrset->mx[0].exchange, SPAN("a.m.example")));
    assert_true(span_equal(mx->rrset->mx[1].exchange, SPAN("b.m.example")));
    assert_true(span_equal(ns->rrset->names[0], SPAN("ns.m.example")));
    assert_memory_equal(a->rrset->a[0], "\1\2\3\4", 4);
    assert_int_equal(aaaa->rrset->aaaa[0][15], 4);
    assert_int_equal(gone->rrset->outcome, DNS_NXDOMAIN);
    close_bed();
}

static void answers_live_for_their_ttl_within_the_bounds(void **state)
{
    static const struct {
        const char *name;
        uint64_t lives_s;
    } rows[] = {
        { "t.example", 300 },       /* as published */
        { "gone.example", 60 },     /* no SOA: 0, raised to the floor */
        { "fail.example", 10 },     /* a failure, however often it is asked for */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        open_bed(0);
        ask(rows[i].name, DNS_TXT);
        run();
        size_t before = server.queries;
        now += rows[i].lives_s * 1000 - 1;
        assert_true(ask(rows[i].name, DNS_TXT)->was_shared);
        run();
        assert_int_equal(server.queries, before);
        now += 1;
        assert_false(ask(rows[i].name, DNS_TXT)->was_shared);
        run();
        assert_true(server.queries > before);
        close_bed();
    }
}

static void a_failure_stays_a_failure(void **state)
{
    (void)state;
    open_bed(0);
    ask("fail.example", DNS_TXT);
    struct lookup *joined = ask("fail.example", DNS_TXT);
    run();
    struct lookup *later = ask("fail.example", DNS_TXT);
    run();
    assert_int_equal(joined->rrset->outcome, DNS_SERVFAIL);
    assert_int_equal(later->rrset->outcome, DNS_SERVFAIL);
    assert_true(rrset_is_failure(later->rrset));
    close_bed();
}

/* In the second pass, long before the failure has run out: or it would ask nobody. */
static void who_holds_a_failure_asks_anew(void **state)
{
    (void)state;
    open_bed(0);
    struct lookup *first = ask("t.example", DNS_TXT), *second = ask("t.example", DNS_TXT);
    asker_expire_open(asker);
    run();
    const struct rrset *failure = first->rrset;
    assert_ptr_equal(second->rrset, failure);
    assert_int_equal(failure->outcome, DNS_TIMEOUT);
    struct lookup *anew = ask_unlike("t.example", DNS_TXT, failure);
    run();
    assert_int_equal(anew->rrset->outcome, DNS_ANSWERED);
    assert_int_equal(stats().misses, 2);
    /* Who holds the same failure shares what came. */
    struct lookup *shares = ask_unlike("t.example", DNS_TXT, failure);
    run();
    assert_ptr_equal(shares->rrset, anew->rrset);
    assert_int_equal(stats().misses, 2);
    assert_int_equal(failure->outcome, DNS_TIMEOUT); /* still there for who reads it */
    shared_release(shared, first);
    shared_release(shared, second);
    close_bed();
}

static void a_budget_that_is_over_ends_in_failures(void **state)
{
    (void)state;
    open_bed(0);
    struct lookup *first = ask("t.example", DNS_TXT), *joined = ask("t.example", DNS_TXT);
    asker_expire_open(asker);
    run();
    assert_int_equal(first->rrset->outcome, DNS_TIMEOUT);
    assert_int_equal(joined->rrset->outcome, DNS_TIMEOUT);
    now += 11 * 1000; /* beyond the life of a failure */
    struct lookup *later = ask("t.example", DNS_TXT);
    run();
    assert_int_equal(later->rrset->outcome, DNS_ANSWERED);
    close_bed();
}

static void what_is_pinned_outlives_its_time(void **state)
{
    (void)state;
    open_bed(0);
    struct lookup *old = ask("t.example", DNS_TXT);
    run();
    const struct rrset *kept = old->rrset;
    now += 7200 * 1000;
    struct lookup *new = ask("t.example", DNS_TXT);
    run();
    assert_ptr_not_equal(new->rrset, kept);
    assert_true(span_equal(kept->txt[0].text, SPAN("v=spf1")));
    assert_int_equal(stats().entries, 2);
    shared_release(shared, old);
    assert_int_equal(stats().entries, 1);
    shared_release(shared, new);
    assert_int_equal(stats().entries, 1);
    close_bed();
}

static void memory_is_bounded_and_the_unused_go_first(void **state)
{
    static char names[LOOKUPS_MAX][32];
    (void)state;
    open_bed(64 * 1024);
    for (size_t i = 0; i < 1000; i++) {
        snprintf(names[i], sizeof(names[i]), "big%zu.example", i);
        ask("often.example", DNS_TXT);
        struct lookup *lookup = ask(names[i], DNS_TXT);
        run();
        assert_int_equal(lookup->rrset->count, 4);
        shared_release(shared, lookup);
        shared_release(shared, lookup - 1);
        assert_true(stats().bytes <= 64 * 1024);
    }
    assert_true(stats().evictions > 800);
    assert_int_equal(stats().private_asks, 0);
    assert_int_equal(stats().hits, 999); /* "often" was never thrown out */
    close_bed();
}

static void with_all_pinned_it_asks_privately(void **state)
{
    static char names[LOOKUPS_MAX][32];
    (void)state;
    open_bed(16 * 1024);
    for (size_t i = 0; i < 60; i++) {
        snprintf(names[i], sizeof(names[i]), "big%zu.example", i);
        ask(names[i], DNS_TXT);
    }
    run();
    assert_true(stats().private_asks > 0);
    for (size_t i = 0; i < asked; i++) {
        assert_int_equal(lookups[i].rrset->outcome, DNS_ANSWERED);
        assert_int_equal(lookups[i].rrset->count, 4);
        shared_release(shared, &lookups[i]);
    }
    close_bed();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_asked_once_whoever_joins),
        cmocka_unit_test(every_type_is_kept_whole),
        cmocka_unit_test(answers_live_for_their_ttl_within_the_bounds),
        cmocka_unit_test(a_failure_stays_a_failure),
        cmocka_unit_test(who_holds_a_failure_asks_anew),
        cmocka_unit_test(a_budget_that_is_over_ends_in_failures),
        cmocka_unit_test(what_is_pinned_outlives_its_time),
        cmocka_unit_test(memory_is_bounded_and_the_unused_go_first),
        cmocka_unit_test(with_all_pinned_it_asks_privately),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
