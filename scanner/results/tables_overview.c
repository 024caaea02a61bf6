// SPDX-License-Identifier: MIT
#include "scanner/results/tables.h"
#include "scanner/results/vocabulary.h"

/* How many names, how they stand, how many get how far. */

static const struct table_form names_form = {
    .key = "names", .section = "Overview", .title = "Names",
    .note = "One record for each name of the list. Shares are of the names of which the DNS told whether they exist.",
    .head_columns = 1, .column_count = 3,
    .columns = { TABLE_TEXT("what", "Names"), TABLE_COUNT("names", "Count"), TABLE_SHARE("share", "Share") },
};

static void add_names(struct sheet *sheet, const struct survey *survey)
{
    uint64_t exists = survey->outcomes[OUTCOME_OK], absent = survey->outcomes[OUTCOME_NXDOMAIN];
    uint64_t known = exists + absent, unknown = survey->asked - known;
    sheet_begin_table(sheet, &names_form);
    const struct {
        const char *what;
        uint64_t count;
        bool has_share;
    } rows[] = {
        { "with a record", survey->records, false },
        { "excluded, never asked about", survey->excluded, false },
        { "asked about", survey->asked, false },
        { "that exist", exists, true },
        { "that do not exist (NXDOMAIN)", absent, true },
        { "unknown: SERVFAIL", survey->outcomes[OUTCOME_SERVFAIL], false },
        { "unknown: REFUSED", survey->outcomes[OUTCOME_REFUSED], false },
        { "unknown: timeout", survey->outcomes[OUTCOME_TIMEOUT], false },
        { "unknown: bad response", survey->outcomes[OUTCOME_BAD_RESPONSE], false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        table_add_text(sheet, span_from_cstr(rows[i].what));
        table_add_count(sheet, rows[i].count);
        if (rows[i].has_share) {
            table_add_share(sheet, rows[i].count, known, unknown);
        } else {
            table_add_nothing(sheet);
        }
    }
}

static const char *const posture_groups[POSTURE_COUNT] = {
    [POSTURE_PROTECTED] = "protected",
    [POSTURE_PARKED_PROTECTED] = "protected",
    [POSTURE_PARTIAL] = "at risk",
    [POSTURE_ENFORCING_BROKEN] = "at risk",
    [POSTURE_ENFORCING_BYPASSED] = "at risk",
    [POSTURE_MONITORING] = "monitoring",
    [POSTURE_RECORD_ONLY] = "monitoring",
    [POSTURE_SPF_ONLY] = "unprotected",
    [POSTURE_UNPROTECTED] = "unprotected",
    [POSTURE_PARKED_UNPROTECTED] = "unprotected",
    [POSTURE_DMARC_BROKEN] = "unprotected",
    [POSTURE_NONEXISTENT] = "not measured",
    [POSTURE_UNKNOWN] = "not measured",
};
static const char *const group_names[] = { "protected", "at risk", "monitoring", "unprotected" };

static const struct table_form groups_form = {
    .key = "protection", .section = "Overview", .title = "Protection against forged mail",
    .note = "The postures in four groups, of the names that exist and whose posture is known.",
    .chart = CHART_STACKS, .chart_from = 1, .chart_to = 1, .chart_label = "existing names",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("group", "Group"), TABLE_SHARE("names", "Names") },
};

static const struct table_form postures_form = {
    .key = "postures", .section = "Overview", .title = "Postures",
    .note = "What DMARC, SPF and DKIM amount to together, of the names asked about whose posture is known.",
    .chart = CHART_BARS, .chart_from = 2, .chart_to = 2, .chart_label = "names",
    .head_columns = 1, .column_count = 4,
    .columns = { TABLE_TEXT("posture", "Posture"), TABLE_TEXT("group", "Group"), TABLE_SHARE("names", "Names"),
                 TABLE_TEXT("meaning", "Meaning") },
};

/* The best first. */
static const enum posture posture_order[POSTURE_COUNT] = {
    POSTURE_PROTECTED, POSTURE_PARKED_PROTECTED, POSTURE_PARTIAL, POSTURE_ENFORCING_BROKEN, POSTURE_ENFORCING_BYPASSED,
    POSTURE_MONITORING, POSTURE_RECORD_ONLY, POSTURE_SPF_ONLY, POSTURE_UNPROTECTED, POSTURE_PARKED_UNPROTECTED,
    POSTURE_DMARC_BROKEN, POSTURE_NONEXISTENT, POSTURE_UNKNOWN,
};

