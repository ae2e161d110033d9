// `npm run docs:api` and `npm run docs:site`: installs what they need beside the workspaces, and builds what is named.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

const lock = "docs/package-lock.json";
const installed = "docs/node_modules/.package-lock.json";

const steps = {
  api: ["typedoc", "--options", "docs/typedoc.config.mjs"],
  site: ["vitepress", "build", "docs"],
};

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  run("npm", ["ci", "--prefix", "docs", "--loglevel=error"]);
}
for (const step of process.argv.slice(2)) {
  const [program, ...args] = steps[step];
  run(`docs/node_modules/.bin/${program}`, args);
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: "inherit" });
  if (status === 0) return;
  console.error(`${program} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}.`);
  process.exit(1);
}
