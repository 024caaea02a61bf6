// SPDX-License-Identifier: MIT
#include "scanner/query_budget.h"

#include "scanner/mail/providers.h"

/* Questions that a check may ask for one domain, selectors apart. */
static const struct {
    unsigned check;
    uint64_t questions;
} rows[] = {
    { CHECK_SPF, 1 + 2 * 10 },  /* the record; ten lookups, an address of either kind each: RFC 7208 section 4.6.4 */
    { CHECK_DKIM, 1 + 1 + 36 }, /* the namespace, a random selector, hinted selectors */
    { CHECK_DMARC, 8 + 1 + 2 }, /* RFC 9989 section 4.10, the organizational domain of RFC 7489, report authorisations */
    { CHECK_MX, 1 },
    { CHECK_ADDRESSES, 2 },
    { CHECK_MTA_STS, 1 },
    { CHECK_TLS_RPT, 1 },
    { CHECK_BIMI, 1 },
    { CHECK_HOSTS, 4 * 10 },    /* of a mail host A, AAAA, TLSA, and DS of its zone */
    { CHECK_DNSSEC, 3 },        /* DS at the name and at the organizational domain, one question with checking disabled */
    { CHECK_SPF99, 1 },
};

static uint64_t count_selectors(const struct mail_config *mail)
{
    uint64_t count = 0;
    for (size_t i = 0; i < selector_table_count(mail->selectors); i++) {
        const struct selector_row *row = selector_table_row(mail->selectors, i);
        count += mail->dkim_mode == DKIM_FULL || (row->tier == 1 && row->after.len == 0);
    }
    return count;
}

uint64_t query_budget_packets(const struct mail_config *mail, const struct options *options, uint64_t domains)
{
    uint64_t questions = (mail->checks & CHECK_DKIM) ? count_selectors(mail) : 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        questions += (mail->checks & rows[i].check) ? rows[i].questions : 0;
    }
    uint64_t tries = (options->retries + 1) * (options->second_pass ? 2 : 1);
    return domains * questions * tries;
}
