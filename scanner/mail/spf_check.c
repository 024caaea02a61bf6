// SPDX-License-Identifier: MIT
#include "scanner/mail/spf_check.h"

#include "scanner/mail/pass_set.h"
#include "scanner/mail/spf_macro.h"
#include "scanner/mail/spf_name.h"
#include "scanner/mail/spf_record.h"
#include "scanner/mail/spf_select.h"

#include <arpa/inet.h>
#include <stdio.h>

enum { PTR_NAMES_MAX = 10, ROUNDS_MAX = 200, EXPLANATION_SIZE = 1024 };

/* The outcomes of the public enum, and: an answer is still to come. */
enum code {
    CODE_NONE = SPF_CHECK_NONE,
    CODE_NEUTRAL = SPF_CHECK_NEUTRAL,
    CODE_PASS = SPF_CHECK_PASS,
    CODE_FAIL = SPF_CHECK_FAIL,
    CODE_SOFTFAIL = SPF_CHECK_SOFTFAIL,
    CODE_TEMPERROR = SPF_CHECK_TEMPERROR,
    CODE_PERMERROR = SPF_CHECK_PERMERROR,
    CODE_PENDING,
};

/* What a mechanism says of the sender. */
enum match { MATCH_NO, MATCH_YES, MATCH_TEMPERROR, MATCH_PERMERROR, MATCH_PENDING };

struct check_run {
    const struct subject *s;
    const struct spf_sender *sender;
    bool is_asking;
    span mail_from, local_part, sender_domain, helo;
    char ip_dotted[72], ip_text[SPF_SENDER_IP_SIZE], timestamp[24];
    size_t ip_dotted_len;
    uint32_t lookups, voids;
    struct spf_check_result *out;
};

/* The record being evaluated; frames nest no deeper than the limit of counted terms. */
struct frame {
    const struct frame *outer;
    span domain;     /* of this record: %{d} */
    span term;       /* being evaluated */
    span target;     /* what its macros came to, while it is */
    bool is_include; /* exp= is not for the records of includes (6.2) */
};

const char *spf_check_outcome_name(enum spf_check_outcome outcome)
{
    static const char *const names[] = { "none", "neutral", "pass", "fail", "softfail", "temperror", "permerror" };
    return names[outcome];
}

bool spf_sender_set_ip(struct spf_sender *sender, span text)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    uint8_t address[16] = { 0 };
    bool is_ip6 = !spf_ip4_parse(text, address);
    if (is_ip6 && !spf_ip6_parse(text, address)) {
        return false;
    }
    if (is_ip6 && memcmp(address, mapped, sizeof(mapped)) == 0) {
        memmove(address, address + 12, 4);
        is_ip6 = false;
    }
    sender->is_ip6 = is_ip6;
    memcpy(sender->address, address, sizeof(address));
    return true;
}

/* ---- answers ---- */

/* NULL: not there yet. While assessing, what was never asked is a failure. */
static const struct rrset *get(struct check_run *check, span name, uint16_t qtype)
{
    const struct subject *s = check->s;
    const struct rrset *rrset = answer_set_get(s->answers, name, qtype);
    if (rrset || !check->is_asking) {
        return rrset ? rrset : subject_answer(s, name, qtype);
    }
    static const struct rrset cut = { .outcome = DNS_CUT };
    if (!answer_set_find(s->answers, name, qtype)) {
        if (!subject_ask(s, name, qtype, ASK_SPF_SENDER)) {
            return &cut;
        }
    }
    return NULL;
}

static const struct rrset *get_addresses(struct check_run *check, span name)
{
    return get(check, name, check->sender->is_ip6 ? DNS_AAAA : DNS_A);
}

static struct ip_range sender_range(const struct check_run *check, unsigned prefix4, unsigned prefix6)
{
    return check->sender->is_ip6 ? ip6_range(check->sender->address, prefix6)
                                 : ip4_range(check->sender->address, prefix4);
}

