// SPDX-License-Identifier: MIT

/*
 * `trifecta spf`: check_host() of RFC 7208 for one sender, over the same engine as a scan. The domain is scanned with
 * no check but that sender.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "lists/name.h"
#include "scanner/base/clock.h"
#include "scanner/check_print.h"
#include "scanner/commands.h"
#include "scanner/exit_status.h"
#include "scanner/say.h"
#include "scanner/setup.h"

enum { SPF_CONCURRENCY = 200, HELO_LEN_MAX = 255, LOCAL_PART_LEN_MAX = 64 };

struct spf_run {
    const struct options *options;
    struct scan_loop *loop;
    char domain[NAME_SIZE], sender_domain[NAME_SIZE];
    char sender_text[LOCAL_PART_LEN_MAX + 1 + NAME_SIZE];
    struct spf_sender sender;
    struct arena scratch;
    const char *no_domain;          /* why none can be asked about: "a single label"; NULL: it can */
    bool was_taken, did_not_fit;
};

/* ---- what is given ---- */

static bool is_printable(span text, bool allows_blank)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c > 0x7e || (c == ' ' && !allows_blank)) {
            return false;
        }
    }
    return true;
}

/* RFC 5321 4.1.2, as far as one can be told from a slip: a dot-string or a quoted one. Empty will do too (4.3). */
static bool is_local_part(span text)
{
    bool is_quoted = text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"';
    return text.len <= LOCAL_PART_LEN_MAX && is_printable(text, is_quoted) &&
           (is_quoted || span_find(text, '@') == text.len);
}

/* HELO, and the domain of a sender: any word a client may say, an address literal too. It is only put into macros. */
static bool is_host_word(span text)
{
    return text.len > 0 && text.len <= HELO_LEN_MAX && is_printable(text, false) && span_find(text, '@') == text.len;
}

/* Unicode becomes A-labels, as a mail server would have it in its envelope. */
static bool read_host_word(span text, char out[NAME_SIZE], span *word)
{
    size_t len;
    if (is_host_word(text)) {
        *word = text;
        return true;
    }
    if (text.len == 0 || span_find(text, '@') < text.len || name_from_host(text.ptr, text.len, out, &len) != NAME_OK) {
        return false;
    }
    *word = span_of(out, len);
    return true;
}

/* Without a local part it is postmaster (4.3). */
static void set_mail_from(struct spf_run *run, span local_part, span domain)
{
    local_part = local_part.len > 0 ? local_part : SPAN("postmaster");
    int len = snprintf(run->sender_text, sizeof(run->sender_text), "%.*s@%.*s", SPAN_ARG(local_part), SPAN_ARG(domain));
    run->sender.mail_from = span_of(run->sender_text, (size_t)len);
}

/* "local@domain", "domain", both also in angle brackets; "<>", the null reverse-path, is the HELO name's (2.4). */
static bool read_sender(struct spf_run *run, span text)
{
    span domain = run->sender.helo;
    if (text.len >= 2 && text.ptr[0] == '<' && text.ptr[text.len - 1] == '>') {
        text = span_of(text.ptr + 1, text.len - 2);
        if (text.len == 0) {
            set_mail_from(run, text, domain);
            return true;
        }
    }
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != '@') {
        at--;
    }
    span local_part = at > 0 ? span_first(text, at - 1) : SPAN("");
    if (!is_local_part(local_part) || !read_host_word(span_after(text, at), run->sender_domain, &domain)) {
        return false;
    }
    set_mail_from(run, local_part, domain);
    return true;
}

/* What a mail server may be told for a domain and check_host() answers with "none" (4.3); the rest is a slip at the terminal. */
static bool is_malformed_domain(enum name_result result)
{
    return result == NAME_EMPTY_LABEL || result == NAME_LABEL_TOO_LONG || result == NAME_TOO_LONG ||
           result == NAME_SINGLE_LABEL || result == NAME_IS_ADDRESS;
}

static int read_domain(struct spf_run *run)
{
    const struct options *o = run->options;
    size_t len;
    if (o->argument_count != 1) {
        say("%s; see trifecta spf --help", o->argument_count == 0 ? "no domain given" : "one domain at a time");
        return EXIT_USAGE_WRONG;
    }
    enum name_result result = name_from_text(o->arguments[0], strlen(o->arguments[0]), run->domain, &len);
    if (is_malformed_domain(result)) {
        run->no_domain = name_result_text(result);
        run->domain[0] = '\0';
    } else if (result != NAME_OK) {
        say("'%s' is no domain name: %s", o->arguments[0], name_result_text(result));
        return EXIT_INPUT_BAD;
    }
    return EXIT_DONE;
}

