// SPDX-License-Identifier: MIT
#define CARES_NO_DEPRECATED
#include "scanner/dns/lane.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "scanner/dns/answer.h"
#include "scanner/dns/batch_socket.h"
#include "scanner/dns/link.h"
#include "scanner/dns/random_pool.h"

/* From 1.28 on a query is parsed, given another id and written again, and a reply reaches the callback as a copy. */
#define ARES_REWRITES_MESSAGES (ARES_VERSION >= 0x011c00)

enum { ROUNDS_PER_WAKE_UP = 4, TCP_QUERIES_MAX = 100 };

/* A socket watched by the loop. It outlives its lane until the loop has closed it. */
struct lane_poll {
    uv_poll_t handle;
    struct lane *lane;
    struct link link;
    int fd;
};

struct lane {
    struct lane_options options;
    ares_channel channel;
    struct batch_socket batch;
    struct link polls;
    size_t count;
    bool is_closing, is_blocked;
    uint64_t icmp_told, dropped_told, unexpected_told;
    struct random_pool random;
    struct lane_query *queries[LANE_SLOTS];     /* in flight, by the lower bits of the id */
};

/* From 1.21 on c-ares reads every message with its new parser, which may want a question. Asked of the library that runs:
   it need not be the one we were built with. */
static bool takes_bare_headers(void)
{
    enum { NEW_PARSER = 0x011500 };
    int version = NEW_PARSER;
    ares_version(&version);
    return version < NEW_PARSER;
}

/* The library counts its users in a plain int, and lanes are opened by several loops. Seldom: a moment's spinning will do. */
static atomic_flag library_is_taken = ATOMIC_FLAG_INIT;

static void take_library(void)
{
    while (atomic_flag_test_and_set_explicit(&library_is_taken, memory_order_acquire)) {
    }
}

static void leave_library(void)
{
    atomic_flag_clear_explicit(&library_is_taken, memory_order_release);
}

static bool join_library(void)
{
    take_library();
    bool is_in = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
    leave_library();
    return is_in;
}

static void quit_library(void)
{
    take_library();
    ares_library_cleanup();
    leave_library();
}

bool lane_ids_are_foreign(void)
{
    return ARES_REWRITES_MESSAGES;
}

/* ---- Watching sockets ------------------------------------------------------------------------------------------- */

static struct lane_poll *find_poll(struct lane *lane, int fd)
{
    for (struct link *at = lane->polls.next; at != &lane->polls; at = at->next) {
        struct lane_poll *poll = LINK_OWNER(at, struct lane_poll, link);
        if (poll->fd == fd) {
            return poll;
        }
    }
    return NULL;
}

static void free_poll(uv_handle_t *handle)
{
    free(handle->data);
}

static void unwatch(struct lane *lane, int fd)
{
    struct lane_poll *poll = find_poll(lane, fd);
    if (poll) {
        link_leave(&poll->link);
        poll->lane = NULL;
        uv_poll_stop(&poll->handle);
        uv_close((uv_handle_t *)&poll->handle, free_poll);
    }
}

static void on_poll(uv_poll_t *handle, int status, int events);

/* A socket that cannot be watched is served by the tick: slow, but nothing hangs. */
static void watch(struct lane *lane, int fd, int events)
{
    struct lane_poll *poll = find_poll(lane, fd);
    if (!poll) {
        poll = calloc(1, sizeof(*poll));
        if (!poll || uv_poll_init(lane->options.loop, &poll->handle, fd) < 0) {
            free(poll);
            return;
        }
        poll->handle.data = poll;
        poll->lane = lane;
        poll->fd = fd;
        link_append(&lane->polls, &poll->link);
    }
    uv_poll_start(&poll->handle, events, on_poll);
}

static void on_open(int fd, void *user)
{
    watch(user, fd, UV_READABLE);
}

static void on_close(int fd, void *user)
{
    unwatch(user, fd);
}

/* TCP only: c-ares says what it waits for. */
static void on_socket_state(void *user, ares_socket_t fd, int readable, int writable)
{
    struct lane *lane = user;
    if (!lane->options.over_tcp) {
        return;
    }
    int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    if (events) {
        watch(lane, fd, events);
    } else {
        unwatch(lane, fd);
    }
}

