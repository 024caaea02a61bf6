#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Man pages and completions are made from the program's own tables: they name all of it, and their readers accept them.
set -u
cd "$(dirname "$0")/../.."
trifecta=$(realpath "${BUILD:-build}/trifecta")
work=$(mktemp -d)
failed=0
trap 'rm -rf "$work"' EXIT
ok() { printf '[       OK ] %s\n' "$1"; }
bad() { printf '[  FAILED  ] %s\n' "$1"; failed=1; }
is() { if [ "$1" = "$2" ]; then ok "$3"; else bad "$3: '$1', not '$2'"; fi; }
docs/make-man "$trifecta" "$work/man" && docs/make-completions "$trifecta" "$work/completions" || { bad "pages can be made"; exit 1; }

# --- man pages
plain() { sed 's/\\f[BIR]//g; s/\\-/-/g; s/\\e/\\/g; s/\\&//g' "$1"; }
missing=
plain "$work/man/trifecta.1" >"$work/text"
for word in $("$trifecta" help --json | jq -r '(.options[] | "--" + .name), (.commands[].name), (.exit_statuses[].status | tostring)'); do
    grep -qE -- "^(-., )?$word( |$)|^\.SS $word$" "$work/text" || missing+=" $word"
done
is "$missing" "" "trifecta(1) has every option, command and exit status"
missing=
plain "$work/man/trifecta-findings.7" >"$work/text"
for id in $("$trifecta" explain --json | jq -r '.[].id'); do grep -qE "^$id( |$)" "$work/text" || missing+=" $id"; done
is "$missing" "" "trifecta-findings(7) has every finding and posture"
missing=
plain "$work/man/trifecta-record.5" >"$work/text"
for key in $(jq -r '.properties | keys[]' docs/record.schema.json docs/summary.schema.json); do
    grep -qE "^$key \(" "$work/text" || missing+=" $key"
done
grep -qE '^dkim\.selectors\[\]\.key_bits \(' "$work/text" || missing+=" dkim.selectors[].key_bits"
is "$missing" "" "trifecta-record(5) has every key"
is "$(jq -r '[.. | objects | select(.properties) | .properties[] | select(.description == null)] | length' docs/summary.schema.json)" 0 "every key of the summary is described"
for page in "$work"/man/*; do
    name=$(basename "$page")
    if command -v mandoc >/dev/null; then is "$(mandoc -Tlint -W warning "$page" 2>&1)" "" "$name: mandoc has nothing to say"; fi
    if command -v man >/dev/null && command -v groff >/dev/null; then
        is "$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$page" 2>&1 >/dev/null)" "" "$name: man has nothing to say"
    fi
done

# --- the summary's schema
printf 'example.com\n' >"$work/list"
"$trifecta" scan "$work/list" --dry-run >"$work/summary.json"
is "$(jq -r --slurpfile schema docs/summary.schema.json 'keys - ($schema[0].properties | keys) + (.lists[0] | keys) - ($schema[0].properties.lists.items.properties | keys) | join(" ")' "$work/summary.json")" "" "the summary has no key its schema lacks"
is "$(jq -r --slurpfile schema docs/summary.schema.json '($schema[0].properties | keys) - keys | join(" ")' "$work/summary.json")" "" "and the schema none that the summary lacks"

# --- completions, in the shell itself
complete_bash() { # WORD ...: what stands for the last word
    bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _trifecta; echo "${COMPREPLY[*]}"' - "$work/completions/trifecta.bash" "$@"
}
is "$(complete_bash trifecta sc)" scan "bash: a command"
is "$(complete_bash trifecta scan --outp)" --output "bash: an option"
is "$(complete_bash trifecta explain --outp)" "" "bash: no option of another command"
is "$(complete_bash trifecta scan --dkim = s)" smart "bash: a value"
is "$(complete_bash trifecta scan README)" README.md "bash: a file"
is "$(complete_bash trifecta explain spf_too_many_l)" spf_too_many_lookups "bash: a finding"
is "$(bash -c '. "$1"; complete -p trifecta' - "$work/completions/trifecta.bash")" "complete -o filenames -F _trifecta trifecta" "bash: it is registered"
if command -v fish >/dev/null; then
    fish_says() { HOME="$work" fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$work/completions/trifecta.fish" "$1" | cut -f1 | tr '\n' ' '; }
    is "$(fish_says 'trifecta sc')" "scan " "fish: a command"
    is "$(fish_says 'trifecta scan --outp')" "--output " "fish: an option"
    is "$(fish_says 'trifecta scan --dkim ')" "full off smart " "fish: values"
fi
if command -v zsh >/dev/null; then
    zsh -n "$work/completions/_trifecta" && ok "zsh: it is zsh" || bad "zsh: it is zsh"
fi

# --- packages
version=$(cat VERSION)
is "$(sed -n 's/^trifecta (\([^)]*\)) .*/\1/p' deploy/debian/changelog | head -1)" "$version" "the package is of this version"
is "$(sed -n 's/^version: //p' CITATION.cff)" "$version" "so is the citation"
missing=
for package in $(make -s --no-print-directory -f - print <<<'include Makefile
print: ; @echo $(filter lib%-dev,$(DEPS))'); do
    grep -qE "^ +$package,$|: $package,$" deploy/debian/control || missing+=" $package"
done
is "$missing" "" "the package is built with every library of the Makefile"
exit $failed
