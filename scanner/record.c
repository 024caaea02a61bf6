// SPDX-License-Identifier: MIT
#include "scanner/record.h"

#include "scanner/base/clock.h"
#include "scanner/results/vocabulary.h"

/* Deeper trees are printed without their targets: a level takes three of JSON_DEPTH_MAX. */
enum { SCHEMA = 1, TREE_DEPTH_MAX = 38 };

/* Pieces ---------------------------------------------------------------------------------------------------------- */

static void print_word(struct json *out, const struct vocabulary *vocabulary, int value)
{
    json_cstr(out, vocabulary_word(vocabulary, value));
}

/* A name in presentation form: its odd bytes are escaped already. Empty: null. */
static void print_name(struct json *out, span name)
{
    if (name.len == 0) {
        json_null(out);
    } else {
        json_string(out, name.ptr, name.len);
    }
}

static void print_dns_text(struct json *out, bool is_there, span text)
{
    if (is_there) {
        json_dns_text(out, text.ptr, text.len);
    } else {
        json_null(out);
    }
}

static void print_dns_texts(struct json *out, const span *texts, size_t count)
{
    json_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        json_dns_text(out, texts[i].ptr, texts[i].len);
    }
    json_end_array(out);
}

static void print_words(struct json *out, const char *const *words, size_t count)
{
    json_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        json_cstr(out, words[i]);
    }
    json_end_array(out);
}

static void print_number(struct json *out, bool is_there, uint64_t number)
{
    if (is_there) {
        json_u64(out, number);
    } else {
        json_null(out);
    }
}

static void print_ternary(struct json *out, enum ternary value)
{
    if (value == TERNARY_UNKNOWN) {
        json_null(out);
    } else {
        json_bool(out, value == TERNARY_YES);
    }
}

/* Mechanisms ------------------------------------------------------------------------------------------------------ */

static void print_findings(struct json *out, const struct findings *findings)
{
    json_begin_array(out);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        json_begin_object(out);
        json_key(out, "id");
        json_cstr(out, finding_kind(finding->id)->id);
        json_key(out, "severity");
        json_cstr(out, severity_name(finding->severity));
        json_key(out, "detail");
        print_dns_text(out, finding->detail.len > 0, finding->detail);
        json_end_object(out);
    }
    json_end_array(out);
}

static void print_mx(struct json *out, const struct mx_result *mx)
{
    json_begin_object(out);
    json_key(out, "status");
    print_word(out, &mx_status_words, (int)mx->status);
    json_key(out, "hosts");
    json_begin_array(out);
    for (size_t i = 0; i < mx->host_count; i++) {
        json_begin_object(out);
        json_key(out, "preference");
        json_u64(out, mx->hosts[i].preference);
        json_key(out, "host");
        json_string(out, mx->hosts[i].exchange.ptr, mx->hosts[i].exchange.len);
        json_end_object(out);
    }
    json_end_array(out);
    json_key(out, "providers");
    print_words(out, mx->providers, mx->provider_count);
    json_end_object(out);
}

static void print_tree(struct json *out, const struct spf_tree_node *node, unsigned depth)
{
    if (node == NULL || depth >= TREE_DEPTH_MAX) {
        json_null(out);
        return;
    }
    json_begin_object(out);
    json_key(out, "name");
    json_string(out, node->name.ptr, node->name.len);
    json_key(out, "record");
    print_dns_text(out, node->record.len > 0, node->record);
    json_key(out, "lookups");
    json_u64(out, node->lookups);
    json_key(out, "terms");
    json_begin_array(out);
    for (size_t i = 0; i < node->term_count; i++) {
        json_begin_object(out);
        json_key(out, "term");
        json_dns_text(out, node->terms[i].text.ptr, node->terms[i].text.len);
        json_key(out, "target");
        print_tree(out, node->terms[i].target, depth + 1);
        json_end_object(out);
    }
    json_end_array(out);
    json_end_object(out);
}

