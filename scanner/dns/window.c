// SPDX-License-Identifier: MIT
#include "scanner/dns/window.h"

enum { COHORT_MIN = 32, PLATEAU_FROM = 900, PLATEAU_TO = 1600, PLATEAU_CUTS = 3 };

/* A SERVFAIL is an answer about a broken zone more often than a sign of load; a burst of them still is one. */
static const double weights[] = {
    [WINDOW_ANSWER] = 0, [WINDOW_TIMEOUT] = 1, [WINDOW_SERVFAIL] = 0.5, [WINDOW_REFUSED] = 1,
};

static const double growth_per_round = 1.0 / 32;
static const double tolerated = 0.15;       /* failures beyond the usual share before the window is cut */
static const double hopeless = 0.65;        /* beyond it no list is to blame */
static const double usual_max = 0.5;
static const double innocent = 512;        /* no resolver is at its limit with so few in flight: what fails then is the list's */
static const double unhelped = 0.8;         /* of the share that failed before the cut: it was not the load */


/* A stage of growth, and the part of it that must come back as answers a second: half of what would be proportional. */
static const double stage_slow_start = 2, stage_later = 1.25;
static const double paying_part = 0.5;
enum { FLAT_STAGES = 2 };
static const uint64_t stage_min_ns = 5000000;   /* shorter stages tell nothing */
static const uint64_t cohort_ns = 250000000;    /* all of them span 32 s: longer than a first try waits */
static const uint64_t rest_ns = WINDOW_REST_MS * UINT64_C(1000000);

static double within(double value, double low, double high)
{
    return value > high ? high : value < low ? low : value;
}

void window_init(struct window *window, size_t start, size_t ceiling)
{
    *window = (struct window){ .ceiling = (double)ceiling, .is_slow_start = true };
    window->size = within((double)start, 1, window->ceiling);
    window->cohort = window->cohort_first = 1;
    window->cohort_size = window->size;
}

/* The next packets are of a new one. */
static void begin_cohort(struct window *window, uint64_t now_ns)
{
    struct window_cohort *next = &window->cohorts[++window->cohort % WINDOW_COHORTS];
    window->placeless -= next->is_well ? next->out : 0;
    *next = (struct window_cohort){ .sent = 0 };
    window->cohort_ns = now_ns;
    window->cohort_size = window->size;
}

/* What was sent so far is judged no more. */
static void forget_cohorts(struct window *window)
{
    begin_cohort(window, 0);
    window->cohort_first = window->cohort;
}

void window_set_ceiling(struct window *window, size_t ceiling)
{
    window->ceiling = (double)ceiling;
    window->size = within(window->size, 1, window->ceiling);
}

/* By half: with less, a server that drops what exceeds its limit would look as if the cut had not helped. Never raises the
   size: a window below this floor stays where it is. */
static void shrink(struct window *window, double floor)
{
    if (window->size >= PLATEAU_FROM && window->size <= PLATEAU_TO && window->ceiling > PLATEAU_TO &&
        window->cuts_near_1000 < UINT8_MAX) {
        window->cuts_near_1000++;
    }
    if (window->size > floor) {
        window->size = within(window->size / 2, floor, window->ceiling);
    }
    window->is_slow_start = false;
    forget_cohorts(window);
}

void window_cut(struct window *window)
{
    shrink(window, WINDOW_FLOOR_LOSS);
}

static void absolve(struct window *window, double size)
{
    if (window->size < size) {
        window->size = within(size, 1, window->ceiling);
    }
    window->growing = 0;
    forget_cohorts(window);
}

void window_absolve(struct window *window)
{
    absolve(window, WINDOW_ABSOLVED);
}

void window_absolve_last(struct window *window)
{
    bool is_limited = window_is_limited(window) || window_stalls_near_1000(window);
    double size = window->growing > 0 && !is_limited ? window->size * 2 : window->size;
    absolve(window, size > WINDOW_ABSOLVED ? size : WINDOW_ABSOLVED);
}

