#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every fuzz target over its corpus: what was found once stays fixed.
set -u
cd "$(dirname "$0")/../.."
failed=0
for program in "${BUILD:-build}"/tests/fuzz/*_replay; do
    name=$(basename "$program" _replay)
    files=(tests/fuzz/corpus/"$name"/*)
    if [ ! -e "${files[0]}" ]; then
        printf '[  FAILED  ] %s has no corpus\n' "$name"; failed=1; continue
    fi
    if "$program" "${files[@]}" >/dev/null; then printf '[       OK ] corpus of %s (%d inputs)\n' "$name" ${#files[@]}
    else printf '[  FAILED  ] corpus of %s\n' "$name"; failed=1; fi
done
exit $failed
