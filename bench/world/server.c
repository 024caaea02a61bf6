// SPDX-License-Identifier: MIT
#include "bench/world/server.h"
#include "bench/world/dice.h"
#include "bench/world/tcp.h"
#include "bench/world/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum {
    BATCH = 32,
    RECEIVE_SIZE = 65536,
    SEGMENTS_MAX = 64, /* of one message, in (the kernel's GRO limit) and out */
    POOL_SIZE = 1024 * 1024,
    POOL_RESERVE = SEGMENTS_MAX * 2 * WIRE_UDP_MAX,
    OUT_MAX = 2048,
    SEND_BYTES_MAX = 60000,
    SOCKET_BUFFER = 8 * 1024 * 1024,
    CHUNK_SIZE = 1024 * 1024,
};

/* ---- answers held back ---- */

struct held {
    uint64_t due_ms;
    struct sockaddr_storage peer;
    socklen_t peer_len;
    uint32_t len;
    uint8_t bytes[];
};

struct chunk {
    struct chunk *next;
    size_t read, written;
    _Alignas(16) uint8_t bytes[CHUNK_SIZE];
};

/* ---- a UDP thread's socket ---- */

struct slice {
    uint32_t at, len;
    bool is_sent;
};

struct udp {
    struct server *server;
    const struct world *world;
    struct counters *counters;
    int fd;
    pthread_t thread;
    uint64_t random;
    bool can_segment;

    struct mmsghdr in[BATCH];
    struct iovec in_iov[BATCH];
    struct sockaddr_storage in_peer[BATCH];
    _Alignas(struct cmsghdr) uint8_t in_control[BATCH][64];
    uint8_t *in_bytes;

    uint8_t *pool;
    size_t pool_len;
    struct slice slices[SEGMENTS_MAX * 2];
    size_t slice_count;
    struct mmsghdr out[OUT_MAX];
    struct iovec out_iov[OUT_MAX];
    _Alignas(struct cmsghdr) uint8_t out_control[OUT_MAX][CMSG_SPACE(sizeof(uint16_t))];
    size_t out_count, out_iov_count;

    struct chunk *held_first, *held_last;
    struct reply reply;
    struct query query;
};

struct server {
    const struct world *world;
    struct server_options options;
    unsigned ports[SERVER_LISTEN_MAX];
    struct udp **udp;
    size_t udp_count;
    struct counters *counters; /* one for each UDP thread, the last is TCP's */
    size_t counter_count;
    struct seconds seconds;
    struct tcp *tcp;
    atomic_bool is_stopping;
};

static uint64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- counting ---- */

void counters_add_query(struct counters *c, uint16_t type)
{
    enum count_kind kind = type == DNS_TXT    ? COUNT_TXT
                           : type == DNS_MX   ? COUNT_MX
                           : type == DNS_A    ? COUNT_A
                           : type == DNS_AAAA ? COUNT_AAAA
                                              : COUNT_OTHER_TYPE;
    counters_add(c, kind, 1);
}

void seconds_add(struct seconds *s, uint64_t count)
{
    uint64_t second = (now_ms() - s->start_ms) / 1000;
    if (second < SECONDS_MAX) {
        atomic_fetch_add_explicit(&s->received[second], (uint32_t)count, memory_order_relaxed);
    }
}

static uint64_t total(const struct server *s, enum count_kind kind)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s->counter_count; i++) {
        sum += atomic_load_explicit(&s->counters[i].of[kind], memory_order_relaxed);
    }
    return sum;
}

static const char *const count_names[COUNT_KINDS] = {
    [COUNT_RECEIVED] = "received",
    [COUNT_ANSWERED] = "answered",
    [COUNT_MALFORMED] = "malformed",
    [COUNT_SILENT] = "silent",
    [COUNT_LOST] = "lost",
    [COUNT_TCP] = "tcp",
    [COUNT_TRUNCATED] = "truncated",
    [COUNT_TXT] = "txt",
    [COUNT_MX] = "mx",
    [COUNT_A] = "a",
    [COUNT_AAAA] = "aaaa",
    [COUNT_OTHER_TYPE] = "other",
};

