// SPDX-License-Identifier: MIT
#include "scanner/mail/spf.h"

#include "scanner/mail/providers.h"
#include "scanner/mail/registrable.h"
#include "scanner/mail/spf_findings.h"
#include "scanner/mail/spf_macro.h"
#include "scanner/mail/spf_select.h"

/* ---- asking ---- */

/* Kept in struct asked: one question may be wanted for several reasons, by several mechanisms. */
enum mark {
    MARK_RECORD = 1 << 0, /* TXT: an SPF record may stand here, follow it */
    MARK_HOSTS = 1 << 1,  /* MX of an mx term: its hosts' addresses are needed */
    MARK_TARGET = 1 << 2, /* of a term: if the name does not exist, can anybody register it */
};

static void want(const struct subject *s, struct spf_plan *plan, span name, uint16_t qtype, unsigned marks)
{
    struct answer_set *set = s->answers;
    const struct asked *found = answer_set_find(set, name, qtype);
    size_t index = found ? (size_t)(found - set->items) : set->count;
    enum ask_purpose purpose = span_equal_nocase(name, s->domain) ? ASK_DOMAIN : ASK_SPF;
    if (!found && !subject_ask(s, name, qtype, purpose)) {
        return;
    }
    struct asked *item = &set->items[index];
    if ((item->spf_marks & marks) == marks) {
        return;
    }
    item->spf_marks = (uint8_t)(item->spf_marks | marks);
    /* Asked and answered before we wanted it: go back to it. */
    plan->expanded = index < plan->expanded ? index : plan->expanded;
}

static void want_target(const struct subject *s, struct spf_plan *plan, const struct spf_term *term, span at)
{
    bool leads_on = term->kind == SPF_TERM_INCLUDE || term->kind == SPF_TERM_REDIRECT;
    char buffer[SPF_QNAME_SIZE];
    span name;
    if (term->kind == SPF_TERM_PTR || (!leads_on && !subject_checks(s, CHECK_ADDRESSES)) ||
        spf_target_name(term, at, s->domain, buffer, &name) != SPF_TARGET_KNOWN) {
        return;
    }
    switch (term->kind) {
    case SPF_TERM_MX:
        want(s, plan, name, DNS_MX, MARK_HOSTS | MARK_TARGET);
        break;
    case SPF_TERM_A:
        want(s, plan, name, DNS_A, MARK_TARGET);
        want(s, plan, name, DNS_AAAA, 0);
        break;
    case SPF_TERM_EXISTS:
        want(s, plan, name, DNS_A, MARK_TARGET);
        break;
    default:
        want(s, plan, name, DNS_TXT, MARK_RECORD | MARK_TARGET);
        break;
    }
}

/* Terms before the first `all`, and the redirect where it is used; nothing of a record that is a permerror anyway. */
static void expand_record(const struct subject *s, struct spf_plan *plan, span at, span record)
{
    struct spf_outline outline;
    spf_record_check(record, &outline);
    bool is_before_all = true;
    span rest = spf_record_terms(record), text;
    while (outline.is_valid && plan->terms < SPF_TERMS_MAX && spf_record_next(&rest, &text)) {
        struct spf_term term;
        spf_term_parse(text, &term);
        bool is_used =
            (spf_term_is_counted(&term) && is_before_all) || (term.kind == SPF_TERM_REDIRECT && !outline.has_all);
        is_before_all &= term.kind != SPF_TERM_ALL;
        if (is_used) {
            plan->terms++;
            want_target(s, plan, &term, at);
        }
    }
}

static void expand_hosts(const struct subject *s, struct spf_plan *plan, const struct rrset *mx)
{
    for (size_t i = 0; mx->outcome == DNS_ANSWERED && i < mx->count && i < SPF_MX_HOST_LIMIT; i++) {
        if (!span_equal(mx->mx[i].exchange, SPAN("."))) {
            want(s, plan, mx->mx[i].exchange, DNS_A, 0);
            want(s, plan, mx->mx[i].exchange, DNS_AAAA, 0);
        }
    }
}

