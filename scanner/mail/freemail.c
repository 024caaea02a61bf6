// SPDX-License-Identifier: MIT
#include "scanner/mail/freemail.h"

/* The large ones, in alphabetical order: binary search. */
static const char *const hosts[] = {
    "126.com", "163.com", "aim.com", "alice.it", "aol.com", "arcor.de", "att.net", "bellsouth.net", "bigpond.com",
    "bluewin.ch", "bol.com.br", "btinternet.com", "comcast.net", "cox.net", "daum.net", "email.cz", "fastmail.com",
    "fastmail.fm", "foxmail.com", "free.fr", "freemail.hu", "freenet.de", "gmail.com", "gmx.at", "gmx.ch", "gmx.com",
    "gmx.de", "gmx.net", "googlemail.com", "hanmail.net", "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.es",
    "hotmail.fr", "hotmail.it", "hushmail.com", "icloud.com", "inbox.lv", "inbox.ru", "interia.pl", "juno.com",
    "laposte.net", "libero.it", "list.ru", "live.co.uk", "live.com", "live.fr", "live.nl", "mac.com", "mail.com",
    "mail.de", "mail.ru", "me.com", "msn.com", "naver.com", "o2.pl", "onet.pl", "op.pl", "orange.fr", "outlook.com",
    "outlook.de", "outlook.fr", "pm.me", "posteo.de", "proton.me", "protonmail.ch", "protonmail.com", "qq.com",
    "rambler.ru", "rediffmail.com", "rocketmail.com", "sapo.pt", "sbcglobal.net", "seznam.cz", "sfr.fr", "sina.com",
    "skynet.be", "sohu.com", "t-online.de", "terra.com.br", "tiscali.it", "tuta.com", "tutanota.com", "ukr.net",
    "uol.com.br", "verizon.net", "virgilio.it", "wanadoo.fr", "web.de", "wp.pl", "ya.ru", "yahoo.ca", "yahoo.co.id",
    "yahoo.co.in", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com", "yahoo.com.ar", "yahoo.com.au", "yahoo.com.br",
    "yahoo.com.mx", "yahoo.de", "yahoo.es", "yahoo.fr", "yahoo.in", "yahoo.it", "yandex.com", "yandex.ru", "yeah.net",
    "ymail.com", "zohomail.com",
};

static int compare_nocase(span a, span b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        int order = ascii_lower((unsigned char)a.ptr[i]) - ascii_lower((unsigned char)b.ptr[i]);
        if (order != 0) {
            return order;
        }
    }
    return (a.len > b.len) - (a.len < b.len);
}

bool freemail_has(span host)
{
    size_t low = 0, high = sizeof(hosts) / sizeof(hosts[0]);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_nocase(host, span_from_cstr(hosts[middle]));
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return false;
}
