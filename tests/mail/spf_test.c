// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "scanner/mail/providers.h"
#include "scanner/mail/spf.h"
#include "tests/support/zone.h"

static char memory[4 << 20];

/* Public suffixes here: one label, and "co.example". */
static span organizational_domain(const void *list, span name)
{
    (void)list;
    span domain = name;
    size_t keep = name_is_within(name, SPAN("co.example")) ? 3 : 2;
    while (name_label_count(domain) > keep) {
        domain = name_parent(domain);
    }
    return domain;
}

static bool is_public_suffix(const void *list, span name)
{
    (void)list;
    return name_label_count(name) < 2 || span_equal(name, SPAN("co.example"));
}

struct fixture {
    struct arena arena;
    struct mail_config config;
    struct answer_set answers;
    struct findings findings;
    struct subject subject;
    struct spf_plan plan;
    struct spf_result result;
};

static struct provider_table *providers;

static void assess_zone(struct fixture *f, const struct zone_row *rows, size_t count, unsigned checks)
{
    struct zone zone = { rows, count };
    *f = (struct fixture){ .config = { .checks = checks,
                                       .providers = providers,
                                       .suffixes = { organizational_domain, is_public_suffix, NULL } } };
    arena_init(&f->arena, memory, sizeof(memory), 0);
    answer_set_init(&f->answers, &f->arena, ANSWER_SET_LIMIT);
    f->subject = (struct subject){
        .config = &f->config, .domain = SPAN("d.example"), .answers = &f->answers, .arena = &f->arena
    };
    /* What the MX part asks is there, too. */
    subject_ask(&f->subject, f->subject.domain, DNS_MX, ASK_DOMAIN);
    while (spf_ask(&f->subject, &f->plan) > 0) {
        zone_answer(&zone, &f->answers, &f->arena);
    }
    findings_init(&f->findings, &f->arena);
    f->subject.findings = &f->findings;
    spf_assess(&f->subject, &f->result);
}

enum { ROWS_MAX = 24 };

struct scene {
    const char *name;
    struct zone_row rows[ROWS_MAX];
    enum spf_status status;
    int lookups, voids, depth; /* -1: not looked at */
    int64_t ip4, slash64s;
    bool is_exact;
    const char *limit_hit;
    const char *findings;      /* ids that must be there; "!" before one that must not, blanks between */
};

static size_t count_rows(const struct zone_row *rows)
{
    size_t count = 0;
    while (count < ROWS_MAX && rows[count].name) {
        count++;
    }
    return count;
}

static void check_findings(const struct scene *scene, const struct fixture *f)
{
    span rest = span_from_cstr(scene->findings ? scene->findings : "");
    while (rest.len > 0) {
        span id = span_cut(&rest, ' ');
        bool is_wanted = id.ptr[0] != '!';
        id = is_wanted ? id : span_after(id, 1);
        enum finding_id known = finding_id_find(id);
        assert_int_not_equal(known, FINDING_COUNT);
        if (findings_has(&f->findings, known) != is_wanted) {
            fail_msg("%s: %s %.*s", scene->name, is_wanted ? "lacks" : "has", SPAN_ARG(id));
        }
    }
}

static void check_scenes(const struct scene *scenes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        static struct fixture f;
        const struct scene *want = &scenes[i];
        assess_zone(&f, want->rows, count_rows(want->rows), CHECKS_DEFAULT);
        const struct spf_result *r = &f.result;
        if (r->status != want->status || (want->lookups >= 0 && r->lookups != (unsigned)want->lookups) ||
            (want->voids >= 0 && r->void_lookups != (unsigned)want->voids) ||
            (want->depth >= 0 && r->depth != (unsigned)want->depth) ||
            (want->ip4 >= 0 && r->ipv4_addresses != (uint64_t)want->ip4) ||
            (want->slash64s >= 0 && r->ipv6_slash64s != (uint64_t)want->slash64s) || r->is_exact != want->is_exact ||
            (want->limit_hit && !span_equal(r->limit_hit, span_from_cstr(want->limit_hit)))) {
            fail_msg("%s: status %d lookups %u voids %u depth %u ip4 %llu /64s %llu exact %d limit %.*s", want->name,
                     (int)r->status, r->lookups, r->void_lookups, r->depth, (unsigned long long)r->ipv4_addresses,
                     (unsigned long long)r->ipv6_slash64s, r->is_exact, SPAN_ARG(r->limit_hit));
        }
        check_findings(want, &f);
    }
}

#define TXT(name, text)  { name, DNS_TXT, text }
#define A(name, text)    { name, DNS_A, text }
#define AAAA(name, text) { name, DNS_AAAA, text }
#define MX(name, text)   { name, DNS_MX, text }
#define CHECK(scenes)    check_scenes(scenes, sizeof(scenes) / sizeof(scenes[0]))

