// SPDX-License-Identifier: MIT

/*
 * The engine alone: what one question costs from the name to the answer read, without lists, records, files or threads.
 * One question a line ("name TYPE" as dnsperf reads them, TXT without one), all asked through scanner/dns, rcodes
 * counted.
 *
 *     engine -r 127.0.0.1:5300 [-c WINDOW] [-n TIMES] [-q QPS] [-t MS] QUESTIONS
 *
 * -c is the ceiling in flight (default 10,000), -n how often the file is asked (1), -q a cap on packets a second, -t
 * the timeout of a try (5,000 ms, three retries, as a scan has). Prints one JSON object: CPU time is the process's while it
 * asks, reading the file is not in it.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "scanner/base/clock.h"
#include "scanner/dns/asker.h"

enum { ARENA_SIZE = 1024, ARENA_OVERFLOW = 65536, RESOLVERS_MAX = 16 };

struct question {
    span name;
    uint16_t type;
};

struct place {
    struct lookup lookup;
    struct arena arena;
    struct place *next;
    _Alignas(max_align_t) char memory[ARENA_SIZE];
};

struct bench {
    struct asker *asker;
    struct question *questions;
    size_t count, next, left;
    uint64_t times, asked;
    struct place *places, *free;
    uint64_t outcomes[DNS_OUTCOME_COUNT];
    uv_loop_t loop;
    uv_check_t check;
};

static uint16_t type_by_name(span text)
{
    static const uint16_t types[] = { DNS_A, DNS_NS, DNS_CNAME, DNS_SOA, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (span_equal_nocase(text, span_from_cstr(dns_type_name(types[i])))) {
            return types[i];
        }
    }
    return DNS_TXT;
}

static bool read_questions(struct bench *b, const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0, room = 0;
    ssize_t len;
    while (file && (len = getline(&line, &size, file)) > 0) {
        span rest = span_trim_fws(span_of(line, (size_t)len));
        if (rest.len == 0) {
            continue;
        }
        if (b->count == room) {
            room = room ? room * 2 : 4096;
            b->questions = realloc(b->questions, room * sizeof(*b->questions));
        }
        span name = span_cut(&rest, ' ');
        char *copy = strndup(name.ptr, name.len);
        if (!b->questions || !copy) {
            return false;
        }
        b->questions[b->count++] = (struct question){ span_of(copy, name.len), type_by_name(span_trim(rest)) };
    }
    free(line);
    if (file) {
        fclose(file);
    }
    return b->count > 0;
}

static size_t read_resolvers(char *text, struct resolver_spec *specs)
{
    size_t count = 0;
    for (char *at = strtok(text, ","); at && count < RESOLVERS_MAX; at = strtok(NULL, ",")) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(53) };
        char *port = strchr(at, ':');
        specs[count] = (struct resolver_spec){ .len = sizeof(address), .text = at };
        if (port) {
            address.sin_port = htons((uint16_t)atoi(port + 1));
            *port = '\0';
        }
        if (inet_pton(AF_INET, at, &address.sin_addr) != 1) {
            return 0;
        }
        memcpy(&specs[count++].address, &address, sizeof(address));
    }
    return count;
}

static void on_done(struct lookup *lookup, void *user)
{
    struct bench *b = user;
    struct place *place = lookup->owner;
    b->outcomes[lookup->rrset->outcome]++;
    b->left--;
    arena_reset(&place->arena);
    place->next = b->free;
    b->free = place;
}

static void on_check(uv_check_t *check)
{
    struct bench *b = check->data;
    asker_turn(b->asker);
    while (b->times > 0 && b->free && asker_has_room(b->asker)) {
        struct place *place = b->free;
        const struct question *q = &b->questions[b->next];
        b->free = place->next;
        arena_init(&place->arena, place->memory, sizeof(place->memory), ARENA_OVERFLOW);
        place->lookup = (struct lookup){ .qname = q->name, .qtype = q->type, .arena = &place->arena, .owner = place };
        asker_ask(b->asker, &place->lookup);
        b->asked++;
        if (++b->next == b->count) {
            b->next = 0;
            b->times--;
        }
    }
    asker_flush(b->asker);
    if (b->left == 0) {
        uv_stop(&b->loop);
    }
}

static double cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void print_result(const struct bench *b, double cpu, double seconds, size_t concurrency)
{
    static const char *const rcodes[16] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED" };
    struct asker_stats s;
    struct rusage usage;
    asker_stats_get(b->asker, &s);
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"questions\":%llu,\"queries\":%llu,\"answers\":%llu,\"timeouts\":%llu,\"retries\":%llu,\"tcp\":%llu,"
           "\"rcodes\":{",
           (unsigned long long)b->asked, (unsigned long long)s.queries, (unsigned long long)s.answers,
           (unsigned long long)s.timeouts, (unsigned long long)s.retries, (unsigned long long)s.tcp);
    const char *comma = "";
    for (int i = 0; i < 16; i++) {
        if (s.rcodes[i] > 0) {
            printf(rcodes[i] ? "%s\"%s\":%llu" : "%s\"RCODE%s\":%llu", comma, rcodes[i] ? rcodes[i] : "",
                   (unsigned long long)s.rcodes[i]);
            comma = ",";
        }
    }
    printf("},\"outcomes\":{");
    comma = "";
    for (int i = 0; i < DNS_OUTCOME_COUNT; i++) {
        if (b->outcomes[i] > 0) {
            printf("%s\"%s\":%llu", comma, dns_outcome_name((enum dns_outcome)i), (unsigned long long)b->outcomes[i]);
            comma = ",";
        }
    }
    printf("},\"concurrency\":%zu,\"seconds\":%.3f,\"queries_per_s\":%.0f,\"cpu_us_per_query\":%.3f,\"peak_rss_bytes\":"
           "%ld}\n",
           concurrency, seconds, (double)s.queries / seconds, cpu / (double)s.queries, usage.ru_maxrss * 1024);
}

int main(int argc, char **argv)
{
    struct bench b = { .times = 1 };
    struct resolver_spec specs[RESOLVERS_MAX];
    struct asker_options options = {
        .resolvers = specs, .concurrency = 10000, .timeout_ms = 5000, .retries = 3, .on_done = on_done
    };
    int letter;
    while ((letter = getopt(argc, argv, "r:c:n:q:t:")) != -1) {
        switch (letter) {
        case 'r':
            options.resolver_count = read_resolvers(optarg, specs);
            break;
        case 'c':
            options.concurrency = (size_t)atol(optarg);
            break;
        case 'n':
            b.times = (uint64_t)atol(optarg);
            break;
        case 'q':
            options.rate = atof(optarg);
            break;
        case 't':
            options.timeout_ms = (unsigned)atoi(optarg);
            break;
        default:
            options.resolver_count = 0;
            break;
        }
    }
    if (options.resolver_count == 0 || optind + 1 != argc || !read_questions(&b, argv[optind])) {
        fputs("engine -r IP:PORT[,...] [-c WINDOW] [-n TIMES] [-q QPS] [-t MS] QUESTIONS\n", stderr);
        return 64;
    }
    uv_loop_init(&b.loop);
    options.loop = &b.loop;
    options.user = &b;
    size_t places = options.concurrency + options.concurrency / 4 + 64;
    b.places = calloc(places, sizeof(*b.places));
    if (!b.places || asker_new(&options, &b.asker) < 0) {
        fputs("engine: no memory\n", stderr);
        return 71;
    }
    for (size_t i = places; i-- > 0;) {
        b.places[i].next = b.free;
        b.free = &b.places[i];
    }
    b.left = b.count * b.times;
    uv_check_init(&b.loop, &b.check);
    b.check.data = &b;
    uv_check_start(&b.check, on_check);
    double cpu = cpu_us();
    uint64_t began = clock_now_ns();
    on_check(&b.check);
    if (b.left > 0) {
        uv_run(&b.loop, UV_RUN_DEFAULT);
    }
    print_result(&b, cpu_us() - cpu, (double)(clock_now_ns() - began) / 1e9, options.concurrency);
    uv_close((uv_handle_t *)&b.check, NULL);
    asker_free(b.asker);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    uv_loop_close(&b.loop);
    for (size_t i = 0; i < b.count; i++) {
        free((void *)(uintptr_t)b.questions[i].name.ptr);
    }
    free(b.questions);
    free(b.places);
    return 0;
}
