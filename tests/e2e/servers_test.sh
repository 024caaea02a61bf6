#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whole records against real servers: NSD with a zone of known domains, alone and behind Unbound. What must be found is
# in servers/expected.ndjson; the volatile keys (scanned_at, dns) are left out.
set -u
cd "$(dirname "$0")/../.."
trifecta=${BUILD:-build}/trifecta world=${BUILD:-build}/world
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT

cp tests/e2e/servers/test.zone "$work/test.zone"
start_nsd test. "$work/test.zone" && start_unbound test. || { bad "servers start"; exit 1; }
ok "NSD and Unbound answer"

known() { jq -cS 'del(.scanned_at, .dns)' "$@" | sort; }
known tests/e2e/servers/expected.ndjson >"$work/expected"
for resolver in "$NSD" "$UNBOUND" "$NSD,$UNBOUND"; do
    name=$([ "$resolver" = "$NSD" ] && echo NSD || { [ "$resolver" = "$UNBOUND" ] && echo Unbound || echo both; })
    for options in "" "--order list --dedup no --records brief" "--concurrency 3 --workers 3"; do
        # shellcheck disable=SC2086
        if ! "$trifecta" scan tests/e2e/servers/names.txt --resolvers "$resolver" -o "$work/out.ndjson.zst" --force -q $options; then
            bad "scan through $name $options"; continue
        fi
        zstd -dqc "$work/out.ndjson.zst" >"$work/out.ndjson"
        known "$work/out.ndjson" >"$work/got"
        if diff -u "$work/expected" "$work/got" >"$work/diff"; then ok "every record as known, through $name $options"
        else bad "records through $name $options"; diff <(jq -c . "$work/expected" | jq -S . 2>/dev/null) <(jq -S . "$work/got") | head -40; fi
    done
done

"$trifecta" scan tests/e2e/servers/names.txt -r "$NSD" -o "$work/tcp.ndjson" -q
[ "$(jq -r 'select(.domain == "big.test") | .dns.tcp > 0' "$work/tcp.ndjson")" = true ] &&
    ok "a truncated answer is fetched over TCP" || bad "a truncated answer is fetched over TCP"
[ "$(jq -r 'select(.domain == "odd.test") | .spf.record' "$work/tcp.ndjson")" = 'v=spf1 include:"quoted".test \200\000\\ -all' ] &&
    ok "odd bytes are printed by the rule" || bad "odd bytes: $(jq -r 'select(.domain == "odd.test") | .spf.record' "$work/tcp.ndjson")"
exit $failed
