#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `trifecta merge`: three shards of one list become what a scan in one piece is; whatever is not one complete set is refused.
set -u
cd "$(dirname "$0")/../.."
trifecta=${BUILD:-build}/trifecta world=${BUILD:-build}/world
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
settle() { jq -cS 'del(.scanned_at, .dns)' | LC_ALL=C sort; }

start_world || exit 1
"$world" --print-list 600 >"$work/list"
head -n 50 "$work/list" >>"$work/list"      # doubles
echo 'no name' >>"$work/list"               # a reject
scan() { "$trifecta" scan "$work/list" -r "$WORLD" -q --timeout 400ms --seed 7 "$@"; }
for i in 0 1 2; do scan --shards 3 --shard $i --part-records 70 -o "$work/s$i/" || bad "shard $i"; done
scan -o "$work/whole.ndjson" || bad "the scan in one piece"
settle <"$work/whole.ndjson" >"$work/whole"

expect_status 0 "merge: three shards, in any order" "$trifecta" merge "$work/s2" "$work/s0/" "$work/s1/" -o "$work/m.ndjson.zst"
[ "$(zstd -lv "$work/m.ndjson.zst" 2>/dev/null | sed -n 's/.*Zstandard Frames: //p')" = 1 ] && ok "merge: one frame" || bad "merge: not one frame"
zstd -dqc "$work/m.ndjson.zst" | settle | cmp -s - "$work/whole" && ok "merge: equal to the scan in one piece" || bad "merge: differs from the scan in one piece"
expect_status 73 "merge: a finished output is not overwritten" "$trifecta" merge "$work"/s? -o "$work/m.ndjson.zst"
expect_status 0 "merge: but with --force" "$trifecta" merge "$work"/s? -o "$work/m.ndjson.zst" --force

expect_status 0 "merge: into a folder" "$trifecta" merge "$work"/s? -o "$work/joined/" --part-records 250
for part in "$work"/joined/part-*; do zstd -dqc "$part"; done | settle | cmp -s - "$work/whole" && ok "merge: its parts are the whole" || bad "merge: its parts are not the whole"
jq -e '.complete and .shards == 1 and .records == 600 and .listed == 650 and .names == 600 and .duplicates == 50 and
       ([.parts[].records] == [250, 250, 100]) and .lists[0].rejected == 1 and .lists[0].names == 600 and .seed == 7' "$work/joined/manifest.json" >/dev/null &&
    ok "merge: one manifest for all" || { bad "merge: the joined manifest"; cat "$work/joined/manifest.json"; }
[ "$(cd "$work/joined" && jq -r '.parts[] | .xxh3 + "  " + .name' manifest.json)" = "$(cd "$work/joined" && for p in part-*; do printf '%s  %s\n' "$(xxhsum -H3 <"$p" | sed 's|.* = ||')" "$p"; done)" ] &&
    ok "merge: the hashes are xxhsum's" || bad "merge: other hashes than xxhsum's"
expect_status 0 "merge: the joined folder is a set of its own, and goes to stdout" "$trifecta" merge "$work/joined" -o -
settle <"$work/out" | cmp -s - "$work/whole" && ok "merge: whole again" || bad "merge: not whole again"

expect_status 64 "merge: not into what is to be merged" "$trifecta" merge "$work/joined" -o "$work/joined/" --force
expect_status 64 "merge: nor into a part of it" "$trifecta" merge "$work"/s? -o "$work/s1/part-00001.ndjson.zst" --force
expect_status 0 "merge: which stands as it was" "$trifecta" merge "$work/joined" -o -
settle <"$work/out" | cmp -s - "$work/whole" && ok "merge: nothing of it is lost" || bad "merge: lost what it was to merge"
expect_status 75 "merge: without shard 1" "$trifecta" merge "$work/s0" "$work/s2" -o "$work/x.ndjson"
grep -q 'shard 1 of 3 is missing' "$work/err" && ok "merge: names it" || bad "merge: does not name it"
expect_status 65 "merge: a shard given twice" "$trifecta" merge "$work"/s? "$work/s1/" -o "$work/x.ndjson"
expect_status 75 "merge: a folder that is not there" "$trifecta" merge "$work"/s0 "$work/s1" "$work/s9" -o "$work/x.ndjson"
cp -r "$work/s1" "$work/t1"; touch "$work/t1/.checkpoint"
expect_status 75 "merge: a shard that is not finished" "$trifecta" merge "$work"/s0 "$work/t1" "$work/s2" -o "$work/x.ndjson"
rm "$work/t1/.checkpoint"; printf 'x' >>"$work/t1/part-00001.ndjson.zst"
expect_status 65 "merge: a part with a byte more" "$trifecta" merge "$work"/s0 "$work/t1" "$work/s2" -o "$work/x.ndjson"
grep -q 'part-00001.ndjson.zst is not what its manifest says' "$work/err" && ok "merge: names the part" || bad "merge: does not name the part"
rm "$work/t1/part-00001.ndjson.zst"
expect_status 66 "merge: a part that is gone" "$trifecta" merge "$work"/s0 "$work/t1" "$work/s2" -o "$work/x.ndjson"
# What does not belong together: another seed, other options, another list.
scan --shards 3 --shard 1 --seed 8 -o "$work/seed/" && expect_status 65 "merge: another seed" "$trifecta" merge "$work"/s0 "$work/seed" "$work/s2" -o "$work/x.ndjson"
scan --shards 3 --shard 1 --dkim off -o "$work/options/" && expect_status 65 "merge: other options" "$trifecta" merge "$work"/s0 "$work/options" "$work/s2" -o "$work/x.ndjson"
grep -q dkim "$work/err" && ok "merge: names the option" || bad "merge: does not name the option"
echo one-more.example >>"$work/list"
scan --shards 3 --shard 1 -o "$work/list1/" && expect_status 65 "merge: another list" "$trifecta" merge "$work"/s0 "$work/list1" "$work/s2" -o "$work/x.ndjson"
# Hostile manifests: none of them may lead out of the folder, or be believed.
for change in '.parts[0].name = "../s0/part-00000.ndjson.zst"' '.parts[0].name = ".part"' '.schema = 2' '.records += 1' '.parts[0].records = -1' '.parts = 3' \
    '.shard = 3' '.options.checks = 7' '.parts[0].xxh3 = "abc"' '.listed = 1e3' 'del(.names)' '[.]'; do
    mkdir -p "$work/evil" && cp "$work/s1"/part-* "$work/evil/" && jq -c "$change" "$work/s1/manifest.json" >"$work/evil/manifest.json"
    "$trifecta" merge "$work/s0" "$work/evil" "$work/s2" -o "$work/x.ndjson" >"$work/out" 2>"$work/err"
    [ $? -eq 65 ] || { bad "merge: a manifest with $change"; cat "$work/err"; hostile=bad; }
done
[ "${hostile:-}" = bad ] || ok "merge: hostile manifests are refused"
[ ! -e "$work/x.ndjson" ] && ok "merge: what is refused leaves no output" || bad "merge: a refused set left an output"
expect_status 64 "merge: a file is no folder" "$trifecta" merge "$work/m.ndjson.zst" -o "$work/x.ndjson"
expect_status 64 "merge: where to?" "$trifecta" merge "$work/s0"

# A scan that is not finished is left alone.
scan -o "$work/u.ndjson" -n 5; [ -e "$work/u.ndjson.checkpoint" ] || bad "an unfinished scan has a checkpoint"
expect_status 73 "merge: an unfinished scan is not written over" "$trifecta" merge "$work"/s? -o "$work/u.ndjson"
exit $failed
