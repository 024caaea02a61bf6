// SPDX-License-Identifier: MIT
#define CARES_NO_DEPRECATED
#include "scanner/dns/batch_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "scanner/dns/answer.h"
#include "scanner/dns/query.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
    SEND_BUFFER = 1 << 20,
    RECEIVE_BUFFER = 4 << 20,       /* about 1 KB of truesize a reply; the system caps it at rmem_max */
    ERRORS_IN_A_ROW_MAX = 16,
    TC_BIT = 0x02, COUNTS_AT = 4    /* RFC 1035 4.1.1 */
};

struct batch_receiver {
    size_t count, next;
    const struct batch_socket *owner;
    span current;
    struct mmsghdr messages[BATCH_SLOTS];
    struct iovec vectors[BATCH_SLOTS];
    uint8_t slots[BATCH_SLOTS][BATCH_RECEIVE_SIZE];
};

struct batch_receiver *batch_receiver_new(void)
{
    struct batch_receiver *receiver = calloc(1, sizeof(*receiver));
    if (!receiver) {
        return NULL;
    }
    for (size_t i = 0; i < BATCH_SLOTS; i++) {
        receiver->vectors[i] = (struct iovec){ receiver->slots[i], BATCH_RECEIVE_SIZE };
        receiver->messages[i].msg_hdr = (struct msghdr){ .msg_iov = &receiver->vectors[i], .msg_iovlen = 1 };
    }
    return receiver;
}

void batch_receiver_free(struct batch_receiver *receiver)
{
    free(receiver);
}

/* ---- Receiving -------------------------------------------------------------------------------------------------- */

/* What ICMP and the routing table say about a connected UDP socket: news about packets gone, not about this call. */
static bool is_network_error(int error)
{
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN ||
           error == ENETDOWN || error == EPROTO || error == ENOPROTOOPT || error == EACCES || error == EPERM;
}

/* A reply that did not fit the slot: its question, with TC set and no records. */
static size_t cut_to_question(uint8_t *bytes, size_t len)
{
    size_t end = answer_question_end(span_of((const char *)bytes, len));
    if (end == 0) {
        return len;
    }
    bytes[2] |= TC_BIT;
    memset(bytes + 6, 0, 6);
    return end;
}

size_t batch_socket_receive(struct batch_socket *socket)
{
    struct batch_receiver *r = socket->receiver;
    r->owner = socket;
    r->count = r->next = 0;
    for (int errors = 0; socket->fd >= 0 && errors < ERRORS_IN_A_ROW_MAX; errors++) {
        int got = recvmmsg(socket->fd, r->messages, BATCH_SLOTS, MSG_DONTWAIT, NULL);
        if (got >= 0) {
            r->count = (size_t)got;
            break;
        }
        if (is_network_error(errno)) {
            socket->icmp_errors++;
        } else if (errno != EINTR) {
            break;
        }
    }
    for (size_t i = 0; i < r->count; i++) {
        struct mmsghdr *m = &r->messages[i];
        if (m->msg_hdr.msg_flags & MSG_TRUNC) {
            m->msg_len = (unsigned)cut_to_question(r->slots[i], BATCH_RECEIVE_SIZE);
        }
    }
    return r->count;
}

span batch_socket_current(const struct batch_socket *socket)
{
    return socket->receiver->owner == socket ? socket->receiver->current : (span){ NULL, 0 };
}

void batch_socket_end_round(struct batch_socket *socket)
{
    struct batch_receiver *r = socket->receiver;
    r->count = r->next = 0;
    r->current = (span){ NULL, 0 };
}

/* The next datagram that c-ares shall see; empty when the ring is. */
static span next_datagram(struct batch_socket *socket)
{
    struct batch_receiver *r = socket->receiver;
    while (r->owner == socket && r->next < r->count) {
        size_t i = r->next++;
        span message = span_of((const char *)r->slots[i], r->messages[i].msg_len);
        if (!socket->is_expected || socket->is_expected(message, socket->user)) {
            return message;
        }
        socket->unexpected++;
    }
    return (span){ NULL, 0 };
}

static ares_ssize_t receive_one(ares_socket_t fd, void *out, size_t size, int flags, struct sockaddr *from,
                                ares_socklen_t *from_len, void *user)
{
    struct batch_socket *socket = user;
    (void)fd;
    (void)flags;
    span message = next_datagram(socket);
    socket->receiver->current = message;
    if (!message.ptr) {
        errno = EAGAIN;
        return -1;
    }
    size_t len = message.len < size ? message.len : size;
    if (socket->headers_only && len >= DNS_HEADER_SIZE) {
        len = DNS_HEADER_SIZE;
        memcpy(out, message.ptr, COUNTS_AT);
        memset((char *)out + COUNTS_AT, 0, DNS_HEADER_SIZE - COUNTS_AT);
    } else {
        memcpy(out, message.ptr, len);
    }
    if (from && from_len) {
        memcpy(from, &socket->peer, *from_len < socket->peer_len ? *from_len : socket->peer_len);
        *from_len = socket->peer_len;
    }
    /* An empty datagram would read as the end of a stream: a byte that no reply can be is ignored instead. */
    return len > 0 ? (ares_ssize_t)len : 1;
}

