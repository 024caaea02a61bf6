// SPDX-License-Identifier: MIT
#include "scanner/handover.h"

#include <stdlib.h>

bool handover_init(struct handover *handover, size_t count)
{
    unsigned size = 4;
    while (size < count + 1) { /* a ring keeps one place free */
        size *= 2;
    }
    handover->buffer = calloc(size, sizeof(*handover->buffer));
    if (!handover->buffer) {
        return false;
    }
    ck_ring_init(&handover->ring, size);
    return true;
}

void handover_deinit(struct handover *handover)
{
    free(handover->buffer);
}

bool handover_give(struct handover *handover, void *item)
{
    return ck_ring_enqueue_spsc(&handover->ring, handover->buffer, item);
}

void *handover_take(struct handover *handover)
{
    void *item = NULL;
    return ck_ring_dequeue_spsc(&handover->ring, handover->buffer, &item) ? item : NULL;
}
