// SPDX-License-Identifier: MIT

/*
 * `trifecta scan`: the wiring. Lists are read by one thread, asked about and classified by crews, the first of which has its
 * loop in this thread, written by one thread more; here they are started, stopped in the right order, and the exit status is
 * found.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <unistd.h>

#include "scanner/base/clock.h"
#include "scanner/commands.h"
#include "scanner/crews.h"
#include "scanner/exit_status.h"
#include "scanner/metrics.h"
#include "scanner/progress.h"
#include "scanner/query_budget.h"
#include "scanner/resolver_watch.h"
#include "scanner/run_identity.h"
#include "scanner/say.h"
#include "scanner/scan_output.h"
#include "scanner/setup.h"
#include "scanner/summary.h"
#include "scanner/way_out.h"

enum {
    FILES_MIN = 32,                       /* open at once, at least */
    CHUNKS_PER_WORKER = 3,
    HEALTH_INTERVAL_MS = 500,
    METRICS_INTERVAL_MS = 10000,
    FIRST_LINE_MS = 200,                  /* on a terminal one wants to see soon that it runs */
    SILENCE_MS = 2000,                    /* of the list: then what is waited for is said */
    ABORT_MAX_MS = 2000,                  /* what the second signal leaves for the last records and the checkpoint */
};

struct scan {
    const struct options *options;
    struct setup setup;
    struct scan_output output;
    struct exclude_list *exclude;
    struct rejects *rejects;
    struct list *list;
    struct list_thread *list_thread;
    struct crews crews;
    uv_loop_t *uv;                        /* of the first crew */
    uv_timer_t progress_timer, runtime_timer, health_timer, metrics_timer;
    uv_signal_t signals[4];
    size_t signal_count;
    struct writer *writer;

    struct progress progress;
    struct resolver_watch *watch;         /* with --verbose */
    struct metrics_history history;       /* what --metrics held before this run */
    bool metrics_failed, metrics_are_final;
    uint64_t seed, started_ns;
    int64_t started_ms;
    bool was_interrupted, has_gone_dark;
};

/* ---- lists ---- */

static int list_failure_status(int err)
{
    return err == -EINVAL ? EXIT_INPUT_BAD : err == -ENOMEM ? EXIT_SYSTEM_LIMIT : EXIT_LIST_UNREADABLE;
}

static int open_list(struct scan *s, uint64_t seed)
{
    const struct options *o = s->options;
    char error[LIST_ERROR_SIZE];
    if (o->exclude && exclude_list_open(&s->exclude, o->exclude, error, sizeof(error)) < 0) {
        say("--exclude %s", error);
        return EXIT_LIST_UNREADABLE;
    }
    if (o->rejects && rejects_open(&s->rejects, o->rejects, 0, error, sizeof(error)) < 0) {
        say("--rejects %s", error);
        return EXIT_OUTPUT_IMPOSSIBLE;
    }
    struct list_options wish = {
        .paths = o->arguments,
        .path_count = o->argument_count,
        .wish = { (enum layout_kind)o->input_format, o->column, o->tag_column, o->selector_column },
        .is_shuffled = o->order == ORDER_SHUFFLED,
        .seed = seed,
        .shards = (uint32_t)o->shards,
        .shard = (uint32_t)o->shard,
        .dedup = o->dedup,
        .suffixes = s->setup.suffixes,
        .exclude = s->exclude,
        .on_reject = s->rejects ? rejects_write : NULL,
        .on_reject_arg = s->rejects,
        .is_strict = o->strict,
        .is_stopping = list_thread_is_stopping,
        .is_stopping_arg = &s->list_thread,
    };
    int err = list_open(&s->list, &wish, error, sizeof(error));
    if (err < 0) {
        say("%s", error);
        return list_failure_status(err);
    }
    return EXIT_DONE;
}

static void say_list_is_empty(const struct list_facts *total)
{
    say("the list holds no domain name (%llu lines, %llu rejected)%s", (unsigned long long)total->lines,
        (unsigned long long)total->rejected, total->rejected > 0 ? "; --rejects FILE says why, --column picks another column" : "");
}

