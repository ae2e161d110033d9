/** What a page pays for the client, as gzipped bytes of the minified bundle; socket.io-client comes on top (12.8 KB). */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, it } from "vitest";

const source = join(import.meta.dirname, "../../src");

async function gzippedBytes(entry: string): Promise<number> {
  const result = await build({
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["source", "module", "browser", "production"] },
    build: {
      write: false,
      minify: true,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: join(source, entry),
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

it.each([
  ["index.ts", 12 * 1024],
  ["status/connection-status.ts", 6 * 1024],
  ["notifications/open-notifications.ts", 3 * 1024],
])("%s is under %i bytes", async (entry, limit) => {
  expect(await gzippedBytes(entry)).toBeLessThan(limit);
});