static void expand(const struct subject *s, struct spf_plan *plan, const struct asked *item)
{
    /* The item's place may move when questions are added: keep what is needed of it. */
    span name = item->qname;
    const struct rrset *rrset = item->rrset;
    unsigned marks = item->spf_marks;
    struct spf_selection selection;
    if (marks & MARK_TARGET) {
        span question = registrable_question(s, name, rrset);
        if (question.len > 0) {
            subject_ask(s, question, DNS_NS, ASK_REGISTRABLE);
        }
    }
    if (marks & MARK_HOSTS) {
        expand_hosts(s, plan, rrset);
    }
    if (marks & MARK_RECORD) {
        spf_select(rrset, &selection);
        if (selection.count == 1) {
            expand_record(s, plan, name, selection.record->text);
        }
    }
}

/* The customer's own lock on a relay that is open to all its customers; only where the own record leads there. */
static void want_relay_lock(const struct subject *s, span record)
{
    span rest = spf_record_terms(record), text;
    while (s->config->providers && spf_record_next(&rest, &text)) {
        struct spf_term term;
        if (spf_term_parse(text, &term) != FINDING_COUNT || term.kind != SPF_TERM_INCLUDE ||
            !spf_is_shared_relay(s, term.domain)) {
            continue;
        }
        span name = subject_name_below(s, SPAN("_mailchannels"), s->domain);
        if (name.len > 0) {
            subject_ask(s, name, DNS_TXT, ASK_SPF);
        }
        return;
    }
}

/*
 * A tree that is cut at SPF_TERMS_MAX is asked breadth first, and a sender that nothing matches goes depth first: what
 * is missing of his first lookups decides between permerror and unknown. The first question not asked yet is asked, one
 * at a time. False: he gets no further.
 */
static bool want_first_lookups(const struct subject *s, struct spf_plan *plan, span at, unsigned *lookups);

static bool want_lookup(const struct subject *s, struct spf_plan *plan, const struct spf_term *term, span at,
                        unsigned *lookups)
{
    size_t before = s->answers->count;
    char buffer[SPF_QNAME_SIZE];
    span name;
    bool leads_on = term->kind == SPF_TERM_INCLUDE || term->kind == SPF_TERM_REDIRECT;
    if (++*lookups > SPF_LOOKUP_LIMIT) {
        return false;
    }
    want_target(s, plan, term, at);
    if (s->answers->count > before) {
        return false;
    }
    return !leads_on || spf_target_name(term, at, s->domain, buffer, &name) != SPF_TARGET_KNOWN ||
           want_first_lookups(s, plan, name, lookups);
}

static bool want_first_lookups(const struct subject *s, struct spf_plan *plan, span at, unsigned *lookups)
{
    struct spf_selection selection = { 0 };
    struct spf_outline outline;
    const struct rrset *txt = answer_set_get(s->answers, at, DNS_TXT);
    if (txt) {
        spf_select(txt, &selection);
    }
    if (selection.count != 1) {
        return false;
    }
    span rest = spf_record_terms(selection.record->text), text;
    struct spf_term term, redirect = { .kind = SPF_TERM_ALL };
    spf_record_check(selection.record->text, &outline);
    while (outline.is_valid && spf_record_next(&rest, &text)) {
        spf_term_parse(text, &term);
        if (term.kind == SPF_TERM_ALL) {
            return true;
        }
        if (term.kind == SPF_TERM_REDIRECT && !outline.has_all) {
            redirect = term;
        } else if (spf_term_is_counted(&term) && !want_lookup(s, plan, &term, at, lookups)) {
            return false;
        }
    }
    return outline.is_valid && (redirect.kind == SPF_TERM_ALL || want_lookup(s, plan, &redirect, at, lookups));
}

/* Only of a call that has added something: one that adds nothing would end the plan. */
static bool wants_pause(const struct subject *s, const struct spf_plan *plan, size_t before)
{
    return plan->pause > 0 && plan->terms > plan->pause && s->answers->count > before;
}

