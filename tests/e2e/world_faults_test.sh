#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The simulated Internet itself: does each kind of trouble do what it says, as its own counters and an asker beside it see it; does
# it keep no memory of names; does a scan find the truth behind trouble that spares some answers.
set -u
cd "$(dirname "$0")/../.."
trifecta=${BUILD:-build}/trifecta world=${BUILD:-build}/world
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT

"$world" --self-check 3000 >"$work/out" 2>&1 && ok "answers, plans and truth of 3,000 names agree" || bad "self-check: $(tail -3 "$work/out")"
[ -z "$("$world" --help | awk 'length > 100')" ] && ok "help fits 100 columns" || bad "help is wider than 100 columns"
for wrong in 127.0.0.1 127.0.0.1:x 127.0.0.1:0,loss 127.0.0.1:0,loss=200 127.0.0.1:0,speed=3; do
    "$world" --listen "$wrong" >/dev/null 2>"$work/err" && bad "--listen $wrong is taken" || grep -qF -- "--listen $wrong" "$work/err" && ok "--listen $wrong is refused in words" || bad "--listen $wrong: $(cat "$work/err")"
done

names=100
"$world" --print-list $names | sed 's/$/ MX/' >"$work/questions"
seq -f 'no-such-name-at-all-%g.d0000001.com A' $names >"$work/absent"

# One process, one listener a trouble. ask: dnsperf's rcode line goes to $work/rcodes.
behaviours=(delay=0 die-after=30q,loss=0 limit=1:refused limit=1 truncate=100% duplicate=100% loss=100% servfail-burst=1s/1s servfail=100%
    plateau=10,delay=400ms delay=50ms,discard=40ms rewrite=any rewrite=address reorder=100% tcp=no lie=100%)
listens=(); for b in "${behaviours[@]}"; do listens+=(--listen "127.0.0.1:0,$b"); done
"$world" "${listens[@]}" --seed 3 --port-file "$work/ports" --stats "$work/stats.json" 2>"$work/world.log" &
world_pid=$!
await test -s "$work/ports" || { bad "world starts: $(cat "$work/world.log")"; exit 1; }
[ "$(grep -c '^world: listening on 127.0.0.1:[0-9]*$' "$work/world.log")" = ${#behaviours[@]} ] && ok "${#behaviours[@]} listeners in one process" || { bad "listeners: $(cat "$work/world.log")"; exit 1; }
mapfile -t ports <"$work/ports"
ask() { # WHICH FILE [MODE]
    dnsperf -s 127.0.0.1 -p "${ports[$1]}" -d "$2" -n 1 -q 100 -t 1 -m "${3:-udp}" 2>&1 | tee "$work/dnsperf" | grep 'Response codes' >"$work/rcodes-$1"
}
for i in "${!behaviours[@]}"; do
    case ${behaviours[i]} in rewrite*) ask "$i" "$work/absent" ;; *) ask "$i" "$work/questions" ;; esac
done
ask 0 "$work/questions" tcp
(exec 3<>"/dev/tcp/127.0.0.1/${ports[14]}") 2>/dev/null && bad "tcp=no takes a connection" || ok "tcp=no refuses TCP"
kill "$world_pid"; wait "$world_pid"; [ $? -eq 0 ] && ok "SIGTERM ends it well" || bad "SIGTERM"; world_pid=
jq -e . "$work/stats.json" >/dev/null && ok "statistics are JSON" || bad "statistics"
holds() { # WHICH CONDITION of its counters
    jq -e ".listeners[$1] | $2" "$work/stats.json" >/dev/null && ok "${behaviours[$1]}: $2" || bad "${behaviours[$1]}: not $2: $(jq -c ".listeners[$1]" "$work/stats.json")"
}
holds 0 ".received == $((2 * names)) and .dropped == 0 and .tcp == $names"
holds 0 ".per_second | add == $((2 * names))"
holds 1 ".received == $names and .dead == 70 and .dropped == 70 and .answered + .silent == 30"
holds 2 ".over_limit >= 50 and .dropped == 0 and .answered == .received - .silent"
grep -q REFUSED "$work/rcodes-2" && ok "beyond the limit REFUSED is heard" || bad "no REFUSED: $(cat "$work/rcodes-2")"
holds 3 ".over_limit >= 50 and .dropped == .over_limit"
holds 4 ".truncated == .answered and .truncated > 90"
holds 5 ".duplicated == .answered and .duplicated > 90"
holds 6 ".lost == $names and .answered == 0"
holds 7 ".answered == $names"
grep -q "SERVFAIL $names " "$work/rcodes-7" && ok "the burst is heard" || bad "burst: $(cat "$work/rcodes-7")"
holds 8 ".answered + .silent == $names"
holds 9 ".most_waiting == 10 and .over_plateau > 0 and .over_plateau == .dropped"
holds 10 ".discarded + .silent == $names and .answered == 0"
holds 11 ".rewritten == $names"
grep -q "NOERROR $names " "$work/rcodes-11" && ok "NXDOMAIN rewritten" || bad "rewrite: $(cat "$work/rcodes-11")"
holds 12 ".rewritten == $names"
holds 13 ".answered + .silent == $names"
holds 14 ".answered + .silent == $names and .tcp == 0"
holds 15 ".answered + .silent == $names"

