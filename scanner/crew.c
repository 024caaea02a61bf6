// SPDX-License-Identifier: MIT
#include "scanner/crew.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "scanner/classifier.h"
#include "scanner/left_behind.h"
#include "scanner/say.h"

enum {
    WATCH_INTERVAL_MS = 500,
    TOTALS_TICKS = 8,
    DARK_TICKS_MAX = CREW_DARK_MAX_MS / WATCH_INTERVAL_MS, /* counted, not timed: a stopped process is not in the dark */
};

/* A list of resolvers on its way to the loop. */
struct resolver_letter {
    size_t count;
    struct resolver_spec specs[];
};

struct crew {
    struct crew_options options;
    struct crew_work work;
    uv_loop_t uv;
    struct scan_loop *loop;
    uv_timer_t watch;
    pthread_t thread;
    bool is_alone;                  /* runs in a thread of its own */

    struct classifier **workers;
    size_t worker_count, next_worker;
    uint64_t woken;                 /* bit n: worker n modulo 64 has got work this turn */

    struct left_behind left;        /* by the run that this one goes on from */
    bool is_past_done;              /* the list is where no run has been */
    bool has_next;                  /* .next waits for one of .left to go first */
    struct domain_entry next;       /* valid until the list is asked again */
    enum list_take list_end;        /* LIST_ENDED, LIST_FAILED; before: LIST_NOT_YET */
    unsigned dark_ticks;
    struct resolver_letter *letter; /* read, not yet done: the resolvers are being tried */

    atomic_uint orders;             /* enum crew_order */
    unsigned orders_seen;
    _Atomic(struct resolver_letter *) mail;
    atomic_bool has_ended;

    unsigned ticks;
    pthread_mutex_t figures_lock;
    struct crew_figures figures;    /* under figures_lock */
    struct asking_totals totals;    /* the same */
};

static void tell(const struct crew *c)
{
    if (c->options.on_news) {
        c->options.on_news(c->options.owner);
    }
}

/* ---- what the loop asks of us ---- */

/* Whether one more may be begun. Counted when it is: all crews together begin exactly so many. */
static bool is_within_limit(struct crew *c)
{
    struct crew_limit *limit = c->work.limit;
    if (limit->domains_max == 0) {
        return true;
    }
    /* Relaxed: it is a count, nothing is ordered by it. */
    uint64_t before = atomic_fetch_add_explicit(&limit->admitted, 1, memory_order_relaxed);
    if (before == limit->domains_max) {
        tell(c); /* others may wait for names: there will be none, since we take no more */
    }
    return before < limit->domains_max;
}

/* Exceeded, that is: the list may have ended with the last one allowed. */
static bool is_limit_exceeded(const struct crew *c)
{
    const struct crew_limit *limit = c->work.limit;
    return limit->domains_max > 0 && atomic_load_explicit(&limit->admitted, memory_order_relaxed) > limit->domains_max;
}

/* The list's next name that is not done; those left behind are set aside on the way. */
static enum list_take take_of_list(struct crew *c, struct domain_entry *out)
{
    const struct list_entry *e;
    const struct watermark *done = c->work.skip;
    uint64_t index;
    for (;;) {
        enum list_take took = list_thread_take(c->work.list, c->options.number, &e, &index);
        if (took != LIST_TAKEN) {
            return took;
        }
        c->is_past_done = !done || index >= done->end;
        if (done && watermark_has(done, index)) {
            continue;
        }
        *out = (struct domain_entry){
            .index = index,
            .seq = e->seq,
            .rank = e->rank,
            .domain = span_of(e->name, e->name_len),
            .tag = span_of(e->tag, e->tag_len),
            .list_selectors = span_of(e->selectors, e->selectors_len),
            .has_tag = e->has_tag,
            .is_excluded = e->is_excluded,
        };
        if (c->is_past_done || !left_behind_keep(&c->left, out)) {
            return LIST_TAKEN;
        }
    }
}

