// SPDX-License-Identifier: MIT
#include "scanner/check_print.h"

#include <inttypes.h>

enum colour { PLAIN, BOLD, DIM, RED, YELLOW, GREEN, COLOUR_COUNT };
static const char *const colour_codes[COLOUR_COUNT] = { "\033[0m", "\033[1m", "\033[2m", "\033[31m", "\033[33m", "\033[32m" };

struct sheet {
    FILE *out;
    const struct check_style *style;
};

static void paint(const struct sheet *s, enum colour colour)
{
    if (s->style->is_coloured) {
        fputs(colour_codes[colour], s->out);
    }
}

static void put_coloured(const struct sheet *s, enum colour colour, const char *text)
{
    paint(s, colour);
    fputs(text, s->out);
    paint(s, PLAIN);
}

void print_dns_text(FILE *out, span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\\') {
            fputs("\\\\", out);
        } else if (c >= 0x20 && c < 0x7f) {
            fputc(c, out);
        } else {
            fprintf(out, "\\%03d", c);
        }
    }
}

static void put_dns_text(const struct sheet *s, span text)
{
    print_dns_text(s->out, text);
}

static void begin_section(const struct sheet *s, const char *name, enum colour colour, const char *status)
{
    fprintf(s->out, "  ");
    paint(s, BOLD);
    fprintf(s->out, "%-9s", name);
    paint(s, PLAIN);
    put_coloured(s, colour, status);
    fputc('\n', s->out);
}

static void put_branch(const struct sheet *s, bool is_last)
{
    fprintf(s->out, "%11s", "");
    fputs(s->style->is_utf8 ? (is_last ? "└─ " : "├─ ") : (is_last ? "`- " : "|- "), s->out);
}

static void put_record(const struct sheet *s, span record)
{
    fprintf(s->out, "           ");
    paint(s, DIM);
    put_dns_text(s, record);
    paint(s, PLAIN);
    fputc('\n', s->out);
}

static void put_names(const struct sheet *s, const char *label, const char *const *names, size_t count)
{
    if (count == 0) {
        return;
    }
    fprintf(s->out, "           %s: ", label);
    for (size_t i = 0; i < count; i++) {
        fprintf(s->out, "%s%s", i ? ", " : "", names[i]);
    }
    fputc('\n', s->out);
}

static void print_mx(const struct sheet *s, const struct mx_result *mx)
{
    static const struct {
        const char *text;
        enum colour colour;
    } words[] = {
        [MX_NOT_CHECKED] = { "not checked", DIM },
        [MX_OK] = { "ok", GREEN },
        [MX_NONE] = { "none: no MX record", PLAIN },
        [MX_NULL] = { "null MX: the domain receives no mail", GREEN },
        [MX_INVALID] = { "invalid: no listed host can receive mail", RED },
        [MX_TEMPERROR] = { "unknown: the DNS did not answer", YELLOW },
    };
    begin_section(s, "MX", words[mx->status].colour, words[mx->status].text);
    for (size_t i = 0; i < mx->host_count; i++) {
        put_branch(s, i + 1 == mx->host_count);
        fprintf(s->out, "%u %.*s\n", mx->hosts[i].preference, SPAN_ARG(mx->hosts[i].exchange));
    }
    put_names(s, "provider", mx->providers, mx->provider_count);
}

enum { TREE_DEPTH_SHOWN = 24, TREE_NODES_SHOWN = 400, ADDRESSES_SHOWN = 4 };

struct tree {
    const struct sheet *sheet;
    size_t budget;                       /* lines left */
    bool goes_on[TREE_DEPTH_SHOWN + 1];  /* per level: more follows, so its line is drawn through */
};

static void put_tree_line(struct tree *t, size_t depth, bool is_last)
{
    const struct sheet *s = t->sheet;
    fprintf(s->out, "%11s", "");
    for (size_t i = 0; i < depth; i++) {
        fputs(!t->goes_on[i] ? "   " : s->style->is_utf8 ? "│  " : "|  ", s->out);
    }
    fputs(s->style->is_utf8 ? (is_last ? "└─ " : "├─ ") : (is_last ? "`- " : "|- "), s->out);
    t->goes_on[depth] = !is_last;
    t->budget--;
}

static bool is_address_term(const struct spf_tree_term *term)
{
    span text = term->text;
    if (text.len > 0 && text.ptr[0] == '+') {
        text = span_after(text, 1);
    }
    return span_starts_with_nocase(text, SPAN("ip4:")) || span_starts_with_nocase(text, SPAN("ip6:"));
}