# What was asked can be asked again, and the memory does not grow with the names asked for.
start_world --seed 5 --questions "$work/asked" || { bad "world starts"; exit 1; }
rss() { awk '/^VmRSS/ { print $2 }' /proc/$world_pid/status; }
many=$([ -n "${SAN_RUN:-}" ] && echo 5000 || echo 100000)
"$world" --print-list "$many" | sed 's/$/ TXT/' >"$work/many"
head -3000 "$work/many" >"$work/few"
dnsperf -s 127.0.0.1 -p "${WORLD#*:}" -d "$work/few" -n 1 -q 100 -t 1 >/dev/null 2>&1
before=$(rss)
dnsperf -s 127.0.0.1 -p "${WORLD#*:}" -d "$work/many" -n 1 -q 1000 -t 1 >/dev/null 2>&1
after=$(rss)
[ -n "${SAN_RUN:-}" ] || { [ $((after - before)) -lt 1024 ] && ok "$many names asked for, $((after - before)) KB more" || bad "memory grew from $before to $after KB"; }
kill "$world_pid"; wait "$world_pid"; world_pid=
[ "$(sort -u "$work/asked" | comm -13 - <(sort -u "$work/many") | wc -l)" = 0 ] && ok "each question is written down" || bad "questions are missing"

# Two hundred packets while it is stopped, a hundred in each of two seconds: read together, counted when they came.
start_world --seed 5 --arrivals --stats "$work/arrivals.json" || { bad "world starts"; exit 1; }
kill -STOP "$world_pid"
for _ in 1 2; do
    dnsperf -s 127.0.0.1 -p "${WORLD#*:}" -d "$work/questions" -n 1 -q 100 -t 1 >/dev/null 2>&1
    sleep 1.1
done
kill -CONT "$world_pid"
dnsperf -s 127.0.0.1 -p "${WORLD#*:}" -d <(head -1 "$work/questions") -n 1 >/dev/null 2>&1 # is answered: all before it were read
kill "$world_pid"; wait "$world_pid"; world_pid=
jq -e '.listeners[0] | .received >= 200 and .received - .most_in_a_second >= 100' "$work/arrivals.json" >/dev/null && ok "--arrivals counts packets when they came" || bad "arrivals: $(jq -c '.listeners[0] | [.received, .most_in_a_second, .per_second]' "$work/arrivals.json")"

# The truth does not depend on how answers are delivered.
rm "$work/ports"
"$world" --listen 127.0.0.1:0,reorder=30%,duplicate=10% --listen 127.0.0.1:0,loss=3%,delay=lognormal:10ms:0.8 \
    --listen 127.0.0.1:0,truncate=10%,lie=20% --seed 21 --port-file "$work/ports" 2>"$work/world.log" &
world_pid=$!
await test -s "$work/ports" || { bad "world starts: $(cat "$work/world.log")"; exit 1; }
"$world" --print-list 400 >"$work/list"
"$world" --truth "$work/list" --seed 21 >"$work/truth"
"$trifecta" scan "$work/list" -r "$(sed 's/^/127.0.0.1:/' "$work/ports" | paste -sd,)" -o "$work/found.ndjson" -q --timeout 800ms --retries 5 2>"$work/err" || bad "scan: exit status $?: $(cat "$work/err")"
if bench/compare_truth "$work/found.ndjson" "$work/truth" >"$work/compared"; then ok "behind loss, lies, truncation and disorder: $(head -1 "$work/compared")"
else bad "$(head -30 "$work/compared")"; fi
exit $failed
