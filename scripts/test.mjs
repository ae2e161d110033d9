// `npm test`: everything that must hold before a change lands, from formatting to the browser. Stops at the first failure.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { prepare } from "./prepare.mjs";

prepare({ build: true });

const steps = [
  ["Browser", "sh", ["scripts/ensure-chromium.sh"]],
  ["Servers", "sh", ["scripts/ensure-servers.sh"]],
  ["Format and lint", "npx", ["biome", "check", "--error-on-warnings"]],
  ["Types of tests", "npm", ["run", "--silent", "types"]],
  ["Layers", "npm", ["run", "--silent", "layers"]],
  ["Generated pages", "npm", ["run", "--silent", "docs:check"]],
  ["Unused code", "npx", ["knip"]],
  ["Known vulnerabilities", "node", ["scripts/audit.mjs"]],
  ["Tests", "npx", ["vitest", "run"]],
];

/** Tests start hundreds of processes from the sources: what one has compiled the next need not (nodejs.org/api/module.html). */
const env = { ...process.env, NODE_COMPILE_CACHE: resolve("node_modules/.cache/compiled") };

for (const [title, command, args] of steps) {
  const started = Date.now();
  console.log(`\n== ${title}`);
  const { status } = spawnSync(command, args, { stdio: "inherit", env });
  if (status !== 0) {
    console.error(`\n${title} failed.`);
    process.exit(1);
  }
  console.log(`   ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
