# SPDX-License-Identifier: MIT
# What `trifecta report` must count, worked out again from the records alone (-s: all of them; $kinds: explain --json).
# One line a number: table, row, column, count, of, unknown, as report_test.sh prints those of the report.

def answer(unknown; not_asked; yes): if unknown then "u" elif not_asked then "x" elif yes then "y" else "n" end;
def status(s; words): answer(s == "temperror"; s == "not_checked"; s as $s | words | index($s) != null);
def mx: status(.mx.status; ["ok"]);
def spf: status(.spf.status; ["valid", "permerror"]);
def spf_valid: status(.spf.status; ["valid"]);
def dkim: status(.dkim.status; ["found"]);
def dmarc_known(yes): answer(.dmarc.status == "temperror"; .dmarc.status == "not_checked"; yes);
def dmarc: dmarc_known(.dmarc.status == "valid");
def enforced: dmarc_known(.dmarc.effective_policy == "reject" or .dmarc.effective_policy == "quarantine");
def reject: dmarc_known(.dmarc.effective_policy == "reject");
def mta_sts: status(.mta_sts.status; ["valid"]);
def tls_rpt: status(.tls_rpt.status; ["valid"]);
def bimi: status(.bimi.status; ["valid"]);
def spoofable: if .spoofable == null then (if .dmarc.status == "not_checked" then "x" else "u" end) elif .spoofable then "y" else "n" end;

def n(f): map(select(f)) | length;
def share(f): [.[] | f] | [n(. == "y"), n(. == "y" or . == "n"), n(. == "u")];
def line(t; row; col; cells): [t, row, col] + cells | map(tostring) | join("\t");
# Where nobody was asked there is no number.
def answers(t; row; col; counts): counts | select(. != [0, 0, 0]) as $counts | line(t; row; col; $counts);
def by(f): group_by(f) | map({key: (.[0] | f), value: .});
def top(m): sort_by([-m, .key]) | .[:25];
def distinct: unique;

map(select(.outcome != "excluded")) as $names
| ($names | map(select(.outcome == "ok"))) as $existing
| ($names | map(select(.mx.status == "ok"))) as $mail
| ($names | n(.outcome == "nxdomain")) as $absent
| ($names | length) as $asked
| ($existing | length) as $exist
| def populations: [["all names", .], ["existing", map(select(.outcome == "ok"))], ["with MX", map(select(.mx.status == "ok"))]];
def group(t; name): populations[] | .[0] as $p | .[1] |
    line(t; name + "/" + $p; "names"; [length]), answers(t; name + "/" + $p; "mx"; share(mx)), answers(t; name + "/" + $p; "spf"; share(spf)),
    answers(t; name + "/" + $p; "spf_valid"; share(spf_valid)), answers(t; name + "/" + $p; "dkim"; share(dkim)),
    answers(t; name + "/" + $p; "dmarc"; share(dmarc)), answers(t; name + "/" + $p; "enforced"; share(enforced)),
    answers(t; name + "/" + $p; "mta_sts"; share(mta_sts)), answers(t; name + "/" + $p; "spoofable"; share(spoofable));
def rank: .rank | if . == null then "without rank" elif . <= 1000 then "1 to 1,000" elif . <= 10000 then "to 10,000"
    elif . <= 100000 then "to 100,000" elif . <= 1000000 then "to 1,000,000" else "above 1,000,000" end;
def policy: . // "no policy";

# --- overview
([["with a record", length], ["excluded, never asked about", n(.outcome == "excluded")], ["asked about", $asked],
 ["that exist", $exist], ["that do not exist (NXDOMAIN)", $absent], ["unknown: SERVFAIL", ($names | n(.outcome == "servfail"))],
 ["unknown: REFUSED", ($names | n(.outcome == "refused"))], ["unknown: timeout", ($names | n(.outcome == "timeout"))],
 ["unknown: bad response", ($names | n(.outcome == "bad_response"))]][] | line("names"; .[0]; "names"; [.[1]])
),
(line("names"; "that exist"; "share"; [$exist, $exist + $absent, $asked - $exist - $absent])),
(line("names"; "that do not exist (NXDOMAIN)"; "share"; [$absent, $exist + $absent, $asked - $exist - $absent])),
({"protected": ["protected", "parked_protected"], "at risk": ["partial", "enforcing_broken", "enforcing_bypassed"],
  "monitoring": ["monitoring", "record_only"], "unprotected": ["spf_only", "unprotected", "parked_unprotected", "dmarc_broken"]}
 | to_entries[] | .value as $postures
 | line("protection"; .key; "names"; [($names | n(.posture as $p | $postures | index($p) != null)),
        ($names | n(.posture != "unknown" and .posture != "nonexistent")), ($names | n(.posture == "unknown"))])),
