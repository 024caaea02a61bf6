// SPDX-License-Identifier: MIT
#include "bench/world/udp.h"
#include "bench/world/dice.h"

#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
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
    SEGMENTS_MAX = 64,             /* of one message, in (the kernel's GRO limit) and out */
    SLICES_MAX = SEGMENTS_MAX * 3, /* a query has a forged answer, a true one and that one again at most */
    POOL_SIZE = 1024 * 1024,
    POOL_RESERVE = SEGMENTS_MAX * 2 * WIRE_UDP_MAX,
    OUT_MAX = 2048,
    SEND_BYTES_MAX = 60000,
    REORDER_MS = 20,
    IDLE_MS = 100,
};

struct slice {
    uint32_t at, len;
    bool is_sent;
};

struct udp {
    struct listener *listener;
    struct counters *counters;
    int fd;
    pthread_t thread;
    bool is_running;
    atomic_bool is_stopping;
    uint64_t random, now_ms;
    bool can_segment;

    struct mmsghdr in[BATCH];
    struct iovec in_iov[BATCH];
    union address in_peer[BATCH];
    _Alignas(struct cmsghdr) uint8_t in_control[BATCH][64];
    uint8_t *in_bytes;

    uint8_t *pool;
    size_t pool_len;
    struct slice slices[SLICES_MAX];
    size_t slice_count;
    struct mmsghdr out[OUT_MAX];
    struct iovec out_iov[OUT_MAX];
    _Alignas(struct cmsghdr) uint8_t out_control[OUT_MAX][CMSG_SPACE(sizeof(uint16_t))];
    size_t out_count, out_iov_count;

    struct wheel *wheel;
    struct held *leaving[OUT_MAX]; /* taken from the wheel, freed once sent */
    size_t leaving_count;
    struct reply reply;
    struct query query;
};

uint64_t udp_now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t roll(struct udp *u)
{
    u->random += 0x9e3779b97f4a7c15u;
    return dice_mix(u->random);
}

static bool unlucky(struct udp *u, unsigned ppm)
{
    return ppm > 0 && roll(u) % 1000000 < ppm;
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
    while (u->leaving_count > 0) {
        free(u->leaving[--u->leaving_count]);
    }
}

static void push_message(struct udp *u, const union address *peer, size_t first_iov, uint16_t segment)
{
    struct mmsghdr *m = &u->out[u->out_count];
    size_t iovs = u->out_iov_count - first_iov;
    m->msg_hdr = (struct msghdr){
        .msg_name = (void *)(uintptr_t)peer,
        .msg_namelen = peer->any.sa_family == AF_INET6 ? sizeof(peer->v6) : sizeof(peer->v4),
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
static void queue_slices(struct udp *u, const union address *peer)
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
        push_message(u, peer, first, (uint16_t)u->slices[i].len);
    }
    u->slice_count = 0;
}

static void send_due(struct udp *u)
{
    struct held *h;
    while ((h = wheel_take(u->wheel, u->now_ms))) {
        gate_leave(&u->listener->gate, h->client);
        u->leaving[u->leaving_count++] = h;
        if (h->len > 0) {
            u->out_iov[u->out_iov_count++] = (struct iovec){ .iov_base = h->bytes, .iov_len = h->len };
            push_message(u, &h->peer, u->out_iov_count - 1, 0);
        }
        if (u->leaving_count >= OUT_MAX / 2 || u->out_count >= OUT_MAX / 2) {
            send_all(u);
        }
    }
    send_all(u);
}

/* ---- answering ---- */

/* The address as a number for the gate; 0 is nobody. */
static uint64_t client_of(const union address *peer)
{
    uint64_t half[2] = { 0, 0 };
    if (peer->any.sa_family == AF_INET6) {
        memcpy(half, &peer->v6.sin6_addr, sizeof(half));
    } else {
        memcpy(half, &peer->v4.sin_addr, sizeof(peer->v4.sin_addr));
    }
    return dice_mix(half[0] ^ dice_mix(half[1])) | 1;
}

