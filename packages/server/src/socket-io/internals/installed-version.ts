import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { SupportedPackage } from "./supported-versions.ts";

/** The installed version of a dependency; "unknown" for one that a bundler has moved elsewhere. */
export function installedVersion(dependency: SupportedPackage): string {
  try {
    let folder = dirname(createRequire(import.meta.url).resolve(dependency));
    for (; folder !== dirname(folder); folder = dirname(folder)) {
      const { name, version } = readPackage(join(folder, "package.json"));
      if (name === dependency && version !== undefined) return version;
    }
  } catch {
    // Reported as unknown: this is for a sentence about another fault.
  }
  return "unknown";
}

/** Nothing is known of a folder without a package.json. */
function readPackage(path: string): { name?: string; version?: string } {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as { name?: string; version?: string };
  } catch {
    return {};
  }
}
