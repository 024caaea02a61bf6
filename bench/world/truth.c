// SPDX-License-Identifier: MIT
#include "bench/world/truth.h"
#include "bench/world/truth_ask.h"
#include "bench/world/truth_dkim.h"
#include "bench/world/truth_dmarc.h"
#include "bench/world/truth_spf.h"

#include <stdlib.h>

enum mx_state { MX_IS_OK, MX_IS_NONE, MX_IS_NULL, MX_IS_INVALID, MX_IS_TEMPERROR };

struct mx_truth {
    enum mx_state status;
    bool is_mailbox; /* a mailbox provider's: sending is expected (posture.md 2.9) */
    bool cannot_receive;
    struct asked asked;
};

enum simple_state { SIMPLE_VALID, SIMPLE_NONE, SIMPLE_INVALID, SIMPLE_TEMPERROR };

struct simple_truth {
    enum simple_state status;
    span text;
};

struct finding {
    enum found outcome; /* FOUND_RECORDS stands for ok */
    bool exists;
    struct mx_truth mx;
    struct spf_truth spf;
    struct dkim_truth dkim;
    struct dmarc_truth dmarc;
    struct simple_truth mta_sts, tls_rpt;
};

enum tristate { NO, YES, UNKNOWN, UNSURE }; /* UNSURE: the specification does not settle it, the key is left out */

struct verdict {
    const char *posture; /* NULL: unsure */
    enum tristate spoofable, spoofable_subdomains, sends;
};

struct truth *truth_new(const struct world *w)
{
    struct truth *t = malloc(sizeof(*t));
    if (t) {
        t->world = w;
        t->kept = 0;
    }
    return t;
}

void truth_free(struct truth *t)
{
    free(t);
}

/* ---- MX: RFC 5321 5.1, RFC 7505 ---- */

static bool is_no_mail_host(span host)
{
    uint64_t n;
    size_t numbers = 0;
    span rest = host;
    while (rest.len > 0) {
        numbers += span_to_u64(span_cut(&rest, '.'), 255, &n);
    }
    return span_find(host, '.') == host.len || (numbers == 4 && name_label_count(host) == 4);
}

static bool is_mailbox_host(span host)
{
    static const char *const suffixes[] = {
        "l.google.com", "smtp.google.com", "mail.protection.outlook.com", "zoho.com", "messagingengine.com", "ionos.de",
        "ovh.net",      "protonmail.ch",
    };
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (name_is_within(host, span_from_cstr(suffixes[i]))) {
            return true;
        }
    }
    return false;
}

static void sort_mx(struct asked *a)
{
    for (size_t i = 1; i < a->count; i++) {
        struct exchange_found one = a->mx[i];
        size_t k = i;
        for (; k > 0 && a->mx[k - 1].preference > one.preference; k--) {
            a->mx[k] = a->mx[k - 1];
        }
        a->mx[k] = one;
    }
}

static bool has_address(struct truth *t, span domain)
{
    struct asked asked;
    truth_ask(t, domain, DNS_A, &asked);
    if (asked.count > 0) {
        return true;
    }
    truth_ask(t, domain, DNS_AAAA, &asked);
    return asked.count > 0;
}

static void judge_mx(struct truth *t, span domain, struct mx_truth *mx)
{
    struct asked *a = &mx->asked;
    bool has_root = false;
    bool has_host = false;
    sort_mx(a);
    for (size_t i = 0; i < a->count; i++) {
        bool is_root = span_equal(a->mx[i].host, SPAN("."));
        has_root |= is_root;
        has_host |= !is_root && !is_no_mail_host(a->mx[i].host);
        mx->is_mailbox |= is_mailbox_host(a->mx[i].host);
    }
    if (found_is_failure(a->found)) {
        mx->status = MX_IS_TEMPERROR;
    } else if (a->count == 0) {
        mx->status = MX_IS_NONE;
        mx->cannot_receive = !has_address(t, domain);
    } else if (has_root && a->count == 1) {
        mx->status = MX_IS_NULL;
        mx->cannot_receive = true;
    } else {
        mx->status = has_host && !has_root ? MX_IS_OK : MX_IS_INVALID;
        mx->cannot_receive = mx->status == MX_IS_INVALID;
    }
}

