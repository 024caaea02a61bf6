// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/mail/verdict.h"
#include "tests/support/mail_world.h"

/* One domain's mechanisms, filled in by hand: what the verdict reads of them. */

enum spf_kind { SPF_UNCHECKED, NO_SPF, SPF_GOOD, SPF_SOFT, SPF_NEUTRAL_ALL, SPF_NOBODY, SPF_NOBODY_SOFT, SPF_BROKEN,
                SPF_BROKEN_BUT_PASSES, SPF_FAILED, SPF_ANYBODY, SPF_OPEN_TARGET, SPF_INEXACT_EMPTY };
enum dkim_kind { NO_DKIM, DKIM_ABSENT, DKIM_KEY, DKIM_TEST_KEY, DKIM_FAILED, DKIM_LOCKED, DKIM_UNCHECKED };
enum mx_kind { MX_HOSTED, MX_OWN, NULL_MX, NO_MX, IMPLICIT_MX, BAD_MX, MX_FAILED };
enum dmarc_kind {
    NO_DMARC, DMARC_REJECT, DMARC_QUARANTINE, DMARC_NONE_RUA, DMARC_NONE_BLIND, DMARC_BARE, DMARC_BROKEN, DMARC_FAILED,
    DMARC_REJECT_SP_NONE, DMARC_REJECT_NP_NONE, DMARC_REJECT_SP_QUARANTINE, DMARC_REJECT_TESTING, DMARC_QUARANTINE_TESTING,
    DMARC_REJECT_SAMPLED, DMARC_QUARANTINE_SAMPLED, DMARC_REJECT_PCT0, DMARC_QUARANTINE_PCT0, DMARC_ONLY_9989,
    DMARC_ONLY_7489, DMARC_TESTING_SAMPLED, DMARC_REJECT_WALK_FAILED, DMARC_REJECT_WALK_FAILED_BELOW, DMARC_UNCHECKED,
    DMARC_KIND_COUNT
};

#define N DMARC_POLICY_NONE
#define Q DMARC_POLICY_QUARANTINE
#define R DMARC_POLICY_REJECT

static const struct {
    enum dmarc_status status;
    struct dmarc_view a, b; /* applies, policy, subdomain, nonexistent, sampled, testing, published */
    bool has_rua, is_testing, walk_failed;
} dmarc_kinds[DMARC_KIND_COUNT] = {
    [NO_DMARC] = { .status = DMARC_NONE },
    [DMARC_REJECT] = { DMARC_VALID, { 1, R, R, R, 0, 0, R }, { 1, R, R, R, 0, 0, R }, true, 0, 0 },
    [DMARC_QUARANTINE] = { DMARC_VALID, { 1, Q, Q, Q, 0, 0, Q }, { 1, Q, Q, Q, 0, 0, Q }, false, 0, 0 },
    [DMARC_NONE_RUA] = { DMARC_VALID, { 1, N, N, N, 0, 0, N }, { 1, N, N, N, 0, 0, N }, true, 0, 0 },
    [DMARC_NONE_BLIND] = { DMARC_VALID, { 1, N, N, N, 0, 0, N }, { 1, N, N, N, 0, 0, N }, false, 0, 0 },
    [DMARC_BARE] = { DMARC_VALID, { 1, N, N, N, 0, 0, N }, { 0 }, false, 0, 0 },
    [DMARC_BROKEN] = { .status = DMARC_INVALID },
    [DMARC_FAILED] = { .status = DMARC_TEMPERROR, .walk_failed = true },
    [DMARC_REJECT_SP_NONE] = { DMARC_VALID, { 1, R, N, N, 0, 0, R }, { 1, R, N, N, 0, 0, R }, true, 0, 0 },
    [DMARC_REJECT_NP_NONE] = { DMARC_VALID, { 1, R, R, N, 0, 0, R }, { 1, R, R, R, 0, 0, R }, true, 0, 0 },
    [DMARC_REJECT_SP_QUARANTINE] = { DMARC_VALID, { 1, R, Q, Q, 0, 0, R }, { 1, R, Q, Q, 0, 0, R }, true, 0, 0 },
    [DMARC_REJECT_TESTING] = { DMARC_VALID, { 1, Q, Q, Q, 0, 1, R }, { 1, R, R, R, 0, 0, R }, true, true, 0 },
    [DMARC_QUARANTINE_TESTING] = { DMARC_VALID, { 1, N, N, N, 0, 1, Q }, { 1, Q, Q, Q, 0, 0, Q }, true, true, 0 },
    [DMARC_REJECT_SAMPLED] = { DMARC_VALID, { 1, R, R, R, 0, 0, R }, { 1, Q, Q, Q, 1, 0, R }, true, 0, 0 },
    [DMARC_QUARANTINE_SAMPLED] = { DMARC_VALID, { 1, Q, Q, Q, 0, 0, Q }, { 1, N, N, N, 1, 0, Q }, true, 0, 0 },
    [DMARC_REJECT_PCT0] = { DMARC_VALID, { 1, R, R, R, 0, 0, R }, { 1, Q, Q, Q, 0, 0, R }, true, 0, 0 },
    [DMARC_QUARANTINE_PCT0] = { DMARC_VALID, { 1, Q, Q, Q, 0, 0, Q }, { 1, N, N, N, 0, 0, Q }, true, 0, 0 },
    [DMARC_ONLY_9989] = { DMARC_VALID, { 1, R, R, R, 0, 0, R }, { 0 }, true, 0, 0 },
    [DMARC_ONLY_7489] = { DMARC_VALID, { 0 }, { 1, R, R, R, 0, 0, R }, true, 0, 0 },
    [DMARC_TESTING_SAMPLED] = { DMARC_VALID, { 1, N, N, N, 0, 1, Q }, { 1, N, N, N, 1, 0, Q }, true, true, 0 },
    [DMARC_REJECT_WALK_FAILED] = { DMARC_VALID, { 1, R, R, R, 0, 0, R }, { 1, R, R, R, 0, 0, R }, true, 0, true },
    [DMARC_REJECT_WALK_FAILED_BELOW] = { DMARC_VALID, { 1, R, 0, 0, 0, 0, R }, { 1, R, R, R, 0, 0, R }, true, 0, true },
    [DMARC_UNCHECKED] = { .status = DMARC_NOT_CHECKED },
};

