import { defineConfig } from "vitest/config";

const browserTests = ["apps/*/e2e/**/*.test.ts", "packages/*/test/**/*.browser.test.ts"];

/** Tests that measure how long recovery takes: beside others they would measure the others. */
const aloneTests = ["packages/*/test/chaos/**/*.test.ts", "reliability/faults/**/*.test.ts"];

/**
 * Tests run on the sources (package condition `source`), so that no build stands between a change and its test.
 * Those with a browser or a measurement share two cores with whatever else the machine does: they get a second chance,
 * and the report says that they needed it.
 */
export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"], externalConditions: ["node"] } },
  test: {
    testTimeout: 15_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{packages,apps,examples}/*/test/**/*.test.ts", "{tests,bench,reliability}/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...browserTests, ...aloneTests],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: browserTests,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          retry: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: "alone", include: aloneTests, fileParallelism: false, retry: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
