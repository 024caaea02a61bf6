# SPDX-License-Identifier: MIT
# Runs a recipe of docs/recipes.md and prints the table (or the number of lines) that it leaves, tab separated.
import sys

left = {}
exec(compile(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1], "exec"), left)
if "lines" in left:
    print(left["lines"])
else:
    sys.stdout.write(left["table"].to_csv(sep="\t", header=False, index=False))