/* Four rounds at most: the rest stays readable, and other lanes get their turn. */
static void read_udp(struct lane *lane)
{
    for (int round = 0; round < ROUNDS_PER_WAKE_UP; round++) {
        size_t got = batch_socket_receive(&lane->batch);
        if (got > 0) {
            ares_process_fd(lane->channel, lane->batch.fd, ARES_SOCKET_BAD);
        }
        batch_socket_end_round(&lane->batch);
        if (got < BATCH_SLOTS) {
            return;
        }
    }
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct lane_poll *poll = handle->data;
    struct lane *lane = poll->lane;
    int fd = poll->fd;
    if (lane->options.over_tcp) {
        bool has_failed = status < 0;
        ares_process_fd(lane->channel, has_failed || (events & UV_READABLE) ? fd : ARES_SOCKET_BAD,
                        has_failed || (events & UV_WRITABLE) ? fd : ARES_SOCKET_BAD);
        return;
    }
    if (events & UV_WRITABLE) {
        lane_flush(lane);
    }
    read_udp(lane);
}

/* ---- Life ------------------------------------------------------------------------------------------------------- */

static void print_address(const struct sockaddr_storage *address, char *out, size_t size)
{
    char ip[INET6_ADDRSTRLEN] = "";
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)address;
        inet_ntop(AF_INET6, &six->sin6_addr, ip, sizeof(ip));
        snprintf(out, size, "[%s]:%u", ip, ntohs(six->sin6_port));
    } else {
        const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
        inet_ntop(AF_INET, &four->sin_addr, ip, sizeof(ip));
        snprintf(out, size, "%s:%u", ip, ntohs(four->sin_port));
    }
}

static bool is_expected(span message, void *user);