/* ---- Sending ---------------------------------------------------------------------------------------------------- */

/* Messages made from the ring: each a run of datagrams of one length. */
struct outgoing {
    size_t count;
    struct mmsghdr messages[BATCH_SLOTS];
    struct iovec vectors[BATCH_SLOTS];
    uint8_t slot_of[BATCH_SLOTS];       /* which slot a vector shows */
    _Alignas(struct cmsghdr) char control[BATCH_SLOTS][CMSG_SPACE(sizeof(uint16_t))];
};

static void set_segment_size(struct msghdr *header, char *control, uint16_t size)
{
    memset(control, 0, CMSG_SPACE(sizeof(uint16_t))); /* also what only fills up: the kernel gets all of it */
    header->msg_control = control;
    header->msg_controllen = CMSG_SPACE(sizeof(uint16_t));
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    c->cmsg_level = IPPROTO_UDP;
    c->cmsg_type = UDP_SEGMENT;
    c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    memcpy(CMSG_DATA(c), &size, sizeof(size));
}

static void make_messages(struct batch_socket *socket, struct outgoing *out)
{
    enum { NONE = 0xff };
    uint8_t head_of_len[BATCH_SEND_SIZE + 1], tail_of_len[BATCH_SEND_SIZE + 1], next[BATCH_SLOTS];
    memset(head_of_len, NONE, sizeof(head_of_len));
    for (size_t i = 0; i < socket->pending; i++) {
        uint16_t len = socket->lens[i];
        next[i] = NONE;
        if (head_of_len[len] == NONE || !socket->has_segmentation) {
            head_of_len[len] = (uint8_t)i;
        } else {
            next[tail_of_len[len]] = (uint8_t)i;
        }
        tail_of_len[len] = (uint8_t)i;
    }
    size_t vectors = 0;
    out->count = 0;
    for (size_t i = 0; i < socket->pending; i++) {
        uint16_t len = socket->lens[i];
        if (socket->has_segmentation && head_of_len[len] != i) {
            continue;
        }
        struct msghdr *header = &out->messages[out->count].msg_hdr;
        *header = (struct msghdr){ .msg_iov = &out->vectors[vectors] };
        for (uint8_t slot = (uint8_t)i; slot != NONE; slot = next[slot]) {
            out->slot_of[vectors] = slot;
            out->vectors[vectors++] = (struct iovec){ socket->slots[slot], len };
            header->msg_iovlen++;
        }
        if (header->msg_iovlen > 1) {
            set_segment_size(header, out->control[out->count], len);
        }
        out->count++;
    }
}

