// SPDX-License-Identifier: MIT
#include "scanner/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE_SIZE = 512, TERMINAL_INTERVAL_MS = 1000, PLAIN_INTERVAL_MS = 30000 };

void progress_init(struct progress *p, int when, bool quiet)
{
    const char *term = getenv("TERM");
    bool is_terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
    *p = (struct progress){
        .is_terminal = is_terminal,
        .is_silent = quiet || when == 2,
        .is_quiet = quiet,
    };
}

uint64_t progress_interval_ms(const struct progress *p)
{
    return p->is_terminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
}

static const char *human_count(double value, char out[24])
{
    static const char units[] = " kMGT";
    size_t unit = 0;
    while (value >= 10000 && unit + 2 < sizeof(units)) {
        value /= 1000;
        unit++;
    }
    if (unit == 0) {
        snprintf(out, 24, "%.0f", value);
    } else {
        snprintf(out, 24, "%.*f%c", value < 100 ? 1 : 0, value, units[unit]);
    }
    return out;
}

static const char *human_time(double seconds, char out[24])
{
    uint64_t s = seconds > 0 && seconds < 1e9 ? (uint64_t)(seconds + 0.5) : 0;
    if (s < 3600) {
        snprintf(out, 24, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
    } else {
        snprintf(out, 24, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60, s % 60);
    }
    return out;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

struct line {
    char *text;
    size_t len, size, room;
};

static void add_field(struct line *line, const char *format, ...) PRINTF_LIKE(2, 3);

/* Whole, or not at all. */
static void add_field(struct line *line, const char *format, ...)
{
    char field[64];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(field, sizeof(field), format, args);
    va_end(args);
    const char *separator = line->len > 0 ? ", " : "";
    if (len > 0 && (size_t)len < sizeof(field) && line->len + strlen(separator) + (size_t)len <= line->room) {
        line->len += (size_t)snprintf(line->text + line->len, line->size - line->len, "%s%s", separator, field);
    }
}

/* Most important first: a narrow terminal loses the end. */
size_t progress_print(char *out, size_t size, const struct progress_now *now, double domains_per_s, double queries_per_s,
                      size_t columns)
{
    char number[24];
    struct line line = { .text = out, .size = size, .room = columns > 0 && columns < size ? columns : size - 1 };
    out[0] = '\0';
    if (now->total > 0) {
        add_field(&line, "%" PRIu64 "/%s%" PRIu64 " %.1f%%", now->done, now->total_is_exact ? "" : "~", now->total,
              percent(now->done, now->total));
    } else {
        add_field(&line, "%" PRIu64 " done", now->done);
    }
    add_field(&line, "%s domains/s", human_count(domains_per_s, number));
    add_field(&line, "%s queries/s", human_count(queries_per_s, number));
    add_field(&line, "%s in flight", human_count((double)now->in_flight, number));
    add_field(&line, "answered %.2f%%", percent(now->answers, now->queries));
    add_field(&line, "%" PRIu64 " unknown", now->unknown);
    if (now->parked > 0) {
        add_field(&line, "%" PRIu64 " to ask again", now->parked);
    }
    if (now->is_stopping) {
        add_field(&line, "stopping");
    } else if (now->total > now->done && domains_per_s > 0 && !now->has_ended) {
        add_field(&line, "ETA %s", human_time((double)(now->total - now->done) / domains_per_s, number));
    }
    add_field(&line, "%sB out", human_count((double)now->bytes_out, number));
    return line.len;
}

static size_t terminal_columns(void)
{
    struct winsize window;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1) {
        return window.ws_col - 1u;
    }
    return 79;
}

void progress_draw(struct progress *p, const struct progress_now *now)
{
    uint64_t ms = now->elapsed_ms - p->last_ms;
    if (ms >= 200) {
        p->domains_per_s = (double)(now->done_here - p->last_done) * 1000.0 / (double)ms;
        p->queries_per_s = (double)(now->queries - p->last_queries) * 1000.0 / (double)ms;
        p->last_ms = now->elapsed_ms;
        p->last_done = now->done_here;
        p->last_queries = now->queries;
    }
    char line[LINE_SIZE];
    progress_print(line, sizeof(line), now, p->domains_per_s, p->queries_per_s, p->is_terminal ? terminal_columns() : 0);
    fprintf(stderr, p->is_terminal ? "\r%s\033[K" : "%s\n", line);
    fflush(stderr);
    p->has_drawn = p->is_terminal;
}

void progress_clear(struct progress *p)
{
    if (p->has_drawn) {
        fputs("\r\033[K", stderr);
        p->has_drawn = false;
    }
}

void progress_draw_last(struct progress *p, const struct progress_now *now, const char *how_it_ended)
{
    if (p->is_quiet) {
        return;
    }
    progress_clear(p);
    double seconds = (double)(now->elapsed_ms ? now->elapsed_ms : 1) / 1000.0;
    char line[LINE_SIZE], took[24];
    struct progress_now last = *now;
    last.has_ended = true;
    progress_print(line, sizeof(line), &last, (double)now->done_here / seconds, (double)now->queries / seconds, 0);
    fprintf(stderr, "%s %s: %s\n", how_it_ended, human_time(seconds, took), line);
}