static int read_sending_side(struct spf_run *run)
{
    const struct options *o = run->options;
    if (!o->ip) {
        say("which address sends? give --ip; see trifecta spf --help");
        return EXIT_USAGE_WRONG;
    }
    if (!spf_sender_set_ip(&run->sender, span_from_cstr(o->ip))) {
        say("--ip '%s' is no IPv4 or IPv6 address; see trifecta spf --help", o->ip);
        return EXIT_USAGE_WRONG;
    }
    if (o->helo && !is_host_word(span_from_cstr(o->helo))) {
        say("--helo '%s' is no name that a client can give; see trifecta spf --help", o->helo);
        return EXIT_USAGE_WRONG;
    }
    run->sender.helo = span_from_cstr(o->helo ? o->helo : run->domain);
    if (!read_sender(run, span_from_cstr(o->sender ? o->sender : "<>"))) {
        say("--sender '%s' is no mail address; see trifecta spf --help", o->sender);
        return EXIT_USAGE_WRONG;
    }
    run->sender.timestamp_s = (uint64_t)clock_wall_ms() / 1000;
    return EXIT_DONE;
}

/* ---- what is printed ---- */

static void print_text(struct json *out, span text)
{
    if (text.len > 0) {
        json_dns_text(out, text.ptr, text.len);
    } else {
        json_null(out);
    }
}

static bool print_json(const struct spf_check_result *r)
{
    struct json_buffer buffer;
    struct json out;
    if (!json_buffer_init_heap(&buffer, 4096, 16 * 1024 * 1024)) {
        return false;
    }
    json_start(&out, &buffer);
    json_begin_object(&out);
    json_key(&out, "result");
    json_cstr(&out, spf_check_outcome_name(r->outcome));
    json_key(&out, "mechanism");
    print_text(&out, r->mechanism);
    json_key(&out, "explanation");
    print_text(&out, r->explanation);
    json_key(&out, "lookups");
    json_u64(&out, r->lookups);
    json_key(&out, "void_lookups");
    json_u64(&out, r->void_lookups);
    json_key(&out, "error");
    print_text(&out, r->error);
    json_end_object(&out);
    bool did_fit = json_end_line(&out);
    fwrite(buffer.bytes, 1, buffer.len, stdout);
    json_buffer_deinit(&buffer);
    return did_fit;
}

static const char *meaning(enum spf_check_outcome outcome)
{
    static const char *const meanings[] = {
        [SPF_CHECK_NONE] = "the domain publishes no SPF record",
        [SPF_CHECK_NEUTRAL] = "the domain says nothing about this address",
        [SPF_CHECK_PASS] = "the address may send for the domain",
        [SPF_CHECK_FAIL] = "the address may not send for the domain",
        [SPF_CHECK_SOFTFAIL] = "the address probably may not send for the domain",
        [SPF_CHECK_TEMPERROR] = "the DNS did not answer: not known",
        [SPF_CHECK_PERMERROR] = "the record cannot be used for this address",
    };
    return meanings[outcome];
}

static void print_line(const char *label, span text)
{
    if (text.len > 0) {
        printf("  %-13s", label);
        print_dns_text(stdout, text);
        putchar('\n');
    }
}

static void print_for_person(const struct spf_run *run, const struct spf_check_result *r)
{
    char ip[SPF_SENDER_IP_SIZE];
    struct in6_addr given;
    const struct spf_sender *sender = &run->sender;
    bool is_mapped = !sender->is_ip6 && inet_pton(AF_INET6, run->options->ip, &given) == 1;
    if (run->no_domain) {
        printf("%s: %s: no domain that can publish an SPF record: %s\n", run->options->arguments[0],
               spf_check_outcome_name(r->outcome), run->no_domain);
        return;
    }
    spf_sender_print_ip(sender, ip);
    printf("%s: %s: %s\n", run->domain, spf_check_outcome_name(r->outcome), meaning(r->outcome));
    printf("  %-13s%s%s\n", "address", ip, is_mapped ? " (given as IPv4-mapped IPv6, judged as IPv4)" : "");
    printf("  %-13s%.*s\n", "sender", SPAN_ARG(sender->mail_from));
    printf("  %-13s%.*s\n", "HELO", SPAN_ARG(sender->helo));
    if (r->outcome == SPF_CHECK_NEUTRAL && r->mechanism.len == 0) {
        print_line("decided by", SPAN("no term: none matches the address"));
    }
    print_line("decided by", r->mechanism);
    print_line("explanation", r->explanation);
    print_line("error", r->error);
    printf("  %-13s%" PRIu32 " of %d, %" PRIu32 " of %d void\n", "lookups", r->lookups, SPF_LOOKUP_LIMIT,
           r->void_lookups, SPF_VOID_LIMIT);
}

