// SPDX-License-Identifier: MIT
#include "scanner/mail/spf_findings.h"

#include "scanner/mail/registrable.h"
#include "scanner/mail/spf_macro.h"

const struct provider *spf_provider_of(const struct subject *s, span target)
{
    if (!s->config->providers) {
        return NULL;
    }
    const struct provider *provider = provider_find(s->config->providers, PROVIDER_SPF, target);
    if (!provider) {
        provider = provider_find(s->config->providers, PROVIDER_SPF_MGMT, target);
    }
    return provider && !provider->is_weak ? provider : NULL;
}

bool spf_is_shared_relay(const struct subject *s, span target)
{
    const struct provider *provider = spf_provider_of(s, target);
    return provider && strcmp(provider->role, "relay") == 0;
}

/* What a finding about a term says: the term, and where it stands when that is not the own record. */
static void note(struct spf_tree *tree, enum finding_id id, enum severity severity, const struct spf_node *node,
                 span term)
{
    const struct subject *s = tree->subject;
    span detail = term;
    if (node != tree->root) {
        detail = arena_printf(s->arena, "%.*s in %.*s", SPAN_ARG(span_first(term, FINDING_DETAIL_MAX / 2)),
                              SPAN_ARG(node->name));
    }
    findings_add_as(s->findings, id, severity, detail);
}

static void note_default(struct spf_tree *tree, enum finding_id id, const struct spf_node *node, span term)
{
    note(tree, id, finding_kind(id)->severity, node, term);
}

/* ---- terms ---- */

static bool is_redirect(const struct spf_step *step)
{
    return step->term->kind == SPF_TERM_REDIRECT;
}

static void note_loop(struct spf_tree *tree, const struct spf_node *node, const struct spf_step *step)
{
    enum finding_id id = is_redirect(step)    ? FINDING_SPF_REDIRECT_LOOP
                         : step->node == node ? FINDING_SPF_INCLUDE_SELF
                                              : FINDING_SPF_INCLUDE_LOOP;
    note_default(tree, id, node, step->term->text);
}

/* The cause behind a target that is a permerror itself. */
static void note_broken_target(struct spf_tree *tree, const struct spf_node *node, const struct spf_step *step)
{
    const struct subject *s = tree->subject;
    const struct spf_node *target = step->node;
    span term = step->term->text, cause = SPAN("several records");
    if (target->state == SPF_NODE_SYNTAX) {
        const struct spf_outline *outline = &target->record.outline;
        cause = arena_printf(s->arena, "%s %.*s", finding_kind(outline->fault)->id,
                             SPAN_ARG(span_first(outline->faulty_term, 100)));
    }
    if (is_redirect(step)) {
        /* Its result is the record's own (6.1): said by the same finding, there is none of its own. */
        findings_addf(s->findings, FINDING_SPF_INCLUDE_PERMERROR, "%.*s: %.*s", SPAN_ARG(span_first(term, 200)),
                      SPAN_ARG(cause));
        return;
    }
    span detail = arena_printf(s->arena, "%.*s: %.*s", SPAN_ARG(span_first(term, 200)), SPAN_ARG(cause));
    note_default(tree, FINDING_SPF_INCLUDE_PERMERROR, node, detail);
}

static void note_record_target(struct spf_tree *tree, const struct spf_node *node, const struct spf_step *step)
{
    if (step->closes_loop) {
        note_loop(tree, node, step);
        return;
    }
    if (!step->node || step->node->state == SPF_NODE_FAILED) {
        note_default(tree, is_redirect(step) ? FINDING_SPF_TEMPERROR : FINDING_SPF_INCLUDE_TEMPERROR, node,
                     step->term->text);
        return;
    }
    switch (step->node->state) {
    case SPF_NODE_NO_RECORD:
        note_default(tree, is_redirect(step) ? FINDING_SPF_REDIRECT_NO_RECORD : FINDING_SPF_INCLUDE_NO_RECORD, node,
                     step->term->text);
        break;
    case SPF_NODE_SEVERAL:
    case SPF_NODE_SYNTAX:
        note_broken_target(tree, node, step);
        break;
    default:
        break;
    }
}

static bool finds_nothing(const struct spf_step *step)
{
    return step->for_ip4 == SPF_FOUND_NOTHING && step->for_ip6 == SPF_FOUND_NOTHING;
}

