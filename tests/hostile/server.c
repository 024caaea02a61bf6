// SPDX-License-Identifier: MIT

/*
 * A hostile name server for tests: hostile --listen 127.0.0.1:PORT [--no-tcp]. UDP, and TCP on the same port. What it
 * says is in evil.c. One thread, poll(2); every reply follows from the question alone.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/hostile/evil.h"

enum { CONNECTIONS_MAX = 256, QUERY_MAX = 1024, BUFFER = 4 << 20, TICK_MS = 50, BYTES_PER_WRITE = 65536 };

/* Output stands in one line: replies to later questions wait behind one that trickles, as they would on any stream. */
struct connection {
    int fd;
    size_t in_len;
    uint8_t in[QUERY_MAX + 2];
    uint8_t *out;
    size_t out_len, out_at, out_size;
    size_t slow_from, slow_to; /* which of it trickles */
    unsigned ms_per_byte;
    long long next_ms;
    bool close_after;
};

struct server {
    int udp, other_port, other_address, listener;
    struct sockaddr_in client; /* of the datagram being answered */
    struct connection *connections[CONNECTIONS_MAX];
};

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* ---- UDP -------------------------------------------------------------------------------------------------------- */

static void send_datagram(struct stage *stage, const void *bytes, size_t len, unsigned flags)
{
    struct server *s = stage->user;
    int fd = flags & SEND_FROM_OTHER_PORT ? s->other_port : flags & SEND_FROM_OTHER_ADDRESS ? s->other_address : s->udp;
    sendto(fd, bytes, len, 0, (const struct sockaddr *)&s->client, sizeof(s->client));
}

static void answer_datagrams(struct server *s)
{
    static struct stage stage;
    uint8_t query[QUERY_MAX];
    for (;;) {
        socklen_t len = sizeof(s->client);
        ssize_t got = recvfrom(s->udp, query, sizeof(query), MSG_DONTWAIT, (struct sockaddr *)&s->client, &len);
        struct question question;
        if (got < 0) {
            return;
        }
        if (question_read(query, (size_t)got, false, &question)) {
            stage.question = &question;
            stage.send = send_datagram;
            stage.user = s;
            evil_answer(&stage);
        }
    }
}

/* ---- TCP -------------------------------------------------------------------------------------------------------- */

static void drop(struct server *s, size_t i)
{
    close(s->connections[i]->fd);
    free(s->connections[i]->out);
    free(s->connections[i]);
    s->connections[i] = NULL;
}

static void accept_one(struct server *s)
{
    int fd = accept(s->listener, NULL, NULL);
    for (size_t i = 0; fd >= 0 && i < CONNECTIONS_MAX; i++) {
        if (!s->connections[i]) {
            s->connections[i] = calloc(1, sizeof(struct connection));
            s->connections[i]->fd = fd;
            return;
        }
    }
    close(fd);
}

static void append(struct connection *c, const struct stage *stage)
{
    if (c->out_len + stage->stream_len > c->out_size) {
        c->out_size = c->out_len + stage->stream_len + BYTES_PER_WRITE;
        c->out = realloc(c->out, c->out_size);
    }
    if (stage->ms_per_byte > 0 && c->ms_per_byte == 0) {
        c->slow_from = c->out_len;
        c->slow_to = c->out_len + stage->stream_len;
        c->ms_per_byte = stage->ms_per_byte;
    }
    if (stage->stream_len > 0) {
        memcpy(c->out + c->out_len, stage->stream, stage->stream_len);
    }
    c->out_len += stage->stream_len;
    c->close_after = c->close_after || stage->close_after;
}