static void add_postures(struct sheet *sheet, const struct survey *survey)
{
    uint64_t unknown = survey->postures[POSTURE_UNKNOWN];
    uint64_t existing = survey->asked - unknown - survey->postures[POSTURE_NONEXISTENT];
    sheet_begin_table(sheet, &groups_form);
    for (size_t g = 0; g < sizeof(group_names) / sizeof(group_names[0]); g++) {
        uint64_t count = 0;
        for (int i = 0; i < POSTURE_COUNT; i++) {
            count += strcmp(posture_groups[i], group_names[g]) == 0 ? survey->postures[i] : 0;
        }
        table_add_text(sheet, span_from_cstr(group_names[g]));
        table_add_share(sheet, count, existing, unknown);
    }
    sheet_begin_table(sheet, &postures_form);
    for (int i = 0; i < POSTURE_COUNT; i++) {
        enum posture posture = posture_order[i];
        bool is_known = posture != POSTURE_UNKNOWN;
        table_add_text(sheet, span_from_cstr(posture_name(posture)));
        table_add_text(sheet, span_from_cstr(posture_groups[posture]));
        table_add_share(sheet, survey->postures[posture], is_known ? survey->asked - unknown : 0, is_known ? unknown : 0);
        table_add_text(sheet, span_from_cstr(posture_kind(posture)->meaning));
    }
}

static const struct table_form funnel_form = {
    .key = "funnel", .section = "Overview", .title = "From a name to a rejecting policy",
    .note = "Each step counts the names that passed all steps before it. Names of which a step is unknown, or was not asked, "
            "stop there and are counted beside it.",
    .chart = CHART_BARS, .chart_from = 2, .chart_to = 2, .chart_label = "existing names",
    .head_columns = 1, .column_count = 3,
    .columns = { TABLE_TEXT("step", "Step"), TABLE_SHARE("of_previous", "Of the step before"),
                 TABLE_SHARE("of_existing", "Of existing names") },
};

static void add_funnel(struct sheet *sheet, const struct survey *survey)
{
    static const char *const steps[FUNNEL_STAGES] = {
        [FUNNEL_EXISTS] = "exists",
        [FUNNEL_MX] = "has an MX",
        [FUNNEL_SPF] = "publishes SPF",
        [FUNNEL_DMARC] = "has a DMARC policy",
        [FUNNEL_ENFORCED] = "enforces: quarantine or reject",
        [FUNNEL_REJECT] = "rejects",
    };
    uint64_t lost = 0;
    sheet_begin_table(sheet, &funnel_form);
    for (int i = 0; i < FUNNEL_STAGES; i++) {
        uint64_t unknown = survey->funnel_unknown[i];
        lost += unknown;
        table_add_text(sheet, span_from_cstr(steps[i]));
        if (i == FUNNEL_EXISTS) {
            table_add_nothing(sheet);
        } else {
            table_add_share(sheet, survey->funnel[i], survey->funnel[i - 1] - unknown, unknown);
        }
        table_add_share(sheet, survey->funnel[i], survey->funnel[FUNNEL_EXISTS] - lost, lost);
    }
}

static const struct table_form parked_form = {
    .key = "parked", .section = "Overview", .title = "Names that send no mail",
    .note = "Of the existing names that say they send nothing (null MX, or SPF that authorises nobody) and show no sign of "
            "sending: how well they say it. A parked posture may also be a name that says nothing.",
    .chart = CHART_BARS, .chart_from = 1, .chart_to = 1, .chart_label = "names that do not send",
    .head_columns = 1, .column_count = 2,
    .columns = { TABLE_TEXT("step", "Says so by"), TABLE_SHARE("names", "Names") },
};

static void add_parked(struct sheet *sheet, const struct survey *survey)
{
    static const char *const steps[PARKED_STEPS] = {
        [PARKED_NULL_MX] = "null MX (RFC 7505)",
        [PARKED_SPF] = "SPF that authorises nobody",
        [PARKED_REJECT] = "DMARC reject",
        [PARKED_REVOKED] = "a revoked wildcard DKIM key",
        [PARKED_ALL_THREE] = "null MX, SPF and DMARC together",
    };
    struct table *table = sheet_begin_table(sheet, &parked_form);
    for (int i = 0; i < PARKED_STEPS; i++) {
        table_add_text(sheet, span_from_cstr(steps[i]));
        table_add_answer(sheet, survey->parked[i]);
    }
    char no[NUMBER_TEXT_SIZE], yes[NUMBER_TEXT_SIZE], unknown[NUMBER_TEXT_SIZE];
    table->remark = sheet_printf(sheet, "%s existing names do not send, %s show signs of sending, of %s neither is known.",
                                 number_text(survey->sends[TERNARY_NO], no), number_text(survey->sends[TERNARY_YES], yes),
                                 number_text(survey->sends[TERNARY_UNKNOWN], unknown));
}

void tables_overview(struct sheet *sheet, const struct survey *survey)
{
    add_names(sheet, survey);
    add_postures(sheet, survey);
    add_funnel(sheet, survey);
    add_parked(sheet, survey);
}
