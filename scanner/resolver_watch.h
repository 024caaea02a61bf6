// SPDX-License-Identifier: MIT
#pragma once

/*
 * What is told of the resolvers while a scan runs: which are taken out, why, and come back; who drops what exceeds about a
 * thousand questions of a client, once; and with --verbose, not more often than every ten seconds, whose window has changed
 * to half or double since it was last spoken of.
 *
 * Threads: the loop's. No clock of its own.
 */

#include "scanner/dns/asker.h"

struct resolver_watch;

/* NULL: no memory. */
struct resolver_watch *resolver_watch_new(bool is_verbose);
void resolver_watch_free(struct resolver_watch *watch);

/* Looks at all resolvers; `before_saying` (of `owner`) is called before each line, to clear what stands there. */
void resolver_watch_look(struct resolver_watch *watch, const struct asker *asker, uint64_t now_ns,
                         void (*before_saying)(void *owner), void *owner);