static void fill_dmarc(enum dmarc_kind kind, struct dmarc_result *out)
{
    const struct dmarc_view *a = &dmarc_kinds[kind].a, *b = &dmarc_kinds[kind].b;
    *out = (struct dmarc_result){
        .status = dmarc_kinds[kind].status, .view_9989 = *a, .view_7489 = *b, .policy_9989 = a->policy,
        .policy_7489 = b->policy, .effective_policy = a->policy < b->policy ? a->policy : b->policy,
        .policy = a->published, .subdomain_policy = a->subdomain_policy, .pct = 100, .has_pct = true,
        .has_usable_rua = dmarc_kinds[kind].has_rua, .is_testing = dmarc_kinds[kind].is_testing,
        .walk_failed = dmarc_kinds[kind].walk_failed, .is_broken = kind == DMARC_BROKEN,
    };
}

static void fill_spf(enum spf_kind kind, struct spf_result *out)
{
    static const struct spf_result kinds[] = {
        [SPF_UNCHECKED] = { .status = SPF_NOT_CHECKED },
        [NO_SPF] = { .status = SPF_NONE },
        [SPF_GOOD] = { .status = SPF_VALID, .has_all = true, .all = SPF_FAIL, .has_numbers = true, .ipv4_addresses = 4, .is_exact = true },
        [SPF_SOFT] = { .status = SPF_VALID, .has_all = true, .all = SPF_SOFTFAIL, .has_numbers = true, .ipv6_slash64s = 1, .is_exact = true },
        [SPF_NEUTRAL_ALL] = { .status = SPF_VALID, .has_all = true, .all = SPF_NEUTRAL, .has_numbers = true, .ipv4_addresses = 4, .is_exact = true },
        [SPF_NOBODY] = { .status = SPF_VALID, .has_all = true, .all = SPF_FAIL, .has_numbers = true, .is_exact = true, .authorises_nobody = true },
        [SPF_NOBODY_SOFT] = { .status = SPF_VALID, .has_all = true, .all = SPF_SOFTFAIL, .has_numbers = true, .is_exact = true, .authorises_nobody = true },
        [SPF_BROKEN] = { .status = SPF_PERMERROR },
        [SPF_BROKEN_BUT_PASSES] = { .status = SPF_PERMERROR, .has_numbers = true, .ipv4_addresses = 4, .is_exact = true },
        [SPF_FAILED] = { .status = SPF_TEMPERROR },
        [SPF_ANYBODY] = { .status = SPF_VALID, .has_all = true, .all = SPF_PASS, .has_numbers = true, .ipv4_addresses = 1ull << 32, .is_exact = true, .passes_everybody = true },
        [SPF_OPEN_TARGET] = { .status = SPF_VALID, .has_all = true, .all = SPF_FAIL, .has_numbers = true, .ipv4_addresses = 4, .is_exact = true, .target_is_open = true },
        [SPF_INEXACT_EMPTY] = { .status = SPF_VALID, .has_all = true, .all = SPF_FAIL, .has_numbers = true, .is_exact = false },
    };
    *out = kinds[kind];
}