/* Of an excluded name nothing was evaluated; without memory the results are unknown. */
static void print_evaluations(struct json *out, const struct assessment *a, const struct record_facts *facts)
{
    json_begin_array(out);
    for (size_t i = 0; a->outcome != OUTCOME_EXCLUDED && i < facts->spf_sender_count; i++) {
        char ip[SPF_SENDER_IP_SIZE];
        spf_sender_print_ip(&facts->spf_senders[i], ip);
        json_begin_object(out);
        json_key(out, "ip");
        json_cstr(out, ip);
        json_key(out, "result");
        json_cstr(out, spf_check_outcome_name(a->spf_checks ? a->spf_checks[i].outcome : SPF_CHECK_TEMPERROR));
        json_end_object(out);
    }
    json_end_array(out);
}

static void print_spf(struct json *out, const struct assessment *a, const struct record_facts *facts)
{
    const struct spf_result *spf = &a->spf;
    json_begin_object(out);
    json_key(out, "status");
    print_word(out, &spf_status_words, (int)spf->status);
    json_key(out, "record");
    print_dns_text(out, spf->has_record, spf->record);
    json_key(out, "all");
    json_cstr(out, spf->has_all ? vocabulary_word(&spf_qualifier_words, (int)spf->all) : NULL);
    json_key(out, "lookups");
    print_number(out, spf->has_numbers, spf->lookups);
    json_key(out, "void_lookups");
    print_number(out, spf->has_numbers, spf->void_lookups);
    json_key(out, "depth");
    print_number(out, spf->has_numbers, spf->depth);
    json_key(out, "limit_hit");
    print_dns_text(out, spf->limit_hit.len > 0, spf->limit_hit);
    json_key(out, "includes");
    print_dns_texts(out, spf->includes, spf->include_count);
    json_key(out, "redirect");
    print_dns_text(out, spf->has_redirect, spf->redirect);
    json_key(out, "ipv4_addresses");
    print_number(out, spf->has_numbers, spf->ipv4_addresses);
    json_key(out, "ipv6_slash64s");
    print_number(out, spf->has_numbers, spf->ipv6_slash64s);
    json_key(out, "exact");
    json_bool(out, spf->is_exact);
    json_key(out, "macros");
    json_bool(out, spf->has_macros);
    json_key(out, "ptr");
    json_bool(out, spf->has_ptr);
    json_key(out, "providers");
    print_words(out, spf->providers, spf->provider_count);
    if (facts->is_full) {
        json_key(out, "tree");
        print_tree(out, spf->tree, 0);
    }
    if (facts->spf_sender_count > 0) {
        json_key(out, "evaluations");
        print_evaluations(out, a, facts);
    }
    json_end_object(out);
}

static void print_selector(struct json *out, const struct dkim_selector *selector, bool is_full)
{
    json_begin_object(out);
    json_key(out, "selector");
    json_dns_text(out, selector->selector.ptr, selector->selector.len);
    json_key(out, "status");
    print_word(out, &dkim_selector_status_words, (int)selector->status);
    json_key(out, "key_type");
    print_word(out, &dkim_key_type_words, (int)selector->key_type);
    json_key(out, "key_bits");
    print_number(out, selector->key_bits > 0, selector->key_bits);
    json_key(out, "testing");
    json_bool(out, selector->is_testing);
    json_key(out, "cname");
    print_name(out, selector->cname);
    json_key(out, "provider");
    json_cstr(out, selector->provider);
    if (is_full) {
        json_key(out, "record");
        print_dns_text(out, selector->record.len > 0, selector->record);
    }
    json_end_object(out);
}

