// SPDX-License-Identifier: MIT
#include "scanner/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "scanner/options.h"

enum { LINE_SIZE = 512, TERMINAL_INTERVAL_MS = 1000, PLAIN_INTERVAL_MS = 30000 };

void progress_init(struct progress *p, int when, bool quiet)
{
    const char *term = getenv("TERM");
    bool is_terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
    *p = (struct progress){
        .is_in_place = is_terminal || when == PROGRESS_ALWAYS,
        .is_silent = quiet || when == PROGRESS_NEVER,
        .is_quiet = quiet,
    };
}

uint64_t progress_interval_ms(const struct progress *p)
{
    return p->is_in_place ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
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

static const char *human_bytes(uint64_t bytes, char out[24])
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1000;
        unit++;
    }
    snprintf(out, 24, "%.*f %s", unit > 0 && value < 100 ? 1 : 0, value, units[unit]);
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

/* The fields in the order they are printed. */
enum field { DONE, DOMAINS_PER_S, QUERIES_PER_S, QUESTIONS, IN_FLIGHT, ANSWERED, UNKNOWN, PARKED, ETA, BYTES, FIELD_COUNT };

/* What a narrow terminal loses, first to last. */
static const enum field least_first[] = { BYTES, QUESTIONS, PARKED, IN_FLIGHT, ANSWERED, QUERIES_PER_S, UNKNOWN, DOMAINS_PER_S, ETA, DONE };

enum { FIELD_SIZE = 64 };

static void print_field(char *out, const char *format, ...) PRINTF_LIKE(2, 3);
static void print_field(char *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(out, FIELD_SIZE, format, args);
    va_end(args);
}

static void print_fields(char fields[FIELD_COUNT][FIELD_SIZE], const struct progress_now *now, double domains_per_s,
                         double queries_per_s)
{
    char number[24];
    if (now->total > 0) {
        print_field(fields[DONE], "%" PRIu64 "/%s%" PRIu64 " %.1f%%", now->done, now->total_is_exact ? "" : "~", now->total,
                    percent(now->done, now->total));
    } else {
        print_field(fields[DONE], "%" PRIu64 " done", now->done);
    }
    print_field(fields[DOMAINS_PER_S], "%s domains/s", human_count(domains_per_s, number));
    print_field(fields[QUERIES_PER_S], "%s queries/s", human_count(queries_per_s, number));
    print_field(fields[IN_FLIGHT], "%s in flight", human_count((double)now->in_flight, number));
    if (now->questions_per_domain > 0) {
        print_field(fields[QUESTIONS], "%.1f questions a domain", now->questions_per_domain);
    }
    if (now->queries > 0) {
        print_field(fields[ANSWERED], "answered %.2f%%", percent(now->answers, now->queries));
    }
    print_field(fields[UNKNOWN], "%" PRIu64 " unknown", now->unknown);
    if (now->parked > 0) {
        print_field(fields[PARKED], "%" PRIu64 " to ask again", now->parked);
    }
    if (now->is_stopping) {
        print_field(fields[ETA], "stopping");
    } else if (now->total > now->done && domains_per_s > 0 && !now->has_ended) {
        print_field(fields[ETA], "ETA %s", human_time((double)(now->total - now->done) / domains_per_s, number));
    }
    print_field(fields[BYTES], "%s out", human_bytes(now->bytes_out, number));
}

static size_t join_fields(char *out, size_t size, char fields[FIELD_COUNT][FIELD_SIZE])
{
    size_t len = 0;
    out[0] = '\0';
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (fields[i][0] != '\0' && len < size) {
            len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? ", " : "", fields[i]);
        }
    }
    return len;
}

size_t progress_print(char *out, size_t size, const struct progress_now *now, double domains_per_s, double queries_per_s,
                      size_t columns)
{
    char fields[FIELD_COUNT][FIELD_SIZE] = { "" };
    size_t room = columns > 0 && columns < size ? columns : size - 1;
    print_fields(fields, now, domains_per_s, queries_per_s);
    size_t len = join_fields(out, size, fields);
    for (size_t i = 0; len > room && i < FIELD_COUNT; i++) {
        fields[least_first[i]][0] = '\0';
        len = join_fields(out, size, fields);
    }
    return len;
}

/* One less than the terminal has: in the last column some wrap. */
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
    size_t len = progress_print(line, sizeof(line), now, p->domains_per_s, p->queries_per_s, p->is_in_place ? terminal_columns() : 0);
    if (!p->is_in_place) {
        fprintf(stderr, "%s\n", line);
        return;
    }
    /* Blanks over what was longer: no terminal needs to understand more than CR. */
    fprintf(stderr, "\r%s%*s", line, p->drawn_len > len ? (int)(p->drawn_len - len) : 0, "");
    fflush(stderr);
    p->drawn_len = len;
}

void progress_clear(struct progress *p)
{
    if (p->drawn_len > 0) {
        fprintf(stderr, "\r%*s\r", (int)p->drawn_len, "");
        fflush(stderr);
        p->drawn_len = 0;
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
