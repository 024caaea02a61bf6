// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/results/change.h"

static struct record_selector selectors[] = {
    { .selector = { "one", 3 }, .key_bits = 2048 },
    { .selector = { "two", 3 }, .key_bits = 2048 },
};

/* A protected name with both keys. */
static struct record_view view(void)
{
    struct record_view v = { .domain = SPAN("example.com"), .outcome = OUTCOME_OK, .posture = POSTURE_PROTECTED };
    v.spoofable = v.spoofable_subdomains = TERNARY_NO;
    v.mx.status = MX_NONE;
    v.spf.status = SPF_VALID;
    v.spf.all = SPF_FAIL;
    v.dkim.status = DKIM_FOUND;
    v.dkim.selectors.items = selectors;
    v.dkim.selectors.count = 2;
    v.dmarc.status = DMARC_VALID;
    v.dmarc.effective_policy = DMARC_POLICY_REJECT;
    v.mta_sts.status = v.tls_rpt.status = v.bimi.status = RECORD_NONE;
    return v;
}

static struct change compare(const struct record_view *before, const struct record_view *now)
{
    struct sweep_entry a, b;
    sweep_entry_fill(&a, before);
    sweep_entry_fill(&b, now);
    return change_between(&a, &b);
}

static void a_key_that_went_is_an_edit(void **state)
{
    (void)state;
    struct record_view before = view(), now = view();
    assert_int_equal(compare(&before, &now).class, CHANGE_NONE);
    now.dkim.selectors.count = 1;
    struct change change = compare(&before, &now);
    assert_int_equal(change.class, CHANGE_EDITED);
    assert_true(change.edited[TEXT_DKIM]);
}

static void a_selector_that_timed_out_is_no_edit(void **state)
{
    (void)state;
    struct record_failure failure = { SPAN("two._domainkey.example.com"), SPAN("TXT"), SPAN("timeout") };
    struct record_view before = view(), now = view();
    now.dkim.selectors.count = 1;
    now.dns.failed.items = &failure;
    now.dns.failed.count = 1;
    assert_int_equal(compare(&before, &now).class, CHANGE_NONE);
    assert_int_equal(compare(&now, &before).class, CHANGE_NONE);
    /* The failure of something else says nothing of the keys. */
    failure.name = SPAN("_mta-sts.example.com");
    assert_int_equal(compare(&before, &now).class, CHANGE_EDITED);
}

static struct record_view nothing_there(void)
{
    struct record_view v = view();
    v.outcome = OUTCOME_NXDOMAIN;
    v.posture = POSTURE_NONEXISTENT;
    return v;
}

static void a_name_vanishes_from_where_it_was_known_to_be(void **state)
{
    (void)state;
    struct record_view before = view(), now = nothing_there();
    assert_int_equal(compare(&before, &now).class, CHANGE_VANISHED);
    assert_int_equal(compare(&now, &before).class, CHANGE_APPEARED);
    /* It was there, though not all of it was known. */
    before.posture = POSTURE_UNKNOWN;
    assert_int_equal(compare(&before, &now).class, CHANGE_VANISHED);
    assert_int_equal(compare(&now, &before).class, CHANGE_APPEARED);
}

/* Or --fail-on weakened:dmarc would speak of names that are gone. */
static void what_went_with_its_name_did_not_get_weaker(void **state)
{
    (void)state;
    struct record_view before = view(), now = nothing_there();
    now.dmarc.status = DMARC_NONE;
    now.spf.status = SPF_NONE;
    struct change change = compare(&before, &now);
    assert_int_equal(change.class, CHANGE_VANISHED);
    for (int a = 0; a < ASPECT_COUNT; a++) {
        assert_int_equal(change.directions[a], DIRECTION_SAME);
    }
    now.outcome = OUTCOME_OK;
    change = compare(&before, &now);
    assert_int_equal(change.class, CHANGE_WEAKENED);
    assert_int_equal(change.directions[ASPECT_DMARC], DIRECTION_WEAKENED);
}

/* Whatever was checked: with MX alone there is no posture to be unknown. */
static void of_a_name_that_nobody_spoke_for_nothing_vanishes(void **state)
{
    static const enum domain_outcome failures[] = { OUTCOME_SERVFAIL, OUTCOME_REFUSED, OUTCOME_TIMEOUT, OUTCOME_BAD_RESPONSE };
    (void)state;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        struct record_view silent = view(), now = nothing_there();
        silent.outcome = failures[i];
        silent.mx.status = MX_TEMPERROR;
        silent.spf.status = now.spf.status = SPF_NOT_CHECKED;
        silent.dmarc.status = now.dmarc.status = DMARC_NOT_CHECKED;
        assert_int_equal(compare(&silent, &now).class, CHANGE_RECOVERED);
        assert_int_equal(compare(&now, &silent).class, CHANGE_BECAME_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_that_went_is_an_edit),
        cmocka_unit_test(a_selector_that_timed_out_is_no_edit),
        cmocka_unit_test(a_name_vanishes_from_where_it_was_known_to_be),
        cmocka_unit_test(what_went_with_its_name_did_not_get_weaker),
        cmocka_unit_test(of_a_name_that_nobody_spoke_for_nothing_vanishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