/* One of the addresses is in the same network as the sender. */
static bool addresses_match(const struct check_run *check, const struct rrset *rrset, unsigned prefix4,
                            unsigned prefix6)
{
    struct ip_range network = sender_range(check, prefix4, prefix6);
    for (size_t i = 0; rrset->outcome == DNS_ANSWERED && i < rrset->count; i++) {
        struct ip_range range =
            check->sender->is_ip6 ? ip6_range(rrset->aaaa[i], prefix6) : ip4_range(rrset->a[i], prefix4);
        if (range.first == network.first) {
            return true;
        }
    }
    return false;
}

enum { TERM_SHOWN_MAX = 200 };

/* "include:a.example > mx", of as many terms as there are; empty outside of any. */
static span path_of(const struct check_run *check, const struct frame *frame)
{
    span path = { "", 0 };
    for (; frame; frame = frame->outer) {
        span term = span_first(frame->term, TERM_SHOWN_MAX);
        if (term.len > 0) {
            path = arena_printf(check->s->arena, "%.*s%s%.*s", SPAN_ARG(term), path.len > 0 ? " > " : "", SPAN_ARG(path));
        }
    }
    return path;
}

/* The first thing wrong is the reason. While asking nothing is written: a round may be one of many. */
static void set_error(struct check_run *check, const struct frame *frame, const char *what)
{
    if (check->is_asking || check->out->error.len > 0) {
        return;
    }
    const struct frame *last = frame->term.len > 0 || !frame->outer ? frame : frame->outer;
    span path = path_of(check, frame);
    span target = span_find(last->term, '%') < last->term.len ? last->target : span_of("", 0);
    check->out->error = arena_printf(check->s->arena, "%.*s%s%s%s%.*s", SPAN_ARG(path), path.len > 0 ? ": " : "", what,
                                     target.len > 0 ? ", at " : "", SPAN_ARG(target));
}

/* Counts an absent answer; true when that is one too many (4.6.4). */
static bool is_void_too_many(struct check_run *check, const struct frame *frame, const struct rrset *rrset)
{
    if (!rrset_is_absent(rrset)) {
        return false;
    }
    if (++check->voids > SPF_VOID_LIMIT) {
        set_error(check, frame, "the third lookup that finds nothing; 2 are allowed");
        return true;
    }
    return false;
}

/* ---- PTR (5.5, 7.3) ---- */

static span reverse_name(const struct check_run *check, char out[80])
{
    size_t len = 0;
    const uint8_t *address = check->sender->address;
    if (check->sender->is_ip6) {
        static const char digits[] = "0123456789abcdef";
        for (int i = 15; i >= 0; i--) {
            char nibbles[4] = { digits[address[i] & 15], '.', digits[address[i] >> 4], '.' };
            memcpy(out + len, nibbles, 4);
            len += 4;
        }
        memcpy(out + len, "ip6.arpa", 8);
        return span_of(out, len + 8);
    }
    int written = snprintf(out, 80, "%u.%u.%u.%u.in-addr.arpa", address[3], address[2], address[1], address[0]);
    return span_of(out, (size_t)written);
}

/* How well a validated name fits `domain`: the name itself, below it, any other. */
enum fit { FIT_NONE, FIT_OTHER, FIT_BELOW, FIT_SAME };

/*
 * The best validated name of the sender's address; errors count as no name (5.5). False: an answer is pending.
 * All names are asked about at once, so that a round trip serves the ten of them.
 */
static bool find_validated_name(struct check_run *check, span domain, enum fit *fit, span *name)
{
    char buffer[80];
    const struct rrset *ptr = get(check, reverse_name(check, buffer), DNS_PTR);
    *fit = FIT_NONE;
    if (!ptr) {
        return false;
    }
    bool is_pending = false;
    size_t count = ptr->outcome == DNS_ANSWERED ? ptr->count : 0;
    for (size_t i = 0; i < count && i < PTR_NAMES_MAX; i++) {
        span candidate = ptr->names[i];
        const struct rrset *addresses = get_addresses(check, candidate);
        is_pending |= !addresses;
        if (!addresses || !addresses_match(check, addresses, 32, 128)) {
            continue;
        }
        enum fit this_fit = span_equal_nocase(candidate, domain) ? FIT_SAME
                            : name_is_within(candidate, domain)  ? FIT_BELOW
                                                                 : FIT_OTHER;
        if (this_fit > *fit) {
            *fit = this_fit;
            *name = candidate;
        }
    }
    return !is_pending;
}

