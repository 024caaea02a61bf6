# SPDX-License-Identifier: MIT
# Sourced by tests and benches: starts NSD with the zone given, and Unbound in front of it, on loopback ports of their own.
# Sets NSD and UNBOUND to "127.0.0.1:PORT". Everything lives in $work, which the caller makes and removes.

free_port() { # a port nobody listens on, UDP and TCP
    local port
    while :; do
        port=$((20000 + RANDOM % 20000))
        if ! grep -qiE ":$(printf %04X $port) " /proc/net/udp /proc/net/tcp /proc/net/udp6 /proc/net/tcp6 2>/dev/null; then
            echo $port; return
        fi
    done
}

start_nsd() { # ZONE FILE [SERVERS]
    local port; port=$(free_port)
    cat >"$work/nsd.conf" <<EOF
server:
    ip-address: 127.0.0.1@$port
    username: ""
    chroot: ""
    zonesdir: "$work"
    database: ""
    pidfile: "$work/nsd.pid"
    xfrdfile: "$work/xfrd.state"
    zonelistfile: "$work/zone.list"
    xfrdir: "$work"
    server-count: ${3:-1}
    do-ip6: no
    hide-version: yes
    rrl-ratelimit: 0
    verbosity: 0
remote-control:
    control-enable: no
zone:
    name: "$1"
    zonefile: "$2"
EOF
    nsd -d -c "$work/nsd.conf" 2>"$work/nsd.log" &
    nsd_pid=$!
    NSD=127.0.0.1:$port
    await_answer "$NSD" || { cat "$work/nsd.log"; return 1; }
}

start_unbound() { # ZONE [log]: forwarded to $NSD; with `log` every question stands in $work/unbound.log
    local port; port=$(free_port)
    cat >"$work/unbound.conf" <<EOF
server:
    interface: 127.0.0.1
    port: $port
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "$work"
    pidfile: "$work/unbound.pid"
    use-syslog: no
    logfile: "$work/unbound.log"
    do-ip6: no
    do-not-query-localhost: no
    module-config: "iterator"
    num-threads: 1
    outgoing-range: 8192
    num-queries-per-thread: 4096
    wait-limit: 0
    discard-timeout: 0
    edns-buffer-size: 1232
    local-zone: "test." transparent
    log-queries: $([ "${2:-}" = log ] && echo yes || echo no)
remote-control:
    control-enable: no
stub-zone:
    name: "$1"
    stub-addr: ${NSD/:/@}
EOF
    unbound -d -c "$work/unbound.conf" 2>"$work/unbound.err" &
    unbound_pid=$!
    UNBOUND=127.0.0.1:$port
    await_answer "$UNBOUND" || { cat "$work/unbound.err" "$work/unbound.log"; return 1; }
}

await_answer() { # RESOLVER: any reply counts
    local i
    for i in $(seq 50); do
        "$trifecta" check probe.test --resolvers "$1" --timeout 300ms --retries 0 --json >/dev/null 2>&1
        [ $? -ne 69 ] && return 0
        sleep 0.1
    done
    echo "no answer from $1"
    return 1
}

stop_servers() {
    local pid
    for pid in ${unbound_pid:-} ${nsd_pid:-} ${world_pid:-}; do
        kill "$pid" 2>/dev/null || true
    done
    unbound_pid='' nsd_pid='' world_pid=''
    wait 2>/dev/null || true
}

# start_world [OPTION ...]: sets WORLD
start_world() {
    local port; port=$(free_port)
    "$world" --listen 127.0.0.1:$port "$@" 2>"$work/world.log" &
    world_pid=$!
    WORLD=127.0.0.1:$port
    await_answer "$WORLD" || { cat "$work/world.log"; return 1; }
}

ok() { printf '[       OK ] %s\n' "$1"; }
bad() { printf '[  FAILED  ] %s\n' "$1"; failed=1; }
# expect_status STATUS NAME COMMAND ...
expect_status() {
    local want=$1 name=$2; shift 2
    "$@" >"$work/out" 2>"$work/err"; local got=$?
    if [ $got -eq "$want" ]; then ok "$name"; else bad "$name: exit status $got, not $want"; tail -5 "$work/err"; fi
}