static void fill_dkim(enum dkim_kind kind, struct dkim_result *out)
{
    static const struct dkim_selector strong = { .selector = { "s1", 2 }, .status = DKIM_KEY_VALID,
                                                 .key_type = DKIM_KEY_RSA, .key_bits = 2048 };
    static const struct dkim_result kinds[] = {
        [NO_DKIM] = { .status = DKIM_NONE_FOUND, .namespace_state = DKIM_NAMESPACE_EXISTS },
        [DKIM_ABSENT] = { .status = DKIM_NONE_FOUND, .namespace_state = DKIM_NAMESPACE_ABSENT },
        [DKIM_KEY] = { .status = DKIM_FOUND, .namespace_state = DKIM_NAMESPACE_EXISTS, .has_key = true,
                       .selectors = &strong, .selector_count = 1 },
        [DKIM_TEST_KEY] = { .status = DKIM_FOUND, .namespace_state = DKIM_NAMESPACE_EXISTS, .has_key = true, .has_public_test_key = true },
        [DKIM_FAILED] = { .status = DKIM_TEMPERROR },
        [DKIM_LOCKED] = { .status = DKIM_WILDCARD, .namespace_state = DKIM_NAMESPACE_EXISTS, .wildcard_is_revoked = true },
        [DKIM_UNCHECKED] = { .status = DKIM_NOT_CHECKED },
    };
    *out = kinds[kind];
}

static void fill_mx(enum mx_kind kind, struct mx_result *out)
{
    static const struct mx_result kinds[] = {
        [MX_HOSTED] = { .status = MX_OK, .is_mailbox_provider = true },
        [MX_OWN] = { .status = MX_OK },
        [NULL_MX] = { .status = MX_NULL, .cannot_receive = true },
        [NO_MX] = { .status = MX_NONE, .address_known = true, .cannot_receive = true },
        [IMPLICIT_MX] = { .status = MX_NONE, .address_known = true, .has_address = true },
        [BAD_MX] = { .status = MX_INVALID, .cannot_receive = true },
        [MX_FAILED] = { .status = MX_TEMPERROR },
    };
    *out = kinds[kind];
}

struct verdict_case {
    const char *name;
    enum spf_kind spf;
    enum dkim_kind dkim;
    enum mx_kind mx;
    enum dmarc_kind dmarc;
    const char *expected; /* "posture spoofable subdomains sends" */
    const char *findings; /* "a !b" */
    const char *apex;     /* outcome of TXT and MX at the name; NULL: answered */
};

struct bench {
    struct arena arena;
    struct answer_set answers;
    struct mail_config config;
    struct subject subject;
    struct assessment a;
    char memory[1 << 16];
};

static const char *ternary(enum ternary value)
{
    static const char *const names[] = { "no", "yes", "null" };
    return names[value];
}

static struct bench *bench_new(const struct verdict_case *c, unsigned checks)
{
    struct bench *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    arena_init(&b->arena, b->memory, sizeof(b->memory), 0);
    answer_set_init(&b->answers, &b->arena, 64);
    findings_init(&b->a.findings, &b->arena);
    b->config = (struct mail_config){ .checks = checks, .suffixes = mail_world_suffixes };
    b->subject = (struct subject){ .config = &b->config, .domain = SPAN("example.com"), .answers = &b->answers,
                                   .arena = &b->arena, .findings = &b->a.findings };
    char txt[64], mx[64];
    const char *apex = c->apex ? c->apex : "!NODATA";
    snprintf(txt, sizeof(txt), "example.com %s", apex);
    snprintf(mx, sizeof(mx), "example.com/MX %s", apex);
    const char *world[] = { txt, mx, NULL };
    subject_ask(&b->subject, b->subject.domain, DNS_TXT, ASK_DOMAIN);
    subject_ask(&b->subject, b->subject.domain, DNS_MX, ASK_DOMAIN);
    mail_world_fill(world, &b->subject);
    fill_spf(c->spf, &b->a.spf);
    fill_dkim(c->dkim, &b->a.dkim);
    fill_mx(c->mx, &b->a.mx);
    fill_dmarc(c->dmarc, &b->a.dmarc);
    verdict_assess(&b->subject, &b->a);
    return b;
}

