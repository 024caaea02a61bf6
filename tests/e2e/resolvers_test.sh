#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Resolvers with habits: a liar among honest ones, ones that limit. What the scan finds is the same; what they are is told in
# the summary.
set -u
cd "$(dirname "$0")/../.."
trifecta=${BUILD:-build}/trifecta world=${BUILD:-build}/world
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT

"$world" --print-list 2000 >"$work/list"
known() { jq -cS 'del(.scanned_at, .dns)' "$@" | sort; }
state_of() { jq -r --arg address "$1" '.resolvers[] | select(.address == $address) | .state' "$2"; }

# --- a world that tells the truth, one that has an address and records for everything, two that answer 2,000 a second
"$world" --listen 127.0.0.1:0 --listen 127.0.0.1:0,rewrite=any --listen 127.0.0.1:0,limit=2000 --listen 127.0.0.1:0,limit=2000:refused \
    --seed 5 --port-file "$work/ports" --stats "$work/stats.json" 2>"$work/world.log" &
world_pid=$!
await test -s "$work/ports" || { bad "world starts: $(cat "$work/world.log")"; exit 1; }
mapfile -t ports < <(sed 's/^/127.0.0.1:/' "$work/ports")
honest=${ports[0]} liar=${ports[1]}

expect_status 0 "a scan of the honest one" "$trifecta" scan "$work/list" -r "$honest" -o "$work/honest.ndjson" --timeout 800ms --summary "$work/honest.json"
known "$work/honest.ndjson" >"$work/honest"
expect_status 0 "a scan with a liar beside it" "$trifecta" scan "$work/list" -r "$liar,$honest" -o "$work/lied.ndjson" --timeout 800ms --summary "$work/lied.json"
known "$work/lied.ndjson" >"$work/lied"
cmp -s "$work/honest" "$work/lied" && ok "the liar has changed no record" || bad "records differ: $(diff "$work/honest" "$work/lied" | head -4)"
[ "$(state_of "$liar" "$work/lied.json")" = lying ] && [ "$(state_of "$honest" "$work/lied.json")" = ok ] && ok "and is named" || bad "states: $(jq -c '[.resolvers[] | {address, state}]' "$work/lied.json")"
[ "$(jq --arg a "$liar" '.resolvers[] | select(.address == $a) | .queries' "$work/lied.json")" -le 20 ] && ok "and was asked little but canaries" || bad "$(jq -c .resolvers "$work/lied.json")"

"$trifecta" scan "$work/list" -r "${ports[2]}" -o "$work/limited.ndjson" --timeout 800ms -q --summary "$work/limited.json"
jq -e --argjson honest "$(jq .unknown "$work/honest.json")" '1000 * (.unknown - $honest) <= .records and .records == 2000' "$work/limited.json" >/dev/null &&
    ok "99.9 % of names answered by one that drops what exceeds its limit" || bad "answered by one that drops: $(jq -c '[.unknown, .timeouts, .rcodes]' "$work/limited.json")"
"$trifecta" scan "$work/list" -r "${ports[3]}" -o "$work/refused.ndjson" --timeout 800ms --summary "$work/refused.json" 2>"$work/refused.err"
jq -e --argjson honest "$(jq .unknown "$work/honest.json")" '1000 * (.unknown - $honest) <= .records and .records == 2000' "$work/refused.json" >/dev/null &&
    ok "99.9 % of names answered by one that refuses what exceeds its limit" || bad "answered by one that refuses: $(jq -c '[.unknown, .timeouts, .rcodes]' "$work/refused.json")"
[ "$(state_of "${ports[3]}" "$work/refused.json")" = limiting ] && ok "one that refuses is said to be limiting" || bad "state of one that refuses: $(jq -c '[.queries, .elapsed_ms, .resolvers[0]]' "$work/refused.json")"
jq -e '.resolvers[0].learned_rate | . > 1000 and . < 3000' "$work/refused.json" >/dev/null && ok "and its limit is found" || bad "$(jq -c '.resolvers[0]' "$work/refused.json")"
grep -q "answers about [0-9]* questions a second and refuses what exceeds that" "$work/refused.err" && ok "and told" || bad "$(cat "$work/refused.err")"
stop_servers

exit $failed
