// SPDX-License-Identifier: MIT
#include "scanner/doorbell.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int doorbell_open(struct doorbell *bell)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) {
        return -errno;
    }
    bell->fd = fd;
    atomic_init(&bell->is_listening, false);
    return 0;
}

void doorbell_close(struct doorbell *bell)
{
    close(bell->fd);
}

void doorbell_listen(struct doorbell *bell)
{
    /* Sequentially consistent with the exchange in doorbell_ring: either the sleeper's next look into the ring sees the
       item, or the ringer sees the sleeper. */
    atomic_store_explicit(&bell->is_listening, true, memory_order_seq_cst);
    atomic_thread_fence(memory_order_seq_cst);
}

static void empty(struct doorbell *bell)
{
    eventfd_t rings;
    while (eventfd_read(bell->fd, &rings) < 0 && errno == EINTR) {
    }
}

void doorbell_ignore(struct doorbell *bell)
{
    if (!atomic_exchange_explicit(&bell->is_listening, false, memory_order_seq_cst)) {
        empty(bell); /* somebody rang meanwhile; if his write is still to come it ends the next sleep early */
    }
}

void doorbell_sleep(struct doorbell *bell, int timeout_ms)
{
    struct pollfd door = { .fd = bell->fd, .events = POLLIN };
    poll(&door, 1, timeout_ms);
    /* In this order and always: a ring that came late, after an earlier doorbell_ignore, would else end every sleep at
       once until somebody rings again. What is given from here on is seen by the look into the ring that follows. */
    atomic_store_explicit(&bell->is_listening, false, memory_order_seq_cst);
    empty(bell);
}

void doorbell_ring(struct doorbell *bell)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&bell->is_listening, memory_order_relaxed) &&
        atomic_exchange_explicit(&bell->is_listening, false, memory_order_seq_cst)) {
        while (eventfd_write(bell->fd, 1) < 0 && errno == EINTR) {
        }
    }
}