static void check_case(const struct verdict_case *c, unsigned checks)
{
    struct bench *b = bench_new(c, checks);
    char text[128];
    snprintf(text, sizeof(text), "%s %s %s %s", posture_name(b->a.posture), ternary(b->a.spoofable),
             ternary(b->a.spoofable_subdomains), b->a.sends == TERNARY_UNKNOWN ? "unknown" : ternary(b->a.sends));
    if (strcmp(text, c->expected) != 0) {
        fail_msg("%s:\n  expected %s\n  got      %s", c->name, c->expected, text);
    }
    span rest = span_from_cstr(c->findings ? c->findings : "");
    while (rest.len > 0) {
        span word = span_cut(&rest, ' ');
        bool is_wanted = word.ptr[0] != '!';
        word = is_wanted ? word : span_after(word, 1);
        enum finding_id id = finding_id_find(word);
        if (id == FINDING_COUNT || findings_has(&b->a.findings, id) != is_wanted) {
            fail_msg("%s: finding %.*s should%s be there", c->name, SPAN_ARG(word), is_wanted ? "" : " not");
        }
    }
    free(b);
}

static void run_cases(const struct verdict_case *cases, size_t count, unsigned checks)
{
    for (size_t i = 0; i < count; i++) {
        check_case(&cases[i], checks);
    }
}

#define RUN_CASES(cases, checks) run_cases((cases), sizeof(cases) / sizeof((cases)[0]), (checks))

