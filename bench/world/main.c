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
    OPTION_THREADS,
    OPTION_TRUTH,
    OPTION_PSL,
    OPTION_STATS,
    OPTION_ARRIVALS,
    OPTION_QUESTIONS,
    OPTION_PORT_FILE,
    OPTION_PRINT_LIST,
    OPTION_SELF_CHECK,
    OPTION_HELP,
    OPTION_BEHAVIOUR /* and one for each key from here on */
};

static const struct option own_options[] = {
    { "listen", required_argument, NULL, OPTION_LISTEN },
    { "seed", required_argument, NULL, OPTION_SEED },
    { "profile", required_argument, NULL, OPTION_PROFILE },
    { "threads", required_argument, NULL, OPTION_THREADS },
    { "truth", required_argument, NULL, OPTION_TRUTH },
    { "psl", required_argument, NULL, OPTION_PSL },
    { "stats", required_argument, NULL, OPTION_STATS },
    { "arrivals", no_argument, NULL, OPTION_ARRIVALS },
    { "questions", required_argument, NULL, OPTION_QUESTIONS },
    { "port-file", required_argument, NULL, OPTION_PORT_FILE },
    { "print-list", required_argument, NULL, OPTION_PRINT_LIST },
    { "self-check", required_argument, NULL, OPTION_SELF_CHECK },
    { "help", no_argument, NULL, OPTION_HELP },
};

enum { OWN_OPTIONS = sizeof(own_options) / sizeof(own_options[0]), OPTIONS_MAX = 64 };

static const char usage[] =
    "world --listen 127.0.0.1:5300       serve the simulated DNS, UDP and TCP, until SIGTERM\n"
    "world --truth LIST                  what a perfect scan of the list would find, NDJSON (-: stdin)\n"
    "world --print-list N                N names, for load tests\n"
    "world --self-check N                answers, plans and truth of N names held against each other\n"
    "\n"
    "  --seed N            which world (default 1)\n"
    "  --profile NAME      gov (default), toplist, registered\n"
    "  --psl FILE          cut zones by this Public Suffix List instead of the built-in table\n"
    "  --listen A:P[,K=V]  repeatable, each with a behaviour of its own; port 0 takes a free one\n"
    "  --port-file FILE    write the ports there, one a line\n"
    "  --threads N         UDP threads for each listener (default 1)\n"
    "  --stats FILE        at the end: counters as JSON, each listener's queries of each second and\n"
    "                      the most in any second included (SIGUSR1: a line to stderr now)\n"
    "  --arrivals          count UDP queries in the second in which the kernel took them, however late\n"
    "                      they are read (a rate is judged on a busy machine; costs the sender a little)\n"
    "  --questions FILE    write each question asked there, \"name TYPE\", as dnsperf reads them\n"
    "\n"
    "Behaviour, for all listeners (--loss 5) or for one (--listen 127.0.0.1:0,loss=5%,limit=2000):\n";

static bool read_number(const char *text, uint64_t max, uint64_t *out)
{
    return span_to_u64(span_from_cstr(text), max, out);
}

static bool read_option(int id, const char *value, struct options *o)
{
    uint64_t n = 0;
    if (id >= OPTION_BEHAVIOUR) {
        span key = span_from_cstr(behaviour_key((size_t)(id - OPTION_BEHAVIOUR)));
        return behaviour_set(&o->server.behaviour, key, span_from_cstr(value));
    }
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
    case OPTION_THREADS:
        if (!read_number(value, LISTENER_THREADS_MAX, &n) || n == 0) {
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
    case OPTION_ARRIVALS:
        o->server.by_arrival = true;
        return true;
    case OPTION_QUESTIONS:
        o->server.questions = value;
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
        fprintf(f, "%u\n", server_listener(s, i)->port);
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
        fprintf(stderr, "world: listening on %s\n", server_listener(s, i)->address);
    }
    wait_for_end(s, &signals);
    int status = 0;
    if (!server_stop(s)) {
        fprintf(stderr, "world: %s: not whole\n", o->server.questions);
        status = EXIT_OUTPUT;
    }
    server_say_stats(s);
    if (o->stats && !server_write_stats(s, o->stats)) {
        fprintf(stderr, "world: %s: %s\n", o->stats, strerror(errno));
        status = EXIT_OUTPUT;
    }
    server_free(s);
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

static void print_usage(FILE *out)
{
    (void)fputs(usage, out);
    (void)fputs(behaviour_usage, out);
}

int main(int argc, char **argv)
{
    struct options o = { .server = { .threads = 1, .seed = 1 }, .rates = rates_at(0) };
    struct option all[OPTIONS_MAX] = { 0 };
    memcpy(all, own_options, sizeof(own_options));
    for (int i = 0; behaviour_key((size_t)i); i++) {
        all[OWN_OPTIONS + i] =
            (struct option){ behaviour_key((size_t)i), required_argument, NULL, OPTION_BEHAVIOUR + i };
    }
    int id, index = 0;
    while ((id = getopt_long(argc, argv, "h", all, &index)) != -1) {
        if (id == 'h' || id == OPTION_HELP) {
            print_usage(stdout);
            return 0;
        }
        if (id == '?') {
            return EXIT_USAGE;
        }
        if (!read_option(id, optarg, &o)) {
            fprintf(stderr, "world: --%s: not a value it can take: %s\n", all[index].name, optarg);
            return EXIT_USAGE;
        }
    }
    if (optind < argc || (!o.truth && o.print_list == 0 && o.self_check == 0 && o.server.listen_count == 0)) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    return o.print_list > 0 ? print_list(o.print_list) : run(&o);
}