/* How many terms from `first` on are nothing but addresses. */
static size_t count_addresses(const struct spf_tree_node *node, size_t first)
{
    size_t count = 0;
    while (first + count < node->term_count && is_address_term(&node->terms[first + count])) {
        count++;
    }
    return count;
}

static void print_spf_node(struct tree *t, const struct spf_tree_node *node, size_t depth)
{
    const struct sheet *s = t->sheet;
    for (size_t i = 0; i < node->term_count && t->budget > 0; i++) {
        const struct spf_tree_term *term = &node->terms[i];
        size_t addresses = s->style->is_whole ? 0 : count_addresses(node, i);
        if (addresses > ADDRESSES_SHOWN) {
            put_tree_line(t, depth, i + addresses == node->term_count);
            fprintf(s->out, "%zu addresses and networks\n", addresses);
            i += addresses - 1;
            continue;
        }
        put_tree_line(t, depth, i + 1 == node->term_count);
        put_dns_text(s, term->text);
        if (term->target) {
            paint(s, DIM);
            fprintf(s->out, "  (%" PRIu32 " lookup%s below)", term->target->lookups, term->target->lookups == 1 ? "" : "s");
            paint(s, PLAIN);
        }
        fputc('\n', s->out);
        if (term->target && depth < TREE_DEPTH_SHOWN) {
            print_spf_node(t, term->target, depth + 1);
        }
    }
}

static void print_spf(const struct sheet *s, const struct spf_result *spf)
{
    static const struct {
        const char *text;
        enum colour colour;
    } words[] = {
        [SPF_NOT_CHECKED] = { "not checked", DIM },
        [SPF_VALID] = { "valid", GREEN },
        [SPF_NONE] = { "none: no SPF record", YELLOW },
        [SPF_PERMERROR] = { "permerror: receivers cannot use it", RED },
        [SPF_TEMPERROR] = { "unknown: the DNS did not answer for all of it", YELLOW },
    };
    begin_section(s, "SPF", words[spf->status].colour, words[spf->status].text);
    if (spf->has_record) {
        put_record(s, spf->record);
    }
    if (spf->tree) {
        struct tree tree = { .sheet = s, .budget = TREE_NODES_SHOWN };
        print_spf_node(&tree, spf->tree, 0);
        if (tree.budget == 0) {
            fprintf(s->out, "           (the tree goes on: --json --records full has all of it)\n");
        }
    }
    if (spf->has_numbers) {
        fprintf(s->out, "           ");
        paint(s, spf->lookups > SPF_LOOKUP_LIMIT ? RED : PLAIN);
        fprintf(s->out, "%" PRIu32 " of %d lookups", spf->lookups, SPF_LOOKUP_LIMIT);
        paint(s, PLAIN);
        fprintf(s->out, ", %" PRIu32 " of %d void\n           %s%" PRIu64 " IPv4 addresses, %s%" PRIu64 " IPv6 /64s may send\n",
                spf->void_lookups, SPF_VOID_LIMIT, spf->is_exact ? "" : "at least ", spf->ipv4_addresses,
                spf->is_exact ? "" : "at least ", spf->ipv6_slash64s);
    }
    if (spf->limit_hit.len > 0) {
        fprintf(s->out, "           limit reached at: ");
        put_dns_text(s, spf->limit_hit);
        fputc('\n', s->out);
    }
    put_names(s, "provider", spf->providers, spf->provider_count);
}

static void print_senders(const struct sheet *s, const struct assessment *a, const struct record_facts *facts)
{
    for (size_t i = 0; a->spf_checks && i < facts->spf_sender_count; i++) {
        const struct spf_check_result *r = &a->spf_checks[i];
        span why = r->error.len > 0 ? r->error : r->mechanism;
        char ip[SPF_SENDER_IP_SIZE];
        spf_sender_print_ip(&facts->spf_senders[i], ip);
        fprintf(s->out, "           from %s: %s%s", ip, spf_check_outcome_name(r->outcome), why.len > 0 ? ", " : "");
        put_dns_text(s, why);
        fputc('\n', s->out);
    }
}

/* RFC 8020: below a name that does not exist nothing does, but servers err; so a likely selector is asked for all the same. */
static void print_namespace(const struct sheet *s, const struct dkim_result *dkim)
{
    static const char *const states[] = { "unknown", "exists", "absent" };
    const char *plural = dkim->probed == 1 ? "" : "s";
    bool is_absent = dkim->namespace_state == DKIM_NAMESPACE_ABSENT;
    fprintf(s->out, "           namespace %s", states[dkim->namespace_state]);
    if (is_absent && dkim->probed == 0) {
        fputs(": no selector can exist (RFC 8020)\n", s->out);
    } else if (is_absent) {
        fprintf(s->out, "; %" PRIu32 " likely selector%s asked for all the same\n", dkim->probed, plural);
    } else {
        fprintf(s->out, "; %" PRIu32 " selector%s asked for\n", dkim->probed, plural);
    }
}

