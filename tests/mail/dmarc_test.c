// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/mail/dmarc.h"
#include "scanner/mail/dmarc_walk.h"
#include "tests/support/mail_world.h"

enum { LINES_MAX = 12, ARENA_SIZE = 1 << 18 };

struct run {
    struct arena arena;
    struct answer_set answers;
    struct findings findings;
    struct mail_config config;
    struct subject subject;
    struct dmarc_result result;
    char memory[ARENA_SIZE];
};

static struct run *run_new(const char *domain, const char *const *world, unsigned checks)
{
    struct run *run = calloc(1, sizeof(*run));
    assert_non_null(run);
    arena_init(&run->arena, run->memory, sizeof(run->memory), 1 << 20);
    answer_set_init(&run->answers, &run->arena, ANSWER_SET_LIMIT);
    findings_init(&run->findings, &run->arena);
    run->config = (struct mail_config){ .checks = checks, .suffixes = mail_world_suffixes };
    run->subject = (struct subject){ .config = &run->config, .domain = span_from_cstr(domain), .answers = &run->answers,
                                     .arena = &run->arena };
    struct dmarc_plan plan = { 0 };
    while (dmarc_ask(&run->subject, &plan) > 0) {
        assert_true(mail_world_fill(world, &run->subject) > 0);
    }
    run->subject.findings = &run->findings;
    dmarc_assess(&run->subject, &run->result);
    return run;
}

static const char *policy(enum dmarc_policy value)
{
    return dmarc_policy_name(value) ? dmarc_policy_name(value) : "-";
}

static const char *status_name(enum dmarc_status status)
{
    static const char *const names[] = { "not_checked", "valid", "none", "invalid", "temperror" };
    return names[status];
}

static span or_dash(span name)
{
    return name.len > 0 ? name : SPAN("-");
}

/* "STATUS FOUND_AT ORGANIZATION A/B sub A/B np A/B" */
static void describe(const struct dmarc_result *r, char *out, size_t size)
{
    span found_at = or_dash(r->found_at), organization = or_dash(r->organizational_domain);
    snprintf(out, size, "%s %.*s %.*s %s/%s sub %s/%s np %s/%s", status_name(r->status), SPAN_ARG(found_at),
             SPAN_ARG(organization), policy(r->policy_9989),
             policy(r->policy_7489), policy(r->view_9989.subdomain_policy), policy(r->view_7489.subdomain_policy),
             policy(r->view_9989.nonexistent_policy), policy(r->view_7489.nonexistent_policy));
}

/* "a b !c": a and b stand there, c does not. */
static void expect_findings(const char *name, const struct findings *findings, const char *expected)
{
    span rest = span_from_cstr(expected);
    while (rest.len > 0) {
        span word = span_cut(&rest, ' ');
        bool is_wanted = word.ptr[0] != '!';
        word = is_wanted ? word : span_after(word, 1);
        enum finding_id id = finding_id_find(word);
        if (id == FINDING_COUNT || findings_has(findings, id) != is_wanted) {
            fail_msg("%s: finding %.*s should%s be there", name, SPAN_ARG(word), is_wanted ? "" : " not");
        }
    }
}

struct walk_case {
    const char *name, *domain;
    const char *world[LINES_MAX];
    const char *expected, *findings;
};

static void run_cases(const struct walk_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct walk_case *c = &cases[i];
        struct run *run = run_new(c->domain, c->world, CHECK_DMARC);
        char text[512];
        describe(&run->result, text, sizeof(text));
        if (c->expected && strcmp(text, c->expected) != 0) {
            fail_msg("%s:\n  expected %s\n  got      %s", c->name, c->expected, text);
        }
        expect_findings(c->name, &run->findings, c->findings ? c->findings : "");
        free(run);
    }
}

#define RUN_CASES(cases) run_cases((cases), sizeof(cases) / sizeof((cases)[0]))

