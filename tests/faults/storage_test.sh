#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a disk, a folder, a list and the system's limits can do to a scan: POINTS=50 tests/faults/storage_test.sh for that many full
# disks. As root the disk is a small tmpfs; else a system call that fails stands for it (inject.c).
set -u
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
cp "${BUILD:-build}/trifecta" "${BUILD:-build}/world" "$work/"
trifecta=$work/trifecta world=$work/world inject=$(realpath "${BUILD:-build}/tests/faults/inject.so")
points=${POINTS:-5} names=1500 failed=0
RANDOM=${SEED:-$$}
. tests/e2e/servers.sh
trap 'stop_servers; umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
start_world --seed 7 --delay 5 || { bad "world starts"; exit 1; }
"$world" --print-list $names >"$work/list" 2>/dev/null
sort "$work/list" >"$work/sorted"
asking=(-r "$WORLD" --timeout 200ms --retries 1 --second-pass no --concurrency 300 --checkpoint-every 50ms --seed 3 -q)

# is_whole OUTPUT [NAMES]
is_whole() {
    case $1 in */) cat "$1"part-*.zst | zstd -dqc ;; *.zst) zstd -dqc "$1" ;; *) cat "$1" ;; esac 2>/dev/null | jq -r .domain | sort | cmp -s - "${2:-$work/sorted}"
}
says() { grep -qE "$1" "$work/err" && [ "$(grep -c '^trifecta: ' "$work/err")" -ge 1 ]; } # and who says it
goes_on() { # NAME OUTPUT COMMAND ...
    local name=$1 output=$2; shift 2
    "$@" >/dev/null 2>"$work/err" && is_whole "$output" && ok "$name, and the same command completes the list" || bad "$name: it does not go on: $(cat "$work/err")"
}