static int dry_run(struct scan *s, int argc, char **argv)
{
    struct list_block *block = list_block_new(LIST_BLOCK_ENTRIES);
    if (!block) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    int count;
    while ((count = list_read_block(s->list, block)) > 0) {
    }
    list_block_free(block);
    if (count < 0) {
        say("%s", list_error(s->list));
        return list_failure_status(count);
    }
    struct list_facts total = list_totals(s->list);
    bool is_empty = total.names + total.other_shards == 0;
    if (is_empty) {
        say_list_is_empty(&total);
    }
    struct summary summary = {
        .argc = argc,
        .argv = argv,
        .started_ms = s->started_ms,
        .finished_ms = clock_wall_ms(),
        .elapsed_ms = (clock_now_ns() - s->started_ns) / 1000000u,
        .list = s->list,
        .seed = s->seed,
        .shards = s->options->shards,
        .shard = s->options->shard,
        .queries_at_most = query_budget_packets(&s->setup.mail, s->options, total.names - total.excluded),
        .exit_status = is_empty ? EXIT_INPUT_BAD : EXIT_DONE,
    };
    int err = summary_write(&summary, NULL);
    if (err < 0) {
        say("cannot write to stdout: %s", strerror(-err));
        return EXIT_WRITE_ERROR;
    }
    return summary.exit_status;
}

/* ---- progress and signals ---- */

static uint64_t names_to_do(const struct scan *s, uint64_t expected)
{
    uint64_t most = s->output.already.records + s->options->max_domains;
    return s->options->max_domains > 0 && expected > most ? most : expected;
}

/* Also while the resolvers are probed or the first name is waited for, when there is no list thread or writer yet. */
static struct progress_now progress_now(const struct scan *s)
{
    struct crew_figures crews;
    crews_get_figures(&s->crews, &crews);
    struct writer_progress written = { .records = s->output.already.records, .unknown = s->output.already.unknown };
    if (s->writer) {
        written = writer_get_progress(s->writer);
    }
    struct list_progress list = { 0 };
    if (s->list_thread) {
        list = list_thread_get_progress(s->list_thread);
    }
    return (struct progress_now){
        .elapsed_ms = (clock_now_ns() - s->started_ns) / 1000000u,
        .done = written.records,
        .done_here = written.records - s->output.already.records,
        .total = names_to_do(s, list.expected),
        .total_is_exact = list.has_ended,
        .queries = crews.asked.queries,
        .answers = crews.asked.answers,
        .in_flight = crews.asked.in_flight,
        .unknown = written.unknown,
        .bytes_out = written.bytes,
        .parked = crews.parked,
        .is_stopping = s->was_interrupted,
    };
}

static void on_progress(uv_timer_t *timer)
{
    struct scan *s = timer->data;
    struct progress_now now = progress_now(s);
    progress_draw(&s->progress, &now);
}

/* Now and then, so that little of it is lost to a kill. */
static void note_effort(struct scan *s, const struct asker_stats *asked)
{
    struct effort effort = { .elapsed_ms = (clock_now_ns() - s->started_ns) / 1000000u, .timeouts = asked->timeouts };
    memcpy(effort.rcodes, asked->rcodes, sizeof(effort.rcodes));
    effort_add(&effort, &s->output.spent);
    writer_note_effort(s->writer, &effort);
}

static void before_saying(void *owner)
{
    struct scan *s = owner;
    progress_clear(&s->progress);
}

/* What one crew meets concerns all: memory that is gone, resolvers that are gone for all of them (exit 69). */
static void on_health(uv_timer_t *timer)
{
    struct scan *s = timer->data;
    struct crew_figures crews;
    crews_get_figures(&s->crews, &crews);
    note_effort(s, &crews.asked);
    if (s->watch) {
        resolver_watch_look(s->watch, scan_loop_asker(crew_loop(s->crews.items[0])), clock_now_ns(), before_saying, s);
    }
    s->has_gone_dark |= crews.is_in_the_dark;
    if (crews.is_in_the_dark || crews_are_out_of_memory(&s->crews)) {
        crews_give_order(&s->crews, CREW_ABORT);
    }
}

