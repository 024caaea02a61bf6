// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scanner/mail/subject.h"
#include "scanner/options.h"
#include "scanner/setup.h"

static int run_nothing(const struct options *options, int argc, char **argv)
{
    (void)options;
    (void)argc;
    (void)argv;
    return 0;
}

static const struct command scan = { COMMAND_SCAN, "scan", "scan", "", "", run_nothing };
static const struct command check = { COMMAND_CHECK, "check", "check", "", "", run_nothing };
static const struct command spf = { COMMAND_SPF, "spf", "spf", "", "", run_nothing };

static struct options parsed;
static char error[512];
static const char *arguments[64];

/* Words separated by blanks. */
static bool parse(const struct command *command, const char *line)
{
    static char text[1024];
    static char *argv[64];
    int argc = 0;
    snprintf(text, sizeof(text), "%s", line);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    error[0] = '\0';
    return options_parse(command, argc, argv, 0, arguments, &parsed, error, sizeof(error));
}

static void defaults_are_those_of_the_contract(void **state)
{
    (void)state;
    assert_true(parse(&scan, ""));
    assert_string_equal(parsed.output, "results.ndjson.zst");
    assert_int_equal(parsed.concurrency, 20000);
    assert_int_equal(parsed.timeout_ms, 2500);
    assert_int_equal(parsed.retries, 3);
    assert_true(parsed.second_pass);
    assert_true(parsed.dedup);
    assert_int_equal(parsed.order, ORDER_SHUFFLED);
    assert_int_equal(parsed.dkim, DKIM_SMART);
    assert_int_equal(parsed.level, 1);
    assert_int_equal(parsed.shards, 1);
    assert_int_equal(parsed.shard, 0);
    assert_int_equal(parsed.checkpoint_every_ms, 10000);
    assert_true(parsed.max_unknown == 100.0);
    assert_string_equal(parsed.checks, "spf,dkim,dmarc,mx,mta-sts,tls-rpt");
}

static void both_spellings_and_units(void **state)
{
    (void)state;
    assert_true(parse(&scan, "--rate=5k --timeout 1.5s --concurrency 0.5M -n 10 list.txt -oout.ndjson --checkpoint-every 250ms -- -x"));
    assert_true(parsed.rate == 5000.0);
    assert_int_equal(parsed.timeout_ms, 1500);
    assert_int_equal(parsed.concurrency, 500000);
    assert_int_equal(parsed.max_domains, 10);
    assert_string_equal(parsed.output, "out.ndjson");
    assert_int_equal(parsed.checkpoint_every_ms, 250);
    assert_int_equal(parsed.argument_count, 2);
    assert_string_equal(parsed.arguments[0], "list.txt");
    assert_string_equal(parsed.arguments[1], "-x");
    assert_true(parse(&scan, "--timeout 1.001s --zone-rate 0.25"));
    assert_int_equal(parsed.timeout_ms, 1001);
    assert_true(parsed.zone_rate == 0.25);
}

static void a_dash_alone_is_stdin(void **state)
{
    (void)state;
    assert_true(parse(&scan, "-"));
    assert_int_equal(parsed.argument_count, 1);
    assert_string_equal(parsed.arguments[0], "-");
}

static void wrong_usage_is_said_in_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } rows[] = {
        { "--concurency 5", "--concurrency" },
        { "--rate fast", "--rate takes a number" },
        { "--rate", "--rate needs a value" },
        { "--timeout 5", "a duration" },
        { "--timeout -5s", "--timeout" },
        { "--timeout 1e3s", "--timeout" },
        { "--retries 1.5", "whole number" },
        { "--retries 21", "between" },
        { "--order sideways", "shuffled list" },
        { "--second-pass maybe", "yes or no" },
        { "--force=yes", "takes no value" },
        { "--seed x", "--seed" },
        { "--shards 3 --shard 3", "--shard 3" },
        { "--level 23", "--level" },
        { "-Z", "unknown option '-Z'" },
        { "--rate nan", "--rate" },
        { "--rate 0x10", "--rate" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_false(parse(&scan, rows[i].line));
        if (!strstr(error, rows[i].says)) {
            fail_msg("%s: said \"%s\", not \"%s\"", rows[i].line, error, rows[i].says);
        }
        assert_null(strchr(error, '\n'));
    }
}

static void options_belong_to_commands(void **state)
{
    (void)state;
    assert_true(parse(&check, "example.com --json --require protected"));
    assert_false(parse(&check, "example.com --output x"));
    assert_false(parse(&scan, "--json"));
    assert_true(parse(&spf, "example.com --ip 192.0.2.1 --sender a@b.example --helo=c.example --json -r 127.0.0.1 --timeout 1s --retries 0"));
    assert_string_equal(parsed.ip, "192.0.2.1");
    assert_string_equal(parsed.sender, "a@b.example");
    assert_string_equal(parsed.helo, "c.example");
    assert_false(parse(&spf, "example.com --spf-ip 192.0.2.1"));
    assert_false(parse(&spf, "example.com --checks mx"));
    assert_false(parse(&check, "example.com --ip 192.0.2.1"));
    assert_true(parse(&check, "example.com --spf-ip 192.0.2.1 --spf-ip=::1"));
    assert_true(parse(&scan, "--spf-ip 192.0.2.1 --spf-ip=::1"));
    assert_int_equal(parsed.spf_ips.count, 2);
    assert_string_equal(parsed.spf_ips.items[1], "::1");
}

static void checks_add_and_remove(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned checks;
    } rows[] = {
        { "spf,dkim,dmarc,mx,mta-sts,tls-rpt", CHECKS_DEFAULT },
        { "+bimi,+hosts", CHECKS_DEFAULT | CHECK_BIMI | CHECK_HOSTS },
        { "-mx,-addresses", CHECKS_DEFAULT & ~(unsigned)(CHECK_MX | CHECK_ADDRESSES) },
        { "spf,dmarc", CHECK_SPF | CHECK_DMARC | CHECK_ADDRESSES },
        { "spf, dmarc, -addresses", CHECK_SPF | CHECK_DMARC },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned checks = 0;
        span bad;
        assert_true(checks_parse(rows[i].text, &checks, &bad));
        assert_int_equal(checks, rows[i].checks);
    }
    unsigned checks;
    span bad;
    assert_false(checks_parse("spf,dmrac", &checks, &bad));
    assert_true(span_equal(bad, SPAN("dmrac")));
}

static void the_nearest_spelling(void **state)
{
    (void)state;
    static const char *const names[] = { "scan", "check", "explain", NULL };
    assert_string_equal(nearest_spelling(SPAN("scna"), names), "scan");
    assert_string_equal(nearest_spelling(SPAN("expl"), names), "explain");
    assert_null(nearest_spelling(SPAN("frobnicate"), names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_contract), cmocka_unit_test(both_spellings_and_units),
        cmocka_unit_test(a_dash_alone_is_stdin),              cmocka_unit_test(wrong_usage_is_said_in_one_line),
        cmocka_unit_test(options_belong_to_commands),         cmocka_unit_test(checks_add_and_remove),
        cmocka_unit_test(the_nearest_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
