// SPDX-License-Identifier: MIT
#include "scanner/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanner/base/histogram.h"
#include "scanner/exit_status.h"
#include "scanner/posture_class.h"
#include "scanner/summary.h"

static const char last_success[] = "trifecta_last_success_timestamp_seconds";
static const char last_exit[] = "trifecta_last_exit_code";

/* ---- what stood there ---- */

/* "name value", nothing else on the line. */
static bool read_sample(span line, const char *name, double *out)
{
    char text[32], *end;
    span key = span_cut(&line, ' ');
    if (!span_equal(key, span_from_cstr(name)) || line.len == 0 || line.len >= sizeof(text)) {
        return false;
    }
    memcpy(text, line.ptr, line.len);
    text[line.len] = '\0';
    double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value) || value < 0 || value > 1e11) {
        return false;
    }
    *out = value;
    return true;
}

void metrics_history_parse(span text, struct metrics_history *out)
{
    *out = (struct metrics_history){ 0 };
    while (text.len > 0) {
        span line = span_cut(&text, '\n');
        out->has_success |= read_sample(line, last_success, &out->last_success_s);
        out->has_exit_status |= read_sample(line, last_exit, &out->last_exit_status);
    }
}

void metrics_history_read(const char *path, struct metrics_history *out)
{
    *out = (struct metrics_history){ 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    char *text = file ? malloc(METRICS_FILE_MAX) : NULL;
    if (text) {
        metrics_history_parse(span_of(text, fread(text, 1, METRICS_FILE_MAX, file)), out);
    }
    free(text);
    if (file) {
        fclose(file);
    } else if (fd >= 0) {
        close(fd);
    }
}

/* ---- what stands there now ---- */

static void begin(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_one(FILE *out, const char *name, const char *type, const char *help, double value)
{
    begin(out, name, type, help);
    fprintf(out, "%s %.15g\n", name, value);
}

/* A label's value: backslash, quote and line feed are escaped, other control bytes have no business there. */
static void put_label(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' || *text == '"') {
            fputc('\\', out);
            fputc(*text, out);
        } else if (*text == '\n') {
            fputs("\\n", out);
        } else {
            fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
        }
    }
}

static void put_labelled(FILE *out, const char *name, const char *label, const char *label_value, uint64_t value)
{
    fprintf(out, "%s{%s=\"", name, label);
    put_label(out, label_value);
    fprintf(out, "\"} %" PRIu64 "\n", value);
}

static void put_run(FILE *out, const struct metrics *m)
{
    bool is_success = m->has_ended && m->exit_status == EXIT_DONE;
    begin(out, "trifecta_build_info", "gauge", "1, with the version of the program that wrote this.");
    put_labelled(out, "trifecta_build_info", "version", TRIFECTA_VERSION, 1);
    put_one(out, "trifecta_run_active", "gauge", "1 while a run goes on: what is counted is not complete.",
            !m->has_ended);
    put_one(out, "trifecta_last_run_timestamp_seconds", "gauge", "When the last run began.",
            (double)m->started_ms / 1000);
    put_one(out, "trifecta_run_duration_seconds", "gauge",
            "How long the last run took, or has taken so far, resumed ones in all.", (double)m->elapsed_ms / 1000);
    if (is_success || m->history.has_success) {
        put_one(out, last_success, "gauge", "When a run last ended with status 0.",
                is_success ? (double)m->now_ms / 1000 : m->history.last_success_s);
    }
    if (m->has_ended || m->history.has_exit_status) {
        put_one(out, last_exit, "gauge", "Exit status of the last run that has ended.",
                m->has_ended ? m->exit_status : m->history.last_exit_status);
    }
}

static void put_domains(FILE *out, const struct metrics *m)
{
    static const char name[] = "trifecta_domains";
    const struct tally *t = &m->tally;
    uint64_t determined = t->records - t->excluded - t->unknown;
    begin(out, name, "gauge",
          "Names of the list: ok (all determined), unknown (something was not), excluded (not asked), invalid (a line "
          "that is no name).");
    put_labelled(out, name, "result", "ok", determined);
    put_labelled(out, name, "result", "unknown", t->unknown);
    put_labelled(out, name, "result", "excluded", t->excluded);
    put_labelled(out, name, "result", "invalid", m->rejected);
}

static void put_class(FILE *out, const char *protocol, const char *class, uint64_t value)
{
    fprintf(out, "trifecta_posture_domains{protocol=\"%s\",class=\"%s\"} %" PRIu64 "\n", protocol, class, value);
}

static void put_postures(FILE *out, const struct tally *t)
{
    begin(out, "trifecta_posture_domains", "gauge",
          "Domains by protocol and class; the classes of a protocol add up to the records. absent: the DNS says so; "
          "unknown: it did not say.");
    for (int i = 0; i < POSTURE_COUNT; i++) {
        put_class(out, "all", posture_name((enum posture)i), t->postures[i]);
    }
    for (size_t i = 0; i < POSTURE_CLASS_COUNT; i++) {
        const struct posture_class *class = posture_class(i);
        put_class(out, posture_protocol_name(class->protocol), class->name, t->classes[i]);
    }
}

