#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Several event loops are one scan: the same records, each name once whatever ends a run, caps that hold over all of them.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta") world=$(realpath "${BUILD:-build}/world")
names=${NAMES:-$([ -n "${SAN_RUN:-}" ] && echo 500 || echo 1200)}
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
start_world --seed 7 --stats "$work/stats" || { bad "world starts"; exit 1; }
# Names that are answered in full: those of dead zones would make every run long, and short timeouts would decide.
"$world" --print-list "$names" >"$work/all" 2>/dev/null
"$trifecta" scan "$work/all" -r "$WORLD" --timeout 300ms --retries 1 --second-pass no -q -o "$work/all.ndjson"
jq -r 'select(.dns.failed == []) | .domain' "$work/all.ndjson" | LC_ALL=C sort >"$work/list"
names=$(wc -l <"$work/list")
asking=(-r "$WORLD" --seed 5 -q)

every_name_once() { # FILE NAME
    [ "$(jq -r .domain "$1" | LC_ALL=C sort | md5sum)" = "$(LC_ALL=C sort "$work/list" | md5sum)" ] && ok "$2" ||
        bad "$2: $(jq -r .domain "$1" | sort -u | wc -l) names in $(wc -l <"$1") records"
}
known() { jq -cS 'del(.scanned_at, .dns)' "$1" | LC_ALL=C sort; }

# --- the same records
for loops in 1 2 3; do
    expect_status 0 "--loops $loops" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/$loops.ndjson" --loops $loops --summary "$work/$loops.json"
    known "$work/$loops.ndjson" >"$work/$loops.known"
done
every_name_once "$work/1.ndjson" "every name once"
for loops in 2 3; do
    diff "$work/1.known" "$work/$loops.known" >"$work/diff" && ok "$loops loops find what one finds" ||
        bad "$loops loops: $(grep -c '^<' "$work/diff") records differ: $(head -c 2000 "$work/diff")"
done
jq -e --argjson n "$names" '.records == $n and ([.postures[]] | add) == $n and (.resolvers | length) == 1
    and .resolvers[0].queries == .queries and .resolvers[0].rtt_ms_p50 > 0' "$work/2.json" >"$work/out" &&
    ok "the summary is of both loops" || bad "summary: $(jq -c '[.records, .queries, .resolvers]' "$work/2.json")"

# --- shards and loops deal by the same domains: neither leaves a loop without names
for shard in 0 1; do
    expect_status 0 "shard $shard of 2 with 2 loops" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/shard$shard.ndjson" --shards 2 --shard $shard --loops 2
done
cat "$work"/shard?.ndjson >"$work/shards.ndjson"
every_name_once "$work/shards.ndjson" "shards with loops: every name once"

# --- so many and no more; killed, told to stop, gone on with by more and by fewer loops
expect_status 75 "-n with 2 loops" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/r.ndjson" --loops 2 -n 100
[ "$(wc -l <"$work/r.ndjson")" = 100 ] && ok "exactly so many" || bad "-n 100: $(wc -l <"$work/r.ndjson") records"
kills=0
for loops in 2 1 3 2; do
    "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/r.ndjson" --loops $loops --rate 300 --checkpoint-every 100ms &
    scan=$!
    before=$(stat -c %s "$work/r.ndjson")
    await is_larger "$work/r.ndjson" "$before" || bad "no record is written"
    kill -9 $scan && kills=$((kills + 1))
    wait $scan 2>/dev/null
done
"$trifecta" scan "$work/list" "${asking[@]}" -o "$work/r.ndjson" --loops 2 --rate 300 --checkpoint-every 100ms 2>"$work/err" &
scan=$!
before=$(stat -c %s "$work/r.ndjson")
await is_larger "$work/r.ndjson" "$before" || bad "no record is written"
kill -INT $scan
wait $scan
status=$?
[ $kills -ge 1 ] && [ $status -eq 75 ] && ok "$kills kills and a SIGINT on the way" || bad "$kills kills; SIGINT: $status $(cat "$work/err")"
expect_status 0 "gone on with to the end" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/r.ndjson" --loops 2
every_name_once "$work/r.ndjson" "every name once after kills"
known "$work/r.ndjson" | cmp -s - "$work/1.known" && ok "and the same records" || bad "records differ after kills"

# --- more loops than questions in flight, or than one resolver may be asked
expect_status 0 "more loops than --concurrency" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/c.ndjson" --loops 8 --concurrency 3 -n 20000
echo "$WORLD max-inflight=2" >"$work/resolvers"
expect_status 0 "more loops than max-inflight" "$trifecta" scan <(head -100 "$work/list") -r "$work/resolvers" --seed 5 -q -o "$work/m.ndjson" --loops 8

# --- the cap is one over all loops, as counted at the far end
kill "$world_pid"; wait "$world_pid" 2>/dev/null
start_world --seed 7 --stats "$work/stats" || { bad "world starts again"; exit 1; }
expect_status 0 "--rate with 2 loops" "$trifecta" scan <(head -400 "$work/list") -r "$WORLD" -q -o "$work/rate.ndjson" --loops 2 --rate 2k
kill "$world_pid"; wait "$world_pid" 2>/dev/null
world_pid=''
# What a bucket saves up (20 ms and a token, of each loop) may come on top.
most=$(jq '.per_second | max' "$work/stats")
[ "$most" -gt 500 ] && [ "$most" -le 2050 ] && ok "--rate 2k is $most in the fullest second" || bad "--rate 2k: $(jq -c .per_second "$work/stats")"
exit $failed