static void the_own_record(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        { "4.5: no TXT", { A("d.example", "192.0.2.1") }, SPF_NONE, 0, 0, 0, 0, 0, false, "", "spf_missing" },
        { "4.5: other TXT only", { TXT("d.example", "hello") }, SPF_NONE, 0, 0, 0, 0, 0, false, "", "spf_missing" },
        { "case 2: no such domain", { A("x.example", "192.0.2.1") }, SPF_NONE, 0, 0, 0, 0, 0, false, "", NULL },
        { "4.4: a failure is not absence", { TXT("d.example", "[SERVFAIL]") }, SPF_TEMPERROR, 0, 0, 0, 0, 0, false, "",
          "spf_temperror !spf_missing" },
        { "4.5: two records", { TXT("d.example", "v=spf1 -all"), TXT("d.example", "v=spf1") }, SPF_PERMERROR, 0, 0, 0, 0, 0,
          false, "", "spf_multiple_records !spf_no_all" },
        { "4.7: v=spf1 alone is neutral", { TXT("d.example", "v=spf1") }, SPF_VALID, 0, 0, 0, 0, 0, true, "",
          "spf_no_all spf_authorises_nobody" },
        { "3.3: strings are joined", { TXT("d.example", "v=spf1 ip4:192.0|.2.0/24 -all") }, SPF_VALID, 0, 0, 0, 256, 0, true,
          "", "!spf_split_glue" },
        { "2.10 point 5: a version split over two strings", { TXT("d.example", "v=sp|f1 -all") }, SPF_VALID, 0, 0, 0, 0, 0,
          true, "", "!spf_missing" },
        { "3.3: a boundary glues two terms", { TXT("d.example", "v=spf1 ip4:192.0.2.1|include:x.example -all") },
          SPF_PERMERROR, 0, 0, 0, 0, 0, false, "", "spf_split_glue !spf_missing_space" },
        { "2.10 point 5: quotes are no record", { TXT("d.example", "\"v=spf1 -all\"") }, SPF_NONE, 0, 0, 0, 0, 0, false, "",
          "spf_quoted spf_missing" },
        { "2.10 point 1: a fault behind all", { TXT("d.example", "v=spf1 -all ipv4:192.0.2.1") }, SPF_PERMERROR, 0, 0, 0, 0,
          0, false, "", "spf_unknown_mechanism" },
        { "2.10 point 4: single label, tab", { TXT("d.example", "v=spf1 a:mail mx\ta -all") }, SPF_PERMERROR, 0, 0, 0, 0, 0,
          false, "", "spf_bad_domain spf_control_character" },
        { "2.10 point 7: -all at the end of an unknown modifier", { TXT("d.example", "v=spf1 x=y-all -all") }, SPF_VALID, 0,
          0, 0, 0, 0, true, "", "spf_unknown_modifier !spf_missing_space" },
        { "a dash that is none", { TXT("d.example", "v=spf1 ip4:192.0.2.1 \xe2\x80\x93" "all") }, SPF_PERMERROR, 0, 0, 0, 0, 0,
          false, "", "spf_non_ascii spf_unicode_dash !spf_unicode_quote" },
        { "a dash of Windows-1252", { TXT("d.example", "v=spf1 \x96" "all") }, SPF_PERMERROR, 0, 0, 0, 0, 0, false, "",
          "spf_non_ascii spf_unicode_dash" },
        { "quotes of Unicode", { TXT("d.example", "v=spf1 \xe2\x80\x9c" "a\xe2\x80\x9d -all") }, SPF_PERMERROR, 0, 0, 0, 0, 0,
          false, "", "spf_non_ascii spf_unicode_quote !spf_unicode_dash" },
        { "a space that cannot be seen", { TXT("d.example", "v=spf1 a\xc2\xa0mx -all") }, SPF_PERMERROR, 0, 0, 0, 0, 0, false,
          "", "spf_non_ascii spf_invisible_character" },
        { "several faults are all named", { TXT("d.example", "v=spf1 ip4:1.2.3 ip6:x redirect:a.example 192.0.2.1 --all") },
          SPF_PERMERROR, 0, 0, 0, 0, 0, false, "",
          "spf_bad_ip4 spf_bad_ip6 spf_modifier_colon spf_bare_address spf_qualifier_double" },
        { "fact 6: include= is legal and lost", { TXT("d.example", "v=spf1 include=x.example -all") }, SPF_VALID, 0, 0, 0, 0,
          0, true, "", "spf_mechanism_equals !spf_unknown_modifier" },
        { "a name glued to all is a legal name", { TXT("d.example", "v=spf1 include:x.example-all") }, SPF_PERMERROR, 1, 1, 1,
          0, 0, true, "", "spf_missing_space spf_include_no_record" },
    };
    CHECK(scenes);
}

