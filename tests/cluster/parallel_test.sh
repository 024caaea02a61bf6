#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# GNU parallel runs deploy/parallel/sweep over the .gov list; a shard is killed midway; the joined result must equal a scan in one piece.
set -u
. "$(dirname "$0")/cluster.sh"
trap 'stop_servers; rm -rf "$work"' EXIT
command -v parallel >/dev/null || skip parallel "GNU parallel is not installed (make cluster installs it)"

start_far_end
scan_in_one_piece || { bad "parallel: the scan in one piece fails"; exit 1; }
out=$work/sweep
"$root/deploy/parallel/sweep" "$list" "$out" 4 2 "${scan_options[@]}" --rate 4k >"$work/log" 2>&1 &
sweep=$!
killed=$(kill_one_shard "$out") && ok "parallel: $killed was killed -9 midway" || bad "parallel: no shard could be killed"
wait "$sweep"; status=$?
if [ $status -eq 0 ]; then ok "parallel: the sweep ended well"; else bad "parallel: exit status $status"; tail -n 20 "$work/log"; exit 1; fi
if [ "$(jq -r .resumed "$out/$killed/manifest.json")" -ge 1 ]; then ok "parallel: $killed went on from its checkpoint"; else bad "parallel: $killed did not resume"; fi
compare "$out/merged" parallel

# A shard that is missing is no result: 75, and the words name it.
rm -rf "$out/shard-2"
"$trifecta" merge "$out"/shard-*/ -o "$work/again/" >"$work/out" 2>"$work/err"; status=$?
if [ $status -eq 75 ] && grep -q 'shard 2' "$work/err"; then ok "parallel: merge refuses a set without shard 2"; else bad "parallel: merge of an incomplete set: $status"; cat "$work/err"; fi
exit $failed