/* ---- MTA-STS and TLS-RPT: RFC 8461 3.1, RFC 8460 3 ---- */

static span tag_value(span text, const char *name)
{
    while (text.len > 0) {
        span value = span_cut(&text, ';');
        span key = span_trim(span_cut(&value, '='));
        if (span_equal(key, span_from_cstr(name))) {
            return span_trim(value);
        }
    }
    return span_of("", 0);
}

static bool is_policy_id(span id)
{
    for (size_t i = 0; i < id.len; i++) {
        if (!ascii_is_alnum((unsigned char)id.ptr[i])) {
            return false;
        }
    }
    return id.len >= 1 && id.len <= 32;
}

static void find_simple(struct truth *t, span name, const char *version, const char *looks_like,
                        struct simple_truth *out)
{
    struct asked asked;
    truth_ask(t, name, DNS_TXT, &asked);
    *out = (struct simple_truth){ .status = found_is_failure(asked.found) ? SIMPLE_TEMPERROR : SIMPLE_NONE };
    for (size_t i = 0; i < asked.count; i++) {
        if (span_starts_with(asked.txt[i], span_from_cstr(version))) {
            out->status = SIMPLE_VALID;
            out->text = asked.txt[i];
        } else if (span_starts_with(asked.txt[i], span_from_cstr(looks_like)) && out->status == SIMPLE_NONE) {
            out->status = SIMPLE_INVALID;
        }
    }
}

static void find_transport(struct truth *t, span domain, struct finding *f)
{
    find_simple(t, truth_below(t, "_mta-sts", domain), "v=STSv1;", "v=STS", &f->mta_sts);
    if (f->mta_sts.status == SIMPLE_VALID && !is_policy_id(tag_value(f->mta_sts.text, "id"))) {
        f->mta_sts.status = SIMPLE_INVALID;
    }
    find_simple(t, truth_below(t, "_smtp", truth_below(t, "_tls", domain)), "v=TLSRPTv1;", "v=TLSRPT", &f->tls_rpt);
    if (f->tls_rpt.status == SIMPLE_VALID && tag_value(f->tls_rpt.text, "rua").len == 0) {
        f->tls_rpt.status = SIMPLE_INVALID;
    }
}

/* ---- everything about one name ---- */

/* Decided case 1: NXDOMAIN from any question at the name; a failure only when all of them failed. */
static void find_outcome(struct truth *t, span domain, struct finding *f)
{
    struct asked txt;
    truth_ask(t, domain, DNS_TXT, &txt);
    truth_ask(t, domain, DNS_MX, &f->mx.asked);
    bool is_gone = txt.found == FOUND_NXDOMAIN || f->mx.asked.found == FOUND_NXDOMAIN;
    bool all_failed = found_is_failure(txt.found) && found_is_failure(f->mx.asked.found);
    f->outcome = is_gone ? FOUND_NXDOMAIN : all_failed ? txt.found : FOUND_RECORDS;
    f->exists = !is_gone || txt.has_alias || f->mx.asked.has_alias;
}

static void find_all(struct truth *t, span domain, struct finding *f)
{
    memset(f, 0, sizeof(*f));
    find_outcome(t, domain, f);
    dmarc_truth_find(t, domain, f->exists, &f->dmarc);
    if (f->outcome == FOUND_NXDOMAIN) { /* RFC 8020: nothing is below */
        f->mx.status = MX_IS_NONE;
        f->mx.asked.count = 0;
        f->spf.status = SPF_NONE;
        f->dkim.status = DKIM_NONE_FOUND;
        f->dkim.namespace_found = FOUND_NXDOMAIN;
        f->mta_sts.status = f->tls_rpt.status = SIMPLE_NONE;
        return;
    }
    judge_mx(t, domain, &f->mx);
    spf_truth_find(t, domain, &f->spf);
    dkim_truth_find(t, domain, &f->dkim);
    find_transport(t, domain, f);
}

/* ---- the verdict: posture.md 3.2, 3.3 and the decided cases ---- */

struct facts {
    bool enforces, both_reject, subs_reject, protected, sampled_or_testing;
    bool spf_unknown, spf_nobody, spf_all, spf_useless, spf_bypass;
    bool spf_passes_some, has_evidence;
};

static bool at_least(enum policy p, enum policy wanted)
{
    return p >= wanted;
}

