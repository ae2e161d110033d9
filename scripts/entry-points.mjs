// What the packages offer: the name under which each entry point is imported, and its source.
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * @param {string} root the project's folder
 * @returns {{ name: string, source: string }[]} sources relative to it
 */
export function entryPoints(root) {
  return globSync("packages/*/package.json", { cwd: root })
    .sort()
    .flatMap((file) => {
      const { name, exports = {} } = JSON.parse(readFileSync(join(root, file), "utf8"));
      return Object.entries(exports).flatMap(([path, { source }]) =>
        source === undefined ? [] : [{ name: join(name, path), source: join(dirname(file), source) }],
      );
    });
}
