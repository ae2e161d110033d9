/** What the packages offer: the name under which each entry point is imported, and its source. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

interface EntryPoint {
  readonly name: string;
  /** Relative to the project's folder. */
  readonly source: string;
}

export function entryPoints(root: string): readonly EntryPoint[] {
  const manifests = globSync("packages/*/package.json", { cwd: root }).sort();
  return manifests.flatMap((file) => {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, file), "utf8")) as {
      name: string;
      exports?: Record<string, { "@signalbox/source"?: string }>;
    };
    return Object.entries(exports).flatMap(([path, { "@signalbox/source": source }]) =>
      source === undefined ? [] : [{ name: join(name, path), source: join(dirname(file), source) }],
    );
  });
}
