#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `trifecta spf` and --spf-ip against NSD: the examples of RFC 7208 appendix A with the addresses it names, macros, what
# is refused, and that a scan says of an address what `spf` says.
set -u
cd "$(dirname "$0")/../.."
trifecta=${BUILD:-build}/trifecta world=${BUILD:-build}/world
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT

serve() { # RECORD of example.com [ZONE FILE more]
    [ -n "${nsd_pid:-}" ] && { kill "$nsd_pid" 2>/dev/null; wait "$nsd_pid" 2>/dev/null; }
    { cat tests/e2e/servers/rfc7208.zone; printf 'example.com TXT "%s"\n' "$1"; [ -n "${2:-}" ] && sed '/^@/d' "$2"; } >"$work/rfc7208.zone"
    start_nsd . "$work/rfc7208.zone" || { bad "NSD starts"; exit 1; }
}
spf() { "$trifecta" spf -r "$NSD" --json "$@" 2>"$work/err"; }
# result EXPECTED NAME OPTION ...: EXPECTED is "result" or "result|mechanism"
result() {
    local want=$1 name=$2 got; shift 2
    got=$(spf "$@" | jq -r '.result + "|" + (.mechanism // "")')
    [ "$got" = "$want" ] || [ "${got%%|*}" = "$want" ] || { bad "$name: $* gives '$got', not '$want'"; return 1; }
}
# all EXPECTED DOMAIN ADDRESS ...: each address gets this result
all() {
    local want=$1 domain=$2 ip; shift 2
    for ip in "$@"; do result "$want" "$record" --ip "$ip" "$domain" || good=no; done
}
hosts="192.0.2.10 192.0.2.11 192.0.2.65 192.0.2.66 192.0.2.129 192.0.2.130 192.0.2.140"
others() { local ip; for ip in $hosts; do [[ " $* " == *" $ip "* ]] || echo "$ip"; done; } # hosts but these
# a1 RECORD ADDRESS ...: these hosts pass, the others fail
a1() {
    record=$1 good=yes; shift
    serve "$record"
    all pass example.com "$@"
    # shellcheck disable=SC2046
    all fail example.com $(others "$@")
    [ $good = yes ] && ok "A.1: $record"
}

# --- RFC 7208 appendix A
# shellcheck disable=SC2086
a1 "v=spf1 +all" $hosts 10.0.0.4 203.0.113.1 2001:db8::1
a1 "v=spf1 a -all" 192.0.2.10 192.0.2.11
a1 "v=spf1 a:example.org -all"
a1 "v=spf1 mx -all" 192.0.2.129 192.0.2.130
a1 "v=spf1 mx:example.org -all" 192.0.2.140
a1 "v=spf1 mx mx:example.org -all" 192.0.2.129 192.0.2.130 192.0.2.140
a1 "v=spf1 mx/30 mx:example.org/30 -all" 192.0.2.128 192.0.2.129 192.0.2.130 192.0.2.131 192.0.2.140 192.0.2.143
record="v=spf1 mx/30 mx:example.org/30 -all"; good=yes; all fail example.com 192.0.2.127 192.0.2.132 192.0.2.139 192.0.2.144
[ $good = yes ] && ok "A.1: the edges of both networks"
a1 "v=spf1 ptr -all" 192.0.2.10 192.0.2.11 192.0.2.65 192.0.2.66 192.0.2.129 192.0.2.130
record="v=spf1 ptr -all"; good=yes; all fail example.com 192.0.2.140 10.0.0.4
[ $good = yes ] && ok "A.1: ptr of a name elsewhere, and of one that does not lead back"
a1 "v=spf1 ip4:192.0.2.128/28 -all" 192.0.2.129 192.0.2.130 192.0.2.140

serve "v=spf1 mx -all"
good=yes
result "pass|include:example.com > mx" A.2 --ip 192.0.2.129 example.org || good=no
result "pass|include:example.net > ip4:198.51.100.0/24" A.2 --ip 198.51.100.7 example.org || good=no
result "fail|-all" A.2 --ip 192.0.2.140 example.org || good=no
result "pass|redirect=example.org > include:example.com > mx" A.2 --ip 192.0.2.130 la.example.org || good=no
result "fail|redirect=example.org > -all" A.2 --ip 203.0.113.1 la.example.org || good=no
[ $good = yes ] && ok "A.2: include and redirect over several domains"