(["protected", "parked_protected", "partial", "enforcing_broken", "enforcing_bypassed", "monitoring", "record_only", "spf_only", "unprotected",
  "parked_unprotected", "dmarc_broken", "nonexistent", "unknown"][] as $p
 | line("postures"; $p; "names"; [($names | n(.posture == $p))] +
        if $p == "unknown" then [0, 0] else [($names | n(.posture != "unknown")), ($names | n(.posture == "unknown"))] end)),
(def stage(f): {passed: map(select(f == "y")), unknown: n(f == "u" or f == "x"), before: length};
 ($existing | stage(mx)) as $a | ($a.passed | stage(spf)) as $b | ($b.passed | stage(dmarc)) as $c | ($c.passed | stage(enforced)) as $d
 | ($d.passed | stage(reject)) as $e
 | line("funnel"; "exists"; "of_existing"; [$exist, $exist, 0]),
   ([["has an MX", $a, $a.unknown], ["publishes SPF", $b, $a.unknown + $b.unknown],
     ["has a DMARC policy", $c, $a.unknown + $b.unknown + $c.unknown],
     ["enforces: quarantine or reject", $d, $a.unknown + $b.unknown + $c.unknown + $d.unknown],
     ["rejects", $e, $a.unknown + $b.unknown + $c.unknown + $d.unknown + $e.unknown]][]
    | line("funnel"; .[0]; "of_previous"; [(.[1].passed | length), .[1].before - .[1].unknown, .[1].unknown]),
      line("funnel"; .[0]; "of_existing"; [(.[1].passed | length), $exist - .[2], .[2]]))),
(def null_mx: status(.mx.status; ["null_mx"]);
 def nobody: spf_valid as $s | if $s == "u" or $s == "x" then $s elif .spf.status == "valid" and .spf.all == "fail" and .spf.exact
     and .spf.ipv4_addresses == 0 and .spf.ipv6_slash64s == 0 then "y" else "n" end;
 def revoked: dkim as $d | if $d == "u" or $d == "x" then $d elif any(.findings[]; .id == "dkim_wildcard_revoked") then "y" else "n" end;
 def all_three: [null_mx, nobody, reject] | if index("n") then "n" elif index("x") then "x" elif index("u") then "u" else "y" end;
 $existing | map(select(.sends == "no"))
 | answers("parked"; "null MX (RFC 7505)"; "names"; share(null_mx)), answers("parked"; "SPF that authorises nobody"; "names"; share(nobody)),
   answers("parked"; "DMARC reject"; "names"; share(reject)), answers("parked"; "a revoked wildcard DKIM key"; "names"; share(revoked)),
   answers("parked"; "null MX, SPF and DMARC together"; "names"; share(all_three))),

# --- adoption
([["all_names", $names], ["existing", $existing], ["with_mx", $mail]][] | .[0] as $p | .[1]
 | answers("adoption"; "MX"; $p; share(mx)), answers("adoption"; "SPF published"; $p; share(spf)), answers("adoption"; "SPF valid"; $p; share(spf_valid)),
   answers("adoption"; "DKIM key seen"; $p; share(dkim)), answers("adoption"; "DMARC, own or inherited"; $p; share(dmarc)),
   answers("adoption"; "DMARC enforced (quarantine, reject)"; $p; share(enforced)), answers("adoption"; "DMARC reject"; $p; share(reject)),
   answers("adoption"; "MTA-STS record"; $p; share(mta_sts)), answers("adoption"; "TLS-RPT"; $p; share(tls_rpt)),
   answers("adoption"; "BIMI"; $p; share(bimi)), answers("adoption"; "spoofable (exact domain)"; $p; share(spoofable))),