static int open_channel(struct lane *lane)
{
    char lookups[] = "b", server[INET6_ADDRSTRLEN + 16];
    struct ares_options options = {
        .flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_IGNTC |
                 (lane->options.over_tcp ? ARES_FLAG_USEVC : ARES_FLAG_STAYOPEN),
        .timeout = (int)lane->options.timeout_ms,
        .tries = 1,
        .ndots = 0,
        .lookups = lookups,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = lane,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_LOOKUPS |
               ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_QUERY_CACHE
    options.qcache_max_ttl = 0;
    mask |= ARES_OPT_QUERY_CACHE;
#endif
    if (ares_init_options(&lane->channel, &options, mask) != ARES_SUCCESS) {
        return -ENOMEM;
    }
    print_address(lane->options.address, server, sizeof(server));
    if (ares_set_servers_ports_csv(lane->channel, server) != ARES_SUCCESS) {
        ares_destroy(lane->channel);
        return -EINVAL;
    }
    return 0;
}

int lane_new(const struct lane_options *options, struct lane **out)
{
    if (!join_library()) {
        return -ENOMEM;
    }
    int err = -ENOMEM;
    struct lane *lane = calloc(1, sizeof(*lane));
    if (!lane) {
        goto quit;
    }
    lane->options = *options;
    link_init(&lane->polls);
    err = open_channel(lane);
    if (err < 0) {
        goto free_lane;
    }
    if (!options->over_tcp) {
        lane->batch.receiver = options->receiver;
        lane->batch.address = *options->address;
        lane->batch.address_len = options->address_len;
        lane->batch.on_open = on_open;
        lane->batch.on_close = on_close;
        lane->batch.headers_only = takes_bare_headers();
        lane->batch.is_expected = ARES_REWRITES_MESSAGES ? NULL : is_expected;
        lane->batch.user = lane;
        batch_socket_install(&lane->batch, lane->channel);
    }
    *out = lane;
    return 0;

free_lane:
    free(lane);
quit:
    quit_library();
    return err;
}

void lane_free(struct lane *lane)
{
    if (!lane) {
        return;
    }
    lane->is_closing = true;
    ares_destroy(lane->channel);
    while (!link_is_alone(&lane->polls)) {
        unwatch(lane, LINK_OWNER(lane->polls.next, struct lane_poll, link)->fd);
    }
    free(lane);
    quit_library();
}

/* ---- Asking ----------------------------------------------------------------------------------------------------- */

static struct lane_query **slot_of(struct lane *lane, uint16_t id)
{
    return &lane->queries[id % LANE_SLOTS];
}

/* A free slot is found soon: three of four are in use at most. */
static uint16_t take_id(struct lane *lane)
{
    uint16_t id = random_pool_u16(&lane->random);
    while (*slot_of(lane, id)) {
        id = random_pool_u16(&lane->random);
    }
    return id;
}

/* Whatever answers no question in flight is ignored, as c-ares itself would. */
static bool is_expected(span message, void *user)
{
    struct lane *lane = user;
    if (message.len < DNS_HEADER_SIZE) {
        return false;
    }
    const uint8_t *bytes = (const uint8_t *)message.ptr;
    const struct lane_query *query = *slot_of(lane, (uint16_t)(bytes[0] << 8 | bytes[1]));
    return query && answer_may_be_to(message, span_of((const char *)query->bytes, query->size), query->question_end);
}

static void on_ares(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
    struct lane_query *query = arg;
    struct lane *lane = query->lane;
    (void)timeouts;
    if (lane->is_closing) {
        return;
    }
    *slot_of(lane, query->id) = NULL;
    lane->count--;
    if (status != ARES_SUCCESS || !bytes || len < 0) {
        lane->options.on_reply(query, status == ARES_ETIMEOUT ? LANE_TIMEOUT : LANE_FAILED, (span){ NULL, 0 },
                               lane->options.user);
        return;
    }
    span message = span_of((const char *)bytes, (size_t)len);
    if (!ARES_REWRITES_MESSAGES && !lane->options.over_tcp) {
        message = batch_socket_current(&lane->batch);
    }
    lane->options.on_reply(query, LANE_REPLY, message, lane->options.user);
}

bool lane_has_room(const struct lane *lane)
{
    return !lane->is_blocked && lane->count < (lane->options.over_tcp ? (size_t)TCP_QUERIES_MAX : LANE_QUERIES_MAX);
}

void lane_ask(struct lane *lane, struct lane_query *query)
{
    assert(lane_has_room(lane));
    query->lane = lane;
    query->id = take_id(lane);
    query->bytes[0] = (uint8_t)(query->id >> 8);
    query->bytes[1] = (uint8_t)query->id;
    *slot_of(lane, query->id) = query;
    lane->count++;
    if (lane->batch.headers_only) {
        const uint8_t header[DNS_HEADER_SIZE] = { query->bytes[0], query->bytes[1] };
        lane->batch.instead = span_of((const char *)query->bytes, query->size);
        ares_send(lane->channel, header, sizeof(header), on_ares, query);
        lane->batch.instead = (span){ NULL, 0 };
    } else {
        ares_send(lane->channel, query->bytes, query->size, on_ares, query);
    }
    if (lane->batch.pending == BATCH_SLOTS) {
        lane_flush(lane);
    }
}

void lane_flush(struct lane *lane)
{
    if (lane->options.over_tcp) {
        return;
    }
    bool is_blocked = !batch_socket_flush(&lane->batch);
    if (is_blocked != lane->is_blocked && lane->batch.fd >= 0) {
        watch(lane, lane->batch.fd, UV_READABLE | (is_blocked ? UV_WRITABLE : 0));
    }
    lane->is_blocked = is_blocked;
}

void lane_tick(struct lane *lane)
{
    if (lane->is_blocked || lane->batch.pending > 0) {
        lane_flush(lane);
    }
    if (lane->count > 0) {
        if (!lane->options.over_tcp) {
            read_udp(lane);
        }
        ares_process_fd(lane->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    }
}

size_t lane_query_count(const struct lane *lane)
{
    return lane->count;
}

static uint64_t since_told(uint64_t total, uint64_t *told)
{
    uint64_t news = total - *told;
    *told = total;
    return news;
}

uint64_t lane_take_icmp_errors(struct lane *lane)
{
    return since_told(lane->batch.icmp_errors, &lane->icmp_told);
}

uint64_t lane_take_dropped(struct lane *lane)
{
    return since_told(lane->batch.dropped, &lane->dropped_told);
}

uint64_t lane_take_unexpected(struct lane *lane)
{
    return since_told(lane->batch.unexpected, &lane->unexpected_told);
}
