// SPDX-License-Identifier: MIT
#include "scanner/summary.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

#include "output/json.h"
#include "scanner/base/clock.h"

static void print_times(const struct summary *s, struct json *j)
{
    char text[CLOCK_TEXT_SIZE];
    clock_print_utc(s->started_ms, text);
    json_put_text(j, "started_at", s->started_at ? s->started_at : text);
    clock_print_utc(s->finished_ms, text);
    json_put_text(j, "finished_at", text);
    json_put_u64(j, "elapsed_ms", s->spent.elapsed_ms + s->elapsed_ms);
}

static void print_lists(const struct summary *s, struct json *j)
{
    json_key(j, "lists");
    json_begin_array(j);
    for (size_t i = 0; i < list_count(s->list); i++) {
        const struct list_facts *f = list_get_facts(s->list, i);
        char hash[17];
        snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)f->xxh3);
        json_begin_object(j);
        json_put_text(j, "path", f->path);
        json_put_text(j, "format", f->format);
        json_put_text(j, "compression", f->compression);
        json_put_u64(j, "lines", f->lines);
        json_put_u64(j, "names", f->names);
        json_put_u64(j, "rejected", f->rejected);
        json_put_u64(j, "duplicates", f->duplicates);
        json_put_text(j, "xxh3", f->is_finished ? hash : NULL);
        json_end_object(j);
    }
    json_end_array(j);
    struct list_facts total = list_totals(s->list);
    json_put_u64(j, "names", total.names);
    json_put_u64(j, "rejected", total.rejected);
    json_put_u64(j, "duplicates", total.duplicates);
    json_put_u64(j, "excluded", total.excluded);
}

static void print_tally(const struct tally *t, struct json *j)
{
    json_put_u64(j, "records", t->records);
    json_key(j, "outcomes");
    json_begin_object(j);
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        json_put_u64(j, domain_outcome_name((enum domain_outcome)i), t->outcomes[i]);
    }
    json_end_object(j);
    json_key(j, "postures");
    json_begin_object(j);
    for (int i = 0; i < POSTURE_COUNT; i++) {
        json_put_u64(j, posture_name((enum posture)i), t->postures[i]);
    }
    json_end_object(j);
    json_put_u64(j, "unknown", t->unknown);
}

static const char *const rcode_names[16] = {
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE",  "RCODE11",  "RCODE12", "RCODE13", "RCODE14",  "RCODE15",
};

const char *summary_rcode_name(size_t rcode)
{
    return rcode_names[rcode];
}

static void print_asking(const struct summary *s, struct json *j)
{
    static const struct asking_totals nothing;
    const struct asking_totals *asking = s->asking ? s->asking : &nothing;
    const struct asker_stats *stats = &asking->asked;
    /* Of the whole run: what the records of earlier processes say, and what this one has counted. */
    const struct tally *before = &s->already;
    json_put_u64(j, "queries", before->queries + before->retries + stats->queries);
    json_put_u64(j, "shared", before->shared + asking->shared.hits + asking->shared.joins);
    json_put_u64(j, "retries", before->retries + stats->retries);
    json_put_u64(j, "timeouts", s->spent.timeouts + stats->timeouts);
    json_put_u64(j, "tcp", before->tcp + stats->tcp);
    json_put_u64(j, "asked_again", asking->asked_again);
    json_key(j, "questions_per_domain");
    json_double(j, tally_questions_per_domain(&s->tally), 3);
    json_key(j, "saved");
    json_begin_object(j);
    json_put_u64(j, "known", asking->shared.hits);
    json_put_u64(j, "joined", asking->shared.joins);
    json_put_u64(j, "pruned", s->tally.pruned);
    json_end_object(j);
    json_key(j, "rcodes");
    json_begin_object(j);
    for (size_t i = 0; i < 16; i++) {
        uint64_t count = s->spent.rcodes[i] + stats->rcodes[i];
        if (count > 0) {
            json_put_u64(j, rcode_names[i], count);
        }
    }
    json_end_object(j);
    json_key(j, "resolvers");
    json_begin_array(j);
    for (size_t i = 0; i < asking->resolver_count; i++) {
        const struct resolver_stats r = asking->resolvers[i].stats;
        json_begin_object(j);
        json_put_text(j, "address", r.address);
        json_put_u64(j, "queries", r.queries);
        json_put_u64(j, "answers", r.answers);
        json_put_u64(j, "timeouts", r.timeouts);
        json_put_u64(j, "servfail", r.servfail);
        json_put_u64(j, "refused", r.refused);
        json_key(j, "rtt_ms_p50");
        json_double(j, r.rtt_ms_p50, 3);
        json_key(j, "rtt_ms_p99");
        json_double(j, r.rtt_ms_p99, 3);
        json_put_u64(j, "window", r.window);
        json_key(j, "healthy");
        json_bool(j, r.healthy);
        json_put_text(j, "state", resolver_state_name(r.state));
        json_key(j, "rate");
        json_double(j, r.rate, 3);
        json_key(j, "learned_rate");
        json_double(j, r.learned_rate, 3);
        json_end_object(j);
    }
    json_end_array(j);
}

