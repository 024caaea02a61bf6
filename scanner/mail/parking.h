// SPDX-License-Identifier: MIT
#pragma once

/*
 * Name servers of parking services: what they serve are domains for sale, which send no mail. Asked for
 * by +hosts only, at the name itself, once it is known to exist. A question that failed says
 * as little as one not asked.
 *
 * Threads: any; pure.
 */

#include "scanner/mail/subject.h"

struct parking_result {
    bool has_name_server;   /* at least one of the name's name servers is a parking service's */
};

/* How many questions are new. Call when nothing is pending. */
size_t parking_ask(const struct subject *s);
void parking_assess(const struct subject *s, struct parking_result *out);