static void walk_names_are_eight_at_most(void **state)
{
    (void)state;
    static const struct {
        const char *domain, *expected;
    } cases[] = {
        { "com", "com" },
        { "example.com", "example.com com" },
        { "a.mail.example.com", "a.mail.example.com mail.example.com example.com com" },
        { "b.c.d.e.f.example.com", "b.c.d.e.f.example.com c.d.e.f.example.com d.e.f.example.com e.f.example.com f.example.com "
                                   "example.com com" },
        /* eight labels: the next has seven */
        { "a.b.c.d.e.f.example.com", "a.b.c.d.e.f.example.com b.c.d.e.f.example.com c.d.e.f.example.com d.e.f.example.com "
                                     "e.f.example.com f.example.com example.com com" },
        /* RFC 9989 section 4.10: a.b.c.d.e.f.g.h.i.j.mail.example.com goes on at g.h.i.j.mail.example.com */
        { "a.b.c.d.e.f.g.h.i.j.mail.example.com",
          "a.b.c.d.e.f.g.h.i.j.mail.example.com g.h.i.j.mail.example.com h.i.j.mail.example.com i.j.mail.example.com "
          "j.mail.example.com mail.example.com example.com com" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        span names[DMARC_WALK_QUERIES];
        char text[1024] = "";
        size_t count = dmarc_walk_names(span_from_cstr(cases[i].domain), names), len = 0;
        assert_true(count <= DMARC_WALK_QUERIES);
        for (size_t n = 0; n < count; n++) {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", n ? " " : "", SPAN_ARG(names[n]));
        }
        assert_string_equal(text, cases[i].expected);
    }
}

static void the_walk_finds_policy_and_organization(void **state)
{
    (void)state;
    static const struct walk_case cases[] = {
        { "no record anywhere: no DMARC (R9989 4.10.1)", "example.com", { NULL }, "none - - -/- sub -/- np -/-", "dmarc_missing" },
        { "own record, p applies, sp below (R9989 4.7)", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; sp=quarantine" },
          "valid example.com example.com reject/reject sub quarantine/quarantine np quarantine/quarantine", "!dmarc_missing dmarc_np_absent dmarc_sp_weaker" },
        { "np for names that do not exist, only in RFC 9989", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; sp=none; np=reject" },
          "valid example.com example.com reject/reject sub none/none np reject/none", "dmarc_sp_none" },
        { "subdomain inherits sp (R9989 4.10.1)", "mail.example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; sp=quarantine" },
          "valid example.com example.com quarantine/quarantine sub quarantine/quarantine np quarantine/quarantine",
          "dmarc_inherited !dmarc_sp_weaker" },
        { "a name that does not exist inherits np, view B sp (R9989 4.7)", "gone.example.com",
          { "gone.example.com !NXDOMAIN", "_dmarc.example.com v=DMARC1; p=reject; sp=none; np=quarantine" },
          "valid example.com example.com quarantine/none sub none/none np quarantine/none", "dmarc_inherited" },
        { "an alias to nowhere exists: sp (R9989 A.4)", "alias.example.com",
          { "alias.example.com !ALIAS", "_dmarc.example.com v=DMARC1; p=reject; sp=none; np=quarantine" },
          "valid example.com example.com none/none sub none/none np quarantine/none", NULL },
        { "a record between author and organization is not used (R9989 4.10.1)", "a.mail.example.com",
          { "_dmarc.mail.example.com v=DMARC1; p=reject", "_dmarc.example.com v=DMARC1; p=none" },
          "valid example.com example.com none/none sub none/none np none/none", NULL },
        { "own record on a subdomain: below it the organization's sp counts (case 31)", "mail.example.com",
          { "_dmarc.mail.example.com v=DMARC1; p=reject; sp=reject", "_dmarc.example.com v=DMARC1; p=none" },
          "valid mail.example.com example.com reject/reject sub none/none np none/none", "dmarc_sp_ignored" },
        { "R9989 4.10.2 rule 3: the organization is the record with the fewest labels", "a.b.example.com",
          { "_dmarc.a.b.example.com v=DMARC1; p=reject", "_dmarc.b.example.com v=DMARC1; p=none",
            "_dmarc.example.com v=DMARC1; p=quarantine" },
          "valid a.b.example.com example.com reject/reject sub quarantine/quarantine np quarantine/quarantine", NULL },
        { "R9989 4.10 step 6: psd=n ends the walk there", "a.mail.example.com",
          { "_dmarc.mail.example.com v=DMARC1; p=reject; psd=n", "_dmarc.example.com v=DMARC1; p=none" },
          "valid mail.example.com mail.example.com reject/none sub reject/none np reject/none", "dmarc_views_differ" },
        { "R9989 4.10 step 2: psd=n at the author", "mail.example.com",
          { "_dmarc.mail.example.com v=DMARC1; p=reject; psd=n", "_dmarc.example.com v=DMARC1; p=none" },
          "valid mail.example.com mail.example.com reject/reject sub reject/none np reject/none", NULL },
        { "R9989 4.10.2 rule 2: psd=y above, the organization is one label below", "mail.example.bank",
          { "_dmarc.example.bank v=DMARC1; p=quarantine", "_dmarc.bank v=DMARC1; p=reject; psd=y" },
          "valid example.bank example.bank quarantine/quarantine sub quarantine/quarantine np quarantine/quarantine",
          "!dmarc_psd_misused !dmarc_inherited_from_suffix" },
        { "R9989 4.10.1: psd=y above, no record at the organization: the suffix's policy", "example.bank",
          { "_dmarc.bank v=DMARC1; p=reject; sp=quarantine; np=reject; psd=y" },
          "valid bank example.bank quarantine/- sub quarantine/- np reject/-", "dmarc_inherited_from_suffix dmarc_views_differ" },
        { "R9989 4.10.2 rule 2: psd=y two labels up", "mail.giant.blog.example",
          { "_dmarc.blog.example v=DMARC1; p=reject; psd=y" },
          "valid blog.example giant.blog.example reject/- sub reject/- np reject/-", NULL },
        { "psd=y at the author does not make it somebody's child (R9989 4.10.2)", "bank",
          { "_dmarc.bank v=DMARC1; p=reject; psd=y" }, "valid bank bank reject/reject sub reject/- np reject/-",
          "!dmarc_suffix_without_psd" },
        { "psd=y on what is no suffix", "example.com", { "_dmarc.example.com v=DMARC1; p=reject; psd=y" },
          "valid example.com example.com reject/reject sub reject/reject np reject/reject", "dmarc_psd_misused" },
        { "a suffix without psd=y takes the organization over (R9989 4.10.2)", "example.gov.uk",
          { "_dmarc.example.gov.uk v=DMARC1; p=reject", "_dmarc.gov.uk v=DMARC1; p=reject; sp=none" },
          "valid example.gov.uk gov.uk reject/reject sub none/reject np none/reject",
          "dmarc_org_domain_hijacked dmarc_views_differ" },
        { "and gives its sp to names without a record", "www.example.gov.uk",
          { "_dmarc.gov.uk v=DMARC1; p=reject; sp=none" }, "valid gov.uk gov.uk none/- sub none/- np none/-",
          "dmarc_org_domain_hijacked dmarc_inherited_from_suffix dmarc_inherited" },
        { "sp=none of .gov is not protection (posture 2.10)", "example.gov", { "_dmarc.gov v=DMARC1; p=reject; sp=none; np=reject" },
          "valid gov gov none/- sub none/- np reject/-", "dmarc_policy_none dmarc_inherited_from_suffix" },
        { "psd=n keeps a suffix off", "example.gov.uk",
          { "_dmarc.example.gov.uk v=DMARC1; p=reject; psd=n", "_dmarc.gov.uk v=DMARC1; p=none" },
          "valid example.gov.uk example.gov.uk reject/reject sub reject/reject np reject/reject",
          "!dmarc_org_domain_hijacked !dmarc_views_differ" },
        { "a record at a suffix without psd=y", "gov.uk", { "_dmarc.gov.uk v=DMARC1; p=reject" },
          "valid gov.uk gov.uk reject/reject sub reject/- np reject/-", "dmarc_suffix_without_psd" },
        { "R9989 B.4.1: the author has a record, the top-level domain none", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject", "_dmarc.signing.example.com v=DMARC1; p=none" },
          "valid example.com example.com reject/reject sub reject/reject np reject/reject", NULL },
        { "R9989 B.4.1: the signing domain's organization is the same", "signing.example.com",
          { "_dmarc.example.com v=DMARC1; p=reject", "_dmarc.signing.example.com v=DMARC1; p=none" },
          "valid signing.example.com example.com none/none sub reject/reject np reject/reject", NULL },
        { "R9989 B.4.2: a deep author, the record at the top", "a.b.c.d.e.f.g.h.i.j.k.example.com",
          { "_dmarc.example.com v=DMARC1; p=reject", "_dmarc.signing.example.com v=DMARC1; p=none" },
          "valid example.com example.com reject/reject sub reject/reject np reject/reject", NULL },
        { "R9989 B.4.3: below a public suffix domain, with a record", "giant.bank.example",
          { "_dmarc.bank.example v=DMARC1; p=reject; psd=y", "_dmarc.giant.bank.example v=DMARC1; p=quarantine" },
          "valid giant.bank.example giant.bank.example quarantine/quarantine sub quarantine/quarantine np "
          "quarantine/quarantine", "!dmarc_views_differ" },
        { "R9989 B.4.3: its mail host", "mail.giant.bank.example",
          { "_dmarc.bank.example v=DMARC1; p=reject; psd=y", "_dmarc.giant.bank.example v=DMARC1; p=quarantine" },
          "valid giant.bank.example giant.bank.example quarantine/quarantine sub quarantine/quarantine np "
          "quarantine/quarantine", NULL },
        { "R9989 B.4.3: another bank without a record", "mail.mega.bank.example",
          { "_dmarc.bank.example v=DMARC1; p=reject; psd=y", "_dmarc.giant.bank.example v=DMARC1; p=quarantine" },
          "valid bank.example mega.bank.example reject/- sub reject/- np reject/-", NULL },
        { "R9989 4.10 step 2: psd=y at the author ends the walk, too", "bank.example",
          { "_dmarc.bank.example v=DMARC1; p=reject; psd=y", "_dmarc.example v=DMARC1; p=none" },
          "valid bank.example bank.example reject/reject sub reject/- np reject/-", NULL },
        { "more than eight labels: the middle is skipped (R9989 4.10)", "a.b.c.d.e.f.g.h.example.com",
          { "_dmarc.b.c.d.e.f.g.h.example.com v=DMARC1; p=none", "_dmarc.e.f.g.h.example.com v=DMARC1; p=quarantine; psd=n",
            "_dmarc.example.com v=DMARC1; p=reject" },
          "valid e.f.g.h.example.com e.f.g.h.example.com quarantine/reject sub quarantine/reject np quarantine/reject", NULL },
    };
    RUN_CASES(cases);
}