size_t spf_ask(const struct subject *s, struct spf_plan *plan)
{
    size_t before = s->answers->count;
    if (!subject_checks(s, CHECK_SPF)) {
        return 0;
    }
    if (!plan->has_begun) {
        plan->has_begun = true;
        want(s, plan, s->domain, DNS_TXT, MARK_RECORD);
        if (subject_checks(s, CHECK_SPF99)) {
            subject_ask(s, s->domain, DNS_SPF, ASK_DOMAIN);
        }
        return s->answers->count - before;
    }
    if (plan->expanded == before || subject_is_nonexistent(s)) {
        return 0;
    }
    while (plan->expanded < s->answers->count && !wants_pause(s, plan, before)) {
        const struct asked *item = &s->answers->items[plan->expanded];
        if (item->spf_marks != 0 && !item->rrset) {
            break; /* asked just now: its turn comes when it is answered */
        }
        plan->expanded++;
        if (item->spf_marks != 0) {
            bool is_own = (item->spf_marks & MARK_RECORD) && span_equal(item->qname, s->domain);
            struct spf_selection own = { 0 };
            if (is_own) {
                spf_select(item->rrset, &own);
            }
            expand(s, plan, item);
            if (own.count == 1) {
                want_relay_lock(s, own.record->text);
            }
        }
    }
    if (plan->terms >= SPF_TERMS_MAX && s->answers->count == before) {
        unsigned lookups = 0;
        want_first_lookups(s, plan, s->domain, &lookups);
    }
    return s->answers->count - before;
}

/* ---- assessing ---- */

static span lower_copy(const struct subject *s, span name)
{
    name = name.len > 0 && name.ptr[name.len - 1] == '.' ? span_first(name, name.len - 1) : name;
    char *copy = arena_take_bytes(s->arena, name.len);
    if (!copy) {
        return (span){ "", 0 };
    }
    for (size_t i = 0; i < name.len; i++) {
        copy[i] = (char)ascii_lower((unsigned char)name.ptr[i]);
    }
    return span_of(copy, name.len);
}

/* Of the own record, as written (record.md decided cases 8 and 28). */
static void list_includes(const struct subject *s, const struct spf_record *record, struct spf_result *out)
{
    size_t count = 0;
    for (size_t i = 0; i < record->term_count; i++) {
        count += i < record->all_index && record->terms[i].kind == SPF_TERM_INCLUDE;
    }
    span *includes = ARENA_TAKE_N(s->arena, span, count);
    for (size_t i = 0; i < record->term_count; i++) {
        const struct spf_term *term = &record->terms[i];
        if (term->kind == SPF_TERM_REDIRECT) {
            out->has_redirect = true;
            out->redirect = lower_copy(s, term->domain);
        } else if (includes && i < record->all_index && term->kind == SPF_TERM_INCLUDE) {
            includes[out->include_count++] = lower_copy(s, term->domain);
        }
    }
    out->includes = includes;
}

/* What an address that nothing matches gets: the first `all`, through redirects; neutral without (4.7). */
static enum spf_qualifier find_all(const struct spf_node *node)
{
    for (int hops = 0; node && node->state == SPF_NODE_USABLE && hops <= SPF_LOOKUP_LIMIT; hops++) {
        if (node->record.all_index < node->record.term_count) {
            return (enum spf_qualifier)node->record.terms[node->record.all_index].qualifier;
        }
        node = node->has_redirect_step ? node->steps[node->step_count - 1].node : NULL;
    }
    return SPF_NEUTRAL;
}

static void list_providers(const struct subject *s, struct spf_result *out)
{
    const char **providers = ARENA_TAKE_N(s->arena, const char *, out->target_count);
    for (size_t i = 0; providers && i < out->target_count; i++) {
        const struct provider *provider = spf_provider_of(s, out->targets[i]);
        size_t known = 0;
        while (provider && known < out->provider_count && providers[known] != provider->name) {
            known++;
        }
        if (provider && known == out->provider_count) {
            providers[out->provider_count++] = provider->name;
        }
    }
    out->providers = providers;
}

static void take_targets(const struct subject *s, const struct spf_tree *tree, struct spf_result *out)
{
    for (size_t i = 0; i < tree->target_count; i++) {
        tree->targets[i] = lower_copy(s, tree->targets[i]);
    }
    out->targets = tree->targets;
    out->target_count = tree->target_count;
}