static void all_and_redirect(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        { "5.1: +all", { TXT("d.example", "v=spf1 all") }, SPF_VALID, 0, 0, 0, (int64_t)1 << 32, INT64_MAX, true, "",
          "spf_all_pass !spf_authorises_nobody" },
        { "5.1: ~all", { TXT("d.example", "v=spf1 ~all") }, SPF_VALID, 0, 0, 0, 0, 0, true, "", "spf_all_softfail" },
        { "5.1: ?all", { TXT("d.example", "v=spf1 ?all") }, SPF_VALID, 0, 0, 0, 0, 0, true, "", "spf_all_neutral" },
        { "5.1: the first all decides", { TXT("d.example", "v=spf1 -all +all a") }, SPF_VALID, 0, 0, 0, 0, 0, true, "",
          "spf_all_repeated spf_terms_after_all !spf_all_pass" },
        { "6.1: redirect beside all is ignored", { TXT("d.example", "v=spf1 redirect=x.example -all") }, SPF_VALID, 0, 0, 0, 0,
          0, true, "", "spf_redirect_ignored !spf_redirect_not_last" },
        { "6.1: redirect", { TXT("d.example", "v=spf1 redirect=x.example"), TXT("x.example", "v=spf1 ip4:192.0.2.0/25 ~all") },
          SPF_VALID, 1, 0, 1, 128, 0, true, "", "spf_all_softfail !spf_no_all" },
        { "6.1: redirect before other terms", { TXT("d.example", "v=spf1 redirect=x.example ip4:192.0.2.1"),
          TXT("x.example", "v=spf1 -all") }, SPF_VALID, 1, 0, 1, 1, 0, true, "", "spf_redirect_not_last" },
        { "6.1: redirect to no record", { TXT("d.example", "v=spf1 redirect=x.example"), TXT("x.example", "hello") },
          SPF_PERMERROR, 1, 0, 1, 0, 0, true, "", "spf_redirect_no_record" },
        { "6.1: redirect to nothing", { TXT("d.example", "v=spf1 redirect=x.d.example") }, SPF_PERMERROR, 1, 1, 1, 0, 0, true,
          "", "spf_redirect_no_record" },
        { "redirect that fails", { TXT("d.example", "v=spf1 redirect=x.example"), TXT("x.example", "[TIMEOUT]") },
          SPF_TEMPERROR, 1, 0, 1, 0, 0, false, "", "spf_temperror !spf_no_all !spf_redirect_no_record" },
        { "redirect to itself ends in too many lookups", { TXT("d.example", "v=spf1 redirect=d.example") }, SPF_PERMERROR, 1,
          0, 1, 0, 0, true, NULL, "spf_redirect_loop" },
    };
    CHECK(scenes);
}

static void includes(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        { "5.2: pass matches, the rest does not",
          { TXT("d.example", "v=spf1 include:x.example ip4:192.0.2.0/24 -all"),
            TXT("x.example", "v=spf1 -ip4:192.0.2.0/25 ip4:198.51.100.0/24 -all") },
          SPF_VALID, 1, 0, 1, 512, 0, true, "", NULL },
        { "5.2: -include takes away what it passes",
          { TXT("d.example", "v=spf1 -include:x.example ip4:192.0.2.0/24 -all"), TXT("x.example", "v=spf1 ip4:192.0.2.0/25 -all") },
          SPF_VALID, 1, 0, 1, 128, 0, true, "", NULL },
        { "5.2: an include without a record",
          { TXT("d.example", "v=spf1 ip4:192.0.2.1 include:x.example ip4:192.0.2.2 -all"), TXT("x.example", "hello") },
          SPF_PERMERROR, 1, 0, 1, 1, 0, true, "", "spf_include_no_record" },
        { "5.2: an include of what is not there", { TXT("d.example", "v=spf1 include:x.d.example -all") }, SPF_PERMERROR, 1, 1,
          1, 0, 0, true, "", "spf_include_no_record" },
        { "5.2: an include with a fault", { TXT("d.example", "v=spf1 include:x.example -all"), TXT("x.example", "v=spf1 ip4:1") },
          SPF_PERMERROR, 1, 0, 1, 0, 0, true, "", "spf_include_permerror" },
        { "5.2: an include with two records",
          { TXT("d.example", "v=spf1 include:x.example -all"), TXT("x.example", "v=spf1"), TXT("x.example", "v=spf1 a") },
          SPF_PERMERROR, 1, 0, 1, 0, 0, true, "", "spf_include_permerror" },
        { "2.10 point 2: an include that fails is temperror, no void",
          { TXT("d.example", "v=spf1 include:x.example -all"), TXT("x.example", "[SERVFAIL]") }, SPF_TEMPERROR, 1, 0, 1, 0, 0,
          false, "", "spf_include_temperror !spf_include_no_record" },
        { "case 7: whichever is met first",
          { TXT("d.example", "v=spf1 include:x.example include:y.example -all"), TXT("x.example", "hello"),
            TXT("y.example", "[SERVFAIL]") },
          SPF_PERMERROR, 2, 0, 1, 0, 0, false, "", NULL },
        { "5.2: nested +all",
          { TXT("d.example", "v=spf1 include:x.example -all"), TXT("x.example", "v=spf1 +all") }, SPF_VALID, 1, 0, 1,
          (int64_t)1 << 32, INT64_MAX, true, "", "spf_include_passes_all !spf_all_pass" },
        { "5.2: an include of everything by address",
          { TXT("d.example", "v=spf1 include:x.example -all"), TXT("x.example", "v=spf1 ip4:0.0.0.0/0 -all") }, SPF_VALID, 1, 0,
          1, (int64_t)1 << 32, 0, true, "", "spf_include_passes_all" },
        { "5.2: include of the own name", { TXT("d.example", "v=spf1 include:d.example -all") }, SPF_PERMERROR, 1, 0, 1, 0, 0,
          true, NULL, "spf_include_self" },
        { "case 5: a loop counts 1 and is not entered again",
          { TXT("d.example", "v=spf1 include:x.example -all"), TXT("x.example", "v=spf1 include:y.example -all"),
            TXT("y.example", "v=spf1 include:x.example -all") },
          SPF_PERMERROR, 3, 0, 3, 0, 0, true, NULL, "spf_include_loop" },
        { "case 5: duplicates count each time",
          { TXT("d.example", "v=spf1 include:x.example include:x.example -all"), TXT("x.example", "v=spf1 a:y.example -all"),
            A("y.example", "192.0.2.1"), AAAA("y.example", "2001:db8::1") },
          SPF_VALID, 4, 0, 1, 1, 1, true, "", "spf_duplicate_include" },
        { "case 8: depth", { TXT("d.example", "v=spf1 include:x.example redirect=z.example"),
          TXT("x.example", "v=spf1 include:y.example"), TXT("y.example", "v=spf1 -all"), TXT("z.example", "v=spf1 -all") },
          SPF_VALID, 3, 0, 2, 0, 0, true, "", NULL },
        { "7.1: %{d} is the record's name, %{o} the sender's",
          { TXT("d.example", "v=spf1 include:x.example -all"), TXT("x.example", "v=spf1 include:%{d}.y.example include:%{o}.z.example -all"),
            TXT("x.example.y.example", "v=spf1 ip4:192.0.2.1 -all"), TXT("d.example.z.example", "v=spf1 ip4:192.0.2.2 -all") },
          SPF_VALID, 3, 0, 2, 2, 0, true, "", "spf_macro" },
        { "case 9: an unknown macro makes a lower bound", { TXT("d.example", "v=spf1 ip4:192.0.2.1 include:%{i}.x.example -all") },
          SPF_VALID, 1, 0, 1, 1, 0, false, "", "spf_macro !spf_include_no_record" },
    };
    CHECK(scenes);
}