void server_say_stats(const struct server *s)
{
    fputs("world:", stderr);
    for (int k = 0; k < COUNT_KINDS; k++) {
        fprintf(stderr, " %s %llu", count_names[k], (unsigned long long)total(s, (enum count_kind)k));
    }
    fputs("\n", stderr);
}

bool server_write_stats(const struct server *s, const char *path)
{
    FILE *f = fopen(path, "we");
    if (!f) {
        return false;
    }
    fputs("{", f);
    for (int k = 0; k < COUNT_KINDS; k++) {
        fprintf(f, "\"%s\":%llu,", count_names[k], (unsigned long long)total(s, (enum count_kind)k));
    }
    uint64_t last = (now_ms() - s->seconds.start_ms) / 1000;
    fputs("\"per_second\":[", f);
    for (uint64_t i = 0; i <= last && i < SECONDS_MAX; i++) {
        fprintf(f, "%s%u", i > 0 ? "," : "",
                (unsigned)atomic_load_explicit(&s->seconds.received[i], memory_order_relaxed));
    }
    fputs("]}\n", f);
    bool good = !ferror(f);
    return fclose(f) == 0 && good;
}

/* ---- sending ---- */

static void send_all(struct udp *u)
{
    size_t done = 0;
    while (done < u->out_count) {
        int n = sendmmsg(u->fd, u->out + done, (unsigned)(u->out_count - done), 0);
        if (n > 0) {
            done += (size_t)n;
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            struct pollfd p = { .fd = u->fd, .events = POLLOUT };
            (void)poll(&p, 1, 10);
        } else if (errno != EINTR) {
            if (u->out[done].msg_hdr.msg_controllen > 0) {
                u->can_segment = false; /* from the next batch on: this one's message is lost, as UDP may */
            }
            done++;
        }
    }
    u->out_count = 0;
    u->out_iov_count = 0;
    u->pool_len = 0;
}

static void push_message(struct udp *u, const struct sockaddr_storage *peer, socklen_t peer_len, size_t first_iov,
                         uint16_t segment)
{
    struct mmsghdr *m = &u->out[u->out_count];
    size_t iovs = u->out_iov_count - first_iov;
    m->msg_hdr = (struct msghdr){
        .msg_name = (void *)(uintptr_t)peer,
        .msg_namelen = peer_len,
        .msg_iov = u->out_iov + first_iov,
        .msg_iovlen = iovs,
    };
    if (iovs > 1) {
        m->msg_hdr.msg_control = u->out_control[u->out_count];
        m->msg_hdr.msg_controllen = sizeof(u->out_control[0]);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m->msg_hdr);
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof(segment));
        memcpy(CMSG_DATA(c), &segment, sizeof(segment));
    }
    u->out_count++;
}

/* Answers of equal length to one peer go as one message that the kernel cuts. */
static void queue_slices(struct udp *u, const struct sockaddr_storage *peer, socklen_t peer_len)
{
    for (size_t i = 0; i < u->slice_count; i++) {
        if (u->slices[i].is_sent) {
            continue;
        }
        size_t first = u->out_iov_count;
        size_t bytes = 0;
        for (size_t k = i; k < u->slice_count; k++) {
            struct slice *s = &u->slices[k];
            if (s->is_sent || s->len != u->slices[i].len || bytes + s->len > SEND_BYTES_MAX ||
                u->out_iov_count - first >= (u->can_segment ? SEGMENTS_MAX : 1)) {
                continue;
            }
            s->is_sent = true;
            bytes += s->len;
            u->out_iov[u->out_iov_count++] = (struct iovec){ .iov_base = u->pool + s->at, .iov_len = s->len };
        }
        push_message(u, peer, peer_len, first, (uint16_t)u->slices[i].len);
    }
    u->slice_count = 0;
}

