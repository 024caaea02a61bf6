#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The command line as a user meets it: exit statuses, messages, bad input, stop and resume, output rules.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta") world=$(realpath "${BUILD:-build}/world")
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
start_world --seed 7 || { bad "world starts"; exit 1; }
says() { # PATTERN NAME: the last command said so, in one line on stderr
    if grep -qE "$1" "$work/err"; then ok "$2"; else bad "$2: said '$(head -2 "$work/err")'"; fi
}
one_line() { [ "$(wc -l <"$work/err")" -eq 1 ] && ok "$1" || bad "$1: $(wc -l <"$work/err") lines"; }
scan() { "$trifecta" scan -r "$WORLD" -q --timeout 300ms --retries 1 "$@"; }
printf 'example.com\nexample.org\nexample.net\n' >"$work/three"

# --- usage
expect_status 64 "an unknown option is 64" scan "$work/three" --concurency 5
says 'did you mean --concurrency' "the nearest right spelling is named"
one_line "a usage error is one line"
expect_status 64 "an unknown command is 64" "$trifecta" scna
says "did you mean scan" "the nearest command is named"
expect_status 64 "a number that is none is 64" scan "$work/three" --rate fast
expect_status 64 "a check that is none is 64" scan "$work/three" --checks spf,dmrac
says "did you mean dmarc" "the nearest check is named"
expect_status 64 "a resolver that is none is 64" "$trifecta" scan "$work/three" -r 300.1.1.1
expect_status 0 "--help" "$trifecta" scan --help
awk 'length > 100 { exit 1 }' "$work/out" && ok "help is at most 100 columns wide" || bad "help is wider than 100 columns"
expect_status 0 "--version" "$trifecta" --version
grep -q c-ares "$work/out" && ok "--version names the libraries" || bad "--version names the libraries"