/* False: the connection is over. */
static bool read_stream(struct connection *c)
{
    static struct stage stage;
    ssize_t got = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, MSG_DONTWAIT);
    if (got <= 0) {
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    }
    c->in_len += (size_t)got;
    while (c->in_len >= 2) {
        size_t len = (size_t)c->in[0] << 8 | c->in[1];
        struct question question;
        if (len > QUERY_MAX) {
            return false;
        }
        if (c->in_len < len + 2) {
            return true;
        }
        if (!c->close_after && question_read(c->in + 2, len, true, &question)) {
            stage.question = &question;
            stage.stream_len = 0;
            stage.ms_per_byte = 0;
            stage.close_after = false;
            evil_answer(&stage);
            append(c, &stage);
        }
        c->in_len -= len + 2;
        memmove(c->in, c->in + len + 2, c->in_len);
    }
    return true;
}

/* How many bytes may go now. */
static size_t due(struct connection *c)
{
    if (c->ms_per_byte == 0 || c->out_at < c->slow_from) {
        return (c->ms_per_byte == 0 ? c->out_len : c->slow_from) - c->out_at;
    }
    if (c->out_at >= c->slow_to) {
        c->ms_per_byte = 0;
        return c->out_len - c->out_at;
    }
    if (now_ms() < c->next_ms) {
        return 0;
    }
    c->next_ms = now_ms() + c->ms_per_byte;
    return 1;
}

static bool write_stream(struct connection *c)
{
    size_t len = due(c);
    if (len > 0) {
        ssize_t put =
            send(c->fd, c->out + c->out_at, len < BYTES_PER_WRITE ? len : BYTES_PER_WRITE, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put < 0 && errno != EAGAIN && errno != EINTR) {
            return false;
        }
        c->out_at += put > 0 ? (size_t)put : 0;
    }
    return c->out_at < c->out_len || !c->close_after;
}

static bool is_writing(const struct connection *c)
{
    return c->out_at < c->out_len && (c->ms_per_byte == 0 || c->out_at < c->slow_from);
}

/* ---- The loop --------------------------------------------------------------------------------------------------- */

static void serve(struct server *s)
{
    struct pollfd fds[2 + CONNECTIONS_MAX];
    size_t of[2 + CONNECTIONS_MAX];
    for (;;) {
        nfds_t count = 0;
        fds[count++] = (struct pollfd){ s->udp, POLLIN, 0 };
        fds[count++] = (struct pollfd){ s->listener, POLLIN, 0 };
        for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
            if (s->connections[i]) {
                of[count] = i;
                short events = (short)(POLLIN | (is_writing(s->connections[i]) ? POLLOUT : 0));
                fds[count++] = (struct pollfd){ s->connections[i]->fd, events, 0 };
            }
        }
        poll(fds, count, TICK_MS);
        answer_datagrams(s);
        if (fds[1].revents & POLLIN) {
            accept_one(s);
        }
        for (nfds_t k = 2; k < count; k++) {
            struct connection *c = s->connections[of[k]];
            bool is_over = (fds[k].revents & (POLLIN | POLLHUP | POLLERR)) && !read_stream(c);
            if (is_over || !write_stream(c)) {
                drop(s, of[k]);
            }
        }
    }
}

static int bound_socket(int type, const char *ip, unsigned port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, type, 0), one = 1, buffer = BUFFER;
    inet_pton(AF_INET, ip, &address.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        perror("hostile: bind");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv)
{
    static struct server server;
    char ip[INET_ADDRSTRLEN];
    unsigned port;
    if (argc < 3 || strcmp(argv[1], "--listen") != 0 || sscanf(argv[2], "%15[0-9.]:%u", ip, &port) != 2) {
        fprintf(stderr, "usage: hostile --listen IP:PORT [--no-tcp]\n");
        return 64;
    }
    bool has_tcp = argc < 4 || strcmp(argv[3], "--no-tcp") != 0;
    signal(SIGPIPE, SIG_IGN);
    server.udp = bound_socket(SOCK_DGRAM, ip, port);
    server.other_port = bound_socket(SOCK_DGRAM, ip, 0);
    server.other_address = bound_socket(SOCK_DGRAM, "127.0.0.2", port);
    server.listener = has_tcp ? bound_socket(SOCK_STREAM, ip, port) : -1;
    if (has_tcp) {
        listen(server.listener, CONNECTIONS_MAX);
    }
    serve(&server);
    return 0;
}
