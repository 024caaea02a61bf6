// SPDX-License-Identifier: MIT

/* `trifecta check`: the same scan for a few domains, drawn for a person, in the order they were given. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "lists/name.h"
#include "scanner/check_print.h"
#include "scanner/commands.h"
#include "scanner/exit_status.h"
#include "scanner/say.h"
#include "scanner/setup.h"
#include "scanner/wrap.h"

enum { CHECK_DOMAINS_MAX = 10000, CHECK_COLUMNS_DEFAULT = 100, CHECK_CONCURRENCY = 2000 };

struct checked {
    char *text;            /* what is printed; NULL until done */
    size_t len;
    enum posture posture;
};

struct check_run {
    const struct options *options;
    struct scan_loop *loop;
    struct check_style style;
    size_t columns;        /* where lines are wrapped */
    char (*names)[NAME_SIZE];
    struct checked *results;
    size_t count, next;
    struct arena scratch;
    bool is_out_of_memory;
};

static enum entry_take take_entry(void *owner, struct domain_entry *out)
{
    struct check_run *c = owner;
    if (c->next == c->count) {
        return ENTRY_END;
    }
    *out = (struct domain_entry){
        .index = c->next,
        .seq = c->next + 1,
        .domain = span_from_cstr(c->names[c->next]),
    };
    c->next++;
    return ENTRY_TAKEN;
}

static void print_json(FILE *out, const struct assessment *a, const struct record_facts *facts)
{
    struct json_buffer buffer;
    if (json_buffer_init_heap(&buffer, 16 * 1024, 64 * 1024 * 1024)) {
        if (record_print_line(a, facts, &buffer)) {
            fwrite(buffer.bytes, 1, buffer.len, out);
        }
        json_buffer_deinit(&buffer);
    }
}

static void on_finished(void *owner, struct domain_scan *d)
{
    struct check_run *c = owner;
    struct checked *result = &c->results[d->index];
    struct assessment assessment;
    struct record_facts facts;
    domain_scan_assess(d, &c->scratch, &assessment);
    domain_scan_facts(d, c->options->records == RECORDS_FULL, &facts);
    result->posture = assessment.posture;
    FILE *out = open_memstream(&result->text, &result->len);
    if (!out) {
        c->is_out_of_memory = true;
    } else {
        if (c->options->json) {
            print_json(out, &assessment, &facts);
        } else {
            check_print(out, &c->style, &assessment, &facts);
        }
        fclose(out);
    }
    c->is_out_of_memory |= c->scratch.has_no_memory;
    arena_reset(&c->scratch);
    scan_loop_give_back(c->loop, d);
}

/* Colour only on a terminal, never with NO_COLOR or TERM=dumb. */
static struct check_style find_style(void)
{
    const char *term = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");
    const char *locale = getenv("LC_ALL");
    locale = locale && locale[0] ? locale : getenv("LC_CTYPE");
    locale = locale && locale[0] ? locale : getenv("LANG");
    bool is_terminal = isatty(STDOUT_FILENO);
    return (struct check_style){
        .is_coloured = is_terminal && !(no_colour && no_colour[0]) && !(term && strcmp(term, "dumb") == 0),
        .is_utf8 = locale && (strstr(locale, "UTF-8") || strstr(locale, "utf8")),
    };
}

static size_t find_columns(void)
{
    struct winsize window;
    bool has_size = isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col >= 40;
    return has_size ? window.ws_col : CHECK_COLUMNS_DEFAULT;
}

static int read_names(struct check_run *c)
{
    const struct options *o = c->options;
    if (o->argument_count == 0 || o->argument_count > CHECK_DOMAINS_MAX) {
        say("%s; see trifecta check --help", o->argument_count == 0 ? "no domain given" : "too many domains: use trifecta scan");
        return EXIT_USAGE_WRONG;
    }
    c->names = calloc(o->argument_count, sizeof(*c->names));
    c->results = calloc(o->argument_count, sizeof(*c->results));
    if (!c->names || !c->results) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    for (size_t i = 0; i < o->argument_count; i++) {
        size_t len;
        enum name_result result = name_from_text(o->arguments[i], strlen(o->arguments[i]), c->names[i], &len);
        if (result != NAME_OK) {
            say("'%s' is no domain name: %s", o->arguments[i], name_result_text(result));
            return EXIT_INPUT_BAD;
        }
    }
    c->count = o->argument_count;
    return EXIT_DONE;
}