serve "v=spf1 mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all"
good=yes
while read -r want ip user; do
    result "$want" A.3 --ip "$ip" --sender "$user@example.com" example.com || good=no
done <<END
pass 203.0.113.1 mary
pass 203.0.113.1 fred
pass 203.0.113.1 fred+list
fail 203.0.113.1 joel
fail 203.0.113.1 other
pass 192.168.15.15 joel
pass 192.168.15.16 joel
fail 192.168.15.17 joel
fail 192.168.15.15 other
pass 192.0.2.129 other
END
[ $good = yes ] && ok "A.3: users by name, users by name and address"

serve "v=spf1 -include:ip4._spf.%{d} -include:ptr._spf.%{d} +all"
record="A.4 as printed: its ptr means ptr._spf.example.com"; good=yes; all fail example.com 192.0.2.65 192.0.2.140 10.0.0.4 203.0.113.1
[ $good = yes ] && ok "$record"
serve "v=spf1 -include:ip4._spf.%{d} -include:ptr2._spf.%{d} +all"
record="A.4 with erratum 6216: both conditions"; good=yes
all pass example.com 192.0.2.10 192.0.2.65 192.0.2.129
all fail example.com 192.0.2.140 192.0.2.1 10.0.0.4 203.0.113.1
[ $good = yes ] && ok "$record"

# --- macros, explanation, output
good=yes
result "pass|exists:%{ir}.%{v}._spf.%{d2}" "%{ir}.%{v}" --ip 192.0.2.3 macros.example || good=no
result "pass|exists:%{ir}.%{v}._spf.%{d2}" "%{ir} of IPv6" --ip 2001:db8::cb01 macros.example || good=no
result "pass|exists:%{ir}.%{v}._spf.%{d2}" "IPv4 mapped into IPv6" --ip ::ffff:192.0.2.3 macros.example || good=no
result "pass|exists:%{lr-}.lp.%{o}" "%{lr-} and %{o}" --ip 192.0.2.4 --sender strong-bad@email.example macros.example || good=no
result "pass|exists:%{lr-}.lp.%{o}" "in angle brackets" --ip 192.0.2.4 --sender '<strong-bad@email.example>' macros.example || good=no
result "fail" "the sender's domain is not the domain" --ip 192.0.2.4 --sender strong-bad@other.example macros.example || good=no
result "pass|exists:_h.%{h}.%{d}" "%{h}" --ip 192.0.2.4 --helo mx.client.example helo.example || good=no
[ $good = yes ] && ok "macros in exists"
same() { if [ "$1" = "$2" ]; then ok "$3"; else bad "$3: '$1', not '$2'"; fi; }
same "$(spf --ip 192.0.2.4 why.example | jq -r .explanation)" \
    "192.0.2.4 may not send for why.example: postmaster@why.example of why.example, why.example, 192.0.2.4 %%20unknown" \
    "the explanation of exp=, with its macros"
same "$(spf --ip 2001:db8::5 --sender joe@x.example why.example | jq -r .explanation)" \
    "See http://why.example/why.html?s=joe%40x.example&i=2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5" \
    "upper-case macros are escaped for URLs"
same "$(spf --ip 192.0.2.4 --helo h.example why.example | jq -r .explanation | cut -d' ' -f7)" "postmaster@h.example" \
    "without --sender it is postmaster@ the HELO name (2.4)"
same "$(spf --ip 192.0.2.4 --sender '<>' --helo h.example why.example | jq -r .explanation | cut -d' ' -f7)" "postmaster@h.example" \
    "the null reverse-path too"
same "$(spf --ip 192.0.2.4 --sender x.example why.example | jq -r .explanation | cut -d' ' -f7)" "postmaster@x.example" \
    "a sender without a local part is postmaster (4.3)"
same "$(spf --ip 192.0.2.4 why.example | jq -c keys_unsorted)" '["result","mechanism","explanation","lookups","void_lookups","error"]' "--json has these keys"
same "$(spf --ip 192.0.2.4 soft.example | jq -c .)" \
    '{"result":"softfail","mechanism":"~all","explanation":null,"lookups":0,"void_lookups":0,"error":null}' "null where there is nothing to say"