static enum list_take take_name(struct crew *c, struct domain_entry *out)
{
    enum list_take took = LIST_TAKEN;
    if (!c->has_next) {
        took = take_of_list(c, &c->next);
        c->has_next = took == LIST_TAKEN;
    }
    /* Not while the list is still read up to where the last run was: the first others come soon. */
    bool is_due = c->has_next ? left_behind_is_due(&c->left) : took != LIST_NOT_YET || c->is_past_done;
    if (is_due && left_behind_take(&c->left, out)) {
        return LIST_TAKEN;
    }
    *out = c->next;
    c->has_next = false;
    return took;
}

static enum entry_take take_entry(void *owner, struct domain_entry *out)
{
    struct crew *c = owner;
    enum list_take took = take_name(c, out);
    if (took == LIST_NOT_YET) {
        return is_limit_exceeded(c) ? ENTRY_END : ENTRY_NOT_YET;
    }
    if (took != LIST_TAKEN) {
        c->list_end = took;
        return ENTRY_END;
    }
    return is_within_limit(c) ? ENTRY_TAKEN : ENTRY_END; /* of this run: the list has not ended */
}

static void on_finished(void *owner, struct domain_scan *d)
{
    struct crew *c = owner;
    size_t worker = c->next_worker;
    c->next_worker = (worker + 1) % c->worker_count;
    classifier_give(c->workers[worker], d);
    c->woken |= UINT64_C(1) << (worker % 64);
}

static void on_turn(void *owner)
{
    struct crew *c = owner;
    struct domain_scan *d;
    for (size_t i = 0; i < c->worker_count; i++) {
        while ((d = classifier_take_back(c->workers[i]))) {
            scan_loop_give_back(c->loop, d);
        }
    }
}

static void wake_workers(struct crew *c)
{
    for (size_t i = 0; i < c->worker_count && c->woken != 0; i++) {
        if (c->woken & (UINT64_C(1) << (i % 64))) {
            classifier_wake(c->workers[i]);
        }
    }
    c->woken = 0;
}

static void read_mail(struct crew *c)
{
    /* Acquire: pairs with crew_give_resolvers; and what lies there is looked at before it is taken, which costs less. */
    if (atomic_load_explicit(&c->mail, memory_order_relaxed)) {
        free(c->letter);
        c->letter = atomic_exchange_explicit(&c->mail, NULL, memory_order_acquire);
    }
    if (!c->letter) {
        return;
    }
    int err = asker_set_resolvers(scan_loop_asker(c->loop), c->letter->specs, c->letter->count);
    if (err == -EBUSY) {
        return; /* once more next turn */
    }
    if (err < 0) {
        say("the resolvers stay as they were: %s", strerror(-err));
    }
    free(c->letter);
    c->letter = NULL;
}

static void obey(struct crew *c)
{
    /* Acquire: pairs with crew_give_order. */
    unsigned orders = atomic_load_explicit(&c->orders, memory_order_acquire);
    if (orders == c->orders_seen) {
        return;
    }
    c->orders_seen = orders;
    if (orders & CREW_ABORT) {
        scan_loop_abort(c->loop);
    } else {
        scan_loop_stop(c->loop);
    }
}

static void after_turn(void *owner)
{
    struct crew *c = owner;
    wake_workers(c);
    obey(c);
    read_mail(c);
    if (writer_get_state(c->work.writer) != WRITER_RUNS) {
        scan_loop_abort(c->loop);
    }
}

/* From other threads. */
static void wake_loop(void *owner)
{
    crew_wake(owner);
}

/* ---- watching ---- */

static bool any_resolver_is_healthy(const struct asker *asker)
{
    struct asker_stats stats;
    asker_stats_get(asker, &stats);
    for (size_t i = 0; i < stats.resolver_count; i++) {
        struct resolver_stats r;
        asker_resolver_stats_get(asker, i, &r);
        if (r.healthy && !r.is_retired) {
            return true;
        }
    }
    return false;
}

