#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# CPU of the client for one query and one domain: the whole pipeline to zstd, the engine alone, dnsperf and, when there is one,
# massdns, on the same questions, in turn, against NSD and against the world.
. "$(dirname "$0")/../lib.sh"
names=$(pick 3000 50000)
title "CPU of the client, user and system, core 0 against a server on core $last_core; $names domains, $rounds rounds in turn"

dnsperf_round() { # WHERE RESOLVER
    timed client dnsperf -s 127.0.0.1 -p "${2#*:}" -d "$work/questions" -n 1 -c 4 -q 1000 -t 5 -b 8192
    local sent lost
    sent=$(awk '/Queries sent/ { print $3 }' "$work/said") lost=$(awk '/Queries lost/ { print $3 }' "$work/said")
    dnsperf_us=$(compute "$cpu * 1e6 / $sent")
    sample "$1.dnsperf" "$1: dnsperf" "us/query" "$dnsperf_us"
    sample "$1.dnsperf_lost" "$1: dnsperf, queries lost" queries "$lost"
}
massdns_round() { # WHERE RESOLVER: its TXT questions only, it takes one type a run
    awk '$2 == "TXT" { print $1 }' "$work/questions" >"$work/txt"
    echo "$2" >"$work/resolver"
    timed client massdns -q -r "$work/resolver" -t TXT -o S -w /dev/null -s 10000 -i 2000 --rcvbuf 8388608 --sndbuf 8388608 "$work/txt"
    sample "$1.massdns" "$1: massdns, its TXT questions" "us/query" "$(compute "$cpu * 1e6 / $(wc -l <"$work/txt")")"
}
engine_round() { # WHERE RESOLVER
    client timeout 300 "$engine" -r "$2" -c 4000 -t 2000 "$work/questions" >"$work/engine.json"
    local us; us=$(jq .cpu_us_per_query "$work/engine.json")
    sample "$1.engine" "$1: engine alone, rcodes counted" "us/query" "$us"
    sample "$1.engine_ratio" "$1: engine / dnsperf, round by round" ratio "$(compute "$us / $dnsperf_us")"
    sample "$1.engine_unanswered" "$1: engine, questions without an answer" queries "$(jq '.questions - ([.outcomes | .answered, .nodata, .nxdomain, .servfail, .refused, .bad_response] | map(. // 0) | add)' "$work/engine.json")"
}
scan_round() { # WHERE RESOLVER
    scan "$work/list" "$2"
    local us; us=$(compute "$cpu * 1e6 / $(summary .queries)")
    sample "$1.scan" "$1: trifecta scan, whole pipeline" "us/query" "$us"
    sample "$1.scan_ratio" "$1: scan / dnsperf, round by round" ratio "$(compute "$us / $dnsperf_us")"
    sample "$1.scan_domain" "$1: trifecta scan" "us/domain" "$(compute "$cpu * 1e6 / $(summary .records)")"
    sample "$1.scan_speed" "$1: trifecta scan" "queries/s" "$(compute "$(summary .queries) / $elapsed")"
    sample "$1.scan_unknown" "$1: domains with something unknown" domains "$(summary .unknown)"
}
measure() { # WHERE RESOLVER
    local i
    for i in $(seq "$rounds"); do
        dnsperf_round "$1" "$2"
        engine_round "$1" "$2"
        scan_round "$1" "$2"
        if command -v massdns >/dev/null; then massdns_round "$1" "$2"; fi
    done
}
command -v massdns >/dev/null || note "massdns is not on the PATH: not compared"

# NSD. The questions are those of a scan through Unbound, which writes them down.
awk -v n="$names" -f bench/zone.awk >"$work/bench.zone"
awk -v n="$names" 'BEGIN { for (i = 0; i < n; i++) printf "d%07d.bench\n", i }' >"$work/list"
start_nsd bench. "$work/bench.zone"
start_unbound bench. log
"$trifecta" scan "$work/list" -r "$UNBOUND" -o "$work/first.ndjson" -q --concurrency 500 --seed 1
kill "$unbound_pid"; wait "$unbound_pid" 2>/dev/null || true; unbound_pid=
sed -nE 's/.* info: 127\.0\.0\.1 ([^ ]+)\. ([A-Z0-9]+) IN$/\1 \2/p' "$work/unbound.log" | tr 'A-Z' 'a-z' |
    awk '{ print $1, toupper($2) }' >"$work/questions"
rm -f "$work/unbound.log" "$work/first.ndjson"
pin_server "$nsd_pid"
measure nsd "$NSD"
goal nsd.scan_ratio "<= 0.85"
goal nsd.scan_unknown "== 0"
goal nsd.engine_ratio "<= 0.60"
goal nsd.engine_unanswered "== 0"
stop_servers

# The world writes them down itself; it is started again without that.
names_that_answer "$names" "$work/list"
WORLD_OPTIONS="--questions $work/all" start_listeners 127.0.0.1:0
scan "$work/list" "$LISTENERS" --concurrency 2000
stop_world
grep -v '^probe\|[^ -~]\|?' "$work/all" | awk 'NF == 2' >"$work/questions"
rm -f "$work/all"
start_listeners 127.0.0.1:0
measure world "$LISTENERS"