/* With the counts of a run that goes on or has ended; without (NULL), of one that failed before it began. */
static void write_metrics(struct scan *s, const struct asking_totals *asking, bool has_ended, int status)
{
    struct metrics m = {
        .history = s->history,
        .started_ms = s->started_ms,
        .now_ms = clock_wall_ms(),
        .elapsed_ms = s->output.spent.elapsed_ms + (clock_now_ns() - s->started_ns) / 1000000u,
        .has_ended = has_ended,
        .exit_status = status,
        .has_counts = asking != NULL,
    };
    if (asking) {
        m.asking = asking;
        writer_get_tally(s->writer, &m.tally);
        m.spent = s->output.spent;
        m.rejected = list_thread_get_progress(s->list_thread).rejected;
        m.retries = s->output.already.retries + asking->asked.retries;
        m.tcp = s->output.already.tcp + asking->asked.tcp;
        m.output_bytes = writer_get_progress(s->writer).bytes;
    }
    int err = metrics_write(&m, s->options->metrics);
    if (err < 0 && !s->metrics_failed) {
        progress_clear(&s->progress);
        say("cannot write %s: %s", s->options->metrics, strerror(-err));
    }
    s->metrics_failed = err < 0;
    s->metrics_are_final = has_ended;
}

static void on_metrics(uv_timer_t *timer)
{
    struct scan *s = timer->data;
    struct asking_totals asking;
    if (crews_get_totals(&s->crews, &asking) == 0) {
        write_metrics(s, &asking, false, 0);
        asking_totals_deinit(&asking);
    }
}

static void on_runtime_over(uv_timer_t *timer)
{
    struct scan *s = timer->data;
    s->was_interrupted = true;
    crews_give_order(&s->crews, CREW_STOP);
}

static void read_resolvers_again(struct scan *s)
{
    if (setup_read_resolvers(&s->setup, s->options) != EXIT_DONE) {
        say("the resolvers stay as they were");
        return;
    }
    int err = crews_give_resolvers(&s->crews, s->setup.resolvers, s->setup.resolver_list.count);
    if (err < 0) {
        say("the resolvers stay as they were: %s", err == -ERANGE ? "a max-inflight is below the number of loops" : strerror(-err));
    } else {
        say("resolvers read again");
    }
}

static void read_exclude_again(struct scan *s)
{
    struct exclude_list *exclude;
    char error[LIST_ERROR_SIZE];
    if (!s->options->exclude || !s->list_thread) {
        return;
    }
    if (exclude_list_open(&exclude, s->options->exclude, error, sizeof(error)) < 0) {
        say("%s; the exclude list stays as it was", error);
        return;
    }
    list_thread_set_exclude(s->list_thread, exclude);
    say("exclude list read again: holds for names not read yet");
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct scan *s = handle->data;
    progress_clear(&s->progress);
    if (number == SIGUSR1) {
        on_progress(&s->progress_timer);
    } else if (number == SIGHUP) {
        read_resolvers_again(s);
        read_exclude_again(s);
    } else if (s->was_interrupted) {
        way_out_within_ms(ABORT_MAX_MS);
        crews_give_order(&s->crews, CREW_ABORT);
    } else {
        s->was_interrupted = true;
        if (!s->options->quiet) {
            say("stopping: finishing what is in flight (once more: at once)");
        }
        crews_give_order(&s->crews, CREW_STOP);
    }
}

/* 0 or libuv's negative errno: no file descriptor for it, no memory. */
static int start_signals(struct scan *s)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGUSR1, SIGHUP };
    int err = 0;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && err == 0; i++) {
        err = uv_signal_init(s->uv, &s->signals[i]);
        if (err == 0) {
            s->signals[i].data = s;
            s->signal_count++;
            err = uv_signal_start(&s->signals[i], on_signal, numbers[i]);
            uv_unref((uv_handle_t *)&s->signals[i]);
        }
    }
    return err;
}

static int start_handles(struct scan *s)
{
    uv_timer_init(s->uv, &s->progress_timer);
    uv_timer_init(s->uv, &s->runtime_timer);
    uv_timer_init(s->uv, &s->health_timer);
    uv_timer_init(s->uv, &s->metrics_timer);
    s->progress_timer.data = s->runtime_timer.data = s->health_timer.data = s->metrics_timer.data = s;
    if (!s->progress.is_silent) {
        uint64_t interval = progress_interval_ms(&s->progress);
        uv_timer_start(&s->progress_timer, on_progress, s->progress.is_in_place ? FIRST_LINE_MS : interval, interval);
    }
    if (s->options->max_runtime_ms > 0) {
        uv_timer_start(&s->runtime_timer, on_runtime_over, s->options->max_runtime_ms, 0);
    }
    return start_signals(s);
}