static void note_figures(struct crew *c)
{
    struct crew_figures now = {
        .parked = scan_loop_get_progress(c->loop).parked,
        .is_in_the_dark = c->dark_ticks >= DARK_TICKS_MAX,
    };
    asker_stats_get(scan_loop_asker(c->loop), &now.asked);
    pthread_mutex_lock(&c->figures_lock);
    c->figures = now;
    pthread_mutex_unlock(&c->figures_lock);
}

static int add_totals(const struct crew *c, struct asking_totals *out)
{
    return asking_totals_add(out, scan_loop_asker(c->loop), scan_loop_shared(c->loop), scan_loop_get_progress(c->loop).asked_again);
}

static void note_totals(struct crew *c)
{
    struct asking_totals now = { .resolver_count = 0 };
    if (add_totals(c, &now) < 0) {
        return; /* those of before must do */
    }
    pthread_mutex_lock(&c->figures_lock);
    struct asking_totals before = c->totals;
    c->totals = now;
    pthread_mutex_unlock(&c->figures_lock);
    asking_totals_deinit(&before);
}

int crew_add_totals(struct crew *c, struct asking_totals *out)
{
    if (!c->is_alone) {
        return add_totals(c, out);
    }
    pthread_mutex_lock(&c->figures_lock);
    int err = asking_totals_merge(out, &c->totals);
    pthread_mutex_unlock(&c->figures_lock);
    return err;
}

/* With every resolver gone a scan would fill with unknowns: it waits for one to come back. */
static void on_watch(uv_timer_t *timer)
{
    struct crew *c = timer->data;
    bool is_dark = !any_resolver_is_healthy(scan_loop_asker(c->loop));
    scan_loop_set_dark(c->loop, is_dark);
    c->dark_ticks = is_dark ? c->dark_ticks + 1 : 0;
    note_figures(c);
    if (c->options.keeps_totals && c->ticks++ % TOTALS_TICKS == 0) {
        note_totals(c);
    }
    if (c->dark_ticks == DARK_TICKS_MAX) {
        tell(c);
    }
}

void crew_get_figures(struct crew *c, struct crew_figures *out)
{
    if (!c->is_alone) {
        note_figures(c);
    }
    pthread_mutex_lock(&c->figures_lock);
    *out = c->figures;
    pthread_mutex_unlock(&c->figures_lock);
}

/* ---- life ---- */

int crew_open(struct crew **out, const struct crew_options *options)
{
    struct crew *c = calloc(1, sizeof(*c));
    if (!c) {
        return -ENOMEM;
    }
    c->options = *options;
    int err = uv_loop_init(&c->uv);
    if (err < 0) {
        free(c);
        return err;
    }
    c->list_end = LIST_NOT_YET;
    pthread_mutex_init(&c->figures_lock, NULL);
    uv_timer_init(&c->uv, &c->watch);
    c->watch.data = c;
    struct scan_loop_options asking = *options->asking;
    asking.loop = &c->uv;
    asking.owner = c;
    asking.take_entry = take_entry;
    asking.on_finished = on_finished;
    asking.on_turn = on_turn;
    asking.after_turn = after_turn;
    err = scan_loop_open(&c->loop, &asking);
    c->options.asking = NULL; /* borrowed until here */
    if (err < 0) {
        crew_close(c);
        return err;
    }
    *out = c;
    return 0;
}

uv_loop_t *crew_uv(struct crew *c)
{
    return &c->uv;
}

struct scan_loop *crew_loop(const struct crew *c)
{
    return c->loop;
}

int crew_hire(struct crew *c, const struct crew_work *work)
{
    c->work = *work;
    c->workers = calloc(work->worker_count, sizeof(struct classifier *));
    if (!c->workers) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < work->worker_count; i++) {
        int err = classifier_start(&c->workers[i], &(struct classifier_options){
            .writer = work->writer,
            .number = work->first_producer + i,
            .slots = scan_loop_get_progress(c->loop).slots,
            .chunk_age_ms = work->chunk_age_ms,
            .is_full_record = work->is_full_record,
            .on_return = wake_loop,
            .owner = c,
        });
        if (err < 0) {
            return err;
        }
        c->worker_count++;
    }
    return 0;
}

