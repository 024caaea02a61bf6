// SPDX-License-Identifier: MIT
#include "bench/world/fixed.h"
#include "bench/world/dice.h"
#include "bench/world/include_data.h"
#include "bench/world/key_data.h"
#include "bench/world/suffix.h"

#include <stdlib.h>

/*
 * Types beyond the DNS's: ADDRESS gives an A inside a /16 by the hash of the name asked for, KEY a DKIM key likewise.
 */
enum { FIXED_ADDRESS = 0xff01, FIXED_KEY = 0xff02 };

struct fixed_row {
    const char *name;
    uint16_t type;
    const char *data;
};

#define REPORTS(host)                                                                                                  \
    { "*._report._dmarc." host, DNS_TXT, "v=DMARC1" },                                                                 \
    {                                                                                                                  \
        host, DNS_MX, "10 smtp.google.com"                                                                             \
    }

static const struct fixed_row rows[] = {
    /* Where mail goes. */
    { "aspmx.l.google.com", FIXED_ADDRESS, "142.250" },
    { "alt1.aspmx.l.google.com", FIXED_ADDRESS, "142.251" },
    { "alt2.aspmx.l.google.com", FIXED_ADDRESS, "142.251" },
    { "alt3.aspmx.l.google.com", FIXED_ADDRESS, "172.217" },
    { "alt4.aspmx.l.google.com", FIXED_ADDRESS, "172.253" },
    { "smtp.google.com", FIXED_ADDRESS, "142.250" },
    { "*.mail.protection.outlook.com", FIXED_ADDRESS, "52.101" },
    { "*.pphosted.com", FIXED_ADDRESS, "148.163" },
    { "us-smtp-inbound-1.mimecast.com", FIXED_ADDRESS, "205.139" },
    { "us-smtp-inbound-2.mimecast.com", FIXED_ADDRESS, "205.139" },
    { "*.ess.barracudanetworks.com", FIXED_ADDRESS, "209.222" },
    { "mx.zoho.com", FIXED_ADDRESS, "136.143" },
    { "mx2.zoho.com", FIXED_ADDRESS, "136.143" },
    { "mx3.zoho.com", FIXED_ADDRESS, "136.143" },
    { "in1-smtp.messagingengine.com", FIXED_ADDRESS, "103.168" },
    { "in2-smtp.messagingengine.com", FIXED_ADDRESS, "103.168" },
    { "mx00.ionos.de", FIXED_ADDRESS, "212.227" },
    { "mx01.ionos.de", FIXED_ADDRESS, "217.72" },
    { "mx1.mail.ovh.net", FIXED_ADDRESS, "188.165" },
    { "mx2.mail.ovh.net", FIXED_ADDRESS, "188.165" },
    { "mail.protonmail.ch", FIXED_ADDRESS, "185.70" },
    { "mailsec.protonmail.ch", FIXED_ADDRESS, "185.70" },
    { "route1.mx.cloudflare.net", FIXED_ADDRESS, "162.159" },
    { "route2.mx.cloudflare.net", FIXED_ADDRESS, "162.159" },
    { "route3.mx.cloudflare.net", FIXED_ADDRESS, "162.159" },
    { "mx01.hornetsecurity.com", FIXED_ADDRESS, "94.100" },
    { "mx02.hornetsecurity.com", FIXED_ADDRESS, "94.100" },
    { "*.kasserver.com", FIXED_ADDRESS, "85.13" },

    /* Where DKIM aliases lead. */
    { "*.onmicrosoft.com", FIXED_KEY, "" },
    { "dkim.mcsv.net", FIXED_KEY, "" },
    { "dkim2.mcsv.net", FIXED_KEY, "" },
    { "dkim3.mcsv.net", FIXED_KEY, "" },
    { "*.wl.sendgrid.net", FIXED_KEY, "" },
    { "*.dkim.fmhosted.com", FIXED_KEY, "" },
    { "*.domains.proton.ch", FIXED_KEY, "" },
    { "*.at.icloudmailadmin.com", FIXED_KEY, "" },
    { "zendesk1._domainkey.zendesk.com", FIXED_KEY, "" },
    { "www.mailsign.net", FIXED_ADDRESS,
      "193.0" }, /* the rest of mailsign.net does not exist: dangling aliases end there */

    /* Hosted DMARC. */
    { "*.hosted.dmarc-dns.com", DNS_TXT, "v=DMARC1; p=quarantine; rua=mailto:aggregate@rua.powerdmarc.com" },

    /* Who takes reports for others, by wildcard (RFC 9990 4). */
    REPORTS("rua.agari.com"),
    REPORTS("ruf.agari.com"),
    REPORTS("vali.email"),
    REPORTS("emaildefense.proofpoint.com"),
    REPORTS("ag.dmarcian.com"),
    REPORTS("fr.dmarcian.com"),
    REPORTS("dmarc.postmarkapp.com"),
    REPORTS("rua.easydmarc.us"),
    REPORTS("ruf.easydmarc.us"),
    REPORTS("rua.powerdmarc.com"),
    REPORTS("ruf.powerdmarc.com"),
    REPORTS("rep.dmarcanalyzer.com"),
    REPORTS("for.dmarcanalyzer.com"),
    REPORTS("dmarc-reports.cloudflare.net"),
    REPORTS("inbox.ondmarc.com"),
    REPORTS("mxtoolbox.dmarc-report.com"),
    REPORTS("forensics.dmarc-report.com"),
    REPORTS("dmarc.cyber.dhs.gov"),
    REPORTS("mailcheck.service.ncsc.gov.uk"),
    { "mail.reportsink.net", FIXED_ADDRESS, "193.0" }, /* takes reports, authorises nobody */
    { "gmail.com", DNS_MX, "5 aspmx.l.google.com" },
    { "gmail.com", DNS_TXT, "v=spf1 redirect=_spf.google.com" },

    /*
     * Policies at public suffixes. gov: sub-domains without their own record fall to none. gov.au stands for those
     * suffixes that publish without psd=y and so become the organizational domain of all below them (RFC 9989 4.10.2).
     */
    { "_dmarc.gov", DNS_TXT, "v=DMARC1; p=reject; sp=none; np=reject; psd=y" },
    { "_dmarc.gov.uk", DNS_TXT,
      "v=DMARC1; p=reject; sp=none; np=reject; psd=y; rua=mailto:dmarc-rua@mailcheck.service.ncsc.gov.uk" },
    { "_dmarc.bank", DNS_TXT, "v=DMARC1; p=reject; psd=y" },
    { "_dmarc.gov.au", DNS_TXT, "v=DMARC1; p=reject; sp=none" },
    { "_dmarc.nyc", DNS_TXT, "v=DMARC1; p=none" },
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]), SLOTS = 4096, NONE = -1 };