static void failures_are_unknown_never_absent(void **state)
{
    (void)state;
    static const struct walk_case cases[] = {
        { "the author's own query failed", "example.com", { "_dmarc.example.com !SERVFAIL" }, "temperror - - -/- sub -/- np -/-",
          "dmarc_unknown !dmarc_missing" },
        { "a parent's query failed", "a.example.com", { "_dmarc.example.com !TIMEOUT" }, "temperror - - -/- sub -/- np -/-",
          "dmarc_unknown !dmarc_missing" },
        { "the top-level domain's query failed", "a.example.com",
          { "_dmarc.example.com v=DMARC1; p=reject", "_dmarc.com !REFUSED" }, "temperror - - -/- sub -/- np -/-", "dmarc_unknown" },
        { "own record found before: known (posture 2.5)", "a.example.com",
          { "_dmarc.a.example.com v=DMARC1; p=reject", "_dmarc.com !TIMEOUT" },
          "valid a.example.com - reject/reject sub -/- np -/-", "dmarc_unknown" },
        { "a failure behind psd=n does not matter to view A, but view B needs its domain", "a.b.example.com",
          { "_dmarc.b.example.com v=DMARC1; p=reject; psd=n", "_dmarc.example.com !SERVFAIL" },
          "temperror - - -/- sub -/- np -/-", NULL },
        { "and one above both does not matter at all", "a.b.example.com",
          { "_dmarc.b.example.com v=DMARC1; p=reject; psd=n", "_dmarc.com !SERVFAIL" },
          "valid b.example.com b.example.com reject/- sub reject/- np reject/-", "!dmarc_unknown" },
    };
    RUN_CASES(cases);
}