/* Puts what messages from `first` on hold at the front of the ring. */
static void keep_unsent(struct batch_socket *socket, const struct outgoing *out, size_t first)
{
    bool is_kept[BATCH_SLOTS] = { false };
    for (size_t m = first; m < out->count; m++) {
        const struct msghdr *header = &out->messages[m].msg_hdr;
        size_t begin = (size_t)(header->msg_iov - out->vectors);
        for (size_t v = begin; v < begin + header->msg_iovlen; v++) {
            is_kept[out->slot_of[v]] = true;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < socket->pending; i++) {
        if (is_kept[i]) {
            memmove(socket->slots[kept], socket->slots[i], socket->lens[i]);
            socket->lens[kept++] = socket->lens[i];
        }
    }
    socket->pending = kept;
}

static bool means_no_segmentation(int error)
{
    return error == EIO || error == EINVAL || error == EOPNOTSUPP || error == EMSGSIZE;
}

bool batch_socket_flush(struct batch_socket *socket)
{
    struct outgoing out;
    size_t sent = 0;
    int errors = 0;
    if (socket->pending == 0 || socket->fd < 0) {
        socket->pending = 0;
        return true;
    }
    make_messages(socket, &out);
    while (sent < out.count) {
        int took = sendmmsg(socket->fd, out.messages + sent, (unsigned)(out.count - sent), MSG_DONTWAIT);
        if (took > 0) {
            sent += (size_t)took;
            errors = 0;
            continue;
        }
        int error = errno;
        size_t datagrams = out.messages[sent].msg_hdr.msg_iovlen;
        if (error == EAGAIN || error == ENOBUFS) {
            keep_unsent(socket, &out, sent);
            return false;
        }
        if (datagrams > 1 && means_no_segmentation(error)) {
            socket->has_segmentation = false;
            keep_unsent(socket, &out, sent);
            return batch_socket_flush(socket);
        }
        socket->icmp_errors += is_network_error(error);
        /* An error of an earlier packet is told once, and this message can go then; one that stays is the message's. */
        if (++errors >= 3 && error != EINTR) {
            socket->dropped += datagrams;
            errors = 0;
            sent++;
        }
    }
    socket->pending = 0;
    return true;
}

static ares_ssize_t put(struct batch_socket *socket, const struct iovec *parts, int count)
{
    struct iovec instead = { (void *)(uintptr_t)socket->instead.ptr, socket->instead.len };
    size_t given = 0, len = 0;
    for (int i = 0; i < count; i++) {
        given += parts[i].iov_len;
    }
    if (instead.iov_len > 0) {
        parts = &instead;
        count = 1;
    }
    for (int i = 0; i < count; i++) {
        len += parts[i].iov_len;
    }
    if (len > BATCH_SEND_SIZE || (socket->pending == BATCH_SLOTS && !batch_socket_flush(socket) &&
                                  socket->pending == BATCH_SLOTS)) {
        /* Lost like any packet: an error would fail a query of c-ares for good. */
        socket->dropped++;
        return (ares_ssize_t)given;
    }
    uint8_t *at = socket->slots[socket->pending];
    for (int i = 0; i < count; i++) {
        memcpy(at, parts[i].iov_base, parts[i].iov_len);
        at += parts[i].iov_len;
    }
    socket->lens[socket->pending++] = (uint16_t)len;
    return (ares_ssize_t)given;
}

/* ---- Opening and closing ---------------------------------------------------------------------------------------- */

static ares_socket_t open_socket(int domain, int type, int protocol, void *user)
{
    struct batch_socket *batch = user;
    (void)domain;
    if ((type & SOCK_DGRAM) != SOCK_DGRAM || batch->fd >= 0) {
        errno = EAFNOSUPPORT;
        return ARES_SOCKET_BAD;
    }
    int fd = socket(batch->address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0) {
        return ARES_SOCKET_BAD;
    }
    int send_buffer = SEND_BUFFER, receive_buffer = RECEIVE_BUFFER;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    batch->fd = fd;
    batch->pending = 0;
    return fd;
}

static int close_socket(ares_socket_t fd, void *user)
{
    struct batch_socket *batch = user;
    if (fd == batch->fd) {
        batch->on_close(fd, batch->user);
        batch->fd = -1;
        batch->pending = 0;
    }
    return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t len, void *user)
{
    struct batch_socket *batch = user;
    batch->peer_len = len < sizeof(batch->peer) ? len : (ares_socklen_t)sizeof(batch->peer);
    memcpy(&batch->peer, address, batch->peer_len);
    /* Our own address keeps what c-ares loses, the scope of a link-local one. */
    if (connect(fd, (const struct sockaddr *)&batch->address, batch->address_len) < 0) {
        return -1;
    }
    batch->on_open(fd, batch->user);
    return 0;
}

#if ARES_VERSION >= 0x012200

static int connect_ex(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t len, unsigned int flags, void *user)
{
    (void)flags;
    return connect_socket(fd, address, len, user);
}

static int set_option(ares_socket_t fd, ares_socket_opt_t option, const void *value, ares_socklen_t size, void *user)
{
    (void)fd;
    (void)option;
    (void)value;
    (void)size;
    (void)user;
    return 0; /* buffers are set when the socket is made; nothing else is asked for */
}

static ares_ssize_t send_one(ares_socket_t fd, const void *bytes, size_t len, int flags, const struct sockaddr *to,
                             ares_socklen_t to_len, void *user)
{
    (void)fd;
    (void)flags;
    (void)to;
    (void)to_len;
    struct iovec part = { (void *)(uintptr_t)bytes, len };
    return put(user, &part, 1);
}

static int name_socket(ares_socket_t fd, struct sockaddr *address, ares_socklen_t *len, void *user)
{
    (void)user;
    return getsockname(fd, address, len);
}

void batch_socket_install(struct batch_socket *socket, ares_channel channel)
{
    static const struct ares_socket_functions_ex functions = {
        .version = 1,
        .flags = ARES_SOCKFUNC_FLAG_NONBLOCKING,
        .asocket = open_socket,
        .aclose = close_socket,
        .asetsockopt = set_option,
        .aconnect = connect_ex,
        .arecvfrom = receive_one,
        .asendto = send_one,
        .agetsockname = name_socket,
    };
    socket->fd = -1;
    socket->has_segmentation = true;
    ares_set_socket_functions_ex(channel, &functions, socket);
}

#else

static ares_ssize_t send_parts(ares_socket_t fd, const struct iovec *parts, int count, void *user)
{
    (void)fd;
    return put(user, parts, count);
}

void batch_socket_install(struct batch_socket *socket, ares_channel channel)
{
    static const struct ares_socket_functions functions = {
        .asocket = open_socket,
        .aclose = close_socket,
        .aconnect = connect_socket,
        .arecvfrom = receive_one,
        .asendv = send_parts,
    };
    socket->fd = -1;
    socket->has_segmentation = true;
    ares_set_socket_functions(channel, &functions, socket);
}

#endif
