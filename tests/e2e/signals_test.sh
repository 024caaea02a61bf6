#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Signals at awkward moments, streams that are closed, threads that cannot be started.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta") world=$(realpath "${BUILD:-build}/world")
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
start_world --seed 7 || { bad "world starts"; exit 1; }
"$world" --print-list 300 >"$work/list" 2>/dev/null
asking=(-r "$WORLD" --timeout 300ms --retries 0 --second-pass no)

await_text() { await has_text "$@"; } # PATTERN FILE

# --- a pipe that says nothing yet
mkfifo "$work/pipe"
"$trifecta" scan "${asking[@]}" -o "$work/a.ndjson" --exclude "$work/list" <"$work/pipe" >/dev/null 2>"$work/err" &
scan=$!
exec 9>"$work/pipe"
await listens_to_signals $scan && await test -e "$work/a.ndjson" || bad "it does not begin: $(cat "$work/err")"
kill -USR1 $scan
await_text '^0 done' "$work/err" && ok "SIGUSR1 before the first name says how it stands" || bad "SIGUSR1: $(cat "$work/err")"
kill -HUP $scan
await_text 'exclude list read again' "$work/err" && ok "SIGHUP reads the exclude list again" || bad "SIGHUP: $(cat "$work/err")"
kill -INT $scan
wait $scan
status=$?
[ $status -eq 75 ] && ok "SIGINT before the first name is 75" || bad "SIGINT: $status"
[ ! -e "$work/a.ndjson" ] && ok "and no output is left" || bad "an output is left"
exec 9>&-

# --- a pipe that says little
mkfifo "$work/slow"
"$trifecta" scan "${asking[@]}" -o "$work/slow.ndjson" --order list - <"$work/slow" >/dev/null 2>"$work/err" &
scan=$!
exec 9>"$work/slow"
head -1 "$work/list" >&9
await_text "$(head -1 "$work/list")" "$work/slow.ndjson" && ok "in list order a name is asked about as soon as the pipe has said it" ||
    bad "a name in a pipe: $(cat "$work/err")"
exec 9>&-
wait $scan
status=$?
[ $status -eq 0 ] && [ "$(wc -l <"$work/slow.ndjson")" = 1 ] && ok "and the end of the pipe is the end" || bad "the end of the pipe: $status"
"$trifecta" scan "${asking[@]}" -o "$work/full.ndjson" - <"$work/slow" >/dev/null 2>"$work/err" &
scan=$!
exec 9>"$work/slow"
head -2 "$work/list" >&9
await_text 'shuffled order needs 100000' "$work/err" && ok "in shuffled order it is said what is waited for" || bad "waiting: $(cat "$work/err")"
exec 9>&-
wait $scan
status=$?
[ $status -eq 0 ] && [ "$(wc -l <"$work/full.ndjson")" = 2 ] && ok "and the end of the pipe ends the wait" || bad "shuffled pipe: $status"

# --- stopped and continued: what was in flight has not timed out
"$world" --print-list 1000 >"$work/many" 2>/dev/null
"$trifecta" scan "$work/many" "${asking[@]}" -o "$work/calm.ndjson" -q
jq -r 'select(.dns.failed == []) | .domain' "$work/calm.ndjson" >"$work/answered"
near=$WORLD near_pid=$world_pid
start_world --seed 7 --delay 1s || bad "a far world starts"
# An answer takes one second of the four that it has: a busy machine may take its time, and the standstill is longer than both.
"$trifecta" scan "$work/answered" -r "$WORLD" --timeout 4s --retries 0 --second-pass no --loops 2 \
    -o "$work/stopped.ndjson" --summary "$work/stopped.json" 2>"$work/err" &
scan=$!
await_text writing "$work/err" || bad "it does not begin: $(cat "$work/err")"
sleep 2.5 # the windows have grown: more is in flight than a socket holds
freeze $scan && sleep 6 && kill -CONT $scan || bad "it was not there to be stopped"
wait $scan
status=$?
[ $status -eq 0 ] && [ "$(jq '[.timeouts, .unknown] | add' "$work/stopped.json")" = 0 ] &&
    ok "six seconds of standstill make no timeout with 2 loops" ||
    bad "standstill: status $status, $(jq -c '[.timeouts, .unknown, .queries]' "$work/stopped.json")"
kill "$world_pid"; wait "$world_pid" 2>/dev/null
WORLD=$near world_pid=$near_pid