static void print_result(struct spf_run *run, const struct spf_check_result *result)
{
    if (run->options->json) {
        run->did_not_fit = !print_json(result);
    } else {
        print_for_person(run, result);
    }
}

/* ---- the scan of one ---- */

static enum entry_take take_entry(void *owner, struct domain_entry *out)
{
    struct spf_run *run = owner;
    if (run->was_taken) {
        return ENTRY_END;
    }
    run->was_taken = true;
    *out = (struct domain_entry){ .seq = 1, .domain = span_from_cstr(run->domain) };
    return ENTRY_TAKEN;
}

static void on_finished(void *owner, struct domain_scan *d)
{
    struct spf_run *run = owner;
    struct assessment assessment;
    domain_scan_assess(d, &run->scratch, &assessment);
    const struct spf_check_result *result = assessment.spf_checks;
    run->did_not_fit = !result || run->scratch.has_no_memory;
    if (!run->did_not_fit) {
        print_result(run, result);
    }
    arena_reset(&run->scratch);
    scan_loop_give_back(run->loop, d);
}

static int finish(const struct spf_run *run)
{
    if (run->did_not_fit || (run->loop && scan_loop_get_progress(run->loop).is_out_of_memory)) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    if (fflush(stdout) != 0) {
        say("cannot write to stdout: %s", strerror(errno));
        return EXIT_WRITE_ERROR;
    }
    return EXIT_DONE;
}

static int ask(struct spf_run *run, struct setup *setup)
{
    uv_loop_t uv;
    struct scan_loop_options options;
    int status = EXIT_DONE;
    int err = uv_loop_init(&uv);
    if (err < 0) {
        say("cannot begin: %s", strerror(-err));
        return EXIT_SYSTEM_LIMIT;
    }
    setup_loop_options(setup, run->options, (struct share){ .sharers = 1 }, &options);
    options.loop = &uv;
    options.owner = run;
    options.take_entry = take_entry;
    options.on_finished = on_finished;
    options.second_pass = false;
    err = scan_loop_open(&run->loop, &options);
    if (err < 0) {
        say("cannot begin to ask: %s", strerror(-err));
        status = EXIT_SYSTEM_LIMIT;
    } else {
        char words[512];
        if (!scan_loop_probe(run->loop, words, sizeof(words))) {
            say("no resolver answers: %s; check the address, or give others with --resolvers", words);
            status = EXIT_NO_RESOLVER;
        } else {
            scan_loop_run(run->loop);
            status = finish(run);
        }
        scan_loop_close(run->loop);
    }
    uv_run(&uv, UV_RUN_DEFAULT);
    uv_loop_close(&uv);
    return status;
}

int spf_command(const struct options *given, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    enum { SCRATCH_SIZE = 64 * 1024, SCRATCH_LIMIT = 64 * 1024 * 1024 };
    static char scratch[SCRATCH_SIZE];
    static struct setup setup;
    struct options options = *given;
    struct spf_run run = { .options = &options };
    arena_init(&run.scratch, scratch, sizeof(scratch), SCRATCH_LIMIT);
    options.concurrency = SPF_CONCURRENCY;
    if (getrandom(&options.seed, sizeof(options.seed), 0) != (ssize_t)sizeof(options.seed)) {
        options.seed = 1;
    }
    int status = read_domain(&run);
    if (status == EXIT_DONE) {
        status = read_sending_side(&run);
    }
    if (status == EXIT_DONE && run.no_domain) {
        print_result(&run, &(struct spf_check_result){ .outcome = SPF_CHECK_NONE, .error = span_from_cstr(run.no_domain) });
        return finish(&run);
    }
    if (status == EXIT_DONE) {
        status = setup_open(&setup, &options);
    }
    if (status == EXIT_DONE) {
        setup.mail.checks = 0;
        setup.mail.spf_senders = &run.sender;
        setup.mail.spf_sender_count = 1;
        status = ask(&run, &setup);
        setup_close(&setup);
    }
    return status;
}
