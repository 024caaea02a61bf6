#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The network goes and comes back in the middle of a scan (two network namespaces; needs root), resolvers die and return, the wall clock
# jumps by an hour at every look. Nothing of it may show in the records.
set -u
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
cp "${BUILD:-build}/trifecta" "${BUILD:-build}/world" "$work/"
trifecta=$work/trifecta world=$work/world inject=$(realpath "${BUILD:-build}/tests/faults/inject.so") compare=$(realpath "${BUILD:-build}/bench/compare_stream")
failed=0 here=trifecta-a-$$ there=trifecta-b-$$ far_pid=
. tests/e2e/servers.sh
end() {
    [ -z "$far_pid" ] || kill "$far_pid" 2>/dev/null
    stop_servers
    ip netns del $here 2>/dev/null; ip netns del $there 2>/dev/null
    rm -rf "$work"
}
trap end EXIT
"$world" --print-list 600 >"$work/list" 2>/dev/null
sort "$work/list" >"$work/sorted"
# What the second pass had no time for may be unknown, and says so; nothing may be wrong.
is_true() { # NAME OUTPUT
    jq -r .domain "$2" | "$world" --truth - --seed 7 >"$work/truth"
    "$compare" "$2" "$work/truth" >"$work/compared" && [ "$(jq -r .domain "$2" | sort | cmp - "$work/sorted")" = "" ] &&
        ok "$1: $(tail -1 "$work/compared")" || bad "$1: $(cut -c1-300 "$work/compared" | tail -8)"
}
asking=(--seed 3 -q --checkpoint-every 100ms --timeout 400ms --retries 2)
# Nine seconds of work: time enough to be in the midst of it.
slow=(--rate 1k)
has_records() { [ -e "$1" ] && [ "$(wc -l <"$1")" -ge 60 ]; } # OUTPUT
await_records() { # OUTPUT PID: some, and more are to come
    await has_records "$1" && ! is_gone "$2" || bad "the scan is not in the midst of its work: $(cat "$work/err")"
}

# --- a wall clock that jumps
start_world --seed 7 || { bad "world starts"; exit 1; }
FAULT_CLOCK=3600 LD_PRELOAD=$inject "$trifecta" scan "$work/list" "${asking[@]}" -r "$WORLD" -o "$work/clock.ndjson" --summary "$work/summary.json"
status=$?
[ $status -eq 0 ] && [ "$(jq -r '.scanned_at[0:13]' "$work/clock.ndjson" | sort -u | wc -l)" -ge 2 ] && ok "a wall clock that jumps by hours" || bad "clock: $status"
is_true "its records" "$work/clock.ndjson"
[ "$(jq '.elapsed_ms < 600000 and ([.resolvers[].rtt_ms_p99] | max) < 60000' "$work/summary.json")" = true ] && ok "and its times" || bad "times: $(jq -c '[.elapsed_ms, .resolvers]' "$work/summary.json")"
# Another monotonic clock: a run goes on after a reboot, where that begins anew.
"$trifecta" scan "$work/list" "${asking[@]}" -r "$WORLD" -o "$work/boot.ndjson" -n 200
if unshare --time --fork --monotonic 86400 --boottime 86400 true 2>/dev/null; then
    unshare --time --fork --monotonic 864000 --boottime 864000 "$trifecta" scan "$work/list" "${asking[@]}" -r "$WORLD" -o "$work/boot.ndjson"
    status=$?
    [ $status -eq 0 ] && ok "goes on under another monotonic clock" || bad "time namespace: $status"
    is_true "its records" "$work/boot.ndjson"
else
    ok "time namespaces: skipped, needs root"
fi

# --- the only resolver dies and comes back
port=${WORLD#*:}
"$trifecta" scan "$work/list" "${asking[@]}" "${slow[@]}" -r "$WORLD" -o "$work/dead.ndjson" 2>"$work/err" & scan=$!
await_records "$work/dead.ndjson" $scan
kill "$world_pid"; wait "$world_pid" 2>/dev/null
sleep 3
"$world" --listen "127.0.0.1:$port" --seed 7 2>/dev/null & world_pid=$!
wait $scan; status=$?
[ $status -eq 0 ] && ok "the only resolver dies and comes back" || bad "resolver: $status $(cat "$work/err")"
is_true "its records" "$work/dead.ndjson"

# --- the link goes down and up
if [ "$(id -u)" != 0 ] || ! ip netns add $here 2>/dev/null || ! ip netns add $there 2>/dev/null; then
    ok "network namespaces: skipped, needs root and iproute2"
    exit $failed
fi
ip -n $here link add v0 type veth peer name v1 netns $there
for end in "$here v0 198.18.0.1" "$there v1 198.18.0.2"; do
    read -r ns link address <<<"$end"
    ip -n "$ns" address add "$address/30" dev "$link"
    ip -n "$ns" link set "$link" up; ip -n "$ns" link set lo up
done
ip netns exec $there "$world" --listen 198.18.0.2:5300 --seed 7 2>/dev/null & far_pid=$!
listens() { ip netns exec "$1" ss -Hlnut "sport = :$2" | grep -q .; } # NAMESPACE PORT
await listens $there 5300 || bad "the far world starts"
for side in "$here v0" "$there v1"; do
    read -r ns link <<<"$side"
    rm -f "$work/net.ndjson"
    ip netns exec $here "$trifecta" scan "$work/list" "${asking[@]}" "${slow[@]}" -r 198.18.0.2:5300 -o "$work/net.ndjson" 2>"$work/err" & scan=$!
    await_records "$work/net.ndjson" $scan
    ip -n "$ns" link set "$link" down
    sleep 3
    ip -n "$ns" link set "$link" up
    wait $scan; status=$?
    [ $status -eq 0 ] && ok "the link goes down on the $([ "$ns" = $here ] && echo near || echo far) side and up again" || bad "link: $status $(cat "$work/err")"
    is_true "its records" "$work/net.ndjson"
done
if [ -n "${LONG:-}" ]; then
    rm -f "$work/net.ndjson"
    ip netns exec $here "$trifecta" scan "$work/list" "${asking[@]}" "${slow[@]}" -r 198.18.0.2:5300 -o "$work/net.ndjson" 2>"$work/err" & scan=$!
    await_records "$work/net.ndjson" $scan
    ip -n $there link set v1 down
    wait $scan; status=$?
    [ $status -eq 69 ] && grep -q 'no resolver has answered' "$work/err" && ok "a link that stays down: 69, in words" || bad "link: $status $(cat "$work/err")"
    ip -n $there link set v1 up; sleep 0.5
    ip netns exec $here "$trifecta" scan "$work/list" "${asking[@]}" -r 198.18.0.2:5300 -o "$work/net.ndjson" 2>"$work/err"
    is_true "goes on when it is up again" "$work/net.ndjson"
fi
exit $failed
