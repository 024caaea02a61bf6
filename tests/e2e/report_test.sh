#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `trifecta report` over a scan of the simulated Internet: every number of every table worked out again with jq, the same
# numbers in all three formats, HTML that is well-formed and harmless whatever the records hold, trouble told in words.
set -u
cd "$(dirname "$0")/../.."
trifecta=${BUILD:-build}/trifecta world=${BUILD:-build}/world
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT
report() { "$trifecta" report "$@" 2>"$work/err"; }
numbers() { jq -r -f tests/e2e/report_numbers.jq "$1" | LC_ALL=C sort; }
same() { if diff "$2" "$3" >"$work/diff"; then ok "$1"; else bad "$1"; head -20 "$work/diff"; fi; }

# --- the fixture: three lists, one plain, one compressed, one in parts; some questions fail
start_world --seed 7 --profile toplist --servfail 2 || exit 1
"$world" --profile toplist --seed 7 --print-list 900 | awk '{print NR * NR "," $1 "," (NR % 3 ? "a \"b\" <" NR % 4 ">" : "")}' >"$work/names.csv"
{ echo rank,domain,customer; head -500 "$work/names.csv"; } >"$work/one.csv"
tail -n +501 "$work/names.csv" | cut -d, -f2 >"$work/two.txt"
printf 'excluded.example\nwww.%s\n' "$(tail -1 "$work/two.txt")" >>"$work/two.txt"
echo '*.example' >"$work/exclude.txt"
scan() { "$trifecta" scan -q -r "$WORLD" --retries 1 --second-pass no --progress never --seed 1 --exclude "$work/exclude.txt" "$@" 2>"$work/err" || { bad "scan $*"; cat "$work/err"; exit 1; }; }
scan "$work/one.csv" --tag-column customer --records full -o "$work/one.ndjson" --summary "$work/one.json"
scan "$work/two.txt" --checks +bimi -o "$work/two.ndjson.zst"
scan "$work/two.txt" --part-records 100 -o "$work/run/"
mkdir "$work/parts"
head -250 "$work/one.ndjson" | zstd -q >"$work/parts/part-00000.ndjson.zst"
tail -n +251 "$work/one.ndjson" | zstd -q >"$work/parts/part-00001.ndjson.zst"
{ cat "$work/one.ndjson"; zstd -dqc "$work/two.ndjson.zst"; } >"$work/all.ndjson"
stop_servers

# --- the numbers
"$trifecta" explain --json | jq 'map({key: .id, value: .}) | from_entries' >"$work/kinds.json"
jq -rs --slurpfile kinds "$work/kinds.json" -f tests/e2e/report.jq "$work/all.ndjson" | LC_ALL=C sort >"$work/want"
report "$work/one.ndjson" "$work/two.ndjson.zst" -o "$work/report.json" || bad "report: exit status $?"
numbers "$work/report.json" | grep -v '^dkim_shared_keys' >"$work/got"
[ "$(wc -l <"$work/want")" -gt 900 ] || bad "jq works out $(wc -l <"$work/want") numbers only"
same "every number of every table, by jq" "$work/want" "$work/got"
for table in $(jq -r '.tables | keys[]' "$work/report.json"); do
    [ "$table" = dkim_shared_keys ] || grep -q "^$table	" "$work/want" || bad "jq does not know the table $table"
done
# Keys that unrelated domains share: names below the same domain are none of those, and not every key is in a record.
{ cat "$work/all.ndjson"; head -200 "$work/one.ndjson" | sed 's/"domain":"/&www./'; } >"$work/keys.ndjson"
report "$work/keys.ndjson" --top 10 -o "$work/keys.json" || bad "shared keys: exit status $?"
jq -nc --argjson top 10 -f tests/e2e/report_shared_keys.jq "$work/keys.ndjson" >"$work/want.keys"
jq -c '.tables.dkim_shared_keys | .rows[], (.remark | gsub(","; "") | [scan("[0-9]+") | tonumber] | {keys: .[0], selectors: .[1], shared: .[2], without: .[3]})' \
    "$work/keys.json" >"$work/got.keys"
[ "$(jq -s 'length == 11 and .[9].domains > 2 and .[10].shared > 10 and .[10].without > 10' "$work/want.keys")" = true ] || bad "too few shared keys to compare: $(tail -1 "$work/want.keys")"
same "keys that domains share, by jq" "$work/want.keys" "$work/got.keys"
report "$work/one.ndjson" --format json | jq -e '.tables.adoption.rows[] | select(.measure == "BIMI") | .all_names == null' >/dev/null &&
    ok "where nobody was asked there is no number" || bad "where nobody was asked there is a number"
