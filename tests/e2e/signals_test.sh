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

await_text() { # PATTERN FILE
    local i
    for i in $(seq 100); do grep -qE "$1" "$2" 2>/dev/null && return 0; sleep 0.1; done
    return 1
}

# --- a pipe that says nothing yet
mkfifo "$work/pipe"
"$trifecta" scan "${asking[@]}" -o "$work/a.ndjson" --exclude "$work/list" <"$work/pipe" >/dev/null 2>"$work/err" &
scan=$!
exec 9>"$work/pipe"
for i in $(seq 100); do grep -qs "^SigCgt:.*[1-9a-f]" /proc/$scan/status && [ -e "$work/a.ndjson" ] && break; sleep 0.1; done
sleep 0.5
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
