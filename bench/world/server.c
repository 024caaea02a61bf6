// SPDX-License-Identifier: MIT
#include "bench/world/server.h"
#include "bench/world/tcp.h"
#include "bench/world/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { SOCKET_BUFFER = 8 * 1024 * 1024 };

struct server {
    const struct world *world;
    struct server_options options;
    struct listener *listeners;
    size_t listener_count;
    struct udp **udp;
    size_t udp_count;
    struct tcp *tcp;
    FILE *questions;
};

/* ---- counting ---- */

void server_say_stats(const struct server *s)
{
    for (size_t i = 0; i < s->listener_count; i++) {
        const struct listener *l = &s->listeners[i];
        fprintf(stderr, "world: %s:", l->address);
        for (int k = 0; k < COUNT_KINDS; k++) {
            uint64_t n = counters_total(l->counters, l->counter_count, (enum count_kind)k);
            if (n > 0 || k <= COUNT_DROPPED) {
                fprintf(stderr, " %s %llu", counters_name((enum count_kind)k), (unsigned long long)n);
            }
        }
        fputs("\n", stderr);
    }
}

static void print_totals(const struct server *s, FILE *f)
{
    for (int k = 0; k < COUNT_KINDS; k++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < s->listener_count; i++) {
            sum += counters_total(s->listeners[i].counters, s->listeners[i].counter_count, (enum count_kind)k);
        }
        fprintf(f, "\"%s\":%llu,", counters_name((enum count_kind)k), (unsigned long long)sum);
    }
}

/* All listeners' bins as one. */
static bool print_all_bins(const struct server *s, uint64_t now_ms, FILE *f)
{
    struct bins *sum = calloc(1, sizeof(*sum));
    if (!sum) {
        return false;
    }
    sum->start_ms = s->listeners[0].bins->start_ms;
    uint64_t used = (now_ms - sum->start_ms) * BINS_A_SECOND / 1000 + 1;
    for (size_t i = 0; i < s->listener_count; i++) {
        for (uint64_t k = 0; k < used && k < BINS_MAX; k++) {
            sum->received[k] += atomic_load_explicit(&s->listeners[i].bins->received[k], memory_order_relaxed);
        }
    }
    stats_print_bins(sum, now_ms, f);
    free(sum);
    return true;
}

bool server_write_stats(const struct server *s, const char *path)
{
    FILE *f = fopen(path, "we");
    if (!f) {
        return false;
    }
    uint64_t now_ms = udp_now_ms();
    fputs("{", f);
    print_totals(s, f);
    bool good = print_all_bins(s, now_ms, f);
    fputs(",\"listeners\":[", f);
    for (size_t i = 0; i < s->listener_count; i++) {
        const struct listener *l = &s->listeners[i];
        fprintf(f, "%s\n{\"listen\":\"%s\",", i > 0 ? "," : "", l->address);
        stats_print_counts(l->counters, l->counter_count, f);
        fputs(",", f);
        stats_print_bins(l->bins, now_ms, f);
        fputs("}", f);
    }
    fputs("]}\n", f);
    good = good && !ferror(f);
    return fclose(f) == 0 && good;
}

/* ---- starting and stopping ---- */

static bool parse_address(span text, union address *out)
{
    char host[64];
    uint64_t port;
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0 || colon > sizeof(host) || !span_to_u64(span_after(text, colon), 65535, &port)) {
        return false;
    }
    size_t n = colon - 1;
    memcpy(host, text.ptr, n);
    host[n] = '\0';
    memset(out, 0, sizeof(*out));
    if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = '\0';
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, host + 1, &out->v6.sin6_addr) == 1;
    }
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &out->v4.sin_addr) == 1;
}

static socklen_t address_len(const union address *a)
{
    return a->any.sa_family == AF_INET6 ? sizeof(a->v6) : sizeof(a->v4);
}