/* ---- macros ---- */

static bool fill_values(struct check_run *check, span domain, uint32_t letters, struct spf_macro_values *values)
{
    *values = (struct spf_macro_values){ .known = 0 };
    spf_macro_set(values, 's', check->mail_from);
    spf_macro_set(values, 'l', check->local_part);
    spf_macro_set(values, 'o', check->sender_domain);
    spf_macro_set(values, 'd', domain);
    spf_macro_set(values, 'i', span_of(check->ip_dotted, check->ip_dotted_len));
    spf_macro_set(values, 'v', check->sender->is_ip6 ? SPAN("ip6") : SPAN("in-addr"));
    spf_macro_set(values, 'h', check->helo);
    spf_macro_set(values, 'c', span_from_cstr(check->ip_text));
    spf_macro_set(values, 'r', check->sender->receiver.len > 0 ? check->sender->receiver : SPAN("unknown"));
    spf_macro_set(values, 't', span_from_cstr(check->timestamp));
    if (letters & SPF_LETTER('p')) {
        enum fit fit;
        span name = SPAN("unknown");
        if (!find_validated_name(check, domain, &fit, &name)) {
            return false;
        }
        spf_macro_set(values, 'p', name);
    }
    return true;
}

enum target { TARGET_NAME, TARGET_MALFORMED, TARGET_PENDING };

static enum target find_target(struct check_run *check, const struct frame *frame, const struct spf_term *term,
                               char out[SPF_QNAME_SIZE], span *name)
{
    if (term->domain.len == 0) {
        *name = frame->domain;
        return TARGET_NAME;
    }
    struct spf_macro_values values;
    char expanded[SPF_EXPANSION_SIZE];
    size_t len = 0;
    if (!fill_values(check, frame->domain, term->letters, &values)) {
        return TARGET_PENDING;
    }
    if (spf_macro_expand(term->domain, SPF_MACRO_IN_DOMAIN, &values, expanded, sizeof(expanded), &len) !=
        SPF_MACRO_DONE) {
        return TARGET_MALFORMED;
    }
    span text = spf_macro_truncate(span_of(expanded, len));
    return spf_name_from_text(text, out, name) ? TARGET_NAME : TARGET_MALFORMED;
}

/* ---- mechanisms (5) ---- */

static enum code check_record(struct check_run *check, const struct frame *outer, span domain, bool is_include);

static enum match match_a(struct check_run *check, const struct frame *frame, const struct spf_term *term, span name)
{
    const struct rrset *addresses = get_addresses(check, name);
    if (!addresses) {
        return MATCH_PENDING;
    }
    if (rrset_is_failure(addresses)) {
        return MATCH_TEMPERROR;
    }
    if (is_void_too_many(check, frame, addresses)) {
        return MATCH_PERMERROR;
    }
    return addresses_match(check, addresses, term->prefix4, term->prefix6) ? MATCH_YES : MATCH_NO;
}

static enum match match_mx_hosts(struct check_run *check, const struct frame *frame, const struct spf_term *term,
                                 const struct rrset *mx)
{
    bool is_pending = false;
    for (size_t i = 0; i < mx->count && i < SPF_MX_HOST_LIMIT; i++) {
        if (span_equal(mx->mx[i].exchange, SPAN("."))) {
            continue;
        }
        const struct rrset *addresses = get_addresses(check, mx->mx[i].exchange);
        if (!addresses) {
            is_pending = true; /* go on: the other hosts are asked about in the same round */
        } else if (!is_pending && rrset_is_failure(addresses)) {
            return MATCH_TEMPERROR;
        } else if (!is_pending && addresses_match(check, addresses, term->prefix4, term->prefix6)) {
            return MATCH_YES;
        }
    }
    if (!is_pending && mx->count > SPF_MX_HOST_LIMIT) {
        set_error(check, frame, "more than 10 mail hosts");
        return MATCH_PERMERROR;
    }
    return is_pending ? MATCH_PENDING : MATCH_NO;
}

