#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The far end: how many answers a second one core of the world gives, and that names cost it no memory.
. "$(dirname "$0")/../lib.sh"
names=$(pick 20000 250000)
title "The simulated Internet on core $last_core, asked for TXT of distinct names by the engine and by dnsperf on core 0"
"$world" --print-list $((names * rounds)) | sed 's/$/ TXT/' >"$work/questions"
split -n "l/$rounds" "$work/questions" "$work/part."
rss() { awk '/^VmRSS/ { printf "%.3f", $2 / 1024 }' "/proc/$world_pid/status"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$world_pid/stat"; }
round() { # KEY LABEL COMMAND ...
    local key=$1 label=$2 before=$(ticks); shift 2
    timed client "$@"
    local us; us=$(compute "($(ticks) - $before) * 1e6 / $(getconf CLK_TCK) / $(wc -l <"$part")")
    sample "$key" "$label: CPU of the world" "us/answer" "$us"
    sample "${key}_rate" "$label: answered" "answers/s" "$(compute "$(wc -l <"$part") / $elapsed")"
    sample "${key}_core" "$label: what one core could answer (1 / CPU)" "answers/s" "$(compute "1e6 / $us")"
}
start_listeners 127.0.0.1:0
head -2000 "$work/questions" >"$work/few"
client timeout 300 "$engine" -r "$LISTENERS" -c 4000 -t 200 "$work/few" >/dev/null
first=$(rss)
for part in "$work"/part.*; do
    round engine "segment offload" timeout 300 "$engine" -r "$LISTENERS" -c 4000 -t 200 "$part"
    round dnsperf "datagram by datagram" dnsperf -s 127.0.0.1 -p "${LISTENERS#*:}" -d "$part" -n 1 -c 4 -q 1000 -t 0.2 -b 8192
done
goal engine_core ">= 250000"
sample memory "memory at the end" MB "$(rss)"
sample growth "memory grown over $((names * rounds)) distinct names" MB "$(compute "$(rss) - $first")"
goal growth "<= 1"
