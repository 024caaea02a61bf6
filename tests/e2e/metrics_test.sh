#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --metrics: the exposition format, counts that add up, what is kept over failed and resumed runs.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta") world=$(realpath "${BUILD:-build}/world")
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
start_world --seed 7 || { bad "world starts"; exit 1; }
scan() { "$trifecta" scan -r "$WORLD" -q --timeout 300ms --retries 0 --second-pass no --metrics "$work/m.prom" "$@"; }
value() { awk -v name="$1" '$1 == name { print $2 }' "$work/m.prom"; } # METRIC{LABELS}
sum() { awk -v begin="$1" 'index($1, begin) == 1 { sum += $2 } END { print sum + 0 }' "$work/m.prom"; }

# The text format of Prometheus, as far as promtool check metrics looks at it.
grammar() {
    awk '
        function wrong(why) { print "line " NR ": " why ": " $0; bad = 1 }
        /^# HELP / { if ($3 in help) wrong("second HELP"); if (NF < 4) wrong("empty HELP"); help[$3] = 1; next }
        /^# TYPE / { if (!($3 in help)) wrong("TYPE before HELP"); if ($4 !~ /^(gauge|counter|histogram)$/) wrong("type");
                     if (($4 == "counter") != ($3 ~ /_total$/)) wrong("_total is for counters"); type[$3] = $4; now = $3; next }
        /^#/ { wrong("comment"); next }
        {
            if ($0 !~ /^[a-z_:][a-z0-9_:]*(\{[a-z_]+="([^"\\]|\\["\\n])*"(,[a-z_]+="([^"\\]|\\["\\n])*")*\})? -?[0-9.]+(e[+-]?[0-9]+)?$/) wrong("no sample");
            name = $1; sub(/\{.*/, "", name); base = name
            if (type[now] == "histogram") sub(/_(bucket|sum|count)$/, "", base)
            if (base != now) wrong("stands under another TYPE");
            if ($1 in seen) wrong("twice"); seen[$1] = 1
            if (name ~ /_bucket$/) { if ($2 < last) wrong("bucket below the one before"); last = $2; inf = $1 ~ /le="\+Inf"/ }
            if (name ~ /_count$/ && (!inf || $2 != last)) wrong("count is not the last bucket");
        }
        END { exit bad || NR == 0 }' "$work/m.prom" && [ -z "$(tail -c1 "$work/m.prom")" ]
}

"$world" --print-list 400 >"$work/list" 2>/dev/null
printf 'not a name\n192.0.2.1\n' >>"$work/list"
printf '*.%s\n' com >"$work/exclude"
expect_status 0 "a scan with metrics" scan "$work/list" -o "$work/a.ndjson" --exclude "$work/exclude"
grammar && ok "the file is what Prometheus reads" || bad "grammar"
if command -v promtool >/dev/null; then
    promtool check metrics <"$work/m.prom" >"$work/promtool" 2>&1 && ok "promtool accepts it" || bad "promtool: $(cat "$work/promtool")"