static enum match match_mx(struct check_run *check, const struct frame *frame, const struct spf_term *term, span name)
{
    const struct rrset *mx = get(check, name, DNS_MX);
    if (!mx) {
        return MATCH_PENDING;
    }
    if (rrset_is_failure(mx)) {
        return MATCH_TEMPERROR;
    }
    if (is_void_too_many(check, frame, mx)) {
        return MATCH_PERMERROR;
    }
    return mx->outcome == DNS_ANSWERED ? match_mx_hosts(check, frame, term, mx) : MATCH_NO;
}

static enum match match_exists(struct check_run *check, const struct frame *frame, const struct spf_term *term,
                               span name)
{
    (void)term;
    const struct rrset *a = get(check, name, DNS_A);
    if (!a) {
        return MATCH_PENDING;
    }
    if (rrset_is_failure(a)) {
        return MATCH_TEMPERROR;
    }
    if (is_void_too_many(check, frame, a)) {
        return MATCH_PERMERROR;
    }
    return a->outcome == DNS_ANSWERED ? MATCH_YES : MATCH_NO;
}

static enum match match_ptr(struct check_run *check, const struct frame *frame, const struct spf_term *term, span name)
{
    (void)term;
    char buffer[80];
    const struct rrset *ptr = get(check, reverse_name(check, buffer), DNS_PTR);
    enum fit fit;
    span validated;
    if (!ptr || !find_validated_name(check, name, &fit, &validated)) {
        return MATCH_PENDING;
    }
    if (is_void_too_many(check, frame, ptr)) {
        return MATCH_PERMERROR;
    }
    return fit >= FIT_BELOW ? MATCH_YES : MATCH_NO;
}

/* 5.2, the table. */
static enum match match_include(struct check_run *check, const struct frame *frame, const struct spf_term *term,
                                span name)
{
    (void)term;
    switch (check_record(check, frame, name, true)) {
    case CODE_PASS:
        return MATCH_YES;
    case CODE_TEMPERROR:
        return MATCH_TEMPERROR;
    case CODE_PENDING:
        return MATCH_PENDING;
    case CODE_NONE:
        set_error(check, frame, "there is no SPF record");
        return MATCH_PERMERROR;
    case CODE_PERMERROR:
        return MATCH_PERMERROR;
    default:
        return MATCH_NO;
    }
}

static bool takes_a_lookup_too_many(struct check_run *check, const struct frame *frame)
{
    if (++check->lookups > SPF_LOOKUP_LIMIT) {
        set_error(check, frame, "the eleventh term that needs a lookup; 10 are allowed");
        return true;
    }
    return false;
}

/* A name that the DNS cannot have finds nothing: void for address terms, no record for include (4.3, 4.8). */
static enum match match_malformed(struct check_run *check, const struct frame *frame, const struct spf_term *term)
{
    static const struct rrset nothing = { .outcome = DNS_NXDOMAIN };
    if (is_void_too_many(check, frame, &nothing)) {
        return MATCH_PERMERROR;
    }
    if (term->kind == SPF_TERM_INCLUDE) {
        set_error(check, frame, "no such name is possible");
        return MATCH_PERMERROR;
    }
    return MATCH_NO;
}