($names | by(rank)[] | .key as $k | .value | group("adoption_by_rank"; $k)),
($names | by(.domain | split(".") | last) | top(.value | length)[] | .key as $k | .value | group("adoption_by_tld"; $k)),
($names | map(select(.tag != null)) | by(.tag) | top(.value | length)[] | .key as $k | .value | group("adoption_by_tag"; $k)),
($mail | map(. as $r | (.mx.providers | if . == [] then ["none that is known"] else . end)[] | {p: ., r: $r}) | by(.p)
 | map({key: (if .key == "none that is known" then "" else .key end), shown: .key, value: (.value | map(.r))}) | top(.value | length)[]
 | .shown as $k | .value
 | line("mail_providers"; $k; "names"; [length, ($mail | length), ($names | n(mx == "u"))]),
   answers("mail_providers"; $k; "spf_valid"; share(spf_valid)), answers("mail_providers"; $k; "dkim"; share(dkim)),
   answers("mail_providers"; $k; "dmarc"; share(dmarc)), answers("mail_providers"; $k; "enforced"; share(enforced)),
   answers("mail_providers"; $k; "spoofable"; share(spoofable))),

# --- DMARC
(($names | n(.dmarc.status == "temperror")) as $u | ($names | map(select(dmarc == "y" or dmarc == "n"))) as $known
 | ($names | map(select(.dmarc.status == "valid"))) as $valid
 | ($valid | map(select(.dmarc.inherited | not))) as $own | ($valid | map(select(.dmarc.inherited))) as $inherited
 | ($valid | map(select(.dmarc.rua != []))) as $asking
 | ([["valid, own record", ($own | length)], ["valid, inherited from a parent", ($inherited | length)],
     ["none", ($names | n(.dmarc.status == "none"))], ["invalid: published, but no receiver uses it", ($names | n(.dmarc.status == "invalid"))]][]
    | line("dmarc_status"; .[0]; "names"; [.[1], ($known | length), $u])),
   line("dmarc_status"; "unknown (temperror)"; "names"; [$u, 0, 0]),
   line("dmarc_status"; "not checked"; "names"; [($names | n(.dmarc.status == "not_checked")), 0, 0]),
   (["reject", "quarantine", "none", "no policy"][] as $p
    | line("dmarc_policies"; $p; "own"; [($own | n((.dmarc.policy | policy) == $p)), ($own | length), $u]),
      line("dmarc_policies"; $p; "inherited"; [($inherited | n((.dmarc.policy_9989 | policy) == $p)), ($inherited | length), $u]),
      line("dmarc_policies"; $p; "rfc9989"; [($known | n((.dmarc.policy_9989 | policy) == $p)), ($known | length), $u]),
      line("dmarc_policies"; $p; "rfc7489"; [($known | n((.dmarc.policy_7489 | policy) == $p)), ($known | length), $u]),
      line("dmarc_policies"; $p; "effective"; [($known | n((.dmarc.effective_policy | policy) == $p)), ($known | length), $u]),
      (["reject", "quarantine", "none", "no policy"][] as $q
       | line("dmarc_standards"; $p; ($q | sub(" "; "_"));
              [($known | n((.dmarc.policy_9989 | policy) == $p and (.dmarc.policy_7489 | policy) == $q))])),
      ($own | map(select((.dmarc.policy | policy) == $p))
       | length as $of
       | (["reject", "quarantine", "none"][] as $q
          | line("dmarc_subdomains"; $p; "sp_" + $q; [n(.dmarc.subdomain_policy == $q), $of, 0]),
            line("dmarc_subdomains"; $p; "np_" + $q; [n(.dmarc.nonexistent_policy == $q), $of, 0])),
         line("dmarc_tags"; $p; "records"; [$of]), line("dmarc_tags"; $p; "rua"; [n(.dmarc.rua != []), $of, 0]),
         line("dmarc_tags"; $p; "ruf"; [n(.dmarc.ruf != []), $of, 0]), line("dmarc_tags"; $p; "testing"; [n(.dmarc.testing), $of, 0]),
         line("dmarc_tags"; $p; "pct"; [n(.dmarc.pct != null and .dmarc.pct < 100), $of, 0]),
         line("dmarc_tags"; $p; "adkim_strict"; [n(.dmarc.adkim == "s"), $of, 0]),
         line("dmarc_tags"; $p; "aspf_strict"; [n(.dmarc.aspf == "s"), $of, 0]),
         line("dmarc_tags"; $p; "unauthorized"; [n(.dmarc.unauthorized_report_domains != []), $of, 0]))),
   ($valid | map(.dmarc.report_vendors | distinct[]) | by(.) | top(.value | length)[]
    | line("report_vendors"; .key; "names"; [(.value | length), ($asking | length), $u])),
   ($valid | map(.dmarc.rua | map(if test("^mailto:"; "i") then sub("^[^:]*:"; "") | sub("[!?].*"; "") | split("@") | last
                                  else sub("^[^:]*:/*"; "") | sub("[/:?!].*"; "") end | ascii_downcase) | distinct[] | select(. != ""))
    | by(.) | top(.value | length)[]
    | line("report_hosts"; .key; "names"; [(.value | length), ($asking | length), $u]))),

