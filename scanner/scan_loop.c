// SPDX-License-Identifier: MIT
#include "scanner/scan_loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ROUNDS_PER_TURN = 32, /* answers from the cache make work at once: that often before the sockets are looked at again */
    PARKED_PART = 4,      /* a quarter of the slots may hold domains that wait to be asked once more */
    BUDGET_TICKS = 16,    /* the budget is counted in pieces: while the process is stopped at most one goes by */
    PARKED_LAG = 1 << 24, /* names that may be admitted behind a parked one: the watermark's bitmap ends at 2^26 */
};

struct scan_loop {
    struct scan_loop_options options;
    struct domain_asking asking;
    struct domain_scan *slots;
    struct domain_scan *free, *runnable;
    size_t busy;
    struct domain_scan *parked, **parked_end; /* left unknown, to be asked once more; oldest first */
    size_t parked_count;
    struct domain_scan *waiting, **waiting_end; /* for a heavy seat; oldest first */
    size_t heavy_seats;
    struct arena_pool pool;
    uint64_t admitted, asked_again;
    uint64_t newest;                 /* the highest index of an entry admitted */
    bool list_has_ended, is_stopping, is_aborted, is_running;
    bool is_dark;                    /* no resolver answers: nothing is begun, nothing is concluded */
    bool is_final_pass;
    bool is_out_of_memory;
    bool probe_answered, is_probing;
    char probe_words[512];
    uv_check_t check;
    uv_idle_t idle;                  /* active while work is left that no socket will tell of */
    uv_async_t wake;
    uv_timer_t drain, budget;
    unsigned budget_left;            /* ticks */
    unsigned handles;                /* of the event loop's that are not closed yet */
};

static void on_budget_tick(uv_timer_t *timer);

static void push(struct domain_scan **list, struct domain_scan *d)
{
    d->next = *list;
    *list = d;
}

static struct domain_scan *pop(struct domain_scan **list)
{
    struct domain_scan *d = *list;
    if (d) {
        *list = d->next;
    }
    return d;
}

/* Only notes: the loop runs the domain on its own turn. */
static void on_answer(struct lookup *lookup, void *user)
{
    struct scan_loop *l = user;
    struct domain_scan *d = domain_scan_note(lookup, &l->asking);
    if (d) {
        push(&l->runnable, d);
    }
}

static void free_slot(struct scan_loop *l, struct domain_scan *d)
{
    domain_scan_end(d, &l->asking);
    push(&l->free, d);
    l->busy--;
}

/* It stays undone: a later run takes it up again. */
static void give_up(struct scan_loop *l, struct domain_scan *d)
{
    l->is_out_of_memory = true;
    free_slot(l, d);
    scan_loop_abort(l);
}

static void park(struct scan_loop *l, struct domain_scan *d)
{
    d->next = NULL;
    *l->parked_end = d;
    l->parked_end = &d->next;
    l->parked_count++;
}

static void wait_for_seat(struct scan_loop *l, struct domain_scan *d)
{
    d->next = NULL;
    *l->waiting_end = d;
    l->waiting_end = &d->next;
}

/* What stayed unknown is asked once more, later; and while no resolver answers nothing is held to be unknown for good. */
static bool wants_parking(const struct scan_loop *l, const struct domain_scan *d)
{
    bool may_wait = (l->options.second_pass && !d->is_second_pass) || l->is_dark;
    return may_wait && !l->is_stopping && !d->is_excluded && domain_scan_may_gain(d);
}

static void run_domain(struct scan_loop *l, struct domain_scan *d)
{
    enum domain_step step = domain_scan_run(d, &l->asking);
    if (step == DOMAIN_DONE && wants_parking(l, d) && d->is_heavy && !l->is_dark) {
        d->is_second_pass = true; /* others wait for its seat: at once, not later */
        domain_scan_ask_again(d, &l->asking);
        step = d->pending > 0 ? DOMAIN_ASKED : domain_scan_run(d, &l->asking);
    }
    if (step == DOMAIN_WAITS) {
        wait_for_seat(l, d);
    } else if (step == DOMAIN_LACKS_MEMORY) {
        give_up(l, d);
    } else if (step == DOMAIN_DONE && wants_parking(l, d)) {
        park(l, d);
    } else if (step == DOMAIN_DONE) {
        l->options.on_finished(l->options.owner, d);
    }
}

