# SPDX-License-Identifier: MIT
# Sourced by the rows of `make bench`. A row measures and says so with `sample`; bench/report makes tables of that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${BUILD:-build} out=${BENCH_OUT:-${BUILD:-build}/bench}
trifecta=$build/trifecta world=$build/world engine=$build/bench/engine
row=$(basename "$0" .sh) row=${row%%_*}
work=$(mktemp -d)
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
mkdir -p "$out"

# pick SMALL DEFAULT: by BENCH_SIZE
pick() { if [ "${BENCH_SIZE:-default}" = small ]; then echo "$1"; else echo "$2"; fi; }
rounds=${ROUNDS:-$(pick 2 5)}

# Client and server each have a core; on a machine with one they share it.
last_core=$(($(nproc) - 1))
client() { taskset -c 0 "$@"; }
pin_server() { # PID: it and its children
    local pid
    for pid in "$1" $(pgrep -P "$1" || true); do taskset -a -cp "$last_core" "$pid" >/dev/null 2>&1 || true; done
}

# sample KEY LABEL UNIT VALUE: one round's value.    note TEXT: what figures cannot say.    goal KEY "<= 0.85"
sample() { printf '%s\tsample\t%s\t%s\t%s\t%s\n' "$row" "$1" "$2" "$3" "$4" >>"$out/samples.tsv"; }
note() { printf '%s\tnote\t%s\n' "$row" "$1" >>"$out/samples.tsv"; }
goal() { printf '%s\tgoal\t%s\t%s\n' "$row" "$1" "$2" >>"$out/samples.tsv"; }
title() { printf '%s\ttitle\t%s\n' "$row" "$1" >>"$out/samples.tsv"; }

# timed COMMAND ...: sets cpu (user + system) and elapsed, in seconds; the command's words go to $work/said. Status 75 is a scan's --max-runtime.
timed() {
    local TIMEFORMAT='%U %S %R' status=0
    { time "$@" >"$work/said" 2>&1; } 2>"$work/time" || status=$?
    read -r user system elapsed <"$work/time"
    cpu=$(awk "BEGIN { printf \"%.3f\", $user + $system }")
    if [ $status -ne 0 ] && [ $status -ne 75 ]; then echo "row $row: exit status $status of: $*" >&2; tail -5 "$work/said" >&2; return $status; fi
}
compute() { awk "BEGIN { printf \"%.4f\", $1 }"; }
summary() { jq -r "$1" "$work/summary.json"; }

# scan LIST RESOLVERS [OPTION ...]: to zstd, its summary in $work/summary.json; timed.
scan() {
    local list=$1 resolvers=$2; shift 2
    timed "${pinned[@]}" "$trifecta" scan "$list" -r "$resolvers" -o "$work/out.ndjson.zst" --force -q --seed 1 \
        --summary "$work/summary.json" "$@"
}
pinned=(taskset -c 0)

# start_listeners LISTEN ...: one world with these; sets LISTENERS to their addresses, with commas.
start_listeners() {
    local options=() listen i
    for listen in "$@"; do options+=(--listen "$listen"); done
    rm -f "$work/ports"
    "$world" "${options[@]}" --seed 1 --port-file "$work/ports" --stats "$work/stats.json" ${WORLD_OPTIONS:-} 2>"$work/world.log" &
    world_pid=$!
    for i in $(seq 200); do [ -s "$work/ports" ] && break; sleep 0.05; done
    [ -s "$work/ports" ] || { cat "$work/world.log" >&2; return 1; }
    LISTENERS=$(sed 's/^/127.0.0.1:/' "$work/ports" | paste -sd,)
    pin_server "$world_pid"
}
stop_world() { # its statistics are in $work/stats.json then
    kill "$world_pid"; wait "$world_pid"; world_pid=
}

# names_that_answer COUNT FILE: about so many names of the world, without those of which some question is never answered.
names_that_answer() {
    "$world" --print-list "$1" | "$world" --truth - --seed 1 |
        jq -r 'select((.outcome == "ok" or .outcome == "nxdomain") and ([.. | strings | select(. == "temperror" or . == "unknown")] | length == 0)) | .domain' >"$2"
}
