# SPDX-License-Identifier: MIT
# Sourced by tests and benches: starts NSD with the zone given, and Unbound in front of it, on loopback ports of their own.
# Sets NSD and UNBOUND to "127.0.0.1:PORT". Everything lives in $work, which the caller makes and removes.

# await COMMAND ...: until it is true, for a minute at most. A machine that is busy needs patience; who waits in vain must say so.
await() {
    local deadline=$((SECONDS + 60))
    until "$@"; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.05
    done
}
has_text() { grep -qE "$1" "$2" 2>/dev/null; } # PATTERN FILE
is_larger() { [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -gt "$2" ]; } # FILE BYTES
is_gone() { ! kill -0 "$1" 2>/dev/null; } # PID
listens_to_signals() { # PID: SIGHUP, the last that a scan begins to listen to, does not kill it any more
    local caught; caught=$(sed -n 's/^SigCgt:\s*/0x/p' "/proc/$1/status" 2>/dev/null)
    ((${caught:-0} & 1))
}
has_no_signal_pending() { ! has_text '^ShdPnd:.*[1-9a-f]' "/proc/$1/status"; } # PID: the next one will not be taken for the same
is_frozen() { ! cat /proc/"$1"/task/*/stat 2>/dev/null | sed 's/.*) //' | grep -qv '^T'; } # PID
# freeze PID: stops each of its threads, so that what follows happens in the middle of its work, whoever is slow; kill -CONT ends it.
freeze() { kill -STOP "$1" && await is_frozen "$1"; }

free_port() { # a port nobody listens on, UDP and TCP; below those that the system gives to whoever asks for any
    local port
    while :; do
        port=$((10000 + RANDOM % 22000))
        if ! grep -qiE ":$(printf %04X $port) " /proc/net/udp /proc/net/tcp /proc/net/udp6 /proc/net/tcp6 2>/dev/null; then
            echo $port; return
        fi
    done
}

# start COMMAND [ARGUMENT ...]: runs it with $port set, which it makes the address it listens on, until a port is still free when it gets there.
# It sets server_pid and server_log.
start() {
    local attempt port
    for attempt in 1 2 3 4 5; do
        port=$(free_port)
        "$@"
        if await_answer "127.0.0.1:$port" "$server_pid"; then
            server=127.0.0.1:$port
            return 0
        fi
        kill "$server_pid" 2>/dev/null
    done
    cat $server_log
    return 1
}

start_nsd() { start run_nsd "$@" && NSD=$server; } # ZONE FILE [SERVERS]
run_nsd() {
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
    nsd_pid=$! server_pid=$! server_log=$work/nsd.log
}

start_unbound() { start run_unbound "$@" && UNBOUND=$server; } # ZONE [log]: forwarded to $NSD; with `log` every question stands in $work/unbound.log
run_unbound() {
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
    unbound_pid=$! server_pid=$! server_log="$work/unbound.err $work/unbound.log"
}

answers() { # RESOLVER [PID]: any reply counts
    [ -n "${2:-}" ] && is_gone "$2" && return 0 # nothing to wait for
    "$trifecta" check probe.test --resolvers "$1" --timeout 300ms --retries 0 --json >/dev/null 2>&1
    [ $? -ne 69 ]
}
await_answer() { # RESOLVER [PID]: of a process that has not ended meanwhile
    await answers "$@" && { [ -z "${2:-}" ] || ! is_gone "$2"; } || { echo "no answer from $1"; return 1; }
}

stop_servers() {
    local pid
    for pid in ${unbound_pid:-} ${nsd_pid:-} ${world_pid:-}; do
        kill "$pid" 2>/dev/null || true
    done
    unbound_pid='' nsd_pid='' world_pid=''
    wait 2>/dev/null || true
}

start_world() { start run_world "$@" && WORLD=$server; } # [OPTION ...]
run_world() {
    "$world" --listen 127.0.0.1:$port "$@" 2>"$work/world.log" &
    world_pid=$! server_pid=$! server_log=$work/world.log
}

ok() { printf '[       OK ] %s\n' "$1"; }
bad() { printf '[  FAILED  ] %s\n' "$1"; failed=1; }
# expect_status STATUS NAME COMMAND ...
expect_status() {
    local want=$1 name=$2; shift 2
    "$@" >"$work/out" 2>"$work/err"; local got=$?
    if [ $got -eq "$want" ]; then ok "$name"; else bad "$name: exit status $got, not $want"; tail -5 "$work/err"; fi
}