static void every_row_and_its_borders(void **state)
{
    (void)state;
    static const struct verdict_case cases[] = {
        { "1 nonexistent, whatever else", NO_SPF, DKIM_ABSENT, NO_MX, DMARC_REJECT, "nonexistent no no no", "!parked_candidate", "!NXDOMAIN" },
        { "1 nonexistent without np", NO_SPF, DKIM_ABSENT, NO_MX, NO_DMARC, "nonexistent yes yes no", NULL, "!NXDOMAIN" },
        { "1 before 2: nonexistent, DMARC unknown", NO_SPF, DKIM_ABSENT, NO_MX, DMARC_FAILED, "nonexistent null null no", NULL, "!NXDOMAIN" },
        { "2 the domain's own failure", SPF_FAILED, DKIM_FAILED, MX_FAILED, DMARC_REJECT, "unknown null null unknown", NULL, "!SERVFAIL" },
        { "2 DMARC temperror", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_FAILED, "unknown null null yes", NULL, NULL },
        { "2 enforcing with SPF temperror (case 22)", SPF_FAILED, DKIM_KEY, MX_OWN, DMARC_REJECT, "unknown null null yes", NULL, NULL },
        { "2 no DMARC with SPF temperror (case 22)", SPF_FAILED, DKIM_KEY, MX_OWN, NO_DMARC, "unknown yes yes yes", NULL, NULL },
        { "10 not 2: SPF temperror does not decide here", SPF_FAILED, DKIM_KEY, MX_OWN, DMARC_NONE_RUA, "monitoring yes yes yes", NULL, NULL },
        { "3 not 2: broken with SPF temperror", SPF_FAILED, DKIM_KEY, MX_OWN, DMARC_BROKEN, "dmarc_broken yes yes yes", NULL, NULL },
        { "3 broken", SPF_GOOD, NO_DKIM, MX_OWN, DMARC_BROKEN, "dmarc_broken yes yes yes", "auth_without_policy", NULL },
        { "4 +all", SPF_ANYBODY, DKIM_KEY, MX_OWN, DMARC_REJECT, "enforcing_bypassed yes yes yes", "enforcing_bypassed", NULL },
        { "4 an open target", SPF_OPEN_TARGET, DKIM_KEY, MX_OWN, DMARC_QUARANTINE, "enforcing_bypassed yes yes yes", "enforcing_bypassed", NULL },
        { "4 a published test key (case 32)", SPF_GOOD, DKIM_TEST_KEY, MX_OWN, DMARC_REJECT, "enforcing_bypassed yes yes yes", NULL, NULL },
        { "4 before 6: parked with +all", SPF_ANYBODY, DKIM_ABSENT, NULL_MX, DMARC_REJECT, "enforcing_bypassed yes yes yes", "!parked_candidate", NULL },
        { "4 one view is enough (case 10)", SPF_ANYBODY, DKIM_KEY, MX_OWN, DMARC_ONLY_7489, "enforcing_bypassed yes yes yes", NULL, NULL },
        { "not 4 without enforcing", SPF_ANYBODY, DKIM_KEY, MX_OWN, DMARC_NONE_RUA, "monitoring yes yes yes", "!enforcing_bypassed", NULL },
        { "5 provider's MX, no SPF, DKIM impossible", NO_SPF, DKIM_ABSENT, MX_HOSTED, DMARC_QUARANTINE, "enforcing_broken no no unknown", "enforcing_without_auth !enforcing_without_spf", NULL },
        { "5 provider's MX, no SPF, no key found", NO_SPF, NO_DKIM, MX_HOSTED, DMARC_QUARANTINE, "enforcing_broken no no unknown", "enforcing_without_spf !enforcing_without_auth", NULL },
        { "5 SPF permerror", SPF_BROKEN, NO_DKIM, MX_HOSTED, DMARC_REJECT, "enforcing_broken no no unknown", "enforcing_spf_broken enforcing_without_spf", NULL },
        { "5 permerror that passes some: expected to send", SPF_BROKEN_BUT_PASSES, NO_DKIM, MX_OWN, DMARC_REJECT, "enforcing_broken no no yes", "enforcing_spf_broken", NULL },
        { "5 permerror that passes some, DKIM impossible: not all is lost", SPF_BROKEN_BUT_PASSES, DKIM_ABSENT, MX_OWN, DMARC_REJECT, "enforcing_broken no no yes", "enforcing_spf_broken enforcing_without_spf !enforcing_without_auth", NULL },
        { "5 permerror that passes none, DKIM impossible", SPF_BROKEN, DKIM_ABSENT, MX_HOSTED, DMARC_REJECT, "enforcing_broken no no unknown", "enforcing_spf_broken enforcing_without_auth !enforcing_without_spf", NULL },
        { "5 before 6: empty SPF with a provider's MX", SPF_NOBODY, NO_DKIM, MX_HOSTED, DMARC_REJECT, "enforcing_broken no no no", NULL, NULL },
        { "7 not 5: a key carries it", NO_SPF, DKIM_KEY, MX_HOSTED, DMARC_QUARANTINE, "protected no no yes", "enforcing_dkim_only !enforcing_without_spf", NULL },
        { "7 not 5: not expected to send", NO_SPF, NO_DKIM, MX_OWN, DMARC_REJECT, "protected no no unknown", "!enforcing_without_spf", NULL },
        { "41: 5 hangs on a key that failed", NO_SPF, DKIM_FAILED, MX_HOSTED, DMARC_REJECT, "unknown no no unknown", "!enforcing_without_spf", NULL },
        { "6 null MX, -all, reject", SPF_NOBODY, DKIM_ABSENT, NULL_MX, DMARC_REJECT, "parked_protected no no no", "parked_lockdown !parked_lockdown_full parked_candidate", NULL },
        { "6 with everything locked", SPF_NOBODY, DKIM_LOCKED, NULL_MX, DMARC_REJECT, "parked_protected no no no", "parked_lockdown_full", NULL },
        { "6 SPF authorises nobody, MX of its own", SPF_NOBODY, DKIM_ABSENT, MX_OWN, DMARC_REJECT, "parked_protected no no no", "parked_lockdown !parked_candidate", NULL },
        { "6 parked candidate without SPF", NO_SPF, DKIM_ABSENT, NO_MX, DMARC_REJECT, "parked_protected no no unknown", "parked_candidate parked_no_spf !parked_lockdown", NULL },
        { "6 an invalid MX cannot receive (case 29)", NO_SPF, DKIM_ABSENT, BAD_MX, DMARC_REJECT, "parked_protected no no unknown", NULL, NULL },
        { "7 not 6: a key is sending evidence (case 22)", SPF_NOBODY, DKIM_KEY, NULL_MX, DMARC_REJECT, "protected no no yes", "!parked_candidate", NULL },
        { "7 not 6: quarantine", SPF_NOBODY, DKIM_ABSENT, NULL_MX, DMARC_QUARANTINE, "protected no no no", "parked_dmarc_not_reject", NULL },
        { "7 not 6: sp only quarantine", SPF_NOBODY, DKIM_ABSENT, NULL_MX, DMARC_REJECT_SP_QUARANTINE, "protected no no no", "parked_dmarc_not_reject", NULL },
        { "8 not 6: sp none", SPF_NOBODY, DKIM_ABSENT, NULL_MX, DMARC_REJECT_SP_NONE, "partial no yes no", NULL, NULL },
        { "41: 6 hangs on a key that failed", SPF_NOBODY, DKIM_FAILED, NULL_MX, DMARC_REJECT, "unknown no no unknown", "!parked_lockdown", NULL },
        { "39: an inexact pass-set is evidence", SPF_INEXACT_EMPTY, DKIM_ABSENT, NULL_MX, DMARC_REJECT, "protected no no yes", "!parked_candidate", NULL },
        { "7 reject", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_REJECT, "protected no no yes", "bulk_sender_dns_ready", NULL },
        { "7 quarantine, nobody reads reports", SPF_GOOD, DKIM_ABSENT, MX_OWN, DMARC_QUARANTINE, "protected no no yes", "enforcing_blind enforcing_spf_only", NULL },
        { "7 pct=0 of reject is quarantine", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_REJECT_PCT0, "protected no no yes", NULL, NULL },
        { "7 a failed walk above an own record", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_REJECT_WALK_FAILED, "protected no null yes", NULL, NULL },
        { "2 not 8: a failed walk hides the subdomains' policy", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_REJECT_WALK_FAILED_BELOW, "unknown no null yes", NULL, NULL },
        { "8 sp none", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_REJECT_SP_NONE, "partial no yes yes", NULL, NULL },
        { "8 np none", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_REJECT_NP_NONE, "partial no yes yes", NULL, NULL },
        { "8 t=y of reject", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_REJECT_TESTING, "partial no no yes", NULL, NULL },
        { "8 t=y of quarantine", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_QUARANTINE_TESTING, "partial yes yes yes", NULL, NULL },
        { "8 sampled reject", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_REJECT_SAMPLED, "partial no no yes", NULL, NULL },
        { "8 sampled quarantine: spoofable", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_QUARANTINE_SAMPLED, "partial yes yes yes", NULL, NULL },
        { "8 pct=0 of quarantine is none in one view", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_QUARANTINE_PCT0, "partial yes yes yes", NULL, NULL },
        { "8 one view only", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_ONLY_9989, "partial yes yes yes", NULL, NULL },
        { "8 the other view only", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_ONLY_7489, "partial yes yes yes", NULL, NULL },
        { "8 tested in one, sampled in the other", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_TESTING_SAMPLED, "partial yes yes yes", NULL, NULL },
        { "9 parked, no DMARC", SPF_NOBODY, DKIM_ABSENT, NULL_MX, NO_DMARC, "parked_unprotected yes yes no", "parked_no_dmarc", NULL },
        { "9 before 10: parked with p=none", SPF_NOBODY, DKIM_ABSENT, NULL_MX, DMARC_NONE_RUA, "parked_unprotected yes yes no", "parked_dmarc_not_reject", NULL },
        { "9 SPF ends softly", SPF_NOBODY_SOFT, DKIM_ABSENT, NULL_MX, NO_DMARC, "parked_unprotected yes yes no", "parked_spf_not_fail", NULL },
        { "9 nothing at all, null MX", NO_SPF, DKIM_ABSENT, NULL_MX, NO_DMARC, "parked_unprotected yes yes no", "parked_no_spf parked_no_dmarc", NULL },
        { "2 not 9: parked hangs on SPF", SPF_FAILED, DKIM_ABSENT, NULL_MX, DMARC_NONE_RUA, "unknown yes yes unknown", "!parked_candidate", NULL },
        { "12 not 9: an implicit MX receives", SPF_NOBODY, DKIM_ABSENT, IMPLICIT_MX, NO_DMARC, "spf_only yes yes no", "parked_no_null_mx !parked_candidate", NULL },
        { "10 monitoring", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_NONE_RUA, "monitoring yes yes yes", "auth_without_policy", NULL },
        { "11 none without a usable rua", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_NONE_BLIND, "record_only yes yes yes", NULL, NULL },
        { "11 bare v=DMARC1 (case 14)", SPF_GOOD, DKIM_KEY, MX_OWN, DMARC_BARE, "record_only yes yes yes", NULL, NULL },
        { "12 -all", SPF_GOOD, DKIM_KEY, MX_OWN, NO_DMARC, "spf_only yes yes yes", "auth_without_policy", NULL },
        { "12 ~all", SPF_SOFT, DKIM_KEY, MX_OWN, NO_DMARC, "spf_only yes yes yes", NULL, NULL },
        { "13 ?all", SPF_NEUTRAL_ALL, DKIM_KEY, MX_OWN, NO_DMARC, "unprotected yes yes yes", NULL, NULL },
        { "13 SPF permerror", SPF_BROKEN, NO_DKIM, MX_OWN, NO_DMARC, "unprotected yes yes unknown", NULL, NULL },
        { "13 nothing", NO_SPF, NO_DKIM, MX_OWN, NO_DMARC, "unprotected yes yes unknown", "!auth_without_policy", NULL },
        { "13 nothing, MX unknown: not parked for certain", NO_SPF, DKIM_ABSENT, MX_FAILED, NO_DMARC, "unprotected yes yes unknown", "!parked_candidate", NULL },
    };
    RUN_CASES(cases, CHECKS_DEFAULT);
}