static void address_terms(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        { "2.3: the example of the contract", { TXT("d.example", "v=spf1 -ip4:192.0.2.0/25 ip4:192.0.2.0/24 ~all") }, SPF_VALID,
          0, 0, 0, 128, 0, true, "", "spf_reserved_range" },
        { "2.3: listed twice counts once",
          { TXT("d.example", "v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.0/25 ip4:192.0.2.0/24 -all") }, SPF_VALID, 0, 0, 0, 256, 0,
          true, "", "spf_redundant_range spf_duplicate_term" },
        { "5.3: a with prefix", { TXT("d.example", "v=spf1 a/24//64 -all"), A("d.example", "192.0.2.77"),
          AAAA("d.example", "2001:db8::1") }, SPF_VALID, 1, 0, 0, 256, 1, true, "", NULL },
        { "5.4: mx", { TXT("d.example", "v=spf1 mx -all"), MX("d.example", "10 m.example"), MX("d.example", "20 n.example"),
          A("m.example", "192.0.2.1"), A("n.example", "192.0.2.2"), AAAA("n.example", "2001:db8::2") }, SPF_VALID, 1, 0, 0, 2,
          1, true, "", NULL },
        { "5.4: a null MX has no hosts", { TXT("d.example", "v=spf1 mx -all"), MX("d.example", "0 .") }, SPF_VALID, 1, 0, 0, 0,
          0, true, "", NULL },
        { "4.6.4: mx with more than ten hosts",
          { TXT("d.example", "v=spf1 mx ip4:192.0.2.200 -all"), MX("d.example", "1 m.example"), MX("d.example", "2 b.example"),
            MX("d.example", "3 c.example"), MX("d.example", "4 e.example"), MX("d.example", "5 f.example"),
            MX("d.example", "6 g.example"), MX("d.example", "7 h.example"), MX("d.example", "8 i.example"),
            MX("d.example", "9 j.example"), MX("d.example", "10 k.example"), MX("d.example", "11 l.example"),
            A("m.example", "192.0.2.1"), A("l.example", "192.0.2.2") },
          SPF_PERMERROR, 1, 0, 0, 1, 0, true, "", "spf_mx_too_many_hosts" },
        { "4.6.4: void terms", { TXT("d.example", "v=spf1 a:x.d.example mx:y.d.example ip4:192.0.2.1 -all") }, SPF_VALID, 2, 2, 0,
          1, 0, true, "", "spf_void_target !spf_too_many_void_lookups" },
        { "4.6.4: the third void term",
          { TXT("d.example", "v=spf1 a:x.d.example mx:y.d.example ip4:192.0.2.1 exists:z.d.example ip4:192.0.2.2 -all") },
          SPF_PERMERROR, 3, 3, 0, 1, 0, true, "exists:z.d.example", "spf_too_many_void_lookups" },
        { "case 7: void for IPv6 senders only",
          { TXT("d.example", "v=spf1 a a:x.example a:y.example ip4:192.0.2.9 -all"), A("d.example", "192.0.2.1"),
            A("x.example", "192.0.2.2"), A("y.example", "192.0.2.3") },
          SPF_VALID, 3, 0, 0, 4, 0, true, "", "spf_void_lookups_ipv6 !spf_too_many_void_lookups" },
        { "case 6: ptr is never void", { TXT("d.example", "v=spf1 ptr ptr:a.d.example ptr:b.d.example -all") }, SPF_VALID, 3, 0,
          0, 0, 0, false, "", "spf_ptr" },
        { "5: a that fails is temperror", { TXT("d.example", "v=spf1 a:x.example -all"), A("x.example", "[TIMEOUT]"),
          AAAA("x.example", "2001:db8::1") }, SPF_TEMPERROR, 1, 0, 0, 0, 1, false, "", "spf_temperror" },
        { "5.7: exists, the same for everyone", { TXT("d.example", "v=spf1 exists:x.example -all"), A("x.example", "127.0.0.2") },
          SPF_VALID, 1, 0, 0, (int64_t)1 << 32, INT64_MAX, true, "", "spf_exists spf_exists_constant" },
        { "5.7: exists of the sender", { TXT("d.example", "v=spf1 exists:%{i}.x.example -all") }, SPF_VALID, 1, 0, 0, 0, 0,
          false, "", "spf_exists !spf_exists_constant spf_macro" },
        { "4.3: no name of the DNS", { TXT("d.example", "v=spf1 a:x..example ip4:192.0.2.1 -all") }, SPF_VALID, 1, 1, 0, 1, 0,
          true, "", "spf_odd_domain spf_void_target" },
        { "ranges", { TXT("d.example", "v=spf1 ip4:9.9.9.9/8 ip6:2a00::/16 ip4:8.0.0.0/15 ip4:10.0.0.1 -all") }, SPF_VALID, 0,
          0, 0, -1, -1, true, "", "spf_wide_range spf_host_bits_set spf_reserved_range spf_permissive" },
    };
    CHECK(scenes);
}