# --- the disk is full, at any moment
mkdir "$work/disk"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=400k,mode=755 tmpfs "$work/disk" 2>/dev/null; then disk="a tmpfs" is_mount=1; else disk="injected" is_mount=0; fi
bad_points=0 met=0 kinds=(o.ndjson.zst out/) room=() writes=()
full_scan() { command=("$trifecta" scan "$work/list" "${asking[@]}" -o "$work/disk/$1" --part-records 200); out=$work/disk/$1; rm -rf "$work"/disk/*; } # KIND
# What a run takes that nothing disturbs: of blocks of 4 KiB for its records alone, of writes.
for kind in 0 1; do
    full_scan "${kinds[kind]}"
    env FAULT_COUNTS="$work/counts" LD_PRELOAD="$inject" "${command[@]}" 2>"$work/err" || bad "with room for all: $? $(cat "$work/err")"
    room[kind]=$(du -ks --apparent-size "${out%/}" | cut -f1) writes[kind]=$(awk '$1 == "write" { print $2 }' "$work/counts")
done
for i in $(seq "$points"); do
    kind=$((i % 2))
    full_scan "${kinds[kind]}"
    if [ $is_mount = 1 ]; then
        # Room for one block, or up to some less than the records need.
        left=$((1 + RANDOM % (room[kind] / 4 - 3)))
        head -c $((409600 - left * 4096)) /dev/zero >"$work/disk/ballast"
        "${command[@]}" 2>"$work/err"; status=$?
        rm -f "$work/disk/ballast"
    else
        env FAULT="write:$((1 + RANDOM % (writes[kind] * 3 / 4)))-:short" LD_PRELOAD="$inject" "${command[@]}" 2>"$work/err"; status=$?
    fi
    if [ $status -eq 0 ]; then is_whole "$out" || { bad_points=$((bad_points + 1)); echo "point $i: done, but not whole"; }; continue; fi
    met=$((met + 1))
    [ $status -eq 74 ] && says 'No space left' || { bad_points=$((bad_points + 1)); echo "point $i: exit status $status: $(cat "$work/err")"; }
    "${command[@]}" 2>"$work/err" && is_whole "$out" || { bad_points=$((bad_points + 1)); echo "point $i: does not go on: $(cat "$work/err")"; }
done
[ $bad_points -eq 0 ] && [ $((met * 10)) -ge $((points * 8)) ] && ok "a full disk ($disk) at $points points: $met met one, exit status 74, whole after the same command" || bad "full disk: $bad_points of $points wrong, $met met one"
[ $is_mount = 0 ] || umount "$work/disk"

slow=("${asking[@]}" --rate 5k) # some three seconds
# halfway PID FILE [BYTES]: stands still once there is more than that in the file. Thus what follows comes in the middle of its work, on a slow
# machine too; `kill -CONT` lets it go on.
halfway() { await is_larger "$2" "${3:-0}" && freeze "$1" || bad "the run did not begin, or was over, before $2 had more than ${3:-0} bytes"; }
# remove FOLDER: until it is gone.
remove() { rm -rf "$1" 2>/dev/null; [ ! -e "$1" ]; }

# --- a second run on the same output
"$trifecta" scan "$work/list" "${slow[@]}" -o "$work/two.ndjson" 2>/dev/null & first=$!
halfway $first "$work/two.ndjson"
expect_status 77 "a second run on the same output" "$trifecta" scan "$work/list" "${slow[@]}" -o "$work/two.ndjson"
says 'another run is writing' && ok "says so" || bad "$(cat "$work/err")"
kill -CONT $first
wait $first && is_whole "$work/two.ndjson" && ok "and does the first no harm" || bad "the first run was harmed"
"$trifecta" scan "$work/list" "${slow[@]}" -o "$work/two/" 2>/dev/null & first=$!
halfway $first "$work/two/.checkpoint"
expect_status 77 "a second run on the same folder" "$trifecta" scan "$work/list" "${slow[@]}" -o "$work/two/" --force
kill -CONT $first
wait $first && is_whole "$work/two/" && ok "and does the first no harm there" || bad "the first run was harmed"

# --- the folder goes
mkdir "$work/gone"
"$trifecta" scan "$work/list" "${slow[@]}" -o "$work/gone/o.ndjson.zst" 2>"$work/err" & first=$!
halfway $first "$work/gone/o.ndjson.zst.checkpoint"
await remove "$work/gone" || bad "the folder stays"
kill -CONT $first
wait $first; status=$?
[ $status -eq 74 ] && says 'gone/o.ndjson.zst.*No such file' && ok "the output's folder is removed under us: 74, in words" || bad "folder removed: $status $(cat "$work/err")"
mkdir "$work/gone"
goes_on "made again" "$work/gone/o.ndjson.zst" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/gone/o.ndjson.zst"
"$trifecta" scan "$work/list" "${slow[@]}" -o "$work/parts/" --part-records 100 2>"$work/err" & first=$!
halfway $first "$work/parts/.checkpoint"
await remove "$work/parts" || bad "the folder stays"
kill -CONT $first
wait $first; status=$?
[ $status -eq 74 ] && says 'parts/.*No such file' && ok "a folder of parts is removed under us: 74, in words" || bad "parts removed: $status $(cat "$work/err")"
goes_on "anew" "$work/parts/" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/parts/"

# --- the list changes
for change in truncated grown; do
    { cat "$work/list"; "$world" --print-list 60000 2>/dev/null | tail -n +$((names + 1)); } >"$work/changing"
    "$trifecta" scan "$work/changing" "${asking[@]}" --order list --checks spf -o "$work/$change.ndjson.zst" 2>"$work/err" & first=$!
    halfway $first "$work/$change.ndjson.zst.checkpoint"
    if [ $change = truncated ]; then truncate -s 400000 "$work/changing"; else echo one-more.example >>"$work/changing"; kill -TERM $first; fi
    kill -CONT $first
    wait $first; status=$?
    if [ $change = truncated ]; then
        [ $status -eq 66 ] && says 'changing: it has changed while it was read' && ok "a list that is truncated under us: 66, in words" || bad "list truncated: $status $(cat "$work/err")"
    else
        [ $status -eq 75 ] || bad "SIGTERM: $status"
    fi
    expect_status 73 "the unfinished output of a list that is $change" "$trifecta" scan "$work/changing" "${asking[@]}" --order list --checks spf -o "$work/$change.ndjson.zst"
    says 'list was [0-9a-f]{16}, now [0-9a-f]{16}' && ok "says what differs" || bad "$(cat "$work/err")"
done

# --- limits of the system
(ulimit -f 100; exec "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/big.ndjson") 2>"$work/err"; status=$?
[ $status -eq 74 ] && says 'big.ndjson: File too large' && ok "a limit on the size of files (SIGXFSZ): 74, in words" || bad "SIGXFSZ: $status $(cat "$work/err")"
goes_on "without the limit" "$work/big.ndjson" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/big.ndjson"
for limit in 6 16 32 40; do
    (ulimit -n $limit; exec "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/files.ndjson") 2>"$work/err"; status=$?
    case $status in
    0) is_whole "$work/files.ndjson" || bad "with $limit descriptors: not whole"; rm -f "$work/files.ndjson" ;;
    66 | 69 | 71 | 73 | 74) says 'Too many open files' || bad "with $limit descriptors: $status, not in words: $(cat "$work/err")" ;;
    *) bad "with $limit descriptors: $status $(cat "$work/err")" ;;
    esac
done
goes_on "6 to 40 file descriptors: done, or told in words" "$work/files.ndjson" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/files.ndjson"
# Below some 80 MB jemalloc itself does not come up.
for limit in 100000 130000 180000; do
    (ulimit -v $limit; exec "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/memory.ndjson") 2>"$work/err"; status=$?
    case $status in
    0) is_whole "$work/memory.ndjson" || bad "with $limit KB: not whole"; rm -f "$work/memory.ndjson" ;;
    127) ;; # not even its libraries fit
    66 | 71 | 73 | 74) says 'memory|Cannot allocate|Resource temporarily' || bad "with $limit KB: $status, not in words: $(cat "$work/err")" ;;
    *) bad "with $limit KB: $status $(cat "$work/err")" ;;
    esac
done
goes_on "100 to 180 MB of address space: done, or told in words" "$work/memory.ndjson" "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/memory.ndjson"

# --- no right to write
mkdir -m 555 "$work/readonly"
chmod 755 "$work"
as_user() { if [ "$(id -u)" = 0 ]; then setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; else "$@"; fi; }
for output in readonly/o.ndjson.zst readonly/out/; do
    expect_status 73 "$output cannot be made" as_user "$trifecta" scan "$work/list" "${asking[@]}" -o "$work/$output"
    says 'cannot make .*Permission denied' && ok "in words" || bad "$(cat "$work/err")"
done

# --- every kind of input and order goes on
gzip -k "$work/list"; zstd -qk "$work/list"
head -700 "$work/list" >"$work/half1"; tail -n +701 "$work/list" >"$work/half2"
"$trifecta" scan "$work/list" "${asking[@]}" --shards 2 --shard 0 -o "$work/shard.ndjson" && jq -r .domain "$work/shard.ndjson" | sort >"$work/shard.sorted"
outputs=(o.ndjson.zst out/ o.ndjson) turn=0
while read -r name want arguments; do
    for output in "${outputs[turn++ % 3]}"; do
        rm -rf "$work/o.ndjson"* "$work/out"
        # shellcheck disable=SC2086
        for limit in 300 300 10000; do
            (cd "$work" && "$trifecta" scan $arguments "${asking[@]:0:2}" -q --checkpoint-every 50ms --timeout 200ms --retries 1 --second-pass no -o "$output" -n $limit <list 2>"$work/err")
            status=$?
            [ $status -eq 75 ] || break
        done
        [ $status -eq 0 ] && is_whole "$work/$output" "$work/$want" || bad "$name, $output: $status $(cat "$work/err")"
    done
    ok "goes on: $name"
done <<'END'
shuffled sorted list
in-list-order sorted list --order list
stdin sorted -
two-lists sorted half1 half2
gzip sorted list.gz
zstd sorted list.zst --order list
a-shard shard.sorted list --shards 2 --shard 0
no-dedup sorted list --dedup no
END
exit $failed
