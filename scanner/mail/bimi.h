// SPDX-License-Identifier: MIT
#pragma once

/*
 * The BIMI assertion record at default._bimi (draft-brand-indicators-for-message-identification).
 *
 * Threads: any; pure.  Memory: the subject's arena.
 */

#include "scanner/mail/transport.h"

struct bimi_result {
    enum record_status status;
    span location, authority;  /* l= and a=; has_* false: null */
    bool has_location, has_authority;
};

size_t bimi_ask(const struct subject *s, bool *has_asked);
void bimi_assess(const struct subject *s, struct bimi_result *out);