# --- SPF
(($names | n(.spf.status == "temperror")) as $u | ($names | map(select(spf == "y"))) as $published
 | ($names | n(spf == "y" or spf == "n")) as $known
 | ([["valid", "valid"], ["permerror", "permerror"], ["none", "none"]][]
    | .[1] as $s | line("spf_status"; .[0]; "names"; [($names | n(.spf.status == $s)), $known, $u])),
   line("spf_status"; "unknown (temperror)"; "names"; [$u, 0, 0]),
   line("spf_status"; "not checked"; "names"; [($names | n(.spf.status == "not_checked")), 0, 0]),
   ([["fail (-all)", "fail"], ["softfail (~all)", "softfail"], ["neutral (?all, or no all)", "neutral"], ["pass (+all)", "pass"]][]
    | .[1] as $q | line("spf_all"; .[0]; "names"; [($names | n(.spf.all == $q)), ($names | n(.spf.status == "valid")), $u])),
   ($published | map(.findings[] | select(.severity == "error") | .id | select($kinds[0][.].mechanism == "SPF")) | by(.)[]
    | line("spf_errors"; .key; "names"; [(.value | length), ($published | length), $u])),
   ($names | map(select(.spf.lookups != null and .spf.status != "temperror"))
    | length as $of
    | ((range(0; 11) | tostring), "11-20", "21+") as $b
    | line("spf_lookups"; $b; "names"; [n(.spf.lookups | (if . > 20 then "21+" elif . > 10 then "11-20" else tostring end) == $b), $of, $u])),
   ($names | map(select(.spf.lookups != null and .spf.status != "temperror"))
    | length as $of
    | ("0", "1", "2", "3+") as $b
    | line("spf_void_lookups"; $b; "names"; [n(.spf.void_lookups | (if . > 2 then "3+" else tostring end) == $b), $of, $u])),
   ($names | map(select(.spf.lookups != null and .spf.status != "temperror"))
    | length as $of
    | [["none", -1, 0], ["1", 0, 1], ["to 16 (/28)", 1, 16], ["to 256 (/24)", 16, 256], ["to 4,096 (/20)", 256, 4096],
       ["to 65,536 (/16)", 4096, 65536], ["to 1,048,576 (/12)", 65536, 1048576], ["to 16,777,216 (/8)", 1048576, 16777216],
       ["more", 16777216, 4294967295], ["all of IPv4", 4294967295, 99999999999]][] as $b
    | line("spf_breadth"; $b[0]; "names"; [n(.spf.ipv4_addresses > $b[1] and .spf.ipv4_addresses <= $b[2]), $of, $u]),
      line("spf_breadth"; $b[0]; "cumulative"; [n(.spf.ipv4_addresses <= $b[2]), $of, $u])),
   ($published | map(.spf.includes | distinct[]) | by(.) | top(.value | length)[]
    | line("spf_includes"; .key; "names"; [(.value | length), ($published | length), $u])),
   ($published | map(.spf.providers | distinct[]) | by(.) | top(.value | length)[]
    | line("spf_providers"; .key; "names"; [(.value | length), ($published | length), $u]))),

