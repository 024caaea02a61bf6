#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One event loop and two: what a second one brings.
. "$(dirname "$0")/../lib.sh"
names=$(pick 3000 50000)
title "One loop and two, $names domains that answer, all default checks, cores shared with the world, $rounds rounds in turn"
"$trifecta" scan --help >"$work/help"
if ! grep -q -- --loops "$work/help"; then
    note "this trifecta has no --loops: not measured"
    exit 0
fi
names_that_answer "$names" "$work/list"
pinned=()
start_listeners 127.0.0.1:0 127.0.0.1:0
for i in $(seq "$rounds"); do
    for loops in 1 2; do
        scan "$work/list" "$LISTENERS" --loops $loops
        sample "speed_$loops" "--loops $loops" "domains/s" "$(compute "$(summary .records) / $elapsed")"
        sample "cpu_$loops" "--loops $loops" "us/query" "$(compute "$cpu * 1e6 / $(summary .queries)")"
        sample "memory_$loops" "--loops $loops" MB "$(compute "$(summary .peak_rss_bytes) / 1048576")"
        sample "unknown_$loops" "--loops $loops: domains with something unknown" domains "$(summary .unknown)"
    done
done
