import { defineConfig } from "vitest/config";

/** Each file installs frameworks from the registry: minutes, and none of `npm test`. */
export default defineConfig({
  resolve: { conditions: ["@signalbox/source"] },
  ssr: { resolve: { conditions: ["@signalbox/source"], externalConditions: ["node"] } },
  test: {
    include: ["tests/frameworks/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 30_000 } },
    fileParallelism: false,
  },
});