static struct facts facts_of(const struct finding *f)
{
    const struct dmarc_truth *d = &f->dmarc;
    const struct spf_truth *s = &f->spf;
    struct facts x = { 0 };
    x.enforces = at_least(d->view_a, POLICY_QUARANTINE) || at_least(d->view_b_unsampled, POLICY_QUARANTINE);
    x.both_reject = d->view_a == POLICY_REJECT && d->view_b == POLICY_REJECT;
    x.subs_reject = d->sub_a == POLICY_REJECT && d->np_a == POLICY_REJECT && d->sub_b == POLICY_REJECT;
    /* pct=0 is no sampling: it is the next weaker policy outright. */
    x.sampled_or_testing = d->tags.testing || (d->tags.pct > 0 && d->tags.pct < 100);
    x.protected = at_least(d->view_a, POLICY_QUARANTINE) && at_least(d->view_b, POLICY_QUARANTINE) &&
                  at_least(d->sub_a, POLICY_QUARANTINE) && at_least(d->np_a, POLICY_QUARANTINE) &&
                  at_least(d->sub_b, POLICY_QUARANTINE) && !x.sampled_or_testing;
    x.spf_unknown = s->status == SPF_TEMPERROR;
    x.spf_nobody = s->status == SPF_VALID && s->ipv4_addresses == 0 && s->ipv6_slash64s == 0 && s->exact;
    x.spf_all = s->has_numbers && s->ipv4_addresses == (uint64_t)1 << 32;
    x.spf_bypass = s->has_numbers &&
                   (s->ipv4_addresses >= (uint64_t)1 << 24 || s->ipv6_slash64s >= (uint64_t)1 << 48 || s->can_be_taken);
    x.spf_useless = s->status == SPF_NONE || s->status == SPF_PERMERROR || x.spf_nobody;
    x.spf_passes_some = s->has_numbers && (s->ipv4_addresses > 0 || s->ipv6_slash64s > 0 || !s->exact);
    x.has_evidence = f->dkim.has_key || x.spf_passes_some;
    return x;
}

static const char *posture_enforcing(const struct finding *f, const struct facts *x, bool has_key)
{
    if (x->spf_bypass || f->dkim.can_be_taken) {
        return "enforcing_bypassed";
    }
    bool has_evidence = x->spf_passes_some || has_key;
    if ((f->mx.is_mailbox || has_evidence) && x->spf_useless && !has_key) {
        return "enforcing_broken";
    }
    bool parked = !has_evidence && (f->mx.cannot_receive || x->spf_nobody);
    if (parked && x->both_reject && x->subs_reject) {
        return "parked_protected";
    }
    return x->protected ? "protected" : "partial";
}

static const char *posture_open(const struct finding *f, const struct facts *x, bool has_key)
{
    const struct dmarc_truth *d = &f->dmarc;
    bool has_evidence = x->spf_passes_some || has_key;
    if (d->status == DMARC_NONE && x->spf_unknown) {
        return "unknown";
    }
    if (!has_evidence && f->mx.cannot_receive && x->spf_unknown) {
        return NULL;
    }
    if (f->mx.cannot_receive && !has_evidence) {
        return "parked_unprotected";
    }
    if (d->status == DMARC_VALID) {
        return d->usable_rua == RUA_UNSURE ? NULL : d->usable_rua == RUA_USABLE ? "monitoring" : "record_only";
    }
    bool closed = f->spf.status == SPF_VALID && (f->spf.all == '-' || f->spf.all == '~');
    return closed ? "spf_only" : "unprotected";
}

static const char *posture_with(const struct finding *f, const struct facts *x, bool has_key)
{
    return x->enforces ? posture_enforcing(f, x, has_key) : posture_open(f, x, has_key);
}

static const char *posture_of(const struct finding *f, const struct facts *x)
{
    if (f->outcome == FOUND_NXDOMAIN) {
        return "nonexistent";
    }
    if (found_is_failure(f->outcome) || f->dmarc.status == DMARC_TEMPERROR) {
        return "unknown";
    }
    if (x->enforces && x->spf_unknown) {
        return "unknown";
    }
    if (f->dmarc.status == DMARC_INVALID) {
        return "dmarc_broken";
    }
    if (x->enforces && f->dmarc.organizational_is_unsure) {
        return NULL;
    }
    const char *found = posture_with(f, x, f->dkim.has_key);
    if (f->dkim.status != DKIM_TEMPERROR) {
        return found;
    }
    /* Unknown only where the verdict hangs on a key: decided case 41. */
    const char *otherwise = posture_with(f, x, true);
    return !found || !otherwise ? NULL : strcmp(found, otherwise) == 0 ? found : "unknown";
}

