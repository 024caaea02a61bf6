// SPDX-License-Identifier: MIT
// Runs an SQL recipe of docs/recipes.md in DuckDB and prints its rows, tab separated.  run_duckdb.mjs MODULES RECIPE
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [modules, recipe] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(modules + '/')('@duckdb/node-api');
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const rows = (await connection.runAndReadAll(readFileSync(recipe, 'utf8'))).getRows();
for (const row of rows) {
    console.log(row.map((value) => value ?? '').join('\t'));
}
