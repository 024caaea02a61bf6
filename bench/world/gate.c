// SPDX-License-Identifier: MIT
#include "bench/world/gate.h"

void gate_init(struct gate *g, const struct behaviour *b)
{
    memset(g, 0, sizeof(*g));
    g->behaviour = b;
    g->is_plain = b->limit == 0 && b->plateau == 0 && b->servfail_burst.for_ms == 0 && b->stall.for_ms == 0 && b->die_after_ms == 0 &&
                  b->die_after_queries == 0;
    (void)pthread_mutex_init(&g->lock, NULL);
}

/* A dead one has died once: it comes back for good. */
static bool is_dead(struct gate *g, uint64_t now_ms)
{
    const struct behaviour *b = g->behaviour;
    bool should_die = (b->die_after_ms > 0 && now_ms - g->first_ms >= b->die_after_ms) ||
                      (b->die_after_queries > 0 && g->queries > b->die_after_queries);
    if (should_die && g->died_ms == 0) {
        g->died_ms = now_ms > 0 ? now_ms : 1;
    }
    return g->died_ms > 0 && (b->back_after_ms == 0 || now_ms - g->died_ms < b->back_after_ms);
}

static bool take_token(struct gate *g, uint64_t now_ms)
{
    double limit = (double)g->behaviour->limit;
    if (now_ms > g->filled_ms) {
        g->tokens += limit * (double)(now_ms - g->filled_ms) / 1000;
        g->filled_ms = now_ms;
    }
    g->tokens = g->tokens > limit ? limit : g->tokens;
    if (g->tokens < 1) {
        return false;
    }
    g->tokens -= 1;
    return true;
}

static uint64_t *waiting_of(struct gate *g, uint64_t client)
{
    size_t unused = GATE_CLIENTS;
    for (size_t i = 0; i < GATE_CLIENTS; i++) {
        if (g->clients[i].waiting > 0 && g->clients[i].address == client) {
            return &g->clients[i].waiting;
        }
        if (g->clients[i].waiting == 0 && unused == GATE_CLIENTS) {
            unused = i;
        }
    }
    g->clients[unused].address = client;
    return &g->clients[unused].waiting;
}

static bool take_place(struct gate *g, uint64_t client)
{
    uint64_t *waiting = waiting_of(g, client);
    if (*waiting >= g->behaviour->plateau) {
        return false;
    }
    (*waiting)++;
    return true;
}

/* Until the end of the spell; 0: there is none now. It stands at the end of each period: a scan begins well. */
static uint64_t spell_left_ms(const struct gate *g, const struct spell *spell, uint64_t now_ms)
{
    if (spell->for_ms == 0) {
        return 0;
    }
    uint64_t left = spell->every_ms - (now_ms - g->first_ms) % spell->every_ms;
    return left <= spell->for_ms ? left : 0;
}

static enum gate_verdict judge(struct gate *g, uint64_t client, uint64_t now_ms)
{
    const struct behaviour *b = g->behaviour;
    if (!g->has_begun) {
        g->has_begun = true;
        g->first_ms = g->filled_ms = now_ms;
        g->tokens = (double)b->limit;
    }
    g->queries++;
    if (is_dead(g, now_ms)) {
        return GATE_DEAD;
    }
    if (b->limit > 0 && !take_token(g, now_ms)) {
        return GATE_OVER_LIMIT;
    }
    if (b->plateau > 0 && client != 0 && !take_place(g, client)) {
        return GATE_OVER_PLATEAU;
    }
    return spell_left_ms(g, &b->servfail_burst, now_ms) > 0 ? GATE_SERVFAIL : GATE_OPEN;
}

enum gate_verdict gate_pass(struct gate *g, uint64_t client, uint64_t now_ms)
{
    if (g->is_plain) {
        return GATE_OPEN;
    }
    (void)pthread_mutex_lock(&g->lock);
    enum gate_verdict verdict = judge(g, client, now_ms);
    (void)pthread_mutex_unlock(&g->lock);
    return verdict;
}

uint64_t gate_stall_ms(struct gate *g, uint64_t now_ms)
{
    if (g->behaviour->stall.for_ms == 0) {
        return 0;
    }
    (void)pthread_mutex_lock(&g->lock);
    uint64_t ms = spell_left_ms(g, &g->behaviour->stall, now_ms);
    (void)pthread_mutex_unlock(&g->lock);
    return ms;
}

void gate_leave(struct gate *g, uint64_t client)
{
    if (client == 0 || g->behaviour->plateau == 0) {
        return;
    }
    (void)pthread_mutex_lock(&g->lock);
    uint64_t *waiting = waiting_of(g, client);
    *waiting -= *waiting > 0;
    (void)pthread_mutex_unlock(&g->lock);
}