fi
[ "$(stat -c %a "$work/m.prom")" = 644 ] && [ ! -e "$work/m.prom.new" ] && ok "others may read it, nothing lies beside it" || bad "mode"
for protocol in all spf dkim dmarc mx mta_sts tls_rpt; do
    [ "$(sum "trifecta_posture_domains{protocol=\"$protocol\",")" = 400 ] && ok "the classes of $protocol add up" || bad "$protocol"
done
[ "$(sum 'trifecta_domains{')" = 402 ] && [ "$(value 'trifecta_domains{result="invalid"}')" = 2 ] && ok "so do the results, with two invalid" || bad "results"
[ "$(value 'trifecta_domains{result="excluded"}')" = "$(jq -s 'map(select(.outcome == "excluded")) | length' "$work/a.ndjson")" ] && ok "excluded" || bad "excluded"
count() { jq -s "map(select($1)) | length" "$work/a.ndjson"; }
class() { value "trifecta_posture_domains{protocol=\"$1\",class=\"$2\"}"; }
same() { [ "$(class "$1" "$2")" = "$(count "$3")" ] && ok "$1 $2 is what the records say ($(count "$3"))" || bad "$1 $2: $(class "$1" "$2"), not $(count "$3")"; }
same dmarc reject '.dmarc.status == "valid" and .dmarc.effective_policy == "reject"'
same dmarc one_standard '.dmarc.status == "valid" and .dmarc.effective_policy == null'
same dmarc absent '.dmarc.status == "none"'
same dmarc unknown '.dmarc.status == "temperror"'
same dmarc not_checked '.dmarc.status == "not_checked"'
same spf softfail '.spf.all == "softfail"'
same spf absent '.spf.status == "none"'
same spf unknown '.spf.status == "temperror"'
same dkim none_found '.dkim.status == "none_found"'
same mx null_mx '.mx.status == "null_mx"'
same mta_sts valid '.mta_sts.status == "valid"'
same tls_rpt unknown '.tls_rpt.status == "temperror"'
same all protected '.posture == "protected"'
[ "$(value trifecta_run_active)/$(value trifecta_last_exit_code)" = 0/0 ] && ok "it has ended well" || bad "ended"

# --- a run that goes on, is stopped, goes on
success=$(value trifecta_last_success_timestamp_seconds)
"$trifecta" scan -r "$WORLD" -q "$work/list" -o "$work/b.ndjson" --rate 300 --metrics "$work/m.prom" & # some ten seconds, or until it is told to stop
pid=$!
is_active() { [ "$(value trifecta_run_active)" = 1 ]; }
await is_active || bad "it never says that it runs"
[ "$(value trifecta_run_active)/$(value trifecta_last_exit_code)" = 1/0 ] && grammar && ok "while it runs the file says so" || bad "running: $(head -20 "$work/m.prom")"
kill -INT $pid; wait $pid
[ "$(value trifecta_last_exit_code)" = 75 ] && [ "$(value trifecta_last_success_timestamp_seconds)" = "$success" ] && ok "stopped: 75, and the last success stays" || bad "stopped"
expect_status 0 "it goes on" scan "$work/list" -o "$work/b.ndjson"
[ "$(sum 'trifecta_posture_domains{protocol="dmarc",')" = 400 ] && grammar && ok "and counts the whole run" || bad "resumed"

# --- what changed, by diff: another world
stop_servers; cp "$work/m.prom" "$work/kept.prom"
start_world --seed 8 || bad "another world starts"
"$trifecta" scan -r "$WORLD" -q --timeout 300ms --retries 0 "$work/list" -o "$work/other.ndjson" 2>"$work/err"
TRIFECTA_METRICS=$work/kept.prom "$trifecta" diff "$work/a.ndjson" "$work/other.ndjson" --format json --change-metrics "$work/m.prom" >"$work/diff.json" 2>"$work/err"
is_status=$?
[ $is_status -eq 1 ] && grammar && ok "diff: the file is what Prometheus reads" || bad "diff --change-metrics: status $is_status, $(cat "$work/err")"
[ "$(stat -c %a "$work/m.prom")" = 644 ] && ok "diff: others may read it" || bad "diff: mode"
if command -v promtool >/dev/null; then
    promtool check metrics <"$work/m.prom" >"$work/promtool" 2>&1 && ok "diff: promtool accepts it" || bad "promtool: $(cat "$work/promtool")"
fi
jq -r '.tables.aspects.rows[] | {Posture: "posture", Spoofable: "spoofable", "Subdomains spoofable": "spoofable_subdomains", "DMARC, effective policy": "dmarc",
        "SPF, what nothing matches": "spf", "DKIM keys": "dkim", MX: "mx", "MTA-STS": "mta_sts", "TLS-RPT": "tls_rpt", BIMI: "bimi"}[.aspect] as $a
    | to_entries[] | select(.key != "aspect") | "trifecta_changes{protocol=\"\($a)\",direction=\"\(.key)\"} \(.value)"' "$work/diff.json" | sort >"$work/want"
[ "$(wc -l <"$work/want")" -eq 45 ] && grep '^trifecta_changes{' "$work/m.prom" | sort | cmp -s - "$work/want" && ok "diff: the numbers of its tables, and none of what was not asked" || bad "diff: $(diff "$work/want" "$work/m.prom" | head -5)"
[ "$(sum 'trifecta_changed_domains{')" = "$(jq '[.tables.classes.rows[0:7][].names] | add' "$work/diff.json")" ] && ok "diff: the classes" || bad "diff: classes"
grep -q trifecta_last_exit_code "$work/kept.prom" && ! grep -q trifecta_changes "$work/kept.prom" && ok "diff: the metrics of the scan stay as they are" || bad "diff: the metrics of the scan"
cp "$work/kept.prom" "$work/m.prom"
stop_servers; start_world --seed 7 || bad "the world starts again"

# --- a run that fails
success=$(value trifecta_last_success_timestamp_seconds)
expect_status 69 "no resolver" "$trifecta" scan "$work/list" -r "127.0.0.1:$(free_port)" -q --timeout 200ms --retries 0 -o "$work/c.ndjson" --metrics "$work/m.prom"
[ "$(value trifecta_last_exit_code)" = 69 ] && [ "$(value trifecta_last_success_timestamp_seconds)" = "$success" ] && grammar && ok "is told, with the last success" || bad "failed run"
[ "$(sum trifecta_posture_domains)" = 0 ] && ! grep -q posture "$work/m.prom" && ok "and counts nothing as absent" || bad "counts of a failed run"
expect_status 66 "no list" scan "$work/nothing" -o "$work/c.ndjson"
[ "$(value trifecta_last_exit_code)" = 66 ] && ok "is told" || bad "66"
expect_status 73 "metrics in no folder" scan "$work/list" -o "$work/d.ndjson" --metrics "$work/no/m.prom"
[ ! -e "$work/d.ndjson" ] && ok "before anything is scanned" || bad "scanned"
head -c 100000 /dev/urandom >"$work/m.prom"
expect_status 0 "rubbish that stands there" scan "$work/list" -o "$work/e.ndjson"
grammar && ok "is replaced" || bad "rubbish"
exit $failed
