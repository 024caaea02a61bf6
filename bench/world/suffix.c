// SPDX-License-Identifier: MIT
#include "bench/world/suffix.h"
#include "bench/world/dice.h"

#include <stdio.h>
#include <stdlib.h>

/* Suffixes of more than one label that lists of municipal, university, government, mail and popular names use, commonest first, and
 * the wildcards of registries; only those that the list has held since 2023, so that any installed copy of it agrees. */
static const char *const built_in[] = {
    "com.br", "gob.mx", "gov.co", "gov.ph", "co.uk", "mg.gov.br", "sp.gov.br", "ac.jp", "gv.at", "rs.gov.br",
    "edu.cn", "gov.uk", "go.id", "qc.ca", "ac.uk", "kommune.no", "gob.ar", "dynv6.net", "ac.kr", "ac.in", "sc.gov.br",
    "edu.tr", "gob.pe", "ac.id", "gov.au", "pr.gov.br", "ac.ir", "co.jp", "ba.gov.br", "pe.gov.br", "gob.ec",
    "com.au", "gov.ar", "go.tz", "gob.ve", "gov.za", "go.kr", "edu.my", "com.tr", "wa.gov.au", "gov.cn", "go.ug",
    "mt.gov.br", "edu.pk", "org.uk", "edu.ar", "co.za", "edu.au", "com.cn", "gob.gt", "edu.co", "edu.tw", "gov.in",
    "gov.tn", "edu.ng", "gov.tr", "edu.ph", "edu.pl", "co.kr", "gov.zm", "rj.gov.br", "gov.gr", "gov.by", "gov.mk",
    "go.gov.br", "go.cr", "go.th", "com.ar", "ce.gov.br", "vic.gov.au", "edu.mx", "gov.gh", "edu.pe", "ne.jp",
    "ac.th", "ms.gov.br", "sa.gov.au", "govt.nz", "go.jp", "com.mx", "qld.gov.au", "gob.es", "gov.py", "gov.ua",
    "edu.sa", "edu.vn", "ma.gov.br", "gov.az", "on.ca", "gov.ge", "es.gov.br", "edu.in", "gob.pa", "nic.in",
    "rn.gov.br", "go.ke", "ac.ke", "co.nz", "pa.gov.br", "co.il", "pb.gov.br", "gov.br", "edu.eg", "gov.al", "ac.at",
    "org.rs", "com.my", "lg.jp", "ac.za", "com.vn", "com.tw", "gov.ng", "al.gov.br", "ab.ca", "co.zw", "edu.af",
    "edu.ec", "co.in", "bc.ca", "pi.gov.br", "gob.bo", "gov.ru", "co.id", "ac.il", "gov.vn", "pp.ua", "org.cy",
    "gov.rw", "edu.sd", "edu.iq", "edu.br", "tas.gov.au", "edu.jo", "edu.ve", "gov.ve", "edu.et", "ac.ma", "edu.az",
    "edu.gh", "edu.ua", "gov.eg", "edu.bo", "edu.do", "gob.ni", "org.il", "edu.sv", "co.th", "edu.sg", "ac.nz",
    "edu.hk", "ac.cr", "com.sg", "edu.lb", "com.co", "ac.lk", "ac.ae", "gub.uy", "gob.sv", "ac.gov.br", "se.gov.br",
    "net.au", "com.ph", "com.ua", "ac.be", "my.id", "blogspot.com", "ac.ru", "to.gov.br", "am.gov.br", "gov.mn",
    "gov.bt", "ac.ug", "edu.ni", "or.jp", "eu.org", "gov.tw", "ac.tz", "com.pk", "gov.tt", "com.pl", "org.br",
    "or.kr", "ns.ca", "spb.ru", "edu.al", "edu.sy", "ac.zw", "krakow.pl", "edu.ge", "edu.py", "com.hk", "biz.id",
    "gov.it", "ro.gov.br", "rr.gov.br", "co.at", "poznan.pl", "edu.ru", "gov.ws", "gov.tl", "gov.kz", "powiat.pl",
    "gov.my", "ac.cy", "wroc.pl", "edu.om", "ac.rs", "ac.rw", "org.in", "edu.rs", "ddns.net", "lublin.pl", "edu.ly",
    "edu.kg", "edu.gt", "ac.pa", "com.pe", "co.ke", "com.ve", "edu.mk", "edu.mn", "com.uy", "gov.sa", "gouv.fr",
    "sk.ca", "gov.ba", "org.za", "edu.ps", "gda.pl", "edu.cu", "net.vn", "web.id", "sytes.net", "gov.mz", "com.cy",
    "gov.ly", "com.ng", "edu.bh", "edu.kw", "szczecin.pl", "kiev.ua", "edu.uy", "ac.mz", "kharkov.ua", "com.eg",
    "org.cn", "nhs.uk", "ad.jp", "in.ua", "dedyn.io", "com.mt", "rs.ba", "ap.gov.br", "mb.ca", "com.es", "asso.fr",
    "waw.pl", "odessa.ua", "cloudns.asia", "nyc.mn", "gov.pl", "gob.do", "bel.tr", "gov.pk", "starostwo.gov.pl",
    "daegu.kr", "bydgoszcz.pl", "gov.bh", "gov.sg", "gov.om", "muni.il", "com.na", "com.gt", "gov.rs", "com.do",
    "gc.ca", "rzeszow.pl", "nb.ca", "org.mx", "katowice.pl", "edu.gr", "ac.mw", "edu.hn", "co.ao", "com.sa",
    "loseyourip.com", "freeddns.org", "accesscam.org", "name.ng", "ooguy.com", "co.mz", "gov.sy", "gwangju.kr",
    "ulsan.kr", "gov.lk", "wixsite.com", "opole.pl", "org.pl", "org.mt", "gov.il", "if.ua", "edu.ye", "edu.lv",
    "net.cn", "ac.fj", "lviv.ua", "ind.in", "edu.ba", "edu.mo", "wa.edu.au", "dyndns.org", "uk.com", "uk.net",
    "com.lb", "theworkpc.com", "mywire.org", "webredirect.org", "co.zm", "co.ug", "gov.hk", "bialystok.pl", "or.at",
    "yolasite.com", "org.ve", "cv.ua", "gov.ir", "slupsk.pl", "radom.pl", "km.ua", "gov.gy", "org.ua", "org.mk",
    "net.br", "co.rs", "sumy.ua", "com.ru", "edu.mv", "dp.ua", "co.bw", "edu.bn", "mk.ua", "edu.mt", "ac.zm",
    "net.in", "zgora.pl", "eu.com", "us.org", "akamaihd.net", "googleapis.com", "akamai.net", "edgesuite.net",
    "appspot.com", "herokuapp.com", "net.ua", "googlecode.com", "githubusercontent.com", "github.io", "co.ve",
    "org.tr", "msk.ru", "net.tr", "gen.tr", "com.pr", "azurewebsites.net", "com.ec", "altervista.org", "com.ly",
    "com.kw", "myshopify.com", "com.bn", "org.eg", "cn.com", "cloudns.cc", "com.py", "hopto.org", "duckdns.org",
    "sa.com", "service.gov.uk", "blog.br", "com.fj", "co.tz", "com.bo", "com.ni", "com.gh", "com.pa", "co.vi",
    "com.sb", "net.il", "com.de", "org.au", "gov.do", "gov.mv", "gov.iq", "gov.et", "org.sg", "gov.dz", "gangwon.kr",
    "org.ng", "gdynia.pl", "mg.leg.br", "kalisz.pl", "konin.pl", "org.es", "gov.kg", "ostroleka.pl", "pila.pl",
    "walbrzych.pl", "aichi.jp", "ehime.jp", "gunma.jp", "ibaraki.jp", "iwate.jp", "kanagawa.jp", "kumamoto.jp",
    "kyoto.jp", "miyagi.jp", "nara.jp", "oita.jp", "okayama.jp", "shizuoka.jp", "toyama.jp", "yamagata.jp",
    "yamanashi.jp", "upow.gov.pl", "rybnik.pl", "net.ar", "warszawa.pl", "net.ph", "wroclaw.pl", "olsztyn.pl",
    "edu.zm", "cc.or.us", "edu.pa", "edu.qa", "edu.es", "trieste.it", "mil.br", "net.my", "lg.ua", "nsw.edu.au",
    "vic.edu.au", "edu.kz", "edu.la", "czest.pl", "crimea.ua", "te.ua", "ens.tn", "na.it", "ac.mu", "edu.tt", "vn.ua",
    "akadns.net", "akamaiedge.net", "edgekey.net", "cloudapp.net", "wmflabs.org", "elasticbeanstalk.com", "mus.br",
    "zapto.org", "in.th", "net.id", "dyndns.tv", "za.net", "africa.com", "nc.us", "pl.ua", "ck.ua", "re.kr", "co.ir",
    "ma.us", "or.cr", "gr.com", "ddnss.de", "ddnsgeek.com", "zp.ua", "camdvr.org", "tokyo.jp", "workers.dev",
    "cloudfront.net", "akamaized.net", "pages.dev", "withgoogle.com", "readthedocs.io", "yandexcloud.net", "jus.br",
    "netlify.app", "translate.goog", "vercel.app", "pp.ru", "us.com", "web.app", "co.cr", "freedesktop.org", "co.uz",
    "co.ma", "com.om", "com.qa", "com.af", "js.org", "com.sv", "carrd.co", "com.bh", "gitlab.io", "onrender.com",
    "com.ag", "com.bz", "synology.me", "pantheonsite.io", "com.cu", "com.et", "net.co", "firebaseapp.com", "r2.dev",
    "com.nf", "com.ai", "net.tw", "com.gi", "mine.nu", "co.ls", "wpenginepowered.com", "jp.net", "com.sl", "com.vc",
    "com.tj", "in.net", "no-ip.org", "main.jp", "ru.com", "homeip.net", "or.id", "co.us", "rv.ua", "bitbucket.io",
    "plesk.page", "ath.cx", "ru.net", "it.com", "br.com", "biz.ua", "gob.cl", "gov.pt", "eu.int", "bplaced.net",
    "co.com", "net.th", "art.pl", "dreamhosters.com", "simplesite.com", "lpages.co", "ras.ru", "pythonanywhere.com",
    "framer.website", "gov.ie", "police.uk", "org.ge", "org.na", "co.me", "gov.mr", "bytom.pl", "um.gov.pl",
    "chungbuk.kr", "info.ro", "incheon.kr", "gdansk.pl", "inf.cu", "jeonnam.kr", "gov.kw", "jaworzno.pl", "gov.tm",
    "kutno.pl", "gov.sc", "lomza.pl", "gov.qa", "gov.jo", "gov.sl", "com.hr", "cieszyn.pl", "elblag.pl", "elk.pl",
    "glogow.pl", "klodzko.pl", "kolobrzeg.pl", "lowicz.pl", "malbork.pl", "mragowo.pl", "nysa.pl", "olecko.pl",
    "ostroda.pl", "pisz.pl", "pruszkow.pl", "przeworsk.pl", "sejny.pl", "starachowice.pl", "szczytno.pl", "turek.pl",
    "wielun.pl", "zgorzelec.pl", "com.ba", "kagoshima.jp", "nagasaki.jp", "poa.br", "ne.kr", "org.do", "gov.cx",
    "gov.cl", "sopot.pl", "sosnowiec.pl", "olkusz.pl", "bedzin.pl", "ketrzyn.pl", "lezajsk.pl", "olawa.pl",
    "swiebodzin.pl", "swinoujscie.pl", "nf.ca", "plo.ps", "gov.ps", "suwalki.pl", "tarnobrzeg.pl", "herad.no",
    "wloclawek.pl", "oz.au", "org.bh", "univ.sn", "edu.bs", "jx.cn", "edu.ee", "cc.ga.us", "net.ye", "edu.ky",
    "edu.pt", "edu.tm", "edu.kn", "cc.il.us", "mil.lv", "eun.eg", "med.sa", "org.pk", "edu.ws", "gliwice.pl",
    "edu.bt", "edu.lk", "net.ma", "edu.bi", "edu.bz", "edu.pr", "edu.sn", "edu.ht", "ed.ao", "edu.dz", "uzhgorod.ua",
    "kherson.ua", "edu.gy", "edu.ml", "edu.bb", "vinnica.ua", "yk.ca", "net.uk", "tv.tr", "co.hu", "sh.cn", "org.vn",
    "b.br", "dnsalias.com", "tv.it", "k12.al.us", "dyndns-home.com", "bg.it", "co.im", "net.sb", "arq.br", "pd.it",
    "secret.jp", "brasilia.me", "nd.us", "ri.us", "ac.vn", "hs.kr", "from-mt.com", "va.it", "we.bs", "org.pt",
    "3utilities.com", "com.pt", "com.gr", "myhome-server.de", "ddnss.org", "dyn-ip24.de", "dyn.ddnss.de",
    "dyn.home-webserver.de", "dyndns.ddnss.de", "dyndns1.de", "home-webserver.de", "name.tr", "myftp.org",
    "kozow.com", "cloudns.org", "servehalflife.com", "pro.vn", "giize.com", "cloudns.biz", "casacam.net",
    "ddnsfree.com", "gleeze.com", "net.pl", "myfritz.net", "fastly-edge.com", "awsglobalaccelerator.com", "com.se",
    "cloudfunctions.net", "fastlylb.net", "net.ru", "org.ru", "net.mx", "ngrok.io", "kasserver.com", "gov.zw",
    "ondigitalocean.app", "supabase.co", "mil.ru", "trycloudflare.com", "remotewd.com", "bet.ar", "vlog.br",
    "myqnapcloud.com", "net.ba", "canva-apps.com", "dyndns.info", "gov.ma", "httpbin.org", "fly.dev",
    "adobeaemcloud.com", "tv.br", "spdns.de", "keymachine.de", "net.hk", "dynu.net", "lima-city.de", "pstmn.io",
    "no-ip.info", "now.sh", "us.kg", "na4u.ru", "com.gp", "com.sd", "dr.in", "org.gg", "dyndns.biz", "coop.in",
    "com.mw", "business.in", "cn.in", "org.ec", "uni5.net", "no-ip.biz", "dnsalias.net", "in-berlin.de", "myvnc.com",
    "sch.id", "de.com", "or.th", "mn.us", "tx.us", "ca.us", "od.ua", "fl.us", "gb.net", "ny.us", "nj.us", "jpn.com",
    "pa.us", "info.pl", "va.us", "or.us", "kyiv.ua", "il.us", "res.in", "leg.br", "or.ke", "oh.us", "md.us",
    "desa.id", "adv.br", "kr.ua", "gov.scot", "wi.us", "mi.us", "biz.pl", "hu.net", "dn.ua", "idv.tw", "kh.ua",
    "ind.br", "nm.us", "ms.us", "wa.us", "or.tz", "art.br", "bz.it", "inf.br", "in.us", "ga.us", "roma.it", "cci.fr",
    "tuxfamily.org", "sub.jp", "al.us", "mex.com", "pe.kr", "toolforge.org", "tm.fr", "nv.us", "milano.it", "ae.org",
    "zt.ua", "toscana.it", "base.shop", "osaka.jp", "ak.us", "la.us", "hokkaido.jp", "kharkiv.ua", "df.gov.br",
    "firenze.it", "ia.us", "app.br", "lombardia.it", "nh.us", "aeroport.fr", "official.ec", "eco.br", "debian.net",
    "ponpes.id", "mo.us", "chiba.jp", "fi.it", "pro.br", "framer.app", "nl.ca", "mi.it", "ks.ua", "wy.us", "tn.it",
    "se.net", "mp.br", "ar.us", "campaign.gov.uk", "torino.it", "wpmucdn.com", "hiroshima.jp", "ok.us", "med.br",
    "saitama.jp", "demon.nl", "veneto.it", "az.us", "eng.br", "notaires.fr", "sd.us", "to.it", "ct.us", "sklep.pl",
    "moo.jp", "school.nz", "pe.ca", "emilia-romagna.it", "radio.fm", "nt.ca", "theshop.jp", "nagano.jp",
    "piemonte.it", "tur.br", "venezia.it", "hyogo.jp", "fvg.it", "okinawa.jp", "k12.fl.us", "iki.fi", "gen.in",
    "alwaysdata.net", "cn.ua", "sc.us", "org.co", "puglia.it", "smushcdn.com", "com.tn", "sardegna.it", "tn.us",
    "ciao.jp", "fukuoka.jp", "ac.cn", "co.rw", "poltava.ua", "marche.it", "gouv.sn", "gob.hn", "qld.edu.au", "tec.br",
    "s3.eu-west-2.amazonaws.com", "bologna.it", "srv.br", "coop.br", "net.pk", "fukushima.jp", "odesa.ua",
    "sicilia.it", "url.tw", "bo.it", "niigata.jp", "seoul.kr", "*.nom.br", "*.ck", "!www.ck", "*.er", "*.fk", "*.jm",
    "*.kawasaki.jp", "*.kitakyushu.jp", "*.kobe.jp", "*.nagoya.jp", "*.sapporo.jp", "*.sendai.jp", "*.yokohama.jp",
    "!city.kawasaki.jp", "!city.kitakyushu.jp", "!city.kobe.jp", "!city.nagoya.jp", "!city.sapporo.jp",
    "!city.sendai.jp", "!city.yokohama.jp", "*.mm", "*.np", "*.pg", "*.sch.uk",
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
    size_t slot_count = path ? 64 * 1024 : 4096;
    s->slots = calloc(slot_count, sizeof(*s->slots));
    s->mask = slot_count - 1;
    if (!s->slots || (path && !load(s, path))) {
        suffix_set_free(s);
        return NULL;
    }
    for (size_t i = 0; !path && i < sizeof(built_in) / sizeof(built_in[0]); i++) {
        put_line(s, span_from_cstr(built_in[i]));
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