struct node {
    char *text;
    uint64_t hash;
    int first; /* chain of entries, NONE for a name that is only an encloser */
    bool is_zone;
};

struct entry {
    uint16_t type;
    const char *data;
    int next;
};

struct fixed_zones {
    struct node nodes[SLOTS];
    size_t node_count;
    struct entry entries[SLOTS];
    size_t entry_count;
};

static struct node *find(const struct fixed_zones *z, uint64_t hash, span text)
{
    size_t at = (size_t)dice_mix(hash) % SLOTS;
    const struct node *n;
    while ((n = &z->nodes[at])->text && !(n->hash == hash && span_equal(span_from_cstr(n->text), text))) {
        at = (at + 1) % SLOTS;
    }
    return (struct node *)n;
}

static struct node *make_node(struct fixed_zones *z, span text)
{
    struct node *n = find(z, name_hash(text), text);
    if (n->text) {
        return n;
    }
    if (z->node_count >= SLOTS / 2) {
        return NULL;
    }
    n->text = strndup(text.ptr, text.len);
    n->hash = name_hash(text);
    n->first = NONE;
    z->node_count += n->text != NULL;
    return n->text ? n : NULL;
}

static bool add(struct fixed_zones *z, const struct suffix_set *suffixes, const char *text, uint16_t type,
                const char *data)
{
    struct name name;
    if (!name_from_text(span_from_cstr(text), &name) || z->entry_count >= SLOTS) {
        return false;
    }
    size_t zone = suffix_labels(suffixes, &name) + 1;
    zone = zone < name.label_count ? zone : name.label_count;
    if (zone == name.label_count && name.text[0] == '*') {
        /* A provider whose domain is itself a suffix, by the list's private section. */
        (void)make_node(z, name_tail(&name, zone - 1));
    }
    bool below_suffix = name.text[name.start[name.label_count - zone]] == '_'; /* _dmarc.gov is the suffix's own */
    for (size_t k = zone; k <= name.label_count; k++) {
        struct node *n = make_node(z, name_tail(&name, k));
        if (!n) {
            return false;
        }
        n->is_zone |= k == zone && !below_suffix && n->text[0] != '*';
    }
    struct node *n = make_node(z, span_of(name.text, name.len));
    int at = (int)z->entry_count++;
    z->entries[at] = (struct entry){ .type = type, .data = data, .next = NONE };
    int *link = &n->first;
    while (*link != NONE) {
        link = &z->entries[*link].next;
    }
    *link = at;
    return true;
}

