// SPDX-License-Identifier: MIT
#include "bench/world/tcp.h"
#include "bench/world/server.h"
#include "bench/world/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 1024,
    LISTENERS_MAX = SERVER_LISTEN_MAX,
    IN_MAX = 2 + WIRE_QUERY_MAX,
    OUT_SIZE = 2 + WIRE_TCP_MAX,
    IDLE_S = 20,
    EVENTS = 64,
};

struct connection {
    struct listener *listener;
    int fd;
    time_t seen;
    size_t in_len;
    size_t out_at, out_len;
    uint8_t in[IN_MAX];
    uint8_t out[OUT_SIZE];
};

struct tcp {
    int epoll;
    struct {
        struct listener *listener;
        int fd;
    } listeners[LISTENERS_MAX];
    size_t listener_count;
    struct connection *connections[CONNECTIONS_MAX];
    pthread_t thread;
    bool is_running;
    atomic_bool is_stopping;
    struct reply reply;
    struct query query;
};

static time_t now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_sec;
}

struct tcp *tcp_new(void)
{
    struct tcp *t = calloc(1, sizeof(*t));
    if (!t) {
        return NULL;
    }
    t->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (t->epoll < 0) {
        free(t);
        return NULL;
    }
    return t;
}

/* Listeners and connections share the event's number: connections come behind the listeners. */
static bool watch(struct tcp *t, int operation, int fd, uint32_t events, size_t number)
{
    struct epoll_event e = { .events = events, .data = { .u64 = number } };
    return epoll_ctl(t->epoll, operation, fd, &e) == 0;
}

bool tcp_listen(struct tcp *t, struct listener *l, const struct sockaddr *address, socklen_t len)
{
    int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (t->listener_count >= LISTENERS_MAX || bind(fd, address, len) < 0 || listen(fd, 512) < 0 ||
        !watch(t, EPOLL_CTL_ADD, fd, EPOLLIN, t->listener_count)) {
        int saved = errno;
        (void)close(fd);
        errno = saved;
        return false;
    }
    t->listeners[t->listener_count].listener = l;
    t->listeners[t->listener_count++].fd = fd;
    return true;
}

static void drop(struct tcp *t, size_t slot)
{
    struct connection *c = t->connections[slot];
    (void)close(c->fd);
    free(c);
    t->connections[slot] = NULL;
}

static void take_in(struct tcp *t, size_t which)
{
    int fd = accept4(t->listeners[which].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        return;
    }
    size_t slot = 0;
    while (slot < CONNECTIONS_MAX && t->connections[slot]) {
        slot++;
    }
    struct connection *c = slot < CONNECTIONS_MAX ? malloc(sizeof(*c)) : NULL;
    if (!c || !watch(t, EPOLL_CTL_ADD, fd, EPOLLIN, LISTENERS_MAX + slot)) {
        free(c);
        (void)close(fd);
        return;
    }
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    c->listener = t->listeners[which].listener;
    c->fd = fd;
    c->seen = now_s();
    c->in_len = c->out_at = c->out_len = 0;
    t->connections[slot] = c;
}

