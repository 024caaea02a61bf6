// SPDX-License-Identifier: MIT
#include "scanner/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lists/builtin.h"
#include "output/read_file.h"
#include "scanner/dns/public_resolvers.h"
#include "scanner/exit_status.h"
#include "scanner/say.h"
#include "scanner/suffix_cache.h"

static const struct {
    const char *name;
    unsigned check;
} check_names[] = {
    { "spf", CHECK_SPF },         { "dkim", CHECK_DKIM },       { "dmarc", CHECK_DMARC },
    { "mx", CHECK_MX },           { "mta-sts", CHECK_MTA_STS }, { "tls-rpt", CHECK_TLS_RPT },
    { "bimi", CHECK_BIMI },       { "hosts", CHECK_HOSTS },     { "addresses", CHECK_ADDRESSES },
    { "dnssec", CHECK_DNSSEC },   { "spf99", CHECK_SPF99 },
};

void checks_print(unsigned checks, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof(check_names) / sizeof(check_names[0]); i++) {
        if ((checks & check_names[i].check) && len < size) {
            len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? "," : "", check_names[i].name);
        }
    }
}

static unsigned check_by_name(span name)
{
    for (size_t i = 0; i < sizeof(check_names) / sizeof(check_names[0]); i++) {
        if (span_equal(name, span_from_cstr(check_names[i].name))) {
            return check_names[i].check;
        }
    }
    return 0;
}

bool checks_parse(const char *text, unsigned *out, span *bad)
{
    span rest = span_from_cstr(text);
    /* A list that only adds and removes starts from the default; one that names some is what it says. */
    bool is_relative = rest.len > 0 && (rest.ptr[0] == '+' || rest.ptr[0] == '-');
    unsigned checks = is_relative ? CHECKS_DEFAULT : CHECK_ADDRESSES;
    while (rest.len > 0) {
        span word = span_trim(span_cut(&rest, ','));
        bool removes = span_starts_with(word, SPAN("-"));
        span name = removes || span_starts_with(word, SPAN("+")) ? span_after(word, 1) : word;
        unsigned check = check_by_name(name);
        if (check == 0) {
            *bad = word;
            return false;
        }
        checks = removes ? checks & ~check : checks | check;
    }
    *out = checks;
    return true;
}

static span organizational_domain(const void *list, span name)
{
    return suffix_cache_organizational(list, name);
}

static bool is_public_suffix(const void *list, span name)
{
    return suffix_cache_is_public_suffix(list, name);
}

/* A table that could not be made, by the errno of making it. */
static int table_failure(const char *name, const char *what, int otherwise)
{
    if (errno == ENOMEM) {
        say("out of memory");
        return EXIT_SYSTEM_LIMIT;
    }
    say("%s: %s cannot be read", name, what);
    return otherwise;
}

static int open_tables(struct setup *s, const struct options *options)
{
    enum { SELECTORS_FILE_MAX = 4 << 20 };
    size_t len, bad_line = 0;
    const char *text = builtin_providers(&len);
    errno = 0;
    s->providers = provider_table_new(span_of(text, len), &bad_line);
    if (!s->providers) {
        return table_failure("built-in table", "providers", EXIT_OUR_FAULT);
    }
    if (options->selectors) {
        int err = read_file(options->selectors, SELECTORS_FILE_MAX, &s->selectors_text, &len);
        if (err < 0) {
            say("--selectors %s: cannot be read: %s", options->selectors, strerror(-err));
            return err == -ENOMEM ? EXIT_SYSTEM_LIMIT : EXIT_LIST_UNREADABLE;
        }
        errno = 0;
        s->selectors = selector_table_new_plain(span_of(s->selectors_text, len));
    } else {
        text = builtin_selectors(&len);
        s->selectors = selector_table_new(span_of(text, len), &bad_line);
    }
    if (!s->selectors) {
        return table_failure(options->selectors ? options->selectors : "built-in table", "selectors",
                             options->selectors ? EXIT_INPUT_BAD : EXIT_OUR_FAULT);
    }
    for (size_t i = 0; i < options->extra_selectors.count; i++) {
        if (!selector_table_add(s->selectors, span_from_cstr(options->extra_selectors.items[i]))) {
            say("--selector '%s' is no DKIM selector; see trifecta scan --help", options->extra_selectors.items[i]);
            return EXIT_USAGE_WRONG;
        }
    }
    return EXIT_DONE;
}

static int read_senders(struct setup *s, const struct options *options)
{
    for (size_t i = 0; i < options->spf_ips.count; i++) {
        if (!spf_sender_set_ip(&s->senders[i], span_from_cstr(options->spf_ips.items[i]))) {
            say("--spf-ip '%s' is no IPv4 or IPv6 address; see trifecta scan --help", options->spf_ips.items[i]);
            return EXIT_USAGE_WRONG;
        }
    }
    return EXIT_DONE;
}

/* What the list says, else --resolver-rate, else what a public resolver may be asked by anybody. */
static double rate_of(const struct resolver_entry *entry, const struct options *options)
{
    bool is_said = entry->rate > 0 || options->resolver_rate > 0;
    return is_said || !public_resolver_operator(&entry->address) ? entry->rate : PUBLIC_RESOLVER_RATE;
}

static struct resolver_spec *make_specs(const struct resolver_list *list, const struct options *options)
{
    struct resolver_spec *specs = calloc(list->count, sizeof(*specs));
    for (size_t i = 0; specs && i < list->count; i++) {
        const struct resolver_entry *entry = &list->entries[i];
        specs[i] = (struct resolver_spec){
            .address = entry->address,
            .len = entry->address_len,
            .text = entry->text,
            .rate = rate_of(entry, options),
            .max_inflight = entry->max_inflight,
        };
    }
    return specs;
}

