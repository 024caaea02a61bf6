#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The recipes of docs/recipes.md for DuckDB and pandas, as they stand there, against `trifecta report` and `trifecta diff` of the same
# files. Run by `make recipes`, which installs pandas; DuckDB comes from npm into a folder that goes away again.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta") world=$(realpath "${BUILD:-build}/world")
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
. tests/recipes/lib.sh
trap 'stop_servers; rm -rf "$work"' EXIT
skip() { printf '[  SKIPPED ] %s: %s\n' "$1" "$2"; }
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
else
    skip DuckDB "npm is not there, or cannot install @duckdb/node-api"
fi
exit $failed