/* Decided cases 36 and 41. */
static void fewer_checks_decide_less(void **state)
{
    (void)state;
    static const struct verdict_case dmarc_alone[] = {
        { "dmarc alone: reject", SPF_UNCHECKED, DKIM_UNCHECKED, MX_FAILED, DMARC_REJECT, "unknown no null unknown", NULL, NULL },
        { "dmarc alone: none", SPF_UNCHECKED, DKIM_UNCHECKED, MX_FAILED, DMARC_NONE_RUA, "unknown yes null unknown", NULL, NULL },
        { "dmarc alone: failed", SPF_UNCHECKED, DKIM_UNCHECKED, MX_FAILED, DMARC_FAILED, "unknown null null unknown", NULL, NULL },
        { "dmarc alone: no such name", SPF_UNCHECKED, DKIM_UNCHECKED, MX_FAILED, NO_DMARC, "nonexistent yes null no", NULL, "!NXDOMAIN" },
    };
    static const struct verdict_case spf_alone[] = {
        { "spf alone", SPF_ANYBODY, DKIM_UNCHECKED, MX_FAILED, DMARC_UNCHECKED, "unknown null null unknown", NULL, NULL },
        { "spf alone: no such name", NO_SPF, DKIM_UNCHECKED, MX_FAILED, DMARC_UNCHECKED, "nonexistent null null no", NULL, "!NXDOMAIN" },
    };
    static const struct verdict_case no_dkim[] = {
        { "without dkim: SPF carries it", SPF_GOOD, DKIM_UNCHECKED, MX_OWN, DMARC_REJECT, "protected no no yes", NULL, NULL },
        { "without dkim: broken or not hangs on a key", NO_SPF, DKIM_UNCHECKED, MX_HOSTED, DMARC_REJECT, "unknown no no unknown", "!enforcing_without_spf", NULL },
        { "without dkim: parked hangs on a key", SPF_NOBODY, DKIM_UNCHECKED, NULL_MX, DMARC_REJECT, "unknown no no unknown", NULL, NULL },
        { "without dkim: parked and open hangs on a key", SPF_NOBODY, DKIM_UNCHECKED, NULL_MX, NO_DMARC, "unknown yes yes unknown", NULL, NULL },
        { "without dkim: monitoring does not", SPF_GOOD, DKIM_UNCHECKED, MX_OWN, DMARC_NONE_RUA, "monitoring yes yes yes", NULL, NULL },
    };
    RUN_CASES(dmarc_alone, CHECK_DMARC);
    RUN_CASES(spf_alone, CHECK_SPF);
    RUN_CASES(no_dkim, CHECK_SPF | CHECK_DMARC | CHECK_MX);
}