static enum match match_counted(struct check_run *check, struct frame *frame, const struct spf_term *term)
{
    static enum match (*const matchers[])(struct check_run *, const struct frame *, const struct spf_term *, span) = {
        [SPF_TERM_INCLUDE] = match_include, [SPF_TERM_A] = match_a,           [SPF_TERM_MX] = match_mx,
        [SPF_TERM_PTR] = match_ptr,         [SPF_TERM_EXISTS] = match_exists,
    };
    char buffer[SPF_QNAME_SIZE];
    span name;
    if (takes_a_lookup_too_many(check, frame)) {
        return MATCH_PERMERROR;
    }
    switch (find_target(check, frame, term, buffer, &name)) {
    case TARGET_PENDING:
        return MATCH_PENDING;
    case TARGET_MALFORMED:
        return match_malformed(check, frame, term);
    default:
        break;
    }
    frame->target = name;
    enum match match = matchers[term->kind](check, frame, term, name);
    if (match == MATCH_TEMPERROR) {
        set_error(check, frame, "the DNS gave no answer");
    }
    frame->target = span_of("", 0); /* it stands in this function's buffer */
    return match;
}

static enum match match_term(struct check_run *check, struct frame *frame, const struct spf_term *term)
{
    struct ip_range sender = sender_range(check, 32, 128);
    struct ip_range network;
    switch (term->kind) {
    case SPF_TERM_ALL:
        return MATCH_YES;
    case SPF_TERM_IP4:
        network = ip4_range(term->address, term->prefix4);
        return !check->sender->is_ip6 && sender.first >= network.first && sender.last <= network.last ? MATCH_YES
                                                                                                      : MATCH_NO;
    case SPF_TERM_IP6:
        network = ip6_range(term->address, term->prefix6);
        return check->sender->is_ip6 && sender.first >= network.first && sender.last <= network.last ? MATCH_YES
                                                                                                     : MATCH_NO;
    default:
        return match_counted(check, frame, term);
    }
}

/* ---- explanation (6.2) ---- */

/* False: an answer is pending. Whatever is wrong with it, the explanation is then left out. */
static bool find_explanation(struct check_run *check, const struct frame *frame, const struct spf_term *exp)
{
    char name_buffer[SPF_QNAME_SIZE], text[EXPLANATION_SIZE];
    span name;
    enum target target = find_target(check, frame, exp, name_buffer, &name);
    if (target != TARGET_NAME) {
        return target == TARGET_MALFORMED;
    }
    const struct rrset *txt = get(check, name, DNS_TXT);
    if (!txt) {
        return false;
    }
    struct spf_macro_facts facts;
    if (txt->outcome != DNS_ANSWERED || txt->count != 1 ||
        !spf_macro_check(txt->txt[0].text, SPF_MACRO_IN_EXPLANATION, &facts)) {
        return true;
    }
    struct spf_macro_values values;
    size_t len = 0;
    if (!fill_values(check, frame->domain, facts.letters, &values)) {
        return false;
    }
    if (spf_macro_expand(txt->txt[0].text, SPF_MACRO_IN_EXPLANATION, &values, text, sizeof(text), &len) ==
        SPF_MACRO_DONE) {
        for (size_t i = 0; i < len; i++) {
            if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] > 0x7e) {
                return true;
            }
        }
        if (!arena_copy(check->s->arena, span_of(text, len), &check->out->explanation)) {
            return true;
        }
    }
    return true;
}

/* ---- records ---- */

/* The path of terms that led to the one that matched. Innermost frames are set last and see the whole path. */
static void set_mechanism(struct check_run *check, const struct frame *frame)
{
    if (!check->is_asking) {
        check->out->mechanism = path_of(check, frame);
    }
}

static enum code result_of(enum spf_qualifier qualifier)
{
    static const enum code codes[] = {
        [SPF_FAIL] = CODE_FAIL, [SPF_SOFTFAIL] = CODE_SOFTFAIL, [SPF_NEUTRAL] = CODE_NEUTRAL, [SPF_PASS] = CODE_PASS
    };
    return codes[qualifier];
}

struct modifiers {
    struct spf_term redirect, exp;
    bool has_redirect, has_exp;
};

