// SPDX-License-Identifier: MIT
#pragma once

/*
 * A lock-free queue of pointers from one thread to one other (Concurrency Kit's ring). Whoever gives a pointer forgets it.
 *
 * The ring's store and load order what was written before the give before what is read after the take.
 */

#include <ck_ring.h>

#include "scanner/base/span.h"

struct handover {
    ck_ring_t ring;
    ck_ring_buffer_t *buffer;
};

/* Room for at least `count` pointers. False: no memory. */
MUST_USE bool handover_init(struct handover *handover, size_t count);
void handover_deinit(struct handover *handover);

/* False when it is full: size it for all that can be in it. */
MUST_USE bool handover_give(struct handover *handover, void *item);

/* NULL when it is empty. */
void *handover_take(struct handover *handover);
