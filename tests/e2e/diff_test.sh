#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `trifecta diff` against a comparison by brute force (diff.jq): two sweeps of lists that overlap, against two worlds, one of them with failures.
set -u
cd "$(dirname "$0")/../.."
trifecta=${BUILD:-build}/trifecta world=${BUILD:-build}/world
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT

"$world" --print-list 1000 | awk 'BEGIN { print "domain,customer" } { print $1 ",customer-" NR % 7 }' >"$work/all.csv"
{ head -n 901 "$work/all.csv"; } >"$work/old.csv"
{ head -n 1 "$work/all.csv"; tail -n 900 "$work/all.csv"; } >"$work/new.csv"
tail -n 5 "$work/old.csv" | cut -d, -f1 >"$work/exclude"
scan() { "$trifecta" scan -r "$WORLD" -q --timeout 500ms --retries 1 --column domain --tag-column customer --checks +bimi "$@"; }
start_world --seed 1 || exit 1
scan "$work/old.csv" -o "$work/old.ndjson" || bad "the old sweep"
scan "$work/old.csv" -o "$work/copy.ndjson" --seed 5 || bad "the same again"
stop_servers
start_world --seed 2 --servfail 2 || exit 1
scan "$work/new.csv" -o "$work/new.ndjson.zst" --exclude "$work/exclude" || bad "the new sweep"
stop_servers

"$trifecta" diff "$work/old.ndjson" "$work/new.ndjson.zst" --format ndjson >"$work/found" 2>"$work/err"; status=$?
[ $status -eq 1 ] && ok "diff: exit status 1 when a domain got weaker" || { bad "diff: exit status $status"; cat "$work/err"; }
by_name() { jq -cn 'reduce inputs as $r ({}; .[$r.domain] = $r)'; }
{ by_name <"$work/old.ndjson"; zstd -dqc "$work/new.ndjson.zst" | by_name; } | jq -rs -f tests/e2e/diff.jq | LC_ALL=C sort >"$work/want"
jq -r '.class + " " + .domain' "$work/found" | LC_ALL=C sort >"$work/got"
if [ -s "$work/want" ] && cmp -s "$work/want" "$work/got"; then ok "diff: $(wc -l <"$work/got") changes, each as by brute force"; else
    bad "diff: not what brute force finds"; diff "$work/want" "$work/got" | head -n 10; fi
[ "$(cut -d' ' -f1 "$work/got" | sort -u | tr '\n' ' ')" = "appeared became_unknown edited improved recovered vanished weakened " ] && ok "diff: every class is there" || { bad "diff: classes"; cut -d' ' -f1 "$work/got" | sort | uniq -c; }
order=$(jq -r .class "$work/found" | uniq | tr '\n' ' ')
[ "$order" = "weakened vanished became_unknown edited appeared recovered improved " ] && ok "diff: the worst first" || bad "diff: order $order"

# All formats count the same.
"$trifecta" diff "$work/old.ndjson" "$work/new.ndjson.zst" --format json >"$work/json"
"$trifecta" diff "$work/old.ndjson" "$work/new.ndjson.zst" --format text --top 10000 >"$work/text"
"$trifecta" diff "$work/old.ndjson" "$work/new.ndjson.zst" --format html -o "$work/html"
for format in html json ndjson txt; do "$trifecta" diff "$work/old.ndjson" "$work/new.ndjson.zst" -o "$work/by.$format" 2>"$work/err"; done
if xmllint --noout "$work/by.html" 2>/dev/null && jq -e .tables "$work/by.json" >/dev/null && cmp -s "$work/by.ndjson" "$work/found" && grep -q '^Got weaker' "$work/by.txt"; then
    ok "diff: the suffix says the format"; else bad "diff: the suffix does not say the format"; fi
jq -e '.methods.made | startswith("trifecta ")' "$work/json" >/dev/null && ok "diff: the methods say what made it" || bad "diff: the methods do not say what made it"
counts=$(jq -r '[.tables.classes.rows[0:7][].names] | join(" ")' "$work/json")
[ "$counts" = "$(for c in weakened vanished became_unknown edited appeared recovered improved; do grep -c "^$c " "$work/got"; done | tr '\n' ' ' | sed 's/ $//')" ] &&
    ok "diff: the table counts what the lines hold" || bad "diff: the table says $counts"
