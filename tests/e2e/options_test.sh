#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Options as a user meets them: config file and environment, --strict, --verbose, --progress, names of outputs, help.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta") world=$(realpath "${BUILD:-build}/world")
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
start_world --seed 7 || { bad "world starts"; exit 1; }
says() { # PATTERN NAME: the last command said so on stderr
    if grep -qE -- "$1" "$work/err"; then ok "$2"; else bad "$2: said '$(head -3 "$work/err")'"; fi
}
scan() { "$trifecta" scan -r "$WORLD" --timeout 300ms --retries 1 "$@"; }
printf 'example.com\nexample.org\nexample.net\n' >"$work/three"

# --- config file and environment
printf '# of this test\nresolvers = %s\ntimeout = 300ms\noutput = %s/config.ndjson\nquiet = yes\nrequire = protected\n' "$WORLD" "$work" >"$work/conf"
expect_status 0 "a scan by config file" "$trifecta" scan "$work/three" --config "$work/conf"
[ "$(wc -l <"$work/config.ndjson")" = 3 ] && ok "its output is where the file says" || bad "config: $(ls "$work")"
expect_status 0 "a scan by environment" env TRIFECTA_CONFIG="$work/conf" TRIFECTA_OUTPUT="$work/environment.ndjson" "$trifecta" scan "$work/three"
[ -s "$work/environment.ndjson" ] && ok "the environment beats the file" || bad "environment"
expect_status 0 "a scan by flag" env TRIFECTA_CONFIG="$work/conf" TRIFECTA_OUTPUT="$work/no.ndjson" "$trifecta" scan "$work/three" -o "$work/flag.ndjson"
[ -s "$work/flag.ndjson" ] && [ ! -e "$work/no.ndjson" ] && ok "a flag beats the environment" || bad "flag"
printf 'rate = 5k\nresolver-raet = 5\n' >"$work/bad"
expect_status 78 "a wrong config file is 78" scan "$work/three" --config "$work/bad"
says "bad:2: .*resolver-rate" "with its line and the right spelling"
expect_status 78 "a wrong variable is 78" env TRIFECTA_RATE=fast "$trifecta" scan "$work/three"
says 'TRIFECTA_RATE takes a number' "with its name"
head -c 3000000 /dev/zero >"$work/zero"
expect_status 78 "a config file of zeros is 78" scan "$work/three" --config "$work/zero"

# --- strict
printf 'example.com\n# fine\n\nnot a name\nexample.org\n192.0.2.1\n' >"$work/mixed"
expect_status 65 "--strict: a line without a name is 65" scan "$work/mixed" --strict -o "$work/strict.ndjson" -q
says 'mixed:4: .*not a name' "with file, line and the text"
[ "$(wc -l <"$work/err")" = 1 ] && [ ! -e "$work/strict.ndjson" ] && ok "in one line, and nothing was scanned" || bad "strict: $(cat "$work/err")"
expect_status 65 "--strict --dry-run" "$trifecta" scan "$work/mixed" --strict --dry-run
expect_status 65 "--strict in list order" scan "$work/mixed" --strict --order list -o "$work/strict2.ndjson" -q
expect_status 65 "--strict from a pipe" sh -c "cat '$work/mixed' | '$trifecta' scan - --strict -r $WORLD -q -o '$work/strict3.ndjson'"
says 'stdin:4:' "which is called stdin"
expect_status 0 "--strict: a good list is scanned" scan "$work/three" --strict -o "$work/strict4.ndjson" -q
expect_status 65 "--strict: a wrong layout is 65" scan "$work/three" --strict --input-format tranco -o "$work/strict5.ndjson" -q
says 'three:1: ' "with its line"
printf 'id,site\n1,example.com\n' >"$work/table.csv"
expect_status 65 "a column that is not there is 65" scan "$work/table.csv" --tag-column account -o "$work/column.ndjson" -q
says '--tag-column: no column "account".*id,site' "the option is named, and the columns there are"

# --- outputs
for name in x.csv x.ndjson.gz x.zst results; do
    expect_status 64 "-o $name is 64" scan "$work/three" -o "$work/$name"
    says 'NAME.ndjson.zst, NAME.ndjson, DIR/' "with the right spellings"
