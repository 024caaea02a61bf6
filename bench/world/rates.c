// SPDX-License-Identifier: MIT
#include "bench/world/rates.h"

/*
 * One row a rate, one column a profile: gov (municipal and .gov-like names, the default), toplist (Tranco top 1 M),
 * registered (a random registered gTLD name). The comment names the source, see README.md: mxmap26 (40,052 municipal
 * domains), esorics26, abdmarc18, mastodon23, dnsinstitute20, zirngibl22, ldm26, wiredepth26, ashiq23, ashiq24,
 * domainsproject26, netmeister23, suped26, uriports25, wang22, dmarcchecker24; "guess" where no figure was found.
 */
struct row {
    enum rate rate;
    uint32_t gov, toplist, registered;
};

static const struct row rows[] = {
    { RATE_OUT_NXDOMAIN, 10000, 27000, 20000 },       /* guess, dnsinstitute20, guess */
    { RATE_OUT_SERVFAIL, 2000, 5200, 15000 },         /* mastodon23, dnsinstitute20, guess */
    { RATE_OUT_REFUSED, 2000, 2000, 15000 },          /* mastodon23 */
    { RATE_OUT_DEAD, 3000, 5000, 15000 },             /* mastodon23 (0.3 to 0.9 %), guess, guess */
    { RATE_OUT_BAD, 300, 300, 1000 },                 /* guess */
    { RATE_PARTIAL, 2000, 2000, 3000 },               /* mastodon23: _dmarc fails more often than the name */
    { RATE_PARKED, 20000, 40000, 230000 },            /* guess, zirngibl22, zirngibl22 */
    { RATE_MX, 919000, 670000, 387000 },              /* mxmap26, ldm26, domainsproject26 */
    { RATE_SPF_GIVEN_MX, 920000, 939000, 605000 },    /* mxmap26, ldm26, ashiq24 */
    { RATE_SPF_GIVEN_NO_MX, 300000, 120000, 200000 }, /* guess, dmarcchecker24 (derived), domainsproject26 (derived) */
    { RATE_SPF_FAULTY, 60000, 80000, 100000 },      /* mxmap26, mastodon23 and ashiq24 (derived: oddities and errors) */
    { RATE_DMARC_GIVEN_MX, 555000, 681000, 67000 }, /* esorics26, ldm26, ashiq23 */
    { RATE_DMARC_GIVEN_NO_MX, 200000, 150000, 20000 }, /* guess */
    { RATE_DMARC_ODD, 70000, 50000, 50000 },           /* dmarcchecker24, mastodon23 (derived) */
    { RATE_DMARC_RUA, 850000, 785000, 490000 },        /* abdmarc18 (.gov), wiredepth26, ashiq23 */
    { RATE_DMARC_SP, 232000, 118000, 118000 },         /* abdmarc18 (.gov), wiredepth26, wiredepth26 */
    { RATE_DKIM_GIVEN_MX, 420000, 450000, 250000 },    /* wang22 and mxmap26 (derived: lower bounds) */
    { RATE_DKIM_GIVEN_NO_MX, 40000, 40000, 20000 },    /* guess */
    { RATE_DKIM_KEY_BAD, 60000, 60000, 60000 },        /* dmarcchecker24, wang22 (derived) */
    { RATE_MTA_STS, 10000, 7400, 1000 },               /* guess, suped26, guess */
    { RATE_TLS_RPT, 12000, 10000, 1000 },              /* guess */
    { RATE_BIMI, 4000, 9700, 1000 },                   /* guess, uriports25, guess */
    { RATE_WILDCARD_TXT, 15000, 25000, 15000 },        /* mastodon23, abdmarc18, guess */
    { RATE_TXT_BIG, 12000, 20000, 2000 },              /* mxmap26 (over 512), guess, guess */
    { RATE_SUB_EXISTS, 600000, 600000, 600000 },       /* guess: what lists name mostly exists */
    { RATE_SUB_MX, 300000, 300000, 100000 },           /* guess */
    { RATE_SUB_SPF, 350000, 350000, 100000 },          /* guess */
    { RATE_SUB_DMARC, 100000, 100000, 10000 },         /* guess */
    { RATE_SUB_DKIM, 100000, 100000, 20000 },          /* guess */
    { RATE_REPORTS_WELCOME, 150000, 150000, 150000 },  /* ashiq23: 26 % of external destinations lack it */
};

enum { PROFILE_COUNT = 3 };

static const struct rates *profiles(void)
{
    static struct rates made[PROFILE_COUNT] = { { .profile = "gov" },
                                                { .profile = "toplist" },
                                                { .profile = "registered" } };
    static bool is_made;
    for (size_t i = 0; !is_made && i < sizeof(rows) / sizeof(rows[0]); i++) {
        made[0].ppm[rows[i].rate] = rows[i].gov;
        made[1].ppm[rows[i].rate] = rows[i].toplist;
        made[2].ppm[rows[i].rate] = rows[i].registered;
    }
    is_made = true;
    return made;
}

const struct rates *rates_at(size_t i)
{
    return i < PROFILE_COUNT ? profiles() + i : NULL;
}

const struct rates *rates_find(span profile)
{
    for (size_t i = 0; i < PROFILE_COUNT; i++) {
        if (span_equal(profile, span_from_cstr(profiles()[i].profile))) {
            return profiles() + i;
        }
    }
    return NULL;
}
