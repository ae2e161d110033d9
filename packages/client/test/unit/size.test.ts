/**
 * What a page pays for the client, as gzipped bytes of the minified bundle; socket.io-client comes on top (12.8 KB). The
 * limits stand in size-limits.json, beside those of the tarballs.
 */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, it } from "vitest";
import limits from "../../../../size-limits.json" with { type: "json" };
import manifest from "../../package.json" with { type: "json" };

const folder = join(import.meta.dirname, "../..");

async function gzippedBytes(entry: string): Promise<number> {
  const result = await build({
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["@signalbox/source", "module", "browser", "production"] },
    build: {
      write: false,
      minify: true,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: join(folder, entry),
        external: ["socket.io-client"],
        preserveEntrySignatures: "strict",
      },
    },
  });
  const [bundle] = [result].flat();
  if (bundle === undefined || !("output" in bundle)) throw new Error("The build gave no bundle.");
  const chunks = new Map(bundle.output.map((chunk) => [chunk.fileName, chunk]));
  const [first] = bundle.output;
  // What is loaded on demand, such as the details of debug mode, is not paid for by visitors.
  const loaded = [first, ...first.imports.map((name) => chunks.get(name))];
  return gzipSync(loaded.map((chunk) => (chunk !== undefined && "code" in chunk ? chunk.code : "")).join(""), {
    level: 9,
  }).length;
}

it("has a limit for every entry point", () => {
  expect(Object.keys(limits.clientGzippedBytes)).toEqual(Object.keys(manifest.exports));
});

it.each(Object.entries(manifest.exports))("%s is under its limit", async (path, { "@signalbox/source": source }) => {
  const limit = new Map(Object.entries(limits.clientGzippedBytes)).get(path);
  expect(await gzippedBytes(source)).toBeLessThan(limit ?? 0);
});
