// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/metrics.h"

static void what_earlier_runs_left_is_found_again(void **state)
{
    (void)state;
    struct metrics_history h;
    metrics_history_parse(SPAN("# HELP trifecta_last_success_timestamp_seconds When.\n"
                               "# TYPE trifecta_last_success_timestamp_seconds gauge\n"
                               "trifecta_last_success_timestamp_seconds 1795314838.185\n"
                               "trifecta_last_exit_code 75\n"),
                          &h);
    assert_true(h.has_success && h.last_success_s == 1795314838.185);
    assert_true(h.has_exit_status && h.last_exit_status == 75);
}

static void rubbish_is_not(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "\n\n",
        "trifecta_last_success_timestamp_seconds",
        "trifecta_last_success_timestamp_seconds ",
        "trifecta_last_success_timestamp_seconds 1 2",
        "trifecta_last_success_timestamp_seconds nan",
        "trifecta_last_success_timestamp_seconds -1",
        "trifecta_last_success_timestamp_seconds 1e300",
        "trifecta_last_success_timestamp_seconds 11111111111111111111111111111111111111",
        "trifecta_last_success_timestamp_seconds_x 1",
        "xtrifecta_last_success_timestamp_seconds 1",
        "trifecta_last_success_timestamp_seconds{a=\"b\"} 1",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct metrics_history h;
        metrics_history_parse(span_from_cstr(lines[i]), &h);
        assert_false(h.has_success || h.has_exit_status);
    }
}

/* Every class belongs to one protocol, once; unknown and absent are different ones everywhere. */
static void classes_are_told_apart(void **state)
{
    (void)state;
    size_t unknown[PROTOCOL_COUNT] = { 0 }, not_checked[PROTOCOL_COUNT] = { 0 };
    for (size_t i = 0; i < POSTURE_CLASS_COUNT; i++) {
        const struct posture_class *class = posture_class(i);
        unknown[class->protocol] += strcmp(class->name, "unknown") == 0;
        not_checked[class->protocol] += strcmp(class->name, "not_checked") == 0;
        for (size_t k = 0; k < i; k++) {
            assert_false(class->protocol == posture_class(k)->protocol &&
                         strcmp(class->name, posture_class(k)->name) == 0);
        }
    }
    for (size_t p = 0; p < PROTOCOL_COUNT; p++) {
        assert_int_equal(unknown[p], 1);
        assert_int_equal(not_checked[p], 1);
    }
    struct assessment a = { .spf = { .status = SPF_TEMPERROR },
                            .dmarc = { .status = DMARC_TEMPERROR },
                            .mx = { .status = MX_TEMPERROR },
                            .dkim = { .status = DKIM_TEMPERROR },
                            .mta_sts = { .status = RECORD_TEMPERROR },
                            .tls_rpt = { .status = RECORD_TEMPERROR } };
    uint8_t found[PROTOCOL_COUNT];
    posture_classes_find(&a, found);
    for (size_t p = 0; p < PROTOCOL_COUNT; p++) {
        assert_int_equal(posture_class(found[p])->protocol, p);
        assert_string_equal(posture_class(found[p])->name, "unknown");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_earlier_runs_left_is_found_again),
        cmocka_unit_test(rubbish_is_not),
        cmocka_unit_test(classes_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
