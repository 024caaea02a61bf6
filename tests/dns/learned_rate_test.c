// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/dns/learned_rate.h"

/* ---- A scan in virtual time: a millisecond a step, one resolver ------------------------------------------------- */

enum { WAITING_MAX = 1 << 16, RETRY_MS = 100, TIMEOUT_MS = 2500, TRIPS = 4096, IN_FLIGHT_MAX = 1000 };
static const uint64_t ms_ns = 1000000;

/* What the resolver does with what exceeds its limit, and with names whatever the rate. */
struct habits {
    double limit;               /* answers a second; 0: none */
    double burst;               /* of its bucket; 0: it counts by the second of the clock */
    bool drops;                 /* instead of refusing */
    unsigned round_trip_ms;     /* of answers: told, not waited for */
    unsigned lost_permille;     /* whatever the rate */
    unsigned blocked_permille;  /* names it refuses, and that another resolver answers */
    unsigned lame_permille;     /* names it refuses, as everybody does */
    unsigned dead_permille;     /* names nobody answers */
};

struct counts {
    uint64_t sent, answered, refused, lost;
};

/* Names that failed together, to be tried again. */
struct failed {
    uint64_t sent_ms;
    enum blame blame;
    unsigned count;
};

struct scan {
    struct learned_rate learned;
    struct habits habits;
    double offered;             /* packets a millisecond when nothing limits */
    uint64_t now_ms, random;
    double tokens;              /* ours */
    double allowance;           /* the resolver's */
    struct failed trips[TRIPS][BLAME_KINDS]; /* by the millisecond at which they come back, modulo TRIPS */
    struct failed line[WAITING_MAX];
    size_t waiting;
    unsigned lost_in_flight;
    struct counts counts;
};

static struct scan *scan_new(struct habits habits)
{
    struct scan *s = calloc(1, sizeof(*s));
    s->habits = habits;
    s->offered = 40;
    s->random = 88172645463325252u;
    s->now_ms = 1000;
    s->allowance = habits.burst;
    learned_rate_init(&s->learned, s->now_ms * ms_ns);
    return s;
}

static bool chance(struct scan *s, unsigned permille)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random % 1000 < permille;
}

static void refill(struct scan *s)
{
    const struct habits *h = &s->habits;
    if (h->burst > 0) {
        s->allowance += h->limit / 1000;
        s->allowance = s->allowance > h->burst ? h->burst : s->allowance;
    } else if (s->now_ms % 1000 == 0) {
        s->allowance = h->limit;
    }
}

static bool is_within_limit(struct scan *s)
{
    if (s->habits.limit <= 0) {
        return true;
    }
    bool is_within = s->allowance >= 1;
    s->allowance -= is_within;
    return is_within;
}

static void try_later(struct scan *s, enum blame blame)
{
    uint64_t back_ms = s->now_ms + (blame == BLAME_REFUSED ? RETRY_MS : TIMEOUT_MS);
    struct failed *trip = &s->trips[back_ms % TRIPS][blame];
    trip->sent_ms = s->now_ms;
    trip->blame = blame;
    trip->count++;
    s->lost_in_flight += blame == BLAME_LOST;
}

static void refuse(struct scan *s)
{
    learned_rate_note_refusal(&s->learned, s->now_ms * ms_ns);
    s->counts.refused++;
}

/* A packet for a name that failed before, as `before` says, or for a new one (NULL). */
static void send(struct scan *s, const struct failed *before)
{
    const struct habits *h = &s->habits;
    uint64_t now_ns = s->now_ms * ms_ns;
    learned_rate_note_sent(&s->learned, now_ns);
    s->counts.sent++;
    if (!before && chance(s, h->dead_permille)) {
        return;
    }
    if (!before && chance(s, h->lame_permille)) {
        refuse(s);
        return;
    }
    if (!before && chance(s, h->blocked_permille)) {
        refuse(s);
        learned_rate_note_blame(&s->learned, BLAME_REFUSED, now_ns, now_ns); /* another one has answered at once */
        return;
    }
    bool is_within = is_within_limit(s);
    if (!is_within && !h->drops) {
        refuse(s);
        try_later(s, BLAME_REFUSED);
    } else if (!is_within || chance(s, h->lost_permille)) {
        s->counts.lost++;
        try_later(s, BLAME_LOST);
    } else {
        learned_rate_note_answer(&s->learned, now_ns, now_ns + h->round_trip_ms * ms_ns);
        s->counts.answered++;
        if (before) {
            learned_rate_note_blame(&s->learned, before->blame, before->sent_ms * ms_ns, now_ns);
        }
    }
}