static void decided_cases(void **state)
{
    (void)state;
    static const struct walk_case cases[] = {
        { "14: bare v=DMARC1 is valid, view A none, view B null", "example.com", { "_dmarc.example.com v=DMARC1" },
          "valid example.com example.com none/- sub none/- np none/-", "dmarc_no_semicolon dmarc_p_missing" },
        { "14: p counts anywhere in view B", "example.com", { "_dmarc.example.com v=DMARC1; sp=reject; p=reject" },
          "valid example.com example.com reject/reject sub reject/reject np reject/reject", "dmarc_p_not_second" },
        { "no p, with rua: none in both", "example.com", { "_dmarc.example.com v=DMARC1; rua=mailto:a@example.com" },
          "valid example.com example.com none/none sub none/none np none/none", "dmarc_p_missing" },
        { "15: bad p with rua acts as none", "example.com",
          { "_dmarc.example.com v=DMARC1; p=rejct; rua=mailto:a@example.com" },
          "valid example.com example.com none/none sub none/none np none/none", "dmarc_p_invalid" },
        { "15: https counts as a reporting URI", "example.com",
          { "_dmarc.example.com v=DMARC1; p=rejct; rua=https://example.com/r" },
          "valid example.com example.com none/none sub none/none np none/none", "dmarc_p_invalid dmarc_rua_scheme" },
        { "15: an address without mailto does not", "example.com",
          { "_dmarc.example.com v=DMARC1; p=rejct; rua=a@example.com" },
          "invalid example.com example.com -/- sub -/- np -/-", "dmarc_p_invalid" },
        { "15: bad sp with rua: none in both views", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; sp=x; rua=mailto:a@example.com" },
          "valid example.com example.com none/none sub none/none np none/none", "dmarc_sp_invalid" },
        { "15: bad np with rua: view A only", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; np=x; rua=mailto:a@example.com" },
          "valid example.com example.com none/reject sub none/reject np none/reject", "dmarc_np_invalid" },
        { "15: bad np without rua: view A null, view B its policy", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; np=x" },
          "valid example.com example.com -/reject sub -/reject np -/reject", "dmarc_np_invalid" },
        { "15: bad p without rua: invalid, nothing inherited", "a.example.com",
          { "_dmarc.a.example.com v=DMARC1; p=x", "_dmarc.example.com v=DMARC1; p=reject" },
          "invalid a.example.com example.com -/- sub reject/reject np reject/reject", "!dmarc_missing" },
        { "15: only a parent's, and it is invalid: none", "a.example.com", { "_dmarc.example.com v=DMARC1; p=x" },
          "none - example.com -/- sub -/- np -/-", "dmarc_missing" },
        { "15: a lookalike alone: invalid", "example.com", { "_dmarc.example.com v=dmarc1; p=reject" },
          "invalid example.com - -/- sub -/- np -/-", "dmarc_lookalike !dmarc_missing" },
        { "a lookalike under a good parent: inherited", "a.example.com",
          { "_dmarc.a.example.com v=dmarc1; p=none", "_dmarc.example.com v=DMARC1; p=reject" },
          "valid example.com example.com reject/reject sub reject/reject np reject/reject", "dmarc_lookalike" },
        { "15: several records here, a good one at the parent: view B null", "a.example.com",
          { "_dmarc.a.example.com v=DMARC1; p=none", "_dmarc.a.example.com v=DMARC1; p=reject",
            "_dmarc.example.com v=DMARC1; p=reject" },
          "valid example.com example.com reject/- sub reject/reject np reject/reject", "dmarc_multiple_records" },
        { "several records alone: invalid", "example.com",
          { "_dmarc.example.com v=DMARC1; p=none", "_dmarc.example.com v=DMARC1; p=reject" },
          "invalid example.com - -/- sub -/- np -/-", "dmarc_multiple_records" },
        { "several at a parent are discarded, the walk goes on (R9989 4.10)", "a.b.example.com",
          { "_dmarc.b.example.com v=DMARC1; p=none", "_dmarc.b.example.com v=DMARC1; p=none; psd=n",
            "_dmarc.example.com v=DMARC1; p=reject" },
          "valid example.com example.com reject/reject sub reject/reject np reject/reject", NULL },
        { "17: p twice, different: invalid", "example.com",
          { "_dmarc.example.com v=DMARC1; p=none; p=reject; rua=mailto:a@example.com" },
          "invalid example.com example.com -/- sub -/- np -/-", "dmarc_duplicate_tag" },
        { "17: p twice, the same: kept", "example.com", { "_dmarc.example.com v=DMARC1; p=reject; P=Reject" },
          "valid example.com example.com reject/reject sub reject/reject np reject/reject", "dmarc_duplicate_tag" },
        { "17: of others the first counts", "example.com", { "_dmarc.example.com v=DMARC1; p=reject; pct=100; pct=0" },
          "valid example.com example.com reject/reject sub reject/reject np reject/reject", "dmarc_duplicate_tag" },
        { "unrelated TXT beside the record is harmless (posture 2.10, 9)", "example.com",
          { "_dmarc.example.com hello", "_dmarc.example.com v=DMARC1; p=reject", "_dmarc.com whatever" },
          "valid example.com example.com reject/reject sub reject/reject np reject/reject", "dmarc_unrelated_txt" },
        { "leading white space (posture 2.10, 9)", "example.com", { "_dmarc.example.com  v=DMARC1; p=reject" },
          "invalid example.com - -/- sub -/- np -/-", "dmarc_leading_whitespace" },
        { "bad psd, t, fo: defaults (posture 2.10, 10)", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; psd=x; t=maybe; fo=z" },
          "valid example.com example.com reject/reject sub reject/reject np reject/reject", "dmarc_tag_invalid" },
        { "an SPF record at _dmarc is nobody's DMARC", "example.com", { "_dmarc.example.com v=spf1 -all" },
          "none - - -/- sub -/- np -/-", "dmarc_spf_at_dmarc dmarc_missing" },
        { "a record at the domain itself has no effect", "example.com", { "example.com v=DMARC1; p=reject" },
          "none - - -/- sub -/- np -/-", "dmarc_at_apex" },
        { "an alias with nothing behind it", "example.com", { "_dmarc.example.com !ALIAS" }, "none - - -/- sub -/- np -/-",
          "dmarc_cname_dangling dmarc_missing" },
    };
    RUN_CASES(cases);
}

