/**
 * Holds the layers of packages/server: imports go downward only (docs/architecture.md).
 * Run by `npm run layers`; prints each import that goes upward and exits with 1.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const root = "packages/server/src";

/** The first pattern that matches a file decides its layer. */
const layers: readonly (readonly [pattern: RegExp, layer: number])[] = [
  [/^(index|configuration|create-realtime|check-options|realtime)\.ts$/, 5],
  [/^testing\//, 6],
  [/^(progress\/progress-feed|admin\/dashboard-feed|legacy\/legacy|edge\/join-cluster)\.ts$/, 4],
  [/^(edge|events|namespaces|admin|users)\//, 3],
  [/^http\/(routes|authorize|operation-routes)\.ts$/, 3],
  [/^(origin\/origin-guard|auth\/authenticate|auth\/session-watch)\.ts$/, 3],
  [/^limits\/(connection-caps|penalty|bounded-decoder)\.ts$/, 3],
  [/^(ports|refusal|clock|cut-text|folds|slot|version)\.ts$/, 1],
  [/^origin\/origin-rule\.ts$/, 1],
  [/^config\//, 1],
  [/./, 2],
];

/** Layer 2 is policy and state: it must not know Socket.IO. */
const edgePackages = /^(socket\.io|engine\.io|socket\.io-parser)$/;

const layerOf = (file: string): number => layers.find(([pattern]) => pattern.test(file))?.[1] ?? 2;

const faults: string[] = [];
for (const file of globSync("**/*.ts", { cwd: root })) {
  const layer = layerOf(file);
  for (const [, specifier = ""] of readFileSync(join(root, file), "utf8").matchAll(/(?:from|import)\s+"([^"]+)"/g)) {
    if (layer <= 2 && edgePackages.test(specifier)) faults.push(`${file} (layer ${layer}) imports ${specifier}`);
    if (!specifier.startsWith(".")) continue;
    const target = normalize(join(dirname(file), specifier));
    if (layerOf(target) > layer) {
      faults.push(`${file} (layer ${layer}) imports ${target} (layer ${layerOf(target)})`);
    }
  }
}

for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