static void close_handles(struct scan *s)
{
    for (size_t i = 0; i < s->signal_count; i++) {
        uv_close((uv_handle_t *)&s->signals[i], NULL);
    }
    uv_close((uv_handle_t *)&s->progress_timer, NULL);
    uv_close((uv_handle_t *)&s->runtime_timer, NULL);
    uv_close((uv_handle_t *)&s->health_timer, NULL);
    uv_close((uv_handle_t *)&s->metrics_timer, NULL);
}

/* ---- start ---- */

/* With fewer than FILES_MIN libuv aborts, or a socket that cannot be made passes for a resolver that does not answer. */
static int raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        return EXIT_DONE;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur < FILES_MIN) {
        say("Too many open files: only %llu are allowed, a scan needs %d at least; raise ulimit -n", (unsigned long long)limit.rlim_cur, FILES_MIN);
        return EXIT_SYSTEM_LIMIT;
    }
    return EXIT_DONE;
}

static int probe_resolvers(struct scan *s)
{
    char words[512];
    if (!scan_loop_probe(crew_loop(s->crews.items[0]), words, sizeof(words))) {
        say("no resolver answers: %s; check the address, or give others with --resolvers", words);
        return EXIT_NO_RESOLVER;
    }
    return EXIT_DONE;
}

/* Waits for the first name, so that a list without any makes no output (record.md, decided case 23). */
static int await_first_entry(struct scan *s)
{
    int err = list_thread_start(&s->list_thread, &(struct list_thread_options){
        .list = s->list,
        .takers = s->crews.count,
        .taker_of = crews_taker_of,
        .on_block = crews_wake,
        .owner = &s->crews,
    });
    if (err < 0) {
        say("cannot start a thread: %s", strerror(-err));
        return EXIT_SYSTEM_LIMIT;
    }
    enum list_take took;
    bool was_said = s->options->quiet || s->options->order != ORDER_SHUFFLED;
    uint64_t say_at_ns = clock_now_ns() + SILENCE_MS * UINT64_C(1000000);
    while ((took = list_thread_look(s->list_thread)) == LIST_NOT_YET && !s->was_interrupted) {
        uv_run(s->uv, UV_RUN_ONCE);
        if (!was_said && clock_now_ns() >= say_at_ns) {
            was_said = true;
            progress_clear(&s->progress);
            say("waiting for names: shuffled order needs %d of them, or the end of the list; --order list asks each as it comes",
                LIST_WINDOW_DEFAULT);
        }
    }
    if (took == LIST_TAKEN) {
        return EXIT_DONE;
    }
    if (took == LIST_NOT_YET) {
        return EXIT_STOPPED_EARLY;
    }
    if (took == LIST_FAILED) {
        say("%s", list_error(s->list));
        return list_failure_status(list_thread_failure(s->list_thread));
    }
    struct list_facts total = list_totals(s->list);
    if (total.other_shards > 0) {
        return EXIT_DONE; /* all names belong to other shards: an empty output is right */
    }
    say_list_is_empty(&total);
    return EXIT_INPUT_BAD;
}

static int before_done(void *owner, const struct tally *tally)
{
    struct scan *s = owner;
    return scan_output_write_manifest(&s->output, s->list, s->options, tally);
}

/* The writer's events are for the crews: each looks at its state. */
static void on_writer_event(void *owner)
{
    struct scan *s = owner;
    crews_wake(&s->crews);
}