static void find_modifiers(span record, struct modifiers *out)
{
    *out = (struct modifiers){ .has_redirect = false };
    span rest = spf_record_terms(record), text;
    struct spf_term term;
    while (spf_record_next(&rest, &text)) {
        if (spf_term_parse(text, &term) != FINDING_COUNT) {
            continue;
        }
        if (term.kind == SPF_TERM_REDIRECT) {
            out->redirect = term;
            out->has_redirect = true;
        } else if (term.kind == SPF_TERM_EXP) {
            out->exp = term;
            out->has_exp = true;
        }
    }
}

/* 6.1: the target's result is ours; a target without a record is a permerror. */
static enum code follow_redirect(struct check_run *check, struct frame *frame, const struct spf_term *redirect)
{
    char buffer[SPF_QNAME_SIZE];
    span name;
    frame->term = redirect->text;
    if (takes_a_lookup_too_many(check, frame)) {
        return CODE_PERMERROR;
    }
    enum target target = find_target(check, frame, redirect, buffer, &name);
    if (target == TARGET_PENDING) {
        return CODE_PENDING;
    }
    frame->target = target == TARGET_NAME ? name : span_of("", 0);
    enum code code = target == TARGET_MALFORMED ? CODE_NONE : check_record(check, frame, name, frame->is_include);
    if (code == CODE_NONE) {
        set_error(check, frame, "there is no SPF record");
        code = CODE_PERMERROR;
    }
    frame->target = span_of("", 0);
    return code;
}

static enum code decide(struct check_run *check, const struct frame *frame, const struct spf_term *term,
                        const struct modifiers *modifiers)
{
    enum code code = result_of((enum spf_qualifier)term->qualifier);
    /* An include that matched has set the longer path already; one that was not the end left a shorter one. */
    if (term->kind != SPF_TERM_INCLUDE) {
        set_mechanism(check, frame);
    }
    if (code == CODE_FAIL && modifiers->has_exp && !frame->is_include &&
        !find_explanation(check, frame, &modifiers->exp)) {
        return CODE_PENDING;
    }
    return code;
}

static enum code evaluate_terms(struct check_run *check, struct frame *frame, span record)
{
    struct modifiers modifiers;
    struct spf_outline outline;
    spf_record_check(record, &outline);
    if (!outline.is_valid) {
        frame->term = outline.faulty_term;
        set_error(check, frame, finding_kind(outline.fault)->meaning);
        return CODE_PERMERROR;
    }
    find_modifiers(record, &modifiers);
    span rest = spf_record_terms(record), text;
    struct spf_term term;
    while (spf_record_next(&rest, &text)) {
        spf_term_parse(text, &term);
        if (!spf_term_is_mechanism(&term)) {
            continue;
        }
        frame->term = text;
        switch (match_term(check, frame, &term)) {
        case MATCH_YES:
            return decide(check, frame, &term, &modifiers);
        case MATCH_TEMPERROR:
            return CODE_TEMPERROR;
        case MATCH_PERMERROR:
            return CODE_PERMERROR;
        case MATCH_PENDING:
            return CODE_PENDING;
        default:
            break;
        }
    }
    check->out->mechanism = span_of("", 0);
    return modifiers.has_redirect ? follow_redirect(check, frame, &modifiers.redirect) : CODE_NEUTRAL; /* 4.7 */
}

static enum code check_record(struct check_run *check, const struct frame *outer, span domain, bool is_include)
{
    struct frame frame = { .outer = outer, .domain = domain, .is_include = is_include };
    const struct rrset *txt = get(check, domain, DNS_TXT);
    if (!txt) {
        return CODE_PENDING;
    }
    if (rrset_is_failure(txt)) {
        set_error(check, &frame, "the DNS gave no answer for the SPF record");
        return CODE_TEMPERROR; /* 4.4 */
    }
    /* The first TXT query is no term's (4.6.4). */
    if (outer && is_void_too_many(check, outer, txt)) {
        return CODE_PERMERROR;
    }
    struct spf_selection selection;
    spf_select(txt, &selection);
    if (selection.count > 1) {
        set_error(check, &frame, "there are several SPF records");
        return CODE_PERMERROR; /* 4.5 */
    }
    return selection.count == 0 ? CODE_NONE : evaluate_terms(check, &frame, selection.record->text);
}