static void limits(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        { "4.6.4: ten are allowed",
          { TXT("d.example", "v=spf1 ptr ptr ptr ptr ptr ptr ptr ptr ptr ptr ip4:192.0.2.1 -all") }, SPF_VALID, 10, 0, 0, 1, 0,
          false, "", "spf_lookups_near_limit !spf_too_many_lookups" },
        { "4.6.4: eleven are not, for those not matched before",
          { TXT("d.example", "v=spf1 ip4:192.0.2.1 ptr ptr ptr ptr ptr ptr ptr ptr ptr ptr mx ip4:192.0.2.2 -all") },
          SPF_PERMERROR, 11, 1, 0, 1, 0, false, "mx", "spf_too_many_lookups" },
        { "4.6.4: the path to the eleventh",
          { TXT("d.example", "v=spf1 ptr ptr ptr ptr ptr include:x.example -all"),
            TXT("x.example", "v=spf1 ptr ptr ptr include:y.example"), TXT("y.example", "v=spf1 +mx:z.d.example") },
          SPF_PERMERROR, 11, 1, 2, 0, 0, false, "include:x.example > include:y.example > +mx:z.d.example",
          "spf_too_many_lookups" },
        { "4.6.4: terms behind all are not met", { TXT("d.example", "v=spf1 -all a a a a a a a a a a a") }, SPF_VALID, 0, 0, 0,
          0, 0, true, "", "spf_terms_after_all !spf_too_many_lookups" },
        { "2.3: who leaves an include early has met fewer terms",
          { TXT("d.example", "v=spf1 include:x.example ptr ptr ptr ptr ip4:192.0.2.0/24 -all"),
            TXT("x.example", "v=spf1 -ip4:192.0.2.128/25 ptr ptr ptr ptr ptr ptr ?all") },
          SPF_PERMERROR, 11, 0, 1, 128, 0, false, "ptr", "spf_too_many_lookups" },
    };
    CHECK(scenes);
}

