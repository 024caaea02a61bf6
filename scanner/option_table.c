// SPDX-License-Identifier: MIT
#include "scanner/option_table.h"

#include <assert.h>
#include <string.h>

#define AT(field) offsetof(struct options, field)
#define ASKING    (COMMAND_SCAN | COMMAND_CHECK)
#define RESOLVING (ASKING | COMMAND_SPF)
#define WRITING   (COMMAND_SCAN | COMMAND_MERGE)
#define EVERY     (~0u)

const struct option_row option_rows[] = {
    { "ip", 0, OPTION_STRING, "IP", NULL, AT(ip), COMMAND_SPF, 0, 0, NULL, "Sender",
      "address of the client: IPv4 or IPv6; an IPv4-mapped one is judged as IPv4" },
    { "sender", 0, OPTION_STRING, "ADDR", NULL, AT(sender), COMMAND_SPF, 0, 0, NULL, "Sender",
      "MAIL FROM, for macros (default: postmaster@ the HELO name); <> is the null reverse-path" },
    { "helo", 0, OPTION_STRING, "NAME", NULL, AT(helo), COMMAND_SPF, 0, 0, NULL, "Sender",
      "what the client says in HELO, for macros (default: the domain)" },

    { "output", 'o', OPTION_STRING, "PATH", "results.ndjson.zst", AT(output), COMMAND_SCAN, 0, 0, NULL, "Output",
      "NAME.ndjson.zst, NAME.ndjson, - for stdout, or a folder DIR/ of parts with a manifest.json" },
    { "output", 'o', OPTION_STRING, "PATH", NULL, AT(output), COMMAND_MERGE, 0, 0, NULL, "Output",
      "NAME.ndjson.zst, NAME.ndjson, - for stdout, or a folder DIR/ of parts with one manifest.json for all" },
    { "output", 'o', OPTION_STRING, "PATH", "-", AT(report_output), COMMAND_REPORT, 0, 0, NULL, "Output",
      "file to write, - for stdout; its suffix (.html, .json, .txt) says the format" },
    { "output", 'o', OPTION_STRING, "PATH", "-", AT(diff_output), COMMAND_DIFF, 0, 0, NULL, "Output",
      "file to write, - for stdout; its suffix (.html, .ndjson, .json, .txt) says the format" },
    { "format", 0, OPTION_CHOICE, "F", "auto", AT(diff_format), COMMAND_DIFF, 0, 0, "auto text ndjson html json", "Output",
      "auto: by the suffix, else text; ndjson: one line for each name that changed, the worst class first; json: the tables" },
    { "fail-on", 0, OPTION_STRING, "LIST", "weakened", AT(fail_on), COMMAND_DIFF, 0, 0, NULL, "Output",
      "exit 1 when there is one of these: weakened vanished became_unknown edited appeared recovered improved, or "
      "weakened:VERDICT (posture spoofable spoofable_subdomains dmarc spf dkim mta_sts tls_rpt bimi); none: never" },
    { "change-metrics", 0, OPTION_STRING, "FILE", NULL, AT(change_metrics), COMMAND_DIFF, 0, 0, NULL, "Output",
      "Prometheus textfile with what changed" },
    { "top", 0, OPTION_COUNT, "N", "100", AT(diff_top), COMMAND_DIFF, 1, 10000, NULL, "Output",
      "names shown of each class, and tags" },
    { "format", 0, OPTION_CHOICE, "F", "auto", AT(report_format), COMMAND_REPORT, 0, 0, "auto html json text", "Output",
      "auto: by the suffix; of stdout text on a terminal, else html" },
    { "title", 0, OPTION_STRING, "TEXT", NULL, AT(title), COMMAND_REPORT | COMMAND_DIFF, 0, 0, NULL, "Output",
      "heading of the report" },
    { "top", 0, OPTION_COUNT, "N", "25", AT(top), COMMAND_REPORT, 1, 10000, NULL, "Output",
      "rows of the tables of includes, selectors, providers, suffixes and the like" },
    { "by-file", 0, OPTION_FLAG, NULL, NULL, AT(by_file), COMMAND_REPORT, 0, 0, NULL, "Input",
      "adds a table that sets the files given (sweeps, lists) side by side" },
    { "summary", 0, OPTION_STRINGS, "FILE", NULL, AT(report_summaries), COMMAND_REPORT, 0, 0, NULL, "Input",
      "what scan --summary wrote, for the methods: list, resolvers, seed; repeatable" },
    { "part-bytes", 0, OPTION_COUNT, "SIZE", "128M", AT(part_bytes), WRITING, 1000, 1e15, NULL, "Output",
      "compressed size at which a part of DIR/ ends" },
    { "part-records", 0, OPTION_COUNT, "N", NULL, AT(part_records), WRITING, 1, 1e15, NULL, "Output",
      "records at which a part of DIR/ ends, if that comes first" },
    { "force", 0, OPTION_FLAG, NULL, NULL, AT(force), WRITING, 0, 0, NULL, "Output", "overwrite a finished output" },
    { "level", 0, OPTION_LEVEL, "N", "1", AT(level), WRITING, -7, 22, NULL, "Output", "zstd level" },
    { "records", 0, OPTION_CHOICE, "KIND", "brief", AT(records), ASKING, 0, 0, "brief full", "Output",
      "full adds the key records and the SPF tree" },
    { "json", 0, OPTION_FLAG, NULL, NULL, AT(json), COMMAND_CHECK | COMMAND_EXPLAIN | COMMAND_SPF, 0, 0, NULL, "Output",
      "print JSON instead of the drawing" },
    { "require", 0, OPTION_STRING, "POSTURE", NULL, AT(require), COMMAND_CHECK, 0, 0, NULL, "Output",
      "exit 1 unless every domain has this posture (several: separated by commas)" },
    { "rejects", 0, OPTION_STRING, "FILE", NULL, AT(rejects), COMMAND_SCAN, 0, 0, NULL, "Output",
      "lines that are no domain names, with line number and reason" },
    { "summary", 0, OPTION_STRING, "FILE", NULL, AT(summary), COMMAND_SCAN, 0, 0, NULL, "Output",
      "one JSON object about the whole run at its end" },
    { "metrics", 0, OPTION_STRING, "FILE", NULL, AT(metrics), COMMAND_SCAN, 0, 0, NULL, "Output",
      "Prometheus textfile, replaced every 10 s and at the end, also of a run that fails" },
    { "checkpoint-every", 0, OPTION_DURATION, "DUR", "10s", AT(checkpoint_every_ms), COMMAND_SCAN, 10, 86400000, NULL,
      "Output", "how often progress is made durable" },
    { "no-resume", 0, OPTION_FLAG, NULL, NULL, AT(no_resume), COMMAND_SCAN, 0, 0, NULL, "Output",
      "begin again where an earlier run stopped early" },

    { "resolvers", 'r', OPTION_STRINGS, "WHAT", NULL, AT(resolvers), RESOLVING, 0, 0, NULL, "Asking",
      "file, or comma list of IP, IP:port, [IPv6]:port; repeatable (default: /etc/resolv.conf)" },
    { "concurrency", 0, OPTION_COUNT, "N", "20k", AT(concurrency), ASKING, 1, 1000000, NULL, "Asking",
      "ceiling of queries in flight over all resolvers" },
    { "rate", 0, OPTION_RATE, "QPS", NULL, AT(rate), RESOLVING, 0, 1e9, NULL, "Asking",
      "cap on packets sent, retries counted, over all" },
    { "resolver-rate", 0, OPTION_RATE, "QPS", NULL, AT(resolver_rate), RESOLVING, 0, 1e9, NULL, "Asking",
      "the same for each resolver (default: none; 1,000 for well-known public ones)" },
    { "zone-rate", 0, OPTION_RATE, "QPS", NULL, AT(zone_rate), ASKING, 0, 1e9, NULL, "Asking",
      "the same for each organizational domain that is asked about" },
    { "timeout", 0, OPTION_DURATION, "DUR", "2.5s", AT(timeout_ms), RESOLVING, 50, 60000, NULL, "Asking",
      "of the first try; later tries back off with jitter" },
    { "retries", 0, OPTION_COUNT, "N", "3", AT(retries), RESOLVING, 0, 20, NULL, "Asking",
      "tries after the first, each on another resolver where there is one" },
    { "second-pass", 0, OPTION_YES_NO, "yes|no", "yes", AT(second_pass), COMMAND_SCAN, 0, 0, NULL, "Asking",
      "domains left unknown are asked once more at the end" },
    { "checks", 0, OPTION_STRING, "LIST", "spf,dkim,dmarc,mx,mta-sts,tls-rpt", AT(checks), ASKING, 0, 0, NULL, "Asking",
      "what to ask for; +bimi, +hosts, +dnssec, +spf99, -mx, -addresses add and remove" },
    { "spf-ip", 0, OPTION_STRINGS, "IP", NULL, AT(spf_ips), ASKING, 0, 0, NULL, "Asking",
      "adds what SPF says of mail from this address (as trifecta spf); repeatable" },
    { "dkim", 0, OPTION_CHOICE, "MODE", "smart", AT(dkim), ASKING, 0, 0, "smart full off", "Asking",
      "smart: namespace probe, provider hints, common list; full: every selector" },
    { "selectors", 0, OPTION_STRING, "FILE", NULL, AT(selectors), ASKING, 0, 0, NULL, "Asking",
      "replaces the built-in selectors" },
    { "selector", 0, OPTION_STRINGS, "NAME", NULL, AT(extra_selectors), ASKING, 0, 0, NULL, "Asking",
      "adds a selector; repeatable" },

    { "input-format", 0, OPTION_CHOICE, "F", "auto", AT(input_format), COMMAND_SCAN, 0, 0,
      "auto plain csv tranco umbrella majestic crux zone", "Lists", "layout of the lists; auto finds it out" },
    { "column", 0, OPTION_STRING, "NAME|N", NULL, AT(column), COMMAND_SCAN, 0, 0, NULL, "Lists",
      "CSV column of the domain" },
    { "tag-column", 0, OPTION_STRING, "NAME|N", NULL, AT(tag_column), COMMAND_SCAN, 0, 0, NULL, "Lists",
      "CSV column carried through as tag" },
    { "selector-column", 0, OPTION_STRING, "NAME|N", NULL, AT(selector_column), COMMAND_SCAN, 0, 0, NULL, "Lists",
      "CSV column with DKIM selectors of the domain" },
    { "order", 0, OPTION_CHOICE, "ORDER", "shuffled", AT(order), COMMAND_SCAN, 0, 0, "shuffled list", "Lists",
      "shuffled: in windows of 100k names, so that one operator's don't come in a row (a pipe has to fill one, "
      "or end, before its names are asked); list: each name as it comes" },
    { "seed", 0, OPTION_SEED, "N", NULL, AT(seed), COMMAND_SCAN, 0, 0, NULL, "Lists",
      "of the shuffle (default: a new one, printed)" },
    { "shards", 0, OPTION_COUNT, "N", "1", AT(shards), COMMAND_SCAN, 1, 1000000, NULL, "Lists",
      "number of processes that share the list" },
    { "shard", 0, OPTION_COUNT, "I", "0", AT(shard), COMMAND_SCAN, 0, 999999, NULL, "Lists",
      "which of them this is, from 0; names are dealt by organizational domain" },
    { "dedup", 0, OPTION_YES_NO, "yes|no", "yes", AT(dedup), COMMAND_SCAN, 0, 0, NULL, "Lists",
      "one record for each distinct name (16 bytes of memory a name)" },
    { "exclude", 0, OPTION_STRING, "FILE", NULL, AT(exclude), COMMAND_SCAN, 0, 0, NULL, "Lists",
      "names and *.suffixes never asked about; each gives a record" },
    { "strict", 0, OPTION_FLAG, NULL, NULL, AT(strict), COMMAND_SCAN, 0, 0, NULL, "Lists",
      "the first line that holds no name ends the scan with exit 65" },
    { "max-domains", 'n', OPTION_COUNT, "N", NULL, AT(max_domains), COMMAND_SCAN, 1, 1e15, NULL, "Lists",
      "stop after N domains, exit 75" },

    { "loops", 0, OPTION_COUNT, "N", "1", AT(loops), COMMAND_SCAN, 1, 64, NULL, "Running",
      "event loops, each in a thread of its own; caps are divided among them" },
    { "workers", 0, OPTION_COUNT, "N", NULL, AT(workers), COMMAND_SCAN, 1, 256, NULL, "Running",
      "classifier threads (default: cores - 1, at least 1)" },
    { "cache-size", 0, OPTION_COUNT, "BYTES", "8M", AT(cache_size), COMMAND_SCAN, 65536, 1e12, NULL, "Running",
      "memory for answers shared between domains" },
    { "max-runtime", 0, OPTION_DURATION, "DUR", NULL, AT(max_runtime_ms), COMMAND_SCAN, 1, 1e15, NULL, "Running",
      "stop early after that, exit 75" },
    { "max-unknown", 0, OPTION_PERCENT, "PCT", "100", AT(max_unknown), COMMAND_SCAN, 0, 100, NULL, "Running",
      "exit 3 when more domains than that could not be determined" },
    { "progress", 0, OPTION_CHOICE, "WHEN", "auto", AT(progress), COMMAND_SCAN, 0, 0, "auto always never", "Running",
      "status line on stderr" },
    { "dry-run", 0, OPTION_FLAG, NULL, NULL, AT(dry_run), COMMAND_SCAN, 0, 0, NULL, "Running",
      "read the lists, print what would be scanned, ask nothing" },
    { "config", 0, OPTION_STRING, "FILE", NULL, AT(config), EVERY, 0, 0, NULL, "Running",
      "options as lines of NAME = VALUE; a flag beats TRIFECTA_NAME in the environment beats the file" },
    { "quiet", 'q', OPTION_FLAG, NULL, NULL, AT(quiet), EVERY, 0, 0, NULL, "Running", "errors only" },
    { "verbose", 'v', OPTION_FLAG, NULL, NULL, AT(verbose), EVERY, 0, 0, NULL, "Running", "say more: options, resolvers; check draws every address of the SPF tree" },
    { "help", 'h', OPTION_ACTION, NULL, NULL, AT(help), EVERY, 0, 0, NULL, "Running", "this text" },
    { "version", 'V', OPTION_ACTION, NULL, NULL, AT(version), EVERY, 0, 0, NULL, "Running",
      "versions of the program and its libraries" },
};