# --- wrong in one way each: one line that says what and where, without -q too
mkdir "$work/folder"
printf '!!!\n???\n' >"$work/nonames"
printf 'rat = 5\n' >"$work/config"
yes selector | head -500000 >"$work/large"
while IFS='|' read -r status pattern words; do
    read -ra words <<<"${words//WORK/$work}"
    "$trifecta" "${words[@]}" >"$work/out" 2>"$work/err" </dev/null; got=$?
    [ $got -eq "$status" ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -qE -- "$pattern" "$work/err" && ok "${words[*]//$work\//}: $status" ||
        bad "${words[*]}: status $got, said '$(head -3 "$work/err")'"
done <<ROWS
64|--scan: the command comes first|--scan list
64|did you mean diff; see trifecta --help|dif WORK/three WORK/three
64|--rate needs a value|scan WORK/three --rate
64|between 65536 and 1000000000000;|scan WORK/three --cache-size 5
64|--checks: unknown check 'dkmi'|scan WORK/three --checks spf,dkmi
64|shards are numbered from 0|scan WORK/three --shards 4 --shard 4
64|write NAME.ndjson.zst|scan WORK/three -o x.csv
64|is a folder: write .*/folder/ for parts|scan WORK/three -o WORK/folder
64|neither an IP address nor a file|scan WORK/three -r 127.0.0.1:99999
64|between 1 and 1000000000000000;|scan WORK/three -n 0
66|nothing: cannot be read: No such file|scan WORK/nothing
66|folder is a folder: give the lists in it|scan WORK/folder
66|--exclude .*nothing: No such file|scan WORK/three --exclude WORK/nothing -r $WORLD
66|--selectors .*nothing: cannot be read: No such file|scan WORK/three --selectors WORK/nothing -r $WORLD
66|--selectors .*large: cannot be read: File too large|scan WORK/three --selectors WORK/large -r $WORLD
73|--rejects .*no/file: No such file|scan WORK/three --rejects WORK/no/file -r $WORLD -o WORK/u.ndjson
65|no domain name .2 lines, 2 rejected.; --rejects FILE says why|scan WORK/nonames -r $WORLD -o WORK/u.ndjson
69|no resolver answers: 127.0.0.1:1 |scan WORK/three -r 127.0.0.1:1 --timeout 100ms --retries 0 -o WORK/u.ndjson
78|config:1: no option is called 'rat'; did you mean rate|scan WORK/three --config WORK/config
66|cannot read .*nothing: No such file|report WORK/nothing
66|folder: it holds no|report WORK/folder
65|report takes what trifecta scan wrote|report /dev/null
64|--format takes one of|report WORK/three --format pdf
66|cannot read .*nothing: No such file or directory$|diff WORK/nothing WORK/three
65|three:1: not JSON|diff WORK/three WORK/three
64|older one first|diff WORK/three
64|needs folders of parts|merge WORK/folder
64|did you mean spf_all_pass|explain spf_all_pas
64|give --ip|spf example.com
64|is no IPv4 or IPv6 address|spf --ip 1.2.3 example.com
64|no domain given|check
64|did you mean protected|check --require protectd example.com
ROWS

# --- lists
expect_status 66 "a list that is not there is 66" scan "$work/nothing.txt" -o "$work/a.ndjson"
says "nothing.txt" "the list is named"
[ ! -e "$work/a.ndjson" ] && ok "no output was made" || bad "an output was made"
: >"$work/empty"
expect_status 65 "a list without a name is 65" scan "$work/empty" -o "$work/a.ndjson"
[ ! -e "$work/a.ndjson" ] && ok "an empty list makes no output" || bad "an empty list makes an output"
printf 'example.com\nnot a name\nexample..org\n\n# comment\n192.0.2.1\nwww.example.com\n' >"$work/mixed"
expect_status 0 "junk lines do not stop a scan" scan "$work/mixed" -o "$work/mixed.ndjson" --rejects "$work/rejects" --summary "$work/summary.json"
[ "$(wc -l <"$work/rejects")" -eq 3 ] && ok "each junk line is in --rejects" || bad "rejects: $(cat "$work/rejects")"
grep -q "mixed:2:" "$work/rejects" && ok "rejects name file and line" || bad "rejects name file and line"
[ "$(jq '[.names, .rejected, .records] | tostring' "$work/summary.json")" = '"[2,3,2]"' ] && ok "the summary counts them" || bad "summary: $(cat "$work/summary.json")"
printf 'example.com\nEXAMPLE.com.\nhttps://example.com/x\n' >"$work/doubles"
expect_status 0 "doubles" scan "$work/doubles" -o "$work/doubles.ndjson"
[ "$(wc -l <"$work/doubles.ndjson")" -eq 1 ] && ok "one record for a name listed three times" || bad "doubles"
expect_status 0 "--dedup no" scan "$work/doubles" -o "$work/doubles2.ndjson" --dedup no
[ "$(wc -l <"$work/doubles2.ndjson")" -eq 3 ] && ok "--dedup no keeps them" || bad "--dedup no"
gzip -c "$work/three" >"$work/three.unnamed"
"$trifecta" scan -r "$WORLD" -q -o - <"$work/three.unnamed" >"$work/stdout" 2>"$work/err"
[ "$(jq -s length "$work/stdout")" = 3 ] && ok "a gzip on stdin, records on stdout" || bad "stdin to stdout: $(cat "$work/err")"
expect_status 0 "--dry-run" "$trifecta" scan "$work/mixed" --dry-run
[ "$(jq '[.names, .rejected] | tostring' "$work/out")" = '"[2,3]"' ] && ok "--dry-run counts and asks nothing" || bad "--dry-run"
printf 'example.org\n*.example.net\n' >"$work/exclude"
printf 'example.org\nwww.example.net\nexample.net\n' >"$work/partly"
expect_status 0 "--exclude" scan "$work/partly" --exclude "$work/exclude" -o "$work/excluded.ndjson"
[ "$(jq -s '[.[] | select(.outcome == "excluded" and .posture == "unknown") | .domain] | sort | tostring' "$work/excluded.ndjson")" = '"[\"example.org\",\"www.example.net\"]"' ] &&
    ok "excluded names have a record" || bad "excluded: $(cat "$work/excluded.ndjson")"

# --- resolvers
expect_status 69 "no resolver answering is 69" "$trifecta" scan "$work/three" -r "127.0.0.1:$(free_port)" --timeout 200ms --retries 0 -o "$work/b.ndjson" -q
says '127\.0\.0\.1:[0-9]+' "the resolver is named"
[ ! -e "$work/b.ndjson" ] && ok "and no output is left" || bad "an output is left"

# --- output
expect_status 73 "an output that cannot be made is 73" scan "$work/three" -o "$work/no/such/folder/x.ndjson"
expect_status 0 "a first scan" scan "$work/three" -o "$work/c.ndjson.zst"
expect_status 73 "a finished output is not overwritten" scan "$work/three" -o "$work/c.ndjson.zst"
says '[-]-force' "and how to is said"
expect_status 66 "a missing list is not hidden by the output that stands there" scan "$work/nothing.txt" -o "$work/c.ndjson.zst"
expect_status 0 "--force overwrites" scan "$work/three" -o "$work/c.ndjson.zst" --force
zstd -tq "$work/c.ndjson.zst" && ok "zstd -t is content" || bad "zstd -t"
[ "$(zstd -lv "$work/c.ndjson.zst" 2>/dev/null | sed -n 's/.*Frames: *//p')" = 1 ] 2>/dev/null && ok "one frame" ||
    { zstd -l "$work/c.ndjson.zst" | awk 'NR == 2 && $1 == 1 { good = 1 } END { exit !good }' && ok "one frame" || bad "one frame"; }
if [ -w /dev/full ]; then
    expect_status 74 "a full disk is 74" sh -c "'$trifecta' scan '$work/three' -r $WORLD -q -o - >/dev/full"
fi
"$trifecta" scan -r "$WORLD" -q -o - "$work/three" 2>"$work/err" | head -c 10 >/dev/null
[ "${PIPESTATUS[0]}" -eq 0 ] && ok "a reader that goes away is a normal end" || bad "SIGPIPE: ${PIPESTATUS[0]} $(cat "$work/err")"

# --- stop and go on
"$world" --print-list 3000 >"$work/list" 2>/dev/null
resumable=(scan "$work/list" --timeout 300ms --retries 1 -o "$work/d.ndjson.zst" --rate 1k --checkpoint-every 100ms --seed 5)
# One signal (timeout(1) sends two, to its child and to its group), when records stand in the output; the pace makes the scan last.
"$trifecta" "${resumable[@]}" -r "$WORLD" -q 2>"$work/err" &
first=$!
await test -s "$work/d.ndjson.zst" || bad "no record is written"
kill -INT $first
wait $first
status=$?
scan "$work/list" -o "$work/e.ndjson.zst" -n 500; [ $? -eq 75 ] && ok "-n stops early with 75" || bad "-n"
[ $status -eq 75 ] && ok "SIGINT ends a scan with 75" || bad "SIGINT: $status"
[ -e "$work/d.ndjson.zst.checkpoint" ] && ok "a checkpoint stands beside the output" || bad "no checkpoint"
zstd -tq "$work/d.ndjson.zst" && ok "what was written is a whole frame" || bad "torn output"
expect_status 73 "other options are refused" scan "$work/list" -o "$work/d.ndjson.zst" --seed 5 --dkim off
says 'dkim' "and the difference is said"
expect_status 0 "the same command line goes on" scan "$work/list" -o "$work/d.ndjson.zst" --checkpoint-every 100ms
[ "$(zstd -dqc "$work/d.ndjson.zst" | jq -r .domain | sort | md5sum)" = "$(sort "$work/list" | md5sum)" ] && ok "every name once after a resume" || bad "names after a resume"
[ ! -e "$work/d.ndjson.zst.checkpoint" ] && ok "the checkpoint is gone" || bad "the checkpoint stays"
# Two at once: the frame may be torn, the run is gone on with all the same.
"$trifecta" "${resumable[@]:0:2}" -o "$work/g.ndjson.zst" -r "$WORLD" -q --rate 1k --checkpoint-every 100ms 2>"$work/err" &
first=$!
await test -s "$work/g.ndjson.zst" || bad "no record is written"
kill -INT $first; kill -INT $first
wait $first
status=$?
[ $status -eq 75 ] && ok "SIGINT twice is 75" || bad "SIGINT twice: $status $(cat "$work/err")"
expect_status 0 "goes on after SIGINT twice" scan "$work/list" -o "$work/g.ndjson.zst"
zstd -tq "$work/g.ndjson.zst" && [ "$(zstd -dqc "$work/g.ndjson.zst" | jq -r .domain | sort | md5sum)" = "$(sort "$work/list" | md5sum)" ] &&
    ok "every name once after SIGINT twice, in whole frames" || bad "names after SIGINT twice"
"$trifecta" "${resumable[@]:0:2}" -o "$work/f.ndjson" -r "$WORLD" -q --rate 300 2>/dev/null &
first=$!
await test -e "$work/f.ndjson.checkpoint" || bad "no checkpoint while scanning"
expect_status 77 "a second run on the same output is 77" scan "$work/list" -o "$work/f.ndjson"
kill -9 $first; wait $first 2>/dev/null
expect_status 0 "goes on after kill -9" scan "$work/list" -o "$work/f.ndjson"
[ "$(jq -r .domain "$work/f.ndjson" | sort | md5sum)" = "$(sort "$work/list" | md5sum)" ] && ok "every name once after kill -9" || bad "names after kill -9"

# --- shards
for shard in 0 1 2; do scan "$work/list" --shards 3 --shard $shard -o "$work/s$shard.ndjson" || bad "shard $shard"; done
[ "$(cat "$work"/s?.ndjson | jq -r .domain | sort | md5sum)" = "$(sort "$work/list" | md5sum)" ] && ok "three shards are the list" || bad "shards"

# --- check, explain
expect_status 0 "check" "$trifecta" check example.com -r "$WORLD"
grep -q 'DMARC' "$work/out" && ok "check draws the mechanisms" || bad "check"
grep -q $'\033' "$work/out" && bad "no colour in a pipe" || ok "no colour in a pipe"
expect_status 0 "check --json" "$trifecta" check example.com example.org --json -r "$WORLD"
[ "$(jq -s 'map(.domain) | tostring' "$work/out")" = '"[\"example.com\",\"example.org\"]"' ] && ok "check keeps the order" || bad "check --json"
expect_status 1 "check --require not met is 1" "$trifecta" check example.com --require nonexistent -r "$WORLD"
expect_status 64 "a posture that is none is 64" "$trifecta" check example.com --require protectd -r "$WORLD"
expect_status 65 "a domain that is none is 65" "$trifecta" check 'not a name' -r "$WORLD"
expect_status 0 "explain" "$trifecta" explain spf_too_many_lookups
expect_status 64 "explain of nothing known is 64" "$trifecta" explain spf_to_many_lookups
says spf_too_many_lookups "the nearest finding is named"
expect_status 0 "explain --json" "$trifecta" explain --json
jq -e 'length > 250 and all(.[]; .meaning != "" and .id != "")' "$work/out" >/dev/null && ok "the whole catalogue is JSON" || bad "explain --json"
exit $failed