static void print_dkim(const struct sheet *s, const struct dkim_result *dkim)
{
    static const struct {
        const char *text;
        enum colour colour;
    } words[] = {
        [DKIM_NOT_CHECKED] = { "not checked", DIM },
        [DKIM_FOUND] = { "found", GREEN },
        [DKIM_REVOKED] = { "revoked keys only", YELLOW },
        [DKIM_INVALID] = { "invalid: what answers is of no use", RED },
        [DKIM_WILDCARD] = { "wildcard: every selector gets the same answer", PLAIN },
        [DKIM_NONE_FOUND] = { "none found", YELLOW },
        [DKIM_TEMPERROR] = { "unknown: the DNS did not answer", YELLOW },
    };
    static const char *const statuses[] = { "valid", "revoked", "invalid", "dangling alias" };
    static const char *const types[] = { "", "rsa", "ed25519" };
    begin_section(s, "DKIM", words[dkim->status].colour, words[dkim->status].text);
    if (dkim->status == DKIM_NOT_CHECKED) {
        return;
    }
    for (size_t i = 0; i < dkim->selector_count; i++) {
        const struct dkim_selector *k = &dkim->selectors[i];
        put_branch(s, i + 1 == dkim->selector_count);
        fprintf(s->out, "%.*s: ", SPAN_ARG(k->selector));
        put_coloured(s, k->status == DKIM_KEY_VALID ? GREEN : k->status == DKIM_KEY_REVOKED ? PLAIN : RED, statuses[k->status]);
        if (k->key_bits > 0) {
            fprintf(s->out, ", %s %" PRIu32 " bits", types[k->key_type], k->key_bits);
        }
        if (k->is_testing) {
            fprintf(s->out, ", testing");
        }
        if (k->cname.len > 0) {
            fprintf(s->out, ", alias of %.*s", SPAN_ARG(k->cname));
        }
        if (k->provider) {
            fprintf(s->out, " (%s)", k->provider);
        }
        fputc('\n', s->out);
    }
    print_namespace(s, dkim);
}

static void put_uris(const struct sheet *s, const char *label, const span *uris, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(s->out, "           %s ", label);
        put_dns_text(s, uris[i]);
        fputc('\n', s->out);
    }
}

static const char *policy_text(enum dmarc_policy policy)
{
    const char *name = dmarc_policy_name(policy);
    return name ? name : "no policy";
}

static void print_dmarc(const struct sheet *s, const struct dmarc_result *dmarc)
{
    static const struct {
        const char *text;
        enum colour colour;
    } words[] = {
        [DMARC_NOT_CHECKED] = { "not checked", DIM },
        [DMARC_VALID] = { "valid", GREEN },
        [DMARC_NONE] = { "none: no DMARC record", YELLOW },
        [DMARC_INVALID] = { "invalid: receivers do not use what is published", RED },
        [DMARC_TEMPERROR] = { "unknown: the DNS did not answer", YELLOW },
    };
    begin_section(s, "DMARC", words[dmarc->status].colour, words[dmarc->status].text);
    if (dmarc->has_record) {
        put_record(s, dmarc->record);
    }
    if (dmarc->found_at.len > 0) {
        fprintf(s->out, "           at _dmarc.%.*s%s\n", SPAN_ARG(dmarc->found_at), dmarc->is_inherited ? ", inherited" : "");
    }
    if (dmarc->status == DMARC_VALID) {
        fprintf(s->out, "           effective: %s (RFC 9989: %s, RFC 7489: %s); subdomains %s, nonexistent ones %s\n",
                policy_text(dmarc->effective_policy), policy_text(dmarc->policy_9989), policy_text(dmarc->policy_7489),
                policy_text(dmarc->subdomain_policy), policy_text(dmarc->nonexistent_policy));
        put_uris(s, "reports to", dmarc->rua, dmarc->rua_count);
        put_uris(s, "failures to", dmarc->ruf, dmarc->ruf_count);
    }
    put_names(s, "reporting", dmarc->report_vendors, dmarc->report_vendor_count);
}

static void print_record_status(const struct sheet *s, const char *name, enum record_status status)
{
    static const struct {
        const char *text;
        enum colour colour;
    } words[] = {
        [RECORD_NOT_CHECKED] = { "not checked", DIM }, [RECORD_VALID] = { "valid", GREEN },
        [RECORD_NONE] = { "none", PLAIN },             [RECORD_INVALID] = { "invalid", RED },
        [RECORD_TEMPERROR] = { "unknown: the DNS did not answer", YELLOW },
    };
    if (status != RECORD_NOT_CHECKED) {
        begin_section(s, name, words[status].colour, words[status].text);
    }
}