static int hire(struct scan *s)
{
    size_t workers = crews_count_workers(&s->crews, s->options);
    int err = writer_start(&s->writer, &(struct writer_options){
        .file = s->output.file,
        .checkpoint = s->output.keeps_checkpoint ? &s->output.checkpoint : NULL,
        .checkpoint_path = s->output.checkpoint_path,
        .watermark = s->output.keeps_checkpoint ? &s->output.written : NULL,
        .already = s->output.already,
        .checkpoint_every_ms = s->options->checkpoint_every_ms,
        .producers = workers,
        .chunks_per_producer = CHUNKS_PER_WORKER,
        .before_done = before_done,
        .on_event = on_writer_event,
        .owner = s,
    });
    if (err == 0) {
        err = crews_hire(&s->crews, &(struct crew_work){
            .list = s->list_thread,
            .skip = s->output.is_resuming ? &s->output.skip : NULL,
            .writer = s->writer,
            .chunk_age_ms = chunk_age_ms(s->options->checkpoint_every_ms),
            .worker_count = workers,
            .is_full_record = s->options->records == RECORDS_FULL,
        });
    }
    if (err < 0) {
        say("cannot start the threads: %s; fewer --workers need less", strerror(-err));
        (void)crews_dismiss(&s->crews);
        if (s->writer && writer_finish(s->writer, false) < 0) {
            say("%s", result_file_trouble(s->output.file)->words);
        }
        return EXIT_SYSTEM_LIMIT;
    }
    return EXIT_DONE;
}

/* ---- end ---- */

static int status_of_write_failure(const struct scan *s, int failure)
{
    if (failure == -RESULT_READER_GONE) {
        return EXIT_DONE;
    }
    const char *words = writer_words(s->writer);
    say("%s%s", words[0] ? words : result_file_trouble(s->output.file)->words,
        s->output.keeps_checkpoint ? "; what the checkpoint counts is safe: put it right (space, folder), then run the same command again"
                                   : "");
    return EXIT_WRITE_ERROR;
}

/* In = out, or it is said (design: never loses a domain). */
static int status_of_complete_run(const struct scan *s, uint64_t lost)
{
    const struct tally *t = writer_tally(s->writer);
    uint64_t names = list_thread_get_progress(s->list_thread).names;
    if (t->records != names || lost > 0) {
        say("our fault: %llu names, but %llu records; please report this", (unsigned long long)names,
            (unsigned long long)t->records);
        return EXIT_OUR_FAULT;
    }
    if (t->records > 0 && 100.0 * (double)t->unknown / (double)t->records > s->options->max_unknown) {
        say("%llu of %llu domains hold something unknown: more than --max-unknown %g%%", (unsigned long long)t->unknown,
            (unsigned long long)t->records, s->options->max_unknown);
        return EXIT_TOO_MANY_UNKNOWN;
    }
    return EXIT_DONE;
}

/* A disk may hang here for as long as it likes: the second signal still ends the program. */
static int end_run(struct scan *s, int run_err)
{
    way_out_on_signals(s->was_interrupted);
    list_thread_halt(s->list_thread);
    uint64_t lost = crews_dismiss(&s->crews);
    bool list_failed = crews_saw_list_fail(&s->crews);
    bool is_complete = crews_are_complete(&s->crews) && lost == 0;
    struct crew_figures crews;
    crews_get_figures(&s->crews, &crews);
    note_effort(s, &crews.asked);
    int err = writer_finish(s->writer, is_complete);
    if (err < 0) {
        return status_of_write_failure(s, err);
    }
    if (run_err < 0) {
        say("cannot start the threads: %s; fewer --loops need less", strerror(-run_err));
        return EXIT_SYSTEM_LIMIT;
    }
    if (crews_are_out_of_memory(&s->crews)) {
        say("out of memory; the same command line goes on where it stopped");
        return EXIT_SYSTEM_LIMIT;
    }
    if (list_failed) {
        say("%s; what was scanned so far is safe", list_error(s->list));
        return list_failure_status(list_thread_failure(s->list_thread));
    }
    if (s->has_gone_dark) {
        say("no resolver has answered for %d s: the domains not yet scanned were left; the same command line goes on",
            CREW_DARK_MAX_MS / 1000);
        return EXIT_NO_RESOLVER;
    }
    if (!is_complete && lost == 0) {
        return EXIT_STOPPED_EARLY;
    }
    return status_of_complete_run(s, lost);
}

