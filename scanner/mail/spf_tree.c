// SPDX-License-Identifier: MIT
#include "scanner/mail/spf_tree.h"

#include "scanner/mail/spf_macro.h"
#include "scanner/mail/spf_select.h"

/* ---- names ---- */

enum spf_target_kind spf_target_name(const struct spf_term *term, span at, span sender_domain, char out[SPF_QNAME_SIZE],
                                     span *name)
{
    if (term->domain.len == 0) {
        *name = at;
        return SPF_TARGET_KNOWN;
    }
    span text = term->domain;
    char expanded[SPF_EXPANSION_SIZE];
    if (term->has_percent) {
        struct spf_macro_values values = { .known = 0 };
        spf_macro_set(&values, 'd', at);
        spf_macro_set(&values, 'o', sender_domain);
        size_t len = 0;
        switch (spf_macro_expand(text, SPF_MACRO_IN_DOMAIN, &values, expanded, sizeof(expanded), &len)) {
        case SPF_MACRO_DONE:
            text = spf_macro_truncate(span_of(expanded, len));
            break;
        case SPF_MACRO_UNKNOWN:
            return SPF_TARGET_UNKNOWN;
        default:
            return SPF_TARGET_MALFORMED;
        }
    } else {
        text = spf_macro_truncate(text);
    }
    return spf_name_from_text(text, out, name) ? SPF_TARGET_KNOWN : SPF_TARGET_MALFORMED;
}

/* ---- nodes ---- */

static const struct rrset nothing_there = { .outcome = DNS_NXDOMAIN };

static void take_steps(struct spf_tree *tree, struct spf_node *node)
{
    const struct spf_record *record = &node->record;
    size_t size = 0;
    for (size_t i = 0; i < record->term_count; i++) {
        size += spf_term_is_counted(&record->terms[i]) || record->terms[i].kind == SPF_TERM_REDIRECT;
    }
    node->steps = ARENA_TAKE_N(tree->subject->arena, struct spf_step, size);
    if (!node->steps) {
        tree->was_capped = true;
        return;
    }
    const struct spf_term *redirect = NULL;
    for (size_t i = 0; i < record->term_count; i++) {
        const struct spf_term *term = &record->terms[i];
        if (i < record->all_index && spf_term_is_counted(term)) {
            node->steps[node->step_count++].term = term;
        }
        redirect = term->kind == SPF_TERM_REDIRECT ? term : redirect;
    }
    if (redirect && !record->outline.has_all) {
        node->steps[node->step_count++].term = redirect;
        node->has_redirect_step = true;
    }
}

static void load_record(struct spf_tree *tree, struct spf_node *node)
{
    struct spf_selection selection;
    spf_select(node->txt, &selection);
    node->selected = selection.record;
    if (rrset_is_failure(node->txt)) {
        node->state = SPF_NODE_FAILED;
    } else if (selection.count != 1) {
        node->state = selection.count == 0 ? SPF_NODE_NO_RECORD : SPF_NODE_SEVERAL;
    } else {
        spf_record_parse(selection.record->text, tree->subject->arena, &node->record);
        tree->was_capped |= node->record.was_cut;
        node->state = node->record.outline.is_valid ? SPF_NODE_USABLE : SPF_NODE_SYNTAX;
    }
    if (node->state == SPF_NODE_USABLE) {
        take_steps(tree, node);
    }
}

static void prepare_printing(struct spf_tree *tree, struct spf_node *node)
{
    node->printed.name = node->name;
    if (node->selected && node->state != SPF_NODE_SEVERAL) {
        node->printed.record = node->selected->text;
    }
    node->printed_terms = ARENA_TAKE_N(tree->subject->arena, struct spf_tree_term, node->record.term_count);
    if (!node->printed_terms) {
        return;
    }
    for (size_t i = 0; i < node->record.term_count; i++) {
        node->printed_terms[i].text = node->record.terms[i].text;
    }
    node->printed.terms = node->printed_terms;
    node->printed.term_count = node->record.term_count;
}

/* `name` is copied; NULL when there is no room. */
static struct spf_node *add_node(struct spf_tree *tree, span name, const struct rrset *txt)
{
    struct spf_node *node = ARENA_TAKE(tree->subject->arena, struct spf_node);
    if (!node || !arena_copy(tree->subject->arena, name, &node->name)) {
        tree->was_capped = true;
        return NULL;
    }
    node->hash = span_hash_nocase(name);
    node->txt = txt;
    load_record(tree, node);
    prepare_printing(tree, node);
    if (tree->last_node) {
        tree->last_node->next = node;
    } else {
        tree->nodes = node;
    }
    tree->last_node = node;
    tree->node_count++;
    return node;
}

