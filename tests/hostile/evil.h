// SPDX-License-Identifier: MIT
#pragma once

/*
 * What the hostile name server says. Names:
 *
 *   KIND.healthy   true answers: good-N is protected, plain-N has no mail records, gone-N does not exist, tcp-N is good but
 *                  its TXT needs TCP
 *   EVIL.hostile   true answers as for good-N, but for one evil, told by EVIL up to a hyphen followed by a digit, and done
 *                  to the questions its row names
 *   all else       does not exist; the root has a name server
 *
 * An evil is a function that writes what goes on the wire instead of the true reply.
 */

#include "tests/hostile/message.h"

/* What a reply becomes. UDP: any number of datagrams through `send`. TCP: one run of bytes in `stream`. */
struct stage {
    const struct question *question;
    const char *evil;      /* the label that names it, "" for healthy ones */
    long number;           /* after its hyphen, 0 without one */
    struct message honest; /* the true reply, whole */
    void (*send)(struct stage *stage, const void *bytes, size_t len, unsigned flags);
    void *user;

    uint8_t stream[2 * (MESSAGE_SIZE + 2)];
    size_t stream_len;
    unsigned ms_per_byte; /* TCP: 0 at once */
    bool close_after;     /* TCP: the connection ends with the stream */
};

enum { SEND_FROM_OTHER_PORT = 1, SEND_FROM_OTHER_ADDRESS = 2 };

/* Answers the question of the stage (honest need not be filled). */
void evil_answer(struct stage *stage);