/* At the start: after days of scanning it would be late to say so. */
static int check_can_be_made(const char *path)
{
    if (!path) {
        return EXIT_DONE;
    }
    int made = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (made >= 0) {
        close(made);
        unlink(path);
        return EXIT_DONE;
    }
    if (errno != EEXIST || access(path, W_OK) < 0) {
        say("cannot make %s: %s", path, strerror(errno));
        return EXIT_OUTPUT_IMPOSSIBLE;
    }
    return EXIT_DONE;
}

static int close_rejects(struct scan *s, int status)
{
    int err = s->rejects ? rejects_close(s->rejects) : 0;
    s->rejects = NULL;
    if (err < 0) {
        say("cannot write %s: %s", s->options->rejects, strerror(-err));
        return status == EXIT_DONE ? EXIT_WRITE_ERROR : status;
    }
    return status;
}

static int write_summary(struct scan *s, const struct asking_totals *asking, uint64_t elapsed_ms, int status, int argc, char **argv)
{
    struct result_position position = result_file_position(s->output.file);
    struct summary summary = {
        .argc = argc,
        .argv = argv,
        .started_ms = s->started_ms,
        .finished_ms = clock_wall_ms(),
        .elapsed_ms = elapsed_ms,
        .list = s->list,
        .tally = *writer_tally(s->writer),
        .already = s->output.already,
        .spent = s->output.spent,
        .started_at = s->output.is_resuming ? s->output.started_at : NULL,
        .asking = asking,
        .seed = s->seed,
        .shards = s->options->shards,
        .shard = s->options->shard,
        .output = s->output.path,
        .output_bytes = position.offset,
        .output_uncompressed_bytes = position.uncompressed_bytes,
        .output_frames = position.frames,
        .resumed = s->output.checkpoint.resumed,
        .exit_status = status,
    };
    return summary_write(&summary, s->options->summary);
}

static int report_end(struct scan *s, int status, int argc, char **argv)
{
    struct progress_now now = progress_now(s);
    now.in_flight = 0;
    now.questions_per_domain = tally_questions_per_domain(writer_tally(s->writer));
    now.is_stopping = false;
    if (status != EXIT_DONE && !now.total_is_exact) {
        now.total = 0; /* the list was not read to its end: how long it is nobody knows */
    }
    bool goes_on = status == EXIT_STOPPED_EARLY && s->output.keeps_checkpoint;
    progress_draw_last(&s->progress, &now, goes_on                ? "stopped early, the same command line goes on; ran" :
                                           status == EXIT_DONE ? "done in" : "ended after");
    struct asking_totals asking;
    int err = crews_get_totals(&s->crews, &asking);
    if (err == 0 && s->options->summary) {
        err = write_summary(s, &asking, now.elapsed_ms, status, argc, argv);
    }
    if (err < 0) {
        say("cannot write %s: %s", s->options->summary ? s->options->summary : "the metrics", strerror(-err));
        status = status == EXIT_DONE ? EXIT_WRITE_ERROR : status;
    }
    if (s->options->metrics) {
        write_metrics(s, &asking, true, status);
    }
    asking_totals_deinit(&asking);
    return status;
}

static int run_crews(struct scan *s, int argc, char **argv)
{
    if (!s->options->quiet) {
        progress_clear(&s->progress);
        if (geteuid() == 0) {
            say("running as root, which a scan does not need");
        }
        say("%s %s, seed %llu", s->output.is_resuming ? "going on with" : "writing",
            strcmp(s->output.path, "-") == 0 ? "to stdout" : s->output.path, (unsigned long long)s->seed);
    }
    s->watch = s->options->quiet ? NULL : resolver_watch_new(s->options->verbose);
    if (s->options->metrics) {
        uv_timer_start(&s->metrics_timer, on_metrics, 0, METRICS_INTERVAL_MS);
    }
    uv_timer_start(&s->health_timer, on_health, HEALTH_INTERVAL_MS, HEALTH_INTERVAL_MS);
    note_effort(s, &(struct asker_stats){ .queries = 0 });
    int err = crews_run(&s->crews);
    progress_clear(&s->progress); /* what is said now gets a line of its own */
    int status = close_rejects(s, end_run(s, err));
    return report_end(s, status, argc, argv);
}