static void hold_slices(struct udp *u, const struct sockaddr_storage *peer, socklen_t peer_len)
{
    uint64_t due = now_ms() + u->server->options.delay_ms;
    for (size_t i = 0; i < u->slice_count; i++) {
        size_t need = (sizeof(struct held) + u->slices[i].len + 15) & ~(size_t)15;
        if (!u->held_last || CHUNK_SIZE - u->held_last->written < need) {
            struct chunk *c = malloc(sizeof(*c));
            if (!c) {
                break; /* lost on the way */
            }
            c->next = NULL;
            c->read = c->written = 0;
            *(u->held_last ? &u->held_last->next : &u->held_first) = c;
            u->held_last = c;
        }
        struct held *h = (struct held *)(void *)(u->held_last->bytes + u->held_last->written);
        h->due_ms = due;
        h->peer = *peer;
        h->peer_len = peer_len;
        h->len = u->slices[i].len;
        memcpy(h->bytes, u->pool + u->slices[i].at, h->len);
        u->held_last->written += need;
    }
    u->slice_count = 0;
    u->pool_len = 0;
}

static void send_due(struct udp *u)
{
    uint64_t now = now_ms();
    while (u->held_first) {
        struct chunk *c = u->held_first;
        while (c->read < c->written) {
            struct held *h = (struct held *)(void *)(c->bytes + c->read);
            if (h->due_ms > now) {
                send_all(u);
                return;
            }
            u->out_iov[u->out_iov_count++] = (struct iovec){ .iov_base = h->bytes, .iov_len = h->len };
            push_message(u, &h->peer, h->peer_len, u->out_iov_count - 1, 0);
            c->read += (sizeof(*h) + h->len + 15) & ~(size_t)15;
            if (u->out_count >= OUT_MAX / 2) {
                send_all(u);
            }
        }
        send_all(u);
        if (!c->next) {
            c->read = c->written = 0;
            return;
        }
        u->held_first = c->next;
        free(c);
    }
}

/* ---- answering ---- */

static bool unlucky(struct udp *u, unsigned ppm)
{
    if (ppm == 0) {
        return false;
    }
    u->random = u->random * 6364136223846793005u + 1442695040888963407u;
    return (u->random >> 33) % 1000000 < ppm;
}

static void push_slice(struct udp *u, size_t len)
{
    u->slices[u->slice_count++] = (struct slice){ .at = (uint32_t)u->pool_len, .len = (uint32_t)len };
    u->pool_len += len;
}

/* True: u->reply and the query say it all; false: there is nothing to say. */
bool server_decide(const struct world *w, const struct query *q, struct reply *r, struct counters *c)
{
    counters_add_query(c, q->type);
    if (q->opcode != 0 || q->class != 1 || q->edns_version != 0) {
        reply_init(r);
        r->rcode = q->opcode != 0 ? RCODE_NOTIMP : RCODE_REFUSED;
        return true;
    }
    world_answer(w, &q->name, q->type, r);
    if (r->is_silent) {
        counters_add(c, COUNT_SILENT, 1);
    }
    return !r->is_silent;
}

static void answer_one(struct udp *u, const uint8_t *packet, size_t len)
{
    const struct server_options *o = &u->server->options;
    struct query *q = &u->query;
    if (!wire_read_query(packet, len, q)) {
        counters_add(u->counters, COUNT_MALFORMED, 1);
        return;
    }
    if (unlucky(u, o->loss_ppm)) {
        counters_add(u->counters, COUNT_LOST, 1);
        return;
    }
    uint8_t *out = u->pool + u->pool_len;
    if (unlucky(u, o->lie_ppm)) {
        size_t n = wire_write_rcode(q, RCODE_NXDOMAIN, out);
        out[0] ^= 0x55;
        push_slice(u, n);
        out = u->pool + u->pool_len;
    }
    if (unlucky(u, o->servfail_ppm)) {
        push_slice(u, wire_write_rcode(q, RCODE_SERVFAIL, out));
    } else if (server_decide(u->world, q, &u->reply, u->counters)) {
        size_t n = wire_write_reply(q, &u->reply, out, q->udp_size);
        counters_add(u->counters, COUNT_TRUNCATED, (out[2] & 2) != 0);
        push_slice(u, n);
    } else {
        return;
    }
    counters_add(u->counters, COUNT_ANSWERED, 1);
}

