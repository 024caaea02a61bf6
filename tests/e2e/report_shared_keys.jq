# SPDX-License-Identifier: MIT
# The table dkim_shared_keys of `trifecta report`, worked out again from the records (-n: read one by one, in their order; $top: rows):
# its rows, then the numbers of its remark. Names are those of the simulated Internet, so the organizational domain shows by itself.
def organizational: capture("(?<name>d[0-9]+\\.[a-z.]+)$").name;
# p=, RFC 6376 section 3.6.1, without the white space in it (section 3.2): null where there is none
def key: (.record // "") | split(";") | map(select(test("^\\s*p\\s*=")) | sub("^[^=]*="; "") | gsub("\\s"; "") | select(. != "")) | first;

reduce (inputs | . as $r | .dkim.selectors[] | select(.status == "valid" and .cname == null) | {selector, bits: .key_bits, key: key, domain: ($r.domain | organizational)})
    as $s ({keys: {}, selectors: 0, without: 0, shared: []};
    if $s.key == null then .without += 1
    else .selectors += 1 | .keys[$s.key] as $domains
        | if $domains != null and ($domains | index($s.domain)) != null then .
          else .keys[$s.key] += [$s.domain]
            | if $domains != null and ($domains | length) == 1 then .shared += [{selector: $s.selector, bits: $s.bits, key: $s.key}] else . end end end)
| . as $all
| (.shared | map(. as $k | $all.keys[$k.key] as $domains
        | {selector, domains: ($domains | length), bits, examples: ($domains[1:4] | join(", "))})
    | to_entries | sort_by([-.value.domains, .key]) | .[:$top][].value),
  {keys: (.keys | length), selectors, shared: (.shared | length), without}