/* ---- the sender ---- */

void spf_sender_print_ip(const struct spf_sender *sender, char out[SPF_SENDER_IP_SIZE])
{
    inet_ntop(sender->is_ip6 ? AF_INET6 : AF_INET, sender->address, out, SPF_SENDER_IP_SIZE);
}

static void print_ip(struct check_run *check)
{
    const struct spf_sender *sender = check->sender;
    spf_sender_print_ip(sender, check->ip_text);
    if (!sender->is_ip6) {
        check->ip_dotted_len = strlen(check->ip_text);
        memcpy(check->ip_dotted, check->ip_text, check->ip_dotted_len);
        return;
    }
    /* 7.3: dot-separated nibbles */
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 16; i++) {
        char nibbles[4] = { digits[sender->address[i] >> 4], '.', digits[sender->address[i] & 15], '.' };
        memcpy(check->ip_dotted + i * 4, nibbles, 4);
    }
    check->ip_dotted_len = 16 * 4 - 1;
}

/* 4.3: without a local part it is "postmaster". */
static void read_mail_from(struct check_run *check)
{
    const struct subject *s = check->s;
    span given = check->sender->mail_from;
    size_t at = given.len;
    for (size_t i = 0; i < given.len; i++) {
        at = given.ptr[i] == '@' ? i : at;
    }
    span domain = at < given.len ? span_after(given, at + 1) : given;
    check->local_part = at > 0 && at < given.len ? span_first(given, at) : SPAN("postmaster");
    check->sender_domain = domain.len > 0 ? domain : s->domain;
    check->mail_from = arena_printf(s->arena, "%.*s@%.*s", SPAN_ARG(check->local_part), SPAN_ARG(check->sender_domain));
}

static enum code run(struct check_run *check, const struct subject *s, const struct spf_sender *sender, bool is_asking,
                     struct spf_check_result *out)
{
    *out = (struct spf_check_result){ .outcome = SPF_CHECK_NONE };
    *check = (struct check_run){ .s = s, .sender = sender, .is_asking = is_asking, .out = out };
    check->helo = sender->helo.len > 0 ? sender->helo : s->domain;
    read_mail_from(check);
    if (check->mail_from.len == 0) {
        out->error = SPAN("out of memory"); /* a name made without it would be another one */
        return CODE_TEMPERROR;
    }
    print_ip(check);
    snprintf(check->timestamp, sizeof(check->timestamp), "%llu", (unsigned long long)sender->timestamp_s);
    /* 4.3: malformed, or a single label: none */
    char buffer[SPF_QNAME_SIZE];
    span name;
    if (name_label_count(s->domain) < 2 || !spf_name_from_text(s->domain, buffer, &name)) {
        return CODE_NONE;
    }
    return check_record(check, NULL, s->domain, false);
}

size_t spf_check_ask(const struct subject *s, const struct spf_sender *sender, struct spf_check_plan *plan)
{
    size_t before = s->answers->count;
    struct check_run check;
    struct spf_check_result ignored;
    /* Each round asks at least one question, and the limits of 4.6.4 bound those. */
    if (plan->rounds++ < ROUNDS_MAX) {
        run(&check, s, sender, true, &ignored);
    }
    return s->answers->count - before;
}

void spf_check_assess(const struct subject *s, const struct spf_sender *sender, struct spf_check_result *out)
{
    struct check_run check;
    enum code code = run(&check, s, sender, false, out);
    out->outcome = code == CODE_PENDING ? SPF_CHECK_TEMPERROR : (enum spf_check_outcome)code;
    out->lookups = check.lookups;
    out->void_lookups = check.voids;
    if (out->outcome == SPF_CHECK_TEMPERROR || out->outcome == SPF_CHECK_PERMERROR) {
        out->mechanism = span_of("", 0);
    } else {
        out->error = span_of("", 0);
    }
}
