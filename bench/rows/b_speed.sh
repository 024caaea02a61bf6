#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How fast a list is done: all default checks, every kind of name, scanner and world sharing the machine's cores.
. "$(dirname "$0")/../lib.sh"
names=$(pick 3000 50000)
title "Speed: $names domains of the world, all default checks, cores shared with it, --timeout 400ms, $rounds rounds"
"$world" --print-list "$names" >"$work/list"
pinned=()
start_listeners 127.0.0.1:0
for i in $(seq "$rounds"); do
    scan "$work/list" "$LISTENERS" --timeout 400ms
    sample speed "domains a second" "domains/s" "$(compute "$(summary .records) / $elapsed")"
    sample questions "queries a domain" "queries" "$(compute "$(summary .queries) / $(summary .records)")"
    sample shared "questions a domain answered by what another asked" "questions" "$(compute "$(summary .shared) / $(summary .records)")"
    sample cpu "CPU of the scanner" "us/domain" "$(compute "$cpu * 1e6 / $(summary .records)")"
    sample bytes "output, compressed" "bytes/domain" "$(compute "$(summary .output.bytes) / $(summary .records)")"
    sample memory "peak memory" MB "$(compute "$(summary .peak_rss_bytes) / 1048576")"
done
note "the end of each run waits for zones that never answer: with short lists that is a good part of it"