static void note_exists(struct spf_tree *tree, const struct spf_node *node, const struct spf_step *step)
{
    const uint32_t of_the_sender =
        SPF_LETTER('i') | SPF_LETTER('s') | SPF_LETTER('l') | SPF_LETTER('p') | SPF_LETTER('h');
    note_default(tree, FINDING_SPF_EXISTS, node, step->term->text);
    if ((step->term->letters & of_the_sender) == 0) {
        bool lets_pass = step->for_ip4 == SPF_FOUND && step->term->qualifier == SPF_PASS;
        note(tree, FINDING_SPF_EXISTS_CONSTANT, lets_pass ? SEVERITY_ERROR : SEVERITY_WARNING, node, step->term->text);
    }
}

static void note_address_target(struct spf_tree *tree, const struct spf_node *node, const struct spf_step *step)
{
    if (step->term->kind == SPF_TERM_PTR) {
        note_default(tree, FINDING_SPF_PTR, node, step->term->text);
        return;
    }
    if (step->term->kind == SPF_TERM_EXISTS) {
        note_exists(tree, node, step);
    }
    if (finds_nothing(step)) {
        note_default(tree, FINDING_SPF_VOID_TARGET, node, step->term->text);
    }
    if (step->mx && step->mx->count > SPF_MX_HOST_LIMIT) {
        note_default(tree, FINDING_SPF_MX_TOO_MANY_HOSTS, node, step->term->text);
    }
}

static const struct rrset *own_answer(const struct spf_step *step)
{
    return step->node ? step->node->txt : step->mx ? step->mx : step->a;
}

/* With "-", "~" or "?" nobody passes, whoever has the target. One that no sender reaches today is reached when its record is mended. */
static void note_open_target(struct spf_tree *tree, const struct spf_node *node, const struct spf_step *step,
                             struct spf_result *out)
{
    const struct rrset *rrset = own_answer(step);
    if (step->term->qualifier == SPF_PASS && step->target.len > 0 && rrset && rrset->outcome == DNS_NXDOMAIN &&
        registrable_is_open(tree->subject, step->target, rrset)) {
        note_default(tree, FINDING_SPF_TARGET_UNREGISTERED, node, step->term->text);
        out->target_is_open |= step->could_pass;
    }
}

static void note_steps(struct spf_tree *tree, struct spf_result *out)
{
    for (const struct spf_node *node = tree->nodes; node; node = node->next) {
        for (size_t i = 0; node->was_visited && i < node->step_count; i++) {
            const struct spf_step *step = &node->steps[i];
            if (!step->is_resolved) {
                continue;
            }
            if (step->term->kind == SPF_TERM_INCLUDE || is_redirect(step)) {
                if (step->target.len > 0 || step->is_malformed) {
                    note_record_target(tree, node, step);
                }
            } else {
                note_address_target(tree, node, step);
            }
            note_open_target(tree, node, step, out);
        }
        if (node->references > 1) {
            findings_add(tree->subject->findings, FINDING_SPF_DUPLICATE_INCLUDE, node->name);
        }
    }
}

/* ---- the whole ---- */

static void note_macros(struct spf_tree *tree)
{
    char letters[26 * 3];
    size_t len = 0;
    for (char letter = 'a'; letter <= 'z'; letter++) {
        if (tree->letters & SPF_LETTER(letter)) {
            if (len > 0) {
                letters[len++] = ' ';
            }
            letters[len++] = letter;
        }
    }
    if (len > 0) {
        findings_add(tree->subject->findings, FINDING_SPF_MACRO, span_of(letters, len));
    }
    if (tree->letters & SPF_LETTER('p')) {
        findings_add(tree->subject->findings, FINDING_SPF_MACRO_P, SPAN(""));
    }
}

static void note_counts(const struct subject *s, const struct spf_result *out)
{
    if (out->lookups > SPF_LOOKUP_LIMIT) {
        findings_addf(s->findings, FINDING_SPF_TOO_MANY_LOOKUPS, "%u lookups%s", out->lookups, out->was_capped ? " or more" : "");
    } else if (out->lookups >= SPF_LOOKUP_LIMIT - 1) {
        findings_addf(s->findings, FINDING_SPF_LOOKUPS_NEAR_LIMIT, "%u lookups", out->lookups);
    }
    if (out->void_lookups > SPF_VOID_LIMIT) {
        findings_addf(s->findings, FINDING_SPF_TOO_MANY_VOID_LOOKUPS, "%u void lookups", out->void_lookups);
    } else if (out->void_lookups_ipv6 > SPF_VOID_LIMIT) {
        findings_addf(s->findings, FINDING_SPF_VOID_LOOKUPS_IPV6, "%u void lookups", out->void_lookups_ipv6);
    }
}

