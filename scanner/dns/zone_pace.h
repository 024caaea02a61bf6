// SPDX-License-Identifier: MIT
#pragma once

/*
 * One pace for each zone, over all loops of the process: a zone's shared names (SPF targets, mail hosts) are asked about by
 * every loop, and its cap is one.
 *
 * A zone's place in the table is the moment from which its next packet may go. Two zones that fall on one place share it:
 * slower, never faster.
 *
 * Threads: any; a place is one atomic word, booked by compare and exchange.  Memory: 1 MB, taken at start.
 */

#include "scanner/base/span.h"

struct zone_pace;

/* `rate`: packets per second for each zone, above 0. `salt` keeps others from choosing names that share a place. NULL: the
   system gives no memory. */
struct zone_pace *zone_pace_new(double rate, uint64_t salt);
void zone_pace_free(struct zone_pace *pace);

/* When a packet to the zone of this key may go, now or later (monotonic ns); books it. */
uint64_t zone_pace_book(struct zone_pace *pace, uint64_t key, uint64_t now_ns);
