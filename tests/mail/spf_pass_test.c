// SPDX-License-Identifier: MIT
/*
 * Two evaluators of the same RFC against each other: the pass-set of the whole tree must hold an address exactly when
 * check_host() lets that address pass, and the sender that nothing covers must end the same way in both. The trees come
 * from a generator with a fixed seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "scanner/mail/spf_check.h"
#include "scanner/mail/spf_pass.h"
#include "tests/support/zone.h"

static char asking_memory[1 << 20], memory[1 << 20];

enum { NODES = 6, HOSTS = 5, TERMS = 7, RECORD_SIZE = 512, ADDRESSES = 32, TREES = 1500,
       SENDERS = 2 * (ADDRESSES + 1), ROWS = NODES + 4 * HOSTS + 4 + SENDERS };

static uint32_t seed;

static uint32_t roll(uint32_t sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % sides;
}

struct world {
    struct zone_row rows[ROWS];
    size_t count;
    char names[NODES][16], texts[NODES][RECORD_SIZE], hosts[HOSTS][16], addresses[HOSTS * 2][32], mx[HOSTS][24];
    bool has_failure;
};

static void add_row(struct world *world, const char *name, enum dns_type type, const char *value)
{
    world->rows[world->count++] = (struct zone_row){ name, type, value };
}

static size_t write_term(char *out, size_t size, uint32_t node)
{
    static const char *const qualifiers[] = { "", "", "+", "-", "~", "?" };
    const char *qualifier = qualifiers[roll(6)];
    uint32_t target = node + 1 + roll(NODES); /* beyond the last: a name without a record */
    switch (roll(10)) {
    case 0:
    case 1:
        return (size_t)snprintf(out, size, " %sip4:10.0.0.%u/%u", qualifier, roll(ADDRESSES), 27 + roll(6));
    case 2:
        return (size_t)snprintf(out, size, " %sip6:2001:db8::%x/%u", qualifier, roll(ADDRESSES), 123 + roll(6));
    case 3:
    case 4:
    case 5:
        return (size_t)snprintf(out, size, " %sinclude:n%u.example", qualifier,
                                target % (NODES + (roll(8) == 0 ? 1u : 0u)));
    case 6:
        return (size_t)snprintf(out, size, " %sa:h%u.example/%u//%u", qualifier, roll(HOSTS), 29 + roll(4),
                                125 + roll(4));
    case 7:
        return (size_t)snprintf(out, size, " %smx:h%u.example", qualifier, roll(HOSTS));
    case 8:
        return (size_t)snprintf(out, size, " %sptr:nobody.example", qualifier);
    default:
        return roll(3) == 0 ? (size_t)snprintf(out, size, " %sexists:h%u.example", qualifier, roll(HOSTS)) : 0;
    }
}

static void write_record(struct world *world, uint32_t node)
{
    static const char *const ends[] = { " -all", " ~all", " ?all", "", "", " +all" };
    char *text = world->texts[node];
    size_t len = (size_t)snprintf(text, RECORD_SIZE, "v=spf1");
    for (uint32_t i = roll(TERMS); i > 0; i--) {
        len += write_term(text + len, RECORD_SIZE - len, node);
    }
    uint32_t end = roll(8);
    if (end < 6) {
        snprintf(text + len, RECORD_SIZE - len, "%s", ends[end]);
    } else {
        snprintf(text + len, RECORD_SIZE - len, " redirect=n%u.example", roll(NODES));
    }
    add_row(world, world->names[node], DNS_TXT, text);
}

static void write_host(struct world *world, uint32_t host, bool may_fail)
{
    char *name = world->hosts[host];
    snprintf(name, sizeof(world->hosts[host]), "h%u.example", host);
    snprintf(world->addresses[host * 2], 32, "10.0.0.%u", roll(ADDRESSES));
    snprintf(world->addresses[host * 2 + 1], 32, "2001:db8::%x", roll(ADDRESSES));
    snprintf(world->mx[host], sizeof(world->mx[host]), "10 h%u.example", roll(HOSTS));
    if (may_fail && roll(4) == 0) {
        add_row(world, name, DNS_A, "[TIMEOUT]");
        world->has_failure = true;
    } else if (roll(4) > 0) {
        add_row(world, name, DNS_A, world->addresses[host * 2]);
    }
    if (roll(2) == 0) {
        add_row(world, name, DNS_AAAA, world->addresses[host * 2 + 1]);
    }
    if (roll(3) > 0) {
        add_row(world, name, DNS_MX, world->mx[host]);
    }
}

/* Each address has a name, as of hosts that send mail: for one without, a ptr term would be void, and for it alone. */
static void name_the_senders(struct world *world)
{
    static char names[SENDERS][80];
    const char *zeros = "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0";
    for (unsigned i = 0; i < ADDRESSES; i++) {
        snprintf(names[2 * i], sizeof(names[0]), "%u.0.0.10.in-addr.arpa", i);
        snprintf(names[2 * i + 1], sizeof(names[0]), "%x.%x.%s.8.b.d.0.1.0.0.2.ip6.arpa", i % 16, i / 16, zeros);
    }
    snprintf(names[SENDERS - 2], sizeof(names[0]), "1.2.0.192.in-addr.arpa");
    snprintf(names[SENDERS - 1], sizeof(names[0]), "1.0.%s.9.b.d.0.1.0.0.2.ip6.arpa", zeros);
    for (unsigned i = 0; i < SENDERS; i++) {
        add_row(world, names[i], DNS_PTR, "host.elsewhere.example");
    }
}

