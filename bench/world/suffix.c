// SPDX-License-Identifier: MIT
#include "bench/world/suffix.h"
#include "bench/world/dice.h"

#include <stdio.h>
#include <stdlib.h>

/* Suffixes of more than one label that lists of municipal, university, government and popular names use, commonest first;
 * only those that the list has held since 2023, so that any installed copy of it agrees. */
static const char *const built_in[] = {
    "com.br", "gob.mx", "gov.co", "gov.ph", "mg.gov.br", "co.uk", "sp.gov.br", "ac.jp", "gv.at", "rs.gov.br",
    "edu.cn", "gov.uk", "go.id", "qc.ca", "ac.uk", "kommune.no", "gob.ar", "ac.kr", "ac.in", "sc.gov.br", "edu.tr",
    "gob.pe", "ac.id", "gov.au", "pr.gov.br", "ac.ir", "ba.gov.br", "pe.gov.br", "co.jp", "gob.ec", "gov.ar", "go.tz",
    "gob.ve", "gov.za", "go.kr", "edu.my", "com.au", "wa.gov.au", "gov.cn", "com.tr", "go.ug", "mt.gov.br", "edu.pk",
    "edu.ar", "edu.au", "gob.gt", "edu.co", "com.cn", "edu.tw", "gov.in", "gov.tn", "edu.ng", "gov.tr", "edu.ph",
    "co.za", "gov.zm", "co.kr", "rj.gov.br", "gov.gr", "gov.by", "org.uk", "gov.mk", "go.gov.br", "go.cr", "go.th",
    "ce.gov.br", "vic.gov.au", "edu.mx", "gov.gh", "edu.pe", "ac.th", "ms.gov.br", "sa.gov.au", "govt.nz",
    "ne.jp", "go.jp", "com.ar", "qld.gov.au", "gob.es", "gov.py", "gov.ua", "edu.sa", "com.mx", "ma.gov.br", "gov.az",
    "edu.vn", "on.ca", "edu.pl", "gov.ge", "es.gov.br", "edu.in", "gob.pa", "nic.in", "rn.gov.br", "go.ke", "ac.ke",
    "pa.gov.br", "pb.gov.br", "gov.br", "edu.eg", "co.nz", "gov.al", "ac.at", "co.il", "org.rs", "lg.jp", "ac.za",
    "gov.ng", "al.gov.br", "ab.ca", "co.zw", "com.my", "edu.af", "edu.ec", "bc.ca", "pi.gov.br", "com.vn", "com.tw",
    "gob.bo", "gov.ru", "edu.bd", "co.in", "ac.il", "ac.bd", "gov.vn", "co.id", "org.cy", "gov.rw", "edu.sd",
    "edu.iq", "edu.br", "tas.gov.au", "edu.jo", "edu.ve", "gov.ve", "edu.et", "ac.ma", "edu.az", "edu.gh", "edu.ua",
    "gov.eg", "edu.bo", "gob.ni", "org.il", "edu.do", "edu.sv", "ac.nz", "edu.hk", "ac.cr", "edu.sg", "edu.lb",
    "ac.lk", "ac.ae", "edu.kh", "co.th", "gub.uy", "gob.sv", "ac.gov.br", "se.gov.br", "com.ua", "ac.be",
    "blogspot.com", "com.ph", "ac.ru", "to.gov.br", "am.gov.br", "gov.mn", "gov.bt", "com.co", "ac.ug", "edu.ni",
    "gov.tw", "com.sg", "ac.tz", "or.jp", "gov.tt", "com.pk", "org.br", "or.kr", "ns.ca", "spb.ru", "edu.al",
    "edu.sy", "ac.zw", "gov.bd", "com.pl", "krakow.pl", "edu.py", "gov.it", "ro.gov.br", "rr.gov.br", "net.au",
    "co.at", "poznan.pl", "edu.ge", "edu.ru", "gov.ws", "gov.tl", "gov.kz", "powiat.pl", "gov.my", "ac.cy", "wroc.pl",
    "edu.om", "ac.rs", "ac.rw", "org.in", "com.hk", "lublin.pl", "edu.ly", "edu.gt", "ac.pa", "co.ke",
    "edu.mk", "edu.mn", "gov.sa", "gouv.fr", "sk.ca", "gov.ba", "org.za", "edu.ps", "gda.pl", "edu.cu",
    "net.vn", "com.pe", "com.bd", "com.uy", "com.ve", "gov.mz", "com.cy", "gov.ly", "com.ng", "edu.bh", "edu.kw",
    "szczecin.pl", "kiev.ua", "edu.uy", "ac.mz", "kharkov.ua", "com.eg", "org.cn", "nhs.uk", "ad.jp",
    "com.mt", "rs.ba", "ap.gov.br", "mb.ca", "asso.fr", "waw.pl", "odessa.ua", "edu.rs", "in.ua", "gov.pl",
    "gob.do", "bel.tr", "gov.pk", "starostwo.gov.pl", "daegu.kr", "bydgoszcz.pl", "gov.bh", "gov.sg", "gov.om",
    "muni.il", "com.na", "gov.rs", "com.do", "gc.ca", "rzeszow.pl", "nb.ca", "org.mx", "com.es", "katowice.pl",
    "ac.mw", "edu.hn", "co.ao", "com.sa", "co.mz", "gov.sy", "gwangju.kr", "ulsan.kr", "gov.lk", "com.gt",
    "wixsite.com", "opole.pl", "org.pl", "org.mt", "gov.il", "if.ua", "edu.ye", "edu.gr", "edu.kg", "edu.lv",
    "net.cn", "ac.fj", "lviv.ua", "ind.in", "edu.ba", "edu.mo", "wa.edu.au", "co.zm", "co.ug", "gov.hk",
    "bialystok.pl", "or.at", "yolasite.com", "org.ve", "cv.ua", "gov.ir", "slupsk.pl", "radom.pl", "km.ua", "gov.gy",
    "org.ua", "net.br", "co.rs", "sumy.ua", "edu.mv", "dp.ua", "co.bw", "edu.bn", "mk.ua", "edu.mt",
    "ac.zm", "net.in", "zgora.pl", "eu.com", "us.org", "akamaihd.net", "googleapis.com",
    "akamai.net", "edgesuite.net", "appspot.com", "herokuapp.com", "dyndns.org", "googlecode.com",
    "githubusercontent.com", "github.io", "co.ve", "org.tr", "msk.ru", "net.tr", "gen.tr", "com.pr",
    "azurewebsites.net", "com.ec", "altervista.org", "com.ly", "com.kw", "myshopify.com", "com.bn",
    "org.eg", "cn.com", "pp.ua", "uk.com", "uk.net", "service.gov.uk", "blog.br", "com.fj", "co.tz", "com.bo",
    "com.ni", "com.gh", "com.lb", "com.pa", "co.vi", "com.sb", "net.il", "com.de", "org.au", "gov.do", "gov.mv",
    "gov.iq", "gov.et", "org.sg", "gov.dz", "gangwon.kr", "org.ng", "gdynia.pl", "mg.leg.br", "kalisz.pl", "konin.pl",
    "gov.kg", "ostroleka.pl", "pila.pl", "walbrzych.pl", "aichi.jp", "ehime.jp", "gunma.jp",
    "ibaraki.jp", "iwate.jp", "kanagawa.jp", "kumamoto.jp", "kyoto.jp", "miyagi.jp", "nara.jp", "oita.jp",
    "okayama.jp", "shizuoka.jp", "toyama.jp", "yamagata.jp", "yamanashi.jp", "upow.gov.pl", "rybnik.pl", "net.ar",
    "org.mk", "warszawa.pl", "net.ph", "wroclaw.pl", "olsztyn.pl",
};

