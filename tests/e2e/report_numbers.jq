# SPDX-License-Identifier: MIT
# Every number of `trifecta report --format json`, one a line: table, row, column, count, of, unknown.
.tables | to_entries[] | .key as $t | .value
| (if $t | test("^adoption_by_") then 2 else 1 end) as $heads
| .columns as $columns | .rows[] | . as $row
| (if $t == "findings" then .finding + "/" + .severity else [$columns[:$heads][] | $row[.key]] | join("/") end) as $name
| $columns[] | select(.kind != "text") | .key as $c | $row[$c] | select(. != null)
| [$t, $name, $c] + (if type == "object" then [.count, .of, .unknown] else [.] end) | map(tostring) | join("\t")
