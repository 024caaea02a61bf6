#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The jq recipes of docs/recipes.md, as they stand there, against `trifecta report` and `trifecta diff` of the same files.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta") world=$(realpath "${BUILD:-build}/world")
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
. tests/recipes/lib.sh
trap 'stop_servers; rm -rf "$work"' EXIT
make_sweeps || { bad "the sweeps"; exit 1; }
[ "$(awk '$4 > 0' FS='\t' "$work/expected/adoption" | wc -l)" -eq 3 ] && ok "there are unknown ones to be counted apart" || bad "no name is unknown"

for name in adoption customers findings join; do
    recipe "jq-$name" >"$work/recipe.sh"
    (cd "$work" && bash -eu recipe.sh >got 2>err) || { bad "jq-$name: $(cat "$work/err")"; continue; }
    # The one that counts with uniq says the number first.
    if [ $name = findings ]; then awk '{ print $2 "\t" $3 "\t" $1 }' "$work/got" >"$work/counted" && mv "$work/counted" "$work/got"; fi
    same $name "jq-$name" "$work/got"
done

# --- what the page says of frames
frames() { zstd -lv "$1" 2>/dev/null | sed -n 's/.*Frames: *\([0-9]*\).*/\1/p'; }
[ "$(frames "$work/before.ndjson.zst")" -gt 1 ] && ok "a file of a scan that went on has several frames" || bad "frames: $(zstd -lv "$work/before.ndjson.zst")"
[ "$(zstd -dqc "$work/before.ndjson.zst" | wc -l)" = 400 ] && ok "zstd reads them all" || bad "zstd does not read all frames"
[ "$(for part in "$work"/run/part-*; do frames "$part"; done | sort -u)" = 1 ] && ok "a part is one frame" || bad "parts of several frames"
[ "$(frames "$work/results.ndjson.zst")" = 1 ] && ok "merge makes one frame" || bad "merge: several frames"

# --- each fence with a name is run by somebody
named=$(sed -n 's/^```[a-z]* \(.*\)/\1/p' docs/recipes.md | sort)
run=$(printf '%s\n' python-frames {jq,duckdb,clickhouse,pandas}-{adoption,customers,findings,join} clickhouse-table | sort)
[ "$named" = "$run" ] && ok "every recipe that says it is run is run" || bad "recipes: $(diff <(echo "$named") <(echo "$run"))"
exit $failed