static struct spf_node *find_node(struct spf_tree *tree, span name, bool is_malformed)
{
    uint32_t hash = span_hash_nocase(name);
    for (struct spf_node *node = tree->nodes; node; node = node->next) {
        if (node->hash == hash && span_equal_nocase(node->name, name)) {
            return node;
        }
    }
    return add_node(tree, name, is_malformed ? &nothing_there : subject_answer(tree->subject, name, DNS_TXT));
}

void spf_tree_init(struct spf_tree *tree, const struct subject *s)
{
    *tree = (struct spf_tree){ .subject = s };
    tree->root = find_node(tree, s->domain, false);
}

/* ---- steps ---- */

static enum spf_found found(const struct rrset *rrset)
{
    return rrset_is_failure(rrset) ? SPF_FOUND_FAILURE : rrset_is_absent(rrset) ? SPF_FOUND_NOTHING : SPF_FOUND;
}

static const struct rrset *answer(struct spf_tree *tree, const struct spf_step *step, uint16_t qtype)
{
    return step->is_malformed ? &nothing_there : subject_answer(tree->subject, step->target, qtype);
}

/* The addresses of the first hosts: one that could not be asked makes the term a failure for its family. */
static void look_at_mx_hosts(struct spf_tree *tree, struct spf_step *step)
{
    size_t count = step->mx->count < SPF_MX_HOST_LIMIT ? step->mx->count : SPF_MX_HOST_LIMIT;
    for (size_t i = 0; i < count; i++) {
        span host = step->mx->mx[i].exchange;
        if (span_equal(host, SPAN("."))) {
            continue;
        }
        tree->has_failure |= rrset_is_failure(subject_answer(tree->subject, host, DNS_A));
        tree->has_failure |= rrset_is_failure(subject_answer(tree->subject, host, DNS_AAAA));
    }
}

static void resolve_addresses(struct spf_tree *tree, struct spf_step *step)
{
    if (!subject_checks(tree->subject, CHECK_ADDRESSES)) {
        step->for_ip4 = step->for_ip6 = SPF_FOUND_UNKNOWABLE;
        return;
    }
    switch (step->term->kind) {
    case SPF_TERM_A:
        step->a = answer(tree, step, DNS_A);
        step->aaaa = answer(tree, step, DNS_AAAA);
        step->for_ip4 = found(step->a);
        step->for_ip6 = found(step->aaaa);
        break;
    case SPF_TERM_MX:
        step->mx = answer(tree, step, DNS_MX);
        step->for_ip4 = step->for_ip6 = found(step->mx);
        look_at_mx_hosts(tree, step);
        break;
    default: /* exists asks for A, whatever the sender's family (5.7) */
        step->a = answer(tree, step, DNS_A);
        step->for_ip4 = step->for_ip6 = found(step->a);
        break;
    }
}

static void resolve_record(struct spf_tree *tree, struct spf_step *step)
{
    span name = step->is_malformed ? step->term->domain : step->target;
    step->node = find_node(tree, name, step->is_malformed);
    step->for_ip4 = step->for_ip6 = step->node ? found(step->node->txt) : SPF_FOUND_FAILURE;
}

void spf_tree_resolve(struct spf_tree *tree, struct spf_node *node, struct spf_step *step)
{
    if (step->is_resolved) {
        return;
    }
    step->is_resolved = true;
    step->for_ip4 = step->for_ip6 = SPF_FOUND_UNKNOWABLE;
    char buffer[SPF_QNAME_SIZE];
    span name = { 0 };
    enum spf_target_kind kind = spf_target_name(step->term, node->name, tree->subject->domain, buffer, &name);
    if (kind == SPF_TARGET_UNKNOWN || step->term->kind == SPF_TERM_PTR) {
        return;
    }
    step->is_malformed = kind == SPF_TARGET_MALFORMED;
    if (!step->is_malformed && !arena_copy(tree->subject->arena, name, &step->target)) {
        step->for_ip4 = step->for_ip6 = SPF_FOUND_FAILURE;
        tree->was_capped = true;
        return;
    }
    if (step->term->kind == SPF_TERM_INCLUDE || step->term->kind == SPF_TERM_REDIRECT) {
        resolve_record(tree, step);
    } else {
        resolve_addresses(tree, step);
    }
}

/* ---- the walk ---- */

struct frame {
    struct spf_node *node;
    size_t next_step;
    uint32_t lookups_before;
    bool is_first_visit;
};