static int resolver_failure_status(int err, bool is_given)
{
    if (err == 0) {
        return EXIT_SYSTEM_LIMIT;
    }
    if (!is_given) {
        return EXIT_NO_RESOLVER;
    }
    return err == -EINVAL || err == -ENOENT ? EXIT_USAGE_WRONG : EXIT_LIST_UNREADABLE;
}

int setup_read_resolvers(struct setup *s, const struct options *options)
{
    struct resolver_list list = { 0 };
    char error[512];
    int err = 0;
    for (size_t i = 0; i < options->resolvers.count && err == 0; i++) {
        err = resolver_list_add(&list, options->resolvers.items[i], error, sizeof(error));
    }
    if (options->resolvers.count == 0) {
        err = resolver_list_add_system(&list, NULL, error, sizeof(error));
    }
    if (err == 0 && list.count == 0) {
        snprintf(error, sizeof(error), "no resolver given: use --resolvers");
        err = -ENOENT;
    }
    struct resolver_spec *specs = err == 0 ? make_specs(&list, options) : NULL;
    if (!specs) {
        say("%s", err == 0 ? "out of memory" : error);
        resolver_list_deinit(&list);
        return resolver_failure_status(err, options->resolvers.count > 0);
    }
    resolver_list_deinit(&s->resolver_list);
    free(s->resolvers);
    s->resolver_list = list;
    s->resolvers = specs;
    return EXIT_DONE;
}

int setup_open(struct setup *s, const struct options *options)
{
    *s = (struct setup){ 0 };
    unsigned checks;
    span bad;
    if (!checks_parse(options->checks, &checks, &bad)) {
        const char *names[sizeof(check_names) / sizeof(check_names[0]) + 1] = { NULL };
        for (size_t i = 0; i < sizeof(check_names) / sizeof(check_names[0]); i++) {
            names[i] = check_names[i].name;
        }
        const char *nearest = nearest_spelling(bad, names);
        say("--checks: unknown check '%.*s'%s%s; see trifecta scan --help", SPAN_ARG(bad),
            nearest ? "; did you mean " : "", nearest ? nearest : "");
        return EXIT_USAGE_WRONG;
    }
    char error[512];
    int err = suffixes_open(&s->suffixes, NULL, error, sizeof(error));
    if (err < 0) {
        say("%s", error);
        return err == -ENOMEM || err == -EMFILE || err == -ENFILE ? EXIT_SYSTEM_LIMIT : EXIT_OUR_FAULT;
    }
    int status = read_senders(s, options);
    if (status == EXIT_DONE) {
        status = open_tables(s, options);
    }
    if (status == EXIT_DONE && !options->dry_run) {
        status = setup_read_resolvers(s, options);
    }
    if (status != EXIT_DONE) {
        setup_close(s);
        return status;
    }
    s->mail = (struct mail_config){
        .checks = options->dkim == DKIM_OFF ? checks & ~(unsigned)CHECK_DKIM : checks,
        .dkim_mode = (enum dkim_mode)options->dkim,
        .providers = s->providers,
        .selectors = s->selectors,
        .suffixes = { organizational_domain, is_public_suffix, s->suffixes },
        .salt = options->seed,
        .spf_senders = s->senders,
        .spf_sender_count = options->spf_ips.count,
    };
    return EXIT_DONE;
}

void setup_close(struct setup *s)
{
    free(s->resolvers);
    resolver_list_deinit(&s->resolver_list);
    selector_table_free(s->selectors);
    provider_table_free(s->providers);
    free(s->selectors_text);
    if (s->suffixes) {
        suffixes_close(s->suffixes);
    }
    *s = (struct setup){ 0 };
}

/* For --zone-rate. */
static uint64_t zone_key(const void *owner, span qname)
{
    return suffix_cache_zone_hash(owner, qname);
}

enum {
    SLOTS_MIN = 16,
    QUERIES_PER_SLOT = 6, /* what a domain has in flight on the average while it is being asked about */
    DRAIN_MS = 10000,
};

static uint64_t part_of(uint64_t whole, struct share share)
{
    return whole / share.sharers + (share.sharer < whole % share.sharers);
}

void setup_loop_options(const struct setup *s, const struct options *options, struct share share, struct scan_loop_options *out)
{
    size_t slots = (size_t)part_of(options->concurrency / QUERIES_PER_SLOT, share);
    *out = (struct scan_loop_options){
        .mail = &s->mail,
        .asker = {
            .resolvers = s->resolvers,
            .resolver_count = s->resolver_list.count,
            .concurrency = (size_t)options->concurrency,
            .rate = options->rate,
            .resolver_rate = options->resolver_rate,
            .zone_rate = options->zone_rate,
            .sharers = share.sharers,
            .sharer = share.sharer,
            .timeout_ms = (unsigned)options->timeout_ms,
            .retries = (unsigned)options->retries,
            .seed = options->seed + share.sharer,
        },
        .zone_key = options->zone_rate > 0 ? zone_key : NULL,
        .zone_owner = s->suffixes,
        .cache_size = (size_t)options->cache_size / share.sharers,
        .slots = slots > SLOTS_MIN ? slots : SLOTS_MIN,
        .second_pass = options->second_pass,
        .second_pass_ms = options->timeout_ms * (options->retries + 1),
        .drain_ms = DRAIN_MS,
    };
}