/* The share that fails at whatever size: learned when a cut has not helped, forgotten as soon as less fails. */
static void learn_usual(struct window *window, double share)
{
    if (share < window->usual) {
        window->usual += (share - window->usual) / 2;
    } else if (share <= hopeless && window->size <= innocent && window->cut_share > 0 && share >= window->cut_share * unhelped) {
        window->usual = within(share, 0, usual_max);
    }
    if (window->cut_share > 0 && share < window->cut_share * unhelped && window->cuts_that_helped < UINT8_MAX) {
        window->cuts_that_helped++;
    }
    window->cut_share = 0;
}

static void judge(struct window *window, const struct window_cohort *cohort)
{
    double share = (double)cohort->failed / cohort->seen;
    double floor = cohort->refused > cohort->seen / 4 ? WINDOW_FLOOR_REFUSAL : WINDOW_FLOOR_LOSS;
    learn_usual(window, share);
    if (share > hopeless || share > window->usual + tolerated) {
        shrink(window, floor);
        window->cut_share = share;
    } else if (cohort->most > PLATEAU_TO) {
        window->cuts_near_1000 = 0; /* it bears more than that */
    }
}

/* Large enough to say something about the size it was sent with. */
static bool is_full(const struct window *window, uint32_t count)
{
    return count >= COHORT_MIN && count >= window->cohort_size;
}

/* Judged when all have ended; before, when so many have failed that the rest does not matter. */
static void judge_in_time(struct window *window, struct window_cohort *cohort, bool is_closed)
{
    bool has_ended = is_closed && cohort->seen == cohort->sent && cohort->seen >= COHORT_MIN;
    bool is_hopeless = is_full(window, cohort->seen) && cohort->failed > hopeless * cohort->sent;
    if (has_ended || is_hopeless) {
        judge(window, cohort);
    }
}

/* Once well it stays so: what is out can only become less. First tries tell it for all, unless they are few: then a flood of
   other tries, which may be lost once more, speaks for itself. */
static void look_whether_well(struct window *window, struct window_cohort *cohort)
{
    bool is_mostly_first = cohort->sent >= cohort->all / 2;
    double silent = is_mostly_first ? cohort->sent - cohort->seen + (double)cohort->failed : (double)cohort->out + cohort->bad;
    if (!cohort->is_well && silent <= tolerated * (is_mostly_first ? cohort->sent : cohort->all)) {
        cohort->is_well = true;
        window->placeless += cohort->out;
    }
}

static bool is_judged(const struct window *window, uint32_t number)
{
    return number - window->cohort_first < INT32_MAX; /* numbers begin anew some day */
}

static void close_cohort(struct window *window, uint64_t now_ns)
{
    struct window_cohort *last = &window->cohorts[window->cohort % WINDOW_COHORTS];
    begin_cohort(window, now_ns);
    look_whether_well(window, last);
    judge_in_time(window, last, true);
}

static void begin_stage(struct window *window, double rate, uint64_t now_ns)
{
    window->stage_size = window->size;
    window->stage_rate = rate;
    window->stage_ns = now_ns;
    window->stage_answers = 0;
}

/* Back to where growth last paid; what the resolver answers there is what the next stage is held against. */
static void rest(struct window *window, uint64_t now_ns)
{
    window->size = within(window->gain_size, 1, window->ceiling);
    window->is_slow_start = false;
    window->growing = 0;
    window->flat_stages = 0;
    window->rest_until_ns = now_ns + rest_ns;
    begin_stage(window, 0, now_ns);
}

static void end_stage(struct window *window, double grown, uint64_t now_ns)
{
    double rate = (double)window->stage_answers / (double)(now_ns - window->stage_ns);
    bool has_paid = window->stage_rate <= 0 || rate >= window->stage_rate * (1 + (grown - 1) * paying_part);
    if (has_paid) {
        window->gain_size = window->stage_size;
        window->flat_stages = 0;
    } else if (++window->flat_stages >= FLAT_STAGES) {
        rest(window, now_ns);
        return;
    }
    /* The best rate so far stays the mark: two slow steps down would look like one up. */
    begin_stage(window, has_paid ? rate : window->stage_rate, now_ns);
}