static void targets_that_anyone_can_register(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        { "2.3: nothing at the registry", { TXT("d.example", "v=spf1 include:spf.gone.example -all") }, SPF_PERMERROR, 1, 1, 1, 0,
          0, true, "", "spf_target_unregistered" },
        { "2.3: the domain is there, the name is not",
          { TXT("d.example", "v=spf1 include:spf.gone.example -all"), A("gone.example", "192.0.2.1") }, SPF_PERMERROR, 1, 1, 1, 0,
          0, true, "", "!spf_target_unregistered" },
        { "2.3: an a term", { TXT("d.example", "v=spf1 a:www.gone.example -all") }, SPF_VALID, 1, 1, 0, 0, 0, true, "",
          "spf_target_unregistered spf_void_target" },
        { "the own domain is not for sale", { TXT("d.example", "v=spf1 a:www.d.example -all") }, SPF_VALID, 1, 1, 0, 0, 0, true,
          "", "!spf_target_unregistered" },
    };
    CHECK(scenes);
    static struct fixture f;
    assess_zone(&f, scenes[2].rows, 1, CHECKS_DEFAULT);
    assert_true(f.result.target_is_open);
    assert_non_null(answer_set_find(&f.answers, SPAN("gone.example"), DNS_NS));
    assess_zone(&f, scenes[1].rows, 2, CHECKS_DEFAULT);
    assert_false(f.result.target_is_open);
    /* record.md decided case 32: only what lets a sender pass, and is reached */
    static const char *const harmless[] = { "v=spf1 -include:spf.gone.example -all",
                                            "v=spf1 include:nothing.d.example include:spf.gone.example -all" };
    for (size_t i = 0; i < 2; i++) {
        const struct zone_row row = TXT("d.example", harmless[i]);
        assess_zone(&f, &row, 1, CHECKS_DEFAULT);
        assert_int_equal(findings_has(&f.findings, FINDING_SPF_TARGET_UNREGISTERED), i == 1); /* a minus never lets anybody in */
        assert_false(f.result.target_is_open);
    }
}

static void the_result_is_filled(void **state)
{
    (void)state;
    static const struct zone_row rows[] = {
        TXT("d.example", "v=spf1 include:_SPF.X.example. include:_spf.x.example -all redirect=Y.example"),
        TXT("_spf.x.example", "v=spf1 ip4:192.0.2.1 include:z.example ~all"),
        TXT("z.example", "v=spf1 ip4:192.0.2.2 -all"),
    };
    static struct fixture f;
    assess_zone(&f, rows, 3, CHECKS_DEFAULT);
    const struct spf_result *r = &f.result;
    assert_int_equal(r->status, SPF_VALID);
    assert_true(r->has_all && r->all == SPF_FAIL && r->has_numbers && r->has_record);
    assert_int_equal(r->include_count, 2);
    assert_true(span_equal(r->includes[0], SPAN("_spf.x.example")));
    assert_true(span_equal(r->includes[1], SPAN("_spf.x.example")));
    assert_true(r->has_redirect && span_equal(r->redirect, SPAN("y.example"))); /* case 28 */
    assert_int_equal(r->target_count, 2);
    assert_int_equal(r->lookups, 4);
    const struct spf_tree_node *tree = r->tree;
    assert_int_equal(tree->term_count, 4);
    assert_int_equal(tree->lookups, 4);
    assert_non_null(tree->terms[0].target);
    assert_null(tree->terms[1].target); /* shown where the walk first went there */
    assert_int_equal(tree->terms[0].target->lookups, 1);
    assert_true(span_equal(tree->terms[0].target->terms[1].target->name, SPAN("z.example")));
}

static void without_addresses_only_records_are_asked(void **state)
{
    (void)state;
    /* record.md decided case 9 */
    static const struct zone_row rows[] = {
        TXT("d.example", "v=spf1 a mx a:x.d.example exists:y.d.example mx:z.d.example include:i.example -all"),
        TXT("i.example", "v=spf1 ip4:192.0.2.1 -all"),
    };
    static struct fixture f;
    assess_zone(&f, rows, 2, CHECKS_DEFAULT & ~(unsigned)CHECK_ADDRESSES);
    assert_int_equal(f.answers.count, 3); /* MX of the domain by somebody else, TXT twice */
    assert_int_equal(f.result.status, SPF_VALID);
    assert_int_equal(f.result.lookups, 6);
    assert_int_equal(f.result.void_lookups, 0);
    assert_false(f.result.is_exact);
    assert_true(f.result.ipv4_addresses == 1);
    assess_zone(&f, rows, 2, CHECK_MX);
    assert_int_equal(f.result.status, SPF_NOT_CHECKED);
    assert_int_equal(f.answers.count, 1);
}

static void only_what_is_reachable_is_asked(void **state)
{
    (void)state;
    static const struct zone_row rows[] = {
        TXT("d.example", "v=spf1 include:i.example include:%{i}.example -all include:never.example redirect=nor.example"),
        TXT("i.example", "v=spf1 ip4:1 include:neither.example"),
    };
    static struct fixture f;
    assess_zone(&f, rows, 2, CHECKS_DEFAULT);
    assert_null(answer_set_find(&f.answers, SPAN("never.example"), DNS_TXT));
    assert_null(answer_set_find(&f.answers, SPAN("nor.example"), DNS_TXT));
    assert_null(answer_set_find(&f.answers, SPAN("neither.example"), DNS_TXT));
    assert_non_null(answer_set_find(&f.answers, SPAN("i.example"), DNS_TXT));
}

