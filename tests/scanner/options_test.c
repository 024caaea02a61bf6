// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "scanner/commands.h"
#include "scanner/config_file.h"
#include "scanner/mail/subject.h"
#include "scanner/option_table.h"
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
static const char *environment[8];
static enum exit_status status;

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
    options_free(&parsed);
    const struct options_input input = { .argc = argc, .argv = argv, .environment = environment, .arguments = arguments };
    status = options_read(&parsed, command, &input, error, sizeof(error));
    return status == EXIT_DONE;
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
        { "--rate fast", "--rate takes a number such as 500, 20k, 1M; not 'fast'; see trifecta scan --help" },
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
        { "--json", "--json is an option of trifecta check, spf, explain, not of scan" },
        { "--format text", "--format is an option of trifecta report, diff, not of scan" }, /* of two rows */
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

static char config_path[64];

static void write_config(const char *bytes, size_t len)
{
    snprintf(config_path, sizeof(config_path), "/tmp/trifecta-options-XXXXXX");
    int fd = mkstemp(config_path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

/* `line` with %s for the path of a config file of that text. */
static bool parse_with(const char *text, const char *line)
{
    char whole[512];
    write_config(text, strlen(text));
    snprintf(whole, sizeof(whole), line, config_path);
    bool is_good = parse(&scan, whole);
    unlink(config_path);
    return is_good;
}

static void a_flag_beats_the_environment_beats_the_file(void **state)
{
    (void)state;
    environment[0] = "TRIFECTA_RESOLVER_RATE=20";
    environment[1] = "TRIFECTA_RATE=2k";
    environment[2] = "TRIFECTA_DRY_RUN=yes";
    environment[3] = "HOME=/";
    assert_true(parse_with("# all three\nrate = 100\nresolver-rate=200\nzone-rate\t=\t300 # of us\nretries = 1\r\n", "--config %s --rate 1"));
    assert_true(parsed.rate == 1 && parsed.resolver_rate == 20 && parsed.zone_rate == 300);
    assert_int_equal(parsed.retries, 1);
    assert_true(parsed.dry_run);
    assert_true(parse_with("dry-run = yes\nforce = no\n", "--config %s"));
    assert_true(parsed.dry_run && !parsed.force);
    environment[0] = environment[1] = environment[2] = NULL;
}

static void a_repeatable_option_is_taken_whole_from_the_strongest(void **state)
{
    (void)state;
    static const char file[] = "selector = a\nselector = b\n";
    assert_true(parse_with(file, "--config %s"));
    assert_int_equal(parsed.extra_selectors.count, 2);
    assert_string_equal(parsed.extra_selectors.items[1], "b");
    environment[0] = "TRIFECTA_SELECTOR=c, d,e";
    assert_true(parse_with(file, "--config %s"));
    assert_int_equal(parsed.extra_selectors.count, 3);
    assert_string_equal(parsed.extra_selectors.items[1], "d");
    assert_true(parse_with(file, "--selector f --config %s"));
    assert_int_equal(parsed.extra_selectors.count, 1);
    assert_string_equal(parsed.extra_selectors.items[0], "f");
    environment[0] = NULL;
}

static void a_wrong_config_is_said_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "rate = 1\n\nresolver-raet = 5\n", ":3: no option is called 'resolver-raet'; did you mean resolver-rate" },
        { "rate = fast\n", ":1: rate takes a number" },
        { "[scan]\n", ":1: there are no sections" },
        { "rate 5\n", ":1: a line is NAME = VALUE" },
        { "= 5\n", ":1: a line is NAME = VALUE" },
        { "output =\n", ":1: output needs a value" },
        { "force = 1\n", ":1: force takes yes or no" },
        { "rate = 1\001\n", ":1: a control character" },
        { "help = yes\n", ":1: help is for the command line" },
        { "config = other\n", ":1: config is for the command line" },
        { "\xff\xfe = 1\n", ":1: no option is called" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_false(parse_with(rows[i].text, "--config %s"));
        assert_int_equal(status, EXIT_CONFIG_BAD);
        if (!strstr(error, rows[i].says) || strncmp(error, config_path, strlen(config_path)) != 0) {
            fail_msg("said \"%s\", not \"%s\"", error, rows[i].says);
        }
    }
    assert_false(parse(&scan, "--config /nowhere/at/all"));
    assert_int_equal(status, EXIT_CONFIG_BAD);
    assert_non_null(strstr(error, "/nowhere/at/all: cannot be read"));
    assert_false(parse_with("rate = fast\n", "--config %s --retries x"));
    assert_int_equal(status, EXIT_USAGE_WRONG); /* the command line is told of first */
}