static void the_outcome_is_that_of_all_queries_at_the_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *txt, *mx, *expected;
    } cases[] = {
        { "both answered", "!NODATA", "!NODATA", "ok" },
        { "one failed: ok", "!SERVFAIL", "!NODATA", "ok" },
        { "the other failed: ok", "!NODATA", "!TIMEOUT", "ok" },
        { "all failed: TXT's failure", "!SERVFAIL", "!TIMEOUT", "servfail" },
        { "all failed: timeout", "!TIMEOUT", "!REFUSED", "timeout" },
        { "all failed: refused", "!REFUSED", "!REFUSED", "refused" },
        { "NXDOMAIN from one is enough", "!SERVFAIL", "!NXDOMAIN", "nxdomain" },
        { "an alias to nowhere is nxdomain, too", "!ALIAS", "!NODATA", "nxdomain" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static const struct verdict_case nothing = { .name = "" };
        struct bench *b = bench_new(&nothing, CHECKS_DEFAULT);
        answer_set_init(&b->answers, &b->arena, 64);
        char txt[64], mx[64];
        snprintf(txt, sizeof(txt), "example.com %s", cases[i].txt);
        snprintf(mx, sizeof(mx), "example.com/MX %s", cases[i].mx);
        const char *world[] = { txt, mx, NULL };
        subject_ask(&b->subject, b->subject.domain, DNS_MX, ASK_DOMAIN);
        subject_ask(&b->subject, b->subject.domain, DNS_TXT, ASK_DOMAIN);
        mail_world_fill(world, &b->subject);
        verdict_assess(&b->subject, &b->a);
        assert_string_equal(domain_outcome_name(b->a.outcome), cases[i].expected);
        free(b);
    }
}