static bool run_waiting(struct scan_loop *l)
{
    bool any = false;
    while (l->waiting && l->heavy_seats > 0) {
        struct domain_scan *d = pop(&l->waiting);
        if (!l->waiting) {
            l->waiting_end = &l->waiting;
        }
        any = true;
        run_domain(l, d);
    }
    return any;
}

static void ask_oldest_again(struct scan_loop *l)
{
    struct domain_scan *d = l->parked;
    l->parked = d->next;
    if (!l->parked) {
        l->parked_end = &l->parked;
    }
    l->parked_count--;
    l->asked_again++;
    d->is_second_pass = true;
    domain_scan_ask_again(d, &l->asking);
    if (d->pending == 0) {
        run_domain(l, d);
    }
}

static bool is_crowded(const struct scan_loop *l)
{
    bool are_seats_parked = l->waiting && l->heavy_seats == 0; /* since it was dark */
    return l->parked && (l->parked_count > l->options.slots / PARKED_PART || l->newest > l->parked->index + PARKED_LAG ||
                         are_seats_parked);
}

/*
 * Parked domains are asked again when they hold too many slots, or when all others are done; then all of them, and within
 * a budget (record.md, decided case 37).
 */
static bool ask_again(struct scan_loop *l)
{
    if (l->is_dark || l->is_stopping || !l->parked) {
        return false;
    }
    if (!l->is_final_pass && l->list_has_ended && l->busy == l->parked_count) {
        l->is_final_pass = true;
        asker_expect_failures(l->asking.asker);
        uint64_t tick_ms = l->options.second_pass_ms / BUDGET_TICKS + 1;
        l->budget_left = BUDGET_TICKS;
        uv_timer_start(&l->budget, on_budget_tick, tick_ms, tick_ms);
    }
    bool any = false;
    while (l->parked && (l->is_final_pass || is_crowded(l)) && asker_has_room(l->asking.asker)) {
        ask_oldest_again(l);
        any = true;
    }
    return any;
}

static bool run_domains(struct scan_loop *l)
{
    bool any = false;
    struct domain_scan *d;
    while (!asker_is_behind(l->asking.asker) && (d = pop(&l->runnable))) {
        any = true;
        run_domain(l, d);
    }
    return any;
}

static bool take_entry(struct scan_loop *l, struct domain_entry *entry)
{
    if (l->list_has_ended) {
        return false;
    }
    switch (l->options.take_entry(l->options.owner, entry)) {
    case ENTRY_TAKEN: return true;
    case ENTRY_END: l->list_has_ended = true; return false;
    default: return false;
    }
}

static bool admit_domains(struct scan_loop *l)
{
    bool any = false;
    struct domain_entry entry;
    while (!l->is_stopping && !l->is_dark && l->free && asker_has_room(l->asking.asker) && take_entry(l, &entry)) {
        struct domain_scan *d = pop(&l->free);
        l->busy++;
        any = true;
        if (!domain_scan_begin(d, &entry, &l->asking)) {
            give_up(l, d);
            break;
        }
        l->admitted++;
        l->newest = entry.index > l->newest ? entry.index : l->newest;
        run_domain(l, d);
    }
    return any;
}

static bool is_complete(const struct scan_loop *l)
{
    return l->list_has_ended && l->busy == 0 && !l->is_out_of_memory;
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* being active is all it does: the next poll does not wait */
}