[ "$(jq '[.. | objects | select(has("percent") and .of > 0) | (10000 * .count / .of + 0.5 | floor) as $hundredths | (1000 * .count / .of + 0.5 | floor) as $tenths
    | select(if $hundredths < 100 then (.percent * 100 | round) != $hundredths else (.percent * 10 | round) != $tenths end)] | length' "$work/report.json")" = 0 ] &&
    ok "a percentage is its count of its whole" || bad "a percentage is its count of its whole"
[ "$(jq '[.tables | (.postures, .protection, .spf_all, .spf_lookups, .spf_breadth, .dkim_keys) | .rows | [.[] | (.names // .keys) | select(.of > 0)] | (map(.count) | add) == .[0].of] | all' "$work/report.json")" = true ] &&
    ok "parts of a whole make the whole" || bad "parts of a whole make the whole"
[ "$(jq '[.. | objects | select(has("percent") and .of > 0) | select(.count > .of)] | length' "$work/report.json")" = 0 ] &&
    ok "no share is above 100 %" || bad "no share is above 100 %"

# --- a folder as a scan leaves it: its manifest is believed, and held against the parts
report "$work/run/" --format json >"$work/run.json" || bad "a folder: exit status $?"
jq -e '.methods.run | contains("seed 1,")' "$work/run.json" >/dev/null && jq -e '.methods.list | contains("two.txt (402 names")' "$work/run.json" >/dev/null &&
    ok "the manifest speaks in the methods" || bad "the manifest speaks in the methods: $(jq -c .methods "$work/run.json")"
cp -r "$work/run" "$work/less"; rm "$work/less/$(ls "$work/less" | grep part- | tail -1)"
expect_status 65 "a part is missing: 65" "$trifecta" report "$work/less/" --format json
grep -q "records, its manifest names 402" "$work/err" && ok "and what is missing is said" || bad "what is missing: $(cat "$work/err")"

# --- where records come from makes no difference
report "$work/parts/" - <"$work/two.ndjson.zst" --format json >"$work/parts.json" || bad "parts and stdin: exit status $?"
same "parts of a folder and a stream give the same numbers" <(numbers "$work/report.json") <(numbers "$work/parts.json")
report "$work/one.ndjson" "$work/two.ndjson.zst" --by-file --format json >"$work/files.json"
[ "$(jq -c '[.tables.adoption_by_file.rows[] | select(.population == "all names") | .names]' "$work/files.json")" = \
  "$(jq -sc '[[.[] | select(.outcome != "excluded" and .rank != null)], [.[] | select(.outcome != "excluded" and .rank == null)] | length]' "$work/all.ndjson")" ] &&
    ok "--by-file tells the files apart" || bad "--by-file tells the files apart"

# --- three formats, one set of numbers
report "$work/one.ndjson" "$work/two.ndjson.zst" --summary "$work/one.json" -o "$work/report.html" || bad "HTML: exit status $?"
COLUMNS=80 report "$work/one.ndjson" "$work/two.ndjson.zst" --summary "$work/one.json" --format text >"$work/report.txt"
xmllint --noout "$work/report.html" 2>"$work/err" && ok "the HTML is well-formed" || { bad "the HTML is well-formed"; head -5 "$work/err"; }
comma() { sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta'; }
jq -r '.tables[].rows[][] | objects | .count, .of, (select(.unknown > 0 and .of > 0) | .unknown), empty' "$work/report.json" | sort -un | comma >"$work/counts"
jq -r '.tables[].rows[][] | numbers' "$work/report.json" | sort -un | comma >>"$work/counts"
jq -r '.tables[].rows[][] | objects | .percent | select(. != null) | (if . == 0 then "0%" elif . == floor then "\(.).0%"
    elif . < 1 and (. * 100 | round) % 10 == 0 then "\(.)0%" else "\(.)%" end)' "$work/report.json" | sort -u >>"$work/counts"
for format in html txt; do
    grep -oE '[0-9][0-9,]*((\.[0-9]+)?%)?' "$work/report.$format" | sort -u >"$work/shown"
    if missing=$(sort -u "$work/counts" | comm -23 - "$work/shown") && [ -z "$missing" ]; then ok "every number stands in the .$format"
    else bad "missing in the .$format: $(echo $missing | head -c 200)"; fi