static void transport_meets_mx_and_dmarc(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum record_status sts, tls, bimi;
        enum mx_kind mx;
        enum dmarc_kind dmarc;
        enum finding_id id;
        bool expected;
    } cases[] = {
        { "MTA-STS without TLS-RPT", RECORD_VALID, RECORD_NONE, RECORD_NONE, MX_OWN, NO_DMARC, FINDING_MTA_STS_WITHOUT_TLS_RPT, true },
        { "TLS-RPT unknown", RECORD_VALID, RECORD_TEMPERROR, RECORD_NONE, MX_OWN, NO_DMARC, FINDING_MTA_STS_WITHOUT_TLS_RPT, false },
        { "both", RECORD_VALID, RECORD_VALID, RECORD_NONE, MX_OWN, NO_DMARC, FINDING_MTA_STS_WITHOUT_TLS_RPT, false },
        { "MTA-STS with null MX", RECORD_VALID, RECORD_VALID, RECORD_NONE, NULL_MX, NO_DMARC, FINDING_MTA_STS_NO_MAIL, true },
        { "MTA-STS with unknown MX", RECORD_VALID, RECORD_VALID, RECORD_NONE, MX_FAILED, NO_DMARC, FINDING_MTA_STS_NO_MAIL, false },
        { "BIMI without DMARC", RECORD_NONE, RECORD_NONE, RECORD_VALID, MX_OWN, NO_DMARC, FINDING_BIMI_DMARC_INSUFFICIENT, true },
        { "BIMI with p=none", RECORD_NONE, RECORD_NONE, RECORD_VALID, MX_OWN, DMARC_NONE_RUA, FINDING_BIMI_DMARC_INSUFFICIENT, true },
        { "BIMI with sp=none", RECORD_NONE, RECORD_NONE, RECORD_VALID, MX_OWN, DMARC_REJECT_SP_NONE, FINDING_BIMI_DMARC_INSUFFICIENT, true },
        { "BIMI with quarantine, t=y", RECORD_NONE, RECORD_NONE, RECORD_VALID, MX_OWN, DMARC_QUARANTINE_TESTING, FINDING_BIMI_DMARC_INSUFFICIENT, true },
        { "BIMI with quarantine", RECORD_NONE, RECORD_NONE, RECORD_VALID, MX_OWN, DMARC_QUARANTINE, FINDING_BIMI_DMARC_INSUFFICIENT, false },
        { "BIMI with DMARC unknown", RECORD_NONE, RECORD_NONE, RECORD_VALID, MX_OWN, DMARC_FAILED, FINDING_BIMI_DMARC_INSUFFICIENT, false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct verdict_case c = { .name = cases[i].name, .spf = SPF_GOOD, .mx = cases[i].mx, .dmarc = cases[i].dmarc };
        struct bench *b = bench_new(&c, CHECKS_DEFAULT);
        findings_init(&b->a.findings, &b->arena);
        b->a.mta_sts.status = cases[i].sts;
        b->a.tls_rpt.status = cases[i].tls;
        b->a.bimi.status = cases[i].bimi;
        verdict_assess(&b->subject, &b->a);
        if (findings_has(&b->a.findings, cases[i].id) != cases[i].expected) {
            fail_msg("%s", cases[i].name);
        }
        free(b);
    }
}

static void postures_have_words(void **state)
{
    (void)state;
    for (int i = 0; i < POSTURE_COUNT; i++) {
        const struct posture_kind *kind = posture_kind((enum posture)i);
        assert_non_null(kind->id);
        assert_non_null(kind->meaning);
        assert_non_null(kind->remedy);
        assert_non_null(kind->source);
        assert_string_equal(posture_name((enum posture)i), kind->id);
    }
    assert_string_equal(posture_name(POSTURE_DMARC_BROKEN), "dmarc_broken");
    assert_string_equal(domain_outcome_name(OUTCOME_EXCLUDED), "excluded");
}

/* Every row of the catalogue says something, ends as a sentence, and no id stands twice. */
static void findings_have_words(void **state)
{
    (void)state;
    for (int i = 0; i < FINDING_COUNT; i++) {
        const struct finding_kind *kind = finding_kind((enum finding_id)i);
        assert_int_equal(finding_id_find(span_from_cstr(kind->id)), i);
        const char *texts[] = { kind->meaning, kind->remedy };
        for (int t = 0; t < 2; t++) {
            size_t len = strlen(texts[t]);
            assert_true(len > 1 && texts[t][len - 1] == '.');
        }
        assert_true(kind->source[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_and_its_borders),
        cmocka_unit_test(fewer_checks_decide_less),
        cmocka_unit_test(the_outcome_is_that_of_all_queries_at_the_name),
        cmocka_unit_test(transport_meets_mx_and_dmarc),
        cmocka_unit_test(postures_have_words),
        cmocka_unit_test(findings_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
