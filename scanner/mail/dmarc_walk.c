// SPDX-License-Identifier: MIT
#include "scanner/mail/dmarc_walk.h"

static const span dmarc_label = { "_dmarc", 6 };

size_t dmarc_walk_names(span domain, span names[DMARC_WALK_QUERIES])
{
    size_t count = 0, labels = name_label_count(domain);
    span name = domain;
    if (labels == 0) {
        return 0;
    }
    names[count++] = name;
    name = name_parent(name);
    labels--;
    /* RFC 9989 section 4.10 step 5: eight labels and more are cut to seven. */
    while (labels > DMARC_WALK_LABELS) {
        name = name_parent(name);
        labels--;
    }
    while (labels > 0 && count < DMARC_WALK_QUERIES) {
        names[count++] = name;
        name = name_parent(name);
        labels--;
    }
    return count;
}

/* names, and behind them the organizational domain by the list where view B needs it. */
static size_t needed_names(const struct subject *s, span names[DMARC_WALK_QUERIES + 1], size_t *walk_count)
{
    const struct suffix_list *list = &s->config->suffixes;
    *walk_count = dmarc_walk_names(s->domain, names);
    span psl_domain = list->organizational_domain(list->list, s->domain);
    for (size_t i = 0; i < *walk_count; i++) {
        if (span_equal_nocase(names[i], psl_domain)) {
            return *walk_count;
        }
    }
    names[*walk_count] = psl_domain;
    return *walk_count + (psl_domain.len > 0);
}

size_t dmarc_walk_ask(const struct subject *s)
{
    span names[DMARC_WALK_QUERIES + 1];
    size_t walk_count, added = 0, count = needed_names(s, names, &walk_count);
    for (size_t i = 0; i < count; i++) {
        span qname = subject_name_below(s, dmarc_label, names[i]);
        added += qname.len > 0 && subject_ask(s, qname, DNS_TXT, ASK_DMARC);
    }
    return added;
}

static void read_texts(struct dmarc_node *node)
{
    for (size_t i = 0; i < node->rrset->count; i++) {
        span text = node->rrset->txt[i].text;
        if (!dmarc_text_is_record(text)) {
            continue;
        }
        if (node->record_count == 0 || span_compare(text, node->first_text) < 0) {
            node->first_text = text;
        }
        node->record_count++;
    }
    if (node->record_count == 1) {
        dmarc_record_parse(node->first_text, &node->record, NULL);
    }
}

static void read_node(const struct subject *s, span name, struct dmarc_node *node)
{
    static const struct rrset no_such_name = { .outcome = DNS_NXDOMAIN };
    *node = (struct dmarc_node){ .name = name };
    if (dmarc_label.len + 1 + name.len > 253) {
        node->rrset = &no_such_name; /* longer than a name can be: nothing can stand there */
        return;
    }
    span qname = subject_name_below(s, dmarc_label, name);
    node->rrset = subject_answer(s, qname, DNS_TXT);
    node->is_unknown = rrset_is_failure(node->rrset);
    if (node->rrset->outcome == DNS_ANSWERED) {
        read_texts(node);
    }
}

static bool has_record(const struct dmarc_node *node)
{
    return node && node->record_count == 1;
}

/* How a walk over nodes ended. RFC 9989 section 4.10 steps 2, 7 and 8. */
struct walk_end {
    bool has_failed;
    int stop;      /* node with psd=y or psd=n, or -1 */
    int shortest;  /* node with a record and the fewest labels, or -1 */
};

static struct walk_end walk(const struct dmarc_node *nodes, size_t count)
{
    struct walk_end end = { .stop = -1, .shortest = -1 };
    for (size_t i = 0; i < count; i++) {
        if (nodes[i].is_unknown) {
            end.has_failed = true;
            return end;
        }
        if (!has_record(&nodes[i])) {
            continue;
        }
        end.shortest = (int)i;
        if (nodes[i].record.psd != DMARC_PSD_UNDEFINED) {
            end.stop = (int)i;
            return end;
        }
    }
    return end;
}

static bool is_psd(const struct dmarc_node *node)
{
    return has_record(node) && node->record.psd == DMARC_PSD_YES;
}

/* The ancestor of `name` (or itself) with that many labels. */
static span with_labels(span name, size_t labels)
{
    for (size_t have = name_label_count(name); have > labels; have--) {
        name = name_parent(name);
    }
    return name;
}

/*
 * RFC 9989 section 4.10.2: the organizational domain that a walk from `start` gives. A psd=y counts unless the walk
 * began there (`begins_at_first`: nodes[0] is where it began).
 */
static span organizational_domain(const struct dmarc_node *nodes, struct walk_end end, bool begins_at_first, span start)
{
    if (end.shortest < 0) {
        return start;
    }
    const struct dmarc_node *stop = end.stop >= 0 ? &nodes[end.stop] : NULL;
    if (is_psd(stop) && !(begins_at_first && end.stop == 0)) {
        return with_labels(start, name_label_count(stop->name) + 1);
    }
    return nodes[end.shortest].name;
}