same "$(spf --ip 192.0.2.4 neutral.example | jq -c '[.result, .mechanism]')" '["neutral",null]' "neutral when nothing matches (4.7)"
same "$(spf --ip 192.0.2.4 nothing.example | jq -c '[.result, .error]')" '["none",null]' "none for a name that does not exist"
same "$(spf --ip 192.0.2.4 odd.example | jq -c '[.result, (.error | startswith("-exists:\\007.example: "))]')" '["permerror",true]' \
    "odd bytes are printed by the rule, and the term is named"
same "$(spf --ip 192.0.2.4 quoted.example | jq -r .explanation)" 'say "no" to C:\\' "quotes and backslashes of an explanation"
"$trifecta" spf -r "$NSD" --ip ::ffff:192.0.2.4 why.example >"$work/out" 2>"$work/err"
same $? 0 "the exit status is 0 whatever the result"
grep -q '^why.example: fail' "$work/out" && grep -q 'judged as IPv4' "$work/out" && grep -q 'decided by *-all' "$work/out" &&
    grep -q 'explanation .*may not send' "$work/out" && grep -q 'lookups *1 of 10' "$work/out" &&
    ok "printed for a person: result, term, explanation, lookups" || bad "printed for a person: $(cat "$work/out")"

expect_status 0 "--help" "$trifecta" spf --help
awk 'length > 100 { exit 1 }' "$work/out" && ok "help is at most 100 columns wide" || bad "help is wider than 100 columns"

# --- what is refused
says() { if grep -qE -- "$1" "$work/err" && [ "$(wc -l <"$work/err")" -eq 1 ]; then ok "$2"; else bad "$2: said '$(cat "$work/err")'"; fi; }
expect_status 64 "no --ip is 64" "$trifecta" spf example.com
says '--ip' "and what is missing is named"
expect_status 64 "no domain is 64" "$trifecta" spf --ip 192.0.2.1
expect_status 64 "two domains are 64" "$trifecta" spf --ip 192.0.2.1 example.com example.org
for ip in 192.0.2.256 192.0.2 192.0.2.1/24 '[::1]' fe80::1%lo example.com; do
    expect_status 64 "--ip $ip is 64" "$trifecta" spf --ip "$ip" -r "$NSD" example.com
done
says 'is no IPv4 or IPv6 address' "and what is wrong is said"
for sender in a@b@c.example joe@ 'joe smith@c.example' 'joe@c example' $'j\001@c.example' "$(printf '%065d' 0)@c.example"; do
    expect_status 64 "--sender $(printf %q "$sender") is 64" "$trifecta" spf --ip 192.0.2.1 --sender "$sender" -r "$NSD" example.com
done
expect_status 64 "--helo with a blank is 64" "$trifecta" spf --ip 192.0.2.1 --helo 'a b' -r "$NSD" example.com
# RFC 7208 4.3: malformed, or no multi-label name. Not asked about, so it needs no resolver.
for domain in localhost a..example.com .example.com "$(printf 'a%.0s' $(seq 64)).example.com" "$(printf 'a123456789.%.0s' $(seq 24))example.com" 192.0.2.1 '[192.0.2.1]'; do
    expect_status 0 "4.3: ${domain:0:20} is no domain" "$trifecta" spf --ip 192.0.2.1 --json -r "127.0.0.1:$(free_port)" "$domain"
    same "$(jq -r '.result + " " + (.lookups | tostring)' "$work/out")" "none 0" "so the result is none"
done
expect_status 65 "a domain that is none is 65" "$trifecta" spf --ip 192.0.2.1 -r "$NSD" 'a b'
expect_status 64 "--spf-ip that is no address is 64" "$trifecta" check --spf-ip 192.0.2.300 -r "$NSD" example.com
expect_status 69 "no resolver answering is 69" "$trifecta" spf --ip 192.0.2.1 example.com -r "127.0.0.1:$(free_port)" --timeout 200ms --retries 0
expect_status 0 "a quoted local part with a blank is one" "$trifecta" spf --ip 192.0.2.1 --sender '"joe smith"@c.example' -r "$NSD" example.com
expect_status 0 "a HELO that is an address literal" "$trifecta" spf --ip 192.0.2.1 --helo '[192.0.2.1]' -r "$NSD" example.com
expect_status 0 "a sender of an IDN" "$trifecta" spf --ip 192.0.2.4 --sender '@bücher.example' -r "$NSD" --json why.example
same "$(jq -r .explanation "$work/out" | grep -o 'xn--bcher-kva.example' | head -1)" "xn--bcher-kva.example" "is that of its A-labels"

