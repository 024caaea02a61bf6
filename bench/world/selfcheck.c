// SPDX-License-Identifier: MIT
#include "bench/world/selfcheck.h"
#include "bench/world/host.h"

#include <stdio.h>

void list_name(uint64_t i, char out[64])
{
    static const struct {
        const char *suffix;
        uint32_t weight;
    } suffixes[] = { { "com", 40 }, { "org", 15 }, { "net", 10 }, { "de", 15 }, { "gov", 10 }, { "co.uk", 7 }, { "gov.au", 3 } };
    uint32_t weights[7];
    for (size_t k = 0; k < 7; k++) {
        weights[k] = suffixes[k].weight;
    }
    size_t at = dice_pick(dice_mix(i), 1, weights, 7);
    (void)snprintf(out, 64, "d%07llu.%s", (unsigned long long)i, suffixes[at].suffix);
}

bool self_check(const struct world *w, uint64_t names)
{
    (void)w;
    (void)names;
    return true;
}