/* RFC 7489 section 6.6.4 and RFC 9989 section 4.7: what pct and t leave of a policy. */
static void pct_and_t_lower_the_policy(void **state)
{
    (void)state;
    static const struct walk_case cases[] = {
        { "none, pct=0", "e.com", { "_dmarc.e.com v=DMARC1; p=none; pct=0" }, "valid e.com e.com none/none sub none/none np none/none", "dmarc_pct_without_policy" },
        { "none, pct=50", "e.com", { "_dmarc.e.com v=DMARC1; p=none; pct=50" }, "valid e.com e.com none/none sub none/none np none/none", "dmarc_pct_without_policy !dmarc_pct_partial" },
        { "none, pct=100", "e.com", { "_dmarc.e.com v=DMARC1; p=none; pct=100" }, "valid e.com e.com none/none sub none/none np none/none", "dmarc_removed_tag" },
        { "quarantine, pct=0", "e.com", { "_dmarc.e.com v=DMARC1; p=quarantine; pct=0" }, "valid e.com e.com quarantine/none sub quarantine/none np quarantine/none", "dmarc_pct_zero dmarc_views_differ" },
        { "quarantine, pct=50", "e.com", { "_dmarc.e.com v=DMARC1; p=quarantine; pct=50" }, "valid e.com e.com quarantine/none sub quarantine/none np quarantine/none", "dmarc_pct_partial" },
        { "quarantine, pct=100", "e.com", { "_dmarc.e.com v=DMARC1; p=quarantine; pct=100" }, "valid e.com e.com quarantine/quarantine sub quarantine/quarantine np quarantine/quarantine", "!dmarc_pct_partial !dmarc_views_differ" },
        { "reject, pct=0", "e.com", { "_dmarc.e.com v=DMARC1; p=reject; pct=0" }, "valid e.com e.com reject/quarantine sub reject/quarantine np reject/quarantine", "dmarc_pct_zero" },
        { "reject, pct=50", "e.com", { "_dmarc.e.com v=DMARC1; p=reject; pct=50" }, "valid e.com e.com reject/quarantine sub reject/quarantine np reject/quarantine", "dmarc_pct_partial" },
        { "reject, pct=100", "e.com", { "_dmarc.e.com v=DMARC1; p=reject; pct=100" }, "valid e.com e.com reject/reject sub reject/reject np reject/reject", NULL },
        { "pct out of range is ignored", "e.com", { "_dmarc.e.com v=DMARC1; p=reject; pct=101" }, "valid e.com e.com reject/reject sub reject/reject np reject/reject", "dmarc_tag_invalid" },
        { "reject, t=y", "e.com", { "_dmarc.e.com v=DMARC1; p=reject; t=y" }, "valid e.com e.com quarantine/reject sub quarantine/reject np quarantine/reject", "dmarc_testing" },
        { "quarantine, t=Y", "e.com", { "_dmarc.e.com v=DMARC1; p=quarantine; t=Y" }, "valid e.com e.com none/quarantine sub none/quarantine np none/quarantine", "dmarc_testing" },
        { "none, t=y", "e.com", { "_dmarc.e.com v=DMARC1; p=none; t=y" }, "valid e.com e.com none/none sub none/none np none/none", "!dmarc_testing" },
        { "reject, t=n", "e.com", { "_dmarc.e.com v=DMARC1; p=reject; t=n" }, "valid e.com e.com reject/reject sub reject/reject np reject/reject", "!dmarc_testing" },
        { "sp=reject under p=none, t=y", "e.com", { "_dmarc.e.com v=DMARC1; p=none; sp=reject; t=y" }, "valid e.com e.com none/none sub quarantine/reject np quarantine/reject", "dmarc_testing" },
    };
    RUN_CASES(cases);
}

