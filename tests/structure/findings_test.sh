#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# docs/findings.md and the ids in docs/record.schema.json are those of the program's own catalogue.
set -u
cd "$(dirname "$0")/../.."
if docs/make-findings --check "${BUILD:-build}/trifecta"; then
    printf '[       OK ] docs/findings.md and docs/record.schema.json say what explain says\n'
else
    printf '[  FAILED  ] docs/findings.md and docs/record.schema.json say what explain says\n'
    exit 1
fi
