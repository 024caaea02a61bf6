#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Are names lost to resolvers that are not perfect? Of the names that a slow scan through a perfect one answers in full, how many
# does a fast scan answer in full through one such, and through four: with windows that find their size, with windows of 1,000
# at most, and with a cap a resolver, which is counted at the far end.
. "$(dirname "$0")/../lib.sh"
names=$(pick 300 3000) cap=1800
title "Accuracy: of $names names, those a slow scan answers in full; one round, all default checks"
"$world" --print-list "$names" >"$work/all"
pinned=() WORLD_OPTIONS=--arrivals
rm -f "$out/otherwise.ndjson"
answered() { # what is known of the names answered in full, to $work/$1; the names to $work/$1.names
    zstd -dqc "$work/out.ndjson.zst" | jq -c 'select(.dns.failed == []) | {domain} + (del(.seq, .scanned_at, .dns))' | LC_ALL=C sort >"$work/$1"
    cut -d'"' -f4 "$work/$1" >"$work/$1.names"
}
start_listeners 127.0.0.1:0
scan "$work/all" "$LISTENERS" --concurrency 100
stop_world
answered slow
slow=$(wc -l <"$work/slow")
sample slow "names answered in full by the slow scan" names "$slow"

scan_behind() { # KEY LABEL [OPTION ...]: share, and the most any listener got in any second
    local key=$1 label=$2; shift 2
    start_listeners "${listeners[@]}"
    local resolvers=$LISTENERS
    if [ -n "${ceiling:-}" ]; then
        sed "s/.*/127.0.0.1:& max-inflight=$ceiling/" "$work/ports" >"$work/resolvers"; resolvers=$work/resolvers
    fi
    scan "$work/slow.names" "$resolvers" --timeout 1s "$@"
    stop_world
    answered fast
    local fast; fast=$(wc -l <"$work/fast")
    sample "$key" "$label" "% answered" "$(compute "100 * $fast / $slow")"
    goal "$key" ">= 99.9"
    LC_ALL=C comm -13 "$work/slow" "$work/fast" >"$work/other"
    sample "${key}_other" "  answered otherwise than in the slow scan" names "$(wc -l <"$work/other")"
    # What it was can be looked at: with the slow scan's record beside it.
    cut -d'"' -f4 "$work/other" | while read -r name; do grep -hF "{\"domain\":\"$name\"," "$work/slow" "$work/fast"; done >>"$out/otherwise.ndjson"
    goal "${key}_other" "== 0"
    sample "${key}_time" "  time taken" s "$elapsed"
    sample "${key}_qps" "  questions a second" queries/s "$(compute "$(summary .queries) / $elapsed")"
    sample "${key}_dropped" "  dropped or refused at the far end" queries "$(jq '[.listeners[] | .dropped + (if .dropped == 0 then .over_limit else 0 end)] | add' "$work/stats.json")"
    most=$(jq '[.listeners[].most_in_a_second] | max' "$work/stats.json")
}
one() { listeners=("127.0.0.1:0,$1"); }
four() { listeners=("127.0.0.1:0,$1" "127.0.0.1:0,$1" "127.0.0.1:0,$1" "127.0.0.1:0,$1"); }
adaptive() { ceiling='' scan_behind "$1.adaptive" "$2; windows find their size"; }
ceiling() { ceiling=1000 scan_behind "$1.ceiling" "$2; max-inflight=1000"; }
capped() {
    ceiling='' scan_behind "$1.capped" "$2; --resolver-rate $cap" --resolver-rate $cap
    sample "$1.most" "  most in any second at one resolver" queries "$most"
    goal "$1.most" "<= $((cap * 102 / 100))"
}
behind() { # WAYS KEY LABEL
    local way
    for way in $1; do $way "$2" "$3"; done
}
both() { # KEY HABIT LABEL: one of them, and four in every way
    one "$2"; behind adaptive "$1_one" "one that $3"
    four "$2"; behind "adaptive ceiling capped" "$1" "four of which each $3"
}
both drop limit=2000 "drops above 2,000/s"
both refuse limit=2000:refused "refuses above 2,000/s"
both loss loss=5% "loses 5 %"
both plateau plateau=1000,discard=1900ms,delay=lognormal:60ms:0.8 "has Unbound's plateau"
both stall stall=1200ms/1500ms "stands still for 1.2 s in each 1.5 s"
half=$((slow * 3))
one "die-after=$((half * 3))q,back-after=3s"; behind adaptive back_one "one dies midway and comes back"
listeners=(127.0.0.1:0 "127.0.0.1:0,die-after=${half}q" 127.0.0.1:0 127.0.0.1:0)
behind "adaptive ceiling capped" dies "one of four dies midway"
listeners=(127.0.0.1:0 "127.0.0.1:0,die-after=${half}q,back-after=3s" 127.0.0.1:0 127.0.0.1:0)
behind adaptive back "one of four dies and comes back"
listeners=(127.0.0.1:0,limit=2000 127.0.0.1:0,rewrite=any 127.0.0.1:0,limit=2000:refused 127.0.0.1:0,loss=5%)
behind adaptive mixed "a liar, two that limit and one that loses 5 %"
