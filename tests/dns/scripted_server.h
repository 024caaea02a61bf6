// SPDX-License-Identifier: MIT
#pragma once

/*
 * A DNS server inside the test, UDP and TCP on one port of 127.0.0.1, on the test's own loop. Each query is given to the
 * test's function, which writes the reply or stays silent.
 */

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "scanner/base/span.h"
#include "scanner/dns/asker.h"
#include "scanner/dns/answer.h"

enum { SERVER_MESSAGE_SIZE = 65535 };

struct server;

/* Returns the reply's size, 0 for silence. `out` has SERVER_MESSAGE_SIZE bytes. */
typedef size_t (*server_script)(struct server *server, span query, bool over_tcp, uint8_t *out);

struct server {
    uv_loop_t *loop;
    uv_udp_t udp;
    uv_tcp_t tcp;
    struct sockaddr_in address;
    char text[32];
    server_script script;
    void *user;
    size_t queries, tcp_queries;
    struct sockaddr_in from;    /* of the datagram the script is given */
};

/* ---- Writing replies -------------------------------------------------------------------------------------------- */

/* Header and question of the query with `flags` and no records. */
static inline size_t reply_begin(span query, uint16_t flags, uint8_t *out)
{
    size_t end = answer_question_end(query);
    assert(end > 0);
    memcpy(out, query.ptr, end);
    out[2] = (uint8_t)(flags >> 8);
    out[3] = (uint8_t)flags;
    memset(out + 6, 0, 6);
    out[5] = 1;
    return end;
}

/* A record owned by the question's name, in the answer section. */
static inline size_t reply_add(uint8_t *out, size_t at, uint16_t type, uint32_t ttl_s, const void *data, size_t len)
{
    const uint8_t head[12] = { 0xc0, 12, (uint8_t)(type >> 8), (uint8_t)type, 0, 1, (uint8_t)(ttl_s >> 24),
                               (uint8_t)(ttl_s >> 16), (uint8_t)(ttl_s >> 8), (uint8_t)ttl_s, (uint8_t)(len >> 8),
                               (uint8_t)len };
    memcpy(out + at, head, 12);
    memcpy(out + at + 12, data, len);
    out[7]++;
    return at + 12 + len;
}

static inline size_t reply_add_txt(uint8_t *out, size_t at, uint32_t ttl_s, const char *text)
{
    uint8_t data[256];
    size_t len = strlen(text);
    data[0] = (uint8_t)len;
    memcpy(data + 1, text, len);
    return reply_add(out, at, DNS_TXT, ttl_s, data, len + 1);
}

static inline uint16_t query_type(span query)
{
    size_t end = answer_question_end(query);
    return (uint16_t)((uint8_t)query.ptr[end - 4] << 8 | (uint8_t)query.ptr[end - 3]);
}

/* The first label, case folded, as text. */
static inline void query_label(span query, char *out, size_t size)
{
    size_t len = (uint8_t)query.ptr[12];
    size_t i = 0;
    for (; i < len && i + 1 < size; i++) {
        out[i] = (char)ascii_lower((unsigned char)query.ptr[13 + i]);
    }
    out[i] = 0;
}

static inline bool is_root_query(span query)
{
    return query.len > 12 && query.ptr[12] == 0;
}

/* ---- The server ------------------------------------------------------------------------------------------------- */

struct server_reply {
    uv_udp_send_t udp;
    uv_write_t tcp;
    uint8_t bytes[];
};

static inline void server_on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    (void)handle;
    *out = uv_buf_init(malloc(wanted), (unsigned)wanted);
}

static inline void server_on_sent(uv_udp_send_t *request, int status)
{
    (void)status;
    free(request->data);
}

static inline void server_on_written(uv_write_t *request, int status)
{
    (void)status;
    free(request->data);
}

static inline size_t server_answer(struct server *server, span query, bool over_tcp, struct server_reply **out)
{
    struct server_reply *reply = malloc(sizeof(*reply) + 2 + SERVER_MESSAGE_SIZE);
    server->queries++;
    server->tcp_queries += over_tcp;
    size_t size = query.len >= 17 ? server->script(server, query, over_tcp, reply->bytes + 2) : 0;
    reply->bytes[0] = (uint8_t)(size >> 8);
    reply->bytes[1] = (uint8_t)size;
    reply->udp.data = reply->tcp.data = reply;
    *out = reply;
    if (size == 0) {
        free(reply);
    }
    return size;
}