done
mkdir "$work/folder"
expect_status 64 "a folder without its slash is 64" scan "$work/three" -o "$work/folder"
says 'write .*/folder/' "with its slash"
expect_status 0 "stdout is called so" scan "$work/three" -o -
says 'writing to stdout' "in words"

# --- progress, verbose
"$world" --print-list 3000 >"$work/list" 2>/dev/null
expect_status 0 "--progress always in a pipe" scan "$work/list" --rate 20k --progress always -o "$work/p.ndjson" --shards 2 --shard 0
tr '\r' '\n' <"$work/err" | grep -qE '^[0-9]+(/~?[0-9]+ [0-9.]+%| done), .*domains/s' && ok "draws the line" || bad "progress: $(cat "$work/err")"
grep -q $'\r' "$work/err" && ok "in place" || bad "in place"
expect_status 0 "--progress auto in a pipe" scan "$work/list" --rate 20k -o "$work/p2.ndjson"
grep -q $'\r' "$work/err" && bad "auto draws in place in a pipe" || ok "does not"
says '^done in [0-9]+:[0-9]+: 3000/3000 100.0%' "but says the last line"
expect_status 0 "--verbose" scan "$work/list" -o "$work/v.ndjson" -v --rate 10k -r "127.0.0.1:$(free_port)" --progress never
says 'option rate = 10k \(the command line\)' "tells the options"
says 'resolver 127\.0\.0\.1:[0-9]+ is taken out' "tells of a resolver that is taken out"

# --- dry run
expect_status 0 "--dry-run" "$trifecta" scan "$work/three" --dry-run --retries 0 --second-pass no --checks mx,-addresses
[ "$(jq -c '[.command[0:4][1:], .queries_at_most]' "$work/out" 2>/dev/null | sed "s|$work/||")" = '[["scan","three","--dry-run"],3]' ] &&
    ok "knows its command, and that three names are three questions for their MX" || bad "dry run: $(cat "$work/out")"

# --- check, drawn
for name in $(head -40 "$work/list"); do LC_ALL=C "$trifecta" check "$name" -r "$WORLD" --timeout 300ms --retries 0; done >"$work/drawn" 2>/dev/null
awk 'length > 100 && NF > 3 { print; bad = 1 } END { exit bad || NR < 400 }' "$work/drawn" && ok "check is wrapped at 100 columns" || bad "check is too wide"
name=$("$trifecta" scan "$work/list" -r "$WORLD" -q -o - -n 300 2>/dev/null | jq -r 'select((.spf.includes | length) > 2) | .domain' | head -1)
"$trifecta" check "$name" -r "$WORLD" | grep -qE '[0-9]+ addresses and networks' && ok "runs of addresses are one line" || bad "runs of addresses in $name"
"$trifecta" check "$name" -r "$WORLD" -v 2>/dev/null | grep -cE -- '(-|─) ip[46]:' | grep -qE '^[0-9]+' && ok "-v draws each" || bad "check -v $name"

# --- help
expect_status 0 "trifecta help scan" "$trifecta" help scan
cp "$work/out" "$work/help"
"$trifecta" scan --help | cmp -s - "$work/help" && ok "is scan --help" || bad "help scan"
[ "$(sed -n 5p "$work/help")" = "Examples:" ] && ok "examples come first" || bad "examples: $(sed -n 1,6p "$work/help")"
expect_status 64 "trifecta help scna" "$trifecta" help scna
for command in $("$trifecta" help --json | jq -r '.commands[].name'); do
    "$trifecta" help "$command" | awk 'length > 100 { exit 1 }' && ok "help $command fits 100 columns" || bad "help $command is too wide"
done
"$trifecta" help | awk 'length > 100 { exit 1 }' && ok "help fits 100 columns" || bad "help is too wide"
"$trifecta" help | grep -qE -- '--spf-ip IP +scan check$' && ok "and says who takes an option" || bad "takers"
expect_status 64 "an option of another command is 64" "$trifecta" check example.com --output x
says '--output is an option of trifecta scan' "and is told so"
"$trifecta" --version | grep -qE ' libarchive [0-9]' && ! "$trifecta" --version | grep -q 'libarchive libarchive' && ok "--version" || bad "--version"
exit $failed