/* The node whose `all` decides, through redirects; NULL: a record without one, or a redirect that leads nowhere. */
static const struct spf_node *node_with_all(const struct spf_node *node)
{
    for (int hops = 0; node && node->state == SPF_NODE_USABLE && hops <= SPF_LOOKUP_LIMIT; hops++) {
        if (node->record.all_index < node->record.term_count) {
            return node;
        }
        node = node->has_redirect_step ? node->steps[node->step_count - 1].node : NULL;
    }
    return NULL;
}

static void note_all(struct spf_tree *tree)
{
    static const enum finding_id ids[] = { [SPF_FAIL] = FINDING_COUNT,
                                           [SPF_SOFTFAIL] = FINDING_SPF_ALL_SOFTFAIL,
                                           [SPF_NEUTRAL] = FINDING_SPF_ALL_NEUTRAL,
                                           [SPF_PASS] = FINDING_SPF_ALL_PASS };
    const struct spf_node *node = node_with_all(tree->root);
    if (!node) {
        /* A redirect that cannot be asked, or has macros, may well lead to one. */
        const struct spf_node *root = tree->root;
        const struct spf_step *redirect = root->has_redirect_step ? &root->steps[root->step_count - 1] : NULL;
        bool is_unknown =
            redirect && (redirect->for_ip4 == SPF_FOUND_UNKNOWABLE || redirect->for_ip4 == SPF_FOUND_FAILURE);
        if (!is_unknown) {
            findings_add(tree->subject->findings, FINDING_SPF_NO_ALL, SPAN(""));
        }
        return;
    }
    const struct spf_term *all = &node->record.terms[node->record.all_index];
    if (ids[all->qualifier] != FINDING_COUNT) {
        note_default(tree, ids[all->qualifier], node, all->text);
    }
}

enum { PERMISSIVE = 100000 };

static uint64_t addresses_by_providers(const struct spf_tree *tree)
{
    uint64_t count = 0;
    for (size_t i = 0; i < tree->root->step_count; i++) {
        const struct spf_step *step = &tree->root->steps[i];
        if (step->passed_ip4 > 0 && spf_provider_of(tree->subject, step->term->domain)) {
            count += step->passed_ip4;
        }
    }
    return count;
}

static void note_who_passes(struct spf_tree *tree, const struct spf_pass *ip4, const struct spf_result *out)
{
    const struct subject *s = tree->subject;
    if (out->ipv4_addresses > PERMISSIVE) {
        unsigned share = (unsigned)(addresses_by_providers(tree) * 100 / out->ipv4_addresses);
        findings_addf(s->findings, FINDING_SPF_PERMISSIVE, "%llu addresses, %u%% by known providers",
                      (unsigned long long)out->ipv4_addresses, share);
    }
    if (out->authorises_nobody) {
        findings_add(s->findings, FINDING_SPF_AUTHORISES_NOBODY, SPAN(""));
    }
    if (ip4->passed_all_at) {
        findings_add(s->findings, FINDING_SPF_INCLUDE_PASSES_ALL, ip4->passed_all_at->term->text);
    }
}

/* ---- beside MX ---- */

struct mailbox {
    const struct provider *provider;
    span host;
};

/* The provider of the mailboxes: the first MX host that belongs to one; a gateway hides whom it stands for. */
static struct mailbox find_mailbox(const struct subject *s, const struct rrset *mx)
{
    struct mailbox none = { 0 };
    for (size_t i = 0; s->config->providers && mx->outcome == DNS_ANSWERED && i < mx->count; i++) {
        const struct provider *provider = provider_find(s->config->providers, PROVIDER_MX, mx->mx[i].exchange);
        if (provider && !provider->is_weak) {
            bool is_mailbox = strcmp(provider->role, "mailbox") == 0;
            return is_mailbox ? (struct mailbox){ provider, mx->mx[i].exchange } : none;
        }
    }
    return none;
}

static bool is_same_organization(const struct subject *s, span a, span b)
{
    const struct suffix_list *suffixes = &s->config->suffixes;
    return suffixes->organizational_domain && span_equal_nocase(suffixes->organizational_domain(suffixes->list, a),
                                                                suffixes->organizational_domain(suffixes->list, b));
}

static bool tree_names_provider(const struct subject *s, const struct spf_result *out, struct mailbox mailbox)
{
    for (size_t i = 0; i < out->target_count; i++) {
        const struct provider *provider = spf_provider_of(s, out->targets[i]);
        if ((provider && provider->name == mailbox.provider->name) ||
            is_same_organization(s, out->targets[i], mailbox.host)) {
            return true;
        }
    }
    return false;
}

enum { COVERS_NO_PROVIDER = 16 }; /* addresses: fewer than any provider of mailboxes sends from */

