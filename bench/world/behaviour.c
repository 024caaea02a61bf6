// SPDX-License-Identifier: MIT
#include "bench/world/behaviour.h"

const char behaviour_usage[] =
    "  delay=D             UDP answers come later: 50ms, uniform:10-50, lognormal:MEDIAN:SIGMA; with\n"
    "                      +SHARE:TIME a share of them later still (lognormal:42ms:0.9+1%:3s)\n"
    "  loss=PCT            UDP queries thrown away, each try anew\n"
    "  duplicate=PCT       answers sent twice\n"
    "  reorder=PCT         answers overtaken by later ones (held back up to 20 ms)\n"
    "  truncate=PCT        UDP answers cut to nothing with TC, whatever their size\n"
    "  servfail=PCT        queries answered SERVFAIL, each try anew\n"
    "  servfail-burst=F/E  every query answered SERVFAIL for F in each E: 1s/10s\n"
    "  stall=F/E           nothing is answered for F in each E, then all of it at once: 1s/10s\n"
    "  lie=PCT             a forged NXDOMAIN with another id goes before the true answer\n"
    "  rewrite=WHAT        NXDOMAIN becomes an address: address (for A and AAAA), any (TXT and MX too)\n"
    "  limit=N[:HOW]       answers a second, a second's worth at once; beyond: drop (default), refused\n"
    "  plateau=N           questions waiting for one client; those beyond are dropped (Unbound: 1000)\n"
    "  discard=TIME        answers later than that never come (Unbound: 1900ms)\n"
    "  die-after=TIME|Nq   silent from then on, or after N queries; counted from the first query\n"
    "  back-after=TIME     and answers again after so long\n"
    "  tcp=yes|no          no: TCP connections are refused\n";

/* ---- one function a kind of value ---- */

static bool set_delay(struct behaviour *b, size_t at, span value)
{
    return delay_parse(value, (struct delay *)(void *)((char *)b + at));
}

static bool set_share(struct behaviour *b, size_t at, span value)
{
    return share_parse_ppm(value, (unsigned *)(void *)((char *)b + at));
}

static bool set_count(struct behaviour *b, size_t at, span value)
{
    return span_to_u64(value, 1000000000, (uint64_t *)(void *)((char *)b + at));
}

static bool set_time(struct behaviour *b, size_t at, span value)
{
    double ms;
    if (!time_parse_ms(value, &ms)) {
        return false;
    }
    *(uint64_t *)(void *)((char *)b + at) = (uint64_t)ms;
    return true;
}

static bool set_spell(struct behaviour *b, size_t at, span value)
{
    double length, every;
    span first = span_cut(&value, '/');
    if (!time_parse_ms(first, &length) || !time_parse_ms(value, &every) || length < 1 || every < length) {
        return false;
    }
    *(struct spell *)(void *)((char *)b + at) = (struct spell){ (uint64_t)length, (uint64_t)every };
    return true;
}

static bool set_limit(struct behaviour *b, size_t at, span value)
{
    span how = value;
    span count = span_cut(&how, ':');
    bool refuses = span_equal(how, SPAN("refused"));
    if (count.len < value.len && !refuses && !span_equal(how, SPAN("drop"))) {
        return false;
    }
    if (!set_count(b, at, count)) {
        return false;
    }
    b->over_limit = refuses ? OVER_LIMIT_REFUSED : OVER_LIMIT_DROP;
    return true;
}

static bool set_rewrite(struct behaviour *b, size_t at, span value)
{
    (void)at;
    if (!span_equal(value, SPAN("address")) && !span_equal(value, SPAN("any"))) {
        return false;
    }
    b->rewrite = value.len == 3 ? REWRITE_ANY : REWRITE_ADDRESS;
    return true;
}

static bool set_death(struct behaviour *b, size_t at, span value)
{
    if (!span_ends_with(value, SPAN("q"))) {
        return set_time(b, at, value);
    }
    return span_to_u64(span_first(value, value.len - 1), 1000000000000, &b->die_after_queries);
}

static bool set_tcp(struct behaviour *b, size_t at, span value)
{
    (void)at;
    if (!span_equal(value, SPAN("yes")) && !span_equal(value, SPAN("no"))) {
        return false;
    }
    b->has_no_tcp = value.len == 2;
    return true;
}

#define AT(field) offsetof(struct behaviour, field)

static const struct key {
    const char *name;
    bool (*set)(struct behaviour *b, size_t at, span value);
    size_t at;
} keys[] = {
    { "delay", set_delay, AT(delay) },
    { "loss", set_share, AT(loss_ppm) },
    { "duplicate", set_share, AT(duplicate_ppm) },
    { "reorder", set_share, AT(reorder_ppm) },
    { "truncate", set_share, AT(truncate_ppm) },
    { "servfail", set_share, AT(servfail_ppm) },
    { "servfail-burst", set_spell, AT(servfail_burst) },
    { "stall", set_spell, AT(stall) },
    { "lie", set_share, AT(lie_ppm) },
    { "rewrite", set_rewrite, 0 },
    { "limit", set_limit, AT(limit) },
    { "plateau", set_count, AT(plateau) },
    { "discard", set_time, AT(discard_ms) },
    { "die-after", set_death, AT(die_after_ms) },
    { "back-after", set_time, AT(back_after_ms) },
    { "tcp", set_tcp, 0 },
};

enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

const char *behaviour_key(size_t i)
{
    return i < KEY_COUNT ? keys[i].name : NULL;
}

bool behaviour_set(struct behaviour *b, span key, span value)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (span_equal(key, span_from_cstr(keys[i].name))) {
            struct behaviour changed = *b;
            if (!keys[i].set(&changed, keys[i].at, value)) {
                return false;
            }
            *b = changed;
            return true;
        }
    }
    return false;
}

bool behaviour_parse(struct behaviour *b, span text, span *wrong)
{
    while (text.len > 0) {
        span value = span_cut(&text, ',');
        *wrong = value;
        span key = span_cut(&value, '=');
        if (!behaviour_set(b, key, value)) {
            return false;
        }
    }
    return true;
}
