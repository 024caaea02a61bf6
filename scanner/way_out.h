// SPDX-License-Identifier: MIT
#pragma once

/*
 * The second signal ends the program at once, also while it waits for a thread that hangs in a disk: no lock is taken, no
 * buffer flushed, nothing joined. What the checkpoint counts is safe, as after a kill; so the status is 75.
 *
 * Threads: any; a signal may reach any of them.
 */

#include <stdbool.h>

/* From now on each SIGINT and SIGTERM but the first ends the program; `was_signalled`: the first has come already. */
void way_out_on_signals(bool was_signalled);

/* Whatever hangs: the program ends after so long. */
void way_out_within_ms(unsigned ms);
