#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# deploy/sweep: sweeps one after the other, what it says when domains got weaker, when too much is unknown, when a sweep cannot
# be believed; stopped and gone on; locked; old ones removed. And what systemd makes of deploy/systemd.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta") world=$(realpath "${BUILD:-build}/world")
export TRIFECTA=$trifecta
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
"$world" --print-list 300 >"$work/list" 2>/dev/null
state=$work/state
asking=(--timeout 300ms --retries 1 --seed 3 -q)

is() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1: '$2', not '$3'"; cat "$work/err" 2>/dev/null; fi; }
sweeps() { find "$state" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*Z' -printf '%f\n' | sort; }
latest() { readlink "$state/latest"; }
begin_world() { stop_servers; start_world "$@" || { bad "world starts"; exit 1; }; }
sweep() { deploy/sweep "$work/list" "$state" -r "$WORLD" "${asking[@]}" "$@"; }

expect_status 64 "no words: how it is called" deploy/sweep
grep -q 'sweep LIST STATE' "$work/err" && ok "and it says so" || bad "usage: $(cat "$work/err")"
SWEEP_KEEP=many expect_status 64 "SWEEP_KEEP that is no number" deploy/sweep "$work/list" "$state"

# --- the first sweep
begin_world --seed 1
expect_status 0 "the first sweep" sweep
first=$(latest)
is "its files" "$(cd "$state/latest" && ls | paste -sd' ')" "rejects.txt report.html results.ndjson.zst status summary.json"
is "every name" "$(zstd -dqc "$state/latest/results.ndjson.zst" | wc -l)" 300
is "its end" "$(cat "$state/latest/status")" "0 done"

# --- nothing changed: the same world
expect_status 0 "a second one of the same world" sweep
second=$(latest)
[ "$first" != "$second" ] && ok "is another folder" || bad "the same folder"
is "no domain got weaker" "$(grep -c '"class":"weakened"' "$state/latest/changes.ndjson")" 0

# --- another world, where most domains differ: that is not believed, unless it is told to
begin_world --seed 2
export SWEEP_METRICS=$work/changes.prom
expect_status 3 "another world is not believed" sweep
[ ! -e "$SWEEP_METRICS" ] && grep -q 'class="weakened"' "$state/$(sweeps | tail -1)/changes.prom" && ok "nor are its changes given to Prometheus" || bad "SWEEP_METRICS of a sweep in doubt"
is "latest stays" "$(latest)" "$second"
grep -q "domains weaker or gone" "$work/err" && ok "it says why" || bad "words: $(cat "$work/err")"
grep -q "^3 in doubt: .* weaker or gone" "$state/$(sweeps | tail -1)/status" && ok "so does the folder" || bad "status"
export SWEEP_MAX_CHANGE=100
expect_status 1 "with SWEEP_MAX_CHANGE=100 it is: domains got weaker" sweep
third=$(latest)
is "latest is the new one" "$third" "$(sweeps | tail -1)"
is "its end" "$(cat "$state/latest/status")" "1 done"
weaker=$("$trifecta" diff "$state/$second/results.ndjson.zst" "$state/$third/results.ndjson.zst" --format json | jq '.tables.classes.rows[0].names')
is "the changes are of these two" "$(grep -c '"class":"weakened"' "$state/latest/changes.ndjson")" "$weaker"
is "Prometheus is told of as many" "$(sed -n 's/^trifecta_changed_domains{class="weakened"} //p' "$SWEEP_METRICS")" "$weaker"
unset SWEEP_METRICS
grep -q 'Got weaker' "$state/latest/changes.txt" && grep -q '</html>' "$state/latest/changes.html" && ok "as text and as a page" || bad "changes.txt, changes.html"
expect_status 0 "without a change all is well again" sweep
unset SWEEP_MAX_CHANGE
third=$(latest)

# --- a list that was cut short
cp "$work/list" "$work/whole"; head -200 "$work/whole" >"$work/list"
expect_status 3 "a third of the names gone" sweep
is "latest stays" "$(latest)" "$third"
cp "$work/whole" "$work/list"

# --- a resolver that mostly fails: unknown, no mass removal
begin_world --seed 2 --servfail 60%
expect_status 3 "too much unknown" sweep --retries 0 --second-pass no --max-unknown 5
is "latest stays" "$(latest)" "$third"
is "the folder says why" "$(cat "$state/$(sweeps | tail -1)/status")" "3 in doubt: more unknown than --max-unknown allows"
[ "$(grep -c '"class":"became_unknown"' "$state/$(sweeps | tail -1)/changes.ndjson")" -gt 20 ] && ok "they became unknown" || bad "no name became unknown"
begin_world --seed 2
expect_status 0 "the next one is compared with the one before" sweep --max-unknown 50

# --- stopped midway: the same folder goes on
expect_status 75 "stopped after 100 names" sweep -n 100
stopped=$(sweeps | tail -1) before=$(sweeps | wc -l)
[ ! -e "$state/$stopped/status" ] && [ "$(latest)" != "$stopped" ] && ok "it has not ended" || bad "a sweep that was stopped has ended"
expect_status 0 "the same line goes on" sweep
is "in the same folder" "$(latest) $(sweeps | wc -l)" "$stopped $before"
is "and lacks nothing" "$(zstd -dqc "$state/latest/results.ndjson.zst" | jq -r .domain | sort | cmp - <(sort "$work/list") && echo whole)" whole

# --- a signal reaches the scan; nobody else may begin meanwhile
deploy/sweep "$work/list" "$state" -r "$WORLD" "${asking[@]}" --rate 200 --checkpoint-every 50ms 2>"$work/stopped.err" &
sweep_pid=$!
has_begun() { stopped=$(sweeps | tail -1); [ -s "$state/$stopped/results.ndjson.zst.checkpoint" ]; }
await has_begun || bad "no checkpoint: $(cat "$work/stopped.err")"
expect_status 77 "another one at the same time" sweep
kill -TERM $sweep_pid; wait $sweep_pid; status=$?
is "TERM: the scan drains and says 75" $status 75
[ -s "$state/$stopped/results.ndjson.zst.checkpoint" ] && ok "its checkpoint is kept" || bad "no checkpoint"
expect_status 0 "and goes on" sweep
is "in the same folder" "$(latest)" "$stopped"

# --- the list was changed while a sweep was unfinished
expect_status 75 "stopped again" sweep -n 100
stopped=$(sweeps | tail -1)
head -290 "$work/whole" >"$work/list"
expect_status 0 "another list: begun again" sweep
is "the unfinished one is given up" "$(cat "$state/$stopped/status")" "73 given up: another list or other options"
is "and nothing waits to go on" "$(find "$state" -name '*.checkpoint')" ""
is "every name of the new list" "$(zstd -dqc "$state/latest/results.ndjson.zst" | wc -l)" 290

# --- no resolver: nothing is left behind that would be taken for a sweep
stop_servers
expect_status 69 "no resolver" deploy/sweep "$work/list" "$state" -r 127.0.0.1:9 "${asking[@]}" --retries 0
begin_world --seed 2
kept=$(latest)
SWEEP_KEEP=2 expect_status 0 "the next one" sweep
is "SWEEP_KEEP=2" "$(sweeps | paste -sd' ')" "$kept $(latest)"

# --- installed: sweep, units and examples find each other
if env -u MAKEFLAGS -u MFLAGS make -s install BUILD="${BUILD:-build}" DESTDIR="$work/root" PREFIX=/opt/t >"$work/out" 2>"$work/err"; then ok "make install"; else bad "make install: $(tail -3 "$work/err")"; fi
grep -q '^ExecStart=/opt/t/lib/trifecta/sweep ' "$work/root/opt/t/lib/systemd/system/trifecta-sweep@.service" && [ -x "$work/root/opt/t/lib/trifecta/sweep" ] &&
    grep -q ' /opt/t/lib/trifecta/sweep ' "$work/root/opt/t/share/doc/trifecta/examples/cron/trifecta" && ok "the unit and the cron line name the sweep" || bad "places: $(cd "$work/root" && find . -type f)"
env -u TRIFECTA PATH=/usr/bin:/bin "$work/root/opt/t/lib/trifecta/sweep" "$work/list" "$work/other" -r "$WORLD" "${asking[@]}" -n 10 2>"$work/err"
is "the sweep finds its program without PATH" $? 75

# --- the worked example, smaller: two sweeps, and the first lines of what changed, which is more than a pipe holds
head -2001 lists/dotgov.csv >"$work/gov.csv"
env -u SWEEP_MAX_CHANGE bench/demo-sweeps "$work/gov.csv" "$work/demo" >"$work/out" 2>"$work/err"; status=$?
if [ $status -eq 0 ] && grep -q '^Got weaker ' "$work/out" && tail -1 "$work/out" | grep -q 'changes.html' && [ "$(wc -c <"$work/demo/latest/changes.txt")" -gt 65536 ]; then
    ok "make demo-sweeps shows what changed"; else bad "make demo-sweeps: status $status, $(wc -c <"$work/demo/latest/changes.txt") bytes"; tail -3 "$work/out" "$work/err"; fi

# --- units
if command -v systemd-analyze >/dev/null; then
    # systemd asks whether the program is there; where it will stand, this one stands in for it.
    mkdir "$work/units"
    for unit in deploy/systemd/*; do sed "s|/usr/lib/trifecta/sweep|$(realpath deploy/sweep)|" "$unit" >"$work/units/$(basename "$unit")"; done
    # Words on other units of this machine are not ours.
    systemd-analyze verify --man=no "$work/units"/trifecta-sweep@customers.{service,timer} "$work/units/trifecta-alert@customers.service" >"$work/out" 2>"$work/err"; status=$?
    if [ $status -eq 0 ] && ! grep -q trifecta "$work/err"; then ok "systemd-analyze verify"; else bad "systemd-analyze verify: $status"; cat "$work/err"; fi
    sed 's/ProtectSystem=strict/ProtectSystem=mostly/' -i "$work/units/trifecta-sweep@.service"
    systemd-analyze verify --man=no "$work/units/trifecta-sweep@customers.service" >"$work/out" 2>&1
    grep -q trifecta "$work/out" && ok "and it would find a mistake" || bad "systemd-analyze verify finds no mistake"
else
    echo "systemd-analyze is not installed: the units are not checked"
fi
exit $failed