[ "$(jq '[.tables.dmarc.rows[] | to_entries[] | select(.value | type == "number") | .value] | add' "$work/json")" -eq 800 ] && ok "diff: a matrix holds every name of both" || bad "diff: the matrix of DMARC"
[ "$(jq '[.tables.tags.rows[].changed] | add' "$work/json")" -eq "$(wc -l <"$work/got")" ] && ok "diff: tags hold every change" || bad "diff: tags"
for name in $(head -n 50 "$work/got" | cut -d' ' -f2); do grep -qF "$name" "$work/text" || { bad "diff: $name is not in the text"; break; }; done

# What neither sweep asked for has no row: a zero would look like an answer.
for sweep in old new; do { [ $sweep = old ] && cat "$work/old.ndjson" || zstd -dqc "$work/new.ndjson.zst"; } | sed -E 's/"bimi":\{[^}]*\}/"bimi":{"status":"not_checked","location":null,"authority":null}/' >"$work/$sweep.less"; done
"$trifecta" diff "$work/old.less" "$work/new.less" --format json >"$work/json.less"
[ "$(jq -c '[.tables | .aspects.rows[].aspect, .edited_records.rows[].record] | [length, index("BIMI")]' "$work/json" "$work/json.less" | tr '\n' ' ')" = '[17,9] [15,null] ' ] &&
    ok "diff: no row for what was not asked" || bad "diff: rows for what was not asked: $(jq -c '[.tables | .aspects.rows[].aspect, .edited_records.rows[].record]' "$work/json.less")"

# Nothing changed: nothing said, whatever the order. (On a busy machine an answer may come too late: that is unknown, never a change.)
"$trifecta" diff "$work/old.ndjson" "$work/copy.ndjson" --format ndjson >"$work/none" 2>"$work/err"; status=$?
[ $status -eq 0 ] && [ -z "$(jq -c 'select(.class != "became_unknown" and .class != "recovered")' "$work/none")" ] && ok "diff: the same again is no change" || { bad "diff: $(wc -l <"$work/none") changes between two scans of one world, status $status"; head -n 3 "$work/none"; }

expect_status 0 "diff: --fail-on none" "$trifecta" diff "$work/old.ndjson" "$work/new.ndjson.zst" --fail-on none
expect_status 1 "diff: --fail-on weakened:dmarc" "$trifecta" diff "$work/old.ndjson" "$work/new.ndjson.zst" --fail-on weakened:dmarc
expect_status 0 "diff: --fail-on weakened:bimi, where none is" "$trifecta" diff "$work/old.ndjson" "$work/copy.ndjson" --fail-on weakened:bimi,vanished
expect_status 64 "diff: --fail-on with a word it does not know" "$trifecta" diff "$work/old.ndjson" "$work/new.ndjson.zst" --fail-on weaker
expect_status 64 "diff: one sweep" "$trifecta" diff "$work/old.ndjson"
expect_status 66 "diff: a sweep that is not there" "$trifecta" diff "$work/old.ndjson" "$work/nowhere.ndjson"
head -c 20000 "$work/new.ndjson.zst" >"$work/torn.ndjson.zst"
expect_status 65 "diff: a torn sweep is refused: what it lacks would look gone" "$trifecta" diff "$work/old.ndjson" "$work/torn.ndjson.zst"
[ ! -s "$work/out" ] && ok "diff: and nothing is said of it" || bad "diff: something is said of a torn sweep"
head -n 400 "$work/old.ndjson" >"$work/unfinished.ndjson"; touch "$work/unfinished.ndjson.checkpoint"
expect_status 65 "diff: a sweep whose checkpoint stands is refused, however cleanly it ends" "$trifecta" diff "$work/old.ndjson" "$work/unfinished.ndjson"
[ ! -s "$work/out" ] && ok "diff: and nothing is said of it either" || bad "diff: something is said of an unfinished sweep"
{ cat "$work/old.ndjson"; echo '{"schema":1}'; } >"$work/bad.ndjson"
expect_status 65 "diff: a line that is no record" "$trifecta" diff "$work/old.ndjson" "$work/bad.ndjson"
grep -q 'bad.ndjson:901:' "$work/err" && ok "diff: says where" || { bad "diff: does not say where"; cat "$work/err"; }
cp "$work/new.ndjson.zst" "$work/same.ndjson.zst"
expect_status 1 "diff: over one of the two" "$trifecta" diff "$work/old.ndjson" "$work/same.ndjson.zst" --format ndjson -o "$work/same.ndjson.zst"
cmp -s "$work/same.ndjson.zst" "$work/found" && ok "diff: what was read is what was compared" || bad "diff: its output went into its input"
cat "$work/old.ndjson" "$work/old.ndjson" >"$work/twice.ndjson"
expect_status 0 "diff: names that stand twice count once" "$trifecta" diff "$work/old.ndjson" "$work/twice.ndjson"
exit $failed
