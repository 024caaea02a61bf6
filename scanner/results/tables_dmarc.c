// SPDX-License-Identifier: MIT
#include "scanner/results/tables.h"
#include "scanner/results/vocabulary.h"

/* DMARC: who has a record, what it asks for, by which standard it counts, who gets the reports. */

static uint64_t known_names(const struct survey *survey)
{
    return survey->dmarc.status[DMARC_VALID] + survey->dmarc.status[DMARC_NONE] + survey->dmarc.status[DMARC_INVALID];
}

static const struct table_form status_form = {
    .key = "dmarc_status", .section = "DMARC", .title = "DMARC records",
    .note = "Of all names asked about.",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("status", "Status"), TABLE_SHARE("names", "Names") },
};

static void add_status(struct sheet *sheet, const struct survey *survey)
{
    uint64_t known = known_names(survey), unknown = survey->dmarc.status[DMARC_TEMPERROR];
    const struct {
        const char *what;
        uint64_t count;
        bool is_known;
    } rows[] = {
        { "valid, own record", survey->dmarc.status[DMARC_VALID] - survey->dmarc.inherited, true },
        { "valid, inherited from a parent", survey->dmarc.inherited, true },
        { "none", survey->dmarc.status[DMARC_NONE], true },
        { "invalid: published, but no receiver uses it", survey->dmarc.status[DMARC_INVALID], true },
        { "unknown (temperror)", unknown, false },
        { "not checked", survey->dmarc.status[DMARC_NOT_CHECKED], false },
    };
    sheet_begin_table(sheet, &status_form);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        table_add_text(sheet, span_from_cstr(rows[i].what));
        table_add_share(sheet, rows[i].count, rows[i].is_known ? known : 0, rows[i].is_known ? unknown : 0);
    }
}

/* The strongest first; null last. */
static const enum dmarc_policy policy_order[POLICY_COUNT] = { DMARC_POLICY_REJECT, DMARC_POLICY_QUARANTINE, DMARC_POLICY_NONE,
                                                              DMARC_POLICY_NULL };

static span policy_title(enum dmarc_policy policy)
{
    const char *word = vocabulary_word(&dmarc_policy_words, (int)policy);
    return span_from_cstr(word ? word : "no policy");
}

static const struct table_form policies_form = {
    .key = "dmarc_policies", .section = "DMARC", .title = "DMARC policies",
    .note = "What own records publish (p), what applies to names that inherit, and what each standard makes a receiver apply, "
            "of all names whose DMARC is known: RFC 9989 (tree walk, t=), RFC 7489 (public suffix list, pct applied), and the weaker "
            "of the two.",
    .chart = CHART_STACKS, .chart_from = 1, .chart_to = 5,
    .head_columns = 1, .column_count = 6,
    .columns = { TABLE_TEXT("policy", "Policy"), TABLE_SHARE("own", "Own record"), TABLE_SHARE("inherited", "Inherited"),
                 TABLE_SHARE("rfc9989", "By RFC 9989"), TABLE_SHARE("rfc7489", "By RFC 7489"),
                 TABLE_SHARE("effective", "Effective") },
};

static const struct table_form views_form = {
    .key = "dmarc_standards", .section = "DMARC", .title = "Where the two standards differ",
    .note = "Rows: what RFC 9989 makes a receiver apply; columns: RFC 7489. Names whose DMARC is known; off the diagonal the "
            "standards differ.",
    .head_columns = 1, .column_count = 5,
    .columns = { TABLE_TEXT("rfc9989", "RFC 9989"), TABLE_COUNT("reject", "reject"), TABLE_COUNT("quarantine", "quarantine"),
                 TABLE_COUNT("none", "none"), TABLE_COUNT("no_policy", "no policy") },
};

static void add_policies(struct sheet *sheet, const struct survey *survey)
{
    uint64_t known = known_names(survey), unknown = survey->dmarc.status[DMARC_TEMPERROR];
    uint64_t own = survey->dmarc.status[DMARC_VALID] - survey->dmarc.inherited;
    sheet_begin_table(sheet, &policies_form);
    for (int i = 0; i < POLICY_COUNT; i++) {
        enum dmarc_policy policy = policy_order[i];
        uint64_t by_9989 = 0, by_7489 = 0;
        for (int other = 0; other < POLICY_COUNT; other++) {
            by_9989 += survey->dmarc.views[policy][other];
            by_7489 += survey->dmarc.views[other][policy];
        }
        table_add_text(sheet, policy_title(policy));
        table_add_share(sheet, survey->dmarc.own[policy], own, unknown);
        table_add_share(sheet, survey->dmarc.inherited_policy[policy], survey->dmarc.inherited, unknown);
        table_add_share(sheet, by_9989, known, unknown);
        table_add_share(sheet, by_7489, known, unknown);
        table_add_share(sheet, survey->dmarc.effective[policy], known, unknown);
    }
    sheet_begin_table(sheet, &views_form);
    for (int i = 0; i < POLICY_COUNT; i++) {
        table_add_text(sheet, policy_title(policy_order[i]));
        for (int other = 0; other < POLICY_COUNT; other++) {
            table_add_count(sheet, survey->dmarc.views[policy_order[i]][policy_order[other]]);
        }
    }
}