static void turn(struct scan_loop *l)
{
    bool is_busy = true;
    for (int round = 0; round < ROUNDS_PER_TURN && is_busy; round++) {
        if (l->options.on_turn) {
            l->options.on_turn(l->options.owner);
        }
        asker_turn(l->asking.asker);
        is_busy = run_domains(l);
        is_busy |= run_waiting(l);
        is_busy |= ask_again(l);
        is_busy |= admit_domains(l);
    }
    asker_flush(l->asking.asker);
    if (l->options.after_turn) {
        l->options.after_turn(l->options.owner);
    }
    if (is_busy) {
        uv_idle_start(&l->idle, on_idle);
    } else {
        uv_idle_stop(&l->idle);
    }
    if (l->is_aborted || is_complete(l) || (l->is_stopping && l->busy == l->parked_count)) {
        uv_stop(l->options.loop);
    }
}

static void on_check(uv_check_t *check)
{
    struct scan_loop *l = check->data;
    if (l->is_probing) {
        asker_turn(l->asking.asker);
        asker_flush(l->asking.asker);
    } else if (l->is_running) {
        turn(l);
    }
}

static void on_wake(uv_async_t *wake)
{
    (void)wake; /* on_check follows in the same iteration */
}

/* The second pass ends: what has not answered by now is unknown. */
static void on_budget_tick(uv_timer_t *timer)
{
    struct scan_loop *l = timer->data;
    if (--l->budget_left > 0) {
        return;
    }
    uv_timer_stop(timer);
    l->asking.is_over = true;
    asker_expire_open(l->asking.asker);
    uv_async_send(&l->wake);
}

static void on_drain_over(uv_timer_t *timer)
{
    scan_loop_abort(timer->data);
}

int scan_loop_open(struct scan_loop **out, const struct scan_loop_options *options)
{
    struct scan_loop *l = calloc(1, sizeof(*l));
    if (!l) {
        return -ENOMEM;
    }
    l->options = *options;
    l->asking = (struct domain_asking){ .mail = options->mail, .zone_key = options->zone_key, .zone_owner = options->zone_owner };
    l->asking.lookups = domain_lookups_new();
    /* Pages are touched as slots are used; the list of free ones is a stack, so few stay few. */
    l->slots = calloc(options->slots, sizeof(*l->slots));
    int err = -ENOMEM;
    l->parked_end = &l->parked;
    l->waiting_end = &l->waiting;
    domain_asking_set_limits(&l->asking, options->slots, &l->heavy_seats, &l->pool);
    if (!l->slots || !l->asking.lookups) {
        goto free_all;
    }
    l->options.asker.loop = options->loop;
    l->options.asker.on_done = on_answer;
    l->options.asker.user = l;
    err = asker_new(&l->options.asker, &l->asking.asker);
    if (err < 0) {
        goto free_all;
    }
    l->asking.shared = shared_targets_new(&(struct shared_options){
        .asker = l->asking.asker,
        .memory_limit = options->cache_size,
    });
    if (!l->asking.shared) {
        err = -ENOMEM;
        asker_free(l->asking.asker);
        goto free_all;
    }
    for (size_t i = options->slots; i-- > 0;) {
        push(&l->free, &l->slots[i]);
    }
    uv_check_init(options->loop, &l->check);
    uv_idle_init(options->loop, &l->idle);
    uv_async_init(options->loop, &l->wake, on_wake);
    uv_timer_init(options->loop, &l->drain);
    uv_timer_init(options->loop, &l->budget);
    l->check.data = l->idle.data = l->wake.data = l->drain.data = l->budget.data = l;
    uv_check_start(&l->check, on_check);
    *out = l;
    return 0;

free_all:
    domain_lookups_free(l->asking.lookups);
    free(l->slots);
    free(l);
    return err;
}

static const char *probe_news(const struct probe_result *result)
{
    return result->has_lied                     ? "lies: it has an address for a name that cannot exist" :
           result->port_is_closed               ? "connection refused" :
           result->outcome == DNS_TIMEOUT       ? "nothing came back" :
           result->outcome == DNS_REFUSED       ? "REFUSED" :
           result->outcome == DNS_SERVFAIL      ? "SERVFAIL" :
           result->outcome == DNS_BAD_RESPONSE  ? "what came back is no answer" :
                                                  "answers";
}

