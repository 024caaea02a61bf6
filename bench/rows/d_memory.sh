#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Peak memory of a scan by queries in flight, and by length of the list. BENCH=...,long adds ten million names (minutes).
. "$(dirname "$0")/../lib.sh"
title "Peak memory of trifecta scan --dedup no (with dedup: 16 bytes a name more), all default checks; lists of a length: spf,dmarc"
names_that_answer "$(pick 4000 100000)" "$work/list"
start_listeners 127.0.0.1:0,delay=10 127.0.0.1:0,delay=200 127.0.0.1:0,delay=500 127.0.0.1:0
IFS=, read -ra at <<<"$LISTENERS"
flights=(1k 20k 50k)
lean=(--checks spf,dmarc,-addresses --dedup no)
for f in 0 1 2; do
    scan "$work/list" "${at[f]}" --concurrency "${flights[f]}" --dedup no --timeout 3s
    sample "flight_${flights[f]}" "${flights[f]} in flight" MB "$(compute "$(summary .peak_rss_bytes) / 1048576")"
done
goal flight_20k "<= 64"
goal flight_50k "<= 96"
lengths="$(pick '1000 10000' '10000 1000000')"
case ",${BENCH:-}," in *,long,*) lengths="$lengths 10000000" ;; *) note "ten million names: make bench BENCH=d,long" ;; esac
pinned=()
for n in $lengths; do
    "$world" --print-list "$n" >"$work/list"
    scan "$work/list" "${at[3]}" --concurrency 10k "${lean[@]}" --timeout 300ms --retries 1
    sample "list_$n" "list of $n names, 10k in flight" MB "$(compute "$(summary .peak_rss_bytes) / 1048576")"
    sample "speed_$n" "list of $n names" "domains/s" "$(compute "$(summary .records) / $elapsed")"
done
stop_world
for f in 0 1 2; do
    sample "most_${flights[f]}" "${flights[f]} in flight: most answers under way at the far end" queries "$(jq ".listeners[$f].most_waiting" "$work/stats.json")"
done
