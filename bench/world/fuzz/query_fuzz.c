// SPDX-License-Identifier: MIT
/*
 * Any bytes as a query: no reply, or one that fits what the asker can take. Apart from tests/fuzz, whose targets link no world:
 *
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -std=c17 -I. -o /tmp/query_fuzz bench/world/fuzz/query_fuzz.c \
 *       $(ls bench/world/[!m]*.c) scanner/base/*.c -pthread
 */
#include "bench/world/wire.h"
#include "bench/world/world.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    static struct query query;
    static struct reply reply;
    static uint8_t out[WIRE_TCP_MAX];
    if (!world.rates && !world_init(&world, 1, rates_at(0), NULL)) {
        abort();
    }
    if (!wire_read_query(data, size, &query)) {
        return 0;
    }
    world_answer(&world, &query.name, query.type, &reply);
    if (reply.is_silent) {
        return 0;
    }
    size_t udp = wire_write_reply(&query, &reply, out, query.udp_size);
    if (udp > query.udp_size || wire_write_reply(&query, &reply, out, WIRE_TCP_MAX) > WIRE_TCP_MAX) {
        abort();
    }
    return 0;
}