/* *address gets the port that was free. */
static int open_udp(union address *address)
{
    int on = 1;
    int size = SOCKET_BUFFER;
    socklen_t len = address_len(address);
    int fd = socket(address->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    }
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    }
    (void)setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
    if (bind(fd, &address->any, len) < 0 || getsockname(fd, &address->any, &len) < 0) {
        int saved = errno;
        (void)close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static void name_listener(struct listener *l, const union address *address)
{
    char host[INET6_ADDRSTRLEN];
    bool is_v6 = address->any.sa_family == AF_INET6;
    const void *bytes = is_v6 ? (const void *)&address->v6.sin6_addr : (const void *)&address->v4.sin_addr;
    l->port = ntohs(is_v6 ? address->v6.sin6_port : address->v4.sin_port);
    (void)inet_ntop(address->any.sa_family, bytes, host, sizeof(host));
    (void)snprintf(l->address, sizeof(l->address), is_v6 ? "[%s]:%u" : "%s:%u", host, l->port);
}

static bool listener_init(struct listener *l, struct server *s, uint64_t now_ms)
{
    l->world = s->world;
    l->questions = s->questions;
    l->counter_count = s->options.threads + 1u;
    l->counters = aligned_alloc(64, l->counter_count * sizeof(*l->counters));
    l->bins = calloc(1, sizeof(*l->bins));
    if (!l->counters || !l->bins) {
        return false;
    }
    memset(l->counters, 0, l->counter_count * sizeof(*l->counters));
    l->bins->start_ms = now_ms;
    gate_init(&l->gate, &l->behaviour);
    return true;
}

static bool add_udp(struct server *s, struct listener *l, int fd, unsigned index)
{
    if (s->options.by_arrival) {
        int on = 1;
        (void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    }
    struct udp *u = udp_new(l, fd, index, s->options.seed);
    if (!u) {
        (void)close(fd);
        return false;
    }
    s->udp[s->udp_count++] = u;
    return true;
}

/* The first UDP socket and the TCP one. A port that the system found free for UDP may be taken for TCP: then another.
 */
static int open_pair(struct server *s, struct listener *l, union address *address)
{
    bool is_any = address->v4.sin_port == 0; /* the port lies alike in both families */
    for (int tries = is_any ? 100 : 1;; tries--) {
        union address attempt = *address;
        int fd = open_udp(&attempt);
        if (fd < 0) {
            return -1;
        }
        name_listener(l, &attempt);
        if (l->behaviour.has_no_tcp || tcp_listen(s->tcp, l, &attempt.any, address_len(&attempt))) {
            *address = attempt;
            return fd;
        }
        int saved = errno;
        (void)close(fd);
        errno = saved;
        if (tries <= 1 || errno != EADDRINUSE) {
            return -1;
        }
    }
}

static bool open_sockets(struct server *s, struct listener *l, union address *address)
{
    int fd = open_pair(s, l, address);
    for (unsigned i = 0; i < s->options.threads; i++) {
        fd = i == 0 ? fd : open_udp(address);
        if (fd < 0 || !add_udp(s, l, fd, i)) {
            return false;
        }
    }
    return true;
}

static bool listen_at(struct server *s, const char *text, uint64_t now_ms)
{
    struct listener *l = &s->listeners[s->listener_count++];
    union address address;
    span keys = span_from_cstr(text), wrong;
    if (!parse_address(span_cut(&keys, ','), &address)) {
        fprintf(stderr, "world: --listen %s: wanted ADDRESS:PORT\n", text);
        errno = EINVAL;
        return false;
    }
    l->behaviour = s->options.behaviour;
    if (!behaviour_parse(&l->behaviour, keys, &wrong)) {
        fprintf(stderr, "world: --listen %s: not understood: %.*s\n", text, SPAN_ARG(wrong));
        errno = EINVAL;
        return false;
    }
    if (!listener_init(l, s, now_ms) || !open_sockets(s, l, &address)) {
        fprintf(stderr, "world: --listen %s: %s\n", text, strerror(errno));
        return false;
    }
    return true;
}

static bool start_threads(struct server *s)
{
    int err = 0;
    for (size_t i = 0; i < s->udp_count && err == 0; i++) {
        err = udp_start(s->udp[i]);
    }
    if (err != 0 || !tcp_start(s->tcp)) {
        fprintf(stderr, "world: no thread: %s\n", strerror(err != 0 ? err : errno));
        return false;
    }
    return true;
}

static bool open_all(struct server *s)
{
    uint64_t now_ms = udp_now_ms();
    s->listeners = calloc(s->options.listen_count, sizeof(*s->listeners));
    s->udp = calloc(s->options.listen_count * s->options.threads, sizeof(struct udp *));
    s->tcp = tcp_new();
    if (!s->listeners || !s->udp || !s->tcp) {
        perror("world");
        return false;
    }
    if (s->options.questions && !(s->questions = fopen(s->options.questions, "we"))) {
        perror(s->options.questions);
        return false;
    }
    for (size_t i = 0; i < s->options.listen_count; i++) {
        if (!listen_at(s, s->options.listen[i], now_ms)) {
            return false;
        }
    }
    return true;
}

struct server *server_start(const struct world *w, const struct server_options *options)
{
    struct server *s = calloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    s->world = w;
    s->options = *options;
    if (!open_all(s) || !start_threads(s)) {
        int saved = errno;
        (void)server_stop(s);
        server_free(s);
        errno = saved;
        return NULL;
    }
    return s;
}

bool server_stop(struct server *s)
{
    for (size_t i = 0; i < s->udp_count; i++) {
        udp_stop(s->udp[i]);
    }
    s->udp_count = 0;
    if (s->tcp) {
        tcp_stop(s->tcp);
        s->tcp = NULL;
    }
    bool is_whole = true;
    if (s->questions) {
        is_whole = !ferror(s->questions);
        is_whole = fclose(s->questions) == 0 && is_whole;
        s->questions = NULL;
    }
    return is_whole;
}

void server_free(struct server *s)
{
    for (size_t i = 0; i < s->listener_count; i++) {
        free(s->listeners[i].counters);
        free(s->listeners[i].bins);
    }
    free(s->listeners);
    free(s->udp);
    free(s);
}

const struct listener *server_listener(const struct server *s, size_t i)
{
    return &s->listeners[i];
}