# --- a scan says of an address what `spf` says
serve "v=spf1 mx -all" tests/e2e/servers/test.zone
addresses="192.0.2.1 198.51.100.1 203.0.113.77 127.0.0.1 2001:db8:1::1 2001:db8:2::7 2001:db8:9::9 ::ffff:198.51.100.2"
options=""
for ip in $addresses; do options+=" --spf-ip $ip"; done
grep -v '^#' tests/e2e/servers/names.txt | while read -r name; do
    for ip in $addresses; do
        judged=${ip#::ffff:}
        spf --ip "$ip" "$name" | jq -r --arg name "$name" --arg ip "$judged" '"\($name) \($ip) \(.result)"'
    done
done >"$work/alone"
for how in "" "--checks -addresses" "--checks dmarc" "--records full" "--checks +hosts,+bimi --dkim full"; do
    # shellcheck disable=SC2086
    "$trifecta" scan tests/e2e/servers/names.txt -r "$NSD" -q --order list --force -o "$work/with.ndjson" $options $how || bad "scan --spf-ip $how"
    # shellcheck disable=SC2086
    "$trifecta" scan tests/e2e/servers/names.txt -r "$NSD" -q --order list --force -o "$work/without.ndjson" $how || bad "scan $how"
    jq -s -r 'sort_by(.seq)[] | .domain as $name | .spf.evaluations[] | "\($name) \(.ip) \(.result)"' "$work/with.ndjson" >"$work/beside"
    diff "$work/alone" "$work/beside" >"$work/diff" && ok "evaluations are those of trifecta spf; ${how:-by default}" || { bad "evaluations $how"; head -20 "$work/diff"; }
    diff <(jq -cS 'del(.scanned_at, .dns, .spf.evaluations)' "$work/with.ndjson" | sort) <(jq -cS 'del(.scanned_at, .dns)' "$work/without.ndjson" | sort) >"$work/diff" &&
        ok "the rest is as without; ${how:-by default}" || { bad "the rest with $how"; head -20 "$work/diff"; }
    same "$(jq -r 'select(.spf | has("evaluations")) | .domain' "$work/without.ndjson" | wc -l)" 0 "no evaluations without the option; ${how:-by default}"
done
[ "$(wc -l <"$work/alone")" -eq $(($(grep -vc '^#' tests/e2e/servers/names.txt) * 8)) ] && ok "every name with every address" || bad "names and addresses: $(wc -l <"$work/alone")"
[ "$(cut -d' ' -f3 "$work/alone" | sort -u | wc -l)" -ge 5 ] && ok "with five results at least" || bad "results: $(cut -d' ' -f3 "$work/alone" | sort | uniq -c)"
printf 'good.test\nparked.test\n' >"$work/two"
echo parked.test >"$work/exclude"
"$trifecta" scan "$work/two" -r "$NSD" -q -o "$work/excluded.ndjson" --exclude "$work/exclude" --spf-ip 192.0.2.1
same "$(jq -c 'select(.outcome == "excluded") | .spf.evaluations' "$work/excluded.ndjson")" "[]" "an excluded name has no evaluation"
same "$(jq -r '.spf | keys_unsorted | last' "$work/excluded.ndjson" | sort -u)" evaluations "evaluations stand at the end of spf"
"$trifecta" scan "$work/two" -r "$NSD" -q -o "$work/early.ndjson" -n 1 --spf-ip 192.0.2.1 2>/dev/null
expect_status 73 "a scan is not gone on with for other addresses" "$trifecta" scan "$work/two" -r "$NSD" -q -o "$work/early.ndjson" --spf-ip 192.0.2.2
says 'spf-ip was 192.0.2.1, now 192.0.2.2' "and the difference is said"
"$trifecta" check good.test -r "$NSD" --spf-ip 198.51.100.1 >"$work/out"
grep -q 'from 198.51.100.1: pass, mx' "$work/out" && ok "check draws them" || bad "check: $(cat "$work/out")"
exit $failed