static void take_failed(struct scan *s)
{
    for (size_t blame = 0; blame < BLAME_KINDS; blame++) {
        struct failed *trip = &s->trips[s->now_ms % TRIPS][blame];
        if (trip->count > 0) {
            s->lost_in_flight -= blame == BLAME_LOST ? trip->count : 0;
            assert_true(s->waiting < WAITING_MAX);
            s->line[s->waiting++] = *trip;
            trip->count = 0;
        }
    }
}

/* Who failed last goes first. */
static void step(struct scan *s)
{
    s->now_ms++;
    refill(s);
    take_failed(s);
    double rate = s->learned.rate > 0 && s->learned.rate / 1000 < s->offered ? s->learned.rate / 1000 : s->offered;
    s->tokens = s->tokens + rate > rate * 20 + 1 ? rate * 20 + 1 : s->tokens + rate;
    double most = s->learned.rate > 0 ? s->tokens : s->offered;
    for (; most >= 1 && s->lost_in_flight < IN_FLIGHT_MAX; most--) {
        s->tokens -= s->learned.rate > 0;
        struct failed *last = s->waiting > 0 ? &s->line[s->waiting - 1] : NULL;
        struct failed before = last ? *last : (struct failed){ .count = 0 };
        if (last && --last->count == 0) {
            s->waiting--;
        }
        send(s, last ? &before : NULL);
    }
}

static struct counts run(struct scan *s, unsigned seconds)
{
    s->counts = (struct counts){ .sent = 0 };
    for (uint64_t end_ms = s->now_ms + seconds * 1000u; s->now_ms < end_ms;) {
        step(s);
    }
    return s->counts;
}

/* ---- Those who limit -------------------------------------------------------------------------------------------- */