done
if ! grep -qiE '<script|javascript:|src=|https?://|@import|url\(' "$work/report.html"; then ok "the HTML needs nothing from elsewhere"; else bad "the HTML needs nothing from elsewhere"; fi
[ "$(grep -o '<svg' "$work/report.html" | wc -l)" -gt 20 ] && ok "it has charts" || bad "it has charts"
for table in spf_errors report_vendors mail_providers; do # tenths of a per cent would be steps that are seen where all are small
    xmllint --xpath "//section[@id='$table']//*[local-name()='rect'][@class='c1']/@width" "$work/report.html" | grep -oE '[0-9.]+' >"$work/drawn"
    scale=$(xmllint --xpath "string(//section[@id='$table']//*[local-name()='svg'])" "$work/report.html" | sed -nE 's/.*full width: ([0-9.]+)% of.*/\1/p')
    jq --argjson scale "$scale" ".tables.$table.rows[:25][].names | 100 * .count / .of / \$scale * 360" "$work/report.json" | paste - "$work/drawn" |
        awk 'NF != 2 || $1 - $2 > 0.06 || $2 - $1 > 0.06 || $2 > 360 { exit 1 } END { if (NR < 5) exit 1 }' &&
        ok "$table: each bar is as long as its share" || bad "$table: bars are not as long as their shares"
done
if [ "$(LC_ALL=C.UTF-8 wc -L <"$work/report.txt")" -le 80 ]; then ok "80 columns are enough for the text"; else bad "text wider than 80 columns"; fi
grep -q '^How a share is written' "$work/report.txt" && ok "the text says how to read a share" || bad "the text does not say how to read a share"
grep -q $'\033' "$work/report.txt" && bad "colour in a file" || ok "no colour but on a terminal"

# --- records are hostile
jq -c '.tag = "</th><script>alert(1)</script>\u001b[31m\u009b\u202e" | .domain = "x.<img src=x onerror=alert(2)>"
       | .spf.includes = ["\"><script>alert(3)</script>"] | .spf.status = "valid" | .mx.providers = ["&<b>"] | .mx.status = "ok"
       | .dkim.selectors = [{selector: "<s>\u0007", status: "valid", key_type: "rsa", key_bits: 2048, testing: false, cname: null, provider: null,
                             record: "v=DKIM1; p=AAAA"}] | .dmarc.status = "valid" | .dmarc.rua = ["mailto:a@<i>.example"]' "$work/one.ndjson" | head -50 >"$work/hostile.ndjson"
report "$work/hostile.ndjson" --title '<h1>"x"</h1>' -o "$work/hostile.html"
if xmllint --noout "$work/hostile.html" 2>/dev/null && ! grep -qE '<script|<img|<i>|<s>|<h1><|'$'[\001-\010\013-\037]' "$work/hostile.html" &&
   grep -q '&lt;script&gt;' "$work/hostile.html"; then ok "hostile text is text in HTML"; else bad "hostile text is text in HTML"; fi
report "$work/hostile.ndjson" --format text | LC_ALL=C grep -qE $'[\001-\010\013-\037\177]' && bad "control characters on the terminal" || ok "hostile text is harmless on a terminal"

# --- trouble
{ head -3 "$work/one.ndjson"; echo '{"schema":1}'; tail -n +4 "$work/one.ndjson"; } >"$work/broken.ndjson"
expect_status 65 "a line that is no record: 65" "$trifecta" report "$work/broken.ndjson" -o "$work/broken.json"
grep -q "broken.ndjson:4: domain is missing" "$work/err" && ok "its line is named" || bad "its line is named: $(cat "$work/err")"
[ "$(jq '.tables.names.rows[0].names' "$work/broken.json")" = 500 ] && jq -e '.methods.unreadable' "$work/broken.json" >/dev/null &&
    ok "the rest is reported, the trouble in the methods" || bad "the rest is reported"
head -c 30000 "$work/two.ndjson.zst" >"$work/torn.ndjson.zst"
expect_status 65 "a torn file: 65" "$trifecta" report "$work/torn.ndjson.zst" "$work/one.ndjson" --format json
grep -q "ends inside a zstd frame" "$work/err" && ok "told in words" || bad "told in words: $(cat "$work/err")"
expect_status 66 "a file that is not there: 66" "$trifecta" report "$work/missing" "$work/one.ndjson" --format json
expect_status 65 "no record at all: 65" "$trifecta" report /dev/null
expect_status 64 "no file: 64" "$trifecta" report
expect_status 65 "a summary that is none: 65" "$trifecta" report "$work/one.ndjson" --summary "$work/kinds.json" --format json
cp "$work/one.ndjson" "$work/results.ndjson"
expect_status 64 "results are not written over: 64" "$trifecta" report "$work/one.ndjson" -o "$work/results.ndjson"
cmp -s "$work/one.ndjson" "$work/results.ndjson" && ok "and stand as they were" || bad "results were written over"
expect_status 73 "an output that cannot be made: 73" "$trifecta" report "$work/one.ndjson" -o "$work/no/such/report.html"
exit $failed