static void make_world(struct world *world, bool may_fail)
{
    *world = (struct world){ .count = 0 };
    for (uint32_t i = 0; i < NODES; i++) {
        snprintf(world->names[i], sizeof(world->names[i]), "n%u.example", i);
        write_record(world, i);
    }
    for (uint32_t i = 0; i < HOSTS; i++) {
        write_host(world, i, may_fail);
    }
    name_the_senders(world);
}

struct fixture {
    struct arena asking, arena;
    struct mail_config config;
    struct answer_set answers;
    struct subject subject;
    struct zone zone;
};

static void begin(struct fixture *f, const struct world *world)
{
    *f = (struct fixture){ .config = { .checks = CHECKS_DEFAULT }, .zone = { world->rows, world->count } };
    arena_init(&f->asking, asking_memory, sizeof(asking_memory), 0);
    arena_init(&f->arena, memory, sizeof(memory), 0);
    answer_set_init(&f->answers, &f->asking, ANSWER_SET_LIMIT);
    f->subject = (struct subject){
        .config = &f->config, .domain = SPAN("n0.example"), .answers = &f->answers, .arena = &f->arena
    };
    struct spf_plan plan = { 0 };
    while (spf_ask(&f->subject, &plan) > 0) {
        zone_answer(&f->zone, &f->answers, &f->asking);
    }
}

static enum spf_check_outcome check_host(struct fixture *f, const char *ip)
{
    struct spf_sender sender = { .is_ip6 = false };
    struct spf_check_plan plan = { 0 };
    struct spf_check_result result;
    assert_true(spf_sender_set_ip(&sender, span_from_cstr(ip)));
    arena_init(&f->arena, memory, sizeof(memory), 0);
    while (spf_check_ask(&f->subject, &sender, &plan) > 0) {
        zone_answer(&f->zone, &f->answers, &f->asking);
    }
    spf_check_assess(&f->subject, &sender, &result);
    return result.outcome;
}

static void explain_and_fail(const struct world *world, const char *ip, enum spf_check_outcome outcome,
                             const char *what)
{
    for (size_t i = 0; i < world->count; i++) {
        print_error("%s %d %s\n", world->rows[i].name, (int)world->rows[i].type, world->rows[i].value);
    }
    fail_msg("%s: check_host %s, %s", ip, spf_check_outcome_name(outcome), what);
}

static void compare_family(struct fixture *f, const struct world *world, bool is_ip6)
{
    static bool inside[ADDRESSES];
    struct spf_tree tree;
    struct spf_pass pass;
    const char *format = is_ip6 ? "2001:db8::%x" : "10.0.0.%u";
    ip_number base = is_ip6 ? ((ip_number)0x20010db8 << 96) : 0x0a000000;
    spf_tree_init(&tree, &f->subject);
    spf_pass_evaluate(&tree, is_ip6, &pass);
    enum spf_status status = pass.status;
    for (unsigned i = 0; i < ADDRESSES; i++) {
        inside[i] = pass_set_contains(&pass.set, base + i);
    }
    for (unsigned i = 0; i < ADDRESSES && !world->has_failure; i++) {
        char ip[40];
        snprintf(ip, sizeof(ip), format, i);
        enum spf_check_outcome outcome = check_host(f, ip);
        if ((outcome == SPF_CHECK_PASS) != inside[i]) {
            explain_and_fail(world, ip, outcome, inside[i] ? "in the pass-set" : "not in the pass-set");
        }
    }
    const char *stranger = is_ip6 ? "2001:db9::1" : "192.0.2.1";
    enum spf_check_outcome outcome = check_host(f, stranger);
    enum spf_status expected = outcome == SPF_CHECK_PERMERROR   ? SPF_PERMERROR
                               : outcome == SPF_CHECK_TEMPERROR ? SPF_TEMPERROR
                                                                : SPF_VALID;
    if (status != expected) {
        explain_and_fail(world, stranger, outcome, "another status");
    }
}

static void compare_trees(bool may_fail)
{
    static struct fixture f;
    static struct world world;
    for (int i = 0; i < TREES; i++) {
        make_world(&world, may_fail);
        begin(&f, &world);
        compare_family(&f, &world, false);
        arena_init(&f.arena, memory, sizeof(memory), 0);
        compare_family(&f, &world, true);
    }
}

static void the_pass_set_is_who_check_host_lets_pass(void **state)
{
    (void)state;
    seed = 2463534242u;
    compare_trees(false);
}

static void failures_end_the_stranger_alike(void **state)
{
    (void)state;
    seed = 88675123u;
    compare_trees(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pass_set_is_who_check_host_lets_pass),
        cmocka_unit_test(failures_end_the_stranger_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