# --- DKIM
(($names | n(.dkim.status == "temperror")) as $u | ($names | n(dkim == "y" or dkim == "n")) as $known
 | ([["a valid key", "found"], ["only revoked keys", "revoked"], ["only unusable keys", "invalid"], ["only a wildcard", "wildcard"],
     ["none found", "none_found"]][] | .[1] as $s | line("dkim_status"; .[0]; "names"; [($names | n(.dkim.status == $s)), $known, $u])),
   line("dkim_status"; "unknown (temperror)"; "names"; [$u, 0, 0]),
   line("dkim_status"; "not checked"; "names"; [($names | n(.dkim.status == "not_checked")), 0, 0]),
   ($names | map(.dkim.selectors[]) | by(.selector) | top(.value | length)[] | .key as $k | .value
    | line("dkim_selectors"; $k; "valid"; [n(.status == "valid"), ($names | n(.dkim.status == "found")), $u]),
      line("dkim_selectors"; $k; "answers"; [length]), line("dkim_selectors"; $k; "revoked"; [n(.status == "revoked")]),
      line("dkim_selectors"; $k; "invalid"; [n(.status == "invalid")]),
      line("dkim_selectors"; $k; "dangling"; [n(.status == "dangling_cname")])),
   ($names | map(.dkim.selectors[] | select(.status == "valid" or .status == "invalid")
                 | .size = (if .key_type == null or .key_bits == null then "not decoded" elif .key_type == "ed25519" then "Ed25519"
                            elif .key_bits < 1024 then "RSA below 1024" elif .key_bits == 1024 then "RSA 1024"
                            elif .key_bits < 2048 then "RSA 1025 to 2047" elif .key_bits == 2048 then "RSA 2048"
                            elif .key_bits < 4096 then "RSA 2049 to 4095" elif .key_bits == 4096 then "RSA 4096" else "RSA above 4096" end))
    | length as $of
    | ("RSA below 1024", "RSA 1024", "RSA 1025 to 2047", "RSA 2048", "RSA 2049 to 4095", "RSA 4096", "RSA above 4096", "Ed25519", "not decoded") as $b
    | line("dkim_keys"; $b; "keys"; [n(.size == $b), $of, 0]), line("dkim_keys"; $b; "testing"; [n(.size == $b and .testing)]))),

# --- findings, quality
($names | map(. as $r | .findings[] | {key: (.id + "/" + .severity), id, r: $r}) | by(.key)[] | .value[0].id as $id | $kinds[0][$id].mechanism as $m
 | def known: if $m == "MX" then mx elif $m == "SPF" then spf elif $m == "DKIM" then dkim elif $m == "DMARC" then dmarc
              elif $m == "MTA_STS" then mta_sts elif $m == "TLS_RPT" then tls_rpt elif $m == "BIMI" then bimi
              elif .posture == "unknown" then "u" else "n" end;
 (.value | map(.r | known) | n(. == "y" or . == "n")) as $count
 | line("findings"; .key; "names"; [(.value | length)]),
   if $count > 0 then line("findings"; .key; "share"; [$count, ($names | map(known) | n(. == "y" or . == "n")), ($names | map(known) | n(. == "u"))])
   else empty end),
(def quality(name; f): line("data_quality"; name; "known"; [n(f == "y" or f == "n"), n(f != "x"), 0]),
    line("data_quality"; name; "unknown"; [n(f == "u")]), line("data_quality"; name; "not_checked"; [n(f == "x")]);
 $names | quality("MX"; mx), quality("SPF"; spf), quality("DKIM"; dkim), quality("DMARC"; dmarc), quality("MTA-STS"; mta_sts),
    quality("TLS-RPT"; tls_rpt), quality("BIMI"; bimi), quality("spoofable"; spoofable)),
($names | map(.dns.failed[] | .type + " " + .error) | by(.) | top(.value | length)[]
 | line("failed_queries"; .key; "count"; [(.value | length)]))
