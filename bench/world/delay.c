// SPDX-License-Identifier: MIT
#include "bench/world/delay.h"
#include "bench/world/dice.h"

#include <math.h>

/* Digits with at most one point among them. */
static bool read_decimal(span text, double *out)
{
    double value = 0, scale = 1;
    bool has_point = false, has_digit = false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '.' && !has_point) {
            has_point = true;
        } else if (ascii_is_digit(c)) {
            has_digit = true;
            value = value * 10 + (c - '0');
            scale *= has_point ? 10 : 1;
        } else {
            return false;
        }
    }
    *out = value / scale;
    return has_digit && text.len <= 12;
}

bool time_parse_ms(span text, double *out)
{
    double factor = 1, value;
    if (span_ends_with(text, SPAN("ms"))) {
        text = span_first(text, text.len - 2);
    } else if (span_ends_with(text, SPAN("s"))) {
        text = span_first(text, text.len - 1);
        factor = 1000;
    }
    if (!read_decimal(text, &value) || value * factor > DELAY_MAX_MS * 60.0) {
        return false;
    }
    *out = value * factor;
    return true;
}

bool share_parse_ppm(span text, unsigned *out)
{
    double value;
    if (span_ends_with(text, SPAN("%"))) {
        text = span_first(text, text.len - 1);
    }
    if (!read_decimal(text, &value) || value > 100) {
        return false;
    }
    *out = (unsigned)(value * 10000 + 0.5);
    return true;
}

static bool read_delay_ms(span text, double *out)
{
    return time_parse_ms(text, out) && *out <= DELAY_MAX_MS;
}

bool delay_parse(span text, struct delay *out)
{
    struct delay d = { .kind = DELAY_FIXED };
    span tail = text;
    span body = span_cut(&tail, '+');
    if (body.len < text.len) {
        span share = span_cut(&tail, ':');
        if (!share_parse_ppm(share, &d.tail_ppm) || !read_delay_ms(tail, &d.tail_ms)) {
            return false;
        }
    }
    span rest = body;
    span kind = span_cut(&rest, ':');
    if (kind.len == body.len) {
        if (!read_delay_ms(body, &d.low_ms)) {
            return false;
        }
    } else if (span_equal(kind, SPAN("uniform"))) {
        d.kind = DELAY_UNIFORM;
        span low = span_cut(&rest, '-');
        if (!read_delay_ms(low, &d.low_ms) || !read_delay_ms(rest, &d.high_ms) || d.high_ms < d.low_ms) {
            return false;
        }
    } else if (span_equal(kind, SPAN("lognormal"))) {
        d.kind = DELAY_LOGNORMAL;
        span median = span_cut(&rest, ':');
        if (!read_delay_ms(median, &d.low_ms) || !read_decimal(rest, &d.sigma) || d.sigma > 5) {
            return false;
        }
    } else {
        return false;
    }
    *out = d;
    return true;
}

bool delay_is_none(const struct delay *d)
{
    return d->low_ms <= 0 && d->high_ms <= 0 && d->tail_ppm == 0;
}

/* 0 < result < 1. */
static double unit(uint32_t bits)
{
    return ((double)bits + 0.5) / 4294967296.0;
}

unsigned delay_draw(const struct delay *d, uint64_t random)
{
    double ms = d->low_ms;
    if (d->kind == DELAY_UNIFORM) {
        ms += (d->high_ms - d->low_ms) * unit((uint32_t)random);
    } else if (d->kind == DELAY_LOGNORMAL) {
        /* Box and Muller: two even numbers make one normal. */
        double z = sqrt(-2 * log(unit((uint32_t)(random >> 32)))) * cos(6.283185307179586 * unit((uint32_t)random));
        ms *= exp(d->sigma * z);
    }
    if (d->tail_ppm > 0 && dice_mix(random) % 1000000 < d->tail_ppm) {
        ms += d->tail_ms;
    }
    return ms < DELAY_MAX_MS ? (unsigned)(ms + 0.5) : DELAY_MAX_MS;
}