const size_t option_row_count = sizeof(option_rows) / sizeof(option_rows[0]);
static_assert(sizeof(option_rows) / sizeof(option_rows[0]) <= OPTION_ROWS_MAX, "OPTION_ROWS_MAX");

const struct option_row *option_row_by_name(span name, unsigned commands)
{
    for (size_t i = 0; i < option_row_count; i++) {
        if ((option_rows[i].commands & commands) && span_equal(name, span_from_cstr(option_rows[i].name))) {
            return &option_rows[i];
        }
    }
    return NULL;
}

const struct option_row *option_row_by_letter(char letter, unsigned commands)
{
    for (size_t i = 0; i < option_row_count; i++) {
        if ((option_rows[i].commands & commands) && option_rows[i].letter == letter) {
            return &option_rows[i];
        }
    }
    return NULL;
}

const char *option_nearest_name(span given, unsigned commands)
{
    const char *names[OPTION_ROWS_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].commands & commands) {
            names[count++] = option_rows[i].name;
        }
    }
    names[count] = NULL;
    return nearest_spelling(given, names);
}

unsigned option_takers(const char *name)
{
    unsigned takers = 0;
    for (size_t i = 0; i < option_row_count; i++) {
        takers |= strcmp(option_rows[i].name, name) == 0 ? (unsigned)option_rows[i].commands : 0;
    }
    return takers;
}
