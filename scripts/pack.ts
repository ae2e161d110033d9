/** `npm run pack`: lays out each package in `dist/packages/NAME`, where `npm publish` finds it, and packs it beside. */
import { join } from "node:path";
import { packPackages } from "./packages/pack.ts";

const root = join(import.meta.dirname, "..");
for (const { tarball, packedBytes, unpackedBytes } of packPackages(root, join(root, "dist/packages"))) {
  console.log(`${tarball}: ${kilobytes(packedBytes)} packed, ${kilobytes(unpackedBytes)} unpacked`);
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KB`;
}
