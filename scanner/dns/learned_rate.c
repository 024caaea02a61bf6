// SPDX-License-Identifier: MIT
#include "scanner/dns/learned_rate.h"

#include "scanner/dns/window.h"

static const uint64_t second_ns = 1000000000;
static const uint64_t slice_ns = 250000000;
static const uint64_t moment_ns = 50000000;     /* of a shorter time nothing is to be said */
static const uint64_t deaf_first_ns = UINT64_C(60) * 1000000000;

/* When a slice is too much: more than `share` of what was answered or is blamed, and not by chance; `least` packets; in so
   many `slices`. Of a resolver known to limit losses are believed sooner. */
struct measure {
    double share;
    uint32_t least;
    unsigned slices;
};
static const struct measure measures[BLAME_KINDS] = {
    [BLAME_REFUSED] = { .share = 0.05, .least = 8, .slices = 1 },
    [BLAME_LOST] = { .share = 0.2, .least = 16, .slices = 3 },
};
static const struct measure measure_of_known_losses = { .share = 0.1, .least = 16, .slices = 1 };
enum { DEVIATIONS = 3 };

static const double kept_part = 0.9;            /* of what it answered */
static const double cut_at_most = 0.25;
static const double step_first = 0.01, step_near = 0.04, step_most = 1;
static const double near_part = 1.25;           /* of what it bore: careful up to there */
static const double used_part = 0.8;            /* of the rate, or more of it would mean nothing */
static const double helped_part = 1.05;         /* of what was answered before the cut */
static const double burst_part = 1, burst_part_of_known = 0.125;  /* refusals an answer */
enum { UNHELPED_CUTS = 3, ANSWERS_MIN = 4 };

static struct learned_slice *slice_at(struct learned_rate *learned, uint32_t number)
{
    return &learned->slices[number % LEARNED_SLICES];
}

static void begin_slice(struct learned_rate *learned, uint64_t now_ns)
{
    *slice_at(learned, ++learned->slice) = (struct learned_slice){ .start_ns = now_ns };
}

void learned_rate_init(struct learned_rate *learned, uint64_t now_ns)
{
    *learned = (struct learned_rate){ .deaf_ns = deaf_first_ns };
    begin_slice(learned, now_ns);
    learned->first = learned->slice;
}

/* Where a packet sent then belongs; false: to none that is remembered. */
static bool find_slice(struct learned_rate *learned, uint64_t sent_ns, uint32_t *out)
{
    for (uint32_t n = learned->slice; n > 0 && learned->slice - n < LEARNED_SLICES; n--) {
        if (slice_at(learned, n)->start_ns <= sent_ns) {
            *out = n;
            return true;
        }
    }
    return false;
}

static double seconds_between(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? (double)(to_ns - from_ns) / (double)second_ns : 0;
}

/* The next one begins with the next packet, which may come much later. */
static uint64_t end_of(const struct learned_slice *slice, uint64_t now_ns)
{
    uint64_t whole_ns = slice->start_ns + slice_ns < now_ns ? slice->start_ns + slice_ns : now_ns;
    return slice->last_ns > whole_ns ? slice->last_ns : whole_ns;
}

/* What came of the packets of the second that ends with this slice. */
struct last_second {
    double answers, refusals;
    double in_flight;           /* of those that were answered, at any time */
};

static struct last_second last_second(struct learned_rate *learned, uint32_t number, uint64_t now_ns)
{
    uint64_t end_ns = end_of(slice_at(learned, number), now_ns);
    struct last_second sum = { .answers = 0 };
    double span = 1;
    for (uint32_t n = number; n > 0 && learned->slice - n < LEARNED_SLICES; n--) {
        const struct learned_slice *slice = slice_at(learned, n);
        if (n != number && slice->start_ns + second_ns < end_ns) {
            break;
        }
        sum.answers += slice->answered;
        sum.refusals += slice->refused;
        sum.in_flight += seconds_between(0, slice->waited_ns);
        double whole = seconds_between(slice->start_ns, end_ns);
        span = whole > span ? whole : span;
    }
    return (struct last_second){ sum.answers / span, sum.refusals / span, sum.in_flight / span };
}

static double sent_a_second(struct learned_rate *learned, uint32_t number, uint64_t now_ns)
{
    const struct learned_slice *slice = slice_at(learned, number);
    double span = seconds_between(slice->start_ns, end_of(slice, now_ns));
    double least = seconds_between(0, moment_ns);
    return slice->sent / (span > least ? span : least);
}

/* ---- Down ------------------------------------------------------------------------------------------------------- */

static double answered_part(const struct learned_slice *slice)
{
    return slice->sent > 0 ? (double)slice->answered / slice->sent : 0;
}

static void give_up(struct learned_rate *learned, uint64_t now_ns)
{
    learned->rate = learned->borne = learned->answered_part = 0;
    learned->is_proven = false;
    learned->unhelped = 0;
    learned->deaf_until_ns = now_ns + learned->deaf_ns;
    learned->deaf_ns *= 2;
}

