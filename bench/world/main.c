// SPDX-License-Identifier: MIT
/*
 * The simulated Internet: world --listen ADDRESS:PORT serves it, world --truth LIST prints what a perfect scan would
 * find.
 */
#include "bench/world/selfcheck.h"
#include "bench/world/server.h"
#include "bench/world/truth.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_USAGE = 64, EXIT_NO_INPUT = 66, EXIT_SYSTEM = 71, EXIT_OUTPUT = 74 };

struct options {
    struct server_options server;
    const char *truth;
    const char *psl;
    const char *stats;
    const char *port_file;
    const struct rates *rates;
    uint64_t print_list, self_check;
};

enum option_id {
    OPTION_LISTEN = 256,
    OPTION_SEED,
    OPTION_PROFILE,
    OPTION_LOSS,
    OPTION_SERVFAIL,
    OPTION_LIE,
    OPTION_DELAY,
    OPTION_THREADS,
    OPTION_TRUTH,
    OPTION_PSL,
    OPTION_STATS,
    OPTION_PORT_FILE,
    OPTION_PRINT_LIST,
    OPTION_SELF_CHECK,
    OPTION_HELP
};

static const struct option long_options[] = {
    { "listen", required_argument, NULL, OPTION_LISTEN },
    { "seed", required_argument, NULL, OPTION_SEED },
    { "profile", required_argument, NULL, OPTION_PROFILE },
    { "loss", required_argument, NULL, OPTION_LOSS },
    { "servfail", required_argument, NULL, OPTION_SERVFAIL },
    { "lie", required_argument, NULL, OPTION_LIE },
    { "delay", required_argument, NULL, OPTION_DELAY },
    { "threads", required_argument, NULL, OPTION_THREADS },
    { "truth", required_argument, NULL, OPTION_TRUTH },
    { "psl", required_argument, NULL, OPTION_PSL },
    { "stats", required_argument, NULL, OPTION_STATS },
    { "port-file", required_argument, NULL, OPTION_PORT_FILE },
    { "print-list", required_argument, NULL, OPTION_PRINT_LIST },
    { "self-check", required_argument, NULL, OPTION_SELF_CHECK },
    { "help", no_argument, NULL, OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

static const char usage[] =
    "world --listen 127.0.0.1:5300       serve the simulated DNS, UDP and TCP, until SIGTERM\n"
    "world --truth LIST                  what a perfect scan of the list would find, one JSON object a line (-: "
    "stdin)\n"
    "world --print-list N                N names, for load tests\n"
    "world --self-check N                answers, plans and truth of N names held against each other\n"
    "\n"
    "  --seed N            which world (default 1)\n"
    "  --profile NAME      gov (default), toplist, registered\n"
    "  --psl FILE          cut zones by this Public Suffix List instead of the built-in table\n"
    "  --listen A:P        may be given again; port 0 takes a free one\n"
    "  --port-file FILE    write the ports there, one a line\n"
    "  --threads N         UDP threads for each address (default 1)\n"
    "  --loss PCT          UDP queries thrown away\n"
    "  --servfail PCT      queries answered SERVFAIL\n"
    "  --lie PCT           a forged answer with another id goes first\n"
    "  --delay MS          UDP answers come this much later\n"
    "  --stats FILE        at the end: counters as JSON, queries of each second included (SIGUSR1: a line to stderr "
    "now)\n";

static bool read_number(const char *text, uint64_t max, uint64_t *out)
{
    return span_to_u64(span_from_cstr(text), max, out);
}

/* "1", "0.25": per cent, into parts per million. */
static bool read_percent(const char *text, unsigned *ppm)
{
    char *end;
    double v = strtod(text, &end);
    if (end == text || *end != '\0' || !(v >= 0 && v <= 100)) {
        return false;
    }
    *ppm = (unsigned)(v * 10000 + 0.5);
    return true;
}

static bool read_option(int id, const char *value, struct options *o)
{
    uint64_t n = 0;
    switch (id) {
    case OPTION_LISTEN:
        if (o->server.listen_count == SERVER_LISTEN_MAX) {
            return false;
        }
        o->server.listen[o->server.listen_count++] = value;
        return true;
    case OPTION_SEED:
        return read_number(value, UINT64_MAX, &o->server.seed);
    case OPTION_PROFILE:
        o->rates = rates_find(span_from_cstr(value));
        return o->rates != NULL;
    case OPTION_LOSS:
        return read_percent(value, &o->server.loss_ppm);
    case OPTION_SERVFAIL:
        return read_percent(value, &o->server.servfail_ppm);
    case OPTION_LIE:
        return read_percent(value, &o->server.lie_ppm);
    case OPTION_DELAY:
        if (!read_number(value, 60000, &n)) {
            return false;
        }
        o->server.delay_ms = (unsigned)n;
        return true;
    case OPTION_THREADS:
        if (!read_number(value, 64, &n) || n == 0) {
            return false;
        }
        o->server.threads = (unsigned)n;
        return true;
    case OPTION_TRUTH:
        o->truth = value;
        return true;
    case OPTION_PSL:
        o->psl = value;
        return true;
    case OPTION_STATS:
        o->stats = value;
        return true;
    case OPTION_PORT_FILE:
        o->port_file = value;
        return true;
    case OPTION_PRINT_LIST:
        return read_number(value, 10000000000u, &o->print_list);
    case OPTION_SELF_CHECK:
        return read_number(value, 10000000000u, &o->self_check);
    default:
        return false;
    }
}

static int print_list(uint64_t count)
{
    for (uint64_t i = 1; i <= count; i++) {
        char name[64];
        list_name(i, name);
        if (puts(name) < 0) {
            return EXIT_OUTPUT;
        }
    }
    return fflush(stdout) == 0 ? 0 : EXIT_OUTPUT;
}

static int print_truth(const struct world *w, const char *path)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!f) {
        fprintf(stderr, "world: %s: %s\n", path, strerror(errno));
        return EXIT_NO_INPUT;
    }
    struct truth *t = truth_new(w);
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    while (t && (len = getline(&line, &size, f)) >= 0) {
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r' || line[len - 1] == ' ')) {
            len--;
        }
        struct name name;
        if (len > 0 && line[0] != '#' && name_from_text(span_of(line, (size_t)len), &name) && name.label_count > 0) {
            truth_print(t, &name, stdout);
        }
    }
    free(line);
    truth_free(t);
    if (f != stdin) {
        (void)fclose(f);
    }
    return t && fflush(stdout) == 0 ? 0 : EXIT_OUTPUT;
}

