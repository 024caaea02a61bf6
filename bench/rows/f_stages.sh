#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What each stage costs by itself, on one core.
. "$(dirname "$0")/../lib.sh"
title "Stages alone, one thread"
"$world" --print-list "$(pick 2000 20000)" >"$work/names"
"$world" --print-list "$(pick 20000 200000)" >"$work/long"
pinned=()
start_listeners 127.0.0.1:0
scan "$work/names" "$LISTENERS" --timeout 300ms --retries 1 --records full
full=$work/out.ndjson.zst
zstd -dqc "$full" | jq -r '.spf.record // empty | select(test("\n") | not)' >"$work/spf"
zstd -dqc "$full" | jq -r '.dmarc.record // empty | select(test("\n") | not)' >"$work/dmarc"
zstd -dqc "$full" | jq -r '.dkim.selectors[]?.record // empty | select(test("\n") | not)' >"$work/dkim"
scan "$work/names" "$LISTENERS" --timeout 300ms --retries 1
zstd -dqc "$work/out.ndjson.zst" >"$work/records"
stop_world
export BENCH_ROUNDS=$(pick 3 9)
client "$build/bench/stages" "$work/long" "$work/spf" "$work/dmarc" "$work/dkim" "$work/records" >"$work/stages"
client "$build/bench/classify" >>"$work/stages"
while IFS=$'\t' read -r key label unit value; do sample "$key" "$label" "$unit" "$value"; done <"$work/stages"