static int run_with_handles(struct scan *s, int argc, char **argv)
{
    int status = probe_resolvers(s);
    if (status == EXIT_DONE) {
        status = await_first_entry(s);
    }
    if (status == EXIT_DONE) {
        run_identity_note(&s->output, s->options, &s->setup.mail, s->list, s->seed);
        status = scan_output_begin(&s->output, s->seed);
    }
    if (status == EXIT_DONE) {
        status = hire(s);
    }
    return status == EXIT_DONE ? run_crews(s, argc, argv) : status;
}

static int run(struct scan *s, int argc, char **argv)
{
    int status = EXIT_SYSTEM_LIMIT;
    int err = crews_open(&s->crews, &s->setup, s->options);
    if (err < 0) {
        say("cannot begin to ask: %s", strerror(-err));
    } else {
        s->uv = crew_uv(s->crews.items[0]);
        err = start_handles(s);
        if (err < 0) {
            say("cannot begin: %s", strerror(-err));
        } else {
            status = run_with_handles(s, argc, argv);
        }
        list_thread_stop(s->list_thread);
        close_handles(s);
    }
    crews_close(&s->crews);
    writer_free(s->writer);
    resolver_watch_free(s->watch);
    return status;
}

static uint64_t new_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
        seed = clock_now_ns();
    }
    return seed & ((UINT64_C(1) << 53) - 1); /* as a number that every JSON reader keeps whole */
}

/* Before anything is made: a list that is not there must not be hidden by what is wrong with the output. */
static int check_lists_are_readable(const struct options *options)
{
    for (size_t i = 0; i < options->argument_count; i++) {
        const char *path = options->arguments[i];
        struct stat status;
        if (strcmp(path, "-") == 0) {
            continue;
        }
        if (access(path, R_OK) < 0) {
            say("%s: cannot be read: %s", path[0] != '\0' ? path : "''", strerror(errno));
            return EXIT_LIST_UNREADABLE;
        }
        if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
            say("%s is a folder: give the lists in it", path);
            return EXIT_LIST_UNREADABLE;
        }
    }
    return EXIT_DONE;
}

static int scan(struct scan *s, struct options *options, int argc, char **argv)
{
    int status = scan_output_check_name(options->output);
    if (status == EXIT_DONE) {
        status = check_lists_are_readable(options);
    }
    if (status == EXIT_DONE && !options->dry_run) {
        status = check_can_be_made(options->summary);
    }
    if (status == EXIT_DONE && !options->dry_run) {
        status = scan_output_open(&s->output, options);
    }
    if (status != EXIT_DONE) {
        return status;
    }
    if (!options->has_seed) {
        (void)scan_output_seed(&s->output, &s->seed);
    }
    options->seed = s->seed;
    status = setup_open(&s->setup, options);
    if (status == EXIT_DONE) {
        status = open_list(s, s->seed);
        if (status == EXIT_DONE) {
            status = options->dry_run ? dry_run(s, argc, argv) : run(s, argc, argv);
            list_close(s->list);
        }
        status = close_rejects(s, status);
        exclude_list_close(s->exclude);
        setup_close(&s->setup);
    }
    if (!options->dry_run) {
        scan_output_close(&s->output);
    }
    return status;
}

/* The run that holds the lock writes the metrics itself. */
static int scan_with_metrics(struct scan *s, struct options *options, int argc, char **argv)
{
    int status = check_can_be_made(options->metrics);
    if (status != EXIT_DONE) {
        return status;
    }
    metrics_history_read(options->metrics, &s->history);
    status = scan(s, options, argc, argv);
    if (!s->metrics_are_final && status != EXIT_LOCKED) {
        write_metrics(s, NULL, true, status);
    }
    return status == EXIT_DONE && s->metrics_failed ? EXIT_WRITE_ERROR : status;
}

int scan_command(const struct options *given, int argc, char **argv)
{
    struct options options = *given;
    struct scan s = { .options = &options, .started_ns = clock_now_ns(), .started_ms = clock_wall_ms(), .seed = given->seed };
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    int status = raise_file_limit();
    if (status != EXIT_DONE) {
        return status;
    }
    if (!options.has_seed) {
        s.seed = new_seed();
    }
    progress_init(&s.progress, options.progress, options.quiet);
    return options.metrics && !options.dry_run ? scan_with_metrics(&s, &options, argc, argv) : scan(&s, &options, argc, argv);
}