static inline void server_on_datagram(uv_udp_t *udp, ssize_t got, const uv_buf_t *buf, const struct sockaddr *from,
                                      unsigned flags)
{
    struct server *server = udp->data;
    struct server_reply *reply;
    (void)flags;
    if (got > 0) {
        memcpy(&server->from, from, sizeof(server->from));
        size_t size = server_answer(server, span_of(buf->base, (size_t)got), false, &reply);
        if (size > 0) {
            uv_buf_t out = uv_buf_init((char *)reply->bytes + 2, (unsigned)size);
            uv_udp_send(&reply->udp, udp, &out, 1, from, server_on_sent);
        }
    }
    free(buf->base);
}

struct server_stream {
    uv_tcp_t tcp;
    struct server *server;
    size_t have;
    char bytes[65536 + 2];
};

static inline void server_stream_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static inline void server_on_bytes(uv_stream_t *tcp, ssize_t got, const uv_buf_t *buf)
{
    struct server_stream *stream = tcp->data;
    struct server_reply *reply;
    if (got < 0) {
        uv_close((uv_handle_t *)tcp, server_stream_closed);
    }
    for (ssize_t i = 0; i < got; i++) {
        stream->bytes[stream->have++] = buf->base[i];
        size_t wanted = (size_t)(uint8_t)stream->bytes[0] << 8 | (uint8_t)stream->bytes[1];
        if (stream->have >= 2 && stream->have == wanted + 2) {
            size_t size = server_answer(stream->server, span_of(stream->bytes + 2, wanted), true, &reply);
            stream->have = 0;
            if (size > 0) {
                uv_buf_t out = uv_buf_init((char *)reply->bytes, (unsigned)size + 2);
                uv_write(&reply->tcp, tcp, &out, 1, server_on_written);
            }
        }
    }
    free(buf->base);
}

static inline void server_on_connection(uv_stream_t *listener, int status)
{
    struct server_stream *stream = calloc(1, sizeof(*stream));
    (void)status;
    stream->server = listener->data;
    stream->tcp.data = stream;
    uv_tcp_init(listener->loop, &stream->tcp);
    uv_accept(listener, (uv_stream_t *)&stream->tcp);
    uv_read_start((uv_stream_t *)&stream->tcp, server_on_alloc, server_on_bytes);
}

static inline void server_start(struct server *server, uv_loop_t *loop, server_script script, void *user)
{
    *server = (struct server){ .loop = loop, .script = script, .user = user };
    struct sockaddr_in any;
    int len = sizeof(server->address);
    /* TCP may find the port UDP was given already taken: another one then. */
    for (;;) {
        uv_ip4_addr("127.0.0.1", 0, &any);
        uv_udp_init(loop, &server->udp);
        uv_tcp_init(loop, &server->tcp);
        uv_udp_bind(&server->udp, (struct sockaddr *)&any, 0);
        uv_udp_getsockname(&server->udp, (struct sockaddr *)&server->address, &len);
        uv_tcp_bind(&server->tcp, (struct sockaddr *)&server->address, 0);
        if (uv_listen((uv_stream_t *)&server->tcp, 16, server_on_connection) == 0) {
            break;
        }
        uv_close((uv_handle_t *)&server->udp, NULL);
        uv_close((uv_handle_t *)&server->tcp, NULL);
        uv_run(loop, UV_RUN_NOWAIT);
    }
    server->udp.data = server->tcp.data = server;
    /* Room for what one flush brings: by default some 250 small datagrams are all a socket holds. */
    int buffer = 4 << 20;
    uv_recv_buffer_size((uv_handle_t *)&server->udp, &buffer);
    snprintf(server->text, sizeof(server->text), "127.0.0.1:%u", ntohs(server->address.sin_port));
    uv_udp_recv_start(&server->udp, server_on_alloc, server_on_datagram);
}

static inline void server_stop(struct server *server)
{
    uv_close((uv_handle_t *)&server->udp, NULL);
    uv_close((uv_handle_t *)&server->tcp, NULL);
}

static inline struct resolver_spec server_spec(const struct server *server)
{
    struct resolver_spec spec = { .len = sizeof(server->address), .text = server->text };
    memcpy(&spec.address, &server->address, sizeof(server->address));
    return spec;
}