static void print_dkim(struct json *out, const struct dkim_result *dkim, bool is_full)
{
    json_begin_object(out);
    json_key(out, "status");
    print_word(out, &dkim_status_words, (int)dkim->status);
    json_key(out, "namespace");
    print_word(out, &dkim_namespace_words, (int)dkim->namespace_state);
    json_key(out, "probed");
    json_u64(out, dkim->probed);
    json_key(out, "selectors");
    json_begin_array(out);
    for (size_t i = 0; i < dkim->selector_count; i++) {
        print_selector(out, &dkim->selectors[i], is_full);
    }
    json_end_array(out);
    json_end_object(out);
}

static void print_dmarc_policies(struct json *out, const struct dmarc_result *dmarc)
{
    json_key(out, "policy");
    print_word(out, &dmarc_policy_words, (int)dmarc->policy);
    json_key(out, "subdomain_policy");
    print_word(out, &dmarc_policy_words, (int)dmarc->subdomain_policy);
    json_key(out, "nonexistent_policy");
    print_word(out, &dmarc_policy_words, (int)dmarc->nonexistent_policy);
    json_key(out, "policy_9989");
    print_word(out, &dmarc_policy_words, (int)dmarc->policy_9989);
    json_key(out, "policy_7489");
    print_word(out, &dmarc_policy_words, (int)dmarc->policy_7489);
    json_key(out, "effective_policy");
    print_word(out, &dmarc_policy_words, (int)dmarc->effective_policy);
}

static void print_dmarc(struct json *out, const struct dmarc_result *dmarc)
{
    json_begin_object(out);
    json_key(out, "status");
    print_word(out, &dmarc_status_words, (int)dmarc->status);
    json_key(out, "record");
    print_dns_text(out, dmarc->has_record, dmarc->record);
    json_key(out, "found_at");
    print_name(out, dmarc->found_at);
    json_key(out, "inherited");
    json_bool(out, dmarc->is_inherited);
    json_key(out, "organizational_domain");
    print_name(out, dmarc->organizational_domain);
    print_dmarc_policies(out, dmarc);
    json_key(out, "testing");
    json_bool(out, dmarc->is_testing);
    json_key(out, "pct");
    print_number(out, dmarc->has_pct, dmarc->pct);
    json_key(out, "adkim");
    print_word(out, &dmarc_alignment_words, (int)dmarc->adkim);
    json_key(out, "aspf");
    print_word(out, &dmarc_alignment_words, (int)dmarc->aspf);
    json_key(out, "fo");
    print_dns_texts(out, dmarc->fo, dmarc->fo_count);
    json_key(out, "psd");
    print_word(out, &dmarc_psd_words, (int)dmarc->psd);
    json_key(out, "rua");
    print_dns_texts(out, dmarc->rua, dmarc->rua_count);
    json_key(out, "ruf");
    print_dns_texts(out, dmarc->ruf, dmarc->ruf_count);
    json_key(out, "report_vendors");
    print_words(out, dmarc->report_vendors, dmarc->report_vendor_count);
    json_key(out, "unauthorized_report_domains");
    print_dns_texts(out, dmarc->unauthorized_report_domains, dmarc->unauthorized_report_domain_count);
    json_end_object(out);
}

static void print_transport(struct json *out, const struct assessment *a)
{
    json_key(out, "mta_sts");
    json_begin_object(out);
    json_key(out, "status");
    print_word(out, &record_status_words, (int)a->mta_sts.status);
    json_key(out, "id");
    print_dns_text(out, a->mta_sts.id.len > 0, a->mta_sts.id);
    json_end_object(out);

    json_key(out, "tls_rpt");
    json_begin_object(out);
    json_key(out, "status");
    print_word(out, &record_status_words, (int)a->tls_rpt.status);
    json_key(out, "rua");
    print_dns_texts(out, a->tls_rpt.rua, a->tls_rpt.rua_count);
    json_end_object(out);
}

static void print_bimi(struct json *out, const struct bimi_result *bimi)
{
    json_begin_object(out);
    json_key(out, "status");
    print_word(out, &record_status_words, (int)bimi->status);
    json_key(out, "location");
    print_dns_text(out, bimi->has_location, bimi->location);
    json_key(out, "authority");
    print_dns_text(out, bimi->has_authority, bimi->authority);
    json_end_object(out);
}

