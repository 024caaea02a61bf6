// SPDX-License-Identifier: MIT
#include "scanner/resolver_watch.h"

#include <stdlib.h>

#include "scanner/say.h"

enum { WINDOWS_EVERY_S = 10 };

/* As it was when it was last spoken of; resolvers keep their index for the whole run. */
struct seen {
    bool is_known, is_healthy, is_retired, stalls, limits;
    size_t window;
};

struct resolver_watch {
    struct seen *seen;
    size_t count;
    uint64_t windows_ns; /* when windows are spoken of next */
    bool is_verbose;
};

struct resolver_watch *resolver_watch_new(bool is_verbose)
{
    struct resolver_watch *w = calloc(1, sizeof(*w));
    if (w) {
        w->is_verbose = is_verbose;
    }
    return w;
}

void resolver_watch_free(struct resolver_watch *w)
{
    if (w) {
        free(w->seen);
        free(w);
    }
}

static bool make_room(struct resolver_watch *w, size_t count)
{
    if (count <= w->count) {
        return true;
    }
    struct seen *more = realloc(w->seen, count * sizeof(*more));
    if (!more) {
        return false;
    }
    memset(more + w->count, 0, (count - w->count) * sizeof(*more));
    w->seen = more;
    w->count = count;
    return true;
}

static const char *health_news(const struct seen *seen, const struct resolver_stats *now)
{
    if (seen->is_retired != now->is_retired) {
        return now->is_retired ? "is on the list no more" : "is on the list again";
    }
    if (seen->is_healthy == now->healthy || now->is_retired) {
        return NULL;
    }
    if (now->healthy) {
        return "is back";
    }
    return now->state == RESOLVER_LYING ? "is taken out: it lies, it has an address for a name that cannot exist" :
           now->state == RESOLVER_DEAD  ? "is taken out: nothing comes back" :
                                          "is taken out: it refuses or fails whatever it is asked";
}

static bool has_window_news(const struct seen *seen, const struct resolver_stats *now)
{
    return !now->is_retired && now->healthy && (now->window >= seen->window * 2 || now->window * 2 <= seen->window);
}

void resolver_watch_look(struct resolver_watch *w, const struct asker *asker, uint64_t now_ns,
                         void (*before_saying)(void *owner), void *owner)
{
    struct asker_stats stats;
    asker_stats_get(asker, &stats);
    if (!make_room(w, stats.resolver_count)) {
        return;
    }
    bool is_time_for_windows = w->is_verbose && now_ns >= w->windows_ns;
    if (is_time_for_windows) {
        w->windows_ns = now_ns + WINDOWS_EVERY_S * UINT64_C(1000000000);
    }
    for (size_t i = 0; i < stats.resolver_count; i++) {
        struct seen *seen = &w->seen[i];
        struct resolver_stats now;
        asker_resolver_stats_get(asker, i, &now);
        if (!seen->is_known) {
            *seen = (struct seen){ .is_known = true, .is_healthy = true, .is_retired = now.is_retired };
        }
        const char *news = health_news(seen, &now);
        if (news) {
            before_saying(owner);
            say("resolver %s %s (%llu queries, %llu answers, %llu timeouts, %llu refused)", now.address, news,
                (unsigned long long)now.queries, (unsigned long long)now.answers, (unsigned long long)now.timeouts,
                (unsigned long long)now.refused);
            seen->is_healthy = now.healthy;
            seen->is_retired = now.is_retired;
        }
        if (now.stalls_near_1000 && !seen->stalls) {
            before_saying(owner);
            say("resolver %s drops what exceeds about 1,000 questions of one client, as Unbound does by default: if it is yours, "
                "set wait-limit: 0 and discard-timeout: 0 there (README, A resolver of your own)",
                now.address);
            seen->stalls = true;
        }
        if (now.learned_rate > 0 && !seen->limits) {
            before_saying(owner);
            say("resolver %s answers about %.0f questions a second and %s what exceeds that: it is asked no faster (a rate= in the "
                "list of resolvers sets the pace from the start)",
                now.address, now.learned_rate, now.refused > now.timeouts ? "refuses" : "drops");
            seen->limits = true;
        }
        if (is_time_for_windows && has_window_news(seen, &now)) {
            before_saying(owner);
            say("resolver %s: window %zu, %zu in flight, answers in %.1f ms (half of them), %.1f ms (99 %%)", now.address,
                now.window, now.in_flight, now.rtt_ms_p50, now.rtt_ms_p99);
            seen->window = now.window;
        }
    }
}