static uint64_t timeval_ms(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_usec / 1000u;
}

static void print_costs(const struct summary *s, struct json *j)
{
    struct rusage usage = { 0 };
    getrusage(RUSAGE_SELF, &usage);
    json_key(j, "output");
    if (s->output) {
        json_begin_object(j);
        json_put_text(j, "path", s->output);
        json_put_u64(j, "bytes", s->output_bytes);
        json_put_u64(j, "uncompressed_bytes", s->output_uncompressed_bytes);
        json_put_u64(j, "frames", s->output_frames);
        json_end_object(j);
    } else {
        json_null(j);
    }
    json_key(j, "cpu_ms");
    json_begin_object(j);
    json_put_u64(j, "user", timeval_ms(usage.ru_utime));
    json_put_u64(j, "system", timeval_ms(usage.ru_stime));
    json_end_object(j);
    json_put_u64(j, "peak_rss_bytes", (uint64_t)usage.ru_maxrss * 1024u);
}

static void print(const struct summary *s, struct json *j)
{
    json_begin_object(j);
    json_put_u64(j, "schema", 1);
    json_put_text(j, "version", TRIFECTA_VERSION);
    json_key(j, "command");
    json_begin_array(j);
    for (int i = 0; i < s->argc; i++) {
        json_cstr(j, s->argv[i]);
    }
    json_end_array(j);
    print_times(s, j);
    print_lists(s, j);
    print_tally(&s->tally, j);
    print_asking(s, j);
    json_put_u64(j, "seed", s->seed);
    json_put_u64(j, "shards", s->shards);
    json_put_u64(j, "shard", s->shard);
    if (!s->asking) {
        json_put_u64(j, "queries_at_most", s->queries_at_most);
    }
    print_costs(s, j);
    json_put_u64(j, "resumed", s->resumed);
    json_key(j, "exit_status");
    json_i64(j, s->exit_status);
    json_end_object(j);
}

int summary_write(const struct summary *summary, const char *path)
{
    struct json_buffer buffer;
    if (!json_buffer_init_heap(&buffer, 64 * 1024, 64 * 1024 * 1024)) {
        return -ENOMEM;
    }
    struct json json;
    json_start(&json, &buffer);
    print(summary, &json);
    int err = json_end_line(&json) ? 0 : -EOVERFLOW;
    FILE *file = err < 0 ? NULL : path ? fopen(path, "we") : stdout;
    if (err == 0 && !file) {
        err = -errno;
    }
    if (file) {
        if (fwrite(buffer.bytes, 1, buffer.len, file) != buffer.len || fflush(file) != 0) {
            err = -errno;
        }
        if (path && fclose(file) != 0 && err == 0) {
            err = -errno;
        }
    }
    json_buffer_deinit(&buffer);
    return err;
}