/* A name that does not exist has no place for a record: what would help another does not help it. */
static const char *remedy_of(const struct finding_kind *kind, enum finding_id id, bool exists)
{
    static const struct {
        enum finding_id id;
        const char *remedy;
    } of_nowhere[] = {
        { FINDING_SPF_MISSING, "Nothing: a name that does not exist has no place for a record." },
        { FINDING_DMARC_MISSING, "Nothing here: np in the DMARC record of the domain above guards names that do not exist." },
    };
    for (size_t i = 0; !exists && i < sizeof(of_nowhere) / sizeof(of_nowhere[0]); i++) {
        if (of_nowhere[i].id == id) {
            return of_nowhere[i].remedy;
        }
    }
    return kind->remedy;
}

static void print_findings(const struct sheet *s, const struct findings *findings, bool exists)
{
    static const enum colour colours[] = { [SEVERITY_ERROR] = RED, [SEVERITY_WARNING] = YELLOW, [SEVERITY_INFO] = DIM };
    if (findings->count == 0) {
        return;
    }
    fputc('\n', s->out);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *f = &findings->items[i];
        const struct finding_kind *kind = finding_kind(f->id);
        fprintf(s->out, "  ");
        paint(s, colours[f->severity]);
        fprintf(s->out, "%-8s", severity_name(f->severity));
        paint(s, PLAIN);
        fprintf(s->out, " %s", kind->id);
        if (f->detail.len > 0) {
            fputs(": ", s->out);
            put_dns_text(s, f->detail);
        }
        fputc('\n', s->out);
        if (f->severity == SEVERITY_INFO) {
            continue;
        }
        fprintf(s->out, "           ");
        fputs(kind->meaning, s->out);
        fputc('\n', s->out);
        const char *remedy = remedy_of(kind, f->id, exists);
        if (remedy[0]) {
            fprintf(s->out, "           ");
            paint(s, BOLD);
            fputs("What to do: ", s->out);
            paint(s, PLAIN);
            fputs(remedy, s->out);
            fputc('\n', s->out);
        }
    }
}

static enum colour posture_colour(enum posture posture)
{
    switch (posture) {
    case POSTURE_PROTECTED:
    case POSTURE_PARKED_PROTECTED: return GREEN;
    case POSTURE_NONEXISTENT:
    case POSTURE_UNKNOWN: return PLAIN;
    case POSTURE_PARTIAL:
    case POSTURE_MONITORING: return YELLOW;
    default: return RED;
    }
}

static const char *ternary_text(enum ternary value)
{
    static const char *const names[] = { "no", "yes", "unknown" };
    return names[value];
}

void check_print(FILE *out, const struct check_style *style, const struct assessment *a, const struct record_facts *facts)
{
    struct sheet s = { .out = out, .style = style };
    paint(&s, BOLD);
    fprintf(out, "%.*s", SPAN_ARG(a->domain));
    paint(&s, PLAIN);
    fputs(": ", out);
    put_coloured(&s, posture_colour(a->posture), posture_name(a->posture));
    fputs("\n  ", out);
    fputs(posture_kind(a->posture)->meaning, out);
    fprintf(out, "\n  spoofable: %s; its subdomains: %s; sends mail: %s\n\n", ternary_text(a->spoofable),
            ternary_text(a->spoofable_subdomains), ternary_text(a->sends));
    if (a->outcome != OUTCOME_OK) {
        begin_section(&s, "DNS", a->outcome == OUTCOME_NXDOMAIN ? PLAIN : YELLOW, domain_outcome_name(a->outcome));
    }
    print_dmarc(&s, &a->dmarc);
    print_spf(&s, &a->spf);
    print_senders(&s, a, facts);
    print_dkim(&s, &a->dkim);
    print_mx(&s, &a->mx);
    print_record_status(&s, "MTA-STS", a->mta_sts.status);
    print_record_status(&s, "TLS-RPT", a->tls_rpt.status);
    put_uris(&s, "reports to", a->tls_rpt.rua, a->tls_rpt.rua_count);
    print_record_status(&s, "BIMI", a->bimi.status);
    print_findings(&s, &a->findings, a->outcome != OUTCOME_NXDOMAIN);
    fprintf(out, "\n  %" PRIu32 " questions (%" PRIu32 " shared, %" PRIu32 " retries, %" PRIu32 " over TCP) in %" PRIu64 " ms\n",
            facts->queries, facts->shared, facts->retries, facts->tcp, facts->elapsed_ms);
}
