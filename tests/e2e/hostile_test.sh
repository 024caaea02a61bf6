#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One scan over every evil the hostile name server knows (tests/hostile/evil.c) beside healthy domains. The run ends, every
# domain has a record that the schema allows, what expected.tsv says of each holds, and nobody is harmed by a neighbour.
#
# Two resolvers, one of them without TCP. Bound of the run, whatever is answered: a lookup has 3 tries of 2, 3 and 4.5 s (at
# most 5 s each) with 10 % of jitter, 10.5 s in all; the longest row of questions that are not answered is 3 here (the name,
# the target, the host), and the second pass adds 6 s: 40 s of waiting, and what the 7,000 questions of the bombs take to
# compute. Timeouts are long so that a busy machine decides nothing.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta") build=$(realpath "${BUILD:-build}")
work=$(mktemp -d)
failed=0
. tests/e2e/servers.sh
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
patience=${SAN_RUN:+400} patience=${patience:-200}
timeout=${SAN_RUN:+5s} timeout=${timeout:-2s}

start_hostile() { start run_hostile "$@" && pids+=("$server_pid") && resolvers=${resolvers:+$resolvers,}$server; } # [OPTION ...]
run_hostile() {
    "$build/tests/hostile/hostile" --listen 127.0.0.1:$port "$@" 2>>"$work/hostile.log" &
    server_pid=$! server_log=$work/hostile.log
}
start_hostile && start_hostile --no-tcp || { bad "servers start"; exit 1; }

# --- the list: each row of expected.tsv once, or once for each of its numbers
definitions='
def failed(type; error): any(.dns.failed[]; .type == type and .error == error);
def found(id): any(.findings[]; .id == id);
def said(id; detail): any(.findings[]; .id == id and .detail == detail);
def PROTECTED: .outcome == "ok" and .posture == "protected" and .spoofable == false and .spf.status == "valid" and .spf.record == "v=spf1 ip4:192.0.2.1 -all" and .mx.status == "ok" and .dmarc.policy == "reject" and .dkim.status == "none_found" and .dns.failed == [];
def SPF_UNKNOWN: .outcome == "ok" and .spf.status == "temperror" and .spf.record == null and .spf.lookups == null and .mx.status == "ok" and .dmarc.status == "valid" and .posture == "unknown" and found("spf_temperror");
def ALL_UNKNOWN: (.outcome | IN("timeout", "bad_response")) and .posture == "unknown" and .spoofable == null and ([.spf, .mx, .dkim, .dmarc, .mta_sts, .tls_rpt | .status] | unique) == ["temperror"];'
while IFS=$'\t' read -r domain predicate; do
    case $domain in '' | '#'*) continue ;; esac
    if [[ $domain =~ ^(.*)%([0-9]+)\.\.([0-9]+)(.*)$ ]]; then
        for number in $(seq -f "%0${#BASH_REMATCH[2]}.0f" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"); do
            printf '%s\t%s\n' "${BASH_REMATCH[1]}$number${BASH_REMATCH[4]}" "$predicate"
        done
    else
        printf '%s\t%s\n' "$domain" "$predicate"
    fi
done <tests/e2e/hostile/expected.tsv >"$work/rows"
cut -f1 "$work/rows" | shuf --random-source=Makefile >"$work/list"
count=$(wc -l <"$work/list")

# --- the scan
began=$SECONDS
timeout $patience "$trifecta" scan "$work/list" -r "$resolvers" -o "$work/out.ndjson.zst" -q --timeout $timeout --retries 2 \
    --summary "$work/summary.json" --seed 1 2>"$work/err"
status=$?
[ $status -eq 0 ] && ok "the scan of $count domains ends with 0 ($((SECONDS - began)) s)" || { bad "exit status $status after $((SECONDS - began)) s: $(tail -5 "$work/err")"; }
zstd -dqc "$work/out.ndjson.zst" >"$work/out.ndjson" && ok "the output is whole" || bad "zstd"
[ "$(jq -r .domain "$work/out.ndjson" | LC_ALL=C sort | md5sum)" = "$(LC_ALL=C sort "$work/list" | md5sum)" ] &&
    ok "exactly one record for each" || bad "names differ"
"$build/tests/e2e/schema_lines" <"$work/out.ndjson" && ok "every record is as the schema says" || bad "schema"
jq -e --argjson count "$count" '.records == $count and .exit_status == 0' "$work/summary.json" >/dev/null && ok "the summary counts them" || bad "summary"

for pid in "${pids[@]}"; do kill -0 "$pid" 2>/dev/null || bad "a name server died: $(head -3 "$work/hostile.log")"; done

# --- what each record says
{
    echo "$definitions"
    echo 'def holds:'
    cut -f2 "$work/rows" | sort -u | awk '{ printf "  %s .[0] == %d then .[1] | (%s)\n", NR == 1 ? "if" : "elif", NR, $0 } END { print "  else false end;" }'
    echo '[$of[.domain], .] | if holds then empty else .[1] | {domain, outcome, posture, spf: [.spf.status, .spf.lookups, .spf.exact, .spf.record], mx: .mx.status, dmarc: .dmarc.status, dkim: .dkim.status, failed: .dns.failed[:4], findings: [.findings[].id]} end'
} >"$work/expected.jq"
sort -u <(cut -f2 "$work/rows") | awk '{ print NR "\t" $0 }' >"$work/predicates"
awk -F'\t' 'NR == FNR { at[$2] = $1; next } { print $1 "\t" at[$2] }' "$work/predicates" "$work/rows" |
    jq -R 'split("\t") | {(.[0]): (.[1] | tonumber)}' | jq -s add >"$work/of.json"
jq -c --slurpfile all "$work/of.json" "\$all[0] as \$of | $(cat "$work/expected.jq" | sed 's/^def holds:$/def holds:/')" "$work/out.ndjson" >"$work/wrong" 2>"$work/err" ||
    bad "jq: $(head -3 "$work/err")"
if [ -s "$work/wrong" ]; then bad "$(wc -l <"$work/wrong") of $count records are not as expected"; head -${SHOW:-20} "$work/wrong"
else ok "every record is as expected"; fi
[ -n "${KEEP:-}" ] && cp "$work/out.ndjson" "$work/summary.json" "$KEEP"/
exit $failed