static void a_target_asked_before_by_others_is_followed(void **state)
{
    (void)state;
    static const struct zone_row rows[] = {
        TXT("d.example", "v=spf1 include:_dmarc.d.example -all"),
        TXT("_dmarc.d.example", "v=spf1 include:x.example -all"),
        TXT("x.example", "v=spf1 ip4:192.0.2.1 -all"),
    };
    struct zone zone = { rows, 3 };
    static struct fixture f;
    assess_zone(&f, rows, 0, CHECK_MX); /* sets the fixture up */
    f.config.checks = CHECKS_DEFAULT;
    answer_set_init(&f.answers, &f.arena, ANSWER_SET_LIMIT);
    f.plan = (struct spf_plan){ 0 };
    subject_ask(&f.subject, SPAN("_dmarc.d.example"), DNS_TXT, ASK_DMARC);
    while (spf_ask(&f.subject, &f.plan) > 0) {
        zone_answer(&zone, &f.answers, &f.arena);
    }
    spf_assess(&f.subject, &f.result);
    assert_int_equal(f.result.status, SPF_VALID);
    assert_int_equal(f.result.lookups, 2);
    assert_true(f.result.ipv4_addresses == 1);
}

static void a_hostile_tree_ends_at_the_cap(void **state)
{
    (void)state;
    /* A chain and a bush of includes: 30 ways at every level. */
    enum { LEVELS = 40 };
    static char names[LEVELS + 1][16], texts[LEVELS][1024];
    static struct zone_row rows[LEVELS];
    for (int i = 0; i <= LEVELS; i++) {
        snprintf(names[i], sizeof(names[i]), i == 0 ? "d.example" : "n%d.example", i);
    }
    for (int i = 0; i < LEVELS; i++) {
        size_t len = (size_t)snprintf(texts[i], sizeof(texts[i]), "v=spf1");
        for (int k = 0; k < 30; k++) {
            len += (size_t)snprintf(texts[i] + len, sizeof(texts[i]) - len, " include:%s", names[i + 1]);
        }
        rows[i] = (struct zone_row)TXT(names[i], texts[i]);
    }
    static struct fixture f;
    assess_zone(&f, rows, LEVELS, CHECKS_DEFAULT);
    assert_int_equal(f.result.status, SPF_PERMERROR);
    assert_int_equal(f.result.lookups, SPF_TERMS_MAX);
    assert_false(f.result.is_exact);
    assert_true(f.result.was_capped);
    assert_in_range(f.result.depth, SPF_TERMS_MAX / 30, LEVELS); /* the planner stops after as many terms */
}

/* What waits for its turn holds one record's names, not those of a whole level; in the end nothing is missing. */
static void a_plan_that_pauses_asks_the_same_in_smaller_steps(void **state)
{
    (void)state;
    enum { WIDTH = 10, PAUSE = 15, STEPS_MAX = 400 };
    static char names[WIDTH][16], texts[WIDTH + 1][1024];
    static struct zone_row rows[WIDTH + 1];
    size_t len = (size_t)snprintf(texts[WIDTH], sizeof(texts[0]), "v=spf1");
    for (int i = 0; i < WIDTH; i++) {
        snprintf(names[i], sizeof(names[i]), "n%d.example", i);
        len += (size_t)snprintf(texts[WIDTH] + len, sizeof(texts[0]) - len, " include:%s", names[i]);
        size_t child = (size_t)snprintf(texts[i], sizeof(texts[0]), "v=spf1");
        for (int k = 0; k < WIDTH; k++) {
            child += (size_t)snprintf(texts[i] + child, sizeof(texts[0]) - child, " include:n%d-%d.example", i, k);
        }
        rows[i] = (struct zone_row)TXT(names[i], texts[i]);
    }
    rows[WIDTH] = (struct zone_row)TXT("d.example", texts[WIDTH]);
    struct zone zone = { rows, WIDTH + 1 };
    size_t largest[2] = { 0 }, asked[2];
    static struct fixture f;
    for (int pauses = 0; pauses < 2; pauses++) {
        assess_zone(&f, rows, 0, CHECK_MX); /* sets the fixture up */
        f.config.checks = CHECKS_DEFAULT;
        answer_set_init(&f.answers, &f.arena, ANSWER_SET_LIMIT);
        f.plan = (struct spf_plan){ .pause = pauses ? PAUSE : 0 };
        size_t added, steps = 0;
        while ((added = spf_ask(&f.subject, &f.plan)) > 0 && ++steps < STEPS_MAX) {
            largest[pauses] = added > largest[pauses] ? added : largest[pauses];
            zone_answer(&zone, &f.answers, &f.arena);
        }
        asked[pauses] = f.answers.count;
        spf_assess(&f.subject, &f.result);
        assert_int_equal(f.result.lookups, WIDTH + WIDTH * WIDTH);
    }
    assert_int_equal(asked[1], asked[0]);
    assert_int_equal(largest[0], WIDTH * WIDTH);
    assert_int_equal(largest[1], WIDTH);
}

static void what_was_never_answered_is_unknown(void **state)
{
    (void)state;
    static struct fixture f;
    assess_zone(&f, NULL, 0, CHECK_MX);
    f.config.checks = CHECKS_DEFAULT;
    answer_set_init(&f.answers, &f.arena, ANSWER_SET_LIMIT);
    spf_assess(&f.subject, &f.result);
    assert_int_equal(f.result.status, SPF_TEMPERROR);
}