static enum tristate sends_of(const struct finding *f, const struct facts *x)
{
    if (f->outcome == FOUND_NXDOMAIN) {
        return NO;
    }
    if (x->has_evidence) {
        return YES;
    }
    bool says_no = x->spf_nobody || (f->mx.status == MX_IS_NULL && f->spf.status == SPF_NONE);
    if (says_no) {
        return f->dkim.status == DKIM_TEMPERROR ? UNKNOWN : NO;
    }
    return UNKNOWN;
}

static struct verdict judge(const struct finding *f)
{
    struct facts x = facts_of(f);
    const struct dmarc_truth *d = &f->dmarc;
    struct verdict v = { .posture = posture_of(f, &x), .sends = sends_of(f, &x) };
    bool is_open = d->effective < POLICY_QUARANTINE;
    bool subs_open = d->sub_a < POLICY_QUARANTINE || d->np_a < POLICY_QUARANTINE || d->sub_b < POLICY_QUARANTINE;
    bool bypassed = x.spf_bypass || f->dkim.can_be_taken;
    if (d->status == DMARC_TEMPERROR) {
        v.spoofable = v.spoofable_subdomains = UNKNOWN;
        return v;
    }
    v.spoofable = is_open || (x.enforces && bypassed) ? YES : x.spf_unknown ? UNKNOWN : NO;
    v.spoofable_subdomains = subs_open || x.spf_all || (x.enforces && bypassed) ? YES : x.spf_unknown ? UNKNOWN : NO;
    if (d->organizational_is_unsure) {
        v.spoofable_subdomains = UNSURE;
    }
    return v;
}

/* ---- JSON ---- */

/* RFC 1035 5.1 escapes inside, JSON's outside. */
static void put_text(span s, FILE *out)
{
    putc('"', out);
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '\\') {
            fputs("\\\\\\\\", out);
        } else if (c == '"') {
            fputs("\\\"", out);
        } else if (c < 0x20 || c > 0x7e) {
            fprintf(out, "\\\\%03u", c);
        } else {
            putc(c, out);
        }
    }
    putc('"', out);
}

static void put_lower(span s, FILE *out)
{
    putc('"', out);
    for (size_t i = 0; i < s.len; i++) {
        putc(ascii_lower((unsigned char)s.ptr[i]), out);
    }
    putc('"', out);
}

static void put_text_or_null(span s, FILE *out)
{
    if (s.len == 0) {
        fputs("null", out);
    } else {
        put_text(s, out);
    }
}

static void put_list(const span *items, size_t count, FILE *out)
{
    putc('[', out);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            putc(',', out);
        }
        put_text(items[i], out);
    }
    putc(']', out);
}

static void put_tristate(const char *key, enum tristate v, FILE *out)
{
    static const char *const words[] = { "false", "true", "null" };
    if (v != UNSURE) {
        fprintf(out, ",\"%s\":%s", key, words[v]);
    }
}

static const char *policy_name(enum policy p)
{
    static const char *const names[] = { "null", "\"none\"", "\"quarantine\"", "\"reject\"" };
    return names[p];
}

static void put_mx(const struct mx_truth *mx, FILE *out)
{
    static const char *const states[] = { "ok", "none", "null_mx", "invalid", "temperror" };
    fprintf(out, ",\"mx\":{\"status\":\"%s\",\"hosts\":[", states[mx->status]);
    for (size_t i = 0; i < mx->asked.count; i++) {
        fprintf(out, "%s{\"preference\":%u,\"host\":", i > 0 ? "," : "", mx->asked.mx[i].preference);
        put_text(mx->asked.mx[i].host, out);
        putc('}', out);
    }
    fputs("]}", out);
}

