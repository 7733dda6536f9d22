// SPDX-License-Identifier: BSL-1.0
//
// Prints when cron patterns fire, as npm's croner sees it.
//
//   node croner_plan.mjs DIRECTORY FROM TO < lines of "ID PATTERN"
//
// DIRECTORY holds node_modules/croner. FROM (inclusive) and TO (exclusive) are times in UTC, such
// as 2026-02-27T22:00Z. Prints "TIME ID" for each firing, and "refused ID: why" for a pattern that
// croner does not take.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const [directory, from, to] = process.argv.slice(2);
const { Cron } = createRequire(path.resolve(directory, "package.json"))("croner");
const begin = new Date(from);
const end = new Date(to);

const out = [];
for (const line of readFileSync(0, "utf8").split("\n")) {
    const space = line.indexOf(" ");
    if (space < 0) {
        continue;
    }
    const id = line.slice(0, space);
    const pattern = line.slice(space + 1).trim();
    try {
        const cron = new Cron(pattern, { timezone: "UTC", paused: true });
        // croner's next run lies strictly after the given time.
        let time = cron.nextRun(new Date(begin.getTime() - 1000));
        while (time !== null && time < end) {
            out.push(`${time.toISOString().slice(0, 19)}Z ${id}`);
            time = cron.nextRun(time);
        }
    } catch (error) {
        out.push(`refused ${id}: ${error.message}`);
    }
}
process.stdout.write(out.join("\n") + "\n");
