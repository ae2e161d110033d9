// Asks the registry for known vulnerabilities of what is installed for production. Not every registry answers, and not
// every machine is online: that is said, and no reason to stop.
import { spawnSync } from "node:child_process";

const args = ["audit", "--omit=dev", "--audit-level=high", "--json", "--fetch-retries=0", "--fetch-timeout=10000"];
const { stdout } = spawnSync("npm", args, { encoding: "utf8", timeout: 30_000 });
const report = parse(stdout);
const counts = report.metadata?.vulnerabilities;

if (counts === undefined) {
  console.log(`   Not audited: ${String(report.message ?? "the registry gave no answer").split("\n")[0]}`);
} else if (counts.high + counts.critical > 0) {
  const names = Object.values(report.vulnerabilities)
    .filter(({ severity }) => severity === "high" || severity === "critical")
    .map(({ name, severity }) => `${name} (${severity})`);
  console.error(`Known vulnerabilities: ${names.join(", ")}. Run npm audit for what to do.`);
  process.exitCode = 1;
} else {
  console.log("   No known vulnerability of level high.");
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