static void put_spf(const struct spf_truth *s, FILE *out)
{
    static const char *const states[] = { "none", "valid", "permerror", "temperror" };
    const char *all = s->all == '-' ? "fail" : s->all == '~' ? "softfail" : s->all == '+' ? "pass" : "neutral";
    fprintf(out, ",\"spf\":{\"status\":\"%s\",\"record\":", states[s->status]);
    if (s->has_record) {
        put_text(s->record, out);
    } else {
        fputs("null", out);
    }
    if (s->all) {
        fprintf(out, ",\"all\":\"%s\"", all);
    } else {
        fputs(",\"all\":null", out);
    }
    if (s->has_numbers) {
        fprintf(out, ",\"lookups\":%u,\"void_lookups\":%u,\"depth\":%u", s->lookups, s->voids, s->depth);
    } else {
        fputs(",\"lookups\":null,\"void_lookups\":null,\"depth\":null", out);
    }
    fputs(",\"limit_hit\":", out);
    put_text_or_null(s->limit_hit ? s->limit_path : span_of("", 0), out);
    fputs(",\"includes\":", out);
    put_list(s->includes, s->include_count, out);
    fputs(",\"redirect\":", out);
    put_text_or_null(s->has_redirect ? s->redirect : span_of("", 0), out);
    if (!s->has_numbers) {
        fputs(",\"ipv4_addresses\":null,\"ipv6_slash64s\":null", out);
    } else {
        fprintf(out, ",\"ipv4_addresses\":%llu,\"ipv6_slash64s\":%llu", (unsigned long long)s->ipv4_addresses,
                (unsigned long long)s->ipv6_slash64s);
    }
    fprintf(out, ",\"exact\":%s}", s->exact ? "true" : "false");
}

static void put_key(const struct key_found *k, FILE *out)
{
    static const char *const states[] = { "valid", "revoked", "invalid", "dangling_cname" };
    fprintf(out, "{\"selector\":\"%s\",\"status\":\"%s\"", k->selector, states[k->state]);
    fprintf(out, k->type ? ",\"key_type\":\"%s\"" : ",\"key_type\":null", k->type);
    if (k->bits > 0) {
        fprintf(out, ",\"key_bits\":%u", k->bits);
    } else {
        fputs(",\"key_bits\":null", out);
    }
    fprintf(out, ",\"testing\":%s}", k->testing ? "true" : "false");
}

static void put_dkim(const struct dkim_truth *d, FILE *out)
{
    static const char *const states[] = { "found", "revoked", "invalid", "wildcard", "none_found", "temperror" };
    const char *namespace = d->namespace_found == FOUND_NXDOMAIN   ? "absent"
                            : found_is_failure(d->namespace_found) ? "unknown"
                                                                   : "exists";
    fprintf(out, ",\"dkim\":{\"namespace\":\"%s\"", namespace);
    fprintf(out, ",\"status\":\"%s\"", states[d->status]);
    fputs(",\"selectors\":[", out);
    for (size_t i = 0; i < d->count; i++) {
        if (i > 0) {
            putc(',', out);
        }
        put_key(&d->keys[i], out);
    }
    fputs("]}", out);
}

static bool has_size_limit(const struct dmarc_tags *t)
{
    for (size_t i = 0; i < t->rua_count; i++) {
        if (span_find(t->rua[i], '!') < t->rua[i].len) {
            return true;
        }
    }
    return false;
}

static void put_dmarc_policies(const struct dmarc_truth *d, FILE *out)
{
    const struct dmarc_tags *t = &d->tags;
    if (d->status != DMARC_VALID) {
        fputs(",\"policy\":null,\"subdomain_policy\":null,\"nonexistent_policy\":null", out);
    } else {
        fprintf(out, ",\"policy\":%s,\"subdomain_policy\":%s,\"nonexistent_policy\":%s", policy_name(t->p),
                policy_name(t->sp), policy_name(t->np));
    }
    fprintf(out, ",\"policy_9989\":%s,\"policy_7489\":%s,\"effective_policy\":%s", policy_name(d->view_a),
            policy_name(d->view_b), policy_name(d->effective));
}