struct walk {
    struct frame *frames;
    size_t count, size;
};

static bool push(struct spf_tree *tree, struct walk *walk, struct spf_node *node)
{
    if (walk->count == walk->size) {
        size_t size = walk->size ? walk->size * 2 : 8;
        struct frame *frames = ARENA_TAKE_N(tree->subject->arena, struct frame, size);
        if (!frames) {
            tree->was_capped = true;
            return false;
        }
        if (walk->count > 0) {
            memcpy(frames, walk->frames, walk->count * sizeof(*frames));
        }
        walk->frames = frames;
        walk->size = size;
    }
    walk->frames[walk->count++] = (struct frame){ node, 0, tree->lookups, !node->was_visited };
    node->was_visited = true;
    node->is_on_path = true;
    return true;
}

static void pop(struct spf_tree *tree, struct walk *walk)
{
    struct frame *frame = &walk->frames[--walk->count];
    frame->node->is_on_path = false;
    if (frame->is_first_visit) {
        frame->node->printed.lookups = tree->lookups - frame->lookups_before;
    }
}

static void note_target(struct spf_tree *tree, span target)
{
    for (size_t i = 0; i < tree->target_count; i++) {
        if (span_equal_nocase(tree->targets[i], target)) {
            return;
        }
    }
    if (tree->target_count == tree->targets_size) {
        size_t size = tree->targets_size ? tree->targets_size * 2 : 8;
        span *targets = ARENA_TAKE_N(tree->subject->arena, span, size);
        if (!targets) {
            tree->was_capped = true;
            return;
        }
        if (tree->target_count > 0) {
            memcpy(targets, tree->targets, tree->target_count * sizeof(*targets));
        }
        tree->targets = targets;
        tree->targets_size = size;
    }
    tree->targets[tree->target_count++] = target;
}

static void note_step(struct spf_tree *tree, const struct spf_step *step)
{
    const struct spf_term *term = step->term;
    tree->letters |= term->letters;
    tree->has_ptr |= term->kind == SPF_TERM_PTR;
    tree->has_exists |= term->kind == SPF_TERM_EXISTS;
    tree->has_failure |= step->for_ip4 == SPF_FOUND_FAILURE || step->for_ip6 == SPF_FOUND_FAILURE;
    tree->has_unknowable |= step->for_ip4 == SPF_FOUND_UNKNOWABLE || step->for_ip6 == SPF_FOUND_UNKNOWABLE;
    tree->void_ip4 += step->for_ip4 == SPF_FOUND_NOTHING;
    tree->void_ip6 += step->for_ip6 == SPF_FOUND_NOTHING;
}

/* A printed term shows what is below it only where the walk first went there, so that the print is a tree. */
static void link_printed(struct spf_node *node, const struct spf_step *step)
{
    if (node->printed_terms && !step->node->was_visited) {
        node->printed_terms[step->term - node->record.terms].target = &step->node->printed;
    }
}

static void enter(struct spf_tree *tree, struct walk *walk, struct spf_node *node, struct spf_step *step)
{
    span target = step->term->domain;
    note_target(tree, target.ptr[target.len - 1] == '.' ? span_first(target, target.len - 1) : target);
    tree->depth = tree->depth > walk->count ? tree->depth : (uint32_t)walk->count;
    if (!step->node) {
        return;
    }
    if (step->node->is_on_path) {
        step->closes_loop = true;
        return;
    }
    step->node->references++;
    link_printed(node, step);
    step->node->was_visited |= step->node->state != SPF_NODE_USABLE;
    if (step->node->state == SPF_NODE_USABLE) {
        push(tree, walk, step->node);
    }
}

static void take_step(struct spf_tree *tree, struct walk *walk, struct spf_node *node, struct spf_step *step)
{
    spf_tree_resolve(tree, node, step);
    tree->lookups++;
    note_step(tree, step);
    if (step->term->kind == SPF_TERM_INCLUDE || step->term->kind == SPF_TERM_REDIRECT) {
        enter(tree, walk, node, step);
    }
}

void spf_tree_walk(struct spf_tree *tree)
{
    struct walk walk = { 0 };
    push(tree, &walk, tree->root);
    while (walk.count > 0) {
        struct frame *frame = &walk.frames[walk.count - 1];
        if (frame->next_step == frame->node->step_count) {
            pop(tree, &walk);
        } else if (tree->lookups == SPF_TERMS_MAX) {
            tree->was_capped = true;
            pop(tree, &walk);
        } else {
            take_step(tree, &walk, frame->node, &frame->node->steps[frame->next_step++]);
        }
    }
}
