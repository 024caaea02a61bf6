// SPDX-License-Identifier: MIT
#pragma once

/*
 * Names that a run before this one had begun and not finished, when it was stopped: they are set aside and handed out among
 * the others.
 *
 * Most of what a killed scan leaves behind are names that nobody answers: those answered at once were written. In the order
 * of the list they would come first, hundreds in a row; to the windows a resolver of which only such names are asked looks
 * dead, and the scan would crawl until the last of them is given up. One among LEFT_BEHIND_EACH is felt by nobody.
 *
 * Bounded: LEFT_BEHIND_MAX names and LEFT_BEHIND_BYTES; what does not fit is asked in its turn.
 *
 * Threads: one at a time.  Memory: heap, a block a name, only after a resume.
 */

#include "scanner/domain_scan.h"

enum { LEFT_BEHIND_MAX = 8192, LEFT_BEHIND_BYTES = 4 << 20, LEFT_BEHIND_EACH = 8 };

struct left_behind_name;

/* Zeroed: empty. */
struct left_behind {
    struct left_behind_name *first, *last;
    struct left_behind_name *out;       /* handed out last */
    size_t count, bytes;
    unsigned others;                    /* handed out since */
};

/* Keeps a copy of the entry; false when there is no room, and it is to be asked in its turn. */
MUST_USE bool left_behind_keep(struct left_behind *left, const struct domain_entry *entry);

/* Another name is about to be handed out. True: one of these is due before it. */
bool left_behind_is_due(struct left_behind *left);

/* The oldest, valid until the next call; false when there is none. */
MUST_USE bool left_behind_take(struct left_behind *left, struct domain_entry *out);

void left_behind_deinit(struct left_behind *left);
