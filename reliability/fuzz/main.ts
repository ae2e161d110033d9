/** `npm run fuzz`: sends mutations of valid requests, packets and frames to a real server. See docs/reliability/fuzz.md. */
import { type Case, caseOf } from "./cases/case.ts";
import type { Finding } from "./judge/findings.ts";
import { readOptions, usage } from "./options.ts";
import { consoleReport, writePage } from "./report.ts";
import { runFuzz } from "./run.ts";

/** With many cases under way, one of them will do it again; with `--lanes 1` there is but one. */
const shownCases = 3;

const options = optionsOrExit();
const { seed, single } = options;
const result = await runFuzz({
  ...options,
  maxGapMs: 500,
  onProgress: (line) => process.stderr.write(`${line}\n`),
  onCase(each, outcome) {
    if (single !== undefined) console.log(`${describe(each)}\n  ${outcome}\n`);
  },
});
console.log(consoleReport(seed, result));
for (const finding of result.findings) console.log(tell(finding));
if (options.write) writePage(options, result);
process.exit(result.findings.length === 0 ? 0 : 1);

function optionsOrExit() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`);
    process.exit(2);
  }
}

/** A case with its bytes, so that it can be sent by hand. */
function describe({ number, kind, sample, mutators, messages }: Case): string {
  const bytes = messages.map(({ binary, payload }) => `  ${binary ? "bytes" : "text"} ${escaped(payload)}`);
  return [`case ${number} of seed ${seed}: ${kind}, ${sample} (${mutators.join(", ")})`, ...bytes].join("\n");
}

function escaped(payload: Buffer): string {
  const shown = payload.subarray(0, 2000);
  const text = JSON.stringify(shown.toString("latin1")).replace(
    /[\x7f-\xff]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16)}`,
  );
  return payload.length > shown.length ? `${text} and ${payload.length - shown.length} bytes more` : text;
}

function tell({ rule, detail, cases, times }: Finding): string {
  const shown = cases.slice(0, shownCases);
  return [
    `\nFOUND: ${rule} (${times} times, ${cases.length} cases under way the first time)`,
    `  ${detail}`,
    ...shown.map((number) => `${describe(caseOf(seed, number))}\n  npm run fuzz -- --seed ${seed} --case ${number}`),
  ].join("\n");
}