static void cut(struct learned_rate *learned, uint32_t number, double answers, uint64_t now_ns)
{
    double before = learned->rate > 0 ? learned->rate : sent_a_second(learned, number, now_ns);
    double rate = answers * kept_part;
    rate = rate < before * cut_at_most ? before * cut_at_most : rate > before * kept_part ? before * kept_part : rate;
    learned->rate = rate > LEARNED_RATE_MIN ? rate : LEARNED_RATE_MIN;
    learned->borne = learned->rate / kept_part;
    learned->lag_ns = now_ns - slice_at(learned, number)->start_ns;
    learned->step = step_first;
}

/* What a slice says that was too much by what it is blamed for. */
static void judge(struct learned_rate *learned, enum blame blame, uint32_t number, uint64_t now_ns)
{
    struct last_second last = last_second(learned, number, now_ns);
    if (last.answers < ANSWERS_MIN || (blame == BLAME_LOST && last.in_flight > WINDOW_FLOOR_LOSS)) {
        return;
    }
    double part = answered_part(slice_at(learned, number));
    bool is_unhelped = learned->answered_part > 0 && part < learned->answered_part * helped_part;
    learned->unhelped = is_unhelped ? (uint8_t)(learned->unhelped + 1) : 0;
    if (learned->unhelped >= UNHELPED_CUTS) {
        give_up(learned, now_ns);
    } else {
        cut(learned, number, last.answers, now_ns);
        learned->answered_part = part;
    }
    begin_slice(learned, now_ns);
    learned->first = learned->slice;
    learned->cut_ns = learned->round_ns = now_ns;
}

static bool exceeds(const struct measure *measure, uint32_t count, uint32_t answered)
{
    double usual = measure->share * ((double)answered + count), beyond = count - usual;
    return count >= measure->least && beyond > 0 && beyond * beyond > DEVIATIONS * DEVIATIONS * usual;
}

static unsigned slices_too_much(struct learned_rate *learned)
{
    unsigned count = 0;
    for (uint32_t n = learned->slice; n >= learned->first && learned->slice - n < LEARNED_SLICES; n--) {
        count += slice_at(learned, n)->is_too_much;
    }
    return count;
}

bool learned_rate_note_blame(struct learned_rate *learned, enum blame blame, uint64_t sent_ns, uint64_t now_ns)
{
    uint32_t number;
    if (!find_slice(learned, sent_ns, &number) || number < learned->first || now_ns < learned->deaf_until_ns) {
        return false;
    }
    struct learned_slice *slice = slice_at(learned, number);
    const struct measure *measure =
        blame == BLAME_LOST && learned->rate > 0 ? &measure_of_known_losses : &measures[blame];
    uint32_t count = ++slice->blamed[blame];
    if (slice->is_too_much || now_ns - slice->start_ns < moment_ns || !exceeds(measure, count, slice->answered)) {
        return false;
    }
    slice->is_too_much = true;
    double before = learned->rate;
    if (slices_too_much(learned) >= measure->slices) {
        judge(learned, blame, number, now_ns);
    }
    return learned->rate != before;
}

/* ---- Up --------------------------------------------------------------------------------------------------------- */

static uint64_t round_of(const struct learned_rate *learned)
{
    return learned->lag_ns > second_ns ? learned->lag_ns : second_ns;
}

static void grow(struct learned_rate *learned)
{
    double most = learned->rate < learned->borne * near_part ? step_near : step_most;
    learned->rate *= 1 + learned->step;
    learned->step = learned->step * 2 > most ? most : learned->step * 2;
}

/* Nothing was too much. True: it has grown. */
static bool end_round(struct learned_rate *learned, uint64_t now_ns)
{
    if (now_ns - learned->cut_ns >= round_of(learned) * 2) {
        learned->is_proven = true;
        learned->answered_part = 0;
        learned->unhelped = 0;
    }
    learned->round_ns = now_ns;
    bool is_used = sent_a_second(learned, learned->slice, now_ns) >= learned->rate * used_part;
    if (is_used) {
        grow(learned);
    }
    return is_used;
}

bool learned_rate_note_sent(struct learned_rate *learned, uint64_t now_ns)
{
    bool has_grown = false;
    if (now_ns - slice_at(learned, learned->slice)->start_ns >= slice_ns) {
        bool is_round_over = learned->rate > 0 && now_ns - learned->round_ns >= round_of(learned);
        has_grown = is_round_over && end_round(learned, now_ns);
        begin_slice(learned, now_ns);
    }
    struct learned_slice *slice = slice_at(learned, learned->slice);
    slice->sent++;
    slice->last_ns = now_ns;
    return has_grown;
}

void learned_rate_note_answer(struct learned_rate *learned, uint64_t sent_ns, uint64_t now_ns)
{
    uint32_t number;
    if (find_slice(learned, sent_ns, &number)) {
        slice_at(learned, number)->answered++;
        slice_at(learned, number)->waited_ns += now_ns - sent_ns;
    }
}

void learned_rate_note_refusal(struct learned_rate *learned, uint64_t sent_ns)
{
    uint32_t number;
    if (find_slice(learned, sent_ns, &number)) {
        slice_at(learned, number)->refused++;
    }
}

bool learned_rate_is_in_burst(struct learned_rate *learned, uint64_t now_ns)
{
    struct last_second last = last_second(learned, learned->slice, now_ns);
    double part = learned->rate > 0 ? burst_part_of_known : burst_part;
    return last.answers >= ANSWERS_MIN && last.refusals > last.answers * part;
}