static void every_arena_size_gives_a_result(void **state)
{
    (void)state;
    static const struct zone_row rows[] = {
        TXT("d.example", "v=spf1 a mx include:x.example ip4:192.0.2.0/24 -ip4:198.51.100.0/25 ip4:198.51.100.0/24 ~all"),
        TXT("x.example", "v=spf1 ip4:203.0.113.0/25 include:y.example ?all"),
        TXT("y.example", "v=spf1 exists:%{i}.z.example ip6:2001:db8::/32 -all"),
        A("d.example", "192.0.2.1"), MX("d.example", "10 d.example"),
    };
    static struct fixture f;
    assess_zone(&f, rows, 5, CHECKS_DEFAULT);
    uint64_t full = f.result.ipv4_addresses;
    static char small[1 << 16];
    for (size_t size = 0; size < sizeof(small); size += 40) {
        struct arena arena;
        arena_init(&arena, small, size, 0);
        struct subject subject = f.subject;
        subject.arena = &arena;
        findings_init(&f.findings, &arena);
        struct spf_result result;
        spf_assess(&subject, &result);
        assert_true(result.ipv4_addresses <= full);
        assert_true(!result.is_exact);
        assert_false(result.authorises_nobody);
    }
}

/* ---- beside providers ---- */

static const char provider_text[] = "mx\tbox\tmail.box.example\tmailbox\ta\n"
                                    "spf\tbox\tspf.box.example\tmailbox\ta\n"
                                    "spf\tbulk\tspf.bulk.example\tesp\ta\n"
                                    "spf\trelay\trelay.example\trelay\ta\n";

static void beside_the_mailbox_provider(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        { "2.3: the provider's include is not there",
          { TXT("d.example", "v=spf1 ip4:8.8.8.8 -all"), MX("d.example", "10 in.mail.box.example") }, SPF_VALID, 0, 0, 0, 1, 0,
          true, "", "spf_provider_missing !spf_third_party_only" },
        { "2.3: it is there",
          { TXT("d.example", "v=spf1 include:spf.box.example -all"), MX("d.example", "10 in.mail.box.example"),
            TXT("spf.box.example", "v=spf1 ip4:8.8.8.8 -all") }, SPF_VALID, 1, 0, 1, 1, 0, true, "", "!spf_provider_missing" },
        { "2.3: mx covers it",
          { TXT("d.example", "v=spf1 mx -all"), MX("d.example", "10 in.mail.box.example"), A("in.mail.box.example", "8.8.8.8") },
          SPF_VALID, 1, 0, 0, 1, 0, true, "", "!spf_provider_missing" },
        { "2.3: only bulk mailers",
          { TXT("d.example", "v=spf1 include:spf.bulk.example -all"), MX("d.example", "10 in.mail.box.example"),
            TXT("spf.bulk.example", "v=spf1 ip4:8.8.8.8 -all") }, SPF_VALID, 1, 0, 1, 1, 0, true, "",
          "spf_third_party_only spf_provider_missing" },
        { "2.3: an open relay without the lock",
          { TXT("d.example", "v=spf1 include:relay.example -all"), TXT("relay.example", "v=spf1 ip4:8.8.8.8 -all") }, SPF_VALID,
          1, 0, 1, 1, 0, true, "", "spf_shared_relay" },
        { "2.3: an open relay with the lock",
          { TXT("d.example", "v=spf1 include:relay.example -all"), TXT("relay.example", "v=spf1 ip4:8.8.8.8 -all"),
            TXT("_mailchannels.d.example", "v=mc1 cfid=x") }, SPF_VALID, 1, 0, 1, 1, 0, true, "", "!spf_shared_relay" },
    };
    size_t bad_line;
    providers = provider_table_new(span_of(provider_text, sizeof(provider_text) - 1), &bad_line);
    assert_non_null(providers);
    CHECK(scenes);
    static struct fixture f;
    assess_zone(&f, scenes[1].rows, 3, CHECKS_DEFAULT);
    assert_int_equal(f.result.provider_count, 1);
    assert_string_equal(f.result.providers[0], "box");
    provider_table_free(providers);
    providers = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_own_record),
        cmocka_unit_test(all_and_redirect),
        cmocka_unit_test(includes),
        cmocka_unit_test(address_terms),
        cmocka_unit_test(limits),
        cmocka_unit_test(targets_that_anyone_can_register),
        cmocka_unit_test(the_result_is_filled),
        cmocka_unit_test(without_addresses_only_records_are_asked),
        cmocka_unit_test(only_what_is_reachable_is_asked),
        cmocka_unit_test(a_target_asked_before_by_others_is_followed),
        cmocka_unit_test(a_hostile_tree_ends_at_the_cap),
        cmocka_unit_test(a_plan_that_pauses_asks_the_same_in_smaller_steps),
        cmocka_unit_test(what_was_never_answered_is_unknown),
        cmocka_unit_test(every_arena_size_gives_a_result),
        cmocka_unit_test(beside_the_mailbox_provider),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
