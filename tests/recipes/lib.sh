# SPDX-License-Identifier: MIT
# Sourced by the tests of docs/recipes.md. Makes in $work the files that the recipes speak of, and in $work/expected what
# `trifecta report` and `trifecta diff` say of them; takes recipes out of the page.

# The block whose fence says NAME.
recipe() { awk -v name="$1" '/^```/ { if (is_in) exit; is_in = $2 == name; next } is_in' docs/recipes.md; }

make_sweeps() {
    # With tags, and so that both sweeps have unknown names.
    { echo "domain,customer"; "$world" --print-list 400 2>/dev/null | awk '{ print $1 ",customer-" NR % 7 }'; } >"$work/list.csv"
    local asking=(--tag-column customer --timeout 300ms --retries 1 --seed 3 -q)
    start_world --seed 1 || return 1
    "$trifecta" scan "$work/list.csv" -r "$WORLD" "${asking[@]}" -o "$work/before.ndjson.zst" -n 150
    "$trifecta" scan "$work/list.csv" -r "$WORLD" "${asking[@]}" -o "$work/before.ndjson.zst" || return 1
    stop_servers
    start_world --seed 2 || return 1
    "$trifecta" scan "$work/list.csv" -r "$WORLD" "${asking[@]}" -o "$work/run/" --part-records 90 || return 1
    "$trifecta" merge "$work/run/" -o "$work/results.ndjson.zst" 2>/dev/null || return 1
    # And one more part, of names that were not asked for everything: they are in no count of that.
    head -60 "$work/list.csv" | "$trifecta" scan -r "$WORLD" "${asking[@]}" --checks spf,mx -o "$work/run/part-90000.ndjson.zst" || return 1
    stop_servers
    mkdir "$work/expected"
    "$trifecta" report "$work"/run/part-* --format json | jq -r '.tables.adoption.rows[] |
            {"SPF valid": "SPF valid", "DKIM key seen": "DKIM key seen", "DMARC enforced (quarantine, reject)": "DMARC enforced"}[.measure] as $what |
            select($what) | [$what, .all_names.count, .all_names.of, .all_names.unknown] | @tsv' | sort >"$work/expected/adoption" &&
        "$trifecta" report "$work/results.ndjson.zst" --format json >"$work/report.json" &&
        jq -r '.tables.findings.rows[] | select(.names > 0) | [.severity, .finding, .names] | @tsv' "$work/report.json" | sort >"$work/expected/findings" || return 1
    "$trifecta" diff "$work/before.ndjson.zst" "$work/results.ndjson.zst" --format ndjson |
        jq -r 'select(any(.changes[]?; .aspect == "spoofable" and .before == "no" and .now == "yes")) | .domain' | sort >"$work/expected/join"
    # Who can be forged, by their lines alone.
    zstd -dqc "$work/results.ndjson.zst" | grep '"spoofable":true' | sed 's/.*"domain":"\([^"]*\)".*"tag":"\([^"]*\)".*"posture":"\([^"]*\)","spoofable".*/\2\t\1\t\3/' |
        sort >"$work/expected/customers"
    local file
    for file in adoption findings join customers; do [ "$(wc -l <"$work/expected/$file")" -ge 3 ] || { echo "too little to compare: $file"; return 1; }; done
}

same() { # WHAT RECIPE GOT: as sorted lines
    if sort "$3" | cmp -s - "$work/expected/$1"; then ok "$2"; else bad "$2"; sort "$3" | diff - "$work/expected/$1" | head -20; fi
}
