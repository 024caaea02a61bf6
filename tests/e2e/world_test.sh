#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A scan of many names of the simulated Internet against its truth: NAMES=200000 tests/e2e/world_test.sh for more of them.
# Also what every output must be: one record a name, every key in order, one whole zstd frame.
set -u
cd "$(dirname "$0")/../.."
trifecta=${BUILD:-build}/trifecta world=${BUILD:-build}/world
names=${NAMES:-$([ -n "${SAN_RUN:-}" ] && echo 2000 || echo 10000)}
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
start_world --seed 11 || { bad "world starts"; exit 1; }
ok "the world answers"

"$world" --print-list "$names" >"$work/list" 2>/dev/null
"$world" --truth "$work/list" --seed 11 >"$work/truth.ndjson"
"$trifecta" scan "$work/list" -r "$WORLD" -o "$work/out.ndjson.zst" -q --timeout 800ms --summary "$work/summary.json" --concurrency 20k
status=$?
[ $status -eq 0 ] && ok "a scan of $names names" || bad "scan: exit status $status"
zstd -tq "$work/out.ndjson.zst" && ok "zstd -t" || bad "zstd -t"
[ "$(jq '.output.frames' "$work/summary.json")" = 1 ] && ok "one frame" || bad "frames"
if bench/compare_truth "$work/out.ndjson.zst" "$work/truth.ndjson" >"$work/compared"; then ok "$(head -1 "$work/compared")"
else bad "$(head -60 "$work/compared")"; fi

zstd -dqc "$work/out.ndjson.zst" >"$work/out.ndjson"
[ "$(jq -r .domain "$work/out.ndjson" | LC_ALL=C sort | md5sum)" = "$(LC_ALL=C sort "$work/list" | md5sum)" ] &&
    ok "exactly one record for each name" || bad "names differ"
keys='["schema","domain","seq","rank","tag","scanned_at","outcome","posture","spoofable","spoofable_subdomains","sends","findings","mx","spf","dkim","dmarc","mta_sts","tls_rpt","bimi","dns"]'
[ "$(jq -c keys_unsorted "$work/out.ndjson" | sort -u)" = "$keys" ] && ok "every key, in order, in every record" || bad "keys: $(jq -c keys_unsorted "$work/out.ndjson" | sort | uniq -c)"
shape() { jq -c '[paths(scalars or . == null or . == []) as $p | [$p | map(if type == "number" then 0 else . end) | join(".")][0]] | length > 50' "$1" | sort -u; }
[ "$(shape "$work/out.ndjson")" = true ] && ok "records are whole" || bad "records are short"
records=$(jq .records "$work/summary.json") total=$(jq '[.postures[]] | add' "$work/summary.json") outcomes=$(jq '[.outcomes[]] | add' "$work/summary.json")
[ "$records" = "$names" ] && [ "$total" = "$names" ] && [ "$outcomes" = "$names" ] && ok "postures and outcomes add up" || bad "sums: $records $total $outcomes"
per_domain=$(jq -s '[.[].dns.queries] | (add / length * 1000 | round) / 1000' "$work/out.ndjson")
jq -e --argjson per_domain "$per_domain" '.questions_per_domain == $per_domain and .saved.known + .saved.joined == .shared and .saved.pruned > 0' \
    "$work/summary.json" >/dev/null && ok "the summary tells what a domain costs and what was saved" ||
    bad "costs: $per_domain, $(jq -c '[.questions_per_domain, .saved, .shared]' "$work/summary.json")"
for posture in protected partial enforcing_broken monitoring unprotected; do
    counted=$(jq -r .posture "$work/out.ndjson" | grep -cx $posture)
    [ "$counted" = "$(jq .postures.$posture "$work/summary.json")" ] || bad "summary and records differ in $posture"
done
exit $failed
