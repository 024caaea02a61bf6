#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each configuration of deploy/resolvers starts, in front of the simulated Internet, and a scan with a ceiling of 20k in flight gets through
# it what it gets without a resolver between. Only addresses, ports and folders are changed, and everything is forwarded.
set -u
. "$(dirname "$0")/cluster.sh"
trap 'kill $resolver_pid 2>/dev/null; stop_servers; rm -rf "$work"' EXIT
resolver_pid=''
here=$root/deploy/resolvers

begin_unbound() { # PORT
    { sed "s/interface: 127.0.0.1/interface: 127.0.0.1@$1/" "$here/unbound.conf"
      printf '%s\n' '    do-daemonize: no' '    username: ""' '    chroot: ""' "    directory: \"$work\"" "    pidfile: \"$work/u.pid\"" \
        '    use-syslog: no' '    do-ip6: no' '    do-not-query-localhost: no' '    module-config: "iterator"' '    unblock-lan-zones: yes' \
        'remote-control:' '    control-enable: no' 'forward-zone:' '    name: "."' "    forward-addr: ${WORLD/:/@}"; } >"$work/unbound.conf"
    unbound-checkconf "$work/unbound.conf" >"$work/resolver.log" 2>&1 || return 1
    unbound -d -c "$work/unbound.conf" >>"$work/resolver.log" 2>&1 &
    resolver_pid=$!
}

begin_kresd() {
    mkdir -p "$work/kresd"
    { sed -e "s/'127.0.0.1', 53/'127.0.0.1', $1/" -e "s,lmdb:///var/cache/knot-resolver,lmdb://$work/kresd," "$here/kresd.conf"
      printf '%s\n' "trust_anchors.remove('.')" "policy.add(policy.all(policy.STUB('${WORLD/:/@}')))"; } >"$work/kresd/kresd.conf"
    (cd "$work/kresd" && exec kresd -n -c "$work/kresd/kresd.conf" "$work/kresd") >"$work/resolver.log" 2>&1 &
    resolver_pid=$!
}

begin_named() {
    mkdir -p "$work/bind"
    { sed -e "s,/var/cache/bind,$work/bind," -e "s/listen-on { 127.0.0.1; }/listen-on port $1 { 127.0.0.1; }/" -e '$d' "$here/named.conf"
      printf '%s\n' "pid-file \"$work/bind/pid\";" "session-keyfile \"$work/bind/key\";" 'dnssec-validation no;' 'empty-zones-enable no;' \
        "forward only; forwarders { 127.0.0.1 port ${WORLD#*:}; };" '};' 'controls { };'; } >"$work/bind/named.conf"
    named-checkconf "$work/bind/named.conf" >"$work/resolver.log" 2>&1 || return 1
    named -g -c "$work/bind/named.conf" >>"$work/resolver.log" 2>&1 &
    resolver_pid=$!
}

# verdicts FILE: of the names that were answered in full, what must not depend on who is asked. An MX of localhost does: a resolver
# answers that name itself (RFC 6761 section 6.3).
verdicts() {
    jq -c 'select((.dns.failed | length == 0) and all(.mx.hosts[]; .host != "localhost")) |
        [.domain, .outcome, .posture, .spoofable, .spf.status, .spf.lookups, .dkim.status, .dmarc.status, .dmarc.effective_policy, .mx.status]' "$1" | LC_ALL=C sort
}

start_world --delay 150 || exit 1
list=$root/lists/dotgov.csv
"$trifecta" scan "$list" -o "$work/direct.ndjson" -r "$WORLD" --timeout 2s -q --summary "$work/direct.json" || { bad "resolvers: the scan without one fails"; exit 1; }
verdicts "$work/direct.ndjson" >"$work/direct.verdicts"

for row in ${RESOLVERS:-unbound kresd named}; do
    name=$row program=$row
    if ! command -v "$program" >/dev/null; then echo "[       OK ] $name: skipped: $program is not installed (make cluster installs it)"; continue; fi
    port=$(free_port)
    "begin_$name" "$port"
    if await_answer "127.0.0.1:$port"; then ok "$name: starts with deploy/resolvers"; else bad "$name: does not start"; tail -n 20 "$work/resolver.log"; continue; fi
    "$trifecta" scan "$list" -o "$work/$name.ndjson" -r "127.0.0.1:$port" --concurrency 20k --timeout 3s -q --summary "$work/$name.json" --force
    status=$?
    verdicts "$work/$name.ndjson" >"$work/$name.verdicts"
    # Names that both know in full must be told alike. A busy resolver may leave some unknown (Knot Resolver, with everything forwarded
    # to one address: 2 to 4 in a hundred), never tell otherwise.
    LC_ALL=C join -t $'\t' -j 1 <(cut -d'"' -f2 "$work/direct.verdicts" | paste - "$work/direct.verdicts" | LC_ALL=C sort) \
        <(cut -d'"' -f2 "$work/$name.verdicts" | paste - "$work/$name.verdicts" | LC_ALL=C sort) >"$work/both"
    known=$(wc -l <"$work/both") all=$(wc -l <"$work/direct.verdicts")
    awk -F'\t' '$2 != $3' "$work/both" >"$work/otherwise"
    figures=$(jq -r '"\(.records) records, \(.queries) queries in \(.elapsed_ms) ms, window \(.resolvers[0].window), \(.timeouts) timeouts, \(.unknown) unknown"' "$work/$name.json")
    if [ $status -eq 0 ] && [ ! -s "$work/otherwise" ] && [ $((known * 100)) -ge $((all * 95)) ]; then ok "$name: the same verdicts as without it, $known of $all: $figures"; else
        bad "$name: status $status, $(wc -l <"$work/otherwise") verdicts otherwise, $known of $all known: $figures"
        head -n 6 "$work/otherwise"
    fi
    kill "$resolver_pid" 2>/dev/null; wait "$resolver_pid" 2>/dev/null
done
exit $failed