static bool write_ports(const struct server *s, const struct options *o)
{
    FILE *f = fopen(o->port_file, "we");
    if (!f) {
        return false;
    }
    for (size_t i = 0; i < o->server.listen_count; i++) {
        fprintf(f, "%u\n", server_port(s, i));
    }
    return fclose(f) == 0;
}

static void wait_for_end(const struct server *s, const sigset_t *signals)
{
    int number;
    while (sigwait(signals, &number) == 0 && number == SIGUSR1) {
        server_say_stats(s);
    }
}

static int serve(const struct world *w, const struct options *o)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    struct server *s = server_start(w, &o->server);
    if (!s) {
        return EXIT_SYSTEM;
    }
    if (o->port_file && !write_ports(s, o)) {
        fprintf(stderr, "world: %s: %s\n", o->port_file, strerror(errno));
        return EXIT_OUTPUT;
    }
    for (size_t i = 0; i < o->server.listen_count; i++) {
        fprintf(stderr, "world: listening on %s port %u\n", o->server.listen[i], server_port(s, i));
    }
    wait_for_end(s, &signals);
    server_say_stats(s);
    int status = 0;
    if (o->stats && !server_write_stats(s, o->stats)) {
        fprintf(stderr, "world: %s: %s\n", o->stats, strerror(errno));
        status = EXIT_OUTPUT;
    }
    server_stop(s);
    return status;
}

static int run(const struct options *o)
{
    struct world w;
    if (!world_init(&w, o->server.seed, o->rates, o->psl)) {
        fprintf(stderr, "world: %s: %s\n", o->psl ? o->psl : "memory", strerror(errno));
        return EXIT_NO_INPUT;
    }
    int status;
    if (o->truth) {
        status = print_truth(&w, o->truth);
    } else if (o->self_check > 0) {
        status = self_check(&w, o->self_check) ? 0 : 1;
    } else {
        status = serve(&w, o);
    }
    world_deinit(&w);
    return status;
}

int main(int argc, char **argv)
{
    struct options o = { .server = { .threads = 1, .seed = 1 }, .rates = rates_at(0) };
    int id;
    while ((id = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (id == 'h' || id == OPTION_HELP) {
            (void)fputs(usage, stdout);
            return 0;
        }
        if (id == '?' || !read_option(id, optarg, &o)) {
            if (id != '?') {
                fprintf(stderr, "world: --%s: not a value it can take: %s\n", long_options[id - OPTION_LISTEN].name,
                        optarg);
            }
            return EXIT_USAGE;
        }
    }
    if (optind < argc || (!o.truth && o.print_list == 0 && o.self_check == 0 && o.server.listen_count == 0)) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return o.print_list > 0 ? print_list(o.print_list) : run(&o);
}
