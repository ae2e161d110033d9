import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { readManifest } from "../../scripts/packages/workspace.ts";

const root = join(import.meta.dirname, "../..");

/** The oldest version that the packages promise in `engines`, such as `22.13.0`. */
export function oldestNode(): string {
  const { engines } = readManifest(join(root, "packages/server")) as unknown as { engines: { node: string } };
  const [, version = ""] = /^>=(\d+\.\d+)$/.exec(engines.node) ?? [];
  return `${version}.0`;
}

/**
 * Installs a version of Node from npm's package `node`, and returns the path of its binary. Installed once for a checkout.
 * @param range - a version, or a range such as `24` or `latest`
 */
export async function installNode(range: string): Promise<string> {
  const folder = join(root, "node_modules/.cache/node", range);
  const binary = join(folder, "node_modules/node/bin/node");
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  // The package's install script fetches the build for this platform; npm asks for consent to scripts.
  const project = { private: true, dependencies: { node: range }, allowScripts: { node: true } };
  writeFileSync(join(folder, "package.json"), JSON.stringify(project));
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  await promisify(execFile)("npm", ["install", ...quiet], { cwd: folder });
  return binary;
}
