#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The limit of 1,000 questions a client that Debian's Unbound has by default is told, and only that: not with the settings of
# deploy/resolvers, not when max-inflight is the limit.
set -u
cd "$(dirname "$0")/../.."
trifecta=${BUILD:-build}/trifecta world=${BUILD:-build}/world
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT

# --- Unbound in front of a world 300 ms away
unbound_in_front() { # SETTING ...
    local port setting; port=$(free_port)
    { printf 'server:\n'
      printf '  %s\n' 'interface: 127.0.0.1' "port: $port" 'do-daemonize: no' 'username: ""' 'chroot: ""' "directory: \"$work\"" "pidfile: \"$work/unbound.pid\"" \
          'use-syslog: no' "logfile: \"$work/unbound.log\"" 'do-ip6: no' 'do-not-query-localhost: no' 'module-config: "iterator"' "$@"
      printf 'remote-control:\n  control-enable: no\nforward-zone:\n  name: "."\n  forward-addr: %s\n' "${WORLD/:/@}"
    } >"$work/unbound.conf"
    unbound -d -c "$work/unbound.conf" 2>"$work/unbound.err" &
    unbound_pid=$!
    UNBOUND=127.0.0.1:$port
    await_answer "$UNBOUND" || { cat "$work/unbound.err" "$work/unbound.log"; return 1; }
}
# Until it has been told, SECONDS at most, and then interrupted.
scan_unbound() { # RESOLVER SECONDS
    local scan until=$((SECONDS + $2))
    rm -f "$work"/unbound.ndjson*
    "$trifecta" scan "$work/many" -r "$1" -o "$work/unbound.ndjson" --seed 1 --timeout 800ms --summary "$work/unbound.json" 2>"$work/said" &
    scan=$!
    while [ $SECONDS -lt $until ] && ! told; do sleep 0.5; done
    kill -INT $scan; wait $scan
}
told() { grep -q "drops what exceeds about 1,000 questions of one client" "$work/said"; }
what_was_said() { cat "$work/said"; jq -c .resolvers "$work/unbound.json"; }
command -v unbound >/dev/null || { ok "Unbound is not there: skipped"; exit 0; }
"$world" --print-list 40000 >"$work/many"
start_world --seed 5 --delay 300ms
unbound_in_front || bad "Unbound starts"
scan_unbound "$UNBOUND" 90
told && ok "Unbound's limit is told" || bad "Unbound's limit is not told: $(what_was_said)"
echo "$UNBOUND max-inflight=1000" >"$work/capped"
scan_unbound "$work/capped" 20
told && bad "told although max-inflight is the limit: $(what_was_said)" || ok "not when max-inflight is the limit"
kill $unbound_pid; wait $unbound_pid 2>/dev/null
mapfile -t set_up < <(grep -E '^ *(num-|so-|outgoing-|wait-|discard-|msg-cache-size|rrset-cache-size)' deploy/resolvers/unbound.conf)
[[ "${set_up[*]}" == *wait-limit* ]] && unbound_in_front "${set_up[@]}" || bad "Unbound starts"
scan_unbound "$UNBOUND" 20
told && bad "told without the limit: $(what_was_said)" || ok "not with the settings of deploy/resolvers"
exit $failed