/* The kernel may hand over several datagrams of one peer as one message: then it says their length. */
static size_t segment_of(struct msghdr *m, size_t len)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int segment;
            memcpy(&segment, CMSG_DATA(c), sizeof(segment));
            return segment > 0 ? (size_t)segment : len;
        }
    }
    return len;
}

static size_t answer_message(struct udp *u, size_t i)
{
    const uint8_t *bytes = u->in_bytes + i * RECEIVE_SIZE;
    size_t len = u->in[i].msg_len;
    size_t segment = segment_of(&u->in[i].msg_hdr, len);
    size_t count = 0;
    for (size_t at = 0; at < len || count == 0; at += segment, count++) {
        answer_one(u, bytes + at, len - at < segment ? len - at : segment);
        if (segment == 0 || count >= SEGMENTS_MAX - 1) {
            count++;
            break;
        }
    }
    socklen_t peer_len = u->in[i].msg_hdr.msg_namelen;
    if (u->server->options.delay_ms > 0) {
        hold_slices(u, &u->in_peer[i], peer_len);
    } else {
        queue_slices(u, &u->in_peer[i], peer_len);
    }
    return count;
}

static int receive(struct udp *u)
{
    for (size_t i = 0; i < BATCH; i++) {
        u->in_iov[i] = (struct iovec){ .iov_base = u->in_bytes + i * RECEIVE_SIZE, .iov_len = RECEIVE_SIZE };
        u->in[i].msg_hdr = (struct msghdr){
            .msg_name = &u->in_peer[i],
            .msg_namelen = sizeof(u->in_peer[i]),
            .msg_iov = &u->in_iov[i],
            .msg_iovlen = 1,
            .msg_control = u->in_control[i],
            .msg_controllen = sizeof(u->in_control[i]),
        };
    }
    return recvmmsg(u->fd, u->in, BATCH, MSG_DONTWAIT, NULL);
}

static void *udp_run(void *arg)
{
    struct udp *u = arg;
    while (!atomic_load_explicit(&u->server->is_stopping, memory_order_relaxed)) {
        int n = receive(u);
        if (n <= 0) {
            struct pollfd p = { .fd = u->fd, .events = POLLIN };
            (void)poll(&p, 1, u->held_first ? 1 : 100);
        }
        uint64_t received = 0;
        for (int i = 0; i < n; i++) {
            received += answer_message(u, (size_t)i);
            if (POOL_SIZE - u->pool_len < POOL_RESERVE || u->out_count > OUT_MAX - 2 * SEGMENTS_MAX ||
                u->out_iov_count > OUT_MAX - 2 * SEGMENTS_MAX) {
                send_all(u);
            }
        }
        if (received > 0) {
            counters_add(u->counters, COUNT_RECEIVED, received);
            seconds_add(&u->server->seconds, received);
            send_all(u);
        }
        if (u->held_first) {
            send_due(u);
        }
    }
    return NULL;
}

/* ---- starting and stopping ---- */

static bool parse_listen(const char *text, struct sockaddr_storage *out, socklen_t *len)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    uint64_t port;
    if (!colon || (size_t)(colon - text) >= sizeof(host) || !span_to_u64(span_from_cstr(colon + 1), 65535, &port)) {
        return false;
    }
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    memset(out, 0, sizeof(*out));
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)out;
    size_t n = strlen(host);
    if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = '\0';
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        *len = sizeof(*v6);
        return inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1;
    }
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    *len = sizeof(*v4);
    return inet_pton(AF_INET, host, &v4->sin_addr) == 1;
}

static unsigned port_of(const struct sockaddr_storage *a)
{
    return ntohs(((const struct sockaddr_in *)(const void *)a)->sin_port); /* the port lies alike in both families */
}

static void set_port(struct sockaddr_storage *a, unsigned port)
{
    ((struct sockaddr_in *)(void *)a)->sin_port = htons((uint16_t)port);
}