/* Counts an answer; ends the stage when the window has grown enough since it began. */
static void note_rate(struct window *window, uint64_t now_ns)
{
    if (window->stage_ns == 0 || window->size < window->stage_size) { /* first of all, or cut meanwhile */
        window->gain_size = window->size;
        window->flat_stages = 0;
        begin_stage(window, 0, now_ns);
    }
    window->stage_answers++;
    if (window->rest_until_ns > 0) {
        if (now_ns >= window->rest_until_ns) {
            window->rest_until_ns = 0;
            begin_stage(window, (double)window->stage_answers / (double)(now_ns - window->stage_ns), now_ns);
        }
        return;
    }
    double grown = window->is_slow_start ? stage_slow_start : stage_later;
    if (window->size >= window->stage_size * grown && now_ns - window->stage_ns >= stage_min_ns) {
        end_stage(window, grown, now_ns);
    }
}

static void grow(struct window *window)
{
    if (window->growing == 0 || window->rest_until_ns > 0) {
        return;
    }
    window->growing--;
    /* At least one a round trip: 1/size for each of `size` answers. */
    double step = window->is_slow_start ? 1 : within(growth_per_round, 1 / window->size, 1);
    window->size = within(window->size + step, 1, window->ceiling);
}

/* A token is the number of the cohort, and in its last bit whether it was a first try. */
uint32_t window_note_sent(struct window *window, size_t in_flight, bool is_first_try, uint64_t now_ns)
{
    size_t held = in_flight > window->placeless ? in_flight - window->placeless : 0;
    if ((double)held >= window->size * 0.9) {
        window->growing = (uint32_t)held;
    }
    if (is_full(window, window->cohorts[window->cohort % WINDOW_COHORTS].all) && now_ns - window->cohort_ns >= cohort_ns) {
        close_cohort(window, now_ns);
    }
    struct window_cohort *cohort = &window->cohorts[window->cohort % WINDOW_COHORTS];
    cohort->most = held > cohort->most ? (uint32_t)held : cohort->most;
    cohort->sent += is_first_try;
    cohort->all++;
    cohort->out++;
    return window->cohort << 1 | is_first_try;
}

/* The cohort of a token, one packet less out; NULL when that was long ago. */
static struct window_cohort *take_out(struct window *window, uint32_t token)
{
    struct window_cohort *cohort = &window->cohorts[(token >> 1) % WINDOW_COHORTS];
    if (((window->cohort - (token >> 1)) & (UINT32_MAX >> 1)) >= WINDOW_COHORTS || cohort->out == 0) {
        return NULL;
    }
    cohort->out--;
    window->placeless -= cohort->is_well;
    return cohort;
}

void window_take_back(struct window *window, uint32_t token)
{
    struct window_cohort *cohort = take_out(window, token);
    if (cohort) {
        cohort->sent -= token & 1;
        cohort->all--;
    }
}

void window_note(struct window *window, enum window_outcome outcome, uint32_t token, uint64_t now_ns)
{
    if (outcome == WINDOW_ANSWER) {
        grow(window);
        note_rate(window, now_ns);
    }
    struct window_cohort *cohort = take_out(window, token);
    if (!cohort) {
        return;
    }
    bool is_first_try = token & 1;
    uint32_t number = window->cohort - ((window->cohort - (token >> 1)) & (UINT32_MAX >> 1));
    cohort->bad += outcome == WINDOW_TIMEOUT || outcome == WINDOW_REFUSED;
    if (number != window->cohort) {
        look_whether_well(window, cohort);
    }
    if (!is_first_try && outcome != WINDOW_REFUSED) {
        return;
    }
    cohort->sent += !is_first_try;
    cohort->seen++;
    cohort->failed += (float)weights[outcome];
    cohort->refused += outcome == WINDOW_REFUSED;
    if (number != window->cohort) {
        look_whether_well(window, cohort);
    }
    if (is_judged(window, number)) {
        judge_in_time(window, cohort, number != window->cohort);
    }
}

bool window_stalls_near_1000(const struct window *window)
{
    return window->cuts_near_1000 >= PLATEAU_CUTS;
}

bool window_is_limited(const struct window *window)
{
    enum { HELPED_CUTS = 3 };
    return window->cuts_that_helped >= HELPED_CUTS;
}
