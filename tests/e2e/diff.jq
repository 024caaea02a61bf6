# What `trifecta diff` must find, by brute force: both sweeps in memory, one line a name: domain, class, the verdicts that changed.
# Input: [{old records}, {new records}] as objects by domain. Written from the words of the manual, not from the program.
def strength: {
    dmarc: {reject: 4, quarantine: 3, none: 2, "one standard only": 1, invalid: 1, absent: 0},
    spf: {fail: 4, softfail: 3, neutral: 2, pass: 1, permerror: 1, absent: 0},
    dkim: {found: 1, revoked: 0, invalid: 0, absent: 0},
    spoofable: {no: 1, yes: 0}, spoofable_subdomains: {no: 1, yes: 0},
    posture: {protected: 3, parked_protected: 3, partial: 2, enforcing_bypassed: 1, monitoring: 1, record_only: 1,
              spf_only: 0, unprotected: 0, parked_unprotected: 0, dmarc_broken: 0},
    mta_sts: {valid: 2, invalid: 1, absent: 0}, tls_rpt: {valid: 2, invalid: 1, absent: 0}, bimi: {valid: 2, invalid: 1, absent: 0}, mx: {} };
def plain($status): if $status == "temperror" then "unknown" elif $status == "not_checked" then null elif $status == "none" then "absent" else $status end;
def yes_no: if . == null then "unknown" elif . then "yes" else "no" end;
def verdicts: {
    posture: .posture, spoofable: (.spoofable | yes_no), spoofable_subdomains: (.spoofable_subdomains | yes_no),
    dmarc: (if .dmarc.status == "valid" then .dmarc.effective_policy // "one standard only" else plain(.dmarc.status) end),
    spf: (if .spf.status == "valid" then .spf.all else plain(.spf.status) end),
    dkim: (if .dkim.status == "none_found" then (if .dkim.namespace == "absent" then "absent" else "none found" end) else plain(.dkim.status) end),
    mx: (if .mx.status == "none" then "none" else plain(.mx.status) end),
    mta_sts: plain(.mta_sts.status), tls_rpt: plain(.tls_rpt.status), bimi: plain(.bimi.status) };
def texts: {
    spf: .spf.record, dmarc: [.dmarc.record, .dmarc.found_at], dkim: (.dkim.selectors | map(del(.provider, .record)) | sort), mx: (.mx.hosts | sort),
    mta_sts: .mta_sts.id, tls_rpt: (.tls_rpt.rua | sort), bimi: [.bimi.location, .bimi.authority] };
def is_silent: .outcome | IN("servfail", "refused", "timeout", "bad_response");
def lacks_keys: any(.dns.failed[]; .name | split(".") | index("_domainkey") != null);
def direction($aspect; $a; $b):
    if $a == $b or $a == null or $b == null then "same" elif $b == "unknown" then "became_unknown" elif $a == "unknown" then "recovered"
    else strength[$aspect][$a] as $x | strength[$aspect][$b] as $y |
        if $x == null or $y == null or $x == $y then "changed" elif $y < $x then "weakened" else "improved" end end;
def class($old; $new):
    if $new == null then "vanished" elif $old == null then "appeared"
    elif $old.outcome == "excluded" or $new.outcome == "excluded" then "not_compared"
    elif $old.outcome != "nxdomain" and $new.outcome == "nxdomain" then (if ($old | is_silent) then "recovered" else "vanished" end)
    elif $old.outcome == "nxdomain" and $new.outcome != "nxdomain" then (if ($new | is_silent) then "became_unknown" else "appeared" end)
    else ($old | verdicts) as $a | ($new | verdicts) as $b | [$a | keys[] | direction(.; $a[.]; $b[.])] as $d |
        ($old | texts) as $s | ($new | texts) as $t |
        if any($d[]; . == "weakened") then "weakened" elif any($d[]; . == "became_unknown") then "became_unknown"
        elif any($d[]; . == "improved") then "improved" elif any($d[]; . == "recovered") then "recovered"
        elif any($d[]; . == "changed") then "edited"
        elif any($s | keys[]; . as $k | ([$a[$k], $b[$k]] | all(. != null and . != "unknown")) and $s[$k] != $t[$k] and
                 ($k != "dkim" or ([$old, $new] | all(lacks_keys | not)))) then "edited"
        else "same" end end;
.[0] as $old | .[1] as $new | ($old + $new | keys[]) | . as $name | class($old[$name]; $new[$name]) as $class |
select($class != "same" and $class != "not_compared") | "\($class) \($name)"