static void put_asking(FILE *out, const struct metrics *m, const struct asker_stats *stats)
{
    static const char name[] = "trifecta_dns_queries_total";
    begin(out, name, "counter",
          "Questions sent that have come to an end, by the reply's rcode; timeout: there was no reply.");
    for (size_t i = 0; i < 16; i++) {
        put_labelled(out, name, "rcode", summary_rcode_name(i), m->spent.rcodes[i] + stats->rcodes[i]);
    }
    put_labelled(out, name, "rcode", "timeout", m->spent.timeouts + stats->timeouts);
    put_one(out, "trifecta_dns_retries_total", "counter", "Questions that were tried again.", (double)m->retries);
    put_one(out, "trifecta_dns_tcp_fallbacks_total", "counter", "Questions asked over TCP after a truncated reply.",
            (double)m->tcp);
    put_one(out, "trifecta_dns_in_flight", "gauge", "Questions in flight.",
            m->has_ended ? 0 : (double)stats->in_flight);
}

static void put_times(FILE *out, const struct asking_totals *asking)
{
    static const struct {
        uint64_t us;
        const char *seconds;
    } bounds[] = {
        { 1000, "0.001" },  { 2500, "0.0025" }, { 5000, "0.005" },  { 10000, "0.01" }, { 25000, "0.025" },
        { 50000, "0.05" },  { 100000, "0.1" },  { 250000, "0.25" }, { 500000, "0.5" }, { 1000000, "1" },
        { 2500000, "2.5" }, { 5000000, "5" },   { 10000000, "10" },
    };
    struct histogram rtt_us = { 0 };
    for (size_t i = 0; i < asking->resolver_count; i++) {
        histogram_merge(&rtt_us, &asking->resolvers[i].rtt_us);
    }
    begin(out, "trifecta_dns_query_seconds", "histogram",
          "Time from a question to its reply, this process; right within 7 %.");
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        fprintf(out, "trifecta_dns_query_seconds_bucket{le=\"%s\"} %" PRIu64 "\n", bounds[i].seconds,
                histogram_count_below(&rtt_us, bounds[i].us));
    }
    fprintf(out, "trifecta_dns_query_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", rtt_us.total);
    fprintf(out, "trifecta_dns_query_seconds_sum %.6f\ntrifecta_dns_query_seconds_count %" PRIu64 "\n",
            histogram_sum(&rtt_us) / 1e6, rtt_us.total);
}

static void put_resolver_states(FILE *out, const struct asking_totals *asking)
{
    uint64_t healthy = 0, all = 0;
    for (size_t i = 0; i < asking->resolver_count; i++) {
        const struct resolver_stats *r = &asking->resolvers[i].stats;
        healthy += r->healthy && !r->is_retired;
        all += !r->is_retired;
    }
    begin(out, "trifecta_resolvers", "gauge", "Resolvers of the list, by whether they are asked or taken out.");
    put_labelled(out, "trifecta_resolvers", "state", "healthy", healthy);
    put_labelled(out, "trifecta_resolvers", "state", "out", all - healthy);
}

enum resolver_column { RESOLVER_HEALTHY, RESOLVER_TIMEOUTS, RESOLVER_COLUMNS };

static void put_resolvers(FILE *out, const struct asking_totals *asking)
{
    static const struct {
        const char *name, *type, *help;
    } columns[RESOLVER_COLUMNS] = {
        [RESOLVER_HEALTHY] = { "trifecta_resolver_healthy", "gauge",
                               "1: it is asked; 0: it is taken out until it answers again." },
        [RESOLVER_TIMEOUTS] = { "trifecta_resolver_timeouts_total", "counter",
                                "Questions to it without a reply, this process." },
    };
    for (int c = 0; c < RESOLVER_COLUMNS; c++) {
        begin(out, columns[c].name, columns[c].type, columns[c].help);
        for (size_t i = 0; i < asking->resolver_count && i < METRICS_RESOLVERS_MAX; i++) {
            const struct resolver_stats *r = &asking->resolvers[i].stats;
            if (!r->is_retired) {
                put_labelled(out, columns[c].name, "resolver", r->address,
                             c == RESOLVER_HEALTHY ? r->healthy : r->timeouts);
            }
        }
    }
}

static void put_costs(FILE *out, const struct metrics *m)
{
    struct rusage usage = { 0 };
    getrusage(RUSAGE_SELF, &usage);
    put_one(out, "trifecta_output_bytes", "gauge", "Size of the output.", (double)m->output_bytes);
    put_one(out, "trifecta_peak_rss_bytes", "gauge", "Most memory the process has held.",
            (double)usage.ru_maxrss * 1024);
}

static void print(FILE *out, const struct metrics *m)
{
    put_run(out, m);
    if (m->has_counts) {
        put_domains(out, m);
        put_postures(out, &m->tally);
        put_asking(out, m, &m->asking->asked);
        put_times(out, m->asking);
        put_resolver_states(out, m->asking);
        put_resolvers(out, m->asking);
        put_costs(out, m);
    }
}

int metrics_write(const struct metrics *m, const char *path)
{
    char *new_path;
    if (asprintf(&new_path, "%s.new", path) < 0) {
        return -ENOMEM;
    }
    int err = 0, fd = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file) {
        err = -errno;
        if (fd >= 0) {
            close(fd);
        }
        free(new_path);
        return err;
    }
    (void)fchmod(fd, 0644); /* the exporter is another user */
    errno = 0;
    print(file, m);
    bool is_bad = ferror(file) || fflush(file) != 0;
    if (fclose(file) != 0 || is_bad || rename(new_path, path) < 0) {
        err = errno ? -errno : -EIO;
        unlink(new_path);
    }
    free(new_path);
    return err;
}