/* --require: every word must be a posture. */
static int check_require(const char *require)
{
    const char *names[POSTURE_COUNT + 1] = { NULL };
    for (int i = 0; i < POSTURE_COUNT; i++) {
        names[i] = posture_name((enum posture)i);
    }
    span rest = span_from_cstr(require ? require : "");
    while (rest.len > 0) {
        span word = span_trim(span_cut(&rest, ','));
        bool is_known = false;
        for (int i = 0; i < POSTURE_COUNT; i++) {
            is_known |= span_equal(word, span_from_cstr(names[i]));
        }
        if (!is_known) {
            const char *nearest = nearest_spelling(word, names);
            say("--require: no posture is called '%.*s'%s%s; see trifecta explain", SPAN_ARG(word),
                nearest ? "; did you mean " : "", nearest ? nearest : "");
            return EXIT_USAGE_WRONG;
        }
    }
    return EXIT_DONE;
}

static bool meets(const char *require, enum posture posture)
{
    span rest = span_from_cstr(require);
    while (rest.len > 0) {
        if (span_equal(span_trim(span_cut(&rest, ',')), span_from_cstr(posture_name(posture)))) {
            return true;
        }
    }
    return false;
}

static int print_results(const struct check_run *c)
{
    int status = EXIT_DONE;
    if (c->is_out_of_memory || scan_loop_get_progress(c->loop).is_out_of_memory) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    for (size_t i = 0; i < c->count; i++) {
        const struct checked *r = &c->results[i];
        if (!r->text) {
            say("%s: no result", c->names[i]);
            return EXIT_OUR_FAULT;
        }
        if (i > 0 && !c->options->json) {
            putchar('\n');
        }
        if (c->options->json) {
            fwrite(r->text, 1, r->len, stdout);
        } else {
            wrap_print(stdout, span_of(r->text, r->len), c->columns);
        }
        if (c->options->require && !meets(c->options->require, r->posture)) {
            say("%s is %s, required: %s", c->names[i], posture_name(r->posture), c->options->require);
            status = EXIT_ANSWER_NO;
        }
    }
    if (fflush(stdout) != 0) {
        say("cannot write to stdout: %s", strerror(errno));
        return EXIT_WRITE_ERROR;
    }
    return status;
}

static int run(struct check_run *c, struct setup *setup)
{
    uv_loop_t uv;
    int err = uv_loop_init(&uv);
    if (err < 0) {
        say("cannot begin: %s", strerror(-err));
        return EXIT_SYSTEM_LIMIT;
    }
    struct scan_loop_options options;
    setup_loop_options(setup, c->options, (struct share){ .sharers = 1 }, &options);
    options.loop = &uv;
    options.owner = c;
    options.take_entry = take_entry;
    options.on_finished = on_finished;
    options.second_pass = false;
    int status = EXIT_DONE;
    err = scan_loop_open(&c->loop, &options);
    if (err < 0) {
        say("cannot begin to ask: %s", strerror(-err));
        status = EXIT_SYSTEM_LIMIT;
    } else {
        char words[512];
        if (!scan_loop_probe(c->loop, words, sizeof(words))) {
            say("no resolver answers: %s; check the address, or give others with --resolvers", words);
            status = EXIT_NO_RESOLVER;
        } else {
            scan_loop_run(c->loop);
            status = print_results(c);
        }
        scan_loop_close(c->loop);
    }
    uv_run(&uv, UV_RUN_DEFAULT);
    uv_loop_close(&uv);
    return status;
}

int check_command(const struct options *given, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    enum { SCRATCH_SIZE = 64 * 1024, SCRATCH_LIMIT = 64 * 1024 * 1024 };
    static char scratch[SCRATCH_SIZE];
    struct options options = *given;
    struct setup setup;
    struct check_run c = { .options = &options, .style = find_style(), .columns = find_columns() };
    c.style.is_whole = options.verbose;
    arena_init(&c.scratch, scratch, sizeof(scratch), SCRATCH_LIMIT);
    if (options.concurrency > CHECK_CONCURRENCY) {
        options.concurrency = CHECK_CONCURRENCY;
    }
    if (getrandom(&options.seed, sizeof(options.seed), 0) != (ssize_t)sizeof(options.seed)) {
        options.seed = 1;
    }
    int status = check_require(options.require);
    if (status == EXIT_DONE) {
        status = read_names(&c);
    }
    if (status == EXIT_DONE) {
        status = setup_open(&setup, &options);
        if (status == EXIT_DONE) {
            status = run(&c, &setup);
            setup_close(&setup);
        }
    }
    for (size_t i = 0; i < c.count; i++) {
        free(c.results[i].text);
    }
    free(c.results);
    free(c.names);
    return status;
}