# --- a second signal while the writer hangs: at the end of the run, and in the middle of it
mkfifo "$work/stuck"
exec 8<>"$work/stuck"
has_ended() { [ "$(awk '{print $3}' /proc/$1/stat 2>/dev/null || echo Z)" = Z ]; } # PID
await_end() { # PID
    await has_ended "$1" && return 0
    kill -9 "$1"
    return 1
}
dd if=/dev/zero of="$work/stuck" bs=4k count=256 oflag=nonblock 2>/dev/null # until it is full
"$trifecta" scan <(head -20 "$work/list") "${asking[@]}" -o - >"$work/stuck" 2>"$work/err" &
scan=$!
await listens_to_signals $scan || bad "it does not begin: $(cat "$work/err")"
sleep 2 # whenever it comes: the run can only be waiting
kill -INT $scan; await has_no_signal_pending $scan; kill -INT $scan
await_end $scan; ended=$?
wait $scan
status=$?
[ $ended -eq 0 ] && [ $status -eq 75 ] && ok "the second SIGINT ends a run whose last write hangs" || bad "last write hangs: status $status; $(cat "$work/err")"
"$trifecta" scan "$work/list" "${asking[@]}" -o - >"$work/stuck" 2>"$work/err" &
scan=$!
await_text 'writing to stdout' "$work/err" && await listens_to_signals $scan || bad "it does not begin: $(cat "$work/err")"
sleep 0.5
kill -TERM $scan
await_text 'stopping' "$work/err" || bad "it does not say that it stops"
kill -TERM $scan
await_end $scan; ended=$?
wait $scan
status=$?
[ $ended -eq 0 ] && [ $status -eq 75 ] && ok "and one whose writer hangs in the middle" || bad "writer hangs: status $status; $(cat "$work/err")"
exec 8>&-

# --- killed with names begun that nobody answers, at the head of the list: whoever goes on asks them among the others, and loses none
mkfifo "$work/names"
seq -f 'dead-%g.example' 20 >"$work/begun"
seq -f 'lives-%g.example' 400 >>"$work/begun"
echo "$WORLD" >"$work/resolvers"
has_records() { [ "$(wc -l <"$work/begun.ndjson")" -gt "$1" ]; } 2>/dev/null # MORE THAN
start_begun() { # OPTION ...: fd 9 is its list
    "$trifecta" scan - -r "$work/resolvers" --order list --second-pass no --checkpoint-every 100ms -o "$work/begun.ndjson" "$@" \
        <"$work/names" 2>"$work/err" &
    scan=$!
    exec 9>"$work/names"
}
start_begun --timeout 1m --retries 3
head -220 "$work/begun" >&9
await has_records 150 && await test "$work/begun.ndjson.checkpoint" -nt "$work/begun.ndjson" || bad "names behind those begun: $(cat "$work/err")"
kill -9 $scan; wait $scan 2>/dev/null
exec 9>&-
start_begun --timeout 1m --retries 3 --concurrency 16 # less than what is begun would ask
cat "$work/begun" >&9
await has_records 205 && ok "goes on at once, whatever was begun" || bad "goes on: $(wc -l <"$work/begun.ndjson") records; $(cat "$work/err")"
kill -9 $scan; wait $scan 2>/dev/null
exec 9>&-
start_begun --timeout 300ms --retries 0
head -220 "$work/begun" >&9
await_text 'going on' "$work/err" && await listens_to_signals $scan || bad "it does not go on: $(cat "$work/err")"
echo "$WORLD rate=5000" >"$work/resolvers"
kill -HUP $scan
await_text 'resolvers read again' "$work/err" || bad "SIGHUP: $(cat "$work/err")"
sleep 0.5 # whenever it gets there, no name may be lost; now those begun are still set aside
tail -n +221 "$work/begun" >&9
exec 9>&-
wait $scan
status=$?
[ $status -eq 0 ] && [ "$(jq -r .domain "$work/begun.ndjson" | sort | md5sum)" = "$(sort "$work/begun" | md5sum)" ] &&
    ok "two kills and new resolvers later every name is there once" || bad "after two kills: status $status, $(wc -l <"$work/begun.ndjson") records; $(cat "$work/err")"

# --- closed streams
"$trifecta" scan "$work/list" "${asking[@]}" -o "$work/b.ndjson" 2>&- </dev/null
[ $? -eq 0 ] && [ "$(jq -s length "$work/b.ndjson" 2>/dev/null)" = 300 ] && ok "no message gets into the output when stderr is closed" ||
    bad "closed stderr: $(grep -avc '^{' "$work/b.ndjson") lines are no records"

# --- seeds
"$trifecta" scan "$work/list" "${asking[@]}" -o "$work/c.ndjson" -q -n 100 --seed 18446744073709551615
[ $? -eq 75 ] && ok "the largest seed" || bad "the largest seed"
expect_status 0 "goes on without --seed" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/c.ndjson" -q
[ "$(jq -r .domain "$work/c.ndjson" | sort | md5sum)" = "$(sort "$work/list" | md5sum)" ] && ok "every name once" || bad "names"

# --- the system's limits
(ulimit -n 40; exec "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/d.ndjson" --workers 64 -q) 2>"$work/err"
[ $? -eq 71 ] && ok "threads that cannot be started are 71" || bad "limit: $(cat "$work/err")"
expect_status 0 "and the same output can be gone on with" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/d.ndjson" -q

# --- a summary that cannot be made is told of before the scan, not after it
expect_status 73 "--summary in no folder is 73" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/e.ndjson" -q --summary "$work/no/s.json"
[ ! -e "$work/e.ndjson" ] && ok "and nothing was scanned" || bad "something was scanned"

exit $failed