/* RFC 7489 appendix B. */
static void examples_of_rfc_7489(void **state)
{
    (void)state;
    static const struct walk_case cases[] = {
        { "B.2.1 entire domain, monitoring", "example.com",
          { "_dmarc.example.com v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com" },
          "valid example.com example.com none/none sub none/none np none/none", "dmarc_policy_none !dmarc_no_rua" },
        { "B.2.2 with failure reports", "example.com",
          { "_dmarc.example.com v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com; ruf=mailto:auth-reports@example.com" },
          "valid example.com example.com none/none sub none/none np none/none", "dmarc_ruf_present !dmarc_ruf_unauthorised" },
        { "B.2.3 reports to a third party that agreed", "example.com",
          { "_dmarc.example.com v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com; ruf=mailto:auth-reports@thirdparty.example.net",
            "example.com._report._dmarc.thirdparty.example.net v=DMARC1;" },
          "valid example.com example.com none/none sub none/none np none/none", "!dmarc_ruf_unauthorised !dmarc_ruf_unverifiable" },
        { "B.2.4 subdomain, quarantine, several URIs with a limit", "test.example.com",
          { "_dmarc.test.example.com v=DMARC1; p=quarantine; rua=mailto:dmarc-feedback@example.com,mailto:tld-test@thirdparty.example.net!10m; pct=25",
            "test.example.com._report._dmarc.thirdparty.example.net v=DMARC1" },
          "valid test.example.com test.example.com quarantine/none sub quarantine/- np quarantine/-",
          "dmarc_rua_size_limit dmarc_pct_partial !dmarc_rua_unauthorised !dmarc_rua_invalid" },
    };
    RUN_CASES(cases);
}

