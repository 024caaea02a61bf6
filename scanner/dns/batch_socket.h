// SPDX-License-Identifier: MIT
#pragma once

/*
 * A UDP socket under c-ares that sends and receives up to 64 datagrams with one system call.
 *
 * What c-ares sends is copied into a ring and leaves at the flush: datagrams of one length as one UDP_SEGMENT message,
 * all messages by one sendmmsg (plain sendmmsg where the system has no UDP_SEGMENT). What arrives is fetched by recvmmsg
 * into a ring that c-ares then empties. ICMP errors never reach c-ares, which would close the socket and fail every query
 * of the server: they are counted. A datagram beyond the slot's size becomes a reply with TC, so that TCP is tried.
 *
 * A batch socket holds one socket at a time, made when c-ares wants one, connected to the address given here. Streams are
 * refused: TCP has its own lane with c-ares' own socket functions.
 *
 * Threads: the loop's.  The receiver is scratch that all sockets of one loop share.
 */

#include <ares.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "scanner/base/span.h"

enum { BATCH_SLOTS = 64, BATCH_SEND_SIZE = 288, BATCH_RECEIVE_SIZE = 2048 };

struct batch_receiver;

/* NULL when the system gives no memory. */
MUST_USE struct batch_receiver *batch_receiver_new(void);
void batch_receiver_free(struct batch_receiver *receiver);

struct batch_socket {
    /* Set by the owner before batch_socket_install(). */
    struct batch_receiver *receiver;
    struct sockaddr_storage address;
    socklen_t address_len;
    void (*on_open)(int fd, void *user);    /* connected */
    void (*on_close)(int fd, void *user);   /* about to be closed */
    bool (*is_expected)(span message, void *user);  /* NULL: all are; others never reach c-ares */
    void *user;
    bool headers_only;                      /* c-ares is given the header of a reply alone, all counts zero */
    span instead;                           /* while c-ares sends: what goes out in place of what it gives; empty: that */

    /* Read only. */
    int fd;                                 /* -1 without one */
    size_t pending;                         /* datagrams in the send ring */
    uint64_t icmp_errors, dropped;
    uint64_t unexpected;                    /* datagrams that is_expected() has refused */

    /* Private. */
    bool has_segmentation;
    struct sockaddr_storage peer;           /* as c-ares has named it */
    socklen_t peer_len;
    uint16_t lens[BATCH_SLOTS];
    uint8_t slots[BATCH_SLOTS][BATCH_SEND_SIZE];
};

/* Makes `channel` use this socket; it must outlive the channel. */
void batch_socket_install(struct batch_socket *socket, ares_channel channel);

/* Sends what is pending; false when the system would not take all of it now. */
bool batch_socket_flush(struct batch_socket *socket);

/* Fetches up to BATCH_SLOTS datagrams for the next ares_process_fd(); how many. Whatever another socket has left in the
   receiver is forgotten. */
size_t batch_socket_receive(struct batch_socket *socket);

/* The datagram c-ares was given last, whole. Empty outside of ares_process_fd(). */
span batch_socket_current(const struct batch_socket *socket);

/* To be called after ares_process_fd(). */
void batch_socket_end_round(struct batch_socket *socket);