/* False: the connection is of no more use. */
static bool flush(struct tcp *t, size_t slot)
{
    struct connection *c = t->connections[slot];
    while (c->out_at < c->out_len) {
        ssize_t n = send(c->fd, c->out + c->out_at, c->out_len - c->out_at, MSG_NOSIGNAL);
        if (n > 0) {
            c->out_at += (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            return watch(t, EPOLL_CTL_MOD, c->fd, EPOLLOUT, LISTENERS_MAX + slot);
        } else if (!(n < 0 && errno == EINTR)) {
            return false;
        }
    }
    c->out_at = c->out_len = 0;
    return true;
}

/* The bytes of the answer behind its length; 0: none comes. */
static size_t write_answer(struct tcp *t, struct connection *c, struct counters *counters)
{
    uint8_t rcode = RCODE_SERVFAIL;
    switch (listener_ask(c->listener, &t->query, 0, udp_now_ms(), counters, &t->reply, &rcode)) {
    case LISTENER_RCODE:
    case LISTENER_REFUSED:
        return wire_write_rcode(&t->query, rcode, c->out + 2);
    case LISTENER_REPLY:
        return wire_write_reply(&t->query, &t->reply, c->out + 2, WIRE_TCP_MAX);
    case LISTENER_SILENT:
        break;
    }
    return 0;
}

/* Answers the query at the front of the buffer, which is whole. False: the connection is closed. */
static bool answer_front(struct tcp *t, struct connection *c)
{
    struct counters *counters = &c->listener->counters[c->listener->counter_count - 1];
    size_t len = (size_t)(c->in[0] << 8 | c->in[1]);
    counters_add(counters, COUNT_RECEIVED, 1);
    counters_add(counters, COUNT_TCP, 1);
    bins_add(c->listener->bins, udp_now_ms(), 1);
    if (!wire_read_query(c->in + 2, len, &t->query)) {
        counters_add(counters, COUNT_MALFORMED, 1);
        return false;
    }
    size_t n = write_answer(t, c, counters);
    if (n > 0) {
        c->out[0] = (uint8_t)(n >> 8);
        c->out[1] = (uint8_t)n;
        c->out_len = n + 2;
        counters_add(counters, COUNT_ANSWERED, 1);
    }
    c->in_len -= len + 2;
    memmove(c->in, c->in + len + 2, c->in_len);
    return true;
}

static bool serve(struct tcp *t, size_t slot, uint32_t events)
{
    struct connection *c = t->connections[slot];
    c->seen = now_s();
    if (events & EPOLLOUT) {
        if (!flush(t, slot) || (c->out_len == 0 && !watch(t, EPOLL_CTL_MOD, c->fd, EPOLLIN, LISTENERS_MAX + slot))) {
            return false;
        }
    }
    if ((events & EPOLLIN) && c->out_len == 0) {
        ssize_t n = recv(c->fd, c->in + c->in_len, IN_MAX - c->in_len, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            return false;
        }
        c->in_len += n > 0 ? (size_t)n : 0;
    }
    while (c->out_len == 0 && c->in_len >= 2) {
        size_t len = (size_t)(c->in[0] << 8 | c->in[1]);
        if (len > WIRE_QUERY_MAX) {
            return false;
        }
        if (c->in_len < len + 2) {
            break;
        }
        if (!answer_front(t, c) || !flush(t, slot)) {
            return false;
        }
    }
    return (events & (EPOLLERR | EPOLLHUP)) == 0;
}

static void drop_idle(struct tcp *t)
{
    time_t now = now_s();
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (t->connections[i] && now - t->connections[i]->seen > IDLE_S) {
            drop(t, i);
        }
    }
}

static void *tcp_run(void *arg)
{
    struct tcp *t = arg;
    time_t swept = now_s();
    while (!atomic_load_explicit(&t->is_stopping, memory_order_relaxed)) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(t->epoll, events, EVENTS, 100);
        for (int i = 0; i < n; i++) {
            size_t number = (size_t)events[i].data.u64;
            if (number < LISTENERS_MAX) {
                take_in(t, number);
            } else if (t->connections[number - LISTENERS_MAX] && !serve(t, number - LISTENERS_MAX, events[i].events)) {
                drop(t, number - LISTENERS_MAX);
            }
        }
        if (now_s() - swept >= 1) {
            swept = now_s();
            drop_idle(t);
        }
    }
    return NULL;
}

bool tcp_start(struct tcp *t)
{
    int err = pthread_create(&t->thread, NULL, tcp_run, t);
    errno = err;
    t->is_running = err == 0;
    return t->is_running;
}

void tcp_stop(struct tcp *t)
{
    atomic_store_explicit(&t->is_stopping, true, memory_order_relaxed);
    if (t->is_running) {
        (void)pthread_join(t->thread, NULL);
    }
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (t->connections[i]) {
            drop(t, i);
        }
    }
    for (size_t i = 0; i < t->listener_count; i++) {
        (void)close(t->listeners[i].fd);
    }
    (void)close(t->epoll);
    free(t);
}
