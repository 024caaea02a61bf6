// SPDX-License-Identifier: MIT
#pragma once

/*
 * What `scan` and `check` both need before the first question: tables, suffixes, resolvers, the meaning of --checks.
 *
 * Errors are said to the user here; the exit status comes back.
 */

#include "lists/resolver_list.h"
#include "lists/suffixes.h"
#include "scanner/mail/providers.h"
#include "scanner/mail/spf_check.h"
#include "scanner/mail/subject.h"
#include "scanner/options.h"
#include "scanner/scan_loop.h"

struct setup {
    struct mail_config mail;
    struct suffixes *suffixes;
    struct provider_table *providers;
    struct selector_table *selectors;
    struct resolver_list resolver_list;
    struct resolver_spec *resolvers;
    char *selectors_text; /* of --selectors FILE */
    struct spf_sender senders[OPTION_STRINGS_MAX]; /* of --spf-ip */
};

/* EXIT_DONE, or the status to end with (and then it is closed already). */
MUST_USE int setup_open(struct setup *setup, const struct options *options);
void setup_close(struct setup *setup);

/* One of several loops among which caps and memory are divided. */
struct share {
    unsigned sharers, sharer; /* how many, at least 1; which, from 0 */
};

/* The options of a loop that come from the command line. */
void setup_loop_options(const struct setup *setup, const struct options *options, struct share share, struct scan_loop_options *out);

/* Reads --resolvers, or /etc/resolv.conf. EXIT_DONE, or the status to end with (said), and *setup is as it was. */
MUST_USE int setup_read_resolvers(struct setup *setup, const struct options *options);

/* "spf,dkim,+bimi,-mx" -> enum check bits; false with the word at fault. */
MUST_USE bool checks_parse(const char *text, unsigned *out, span *bad);

/* The same back, in the order of the table. */
void checks_print(unsigned checks, char *out, size_t size);
