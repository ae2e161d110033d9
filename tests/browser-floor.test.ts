/** Pages ask for no more than a browser has that is "Baseline Widely available": its syntax, and its interfaces. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { describe, expect, it } from "vitest";
import manifest from "../packages/client/package.json" with { type: "json" };
import { newerApis } from "../packages/client/test/support/newer-apis.ts";

const root = join(import.meta.dirname, "..");

/** The oldest browsers that docs/client.md promises. */
const floor = ["chrome125", "edge125", "firefox126", "safari17.5"];

async function built(entry: string, target: string[]): Promise<string> {
  const result = await build({
    ...{ configFile: false, logLevel: "silent" },
    resolve: { conditions: ["@signalbox/source", "module", "browser", "production"] },
    build: {
      ...{ write: false, minify: false, target, modulePreload: { polyfill: false } },
      rolldownOptions: { input: entry, preserveEntrySignatures: "strict" },
    },
  });
  const [bundle] = [result].flat();
  if (bundle === undefined || !("output" in bundle)) throw new Error("The build gave no bundle.");
  return bundle.output.map((file) => ("code" in file ? file.code : "")).join("\n");
}

/** How a use of an interface looks in a source. Methods of iterators and sets have common names: there the types tell. */
function useOf(api: string): RegExp | undefined {
  const [owner, name] = [api.slice(0, api.lastIndexOf(".")), api.slice(api.lastIndexOf(".") + 1)];
  if (/^(Iterator|Set)\.prototype$/.test(owner)) return undefined;
  if (owner.endsWith(".prototype")) return new RegExp(`\\.${name}\\(`);
  return new RegExp(`(?<![\\w.])${api.replaceAll(".", "\\.")}(?=[.(])|\\bnew ${name}\\b`);
}

const uses = newerApis.flatMap((api) => useOf(api) ?? []);
const newIn = (source: string): string[] => uses.flatMap((use) => use.exec(source)?.[0] ?? []);

const sources = globSync(
  [
    "packages/{client,protocol}/src/**/*.ts",
    "apps/workbench/browser/src/**/*.{ts,tsx}",
    "examples/*/src/**/*.{ts,tsx}",
  ],
  { cwd: root },
);

describe("a browser of the floor", () => {
  it.each(Object.entries(manifest.exports))("understands the syntax of %s", async (_path, entry) => {
    const file = join(root, "packages/client", entry["@signalbox/source"]);
    expect(await built(file, floor)).toBe(await built(file, ["esnext"]));
  });

  it("has what the sources of pages use", () => {
    expect(sources.length).toBeGreaterThan(100);
    const found = sources.flatMap((file) =>
      newIn(readFileSync(join(root, file), "utf8")).map((use) => `${file}: ${use}`),
    );
    expect(found).toEqual([]);
  });

  it("is known to lack what the scan looks for", () => {
    expect(newIn("const url = URL.parse(text);")).toEqual(["URL.parse"]);
    expect(newIn("list.moveBefore(a, b); new URLPattern(x); Promise.try(f)")).toHaveLength(3);
    expect(newIn("new URL(text); URL.canParse(text); JSON.parse(text); shaped.union(x)")).toEqual([]);
  });
});
