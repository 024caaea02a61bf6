# SPDX-License-Identifier: MIT
# Sourced by the cluster tests: a simulated Internet, the .gov list, and the comparison with a scan in one piece.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-build}
trifecta=$root/$BUILD/trifecta world=$root/$BUILD/world failed=0
export TRIFECTA=$trifecta
work=$(mktemp -d)
. "$root/tests/e2e/servers.sh"

skip() { printf '[       OK ] %s: skipped: %s\n' "$1" "$2"; exit 0; }

# One line a record, in an order of its own, without what differs from run to run.
settle() { jq -cS 'del(.scanned_at, .dns)' | LC_ALL=C sort; }
settle_folder() { for part in "$1"/part-*.ndjson.zst; do zstd -dqc "$part" || return 1; done | settle; }

start_far_end() {
    start_world --delay 5 || exit 1
    list=$work/gov.csv
    cp "$root/lists/dotgov.csv" "$list"
    scan_options=(-r "$WORLD" --timeout 1s --retries 5 --concurrency 500 --checkpoint-every 200ms)
}

scan_in_one_piece() {
    "$trifecta" scan "$list" -o "$work/whole.ndjson" "${scan_options[@]}" -q || return 1
    settle <"$work/whole.ndjson" >"$work/whole.settled"
}

# compare FOLDER NAME: the joined result holds every record of the scan in one piece, none twice, none other
compare() {
    settle_folder "$1" >"$work/merged.settled" || bad "$2: a part does not decode"
    if cmp -s "$work/whole.settled" "$work/merged.settled"; then
        ok "$2: $(wc -l <"$work/merged.settled") records, equal to the scan in one piece"
    else
        bad "$2: differs from the scan in one piece"
        diff <(head -c 100000000 "$work/whole.settled" | jq -S . ) <(jq -S . "$work/merged.settled") | head -20; diff "$work/whole.settled" "$work/merged.settled" | jq -r .domain 2>/dev/null
    fi
    if [ "$(jq '[.parts[].records] | add' "$1/manifest.json")" = "$(wc -l <"$work/whole.settled")" ]; then
        ok "$2: the manifest counts them all"
    else
        bad "$2: the manifest counts otherwise"
    fi
}

# Waits until a scan of a shard has kept a first checkpoint, then kills it with -9. Prints which.
kill_one_shard() { # OUT
    local i dir pid
    for i in $(seq 300); do
        for dir in "$1"/shard-*; do
            [ -s "$dir/.checkpoint" ] && [ "$(stat -c %s "$dir/.checkpoint")" -gt 0 ] || continue
            pid=$(pgrep -n -f "scan $list -o $dir/ ") || continue
            kill -9 "$pid" && { echo "${dir##*/}"; return 0; }
        done
        sleep 0.05
    done
    return 1
}
