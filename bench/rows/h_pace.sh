#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Does --rate hold, as counted where the packets arrive, and what does a paced scan cost while it waits?
. "$(dirname "$0")/../lib.sh"
seconds=$(pick 4 30)
title "Pace: --rate over $seconds s, counted at the far end in tenths of a second"
pinned=()
paced() { # RATE
    names_that_answer $(($1 * seconds / 4)) "$work/list"
    start_listeners 127.0.0.1:0
    scan "$work/list" "$LISTENERS" --rate "$1" --max-runtime "${seconds}s"
    stop_world
    # The first second is not whole, the last ones end what is in flight.
    jq -r --argjson n "$seconds" '.per_second | .[(map(. > 0) | index(true)):] | .[1:$n - 1] | "\(add / length) \(min)"' "$work/stats.json" >"$work/per_second"
    read -r mean least <"$work/per_second"
    sample "mean_$1" "--rate $1: mean of the whole seconds" "queries/s" "$mean"
    sample "least_$1" "--rate $1: least in a second of the clock" queries "$least"
    sample "most_$1" "--rate $1: most in any second" queries "$(jq .most_in_a_second "$work/stats.json")"
    sample "tenth_$1" "--rate $1: most in any tenth of a second" queries "$(jq .most_in_a_tenth "$work/stats.json")"
    sample "core_$1" "--rate $1: CPU of the scanner" "% of a core" "$(compute "100 * $cpu / $elapsed")"
}
paced 5000
goal most_5000 "<= 5100"
goal mean_5000 ">= 4900"
paced 1000
goal core_1000 "<= 3"