static void on_probe(const struct probe_result *results, size_t count, void *user)
{
    struct scan_loop *l = user;
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        l->probe_answered |= results[i].is_alive;
        if (len < sizeof(l->probe_words)) {
            len += (size_t)snprintf(l->probe_words + len, sizeof(l->probe_words) - len, "%s%s (%s)", i ? ", " : "",
                                    results[i].address, probe_news(&results[i]));
        }
    }
    l->is_probing = false;
    uv_stop(l->options.loop);
}

bool scan_loop_probe(struct scan_loop *l, char *words, size_t size)
{
    l->is_probing = true;
    if (asker_probe(l->asking.asker, on_probe, l) < 0) {
        l->is_probing = false;
        snprintf(words, size, "the probe could not be sent");
        return false;
    }
    asker_flush(l->asking.asker);
    while (l->is_probing) {
        uv_run(l->options.loop, UV_RUN_ONCE);
    }
    snprintf(words, size, "%s", l->probe_words);
    return l->probe_answered;
}

void scan_loop_run(struct scan_loop *l)
{
    l->is_running = true;
    uv_async_send(&l->wake); /* the first turn */
    uv_run(l->options.loop, UV_RUN_DEFAULT);
    l->is_running = false;
    uv_idle_stop(&l->idle); /* the owner may let the loop turn on for others */
}

void scan_loop_give_back(struct scan_loop *l, struct domain_scan *scan)
{
    if (scan->lacks_memory) {
        give_up(l, scan);
    } else {
        free_slot(l, scan);
    }
}

void scan_loop_stop(struct scan_loop *l)
{
    if (!l->is_stopping) {
        l->is_stopping = true;
        uv_timer_start(&l->drain, on_drain_over, l->options.drain_ms, 0);
        uv_async_send(&l->wake);
    }
}

void scan_loop_set_dark(struct scan_loop *l, bool is_dark)
{
    if (l->is_dark != is_dark) {
        l->is_dark = is_dark;
        uv_async_send(&l->wake);
    }
}

void scan_loop_abort(struct scan_loop *l)
{
    l->is_stopping = l->is_aborted = true;
    uv_async_send(&l->wake);
}

void scan_loop_wake(struct scan_loop *l)
{
    uv_async_send(&l->wake);
}

struct scan_loop_progress scan_loop_get_progress(const struct scan_loop *l)
{
    return (struct scan_loop_progress){
        .admitted = l->admitted,
        .busy = l->busy,
        .slots = l->options.slots,
        .parked = l->parked_count,
        .asked_again = l->asked_again,
        .is_stopping = l->is_stopping,
        .is_out_of_memory = l->is_out_of_memory,
        .is_complete = is_complete(l),
    };
}

struct asker *scan_loop_asker(const struct scan_loop *l)
{
    return l->asking.asker;
}

struct shared_targets *scan_loop_shared(const struct scan_loop *l)
{
    return l->asking.shared;
}

static void on_closed(uv_handle_t *handle)
{
    struct scan_loop *l = handle->data;
    if (--l->handles > 0) {
        return;
    }
    for (size_t i = 0; i < l->options.slots; i++) {
        if (l->slots[i].arena.first) {
            arena_reset(&l->slots[i].arena);
        }
    }
    domain_lookups_free(l->asking.lookups);
    free(l->slots);
    free(l);
}

void scan_loop_close(struct scan_loop *l)
{
    asker_free(l->asking.asker);
    shared_targets_free(l->asking.shared);
    uv_handle_t *handles[] = {
        (uv_handle_t *)&l->check, (uv_handle_t *)&l->idle, (uv_handle_t *)&l->wake, (uv_handle_t *)&l->budget, (uv_handle_t *)&l->drain,
    };
    l->handles = sizeof(handles) / sizeof(handles[0]);
    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        uv_close(handles[i], on_closed);
    }
}
