// SPDX-License-Identifier: MIT
#include "scanner/dns/window.h"

enum { EPOCH_MIN = 32, PLATEAU_FROM = 900, PLATEAU_TO = 1400, PLATEAU_CUTS = 3 };

/* A SERVFAIL is an answer about a broken zone more often than a sign of load; a burst of them still is one. */
static const double weights[] = {
    [WINDOW_ANSWER] = 0, [WINDOW_TIMEOUT] = 1, [WINDOW_SERVFAIL] = 0.5, [WINDOW_REFUSED] = 1,
};

static const double growth_per_round = 1.0 / 32;
static const double tolerated = 0.15;       /* failures beyond the usual share before the window is cut */
static const double hopeless = 0.65;        /* beyond it no list is to blame */
static const double usual_max = 0.5;

static double within(double value, double low, double high)
{
    return value > high ? high : value < low ? low : value;
}

void window_init(struct window *window, size_t start, size_t ceiling)
{
    *window = (struct window){ .ceiling = (double)ceiling, .is_slow_start = true };
    window->size = within((double)start, 1, window->ceiling);
}

void window_set_ceiling(struct window *window, size_t ceiling)
{
    window->ceiling = (double)ceiling;
    window->size = within(window->size, 1, window->ceiling);
}

/* Never raises the size: a window below this floor stays where it is. */
static void shrink(struct window *window, double factor, double floor)
{
    if (window->size >= PLATEAU_FROM && window->size <= PLATEAU_TO && window->cuts_near_1000 < UINT8_MAX) {
        window->cuts_near_1000++;
    }
    if (window->size > floor) {
        window->size = within(window->size * factor, floor, window->ceiling);
    }
    window->is_slow_start = false;
    window->generation++;
    window->seen = 0;
    window->refused = 0;
    window->failed = 0;
}

void window_cut(struct window *window)
{
    shrink(window, 0.5, WINDOW_FLOOR_LOSS);
}

/* Up slowly (a long overload must not become the custom), down fast. */
static void learn_usual(struct window *window, double share)
{
    double step = share > window->usual ? 0.1 : 0.5;
    window->usual = within(window->usual + (share - window->usual) * step, 0, usual_max);
}

static void end_epoch(struct window *window)
{
    double share = window->failed / window->seen;
    double excess = share - window->usual;
    double floor = window->refused > window->seen / 4 ? WINDOW_FLOOR_REFUSAL : WINDOW_FLOOR_LOSS;
    learn_usual(window, share);
    window->seen = 0;
    window->refused = 0;
    window->failed = 0;
    if (share > hopeless) {
        shrink(window, 0.5, floor);
    } else if (excess > tolerated) {
        shrink(window, 0.7, floor);
    }
}

static void grow(struct window *window, size_t in_flight)
{
    if ((double)in_flight < window->size * 0.75) {
        return;
    }
    /* At least one a round trip: 1/size for each of `size` answers. */
    double step = window->is_slow_start ? 1 : within(growth_per_round, 1 / window->size, 1);
    window->size = within(window->size + step, 1, window->ceiling);
}

void window_note(struct window *window, enum window_outcome outcome, uint32_t generation, size_t in_flight)
{
    if (outcome == WINDOW_ANSWER) {
        grow(window, in_flight);
    }
    if (generation != window->generation) {
        return;
    }
    window->seen++;
    window->failed += weights[outcome];
    window->refused += outcome == WINDOW_REFUSED;
    if (window->seen >= EPOCH_MIN && window->seen >= window->size) {
        end_epoch(window);
    }
}

bool window_stalls_near_1000(const struct window *window)
{
    return window->cuts_near_1000 >= PLATEAU_CUTS;
}
