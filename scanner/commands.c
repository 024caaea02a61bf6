// SPDX-License-Identifier: MIT
#include "scanner/commands.h"

const struct command commands[] = {
    { COMMAND_SCAN, "scan", "scan [LIST ...] [OPTION ...]", "Scans every domain of the lists and streams one record a domain.",
      "  trifecta scan list.txt -o results.ndjson.zst\n"
      "  trifecta scan tranco.zip --resolvers 127.0.0.1,192.0.2.53:5353 --rate 5k\n"
      "  trifecta scan customers.csv --column website --tag-column account -o customers.ndjson\n"
      "  zcat names.gz | trifecta scan --dry-run\n",
      scan_command },
    { COMMAND_CHECK, "check", "check DOMAIN ... [OPTION ...]", "Scans a few domains and draws what it found for a person.",
      "  trifecta check example.com\n"
      "  trifecta check example.com example.org --json\n"
      "  trifecta check example.com --require protected,parked_protected\n",
      check_command },
    { COMMAND_SPF, "spf", "spf --ip IP [--sender ADDR] [--helo NAME] DOMAIN [OPTION ...]",
      "Says what SPF makes of mail from one address: check_host() of RFC 7208.",
      "  trifecta spf --ip 192.0.2.1 example.com\n"
      "  trifecta spf --ip 2001:db8::1 --sender joe@example.com --helo mail.example.com example.com --json\n",
      spf_command },
    { COMMAND_REPORT, "report", "report FILE ... [OPTION ...]", "Tables and charts of adoption from result files, as one HTML file, text or JSON.",
      "  trifecta report results.ndjson.zst -o report.html\n"
      "  trifecta report results.ndjson.zst --format text | less\n"
      "  trifecta report run/ --summary run.json -o report.html\n"
      "  trifecta report 2025.ndjson.zst 2026.ndjson.zst --by-file -o years.html\n",
      report_command },
    { COMMAND_DIFF, "diff", "diff OLD NEW [OPTION ...]", "What changed between two sweeps, the worst first; exits 1 when a domain got weaker.",
      "  trifecta diff 2026-10.ndjson.zst 2026-11.ndjson.zst\n"
      "  trifecta diff old/ new/ -o changes.html --fail-on weakened:dmarc,vanished\n"
      "  trifecta diff old.ndjson new.ndjson --format ndjson | jq 'select(.class == \"weakened\")'\n",
      diff_command },
    { COMMAND_MERGE, "merge", "merge DIR ... -o OUT [OPTION ...]", "Joins shards or parts, once they are one complete set.",
      "  trifecta merge shard-*/ -o whole.ndjson.zst\n"
      "  trifecta merge parts/ -o - | jq .posture\n",
      merge_command },
    { COMMAND_EXPLAIN, "explain", "explain [FINDING | POSTURE ...]", "The catalogue: what each finding and posture means, and what to do.",
      "  trifecta explain spf_too_many_lookups\n"
      "  trifecta explain --json\n",
      explain_command },
};

const size_t command_count = sizeof(commands) / sizeof(commands[0]);

const struct command *command_by_name(const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}