static int open_udp(struct sockaddr_storage *address, socklen_t len)
{
    int on = 1;
    int size = SOCKET_BUFFER;
    int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
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
    if (bind(fd, (const struct sockaddr *)address, len) < 0 || getsockname(fd, (struct sockaddr *)address, &len) < 0) {
        int saved = errno;
        (void)close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static struct udp *udp_new(struct server *s, int fd, size_t index)
{
    struct udp *u = calloc(1, sizeof(*u));
    if (!u) {
        return NULL;
    }
    u->in_bytes = malloc((size_t)BATCH * RECEIVE_SIZE);
    u->pool = malloc(POOL_SIZE);
    if (!u->in_bytes || !u->pool) {
        free(u->in_bytes);
        free(u->pool);
        free(u);
        return NULL;
    }
    u->server = s;
    u->world = s->world;
    u->counters = &s->counters[index];
    u->fd = fd;
    u->can_segment = true;
    u->random = dice_mix(s->options.seed + index);
    return u;
}

static void udp_free(struct udp *u)
{
    while (u->held_first) {
        struct chunk *next = u->held_first->next;
        free(u->held_first);
        u->held_first = next;
    }
    (void)close(u->fd);
    free(u->in_bytes);
    free(u->pool);
    free(u);
}

static bool listen_at(struct server *s, size_t which)
{
    struct sockaddr_storage address;
    socklen_t len;
    const char *text = s->options.listen[which];
    if (!parse_listen(text, &address, &len)) {
        fprintf(stderr, "world: --listen %s: wanted ADDRESS:PORT\n", text);
        errno = EINVAL;
        return false;
    }
    for (unsigned i = 0; i < s->options.threads; i++) {
        int fd = open_udp(&address, len);
        struct udp *u = fd < 0 ? NULL : udp_new(s, fd, s->udp_count);
        if (!u) {
            fprintf(stderr, "world: --listen %s: %s\n", text, strerror(errno));
            return false;
        }
        s->udp[s->udp_count++] = u;
    }
    s->ports[which] = port_of(&address);
    set_port(&address, s->ports[which]);
    if (!tcp_listen(s->tcp, &address, len)) {
        fprintf(stderr, "world: --listen %s: TCP: %s\n", text, strerror(errno));
        return false;
    }
    return true;
}

static bool start_threads(struct server *s)
{
    for (size_t i = 0; i < s->udp_count; i++) {
        int err = pthread_create(&s->udp[i]->thread, NULL, udp_run, s->udp[i]);
        if (err != 0) {
            fprintf(stderr, "world: no thread: %s\n", strerror(err));
            exit(71); /* half a server is of no use, and its threads cannot be called back one by one */
        }
    }
    return tcp_start(s->tcp);
}

struct server *server_start(const struct world *w, const struct server_options *options)
{
    struct server *s = calloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    s->world = w;
    s->options = *options;
    size_t most = options->listen_count * options->threads;
    s->udp = calloc(most, sizeof(struct udp *));
    s->counter_count = most + 1;
    s->counters = aligned_alloc(64, s->counter_count * sizeof(*s->counters));
    s->tcp = s->counters ? tcp_new(w, &s->counters[most], &s->seconds) : NULL;
    if (!s->udp || !s->tcp) {
        return NULL; /* the program ends: nothing to hand back */
    }
    memset(s->counters, 0, s->counter_count * sizeof(*s->counters));
    s->seconds.start_ms = now_ms();
    for (size_t i = 0; i < options->listen_count; i++) {
        if (!listen_at(s, i)) {
            return NULL;
        }
    }
    return start_threads(s) ? s : NULL;
}

void server_stop(struct server *s)
{
    atomic_store_explicit(&s->is_stopping, true, memory_order_relaxed);
    for (size_t i = 0; i < s->udp_count; i++) {
        (void)pthread_join(s->udp[i]->thread, NULL);
        udp_free(s->udp[i]);
    }
    tcp_stop(s->tcp);
    free(s->udp);
    free(s->counters);
    free(s);
}

unsigned server_port(const struct server *s, size_t i)
{
    return s->ports[i];
}