static void the_environment_is_read_with_care(void **state)
{
    (void)state;
    environment[0] = "TRIFECTA_RATE=fast";
    assert_false(parse(&scan, ""));
    assert_int_equal(status, EXIT_CONFIG_BAD);
    assert_non_null(strstr(error, "TRIFECTA_RATE takes a number"));
    environment[0] = "TRIFECTA_RESOLVER_RAET=5";
    assert_false(parse(&scan, ""));
    assert_int_equal(status, EXIT_CONFIG_BAD);
    assert_non_null(strstr(error, "TRIFECTA_RESOLVER_RATE"));
    environment[0] = "TRIFECTA_RAET=5";
    assert_false(parse(&scan, ""));
    assert_non_null(strstr(error, "did you mean TRIFECTA_RATE?"));
    static const char *const others[] = { "TRIFECTA_PORT=tcp://10.0.0.1:53", "TRIFECTA_=1", "TRIFECTA_BIN=/x", "TRIFECTA_HOME=/", "TRIFECTA", "TRIFECTA_REQUIRE=protected", "TRIFECTA_HELP=yes" };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        environment[0] = others[i];
        assert_true(parse(&scan, ""));
    }
    environment[0] = "TRIFECTA_CONFIG=/nowhere/at/all";
    assert_false(parse(&scan, ""));
    assert_int_equal(status, EXIT_CONFIG_BAD);
    assert_true(parse(&scan, "--help")); /* helps also then */
    environment[0] = NULL;
}

static void a_config_file_is_bounded(void **state)
{
    (void)state;
    static char large[CONFIG_FILE_MAX + 2];
    memset(large, '\n', sizeof(large));
    write_config(large, CONFIG_FILE_MAX + 1);
    char *text;
    size_t len;
    assert_int_equal(config_file_read(config_path, &text, &len), -EFBIG);
    unlink(config_path);
    write_config(large, CONFIG_FILE_MAX);
    assert_int_equal(config_file_read(config_path, &text, &len), 0);
    assert_int_equal(len, CONFIG_FILE_MAX);
    free(text);
    unlink(config_path);
    memset(large, 'x', CONFIG_LINE_MAX + 1);
    struct config_reader reader = { .rest = span_of(large, CONFIG_LINE_MAX + 1) };
    span key, value;
    const char *why = NULL;
    assert_int_equal(config_next(&reader, &key, &value, &why), CONFIG_BAD);
    assert_string_equal(why, "the line is too long");
}

static void the_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        assert_true(row->commands != 0 && row->help[0] != '\0' && row->group[0] != '\0');
        bool takes_value = row->kind != OPTION_FLAG && row->kind != OPTION_ACTION;
        assert_int_equal(takes_value, row->operand != NULL);
        assert_int_equal(row->kind == OPTION_CHOICE, row->choices != NULL);
        for (size_t k = 0; k < i; k++) { /* a command knows a name and a letter once */
            bool is_same = strcmp(row->name, option_rows[k].name) == 0 || (row->letter && row->letter == option_rows[k].letter);
            assert_false(is_same && (row->commands & option_rows[k].commands));
        }
    }
    for (size_t i = 0; i < command_count; i++) { /* every default is a value its own option takes */
        assert_true(parse(&commands[i], ""));
        for (size_t k = 0; k < option_row_count; k++) {
            char line[128];
            if (option_rows[k].standard && (option_rows[k].commands & (unsigned)commands[i].id)) {
                snprintf(line, sizeof(line), "--%s %s", option_rows[k].name, option_rows[k].standard);
                assert_true(parse(&commands[i], line));
            }
        }
    }
}

static void the_nearest_spelling(void **state)
{
    (void)state;
    static const char *const names[] = { "scan", "check", "explain", "top", NULL };
    assert_string_equal(nearest_spelling(SPAN("scna"), names), "scan");
    assert_string_equal(nearest_spelling(SPAN("expl"), names), "explain");
    assert_string_equal(nearest_spelling(SPAN("tip"), names), "top");
    assert_int_equal(spelling_distance(SPAN("raet"), SPAN("rate")), 1);
    assert_int_equal(spelling_distance(SPAN("a cat"), SPAN("an act")), 2);
    assert_int_equal(spelling_distance(SPAN(""), SPAN("rate")), 4);
    assert_null(nearest_spelling(SPAN("frobnicate"), names));
    assert_null(nearest_spelling(SPAN("foo"), names)); /* two of three letters are another word */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_contract), cmocka_unit_test(both_spellings_and_units),
        cmocka_unit_test(a_dash_alone_is_stdin),              cmocka_unit_test(wrong_usage_is_said_in_one_line),
        cmocka_unit_test(options_belong_to_commands),         cmocka_unit_test(checks_add_and_remove),
        cmocka_unit_test(the_nearest_spelling),               cmocka_unit_test(a_flag_beats_the_environment_beats_the_file),
        cmocka_unit_test(a_repeatable_option_is_taken_whole_from_the_strongest),
        cmocka_unit_test(a_wrong_config_is_said_with_its_line),
        cmocka_unit_test(the_environment_is_read_with_care),
        cmocka_unit_test(a_config_file_is_bounded),
        cmocka_unit_test(the_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