static const struct dmarc_node *node_at(const struct dmarc_node *nodes, size_t count, span name)
{
    for (size_t i = 0; i < count; i++) {
        if (span_equal_nocase(nodes[i].name, name)) {
            return &nodes[i];
        }
    }
    return NULL;
}

/* RFC 9989 section 4.10.1: the record at the organizational domain, else the one with psd=y. */
static const struct dmarc_node *inherited(const struct dmarc_node *nodes, size_t count, struct walk_end end,
                                          bool begins_at_first, span start)
{
    if (end.shortest < 0) {
        return NULL;
    }
    const struct dmarc_node *node = node_at(nodes, count, organizational_domain(nodes, end, begins_at_first, start));
    if (has_record(node)) {
        return node;
    }
    return end.stop >= 0 && is_psd(&nodes[end.stop]) ? &nodes[end.stop] : NULL;
}

static struct dmarc_choice choose_9989(const struct dmarc_discovery *d)
{
    const struct dmarc_node *own = &d->nodes[0];
    if (own->is_unknown) {
        return (struct dmarc_choice){ .is_unknown = true };
    }
    if (has_record(own)) {
        return (struct dmarc_choice){ .node = own, .is_own = true };
    }
    struct walk_end end = walk(d->nodes, d->walk_count);
    if (end.has_failed) {
        return (struct dmarc_choice){ .is_unknown = true };
    }
    return (struct dmarc_choice){ .node = inherited(d->nodes, d->walk_count, end, true, own->name) };
}

/* A walk from a name one label below the domain: with eight labels and more it goes past the domain itself. */
static struct dmarc_choice choose_9989_below(const struct dmarc_discovery *d)
{
    size_t skipped = name_label_count(d->nodes[0].name) > DMARC_WALK_LABELS ? 1 : 0;
    const struct dmarc_node *nodes = d->nodes + skipped;
    size_t count = d->walk_count - skipped;
    struct walk_end end = walk(nodes, count);
    if (end.has_failed) {
        return (struct dmarc_choice){ .is_unknown = true };
    }
    if (end.shortest < 0) {
        return (struct dmarc_choice){ 0 };
    }
    const struct dmarc_node *stop = end.stop >= 0 ? &nodes[end.stop] : NULL;
    if (is_psd(stop) && end.stop == 0 && skipped == 0) {
        /* The organizational domain is the name below itself: it has no record, the public suffix's applies. */
        return (struct dmarc_choice){ .node = stop };
    }
    return (struct dmarc_choice){ .node = inherited(nodes, count, end, false, d->nodes[0].name) };
}

static struct dmarc_choice choose_7489_at(const struct dmarc_node *node, bool is_own)
{
    if (!node || node->is_unknown) {
        return (struct dmarc_choice){ .is_unknown = node != NULL };
    }
    return has_record(node) ? (struct dmarc_choice){ .node = node, .is_own = is_own } : (struct dmarc_choice){ 0 };
}

static struct dmarc_choice choose_7489(const struct dmarc_discovery *d)
{
    const struct dmarc_node *own = &d->nodes[0];
    /* Several records at the name: none applies, and discovery stops. RFC 7489 section 6.6.3. */
    if (own->is_unknown || own->record_count > 0 || span_equal_nocase(d->psl_domain, own->name)) {
        return choose_7489_at(own, true);
    }
    return choose_7489_at(node_at(d->nodes, d->count, d->psl_domain), false);
}

static struct dmarc_choice choose_7489_below(const struct dmarc_discovery *d)
{
    if (d->is_suffix) {
        return (struct dmarc_choice){ 0 }; /* a name below is an organizational domain of its own */
    }
    return choose_7489_at(node_at(d->nodes, d->count, d->psl_domain), false);
}

static bool has_any_record(const struct dmarc_discovery *d)
{
    for (size_t i = 0; i < d->walk_count; i++) {
        if (has_record(&d->nodes[i])) {
            return true;
        }
    }
    return false;
}

void dmarc_walk_read(const struct subject *s, struct dmarc_discovery *out)
{
    const struct suffix_list *list = &s->config->suffixes;
    span names[DMARC_WALK_QUERIES + 1];
    *out = (struct dmarc_discovery){ 0 };
    out->psl_domain = list->organizational_domain(list->list, s->domain);
    out->is_suffix = list->is_public_suffix(list->list, s->domain);
    out->count = needed_names(s, names, &out->walk_count);
    for (size_t i = 0; i < out->count; i++) {
        read_node(s, names[i], &out->nodes[i]);
    }
    if (out->walk_count == 0) { /* no name at all */
        static const struct rrset not_asked = { .outcome = DNS_CUT };
        out->nodes[0] = (struct dmarc_node){ .rrset = &not_asked, .is_unknown = true };
    }
    struct walk_end end = walk(out->nodes, out->walk_count);
    out->walk_failed = end.has_failed;
    if (!end.has_failed && has_any_record(out)) {
        out->organizational_domain = organizational_domain(out->nodes, end, true, s->domain);
    }
    out->rfc9989 = choose_9989(out);
    out->rfc7489 = choose_7489(out);
    out->rfc9989_below = choose_9989_below(out);
    out->rfc7489_below = choose_7489_below(out);
}