/* len bytes at the pool's offset `at` go now or, held back, later; `client` has waited for them until then. */
static void push_answer(struct udp *u, const union address *peer, uint64_t client, size_t at, size_t len,
                        unsigned hold_ms)
{
    if (hold_ms > 0) {
        (void)wheel_put(u->wheel, u->now_ms + hold_ms, peer, client, u->pool + at, len); /* no memory: lost */
        counters_raise(u->counters, COUNT_MOST_WAITING, wheel_count(u->wheel));
        return;
    }
    u->slices[u->slice_count++] = (struct slice){ .at = (uint32_t)at, .len = (uint32_t)len };
    u->pool_len = at + len;
    gate_leave(&u->listener->gate, client);
}

/* Another id, and a rcode that would hurt. */
static void push_forged(struct udp *u, const union address *peer)
{
    size_t at = u->pool_len;
    size_t len = wire_write_rcode(&u->query, RCODE_NXDOMAIN, u->pool + at);
    u->pool[at] ^= 0x55;
    push_answer(u, peer, 0, at, len, 0);
}

/* The bytes of the answer at the pool's end; 0: none. */
static size_t write_answer(struct udp *u, uint64_t *client)
{
    const struct behaviour *b = &u->listener->behaviour;
    struct query *q = &u->query;
    uint8_t *out = u->pool + u->pool_len;
    uint8_t rcode = RCODE_SERVFAIL;
    enum listener_says says = listener_ask(u->listener, q, *client, u->now_ms, u->counters, &u->reply, &rcode);
    if (says == LISTENER_SILENT) {
        return 0;
    }
    if (says == LISTENER_REFUSED) {
        *client = 0;
    } else if (unlucky(u, b->servfail_ppm)) {
        says = LISTENER_RCODE;
        rcode = RCODE_SERVFAIL;
    }
    if (says != LISTENER_REPLY) {
        return wire_write_rcode(q, rcode, out);
    }
    size_t len = unlucky(u, b->truncate_ppm) ? wire_write_truncated(q, u->reply.rcode, out)
                                             : wire_write_reply(q, &u->reply, out, q->udp_size);
    counters_add(u->counters, COUNT_TRUNCATED, (out[2] & 2) != 0);
    return len;
}

static unsigned draw_hold_ms(struct udp *u)
{
    const struct behaviour *b = &u->listener->behaviour;
    unsigned ms = delay_is_none(&b->delay) ? 0 : delay_draw(&b->delay, roll(u));
    unsigned stall_ms = (unsigned)gate_stall_ms(&u->listener->gate, u->now_ms);
    ms = ms > stall_ms ? ms : stall_ms; /* what was asked meanwhile is answered when it is over */
    return unlucky(u, b->reorder_ppm) ? ms + 1 + (unsigned)(roll(u) % REORDER_MS) : ms;
}

static void answer_one(struct udp *u, const uint8_t *packet, size_t len, const union address *peer)
{
    const struct behaviour *b = &u->listener->behaviour;
    if (!wire_read_query(packet, len, &u->query)) {
        counters_add(u->counters, COUNT_MALFORMED, 1);
        return;
    }
    if (unlucky(u, b->loss_ppm)) {
        counters_add_drop(u->counters, COUNT_LOST);
        return;
    }
    if (unlucky(u, b->lie_ppm)) {
        push_forged(u, peer);
    }
    uint64_t client = b->plateau > 0 ? client_of(peer) : 0;
    size_t at = u->pool_len;
    size_t answer_len = write_answer(u, &client);
    if (answer_len == 0) {
        return;
    }
    unsigned hold_ms = draw_hold_ms(u);
    if (b->discard_ms > 0 && hold_ms > b->discard_ms) {
        counters_add_drop(u->counters, COUNT_DISCARDED);
        push_answer(u, peer, client, at, 0, hold_ms);
        return;
    }
    counters_add(u->counters, COUNT_ANSWERED, 1);
    push_answer(u, peer, client, at, answer_len, hold_ms);
    if (unlucky(u, b->duplicate_ppm)) {
        counters_add(u->counters, COUNT_DUPLICATED, 1);
        push_answer(u, peer, 0, at, answer_len, hold_ms);
    }
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

/* When the kernel took it, where it was told to say so; else now. Wall-clock time, so its age is what counts. */
static uint64_t arrival_ms(const struct udp *u, struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec taken, now;
            memcpy(&taken, CMSG_DATA(c), sizeof(taken));
            (void)clock_gettime(CLOCK_REALTIME, &now);
            int64_t age_ms = (int64_t)(now.tv_sec - taken.tv_sec) * 1000 + (now.tv_nsec - taken.tv_nsec) / 1000000;
            return age_ms > 0 && (uint64_t)age_ms < u->now_ms ? u->now_ms - (uint64_t)age_ms : u->now_ms;
        }
    }
    return u->now_ms;
}