/* The scan -------------------------------------------------------------------------------------------------------- */

static void print_failed(struct json *out, const struct answer_set *answers)
{
    json_begin_array(out);
    for (size_t i = 0; answers != NULL && i < answers->count; i++) {
        const struct asked *asked = &answers->items[i];
        /* What checking disabled did not bring either has failed already, in its own place. */
        if (asked->rrset == NULL || !rrset_is_failure(asked->rrset) || asked->checking_disabled) {
            continue;
        }
        json_begin_object(out);
        json_key(out, "name");
        json_string(out, asked->qname.ptr, asked->qname.len);
        json_key(out, "type");
        json_cstr(out, dns_type_name(asked->qtype));
        json_key(out, "error");
        json_cstr(out, dns_outcome_name(asked->rrset->outcome));
        json_end_object(out);
    }
    json_end_array(out);
}

static void print_dns(struct json *out, const struct record_facts *facts)
{
    json_begin_object(out);
    json_key(out, "queries");
    json_u64(out, facts->queries);
    json_key(out, "shared");
    json_u64(out, facts->shared);
    json_key(out, "retries");
    json_u64(out, facts->retries);
    json_key(out, "tcp");
    json_u64(out, facts->tcp);
    json_key(out, "elapsed_ms");
    json_u64(out, facts->elapsed_ms);
    json_key(out, "failed");
    print_failed(out, facts->answers);
    json_end_object(out);
}

static void print_head(struct json *out, const struct assessment *a, const struct record_facts *facts)
{
    char scanned_at[CLOCK_TEXT_SIZE];
    clock_print_utc(facts->scanned_at_ms, scanned_at);
    json_key(out, "schema");
    json_u64(out, SCHEMA);
    json_key(out, "domain");
    json_string(out, a->domain.ptr, a->domain.len);
    json_key(out, "seq");
    json_u64(out, facts->seq);
    json_key(out, "rank");
    print_number(out, facts->rank > 0, facts->rank);
    json_key(out, "tag");
    if (facts->has_tag) {
        json_string(out, facts->tag.ptr, facts->tag.len);
    } else {
        json_null(out);
    }
    json_key(out, "scanned_at");
    json_cstr(out, scanned_at);
}

static void print_verdict(struct json *out, const struct assessment *a)
{
    json_key(out, "outcome");
    json_cstr(out, domain_outcome_name(a->outcome));
    json_key(out, "posture");
    json_cstr(out, posture_name(a->posture));
    json_key(out, "spoofable");
    print_ternary(out, a->spoofable);
    json_key(out, "spoofable_subdomains");
    print_ternary(out, a->spoofable_subdomains);
    json_key(out, "sends");
    print_word(out, &ternary_words, (int)a->sends);
    json_key(out, "findings");
    print_findings(out, &a->findings);
}

bool record_print(const struct assessment *a, const struct record_facts *facts, struct json *out)
{
    json_begin_object(out);
    print_head(out, a, facts);
    print_verdict(out, a);
    json_key(out, "mx");
    print_mx(out, &a->mx);
    json_key(out, "spf");
    print_spf(out, a, facts);
    json_key(out, "dkim");
    print_dkim(out, &a->dkim, facts->is_full);
    json_key(out, "dmarc");
    print_dmarc(out, &a->dmarc);
    print_transport(out, a);
    json_key(out, "bimi");
    print_bimi(out, &a->bimi);
    json_key(out, "dns");
    print_dns(out, facts);
    json_end_object(out);
    return !out->did_not_fit;
}

bool record_print_line(const struct assessment *a, const struct record_facts *facts, struct json_buffer *buffer)
{
    struct json json;
    json_start(&json, buffer);
    record_print(a, facts, &json);
    return json_end_line(&json);
}
