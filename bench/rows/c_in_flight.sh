#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Does a query cost more when more are in flight? The same names at about the same rate: answers take 10, 100 and 500 ms, with
# 1k, 10k and 50k in flight.
. "$(dirname "$0")/../lib.sh"
names=$(pick 4000 40000)
title "CPU of the client by queries in flight; $names domains, all default checks, answers after 10, 100 and 500 ms, $rounds rounds in turn"
names_that_answer "$names" "$work/list"
start_listeners 127.0.0.1:0,delay=10 127.0.0.1:0,delay=100 127.0.0.1:0,delay=500
IFS=, read -ra at <<<"$LISTENERS"
flights=(1k 10k 50k)
for i in $(seq "$rounds"); do
    for f in 0 1 2; do
        scan "$work/list" "${at[f]}" --concurrency "${flights[f]}" --dedup no --timeout 3s
        us[f]=$(compute "$cpu * 1e6 / $(summary .queries)")
        sample "cpu_${flights[f]}" "${flights[f]} in flight" "us/query" "${us[f]}"
        sample "speed_${flights[f]}" "${flights[f]} in flight" "queries/s" "$(compute "$(summary .queries) / $elapsed")"
        sample "unknown_${flights[f]}" "${flights[f]} in flight: domains with something unknown" domains "$(summary .unknown)"
    done
    sample ratio "50k / 1k, round by round" ratio "$(compute "${us[2]} / ${us[0]}")"
done
goal ratio "<= 1.25"
stop_world
for f in 0 1 2; do
    sample "most_${flights[f]}" "${flights[f]} in flight: most answers under way at the far end" queries "$(jq ".listeners[$f].most_waiting" "$work/stats.json")"
done
