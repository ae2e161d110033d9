// Brings a checkout to where it can run: packages installed, sources built. Does nothing when nothing has changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The Node that npm brought: every part of the project runs on it, whatever is installed on the machine. */
export const nodeBinary = join("node_modules", "node", "bin", "node");

const stamps = join("node_modules", ".signalbox");

/** @param {{ build: boolean }} what */
export function prepare({ build }) {
  const lock = digest([readFileSync("package-lock.json")]);
  if (stampOf("install") !== lock || !existsSync(nodeBinary)) {
    step("Installing packages", "npm", ["ci", "--loglevel=error", "--no-audit", "--no-fund"]);
    stamp("install", lock);
  }
  if (!build) return;
  const sources = digest([lock, ...sourceFiles().map((file) => `${file}:${statSync(file).mtimeMs}`)]);
  if (stampOf("build") === sources) return;
  step("Building", "npm", ["run", "--silent", "build"]);
  stamp("build", sources);
}

function step(title, command, args) {
  console.log(`${title} ...`);
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (status === 0) return;
  console.error(`${title} failed${error ? `: ${error.message}` : "; see the lines above"}.`);
  process.exit(1);
}

function sourceFiles() {
  return ["packages", "apps"].flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .map((name) => join(folder, name))
      .filter((name) => !/(^|\/)(node_modules|dist|test|e2e|data)(\/|$)/.test(name) && statSync(name).isFile())
      .sort(),
  );
}

function digest(parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

function stampOf(name) {
  const file = join(stamps, name);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function stamp(name, value) {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), value);
}
