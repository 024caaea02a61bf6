// SPDX-License-Identifier: MIT
#include <ares.h>
#include <archive.h>
#include <fcntl.h>
#include <idn2.h>
#include <libpsl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>
#include <xxhash.h>
#include <zstd.h>

#include "scanner/commands.h"
#include "scanner/exit_status.h"
#include "scanner/say.h"

static const struct command commands[] = {
    { COMMAND_SCAN, "scan", "scan [LIST ...] [OPTION ...]", "Scans every domain of the lists and streams one record a domain.",
      "  trifecta scan list.txt -o results.ndjson.zst\n"
      "  trifecta scan tranco.zip --resolvers 127.0.0.1,192.0.2.53:5353 --rate 5k\n"
      "  trifecta scan customers.csv --column website --tag-column account -o customers.ndjson\n"
      "  zcat names.gz | trifecta scan --dry-run\n",
      scan_command },
    { COMMAND_CHECK, "check", "check DOMAIN ... [OPTION ...]", "Scans a few domains and draws what it found for a person.",
      "  trifecta check example.com\n"
      "  trifecta check example.com example.org --json\n"
      "  trifecta check example.com --require protected,parked_protected\n",
      check_command },
    { COMMAND_SPF, "spf", "spf --ip IP [--sender ADDR] [--helo NAME] DOMAIN [OPTION ...]",
      "Says what SPF makes of mail from one address: check_host() of RFC 7208.",
      "  trifecta spf --ip 192.0.2.1 example.com\n"
      "  trifecta spf --ip 2001:db8::1 --sender joe@example.com --helo mail.example.com example.com --json\n",
      spf_command },
    { COMMAND_EXPLAIN, "explain", "explain [FINDING | POSTURE ...]", "The catalogue: what each finding and posture means, and what to do.",
      "  trifecta explain spf_too_many_lookups\n"
      "  trifecta explain --json\n",
      explain_command },
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static int print_overview(FILE *out)
{
    fputs("trifecta asks the DNS what domains publish against forged mail (SPF, DKIM, DMARC), at scale.\n\n"
          "Usage: trifecta COMMAND ...\n\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\nExample: trifecta scan list.txt -o results.ndjson.zst\n"
          "See trifecta COMMAND --help for each, trifecta --version for versions.\n",
          out);
    return EXIT_DONE;
}

static int print_version(void)
{
    printf("trifecta %s\nlibuv %s, c-ares %s, zstd %s, libarchive %s, libidn2 %s, libpsl %s, xxHash %u.%u.%u, %s\n", TRIFECTA_VERSION,
           uv_version_string(), ares_version(NULL), ZSTD_versionString(), archive_version_string(), idn2_check_version(NULL),
           psl_get_version(), XXH_versionNumber() / 10000, XXH_versionNumber() / 100 % 100, XXH_versionNumber() % 100,
           OpenSSL_version(OPENSSL_VERSION));
    return EXIT_DONE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    const char **arguments = calloc((size_t)argc + 1, sizeof(*arguments));
    struct options options;
    char error[512];
    int status = EXIT_USAGE_WRONG;
    if (!arguments) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    if (!options_parse(command, argc, argv, 2, arguments, &options, error, sizeof(error))) {
        say("%s", error);
    } else if (options.help) {
        options_print_help(command);
        status = EXIT_DONE;
    } else if (options.version) {
        status = print_version();
    } else {
        status = command->run(&options, argc, argv);
    }
    free(arguments);
    return status;
}

static int unknown_command(const char *given)
{
    const char *names[COMMAND_COUNT + 1] = { NULL };
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i].name;
    }
    const char *nearest = nearest_spelling(span_from_cstr(given), names);
    say("unknown command '%s'%s%s; see trifecta --help", given, nearest ? "; did you mean " : "", nearest ? nearest : "");
    return EXIT_USAGE_WRONG;
}

/* Of 0, 1 and 2 each is something: an output that got number 2 would have messages written into it. */
static void open_standard_streams(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) {
        close(fd);
    }
}

int main(int argc, char **argv)
{
    open_standard_streams();
    if (argc < 2) {
        print_overview(stderr);
        return EXIT_USAGE_WRONG;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        return print_overview(stdout);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        return print_version();
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return run_command(&commands[i], argc, argv);
        }
    }
    return unknown_command(argv[1]);
}
