// SPDX-License-Identifier: MIT
// Runs an SQL recipe of docs/recipes.md in ClickHouse, as a library (chdb), and prints its rows, tab separated.  run_clickhouse.mjs MODULES RECIPE
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [modules, recipe] = process.argv.slice(2);
const { Session } = createRequire(modules + '/')('chdb');
const session = new Session();
for (const statement of readFileSync(recipe, 'utf8').split(/;\s*(?:\n|$)/)) {
    if (statement.trim() !== '') {
        process.stdout.write(session.query(statement, 'TabSeparated'));
    }
}
session.close();