enum rule_kind { RULE_PLAIN = 1, RULE_WILDCARD = 2, RULE_EXCEPTION = 4 };

enum { LABELS_TRIED_MAX = 6 };

struct slot {
    uint64_t hash;
    uint8_t kinds;
};

struct suffix_set {
    struct slot *slots;
    size_t mask;
    size_t used;
};

static struct slot *find(const struct suffix_set *s, uint64_t hash)
{
    size_t at = (size_t)dice_mix(hash) & s->mask;
    while (s->slots[at].kinds != 0 && s->slots[at].hash != hash) {
        at = (at + 1) & s->mask;
    }
    return &s->slots[at];
}

static void put(struct suffix_set *s, uint64_t hash, uint8_t kind)
{
    if (s->used * 2 > s->mask) {
        return;
    }
    struct slot *slot = find(s, hash);
    s->used += slot->kinds == 0;
    slot->hash = hash;
    slot->kinds |= kind;
}

/* One line of a Public Suffix List: a rule up to the first blank, `//` comments. Rules in UTF-8 have their A-label twin beside
 * them nowhere in the list, so non-ASCII rules are left out: names come as A-labels. */
static void put_line(struct suffix_set *s, span line)
{
    size_t end = 0;
    while (end < line.len && !ascii_is_blank((unsigned char)line.ptr[end]) && line.ptr[end] != '\r') {
        end++;
    }
    line = span_first(line, end);
    if (line.len == 0 || span_starts_with(line, SPAN("//"))) {
        return;
    }
    uint8_t kind = RULE_PLAIN;
    if (line.ptr[0] == '!') {
        kind = RULE_EXCEPTION;
        line = span_after(line, 1);
    } else if (span_starts_with(line, SPAN("*."))) {
        kind = RULE_WILDCARD;
        line = span_after(line, 2);
    }
    put(s, name_hash(line), kind);
}

static bool load(struct suffix_set *s, const char *path)
{
    FILE *f = fopen(path, "re");
    if (!f) {
        return false;
    }
    char line[1024];
    while (fgets(line, sizeof(line), f)) {
        put_line(s, span_of(line, strcspn(line, "\n")));
    }
    bool good = !ferror(f);
    (void)fclose(f);
    return good;
}

struct suffix_set *suffix_set_new(const char *path)
{
    struct suffix_set *s = calloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    size_t slot_count = path ? 64 * 1024 : 2048;
    s->slots = calloc(slot_count, sizeof(*s->slots));
    s->mask = slot_count - 1;
    if (!s->slots || (path && !load(s, path))) {
        suffix_set_free(s);
        return NULL;
    }
    for (size_t i = 0; !path && i < sizeof(built_in) / sizeof(built_in[0]); i++) {
        put(s, name_hash(span_from_cstr(built_in[i])), RULE_PLAIN);
    }
    return s;
}

void suffix_set_free(struct suffix_set *s)
{
    if (s) {
        free(s->slots);
        free(s);
    }
}

/* The longest rule wins; an exception beats all and cuts one label less (publicsuffix.org/list, "Algorithm"). */
size_t suffix_labels(const struct suffix_set *s, const struct name *n)
{
    size_t best = n->label_count > 0 ? 1 : 0;
    size_t most = n->label_count < LABELS_TRIED_MAX ? n->label_count : LABELS_TRIED_MAX;
    for (size_t k = 1; k <= most; k++) {
        uint8_t kinds = find(s, n->tail_hash[k])->kinds;
        if (kinds & RULE_EXCEPTION) {
            return k - 1;
        }
        if (kinds & RULE_PLAIN) {
            best = k;
        }
        if ((kinds & RULE_WILDCARD) && k < n->label_count) {
            best = k + 1;
        }
    }
    return best;
}