void crew_run(struct crew *c)
{
    uv_timer_start(&c->watch, on_watch, WATCH_INTERVAL_MS, WATCH_INTERVAL_MS);
    obey(c); /* what was ordered before it began */
    scan_loop_run(c->loop);
    uv_timer_stop(&c->watch);
    note_figures(c);
    /* Release: who sees it (crew_has_ended) may read what the crew has found out. */
    atomic_store_explicit(&c->has_ended, true, memory_order_release);
    tell(c);
}

static void forget_probe(const struct probe_result *results, size_t count, void *user)
{
    (void)results; /* what it finds out the asker knows */
    (void)count;
    (void)user;
}

static void *run_alone(void *arg)
{
    struct crew *c = arg;
    if (asker_probe(scan_loop_asker(c->loop), forget_probe, NULL) < 0) {
        say("cannot try the resolvers first: no memory");
    }
    crew_run(c);
    return NULL;
}

int crew_start(struct crew *c)
{
    c->is_alone = true;
    int err = -pthread_create(&c->thread, NULL, run_alone, c);
    c->is_alone = err == 0;
    return err;
}

void crew_join(struct crew *c)
{
    if (c->is_alone) {
        pthread_join(c->thread, NULL);
        c->is_alone = false;
    }
}

void crew_give_order(struct crew *c, enum crew_order order)
{
    atomic_fetch_or_explicit(&c->orders, order, memory_order_release);
    crew_wake(c);
}

void crew_wake(struct crew *c)
{
    scan_loop_wake(c->loop);
}

bool crew_has_ended(const struct crew *c)
{
    return atomic_load_explicit(&c->has_ended, memory_order_acquire);
}

int crew_give_resolvers(struct crew *c, const struct resolver_spec *specs, size_t count)
{
    /* One block: the specs, and behind them their texts. */
    size_t size = sizeof(struct resolver_letter) + count * sizeof(*specs);
    for (size_t i = 0; i < count; i++) {
        size += strlen(specs[i].text) + 1;
    }
    struct resolver_letter *letter = malloc(size);
    if (!letter) {
        return -ENOMEM;
    }
    letter->count = count;
    char *text = (char *)&letter->specs[count];
    for (size_t i = 0; i < count; i++) {
        letter->specs[i] = specs[i];
        letter->specs[i].text = text;
        text = stpcpy(text, specs[i].text) + 1;
    }
    /* Release: the letter goes over whole; acquire: one that was never read is ours again. */
    free(atomic_exchange_explicit(&c->mail, letter, memory_order_acq_rel));
    crew_wake(c);
    return 0;
}

uint64_t crew_dismiss(struct crew *c)
{
    uint64_t lost = 0;
    for (size_t i = 0; i < c->worker_count; i++) {
        classifier_stop(c->workers[i]);
        lost += classifier_lost(c->workers[i]);
    }
    on_turn(c);
    return lost;
}

bool crew_is_complete(const struct crew *c)
{
    return c->list_end == LIST_ENDED && scan_loop_get_progress(c->loop).is_complete;
}

bool crew_saw_list_fail(const struct crew *c)
{
    return c->list_end == LIST_FAILED;
}

void crew_close(struct crew *c)
{
    if (!c) {
        return;
    }
    if (c->loop) {
        scan_loop_close(c->loop);
    }
    uv_close((uv_handle_t *)&c->watch, NULL);
    uv_run(&c->uv, UV_RUN_DEFAULT);
    uv_loop_close(&c->uv);
    for (size_t i = 0; i < c->worker_count; i++) {
        classifier_free(c->workers[i]);
    }
    free(c->workers);
    asking_totals_deinit(&c->totals);
    left_behind_deinit(&c->left);
    free(c->letter);
    free(atomic_load_explicit(&c->mail, memory_order_acquire));
    pthread_mutex_destroy(&c->figures_lock);
    free(c);
}
