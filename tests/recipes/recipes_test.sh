#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The recipes of docs/recipes.md for DuckDB, ClickHouse and pandas, as they stand there, against `trifecta report` and `trifecta diff`
# of the same files; and every number of the report against DuckDB (report.sql). Run by `make recipes`, which installs pandas; DuckDB
# and ClickHouse come from npm into a folder that goes away again.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta") world=$(realpath "${BUILD:-build}/world")
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
. tests/recipes/lib.sh
trap 'stop_servers; rm -rf "$work"' EXIT
skip() { printf '[  SKIPPED ] %s: %s\n' "$1" "$2"; }

# Every number of every table of `trifecta report`, by DuckDB: names with ranks and tags, some in the parts of a folder, some excluded, some unknown.
compare_report() {
    start_world --seed 7 --profile toplist --servfail 2 || { bad "the world of the report"; return; }
    "$world" --profile toplist --seed 7 --print-list 3000 2>/dev/null | awk 'BEGIN { print "rank,domain,customer" } { print NR * NR "," $1 "," (NR % 3 ? "customer-" NR % 40 : "") }' >"$work/ranked.csv"
    echo 'excluded.example' >>"$work/ranked.csv"
    echo '*.example' >"$work/exclude"
    "$trifecta" scan "$work/ranked.csv" -q -r "$WORLD" --retries 1 --second-pass no --exclude "$work/exclude" --tag-column customer --records full --checks +bimi -o "$work/records.ndjson" ||
        { bad "the scan of the report"; return; }
    stop_servers
    "$trifecta" explain --json >"$work/kinds.json"
    "$trifecta" report "$work/records.ndjson" --format json >"$work/tables.json"
    # Of keys that are shared DuckDB tells how many domains have them, and not which selector stands for them.
    jq -r -f tests/e2e/report_numbers.jq "$work/tables.json" | awk -F '\t' -v OFS='\t' '$1 == "dkim_shared_keys" { if ($3 != "domains") next; $2 = "a key" } 1' | LC_ALL=C sort >"$work/want"
    (cd "$work" && node "$here/tests/recipes/run_duckdb.mjs" "$work/npm" "$here/tests/recipes/report.sql") 2>"$work/err" | LC_ALL=C sort >"$work/got"
    [ "$(wc -l <"$work/want")" -gt 1000 ] && [ "$(jq -r '.tables | keys[]' "$work/tables.json")" = "$(cut -f1 "$work/want" | sort -u)" ] && ok "the report has every table" ||
        bad "too little to compare: $(jq -r '.tables | keys[]' "$work/tables.json" | diff - <(cut -f1 "$work/want" | sort -u))"
    if cmp -s "$work/want" "$work/got"; then ok "every number of every table, by DuckDB: $(wc -l <"$work/got")"; else
        bad "report and DuckDB differ: $(tail -3 "$work/err")"; diff "$work/want" "$work/got" | head -20; fi
}

make_sweeps || { bad "the sweeps"; exit 1; }
ok "the sweeps"
here=$(pwd)

if /usr/bin/python3 -c 'import pandas, zstandard' 2>/dev/null; then
    recipe python-frames >"$work/recipe.py"
    got=$(cd "$work" && /usr/bin/python3 "$here/tests/recipes/run_python.py" recipe.py 2>&1)
    [ "$got" = 400 ] && ok "python-frames: every frame is read" || bad "python-frames: $got"
    # The trap the page warns of: if this ever reads all, the page can say less.
    got=$(/usr/bin/python3 -c 'import sys, zstandard; print(len(b"".join(zstandard.ZstdDecompressor().read_to_iter(open(sys.argv[1], "rb"))).splitlines()))' "$work/before.ndjson.zst")
    [ "$got" -lt 400 ] && ok "python-zstandard's read_to_iter stops after the first frame: $got of 400 records" || bad "read_to_iter reads $got records: docs/recipes.md says otherwise"
    for name in adoption customers findings join; do
        recipe "pandas-$name" >"$work/recipe.py"
        (cd "$work" && /usr/bin/python3 "$here/tests/recipes/run_python.py" recipe.py >got 2>err) || { bad "pandas-$name: $(tail -3 "$work/err")"; continue; }
        same $name "pandas-$name" "$work/got"
    done
else
    skip pandas "python3-pandas and python3-zstandard are not installed, nor can they be"
fi

if command -v npm >/dev/null && (mkdir "$work/npm" && cd "$work/npm" && npm install --no-audit --no-fund --silent @duckdb/node-api) >"$work/npm.log" 2>&1; then
    for name in adoption customers findings join; do
        recipe "duckdb-$name" >"$work/recipe.sql"
        (cd "$work" && node "$here/tests/recipes/run_duckdb.mjs" "$work/npm" recipe.sql >got 2>err) || { bad "duckdb-$name: $(tail -3 "$work/err")"; continue; }
        same $name "duckdb-$name" "$work/got"
    done
    compare_report
else
    skip DuckDB "npm is not there, or cannot install @duckdb/node-api"
fi

# As a library, some 500 MB of it.
if command -v npm >/dev/null && (mkdir "$work/chdb" && cd "$work/chdb" && npm install --no-audit --no-fund --silent chdb) >"$work/npm.log" 2>&1; then
    clickhouse() { recipe "clickhouse-$1" >"$work/recipe.sql" && (cd "$work" && node "$here/tests/recipes/run_clickhouse.mjs" "$work/chdb" recipe.sql >got 2>err) || bad "clickhouse-$1: $(tail -3 "$work/err")"; }
    for name in adoption customers findings join; do
        clickhouse $name && same $name "clickhouse-$name" "$work/got"
    done
    clickhouse table
    want=$(zstd -dqc "$work/results.ndjson.zst" | jq -r .spoofable | sort | uniq -c | awk '{ n[$2] = $1 } END { print n["true"] + n["false"] + n["null"], n["true"] + 0, n["null"] + 0, "1" }' OFS='\t')
    [ "$(cat "$work/got")" = "$want" ] && ok "clickhouse-table" || bad "clickhouse-table: '$(cat "$work/got")', not '$want'"
else
    skip ClickHouse "npm is not there, or cannot install chdb"
fi
exit $failed