struct fixed_zones *fixed_zones_new(const struct suffix_set *suffixes)
{
    struct fixed_zones *z = calloc(1, sizeof(*z));
    bool good = z != NULL;
    for (size_t i = 0; good && i < ROW_COUNT; i++) {
        good = add(z, suffixes, rows[i].name, rows[i].type, rows[i].data);
    }
    for (size_t i = 0; good && i < include_record_count; i++) {
        good = add(z, suffixes, include_records[i].name, DNS_TXT, include_records[i].text);
    }
    if (!good) {
        fixed_zones_free(z);
        return NULL;
    }
    return z;
}

void fixed_zones_free(struct fixed_zones *z)
{
    for (size_t i = 0; z && i < SLOTS; i++) {
        free(z->nodes[i].text);
    }
    free(z);
}

bool fixed_is_zone(const struct fixed_zones *z, uint64_t hash, span text)
{
    const struct node *n = find(z, hash, text);
    return n->text && n->is_zone;
}

static uint32_t number(span *s, char end)
{
    uint64_t value = 0;
    (void)span_to_u64(span_cut(s, end), UINT32_MAX, &value);
    return (uint32_t)value;
}

static void add_key(uint64_t hash, struct reply *r)
{
    char text[1024];
    size_t at = KEYS_RSA_2048 + dice_below(hash, 1, KEYS_RSA_4096 - KEYS_RSA_2048);
    if (dice_chance(hash, 2, 150000)) {
        at = KEYS_RSA_1024 + dice_below(hash, 3, KEYS_RSA_2048 - KEYS_RSA_1024);
    }
    span key = span_from_cstr(key_samples[at].base64);
    span head = SPAN("v=DKIM1; k=rsa; p=");
    memcpy(text, head.ptr, head.len);
    memcpy(text + head.len, key.ptr, key.len);
    reply_add_txt(r, span_of(text, head.len + key.len));
}

static void add_entry(const struct entry *e, uint64_t hash, uint16_t type, struct reply *r)
{
    span data = span_from_cstr(e->data);
    if (e->type == FIXED_ADDRESS && type == DNS_A) {
        uint32_t high = number(&data, '.') << 8;
        high |= number(&data, '.');
        reply_add_a(r, high << 16 | (dice_below(hash, 4, 65000) + 1));
    } else if (e->type == FIXED_KEY && type == DNS_TXT) {
        add_key(hash, r);
    } else if (e->type == DNS_TXT && type == DNS_TXT) {
        reply_add_txt(r, data);
    } else if (e->type == DNS_MX && type == DNS_MX) {
        uint32_t preference = number(&data, ' ');
        reply_add_mx(r, (uint16_t)preference, data);
    }
}

static void add_entries(const struct fixed_zones *z, const struct node *n, uint64_t hash, uint16_t type,
                        struct reply *r)
{
    for (int at = n->first; at != NONE; at = z->entries[at].next) {
        add_entry(&z->entries[at], hash, type, r);
    }
}

enum fixed_match fixed_answer(const struct fixed_zones *z, const struct name *n, uint16_t type, struct reply *r)
{
    const struct node *node = find(z, n->tail_hash[n->label_count], span_of(n->text, n->len));
    if (!node->text) {
        return FIXED_NOTHING;
    }
    add_entries(z, node, n->tail_hash[n->label_count], type, r);
    return node->first == NONE ? FIXED_EMPTY : FIXED_RECORDS;
}

bool fixed_wildcard(const struct fixed_zones *z, const struct name *n, uint16_t type, struct reply *r,
                    size_t *encloser_labels)
{
    for (size_t k = n->label_count - 1u; k > 0; k--) {
        span encloser = name_tail(n, k);
        if (!find(z, n->tail_hash[k], encloser)->text) {
            continue;
        }
        *encloser_labels = k;
        char text[NAME_TEXT_MAX + 3] = "*.";
        memcpy(text + 2, encloser.ptr, encloser.len);
        span wildcard = span_of(text, encloser.len + 2);
        const struct node *node = find(z, name_hash(wildcard), wildcard);
        if (!node->text) {
            return false;
        }
        r->is_wildcard = true;
        add_entries(z, node, n->tail_hash[n->label_count], type, r);
        return true;
    }
    *encloser_labels = 0;
    return false;
}