static void put_dmarc_tags(const struct dmarc_truth *d, bool exists, FILE *out)
{
    const struct dmarc_tags *t = &d->tags;
    if (d->status != DMARC_VALID) {
        fputs(",\"testing\":false,\"fo\":[],\"pct\":null,\"adkim\":null,\"aspf\":null,\"psd\":null,\"rua\":[],\"ruf\":["
              "],\"unauthorized_report_"
              "domains\":[]",
              out);
        return;
    }
    fprintf(out, ",\"testing\":%s,\"pct\":%u,\"adkim\":\"%c\",\"aspf\":\"%c\",\"psd\":\"%c\",\"fo\":",
            t->testing ? "true" : "false", t->pct, t->adkim, t->aspf, t->psd);
    put_list(t->fo, t->fo_count, out);
    if (!has_size_limit(t)) {
        fputs(",\"rua\":", out);
        put_list(t->rua, t->rua_count, out);
        fputs(",\"ruf\":", out);
        put_list(t->ruf, t->ruf_count, out);
    }
    fputs(",\"unauthorized_report_domains\":[", out);
    /* For a name that is not there nobody is asked. */
    for (size_t i = 0; exists && i < d->unauthorised_count; i++) {
        if (i > 0) {
            putc(',', out);
        }
        put_lower(d->unauthorised[i], out);
    }
    putc(']', out);
}

static void put_dmarc(const struct dmarc_truth *d, bool exists, FILE *out)
{
    static const char *const states[] = { "none", "valid", "invalid", "temperror" };
    fprintf(out, ",\"dmarc\":{\"status\":\"%s\",\"record\":", states[d->status]);
    put_text_or_null(d->has_tags ? d->tags.text : span_of("", 0), out);
    fputs(",\"found_at\":", out);
    put_text_or_null(d->found_at, out);
    fprintf(out, ",\"inherited\":%s", d->inherited ? "true" : "false");
    if (!d->organizational_is_unsure) {
        fputs(",\"organizational_domain\":", out);
        put_text_or_null(d->organizational_domain, out);
    }
    put_dmarc_policies(d, out);
    put_dmarc_tags(d, exists, out);
    putc('}', out);
}

static void put_transport(const struct finding *f, FILE *out)
{
    static const char *const states[] = { "valid", "none", "invalid", "temperror" };
    fprintf(out, ",\"mta_sts\":{\"status\":\"%s\"", states[f->mta_sts.status]);
    fputs(",\"id\":", out);
    put_text_or_null(f->mta_sts.status == SIMPLE_VALID ? tag_value(f->mta_sts.text, "id") : span_of("", 0), out);
    fprintf(out, "},\"tls_rpt\":{\"status\":\"%s\"", states[f->tls_rpt.status]);
    span uris[DMARC_URIS_MAX];
    size_t count = 0;
    span rest = f->tls_rpt.status == SIMPLE_VALID ? tag_value(f->tls_rpt.text, "rua") : span_of("", 0);
    while (rest.len > 0 && count < DMARC_URIS_MAX) {
        uris[count++] = span_trim(span_cut(&rest, ','));
    }
    fputs(",\"rua\":", out);
    put_list(uris, count, out);
    putc('}', out);
}

void truth_print(struct truth *t, const struct name *name, FILE *out)
{
    static const char *const outcomes[] = {
        [FOUND_RECORDS] = "ok",      [FOUND_NXDOMAIN] = "nxdomain", [FOUND_SERVFAIL] = "servfail",
        [FOUND_REFUSED] = "refused", [FOUND_TIMEOUT] = "timeout",   [FOUND_BAD] = "bad_response",
    };
    struct finding f;
    span domain = span_of(name->text, name->len);
    truth_begin(t);
    find_all(t, domain, &f);
    struct verdict v = judge(&f);
    fputs("{\"domain\":", out);
    put_text(domain, out);
    fprintf(out, ",\"outcome\":\"%s\"", outcomes[f.outcome]);
    if (v.posture) {
        fprintf(out, ",\"posture\":\"%s\"", v.posture);
    }
    put_tristate("spoofable", v.spoofable, out);
    put_tristate("spoofable_subdomains", v.spoofable_subdomains, out);
    if (v.sends != UNSURE) {
        fprintf(out, ",\"sends\":\"%s\"", v.sends == YES ? "yes" : v.sends == NO ? "no" : "unknown");
    }
    put_mx(&f.mx, out);
    put_spf(&f.spf, out);
    put_dkim(&f.dkim, out);
    put_dmarc(&f.dmarc, f.outcome != FOUND_NXDOMAIN, out);
    put_transport(&f, out);
    fputs("}\n", out);
}