static void a_limit_is_found_and_held(void **state)
{
    static const struct {
        const char *name;
        struct habits habits;
        unsigned settling_s;
        double refused_part;    /* of what is sent afterwards, at most */
    } cases[] = {
        { "2,000 a second, a second's worth at once", { .limit = 2000, .burst = 2000 }, 10, 0.05 },
        { "2,000 a second, nearly nothing at once", { .limit = 2000, .burst = 50 }, 20, 0.05 },
        { "2,000 in each second of the clock", { .limit = 2000 }, 20, 0.1 },
        { "100 a second", { .limit = 100, .burst = 100 }, 30, 0.1 },
        { "20,000 a second", { .limit = 20000, .burst = 20000 }, 10, 0.05 },
        { "and three names of ten are lame", { .limit = 2000, .burst = 2000, .lame_permille = 300 }, 10, 0.35 },
        { "2,000 a second, the rest is dropped", { .limit = 2000, .burst = 2000, .drops = true }, 30, 0.1 },
        { "2,000 a second, 200 ms away", { .limit = 2000, .burst = 2000, .round_trip_ms = 200 }, 10, 0.05 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scan *s = scan_new(cases[i].habits);
        run(s, cases[i].settling_s);
        struct counts c = run(s, 100);
        double answered = (double)c.answered / 100, failed = (double)(c.refused + c.lost) / (double)c.sent;
        if (getenv("VERBOSE")) {
            print_message("%s: rate %.0f, %.0f answers a second, %.3f failed\n", cases[i].name, s->learned.rate, answered, failed);
        }
        if (answered < cases[i].habits.limit * (cases[i].habits.lame_permille ? 0.55 : 0.8) || failed > cases[i].refused_part || !s->learned.is_proven) {
            fail_msg("%s: rate %.0f, %.0f answers a second, %.3f failed", cases[i].name, s->learned.rate, answered, failed);
        }
        free(s);
    }
}

static void a_limit_that_rises_is_found_again(void **state)
{
    (void)state;
    struct scan *s = scan_new((struct habits){ .limit = 500, .burst = 500 });
    run(s, 30);
    assert_true(s->learned.rate < 700);
    s->habits.limit = s->habits.burst = 5000;
    run(s, 60);
    struct counts c = run(s, 60);
    assert_true(c.answered >= 60 * 4000);
    free(s);
}

static void a_rate_that_is_not_used_does_not_grow(void **state)
{
    (void)state;
    struct scan *s = scan_new((struct habits){ .limit = 2000, .burst = 2000 });
    run(s, 20);
    double rate = s->learned.rate;
    s->offered = 0.5;
    s->habits.limit = 0;
    run(s, 100);
    assert_true(s->learned.rate <= rate * 1.02); /* what waited was still sent at the rate */
    free(s);
}

/* ---- Those who do not ------------------------------------------------------------------------------------------- */

static void whose_names_fail_is_not_held_back(void **state)
{
    static const struct {
        const char *name;
        struct habits habits;
    } cases[] = {
        { "all is well", { .limit = 0 } },
        { "three names of ten are lame: refused, always", { .lame_permille = 300 } },
        { "nine of ten", { .lame_permille = 900 } },
        { "three names of ten are dead", { .dead_permille = 300 } },
        { "the path loses 5 %", { .lost_permille = 50 } },
        { "one name of fifty is blocked here and answered elsewhere", { .blocked_permille = 20 } },
        { "all are: that is no limit, but no help either", { .blocked_permille = 1000 } },
        { "it drops what is too much, but 400 are in flight: a window's business",
          { .limit = 2000, .burst = 2000, .drops = true, .round_trip_ms = 200 } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scan *s = scan_new(cases[i].habits);
        for (int second = 0; second < 60; second++) {
            run(s, 1);
            if (s->learned.rate > 0) {
                fail_msg("%s: held to %.0f after %d s", cases[i].name, s->learned.rate, second);
            }
        }
        free(s);
    }
}

/* A stretch of the list is lame altogether. */
static void a_stretch_of_lame_zones_is_nobodys_fault(void **state)
{
    (void)state;
    struct scan *s = scan_new((struct habits){ .lame_permille = 10 });
    run(s, 5);
    s->habits.lame_permille = 1000;
    run(s, 5);
    s->habits.lame_permille = 10;
    run(s, 5);
    assert_true(s->learned.rate == 0);
    free(s);
}

/* Less asked, no better answered: it is not the rate. */
static void who_blocks_a_third_at_any_rate_is_let_go(void **state)
{
    (void)state;
    struct scan *s = scan_new((struct habits){ .blocked_permille = 300 });
    run(s, 5);
    assert_true(s->learned.rate == 0);
    struct counts c = run(s, 50); /* and nothing is learned for a minute */
    assert_true(c.sent >= 50 * 40000 - 1000);
    free(s);
}

static void a_burst_of_refusals_is_told_from_a_few(void **state)
{
    (void)state;
    struct scan *s = scan_new((struct habits){ .lame_permille = 300 });
    run(s, 3);
    assert_false(learned_rate_is_in_burst(&s->learned, s->now_ms * ms_ns));
    free(s);
    s = scan_new((struct habits){ .limit = 2000, .burst = 2000 });
    run(s, 1);
    assert_true(learned_rate_is_in_burst(&s->learned, s->now_ms * ms_ns));
    run(s, 10);
    assert_false(learned_rate_is_in_burst(&s->learned, s->now_ms * ms_ns)); /* held to what it bears */
    free(s);
    s = scan_new((struct habits){ .blocked_permille = 1000 });
    run(s, 3);
    assert_false(learned_rate_is_in_burst(&s->learned, s->now_ms * ms_ns)); /* it answers nothing: no use in waiting */
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_is_found_and_held),
        cmocka_unit_test(a_limit_that_rises_is_found_again),
        cmocka_unit_test(a_rate_that_is_not_used_does_not_grow),
        cmocka_unit_test(whose_names_fail_is_not_held_back),
        cmocka_unit_test(a_stretch_of_lame_zones_is_nobodys_fault),
        cmocka_unit_test(who_blocks_a_third_at_any_rate_is_let_go),
        cmocka_unit_test(a_burst_of_refusals_is_told_from_a_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