static size_t answer_message(struct udp *u, size_t i)
{
    const uint8_t *bytes = u->in_bytes + i * RECEIVE_SIZE;
    size_t len = u->in[i].msg_len;
    size_t segment = segment_of(&u->in[i].msg_hdr, len);
    size_t count = 0;
    for (size_t at = 0; at < len || count == 0; at += segment, count++) {
        answer_one(u, bytes + at, len - at < segment ? len - at : segment, &u->in_peer[i]);
        if (segment == 0 || count >= SEGMENTS_MAX - 1) {
            count++;
            break;
        }
    }
    queue_slices(u, &u->in_peer[i]);
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

static void answer_batch(struct udp *u, int messages)
{
    uint64_t received = 0;
    for (int i = 0; i < messages; i++) {
        size_t count = answer_message(u, (size_t)i);
        bins_add(u->listener->bins, arrival_ms(u, &u->in[i].msg_hdr), count);
        received += count;
        if (POOL_SIZE - u->pool_len < POOL_RESERVE || u->out_count > OUT_MAX - SLICES_MAX ||
            u->out_iov_count > OUT_MAX - SLICES_MAX) {
            send_all(u);
        }
    }
    counters_add(u->counters, COUNT_RECEIVED, received);
    send_all(u);
}

static void *udp_run(void *arg)
{
    struct udp *u = arg;
    while (!atomic_load_explicit(&u->is_stopping, memory_order_relaxed)) {
        int n = receive(u);
        if (n <= 0) {
            struct pollfd p = { .fd = u->fd, .events = POLLIN };
            (void)poll(&p, 1, (int)wheel_wait_ms(u->wheel, udp_now_ms(), IDLE_MS));
        }
        u->now_ms = udp_now_ms();
        if (n > 0) {
            answer_batch(u, n);
        }
        send_due(u);
    }
    return NULL;
}

/* ---- starting and stopping ---- */

struct udp *udp_new(struct listener *l, int fd, size_t index, uint64_t seed)
{
    struct udp *u = calloc(1, sizeof(*u));
    if (!u) {
        return NULL;
    }
    u->in_bytes = malloc((size_t)BATCH * RECEIVE_SIZE);
    u->pool = malloc(POOL_SIZE);
    u->now_ms = udp_now_ms();
    u->wheel = wheel_new(u->now_ms);
    if (!u->in_bytes || !u->pool || !u->wheel) {
        wheel_free(u->wheel);
        free(u->in_bytes);
        free(u->pool);
        free(u);
        return NULL;
    }
    u->listener = l;
    u->counters = &l->counters[index];
    u->fd = fd;
    u->can_segment = true;
    u->random = dice_mix(seed + index + ((uint64_t)l->port << 32));
    return u;
}

int udp_start(struct udp *u)
{
    int err = pthread_create(&u->thread, NULL, udp_run, u);
    u->is_running = err == 0;
    return err;
}

void udp_stop(struct udp *u)
{
    atomic_store_explicit(&u->is_stopping, true, memory_order_relaxed);
    if (u->is_running) {
        (void)pthread_join(u->thread, NULL);
    }
    (void)close(u->fd);
    wheel_free(u->wheel);
    free(u->in_bytes);
    free(u->pool);
    free(u);
}
