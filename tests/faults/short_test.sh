#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The short versions of what `make faults` does at length.
cd "$(dirname "$0")"
failed=0
./matrix short || failed=1
./kill_rounds 10 KILL || failed=1
./kill_rounds 3 TERM || failed=1
exit $failed