enum { MANY_IP4_BITS = 24, MANY_SLASH64_BITS = 48 }; /* record.md decided case 10 */

static void take_numbers(const struct subject *s, const struct spf_tree *tree, const struct spf_pass *ip4,
                         const struct spf_pass *ip6, struct spf_result *out)
{
    const uint32_t known_letters = SPF_LETTER('d') | SPF_LETTER('o');
    out->has_numbers = true;
    out->lookups = tree->lookups;
    out->void_lookups = tree->void_ip4;
    out->void_lookups_ipv6 = tree->void_ip6;
    out->depth = tree->depth;
    out->was_capped = tree->was_capped;
    out->limit_hit = ip4->limit_hit;
    out->ipv4_addresses = pass_set_count(&ip4->set);
    out->ipv6_slash64s = pass_set_count_slash64s(&ip6->set);
    out->has_macros = tree->letters != 0;
    out->has_ptr = tree->has_ptr;
    out->is_exact = !tree->was_capped && !tree->has_ptr && !tree->has_failure && !tree->has_unknowable &&
                    (tree->letters & ~known_letters) == 0 && !ip4->set.was_cut && !ip6->set.was_cut &&
                    !s->arena->was_exhausted;
    out->passes_everybody =
        out->ipv4_addresses >= (uint64_t)1 << MANY_IP4_BITS || out->ipv6_slash64s >= (uint64_t)1 << MANY_SLASH64_BITS;
    out->authorises_nobody =
        out->status == SPF_VALID && out->is_exact && out->ipv4_addresses == 0 && pass_set_is_empty(&ip6->set);
}

static void assess_record(const struct subject *s, struct spf_tree *tree, struct spf_result *out)
{
    struct spf_pass ip4, ip6;
    /* The verdict first: should room run out, let it be in the counting of a tree that no receiver follows to its end.
     */
    spf_pass_evaluate(tree, false, &ip4);
    spf_pass_evaluate(tree, true, &ip6);
    spf_tree_walk(tree);
    out->status = ip4.status;
    out->has_all = out->status == SPF_VALID;
    out->all = find_all(tree->root);
    take_numbers(s, tree, &ip4, &ip6, out);
    list_includes(s, &tree->root->record, out);
    take_targets(s, tree, out);
    list_providers(s, out);
    out->tree = &tree->root->printed;
    spf_findings_of_tree(tree, &ip4, &ip6, out);
}

static enum spf_status status_of(enum spf_node_state state)
{
    switch (state) {
    case SPF_NODE_USABLE:
        return SPF_VALID;
    case SPF_NODE_NO_RECORD:
        return SPF_NONE;
    case SPF_NODE_FAILED:
        return SPF_TEMPERROR;
    default:
        return SPF_PERMERROR;
    }
}

void spf_assess(const struct subject *s, struct spf_result *out)
{
    *out = (struct spf_result){ .status = SPF_NOT_CHECKED };
    if (!subject_checks(s, CHECK_SPF)) {
        return;
    }
    if (subject_is_nonexistent(s)) {
        out->status = SPF_NONE; /* record.md decided case 2 */
        findings_add(s->findings, FINDING_SPF_MISSING, SPAN(""));
        return;
    }
    if (subject_answer(s, s->domain, DNS_SPF)->outcome == DNS_ANSWERED) {
        findings_add(s->findings, FINDING_SPF_TYPE99, SPAN(""));
    }
    struct spf_tree tree;
    spf_tree_init(&tree, s);
    if (!tree.root) {
        out->status = SPF_TEMPERROR;
        findings_add(s->findings, FINDING_SPF_TEMPERROR, SPAN(""));
        return;
    }
    const struct spf_node *root = tree.root;
    out->status = status_of(root->state);
    out->has_record = root->selected != NULL;
    out->record = root->selected ? root->selected->text : span_of("", 0);
    spf_findings_of_answer(s, root);
    if (root->state == SPF_NODE_USABLE) {
        assess_record(s, &tree, out);
    }
}
