// SPDX-License-Identifier: MIT
#pragma once

/*
 * Wakes one sleeping thread, and costs the one who rings nothing while nobody sleeps.
 *
 *   sleeper:  while (!(item = take())) {
 *                 doorbell_listen(&bell);
 *                 if ((item = take())) { doorbell_ignore(&bell); break; }
 *                 doorbell_sleep(&bell, timeout_ms);
 *             }
 *   ringer:   give(item); doorbell_ring(&bell);
 *
 * Threads: one sleeper, any number of ringers.
 */

#include "scanner/base/span.h"

#include <stdatomic.h>

struct doorbell {
    atomic_bool is_listening;
    int fd; /* eventfd */
};

/* 0 or a negative errno. */
MUST_USE int doorbell_open(struct doorbell *bell);
void doorbell_close(struct doorbell *bell);

void doorbell_listen(struct doorbell *bell);
void doorbell_ignore(struct doorbell *bell);
/* Until rung or the time is over; negative: without end. */
void doorbell_sleep(struct doorbell *bell, int timeout_ms);
void doorbell_ring(struct doorbell *bell);
