// SPDX-License-Identifier: MIT
#include "bench/world/stats.h"
#include "scanner/base/rrset.h"

static const char *const names[COUNT_KINDS] = {
    [COUNT_RECEIVED] = "received",
    [COUNT_ANSWERED] = "answered",
    [COUNT_DROPPED] = "dropped",
    [COUNT_LOST] = "lost",
    [COUNT_DEAD] = "dead",
    [COUNT_OVER_LIMIT] = "over_limit",
    [COUNT_OVER_PLATEAU] = "over_plateau",
    [COUNT_DISCARDED] = "discarded",
    [COUNT_MALFORMED] = "malformed",
    [COUNT_SILENT] = "silent",
    [COUNT_DUPLICATED] = "duplicated",
    [COUNT_REWRITTEN] = "rewritten",
    [COUNT_TCP] = "tcp",
    [COUNT_TRUNCATED] = "truncated",
    [COUNT_TXT] = "txt",
    [COUNT_MX] = "mx",
    [COUNT_A] = "a",
    [COUNT_AAAA] = "aaaa",
    [COUNT_OTHER_TYPE] = "other",
    [COUNT_MOST_WAITING] = "most_waiting",
};

const char *counters_name(enum count_kind kind)
{
    return names[kind];
}

void counters_add_query(struct counters *c, uint16_t type)
{
    enum count_kind kind = type == DNS_TXT    ? COUNT_TXT
                           : type == DNS_MX   ? COUNT_MX
                           : type == DNS_A    ? COUNT_A
                           : type == DNS_AAAA ? COUNT_AAAA
                                              : COUNT_OTHER_TYPE;
    counters_add(c, kind, 1);
}

void bins_add(struct bins *b, uint64_t now_ms, uint64_t count)
{
    uint64_t bin = (now_ms - b->start_ms) * BINS_A_SECOND / 1000;
    if (bin < BINS_MAX) {
        atomic_fetch_add_explicit(&b->received[bin], (uint32_t)count, memory_order_relaxed);
    }
}

uint64_t counters_total(const struct counters *c, size_t count, enum count_kind kind)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += atomic_load_explicit(&c[i].of[kind], memory_order_relaxed);
    }
    return sum;
}

void stats_print_counts(const struct counters *c, size_t count, FILE *out)
{
    for (int k = 0; k < COUNT_KINDS; k++) {
        fprintf(out, "%s\"%s\":%llu", k > 0 ? "," : "", names[k],
                (unsigned long long)counters_total(c, count, (enum count_kind)k));
    }
}

void stats_print_bins(const struct bins *b, uint64_t now_ms, FILE *out)
{
    uint64_t used = (now_ms - b->start_ms) * BINS_A_SECOND / 1000 + 1;
    uint64_t bin_most = 0, second_most = 0, window = 0, second = 0;
    used = used < BINS_MAX ? used : BINS_MAX;
    fputs("\"per_second\":[", out);
    for (uint64_t i = 0; i < used; i++) {
        uint64_t n = atomic_load_explicit(&b->received[i], memory_order_relaxed);
        window += n;
        if (i >= BINS_A_SECOND) {
            window -= atomic_load_explicit(&b->received[i - BINS_A_SECOND], memory_order_relaxed);
        }
        bin_most = n > bin_most ? n : bin_most;
        second_most = window > second_most ? window : second_most;
        second += n;
        if (i % BINS_A_SECOND == BINS_A_SECOND - 1 || i + 1 == used) {
            fprintf(out, "%s%llu", i >= BINS_A_SECOND ? "," : "", (unsigned long long)second);
            second = 0;
        }
    }
    fprintf(out, "],\"most_in_a_second\":%llu,\"most_in_a_tenth\":%llu", (unsigned long long)second_most,
            (unsigned long long)bin_most);
}
