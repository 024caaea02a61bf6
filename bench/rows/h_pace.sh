#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Do --rate and --zone-rate hold, as counted where the packets arrive, and what does a paced scan cost while it waits?
. "$(dirname "$0")/../lib.sh"
seconds=$(pick 4 30)
title "Pace: --rate and --zone-rate over $seconds s, counted at the far end in tenths of a second"
pinned=() WORLD_OPTIONS=--arrivals
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
one_zone() { # RATE: names of one zone, asked for what lies in it alone
    seq -f 's%g.d0000001.com' $(($1 * seconds / 2)) >"$work/list"
    start_listeners 127.0.0.1:0
    scan "$work/list" "$LISTENERS" --zone-rate "$1" --checks mx,-spf,-dkim,-dmarc --max-runtime "${seconds}s"
    stop_world
    sample "zone_$1" "--zone-rate $1: most in any second" queries "$(jq .most_in_a_second "$work/stats.json")"
    goal "zone_$1" "<= $(($1 * 102 / 100))"
}
one_zone 500