static const struct table_form below_form = {
    .key = "dmarc_subdomains", .section = "DMARC", .title = "Policies for subdomains",
    .note = "Own records by p: what applies below the name, to subdomains that exist (sp) and to those that do not (np), "
            "defaults resolved.",
    .head_columns = 1, .column_count = 7,
    .columns = { TABLE_TEXT("policy", "p"), TABLE_SHARE("sp_reject", "sp reject"), TABLE_SHARE("sp_quarantine", "sp quarantine"),
                 TABLE_SHARE("sp_none", "sp none"), TABLE_SHARE("np_reject", "np reject"),
                 TABLE_SHARE("np_quarantine", "np quarantine"), TABLE_SHARE("np_none", "np none") },
};

static const struct table_form tags_form = {
    .key = "dmarc_tags", .section = "DMARC", .title = "Tags of DMARC records",
    .note = "Own records by p. rua and ruf: at least one address; pct: below 100, which RFC 9989 no longer knows.",
    .head_columns = 1, .column_count = 9,
    .columns = { TABLE_TEXT("policy", "p"), TABLE_COUNT("records", "Records"), TABLE_SHARE("rua", "rua"), TABLE_SHARE("ruf", "ruf"),
                 TABLE_SHARE("testing", "t=y"), TABLE_SHARE("pct", "pct below 100"), TABLE_SHARE("adkim_strict", "adkim=s"),
                 TABLE_SHARE("aspf_strict", "aspf=s"), TABLE_SHARE("unauthorized", "Reports to where nobody agreed") },
};

static void add_own_records(struct sheet *sheet, const struct survey *survey)
{
    sheet_begin_table(sheet, &below_form);
    for (int i = 0; i < POLICY_COUNT; i++) {
        enum dmarc_policy policy = policy_order[i];
        table_add_text(sheet, policy_title(policy));
        for (int s = 0; s < POLICY_COUNT - 1; s++) {
            table_add_share(sheet, survey->dmarc.subdomain[policy][policy_order[s]], survey->dmarc.own[policy], 0);
        }
        for (int s = 0; s < POLICY_COUNT - 1; s++) {
            table_add_share(sheet, survey->dmarc.nonexistent[policy][policy_order[s]], survey->dmarc.own[policy], 0);
        }
    }
    sheet_begin_table(sheet, &tags_form);
    for (int i = 0; i < POLICY_COUNT; i++) {
        enum dmarc_policy policy = policy_order[i];
        table_add_text(sheet, policy_title(policy));
        table_add_count(sheet, survey->dmarc.own[policy]);
        for (int tag = 0; tag < DMARC_TAGS; tag++) {
            table_add_share(sheet, survey->dmarc.tags[policy][tag], survey->dmarc.own[policy], 0);
        }
    }
}

static const struct table_form vendors_form = {
    .key = "report_vendors", .section = "DMARC", .title = "Services that receive aggregate reports",
    .note = "Of the names with a DMARC record, own or inherited, that asks for reports (rua); a name may use several.",
    .chart = CHART_BARS, .chart_from = 1, .chart_to = 1, .chart_label = "names that ask for reports",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("vendor", "Service"), TABLE_SHARE("names", "Names") },
};

static const struct table_form hosts_form = {
    .key = "report_hosts", .section = "DMARC", .title = "Domains that receive aggregate reports",
    .note = "The host of each rua address, of the same names.",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("host", "Host"), TABLE_SHARE("names", "Names") },
};

void tables_dmarc(struct sheet *sheet, const struct survey *survey, const struct table_wishes *wishes)
{
    uint64_t unknown = survey->dmarc.status[DMARC_TEMPERROR];
    add_status(sheet, survey);
    add_policies(sheet, survey);
    add_own_records(sheet, survey);
    struct table *vendors = sheet_begin_table(sheet, &vendors_form);
    table_add_top(sheet, vendors, survey->dmarc.vendors, wishes->top, survey->dmarc.with_rua, unknown);
    struct table *hosts = sheet_begin_table(sheet, &hosts_form);
    table_add_top(sheet, hosts, survey->dmarc.hosts, wishes->top, survey->dmarc.with_rua, unknown);
}
