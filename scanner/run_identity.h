// SPDX-License-Identifier: MIT
#pragma once

/*
 * What must be the same when a run is taken up again: the lists and every option that decides what a record says or which
 * names there are. Speed, loops, workers may differ.
 */

#include "lists/list.h"
#include "scanner/mail/subject.h"
#include "scanner/options.h"
#include "scanner/scan_output.h"

void run_identity_note(struct scan_output *output, const struct options *options, const struct mail_config *mail,
                       const struct list *list, uint64_t seed);