/*
 * The provider's addresses may stand in the record without its name: written out, or in the include of a service that
 * flattens records. Its own list of them is not asked for, so more addresses than these are taken to be that.
 */
static bool addresses_may_cover_provider(const struct spf_tree *tree, const struct spf_result *out)
{
    uint64_t count = out->ipv4_addresses;
    for (size_t i = 0; i < tree->root->step_count; i++) {
        const struct spf_step *step = &tree->root->steps[i];
        const struct provider *provider =
            step->passed_ip4 > 0 ? provider_find(tree->subject->config->providers, PROVIDER_SPF, step->term->domain) : NULL;
        count -= provider && !provider->is_weak ? step->passed_ip4 : 0;
    }
    return count > COVERS_NO_PROVIDER;
}

/* An mx term, or the addresses of an MX host where we have them, let the provider's hosts pass. */
static bool addresses_cover_mx(struct spf_tree *tree, const struct spf_pass *ip4, const struct rrset *mx)
{
    for (size_t i = 0; i < tree->root->step_count; i++) {
        const struct spf_term *term = tree->root->steps[i].term;
        if (term->kind == SPF_TERM_MX && term->qualifier == SPF_PASS) {
            return true;
        }
    }
    for (size_t i = 0; i < mx->count; i++) {
        const struct rrset *a = subject_answer(tree->subject, mx->mx[i].exchange, DNS_A);
        for (size_t k = 0; a->outcome == DNS_ANSWERED && k < a->count; k++) {
            if (pass_set_contains(&ip4->set, ip4_range(a->a[k], 32).first)) {
                return true;
            }
        }
    }
    return false;
}

/* Every address that passes does so by an include of a bulk-mail service. */
static bool only_bulk_mailers_pass(const struct spf_tree *tree, const struct spf_result *out)
{
    uint64_t count = 0;
    for (size_t i = 0; i < tree->root->step_count; i++) {
        const struct spf_step *step = &tree->root->steps[i];
        const struct provider *provider = spf_provider_of(tree->subject, step->term->domain);
        if (step->passed_ip4 > 0 && provider && strcmp(provider->role, "esp") == 0) {
            count += step->passed_ip4;
        }
    }
    return out->is_exact && count > 0 && count == out->ipv4_addresses;
}

static void note_beside_mx(struct spf_tree *tree, const struct spf_pass *ip4, const struct spf_result *out)
{
    const struct subject *s = tree->subject;
    const struct rrset *mx = subject_answer(s, s->domain, DNS_MX);
    struct mailbox mailbox = find_mailbox(s, mx);
    if (!mailbox.provider || out->status != SPF_VALID || out->passes_everybody ||
        tree_names_provider(s, out, mailbox)) {
        return;
    }
    /* Of a provider whose include we don't know, nobody can say that it is missing. */
    bool is_include_known = provider_has_kind(s->config->providers, mailbox.provider->name, PROVIDER_SPF);
    if (out->is_exact && is_include_known && !addresses_cover_mx(tree, ip4, mx) && !addresses_may_cover_provider(tree, out)) {
        findings_add(s->findings, FINDING_SPF_PROVIDER_MISSING, span_from_cstr(mailbox.provider->name));
    }
    if (only_bulk_mailers_pass(tree, out)) {
        findings_add(s->findings, FINDING_SPF_THIRD_PARTY_ONLY, span_from_cstr(mailbox.provider->name));
    }
}

static void note_shared_relay(struct spf_tree *tree)
{
    const struct subject *s = tree->subject;
    for (size_t i = 0; i < tree->root->step_count; i++) {
        const struct spf_term *term = tree->root->steps[i].term;
        if (term->kind != SPF_TERM_INCLUDE || !spf_is_shared_relay(s, term->domain)) {
            continue;
        }
        span lock = subject_name_below(s, SPAN("_mailchannels"), s->domain);
        if (lock.len > 0 && rrset_is_absent(subject_answer(s, lock, DNS_TXT))) {
            findings_add(s->findings, FINDING_SPF_SHARED_RELAY, term->text);
        }
    }
}

void spf_findings_of_tree(struct spf_tree *tree, const struct spf_pass *ip4, const struct spf_pass *ip6,
                          struct spf_result *out)
{
    (void)ip6;
    if (out->status == SPF_TEMPERROR) {
        findings_add(tree->subject->findings, FINDING_SPF_TEMPERROR, SPAN(""));
    }
    note_all(tree);
    note_steps(tree, out);
    note_counts(tree->subject, out);
    note_macros(tree);
    note_who_passes(tree, ip4, out);
    note_beside_mx(tree, ip4, out);
    note_shared_relay(tree);
}
