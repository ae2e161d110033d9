/**
 * The history checker: `node reliability/history/main.ts FILE.jsonl…`. Names what is wrong with a history and exits with
 * 1; `--json` prints the whole verdict, `--rules '{"behindMs": 500}'` changes what is promised.
 */
import { parseArgs } from "node:util";
import { type Rules, shippedRules } from "./check.ts";
import { checkHistory } from "./check-history.ts";
import { readHistory } from "./read-history.ts";

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean" }, rules: { type: "string" } },
  allowPositionals: true,
});
if (positionals.length === 0) {
  console.error("Which history? node reliability/history/main.ts [--json] [--rules JSON] FILE.jsonl…");
  process.exit(2);
}
const rules: Rules = { ...shippedRules, ...(JSON.parse(values.rules ?? "{}") as Partial<Rules>) };
const verdict = await checkHistory(readHistory(positionals), rules);

if (values.json) console.log(JSON.stringify(verdict));
else {
  for (const { kind, actor, task, detail } of verdict.faults) {
    console.log(`${kind}: ${actor}${task === undefined ? "" : `, task ${task}`}: ${detail}`);
  }
  const total = Object.values(verdict.found).reduce((sum, count) => sum + count, 0);
  console.log(`${verdict.lines} lines, ${verdict.injected} faults put in, ${total} violations found.`);
}
process.exitCode = verdict.faults.length === 0 ? 0 : 1;
