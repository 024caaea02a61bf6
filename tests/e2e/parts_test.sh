#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An output that is a folder: parts, the manifest, shards that prove to be a whole, a new run in place of an old one.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta") world=$(realpath "${BUILD:-build}/world")
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
start_world --seed 7 || { bad "world starts"; exit 1; }
"$world" --print-list 500 >"$work/names" 2>/dev/null
{ cat "$work/names"; head -20 "$work/names"; echo "no name at all"; } >"$work/list"
asking=(-r "$WORLD" --timeout 300ms --seed 3 -q --checkpoint-every 50ms)

holds() { # FOLDER FILTER NAME: the manifest says so
    jq -e "$2" "$1/manifest.json" >/dev/null 2>"$work/err" && ok "$3" || bad "$3: $(cat "$1/manifest.json" "$work/err")"
}
# What the manifest says of the parts, counted again.
parts_are_true() { # FOLDER
    local name records bytes uncompressed
    while read -r name records bytes uncompressed; do
        zstd -tq "$1/$name" && [ "$(zstd -dqc "$1/$name" | wc -l)" = "$records" ] && [ "$(stat -c %s "$1/$name")" = "$bytes" ] &&
            [ "$(zstd -dqc "$1/$name" | wc -c)" = "$uncompressed" ] || return 1
    done < <(jq -r '.parts[] | "\(.name) \(.records) \(.bytes) \(.uncompressed_bytes)"' "$1/manifest.json")
    [ "$(jq -r '.parts[].name' "$1/manifest.json")" = "$(cd "$1" && ls | grep '^part-')" ]
}

expect_status 0 "a folder" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/one/" --part-records 70
keys='schema version complete shards shard seed order list_identity lists options listed names duplicates records unknown started_at finished_at resumed parts'
[ "$(jq -r 'keys_unsorted | join(" ")' "$work/one/manifest.json")" = "$keys" ] && ok "the manifest's keys" || bad "keys: $(cat "$work/one/manifest.json")"
holds "$work/one" '.schema == 1 and .complete and .shards == 1 and .shard == 0 and .seed == 3 and .order == "shuffled" and .resumed == 0' "this run"
holds "$work/one" '.names == 500 and .records == 500 and .duplicates == 20 and .listed == 520' "the names"
holds "$work/one" '.lists | length == 1 and .[0].lines == 521 and .[0].rejected == 1 and .[0].names == 500 and (.[0].xxh3 | test("^[0-9a-f]{16}$"))' "the lists"
holds "$work/one" '.list_identity | test("^[0-9a-f]{16}$")' "the identity"
holds "$work/one" '.options | .checks == "spf,dkim,dmarc,mx,mta-sts,tls-rpt,addresses" and .dkim == "smart" and .records == "brief" and .dedup == "yes"' "the options"
holds "$work/one" '[.parts[].records] == [70, 70, 70, 70, 70, 70, 70, 10]' "parts of so many records"
parts_are_true "$work/one" && ok "what it says of the parts" || bad "parts: $(jq -c .parts "$work/one/manifest.json"; ls -l "$work/one")"
[ ! -e "$work/one/.checkpoint" ] && ok "no checkpoint is left" || bad "a checkpoint is left"

# --- not overwritten but with --force, and then nothing of the old is left
expect_status 73 "a finished folder is not overwritten" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/one/"
expect_status 75 "--force begins anew" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/one/" --force -n 30
[ ! -e "$work/one/manifest.json" ] && ok "and the old manifest is gone" || bad "the old manifest stands there"
expect_status 0 "which goes on" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/one/"
holds "$work/one" '.resumed == 1 and .records == 500 and .parts[0].records == 30 and (.parts | length) == 2' "a resume ends the part it found"
parts_are_true "$work/one" && ok "and knows what is in it" || bad "parts after a resume"

# --- the summary of a run in pieces speaks of all of them
for n in 200 200; do
    "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/pieces.ndjson" -n $n --summary "$work/first.json"
done
"$trifecta" scan "$work/list" "${asking[@]}" -o "$work/pieces.ndjson" --summary "$work/last.json"
jq -es '.[0] as $first | .[1] as $last | $last.resumed == 2 and $last.started_at < $first.finished_at and $last.elapsed_ms > $first.elapsed_ms and
    ($last.rcodes | add) > ($first.rcodes | add) and ($last.rcodes | add) >= $last.queries - $last.timeouts' "$work/first.json" "$work/last.json" >/dev/null &&
    ok "the summary of a run in pieces speaks of all of them" || bad "summary: $(jq -c '{resumed, started_at, elapsed_ms, rcodes, queries, timeouts}' "$work/first.json" "$work/last.json")"

# --- shards
for i in 0 1 2; do
    expect_status 0 "shard $i" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/shard$i/" --shards 3 --shard $i --part-bytes 4000
    parts_are_true "$work/shard$i" || bad "parts of shard $i"
done
jq -es '([.[] | .names + .duplicates] | add) == .[0].listed and (map(.listed) | unique | length) == 1 and (map(.list_identity) | unique | length) == 1 and
    (map(.lists[0].xxh3) | unique | length) == 1 and (map(.options) | unique | length) == 1 and map(.shard) == [0, 1, 2]' \
    "$work"/shard[012]/manifest.json >/dev/null && ok "shards prove to be a whole" || bad "shards: $(cat "$work"/shard?/manifest.json)"
zstd -dqc "$work"/shard?/part-*.zst | jq -r .domain | sort >"$work/got"
sort "$work/names" | cmp -s - "$work/got" && ok "and are it" || bad "the shards do not hold the list"

exit $failed