static void report_destinations(void **state)
{
    (void)state;
    static const struct walk_case cases[] = {
        { "no authorisation: NXDOMAIN (R9990 4)", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; rua=mailto:a@other.org" }, NULL, "dmarc_rua_unauthorised dmarc_no_rua" },
        { "the query failed: unverifiable, still usable (posture 2.10, 12)", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; rua=mailto:a@other.org", "example.com._report._dmarc.other.org !TIMEOUT" },
          NULL, "dmarc_rua_unverifiable !dmarc_rua_unauthorised !dmarc_no_rua" },
        { "one that begins with the v tag is enough", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; rua=mailto:a@other.org", "example.com._report._dmarc.other.org junk",
            "example.com._report._dmarc.other.org v=DMARC1", "example.com._report._dmarc.other.org v=DMARC1; rua=mailto:x@other.org" },
          NULL, "!dmarc_rua_unauthorised !dmarc_no_rua" },
        { "TXT that does not begin with it is none", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; rua=mailto:a@other.org", "example.com._report._dmarc.other.org junk" },
          NULL, "dmarc_rua_unauthorised" },
        { "a subdomain of the organization is no third party", "mail.example.com",
          { "_dmarc.mail.example.com v=DMARC1; p=reject; rua=mailto:a@reports.example.com" }, NULL,
          "!dmarc_rua_unauthorised !dmarc_rua_unverifiable" },
        { "the policy domain is where the record lies", "mail.example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; rua=mailto:a@other.org", "example.com._report._dmarc.other.org v=DMARC1" },
          NULL, "!dmarc_rua_unauthorised !dmarc_no_rua" },
        { "the registrable domain is not registered", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; rua=mailto:a@x.gone.com", "example.com._report._dmarc.x.gone.com !GONE" },
          NULL, "dmarc_rua_unauthorised dmarc_rua_unregistered" },
        { "freemail cannot authorise", "example.com",
          { "_dmarc.example.com v=DMARC1; p=reject; ruf=mailto:a@gmail.com" }, NULL,
          "dmarc_ruf_personal dmarc_ruf_unauthorised dmarc_no_rua" },
        { "42: https is no usable rua", "example.com", { "_dmarc.example.com v=DMARC1; p=none; rua=https://example.com/" }, NULL,
          "dmarc_no_rua dmarc_rua_scheme" },
        { "semicolon between URIs cuts the tag", "example.com",
          { "_dmarc.example.com v=DMARC1; p=none; rua=mailto:a@example.com; mailto:b@example.com" }, NULL,
          "dmarc_rua_invalid dmarc_stray_token !dmarc_no_rua" },
        { "many, and one twice", "example.com",
          { "_dmarc.example.com v=DMARC1; p=none; rua=mailto:a@example.com,mailto:b@example.com,mailto:a@example.com" }, NULL,
          "dmarc_rua_many dmarc_rua_duplicate !dmarc_ruf_many" },
        { "nothing is asked for a name that does not exist", "gone.example.com",
          { "gone.example.com !NXDOMAIN", "_dmarc.example.com v=DMARC1; p=reject; rua=mailto:a@other.org" }, NULL,
          "!dmarc_rua_unauthorised !dmarc_rua_unverifiable" },
        { "below a psd=y name others live", "example.bank",
          { "_dmarc.bank v=DMARC1; p=reject; psd=y; rua=mailto:a@fund.bank" }, NULL, "dmarc_rua_unauthorised" },
    };
    RUN_CASES(cases);
}

