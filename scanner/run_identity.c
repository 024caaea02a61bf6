// SPDX-License-Identifier: MIT
#include "scanner/run_identity.h"

#include <stdio.h>

#include "scanner/setup.h"

/* Before and after, the same evaluations in the same order. */
static void note_senders(struct scan_output *out, const struct mail_config *mail)
{
    char text[OPTION_STRINGS_MAX * (SPF_SENDER_IP_SIZE + 1)] = "";
    size_t len = 0;
    for (size_t i = 0; i < mail->spf_sender_count; i++) {
        char ip[SPF_SENDER_IP_SIZE];
        spf_sender_print_ip(&mail->spf_senders[i], ip);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? "," : "", ip);
    }
    scan_output_identify(out, CHECKPOINT_OPTION, "spf-ip", "%s", text);
}

void run_identity_note(struct scan_output *out, const struct options *o, const struct mail_config *mail, const struct list *list,
                       uint64_t seed)
{
    static const char *const dkim_modes[] = { [DKIM_SMART] = "smart", [DKIM_FULL] = "full", [DKIM_OFF] = "off" };
    static const char *const orders[] = { [ORDER_SHUFFLED] = "shuffled", [ORDER_LIST] = "list" };
    static const char *const records[] = { [RECORDS_BRIEF] = "brief", [RECORDS_FULL] = "full" };
    char checks[256];
    checks_print(mail->checks, checks, sizeof(checks));
    bool is_certain;
    uint64_t identity = list_identity(list, &is_certain);
    scan_output_identify(out, CHECKPOINT_IDENTITY, "list", "%016llx", (unsigned long long)identity);
    for (size_t i = 0; i < o->argument_count; i++) {
        char name[32];
        snprintf(name, sizeof(name), "list[%zu]", i);
        scan_output_identify(out, CHECKPOINT_NOTE, name, "%s", o->arguments[i]);
    }
    scan_output_identify(out, CHECKPOINT_OPTION, "seed", "%llu", (unsigned long long)seed);
    scan_output_identify(out, CHECKPOINT_OPTION, "order", "%s", orders[o->order]);
    scan_output_identify(out, CHECKPOINT_OPTION, "shards", "%llu", (unsigned long long)o->shards);
    scan_output_identify(out, CHECKPOINT_OPTION, "shard", "%llu", (unsigned long long)o->shard);
    scan_output_identify(out, CHECKPOINT_OPTION, "checks", "%s", checks);
    scan_output_identify(out, CHECKPOINT_OPTION, "dkim", "%s", dkim_modes[o->dkim]);
    scan_output_identify(out, CHECKPOINT_OPTION, "records", "%s", records[o->records]);
    scan_output_identify(out, CHECKPOINT_OPTION, "dedup", "%s", o->dedup ? "yes" : "no");
    scan_output_identify(out, CHECKPOINT_OPTION, "input-format", "%s", layout_kind_name((enum layout_kind)o->input_format));
    scan_output_identify(out, CHECKPOINT_OPTION, "column", "%s", o->column ? o->column : "");
    scan_output_identify(out, CHECKPOINT_OPTION, "tag-column", "%s", o->tag_column ? o->tag_column : "");
    scan_output_identify(out, CHECKPOINT_OPTION, "selector-column", "%s", o->selector_column ? o->selector_column : "");
    scan_output_identify(out, CHECKPOINT_OPTION, "selectors", "%s", o->selectors ? o->selectors : "");
    scan_output_identify(out, CHECKPOINT_OPTION, "exclude", "%s", o->exclude ? o->exclude : "");
    note_senders(out, mail);
    scan_output_identify(out, CHECKPOINT_NOTE, "version", "%s", TRIFECTA_VERSION);
}
