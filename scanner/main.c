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
#include "scanner/help.h"
#include "scanner/say.h"

static int print_version(void)
{
    printf("trifecta %s\nlibuv %s, c-ares %s, zstd %s, %s, libidn2 %s, libpsl %s, xxHash %u.%u.%u, %s\n", TRIFECTA_VERSION,
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
    if (!arguments) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    const struct options_input input = {
        .argc = argc, .first = 2, .argv = argv, .environment = (const char *const *)environ, .arguments = arguments,
    };
    int status = (int)options_read(&options, command, &input, error, sizeof(error));
    if (status != EXIT_DONE) {
        say("%s", error);
    } else if (options.help) {
        help_print_command(command);
    } else if (options.version) {
        status = print_version();
    } else {
        if (options.verbose) {
            options_say(&options, command);
        }
        status = command->run(&options, argc, argv);
    }
    options_free(&options);
    free(arguments);
    return status;
}

static int unknown_command(const char *given)
{
    const char *names[COMMANDS_MAX + 1] = { NULL };
    for (size_t i = 0; i < command_count; i++) {
        names[i] = commands[i].name;
    }
    if (given[0] == '-') {
        say("%s: the command comes first, as in trifecta scan %s; see trifecta --help", given, given);
        return EXIT_USAGE_WRONG;
    }
    const char *nearest = nearest_spelling(span_from_cstr(given), names);
    say("unknown command '%s'%s%s; see trifecta --help", given, nearest ? "; did you mean " : "", nearest ? nearest : "");
    return EXIT_USAGE_WRONG;
}

/* `trifecta help [COMMAND]`; --json: the tables for whoever makes pages and completions of them. */
static int help(int argc, char **argv)
{
    if (argc < 3) {
        help_print_overview(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[2], "--json") == 0) {
        return help_print_json() ? EXIT_DONE : EXIT_WRITE_ERROR;
    }
    const struct command *command = command_by_name(argv[2]);
    if (!command) {
        return unknown_command(argv[2]);
    }
    help_print_command(command);
    return EXIT_DONE;
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
        help_print_overview(stderr);
        return EXIT_USAGE_WRONG;
    }
    if (strcmp(argv[1], "help") == 0) {
        return help(argc, argv);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_print_overview(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        return print_version();
    }
    const struct command *command = command_by_name(argv[1]);
    return command ? run_command(command, argc, argv) : unknown_command(argv[1]);
}