static void hosts_that_take_no_mail(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *world[LINES_MAX];
        bool expected;
    } cases[] = {
        { "no MX, no address", { "r.example.com/MX !NODATA", "r.example.com/A !NODATA", "r.example.com/AAAA !NODATA" }, true },
        { "implicit MX counts (RFC 5321 5.1)", { "r.example.com/MX !NODATA", "r.example.com/A !ANSWERED", "r.example.com/AAAA !NODATA" }, false },
        { "address unknown", { "r.example.com/MX !NODATA", "r.example.com/A !TIMEOUT", "r.example.com/AAAA !NODATA" }, false },
        { "MX unknown", { "r.example.com/MX !SERVFAIL" }, false },
        { "does not exist", { "r.example.com/MX !NXDOMAIN" }, true },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *world[LINES_MAX + 1] = { "_dmarc.example.com v=DMARC1; p=none; rua=mailto:a@r.example.com" };
        memcpy(world + 1, cases[i].world, sizeof(cases[i].world));
        struct run *run = run_new("example.com", world, CHECK_DMARC | CHECK_HOSTS);
        if (findings_has(&run->findings, FINDING_DMARC_RUA_NO_MAIL) != cases[i].expected) {
            fail_msg("%s", cases[i].name);
        }
        free(run);
    }
}

static void tags_are_shown_with_their_defaults(void **state)
{
    (void)state;
    static const char *const world[] = { "_dmarc.example.com v=DMARC1; p=reject", NULL };
    struct run *run = run_new("example.com", world, CHECK_DMARC);
    const struct dmarc_result *r = &run->result;
    assert_true(r->has_pct);
    assert_int_equal(r->pct, 100);
    assert_int_equal(r->adkim, DMARC_RELAXED);
    assert_int_equal(r->aspf, DMARC_RELAXED);
    assert_int_equal(r->psd, DMARC_PSD_UNDEFINED);
    assert_int_equal(r->fo_count, 1);
    assert_true(span_equal(r->fo[0], SPAN("0")));
    assert_int_equal(r->rua_count, 0);
    assert_false(r->is_inherited);
    assert_int_equal(r->nonexistent_policy, DMARC_POLICY_REJECT);
    free(run);
}

static void nothing_is_asked_when_dmarc_is_not_checked(void **state)
{
    (void)state;
    static const char *const world[] = { NULL };
    struct run *run = run_new("example.com", world, CHECK_SPF);
    assert_int_equal(run->result.status, DMARC_NOT_CHECKED);
    assert_int_equal(run->answers.count, 1); /* whether the name exists */
    free(run);
}

static void questions_are_asked_at_once(void **state)
{
    (void)state;
    static const char *const world[] = { "_dmarc.example.co.uk v=DMARC1; p=reject", NULL };
    struct run *run = run_new("a.b.example.co.uk", world, CHECK_DMARC);
    assert_int_equal(run->answers.count, 6);
    assert_true(span_equal(run->answers.items[0].qname, SPAN("_dmarc.a.b.example.co.uk")));
    assert_true(span_equal(run->answers.items[4].qname, SPAN("_dmarc.uk")));
    free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walk_names_are_eight_at_most),
        cmocka_unit_test(the_walk_finds_policy_and_organization),
        cmocka_unit_test(failures_are_unknown_never_absent),
        cmocka_unit_test(decided_cases),
        cmocka_unit_test(pct_and_t_lower_the_policy),
        cmocka_unit_test(examples_of_rfc_7489),
        cmocka_unit_test(report_destinations),
        cmocka_unit_test(hosts_that_take_no_mail),
        cmocka_unit_test(tags_are_shown_with_their_defaults),
        cmocka_unit_test(nothing_is_asked_when_dmarc_is_not_checked),
        cmocka_unit_test(questions_are_asked_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
